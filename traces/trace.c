/* SPDX-License-Identifier: Apache-2.0
 * Operations on a finished trace. */
#include "traces/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/random.h"

static void pool_free(struct trace_pool *p) {
    free(p->name);
    free(p->cloud);
    free(p->region);
    free(p->zone);
    free(p->instance_type);
    free(p->capacity.at_ms);
    free(p->capacity.value);
    free(p->price.at_ms);
    free(p->price.uusd_per_h);
}

void trace_free(struct trace *t) {
    if (!t) return;
    for (uint32_t i = 0; i < t->n_pools && !t->map; i++) pool_free(&t->pools[i]);
    if (t->map_bytes) munmap((void *)(uintptr_t)t->map, t->map_bytes);
    free(t->pools);
    free(t);
}

int64_t trace_find_pool(const struct trace *t, const char *name) {
    int64_t lo = 0, hi = (int64_t)t->n_pools - 1;
    while (lo <= hi) {
        int64_t mid = lo + (hi - lo) / 2;
        int order = strcmp(t->pools[mid].name, name);
        if (order == 0) return mid;
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid - 1;
    }
    return -1;
}

/* Last i with at_ms[i] <= t; at_ms[0] is 0 and t is not negative. */
static uint32_t step_at(const int64_t *at_ms, uint32_t n, int64_t t) {
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

static char *copy_text(const char *text, bool *failed) {
    char *copy = strdup(text);
    if (!copy) *failed = true;
    return copy;
}

/* Times of the steps first..last, from start on. */
static int64_t *cut_times(const int64_t *at_ms, uint32_t first, uint32_t n, int64_t start_ms, bool *failed) {
    int64_t *out = malloc(n * sizeof *out);
    if (!out) {
        *failed = true;
        return NULL;
    }
    for (uint32_t i = 0; i < n; i++) out[i] = at_ms[first + i] - start_ms;
    out[0] = 0;
    return out;
}

static void *cut_values(const void *values, size_t size, uint32_t first, uint32_t n, bool *failed) {
    void *out = malloc(n * size);
    if (out)
        memcpy(out, (const char *)values + first * size, n * size);
    else
        *failed = true;
    return out;
}

static void cut_pool(const struct trace_pool *p, int64_t start_ms, int64_t length_ms, struct trace_pool *out,
                     bool *failed) {
    *out = *p;
    out->name = copy_text(p->name, failed);
    out->cloud = copy_text(p->cloud, failed);
    out->region = copy_text(p->region, failed);
    out->zone = copy_text(p->zone, failed);
    out->instance_type = copy_text(p->instance_type, failed);
    out->span_ms = length_ms;
    uint32_t first = step_at(p->capacity.at_ms, p->capacity.n, start_ms);
    uint32_t n = step_at(p->capacity.at_ms, p->capacity.n, start_ms + length_ms - 1) - first + 1;
    out->capacity.n = n;
    out->capacity.at_ms = cut_times(p->capacity.at_ms, first, n, start_ms, failed);
    out->capacity.value = cut_values(p->capacity.value, sizeof *p->capacity.value, first, n, failed);
    if (!p->price.n) return;
    first = step_at(p->price.at_ms, p->price.n, start_ms);
    n = step_at(p->price.at_ms, p->price.n, start_ms + length_ms - 1) - first + 1;
    out->price.n = n;
    out->price.at_ms = cut_times(p->price.at_ms, first, n, start_ms, failed);
    out->price.uusd_per_h = cut_values(p->price.uusd_per_h, sizeof *p->price.uusd_per_h, first, n, failed);
}

enum error_code trace_window(const struct trace *t, int64_t start_ms, int64_t length_ms, struct trace **out,
                             struct error *e) {
    *out = NULL;
    if (start_ms < 0 || length_ms <= 0 || start_ms > t->span_ms || length_ms > t->span_ms - start_ms)
        return error_set(e, ERR_INPUT, "window",
                         "start %" PRId64 " ms, length %" PRId64 " ms does not lie in the trace, which covers %" PRId64
                         " ms",
                         start_ms, length_ms, t->span_ms);
    struct trace *w = calloc(1, sizeof *w);
    bool failed = !w || !(w->pools = calloc(t->n_pools, sizeof *w->pools));
    if (!failed) {
        w->n_pools = t->n_pools;
        w->epoch_ms = t->epoch_ms == INT64_MIN ? INT64_MIN : t->epoch_ms + start_ms;
        w->span_ms = length_ms;
        for (uint32_t i = 0; i < t->n_pools; i++) cut_pool(&t->pools[i], start_ms, length_ms, &w->pools[i], &failed);
    }
    if (failed) {
        trace_free(w);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    *out = w;
    return OK;
}

static uint64_t digest_pool(uint64_t h, const struct trace_pool *p) {
    const char *texts[] = {p->name, p->cloud, p->region, p->zone, p->instance_type};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) h = random_key_text(h, texts[i]);
    const int64_t numbers[] = {p->cloud_inferred, p->has_capacity,  p->span_ms,    p->gap_ms, p->resolution_ms,
                               p->samples,        p->price_samples, p->capacity.n, p->price.n};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) h = random_key(h, (uint64_t)numbers[i]);
    for (uint32_t i = 0; i < p->capacity.n; i++)
        h = random_key(random_key(h, (uint64_t)p->capacity.at_ms[i]), p->capacity.value[i]);
    for (uint32_t i = 0; i < p->price.n; i++)
        h = random_key(random_key(h, (uint64_t)p->price.at_ms[i]), (uint64_t)p->price.uusd_per_h[i]);
    return h;
}

uint64_t trace_digest(const struct trace *t) {
    uint64_t h = random_key_text(0, "spotsim-trace 1");
    h = random_key(h, (uint64_t)t->epoch_ms);
    h = random_key(h, (uint64_t)t->span_ms);
    for (uint32_t i = 0; i < t->n_pools; i++) h = digest_pool(h, &t->pools[i]);
    return h;
}
