/* SPDX-License-Identifier: Apache-2.0
 * From settled and placed series to the immutable trace: change points only. */
#include "traces/assemble.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "traces/identity.h"

struct steps {
    uint32_t n;
    int64_t *at_ms, *value;
};

/* The part of a series in [start, end), as changes; times from start. */
static enum error_code compress(const struct series *s, int64_t base_ms, int64_t start_ms, int64_t end_ms,
                                struct steps *out, struct error *e) {
    out->n = 0;
    out->at_ms = malloc(s->n * sizeof *out->at_ms);
    out->value = malloc(s->n * sizeof *out->value);
    if (!out->at_ms || !out->value) return error_set(e, ERR_FAILED, s->path, "out of memory");
    for (uint32_t i = 0; i < s->n; i++) {
        int64_t at = base_ms + raw_series_at_ms(s, i);
        if (at >= end_ms) break;
        if (at <= start_ms) {
            out->at_ms[0] = 0;
            out->value[0] = s->value[i];
            out->n = 1;
        } else if (s->value[i] != out->value[out->n - 1]) {
            out->at_ms[out->n] = at - start_ms;
            out->value[out->n++] = s->value[i];
        }
    }
    return OK;
}

static void steps_free(struct steps *s) {
    free(s->at_ms);
    free(s->value);
}

static void *shrink(void *data, size_t size) {
    void *smaller = realloc(data, size);
    return smaller ? smaller : data;
}

static enum error_code make_capacity(const struct raw_pool *raw, const struct placement *at, int64_t start_ms,
                                     struct trace_pool *p, struct error *e) {
    struct steps steps = {0};
    p->has_capacity = raw->capacity.path != NULL;
    if (p->has_capacity) {
        enum error_code rc = compress(&raw->capacity, at->capacity_base_ms, start_ms, at->end_ms, &steps, e);
        if (rc != OK) {
            steps_free(&steps);
            return rc;
        }
    }
    uint32_t n = p->has_capacity ? steps.n : 1;
    p->capacity.value = calloc(n, sizeof *p->capacity.value);
    p->capacity.at_ms = p->has_capacity ? shrink(steps.at_ms, n * sizeof *steps.at_ms) : calloc(1, sizeof(int64_t));
    steps.at_ms = NULL;
    if (p->capacity.value && p->capacity.at_ms) {
        p->capacity.n = n;
        for (uint32_t i = 0; i < n; i++)
            p->capacity.value[i] = p->has_capacity ? (uint32_t)steps.value[i] : TRACE_UNLIMITED;
    }
    steps_free(&steps);
    return p->capacity.n ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

static enum error_code make_price(const struct raw_pool *raw, const struct placement *at, int64_t start_ms,
                                  struct trace_pool *p, struct error *e) {
    if (!raw->price.path) return OK;
    struct steps steps = {0};
    enum error_code rc = compress(&raw->price, at->price_base_ms, start_ms, at->end_ms, &steps, e);
    if (rc != OK) {
        steps_free(&steps);
        return rc;
    }
    p->price.n = steps.n;
    p->price.at_ms = shrink(steps.at_ms, steps.n * sizeof *steps.at_ms);
    p->price.uusd_per_h = shrink(steps.value, steps.n * sizeof *steps.value);
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
    const struct raw_pool *raw = builder_pool_at(b, i);
    const struct series *main_series = raw->capacity.path ? &raw->capacity : &raw->price;
    int64_t asked = builder_options(b)->resolution_ms;
    p->span_ms = placed->pools[i].end_ms - placed->start_ms;
    p->gap_ms = main_series->gap_ms;
    p->resolution_ms = asked ? asked : main_series->resolution_ms;
    p->samples = raw->capacity.samples;
    p->price_samples = raw->price.samples;
    TRY(make_identity(raw, builder_options(b)->cloud, p, e));
    TRY(make_capacity(raw, &placed->pools[i], placed->start_ms, p, e));
    return make_price(raw, &placed->pools[i], placed->start_ms, p, e);
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
