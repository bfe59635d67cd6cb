/* SPDX-License-Identifier: Apache-2.0
 * How often was the cloud really asked?  A series on a fine grid may repeat
 * the answers of a slower probe.  Then its runs come in whole multiples of the
 * probing interval only, and lengths in between never occur.  That, on many
 * runs, is the only sign we accept; everything else keeps the sampling step. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "traces/assemble.h"

#define RUNS_MIN 60       /* short runs needed for a verdict */
#define LATEST_MULTIPLE 6 /* a run is short up to this many intervals */
#define MISFIT_MAX 0.015  /* share of short runs that may miss every multiple */
#define CHANCE_MAX 0.70   /* share of lengths that would fit by chance */
#define STEPS_MIN 1.8     /* intervals tried, in sampling steps */
#define STEPS_MAX 12.0
#define STEPS_STEP 0.05
#define TOLERANCE 0.99 /* a run is off by less than one sampling step */

/* A multiple of the interval lies within one sampling step of the length. */
static bool fits(double length, double interval, double gap) {
    double k = floor(length / interval + 0.5);
    if (k < 1) k = 1;
    return fabs(length - k * interval) < gap * TOLERANCE;
}

static double chance(double interval, double gap) {
    int n = 0, fitting = 0;
    for (double length = gap; length <= LATEST_MULTIPLE * interval; length += gap) {
        n++;
        fitting += fits(length, interval, gap);
    }
    return n ? (double)fitting / n : 1;
}

/* Lengths of a pool's inner runs, rising, each with how often it occurs. */
struct lengths {
    uint32_t n;
    struct length {
        double ms;
        uint32_t count;
    } * at;
};

static int by_length(const void *a, const void *b) {
    const struct length *x = a, *y = b;
    return (x->ms > y->ms) - (x->ms < y->ms);
}

static bool collect_lengths(const struct trace_capacity *c, struct lengths *out) {
    uint32_t runs = c->n > 2 ? c->n - 2 : 0;
    out->n = 0;
    out->at = malloc((runs ? runs : 1) * sizeof *out->at);
    if (!out->at) return false;
    for (uint32_t i = 0; i < runs; i++) out->at[i] = (struct length){(double)(c->at_ms[i + 2] - c->at_ms[i + 1]), 1};
    qsort(out->at, runs, sizeof *out->at, by_length);
    for (uint32_t i = 0; i < runs; i++) {
        if (out->n && out->at[out->n - 1].ms == out->at[i].ms)
            out->at[out->n - 1].count++;
        else
            out->at[out->n++] = out->at[i];
    }
    return true;
}

/* Share of the pool's short runs that no multiple explains; 1 when there are
 * too few of them. */
static double misfit(const struct lengths *l, double interval, double gap) {
    uint32_t n = 0, bad = 0;
    for (uint32_t i = 0; i < l->n && l->at[i].ms <= LATEST_MULTIPLE * interval; i++) {
        n += l->at[i].count;
        if (!fits(l->at[i].ms, interval, gap)) bad += l->at[i].count;
    }
    return n >= RUNS_MIN ? (double)bad / n : 1;
}

/* The interval that explains the pool's runs best, 0 if none does well.  A
 * fraction of the true one explains them too, so the longest that do count. */
static double detect(const struct lengths *l, double gap) {
    double best = 0, best_misfit = MISFIT_MAX;
    for (int i = (int)((STEPS_MAX - STEPS_MIN) / STEPS_STEP + 0.5); i >= 0; i--) {
        double interval = gap * (STEPS_MIN + i * STEPS_STEP);
        double share = misfit(l, interval, gap);
        bool good = share < MISFIT_MAX && chance(interval, gap) <= CHANCE_MAX;
        if (!good && best > 0) break;
        if (!good || share >= best_misfit) continue;
        best = interval;
        best_misfit = share;
    }
    return best;
}

struct sums {
    int64_t kl, kk;
};

/* Least squares through distances of changes up to two and a half intervals:
 * longer ones gather the probe's pauses. */
static void add_distances(const struct trace_capacity *c, double interval, struct sums *sums) {
    for (uint32_t i = 1; i < c->n; i++)
        for (uint32_t j = i + 1; j < c->n; j++) {
            int64_t length = c->at_ms[j] - c->at_ms[i];
            if ((double)length > 2.5 * interval) break;
            int64_t k = (double)length > 1.5 * interval ? 2 : 1;
            sums->kl += k * length;
            sums->kk += k * k;
        }
}

/* Refines a first guess on all pools of the same step that show repetition. */
static int64_t refine(const struct trace *t, const double *found, int64_t gap_ms, double guess) {
    for (int round = 0; round < 8; round++) {
        struct sums sums = {0, 0};
        for (uint32_t i = 0; i < t->n_pools; i++)
            if (found[i] > 0 && t->pools[i].gap_ms == gap_ms) add_distances(&t->pools[i].capacity, guess, &sums);
        if (sums.kk == 0) break;
        guess = (double)sums.kl / (double)sums.kk;
    }
    int64_t unit = guess >= 60e3 ? MS_PER_S : 1;
    return (int64_t)floor(guess / (double)unit + 0.5) * unit;
}

/* Gives all pools of one step that show repetition one common interval. */
static void settle_step(struct trace *t, double *found, uint32_t first, struct trace_notes *notes) {
    int64_t gap_ms = t->pools[first].gap_ms;
    int64_t interval_ms = refine(t, found, gap_ms, found[first]);
    uint32_t n = 0;
    for (uint32_t i = first; i < t->n_pools; i++) {
        if (found[i] <= 0 || t->pools[i].gap_ms != gap_ms) continue;
        t->pools[i].resolution_ms = interval_ms;
        found[i] = -1;
        n++;
    }
    char gap[32], interval[32];
    trace_note(notes,
               "resolution of about %s estimated for %u pool%s: the samples every %s repeat a slower probe; "
               "--resolution sets it",
               text_format_duration(interval_ms, interval), n, n > 1 ? "s" : "", text_format_duration(gap_ms, gap));
}

void resolution_estimate(struct trace *t, struct trace_notes *notes) {
    double *found = calloc(t->n_pools, sizeof *found);
    for (uint32_t i = 0; found && i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        struct lengths lengths;
        if (p->resolution_ms || !p->gap_ms || !p->has_capacity || !collect_lengths(&p->capacity, &lengths)) continue;
        found[i] = detect(&lengths, (double)p->gap_ms);
        free(lengths.at);
    }
    for (uint32_t i = 0; found && i < t->n_pools; i++)
        if (found[i] > 0) settle_step(t, found, i, notes);
    for (uint32_t i = 0; i < t->n_pools; i++)
        if (!t->pools[i].resolution_ms) t->pools[i].resolution_ms = t->pools[i].gap_ms;
    free(found);
}
