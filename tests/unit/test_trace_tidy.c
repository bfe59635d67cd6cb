/* SPDX-License-Identifier: Apache-2.0
 * The tidy CSV: what it means, that it holds everything, what is refused.
 * Windows and digests. */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "traces/trace.h"

static struct trace *load_text(const char *text) {
    struct trace *t = NULL;
    struct error e = {0};
    assert_ok(trace_load_memory("t.csv", text, strlen(text), NULL, &t, NULL, &e), &e);
    return t;
}

static struct trace *round_trip(const struct trace *t) {
    struct strbuf b = {0};
    struct trace *back = NULL;
    struct error e = {0};
    trace_write_tidy(t, &b);
    assert_false(b.failed);
    assert_ok(trace_load_memory("t.csv", b.data, b.size, NULL, &back, NULL, &e), &e);
    struct strbuf again = {0};
    trace_write_tidy(back, &again);
    assert_string_equal(b.data, again.data);
    strbuf_free(&b);
    strbuf_free(&again);
    return back;
}

static void by_hand(void **state) {
    (void)state;
    struct trace *t = load_text("# spotsim-trace 1\n"
                                "# a comment\n"
                                "# epoch 2023-02-15T22:08:16.000Z\n"
                                "time,pool,capacity,price\n"
                                "0,us-east-1a_x,4,0.918\n"
                                "0,\"od\"\"d, pool\",unlimited,\n"
                                "10.5,us-east-1a_x,,1\n"
                                "20.25,us-east-1a_x,0,\n"
                                "3600,\"od\"\"d, pool\",2,\n");
    assert_int_equal(t->n_pools, 2);
    const struct trace_pool *odd = &t->pools[0], *p = &t->pools[1];
    assert_string_equal(odd->name, "od\"d, pool");
    assert_string_equal(p->zone, "us-east-1a");
    assert_string_equal(p->cloud, "aws");
    assert_true(p->cloud_inferred);
    assert_int_equal(p->capacity.n, 2);
    assert_int_equal(p->capacity.at_ms[1], 20250);
    assert_int_equal(p->price.uusd_per_h[0], 918000);
    assert_int_equal(p->price.at_ms[1], 10500);
    assert_int_equal(p->span_ms, 3600000); /* to the last time in the file */
    assert_int_equal(odd->capacity.value[0], TRACE_UNLIMITED);
    assert_int_equal(odd->capacity.n, 1);
    assert_int_equal(t->epoch_ms, INT64_C(1676498896000));
    struct trace *back = round_trip(t);
    assert_true(trace_digest(t) == trace_digest(back));
    trace_free(t);
    trace_free(back);
}

static void described(void **state) {
    (void)state;
    struct trace *t = load_text(
        "# spotsim-trace 1\n"
        "# pool {\"name\": \"us-east-1a_x\", \"cloud\": \"\", \"region\": \"r\", \"zone\": \"\", \"type\": \"t\", "
        "\"cloud_inferred\": false, \"gap_ms\": 195000, \"resolution_ms\": 633000, \"span_ms\": 400000, "
        "\"samples\": 3, \"price_samples\": 0}\n"
        "time,pool,capacity,price\n0,us-east-1a_x,1,\n195,us-east-1a_x,0,\n");
    const struct trace_pool *p = &t->pools[0];
    assert_string_equal(p->cloud, ""); /* nothing is inferred against what is written */
    assert_string_equal(p->region, "r");
    assert_string_equal(p->zone, "");
    assert_string_equal(p->instance_type, "t");
    assert_int_equal(p->gap_ms, 195000);
    assert_int_equal(p->resolution_ms, 633000);
    assert_int_equal(p->span_ms, 400000);
    assert_int_equal(p->samples, 3);
    assert_true(t->epoch_ms == INT64_MIN);
    struct trace *back = round_trip(t);
    assert_true(trace_digest(t) == trace_digest(back));
    trace_free(t);
    trace_free(back);
}

/* A first row after time 0 moves the start, as in every other format. */
static void a_late_first_row(void **state) {
    (void)state;
    struct trace *t = load_text("# spotsim-trace 1\ntime,pool,capacity,price\n0,a,1,\n5,a,0,2\n9,b,3,\n20,b,4,\n");
    assert_int_equal(t->pools[0].capacity.value[0], 0);
    assert_int_equal(t->pools[0].span_ms, 11000);
    trace_free(t);
}

