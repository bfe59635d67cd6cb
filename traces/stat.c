/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/stat.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static int64_t step_end(const int64_t *at_ms, uint32_t n, uint32_t i, int64_t span_ms) {
    int64_t end = i + 1 < n ? at_ms[i + 1] : span_ms;
    return end < span_ms ? end : span_ms;
}

static int by_length(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static struct trace_runs runs_of(int64_t *lengths, uint32_t n) {
    struct trace_runs r = {n, NAN, NAN};
    if (n == 0) return r;
    qsort(lengths, n, sizeof *lengths, by_length);
    int64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += lengths[i];
    r.mean_h = (double)sum / n / (double)MS_PER_HOUR;
    r.median_h = (double)(lengths[(n - 1) / 2] + lengths[n / 2]) / 2 / (double)MS_PER_HOUR;
    return r;
}

/* Lengths of the inner spells, by state; lengths[s] has room for all. */
static void collect_runs(const struct trace_pool *p, int64_t *lengths[2], uint32_t n[2], uint32_t *transitions) {
    const struct trace_capacity *c = &p->capacity;
    int64_t since = 0;
    bool up = c->value[0] > 0;
    *transitions = n[0] = n[1] = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        if ((c->value[i] > 0) == up) continue;
        if (*transitions > 0) lengths[up][n[up]++] = c->at_ms[i] - since;
        ++*transitions;
        since = c->at_ms[i];
        up = !up;
    }
}

static void capacity_stat(const struct trace_pool *p, struct trace_pool_stat *out) {
    const struct trace_capacity *c = &p->capacity;
    int64_t up_ms = 0;
    double weighted = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t length = step_end(c->at_ms, c->n, i, p->span_ms) - c->at_ms[i];
        if (c->value[i] > out->max) out->max = c->value[i];
        if (c->value[i]) up_ms += length;
        weighted += (double)c->value[i] * (double)length;
    }
    out->availability = (double)up_ms / (double)p->span_ms;
    out->mean_fraction = out->max && out->max != TRACE_UNLIMITED ? weighted / (double)p->span_ms / out->max : NAN;
    out->value_changes = c->n - 1;
}

static void price_stat(const struct trace_pool *p, struct trace_pool_stat *out) {
    const struct trace_price *c = &p->price;
    out->price_min = out->price_max = out->price_mean = NAN;
    if (c->n == 0) return;
    int64_t low = c->uusd_per_h[0], high = c->uusd_per_h[0];
    double weighted = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t v = c->uusd_per_h[i];
        if (v < low) low = v;
        if (v > high) high = v;
        weighted += (double)v * (double)(step_end(c->at_ms, c->n, i, p->span_ms) - c->at_ms[i]);
    }
    out->price_changes = c->n - 1;
    out->price_min = (double)low / 1e6;
    out->price_max = (double)high / 1e6;
    out->price_mean = weighted / (double)p->span_ms / 1e6;
}

