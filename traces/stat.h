/* SPDX-License-Identifier: Apache-2.0
 * What a trace looks like in numbers.  A pool is up while its capacity is not
 * 0.  Shares are of time, not of samples. */
#ifndef SPOTSIM_TRACES_STAT_H
#define SPOTSIM_TRACES_STAT_H

#include "traces/trace.h"

#define TRACE_JOINT_POOLS_MAX 512u

/* Spells of one state; the first and the last of the pool are left out,
 * because they are cut. */
struct trace_runs {
    uint32_t n;
    double mean_h, median_h; /* NaN when n is 0 */
};
struct trace_pool_stat {
    uint32_t max;           /* largest capacity; TRACE_UNLIMITED */
    double availability;    /* share of time up */
    double mean_fraction;   /* mean capacity / max; NaN when max is 0 or unlimited */
    uint32_t transitions;   /* between up and down */
    uint32_t value_changes; /* of the capacity */
    struct trace_runs up, down;
    uint32_t price_changes;
    double price_min, price_max, price_mean; /* $/h, mean over time; NaN without prices */
};
/* ERR_FAILED only when out of memory. */
enum error_code trace_stat_pool(const struct trace_pool *p, struct trace_pool_stat *out, struct error *e);

/* Over [0, span of the shortest pool), pools with capacity only. */
struct trace_joint_stat {
    uint32_t pools;                                             /* counted here */
    double all_down;                                            /* share of time with every pool down */
    double any_up;                                              /* share of time with at least one pool up */
    double all_down_if_independent;                             /* product of the pools' shares of time down */
    uint32_t pairs_same_region, pairs_across_regions;           /* with a defined correlation */
    double correlation_same_region, correlation_across_regions; /* means over pairs; NaN without pairs */
};
/* ERR_INPUT past TRACE_JOINT_POOLS_MAX pools. */
enum error_code trace_stat_joint(const struct trace *t, struct trace_joint_stat *out, struct error *e);

/* Correlation of the up/down states of two pools over [0, span_ms); NaN when
 * one never changes. */
double trace_stat_correlation(const struct trace_pool *a, const struct trace_pool *b, int64_t span_ms);

#endif
