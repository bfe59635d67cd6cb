/* SPDX-License-Identifier: Apache-2.0
 * Every trace format from memory: what it means, and what is refused. */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/trace.h"

/* Loads text as file `name`; options by name and text, NULL-terminated. */
static enum error_code load(const char *name, const char *text, struct trace **t, struct trace_notes *notes,
                            struct error *e, ...) {
    struct trace_options o = {0};
    va_list args;
    va_start(args, e);
    for (const char *option; (option = va_arg(args, const char *));)
        assert_ok(trace_option_set(&o, option, va_arg(args, const char *), e), e);
    va_end(args);
    return trace_load_memory(name, text, strlen(text), &o, t, notes, e);
}

#define LOAD(name, text, ...)                                                                                          \
    struct trace *t = NULL;                                                                                            \
    struct error e = {0};                                                                                              \
    assert_ok(load(name, text, &t, NULL, &e, __VA_ARGS__ NULL), &e)

static void check_capacity(const struct trace_pool *p, uint32_t n, const int64_t *at_s, const uint32_t *value) {
    assert_int_equal(p->capacity.n, n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(p->capacity.at_ms[i], at_s[i] * 1000);
        assert_int_equal(p->capacity.value[i], value[i]);
    }
}

/* Each row must fail and name file and place. */
struct bad {
    const char *name, *text, *where, *what;
};

static void check_bad(const struct bad *rows, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct trace *t = NULL;
        struct error e = {0};
        enum error_code rc = load(rows[i].name, rows[i].text, &t, NULL, &e, NULL);
        if (rc == OK) print_error("accepted: %s\n", rows[i].text);
        assert_input_error(rc, &e, rows[i].where, rows[i].what);
        assert_null(t);
        assert_true(strncmp(e.where, rows[i].name, strlen(rows[i].name)) == 0);
    }
    test_count("refused trace files", n);
}
#define CHECK_BAD(rows) check_bad(rows, sizeof rows / sizeof *rows)

/* ---- SkyPilot JSON ------------------------------------------------------------- */

static void skypilot_series(void **state) {
    (void)state;
    LOAD("some/us-east-1a_v100_1.json", "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [0, 0, 1, 1, 0, 1]}", );
    assert_int_equal(t->n_pools, 1);
    const struct trace_pool *p = &t->pools[0];
    assert_string_equal(p->name, "us-east-1a_v100_1");
    assert_string_equal(p->zone, "us-east-1a");
    assert_string_equal(p->region, "us-east-1");
    assert_string_equal(p->instance_type, "v100_1");
    assert_string_equal(p->cloud, "aws");
    assert_true(p->cloud_inferred);
    assert_true(p->has_capacity);
    assert_int_equal(p->samples, 6);
    assert_int_equal(p->gap_ms, 195000);
    assert_int_equal(p->resolution_ms, 195000);
    assert_int_equal(p->span_ms, 6 * 195000);
    assert_int_equal(t->span_ms, 6 * 195000);
    assert_true(t->epoch_ms == INT64_MIN);
    assert_int_equal(p->price.n, 0);
    check_capacity(p, 4, (int64_t[]){0, 390, 780, 975}, (uint32_t[]){0, 1, 0, 1});
    trace_free(t);
}

static void skypilot_counts_and_prices(void **state) {
    (void)state;
    LOAD("a.json",
         "\xef\xbb\xbf {\"data\": [4, 16, 16], \"prices\": [1.5, 1.5, 0.918], \"metadata\": {\"gap_seconds\": 30}}", );
    check_capacity(&t->pools[0], 2, (int64_t[]){0, 30}, (uint32_t[]){4, 16});
    assert_int_equal(t->pools[0].price.n, 2);
    assert_int_equal(t->pools[0].price.at_ms[1], 60000);
    assert_int_equal(t->pools[0].price.uusd_per_h[1], 918000);
    assert_int_equal(t->pools[0].price_samples, 3);
    assert_string_equal(t->pools[0].cloud, "");
    trace_free(t);
}

static void constant_series(void **state) {
    (void)state;
    LOAD("down.json", "{\"metadata\": {\"gap_seconds\": 10}, \"data\": [0, 0, 0], \"prices\": [2, 2, 2]}", );
    check_capacity(&t->pools[0], 1, (int64_t[]){0}, (uint32_t[]){0});
    assert_int_equal(t->pools[0].price.n, 1);
    trace_free(t);
}

