/* SPDX-License-Identifier: Apache-2.0
 * Many files as one trace: folders, patterns, manifests, joins, alignment. */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "traces/trace.h"

struct box { /* a folder of small files */
    char *dir;
    uint32_t n;
    char *path[16];
};

static int open_box(void **state) {
    struct box *b = calloc(1, sizeof *b);
    b->dir = test_temp_dir();
    *state = b;
    return 0;
}

static int close_box(void **state) {
    struct box *b = *state;
    for (uint32_t i = 0; i < b->n; i++) free(b->path[i]);
    test_remove_tree(b->dir);
    free(b);
    return 0;
}

static const char *put(struct box *b, const char *name, const char *text) {
    return b->path[b->n++] = test_file(b->dir, name, text);
}

static const char *folder(struct box *b, const char *name) {
    char *path = test_path(b->dir, name);
    assert_int_equal(mkdir(path, 0777), 0);
    return b->path[b->n++] = path;
}

static struct trace *load_ok(const char *const *paths, uint32_t n, const struct trace_options *o) {
    struct trace *t = NULL;
    struct error e = {0};
    assert_ok(trace_load(paths, n, o, &t, NULL, &e), &e);
    return t;
}

#define PATHS(...) (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)
#define LOAD_FAILS(o, paths, ...)                                                                                      \
    do {                                                                                                               \
        struct trace *none_ = NULL;                                                                                    \
        struct error bad_ = {0};                                                                                       \
        assert_input_error(trace_load(paths, o, &none_, NULL, &bad_), &bad_, __VA_ARGS__);                             \
        assert_null(none_);                                                                                            \
    } while (0)

#define SAMPLES "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 1, 1, 0]}"
#define DATED "date,availability\n2023-01-01 00:00:00,1\n2023-01-01 00:01:00,0\n2023-01-01 00:02:00,1\n"

static void folder_glob_and_order(void **state) {
    struct box *b = *state;
    put(b, "us-east-1a_x.json", SAMPLES);
    put(b, "us-east-1b_x.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, 1, 1]}");
    put(b, "LICENSE", "not a trace");
    put(b, ".hidden.json", "broken");
    folder(b, "inner.json");
    char *glob = test_path(b->dir, "us-*_x.js[o]n");
    struct trace *by_folder = load_ok(PATHS(b->dir), NULL);
    struct trace *by_glob = load_ok(PATHS(glob), NULL);
    struct trace *forth = load_ok(PATHS(b->path[0], b->path[1]), NULL);
    struct trace *back = load_ok(PATHS(b->path[1], b->path[0], b->path[1], b->dir), NULL);
    assert_int_equal(by_folder->n_pools, 2);
    assert_string_equal(by_folder->pools[0].name, "us-east-1a_x");
    assert_int_equal(by_folder->span_ms, 180000);
    assert_int_equal(by_folder->pools[0].span_ms, 240000);
    assert_true(trace_digest(by_folder) == trace_digest(by_glob));
    assert_true(trace_digest(by_folder) == trace_digest(forth));
    assert_true(trace_digest(by_folder) == trace_digest(back));
    assert_int_equal(trace_find_pool(back, "us-east-1b_x"), 1);
    assert_int_equal(trace_find_pool(back, "us-east-1c_x"), -1);
    trace_free(by_folder);
    trace_free(by_glob);
    trace_free(forth);
    trace_free(back);
    free(glob);
}

static void a_path_with_pattern_characters(void **state) {
    struct box *b = *state;
    put(b, "a[1].json", SAMPLES);
    struct trace *t = load_ok(PATHS(b->path[0]), NULL);
    assert_string_equal(t->pools[0].name, "a[1]");
    trace_free(t);
}

