/* SPDX-License-Identifier: Apache-2.0
 * The parts of a fit, its refusals and what it writes. */
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/compare.h"
#include "traces/fit_private.h"
#include "traces/synth.h"

static struct model *parse(const char *text) {
    struct model *m = NULL;
    struct error e = {0};
    assert_ok(model_parse("m.json", text, strlen(text), &m, &e), &e);
    return m;
}

static struct trace *make(const char *text, uint64_t seed) {
    struct model *m = parse(text);
    struct trace *t = NULL;
    struct error e = {0};
    struct synth_options o = {.seed = seed};
    assert_ok(synth_trace(m, &o, &t, &e), &e);
    model_free(m);
    return t;
}

static struct trace *load(const char *text) {
    struct trace *t = NULL;
    struct error e = {0};
    assert_ok(trace_load_memory("us-east-1a.json", text, strlen(text), NULL, &t, NULL, &e), &e);
    return t;
}

/* ---- mathematics ------------------------------------------------------------------------ */

/* Known values: at 0, 0 it is 1/4 + asin(r) / 2 pi; for r = 0 the product; for
 * r near 1 the smaller of the two; from the integral of its density. */
static void bivariate_normal(void **state) {
    (void)state;
    for (double r = -.99; r < 1; r += .03) {
        assert_true(fabs(normal2_P(0, 0, r) - (.25 + asin(r) / (2 * M_PI))) < 1e-9);
        for (double h = -2; h <= 2; h += .5)
            for (double k = -2; k <= 2; k += .5) {
                double slope = (normal2_P(h, k, r + 1e-4) - normal2_P(h, k, r - 1e-4)) / 2e-4;
                double density =
                    exp(-(h * h + k * k - 2 * h * k * r) / (2 * (1 - r * r))) / (2 * M_PI * sqrt(1 - r * r));
                bool at_a_change =
                    fabs(fabs(r) - .3) < 2e-4 || fabs(fabs(r) - .75) < 2e-4; /* of the number of points */
                if (fabs(r) < .95 && !at_a_change) assert_true(fabs(slope - density) < 1e-5);
                assert_true(fabs(normal2_P(h, k, r) - normal2_P(k, h, r)) < 1e-12);
            }
    }
    assert_true(fabs(normal2_P(.3, 1.2, 0) - normal2_P(.3, INFINITY, 0) * normal2_P(INFINITY, 1.2, 0)) < 1e-12);
    assert_true(fabs(normal2_P(.3, .3, .99999999) - normal2_P(.3, INFINITY, 0)) < 1e-4);
    assert_true(normal2_P(-INFINITY, 1, .5) == 0 && normal2_P(1, -INFINITY, .5) == 0);
}

static void runs_as_a_probe_sees_them(void **state) {
    (void)state;
    struct error e = {0};
    struct run_data d;
    /* ups of 2 (dropped: first), 1, 3; downs of 1, 2; the last run, up for 2, is cut */
    struct trace *t = load("{\"metadata\": {\"gap_seconds\": 3600}, \"data\": [1,1,0,1,0,0,1,1,1,0,1,1]}");
    assert_ok(runs_collect(&t->pools[0], true, 1, &d, &e), &e);
    assert_int_equal(d.runs, 2);
    assert_true(d.longest_h == 3);
    assert_int_equal(d.n, 3); /* (0,1], (1,inf), (2,3] */
    assert_true(d.bin[0].lo_h == 0 && d.bin[0].hi_h == 1);
    assert_true(d.bin[1].lo_h == 1 && isinf(d.bin[1].hi_h));
    assert_true(d.bin[2].lo_h == 2 && d.bin[2].hi_h == 3);
    run_data_free(&d);
    assert_ok(runs_collect(&t->pools[0], false, 1, &d, &e), &e);
    assert_int_equal(d.runs, 3);
    assert_true(d.n == 2 && d.bin[0].count == 2); /* 1 twice, 2 once */
    run_data_free(&d);
    trace_free(t);
}

/* Exponential runs seen by a probe: the likelihood has a closed maximum,
 * exp(-step / mean) = 1 - runs / intervals lived through. */
static void exponential_maximum(void **state) {
    (void)state;
    struct error e = {0};
    const double hours[] = {1, 2, 2, 3, 7, 4};
    const bool ended[] = {true, true, true, true, true, false};
    struct run_data d;
    struct fit_candidate c;
    assert_ok(runs_exact(hours, ended, 6, &d, &e), &e);
    assert_ok(family_fit(FAMILY_EXPONENTIAL, &d, &c, &e), &e);
    assert_true(fabs(c.family.p[0] - 19.0 / 5) < 1e-3);   /* time lived over deaths */
    assert_true(fabs(c.se_free[0] - 1 / sqrt(5)) < 1e-3); /* curvature: the number of deaths */
    assert_true(fabs(c.aic - (2 - 2 * c.log_likelihood)) < 1e-9);
    run_data_free(&d);
}

