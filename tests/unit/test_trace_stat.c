/* SPDX-License-Identifier: Apache-2.0
 * Statistics and pictures of traces; names of zones; the probing interval. */
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "base/random.h"
#include "base/text.h"
#include "traces/identity.h"
#include "traces/report.h"
#include "traces/stat.h"

#define HEAD "# spotsim-trace 1\ntime,pool,capacity,price\n"
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-12)

static struct trace *load_text(const char *name, const char *text, struct trace_notes *notes) {
    struct trace *t = NULL;
    struct error e = {0};
    assert_ok(trace_load_memory(name, text, strlen(text), NULL, &t, notes, &e), &e);
    return t;
}

static void one_pool(void **state) {
    (void)state;
    struct error e = {0};
    struct trace_pool_stat s;
    /* up 0-10, 0 to 20, 4 to 30, 2 to 60, 0 to 70, 4 to 100 */
    struct trace *t =
        load_text("t.csv", HEAD "0,a,4,1\n10,a,0,\n20,a,4,3\n30,a,2,\n60,a,0,\n70,a,4,\n0,b,1,\n100,b,0,\n", NULL);
    assert_ok(trace_stat_pool(&t->pools[0], &s, &e), &e);
    assert_int_equal(s.max, 4);
    NEAR(s.availability, 0.8);
    NEAR(s.mean_fraction, (40 + 40 + 60 + 120) / 400.0);
    assert_int_equal(s.transitions, 4);
    assert_int_equal(s.value_changes, 5);
    assert_int_equal(s.up.n, 1); /* first and last run are left out */
    NEAR(s.up.mean_h, 40 / 3600.0);
    assert_int_equal(s.down.n, 2);
    NEAR(s.down.median_h, 10 / 3600.0);
    NEAR(s.price_min, 1);
    NEAR(s.price_max, 3);
    NEAR(s.price_mean, (20 * 1 + 80 * 3) / 100.0);
    assert_int_equal(s.price_changes, 1);
    trace_free(t);
}

static void extremes(void **state) {
    (void)state;
    struct error e = {0};
    struct trace_pool_stat s;
    struct trace *t = load_text("t.csv", HEAD "0,down,0,\n0,price,,1\n0,up,unlimited,\n0,zz,1,\n10,zz,0,\n", NULL);
    assert_ok(trace_stat_pool(&t->pools[0], &s, &e), &e);
    NEAR(s.availability, 0);
    assert_true(isnan(s.mean_fraction) && isnan(s.up.mean_h) && isnan(s.price_mean));
    assert_int_equal(s.transitions, 0);
    assert_ok(trace_stat_pool(&t->pools[2], &s, &e), &e);
    assert_int_equal(s.max, TRACE_UNLIMITED);
    NEAR(s.availability, 1);
    assert_true(isnan(s.mean_fraction));
    assert_true(isnan(trace_stat_correlation(&t->pools[0], &t->pools[2], t->span_ms)));
    struct trace_joint_stat j;
    assert_ok(trace_stat_joint(t, &j, &e), &e);
    assert_int_equal(j.pools, 3); /* the price-only pool is not counted */
    NEAR(j.all_down, 0);
    assert_int_equal(j.pairs_same_region + j.pairs_across_regions, 0);
    assert_true(isnan(j.correlation_same_region));
    trace_free(t);
}

static void joint(void **state) {
    (void)state;
    struct error e = {0};
    struct trace_joint_stat j;
    struct trace *t = load_text("t.csv",
                                HEAD "0,us-east-1a,1,\n0,us-east-1b,1,\n0,us-west-2a,0,\n25,us-east-1a,0,\n"
                                     "25,us-west-2a,2,\n50,us-east-1a,1,\n50,us-east-1b,0,\n75,us-east-1a,0,\n"
                                     "75,us-west-2a,0,\n100,us-east-1a,1,\n",
                                NULL);
    /* a: 1 0 1 0, b: 1 1 0 0, west: 0 1 1 0 */
    assert_ok(trace_stat_joint(t, &j, &e), &e);
    assert_int_equal(j.pools, 3);
    NEAR(j.all_down, 0.25);
    NEAR(j.any_up, 0.75);
    NEAR(j.all_down_if_independent, 0.125);
    assert_int_equal(j.pairs_same_region, 1);
    assert_int_equal(j.pairs_across_regions, 2);
    NEAR(j.correlation_same_region, 0);
    NEAR(j.correlation_across_regions, 0);
    NEAR(trace_stat_correlation(&t->pools[0], &t->pools[0], t->span_ms), 1);
    trace_free(t);
}

