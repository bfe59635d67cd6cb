/* SPDX-License-Identifier: Apache-2.0
 * Shared by the fit_*.c files only. */
#ifndef SPOTSIM_TRACES_FIT_PRIVATE_H
#define SPOTSIM_TRACES_FIT_PRIVATE_H

#include <gsl/gsl_rng.h>

#include "traces/fit.h"
#include "traces/model_state.h"
#include "traces/synth.h"

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
/* Complete runs of each kind that a fit of the family of that name needs. */
uint32_t family_runs_min(const char *name);
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
void runs_group_loss(const struct trace_pool *p, double step_h, struct model_runs *runs, struct fit_pool *report);

/* ---- state: fit_grid.c, fit_swing.c, fit_targets.c, fit_scales.c, fit_pairs.c, fit_common.c,
 *      fit_factors.c, fit_state.c, fit_errors.c */

/* Pools sampled side by side over their common time, as questions with yes or
 * no: "is the capacity at least so much?", a bit per sample.  A pool of width
 * one has one such cut, wider ones two (any, all; near a third and two thirds
 * of the time where those say nothing), a pool that never changes none. */
#define CUTS_MAX 2u
struct grid_pool {
    uint32_t n_cuts;
    uint32_t value[CUTS_MAX];
    double share[CUTS_MAX]; /* of samples below */
    uint64_t *bits[CUTS_MAX];
    uint64_t *up; /* at least 1 */
};
struct grid {
    uint32_t n_pools, n; /* samples */
    double step_h, probe_h;
    const char *step_is; /* what sets step_h, in words */
    const struct trace *trace;
    struct grid_pool *pool;
};
/* `like` (may be NULL): its cuts are used. */
enum error_code grid_make(const struct trace *t, const struct grid *like, struct grid *g, struct error *e);
void grid_free(struct grid *g);
/* Samples in [from, to) that are set in x, and in y if it is not NULL. */
uint32_t grid_count(const uint64_t *x, const uint64_t *y, uint32_t from, uint32_t to);
/* Share of moments t at which cut x of pool a at t and cut y of pool b at
 * t + lag differ; between samples by interpolation. */
double grid_differ(const struct grid *g, uint32_t a, uint32_t x, uint32_t b, uint32_t y, double lag_h);
static inline bool grid_bit(const uint64_t *x, uint32_t i) { return x[i / 64] >> (i % 64) & 1; }

/* Waves of a pool that its samples show; *p: how likely the daily one is by
 * chance. */
void swing_fit(const struct grid *g, uint32_t pool, struct model_state *state, double *p);
/* The waves' sizes for the periods that are there; false: none found. */
bool swing_sizes(const struct grid *g, uint32_t pool, struct model_state *state);

/* A cut as the state process sees it: below while Z < bound, by hour. */
struct cut {
    double share;                                  /* of time below */
    double bound[SWING_HOURS], below[SWING_HOURS]; /* below: P(Z < bound) */
};
/* Hours that stand for the week: every seventh meets each hour of the day once. */
#define CUT_HOURS 24u
#define CUT_EVERY (SWING_HOURS / CUT_HOURS)
/* Returns how many cuts. */
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
    double differ[CUTS_MAX][LAGS_MAX];
    double deviation[CUTS_MAX][WINDOWS];
};
/* Lags and windows from `like` when it is not NULL. */
void targets_see(const struct grid *g, uint32_t pool, const struct targets *like, struct targets *out);

/* The model's scales for a probing interval and a span. */
void scales_choose(double probe_h, double span_h, struct model *m);
/* Weights of one pool's variance over the scales: what the model expects of it
 * is worked out once (waves must be there), then solved for targets.  `towards`
 * (may be NULL) is what weak evidence falls back to. */
struct problem;
enum error_code scales_open(const struct grid *g, uint32_t pool, const struct model *m, const struct model_state *state,
                            const struct targets *like, struct problem **out, struct error *e);