static void nearest_families_win(void **state) {
    (void)state;
    struct error e = {0};
    struct fit_options o = {.process = MODEL_RUNS};
    struct trace *t =
        make("{\"format\": 1, \"process\": \"runs\", \"span\": \"200d\", \"resolution\": \"600s\", \"pools\": "
             "[{\"name\": \"p\", \"up\": {\"family\": \"weibull\", \"scale_h\": 2, \"shape\": 0.4}, \"down\": "
             "{\"family\": \"exponential\", \"mean_h\": 2}}]}",
             3);
    struct fit f;
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    assert_int_equal(f.pools[0].up.chosen, FAMILY_WEIBULL);
    const struct fit_side *down = &f.pools[0].down;
    assert_true(down->candidate[FAMILY_EXPONENTIAL].aic - down->candidate[down->chosen].aic < 4);
    assert_true(f.pools[0].up.candidate[FAMILY_EXPONENTIAL].aic > f.pools[0].up.candidate[FAMILY_WEIBULL].aic + 100);
    assert_false(f.model->pools[0].has_state);
    fit_free(&f);
    o.family = "empirical";
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    assert_int_equal(f.model->pools[0].runs.up.kind, FAMILY_EMPIRICAL);
    assert_int_equal(f.model->pools[0].runs.up.n, f.pools[0].up.n);
    struct strbuf report = {0};
    fit_report(&f, &report);
    assert_non_null(strstr(report.data, "* empirical"));
    strbuf_free(&report);
    fit_free(&f);
    o.stationary = true;
    assert_input_error(fit_trace(t, &o, &f, &e), &e, "resampled");
    fit_free(&f);
    o.family = "weibul";
    assert_input_error(fit_trace(t, &o, &f, &e), &e, "did you mean 'weibull'");
    fit_free(&f);
    trace_free(t);
}

/* ---- whole fits ------------------------------------------------------------------------- */

static const char wide[] =
    "{\"format\": 1, \"span\": \"40d\", \"resolution\": \"10m\", \"scales_h\": [1, 8, 40], \"pools\": [{\"name\": "
    "\"us-east-1a\", "
    "\"levels\": [[0, 0.3], [2, 0.1], [4, 0.6]], \"weights\": [0.4, 0.3, 0.3], \"loads\": {\"a\": 0.8}, \"waves\": "
    "[{\"period_h\": 24, \"cos\": 0.9, \"sin\": 0}], \"price\": {\"mean_usd\": 2, \"every_h\": 4, \"step\": 0.02, "
    "\"pull\": 0.2}}, "
    "{\"name\": \"us-east-1b\", \"availability\": 0.6, \"weights\": [0.4, 0.3, 0.3], \"loads\": {\"a\": 0.8}}]}";

static void a_fit_says_what_it_found(void **state) {
    (void)state;
    struct error e = {0};
    struct trace *t = make(wide, 11);
    struct fit_options o = {.process = MODEL_STATE, .bootstrap = FIT_BOOTSTRAP_MIN};
    struct fit f;
    struct strbuf report = {0}, text = {0}, again = {0};
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    const struct model_pool *p = &f.model->pools[0];
    assert_int_equal(p->n_levels, 3);
    assert_true(fabs(p->levels[2].share - .6) < .01);
    assert_int_equal(p->runs.width, 4);
    assert_true(p->state.n_waves >= 1 && p->state.waves[0].period_h == 24);
    assert_true(p->state.waves[0].cosine > .4 && fabs(p->state.waves[0].sine) < .5);
    assert_true(f.pools[0].swing_p < .05);
    assert_true(fabs(p->price.mean_usd - 2) < .02 && fabs(p->price.every_h - 4) < 1);
    assert_true(fabs(p->price.step - .02) < .006 && p->price.pull > .05 && p->price.pull < .5);
    assert_int_equal(f.pairs_same, 1);
    assert_true(isnan(f.across_regions) && isnan(f.across_regions_95.low));
    assert_true(f.same_region_95.low < f.same_region_95.high && f.same_region_95.high <= 1);
    assert_true(f.pools[0].wave_95[0][0].low > 0 && f.pools[0].wave_95[0][0].high > .4);
    fit_report(&f, &report);
    assert_non_null(strstr(report.data, "took everything"));
    assert_non_null(strstr(report.data, "24 h wave"));
    assert_non_null(strstr(report.data, "within a region"));
    fit_write(&f, &text);
    struct model *back = parse(text.data);
    model_write(back, NULL, NULL, NULL, &again);
    assert_non_null(strstr(text.data, "\"aic\"")); /* the reader leaves what a fit adds alone */
    assert_null(strstr(again.data, "\"aic\""));
    assert_int_equal(back->n_scales, f.model->n_scales);
    model_free(back);
    fit_free(&f);
    trace_free(t);
    struct strbuf *all[] = {&report, &text, &again};
    for (size_t i = 0; i < 3; i++) strbuf_free(all[i]);
}

