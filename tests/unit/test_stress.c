/* SPDX-License-Identifier: Apache-2.0
 * Stress scenarios: where their events go, what they do to a run, and what is
 * read off it. */
#include "study/stress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/stress_outcome.h"
#include "tests/support/harness.h"

#define S MS_PER_S

static struct model *events(const char *list) {
    struct model *m = NULL;
    struct error e = {0};
    struct strbuf text = {0};
    strbuf_printf(&text, "{\"format\": 1, \"events\": [%s]}", list);
    assert_ok(model_parse("stress.json", text.data, text.size, &m, &e), &e);
    strbuf_free(&text);
    return m;
}

static struct stressed apply(const struct model *m, const struct sim_config *calm) {
    struct stressed s;
    struct error e = {0};
    assert_ok(stress_apply(m, calm, &s, &e), &e);
    return s;
}

/* ---- reading two courses ------------------------------------------------------------ */

/* "0:4 60:2" in seconds. */
static struct course course(const char *points, uint32_t target) {
    struct course c = {0};
    for (const char *at = points; *at;) {
        char *end;
        int64_t when = strtoll(at, &end, 10) * S;
        assert_true(*end == ':');
        uint32_t ready = (uint32_t)strtoul(end + 1, &end, 10);
        course_see(&c, when, ready, 0, target, 9, 0);
        at = *end ? end + 1 : end;
    }
    return c;
}

static void outcomes_by_hand(void **state) {
    (void)state;
    static const struct {
        const char *calm, *stressed;
        int64_t from, ends, horizon;
        double recovery, behind, lost_s;
        bool recovered;
        uint32_t least;
    } cases[] = {
        {"0:4", "0:4", 100, 200, 1000, 0, 0, 0, true, 4},
        {"0:4", "0:4 110:1 150:3 190:4", 100, 200, 1000, 80, 80, 3 * 40 + 40, true, 1},
        {"0:4", "0:4 110:1 350:4", 100, 200, 1000, 240, 240, 720, true, 1},       /* on after the events */
        {"0:4", "0:4 110:1", 100, 200, 1000, 890, 890, 2670, false, 1},           /* for ever */
        {"0:4", "0:4 210:1", 100, 200, 1000, 0, 0, 0, true, 4},                   /* later: not their doing */
        {"0:4 120:2 160:4", "0:4 120:2 160:4", 100, 200, 1000, 0, 0, 0, true, 2}, /* short anyway */
        {"0:4 120:2 160:4", "0:4 110:2 160:4", 100, 200, 1000, 10, 10, 20, true, 2},
        {"0:4", "0:4 110:3 120:4 130:0 150:4", 100, 200, 1000, 20, 30, 10 + 80, true, 0}, /* two spells */
        {"0:6", "0:6 110:4 120:2 130:4", 100, 200, 1000, 10, 10, 20, true, 2}, /* more than the target is no duty */
        {"0:4", "0:4 190:1 250:4 300:0", 100, 200, 1000, 60, 60, 180, true, 1},
        {"0:4", "0:4 100:0 900:4", 100, 200, 500, 400, 400, 1600, false, 0},  /* cut by the horizon */
        {"0:4", "0:4 110:1 500:4", 100, 5000, 1000, 390, 390, 1170, true, 1}, /* events on at the end, fleet whole */
        {"", "", 100, 200, 1000, 0, 0, 0, true, 0},
        {"0:4", "", 100, 200, 1000, 0, 0, 0, true, 0}, /* no target seen */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct course calm = course(cases[i].calm, 4), stressed = course(cases[i].stressed, 4);
        struct stress_outcome o;
        stress_compare(&calm, &stressed, cases[i].from * S, cases[i].ends * S, cases[i].horizon * S, &o);
        if (o.recovery_s != cases[i].recovery || o.behind_s != cases[i].behind || o.recovered != cases[i].recovered ||
            fabs(o.lost_replica_h * 3600 - cases[i].lost_s) > 1e-9 || o.least_ready != cases[i].least)
            fail_msg("case %zu: recovery %g, behind %g, lost %g s, recovered %d, least %u", i, o.recovery_s, o.behind_s,
                     o.lost_replica_h * 3600, o.recovered, o.least_ready);
        course_free(&calm);
        course_free(&stressed);
    }
}

