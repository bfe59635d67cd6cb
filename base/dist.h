/* SPDX-License-Identifier: Apache-2.0
 * A non-negative duration that may be random: cold starts, lifetimes.  One
 * uniform number gives one value by inversion (GSL's quantile functions), so
 * draws stay keyed. */
#ifndef SPOTSIM_BASE_DIST_H
#define SPOTSIM_BASE_DIST_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/hot.h"
#include "base/text.h"

struct cJSON;
struct strbuf;

#define DIST_ARGUMENTS_MAX 5u

enum dist_kind {
    DIST_NONE,
    DIST_CONSTANT,
    DIST_UNIFORM,
    DIST_EXPONENTIAL,
    DIST_WEIBULL,
    DIST_LOGNORMAL,
    DIST_GAMMA,
    DIST_NORMAL,
    DIST_WEIBULL_NORMAL,
    DIST_EMPIRICAL
};

struct dist {
    enum dist_kind kind;          /* DIST_NONE: no value (a lifetime without end) */
    double p[DIST_ARGUMENTS_MAX]; /* durations in ms and plain numbers, in the order of dist_from_text */
    uint32_t n;                   /* DIST_EMPIRICAL */
    double *values;               /* sorted, ms, owned */
};

/* "120s" | "none" | "uniform(60s,240s)" | "exponential(10h)" (mean) |
 * "weibull(SCALE,SHAPE)" | "lognormal(MEDIAN,SIGMA)" | "gamma(MEAN,SHAPE)" |
 * "normal(MEAN,SD)" (cut at 0) | "weibull-normal(WEIGHT,SCALE,SHAPE,MEAN,SD)" (a
 * Weibull with that probability, else a normal, both as above: GCP's preemptible
 * VMs) | "empirical(60s,75s,...)".  Weights, shapes and sigma are plain numbers.
 * The same string is what JSON carries. */
enum error_code dist_from_text(const char *text, struct dist *out, struct error *e);
void dist_to_text(const struct dist *d, struct strbuf *out); /* reads back to the same dist */
/* Value in ms for u in (0, 1), rounded to the nearest ms and clipped to
 * [0, TIME_LIMIT_MS].  DIST_NONE gives INT64_MAX. */
int64_t dist_quantile_ms(const struct dist *d, double u);
/* The value of a DIST_CONSTANT. */
static HOT int64_t dist_constant_ms(const struct dist *d) { return (int64_t)d->p[0]; }
static HOT int64_t dist_whole_ms(double ms) {
    if (!(ms > 0)) return 0;
    return ms < (double)TIME_LIMIT_MS ? lrint(ms) : TIME_LIMIT_MS;
}
/* The quantile of a DIST_EXPONENTIAL: dist_whole_ms of gsl_cdf_exponential_Pinv,
 * -mean * log1p(-u), to the last millisecond.  log takes half of log1p's time and
 * has no branch that depends on u's size; below these bounds the two differ by
 * less than 1e-4 ms (1 - u is off by 2^-54 at most, each function by an ulp), so
 * that only what lies this near to a half needs the other. */
static HOT int64_t dist_exponential_ms(const struct dist *d, double u) {
    double mean = d->p[0], ms = -mean * log(1 - u);
    if (mean < 1e11 && ms < 1e10) {
        int64_t whole = lrint(ms);
        if (fabs(ms - (double)whole) < 0.4999) return whole;
    }
    return dist_whole_ms(-mean * log1p(-u));
}
/* Does the value depend on u? */
static inline bool dist_is_random(const struct dist *d) { return d->kind != DIST_NONE && d->kind != DIST_CONSTANT; }
double dist_mean_ms(const struct dist *d);
void dist_free(struct dist *d);

#endif