enum error_code scales_solve(struct problem *p, const struct targets *targets, const double *towards,
                             struct model_state *state, struct error *e);
void scales_close(struct problem *p);

/* How pairs of pools go together at some lags, the first of which is 0: the
 * correlation of hidden variables that explains how often two states differ. */
#define PAIR_LAGS_MAX 19u
struct pairs;
enum error_code pairs_new(const struct grid *g, const struct model *m, struct pairs **out, struct error *e);
void pairs_free(struct pairs *p);
uint32_t pairs_lags(const struct pairs *p, const double **lag_h);
/* How often both of the pair i < j are below, by cut, at a lag. */
void pairs_both(const struct pairs *p, const struct grid *g, uint32_t i, uint32_t j, uint32_t lag,
                double out[CUTS_MAX]);
/* The correlation at which they would be. */
double pairs_match(const struct pairs *p, uint32_t i, uint32_t j, uint32_t lag, const double both[CUTS_MAX]);
/* Correlations as a trace shows them, at all lags. */
void pairs_see(const struct pairs *p, const struct grid *g, uint32_t i, uint32_t j, double out[PAIR_LAGS_MAX]);
static inline size_t pair_index(uint32_t n_pools, uint32_t i, uint32_t j) { return (size_t)i * n_pools + j; }

/* Loads [factor * n + i] of n variables on the factors that their correlation
 * matrix (n * n, changed) shows beyond chance: what a variable does not share
 * is its own.  `variance`: of an entry, by chance.  *n_factors: how many, or FACTORS_COUNT to
 * have them counted.  false: out of memory. */
#define FACTORS_MOST 16u /* the largest ones; what others share is little */
#define FACTORS_COUNT UINT32_MAX
bool factors_fit(double *matrix, uint32_t n, double variance, double *loads, uint32_t *n_factors);

/* common[] and loads of all pools.  seen[pair * PAIR_LAGS_MAX + lag]; thin[i]:
 * the pool changes too seldom to say how it goes with others, which then is as
 * for other pairs of its kind.  n_factors: as for factors_fit(). */
enum error_code common_fit(const struct grid *g, const struct pairs *p, const double *seen, const bool *thin,
                           struct model *m, uint32_t *n_factors, struct error *e);
/* Mean state correlations with intervals. */
void correlation_fit(const struct grid *g, struct fit *f);
bool grid_same_region(const struct grid *g, uint32_t i, uint32_t j);
/* Mean state correlations of "is up" of pairs within a region and across
 * regions, without one tenth of the time (10: with all); NaN without pairs. */
void grid_correlations(const struct grid *g, uint32_t without, double *same, double *across, uint32_t *n_same,
                       uint32_t *n_across);

/* Traces made from the model, each seen as the real one was: calls
 * see(arg, trace's number, its grid) for each of n.  tables: NULL, made for them. */
enum error_code simulate(const struct model *m, const struct grid *like, uint32_t n, uint64_t seed,
                         const struct tables *tables,
                         enum error_code (*see)(void *arg, uint32_t number, const struct grid *g, struct error *e),
                         void *arg, struct error *e);
/* How many of them are worth their time. */
uint32_t simulate_count(const struct model *m);
/* ---- which pools ------------------------------------------------------------------------ */

/* What a pool shows of its changes. */
struct evidence {
    uint32_t ups, downs; /* complete runs */
    uint32_t common;     /* the lesser of the two in the time looked at */
    uint32_t state;      /* there, as the grid shows it: the lesser of the two at the cut that shows most */
    double mean_ms;      /* of the kind of run that is the shorter */
    int64_t span_ms;     /* looked at */
    int64_t step_ms;     /* from look to look */
    const char *step_is; /* what sets the step */
};

