/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/rows.h"

#include <stdlib.h>

#include "policies/policy.h"

#define KINDS 4u
_Static_assert(ROW_REBALANCE + 1 == KINDS, "the kinds of rows");
_Static_assert(KINDS *TRACE_POOLS_MAX <= 1u << EVENT_ENTITY_BITS, "a place in the tournament for each");

void rows_free(struct rows *r) {
    event_queue_free(&r->next);
    free(r->at);
    *r = (struct rows){0};
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

static int64_t lead_ms(const struct sim_config *c, uint32_t pool, enum row_kind kind) {
    return kind == ROW_NOTICE ? c->pools[pool].notice_ms : c->pools[pool].rebalance_ms;
}

/* From index i on, the change point of which the next row of this kind is
 * made; sets its time in the run.  Past the last: false. */
static bool seek(const struct sim_config *c, uint32_t pool, enum row_kind kind, uint32_t *i, int64_t *at_ms) {
    const struct trace_pool *t = &c->trace->pools[pool];
    int64_t start = c->window_start_ms;
    switch (kind) {
    case ROW_PRICE:
        if (*i >= t->price.n) return false;
        *at_ms = t->price.at_ms[*i] - start;
        break;
    case ROW_CAPACITY:
        if (*i >= t->capacity.n) return false;
        *at_ms = t->capacity.at_ms[*i] - start;
        break;
    case ROW_NOTICE:
    case ROW_REBALANCE:
        /* a capacity that falls announces itself, even when it will fall after the end of the run */
        for (int64_t lead = lead_ms(c, pool, kind);; (*i)++) {
            if (*i >= t->capacity.n) return false;
            *at_ms = t->capacity.at_ms[*i] - start - lead;
            if (t->capacity.value[*i] < t->capacity.value[*i - 1] && *at_ms > 0) break;
        }
        break;
    }
    return *at_ms < c->horizon_ms;
}

static enum event_class class_of(enum row_kind kind) { return kind <= ROW_CAPACITY ? EVENT_TRACE : EVENT_NOTICE; }

/* The stream's place in the tournament follows its place in the trace. */
static void enter(struct rows *r, uint32_t pool, enum row_kind kind) {
    uint32_t entity = (uint32_t)kind * r->config->trace->n_pools + pool;
    int64_t at_ms = 0;
    bool more = seek(r->config, pool, kind, &r->at[entity], &at_ms);
    event_queue_set(&r->next, entity, more ? event_key(at_ms, class_of(kind), entity) : EVENT_NONE);
}

static void start_stream(struct rows *r, uint32_t pool, enum row_kind kind) {
    const struct sim_config *c = r->config;
    const struct trace_pool *t = &c->trace->pools[pool];
    if (kind == ROW_PRICE && !trace_priced(c, pool)) return;
    if (kind != ROW_PRICE && t->capacity.n == 0) return;
    if (kind >= ROW_NOTICE && (c->means_launch || lead_ms(c, pool, kind) == 0)) return;
    r->at[(uint32_t)kind * c->trace->n_pools + pool] =
        1 + (kind == ROW_PRICE ? index_at(t->price.at_ms, t->price.n, c->window_start_ms)
                               : index_at(t->capacity.at_ms, t->capacity.n, c->window_start_ms));
    enter(r, pool, kind);
}

enum error_code rows_start(struct rows *r, const struct sim_config *config, struct error *e) {
    uint32_t n = KINDS * config->trace->n_pools;
    r->config = config;
    TRY(event_queue_reset(&r->next, n, e));
    if (n > r->room) {
        uint32_t *at = realloc(r->at, n * sizeof *at);
        if (!at) return error_set(e, ERR_FAILED, NULL, "out of memory");
        r->at = at;
        r->room = n;
    }
    for (uint32_t g = 0; g < config->n_groups; g++)
        for (uint32_t i = 0; i < config->groups[g].n_pools; i++)
            for (uint32_t kind = 0; kind < KINDS; kind++)
                start_stream(r, config->groups[g].pools[i], (enum row_kind)kind);
    return OK;
}

struct row rows_take(struct rows *r) {
    const struct sim_config *c = r->config;
    uint64_t key = event_queue_first(&r->next);
    uint32_t entity = event_entity(key), n = c->trace->n_pools, i = r->at[entity]++;
    enum row_kind kind = (enum row_kind)(entity / n);
    const struct trace_pool *t = &c->trace->pools[entity % n];
    struct row row = {.at_ms = event_time(key), .pool = entity % n, .kind = (uint8_t)kind};
    row.value = kind == ROW_PRICE ? t->price.uusd_per_h[i] : t->capacity.value[i];
    if (kind >= ROW_NOTICE) row.due_ms = t->capacity.at_ms[i] - c->window_start_ms;
    enter(r, row.pool, kind);
    return row;
}