struct bad {
    const char *text, *where, *what;
};
#define HEAD "# spotsim-trace 1\ntime,pool,capacity,price\n"

static void refused(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"# spotsim-trace 2\n", "t.csv:1", "version"},
        {"# spotsim-trace 1\n", "t.csv", "no rows"},
        {HEAD, "t.csv", "no rows"},
        {"# spotsim-trace 1\ntime,pool,price\n", "t.csv:2", "expected the header"},
        {HEAD "0,a,1\n", "t.csv:3", "4 fields"},
        {HEAD "0,a,,\n", "t.csv:3", "neither capacity nor price"},
        {HEAD "-1,a,1,\n", "t.csv:3", "not a time"},
        {HEAD "1e3,a,1,\n", "t.csv:3", "not a time"},
        {HEAD "1.,a,1,\n", "t.csv:3", "not a time"},
        {HEAD "1.0001,a,1,\n", "t.csv:3", "up to 3 decimals"},
        {HEAD "9999999999,a,1,\n", "t.csv:3", "past the limit"},
        {HEAD "0,a,-1,\n", "t.csv:3", "out of range"},
        {HEAD "0,a,1.5,\n", "t.csv:3", "not a whole number"},
        {HEAD "0,a,infinite,\n", "t.csv:3", "not a number"},
        {HEAD "0,a,1,nan\n", "t.csv:3", "not a price"},
        {HEAD "0,a,1,-2\n", "t.csv:3", "negative"},
        {HEAD "0,a,1,\n0,a,2,\n", "t.csv:4", "must rise"},
        {HEAD "5,a,1,\n4,a,2,\n", "t.csv:4", "must rise"},
        {HEAD "0,,1,\n", "t.csv:3", "empty name"},
        {HEAD "0,a,1,\n", "t.csv", "covers no time"},
        {HEAD "0,a,1,\n9,a,2,\n9,b,1,\n", "t.csv", "the capacity of pool 'b' covers no time"},
        {HEAD "0,a,1,\n9,a,2,0.5\n", "t.csv", "the price of pool 'a' covers no time"},
        {"# spotsim-trace 1\n# epoch soon\n", "t.csv:2", "soon"},
        {"# spotsim-trace 1\n# pool 5\n", "t.csv:2", "JSON object"},
        {"# spotsim-trace 1\n# pool {\n", "t.csv:2", "JSON object"},
        {"# spotsim-trace 1\n# pool {}\n", "t.csv:2", "name"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"cloud\": 3}\n", "t.csv:2: cloud", "a number"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"cloud_inferred\": 3}\n", "t.csv:2: cloud_inferred", "a number"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"gap_ms\": 0.5}\n", "t.csv:2: gap_ms", "whole number"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"span_ms\": -5}\n", "t.csv:2: span_ms", "whole number"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"samples\": \"5\"}\n", "t.csv:2: samples", "whole number"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\"}\n# pool {\"name\": \"a\"}\n", "t.csv:3", "twice"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\"}\n", "t.csv", "has no rows"},
        {"# spotsim-trace 1\n# pool {\"name\": \"a\", \"span_ms\": 5000}\ntime,pool,capacity,price\n5,a,1,\n",
         "t.csv:4", "not before the end"},
        {"# spotsim-trace 1\ntime,pool,capacity,price\n# spotsim-trace 1\n# spotsim-trace 3\n", "t.csv:4", "version"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct trace *t = NULL;
        struct error e = {0};
        enum error_code rc = trace_load_memory("t.csv", rows[i].text, strlen(rows[i].text), NULL, &t, NULL, &e);
        if (rc == OK) print_error("accepted: %s\n", rows[i].text);
        assert_input_error(rc, &e, rows[i].where, rows[i].what);
        assert_null(t);
    }
    test_count("refused tidy files", sizeof rows / sizeof *rows);
}

