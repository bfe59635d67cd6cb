/* SPDX-License-Identifier: Apache-2.0
 * Traces, from files and from memory. */
#include <stdlib.h>
#include <string.h>

#include "api/private.h"

_Static_assert(SPOTSIM_UNLIMITED == TRACE_UNLIMITED, "one number, one meaning");

static struct spotsim_trace *new_trace(void) {
    struct spotsim_trace *t = calloc(1, sizeof *t);
    if (t) atomic_init(&t->refs, 1);
    return t;
}

const struct spotsim_trace *trace_keep(const struct spotsim_trace *t) {
    atomic_fetch_add((atomic_uint *)(uintptr_t)&t->refs, 1);
    return t;
}

void spotsim_trace_free(struct spotsim_trace *t) {
    if (!t || atomic_fetch_sub(&t->refs, 1) != 1) return;
    trace_memory_free(t->filling);
    trace_free(t->trace);
    trace_notes_free(&t->notes);
    free(t);
}

/* ---- from files --------------------------------------------------------------- */

/* "NAME=VALUE" each.  *names is the caller's: values point into the options,
 * names into it. */
static enum error_code read_options(const char *const *options, struct trace_options *out, struct error *e) {
    for (; options && *options; options++) {
        char name[32];
        const char *equals = strchr(*options, '=');
        if (!equals || equals == *options || (size_t)(equals - *options) >= sizeof name)
            return error_set(e, ERR_INPUT, *options, "expected NAME=VALUE such as polarity=preempted");
        snprintf(name, sizeof name, "%.*s", (int)(equals - *options), *options);
        TRY(trace_option_set(out, name, equals + 1, e));
    }
    return OK;
}

