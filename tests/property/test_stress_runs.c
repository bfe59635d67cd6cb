/* SPDX-License-Identifier: Apache-2.0
 * Random runs under stress: events that hit nothing change nothing, bit for bit;
 * under random events a skipped tick still equals a called one, and a run is the
 * same until the first of them is told. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/stress.h"
#include "study/stress_outcome.h"
#include "tests/support/random_run.h"

static struct model *parse(const char *events) {
    struct model *m = NULL;
    struct error e = {0};
    struct strbuf text = {0};
    strbuf_printf(&text, "{\"format\": 1, \"events\": [%s]}", events);
    assert_ok(model_parse("stress.json", text.data, text.size, &m, &e), &e);
    strbuf_free(&text);
    return m;
}

/* One to three events of any kind, somewhere in a run of that length. */
static struct model *random_events(struct luck *l, int64_t length_s, char text[800]) {
    static const char *const pools[] = {"*", "@region", "@cheapest", "*a", "r?*"};
    static const char *const kinds[] = {"\"kind\": \"outage\"", "\"kind\": \"drought\", \"factor\": 0.3",
                                        "\"kind\": \"price\", \"factor\": 7", "\"kind\": \"flap\", \"period\": \"77s\"",
                                        "\"kind\": \"on-demand\", \"denial\": 0.6, \"capacity\": 2"};
    uint32_t n = 1 + luck_below(l, 3), limit = (uint32_t)(length_s > 2 ? length_s : 2);
    text[0] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        const char *kind = kinds[luck_below(l, 5)], *which = pools[luck_below(l, 5)];
        uint32_t at = luck_below(l, limit), length = 1 + luck_below(l, limit);
        size_t used = strlen(text);
        snprintf(text + used, 800 - used, "%s{%s, \"pools\": \"%s\", \"at\": \"%us\", \"for\": \"%us\"}", i ? ", " : "",
                 kind, which, at, length);
    }
    return parse(text);
}

/* Change points only, as every reader leaves them; random traces repeat values. */
static void drop_repeats(struct trace *t) {
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_capacity *c = &t->pools[i].capacity;
        struct trace_price *p = &t->pools[i].price;
        uint32_t kept = 0;
        for (uint32_t k = 0; k < c->n; k++) {
            if (kept && c->value[k] == c->value[kept - 1]) continue;
            c->at_ms[kept] = c->at_ms[k];
            c->value[kept++] = c->value[k];
        }
        c->n = kept;
        kept = 0;
        for (uint32_t k = 0; k < p->n; k++) {
            if (kept && p->uusd_per_h[k] == p->uusd_per_h[kept - 1]) continue;
            p->at_ms[kept] = p->at_ms[k];
            p->uusd_per_h[kept++] = p->uusd_per_h[k];
        }
        p->n = kept;
    }
}

static void what_hits_nothing_changes_nothing(void **state) {
    (void)state;
    uint64_t n = test_times(300, 5000);
    struct model *m = parse("{\"kind\": \"outage\", \"pools\": \"nowhere\", \"at\": \"10s\", \"for\": \"1h\"}, "
                            "{\"kind\": \"on-demand\", \"pools\": \"nowhere\", \"denial\": 1}");
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct stressed s;
        struct error e = {0};
        random_run_start(&r, i);
        drop_repeats(r.h.trace);
        harness_run(&r.h);
        struct sim_result calm = r.h.result;
        memset(&r.h.result, 0, sizeof r.h.result);
        assert_ok(stress_apply(m, &r.h.config, &s, &e), &e);
        r.h.config = s.config;
        harness_run(&r.h);
        const char *what = results_differ(&calm, &r.h.result);
        if (what) fail_msg("seed %" PRIu64 ": %s differs; %s", i, what, r.text);
        sim_result_free(&calm);
        stressed_free(&s);
        random_run_end(&r);
    }
    model_free(m);
    test_count("random runs under a stress that hits nothing", n);
}

static struct course watch(struct harness *h) {
    struct course c = {0};
    harness_run_out(h, &(struct sim_outputs){.timeline = course_see, .timeline_arg = &c});
    assert_false(c.failed);
    return c;
}

static void check_outcome(const struct course *calm, const struct course *under, const struct stressed *s,
                          const char *text) {
    struct stress_outcome o;
    int64_t horizon_ms = s->config.horizon_ms;
    for (uint32_t i = 0; i < calm->n && calm->points[i].at_ms < s->told_ms; i++)
        if (i >= under->n || memcmp(&calm->points[i], &under->points[i], sizeof calm->points[i]) != 0)
            fail_msg("point %u differs before the events are told: %s", i, text);
    stress_compare(calm, under, s->told_ms, s->ends_ms, horizon_ms, &o);
    double rest_s = (double)(horizon_ms - s->told_ms) / 1000;
    assert_true(o.recovery_s >= 0 && o.recovery_s <= o.behind_s && o.behind_s <= rest_s);
    assert_true((o.behind_s > 0) == (o.lost_replica_h > 0));
    stress_compare(calm, calm, s->told_ms, s->ends_ms, horizon_ms, &o);
    assert_true(o.behind_s == 0 && o.recovered);
}

static void random_events_keep_the_rules(void **state) {
    (void)state;
    uint64_t n = test_times(300, 5000), ticked = 0;
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct stressed s;
        struct error e = {0};
        char text[800];
        struct luck l = {i * 31 + 7, 0};
        random_run_start(&r, i);
        struct model *m = random_events(&l, r.h.config.horizon_ms / MS_PER_S, text);
        struct course calm = watch(&r.h);
        assert_ok(stress_apply(m, &r.h.config, &s, &e), &e);
        sim_result_free(&r.h.result);
        r.h.config = s.config;
        struct course under = watch(&r.h);
        check_outcome(&calm, &under, &s, text);
        if (r.h.config.control.interval_ms > 0) {
            struct sim_result skipped = r.h.result;
            memset(&r.h.result, 0, sizeof r.h.result);
            r.h.config.every_tick = true;
            harness_run(&r.h);
            const char *what = results_differ(&skipped, &r.h.result);
            if (what) fail_msg("seed %" PRIu64 ": %s differs when every tick is called; %s; %s", i, what, r.text, text);
            sim_result_free(&skipped);
            ticked++;
        }
        course_free(&calm);
        course_free(&under);
        stressed_free(&s);
        model_free(m);
        random_run_end(&r);
    }
    test_count("random runs under random events", n);
    test_count("of them with ticks skipped against every tick", ticked);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hits_nothing_changes_nothing),
        cmocka_unit_test(random_events_keep_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