static void too_few_data_are_refused(void **state) {
    (void)state;
    struct error e = {0};
    struct fit f;
    struct fit_options o = {.process = MODEL_STATE};
    struct trace *few = load("{\"metadata\": {\"gap_seconds\": 3600}, \"data\": [1,1,0,1,0,0,1,1,1,0,1,1]}");
    assert_input_error(fit_trace(few, &o, &f, &e), &e, "us-east-1a", "2 complete up-runs", "needs 10");
    fit_free(&f);
    o.skip_few = true;
    assert_input_error(fit_trace(few, &o, &f, &e), &e, "needs 10");
    fit_free(&f);
    trace_free(few);
    struct trace *unlimited = load("{\"metadata\": {\"gap_seconds\": 3600}, \"data\": [1]}");
    unlimited->pools[0].capacity.value[0] = TRACE_UNLIMITED;
    assert_input_error(fit_trace(unlimited, &o, &f, &e), &e, "unlimited capacity",
                       "leave --single-means unlimited out");
    fit_free(&f);
    trace_free(unlimited);
    /* one pool with enough, one without: left out by name */
    struct trace *t = make(
        "{\"format\": 1, \"process\": \"runs\", \"span\": \"20d\", \"resolution\": \"10m\", \"pools\": [{\"name\": "
        "\"a\", \"up\": {\"family\": \"exponential\", \"mean_h\": 2}, \"down\": {\"family\": \"exponential\", "
        "\"mean_h\": 1}}, {\"name\": \"b\", \"up\": {\"family\": \"exponential\", \"mean_h\": 2000}, \"down\": "
        "{\"family\": \"exponential\", \"mean_h\": 1}}]}",
        1);
    struct strbuf report = {0};
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    assert_int_equal(f.model->n_pools, 1);
    assert_int_equal(f.n_skipped, 1);
    fit_report(&f, &report);
    assert_non_null(strstr(report.data, "b: left out"));
    strbuf_free(&report);
    fit_free(&f);
    trace_free(t);
}

static struct trace *tidy(const char *rows) {
    struct strbuf text = {0};
    struct trace *t = NULL;
    struct error e = {0};
    strbuf_puts(&text, "# spotsim-trace 1\n");
    strbuf_puts(&text, rows);
    assert_ok(trace_load_memory("t.csv", text.data, text.size, NULL, &t, NULL, &e), &e);
    strbuf_free(&text);
    return t;
}

/* Pools that change too seldom take the others' weights, pools that never do
 * stay as they are, and counts that never reach 0 are fitted at the levels that
 * they cross; the model reads back and makes traces. */