/* The sweep over changes against a second-by-second count. */
static void joint_against_counting(void **state) {
    (void)state;
    uint64_t n = test_times(100, 2000);
    for (uint64_t seed = 0; seed < n; seed++) {
        enum { POOLS = 4, SECONDS = 200 };
        struct strbuf b = {0};
        int up[POOLS][SECONDS], all_down = 0, both = 0, count[2] = {0, 0};
        strbuf_puts(&b, HEAD);
        for (int p = 0; p < POOLS; p++)
            for (int s = 0; s < SECONDS; s++) {
                uint64_t r = random_mix(seed * 1000003 + (uint64_t)(p * SECONDS + s));
                up[p][s] = s > 0 && r % 5 ? up[p][s - 1] : (int)(r >> 8 & 1);
                strbuf_printf(&b, "%d,p%d,%d,\n", s, p, up[p][s] ? 1 + (int)(r >> 16 & 3) : 0);
            }
        strbuf_printf(&b, "%d,p0,1,\n", SECONDS);
        for (int s = 0; s < SECONDS; s++) {
            int any = 0;
            for (int p = 0; p < POOLS; p++) any |= up[p][s];
            all_down += !any;
            both += up[0][s] && up[1][s];
            for (int p = 0; p < 2; p++) count[p] += up[p][s];
        }
        struct trace *t = load_text("t.csv", b.data, NULL);
        struct trace_joint_stat j;
        struct error e = {0};
        assert_ok(trace_stat_joint(t, &j, &e), &e);
        const double seconds = (double)(int)SECONDS;
        NEAR(j.all_down, all_down / seconds);
        double a = count[0] / seconds, c = count[1] / seconds, v = a * (1 - a) * c * (1 - c);
        if (v > 0)
            NEAR(trace_stat_correlation(&t->pools[0], &t->pools[1], t->span_ms), (both / seconds - a * c) / sqrt(v));
        trace_free(t);
        strbuf_free(&b);
    }
    test_count("joint statistics against counting", n);
}

static void too_many_for_joint(void **state) {
    (void)state;
    struct strbuf b = {0};
    strbuf_puts(&b, HEAD);
    for (uint32_t i = 0; i <= TRACE_JOINT_POOLS_MAX; i++) strbuf_printf(&b, "0,p%u,1,\n10,p%u,0,\n", i, i);
    struct trace *t = load_text("t.csv", b.data, NULL);
    struct trace_joint_stat j;
    struct error e = {0};
    assert_input_error(trace_stat_joint(t, &j, &e), &e, "the limit is 512");
    strbuf_free(&b);
    assert_ok(trace_report_text(t, &b, &e), &e);
    assert_null(strstr(b.data, "all down"));
    strbuf_free(&b);
    assert_ok(trace_report_json(t, NULL, &b, &e), &e);
    assert_null(strstr(b.data, "joint"));
    strbuf_free(&b);
    trace_free(t);
}

/* ---- reports ---------------------------------------------------------------------- */

static const char mixed[] = "# spotsim-trace 1\n# epoch 2024-01-01T00:00:00Z\n"
                            "# pool {\"name\": \"us-east-1a_x\", \"gap_ms\": 1500}\n"
                            "time,pool,capacity,price\n0,us-east-1a_x,4,1.5\n30,us-east-1a_x,0,\n60,us-east-1a_x,2,2\n"
                            "0,us-east-1b_x,1,\n50,us-east-1b_x,0,\n0,p,,3\n0,u,unlimited,\n100,u,0,\n";

static void text_report(void **state) {
    (void)state;
    struct strbuf b = {0};
    struct error e = {0};
    struct trace *t = load_text("t.csv", mixed, NULL);
    assert_ok(trace_report_text(t, &b, &e), &e);
    assert_non_null(strstr(b.data, "us-east-1a_x"));
    assert_non_null(strstr(b.data, "unlimited"));
    assert_non_null(strstr(b.data, "1.500")); /* a step that is no whole number of seconds */
    assert_non_null(strstr(b.data, "3 pools over their common"));
    assert_non_null(strstr(b.data, "within a region"));
    strbuf_free(&b);
    trace_free(t);
}

