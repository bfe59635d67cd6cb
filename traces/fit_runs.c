/* SPDX-License-Identifier: Apache-2.0
 * Run lengths of a pool as its probe saw them, and the sizes of its losses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

void run_data_free(struct run_data *d) {
    free(d->bin);
    memset(d, 0, sizeof *d);
}

static bool add_bin(struct run_data *d, double lo_h, double hi_h) {
    if (d->n == d->room) {
        uint32_t room = d->room ? d->room * 2 : 128;
        struct run_bin *grown = realloc(d->bin, room * sizeof *grown);
        if (!grown) return false;
        d->bin = grown;
        d->room = room;
    }
    d->bin[d->n++] = (struct run_bin){lo_h, hi_h, 1};
    return true;
}

static int by_end(const void *a, const void *b) {
    const struct run_bin *x = a, *y = b;
    if (x->lo_h != y->lo_h) return x->lo_h < y->lo_h ? -1 : 1;
    return (x->hi_h > y->hi_h) - (x->hi_h < y->hi_h);
}

/* Sorts and joins equal ones: the likelihood then costs one term per length. */
static void settle(struct run_data *d) {
    uint32_t kept = 0;
    qsort(d->bin, d->n, sizeof *d->bin, by_end);
    for (uint32_t i = 0; i < d->n; i++) {
        if (kept && by_end(&d->bin[kept - 1], &d->bin[i]) == 0)
            d->bin[kept - 1].count += 1;
        else
            d->bin[kept++] = d->bin[i];
    }
    d->n = kept;
}

/* A run of K probes lasted between (K - 1) and K intervals. */
static bool add_run(struct run_data *d, int64_t length_ms, bool complete) {
    double hours = (double)length_ms / (double)MS_PER_HOUR, k = 0;
    double lo = hours, hi = hours;
    if (d->step_h > 0) {
        k = floor(hours / d->step_h + 0.5);
        if (k < 1) k = 1;
        lo = (k - 1) * d->step_h;
        hi = k * d->step_h;
    }
    if (hi > d->longest_h) d->longest_h = hi;
    if (!complete) return lo <= 0 || add_bin(d, lo, INFINITY);
    d->runs++;
    return add_bin(d, lo, hi);
}

enum error_code runs_collect(const struct trace_pool *p, bool up, double step_h, struct run_data *out,
                             struct error *e) {
    const struct trace_capacity *c = &p->capacity;
    *out = (struct run_data){.step_h = step_h};
    bool state = c->value[0] > 0, first = true, ok = true;
    int64_t since = 0;
    for (uint32_t i = 1; i < c->n && ok; i++) {
        if ((c->value[i] > 0) == state) continue;
        if (!first && state == up) ok = add_run(out, c->at_ms[i] - since, true);
        first = false;
        since = c->at_ms[i];
        state = !state;
    }
    if (ok && !first && state == up) ok = add_run(out, p->span_ms - since, false);
    if (!ok) return error_set(e, ERR_FAILED, NULL, "out of memory");
    settle(out);
    return OK;
}

enum error_code runs_exact(const double *hours, const bool *ended, uint32_t n, struct run_data *out, struct error *e) {
    *out = (struct run_data){0};
    for (uint32_t i = 0; i < n; i++) {
        if (!add_bin(out, hours[i], ended[i] ? hours[i] : INFINITY))
            return error_set(e, ERR_FAILED, NULL, "out of memory");
        out->runs += ended[i];
        if (hours[i] > out->longest_h) out->longest_h = hours[i];
    }
    settle(out);
    return OK;
}

/* ---- losses ------------------------------------------------------------------------ */

/* The mean of a time whose mean as seen by a probe, rounded up to its step, is
 * `seen`: an exponential. */
static double unrounded(double seen_h, double step_h) {
    return step_h > 0 && seen_h > step_h ? -step_h / log(1 - step_h / seen_h) : seen_h;
}

/* Batches come to a pool that holds more than one at a constant rate, so that
 * `whole_loss` is the share of losses that take everything, where either can
 * happen: gap / (mean up-run + gap), with the mean time `gap` between batches.
 * A pool down to its last instance can only lose that, with the end of its run:
 * this time, and these losses, say nothing of batches.  What is missing while
 * the pool is up comes back after an exponential time, whose mean is time
 * missing over instances that came back. */
