/* SPDX-License-Identifier: Apache-2.0
 * The real traces, where they are there: every row of the reference
 * statistics, and each trap that the data is known to hold. */
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/stat.h"

static char *at(const char *path) {
    const char *dir = test_real_traces();
    return dir ? test_path(dir, path) : NULL;
}

static struct trace *load(const char *const *paths, uint32_t n, const struct trace_options *o) {
    char *full[4] = {NULL};
    struct trace *t = NULL;
    struct error e = {0};
    for (uint32_t i = 0; i < n; i++) full[i] = at(paths[i]);
    assert_ok(trace_load((const char *const *)full, n, o, &t, NULL, &e), &e);
    for (uint32_t i = 0; i < n; i++) free(full[i]);
    return t;
}
#define LOAD(o, ...)                                                                                                   \
    load((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), o)
#define NEED_TRACES()                                                                                                  \
    if (!test_real_traces()) skip()

/* ---- the reference table -------------------------------------------------------- */

enum { MAX_COLUMNS = 20 };

static int split(char *line, char **field) {
    int n = 0;
    line[strcspn(line, "\r\n")] = '\0';
    for (char *s = line; s && n < MAX_COLUMNS;) {
        field[n++] = s;
        s = strchr(s, ',');
        if (s) *s++ = '\0';
    }
    return n;
}

static char *header_copy, *header[MAX_COLUMNS];
static int n_columns;

static const char *cell(char **row, const char *name) {
    for (int i = 0; i < n_columns; i++)
        if (strcmp(header[i], name) == 0) return row[i];
    fail_msg("no column %s", name);
    return "";
}

/* Equal to the digits that the table prints. */
static void same(char **row, const char *column, double value) {
    const char *text = cell(row, column);
    const char *dot = strchr(text, '.');
    double unit = dot ? pow(10, -(double)strlen(dot + 1)) : 1;
    if (!*text && isnan(value)) return;
    if (!*text || fabs(atof(text) - value) > 0.5001 * unit)
        fail_msg("%s: %s is %.10g, the reference says '%s'", row[0], column, value, text);
}

static void check_row(char **row) {
    struct trace_pool_stat s;
    struct error e = {0};
    char path[256];
    snprintf(path, sizeof path, "skypilot/%s", row[0]);
    struct trace *t = LOAD(NULL, path);
    const struct trace_pool *p = &t->pools[0];
    assert_int_equal(t->n_pools, 1);
    assert_ok(trace_stat_pool(p, &s, &e), &e);
    same(row, "gap_s", (double)p->gap_ms / 1000);
    same(row, "n", p->samples);
    same(row, "span_days", (double)p->span_ms / (double)MS_PER_DAY);
    same(row, "max", s.max);
    same(row, "avail_any", s.availability);
    same(row, "mean_frac", s.mean_fraction);
    same(row, "transitions", s.transitions);
    same(row, "value_changes", s.value_changes);
    same(row, "up_n", s.up.n);
    same(row, "up_mean_h", s.up.mean_h);
    same(row, "up_median_h", s.up.median_h);
    same(row, "dn_n", s.down.n);
    same(row, "dn_mean_h", s.down.mean_h);
    same(row, "dn_median_h", s.down.median_h);
    same(row, "price_n", p->price_samples);
    same(row, "price_min", s.price_min);
    same(row, "price_max", s.price_max);
    trace_free(t);
}

static void reference_statistics(void **state) {
    (void)state;
    NEED_TRACES();
    char *path = at("../reference/skypilot_trace_stats.csv"), *data, *row[MAX_COLUMNS];
    size_t size;
    struct error e = {0};
    if (file_read(path, &data, &size, &e) != OK) {
        free(path);
        printf("# skipped: no reference statistics beside the traces\n");
        skip();
    }
    char *rest = data, *line = strsep(&rest, "\n");
    header_copy = strdup(line);
    n_columns = split(header_copy, header);
    uint64_t n = 0;
    while ((line = strsep(&rest, "\n"))) {
        if (!*line) continue;
        assert_int_equal(split(line, row), n_columns);
        check_row(row);
        n++;
    }
    assert_true(n >= 25);
    test_count("rows of the reference statistics", n);
    free(header_copy);
    free(data);
    free(path);
}

/* ---- traps ------------------------------------------------------------------------ */

#define NINE "skypilot/availability/1-node/aws-02-15-2023"
#define DATED "skynomad/v100-2023-02-15"

static void nine_zones_together(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace_joint_stat j;
    struct error e = {0};
    struct trace *t = LOAD(NULL, NINE);
    assert_ok(trace_stat_joint(t, &j, &e), &e);
    assert_int_equal(j.pools, 9);
    assert_true(fabs(j.all_down - .00794) < .000005);
    assert_true(fabs(j.any_up - .99206) < .000005);
    assert_true(fabs(j.all_down / j.all_down_if_independent - 855) < 1);
    assert_true(fabs(j.correlation_same_region - .43) < .005);
    assert_true(fabs(j.correlation_across_regions - .14) < .005);
    trace_free(t);
}

