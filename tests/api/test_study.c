/* SPDX-License-Identifier: Apache-2.0
 * Studies, and several threads. */
#include "tests/api/api_test.h"

#include <math.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

static struct spotsim_scenario *study_scenario(struct spotsim_env **env) {
    struct spotsim_scenario *s = demo_scenario(env);
    must(spotsim_scenario_vary(s, "policy.mix.base", "0..2", E));
    must(spotsim_scenario_vary(s, "cold_start", "60s,5m", E));
    must(spotsim_scenario_set(s, "study.replications", "6", E));
    must(spotsim_scenario_set(s, "study.window", "3d", E));
    return s;
}

static int count_calls(void *arg, uint64_t done, uint64_t total) {
    assert_true(done <= total && total == 36);
    ++*(int *)arg;
    return 0;
}

static void test_grid(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = study_scenario(&env), *one = NULL;
    struct spotsim_study *study = NULL;
    struct spotsim_estimate x, d;
    double value = 0, sum = 0;
    int calls = 0;
    char *text = NULL;
    must(spotsim_study_new(s, &study, E));
    assert_int_equal(spotsim_study_variant_count(study), 6);
    assert_int_equal(spotsim_study_axis_count(study), 2);
    assert_string_equal(spotsim_study_axis_path(study, 0), "policy.mix.base");
    assert_string_equal(spotsim_study_axis_value(study, 3, 0), "1");
    assert_string_equal(spotsim_study_axis_value(study, 3, 1), "5m");
    assert_null(spotsim_study_axis_path(study, 2));
    assert_null(spotsim_study_axis_value(study, 6, 0));
    assert_int_equal(spotsim_study_replication_count(study), 0);
    refused(SPOTSIM_MISUSE, spotsim_study_estimate(study, 0, "cost_usd", &x, E), "spotsim_study_run");
    refused(SPOTSIM_MISUSE, spotsim_study_text(study, SPOTSIM_TEXT, &text, E), "spotsim_study_run");
    refused(SPOTSIM_MISUSE, spotsim_study_write(study, NULL, E), "spotsim_study_run");
    refused(SPOTSIM_MISUSE, spotsim_study_run(study, SPOTSIM_THREADS_MAX + 1, NULL, NULL, E), "threads");
    must(spotsim_study_run(study, 2, count_calls, &calls, E));
    assert_true(calls > 0);
    refused(SPOTSIM_MISUSE, spotsim_study_run(study, 2, NULL, NULL, E), "once");
    assert_int_equal(spotsim_study_replication_count(study), 6);
    for (uint32_t r = 0; r < 6; r++) {
        must(spotsim_study_value(study, 4, r, "cost_usd", &value, E));
        sum += value;
    }
    must(spotsim_study_estimate(study, 4, "cost_usd", &x, E));
    assert_true(x.n == 6 && fabs(x.mean - sum / 6) < 1e-9 * sum && x.low <= x.mean && x.mean <= x.high);
    must(spotsim_study_estimate(study, 0, "cost_usd", &d, E));
    double difference = x.mean - d.mean;
    must(spotsim_study_difference(study, 4, "cost_usd", &d, E));
    assert_true(fabs(d.mean - difference) < 1e-9 * sum);
    refused(SPOTSIM_MISUSE, spotsim_study_difference(study, 0, "cost_usd", &d, E), "variant 0");
    refused(SPOTSIM_MISUSE, spotsim_study_value(study, 6, 0, "cost_usd", &value, E), "no such variant");
    refused(SPOTSIM_MISUSE, spotsim_study_value(study, 0, 6, "cost_usd", &value, E), "no such replication");
    refused(SPOTSIM_INPUT, spotsim_study_value(study, 0, 0, "costs_usd", &value, E), "cost_usd");
    must(spotsim_study_text(study, SPOTSIM_CSV, &text, E));
    assert_non_null(strstr(text, "policy.mix.base"));
    spotsim_free(text);
    refused(SPOTSIM_MISUSE, spotsim_study_text(study, SPOTSIM_MARKDOWN, &text, E), "TEXT");
    refused(SPOTSIM_MISUSE, spotsim_study_write(study, NULL, E), "folder");
    assert_true(spotsim_study_note_count(study) > 0 && spotsim_study_note(study, 0, NULL));
    spotsim_study_free(study);

    /* a replication of a variant by hand: the same luck, the same number */
    must(spotsim_scenario_copy(s, &one, E));
    must(spotsim_scenario_set(one, "study", "null", E));
    must(spotsim_study_new(one, &study, E));
    must(spotsim_study_run(study, 1, NULL, NULL, E));
    must(spotsim_study_value(study, 0, 0, "cost_usd", &value, E));
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_scenario_prepare(one, E));
    must(spotsim_sim_run(sim, one, r, E));
    assert_true(value == value_of(r, "cost_usd"));
    spotsim_study_free(study);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(one);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

