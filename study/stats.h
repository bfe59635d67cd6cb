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

enum stats_method { STATS_NONE, STATS_CONSTANT, STATS_T, STATS_BOOTSTRAP };

struct estimate {
    uint32_t n;       /* values behind it; NaN are left out */
    double mean, sd;  /* NaN when there are too few */
    double lo, hi;    /* 95 % interval of the mean; NaN with fewer than two values */
    enum stats_method method;
};

const char *stats_method_name(enum stats_method m); /* "", constant, t, bootstrap */

/* Mean and interval of n values.  Student's t, or, where the values are
 * strongly skewed or the t interval would leave [low, high], the
 * bias-corrected and accelerated bootstrap of Efron (1987) with resamples
 * keyed by `key`.  low/high may be infinite.  *out: method STATS_NONE when no
 * value is known. */
enum error_code stats_estimate(const double *x, uint32_t n, double low, double high, uint64_t key,
                               struct estimate *out, struct error *e);
/* Paired difference a[i] - b[i]; pairs with a NaN are left out. */
enum error_code stats_paired(const double *a, const double *b, uint32_t n, uint64_t key, struct estimate *out,
                             struct error *e);
/* The two methods by themselves; x without NaN, n >= 2. */
void stats_student(const double *x, uint32_t n, struct estimate *out);
enum error_code stats_bootstrap(const double *x, uint32_t n, uint64_t key, struct estimate *out, struct error *e);

#endif
