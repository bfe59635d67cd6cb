/* SPDX-License-Identifier: Apache-2.0 */
#include "study/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SKEW_LIMIT 1.0
#define T_LIMIT 4.0 /* times Student's quantile */
#define BOUND_FEW 10u

const char *stats_method_name(enum stats_method m) {
    static const char *const names[] = {"", "constant", "t", "bootstrap", "bound"};
    return names[m];
}

static double mean_of(const double *x, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += x[i];
    double mean = sum / n, rest = 0;
    for (uint32_t i = 0; i < n; i++) rest += x[i] - mean;
    return mean + rest / n; /* the second pass takes back rounding */
}

/* Sum of (x - mean)^power. */
static double moment(const double *x, uint32_t n, double mean, int power) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double d = x[i] - mean;
        sum += power == 2 ? d * d : d * d * d;
    }
    return sum;
}

void stats_student(const double *x, uint32_t n, struct estimate *out) {
    double mean = mean_of(x, n);
    double sd = sqrt(moment(x, n, mean, 2) / (n - 1));
    double half = gsl_cdf_tdist_Pinv(0.5 + STATS_LEVEL / 2, n - 1) * sd / sqrt((double)n);
    *out = (struct estimate){n, mean, sd, mean - half, mean + half, STATS_T};
}

/* Index into a sorted sample of resampled means. */
static double quantile(const double *sorted, uint32_t n, double p) {
    double at = p * (n + 1.0) - 1.0;
    if (at <= 0) return sorted[0];
    if (at >= n - 1.0) return sorted[n - 1];
    uint32_t i = (uint32_t)at;
    return sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]);
}

static uint64_t resample_index(uint64_t key, uint64_t i, uint32_t n) {
    return (random_mix(key + i * 0x9e3779b97f4a7c15u) >> 32) * n >> 32;
}

/* How far the mean of one resample lies off, in its own standard errors.  A
 * resample of few distinct values can have next to no spread: hence the limit. */
static double resampled_t(const double *x, uint32_t n, double mean, double limit, uint64_t stream) {
    double sum = 0, squares = 0;
    for (uint32_t i = 0; i < n; i++) {
        double d = x[resample_index(stream, i, n)] - mean; /* about the mean: no digits lost */
        sum += d;
        squares += d * d;
    }
    double off = sum / n, variance = (squares - sum * off) / (n - 1);
    if (off == 0) return 0;
    double t = off / sqrt(variance > 0 ? variance / n : 0);
    return fabs(t) < limit ? t : copysign(limit, off);
}

enum error_code stats_bootstrap(const double *x, uint32_t n, uint64_t key, struct estimate *out, struct error *e) {
    stats_student(x, n, out);
    double *t = malloc(STATS_RESAMPLES * sizeof *t);
    if (!t) return error_set(e, ERR_FAILED, NULL, "out of memory");
    double limit = T_LIMIT * gsl_cdf_tdist_Pinv(0.5 + STATS_LEVEL / 2, n - 1);
    for (uint32_t b = 0; b < STATS_RESAMPLES; b++) t[b] = resampled_t(x, n, out->mean, limit, random_key(key, b));
    gsl_sort(t, 1, STATS_RESAMPLES);
    double se = out->sd / sqrt((double)n);
    out->lo = out->mean - se * quantile(t, STATS_RESAMPLES, 0.5 + STATS_LEVEL / 2);
    out->hi = out->mean - se * quantile(t, STATS_RESAMPLES, 0.5 - STATS_LEVEL / 2);
    out->method = STATS_BOOTSTRAP;
    free(t);
    return OK;
}

/* One resample: the mean of the n values and of `worst` under weights drawn
 * uniformly from the simplex. */
static double weighted_mean(const double *x, uint32_t n, double worst, uint64_t stream) {
    double weight = -log(random_u01(random_key(stream, n))), sum = weight * worst, total = weight;
    for (uint32_t i = 0; i < n; i++) {
        weight = -log(random_u01(random_key(stream, i)));
        sum += weight * x[i];
        total += weight;
    }
    return sum / total;
}