/* Of up- and down-runs. */
uint32_t evidence_lesser(const struct evidence *v);
/* In the time of the grid; one without rows shows no state. */
struct evidence pool_evidence(const struct grid *g, uint32_t pool);
/* Complete runs of either kind that a process needs. */
uint32_t pools_runs_needed(const struct fit_options *o);
/* ERR_INPUT for a pool whose capacity is not known or not bounded. */
enum error_code pools_check_bounded(const struct trace *t, struct error *e);
/* A view of the trace that borrows its pools; without those that have too few
 * runs when that is asked for: their names are in f->skipped.  It is as long as
 * the shortest that is kept.  thin[i]: pool i of the view has too few.  Free
 * view->pools, on failure too. */
enum error_code pools_choose(const struct trace *t, const struct fit_options *o, struct fit *f, struct trace *view,
                             bool *thin, struct error *e);

/* Shares of time at each capacity. */
enum error_code levels_fit(const struct trace_pool *p, int64_t span_ms, struct model_pool *out, struct error *e);

/* What the state process was fitted to, kept for its intervals. */
struct state_fit {
    const struct grid *g;
    struct model *m;
    uint32_t rounds, traces;           /* traces made in each of the rounds of correction */
    const bool *thin;                  /* [pool]: weights are the others' mean */
    struct problem **problem;          /* [pool]; NULL: thin */
    struct targets *seen, *aim, *made; /* [pool]: in the trace, aimed at, in traces made from the model */
    struct pairs *pairs;
    double *pair_seen, *pair_aim,
        *pair_made; /* [pair * PAIR_LAGS_MAX + lag]; made: [pair * CUTS_MAX + cut], both below */
};
enum error_code state_fit(struct state_fit *s, struct error *e); /* what is given: g, m, rounds, traces, thin */
void state_fit_free(struct state_fit *s);
/* Records and joins (fit_blocks.c); waves must be there. */
enum error_code blocks_fit(const struct trace *t, struct fit *f, struct error *e);
/* Correlation of the hidden variables of two pools. */
double hidden_correlation(const struct model *m, uint32_t i, uint32_t j);

/* ---- intervals: fit_regression.c, fit_proposal.c, fit_draws.c, fit_together.c, fit_intervals.c */

/* What a trace shows of its weights, in numbers. */
#define SUMMARIES_MAX (CUTS_MAX * (LAGS_MAX + WINDOWS))
/* Rows of doubles, each `stride` behind the one before: the first row's
 * regressors, responses and weight. */
struct rows {
    uint32_t n;
    size_t stride;
    const double *x, *y, *weight;
};
static inline const double *row_at(const struct rows *r, const double *first, uint32_t i) {
    return first + i * r->stride;
}
/* Least squares of n_y responses on n_x regressors.  `ridge`: a share of each
 * standardised regressor's squares that is added to them. */
struct regression {
    uint32_t n_x, n_y;
    double mean[SUMMARIES_MAX], spread[SUMMARIES_MAX];
    double slope[SUMMARIES_MAX + 1][MODEL_SCALES_MAX]; /* the first row is the constant */
};
bool regression_fit(struct regression *r, const struct rows *rows, double ridge); /* false: out of memory */
void regression_predict(const struct regression *r, const double *x, double *out);
/* Between the quantiles that leave out half of 1 - FIT_CONFIDENCE on either
 * side.  Sorts v. */
struct weighted {
    double value, weight;
};
struct fit_interval weighted_interval(struct weighted *v, uint32_t n);
/* The least value that is not exceeded with probability p; of sorted ones.  NAN: none has weight. */
double weighted_quantile(const struct weighted *v, uint32_t n, double p);

/* A distribution of weights: from the fastest scale to the slowest one, each
 * takes a share of what the ones before left, which is Beta(a, b) distributed
 * (generalised Dirichlet: Connor and Mosimann 1969, J. Am. Stat. Assoc. 64). */
