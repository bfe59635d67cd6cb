/* SPDX-License-Identifier: Apache-2.0 */
#include "study/stats.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"

#define SKEW_LIMIT 1.0

const char *stats_method_name(enum stats_method m) {
    static const char *const names[] = {"", "constant", "t", "bootstrap"};
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

/* Where the bias-corrected, accelerated bootstrap looks instead of at p. */
static double adjusted(double p, double bias, double acceleration) {
    double z = bias + gsl_cdf_ugaussian_Pinv(p);
    return gsl_cdf_ugaussian_P(bias + z / (1 - acceleration * z));
}

static uint64_t resample_index(uint64_t key, uint64_t i, uint32_t n) {
    return (random_mix(key + i * 0x9e3779b97f4a7c15u) >> 32) * n >> 32;
}

enum error_code stats_bootstrap(const double *x, uint32_t n, uint64_t key, struct estimate *out, struct error *e) {
    stats_student(x, n, out);
    double *means = malloc(STATS_RESAMPLES * sizeof *means);
    if (!means) return error_set(e, ERR_FAILED, NULL, "out of memory");
    double below = 0;
    for (uint32_t b = 0; b < STATS_RESAMPLES; b++) {
        uint64_t stream = random_key(key, b);
        double sum = 0;
        for (uint32_t i = 0; i < n; i++) sum += x[resample_index(stream, i, n)];
        means[b] = sum / n;
        below += means[b] < out->mean ? 1 : means[b] > out->mean ? 0 : 0.5;
    }
    gsl_sort(means, 1, STATS_RESAMPLES);
    double share = (below + 0.5) / (STATS_RESAMPLES + 1.0);
    double bias = gsl_cdf_ugaussian_Pinv(share);
    /* for a mean the jackknife's acceleration is the skewness over 6 sqrt(n) */
    double square = moment(x, n, out->mean, 2);
    double acceleration = square > 0 ? moment(x, n, out->mean, 3) / (6 * pow(square, 1.5)) : 0;
    out->lo = quantile(means, STATS_RESAMPLES, adjusted(0.5 - STATS_LEVEL / 2, bias, acceleration));
    out->hi = quantile(means, STATS_RESAMPLES, adjusted(0.5 + STATS_LEVEL / 2, bias, acceleration));
    out->method = STATS_BOOTSTRAP;
    free(means);
    return OK;
}

static bool is_skewed(const double *x, uint32_t n, const struct estimate *t) {
    double skew = moment(x, n, t->mean, 3) / n / pow(moment(x, n, t->mean, 2) / n, 1.5);
    return fabs(skew) > SKEW_LIMIT;
}

static enum error_code estimate_known(const double *x, uint32_t n, double low, double high, uint64_t key,
                                      struct estimate *out, struct error *e) {
    *out = (struct estimate){n, NAN, NAN, NAN, NAN, STATS_NONE};
    if (n == 0) return OK;
    bool constant = true;
    for (uint32_t i = 1; i < n && constant; i++) constant = x[i] == x[0];
    if (constant) {
        out->mean = x[0];
        if (n < 2) return OK;
        out->sd = 0;
        out->lo = out->hi = x[0];
        out->method = STATS_CONSTANT;
        return OK;
    }
    stats_student(x, n, out);
    bool leaves = out->lo < low || out->hi > high;
    if (n >= STATS_BOOTSTRAP_MIN && (leaves || is_skewed(x, n, out))) return stats_bootstrap(x, n, key, out, e);
    if (out->lo < low) out->lo = low;
    if (out->hi > high) out->hi = high;
    return OK;
}

enum error_code stats_estimate(const double *x, uint32_t n, double low, double high, uint64_t key,
                               struct estimate *out, struct error *e) {
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