static void preempted_polarity_refuses_unlimited(void **state) {
    (void)state;
    struct trace *t = NULL;
    struct error e = {0};
    struct trace_options o = {.polarity = TRACE_PREEMPTED};
    const char *text = HEAD "0,a,unlimited,\n5,a,0,\n";
    assert_input_error(trace_load_memory("t.csv", text, strlen(text), &o, &t, NULL, &e), &e, "t.csv", "sample 0");
}

static void options_on_tidy(void **state) {
    (void)state;
    struct trace *t = NULL;
    struct error e = {0};
    const char *text = HEAD "0,a,1,\n5,a,0,\n9,a,1,\n";
    struct trace_options o = {.single_means = 7, .resolution_ms = 2000, .cloud = "runpod"};
    assert_ok(trace_load_memory("t.csv", text, strlen(text), &o, &t, NULL, &e), &e);
    assert_int_equal(t->pools[0].capacity.value[0], 7);
    assert_int_equal(t->pools[0].resolution_ms, 2000);
    assert_string_equal(t->pools[0].cloud, "runpod");
    trace_free(t);
}

/* ---- random traces --------------------------------------------------------------- */

static uint64_t draw(uint64_t *key, uint64_t below) { return random_mix((*key)++) % below; }

static void random_pool(uint64_t *key, int i, bool dated, struct strbuf *b) {
    int64_t at = 0;
    bool price = draw(key, 2), capacity = !price || draw(key, 4) > 0;
    uint64_t n = 1 + draw(key, 40);
    for (uint64_t k = 0; k < n; k++) {
        bool c = capacity && (k == 0 || draw(key, 3) > 0), p = price && (k == 0 || draw(key, 3) == 0);
        if (!c && !p) continue;
        strbuf_printf(b, "%d.%03d,%spool%d,", (int)(at / 1000), (int)(at % 1000), dated ? "us-east-1a_" : "", i);
        if (c && draw(key, 10) == 0)
            strbuf_puts(b, "unlimited");
        else if (c)
            strbuf_printf(b, "%d", (int)draw(key, 4));
        strbuf_puts(b, ",");
        if (p) strbuf_printf(b, "%d.%06d", (int)draw(key, 3), (int)draw(key, 1000000));
        strbuf_puts(b, "\n");
        at += 1 + (int64_t)draw(key, 1000000);
    }
}

static struct trace *random_trace(uint64_t key) {
    struct strbuf b = {0};
    bool dated = draw(&key, 2);
    strbuf_puts(&b, "# spotsim-trace 1\n");
    if (dated) strbuf_puts(&b, "# epoch 2024-02-29T12:00:00.001Z\n");
    strbuf_puts(&b, "time,pool,capacity,price\n");
    int n = 1 + (int)draw(&key, 6);
    for (int i = 0; i < n; i++) random_pool(&key, i, dated, &b);
    strbuf_puts(&b, "99999,zz,1,\n99999.5,zz,0,\n100000,zz,1,\n");
    /* zz starts late and would cut everything: it is dropped by starting at 0 too */
    char *late = strstr(b.data, "99999,zz");
    memcpy(late, "00000,zz", 8);
    struct trace *t = load_text(b.data);
    strbuf_free(&b);
    return t;
}

static void any_trace_round_trips(void **state) {
    (void)state;
    uint64_t n = test_times(300, 20000);
    for (uint64_t seed = 0; seed < n; seed++) {
        struct trace *t = random_trace(seed << 32);
        struct trace *back = round_trip(t);
        if (trace_digest(t) != trace_digest(back)) fail_msg("seed %u", (unsigned)seed);
        trace_free(t);
        trace_free(back);
    }
    test_count("tidy round trips", n);
}

static uint32_t capacity_at(const struct trace_pool *p, int64_t at_ms) {
    uint32_t i = 0;
    while (i + 1 < p->capacity.n && p->capacity.at_ms[i + 1] <= at_ms) i++;
    return p->capacity.value[i];
}

static int64_t price_at(const struct trace_pool *p, int64_t at_ms) {
    uint32_t i = 0;
    if (!p->price.n) return -1;
    while (i + 1 < p->price.n && p->price.at_ms[i + 1] <= at_ms) i++;
    return p->price.uusd_per_h[i];
}