enum spotsim_code spotsim_trace_load(const char *const *paths, uint32_t n_paths, const char *const *options,
                                     struct spotsim_trace **out, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    struct trace_options how = {0};
    if (out) *out = NULL;
    if (!out || !paths || n_paths == 0) return MISUSE(e, "out or paths is NULL, or there are none");
    for (uint32_t i = 0; i < n_paths; i++)
        if (!paths[i]) return MISUSE(e, "a path is NULL");
    struct spotsim_trace *t = new_trace();
    if (!t) return api_out_of_memory(e);
    enum error_code rc = read_options(options, &how, &inner);
    if (rc == OK) rc = trace_load(paths, n_paths, &how, &t->trace, &t->notes, &inner);
    if (rc == OK)
        *out = t;
    else
        spotsim_trace_free(t);
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_trace_parse(const char *data, size_t size, const char *name, const char *const *options,
                                      struct spotsim_trace **out, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    struct trace_options how = {0};
    if (out) *out = NULL;
    if (!out || !data || !name) return MISUSE(e, "out, data or name is NULL");
    struct spotsim_trace *t = new_trace();
    char *text = malloc(size + 1); /* the readers want a NUL at the end */
    if (!t || !text) {
        spotsim_trace_free(t);
        free(text);
        return api_out_of_memory(e);
    }
    memcpy(text, data, size);
    text[size] = '\0';
    enum error_code rc = read_options(options, &how, &inner);
    if (rc == OK) rc = trace_load_memory(name, text, size, &how, &t->trace, &t->notes, &inner);
    free(text);
    if (rc == OK)
        *out = t;
    else
        spotsim_trace_free(t);
    return api_result(rc, &inner, e);
}

/* ---- from memory -------------------------------------------------------------- */

enum spotsim_code spotsim_trace_new(struct spotsim_trace **out, struct spotsim_error *e) {
    if (!out) return MISUSE(e, "out is NULL");
    *out = NULL;
    struct spotsim_trace *t = new_trace();
    if (t) t->filling = trace_memory_new("trace in memory");
    if (!t || !t->filling) {
        spotsim_trace_free(t);
        return api_out_of_memory(e);
    }
    *out = t;
    return SPOTSIM_OK;
}

static enum spotsim_code check_filling(const struct spotsim_trace *t, const char *pool, const char *function,
                                       struct spotsim_error *e) {
    if (!t || !pool) return api_misuse(e, function, "trace or pool is NULL");
    if (t->trace) return api_misuse(e, function, "the trace is finished");
    return t->filling ? SPOTSIM_OK : api_misuse(e, function, "the trace could not be finished; free it");
}

static enum spotsim_code add_capacity(struct spotsim_trace *t, const char *pool, const struct trace_values *v,
                                      const uint32_t *capacity, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    return api_result(trace_memory_capacity(t->filling, pool, v, capacity, &inner), &inner, e);
}

static enum spotsim_code add_price(struct spotsim_trace *t, const char *pool, const struct trace_values *v,
                                   const double *usd_per_h, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    return api_result(trace_memory_price(t->filling, pool, v, usd_per_h, &inner), &inner, e);
}

enum spotsim_code spotsim_trace_capacity(struct spotsim_trace *t, const char *pool, uint32_t n, const int64_t *at_ms,
                                         const uint32_t *capacity, int64_t end_ms, struct spotsim_error *e) {
    enum spotsim_code rc = check_filling(t, pool, __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    if (!at_ms || !capacity) return MISUSE(e, "at_ms or capacity is NULL");
    return add_capacity(t, pool, &(struct trace_values){.n = n, .at_ms = at_ms, .end_ms = end_ms}, capacity, e);
}

enum spotsim_code spotsim_trace_capacity_samples(struct spotsim_trace *t, const char *pool, uint32_t n,
                                                 const uint32_t *capacity, int64_t gap_ms, struct spotsim_error *e) {
    enum spotsim_code rc = check_filling(t, pool, __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    if (!capacity) return MISUSE(e, "capacity is NULL");
    return add_capacity(t, pool, &(struct trace_values){.n = n, .gap_ms = gap_ms}, capacity, e);
}

enum spotsim_code spotsim_trace_price(struct spotsim_trace *t, const char *pool, uint32_t n, const int64_t *at_ms,
                                      const double *usd_per_h, int64_t end_ms, struct spotsim_error *e) {
    enum spotsim_code rc = check_filling(t, pool, __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    if (!at_ms || !usd_per_h) return MISUSE(e, "at_ms or usd_per_h is NULL");
    return add_price(t, pool, &(struct trace_values){.n = n, .at_ms = at_ms, .end_ms = end_ms}, usd_per_h, e);
}

enum spotsim_code spotsim_trace_price_samples(struct spotsim_trace *t, const char *pool, uint32_t n,
                                              const double *usd_per_h, int64_t gap_ms, struct spotsim_error *e) {
    enum spotsim_code rc = check_filling(t, pool, __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    if (!usd_per_h) return MISUSE(e, "usd_per_h is NULL");
    return add_price(t, pool, &(struct trace_values){.n = n, .gap_ms = gap_ms}, usd_per_h, e);
}

enum spotsim_code spotsim_trace_place(struct spotsim_trace *t, const char *pool, const char *cloud, const char *region,
                                      const char *zone, const char *instance_type, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    enum spotsim_code rc = check_filling(t, pool, __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    return api_result(trace_memory_place(t->filling, pool, cloud, region, zone, instance_type, &inner), &inner, e);
}

enum spotsim_code spotsim_trace_finish(struct spotsim_trace *t, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    enum spotsim_code rc = check_filling(t, "", __func__, e);
    if (rc != SPOTSIM_OK) return rc;
    rc = api_result(trace_memory_finish(t->filling, &t->trace, &t->notes, &inner), &inner, e);
    trace_memory_free(t->filling);
    t->filling = NULL;
    return rc;
}

/* ---- what is in it ------------------------------------------------------------ */

static const struct trace_pool *pool_at(const struct spotsim_trace *t, uint32_t i) {
    return t && t->trace && i < t->trace->n_pools ? &t->trace->pools[i] : NULL;
}

uint32_t spotsim_trace_pool_count(const struct spotsim_trace *t) { return t && t->trace ? t->trace->n_pools : 0; }

const char *spotsim_trace_pool_name(const struct spotsim_trace *t, uint32_t pool) {
    const struct trace_pool *p = pool_at(t, pool);
    return p ? p->name : NULL;
}

int64_t spotsim_trace_pool_span_ms(const struct spotsim_trace *t, uint32_t pool) {
    const struct trace_pool *p = pool_at(t, pool);
    return p ? p->span_ms : 0;
}

int64_t spotsim_trace_span_ms(const struct spotsim_trace *t) { return t && t->trace ? t->trace->span_ms : 0; }

uint32_t spotsim_trace_pool_capacity(const struct spotsim_trace *t, uint32_t pool, const int64_t **at_ms,
                                     const uint32_t **capacity) {
    const struct trace_pool *p = pool_at(t, pool);
    if (at_ms) *at_ms = p ? p->capacity.at_ms : NULL;
    if (capacity) *capacity = p ? p->capacity.value : NULL;
    return p ? p->capacity.n : 0;
}

uint32_t spotsim_trace_pool_price(const struct spotsim_trace *t, uint32_t pool, const int64_t **at_ms,
                                  const int64_t **micro_usd_per_h) {
    const struct trace_pool *p = pool_at(t, pool);
    if (at_ms) *at_ms = p ? p->price.at_ms : NULL;
    if (micro_usd_per_h) *micro_usd_per_h = p ? p->price.uusd_per_h : NULL;
    return p ? p->price.n : 0;
}

uint64_t spotsim_trace_digest(const struct spotsim_trace *t) { return t && t->trace ? trace_digest(t->trace) : 0; }

uint32_t spotsim_trace_note_count(const struct spotsim_trace *t) { return t ? t->notes.n : 0; }

const char *spotsim_trace_note(const struct spotsim_trace *t, uint32_t i) {
    return t && i < t->notes.n ? t->notes.lines[i] : NULL;
}

enum spotsim_code spotsim_trace_text(const struct spotsim_trace *t, enum spotsim_format format, char **text,
                                     struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!t || !text) return MISUSE(e, "trace or text is NULL");
    if (!t->trace) return MISUSE(e, NOT_FINISHED);
    if (format != SPOTSIM_CSV) return MISUSE(e, "expected CSV");
    trace_write_tidy(t->trace, &out);
    return api_text(&out, text, e);
}
