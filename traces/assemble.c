/* SPDX-License-Identifier: Apache-2.0
 * From settled and placed series to the immutable trace: change points only. */
#include "traces/assemble.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/identity.h"

/* Points of a series in [start, end) that change its value, the one that holds
 * at the start first. */
struct cut {
    const struct series *s;
    int64_t base_ms, start_ms, end_ms;
    uint32_t first, end; /* points */
    uint32_t n;          /* changes among them */
};

static struct cut cut_series(const struct series *s, int64_t base_ms, int64_t start_ms, int64_t end_ms) {
    struct cut c = {.s = s, .base_ms = base_ms, .start_ms = start_ms, .end_ms = end_ms};
    while (c.first + 1 < s->n && base_ms + raw_series_at_ms(s, c.first + 1) <= start_ms) c.first++;
    c.n = 1;
    for (c.end = c.first + 1; c.end < s->n && base_ms + raw_series_at_ms(s, c.end) < end_ms; c.end++)
        c.n += s->value[c.end] != s->value[c.end - 1];
    return c;
}

/* at_ms has room for c->n times. */
static void cut_times(const struct cut *c, int64_t *at_ms) {
    uint32_t n = 0;
    at_ms[n++] = 0;
    for (uint32_t i = c->first + 1; i < c->end; i++)
        if (c->s->value[i] != c->s->value[i - 1]) at_ms[n++] = c->base_ms + raw_series_at_ms(c->s, i) - c->start_ms;
}

static enum error_code make_capacity(const struct raw_pool *raw, const struct placement *at, int64_t start_ms,
                                     struct trace_pool *p, struct error *e) {
    struct cut c = {.n = 1};
    p->has_capacity = raw->capacity.path != NULL;
    if (p->has_capacity) c = cut_series(&raw->capacity, at->capacity_base_ms, start_ms, at->end_ms);
    p->capacity.at_ms = malloc(c.n * sizeof *p->capacity.at_ms);
    p->capacity.value = malloc(c.n * sizeof *p->capacity.value);
    if (!p->capacity.at_ms || !p->capacity.value) return error_set(e, ERR_FAILED, NULL, "out of memory");
    p->capacity.n = c.n;
    p->capacity.at_ms[0] = 0;
    p->capacity.value[0] = p->has_capacity ? (uint32_t)c.s->value[c.first] : TRACE_UNLIMITED;
    if (!p->has_capacity) return OK;
    cut_times(&c, p->capacity.at_ms);
    for (uint32_t i = c.first + 1, n = 1; i < c.end; i++)
        if (c.s->value[i] != c.s->value[i - 1]) p->capacity.value[n++] = (uint32_t)c.s->value[i];
    return OK;
}

static enum error_code make_price(const struct raw_pool *raw, const struct placement *at, int64_t start_ms,
                                  struct trace_pool *p, struct error *e) {
    if (!raw->price.path) return OK;
    struct cut c = cut_series(&raw->price, at->price_base_ms, start_ms, at->end_ms);
    p->price.at_ms = malloc(c.n * sizeof *p->price.at_ms);
    p->price.uusd_per_h = malloc(c.n * sizeof *p->price.uusd_per_h);
    if (!p->price.at_ms || !p->price.uusd_per_h) return error_set(e, ERR_FAILED, NULL, "out of memory");
    p->price.n = c.n;
    cut_times(&c, p->price.at_ms);
    p->price.uusd_per_h[0] = c.s->value[c.first];
    for (uint32_t i = c.first + 1, n = 1; i < c.end; i++)
        if (c.s->value[i] != c.s->value[i - 1]) p->price.uusd_per_h[n++] = c.s->value[i];
    return OK;
}

static enum error_code take_text(const struct raw_pool *raw, const char *what, const char *text, char **slot,
                                 struct error *e) {
    const char *fault = raw_text_fault(text);
    if (!fault) return raw_text_set(slot, text, e);
    return error_set(e, ERR_INPUT, raw->capacity.path ? raw->capacity.path : raw->price.path, "%s of pool '%s' %s",
                     what, raw->name, fault);
}

