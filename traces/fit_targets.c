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
#define SIMULATED_H (24.0 * 6400) /* all traces made together */
#define SIMULATED_POOLS 12u       /* of more pools fewer traces say as much */
#define TRACES_MIN 8u
#define TRACES_MAX 400u

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

static double window_deviation(const struct grid *g, const uint64_t *x, double hours, uint32_t n) {
    double sum = 0, squares = 0;
    for (uint32_t w = 0; w < n; w++) {
        uint32_t from = (uint32_t)(w * hours / g->step_h), to = (uint32_t)((w + 1) * hours / g->step_h);
        double share = (double)grid_count(x, NULL, from, to < g->n ? to : g->n) / (to - from);
        sum += share;
        squares += share * share;
    }
    double v = (squares - sum * sum / n) / (n - 1);
    return v > 0 ? sqrt(v) : 0;
}

static void windows_choose(const struct grid *g, struct targets *t) {
    for (uint32_t w = 0; w < WINDOWS; w++) {
        double n = floor(g->n * g->step_h / targets_window_h[w] + 1e-9);
        if (n >= 3) t->windows[t->n_windows++] = (uint32_t)n;
    }
}

void targets_see(const struct grid *g, uint32_t pool, const struct targets *like, struct targets *out) {
    const struct grid_pool *p = &g->pool[pool];
    memset(out, 0, sizeof *out);
    out->n_cuts = p->n_cuts;
    if (like) {
        out->n_lags = like->n_lags;
        out->n_windows = like->n_windows;
        memcpy(out->lag_h, like->lag_h, sizeof out->lag_h);
        memcpy(out->windows, like->windows, sizeof out->windows);
    } else {
        lags_choose(g, out);
        windows_choose(g, out);
    }
    for (uint32_t c = 0; c < out->n_cuts; c++) {
        for (uint32_t l = 0; l < out->n_lags; l++) out->differ[c][l] = grid_differ(g, pool, c, pool, c, out->lag_h[l]);
        for (uint32_t w = 0; w < out->n_windows; w++)
            out->deviation[c][w] = window_deviation(g, p->bits[c], targets_window_h[w], out->windows[w]);
    }
}

/* ---- traces made from a model ------------------------------------------------------------ */

uint32_t simulate_count(const struct model *m) {
    double count = SIMULATED_H * (double)MS_PER_HOUR / (double)m->span_ms;
    if (m->n_pools > SIMULATED_POOLS) count *= (double)SIMULATED_POOLS / m->n_pools;
    return count < TRACES_MIN ? TRACES_MIN : count > TRACES_MAX ? TRACES_MAX : (uint32_t)count;
}

static enum error_code
make_and_see(const struct model *m, const struct grid *like, const struct synth_options *how, uint32_t number,
             enum error_code (*see)(void *arg, uint32_t number, const struct grid *g, struct error *e), void *arg,
             struct error *e) {
    struct trace *t = NULL;
    struct grid g = {0};
    TRY(synth_trace(m, how, &t, e));
    enum error_code rc = grid_make(t, like, &g, e);
    if (rc == OK) rc = see(arg, number, &g, e);
    grid_free(&g);
    trace_free(t);
    return rc;
}

enum error_code simulate(const struct model *m, const struct grid *like, uint32_t n, uint64_t seed,
                         const struct tables *tables,
                         enum error_code (*see)(void *arg, uint32_t number, const struct grid *g, struct error *e),
                         void *arg, struct error *e) {
    struct model plain = *m; /* whatever the model will be used for */
    struct tables *own = tables ? NULL : synth_tables();
    enum error_code rc = own || tables ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    plain.process = MODEL_STATE;
    plain.n_events = 0;
    for (uint32_t i = 0; rc == OK && i < n; i++) {
        struct synth_options how = {.seed = seed + i, .tables = own ? own : tables};
        rc = make_and_see(&plain, like, &how, i, see, arg, e);
    }
    free(own);
    return rc;
}
