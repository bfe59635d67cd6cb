/* SPDX-License-Identifier: Apache-2.0
 * Windows of a comparison are cut from the run over the whole trace, and its
 * intervals hold what they are for. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "study/compare.h"
#include "tests/support/support.h"
#include "traces/synth.h"

#define MODEL                                                                                                          \
    "{\"format\": 1, \"process\": \"runs\", \"span\": \"16d\", \"resolution\": \"300s\", \"pools\": ["                 \
    "{\"name\": \"a\", \"width\": 4, \"up\": {\"family\": \"exponential\", \"mean_h\": 20}, \"down\": {\"family\": "   \
    "\"exponential\", \"mean_h\": 2}}, "                                                                               \
    "{\"name\": \"b\", \"width\": 4, \"up\": {\"family\": \"exponential\", \"mean_h\": 12}, \"down\": {\"family\": "   \
    "\"exponential\", \"mean_h\": 3}}]}"

struct fixture {
    struct model *model;
    struct trace *real;
    struct scenario_env *env;
    struct scenario_doc *doc;
    struct comparison c;
};

static int start(void **state) {
    static struct fixture f;
    struct error e = {0};
    const struct synth_options how = {.seed = 3};
    const char *paths[] = {SCENARIO_MEMORY "real"};
    memset(&f, 0, sizeof f);
    assert_ok(model_parse("m.json", MODEL, strlen(MODEL), &f.model, &e), &e);
    assert_ok(synth_trace(f.model, &how, &f.real, &e), &e);
    f.env = scenario_env_new();
    assert_non_null(f.env);
    const struct trace_notes none = {0};
    assert_ok(scenario_env_add_trace(f.env, "real", f.real, &none, &e), &e);
    assert_ok(doc_new(&f.doc, &e), &e);
    assert_ok(doc_set_list(f.doc, "trace.paths", paths, 1, "test", &e), &e);
    *state = &f;
    return 0;
}

static int end(void **state) {
    struct fixture *f = *state;
    comparison_free(&f->c);
    doc_free(f->doc);
    scenario_env_free(f->env);
    trace_free(f->real);
    model_free(f->model);
    return 0;
}

static void set(struct fixture *f, const char *path, const char *text) {
    struct error e = {0};
    assert_ok(doc_set(f->doc, scenario_env_registry(f->env), path, text, "test", &e), &e);
}

static void compare(struct fixture *f, int64_t window_ms) {
    struct error e = {0};
    const struct compare_options how = {.traces = 2, .seed = 1, .threads = 1, .window_ms = window_ms};
    assert_ok(compare_model(f->doc, f->env, f->model, &how, &f->c, &e), &e);
}

/* A cold start of an hour in every window of two days would cost two points. */
static void windows_make_up_the_whole(void **state) {
    struct fixture *f = *state;
    set(f, "cloud.defaults.cold_start", "1h");
    compare(f, 2 * MS_PER_DAY);
    assert_int_equal(f->c.n_windows, 8);
    for (uint32_t i = 0; i < f->c.n_policies; i++) {
        const struct policy_outcome *whole = &f->c.real[i];
        double full = 0, cost = 0;
        for (uint32_t k = 0; k < 8; k++) {
            full += f->c.real_window[i * 8 + k] / 8;
            cost += f->c.real_window_cost[i * 8 + k];
        }
        assert_true(whole->full > 0.5);
        assert_true(fabs(full - whole->full) < 1e-3);
        assert_true(fabs(full - whole->window_mean) < 1e-12);
        assert_true(fabs(cost / whole->cost_usd - 1) < 2e-3);
    }
}

/* What is counted begins with the end of a warm-up that the scenario asks for. */
static void warm_up_is_left_out(void **state) {
    struct fixture *f = *state;
    set(f, "cloud.defaults.cold_start", "1h");
    set(f, "warmup", "2d");
    compare(f, 2 * MS_PER_DAY);
    assert_int_equal(f->c.n_windows, 7);
    assert_true(f->c.counted_ms == 14 * MS_PER_DAY);
    for (uint32_t i = 0; i < f->c.n_policies; i++)
        assert_true(fabs(f->c.real[i].window_mean - f->c.real[i].full) < 1e-3);
}