static void options_on_samples(void **state) {
    (void)state;
    const char *text = "{\"metadata\": {\"gap_seconds\": 195}, \"data\": [0, 1, 1]}";
    {
        LOAD("a.json", text, "polarity", "preempted", );
        check_capacity(&t->pools[0], 2, (int64_t[]){0, 195}, (uint32_t[]){1, 0});
        trace_free(t);
    }
    {
        LOAD("a.json", text, "single-means", "unlimited", "gap", "300s", "cloud", "gcp", "resolution", "633s", );
        check_capacity(&t->pools[0], 2, (int64_t[]){0, 300}, (uint32_t[]){0, TRACE_UNLIMITED});
        assert_string_equal(t->pools[0].cloud, "gcp");
        assert_false(t->pools[0].cloud_inferred);
        assert_int_equal(t->pools[0].resolution_ms, 633000);
        trace_free(t);
    }
    {
        LOAD("a.json", text, "single-means", "4", "polarity", "preempted", "epoch", "2023-02-15T22:08:16Z", );
        check_capacity(&t->pools[0], 2, (int64_t[]){0, 195}, (uint32_t[]){4, 0});
        assert_int_equal(t->epoch_ms, INT64_C(1676498896000));
        trace_free(t);
    }
}

static void single_means_leaves_counts_alone(void **state) {
    (void)state;
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    assert_ok(load("a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, 2]}", &t, &notes, &e, "single-means",
                   "unlimited", NULL),
              &e);
    check_capacity(&t->pools[0], 2, (int64_t[]){0, 60}, (uint32_t[]){1, 2});
    assert_int_equal(notes.n, 1);
    assert_non_null(strstr(notes.lines[0], "--single-means changes nothing"));
    trace_notes_free(&notes);
    trace_free(t);
}

static void polarity_needs_zero_and_one(void **state) {
    (void)state;
    struct trace *t = NULL;
    struct error e = {0};
    enum error_code rc = load("a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, 2]}", &t, NULL, &e,
                              "polarity", "preempted", NULL);
    assert_input_error(rc, &e, "a.json", "sample 1", "is 2");
}

static void skypilot_bad(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, 0", "a.json:1:", "truncated"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60},\n \"data\": [1, x]}", "a.json:2:", "not valid JSON"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, NaN]}", "a.json:1:", "not valid JSON"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": []}", "data", "no samples"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}}", "data", "expected a list"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": {}}", "data", "an object"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, -1]}", "data[1]", "-1"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 0.5]}", "data[1]", "0.5"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1000001]}", "data[0]", "1000000"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, \"1\"]}", "data[1]", "a string"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, true]}", "data[1]", "true or false"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, null]}", "data[1]", "null"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 0}, \"data\": [0]}", "metadata.gap_seconds",
         "from 0.001 to 1099511627"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 1e300}, \"data\": [0]}", "metadata.gap_seconds",
         "to 1099511627, got 1e+300"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": -5}, \"data\": [0]}", "metadata.gap_seconds", "-5"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": \"60\"}, \"data\": [0]}", "metadata.gap_seconds", "a string"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 1e308}, \"data\": [0]}", "metadata.gap_seconds", "1e+308"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 1e9}, \"data\": [0, 1]}", "a.json", "longer than the limit"},
        {"a.json", "{\"metadata\": 5, \"data\": [0]}", "metadata", "a number"},
        {"a.json", "{\"metadata\": {}, \"data\": [0]}", "a.json", "--gap"},
        {"a.json", "{\"data\": [0]}", "a.json", "--gap"},
        {"a.json", "{\"data\": [0], \"data\": [1]}", "a.json", "twice"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 1], \"prices\": [1]}", "a.json",
         "1 prices but 2 capacities"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0], \"prices\": [\"1\"]}", "prices[0]",
         "a string"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0], \"prices\": [-1]}", "prices[0]", "negative"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0], \"prices\": [1e999]}", "prices[0]", "finite"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0], \"prices\": [2e6]}", "prices[0]", "limit"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0], \"prices\": 3}", "prices", "a number"},
        {"a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0]} {\"data\": [1]}", "a.json",
         "2 JSON documents"},
        {"a.json", "", "a.json", "empty"},
        {"a.json", " \n\t ", "a.json", "empty"},
        {"a.json", "[]", "a.json", "unknown kind"},
        {"a.json", "[1, 2]", "a.json", "unknown kind"},
        {"a.json", "{}", "a.json", "unknown kind"},
        {"a.json", "{\"a\": [1], \"b\": 2}", "a.json", "unknown kind"},
        {"a.json", "{\"files\": []}", "a.json", "manifest"},
        {"a.csv", "hello\nworld", "a.csv", "the first line is 'hello'"},
        {"a.csv", "pool,offset\na,1s\n", "a.csv", "--align"},
    };
    CHECK_BAD(rows);
}