/* What is before from_ms is kept as one point, what does not change is not. */
static void courses_are_short(void **state) {
    (void)state;
    struct course c = {.from_ms = 1000 * S};
    for (int64_t t = 0; t < 3000; t += 10) course_see(&c, t * S, (uint32_t)(t / 100 % 5), 1, 7, 9, t);
    assert_int_equal(c.n, 20);
    assert_true(c.points[0].at_ms <= 1000 * S && c.points[0].ready == 1 && c.points[1].at_ms == 1100 * S);
    course_free(&c);
}

/* ---- where events go ----------------------------------------------------------------- */

static const char *const two[] = {"r-a", "r-b"};

static void start(struct harness *h, const char *a, const char *b, int64_t span_s, uint32_t target) {
    const char *const capacity[] = {a, b};
    harness_start(h, harness_trace(2, two, capacity, span_s), true, "ideal", "spot()+cheapest", target);
}

static void events_are_placed(void **state) {
    (void)state;
    struct harness h;
    start(&h, "0:4", "0:4", 100000, 2);
    h.config.horizon_ms = 90000 * S;
    h.config.warmup_ms = 10000 * S;
    h.config.window_start_ms = 5000 * S;
    struct model *m = events("{\"kind\": \"outage\", \"at\": \"20000s\", \"for\": \"600s\"}, "
                             "{\"kind\": \"price\", \"at\": \"30000s\", \"for\": \"5000s\", \"factor\": 2}");
    struct stressed s = apply(m, &h.config);
    assert_true(s.begins_ms == 30000 * S && s.ends_ms == 45000 * S); /* from the end of the warm-up on */
    assert_true(s.told_ms == s.begins_ms);
    assert_true(s.config.window_start_ms == 0 && s.config.horizon_ms == h.config.horizon_ms);
    assert_true(s.trace->span_ms == 95000 * S); /* what is left, for notices of what comes behind the horizon */
    assert_int_equal(s.trace->pools[0].capacity.n, 3);
    assert_true(s.trace->pools[0].capacity.at_ms[1] == 30000 * S && s.trace->pools[0].capacity.at_ms[2] == 30600 * S);
    stressed_free(&s);
    h.config.horizon_ms = 40000 * S; /* 30,000 s counted: 20,000 lie in the second half */
    harness_set(&h, "cloud.pools.r-b.notice", "120s");
    s = apply(m, &h.config);
    assert_true(s.begins_ms == 17500 * S && s.ends_ms == 32500 * S && s.told_ms == 17380 * S);
    stressed_free(&s);
    model_free(m);
    harness_end(&h);
}

/* Events that hit no pool change nothing at all, wherever the window lies. */
static void nothing_hit_nothing_changed(void **state) {
    (void)state;
    struct model *m = events("{\"kind\": \"outage\", \"pools\": \"elsewhere\", \"at\": \"1000s\", \"for\": \"600s\"}");
    uint64_t tried = 0;
    for (int64_t from = 0; from <= 4000; from += 500, tried++) {
        struct harness h;
        start(&h, "0:3 1700:0 2600:2 5100:4 9050:0", "0:1 900:0 3300:2 7000:0 7100:1", 10000, 4);
        harness_set(&h, "cloud.defaults.notice", "120s");
        harness_set(&h, "cloud.defaults.cold_start", "uniform(60s,240s)");
        harness_set(&h, "cloud.defaults.price_spot", "1.5");
        h.config.window_start_ms = from * S;
        h.config.horizon_ms = 5000 * S;
        harness_run(&h);
        struct sim_result calm = h.result;
        memset(&h.result, 0, sizeof h.result);
        struct stressed s = apply(m, &h.config);
        h.config = s.config;
        harness_run(&h);
        assert_true(calm.fingerprint == h.result.fingerprint && calm.events == h.result.events);
        assert_true(calm.cost_total_usd == h.result.cost_total_usd && calm.noticed == h.result.noticed);
        sim_result_free(&calm);
        stressed_free(&s);
        harness_end(&h);
    }
    model_free(m);
    test_count("windows under a stress that hits nothing", tried);
}

/* ---- what events do to a run ------------------------------------------------------------ */

