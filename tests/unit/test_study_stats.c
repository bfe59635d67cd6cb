/* SPDX-License-Identifier: Apache-2.0
 * Intervals: against tables, for what they promise, and for repeatability. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/text.h"
#include "study/json_text.h"
#include "study/stats.h"
#include "tests/support/support.h"

#define assert_close(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static const double SLEEP[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0}; /* Student 1908, extra hours */

static void test_student(void **state) {
    (void)state;
    struct estimate x;
    stats_student(SLEEP, 10, &x);
    assert_close(x.mean, 0.75, 1e-12);
    assert_close(x.sd, 1.78901, 1e-5);
    assert_close(x.lo, -0.5297804, 1e-6); /* R: t.test */
    assert_close(x.hi, 2.0297804, 1e-6);
}

static void test_few_values(void **state) {
    (void)state;
    struct estimate x;
    struct error e = {0};
    const double gaps[] = {NAN, 3, NAN}, same[] = {0.5, 0.5, 0.5};
    assert_ok(stats_estimate(NULL, 0, 0, 1, 1, &x, &e), &e);
    assert_true(x.n == 0 && isnan(x.mean) && x.method == STATS_NONE);
    assert_ok(stats_estimate(gaps, 3, 0, 9, 1, &x, &e), &e);
    assert_true(x.n == 1 && x.mean == 3 && isnan(x.lo) && x.method == STATS_NONE);
    assert_ok(stats_estimate(same, 3, 0, 1, 1, &x, &e), &e);
    assert_true(x.mean == 0.5 && x.lo == 0.5 && x.hi == 0.5 && x.sd == 0 && x.method == STATS_CONSTANT);
}

static void test_bounds(void **state) {
    (void)state;
    const double few[] = {1, 1, 0.9};
    struct estimate x;
    struct error e = {0};
    assert_ok(stats_estimate(few, 3, 0, 1, 1, &x, &e), &e);
    assert_int_equal(x.method, STATS_BOUND);
    assert_true(x.hi <= 1 && x.lo < 0.9);
    const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1};
    assert_ok(stats_estimate(ones, 8, 0, 1, 1, &x, &e), &e);
    assert_int_equal(x.method, STATS_BOUND);
    assert_close(x.lo, 0.63058, 1e-5); /* R: binom.test(8, 8)$conf.int */
    assert_true(x.hi == 1 && x.mean == 1 && x.sd == 0);
    assert_ok(stats_estimate(ones, 8, -INFINITY, INFINITY, 1, &x, &e), &e);
    assert_true(x.method == STATS_CONSTANT && x.lo == 1 && x.hi == 1);
    const double odd[] = {0, 0, 1, 0, 0, 0};
    assert_ok(stats_estimate(odd, 6, 0, 1, 1, &x, &e), &e);
    assert_close(x.lo, 0.0042, 0.003); /* R: binom.test(1, 6)$conf.int */
    assert_close(x.hi, 0.6412, 0.02);
    double many[40];
    for (int i = 0; i < 40; i++) many[i] = (i % 10 ? 1.0 : 0.7) - 0.01 * random_u01((uint64_t)i);
    assert_ok(stats_estimate(many, 40, 0, 1, 1, &x, &e), &e);
    assert_int_equal(x.method, STATS_BOOTSTRAP);
    assert_true(x.hi <= 1 && x.lo < x.mean && x.mean < x.hi);
    struct estimate again;
    assert_ok(stats_estimate(many, 40, 0, 1, 1, &again, &e), &e);
    assert_true(again.lo == x.lo && again.hi == x.hi);
    assert_ok(stats_estimate(many, 40, 0, 1, 2, &again, &e), &e);
    assert_true(again.lo != x.lo || again.hi != x.hi); /* another key, other resamples */
}

static void test_paired(void **state) {
    (void)state;
    double a[20], b[20];
    for (int i = 0; i < 20; i++) {
        b[i] = 100 * random_u01((uint64_t)i);
        a[i] = b[i] + 1 + 0.01 * random_u01((uint64_t)i + 1000); /* large spread, steady difference */
    }
    struct estimate x;
    struct error e = {0};
    assert_ok(stats_paired(a, b, 20, 1, &x, &e), &e);
    assert_true(x.lo > 1 && x.hi < 1.01);
    a[3] = NAN;
    assert_ok(stats_paired(a, b, 20, 1, &x, &e), &e);
    assert_int_equal(x.n, 19);
}

/* Share of samples whose interval holds the true mean. */
static double coverage(uint32_t n, bool skewed, uint32_t samples) {
    double *x = malloc(n * sizeof *x);
    uint32_t held = 0;
    for (uint32_t s = 0; s < samples; s++) {
        for (uint32_t i = 0; i < n; i++) {
            double u = random_u01(random_key(random_key(42 + skewed, s), i));
            x[i] = skewed ? -log(u) : gsl_cdf_ugaussian_Pinv(u);
        }
        struct estimate e;
        struct error error = {0};
        assert_ok(stats_estimate(x, n, -INFINITY, INFINITY, s, &e, &error), &error);
        held += e.lo <= skewed && skewed <= e.hi;
    }
    free(x);
    return (double)held / samples;
}

static void test_coverage(void **state) {
    (void)state;
    uint32_t samples = (uint32_t)test_times(1000, 10000);
    double normal = coverage(20, false, samples), skewed = coverage(40, true, samples);
    test_count("samples with an interval", 2 * (uint64_t)samples);
    assert_true(normal > 0.93 && normal < 0.97);
    assert_true(skewed > 0.91 && skewed < 0.97);
}

static void check_indent(const char *compact, const char *expected) {
    struct strbuf out = {0};
    json_text_indent(compact, &out);
    assert_string_equal(out.data, expected);
    strbuf_free(&out);
}

static void test_indent(void **state) {
    (void)state;
    check_indent("{}", "{}\n");
    check_indent("{\"a\":[1,2],\"b\":{\"c\":\"x,{\\\"\"}}", "{\n  \"a\": [1, 2],\n  \"b\": {\"c\": \"x,{\\\"\"}\n}\n");
    check_indent("[[1],[2,3]]", "[\n  [1],\n  [2, 3]\n]\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_student), cmocka_unit_test(test_few_values), cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_paired),  cmocka_unit_test(test_coverage),   cmocka_unit_test(test_indent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
