/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/builder.h"

struct trace_memory {
    struct trace_builder *builder;
    struct source source;
    char *name;
};

static const struct trace_options as_written;

struct trace_memory *trace_memory_new(const char *name) {
    struct trace_memory *m = calloc(1, sizeof *m);
    if (!m) return NULL;
    m->builder = builder_new(&as_written);
    m->name = strdup(name);
    m->source = (struct source){m->name, m->name, NULL};
    if (m->builder && m->name) return m;
    trace_memory_free(m);
    return NULL;
}

void trace_memory_free(struct trace_memory *m) {
    if (!m) return;
    builder_free(m->builder);
    free(m->name);
    free(m);
}

static enum error_code check_times(const struct trace_values *v, const char *where, struct error *e) {
    if (!v->at_ms) {
        if (v->gap_ms > 0) return OK;
        return error_set(e, ERR_INPUT, where, "a sampling step of %" PRId64 " ms; expected more than 0", v->gap_ms);
    }
    if (v->n && v->at_ms[0] != 0)
        return error_set(e, ERR_INPUT, where, "the first time is %" PRId64 " ms; expected 0", v->at_ms[0]);
    for (uint32_t i = 1; i < v->n; i++)
        if (v->at_ms[i] <= v->at_ms[i - 1])
            return error_set(e, ERR_INPUT, where,
                             "time %u is %" PRId64 " ms after one of %" PRId64 " ms; expected them to rise", i,
                             v->at_ms[i], v->at_ms[i - 1]);
    if (v->n && (v->at_ms[v->n - 1] >= v->end_ms || v->end_ms > TIME_LIMIT_MS))
        return error_set(e, ERR_INPUT, where,
                         "the last time is %" PRId64 " ms and the end %" PRId64
                         " ms; expected an end after it, and at most %" PRId64,
                         v->at_ms[v->n - 1], v->end_ms, TIME_LIMIT_MS);
    return OK;
}

/* An empty series for values like these. */
static enum error_code start_series(const struct trace_values *v, const char *where, struct series *s,
                                    struct error *e) {
    *s = (struct series){.by_sample = !v->at_ms, .end_ms = v->end_ms, .gap_ms = v->at_ms ? 0 : v->gap_ms};
    TRY(raw_series_check(v->n, where, e));
    TRY(check_times(v, where, e));
    s->samples = s->by_sample ? v->n : 0;
    return OK;
}

/* Samples that say nothing new are left out. */
static enum error_code push(struct series *s, const struct trace_values *v, uint32_t i, int64_t value,
                            const char *where, struct error *e) {
    if (s->by_sample && s->n && s->value[s->n - 1] == value) return OK;
    return raw_series_push(s, v->at_ms ? v->at_ms[i] : (int64_t)i, value, where, e);
}

static void place_of(char where[POOL_NAME_MAX + 64], const struct trace_memory *m, const char *pool, const char *what) {
    snprintf(where, POOL_NAME_MAX + 64, "%.60s: %s of pool '%.100s'", m->name, what, pool);
}

static enum error_code fill_capacity(const struct trace_values *v, const uint32_t *capacity, const char *where,
                                     struct series *s, struct error *e) {
    for (uint32_t i = 0; i < v->n; i++) {
        if (capacity[i] > TRACE_CAPACITY_MAX && capacity[i] != TRACE_UNLIMITED)
            return error_set(e, ERR_INPUT, where, "value %u is %" PRIu32 "; expected 0 to %u, or unlimited", i,
                             capacity[i], TRACE_CAPACITY_MAX);
        TRY(push(s, v, i, capacity[i], where, e));
    }
    return OK;
}

static enum error_code fill_price(const struct trace_values *v, const double *usd_per_h, const char *where,
                                  struct series *s, struct error *e) {
    for (uint32_t i = 0; i < v->n; i++) {
        int64_t uusd = 0;
        TRY(price_from_usd(usd_per_h[i], where, &uusd, e));
        TRY(push(s, v, i, uusd, where, e));
    }
    return OK;
}

enum error_code trace_memory_capacity(struct trace_memory *m, const char *pool, const struct trace_values *v,
                                      const uint32_t *capacity, struct error *e) {
    char where[POOL_NAME_MAX + 64];
    struct series s;
    struct raw_pool *p;
    place_of(where, m, pool, "capacity");
    TRY(start_series(v, where, &s, e));
    enum error_code rc = fill_capacity(v, capacity, where, &s, e);
    if (rc == OK) rc = builder_pool(m->builder, &m->source, pool, false, &p, e);
    if (rc == OK) return builder_add_capacity(p, &m->source, &s, e);
    samples_free(&s);
    return rc;
}

enum error_code trace_memory_price(struct trace_memory *m, const char *pool, const struct trace_values *v,
                                   const double *usd_per_h, struct error *e) {
    char where[POOL_NAME_MAX + 64];
    struct series s;
    struct raw_pool *p;
    place_of(where, m, pool, "price");
    TRY(start_series(v, where, &s, e));
    enum error_code rc = fill_price(v, usd_per_h, where, &s, e);
    if (rc == OK) rc = builder_pool(m->builder, &m->source, pool, false, &p, e);
    if (rc == OK) return builder_add_price(p, &m->source, &s, e);
    samples_free(&s);
    return rc;
}

enum error_code trace_memory_place(struct trace_memory *m, const char *pool, const char *cloud, const char *region,
                                   const char *zone, const char *instance_type, struct error *e) {
    struct raw_pool *p;
    TRY(builder_pool(m->builder, &m->source, pool, false, &p, e));
    char **slots[] = {&p->cloud, &p->region, &p->zone, &p->instance_type};
    const char *texts[] = {cloud, region, zone, instance_type};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        const char *fault = texts[i] ? raw_text_fault(texts[i]) : NULL;
        if (fault) return error_set(e, ERR_INPUT, m->name, "'%.40s' of pool '%.60s' %s", texts[i], p->name, fault);
        if (texts[i]) TRY(raw_text_set(slots[i], texts[i], e));
    }
    return OK;
}

enum error_code trace_memory_finish(struct trace_memory *m, struct trace **out, struct trace_notes *notes,
                                    struct error *e) {
    *out = NULL;
    if (notes) memset(notes, 0, sizeof *notes);
    if (builder_n_pools(m->builder) == 0)
        return error_set(e, ERR_INPUT, m->name, "has no pools; expected at least one");
    for (uint32_t i = 0; i < builder_n_pools(m->builder); i++) {
        const struct raw_pool *p = builder_pool_at(m->builder, i);
        if (!p->capacity.path && !p->price.path)
            return error_set(e, ERR_INPUT, m->name,
                             "pool '%.100s' has neither capacity nor price; expected at least one", p->name);
    }
    enum error_code rc = builder_finish(m->builder, out, notes, e);
    if (rc != OK && e && !e->where[0]) error_in(e, m->name);
    return rc;
}
