/* SPDX-License-Identifier: Apache-2.0
 * Pools sampled side by side, a bit per sample and cut. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define SAMPLES_MAX 400000
#define STEP_OTHERWISE_MS 60000 /* for traces without a sampling step */
#define SHARE_MIN 0.02          /* a cut that divides the time more unevenly says little */

static void sample(const struct trace_pool *p, int64_t step_ms, uint32_t n, uint32_t *out) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++) {
        int64_t t = (int64_t)i * step_ms + step_ms / 2;
        while (at + 1 < p->capacity.n && p->capacity.at_ms[at + 1] <= t) at++;
        out[i] = p->capacity.value[at];
    }
}

static int by_value(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Share of sorted samples below a value. */
static double share_below(const uint32_t *sorted, uint32_t n, uint32_t value) {
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (sorted[mid] < value)
            lo = mid + 1;
        else
            hi = mid;
    }
    return (double)lo / n;
}

static bool divides(const uint32_t *sorted, uint32_t n, uint32_t value) {
    double share = share_below(sorted, n, value);
    return share >= SHARE_MIN && share <= 1 - SHARE_MIN;
}

/* The least value above the lowest one that at least `share` of the samples do
 * not exceed. */
static uint32_t value_near(const uint32_t *sorted, uint32_t n, double share) {
    uint32_t i = (uint32_t)(share * n);
    while (i + 1 < n && sorted[i] == sorted[0]) i++;
    return sorted[i];
}

static void choose_cuts(const uint32_t *sorted, uint32_t n, struct grid_pool *p) {
    uint32_t top = sorted[n - 1];
    if (sorted[0] == top) return;
    uint32_t any = sorted[0] < 1 && (top == 1 || divides(sorted, n, 1)) ? 1 : value_near(sorted, n, 1.0 / 3);
    uint32_t all = divides(sorted, n, top) ? top : value_near(sorted, n, 2.0 / 3);
    p->value[p->n_cuts++] = any;
    if (all > any) p->value[p->n_cuts++] = all;
}

static uint64_t *new_row(const uint32_t *values, uint32_t n, uint32_t at_least) {
    uint64_t *row = calloc(n / 64 + 3, sizeof *row); /* what lies behind is read with a lag, and 0 */
    for (uint32_t i = 0; row && i < n; i++) row[i / 64] |= (uint64_t)(values[i] >= at_least) << (i % 64);
    return row;
}

static bool fill_pool(const struct trace_pool *p, int64_t step_ms, uint32_t n, const struct grid_pool *like,
                      uint32_t *values, struct grid_pool *out) {
    sample(p, step_ms, n, values);
    out->up = new_row(values, n, 1);
    bool ok = out->up != NULL;
    uint32_t *sorted = like ? NULL : malloc(n * sizeof *sorted);
    if (sorted) {
        memcpy(sorted, values, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, by_value);
        choose_cuts(sorted, n, out);
    }
    ok = ok && (sorted || like);
    free(sorted);
    if (like) {
        out->n_cuts = like->n_cuts;
        memcpy(out->value, like->value, sizeof out->value);
    }
    for (uint32_t c = 0; ok && c < out->n_cuts; c++) {
        out->bits[c] = new_row(values, n, out->value[c]);
        ok = out->bits[c] != NULL;
        if (ok) out->share[c] = 1 - (double)grid_count(out->bits[c], NULL, 0, n) / n;
    }
    return ok;
}

enum error_code grid_make(const struct trace *t, const struct grid *like, struct grid *g, struct error *e) {
    int64_t step_ms = 0, probe_ms = 0;
    *g = (struct grid){.n_pools = t->n_pools, .trace = t};
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (t->pools[i].gap_ms > step_ms) step_ms = t->pools[i].gap_ms;
        if (t->pools[i].resolution_ms > probe_ms) probe_ms = t->pools[i].resolution_ms;
    }
    g->step_is = step_ms    ? "the longest sampling step of the trace"
                 : probe_ms ? "as given; --resolution changes it"
                            : "assumed, as the trace has none; --resolution sets it";
    if (!step_ms) step_ms = probe_ms ? probe_ms : STEP_OTHERWISE_MS;
    if (t->span_ms / step_ms > SAMPLES_MAX) {
        step_ms = t->span_ms / SAMPLES_MAX;
        g->step_is = "the finest for a trace of this length";
    }
    g->step_h = (double)step_ms / (double)MS_PER_HOUR;
    g->n = (uint32_t)(t->span_ms / step_ms);
    if (g->n < 2) return error_set(e, ERR_INPUT, NULL, "the trace is too short to be fitted");
    g->probe_h = probe_ms > step_ms ? (double)probe_ms / (double)MS_PER_HOUR : g->step_h;
    g->pool = calloc(g->n_pools, sizeof *g->pool);
    uint32_t *values = malloc(g->n * sizeof *values);
    bool ok = g->pool && values;
    for (uint32_t i = 0; ok && i < g->n_pools; i++)
        ok = fill_pool(&t->pools[i], step_ms, g->n, like ? &like->pool[i] : NULL, values, &g->pool[i]);
    free(values);
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

void grid_free(struct grid *g) {
    for (uint32_t i = 0; g->pool && i < g->n_pools; i++) {
        free(g->pool[i].up);
        for (uint32_t c = 0; c < CUTS_MAX; c++) free(g->pool[i].bits[c]);
    }
    free(g->pool);
    memset(g, 0, sizeof *g);
}

/* ---- counting ------------------------------------------------------------------------ */

uint32_t grid_count(const uint64_t *x, const uint64_t *y, uint32_t from, uint32_t to) {
    uint32_t n = 0;
    if (from >= to) return 0;
    for (uint32_t w = from / 64; w <= (to - 1) / 64; w++) {
        uint64_t word = y ? x[w] & y[w] : x[w];
        if (w == from / 64) word &= ~0ull << (from % 64);
        if (w == (to - 1) / 64) word &= ~0ull >> (63 - (to - 1) % 64);
        n += (uint32_t)__builtin_popcountll(word);
    }
    return n;
}

static double differ_at(const struct grid *g, const uint64_t *x, const uint64_t *y, uint32_t lag) {
    if (lag >= g->n) lag = g->n - 1;
    uint32_t n = g->n - lag, skip = lag / 64, shift = lag % 64, differ = 0;
    for (uint32_t w = 0; w <= (n - 1) / 64; w++) {
        uint64_t later = y[w + skip] >> shift;
        if (shift) later |= y[w + skip + 1] << (64 - shift);
        uint64_t word = x[w] ^ later;
        if (w == (n - 1) / 64) word &= ~0ull >> (63 - (n - 1) % 64);
        differ += (uint32_t)__builtin_popcountll(word);
    }
    return (double)differ / n;
}

double grid_differ(const struct grid *g, uint32_t a, uint32_t x, uint32_t b, uint32_t y, double lag_h) {
    const uint64_t *one = g->pool[a].bits[x], *other = g->pool[b].bits[y];
    double samples = lag_h / g->step_h, whole = floor(samples + 1e-6), part = samples - whole;
    double here = differ_at(g, one, other, (uint32_t)whole);
    if (part < 1e-3) return here;
    return here + part * (differ_at(g, one, other, (uint32_t)whole + 1) - here);
}
