/* SPDX-License-Identifier: Apache-2.0
 * The blocks process: records put into another order.  Where a pool's capacity
 * is the number of its tick, the trace says which moment was used when. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/model_text.h"
#include "tests/support/support.h"
#include "traces/synth.h"

#define TICK_MS (600 * MS_PER_S)
#define TICKS 1500 /* ten days and ten hours */
#define DAY 144    /* ticks */

static struct trace *make(const struct model *m, uint64_t seed, int64_t span_ms, uint32_t threads) {
    struct trace *t = NULL;
    struct error e = {0};
    struct synth_options o = {.seed = seed, .span_ms = span_ms, .threads = threads};
    assert_ok(synth_trace(m, &o, &t, &e), &e);
    return t;
}

/* Two pools: "number" has the number of the tick, "third" a third of it, with a
 * price that is a function of the tick too.  Joins a day apart, or anywhere. */
static struct model *numbered(const char *shares, bool same_hour) {
    struct strbuf text = {0};
    strbuf_printf(&text,
                  "{\"format\": 1, \"process\": \"blocks\", \"shares\": \"%s\", \"resolution\": \"600s\", "
                  "\"blocks\": {\"tick\": \"600s\", \"ticks\": %d, \"mean\": \"2d\", \"same_hour\": %s, \"joins\": [",
                  shares, TICKS, same_hour ? "true" : "false");
    for (int i = 0; i < 60; i++) {
        int a = same_hour ? 1 + i * 7 % (2 * DAY) : (i + 1) * 8,
            b = same_hour ? a + (3 + i % 2) * DAY : a + 350 + i % 13;
        int c = same_hour ? b + (2 + i % 3) * DAY : b + 400 + i % 17;
        strbuf_printf(&text, "%s[%d, %d, %d]", i ? ", " : "", a, b, c);
    }
    strbuf_puts(&text, "]}, \"pools\": [{\"name\": \"number\", \"history\": {\"capacity\": [");
    for (int i = 0; i < TICKS; i++) strbuf_printf(&text, "%s%d, 1", i ? ", " : "", i);
    strbuf_puts(&text, "]}}, {\"name\": \"third\", \"history\": {\"capacity\": [");
    for (int i = 0; i < TICKS; i += 3) strbuf_printf(&text, "%s%d, 3", i ? ", " : "", i / 3);
    strbuf_puts(&text, "], \"price\": [");
    for (int i = 0; i < TICKS; i += 2) strbuf_printf(&text, "%s%g, 2", i ? ", " : "", 1 + i / 1000.0);
    strbuf_puts(&text, "]}}]}");
    struct model *m = parse(text.data);
    strbuf_free(&text);
    return m;
}

/* The record's tick at each of the trace's. */
static uint32_t *ticks_used(const struct trace *t, uint32_t *n) {
    const struct trace_capacity *c = &t->pools[0].capacity;
    uint32_t at = 0;
    *n = (uint32_t)(t->span_ms / TICK_MS);
    uint32_t *used = calloc(*n, sizeof *used);
    assert_non_null(used);
    for (uint32_t i = 0; i < *n; i++) {
        while (at + 1 < c->n && c->at_ms[at + 1] <= i * TICK_MS) at++;
        used[i] = c->value[at];
        assert_true(c->at_ms[at] % TICK_MS == 0);
    }
    return used;
}

/* A and b are of one join. */
static bool is_join(const struct model *m, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < m->blocks.n_joins; i++) {
        bool has_a = false, has_b = false;
        for (int k = 0; k < MODEL_JOIN; k++) {
            has_a |= m->blocks.joins[i].at_ms[k] == a * TICK_MS;
            has_b |= m->blocks.joins[i].at_ms[k] == b * TICK_MS;
        }
        if (has_a && has_b) return true;
    }
    return false;
}

/* How many times the trace leaves the record's order, each time where a join says
 * so, but at the record's end and the beginning of a day's filling. */
static uint32_t breaks(const struct model *m, const uint32_t *used, uint32_t n, uint32_t *elsewhere) {
    uint32_t joins = 0;
    *elsewhere = 0;
    for (uint32_t i = 1; i < n; i++) {
        if (used[i] == used[i - 1] + 1) continue;
        if (is_join(m, used[i - 1] + 1, used[i]))
            joins++;
        else
            ++*elsewhere;
    }
    return joins;
}