static enum error_code bound_side(const double *x, uint32_t n, double worst, double p, uint64_t key, double *out,
                                  struct error *e) {
    double *means = malloc(STATS_RESAMPLES * sizeof *means);
    if (!means) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t b = 0; b < STATS_RESAMPLES; b++) means[b] = weighted_mean(x, n, worst, random_key(key, b));
    gsl_sort(means, 1, STATS_RESAMPLES);
    *out = quantile(means, STATS_RESAMPLES, p);
    free(means);
    return OK;
}

enum error_code stats_bound(const double *x, uint32_t n, double low, double high, uint64_t key, struct estimate *out,
                            struct error *e) {
    const double tail = 0.5 - STATS_LEVEL / 2;
    bool same = true;
    for (uint32_t i = 1; i < n && same; i++) same = x[i] == x[0];
    stats_student(x, n, out);
    out->method = STATS_BOUND;
    if (same) { /* the weight on the worst value has a Beta(1, n) law */
        double weight = 1 - pow(tail, 1.0 / n);
        out->lo = x[0] - weight * (x[0] - low);
        out->hi = x[0] + weight * (high - x[0]);
        return OK;
    }
    TRY(bound_side(x, n, low, tail, key, &out->lo, e));
    return bound_side(x, n, high, 1 - tail, key, &out->hi, e);
}

/* More than half of the values sit on a bound, and the others are too few to
 * tell what happens away from it. */
static bool is_at_bound(const double *x, uint32_t n, double low, double high) {
    if (!isfinite(low) || !isfinite(high)) return false;
    uint32_t at_low = 0, at_high = 0;
    for (uint32_t i = 0; i < n; i++) {
        at_low += x[i] == low;
        at_high += x[i] == high;
    }
    uint32_t at = at_low > at_high ? at_low : at_high;
    return 2 * (uint64_t)at > n && n - at < BOUND_FEW;
}

static bool is_skewed(const double *x, uint32_t n, const struct estimate *t) {
    double skew = moment(x, n, t->mean, 3) / n / pow(moment(x, n, t->mean, 2) / n, 1.5);
    return fabs(skew) > SKEW_LIMIT;
}

static enum error_code estimate_known(const double *x, uint32_t n, double low, double high, uint64_t key,
                                      struct estimate *out, struct error *e) {
    *out = (struct estimate){n, NAN, NAN, NAN, NAN, STATS_NONE};
    if (n == 0) return OK;
    if (n == 1) {
        out->mean = x[0];
        return OK;
    }
    if (is_at_bound(x, n, low, high)) return stats_bound(x, n, low, high, key, out, e);
    bool constant = true;
    for (uint32_t i = 1; i < n && constant; i++) constant = x[i] == x[0];
    stats_student(x, n, out);
    if (constant) {
        out->mean = out->lo = out->hi = x[0];
        out->sd = 0;
        out->method = STATS_CONSTANT;
        return OK;
    }
    bool leaves = out->lo < low || out->hi > high;
    if (n >= STATS_BOOTSTRAP_MIN && (leaves || is_skewed(x, n, out))) TRY(stats_bootstrap(x, n, key, out, e));
    out->lo = fmax(out->lo, low);
    out->hi = fmin(out->hi, high);
    return OK;
}

enum error_code stats_estimate(const double *x, uint32_t n, double low, double high, uint64_t key, struct estimate *out,
                               struct error *e) {
    double *known = malloc((n ? n : 1) * sizeof *known);
    if (!known) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (!isnan(x[i])) known[count++] = x[i];
    enum error_code rc = estimate_known(known, count, low, high, key, out, e);
    free(known);
    return rc;
}

enum error_code stats_paired(const double *a, const double *b, uint32_t n, uint64_t key, struct estimate *out,
                             struct error *e) {
    double *d = malloc((n ? n : 1) * sizeof *d);
    if (!d) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < n; i++) d[i] = a[i] - b[i];
    enum error_code rc = stats_estimate(d, n, -INFINITY, INFINITY, key, out, e);
    free(d);
    return rc;
}