static void test_folder(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = study_scenario(&env);
    struct spotsim_study *study = NULL;
    char base[] = "/tmp/spotsim-api-XXXXXX", path[64], file[96], *note = NULL;
    struct stat st;
    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof path, "%s/study", base);
    must(spotsim_study_new(s, &study, E));
    assert_null(spotsim_study_folder(study));
    refused(SPOTSIM_INPUT, spotsim_study_set_folder(study, "/", E), "/");
    must(spotsim_study_set_folder(study, path, E));
    refused(SPOTSIM_MISUSE, spotsim_study_set_folder(study, path, E), "already");
    assert_int_not_equal(stat(path, &st), 0);
    must(spotsim_study_run(study, 0, NULL, NULL, E));
    must(spotsim_study_write(study, &note, E));
    spotsim_free(note);
    refused(SPOTSIM_MISUSE, spotsim_study_write(study, NULL, E), "once");
    snprintf(file, sizeof file, "%s/summary.csv", spotsim_study_folder(study));
    assert_int_equal(stat(file, &st), 0);
    spotsim_study_free(study);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", base);
    assert_int_equal(system(command), 0);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

static int stop(void *arg, uint64_t done, uint64_t total) {
    (void)done;
    (void)total;
    return ++*(int *)arg >= 2;
}

static void test_cancel(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = study_scenario(&env);
    struct spotsim_study *study = NULL;
    double value = 0;
    int calls = 0;
    must(spotsim_scenario_set(s, "study.replications", "100000", E));
    must(spotsim_study_new(s, &study, E));
    refused(SPOTSIM_CANCELED, spotsim_study_run(study, 2, stop, &calls, E), "stopped after", "600000");
    assert_int_equal(calls, 2);
    refused(SPOTSIM_MISUSE, spotsim_study_value(study, 0, 0, "cost_usd", &value, E), "spotsim_study_run");
    refused(SPOTSIM_MISUSE, spotsim_study_run(study, 2, stop, &calls, E), "once");
    spotsim_study_free(study);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

/* ---- threads ----------------------------------------------------------------- */

#define RUNS 24

struct work {
    const struct spotsim_scenario *scenario;
    uint64_t first;
    uint64_t fingerprints[RUNS];
    double cost[RUNS];
};

static void *run_some(void *arg) {
    struct work *w = arg;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    for (uint32_t i = 0; i < RUNS; i++) {
        must(spotsim_sim_set_replication(sim, w->first + i));
        must(spotsim_sim_run(sim, w->scenario, r, E));
        w->fingerprints[i] = spotsim_result_fingerprint(r);
        w->cost[i] = value_of(r, "cost_usd");
    }
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    return NULL;
}

/* Two threads on one scenario: what one thread gets. */
static void test_threads(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    must(spotsim_scenario_set(s, "policy", "skyserve(base=1)+random", E));
    must(spotsim_scenario_prepare(s, E));
    struct work alone[2] = {{.scenario = s}, {.scenario = s, .first = 12}};
    struct work together[2] = {{.scenario = s}, {.scenario = s, .first = 12}};
    pthread_t id[2];
    for (int i = 0; i < 2; i++) run_some(&alone[i]);
    for (int i = 0; i < 2; i++) assert_int_equal(pthread_create(&id[i], NULL, run_some, &together[i]), 0);
    for (int i = 0; i < 2; i++) pthread_join(id[i], NULL);
    for (int i = 0; i < 2; i++) assert_memory_equal(&alone[i], &together[i], sizeof alone[i]);
    assert_memory_equal(alone[0].fingerprints + 12, alone[1].fingerprints, 12 * sizeof alone[0].fingerprints[0]);
    assert_true(alone[0].fingerprints[0] != alone[0].fingerprints[1]);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

static void *prepare_some(void *arg) {
    struct spotsim_env *env = arg;
    for (int i = 0; i < 20; i++) {
        struct spotsim_scenario *s = NULL;
        const struct sp_policy *p = NULL;
        char base[8];
        snprintf(base, sizeof base, "%d", i % 4);
        must(spotsim_scenario_new(env, &s, E));
        must(spotsim_scenario_set(s, "trace.paths", i % 2 ? DEMO : "traces/data/demo4", E));
        must(spotsim_scenario_set(s, "target", "4", E));
        must(spotsim_scenario_set(s, "policy", "skyserve(base=1)+skypilot", E));
        must(spotsim_scenario_set(s, "policy.mix.base", base, E));
        must(spotsim_scenario_prepare(s, E));
        must(spotsim_env_find_policy(env, "skyserve", &p, E));
        spotsim_scenario_free(s);
    }
    return NULL;
}

/* An env is shared by threads that load, prepare and look up. */
static void test_shared_env(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    pthread_t id[3];
    must(spotsim_env_new(&env, E));
    for (int i = 0; i < 3; i++) assert_int_equal(pthread_create(&id[i], NULL, prepare_some, env), 0);
    for (int i = 0; i < 3; i++) pthread_join(id[i], NULL);
    spotsim_env_free(env);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grid),    cmocka_unit_test(test_folder),     cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_threads), cmocka_unit_test(test_shared_env),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