static void quiet_pools_are_kept(void **state) {
    (void)state;
    struct error e = {0};
    struct strbuf rows = {0}, text = {0}, report = {0};
    strbuf_puts(&rows, "# pool {\"name\": \"busy\", \"span_ms\": 864000000}\n# pool {\"name\": \"off\", \"span_ms\": "
                       "864000000}\n# pool {\"name\": \"seldom\", \"span_ms\": 864000000}\n# pool {\"name\": \"wide\", "
                       "\"span_ms\": 864000000}\ntime,pool,capacity,price\n0,off,0,\n0,seldom,1,\n400000,seldom,0,\n"
                       "500000,seldom,1,\n");
    for (int i = 0; i < 120; i++)
        strbuf_printf(&rows, "%d,busy,%d,\n%d,wide,%d,\n", i * 7200 + i % 7 * 600, i % 2, i * 7200 + i % 5 * 600,
                      3 + i * 5 % 7);
    struct trace *t = tidy(rows.data), *made = NULL;
    struct fit f;
    struct fit_options o = {.process = MODEL_STATE, .bootstrap = FIT_BOOTSTRAP_MIN};
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    assert_int_equal(f.model->n_pools, 4);
    assert_false(f.pools[0].thin);
    assert_true(f.pools[1].thin && f.pools[2].thin);
    assert_false(f.pools[3].thin);
    assert_int_equal(f.model->pools[1].n_levels, 1);
    assert_false(f.model->pools[3].has_runs);
    const struct fit_interval *w = &f.pools[0].weight_95[1], *a = &f.pools[0].availability_95;
    assert_true(w->low >= 0 && w->low < w->high && w->high <= 1);
    assert_true(a->low < f.pools[0].availability && a->high > f.pools[0].availability);
    assert_true(isnan(f.pools[1].availability_95.low));                                          /* never changes */
    assert_true(isnan(f.pools[2].weight_95[1].low) && isfinite(f.pools[2].availability_95.low)); /* too seldom */
    assert_true(isnan(f.pools[3].availability_95.low) && isfinite(f.pools[3].weight_95[1].low)); /* always up */
    assert_true(isfinite(f.pair_95[3].low) && isnan(f.pair_95[1].low));
    fit_report(&f, &report);
    assert_non_null(strstr(report.data, "always has 0"));
    assert_non_null(strstr(report.data, "the other pools' mean"));
    assert_non_null(strstr(report.data, "too few for distributions"));
    fit_write(&f, &text);
    struct model *m = parse(text.data);
    struct synth_options how = {.seed = 4};
    assert_ok(synth_trace(m, &how, &made, &e), &e);
    assert_int_equal(made->pools[1].capacity.n, 1);
    for (uint32_t i = 0; i < made->pools[3].capacity.n; i++) assert_true(made->pools[3].capacity.value[i] >= 3);
    o.process = MODEL_RUNS;
    fit_free(&f);
    assert_input_error(fit_trace(t, &o, &f, &e), &e, "off", "--skip-few");
    fit_free(&f);
    model_free(m);
    trace_free(t);
    trace_free(made);
    struct strbuf *all[] = {&rows, &text, &report};
    for (size_t i = 0; i < 3; i++) strbuf_free(all[i]);
}

/* A pool that is left out is as if it had never been there: the others keep
 * all of their time. */
static void a_short_pool_left_out_cuts_no_other(void **state) {
    (void)state;
    struct error e = {0};
    struct strbuf both = {0}, alone = {0};
    strbuf_puts(&both, "# pool {\"name\": \"a\", \"span_ms\": 2592000000}\n");
    strbuf_puts(&alone, "# pool {\"name\": \"a\", \"span_ms\": 2592000000}\ntime,pool,capacity,price\n");
    strbuf_puts(&both, "# pool {\"name\": \"b\", \"span_ms\": 172800000}\ntime,pool,capacity,price\n0,b,1,\n");
    for (int i = 0; i < 110; i++) {
        int at = i * 23000 + i % 7 * 1200, value = (i + 1) % 2;
        strbuf_printf(&both, "%d,a,%d,\n", at, value);
        strbuf_printf(&alone, "%d,a,%d,\n", at, value);
    }
    struct trace *two = tidy(both.data), *one = tidy(alone.data);
    assert_int_equal(two->span_ms, 172800000);
    static const int processes[] = {MODEL_BLOCKS, MODEL_STATE, MODEL_RUNS};
    for (size_t i = 0; i < 3; i++) {
        struct fit_options o = {.process = processes[i], .skip_few = true};
        struct fit f, g;
        struct strbuf x = {0}, y = {0};
        assert_ok(fit_trace(two, &o, &f, &e), &e);
        assert_ok(fit_trace(one, &o, &g, &e), &e);
        assert_int_equal(f.n_skipped, 1);
        assert_string_equal(f.skipped[0], "b");
        assert_int_equal(f.model->span_ms, 2592000000);
        fit_write(&f, &x);
        fit_write(&g, &y);
        assert_string_equal(x.data, y.data);
        strbuf_free(&x);
        strbuf_free(&y);
        fit_free(&f);
        fit_free(&g);
    }
    struct fit_options o = {.process = MODEL_STATE};
    struct fit f;
    assert_input_error(fit_trace(two, &o, &f, &e), &e, "a", "first 2d, which all pools have", "needs 10");
    fit_free(&f);
    trace_free(two);
    trace_free(one);
    strbuf_free(&both);
    strbuf_free(&alone);
}

