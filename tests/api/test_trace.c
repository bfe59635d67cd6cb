/* SPDX-License-Identifier: Apache-2.0
 * Traces from files, bytes and memory. */
#include "tests/api/api_test.h"

#include <dirent.h>
#include <unistd.h>

#include <math.h>

#define HOUR INT64_C(3600000)

static void check_changes(const struct spotsim_trace *t, uint32_t pool, uint32_t n, const int64_t *at,
                          const uint32_t *value) {
    const int64_t *at_ms = NULL;
    const uint32_t *capacity = NULL;
    assert_int_equal(spotsim_trace_pool_capacity(t, pool, &at_ms, &capacity), n);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(at_ms[i], at[i]);
        assert_int_equal(capacity[i], value[i]);
    }
}

/* Samples and changes that say the same give the same trace, whatever order. */
static void test_from_memory(void **state) {
    (void)state;
    static const uint32_t samples[] = {2, 2, 0, 0, 0, 3};
    static const int64_t at[] = {0, 2 * HOUR, 5 * HOUR};
    static const uint32_t changes[] = {2, 0, 3};
    static const double price_samples[] = {1.5, 1.5, 1.25, 1.25, 1.25, 1.25};
    static const int64_t price_at[] = {0, 2 * HOUR};
    static const double price_changes[] = {1.5, 1.25};
    struct spotsim_trace *a = NULL, *b = NULL;
    must(spotsim_trace_new(&a, E));
    must(spotsim_trace_capacity_samples(a, "us-east-1a_p3.2xlarge", 6, samples, HOUR, E));
    must(spotsim_trace_price_samples(a, "us-east-1a_p3.2xlarge", 6, price_samples, HOUR, E));
    must(spotsim_trace_price(a, "lab", 2, price_at, price_changes, 7 * HOUR, E));
    must(spotsim_trace_place(a, "lab", "gcp", "us-central1", NULL, "n1", E));
    assert_int_equal(spotsim_trace_pool_count(a), 0);
    must(spotsim_trace_finish(a, E));
    must(spotsim_trace_new(&b, E));
    must(spotsim_trace_place(b, "lab", "gcp", "us-central1", NULL, "n1", E));
    must(spotsim_trace_price(b, "lab", 2, price_at, price_changes, 7 * HOUR, E));
    must(spotsim_trace_price(b, "us-east-1a_p3.2xlarge", 2, price_at, price_changes, 6 * HOUR, E));
    must(spotsim_trace_capacity(b, "us-east-1a_p3.2xlarge", 3, at, changes, 6 * HOUR, E));
    must(spotsim_trace_finish(b, E));
    for (int k = 0; k < 2; k++) {
        const struct spotsim_trace *t = k ? b : a;
        const int64_t *at_ms = NULL, *price = NULL;
        assert_int_equal(spotsim_trace_pool_count(t), 2);
        assert_string_equal(spotsim_trace_pool_name(t, 0), "lab");
        assert_string_equal(spotsim_trace_pool_name(t, 1), "us-east-1a_p3.2xlarge");
        assert_int_equal(spotsim_trace_pool_span_ms(t, 0), 7 * HOUR);
        assert_int_equal(spotsim_trace_span_ms(t), 6 * HOUR);
        check_changes(t, 0, 1, (const int64_t[]){0}, (const uint32_t[]){SPOTSIM_UNLIMITED});
        check_changes(t, 1, 3, at, changes);
        assert_int_equal(spotsim_trace_pool_price(t, 1, &at_ms, &price), 2);
        assert_int_equal(price[0], 1500000);
        assert_int_equal(price[1], 1250000);
        assert_int_equal(at_ms[1], 2 * HOUR);
        assert_int_equal(spotsim_trace_note_count(t), 2);
        assert_non_null(strstr(spotsim_trace_note(t, 0), "taken as unlimited"));
        assert_non_null(strstr(spotsim_trace_note(t, 1), "cloud aws inferred from us-east-1a"));
        assert_null(spotsim_trace_note(t, 2));
    }
    /* tidy CSV reads back to the same trace */
    char *csv = NULL;
    struct spotsim_trace *c = NULL;
    must(spotsim_trace_text(a, SPOTSIM_CSV, &csv, E));
    must(spotsim_trace_parse(csv, strlen(csv), "mine.csv", NULL, &c, E));
    assert_true(spotsim_trace_digest(a) == spotsim_trace_digest(c) && spotsim_trace_digest(a) != 0);
    spotsim_free(csv);
    spotsim_trace_free(a);
    spotsim_trace_free(b);
    spotsim_trace_free(c);
}