static void each_moment_is_used_once(void **state) {
    (void)state;
    struct model *m = numbered("exact", false);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct trace *t = make(m, seed, TICKS * TICK_MS, 1);
        uint32_t n, other, times[TICKS] = {0}, *used = ticks_used(t, &n);
        assert_int_equal(n, TICKS);
        for (uint32_t i = 0; i < n; i++) times[used[i]]++;
        for (uint32_t i = 0; i < TICKS; i++) assert_int_equal(times[i], 1);
        /* 10.4 days in blocks of 2 days: 1.74 exchanges of three joins each, that is 2 */
        assert_int_equal(breaks(m, used, n, &other), 6);
        assert_int_equal(other, 0);
        assert_true(used[0] == 0 && used[n - 1] == TICKS - 1);
        free(used);
        trace_free(t);
    }
    model_free(m);
}

/* How many joins a trace as long as the record has. */
static void expect_joins(const struct model *m, uint32_t expected) {
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct trace *t = make(m, seed, TICKS * TICK_MS, 1);
        uint32_t n, other, *used = ticks_used(t, &n);
        assert_int_equal(breaks(m, used, n, &other), expected);
        assert_int_equal(other, 0);
        free(used);
        trace_free(t);
    }
}

/* A second exchange that would undo the first is none; the first is there though
 * its blocks are short, or the mean is long. */
static void no_trace_is_the_record(void **state) {
    (void)state;
    struct model *m = numbered("exact", false);
    struct model_blocks *b = &m->blocks;
    const int64_t far[MODEL_JOIN] = {300, 800, 1300}, near[MODEL_JOIN] = {1, 3, 1498};
    b->n_joins = 1;
    for (int k = 0; k < MODEL_JOIN; k++) b->joins[0].at_ms[k] = far[k] * TICK_MS;
    expect_joins(m, 3);
    b->mean_ms = 1000 * b->span_ms;
    expect_joins(m, 3);
    b->mean_ms = 2 * MS_PER_DAY;
    for (int k = 0; k < MODEL_JOIN; k++) b->joins[0].at_ms[k] = near[k] * TICK_MS;
    expect_joins(m, 3);
    b->n_joins = 0;
    expect_joins(m, 0);
    model_free(m);
}

static void longer_and_shorter_traces(void **state) {
    (void)state;
    struct model *m = numbered("exact", false);
    uint32_t n, other, times[TICKS] = {0}, share[TICKS] = {0};
    struct trace *t = make(m, 5, 7 * TICKS * TICK_MS, 1);
    uint32_t *used = ticks_used(t, &n);
    for (uint32_t i = 0; i < n; i++) times[used[i]]++;
    for (uint32_t i = 0; i < TICKS; i++) assert_int_equal(times[i], 7);
    assert_in_range(breaks(m, used, n, &other), 20, 36);
    assert_true(other <= 7); /* the record's end */
    free(used);
    trace_free(t);
    t = make(m, 5, 200 * TICKS * TICK_MS, 1); /* several rings */
    used = ticks_used(t, &n);
    assert_int_equal(n, 200 * TICKS);
    free(used);
    trace_free(t);
    for (uint64_t seed = 1; seed <= 400; seed++) {
        t = make(m, seed, TICKS / 10 * TICK_MS, 1);
        used = ticks_used(t, &n);
        for (uint32_t i = 0; i < n; i++) share[used[i] * 10 / TICKS]++;
        free(used);
        trace_free(t);
    }
    for (int i = 0; i < 10; i++) assert_in_range(share[i], 400 * 15 * 6 / 10, 400 * 15 * 14 / 10);
    model_free(m);
}

/* The stationary bootstrap: blocks of the mean length, moments used alike on
 * average, differently in each trace. */
static void expected_shares_hold_on_average(void **state) {
    (void)state;
    struct model *m = numbered("expected", false);
    double share[10] = {0}, spread = 0;
    uint32_t joins = 0;
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct trace *t = make(m, seed, TICKS * TICK_MS, 1);
        uint32_t n, other, *used = ticks_used(t, &n);
        double own = 0;
        for (uint32_t i = 0; i < n; i++) {
            share[used[i] * 10 / TICKS] += 1.0 / TICKS / 400;
            own += used[i] < TICKS / 2 ? 1.0 / TICKS : 0;
        }
        spread += (own - 0.5) * (own - 0.5) / 400;
        joins += breaks(m, used, n, &other);
        assert_true(other <= 3);
        free(used);
        trace_free(t);
    }
    for (int i = 0; i < 10; i++) assert_true(fabs(share[i] - 0.1) < 0.015);
    assert_true(sqrt(spread) > 0.05);
    assert_true(fabs(joins / 400.0 - 10.4 / 2) < 0.6);
    model_free(m);
}