/* What sources say goes before what the name suggests. */
static enum error_code make_identity(const struct raw_pool *raw, const char *cloud_option, struct trace_pool *p,
                                     struct error *e) {
    struct identity found = {"", "", ""};
    const char *type = "";
    bool known = false;
    if (!raw->identity_final)
        known = raw->zone ? identity_of_zone(raw->zone, &found) : identity_of_pool(raw->name, &found, &type);
    if (raw->zone && !raw->instance_type) {
        struct identity ignored;
        if (!identity_of_pool(raw->name, &ignored, &type)) type = "";
    }
    const char *cloud = cloud_option ? cloud_option : raw->cloud ? raw->cloud : found.cloud;
    p->cloud_inferred = !cloud_option && (raw->cloud ? raw->cloud_inferred : known);
    TRY(raw_text_set(&p->name, raw->name, e));
    TRY(take_text(raw, "cloud", cloud, &p->cloud, e));
    TRY(take_text(raw, "region", raw->region ? raw->region : found.region, &p->region, e));
    TRY(take_text(raw, "zone", raw->zone ? raw->zone : found.zone, &p->zone, e));
    return take_text(raw, "instance type", raw->instance_type ? raw->instance_type : type, &p->instance_type, e);
}

static enum error_code make_pool(struct trace_builder *b, uint32_t i, const struct placed *placed, struct trace_pool *p,
                                 struct error *e) {
    struct raw_pool *raw = builder_pool_at(b, i);
    const struct series *main_series = raw->capacity.path ? &raw->capacity : &raw->price;
    int64_t asked = builder_options(b)->resolution_ms;
    p->span_ms = placed->pools[i].end_ms - placed->start_ms;
    p->gap_ms = main_series->gap_ms;
    p->resolution_ms = asked ? asked : main_series->resolution_ms;
    p->samples = raw->capacity.samples;
    p->price_samples = raw->price.samples;
    TRY(make_identity(raw, builder_options(b)->cloud, p, e));
    TRY(make_capacity(raw, &placed->pools[i], placed->start_ms, p, e));
    TRY(make_price(raw, &placed->pools[i], placed->start_ms, p, e));
    samples_free(&raw->price); /* the peak is one pool twice, not all pools */
    samples_free(&raw->capacity);
    return OK;
}

static void note_clouds(const struct trace *t, struct trace_notes *notes) {
    bool done[TRACE_POOLS_MAX] = {false};
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (done[i] || !t->pools[i].cloud_inferred) continue;
        uint32_t n = 0;
        for (uint32_t j = i; j < t->n_pools; j++)
            if (t->pools[j].cloud_inferred && strcmp(t->pools[i].cloud, t->pools[j].cloud) == 0) {
                done[j] = true;
                n++;
            }
        const struct trace_pool *p = &t->pools[i];
        const char *from = *p->zone ? p->zone : p->region;
        if (n > 1)
            trace_note(notes, "cloud %s inferred from %s and %u more names; --cloud sets it", p->cloud, from, n - 1);
        else
            trace_note(notes, "cloud %s inferred from %s; --cloud sets it", p->cloud, from);
    }
}

static enum error_code fill_trace(struct trace_builder *b, const struct placed *placed, struct trace *t,
                                  struct error *e) {
    uint32_t n = builder_n_pools(b);
    t->pools = calloc(n, sizeof *t->pools);
    if (!t->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    t->n_pools = n;
    t->epoch_ms = placed->dated ? placed->start_ms : INT64_MIN;
    t->span_ms = INT64_MAX;
    for (uint32_t i = 0; i < n; i++) {
        TRY(make_pool(b, i, placed, &t->pools[i], e));
        if (t->pools[i].span_ms < t->span_ms) t->span_ms = t->pools[i].span_ms;
    }
    return OK;
}

static int by_line(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

enum error_code builder_finish(struct trace_builder *b, struct trace **out, struct trace_notes *notes,
                               struct error *e) {
    if (builder_n_pools(b) == 0) return error_set(e, ERR_INPUT, NULL, "there is no pool in the trace");
    TRY(assemble_settle(b, notes, e));
    struct placed placed = {0};
    struct trace *t = NULL;
    enum error_code rc = assemble_place(b, &placed, notes, e);
    if (rc == OK) {
        t = calloc(1, sizeof *t);
        rc = t ? fill_trace(b, &placed, t, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    free(placed.pools);
    if (rc != OK) {
        trace_free(t);
        return rc;
    }
    note_clouds(t, notes);
    resolution_estimate(t, notes);
    if (notes && notes->n) qsort(notes->lines, notes->n, sizeof *notes->lines, by_line);
    *out = t;
    return OK;
}