static void polarity_is_the_readers_choice(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace_pool_stat up, down;
    struct error e = {0};
    struct trace_options o = {.polarity = TRACE_PREEMPTED};
    struct trace *t = LOAD(NULL, NINE "/us-east-1a_v100_1.json"), *inverted = LOAD(&o, NINE "/us-east-1a_v100_1.json");
    assert_ok(trace_stat_pool(&t->pools[0], &up, &e), &e);
    assert_ok(trace_stat_pool(&inverted->pools[0], &down, &e), &e);
    assert_true(fabs(up.availability + down.availability - 1) < 1e-12);
    assert_int_equal(up.transitions, down.transitions);
    trace_free(t);
    trace_free(inverted);
    char *counts = at("spothedge/AWS1");
    const char *paths[] = {counts};
    assert_input_error(trace_load(paths, 1, &o, &t, NULL, &e), &e, "needs a series of 0 and 1");
    free(counts);
}

static void the_step_is_not_the_resolution(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace *by_index = LOAD(NULL, NINE), *dated = LOAD(NULL, DATED);
    for (uint32_t i = 0; i < 9; i++) {
        assert_int_equal(by_index->pools[i].gap_ms, 195000);
        assert_true(llabs(by_index->pools[i].resolution_ms - 633000) <= 3000);
        assert_true(llabs(dated->pools[i].resolution_ms - 633000) <= 1000);
    }
    assert_true(fabs((double)by_index->span_ms / (double)MS_PER_DAY - 45.495) < .001);
    int64_t first_to_last = dated->span_ms - dated->pools[0].gap_ms;
    assert_true(fabs((double)first_to_last / (double)MS_PER_DAY - 45.574) < .001);
    char when[32];
    assert_string_equal(text_format_timestamp(dated->epoch_ms, when), "2023-02-15T22:08:16.000Z");
    trace_free(by_index);
    trace_free(dated);
    struct trace_options told = {.resolution_ms = 633000};
    by_index = LOAD(&told, NINE);
    assert_int_equal(by_index->pools[8].resolution_ms, 633000);
    trace_free(by_index);
    static const char *const plain[] = {"skypilot/availability/1-node/aws-10-26-2022",
                                        "skypilot/availability/16-node/aws-08-27-2023",
                                        "skypilot/preemption/1-node/aws-04-19-2023",
                                        "skypilot/preemption/1-node/gcp-04-30-2023",
                                        "skypilot/preemption/4-node/aws-08-03-2023",
                                        "spothedge/AWS1",
                                        "spothedge/AWS2"};
    for (size_t k = 0; k < sizeof plain / sizeof *plain; k++) {
        struct trace *t = LOAD(NULL, plain[k]);
        for (uint32_t i = 0; i < t->n_pools; i++) assert_int_equal(t->pools[i].resolution_ms, t->pools[i].gap_ms);
        trace_free(t);
    }
}

/* Zones of the multi-instance campaigns are not aligned by index. */
static void alignment_changes_the_answer(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace_joint_stat wrong, right;
    struct error e = {0};
    char *dir = test_temp_dir();
    char *align = test_file(dir, "align.csv", "pool,offset\nus-east-2b_v100_1,1462ticks\n");
    struct trace_options o = {.align_path = align};
    struct trace *t = LOAD(NULL, "skypilot/availability/16-node/aws-08-27-2023");
    assert_ok(trace_stat_joint(t, &wrong, &e), &e);
    trace_free(t);
    t = LOAD(&o, "skypilot/availability/16-node/aws-08-27-2023");
    assert_ok(trace_stat_joint(t, &right, &e), &e);
    print_message("across regions: %.3f unaligned, %.3f aligned\n", wrong.correlation_across_regions,
                  right.correlation_across_regions);
    assert_true(wrong.correlation_across_regions < -.25);
    assert_true(right.correlation_across_regions > .05);
    assert_int_equal(t->pools[1].span_ms, (4736 - 1462) * INT64_C(300000));
    assert_int_equal(t->pools[0].span_ms, 3247 * INT64_C(300000));
    trace_free(t);
    free(align);
    align = test_file(dir, "align.csv", "pool,offset\nus-east-1f_v100_1,1975ticks\n");
    o.align_path = align;
    t = LOAD(&o, "skypilot/preemption/4-node/aws-08-03-2023"); /* zones of different lengths */
    assert_int_equal(t->pools[1].span_ms, (5131 - 1975) * INT64_C(300000));
    assert_int_equal(t->pools[0].span_ms, 3664 * INT64_C(300000));
    assert_int_equal(t->span_ms, 3156 * INT64_C(300000));
    trace_free(t);
    free(align);
    test_remove_tree(dir);
}

