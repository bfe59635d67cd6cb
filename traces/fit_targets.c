/* SPDX-License-Identifier: Apache-2.0
 * What the state process is fitted to, as a trace shows it and as traces made
 * from a model show it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"
#include "traces/synth.h"

#define LAG_MAX_H 200.0
#define LAG_MAX_SHARE 0.3
#define SIMULATED_H (24.0 * 1600) /* all traces made together */
#define TRACES_MIN 8u
#define TRACES_MAX 60u
#define SEED 20260101u

const double targets_window_h[WINDOWS] = {24, 72, 168};

static void lags_choose(const struct grid *g, struct targets *t) {
    double most = g->n * g->step_h / g->probe_h * LAG_MAX_SHARE, last = 0;
    if (most > LAG_MAX_H / g->probe_h) most = LAG_MAX_H / g->probe_h;
    if (most < 1) most = 1;
    for (uint32_t i = 0; i < LAGS_MAX; i++) {
        double lag = floor(pow(most, (double)i / (LAGS_MAX - 1)) + 0.5);
        if (lag <= last) continue;
        t->lag_h[t->n_lags++] = lag * g->probe_h;
        last = lag;
    }
}

static double window_deviation(const struct grid *g, uint32_t pool, uint32_t value, double hours, uint32_t n) {
    const uint16_t *x = grid_pool(g, pool);
    double sum = 0, squares = 0;
    for (uint32_t w = 0; w < n; w++) {
        uint32_t from = (uint32_t)(w * hours / g->step_h), to = (uint32_t)((w + 1) * hours / g->step_h), up = 0;
        for (uint32_t i = from; i < to && i < g->n; i++) up += x[i] >= value;
        double share = (double)up / (to - from);
        sum += share;
        squares += share * share;
    }
    double v = (squares - sum * sum / n) / (n - 1);
    return v > 0 ? sqrt(v) : 0;
}

void targets_see(const struct grid *g, uint32_t pool, const struct targets *like, struct targets *out) {
    memset(out, 0, sizeof *out);
    if (like) {
        out->n_lags = like->n_lags;
        out->n_windows = like->n_windows;
        out->n_cuts = like->n_cuts;
        memcpy(out->lag_h, like->lag_h, sizeof out->lag_h);
        memcpy(out->windows, like->windows, sizeof out->windows);
        memcpy(out->value, like->value, sizeof out->value);
    } else {
        lags_choose(g, out);
        for (uint32_t w = 0; w < WINDOWS; w++) {
            uint32_t n = (uint32_t)(g->n * g->step_h / targets_window_h[w]);
            if (n >= 3) out->windows[out->n_windows++] = n;
        }
        out->value[out->n_cuts++] = 1;
        if (g->max[pool] > 1) out->value[out->n_cuts++] = g->max[pool];
    }
    for (uint32_t c = 0; c < out->n_cuts; c++) {
        for (uint32_t l = 0; l < out->n_lags; l++)
            out->differ[c][l] = grid_differ(g, pool, out->value[c], pool, out->value[c], out->lag_h[l]);
        for (uint32_t w = 0; w < out->n_windows; w++)
            out->deviation[c][w] = window_deviation(g, pool, out->value[c], targets_window_h[w], out->windows[w]);
    }
}

static void add_targets(const struct targets *one, double share, struct targets *sum) {
    for (uint32_t c = 0; c < one->n_cuts; c++) {
        for (uint32_t l = 0; l < one->n_lags; l++) sum->differ[c][l] += share * one->differ[c][l];
        for (uint32_t w = 0; w < one->n_windows; w++) sum->deviation[c][w] += share * one->deviation[c][w];
    }
}

static enum error_code see_made(const struct model *m, uint64_t seed, const struct targets *like, double share,
                                struct targets *out, struct error *e) {
    struct trace *t = NULL;
    struct grid g = {0};
    struct synth_options how = {.seed = seed};
    TRY(synth_trace(m, &how, &t, e));
    enum error_code rc = grid_make(t, &g, e);
    for (uint32_t i = 0; rc == OK && i < m->n_pools; i++) {
        struct targets one;
        targets_see(&g, i, &like[i], &one);
        add_targets(&one, share, &out[i]);
    }
    grid_free(&g);
    trace_free(t);
    return rc;
}

enum error_code targets_simulate(const struct model *m, const struct targets *like, struct targets *out,
                                 struct error *e) {
    double count = SIMULATED_H * (double)MS_PER_HOUR / (double)m->span_ms;
    uint32_t n = count < TRACES_MIN ? TRACES_MIN : count > TRACES_MAX ? TRACES_MAX : (uint32_t)count;
    struct model plain = *m; /* whatever the model will be used for */
    plain.process = MODEL_STATE;
    plain.n_events = 0;
    memset(out, 0, m->n_pools * sizeof *out);
    for (uint32_t i = 0; i < n; i++) TRY(see_made(&plain, SEED + i, like, 1.0 / n, out, e));
    return OK;
}
