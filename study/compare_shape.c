/* SPDX-License-Identifier: Apache-2.0
 * The shape of a trace in numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/compare_private.h"
#include "traces/stat.h"

static const int64_t spread_ms[COMPARE_SPREADS] = {MS_PER_DAY, 3 * MS_PER_DAY, 7 * MS_PER_DAY};

/* Complete runs of all pools by state. */
struct runs {
    double *hours[2];
    uint32_t n[2];
};

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void pool_runs(const struct trace_capacity *c, struct runs *runs, uint32_t *changes) {
    int64_t since = -1;
    for (uint32_t i = 1; i < c->n; i++) {
        bool before = c->value[i - 1] > 0;
        if ((c->value[i] > 0) == before) continue;
        if (since >= 0) runs->hours[before][runs->n[before]++] = (double)(c->at_ms[i] - since) / (double)MS_PER_HOUR;
        since = c->at_ms[i];
        ++*changes;
    }
}

const double compare_quantile[COMPARE_QUANTILES] = {.05, .1, .2, .3, .4, .5, .6, .7, .8, .9, .95, .99};

static void quantiles(double *x, uint32_t n, double out[COMPARE_QUANTILES]) {
    if (n) qsort(x, n, sizeof *x, by_value);
    for (uint32_t i = 0; i < COMPARE_QUANTILES; i++) {
        double at = compare_quantile[i] * (n ? n - 1 : 0), part = at - floor(at);
        uint32_t k = (uint32_t)at;
        out[i] = n ? x[k] + (k + 1 < n ? part * (x[k + 1] - x[k]) : 0) : NAN;
    }
}

static enum error_code shape_runs(const struct trace *t, struct shape *out, struct error *e) {
    struct runs runs = {{NULL, NULL}, {0, 0}};
    size_t most = 1;
    uint32_t changes = 0;
    double days = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        most += t->pools[i].capacity.n;
        days += (double)t->pools[i].span_ms / (double)MS_PER_DAY;
    }
    for (int s = 0; s < 2; s++) runs.hours[s] = malloc(most * sizeof(double));
    bool ok = runs.hours[0] && runs.hours[1];
    for (uint32_t i = 0; ok && i < t->n_pools; i++) pool_runs(&t->pools[i].capacity, &runs, &changes);
    if (ok) quantiles(runs.hours[1], runs.n[1], out->up_h);
    if (ok) quantiles(runs.hours[0], runs.n[0], out->down_h);
    out->changes_per_day = changes / days;
    free(runs.hours[0]);
    free(runs.hours[1]);
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Time up in [from, to). */
static double up_share(const struct trace_capacity *c, int64_t from, int64_t to, int64_t span_ms) {
    uint32_t lo = 0, hi = c->n;
    int64_t up = 0;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->at_ms[mid] <= from)
            lo = mid;
        else
            hi = mid;
    }
    for (uint32_t i = lo; i < c->n && c->at_ms[i] < to; i++) {
        int64_t start = c->at_ms[i] > from ? c->at_ms[i] : from, end = i + 1 < c->n ? c->at_ms[i + 1] : span_ms;
        if (end > to) end = to;
        if (c->value[i] && end > start) up += end - start;
    }
    return (double)up / (double)(to - from);
}

static void shape_windows(const struct trace *t, struct shape *out) {
    for (uint32_t w = 0; w < COMPARE_SPREADS; w++) {
        uint32_t n = (uint32_t)(t->span_ms / spread_ms[w]);
        double squares = 0;
        for (uint32_t i = 0; n > 1 && i < t->n_pools; i++) {
            double sum = 0, sum2 = 0;
            for (uint32_t k = 0; k < n; k++) {
                double x =
                    up_share(&t->pools[i].capacity, k * spread_ms[w], (k + 1) * spread_ms[w], t->pools[i].span_ms);
                sum += x;
                sum2 += x * x;
            }
            squares += (sum2 - sum * sum / n) / (n - 1);
        }
        out->spread[w] = n > 1 ? sqrt(squares > 0 ? squares / t->n_pools : 0) : NAN;
    }
}

static void shape_hours(const struct trace *t, struct shape *out) {
    double least = 1, most = 0, up[24] = {0}, all[24] = {0};
    int64_t late = t->epoch_ms == INT64_MIN ? 0 : (t->epoch_ms % MS_PER_DAY + MS_PER_DAY) % MS_PER_DAY;
    for (int64_t at = 0; at + MS_PER_HOUR <= t->span_ms; at += MS_PER_HOUR) {
        int h = (int)((at + late + MS_PER_HOUR / 2) / MS_PER_HOUR % 24); /* the hour's middle */
        for (uint32_t i = 0; i < t->n_pools; i++) {
            up[h] += up_share(&t->pools[i].capacity, at, at + MS_PER_HOUR, t->pools[i].span_ms);
            all[h]++;
        }
    }
    for (int h = 0; h < 24; h++) {
        out->hour[h] = all[h] > 0 ? up[h] / all[h] : NAN;
        if (out->hour[h] < least) least = out->hour[h];
        if (out->hour[h] > most) most = out->hour[h];
    }
    out->hour_range = most > least ? most - least : 0;
}

static uint32_t size_class(double share) {
    return share >= 1 ? COMPARE_SIZES - 1 : (uint32_t)ceil(share * (COMPARE_SIZES - 1)) - 1;
}