/* Also with days left after the last window, and where all windows are alike. */
static void intervals_hold_their_estimate(void **state) {
    struct fixture *f = *state;
    compare(f, 3 * MS_PER_DAY);
    assert_int_equal(f->c.n_windows, 5);
    for (uint32_t i = 0; i < f->c.n_policies; i++)
        for (int q = 0; q < COMPARE_QUANTITIES; q++) {
            struct compared x;
            struct error e = {0};
            assert_ok(compare_quantity(&f->c, i, (enum compare_quantity)q, &x, &e), &e);
            assert_true(x.synth_interval.lo <= x.synth && x.synth <= x.synth_interval.hi);
            if (q != COMPARE_FULL && q != COMPARE_COST) continue;
            assert_true(x.real_interval.lo <= x.real && x.real <= x.real_interval.hi);
            assert_true(x.real_interval.lo > x.real * 0.5 && x.real_interval.hi < x.real * 1.5);
        }
}

/* Two costs of nothing are equal. */
static void nothing_is_like_nothing(void **state) {
    struct fixture *f = *state;
    set(f, "cloud.defaults.price_spot", "0");
    set(f, "cloud.defaults.price_on_demand", "0");
    compare(f, 2 * MS_PER_DAY);
    for (uint32_t i = 0; i < f->c.n_policies; i++) {
        struct compared x;
        struct error e = {0};
        assert_ok(compare_quantity(&f->c, i, COMPARE_COST, &x, &e), &e);
        assert_true(x.real == 0 && x.synth == 0 && x.difference == 0 && x.within);
    }
}

/* A policy's real value is the mean over runs with the draws of the synthetic ones. */
static void real_runs_differ_by_their_draws(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    const struct compare_options one = {.traces = 1, .seed = 1, .threads = 1, .window_ms = 2 * MS_PER_DAY};
    const struct compare_options many = {.traces = 6, .seed = 1, .threads = 2, .window_ms = 2 * MS_PER_DAY};
    double first[6], full = 0;
    assert_ok(compare_model(f->doc, f->env, f->model, &one, &f->c, &e), &e);
    for (uint32_t i = 0; i < 6; i++) first[i] = f->c.real[i].full;
    comparison_free(&f->c);
    assert_ok(compare_model(f->doc, f->env, f->model, &many, &f->c, &e), &e);
    for (uint32_t i = 0; i < 6; i++) {
        assert_true(fabs(f->c.real[i].full - first[i]) < 0.05);
        full += fabs(f->c.real[i].full - first[i]);
        assert_true(fabs(f->c.real[i].window_mean - f->c.real[i].full) < 1e-3);
    }
    assert_true(full > 0);
}

static void too_few_windows_are_refused(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    static const int64_t windows[] = {9 * MS_PER_DAY, 400 * MS_PER_DAY};
    for (size_t i = 0; i < 2; i++) {
        const struct compare_options how = {.traces = 1, .seed = 1, .threads = 1, .window_ms = windows[i]};
        assert_input_error(compare_model(f->doc, f->env, f->model, &how, &f->c, &e), &e, "--window", "half", "16d");
        comparison_free(&f->c);
    }
    set(f, "fleet.target", "0");
    const struct compare_options how = {.traces = 1, .seed = 1, .threads = 1};
    assert_input_error(compare_model(f->doc, f->env, f->model, &how, &f->c, &e), &e, "--target", "1 or more");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(windows_make_up_the_whole, start, end),
        cmocka_unit_test_setup_teardown(warm_up_is_left_out, start, end),
        cmocka_unit_test_setup_teardown(intervals_hold_their_estimate, start, end),
        cmocka_unit_test_setup_teardown(nothing_is_like_nothing, start, end),
        cmocka_unit_test_setup_teardown(real_runs_differ_by_their_draws, start, end),
        cmocka_unit_test_setup_teardown(too_few_windows_are_refused, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