static void bad_paths(void **state) {
    struct box *b = *state;
    char *missing = test_path(b->dir, "missing.json"), *pattern = test_path(b->dir, "*.json");
    put(b, "notes.txt", "x");
    LOAD_FAILS(NULL, PATHS(missing), "missing.json", "No such file");
    LOAD_FAILS(NULL, PATHS(pattern), "*.json", "no file matches");
    LOAD_FAILS(NULL, PATHS(b->dir), b->dir, "no trace files");
    LOAD_FAILS(NULL, PATHS(""), "empty");
    struct trace *t = NULL;
    struct error e = {0};
    assert_input_error(trace_load(NULL, 0, NULL, &t, NULL, &e), &e, "no trace");
    put(b, "locked.json", SAMPLES);
    chmod(b->path[1], 0);
    if (geteuid() != 0) LOAD_FAILS(NULL, PATHS(b->path[1]), "locked.json", "Permission denied");
    put(b, "cut.json", "{\"data\": [");
    LOAD_FAILS(NULL, PATHS(b->path[2]), "cut.json:1:11", "truncated");
    free(missing);
    free(pattern);
}

static void same_pool_twice(void **state) {
    struct box *b = *state;
    folder(b, "x");
    folder(b, "y");
    put(b, "x/a.json", SAMPLES);
    put(b, "y/a.json", SAMPLES);
    LOAD_FAILS(NULL, PATHS(b->path[3], b->path[2]), "y/a.json", "x/a.json", "capacity");
    put(b, "p.json", "{\"a\": [1, 1, 1, 1]}");
    put(b, "q.json", "{\"a\": [1, 1, 1, 1]}");
    LOAD_FAILS(NULL, PATHS(b->path[2], b->path[4], b->path[5]), "q.json", "p.json", "price");
}

/* ---- prices ------------------------------------------------------------------ */

static void prices_join_by_index(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    put(b, "b.csv", DATED);
    put(b, "p.json", "{\"a\": [1, 1, 2, 2]}");
    struct trace *t = load_ok(PATHS(b->path[2], b->path[0]), NULL);
    assert_int_equal(t->n_pools, 1);
    assert_true(t->pools[0].has_capacity);
    assert_int_equal(t->pools[0].price.n, 2);
    assert_int_equal(t->pools[0].price.at_ms[1], 120000);
    assert_int_equal(t->pools[0].price_samples, 4);
    trace_free(t);
    put(b, "q.json", "{\"b\": [1, 1, 3]}");
    t = load_ok(PATHS(b->path[1], b->path[3]), NULL); /* at the capacity's own, irregular times */
    assert_int_equal(t->pools[0].price.at_ms[1], 120000);
    assert_int_equal(t->pools[0].price.uusd_per_h[1], 3000000);
    trace_free(t);
}

static void price_lengths_must_match(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    put(b, "p.json", "{\"a\": [1, 1, 2]}");
    LOAD_FAILS(NULL, PATHS(b->path[0], b->path[1]), "p.json", "3 prices but 4 capacities", "a.json");
    put(b, "a.csv", "0,add,n\n5,remove,n\n");
    LOAD_FAILS(NULL, PATHS(b->path[2], b->path[1]), "p.json", "keeps changes, not samples");
}

static void prices_without_capacity_are_told(void **state) {
    struct box *b = *state;
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    put(b, "a.json", SAMPLES);
    put(b, "p.json", "{\"a\": [1, 1, 2, 2], \"z\": [1, 1, 1, 1]}");
    struct trace_options o = {.gap_ms = 60000};
    assert_ok(trace_load(PATHS(b->path[0], b->path[1]), &o, &t, &notes, &e), &e);
    assert_int_equal(t->n_pools, 2);
    assert_false(t->pools[1].has_capacity);
    assert_int_equal(notes.n, 1);
    assert_non_null(strstr(notes.lines[0], "without capacity (z)"));
    trace_notes_free(&notes);
    trace_free(t);
}

#define HISTORY(time1, time2)                                                                                          \
    "[{\"AvailabilityZone\": \"us-east-1c\", \"InstanceType\": \"x\", \"ProductDescription\": \"L\", \"SpotPrice\": "  \
    "\"1\", "                                                                                                          \
    "\"Timestamp\": \"" time1 "\"}, {\"AvailabilityZone\": \"us-east-1c\", \"InstanceType\": \"x\", "                  \
    "\"ProductDescription\": \"L\", \"SpotPrice\": \"2\", \"Timestamp\": \"" time2 "\"}]"