/* ---- price lists ---------------------------------------------------------------- */

static void price_lists(void **state) {
    (void)state;
    LOAD("p.json", "{\"us-east-1a_x\": [1, 1, 2], \"us-east-1b_x\": [3, 3, 3]}", "gap", "60s", );
    assert_int_equal(t->n_pools, 2);
    assert_false(t->pools[0].has_capacity);
    check_capacity(&t->pools[0], 1, (int64_t[]){0}, (uint32_t[]){TRACE_UNLIMITED});
    assert_int_equal(t->pools[0].price.n, 2);
    assert_int_equal(t->pools[0].price.at_ms[1], 120000);
    assert_int_equal(t->pools[0].samples, 0);
    assert_int_equal(t->pools[0].price_samples, 3);
    assert_int_equal(t->pools[1].price.n, 1);
    assert_int_equal(t->span_ms, 180000);
    trace_free(t);
}

static void price_lists_bad(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"p.json", "{\"a\": [1, 2]}", "p.json", "--gap"},
        {"p.json", "{\"a\": []}", "p.json: a", "no samples"},
        {"p.json", "{\"a\": [1], \"a\": [1]}", "p.json", "already from p.json"},
        {"p.json", "{\"a\": [1, {}]}", "a[1]", "an object"},
        {"p.json", "{\"\": [1]}", "p.json", "empty name"},
        {"p.json", "{\"a\\nb\": [1]}", "p.json", "control character"},
    };
    CHECK_BAD(rows);
    char name[300], text[400];
    memset(name, 'x', 250);
    name[250] = '\0';
    snprintf(text, sizeof text, "{\"%s\": [1]}", name);
    static struct bad row = {"p.json", NULL, "p.json", "longer than 200 bytes"};
    row.text = text;
    check_bad(&row, 1);
}

/* ---- AWS price history -------------------------------------------------------------- */

#define ENTRY(zone, product, price, time)                                                                              \
    "{\"AvailabilityZone\": \"" zone "\", \"InstanceType\": \"p3.2xlarge\", \"ProductDescription\": \"" product        \
    "\", \"SpotPrice\": \"" price "\", \"Timestamp\": \"" time "\"}"
#define LINUX "Linux/UNIX"

static void aws_history(void **state) {
    (void)state;
    /* newest first, two pages one after the other, one entry on both */
    LOAD(
        "h.json",
        "{\"NextToken\": \"x\", \"SpotPriceHistory\": [" ENTRY("us-east-1b", LINUX, "1.2", "2020-02-20T22:00:00.000Z") ", " ENTRY(
            "us-east-1b", LINUX, "1.1",
            "2020-02-20T21:00:00.000Z") "]}\n"
                                        "{\"SpotPriceHistory\": [" ENTRY(
                                            "us-east-1b", LINUX, "1.1",
                                            "2020-02-20T21:00:00.000Z") ", " ENTRY("us-east-1b", LINUX, "1.0",
                                                                                   "2020-02-20T20:00:00+00:00") "]}", );
    assert_int_equal(t->n_pools, 1);
    const struct trace_pool *p = &t->pools[0];
    assert_string_equal(p->name, "us-east-1b_p3.2xlarge");
    assert_string_equal(p->cloud, "aws");
    assert_false(p->cloud_inferred);
    assert_string_equal(p->region, "us-east-1");
    assert_string_equal(p->zone, "us-east-1b");
    assert_string_equal(p->instance_type, "p3.2xlarge");
    assert_false(p->has_capacity);
    assert_int_equal(p->price.n, 2); /* the last change is the end */
    assert_int_equal(p->price.uusd_per_h[0], 1000000);
    assert_int_equal(p->price.uusd_per_h[1], 1100000);
    assert_int_equal(p->price.at_ms[1], 3600000);
    assert_int_equal(p->span_ms, 2 * 3600000);
    assert_int_equal(p->price_samples, 3);
    assert_int_equal(p->gap_ms, 0);
    trace_free(t);
}

