/* SPDX-License-Identifier: Apache-2.0
 * What the intervals of a fit are made of: regressions, weighted quantiles,
 * distributions of weights, draws; on any number of cores. */
#include "tests/support/support.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

struct row {
    double x[3], y[2], weight;
};

static void regression_finds_a_plane(void **state) {
    (void)state;
    struct row rows[50];
    for (uint32_t i = 0; i < 50; i++) {
        struct row *r = &rows[i];
        *r = (struct row){{i % 7, 100 + i % 5 * 1e-3, 4}, {0, 0}, 1 + i % 3}; /* the last regressor is constant */
        r->y[0] = 3 + 2 * r->x[0] - 500 * (r->x[1] - 100);
        r->y[1] = r->x[0];
    }
    rows[49].y[0] = 1e9; /* without weight: not looked at */
    rows[49].weight = 0;
    struct rows view = {50, sizeof(struct row) / sizeof(double), rows[0].x, rows[0].y, &rows[0].weight};
    struct regression r = {.n_x = 3, .n_y = 2};
    double out[2], at[] = {2, 100.002, 4};
    assert_true(regression_fit(&r, &view, 1e-12));
    regression_predict(&r, at, out);
    assert_true(fabs(out[0] - 6) < 1e-6 && fabs(out[1] - 2) < 1e-6);
    /* a heavy ridge leaves the mean */
    assert_true(regression_fit(&r, &view, 1e12));
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < 49; i++) {
        sum += rows[i].weight * rows[i].y[1];
        n += rows[i].weight;
    }
    regression_predict(&r, at, out);
    assert_true(fabs(out[1] - sum / n) < 1e-6);
    for (uint32_t i = 0; i < 50; i++) rows[i].weight = 0;
    assert_false(regression_fit(&r, &view, 1));
}

static void interval_leaves_out_the_tails(void **state) {
    (void)state;
    struct weighted v[1000];
    for (uint32_t i = 0; i < 1000; i++) v[i] = (struct weighted){(i * 7919u) % 1000, 1};
    struct fit_interval i = weighted_interval(v, 1000);
    assert_true(fabs(i.low - 24.5) <= 0.5 && fabs(i.high - 974.5) <= 0.5);
    struct weighted two[] = {{5, 1}, {3, 99}}; /* nearly all of it is at 3 */
    i = weighted_interval(two, 2);
    assert_true(i.low == 3 && i.high == 3);
    i = weighted_interval(two, 0);
    assert_true(isnan(i.low) && isnan(i.high));
}

/* The prior is Dirichlet's; draws of any proposal are weights, with the moments
 * that they were matched to, and its density integrates to one. */
static void proposals(void **state) {
    (void)state;
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    struct proposal prior, near = {.n = 4};
    double w[4], alpha[4] = {PRIOR_ALPHA, PRIOR_ALPHA, PRIOR_ALPHA, PRIOR_ALPHA};
    struct row4 {
        double w[4], weight;
    } *rows = calloc(20000, sizeof *rows);
    assert_non_null(rng);
    assert_non_null(rows);
    gsl_rng_set(rng, 5);
    proposal_prior(&prior, 4);
    for (int i = 0; i < 100; i++) {
        proposal_draw(&prior, rng, w);
        assert_true(fabs(w[0] + w[1] + w[2] + w[3] - 1) < 1e-12 && fmin(fmin(w[0], w[1]), fmin(w[2], w[3])) >= 0);
        if (fmin(fmin(w[0], w[1]), fmin(w[2], w[3])) < 1e-6) continue;
        assert_true(fabs(proposal_log_density(&prior, w) - gsl_ran_dirichlet_lnpdf(4, alpha, w)) < 1e-6);
    }
    const double tight[4] = {40, 30, 20, 10};
    for (int i = 0; i < 20000; i++) {
        gsl_ran_dirichlet(rng, 4, tight, rows[i].w);
        rows[i].weight = 1;
    }
    struct rows view = {20000, sizeof *rows / sizeof(double), NULL, rows[0].w, &rows[0].weight};
    proposal_match(&near, &view, 1);
    double mean[4] = {0}, ratio = 0;
    for (int i = 0; i < 20000; i++) {
        proposal_draw(&near, rng, w);
        for (int k = 0; k < 4; k++) mean[k] += w[k] / 20000;
        /* under what it matches, the mean of the ratio of densities is 1 */
        ratio += exp(proposal_log_density(&near, rows[i].w) - gsl_ran_dirichlet_lnpdf(4, tight, rows[i].w)) / 20000;
    }
    for (int k = 0; k < 4; k++) assert_true(fabs(mean[k] - tight[k] / 100) < 0.003);
    assert_true(fabs(ratio - 1) < 0.02);
    /* a weight that may be none has the prior's pole at 0 */
    for (int i = 0; i < 20000; i++) {
        double rest = 1 - (rows[i].w[0] = 0.01 * gsl_ran_exponential(rng, 1));
        for (int k = 1; k < 4; k++) rows[i].w[k] = rest / 3;
    }
    proposal_match(&near, &view, 1);
    assert_true(near.a[0] == PRIOR_ALPHA && near.b[0] > 10);
    gsl_rng_free(rng);
    free(rows);
}

static enum error_code fails_from_7(void *arg, uint32_t number, struct error *e) {
    _Atomic uint32_t *done = arg;
    (*done)++;
    return number < 7 ? OK : error_set(e, ERR_FAILED, NULL, "number %u", number);
}

static void side_by_side(void **state) {
    (void)state;
    _Atomic uint32_t done = 0;
    struct error e = {0};
    assert_int_equal(fit_side_by_side(7, fails_from_7, &done, &e), OK);
    assert_int_equal(done, 7);
    assert_int_equal(fit_side_by_side(100, fails_from_7, &done, &e), ERR_FAILED);
    assert_string_equal(e.message, "number 7");
    assert_int_equal(done, 107);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regression_finds_a_plane),
        cmocka_unit_test(interval_leaves_out_the_tails),
        cmocka_unit_test(proposals),
        cmocka_unit_test(side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
