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

/* Sizes of losses; what is missing while the pool is up comes back after an
 * exponential time, whose mean is time missing over instances that came back. */
struct losses {
    double batch[MODEL_BATCHES_MAX], batches, missing_ms, back, back_squared;
    uint32_t n, whole, largest;
};

static void count_losses(const struct trace_pool *p, uint32_t width, struct losses *out) {
    const struct trace_capacity *c = &p->capacity;
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t end = i + 1 < c->n ? c->at_ms[i + 1] : p->span_ms;
        if (c->value[i] > 0) out->missing_ms += (double)(width - c->value[i]) * (double)(end - c->at_ms[i]);
        if (i == 0) continue;
        if (c->value[i] >= c->value[i - 1]) {
            double back = c->value[i - 1] > 0 ? c->value[i] - c->value[i - 1] : 0;
            out->back += back;
            out->back_squared += back * back;
            continue;
        }
        uint32_t size = c->value[i - 1] - c->value[i];
        out->n++;
        if (c->value[i] == 0) {
            out->whole++;
            continue;
        }
        if (size > MODEL_BATCHES_MAX) size = MODEL_BATCHES_MAX;
        out->batch[size - 1]++;
        out->batches++;
        if (size > out->largest) out->largest = size;
    }
}

void runs_group_loss(const struct trace_pool *p, double step_h, struct model_runs *runs, struct fit_pool *report) {
    const struct trace_capacity *c = &p->capacity;
    struct losses l = {.n = 0};
    uint32_t width = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->value[i] > width) width = c->value[i];
    count_losses(p, width, &l);
    *runs = (struct model_runs){.up = runs->up, .down = runs->down, .width = width, .whole_loss = 1};
    report->losses = l.n;
    report->whole_losses = l.whole;
    if (l.batches == 0 || l.whole == 0) return;
    double share = (double)l.whole / l.n;
    runs->whole_loss = share;
    report->whole_loss_se = sqrt(share * (1 - share) / l.n);
    runs->n_batches = l.largest;
    for (uint32_t i = 0; i < l.largest; i++) {
        runs->batch[i] = l.batch[i] / l.batches;
        report->batch_se[i] = sqrt(runs->batch[i] * (1 - runs->batch[i]) / l.batches);
    }
    double seen_h = l.back > 0 ? l.missing_ms / l.back / (double)MS_PER_HOUR : 0;
    runs->refill_h = fmax(unrounded(seen_h, step_h), 1e-3);
    report->refill_se = l.back > 0 ? runs->refill_h * sqrt(l.back_squared) / l.back : NAN;
}