static void history_joins_dated_capacity(void **state) {
    struct box *b = *state;
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    put(b, "us-east-1c_x.csv", DATED);
    put(b, "h.json", HISTORY("2022-12-31T23:00:00Z", "2023-01-01T00:01:30Z"));
    assert_ok(trace_load(PATHS(b->path[0], b->path[1]), NULL, &t, &notes, &e), &e);
    assert_int_equal(t->n_pools, 1);
    assert_int_equal(t->pools[0].price.n, 2);
    assert_int_equal(t->pools[0].price.uusd_per_h[0], 1000000);
    assert_int_equal(t->pools[0].price.at_ms[1], 90000);
    assert_int_equal(t->pools[0].span_ms, 180000);
    assert_int_equal(notes.n, 1);
    assert_non_null(strstr(notes.lines[0], "the last price is held"));
    trace_notes_free(&notes);
    trace_free(t);
}

static void histories_merge_across_files(void **state) {
    struct box *b = *state;
    put(b, "one.json", HISTORY("2023-01-01T00:00:00Z", "2023-01-01T00:02:00Z"));
    put(b, "two.json", HISTORY("2023-01-01T00:00:00Z", "2023-01-01T00:02:00Z"));
    struct trace *one = load_ok(PATHS(b->path[0]), NULL), *both = load_ok(PATHS(b->dir), NULL);
    assert_true(trace_digest(one) == trace_digest(both));
    trace_free(one);
    trace_free(both);
    put(b, "p.json", "{\"us-east-1c_x\": [1, 2]}");
    LOAD_FAILS(NULL, PATHS(b->dir), "p.json", "price already from");
    put(b, "a.json", "{\"us-east-1c_x\": [1, 2]}"); /* the same, read first */
    LOAD_FAILS(NULL, PATHS(b->path[0], b->path[3]), "one.json", "price already from");
}

static void a_start_past_all_dates(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    const char *align = put(b, "align", "pool,offset\na,12000d\n");
    struct trace_options o = {.align_path = align, .epoch = "2999-06-01 00:00:00"};
    LOAD_FAILS(&o, PATHS(b->path[0]), "a.json", "2999");
}

static void history_that_starts_later_cuts(void **state) {
    struct box *b = *state;
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    put(b, "us-east-1c_x.csv", DATED);
    put(b, "h.json", HISTORY("2023-01-01T00:00:30Z", "2023-01-02T00:00:00Z"));
    put(b, "old.json", HISTORY("2020-01-01T00:00:30Z", "2020-01-02T00:00:00Z"));
    put(b, "new.json", HISTORY("2024-01-01T00:00:30Z", "2024-01-02T00:00:00Z"));
    assert_ok(trace_load(PATHS(b->path[0], b->path[1]), NULL, &t, &notes, &e), &e);
    assert_int_equal(t->pools[0].span_ms, 150000);
    assert_int_equal(t->pools[0].capacity.at_ms[1], 30000);
    assert_int_equal(t->epoch_ms, INT64_C(1672531230000));
    trace_notes_free(&notes);
    trace_free(t);
    LOAD_FAILS(NULL, PATHS(b->path[0], b->path[2]), "old.json", "end before its capacity");
    LOAD_FAILS(NULL, PATHS(b->path[0], b->path[3]), "us-east-1c_x.csv", "covers no time");
}

static void dates_are_not_guessed(void **state) {
    struct box *b = *state;
    put(b, "us-east-1c_x.json", SAMPLES);
    put(b, "h.json", HISTORY("2022-12-31T23:00:00Z", "2023-01-01T00:01:30Z"));
    LOAD_FAILS(NULL, PATHS(b->path[0], b->path[1]), "us-east-1c_x.json", "no dates", "--epoch", "manifest");
    struct trace_options o = {.epoch = "2023-01-01T00:00:00Z"};
    struct trace *t = load_ok(PATHS(b->path[0], b->path[1]), &o);
    assert_int_equal(t->pools[0].price.at_ms[1], 90000);
    assert_int_equal(t->epoch_ms, INT64_C(1672531200000));
    trace_free(t);
}

/* ---- alignment ------------------------------------------------------------------ */