/* The published slices are our aligned campaign, cut by us. */
static void aligned_is_what_others_cut(void **state) {
    (void)state;
    NEED_TRACES();
    struct error e = {0};
    char *dir = test_temp_dir();
    char *align = test_file(dir, "align.csv", "pool,offset\nus-east-1f_v100_1,1975ticks\n");
    struct trace_options o = {.align_path = align};
    struct trace *whole = LOAD(&o, "skypilot/preemption/4-node/aws-08-03-2023"), *slice = LOAD(NULL, "spothedge/AWS1");
    struct trace *cut = NULL;
    assert_ok(trace_window(whole, 0, slice->span_ms, &cut, &e), &e);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(cut->pools[i].capacity.n, slice->pools[i].capacity.n);
        assert_memory_equal(cut->pools[i].capacity.value, slice->pools[i].capacity.value,
                            cut->pools[i].capacity.n * sizeof(uint32_t));
        assert_memory_equal(cut->pools[i].capacity.at_ms, slice->pools[i].capacity.at_ms,
                            cut->pools[i].capacity.n * sizeof(int64_t));
    }
    trace_free(whole);
    trace_free(slice);
    trace_free(cut);
    free(align);
    test_remove_tree(dir);
}

static void prices_join_both_forms(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace *a = LOAD(NULL, NINE, "skynomad/v100_spot_prices.json"),
                 *b = LOAD(NULL, "skynomad/v100_spot_prices.json", DATED);
    for (uint32_t i = 0; i < 9; i++) {
        assert_true(a->pools[i].has_capacity && b->pools[i].has_capacity);
        assert_int_equal(a->pools[i].price_samples, 20158);
        assert_int_equal(a->pools[i].price.n, b->pools[i].price.n);
        assert_memory_equal(a->pools[i].price.uusd_per_h, b->pools[i].price.uusd_per_h,
                            a->pools[i].price.n * sizeof(int64_t));
    }
    trace_free(a);
    trace_free(b);
    char *prices = at("skynomad/v100_spot_prices.json");
    const char *paths[] = {prices};
    struct error e = {0};
    assert_input_error(trace_load(paths, 1, NULL, &a, NULL, &e), &e, "v100_spot_prices.json", "--gap");
    free(prices);
    struct trace_options o = {.gap_ms = 195000};
    a = LOAD(&o, "skynomad/v100_spot_prices.json");
    assert_false(a->pools[0].has_capacity);
    assert_int_equal(a->pools[0].capacity.value[0], TRACE_UNLIMITED);
    trace_free(a);
}

static void other_formats(void **state) {
    (void)state;
    NEED_TRACES();
    struct trace *t = LOAD(NULL, "aws-price-history");
    assert_int_equal(t->n_pools, 7);
    assert_int_equal(t->pools[0].price_samples, 249);
    assert_string_equal(t->pools[6].name, "us-west-2c_p3.16xlarge");
    trace_free(t);
    t = LOAD(NULL, "bamboo");
    assert_int_equal(t->n_pools, 2);
    assert_string_equal(t->pools[0].name, "g4dn-trace");
    assert_int_equal(t->pools[0].span_ms, 38760000);
    assert_int_equal(t->pools[0].capacity.value[0], 0);
    assert_int_equal(t->pools[1].span_ms, 40920000);
    assert_int_equal(t->pools[1].capacity.value[0], 18);
    trace_free(t);
    char *lifetimes = at("gcp-lifetimes/lifetimes.csv");
    const char *paths[] = {lifetimes};
    struct error e = {0};
    assert_input_error(trace_load(paths, 1, NULL, &t, NULL, &e), &e, "lifetimes.csv", "not a trace format");
    free(lifetimes);
}

static void everything_converts(void **state) {
    (void)state;
    NEED_TRACES();
    static const char *const all[] = {NINE,
                                      DATED,
                                      "skypilot/availability/1-node/aws-10-26-2022",
                                      "skypilot/availability/16-node/aws-08-27-2023",
                                      "skypilot/preemption/1-node/aws-04-19-2023",
                                      "skypilot/preemption/1-node/gcp-04-30-2023",
                                      "skypilot/preemption/4-node/aws-08-03-2023",
                                      "spothedge/AWS1",
                                      "spothedge/AWS2",
                                      "bamboo",
                                      "aws-price-history"};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        struct trace *t = LOAD(NULL, all[k]), *back = NULL;
        struct strbuf b = {0};
        struct error e = {0};
        trace_write_tidy(t, &b);
        assert_ok(trace_load_memory("t.csv", b.data, b.size, NULL, &back, NULL, &e), &e);
        assert_true(trace_digest(t) == trace_digest(back));
        strbuf_free(&b);
        trace_free(t);
        trace_free(back);
    }
    test_count("real traces converted and read back", sizeof all / sizeof *all);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference_statistics),
        cmocka_unit_test(nine_zones_together),
        cmocka_unit_test(polarity_is_the_readers_choice),
        cmocka_unit_test(the_step_is_not_the_resolution),
        cmocka_unit_test(alignment_changes_the_answer),
        cmocka_unit_test(aligned_is_what_others_cut),
        cmocka_unit_test(prices_join_both_forms),
        cmocka_unit_test(other_formats),
        cmocka_unit_test(everything_converts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