struct proposal {
    uint32_t n; /* scales */
    double a[MODEL_SCALES_MAX], b[MODEL_SCALES_MAX];
};
#define PRIOR_ALPHA 0.5                              /* Jeffreys' prior of shares */
void proposal_prior(struct proposal *p, uint32_t n); /* Dirichlet(PRIOR_ALPHA, ...) */
/* With the mean and `inflate` times the variance of n weighted rows of weights. */
void proposal_match(struct proposal *p, const struct rows *rows, double inflate);
double proposal_log_density(const struct proposal *p, const double *weight);
void proposal_draw(const struct proposal *p, const gsl_rng *rng, double *weight);

/* A pool's models that its trace leaves plausible: weights drawn from
 * proposals that close in on those whose traces, made of the pool alone with
 * the real one's shares of time, show what the real one does (approximate
 * Bayesian computation; fit_draws.c). */
#define WAVE_NUMBERS 6u /* cosine and sine of the waves that swing_fit looks for */
struct draw {
    double weight[MODEL_SCALES_MAX];
    double seen[SUMMARIES_MAX];
    double estimate[MODEL_SCALES_MAX]; /* of the weights, from what is seen */
    double adjusted[MODEL_SCALES_MAX]; /* the weights, moved by how far the estimate is from the real trace's */
    double availability;               /* of the model that gave this trace the real one's share of time */
    double wave[WAVE_NUMBERS];         /* found in the trace less the model's */
    double importance;                 /* prior / proposals */
    double nearness;                   /* of the estimate to the real trace's; 0: too far to count */
    double plausible;                  /* importance * nearness */
};
struct draws {
    uint32_t n, n_scales;
    struct draw *draw;
};
enum error_code draws_make(const struct state_fit *s, uint32_t pool, uint32_t n, const struct tables *tables,
                           struct draws *out, struct error *e);
void draws_free(struct draws *c);
struct fit_interval draws_weight(const struct draws *c, uint32_t scale, struct weighted *room);
struct fit_interval draws_availability(const struct draws *c, struct weighted *room);
struct fit_interval draws_wave(const struct draws *c, uint32_t number, double found, struct weighted *room);
/* One of the plausible models' weights, by a number in (0, 1): greater ones pick
 * slower models. */
void draws_pick(const struct draws *c, double u, double *weight);

/* How pools go together: n traces of all of them are made, each with a set of
 * plausible weights[(trace * n_pools + pool) * MODEL_SCALES_MAX + scale]. */
struct together;
enum error_code together_open(const struct state_fit *s, const double *weights, uint32_t n, const struct tables *tables,
                              struct together **out, struct error *e);
enum error_code together_make(struct together *t, uint32_t trace, struct error *e);
void together_read(const struct together *t, struct weighted *room, struct fit *f); /* after all are made */
void together_close(struct together *t);
/* Work for n numbers on all cores; the error of the lowest that failed. */
enum error_code fit_side_by_side(uint32_t n, enum error_code (*step)(void *arg, uint32_t number, struct error *e),
                                 void *arg, struct error *e);
/* Sets all intervals to not known. */
void intervals_unknown(struct fit *f);
/* All intervals of the hidden state, from n traces made of each pool; standard
 * errors of what has one are set to NAN. */
enum error_code state_intervals(const struct state_fit *s, uint32_t n, struct fit *f, struct error *e);

/* P(X < h, Y < k) of two standard normal variables with correlation r; what
 * depends on r only is worked out once.  ph, pk: P(X < h), P(Y < k). */
#define NORMAL2_NODES 20u
struct normal2 {
    uint32_t n;
    double weight[NORMAL2_NODES], squares[NORMAL2_NODES], product[NORMAL2_NODES];
};
void normal2_prepare(double r, struct normal2 *out);
double normal2_at(const struct normal2 *t, double h, double k, double ph, double pk);
double normal2_P(double h, double k, double r);

/* ---- fit_price.c ------------------------------------------------------------------ */

void price_fit(const struct trace_pool *p, int64_t span_ms, struct model_pool *out, struct fit_pool *report);

#endif