static void json_report(void **state) {
    (void)state;
    struct strbuf b = {0};
    struct error e = {0};
    struct trace_notes notes;
    struct trace *t = load_text("t.csv", mixed, &notes);
    assert_ok(trace_report_json(t, &notes, &b, &e), &e);
    cJSON *o = cJSON_Parse(b.data);
    assert_non_null(o);
    assert_string_equal(cJSON_GetObjectItem(o, "epoch")->valuestring, "2024-01-01T00:00:00.000Z");
    cJSON *pools = cJSON_GetObjectItem(o, "pools");
    assert_int_equal(cJSON_GetArraySize(pools), 4);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetArrayItem(pools, 0), "capacity")));
    cJSON *capacity = cJSON_GetObjectItem(cJSON_GetArrayItem(pools, 1), "capacity");
    assert_string_equal(cJSON_GetObjectItem(capacity, "max")->valuestring, "unlimited");
    capacity = cJSON_GetObjectItem(cJSON_GetArrayItem(pools, 2), "capacity");
    assert_int_equal(cJSON_GetObjectItem(capacity, "transitions")->valueint, 2);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(o, "notes")), (int)notes.n);
    assert_true(notes.n > 0);
    cJSON_Delete(o);
    strbuf_free(&b);
    trace_notes_free(&notes);
    trace_free(t);
}

static void picture_and_data(void **state) {
    (void)state;
    struct strbuf b = {0};
    struct trace *t = load_text("t.csv", HEAD "0,a,3,1.5\n100,a,0,\n200,a,1,2\n300,a,2,\n0,bb,1,\n400,bb,0,\n", NULL);
    trace_report_picture(t, 40, &b);
    assert_non_null(strstr(b.data, " a |##########          ..........::::::::::|\n"));
    assert_non_null(strstr(b.data, "bb |########################################|\n"));
    assert_non_null(strstr(b.data, "0.11 hours"));
    strbuf_free(&b);
    trace_report_picture(t, 1, &b); /* clipped to 20 */
    assert_non_null(strstr(b.data, "bb |####################|\n"));
    strbuf_free(&b);
    trace_report_picture(t, 5000, &b); /* clipped to 1000 */
    assert_true(b.size < 2500 + 2 * 1000);
    strbuf_free(&b);
    trace_report_data(t, TRACE_CAPACITY, &b);
    assert_string_equal(b.data, "# hour capacity\n# a\n0 3\n0.027777777777777776 0\n0.05555555555555555 1\n"
                                "0.08333333333333333 2\n0.1111111111111111 2\n\n\n# bb\n0 1\n0.1111111111111111 1\n");
    strbuf_free(&b);
    trace_report_data(t, TRACE_PRICE, &b);
    assert_string_equal(b.data, "# hour price_usd_per_h\n# a\n0 1.5\n0.05555555555555555 2\n0.1111111111111111 2\n"
                                "\n\n# bb\n0 NaN\n0.1111111111111111 NaN\n");
    strbuf_free(&b);
    trace_free(t);
    t = load_text("t.csv", HEAD "0,a,unlimited,\n500000,a,0,\n", NULL);
    trace_report_picture(t, 20, &b);
    assert_non_null(strstr(b.data, "days"));
    trace_report_data(t, TRACE_CAPACITY, &b);
    assert_non_null(strstr(b.data, "\n0 -1\n"));
    strbuf_free(&b);
    trace_free(t);
}

/* ---- names ----------------------------------------------------------------------------- */