static void a_window_is_the_trace_from_there(void **state) {
    (void)state;
    uint64_t n = test_times(200, 5000);
    for (uint64_t seed = 0; seed < n; seed++) {
        uint64_t key = seed ^ 0x77777;
        struct trace *t = random_trace(seed << 32), *w = NULL;
        struct error e = {0};
        int64_t start = (int64_t)draw(&key, (uint64_t)t->span_ms),
                length = 1 + (int64_t)draw(&key, (uint64_t)(t->span_ms - start));
        assert_ok(trace_window(t, start, length, &w, &e), &e);
        assert_int_equal(w->span_ms, length);
        assert_int_equal(w->n_pools, t->n_pools);
        if (t->epoch_ms != INT64_MIN) assert_int_equal(w->epoch_ms, t->epoch_ms + start);
        for (uint32_t i = 0; i < t->n_pools; i++) {
            const struct trace_pool *p = &w->pools[i];
            assert_int_equal(p->capacity.at_ms[0], 0);
            for (uint32_t k = 1; k < p->capacity.n; k++) {
                assert_true(p->capacity.at_ms[k] > p->capacity.at_ms[k - 1] && p->capacity.at_ms[k] < length);
                assert_true(p->capacity.value[k] != p->capacity.value[k - 1]);
            }
            for (int k = 0; k < 20; k++) {
                int64_t at = (int64_t)draw(&key, (uint64_t)length);
                assert_int_equal(capacity_at(p, at), capacity_at(&t->pools[i], start + at));
                assert_int_equal(price_at(p, at), price_at(&t->pools[i], start + at));
            }
        }
        trace_free(w);
        trace_free(t);
    }
    test_count("trace windows", n);
}

static void windows_outside_are_refused(void **state) {
    (void)state;
    struct trace *t = load_text(HEAD "0,a,1,\n10,a,0,\n"), *w = NULL;
    static const int64_t bad[][2] = {{-1, 5},    {0, 0},       {0, -1},    {0, 10001},
                                     {10001, 1}, {5000, 5001}, {10000, 1}, {1, INT64_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e = {0};
        assert_input_error(trace_window(t, bad[i][0], bad[i][1], &w, &e), &e, "window", "10000 ms");
        assert_null(w);
    }
    struct error e = {0};
    assert_ok(trace_window(t, 0, 10000, &w, &e), &e);
    assert_true(trace_digest(w) == trace_digest(t));
    trace_free(w);
    trace_free(t);
}

static void digests_tell_traces_apart(void **state) {
    (void)state;
    static const char *const texts[] = {
        HEAD "0,a,1,\n10,a,0,\n11,a,1,\n",
        HEAD "0,b,1,\n10,b,0,\n11,b,1,\n",
        HEAD "0,a,1,\n10,a,0,\n12,a,1,\n",
        HEAD "0,a,1,\n9,a,0,\n11,a,1,\n",
        HEAD "0,a,2,\n10,a,0,\n11,a,1,\n",
        HEAD "0,a,1,1\n10,a,0,\n11,a,1,\n",
        HEAD "0,a,1,2\n10,a,0,\n11,a,1,\n",
        HEAD "0,a,,2\n10,a,,1\n11,a,,2\n",
        "# spotsim-trace 1\n# epoch 2020-01-01T00:00:00Z\ntime,pool,capacity,price\n0,a,1,\n10,a,0,\n11,a,1,\n"};
    enum { N = sizeof texts / sizeof *texts };
    uint64_t digest[N];
    for (size_t i = 0; i < N; i++) {
        struct trace *t = load_text(texts[i]);
        digest[i] = trace_digest(t);
        trace_free(t);
        for (size_t j = 0; j < i; j++) assert_true(digest[i] != digest[j]);
    }
    trace_free(NULL);
    trace_notes_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(described),
        cmocka_unit_test(a_late_first_row),
        cmocka_unit_test(refused),
        cmocka_unit_test(preempted_polarity_refuses_unlimited),
        cmocka_unit_test(options_on_tidy),
        cmocka_unit_test(any_trace_round_trips),
        cmocka_unit_test(a_window_is_the_trace_from_there),
        cmocka_unit_test(windows_outside_are_refused),
        cmocka_unit_test(digests_tell_traces_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