static void aws_history_forms(void **state) {
    (void)state;
    static const char *const forms[] = {
        "[" ENTRY("us-east-1b", LINUX, "1", "2020-01-01T00:00:00Z") ", " ENTRY("us-east-1b", LINUX, "2",
                                                                               "2020-01-01T01:00:00Z") "]",
        "[{\"SpotPriceHistory\": [" ENTRY(
            "us-east-1b", LINUX, "2",
            "2020-01-01T01:00:00Z") "]}, {\"SpotPriceHistory\": [" ENTRY("us-east-1b", LINUX, "1",
                                                                         "2020-01-01T00:00:00Z") "]}]",
    };
    for (size_t i = 0; i < 2; i++) {
        LOAD("h.json", forms[i], );
        assert_int_equal(t->span_ms, 3600000);
        assert_int_equal(t->pools[0].price.n, 1);
        assert_int_equal(t->epoch_ms, INT64_C(1577836800000));
        trace_free(t);
    }
}

static void aws_products(void **state) {
    (void)state;
    const char *text = "[" ENTRY("us-east-1b", LINUX, "1", "2020-01-01T00:00:00Z") ", " ENTRY(
        "us-east-1b", "Windows", "5", "2020-01-01T00:30:00Z") ", " ENTRY("us-east-1b", LINUX, "2",
                                                                         "2020-01-01T01:00:00Z") "]";
    struct trace *none = NULL;
    struct error bad = {0};
    assert_input_error(load("h.json", text, &none, NULL, &bad, NULL), &bad, "h.json", "'Linux/UNIX', 'Windows'",
                       "--product");
    assert_input_error(load("h.json", text, &none, NULL, &bad, "product", "SUSE", NULL), &bad,
                       "there is none for 'SUSE'");
    LOAD("h.json", text, "product", "Linux/UNIX", );
    assert_int_equal(t->pools[0].price_samples, 2);
    assert_int_equal(t->pools[0].price.uusd_per_h[0], 1000000);
    trace_free(t);
}

static void aws_history_bad(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"h.json", "{\"SpotPriceHistory\": {}}", "h.json", "an object"},
        {"h.json", "{\"SpotPriceHistory\": []}", "h.json", "no pool"},
        {"h.json", "{\"SpotPriceHistory\": [3]}", "SpotPriceHistory[0]", "a number"},
        {"h.json", "{\"SpotPriceHistory\": [{\"SpotPrice\": \"1\"}]}", "SpotPriceHistory[0].AvailabilityZone",
         "nothing"},
        {"h.json", "{\"SpotPriceHistory\": [{\"AvailabilityZone\": 1}]}", "SpotPriceHistory[0].AvailabilityZone",
         "a number"},
        {"h.json", "[" ENTRY("z", LINUX, "1.0x", "2020-01-01T00:00:00Z") "]", "SpotPriceHistory[0]", "1.0x"},
        {"h.json", "[" ENTRY("z", LINUX, "-1", "2020-01-01T00:00:00Z") "]", "SpotPriceHistory[0]", "negative"},
        {"h.json", "[" ENTRY("z", LINUX, "NaN", "2020-01-01T00:00:00Z") "]", "SpotPriceHistory[0]", "NaN"},
        {"h.json", "[" ENTRY("z", LINUX, "1", "yesterday") "]", "SpotPriceHistory[0]", "yesterday"},
        {"h.json", "[" ENTRY("z", LINUX, "1", "0001-01-01T00:00:00Z") "]", "SpotPriceHistory[0]", "1971"},
        {"h.json", "[" ENTRY("z", LINUX, "1", "2020-01-01T00:00:00Z") "]", "h.json", "covers no time"},
        {"h.json",
         "[" ENTRY("z", LINUX, "1", "2020-01-01T00:00:00Z") ", " ENTRY("z", LINUX, "2", "2020-01-01T00:00:00Z") "]",
         "h.json", "two prices at 2020-01-01T00:00:00.000Z: 1.000000 and 2.000000"},
        {"h.json", "{\"SpotPriceHistory\": []} 5", "h.json", "a number"},
    };
    CHECK_BAD(rows);
}

/* ---- timestamped CSV --------------------------------------------------------------- */

