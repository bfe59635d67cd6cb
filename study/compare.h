/* SPDX-License-Identifier: Apache-2.0
 * Is a synthetic trace as good as the real one?  The shapes of both, and above
 * all what policies pay and get on both. */
#ifndef SPOTSIM_STUDY_COMPARE_H
#define SPOTSIM_STUDY_COMPARE_H

#include "study/scenario.h"
#include "study/stats.h"
#include "traces/model.h"

#define COMPARE_POLICIES_MAX 32u
#define COMPARE_TRACES_MAX 1000u
#define COMPARE_QUANTILES 12u
#define COMPARE_SIZES 5u   /* of losses: up to a quarter, a half, three quarters of the width, less than all, all */
#define COMPARE_SPREADS 3u /* windows of 1, 3 and 7 days */

/* A trace in numbers. */
struct shape {
    double availability;                                       /* mean over pools */
    double up_h[COMPARE_QUANTILES], down_h[COMPARE_QUANTILES]; /* of complete runs, all pools together */
    double changes_per_day;                                    /* of a pool, up to down and back */
    double spread[COMPARE_SPREADS];     /* standard deviation of a pool's availability over windows, root mean square */
    double all_down, any_up, half_up;   /* share of time with no pool, any, at least half of them up */
    double same_region, across_regions; /* mean state correlations */
    double hour[24];                    /* mean availability by hour of the day, UTC if known, else since the start */
    double hour_range;                  /* largest less smallest of them */
    double whole_loss;                  /* share of losses of capacity that take everything */
    double loss_size;                   /* mean size of a loss, share of the pool's largest capacity */
    double loss_sizes[COMPARE_SIZES];   /* share of losses of each size */
    bool wide;                          /* some pool has more than one */
};
extern const double compare_quantile[COMPARE_QUANTILES]; /* the shares that quantiles are given for */
enum error_code shape_of(const struct trace *t, struct shape *out, struct error *e);

/* One policy on one trace: the whole of it, and windows side by side, which begin
 * with the fleet that up to a day before them leaves. */
struct policy_outcome {
    double full, any, cost_usd;
    uint32_t windows;
    double window_mean, window_sd; /* of full availability over windows */
};

struct comparison {
    uint32_t target;
    int64_t window_ms;
    int64_t counted_ms;            /* of the real trace: all but the warm-up */
    uint32_t n_policies, n_traces; /* synthetic ones */
    char *policy[COMPARE_POLICIES_MAX];
    struct policy_outcome *real;  /* [policy]; means over n_traces runs that differ by their draws */
    struct policy_outcome *synth; /* [policy * n_traces + trace] */
    double *real_window;          /* [policy * windows]: full availability */
    uint32_t n_windows;
    double *real_window_cost;
    struct shape real_shape, *synth_shape; /* [n_traces] */
    bool assumed_prices;
    bool utc; /* hours of the day are UTC */
    struct notes notes;
};

struct compare_options {
    uint32_t traces;             /* made from the model */
    uint64_t seed;               /* of the first one */
    uint32_t threads;            /* 0: all cores */
    int64_t window_ms;           /* 0: chosen from the span */
    const char *const *policies; /* NULL: six */
    uint32_t n_policies;
};

/* What the acceptance of a model asks for. */
#define COMPARE_COST_MAX 0.05
#define COMPARE_FULL_MAX 0.01
#define COMPARE_SPREAD_MAX 0.20

/* Compares with traces made from a model of the same pools.  `doc` reads the
 * real trace and says how to run; what it does not say about prices, target
 * and cold start is filled in.  Free with comparison_free, on failure too. */
enum error_code compare_model(struct scenario_doc *doc, struct scenario_env *env, const struct model *m,
                              const struct compare_options *o, struct comparison *out, struct error *e);
/* Compares with one given trace of the same pools. */
enum error_code compare_trace(struct scenario_doc *doc, struct scenario_env *env, const struct trace *synth,
                              const struct compare_options *o, struct comparison *out, struct error *e);
/* Compares with exponential runs of independent pools fitted to the real trace,
 * the warning example; pools as in `doc`. */
enum error_code compare_exponential(struct scenario_doc *doc, struct scenario_env *env, const struct compare_options *o,
                                    struct comparison *out, struct error *e);
void comparison_free(struct comparison *c);

/* One quantity of a policy: the real value with its interval, the synthetic
 * mean with its own. */
enum compare_quantity { COMPARE_FULL, COMPARE_ANY, COMPARE_COST, COMPARE_SPREAD, COMPARE_QUANTITIES };
struct compared {
    double real, synth, sd; /* sd: from one synthetic trace to another */
    struct estimate real_interval, synth_interval;
    double difference; /* points of availability; share of the real cost or spread */
    bool within;       /* what the acceptance asks for; any: always */
};
enum error_code compare_quantity(const struct comparison *c, uint32_t policy, enum compare_quantity q,
                                 struct compared *out, struct error *e);

struct strbuf;
/* A member of the shape over the synthetic traces: mean, and the 5th and 95th
 * of 100; NaN where no trace has it. */
struct shape_range {
    double mean, sd, lo, hi;
};
enum error_code compare_shape(const struct comparison *c, size_t offset, struct shape_range *out, struct error *e);

/* beside: the same with another model, whose name says what it is; NULL: none. */
enum error_code compare_report(const struct comparison *c, const struct comparison *beside, const char *beside_name,
                               struct strbuf *out, struct error *e);
enum error_code compare_json(const struct comparison *c, const struct comparison *beside, const char *beside_name,
                             struct strbuf *out, struct error *e);
/* What scripts/plot/compare.gp draws, and its settings. */
enum error_code compare_plot_data(const struct comparison *c, const struct comparison *beside, struct strbuf *out,
                                  struct error *e);

#endif
