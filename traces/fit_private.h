/* SPDX-License-Identifier: Apache-2.0
 * Shared by the fit_*.c files only. */
#ifndef SPOTSIM_TRACES_FIT_PRIVATE_H
#define SPOTSIM_TRACES_FIT_PRIVATE_H

#include "traces/fit.h"
#include "traces/model_state.h"

/* ---- runs: fit_runs.c, fit_family.c ------------------------------------------ */

/* Run lengths as intervals: a run of `count` many ended between lo and hi. */
struct run_bin {
    double lo_h, hi_h; /* hi INFINITY: censored at lo */
    double count;
};
struct run_data {
    uint32_t n, room; /* bins, rising */
    struct run_bin *bin;
    double step_h; /* probing interval; 0: exact lengths */
    uint32_t runs; /* complete ones */
    double longest_h;
};
void run_data_free(struct run_data *d);
/* Complete and censored runs of one state of a pool. */
enum error_code runs_collect(const struct trace_pool *p, bool up, double step_h, struct run_data *out, struct error *e);
/* Exact lengths (no probing). */
enum error_code runs_exact(const double *hours, const bool *ended, uint32_t n, struct run_data *out, struct error *e);

double family_log_likelihood(const struct family *f, const struct run_data *d);
/* Maximum likelihood of one family; candidate->fitted stays false when it
 * cannot be fitted to so few runs. */
enum error_code family_fit(enum family_kind kind, const struct run_data *d, struct fit_candidate *out, struct error *e);
/* Every family of `kinds` (ends with FAMILIES); the best by AIC is chosen. */
enum error_code side_fit(const struct run_data *d, const enum family_kind *kinds, struct fit_side *out,
                         struct error *e);
/* Both kinds of run again so that the mean lengths as probed have the ratio
 * that the availability asks for. */
enum error_code family_fit_stationary(const struct run_data *up, const struct run_data *down, double availability,
                                      struct fit_candidate *u, struct fit_candidate *d, struct error *e);
/* Losses by size, refill time. */
void runs_group_loss(const struct trace_pool *p, struct model_runs *runs, struct fit_pool *report);

/* ---- state: fit_grid.c, fit_swing.c, fit_scales.c, fit_common.c --------------- */

/* Pools' capacities at equal steps over their common time. */
struct grid {
    uint32_t n_pools, n; /* samples */
    double step_h, probe_h;
    const struct trace *trace;
    uint16_t *value; /* [pool * n + i]; capacities past 65535 are cut */
    uint32_t *max;   /* per pool */
};
enum error_code grid_make(const struct trace *t, struct grid *g, struct error *e);
void grid_free(struct grid *g);
static inline const uint16_t *grid_pool(const struct grid *g, uint32_t pool) {
    return g->value + (size_t)pool * g->n;
}
/* Share of moments t at which "a's capacity at t is at least va" and "b's at
 * t + lag is at least vb" differ; between samples by interpolation. */
double grid_differ(const struct grid *g, uint32_t a, uint32_t va, uint32_t b, uint32_t vb, double lag_h);
double grid_share(const struct grid *g, uint32_t pool, uint32_t at_least);

/* Waves of a pool that its samples show; *p: how likely the daily one is by
 * chance. */
void swing_fit(const struct grid *g, uint32_t pool, struct model_state *state, double *p);

/* Pool "is at least `value`" as the state process sees it. */
struct cut {
    uint32_t value;
    double share;               /* of time below */
    double bound[SWING_HOURS];  /* by hour: below while Z < bound */
};
#define CUTS_MAX 2u
/* One cut for pools of width one, two (any, all) for wider ones; returns how
 * many. */
uint32_t pool_cuts(const struct grid *g, uint32_t pool, const struct model_state *state, struct cut out[CUTS_MAX]);

/* What the state process is fitted to, for one pool: how often the state
 * differs at two moments, and by how much windows differ in availability. */
#define LAGS_MAX 24u
#define WINDOWS 3u
extern const double targets_window_h[WINDOWS];
struct targets {
    uint32_t n_lags, n_windows, n_cuts;
    double lag_h[LAGS_MAX];
    uint32_t windows[WINDOWS]; /* that fit into the trace, by length */
    uint32_t value[CUTS_MAX];
    double differ[CUTS_MAX][LAGS_MAX];
    double deviation[CUTS_MAX][WINDOWS];
};
/* Lags, windows and cuts from `like` when it is not NULL. */
void targets_see(const struct grid *g, uint32_t pool, const struct targets *like, struct targets *out);

/* The model's scales for a probing interval and a span. */
void scales_choose(double probe_h, double span_h, struct model *m);
/* Weights of one pool's variance over the scales; `towards` (may be NULL) is
 * what weak evidence falls back to. */
enum error_code scales_fit(const struct grid *g, uint32_t pool, const struct model *m, const struct targets *targets,
                           const double *towards, struct model_state *state, struct error *e);
/* Traces made from the model, seen as the real one was: means over them. */
enum error_code targets_simulate(const struct model *m, const struct targets *like, struct targets *out,
                                 struct error *e);
/* common[] and loads of all pools from how pairs differ. */
enum error_code common_fit(const struct grid *g, struct model *m, struct error *e);
/* Mean state correlations with standard errors. */
void correlation_fit(const struct grid *g, struct fit *f);

/* P(X < h, Y < k) of two standard normal variables with correlation r. */
double normal2_P(double h, double k, double r);
/* Its derivative by r. */
double normal2_density(double h, double k, double r);

/* ---- fit_price.c ------------------------------------------------------------------ */

void price_fit(const struct trace_pool *p, struct model_pool *out, struct fit_pool *report);

#endif