static void timestamped(void **state) {
    (void)state;
    LOAD("us-east1-b_c3.csv",
         "date,availability\r\n2023-02-15 22:00:00,0\r\n2023-02-15 22:00:10,1\r\n\r\n2023-02-15 22:01:40,1\r\n"
         "2023-02-15 22:01:50,0\r\n", );
    const struct trace_pool *p = &t->pools[0];
    check_capacity(p, 3, (int64_t[]){0, 10, 110}, (uint32_t[]){0, 1, 0});
    assert_int_equal(p->gap_ms, 10000); /* the median of 10, 90, 10 */
    assert_int_equal(p->span_ms, 120000);
    assert_int_equal(p->samples, 4);
    assert_int_equal(t->epoch_ms, INT64_C(1676498400000));
    assert_string_equal(p->cloud, "gcp");
    assert_string_equal(p->region, "us-east1");
    trace_free(t);
}

static void timestamped_bad(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"a.csv", "date,availability\n", "a.csv", "0 samples"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00,1\n", "a.csv", "1 samples; expected at least 2"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00,1\n2023-01-01 00:00:00,1\n", "a.csv:3", "must rise"},
        {"a.csv", "date,availability\n2023-01-02 00:00:00,1\n2023-01-01 00:00:00,1\n", "a.csv:3", "must rise"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00,-1\n", "a.csv:2", "out of range"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00,0.5\n", "a.csv:2", "not a whole number"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00,nan\n", "a.csv:2", "not a number"},
        {"a.csv", "date,availability\n2023-13-01 00:00:00,1\n", "a.csv:2", "does not exist"},
        {"a.csv", "date,availability\n2023-01-01 00:00:00\n", "a.csv:2", "2 fields"},
        {"a.csv", "date,availability\n\"2023-01-01 00:00:00,1\n", "a.csv:2", "not closed"},
        {"a.csv", "date,availability\n1,2,3,4,5,6,7,8,9\n", "a.csv:2", "more than 8 fields"},
    };
    CHECK_BAD(rows);
    struct trace *t = NULL;
    struct error e = {0};
    enum error_code rc = load("a.csv", "date,availability\n2023-01-01 00:00:00,1\n2023-01-01 00:01:00,1\n", &t, NULL,
                              &e, "gap", "5s", NULL);
    assert_input_error(rc, &e, "--gap", "timestamps");
    rc = load("a.csv", "date,availability\n2023-01-01 00:00:00,1\n2023-01-01 00:01:00,1\n", &t, NULL, &e, "epoch",
              "2020-01-01 00:00:00", NULL);
    assert_input_error(rc, &e, "--epoch", "own dates");
    static const char zero[] = "date,availability\n2023-01-01\0 00:00:00,1\n";
    rc = trace_load_memory("a.csv", zero, sizeof zero - 1, NULL, &t, NULL, &e);
    assert_input_error(rc, &e, "a.csv:2", "zero byte");
    struct strbuf big = {0};
    strbuf_puts(&big, "date,availability\n");
    for (int i = 0; i < 20000; i++) strbuf_puts(&big, "x");
    rc = trace_load_memory("a.csv", big.data, big.size, NULL, &t, NULL, &e);
    assert_input_error(rc, &e, "a.csv:2", "longer than");
    strbuf_free(&big);
}

/* ---- events -------------------------------------------------------------------------- */

static void events(void **state) {
    (void)state;
    LOAD("p3-trace.csv", "1000,add,node1\n1000,add,node2\n2000,remove,node1\n3000,add,node1\n5000,remove,node2\n", );
    const struct trace_pool *p = &t->pools[0];
    check_capacity(p, 4, (int64_t[]){0, 1, 2, 3}, (uint32_t[]){0, 2, 1, 2});
    assert_int_equal(p->span_ms, 5000);
    assert_int_equal(p->samples, 0);
    assert_int_equal(p->gap_ms, 0);
    assert_int_equal(p->resolution_ms, 0);
    trace_free(t);
}

static void many_nodes(void **state) {
    (void)state;
    struct strbuf b = {0};
    for (int i = 0; i < 3000; i++) strbuf_printf(&b, "%d,add,node%d\n", i, i);
    for (int i = 0; i < 3000; i++) strbuf_printf(&b, "%d,remove,node%d\n", 3000 + i, i);
    for (int i = 0; i < 3000; i++) strbuf_printf(&b, "%d,add,node%d\n", 6000 + i, i);
    LOAD("n.csv", b.data, );
    assert_int_equal(t->pools[0].capacity.value[2999], 3000);
    assert_int_equal(t->pools[0].capacity.value[5999], 0);
    trace_free(t);
    strbuf_free(&b);
}

