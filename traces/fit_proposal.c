/* SPDX-License-Identifier: Apache-2.0
 * What weights are drawn from: shares broken off a stick, one after another. */
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>

#include "traces/fit_private.h"

#define SHARE_MIN 0.003   /* of what is left, on average: nearer to 0 or 1 is as good as there */
#define VARIANCE_MIN 1e-7 /* of such a share */
#define EDGE_MOST 2.0     /* a or b below this: 0 or 1 is not ruled out */
#define LEAST 1e-9        /* nearer to 0 or 1 a share's logarithm says nothing */

void proposal_prior(struct proposal *p, uint32_t n) {
    p->n = n;
    for (uint32_t k = 0; k + 1 < n; k++) {
        p->a[k] = PRIOR_ALPHA;
        p->b[k] = PRIOR_ALPHA * (n - 1 - k);
    }
}

static double clip(double x, double least) { return x < least ? least : x > 1 - least ? 1 - least : x; }

/* Share of what the faster scales left; *left becomes what is left then. */
static double broken_off(double weight, double *left) {
    double share = *left > LEAST ? clip(weight / *left, LEAST) : 0.5;
    *left -= weight;
    return share;
}

/* Beta(alpha, b) with that mean square. */
static double match_edge(double squares) {
    double x = PRIOR_ALPHA * (PRIOR_ALPHA + 1) / squares; /* = (alpha + b)(alpha + b + 1) */
    double b = (sqrt(1 + 4 * x) - 1) / 2 - PRIOR_ALPHA;
    return b < PRIOR_ALPHA ? PRIOR_ALPHA : b;
}

/* A share that may well be none, or all, is drawn with the prior's pole there:
 * else the few draws close to it would have all the importance. */
static void match_share(double mean, double squares, double inflate, double *a, double *b) {
    double m = clip(mean, SHARE_MIN), v = fmax(inflate * (squares - mean * mean), VARIANCE_MIN);
    double both = fmax(m * (1 - m) / v - 1, 0);
    *a = m * both;
    *b = (1 - m) * both;
    if (*a < EDGE_MOST && m < 0.5) {
        *a = PRIOR_ALPHA;
        *b = match_edge(m * m + v);
    } else if (*b < EDGE_MOST) {
        *a = match_edge((1 - m) * (1 - m) + v);
        *b = PRIOR_ALPHA;
    }
}

void proposal_match(struct proposal *p, const struct rows *rows, double inflate) {
    double mean[MODEL_SCALES_MAX] = {0}, squares[MODEL_SCALES_MAX] = {0}, sum = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        const double *w = row_at(rows, rows->y, i), weight = *row_at(rows, rows->weight, i);
        double left = 0;
        for (uint32_t k = 0; k < p->n; k++) left += w[k];
        for (uint32_t k = 0; k + 1 < p->n; k++) {
            double share = broken_off(w[k], &left);
            mean[k] += weight * share;
            squares[k] += weight * share * share;
        }
        sum += weight;
    }
    for (uint32_t k = 0; k + 1 < p->n; k++) {
        match_share(mean[k] / sum, squares[k] / sum, inflate, &p->a[k], &p->b[k]);
    }
}

double proposal_log_density(const struct proposal *p, const double *weight) {
    double sum = 0, left = 1;
    for (uint32_t k = 0; k + 1 < p->n; k++) {
        double before = fmax(left, LEAST), share = broken_off(weight[k], &left);
        sum +=
            (p->a[k] - 1) * log(share) + (p->b[k] - 1) * log1p(-share) - log(before) - gsl_sf_lnbeta(p->a[k], p->b[k]);
    }
    return sum;
}

void proposal_draw(const struct proposal *p, const gsl_rng *rng, double *weight) {
    double left = 1;
    for (uint32_t k = 0; k + 1 < p->n; k++) {
        weight[k] = left * gsl_ran_beta(rng, p->a[k], p->b[k]);
        left -= weight[k];
    }
    weight[p->n - 1] = left > 0 ? left : 0;
}
