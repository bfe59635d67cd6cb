/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dist.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "tests/support/support.h"

static struct dist parse(const char *text) {
    struct dist d;
    struct error e;
    assert_ok(dist_from_text(text, &d, &e), &e);
    return d;
}

static void quantiles_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *text;
        double u;
        double ms;
    } cases[] = {
        {"120s", 0.3, 120000},
        {"0", 0.3, 0},
        {"uniform(60s,240s)", 0.5, 150000},
        {"uniform(60s,60s)", 0.9, 60000},
        {"exponential(10h)", 0.5, 36e6 * 0.69314718055994531},
        {"weibull(100s,1)", 0.5, 1e5 * 0.69314718055994531},
        {"weibull(100s,0.5)", 0.5, 1e5 * 0.69314718055994531 * 0.69314718055994531},
        {"lognormal(30s,0.7)", 0.5, 30000},
        {"lognormal(30s,0)", 0.9, 30000},
        {"gamma(100s,1)", 0.5, 1e5 * 0.69314718055994531},
        {"normal(24.273h,0.233h)", 0.5, 87382800},
        {"normal(60s,0)", 0.01, 60000},
        {"weibull-normal(1,100s,0.5,9h,1h)", 0.5, 1e5 * 0.69314718055994531 * 0.69314718055994531},
        {"weibull-normal(0,1s,1,24.273h,0.233h)", 0.5, 87382800},
        {"weibull-normal(0.5,100s,1,24h,0s)", 0.25, 1e5 * 0.69314718055994531}, /* the normal is far above */
        {"weibull-normal(0.5,100s,1,24h,0s)", 0.75, 86400000},                  /* the Weibull far below */
        {"weibull-normal(0.385,3h,5,24.273h,0.233h)", 0.6925, 87382800},        /* .385 + .615 / 2 */
        {"empirical(60s, 75s ,90s,30s)", 0.01, 30000},
        {"empirical(60s,75s,90s,30s)", 0.26, 60000},
        {"empirical(60s,75s,90s,30s)", 0.99, 90000},
        {"empirical(5s)", 0.5, 5000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dist d = parse(cases[i].text);
        int64_t ms = dist_quantile_ms(&d, cases[i].u);
        if (fabs((double)ms - cases[i].ms) > 0.5001) fail_msg("%s gave %lld", cases[i].text, (long long)ms);
        dist_free(&d);
    }
}

static void limits_of_quantiles(void **state) {
    (void)state;
    struct dist none = parse("none"), cut = parse("normal(1s,100h)"), heavy = parse("lognormal(1d,10)");
    assert_true(dist_quantile_ms(&none, 0.5) == INT64_MAX);
    assert_true(isinf(dist_mean_ms(&none)));
    assert_int_equal(dist_quantile_ms(&cut, 0.1), 0);
    assert_true(dist_quantile_ms(&heavy, 0.9999999) == TIME_LIMIT_MS);
    assert_int_equal(dist_quantile_ms(&heavy, 0x1p-54), 0);
}

/* Every form at the extremes of u and of its parameters: rising in u, never
 * out of range, no call into GSL's error handler. */
static void quantiles_rise_everywhere(void **state) {
    (void)state;
    static const char *const forms[] = {
        "uniform(0s,7d)",
        "exponential(1ms)",
        "exponential(12725d)",
        "weibull(1ms,0.05)",
        "weibull(12725d,0.05)",
        "weibull(1h,100)",
        "lognormal(1ms,10)",
        "lognormal(12725d,10)",
        "gamma(1h,0.05)",
        "gamma(1h,0.1)",
        "gamma(1h,0.3)",
        "gamma(1h,0.999)",
        "gamma(1h,1.001)",
        "gamma(1h,9.99)",
        "gamma(1h,10.01)",
        "gamma(1h,123.4)",
        "gamma(1h,999)",
        "gamma(1h,10000)",
        "normal(1h,12725d)",
        "normal(0s,1s)",
        "empirical(1s,1s,2s)",
        "weibull-normal(0.385,3.59h,0.634,24.273h,0.233h)",
        "weibull-normal(0,1ms,0.05,1h,12725d)",
        "weibull-normal(1,12725d,0.05,0s,0s)",
        "weibull-normal(0.5,1ms,100,1h,0s)",
        "weibull-normal(1e-300,1h,1,0s,1ms)",
        "weibull-normal(0.999999,1h,0.05,1h,1h)",
    };
    uint64_t n = test_times(2000, 100000), tried = 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct dist d = parse(forms[i]);
        int64_t before = 0;
        for (uint64_t k = 0; k <= n; k++) {
            double u = k == 0 ? 0x1p-54 : k == n ? 1 - 0x1p-53 : (double)k / (double)n;
            int64_t ms = dist_quantile_ms(&d, u);
            if (ms < before || ms > TIME_LIMIT_MS) fail_msg("%s at %.17g: %lld", forms[i], u, (long long)ms);
            before = ms;
            tried++;
        }
        dist_free(&d);
    }
    test_count("quantiles", tried);
}

/* What the faster way gives is what GSL's quantile rounds to, also where that lies
 * next to a half: there are values of u on both sides of it. */