/* The hour is kept, and the hours that the records lack are another day's. */
static void check_hours(const char *shares, int64_t span_ms, uint32_t elsewhere, bool anywhere) {
    struct model *m = numbered(shares, true);
    uint32_t first[12] = {0};
    double share[10] = {0};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct trace *t = make(m, seed, span_ms, 1);
        uint32_t n, other, *used = ticks_used(t, &n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(used[i] % DAY, i % DAY);
            share[used[i] * 10 / TICKS] += 1.0 / n / 400;
        }
        breaks(m, used, n, &other);
        assert_true(other <= elsewhere);
        first[used[0] / DAY]++;
        free(used);
        trace_free(t);
    }
    for (int i = 0; anywhere && i < 10; i++) assert_in_range(first[i], 18, 65);
    for (int i = 0; i < 10; i++) assert_true(fabs(share[i] - 0.1) < 0.02);
    model_free(m);
}

static void hours_are_kept(void **state) {
    (void)state;
    check_hours("exact", TICKS * TICK_MS, 0, false);
    check_hours("exact", 3 * TICKS * TICK_MS, 6, true); /* two at the end of each record */
    check_hours("exact", TICKS * TICK_MS / 2, 2, true);
    check_hours("expected", TICKS * TICK_MS, 6, true);
}

static bool same_pool(const struct trace_pool *a, const struct trace_pool *b) {
    return a->capacity.n == b->capacity.n && a->price.n == b->price.n &&
           memcmp(a->capacity.at_ms, b->capacity.at_ms, a->capacity.n * sizeof *a->capacity.at_ms) == 0 &&
           memcmp(a->capacity.value, b->capacity.value, a->capacity.n * sizeof *a->capacity.value) == 0;
}

/* All pools and their prices go together; threads and other pools change nothing;
 * seeds do. */
static void pools_go_together(void **state) {
    (void)state;
    struct model *m = numbered("exact", false);
    struct trace *one = make(m, 3, 20 * MS_PER_DAY, 1), *two = make(m, 3, 20 * MS_PER_DAY, 2);
    struct trace *other = make(m, 4, 20 * MS_PER_DAY, 1);
    struct error e = {0};
    assert_true(trace_digest(one) == trace_digest(two));
    assert_true(trace_digest(one) != trace_digest(other));
    uint32_t n, at = 0, *used = ticks_used(one, &n);
    const struct trace_pool *third = &one->pools[1];
    for (uint32_t i = 0, k = 0; i < n; i++) {
        while (at + 1 < third->capacity.n && third->capacity.at_ms[at + 1] <= i * TICK_MS) at++;
        while (k + 1 < third->price.n && third->price.at_ms[k + 1] <= i * TICK_MS) k++;
        assert_int_equal(third->capacity.value[at], used[i] / 3);
        assert_int_equal(third->price.uusd_per_h[k], 1000000 + used[i] / 2 * 2 * 1000);
    }
    free(used);
    assert_ok(model_keep_pools(m, "third", &e), &e);
    struct trace *alone = make(m, 3, 20 * MS_PER_DAY, 1);
    assert_int_equal(alone->n_pools, 1);
    assert_true(same_pool(&alone->pools[0], third));
    trace_free(alone);
    trace_free(one);
    trace_free(two);
    trace_free(other);
    model_free(m);
}

/* ---- files ------------------------------------------------------------------------------ */

#define HEAD "{\"format\": 1, \"process\": \"blocks\", "
#define BLOCKS "\"blocks\": {\"tick\": \"60s\", \"ticks\": 100, \"mean\": \"10m\"%s}, "
#define POOL "\"pools\": [{\"name\": \"a\", \"history\": {\"capacity\": [%s]%s}}]}"

static void refuse_with(const char *joins, const char *capacity, const char *price, const char *piece) {
    char text[800];
    snprintf(text, sizeof text, HEAD BLOCKS POOL, joins, capacity, price);
    refuse(text, piece);
}