struct losses {
    double exact[MODEL_BATCHES_MAX];    /* by size */
    double at_least[MODEL_BATCHES_MAX]; /* left one: may have been larger */
    double batches, missing_ms, back, back_squared;
    double open_ms;                   /* up, with more than one */
    double runs, run_ms, run_squared; /* complete up-runs */
    uint32_t n, whole, largest;
};

static void add_batch(uint32_t size, bool left_one, struct losses *out) {
    if (size > MODEL_BATCHES_MAX) size = MODEL_BATCHES_MAX;
    (left_one ? out->at_least : out->exact)[size - 1]++;
    out->batches++;
    if (size > out->largest) out->largest = size;
}

/* A batch is seen at a probe inside the run: the one at its end shows the end. */
static void count_time(const struct trace_pool *p, uint32_t i, uint32_t width, double step_ms, struct losses *out) {
    const struct trace_capacity *c = &p->capacity;
    bool last = i + 1 == c->n;
    double ms = (double)((last ? p->span_ms : c->at_ms[i + 1]) - c->at_ms[i]);
    out->missing_ms += (double)(width - c->value[i]) * ms;
    if (c->value[i] > 1) out->open_ms += last || c->value[i + 1] == 0 ? fmax(ms - step_ms, 0) : ms;
}

static void count_losses(const struct trace_pool *p, uint32_t width, double step_ms, struct losses *out) {
    const struct trace_capacity *c = &p->capacity;
    int64_t since = -1; /* of the present up-run; -1: not seen */
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->value[i] > 0) count_time(p, i, width, step_ms, out);
        if (i == 0) continue;
        if (c->value[i - 1] == 0) since = c->at_ms[i];
        if (c->value[i] >= c->value[i - 1]) {
            double back = c->value[i - 1] > 0 ? c->value[i] - c->value[i - 1] : 0;
            out->back += back;
            out->back_squared += back * back;
            continue;
        }
        out->n++;
        if (c->value[i] > 0) {
            add_batch(c->value[i - 1] - c->value[i], c->value[i] == 1, out);
            continue;
        }
        out->whole++;
        if (since < 0) continue;
        double ms = (double)(c->at_ms[i] - since);
        out->runs++;
        out->run_ms += ms;
        out->run_squared += ms * ms;
    }
}

/* Shares of sizes: the product-limit estimator (Kaplan and Meier 1958), with
 * Greenwood's variance.  What is larger than can be seen counts as the largest. */
static void batch_shares(const struct losses *l, struct model_runs *runs, struct fit_pool *report) {
    double above = l->batches, beyond = 1, spread = 0;
    for (uint32_t i = 0; i < l->largest && beyond > 0; i++) {
        double risk = above - l->at_least[i], share = risk > 0 && i + 1 < l->largest ? l->exact[i] / risk : 1;
        if (risk <= 0) risk = above;
        runs->n_batches = i + 1;
        runs->batch[i] = beyond * share;
        report->batch_se[i] =
            sqrt(beyond * beyond * share * (1 - share) / risk + runs->batch[i] * runs->batch[i] * spread);
        if (share < 1) spread += share / (risk * (1 - share));
        beyond *= 1 - share;
        above -= l->exact[i] + l->at_least[i];
    }
}

void runs_group_loss(const struct trace_pool *p, double step_h, struct model_runs *runs, struct fit_pool *report) {
    const struct trace_capacity *c = &p->capacity;
    struct losses l = {.n = 0};
    uint32_t width = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->value[i] > width) width = c->value[i];
    count_losses(p, width, step_h * (double)MS_PER_HOUR, &l);
    *runs = (struct model_runs){.up = runs->up, .down = runs->down, .width = width, .whole_loss = 1};
    report->losses = l.n;
    report->whole_losses = l.whole;
    if (l.batches == 0 || l.whole == 0) return;
    double gap_h = unrounded(l.open_ms / l.batches / (double)MS_PER_HOUR, step_h), mean_ms = l.run_ms / l.runs;
    double share = gap_h / (family_mean_h(&runs->up) + gap_h);
    runs->whole_loss = share;
    /* of the logit: the variances of both logarithms */
    report->whole_loss_se =
        share * (1 - share) * sqrt(1 / l.batches + (l.run_squared / l.runs / (mean_ms * mean_ms) - 1) / l.runs);
    batch_shares(&l, runs, report);
    double seen_h = l.back > 0 ? l.missing_ms / l.back / (double)MS_PER_HOUR : 0;
    runs->refill_h = fmax(unrounded(seen_h, step_h), 1e-3);
    report->refill_se = l.back > 0 ? runs->refill_h * sqrt(l.back_squared) / l.back : NAN;
}