static void shape_losses(const struct trace *t, struct shape *out) {
    double losses = 0, whole = 0, size = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_capacity *c = &t->pools[i].capacity;
        uint32_t width = 1;
        for (uint32_t k = 0; k < c->n; k++)
            if (c->value[k] > width) width = c->value[k];
        out->wide = out->wide || width > 1;
        for (uint32_t k = 1; k < c->n; k++) {
            if (c->value[k] >= c->value[k - 1]) continue;
            double share = (double)(c->value[k - 1] - c->value[k]) / width;
            losses++;
            whole += c->value[k] == 0;
            size += share;
            out->loss_sizes[size_class(share)]++;
        }
    }
    out->whole_loss = losses > 0 ? whole / losses : NAN;
    out->loss_size = losses > 0 ? size / losses : NAN;
    for (uint32_t i = 0; i < COMPARE_SIZES; i++) out->loss_sizes[i] = losses > 0 ? out->loss_sizes[i] / losses : NAN;
}

/* Share of time with at least half of the pools up: by hour steps would miss
 * short moments, so by all changes merged. */
struct change {
    int64_t at_ms;
    int up;
};
static int by_time(const void *a, const void *b) {
    const struct change *x = a, *y = b;
    return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

static enum error_code shape_half(const struct trace *t, struct shape *out, struct error *e) {
    size_t most = 1, n = 0;
    int64_t good = 0, now = 0;
    uint32_t up = 0, half = (t->n_pools + 1) / 2;
    for (uint32_t i = 0; i < t->n_pools; i++) most += t->pools[i].capacity.n;
    struct change *c = malloc(most * sizeof *c);
    if (!c) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_capacity *k = &t->pools[i].capacity;
        up += k->value[0] > 0;
        for (uint32_t j = 1; j < k->n && k->at_ms[j] < t->span_ms; j++)
            if ((k->value[j] > 0) != (k->value[j - 1] > 0)) c[n++] = (struct change){k->at_ms[j], k->value[j] ? 1 : -1};
    }
    qsort(c, n, sizeof *c, by_time);
    for (size_t i = 0; i <= n; i++) {
        int64_t until = i < n ? c[i].at_ms : t->span_ms;
        if (up >= half) good += until - now;
        now = until;
        if (i < n) up = c[i].up > 0 ? up + 1 : up - 1;
    }
    free(c);
    out->half_up = (double)good / (double)t->span_ms;
    return OK;
}

enum error_code shape_of(const struct trace *t, struct shape *out, struct error *e) {
    struct trace_joint_stat joint;
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < t->n_pools; i++)
        out->availability += up_share(&t->pools[i].capacity, 0, t->span_ms, t->pools[i].span_ms) / t->n_pools;
    TRY(shape_runs(t, out, e));
    shape_windows(t, out);
    shape_hours(t, out);
    shape_losses(t, out);
    TRY(shape_half(t, out, e));
    TRY(trace_stat_joint(t, &joint, e));
    out->all_down = joint.all_down;
    out->any_up = joint.any_up;
    out->same_region = joint.correlation_same_region;
    out->across_regions = joint.correlation_across_regions;
    return OK;
}

/* ---- over several traces ------------------------------------------------------------ */

const struct shape_row compare_rows[] = {
    {"availability", "mean availability of a pool", AT(availability)},
    {"changes_per_day", "changes per pool and day", AT(changes_per_day)},
    {"spread_1d", "spread of a pool's availability, windows of 1 day", AT(spread[0])},
    {"spread_3d", "  of 3 days", AT(spread[1])},
    {"spread_7d", "  of 7 days", AT(spread[2])},
    {"all_down", "all pools down", AT(all_down)},
    {"any_up", "at least one up", AT(any_up)},
    {"half_up", "at least half of them up", AT(half_up)},
    {"correlation_same_region", "state correlation within a region", AT(same_region)},
    {"correlation_across_regions", "state correlation across regions", AT(across_regions)},
    {"hour_range", "range of availability over the hours of a day", AT(hour_range)},
    {"whole_loss", "losses that take everything", AT(whole_loss)},
    {"loss_size", "mean loss, share of the largest capacity", AT(loss_size)},
    {NULL, NULL, 0},
};
const char *const compare_size_titles[COMPARE_SIZES] = {"up to 1/4", "to 1/2", "to 3/4", "below 1", "all"};

static double quantile_of(const double *sorted, uint32_t n, double share) {
    double at = share * (n - 1), part = at - floor(at);
    uint32_t k = (uint32_t)at;
    return sorted[k] + (k + 1 < n ? part * (sorted[k + 1] - sorted[k]) : 0);
}

enum error_code compare_shape(const struct comparison *c, size_t offset, struct shape_range *out, struct error *e) {
    double *x = malloc((c->n_traces + 1) * sizeof *x), sum = 0, squares = 0;
    uint32_t n = 0;
    if (!x) return error_set(e, ERR_FAILED, NULL, "out of memory");
    *out = (struct shape_range){NAN, NAN, NAN, NAN};
    for (uint32_t i = 0; i < c->n_traces; i++) {
        double value = shape_value(&c->synth_shape[i], offset);
        if (!isfinite(value)) continue;
        x[n++] = value;
        sum += value;
    }
    for (uint32_t i = 0; i < n; i++) squares += (x[i] - sum / n) * (x[i] - sum / n);
    if (n) {
        qsort(x, n, sizeof *x, by_value);
        *out = (struct shape_range){sum / n, n > 1 ? sqrt(squares / (n - 1)) : NAN, quantile_of(x, n, .05),
                                    quantile_of(x, n, .95)};
    }
    free(x);
    return OK;
}