static void prices_spike(void **state) {
    (void)state;
    struct harness h;
    struct model *m = events("{\"kind\": \"price\", \"at\": \"1000s\", \"for\": \"3000s\", \"factor\": 5}");
    start(&h, "0:4", "0:4", 10000, 2);
    harness_set(&h, "cloud.defaults.price_spot", "3.6"); /* 0.001 $/s; a price given stands, and spikes */
    struct stressed s = apply(m, &h.config);
    h.config = s.config;
    harness_run(&h);
    assert_true(fabs(h.result.cost_total_usd - 2 * 0.001 * (7000 + 5 * 3000)) < 1e-9);
    assert_int_equal(h.result.preempted, 0);
    stressed_free(&s);
    model_free(m);
    harness_end(&h);
}

/* On-demand launches are denied while it is short and not before or after. */
static void on_demand_is_denied(void **state) {
    (void)state;
    struct harness h;
    static const char *const one[] = {"r-a"}, *const none[] = {"0:0"};
    struct model *m = events("{\"kind\": \"on-demand\", \"at\": \"1000s\", \"for\": \"600s\", \"denial\": 1}");
    harness_start(&h, harness_trace(1, one, none, 10000), true, "ideal", "series(file=0s:1 900s:2 1200s:3)+on-demand",
                  0);
    harness_set(&h, "control.retry", "10s");
    struct stressed s = apply(m, &h.config);
    assert_int_equal(s.pools[0].n_shortages, 1);
    h.config = s.config;
    harness_ready(&h, "0:0+1 900:0+2 1600:0+3"); /* what is held is kept */
    assert_true(h.result.denied > 0);
    stressed_free(&s);
    model_free(m);
    m = events(
        "{\"kind\": \"on-demand\", \"pools\": \"r-*\", \"at\": \"1000s\", \"for\": \"600s\", \"capacity\": 2}, "
        "{\"kind\": \"on-demand\", \"pools\": \"@region\", \"at\": \"1500s\", \"for\": \"500s\", \"capacity\": 1}, "
        "{\"kind\": \"on-demand\", \"pools\": \"elsewhere\", \"capacity\": 0}");
    h.config.trace = h.trace;
    h.config.pools = h.pools;
    s = apply(m, &h.config);
    assert_int_equal(s.pools[0].n_shortages, 2);
    assert_true(s.ends_ms == 2000 * S);
    h.config = s.config;
    harness_ready(&h, "0:0+1 900:0+2 2000:0+3");
    stressed_free(&s);
    model_free(m);
    harness_end(&h);
    m = events("{\"kind\": \"on-demand\", \"capacity\": 1}"); /* all the time */
    harness_start(&h, harness_trace(1, one, none, 10000), true, "ideal", "on-demand", 2);
    s = apply(m, &h.config);
    assert_true(s.begins_ms == 0 && s.ends_ms == 10000 * S);
    h.config = s.config;
    harness_ready(&h, "0:0+1");
    stressed_free(&s);
    model_free(m);
    harness_end(&h);
}

static void names_are_found(void **state) {
    (void)state;
    struct model *m = NULL;
    struct error e = {0};
    assert_ok(stress_load("none", &m, &e), &e);
    assert_null(m);
    assert_ok(stress_load("drought", &m, &e), &e);
    assert_string_equal(m->name, "drought");
    model_free(m);
    assert_ok(stress_load("stress/price-spike", &m, &e), &e);
    model_free(m);
    assert_ok(stress_load("traces/presets/stress/drought.json", &m, &e), &e);
    model_free(m);
    assert_input_error(stress_load("drougth", &m, &e), &e, "did you mean \"drought\"?");
    assert_input_error(stress_load("qqqqqqqq", &m, &e), &e, "--list");
    assert_input_error(stress_load("typical", &m, &e), &e, "has no events");
    assert_null(m);
    struct strbuf all = {0};
    assert_ok(stress_all(&all, &e), &e);
    assert_string_equal(all.data,
                        "none,all-spot-lost,drought,flapping-zone,on-demand-shortage,price-spike,regional-outage");
    strbuf_free(&all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_by_hand),  cmocka_unit_test(courses_are_short),
        cmocka_unit_test(events_are_placed), cmocka_unit_test(nothing_hit_nothing_changed),
        cmocka_unit_test(prices_spike),      cmocka_unit_test(on_demand_is_denied),
        cmocka_unit_test(names_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