static void test_refusals(void **state) {
    (void)state;
    static const int64_t rising[] = {0, HOUR}, late[] = {1, HOUR}, still[] = {0, 0};
    static const uint32_t ok[] = {1, 2}, much[] = {1, 1000001};
    static const double prices[] = {1, -1}, nan_price[] = {NAN, 1};
    struct spotsim_trace *t = NULL;
    must(spotsim_trace_new(&t, E));
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, late, ok, 2 * HOUR, E), "pool 'a'", "expected 0");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, still, ok, 2 * HOUR, E), "rise");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, rising, ok, HOUR, E), "end");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, rising, ok, INT64_MAX, E), "end");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, rising, much, 2 * HOUR, E), "1000001", "1000000");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 0, rising, ok, HOUR, E), "no samples");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "", 2, rising, ok, 2 * HOUR, E), "empty name");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a\nb", 2, rising, ok, 2 * HOUR, E), "control character");
    refused(SPOTSIM_INPUT, spotsim_trace_capacity_samples(t, "a", 2, ok, 0, E), "more than 0");
    refused(SPOTSIM_INPUT, spotsim_trace_price(t, "a", 2, rising, prices, 2 * HOUR, E), "-1");
    refused(SPOTSIM_INPUT, spotsim_trace_price_samples(t, "a", 2, nan_price, HOUR, E), "pool 'a'");
    refused(SPOTSIM_INPUT, spotsim_trace_place(t, "a", "a\tb", NULL, NULL, NULL, E), "control character");
    refused(SPOTSIM_INPUT, spotsim_trace_finish(t, E), "pool 'a' has neither capacity nor price");
    refused(SPOTSIM_MISUSE, spotsim_trace_capacity(t, "a", 2, rising, ok, 2 * HOUR, E), "could not be finished");
    spotsim_trace_free(t);
    must(spotsim_trace_new(&t, E));
    refused(SPOTSIM_INPUT, spotsim_trace_finish(t, E), "no pools");
    spotsim_trace_free(t);
    must(spotsim_trace_new(&t, E));
    must(spotsim_trace_capacity(t, "a", 2, rising, ok, 2 * HOUR, E));
    refused(SPOTSIM_INPUT, spotsim_trace_capacity(t, "a", 2, rising, ok, 2 * HOUR, E), "already");
    must(spotsim_trace_finish(t, E));
    refused(SPOTSIM_MISUSE, spotsim_trace_finish(t, E), "is finished");
    refused(SPOTSIM_MISUSE, spotsim_trace_price_samples(t, "a", 1, prices, HOUR, E), "is finished");
    spotsim_trace_free(t);
}

static void test_from_files(void **state) {
    (void)state;
    struct spotsim_trace *all = NULL, *other = NULL;
    must(spotsim_trace_load((const char *const[]){DEMO}, 1, NULL, &all, E));
    assert_int_equal(spotsim_trace_pool_count(all), 9);
    assert_true(spotsim_trace_note_count(all) > 0);
    must(spotsim_trace_load((const char *const[]){DEMO}, 1, (const char *const[]){"cloud=gcp", NULL}, &other, E));
    assert_int_equal(spotsim_trace_note_count(other), 0);
    assert_true(spotsim_trace_digest(all) != spotsim_trace_digest(other));
    spotsim_trace_free(other);
    static const char zone[] = "{\"metadata\":{\"gap_seconds\":60},\"data\":[0,1,1,0]}";
    must(spotsim_trace_parse(zone, sizeof zone - 1, "us-east-1a.json",
                             (const char *const[]){"polarity=preempted", "single-means=3", NULL}, &other, E));
    check_changes(other, 0, 3, (const int64_t[]){0, 60000, 180000}, (const uint32_t[]){3, 0, 3});
    spotsim_trace_free(other);
    refused(SPOTSIM_INPUT, spotsim_trace_parse(zone, 5, "short.json", NULL, &other, E), "short.json");
    refused(SPOTSIM_INPUT, spotsim_trace_load((const char *const[]){"nowhere"}, 1, NULL, &other, E), "nowhere");
    refused(SPOTSIM_INPUT,
            spotsim_trace_load((const char *const[]){DEMO}, 1, (const char *const[]){"polarity", NULL}, &other, E),
            "NAME=VALUE");
    refused(SPOTSIM_INPUT,
            spotsim_trace_load((const char *const[]){DEMO}, 1, (const char *const[]){"polarty=up", NULL}, &other, E),
            "polarty");
    assert_null(other);
    spotsim_trace_free(all);
}

