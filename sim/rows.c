/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/rows.h"

#include <stdlib.h>

#include "policies/policy.h"

void rows_free(struct row_list *list) {
    free(list->rows);
    *list = (struct row_list){0};
}

/* Last index with at_ms[i] <= t; the first is at 0. */
static uint32_t index_at(const int64_t *at_ms, uint32_t n, int64_t t) {
    uint32_t lo = 0, hi = n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (at_ms[mid] <= t)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

uint32_t rows_capacity_at_start(const struct sim_config *config, uint32_t pool) {
    const struct trace_capacity *c = &config->trace->pools[pool].capacity;
    return c->n ? c->value[index_at(c->at_ms, c->n, config->window_start_ms)] : TRACE_UNLIMITED;
}

/* The user's price stands in place of the trace's. */
static bool trace_priced(const struct sim_config *config, uint32_t pool) {
    return config->pools[pool].price_spot < 0 && config->trace->pools[pool].price.n > 0;
}

int64_t rows_price_at_start(const struct sim_config *config, uint32_t pool) {
    const struct trace_price *p = &config->trace->pools[pool].price;
    if (!trace_priced(config, pool)) return config->pools[pool].price_spot;
    return p->uusd_per_h[index_at(p->at_ms, p->n, config->window_start_ms)];
}

static bool push_row(struct row_list *list, struct row row) {
    if (list->n == list->room) {
        uint32_t room = list->room ? list->room * 2 : 1024;
        struct row *rows = realloc(list->rows, room * sizeof *rows);
        if (!rows) return false;
        list->rows = rows;
        list->room = room;
    }
    list->rows[list->n++] = row;
    return true;
}

static bool push_signal(struct row_list *list, const struct sim_config *config, struct row signal, enum row_kind kind,
                        int64_t lead_ms) {
    signal.kind = (uint8_t)kind;
    signal.class = EVENT_NOTICE;
    signal.at_ms = signal.due_ms - lead_ms;
    if (lead_ms == 0 || signal.at_ms <= 0 || signal.at_ms >= config->horizon_ms) return true;
    return push_row(list, signal);
}

/* A capacity that falls announces itself, where the pool gives such signals,
 * even when it will fall after the end of the run. */
static bool push_signals(struct row_list *list, const struct sim_config *config, uint32_t pool, int64_t due_ms,
                         uint32_t value) {
    const struct pool_params *p = &config->pools[pool];
    struct row signal = {.value = value, .due_ms = due_ms, .pool = pool};
    if (config->means_launch) return true;
    return push_signal(list, config, signal, ROW_NOTICE, p->notice_ms) &&
           push_signal(list, config, signal, ROW_REBALANCE, p->rebalance_ms);
}

static bool push_pool(struct row_list *list, const struct sim_config *config, uint32_t pool) {
    const struct trace_pool *t = &config->trace->pools[pool];
    int64_t start = config->window_start_ms, end = start + config->horizon_ms;
    const struct pool_params *p = &config->pools[pool];
    int64_t lead = p->notice_ms > p->rebalance_ms ? p->notice_ms : p->rebalance_ms;
    uint32_t i = t->capacity.n ? index_at(t->capacity.at_ms, t->capacity.n, start) + 1 : 0;
    for (; i < t->capacity.n && t->capacity.at_ms[i] < end + lead; i++) {
        struct row r = {.at_ms = t->capacity.at_ms[i] - start,
                        .value = t->capacity.value[i],
                        .pool = pool,
                        .class = EVENT_TRACE,
                        .kind = ROW_CAPACITY};
        if (t->capacity.at_ms[i] < end && !push_row(list, r)) return false;
        if (t->capacity.value[i] < t->capacity.value[i - 1] &&
            !push_signals(list, config, pool, r.at_ms, t->capacity.value[i]))
            return false;
    }
    if (!trace_priced(config, pool)) return true;
    for (i = index_at(t->price.at_ms, t->price.n, start) + 1; i < t->price.n && t->price.at_ms[i] < end; i++) {
        struct row r = {.at_ms = t->price.at_ms[i] - start,
                        .value = t->price.uusd_per_h[i],
                        .pool = pool,
                        .class = EVENT_TRACE,
                        .kind = ROW_PRICE};
        if (!push_row(list, r)) return false;
    }
    return true;
}

static int compare(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    if (x->class != y->class) return x->class < y->class ? -1 : 1;
    if (x->kind != y->kind) return x->kind < y->kind ? -1 : 1;
    if (x->pool != y->pool) return x->pool < y->pool ? -1 : 1;
    return (x->due_ms > y->due_ms) - (x->due_ms < y->due_ms);
}

enum error_code rows_build(struct row_list *list, const struct sim_config *config, struct error *e) {
    list->n = 0;
    for (uint32_t g = 0; g < config->n_groups; g++)
        for (uint32_t i = 0; i < config->groups[g].n_pools; i++)
            if (!push_pool(list, config, config->groups[g].pools[i]))
                return error_set(e, ERR_FAILED, NULL, "out of memory");
    if (list->n) qsort(list->rows, list->n, sizeof *list->rows, compare);
    return OK;
}