enum error_code trace_stat_pool(const struct trace_pool *p, struct trace_pool_stat *out, struct error *e) {
    memset(out, 0, sizeof *out);
    size_t room = p->capacity.n;
    int64_t *lengths[2] = {malloc(room * sizeof(int64_t)), malloc(room * sizeof(int64_t))};
    bool ok = lengths[0] && lengths[1];
    if (ok) {
        uint32_t n[2];
        collect_runs(p, lengths, n, &out->transitions);
        out->down = runs_of(lengths[0], n[0]);
        out->up = runs_of(lengths[1], n[1]);
        capacity_stat(p, out);
        price_stat(p, out);
    }
    free(lengths[0]);
    free(lengths[1]);
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Time up within [0, span). */
static int64_t up_ms(const struct trace_pool *p, int64_t span_ms) {
    const struct trace_capacity *c = &p->capacity;
    int64_t up = 0;
    for (uint32_t i = 0; i < c->n && c->at_ms[i] < span_ms; i++)
        if (c->value[i]) up += step_end(c->at_ms, c->n, i, span_ms) - c->at_ms[i];
    return up;
}

static int64_t both_up_ms(const struct trace_pool *a, const struct trace_pool *b, int64_t span_ms) {
    int64_t both = 0, now = 0;
    for (uint32_t i = 0, j = 0; now < span_ms;) {
        int64_t end_a = step_end(a->capacity.at_ms, a->capacity.n, i, span_ms);
        int64_t end_b = step_end(b->capacity.at_ms, b->capacity.n, j, span_ms);
        int64_t end = end_a < end_b ? end_a : end_b;
        if (a->capacity.value[i] && b->capacity.value[j]) both += end - now;
        now = end;
        i += end_a == end;
        j += end_b == end;
    }
    return both;
}

double trace_stat_correlation(const struct trace_pool *a, const struct trace_pool *b, int64_t span_ms) {
    double t = (double)span_ms;
    double pa = (double)up_ms(a, span_ms) / t, pb = (double)up_ms(b, span_ms) / t;
    double variance = pa * (1 - pa) * pb * (1 - pb);
    return variance > 0 ? ((double)both_up_ms(a, b, span_ms) / t - pa * pb) / sqrt(variance) : NAN;
}

struct edge {
    int64_t at_ms;
    int change; /* of the number of pools up */
};

static int by_edge_time(const void *a, const void *b) {
    const struct edge *x = a, *y = b;
    return x->at_ms < y->at_ms ? -1 : x->at_ms > y->at_ms;
}

/* Time within [0, span) during which no pool is up. */
static enum error_code none_up_ms(const struct trace *t, int64_t *ms, struct error *e) {
    size_t room = 1, n = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) room += t->pools[i].capacity.n;
    struct edge *edges = malloc(room * sizeof *edges);
    if (!edges) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_capacity *c = &t->pools[i].capacity;
        bool up = false;
        for (uint32_t k = 0; t->pools[i].has_capacity && k < c->n && c->at_ms[k] < t->span_ms; k++) {
            if ((c->value[k] > 0) == up) continue;
            up = !up;
            edges[n++] = (struct edge){c->at_ms[k], up ? 1 : -1};
        }
    }
    qsort(edges, n, sizeof *edges, by_edge_time);
    int64_t since = 0;
    int up = 0;
    *ms = 0;
    for (size_t i = 0; i < n; i++) {
        if (up == 0) *ms += edges[i].at_ms - since;
        since = edges[i].at_ms;
        up += edges[i].change;
    }
    if (up == 0) *ms += t->span_ms - since;
    free(edges);
    return OK;
}

static void correlations(const struct trace *t, struct trace_joint_stat *out) {
    double sum[2] = {0, 0};
    uint32_t n[2] = {0, 0};
    for (uint32_t i = 0; i < t->n_pools; i++)
        for (uint32_t j = i + 1; j < t->n_pools; j++) {
            const struct trace_pool *a = &t->pools[i], *b = &t->pools[j];
            if (!a->has_capacity || !b->has_capacity) continue;
            double r = trace_stat_correlation(a, b, t->span_ms);
            if (isnan(r)) continue;
            bool across = strcmp(a->cloud, b->cloud) != 0 || strcmp(a->region, b->region) != 0;
            sum[across] += r;
            n[across]++;
        }
    out->pairs_same_region = n[0];
    out->pairs_across_regions = n[1];
    out->correlation_same_region = n[0] ? sum[0] / n[0] : NAN;
    out->correlation_across_regions = n[1] ? sum[1] / n[1] : NAN;
}

enum error_code trace_stat_joint(const struct trace *t, struct trace_joint_stat *out, struct error *e) {
    memset(out, 0, sizeof *out);
    out->all_down_if_independent = 1;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        if (!p->has_capacity) continue;
        out->pools++;
        out->all_down_if_independent *= 1 - (double)up_ms(p, t->span_ms) / (double)t->span_ms;
    }
    if (out->pools > TRACE_JOINT_POOLS_MAX)
        return error_set(e, ERR_INPUT, NULL, "joint statistics of %u pools; the limit is %u", out->pools,
                         TRACE_JOINT_POOLS_MAX);
    int64_t none = 0;
    TRY(none_up_ms(t, &none, e));
    out->all_down = (double)none / (double)t->span_ms;
    out->any_up = 1 - out->all_down;
    correlations(t, out);
    return OK;
}