static void dates_align_pools(void **state) {
    struct box *b = *state;
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    put(b, "a.csv", DATED);
    put(b, "b.csv", "date,availability\n2023-01-01 00:01:00,1\n2023-01-01 00:01:30,0\n2023-01-01 00:02:00,0\n");
    assert_ok(trace_load(PATHS(b->dir), NULL, &t, &notes, &e), &e);
    assert_int_equal(t->epoch_ms, INT64_C(1672531260000)); /* of the later one */
    assert_int_equal(t->pools[0].capacity.n, 2);
    assert_int_equal(t->pools[0].capacity.value[0], 0);
    assert_int_equal(t->pools[0].capacity.at_ms[1], 60000);
    assert_int_equal(t->pools[1].capacity.at_ms[1], 30000);
    assert_int_equal(t->pools[0].span_ms, 120000);
    assert_int_equal(t->pools[1].span_ms, 90000);
    assert_int_equal(notes.n, 1);
    assert_non_null(strstr(notes.lines[0], "starts with pool 'b'"));
    assert_non_null(strstr(notes.lines[0], "1m"));
    trace_notes_free(&notes);
    trace_free(t);
}

static void offsets_align_pools(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    put(b, "b.json", SAMPLES);
    put(b, "c.json", SAMPLES);
    const char *align = put(b, "align.txt", "pool,offset\n# b came late\nb,2ticks\n\"c\",60s\n");
    struct trace_options o = {.align_path = align};
    struct trace *t = load_ok(PATHS(b->dir), &o);
    /* a: 0 1 1 0 from 0; b from 120 s; c from 60 s; the trace starts at 120 s */
    assert_int_equal(t->pools[0].capacity.value[0], 1);
    assert_int_equal(t->pools[0].capacity.at_ms[1], 60000);
    assert_int_equal(t->pools[0].span_ms, 120000);
    assert_int_equal(t->pools[1].capacity.value[0], 0);
    assert_int_equal(t->pools[1].span_ms, 240000);
    assert_int_equal(t->pools[2].capacity.value[0], 1);
    assert_int_equal(t->pools[2].span_ms, 180000);
    assert_int_equal(t->span_ms, 120000);
    assert_true(t->epoch_ms == INT64_MIN);
    trace_free(t);
}