static void zone_names(void **state) {
    (void)state;
    static const char *const known[][4] = {
        {"us-east-1a", "aws", "us-east-1", "us-east-1a"},
        {"us-east-1", "aws", "us-east-1", ""},
        {"us-gov-west-1b", "aws", "us-gov-west-1", "us-gov-west-1b"},
        {"ap-southeast-2c", "aws", "ap-southeast-2", "ap-southeast-2c"},
        {"us-west-2-lax-1a", "aws", "us-west-2", "us-west-2-lax-1a"},
        {"us-east1-b", "gcp", "us-east1", "us-east1-b"},
        {"northamerica-northeast1-a", "gcp", "northamerica-northeast1", "northamerica-northeast1-a"},
        {"europe-west4", "gcp", "europe-west4", ""},
        {"eastus-1", "azure", "eastus", "eastus-1"},
        {"eastus", "azure", "eastus", "eastus"},
        {"westus2-3", "azure", "westus2", "westus2-3"},
        {"US-KS-2", "runpod", "US-KS", "US-KS-2"},
        {"EU-RO-1", "runpod", "EU-RO", "EU-RO-1"},
        {"CA-MTL-1", "runpod", "CA-MTL", "CA-MTL-1"},
    };
    static const char *const unknown[] = {
        "",
        "us",
        "us-east",
        "usa-east-1a",
        "us-east-1ab",
        "us-east-1A",
        "us-east1-bc",
        "us-east1-B",
        "eastus-12",
        "eastus-a",
        "eastmoon-1",
        "us-KS-2",
        "US-KS",
        "US-KS-",
        "US-K-2",
        "USAAA-KS-2",
        "US-KS-2a",
        "p3-trace",
        "g4dn-trace",
        "trace1",
        "-east-1a",
        "us--1a",
        "us-west-2-1",
        "us-west-2-lax-1",
        "us-west-2-LAX-1a",
        "node",
        "us-east-1-",
        "europe-west4-",
        "europe-1",
        "us-east-1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct identity id;
    const char *type;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_true(identity_of_zone(known[i][0], &id));
        assert_string_equal(id.cloud, known[i][1]);
        assert_string_equal(id.region, known[i][2]);
        assert_string_equal(id.zone, known[i][3]);
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        if (identity_of_zone(unknown[i], &id)) fail_msg("'%s' taken for %s", unknown[i], id.cloud);
    assert_true(identity_of_pool("us-east1-b_c3-88", &id, &type));
    assert_string_equal(id.zone, "us-east1-b");
    assert_string_equal(type, "c3-88");
    assert_true(identity_of_pool("us-east-1a_v100_1", &id, &type));
    assert_string_equal(type, "v100_1");
    assert_true(identity_of_pool("us-east-1a", &id, &type));
    assert_string_equal(type, "");
    assert_false(identity_of_pool("p3-trace", &id, &type));
    assert_false(
        identity_of_pool("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa_x", &id, &type));
    test_count("zone names", sizeof known / sizeof *known + sizeof unknown / sizeof *unknown);
}

/* ---- the probing interval ----------------------------------------------------------------- */

/* A process sampled every gap, as a prober that asks every `probe` sees it. */
static struct trace *probed(uint64_t seed, double gap_s, double probe_s, double hold, struct trace_notes *notes) {
    struct strbuf b = {0};
    int value = 0, last = -1;
    strbuf_printf(&b, "{\"metadata\": {\"gap_seconds\": %g}, \"data\": [", gap_s);
    for (int i = 0; i < 6000; i++) {
        int asked = (int)floor(i * gap_s / probe_s);
        if (asked != last && random_u01(random_key(seed, (uint64_t)asked)) > hold) value = !value;
        last = asked;
        strbuf_printf(&b, "%s%d", i ? "," : "", value);
    }
    strbuf_puts(&b, "]}");
    struct trace *t = load_text("a.json", b.data, notes);
    strbuf_free(&b);
    return t;
}

static void a_repeated_probe_is_found(void **state) {
    (void)state;
    static const struct {
        double gap_s, probe_s;
    } cases[] = {{195, 633}, {300, 1010}, {300, 600}, {30, 300}, {60, 150}, {10, 25}};
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t seed = 0; seed < test_times(10, 200); seed++, n++) {
            struct trace_notes notes;
            struct trace *t = probed(seed, cases[i].gap_s, cases[i].probe_s, .7, &notes);
            double found = (double)t->pools[0].resolution_ms / 1000;
            if (fabs(found / cases[i].probe_s - 1) > .02)
                fail_msg("gap %g probe %g seed %u: %g", cases[i].gap_s, cases[i].probe_s, (unsigned)seed, found);
            assert_int_equal(notes.n, 1);
            assert_non_null(strstr(notes.lines[0], "estimated"));
            trace_notes_free(&notes);
            trace_free(t);
        }
    test_count("repeated probes found", n);
}

static void no_interval_is_invented(void **state) {
    (void)state;
    uint64_t n = test_times(100, 2000);
    for (uint64_t seed = 0; seed < n; seed++) {
        double hold = .5 + .49 * random_u01(seed);
        struct trace *t = probed(seed, 300, 300, hold, NULL);
        if (t->pools[0].resolution_ms != 300000)
            fail_msg("seed %u hold %g: %d", (unsigned)seed, hold, (int)t->pools[0].resolution_ms);
        trace_free(t);
    }
    test_count("plain samplings left alone", n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pool),
        cmocka_unit_test(extremes),
        cmocka_unit_test(joint),
        cmocka_unit_test(joint_against_counting),
        cmocka_unit_test(too_many_for_joint),
        cmocka_unit_test(text_report),
        cmocka_unit_test(json_report),
        cmocka_unit_test(picture_and_data),
        cmocka_unit_test(zone_names),
        cmocka_unit_test(a_repeated_probe_is_found),
        cmocka_unit_test(no_interval_is_invented),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
