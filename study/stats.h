/* SPDX-License-Identifier: Apache-2.0
 * Means with intervals over replications.  Everything is a pure function of
 * the values in replication order and a key, so results do not depend on
 * threads. */
#ifndef SPOTSIM_STUDY_STATS_H
#define SPOTSIM_STUDY_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define STATS_LEVEL 0.95
#define STATS_RESAMPLES 1999u
/* Below this many values a bootstrap knows too little; Student's t is used. */
#define STATS_BOOTSTRAP_MIN 10u

enum stats_method { STATS_NONE, STATS_CONSTANT, STATS_T, STATS_BOOTSTRAP, STATS_BOUND };

struct estimate {
    uint32_t n;      /* values behind it; NaN are left out */
    double mean, sd; /* NaN when there are too few */
    double lo, hi;   /* 95 % interval of the mean; NaN with fewer than two values */
    enum stats_method method;
};

const char *stats_method_name(enum stats_method m); /* "", constant, t, bootstrap, bound */

/* All values agree on a bound: the interval assumes the worst of what was not
 * seen, too wide to be shown beside intervals that rest on a spread. */
static inline bool estimate_is_unanimous(const struct estimate *x) { return x->method == STATS_BOUND && x->sd == 0; }

/* Mean and interval of n values in [low, high], which may be infinite.
 * Student's t; where the values are strongly skewed or the t interval would
 * leave [low, high], the studentised bootstrap (bootstrap-t: Hall, "Theoretical
 * comparison of bootstrap confidence intervals", 1988) with resamples keyed by
 * `key`; where more than half of the values sit on a finite bound and fewer
 * than ten do not, stats_bound.  Values that are all equal, inside the bounds,
 * show no randomness: the interval is that value.  *out: method STATS_NONE
 * when no value is known.  tests/property/test_coverage.c measures how often
 * the intervals hold the truth. */
enum error_code stats_estimate(const double *x, uint32_t n, double low, double high, uint64_t key, struct estimate *out,
                               struct error *e);
/* Paired difference a[i] - b[i]; pairs with a NaN are left out. */
enum error_code stats_paired(const double *a, const double *b, uint32_t n, uint64_t key, struct estimate *out,
                             struct error *e);
/* The methods by themselves; x without NaN, n >= 2. */
void stats_student(const double *x, uint32_t n, struct estimate *out);
enum error_code stats_bootstrap(const double *x, uint32_t n, uint64_t key, struct estimate *out, struct error *e);
/* At a bound: nothing is assumed about how bad the rare value is, so n values
 * of 1 say no more than that the mean is at least 0.025^(1/n), whatever spread
 * they have (Clopper and Pearson's bound on the share of values that are 1;
 * for other values Gaffke's bound, "Three test statistics for a nonparametric
 * one-sided hypothesis on the mean of a nonnegative variable", 2005): quantiles
 * of the mean of the values and of the bound itself under weights uniform on
 * the simplex, keyed by `key`.  low and high are finite. */
enum error_code stats_bound(const double *x, uint32_t n, double low, double high, uint64_t key, struct estimate *out,
                            struct error *e);

#endif