static void faults_are_named(void **state) {
    (void)state;
    refuse(HEAD "\"pools\": [{\"name\": \"a\"}]}", "needs a \"history\"");
    refuse(HEAD "\"pools\": [{\"name\": \"a\", \"history\": {\"capacity\": [1, 1]}}]}", "needs \"blocks\"");
    refuse(HEAD "\"blocks\": {\"tick\": \"60s\", \"ticks\": 3}, \"pools\": []}", "needs \"tick\", \"ticks\" and");
    refuse(HEAD "\"blocks\": {\"tick\": \"60s\", \"tock\": 3}, \"pools\": []}", "did you mean \"tick\"?");
    refuse(HEAD "\"blocks\": {\"tick\": \"20000d\", \"ticks\": 30000, \"mean\": 1}}", "is too long");
    refuse(HEAD "\"blocks\": {\"tick\": \"1000d\", \"ticks\": 30000, \"mean\": 1}}", "records of more than");
    refuse_with("", "0, 50, 1, 49", "", "has 99 ticks; \"blocks\" has 100");
    refuse_with("", "0, 50, 1, 51", "", "is longer than the 100 ticks");
    refuse_with("", "0, 50, 1", "", "in pairs");
    refuse_with("", "0, 50, 1.5, 50", "", "1.5 is not a capacity");
    refuse_with("", "0, 50, -1, 50", "", "-1 is not a capacity");
    refuse_with("", "0, 50, 1, 0", "", "0 is not a number of ticks");
    refuse_with("", "0, 50, 1, 1e300", "", "is longer than");
    refuse_with("", "0, 50, \"1\", 50", "", "in pairs");
    refuse_with("", "0, 100", ", \"price\": [-1, 100]", "negative");
    refuse_with("", "0, 100", ", \"price\": [1, 99]", "has 99 ticks");
    refuse_with("", "0, 100", ", \"price\": 3", "expected a list");
    refuse_with("", "0, 100", ", \"prize\": [1, 100]", "did you mean \"price\"");
    refuse_with(", \"joins\": [[1, 2]]", "0, 100", "", "expected three moments, got 2");
    refuse_with(", \"joins\": [[1, 2, 2]]", "0, 100", "", "rising");
    refuse_with(", \"joins\": [[1, 2, 2.5]]", "0, 100", "", "whole ticks");
    refuse_with(", \"joins\": [[1, 2, 100]]", "0, 100", "", "out of range");
    refuse_with(", \"joins\": [[0, 1, 2]]", "0, 100", "", "out of range");
    refuse_with(", \"same_hour\": true", "0, 100", "", "blocks.same_hour: the records are shorter than a day");
    refuse_with(", \"joins\": 3", "0, 100", "", "triples");
    refuse_with(", \"joins\": [3]", "0, 100", "", "expected a list");
}

static void models_read_back(void **state) {
    (void)state;
    struct model *m = numbered("expected", true);
    struct strbuf once = {0}, twice = {0};
    model_write(m, NULL, NULL, NULL, &once);
    struct model *back = parse(once.data);
    model_write(back, NULL, NULL, NULL, &twice);
    assert_string_equal(once.data, twice.data);
    struct trace *a = make(m, 9, 5 * MS_PER_DAY, 1), *b = make(back, 9, 5 * MS_PER_DAY, 1);
    assert_true(trace_digest(a) == trace_digest(b));
    trace_free(a);
    trace_free(b);
    strbuf_free(&once);
    strbuf_free(&twice);
    model_free(m);
    model_free(back);
}

static void too_long_a_span_is_refused(void **state) {
    (void)state;
    struct model *m = parse(HEAD "\"blocks\": {\"tick\": \"1ms\", \"ticks\": 10, \"mean\": \"1ms\"}, \"pools\": "
                                 "[{\"name\": \"a\", \"history\": {\"capacity\": [0, 5, 1, 5]}}]}");
    struct trace *t = NULL;
    struct error e = {0};
    struct synth_options o = {.seed = 1, .span_ms = MS_PER_DAY, .threads = 1};
    assert_input_error(synth_trace(m, &o, &t, &e), &e, "too long", "records");
    model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_moment_is_used_once),
        cmocka_unit_test(no_trace_is_the_record),
        cmocka_unit_test(longer_and_shorter_traces),
        cmocka_unit_test(expected_shares_hold_on_average),
        cmocka_unit_test(hours_are_kept),
        cmocka_unit_test(pools_go_together),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(models_read_back),
        cmocka_unit_test(too_long_a_span_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
