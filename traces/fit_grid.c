/* SPDX-License-Identifier: Apache-2.0
 * Pools sampled side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define SAMPLES_MAX 400000
#define STEP_OTHERWISE_MS 60000 /* for traces without a sampling step */

static void sample(const struct trace_pool *p, int64_t step_ms, uint32_t n, uint16_t *out) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = (int64_t)i * step_ms + step_ms / 2;
        while (at + 1 < p->capacity.n && p->capacity.at_ms[at + 1] <= t) at++;
        out[i] = p->capacity.value[at] > UINT16_MAX ? UINT16_MAX : (uint16_t)p->capacity.value[at];
    }
}

enum error_code grid_make(const struct trace *t, struct grid *g, struct error *e) {
    int64_t step_ms = 0, probe_ms = 0;
    *g = (struct grid){.n_pools = t->n_pools, .trace = t};
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (t->pools[i].gap_ms > step_ms) step_ms = t->pools[i].gap_ms;
        if (t->pools[i].resolution_ms > probe_ms) probe_ms = t->pools[i].resolution_ms;
    }
    if (!step_ms) step_ms = probe_ms ? probe_ms : STEP_OTHERWISE_MS;
    if (t->span_ms / step_ms > SAMPLES_MAX) step_ms = t->span_ms / SAMPLES_MAX;
    g->n = (uint32_t)(t->span_ms / step_ms);
    if (g->n < 2) return error_set(e, ERR_INPUT, NULL, "the trace is too short to be fitted");
    g->step_h = (double)step_ms / (double)MS_PER_HOUR;
    g->probe_h = probe_ms > step_ms ? (double)probe_ms / (double)MS_PER_HOUR : g->step_h;
    g->value = malloc((size_t)g->n * g->n_pools * sizeof *g->value);
    g->max = calloc(g->n_pools, sizeof *g->max);
    if (!g->value || !g->max) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t p = 0; p < g->n_pools; p++) {
        uint16_t *row = g->value + (size_t)p * g->n;
        sample(&t->pools[p], step_ms, g->n, row);
        for (uint32_t i = 0; i < g->n; i++)
            if (row[i] > g->max[p]) g->max[p] = row[i];
    }
    return OK;
}

void grid_free(struct grid *g) {
    free(g->value);
    free(g->max);
    memset(g, 0, sizeof *g);
}

static double differ_at(const struct grid *g, uint32_t a, uint32_t va, uint32_t b, uint32_t vb, uint32_t lag) {
    if (lag >= g->n) lag = g->n - 1;
    const uint16_t *x = grid_pool(g, a), *y = grid_pool(g, b) + lag;
    uint32_t n = g->n - lag, differ = 0;
    for (uint32_t i = 0; i < n; i++) differ += (x[i] >= va) != (y[i] >= vb);
    return (double)differ / n;
}

double grid_differ(const struct grid *g, uint32_t a, uint32_t va, uint32_t b, uint32_t vb, double lag_h) {
    double samples = lag_h / g->step_h, whole = floor(samples + 1e-6), part = samples - whole;
    double here = differ_at(g, a, va, b, vb, (uint32_t)whole);
    if (part < 1e-3) return here;
    return here + part * (differ_at(g, a, va, b, vb, (uint32_t)whole + 1) - here);
}

double grid_share(const struct grid *g, uint32_t pool, uint32_t at_least) {
    const uint16_t *x = grid_pool(g, pool);
    uint32_t n = 0;
    for (uint32_t i = 0; i < g->n; i++) n += x[i] >= at_least;
    return (double)n / g->n;
}
