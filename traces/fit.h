/* SPDX-License-Identifier: Apache-2.0
 * From a trace to a model.  Run lengths are fitted by maximum likelihood as the
 * probe saw them (K = ceil(X / interval), the first run dropped, the last one
 * censored); the state process by the frequencies with which states differ at
 * two moments, in one pool and between pools.  Minimisers are GSL's. */
#ifndef SPOTSIM_TRACES_FIT_H
#define SPOTSIM_TRACES_FIT_H

#include "traces/model.h"
#include "traces/trace.h"

/* Fewer complete runs of either kind than this and nothing is fitted. */
#define FIT_RUNS_MIN 10u
#define FIT_BLOCKS_RUNS_MIN 3u /* of all pools together: an exchange of blocks joins three moments */
/* Traces made of each pool for the intervals of a hidden state. */
#define FIT_BOOTSTRAP 4000u
#define FIT_BOOTSTRAP_MANY 2000u /* for more than FIT_MANY_POOLS pools */
#define FIT_MANY_POOLS 24u
#define FIT_BOOTSTRAP_MIN 200u
#define FIT_BOOTSTRAP_MAX 100000u
#define FIT_CONFIDENCE 0.95 /* of intervals */

struct fit_options {
    int process;        /* enum model_process: what the model will use */
    int shares;         /* enum model_shares */
    const char *family; /* of runs: a family's name, or NULL: the best by AIC */
    bool stationary;    /* keep the trace's availability in the runs */
    bool skip_few;      /* leave pools with too few runs out instead of refusing */
    bool no_swing;      /* no swing with the clock */
    uint32_t bootstrap; /* traces made of each pool for the state's intervals, FIT_BOOTSTRAP_MIN at least; 0: none of
                         * them */
};

/* One family on one kind of run. */
struct fit_candidate {
    bool fitted;
    struct family family;
    double log_likelihood, aic;
    double se[FAMILY_PARAMETERS_MAX];      /* standard errors; NaN when the likelihood is flat */
    double se_free[FAMILY_PARAMETERS_MAX]; /* of the logarithm, or of the logit of a share */
};
struct fit_side {
    uint32_t n;        /* complete runs */
    uint32_t censored; /* of unknown length: still going on at the end */
    double mean_h, longest_h;
    struct fit_candidate candidate[FAMILIES];
    int chosen; /* enum family_kind */
};
/* Where a parameter of the hidden state is: holds it in FIT_CONFIDENCE of
 * campaigns.  NAN: not known. */
struct fit_interval {
    double low, high;
};
struct fit_pool {
    double availability;
    double availability_se;              /* by ten batch means; NAN: it is a parameter of the hidden state */
    struct fit_interval availability_95; /* of the share of time over all campaigns like this one */
    bool thin;                           /* too few changes of its own: weights and correlations are other pools' */
    uint32_t runs_seen;                  /* complete runs of each kind, at the level that it crosses most */
    struct fit_side up, down;            /* without candidates when runs are too few */
    struct fit_interval weight_95[MODEL_SCALES_MAX];
    struct fit_interval wave_95[MODEL_WAVES_MAX][2]; /* of cosine and sine */
    uint32_t losses, whole_losses;                   /* of capacity, in pools wider than one */
    double whole_loss_se, refill_se, batch_se[MODEL_BATCHES_MAX];
    double mean_price_se, every_se, step_se, pull_se;
    bool stationary; /* the chosen runs were fitted under the availability */
    double swing_p;  /* how likely the daily swing is by chance; NaN: not looked for */
    uint32_t price_changes;
};
struct fit {
    struct model *model;
    struct fit_pool *pools; /* [model->n_pools] */
    uint32_t pairs_same, pairs_across;
    double same_region, across_regions;       /* mean state correlation in the trace; NaN without pairs */
    double same_region_se, across_regions_se; /* by leaving out a tenth of the time; NAN for the hidden state */
    struct fit_interval same_region_95, across_regions_95;
    double join_difference; /* of capacities where blocks join, mean over pools, shares of their largest */
    double *pair;           /* [i * n_pools + j], i < j: correlation of the hidden variables; NULL without */
    struct fit_interval *pair_95;
    uint32_t runs_needed; /* fewer: the pool is thin, or left out */
    uint32_t n_skipped;
    char **skipped; /* names of pools left out */
};

/* ERR_INPUT when the data are too few, naming the pool.  Free with fit_free,
 * on failure too.  Switches GSL's error handler, which aborts, off for the
 * process. */
enum error_code fit_trace(const struct trace *t, const struct fit_options *o, struct fit *out, struct error *e);
void fit_free(struct fit *f);
/* The naive model, as a warning example: exponential runs of independent pools.
 * However few the data; *out is owned by the caller (model_free), on failure
 * too. */
enum error_code fit_exponential(const struct trace *t, struct model **out, struct error *e);

struct strbuf;
/* Tables for people. */
void fit_report(const struct fit *f, struct strbuf *out);
/* The model with standard errors, intervals and AIC in "fit" members. */
void fit_write(const struct fit *f, struct strbuf *out);

/* Lifetimes: CSV with columns lifetime_h and ended_by; "preempted" ends a life,
 * anything else censors it. */
struct lifetimes {
    uint32_t n;
    double *hours;
    bool *ended;
};
bool lifetimes_is(const char *data, size_t size); /* looks like such a file */
enum error_code lifetimes_read(const char *path, const char *data, size_t size, struct lifetimes *out, struct error *e);
void lifetimes_free(struct lifetimes *l);
/* The model has the lifetime only; *side its candidates. */
enum error_code fit_lifetimes(const struct lifetimes *l, struct fit_side *side, struct model **out, struct error *e);
void fit_side_report(const char *what, const struct fit_side *side, struct strbuf *out);
void fit_side_free(struct fit_side *side);

#endif