/* Runs of 3 s: a minute from look to look, which is assumed, sees none of them. */
static void runs_shorter_than_the_resolution(void **state) {
    (void)state;
    struct error e = {0};
    struct strbuf rows = {0};
    strbuf_puts(&rows, "# pool {\"name\": \"a\", \"span_ms\": 25920000}\ntime,pool,capacity,price\n");
    for (int i = 0; i < 8640; i++) strbuf_printf(&rows, "%d,a,%d,\n", i * 3, (i + 1) % 2);
    struct trace *t = tidy(rows.data);
    struct fit f;
    static const int processes[] = {MODEL_BLOCKS, MODEL_STATE};
    for (size_t i = 0; i < 2; i++) {
        struct fit_options o = {.process = processes[i]};
        for (int skip = 0; skip < 2; skip++) {
            o.skip_few = skip;
            t->pools[0].resolution_ms = 0;
            assert_input_error(fit_trace(t, &o, &f, &e), &e, "a", "has 4319 complete up-runs and 4319 down-runs",
                               "shorter than the resolution, 1m (assumed, as the trace has none; --resolution sets it)",
                               i ? "a fit sees 0 of each and needs 10" : "a fit sees 0 of each and needs 3");
            fit_free(&f);
        }
        t->pools[0].resolution_ms = 30000;
        assert_input_error(fit_trace(t, &o, &f, &e), &e, "the resolution, 30s (as given; --resolution changes it)");
        fit_free(&f);
        t->pools[0].resolution_ms = 1000;
        assert_ok(fit_trace(t, &o, &f, &e), &e);
        fit_free(&f);
    }
    trace_free(t);
    strbuf_free(&rows);
}

static void lifetimes_from_csv(void **state) {
    (void)state;
    struct error e = {0};
    struct lifetimes l;
    struct fit_side side;
    struct model *m = NULL;
    static const char few[] = "lifetime_h,ended_by,type\n1.5,preempted,x\n2,stop,y\r\n\n";
    assert_true(lifetimes_is(few, sizeof few - 1));
    assert_false(lifetimes_is("life", 4));
    assert_ok(lifetimes_read("l.csv", few, sizeof few - 1, &l, &e), &e);
    assert_int_equal(l.n, 2);
    assert_true(l.ended[0] && !l.ended[1] && l.hours[1] == 2);
    assert_input_error(fit_lifetimes(&l, &side, &m, &e), &e, "1 lives ended", "needs 30");
    fit_side_free(&side);
    lifetimes_free(&l);
    const char *bad[] = {"lifetime_h,ended_by\n1\n", "lifetime_h,ended_by\nx,stop\n", "lifetime_h,ended_by\n0,stop\n"};
    for (size_t i = 0; i < 3; i++) {
        assert_input_error(lifetimes_read("l.csv", bad[i], strlen(bad[i]), &l, &e), &e, "l.csv:2");
        lifetimes_free(&l);
    }
}

/* ---- the shape of a trace ------------------------------------------------------------------ */

static void shapes(void **state) {
    (void)state;
    struct error e = {0};
    struct shape s;
    /* a day of 12 two-hour periods, four days: up 1 h, down 1 h; then 4, 2, 0 */
    struct strbuf text = {0};
    strbuf_puts(&text, "{\"metadata\": {\"gap_seconds\": 3600}, \"data\": [");
    for (int h = 0; h < 96; h++) strbuf_puts(&text, h % 2 ? "0," : "4,");
    strbuf_puts(&text, "4,2,0,0]}");
    struct trace *t = load(text.data);
    assert_ok(shape_of(t, &s, &e), &e);
    assert_true(fabs(s.availability - .5) < 1e-9);
    assert_true(fabs(s.spread[0]) < 1e-9 && isnan(s.spread[1]));
    assert_true(s.up_h[0] == 1 && s.down_h[8] == 1);
    assert_true(fabs(s.loss_sizes[1] - 2.0 / 50) < 1e-9 && fabs(s.loss_sizes[4] - 48.0 / 50) < 1e-9 && s.wide);
    assert_true(fabs(s.all_down - .5) < 1e-9 && fabs(s.any_up - .5) < 1e-9 && fabs(s.half_up - .5) < 1e-9);
    assert_true(s.hour[0] > .99 && s.hour[1] < .5 && s.hour_range > .5);
    assert_true(fabs(s.whole_loss - 49.0 / 50) < 1e-9);
    assert_true(isnan(s.same_region));
    trace_free(t);
    strbuf_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bivariate_normal),
        cmocka_unit_test(runs_as_a_probe_sees_them),
        cmocka_unit_test(exponential_maximum),
        cmocka_unit_test(nearest_families_win),
        cmocka_unit_test(a_fit_says_what_it_found),
        cmocka_unit_test(too_few_data_are_refused),
        cmocka_unit_test(quiet_pools_are_kept),
        cmocka_unit_test(a_short_pool_left_out_cuts_no_other),
        cmocka_unit_test(runs_shorter_than_the_resolution),
        cmocka_unit_test(lifetimes_from_csv),
        cmocka_unit_test(shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