static void bad_alignment(void **state) {
    struct box *b = *state;
    const char *a = put(b, "us-east-1a.json", SAMPLES);
    const char *dated = put(b, "d.csv", DATED);
    static const struct {
        const char *text, *where, *what;
    } rows[] = {
        {"pool,offset\nus-east-1b,5s\n", "align.csv:2", "did you mean 'us-east-1a'"},
        {"pool,offset\nzzzzzzzzzzzzzz,5s\n", "align.csv:2", "no pool 'zzzzzzzzzzzzzz'"},
        {"pool,offset\nus-east-1a,5s\nus-east-1a,5s\n", "align.csv:3", "has an offset already"},
        {"pool,offset\nus-east-1a,-5s\n", "align.csv:2: offset of pool 'us-east-1a'", "negative"},
        {"pool,offset\nus-east-1a,5 ticks\n", "align.csv:2: offset of pool 'us-east-1a'", "not a duration"},
        {"pool,offset\nus-east-1a,99999999999999999ticks\n", "offset of pool 'us-east-1a'", "out of range"},
        {"pool,offset\nus-east-1a,99999999999999999999999999999ticks\n", "offset of pool 'us-east-1a'", "too long"},
        {"pool,offset\nus-east-1a\n", "align.csv:2", "2 fields"},
        {"zone,offset\n", "align.csv", "header pool,offset"},
        {"", "align.csv", "header pool,offset"},
        {"pool,offset\nd,5s\n", "align.csv:2", "an offset contradicts"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *align = test_file(b->dir, "align.csv", rows[i].text);
        struct trace_options o = {.align_path = align};
        if (strstr(rows[i].text, "\nd,"))
            LOAD_FAILS(&o, PATHS(dated), rows[i].where, rows[i].what);
        else
            LOAD_FAILS(&o, PATHS(a), rows[i].where, rows[i].what);
        free(align);
    }
    const char *events = put(b, "e.csv", "0,add,n\n5,remove,n\n");
    char *align = test_file(b->dir, "align.csv", "pool,offset\ne,5ticks\n");
    struct trace_options o = {.align_path = align};
    LOAD_FAILS(&o, PATHS(events), "offset of pool 'e'", "no sampling step");
    o.align_path = "does-not-exist.csv";
    LOAD_FAILS(&o, PATHS(events), "does-not-exist.csv", "No such file");
    free(align);
    test_count("refused alignments", sizeof rows / sizeof *rows + 2);
}

static void a_pool_that_ends_too_early(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    put(b, "b.json", SAMPLES);
    const char *align = put(b, "align", "pool,offset\nb,240s\n");
    struct trace_options o = {.align_path = align};
    LOAD_FAILS(&o, PATHS(b->dir), "align:2", "pool 'a' covers no time", "pool 'b'");
}

/* ---- manifests -------------------------------------------------------------------- */

static void manifest_names_and_places(void **state) {
    struct box *b = *state;
    folder(b, "data");
    put(b, "data/one.json", SAMPLES);
    put(b, "data/two.json", SAMPLES);
    put(b, "prices.json", HISTORY("2023-01-01T00:00:00Z", "2023-01-01T00:03:00Z"));
    put(b, "ignored.json", "broken");
    put(b, "manifest.json",
        "{\"version\": 1, \"epoch\": \"2023-01-01T00:00:00Z\", \"resolution\": 633, \"files\": ["
        "{\"file\": \"data/one.json\", \"pool\": \"east\", \"cloud\": \"gcp\", \"region\": \"r\", \"zone\": \"q\", "
        "\"instance_type\": \"big\", \"gap\": \"30s\"},"
        "{\"file\": \"data/two.json\", \"pool\": \"fancy\", \"offset\": \"1tick\", \"resolution\": \"100s\"},"
        "{\"file\": \"prices.json\", \"rename\": {\"us-east-1c_x\": \"fancy\"}, \"epoch\": "
        "\"2023-01-01T00:00:00Z\"}]}");
    struct trace *t = load_ok(PATHS(b->dir), NULL);
    struct trace *same = load_ok(PATHS(b->path[5]), NULL);
    assert_int_equal(t->n_pools, 2);
    const struct trace_pool *p = &t->pools[0];
    assert_string_equal(p->name, "east");
    assert_string_equal(p->cloud, "gcp");
    assert_string_equal(p->region, "r");
    assert_string_equal(p->zone, "q");
    assert_string_equal(p->instance_type, "big");
    assert_false(p->cloud_inferred);
    assert_int_equal(p->gap_ms, 30000);
    assert_int_equal(p->resolution_ms, 633000);
    assert_int_equal(p->capacity.value[0], 1); /* cut at 60 s: the third sample of 30 s */
    p = &t->pools[1];
    assert_string_equal(p->region, "us-east-1"); /* from the price history */
    assert_string_equal(p->zone, "us-east-1c");
    assert_string_equal(p->instance_type, "x");
    assert_int_equal(p->resolution_ms, 100000);
    assert_int_equal(p->price.n, 2);
    assert_int_equal(p->price.at_ms[1], 120000); /* 00:03, from the start at 00:01 */
    assert_int_equal(t->epoch_ms, INT64_C(1672531260000));
    assert_true(trace_digest(t) == trace_digest(same));
    trace_free(t);
    trace_free(same);
}

static void manifest_zone_alone(void **state) {
    struct box *b = *state;
    put(b, "a_big.json", SAMPLES);
    put(b, "m.json", "{\"cloud\": \"aws\", \"files\": [{\"file\": \"a_big.json\", \"zone\": \"us-east-1a\"}]}");
    struct trace *t = load_ok(PATHS(b->path[1]), NULL); /* found by content */
    assert_string_equal(t->pools[0].region, "us-east-1");
    assert_string_equal(t->pools[0].cloud, "aws");
    assert_string_equal(t->pools[0].instance_type, "");
    trace_free(t);
}

static void bad_manifests(void **state) {
    struct box *b = *state;
    put(b, "a.json", SAMPLES);
    put(b, "d.csv", DATED);
    put(b, "p.json", "{\"a\": [1, 1], \"b\": [1, 1]}");
    put(b, "inner.json", "{\"files\": [{\"file\": \"a.json\"}]}");
    static const char *const rows[][3] = {
        {"{\"files\": []}", "manifest.json: files", "at least one"},
        {"{\"files\": {}}", "manifest.json: files", "at least one"},
        {"{\"files\": [3]}", "files[0]", "a number"},
        {"{\"files\": [{}]}", "files[0]", "\"file\""},
        {"{\"files\": [{\"file\": 3}]}", "files[0].file", "a number"},
        {"{\"files\": [{\"file\": \"\"}]}", "files[0].file", "1 to 200 bytes"},
        {"{\"files\": [{\"file\": \"missing.json\"}]}", "missing.json", "No such file"},
        {"{\"files\": [{\"file\": \"a.json\", \"pol\": \"x\"}]}", "files[0].pol", "did you mean \"pool\""},
        {"{\"files\": [{\"file\": \"a.json\", \"gap\": true}]}", "files[0].gap", "expected a duration"},
        {"{\"files\": [{\"file\": \"a.json\", \"gap\": \"0s\"}]}", "files[0].gap", "more than 0"},
        {"{\"files\": [{\"file\": \"a.json\", \"gap\": \"x\"}]}", "files[0].gap", "not a duration"},
        {"{\"files\": [{\"file\": \"a.json\", \"epoch\": \"x\"}]}", "files[0].epoch", "not a date"},
        {"{\"files\": [{\"file\": \"a.json\", \"rename\": 3}]}", "files[0].rename", "expected an object"},
        {"{\"files\": [{\"file\": \"p.json\", \"rename\": {\"a\": \"c\", \"b\": \"c\"}}]}", "files[0].rename",
         "two pools are renamed to 'c'"},
        {"{\"files\": [{\"file\": \"a.json\"}, {\"file\": \"./a.json\", \"pool\": \"b\"}]}", "a.json", "listed twice"},
        {"{\"files\": [{\"file\": \"d.csv\", \"epoch\": \"2020-01-01 00:00:00\"}]}", "d.csv", "an epoch contradicts"},
        {"{\"files\": [{\"file\": \"p.json\", \"pool\": \"x\"}]}", "p.json", "several pools"},
        {"{\"files\": [{\"file\": \"inner.json\"}]}", "inner.json", "do not nest"},
        {"{\"files\": [{\"file\": \"a.json\"}], \"zone\": \"x\"}", "manifest.json: zone", "is not known"},
        {"{\"files\": [{\"file\": \"a.json\", \"cloud\": \"x\"}, {\"file\": \"p.json\", \"cloud\": \"y\"}]}", "p.json",
         "another file says 'x'"},
        {"[]", "manifest.json", "expected a manifest"},
        {"{\"files\": [", "manifest.json:1:12", "truncated"},
        {"", "manifest.json", "expected a manifest"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *path = test_file(b->dir, "manifest.json", rows[i][0]);
        LOAD_FAILS(NULL, PATHS(b->dir), rows[i][1], rows[i][2]);
        free(path);
    }
    test_count("refused manifests", sizeof rows / sizeof *rows);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_box, close_box)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(folder_glob_and_order),
        TEST(a_path_with_pattern_characters),
        TEST(bad_paths),
        TEST(same_pool_twice),
        TEST(prices_join_by_index),
        TEST(price_lengths_must_match),
        TEST(prices_without_capacity_are_told),
        TEST(history_joins_dated_capacity),
        TEST(histories_merge_across_files),
        TEST(a_start_past_all_dates),
        TEST(history_that_starts_later_cuts),
        TEST(dates_are_not_guessed),
        TEST(dates_align_pools),
        TEST(offsets_align_pools),
        TEST(bad_alignment),
        TEST(a_pool_that_ends_too_early),
        TEST(manifest_names_and_places),
        TEST(manifest_zone_alone),
        TEST(bad_manifests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