/* The same trace by its files and by its name in memory: the same run. */
static void test_in_scenarios(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_trace *t = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_run(sim, s, r, E));
    char *by_file = NULL, *by_name = NULL;
    must(spotsim_result_text(r, SPOTSIM_JSON, &by_file, E));

    must(spotsim_trace_load((const char *const[]){DEMO}, 1, NULL, &t, E));
    must(spotsim_env_add_trace(env, "demo", t, E));
    refused(SPOTSIM_INPUT, spotsim_env_add_trace(env, "demo", t, E), "demo", "already");
    refused(SPOTSIM_INPUT, spotsim_env_add_trace(env, "", t, E), "name");
    spotsim_trace_free(t); /* the env keeps it */
    must(spotsim_scenario_set(s, "trace.paths", "memory:demo", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_run(sim, s, r, E));
    must(spotsim_result_text(r, SPOTSIM_JSON, &by_name, E));
    assert_string_equal(by_file, by_name);
    spotsim_free(by_file);
    spotsim_free(by_name);

    must(spotsim_scenario_set(s, "cloud.name", "gcp", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_scenario_set(s, "cloud.name", "null", E));
    must(spotsim_scenario_set(s, "trace.paths", "memory:dmo", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "memory:dmo", "did you mean \"memory:demo\"");
    must(spotsim_scenario_set(s, "trace.paths", "memory:something else", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "memory:something else", "no trace in memory");
    must(spotsim_scenario_set_list(s, "trace.paths", (const char *const[]){"memory:demo", DEMO}, 2, E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "stands alone");
    must(spotsim_scenario_set(s, "trace.paths", "memory:demo", E));
    must(spotsim_scenario_set(s, "trace.polarity", "preempted", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "do not apply");
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

/* One run with the env's traces kept in `dir` (NULL: not), as text (the caller's). */
static char *run_kept(const char *dir) {
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    char *text = NULL;
    must(spotsim_env_set_trace_cache(env, "/nowhere at all", 0, SPOTSIM_CACHE_MAX_BYTES, E));
    must(spotsim_env_set_trace_cache(env, dir, 0, SPOTSIM_CACHE_MAX_BYTES, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_run(sim, s, r, E));
    must(spotsim_result_text(r, SPOTSIM_JSON, &text, E));
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
    return text;
}

static uint32_t remove_all(const char *dir) {
    uint32_t n = 0;
    DIR *d = opendir(dir);
    for (struct dirent *entry; d && (entry = readdir(d));)
        n += entry->d_name[0] != '.' && unlinkat(dirfd(d), entry->d_name, 0) == 0;
    if (d) closedir(d);
    rmdir(dir);
    return n;
}

static void test_kept(void **state) {
    (void)state;
    char dir[] = "/tmp/spotsim-kept-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char *plain = run_kept(NULL);
    for (int i = 0; i < 2; i++) {
        char *kept = run_kept(dir);
        assert_string_equal(plain, kept);
        spotsim_free(kept);
    }
    char *off = run_kept("");
    assert_string_equal(plain, off);
    assert_int_equal(remove_all(dir), 1);
    spotsim_free(plain);
    spotsim_free(off);
    refused(SPOTSIM_MISUSE, spotsim_env_set_trace_cache(NULL, dir, 0, 0, E), "env is NULL");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kept),       cmocka_unit_test(test_from_memory),  cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_from_files), cmocka_unit_test(test_in_scenarios),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