static void events_bad(void **state) {
    (void)state;
    static const struct bad rows[] = {
        {"n.csv", "0,add,a\n0,add,a\n", "n.csv:2", "present already"},
        {"n.csv", "0,add,a\n5,remove,b\n", "n.csv:2", "not present"},
        {"n.csv", "0,add,a\n5,remove,a\n6,remove,a\n", "n.csv:3", "not present"},
        {"n.csv", "5,add,a\n4,add,b\n", "n.csv:2", "must not fall"},
        {"n.csv", "0,add,a\n-4,add,b\n", "n.csv:2", "out of range"},
        {"n.csv", "0,add,a\n1.5,add,b\n", "n.csv:2", "not a whole number"},
        {"n.csv", "0,add,a\n1,delete,b\n", "n.csv:2", "'delete'"},
        {"n.csv", "0,add,a\n1,add\n", "n.csv:2", "3 fields"},
        {"n.csv", "0,add,a\n1,add,\n", "n.csv:2", "node name"},
        {"n.csv", "0,add,a\n0,add,b\n", "n.csv", "all events are at time 0"},
        {"n.csv", "9999999999999,add,a\n", "n.csv:1", "out of range"},
    };
    CHECK_BAD(rows);
}

/* ---- limits ---------------------------------------------------------------------- */

static void limits(void **state) {
    (void)state;
    struct trace *t = NULL;
    struct error e = {0};
    assert_input_error(trace_load_memory("big.json", "{}", (size_t)TRACE_FILE_BYTES_MAX + 1, NULL, &t, NULL, &e), &e,
                       "big.json", "256 MiB");
    struct strbuf b = {0};
    strbuf_puts(&b, "{");
    for (uint32_t i = 0; i <= TRACE_POOLS_MAX; i++) strbuf_printf(&b, "%s\"p%u\": [1]", i ? ", " : "", i);
    strbuf_puts(&b, "}");
    assert_input_error(load("p.json", b.data, &t, NULL, &e, "gap", "1s", NULL), &e, "p.json", "4096 pools");
    strbuf_free(&b);
}

/* ---- options from text ------------------------------------------------------------------ */

static void options(void **state) {
    (void)state;
    struct trace_options o = {0};
    struct error e = {0};
    assert_ok(trace_option_set(&o, "polarity", "up", &e), &e);
    assert_ok(trace_option_set(&o, "single-means", "one", &e), &e);
    assert_int_equal(o.single_means, 1);
    assert_ok(trace_option_set(&o, "single-means", "as written", &e), &e);
    assert_int_equal(o.single_means, 0);
    assert_ok(trace_option_set(&o, "align", "x.csv", &e), &e);
    assert_input_error(trace_option_set(&o, "polarity", "down", &e), &e, "--polarity", "'down'");
    assert_input_error(trace_option_set(&o, "single-means", "0", &e), &e, "--single-means", "'0'");
    assert_input_error(trace_option_set(&o, "single-means", "many", &e), &e, "--single-means", "'many'");
    assert_input_error(trace_option_set(&o, "gap", "0s", &e), &e, "--gap", "more than 0");
    assert_input_error(trace_option_set(&o, "gap", "soon", &e), &e, "--gap", "soon");
    assert_input_error(trace_option_set(&o, "cloud", "", &e), &e, "--cloud", "nothing");
    assert_input_error(trace_option_set(&o, "epoch", "1 May", &e), &e, "--epoch", "1 May");
    assert_input_error(trace_option_set(&o, "epoch", "0001-01-01 00:00:00", &e), &e, "--epoch", "1971");
    assert_input_error(trace_option_set(&o, "polarty", "up", &e), &e, "did you mean --polarity");
    assert_input_error(trace_option_set(&o, "zzzzzzzz", "up", &e), &e, "no such option");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skypilot_series),
        cmocka_unit_test(skypilot_counts_and_prices),
        cmocka_unit_test(constant_series),
        cmocka_unit_test(options_on_samples),
        cmocka_unit_test(single_means_leaves_counts_alone),
        cmocka_unit_test(polarity_needs_zero_and_one),
        cmocka_unit_test(skypilot_bad),
        cmocka_unit_test(price_lists),
        cmocka_unit_test(price_lists_bad),
        cmocka_unit_test(aws_history),
        cmocka_unit_test(aws_history_forms),
        cmocka_unit_test(aws_products),
        cmocka_unit_test(aws_history_bad),
        cmocka_unit_test(timestamped),
        cmocka_unit_test(timestamped_bad),
        cmocka_unit_test(events),
        cmocka_unit_test(many_nodes),
        cmocka_unit_test(events_bad),
        cmocka_unit_test(limits),
        cmocka_unit_test(options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