static void exponentials_as_gsl(void **state) {
    (void)state;
    static const double means[] = {1, 1000, 7001, 3.6e6, 36e6, 1e9, 1e10, 2e11, 1e12};
    uint64_t n = test_times(200000, 5000000), halves = 0;
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        struct dist d = {.kind = DIST_EXPONENTIAL, .p = {means[i]}};
        for (uint64_t k = 0; k < n; k++) {
            double u = random_u01(random_key(i, k));
            if (k % 2) { /* where the quantile is half a millisecond more than a whole one */
                double ms = floor(gsl_cdf_exponential_Pinv(u, means[i])) + 0.5;
                u = -expm1(-ms / means[i]);
                for (uint64_t step = k % 8; step > 0; step--) u = nextafter(u, k % 16 < 8 ? 0 : 1);
                if (!(u > 0 && u < 1)) continue;
                halves++;
            }
            double exact = gsl_cdf_exponential_Pinv(u, means[i]);
            int64_t expected = exact < (double)TIME_LIMIT_MS ? (int64_t)rint(exact) : TIME_LIMIT_MS;
            int64_t ms = dist_quantile_ms(&d, u);
            if (ms != expected)
                fail_msg("mean %g, u %.17g: %lld, expected %lld", means[i], u, (long long)ms, (long long)expected);
        }
    }
    test_count("exponentials next to a half", halves);
}

static void means_match_draws(void **state) {
    (void)state;
    static const char *const forms[] = {"120s",
                                        "uniform(60s,240s)",
                                        "exponential(10m)",
                                        "weibull(10m,0.61)",
                                        "gamma(5m,2)",
                                        "lognormal(3m,0.5)",
                                        "normal(60s,10s)",
                                        "normal(10s,60s)",
                                        "gamma(5m,.4)",
                                        "empirical(1s,2s,6s)",
                                        "normal(9s,0)",
                                        "weibull-normal(0.385,3.59h,0.634,24.273h,0.233h)",
                                        "weibull-normal(0.2,1m,0.7,10s,60s)"};
    uint64_t n = test_times(40000, 1000000);
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct dist d = parse(forms[i]);
        double sum = 0, mean = dist_mean_ms(&d);
        for (uint64_t k = 0; k < n; k++)
            sum += (double)dist_quantile_ms(&d, ((double)k + random_u01(k)) / (double)n); /* stratified */
        if (fabs(sum / (double)n - mean) > 0.01 * mean) fail_msg("%s: %g, %g", forms[i], sum / (double)n, mean);
        dist_free(&d);
    }
}

static void text_round_trips(void **state) {
    (void)state;
    static const char *const forms[] = {"none",
                                        "2m",
                                        "1500ms",
                                        "0s",
                                        "uniform(1m,4m)",
                                        "exponential(10h)",
                                        "weibull(1h,0.45)",
                                        "lognormal(183s,0.1)",
                                        "gamma(90s,2.5)",
                                        "normal(1d,839s)",
                                        "weibull-normal(0.385,12924s,0.634,87382800ms,838800ms)",
                                        "empirical(1m,75s,90s)"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct dist d = parse(forms[i]);
        struct strbuf text = {0};
        dist_to_text(&d, &text);
        assert_string_equal(text.data, forms[i]);
        strbuf_free(&text);
        dist_free(&d);
    }
}

static void bad_forms_are_named(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "not a duration or distribution"},
        {"weibul(1h,0.5)", "did you mean weibull?"},
        {"None", "did you mean none?"},
        {"pareto(1,2)", "expected 120s, none, uniform"},
        {"(1s)", "not a duration or distribution"},
        {"1h)", "not a duration"},
        {"1 parsec", "not a duration"},
        {"uniform", "not a duration or distribution"},
        {"uniform()", "not a duration"},
        {"uniform(1s)", "too few values"},
        {"uniform(1s,2s,3s)", "too many values"},
        {"uniform(1s,2s", "')' is missing"},
        {"uniform(1s,2s)x", "')' is missing"},
        {"uniform(2s,1s)", "lower bound"},
        {"exponential(0s)", "longer than 0"},
        {"exponential(-1s)", "negative"},
        {"weibull(1h,0)", "0.05 to 100"},
        {"weibull(1h,nan)", "not a number"},
        {"weibull(1h,1h)", "not a number"},
        {"lognormal(1h,11)", "out of range"},
        {"gamma(1h,1e9)", "out of range"},
        {"weibull-normal(0.4,1h,0.6,24h)", "too few values"},
        {"weibull-normal(1.5,1h,0.6,24h,1h)", "out of range"},
        {"weibull-normal(0.5,0s,0.6,24h,1h)", "longer than 0"},
        {"weibull-normal(0.5,1h,0,24h,1h)", "0.05 to 100"},
        {"weibull-norml(0.5,1h,1,24h,1h)", "did you mean weibull-normal?"},
        {"empirical()", "not a duration"},
        {"empirical(1s,,2s)", "not a duration"},
        {"empirical(1s,x)", "'x'"},
        {"exponential(1e999d)", "too long"},
        {"-5s", "negative"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct dist d = {.kind = DIST_CONSTANT, .p[0] = 42};
        struct error e;
        assert_input_error(dist_from_text(cases[i][0], &d, &e), &e, cases[i][1]);
        assert_true(d.p[0] == 42); /* untouched */
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_as_gsl), cmocka_unit_test(quantiles_by_hand),
        cmocka_unit_test(limits_of_quantiles), cmocka_unit_test(quantiles_rise_everywhere),
        cmocka_unit_test(means_match_draws),   cmocka_unit_test(text_round_trips),
        cmocka_unit_test(bad_forms_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
