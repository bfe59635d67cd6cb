/* SPDX-License-Identifier: Apache-2.0
 * Policies, plug-ins of the caller's own, replay; wrong calls. */
#include "tests/api/api_test.h"

#include <unistd.h>

/* A mix of the caller's own: all on demand while `now` is in the first day. */
static size_t own_size(const union sp_value *params, const struct sp_limits *limits) {
    (void)params;
    (void)limits;
    return sizeof(int64_t);
}

static void own_init(void *state, const union sp_value *params, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    *(int64_t *)state = params[0].i;
}

static int64_t own_want(void *state, const struct sp_view *view, const struct sp_counts *counts,
                        const struct sp_observation *obs, uint32_t n_obs, struct sp_want *want) {
    (void)counts;
    (void)obs;
    (void)n_obs;
    int64_t until = *(const int64_t *)state;
    bool early = view->now_ms < until;
    want->n[SP_SPOT] = early ? 0 : view->target;
    want->n[SP_ON_DEMAND] = early ? view->target : 0;
    want->base = 0;
    return early ? until : SP_FOREVER;
}

static const struct sp_param own_params[] = {
    {"until", SP_DURATION, "", 0, 1e9, "24h", "on-demand replicas until then", NULL}};
static const struct sp_policy own = {.abi = SP_ABI_VERSION,
                                     .role = SP_MIX,
                                     .name = "slow-start",
                                     .summary = "on demand first, then spot",
                                     .source = "this test",
                                     .params = own_params,
                                     .n_params = 1,
                                     .state_size = own_size,
                                     .init = own_init,
                                     .want = own_want};

static void test_policies(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    const struct sp_policy *p = NULL;
    char *text = NULL;
    must(spotsim_env_new(&env, E));
    uint32_t n = spotsim_env_policy_count(env);
    assert_true(n >= 17);
    for (uint32_t i = 0; i < n; i++) {
        const struct sp_policy *listed = spotsim_env_policy(env, i);
        must(spotsim_env_find_policy(env, listed->name, &p, E));
        assert_ptr_equal(p, listed);
        must(spotsim_policy_text(p, SPOTSIM_JSON, &text, E));
        assert_non_null(strstr(text, listed->name));
        for (uint32_t k = 0; k < listed->n_params; k++) {
            assert_true(listed->params[k].min <= listed->params[k].max);
            assert_non_null(strstr(text, listed->params[k].name));
        }
        spotsim_free(text);
    }
    assert_null(spotsim_env_policy(env, n));
    refused(SPOTSIM_INPUT, spotsim_env_find_policy(env, "skyserv", &p, E), "did you mean skyserve");
    refused(SPOTSIM_INPUT, spotsim_env_find_policy(env, "nothing like it", &p, E), "spotsim policies");
    assert_null(p);
    must(spotsim_env_load_policy(env, "docs/examples/policy_cautious.c", &p, E));
    assert_string_equal(p->name, "cautious");
    must(spotsim_env_load_policy(env, "docs/examples/policy_cautious.c", NULL, E));
    assert_int_equal(spotsim_env_policy_count(env), n + 1);
    refused(SPOTSIM_INPUT, spotsim_env_load_policy(env, "nowhere.c", &p, E), "nowhere.c");
    must(spotsim_env_policies_text(env, SPOTSIM_TEXT, &text, E));
    assert_non_null(strstr(text, "cautious"));
    spotsim_free(text);
    must(spotsim_env_policies_text(env, SPOTSIM_MARKDOWN, &text, E));
    spotsim_free(text);
    must(spotsim_env_settings_text(env, SPOTSIM_JSON, &text, E));
    assert_non_null(strstr(text, "2020-12"));
    spotsim_free(text);
    spotsim_env_free(env);
}

static void test_own_policy(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_env_add_policy(env, &own, E));
    refused(SPOTSIM_INPUT, spotsim_env_add_policy(env, &own, E), "slow-start", "already");
    struct sp_policy bad = own;
    bad.name = "bad";
    bad.want = NULL;
    refused(SPOTSIM_INPUT, spotsim_env_add_policy(env, &bad, E), "bad");
    bad = own;
    bad.abi = 99;
    refused(SPOTSIM_INPUT, spotsim_env_add_policy(env, &bad, E), "99");
    must(spotsim_scenario_set(s, "policy", "slow-start+cheapest", E));
    must(spotsim_scenario_set(s, "policy.mix.until", "12h", E));
    must(spotsim_scenario_set(s, "profile", "ideal", E));
    must(spotsim_scenario_set(s, "horizon", "2d", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));

    char path[] = "/tmp/spotsim-api-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *journal = fdopen(fd, "w");
    must(spotsim_sim_set_journal(sim, journal));
    must(spotsim_sim_run(sim, s, r, E));
    fclose(journal);
    double hours = value_of(r, "on_demand_hours");
    assert_true(hours > 47.9 && hours < 48.5);
    assert_true(value_of(r, "spot_hours") > 10);

    /* the journal replays, with the policy and not without it */
    uint64_t answers = 0;
    bool complete = false;
    char *explain = NULL;
    size_t size = 0;
    FILE *why = open_memstream(&explain, &size);
    must(spotsim_env_replay(env, path, why, &answers, &complete, E));
    fclose(why);
    assert_true(answers > 10 && complete && size > 100);
    free(explain);
    struct spotsim_env *bare = NULL;
    must(spotsim_env_new(&bare, E));
    refused(SPOTSIM_INPUT, spotsim_env_replay(bare, path, NULL, NULL, NULL, E), "slow-start");
    refused(SPOTSIM_INPUT, spotsim_env_replay(bare, "nowhere", NULL, NULL, NULL, E), "nowhere");
    spotsim_env_free(bare);
    unlink(path);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

/* Every function says MISUSE, 0 or NULL; none of them crashes. */
static void test_null(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env), *other = NULL;
    struct spotsim_trace *t = NULL, *no_trace = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    struct spotsim_study *study = NULL;
    struct spotsim_estimate estimate;
    const struct sp_policy *p = spotsim_env_policy(env, 0);
    char *text = (char *)1;
    double value = 0;
    uint32_t n = 1;
    must(spotsim_trace_new(&t, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
#define WRONG(call) refused(SPOTSIM_MISUSE, call, "spotsim_")
    WRONG(spotsim_env_new(NULL, E));
    WRONG(spotsim_env_add_trace(NULL, "a", t, E));
    WRONG(spotsim_env_set_trace_cache(NULL, "a", 0, 0, E));
    WRONG(spotsim_env_add_trace(env, NULL, t, E));
    WRONG(spotsim_env_add_trace(env, "a", NULL, E));
    WRONG(spotsim_env_add_trace(env, "a", t, E)); /* not finished */
    WRONG(spotsim_env_add_policy(NULL, &own, E));
    WRONG(spotsim_env_add_policy(env, NULL, E));
    WRONG(spotsim_env_load_policy(NULL, "a.c", &p, E));
    WRONG(spotsim_env_load_policy(env, NULL, &p, E));
    WRONG(spotsim_env_find_policy(NULL, "a", &p, E));
    WRONG(spotsim_env_find_policy(env, NULL, &p, E));
    WRONG(spotsim_env_find_policy(env, "a", NULL, E));
    WRONG(spotsim_env_policies_text(NULL, SPOTSIM_TEXT, &text, E));
    WRONG(spotsim_env_policies_text(env, SPOTSIM_CSV, &text, E));
    assert_null(text);
    WRONG(spotsim_env_policies_text(env, SPOTSIM_TEXT, NULL, E));
    WRONG(spotsim_policy_text(NULL, SPOTSIM_TEXT, &text, E));
    WRONG(spotsim_policy_text(spotsim_env_policy(env, 0), SPOTSIM_CSV, &text, E));
    WRONG(spotsim_env_settings_text(env, SPOTSIM_TEXT, &text, E));
    WRONG(spotsim_env_replay(NULL, "a", NULL, NULL, NULL, E));
    WRONG(spotsim_env_replay(env, NULL, NULL, NULL, NULL, E));
    WRONG(spotsim_setting_path(NULL, &text, E));
    WRONG(spotsim_trace_new(NULL, E));
    WRONG(spotsim_trace_load(NULL, 1, NULL, &no_trace, E));
    WRONG(spotsim_trace_load((const char *const[]){NULL}, 1, NULL, &no_trace, E));
    WRONG(spotsim_trace_load((const char *const[]){DEMO}, 0, NULL, &no_trace, E));
    WRONG(spotsim_trace_parse(NULL, 0, "a", NULL, &no_trace, E));
    WRONG(spotsim_trace_parse("a", 1, NULL, NULL, &no_trace, E));
    assert_null(no_trace);
    WRONG(spotsim_trace_capacity(NULL, "a", 0, NULL, NULL, 0, E));
    WRONG(spotsim_trace_capacity(t, NULL, 0, NULL, NULL, 0, E));
    WRONG(spotsim_trace_capacity(t, "a", 1, NULL, (const uint32_t[]){1}, 1, E));
    WRONG(spotsim_trace_capacity_samples(t, "a", 1, NULL, 1, E));
    WRONG(spotsim_trace_price(t, "a", 1, NULL, NULL, 1, E));
    WRONG(spotsim_trace_price_samples(t, "a", 1, NULL, 1, E));
    WRONG(spotsim_trace_place(NULL, "a", NULL, NULL, NULL, NULL, E));
    WRONG(spotsim_trace_text(t, SPOTSIM_CSV, &text, E));
    WRONG(spotsim_trace_text(NULL, SPOTSIM_CSV, &text, E));
    WRONG(spotsim_trace_finish(NULL, E));
    WRONG(spotsim_scenario_new(NULL, &other, E));
    WRONG(spotsim_scenario_new(env, NULL, E));
    WRONG(spotsim_scenario_read(env, NULL, &other, E));
    WRONG(spotsim_scenario_parse(env, NULL, 0, "a", &other, E));
    WRONG(spotsim_scenario_copy(NULL, &other, E));
    WRONG(spotsim_scenario_copy(s, NULL, E));
    assert_null(other);
    WRONG(spotsim_scenario_set(NULL, "a", "b", E));
    WRONG(spotsim_scenario_set(s, NULL, "b", E));
    WRONG(spotsim_scenario_set(s, "a", NULL, E));
    WRONG(spotsim_scenario_set_list(s, "a", NULL, 1, E));
    WRONG(spotsim_scenario_set_list(s, "a", (const char *const[]){NULL}, 1, E));
    WRONG(spotsim_scenario_set_every_pool(s, "a", NULL, E));
    WRONG(spotsim_scenario_vary(s, "a", NULL, E));
    WRONG(spotsim_scenario_set_origin(NULL, "a", E));
    WRONG(spotsim_scenario_prepare(NULL, E));
    WRONG(spotsim_scenario_add_note(s, NULL, E));
    WRONG(spotsim_scenario_text(s, SPOTSIM_JSON, &text, E)); /* not prepared */
    WRONG(spotsim_scenario_text(NULL, SPOTSIM_JSON, &text, E));
    WRONG(spotsim_sim_new(NULL, E));
    WRONG(spotsim_sim_run(NULL, s, r, E));
    WRONG(spotsim_sim_run(sim, NULL, r, E));
    WRONG(spotsim_sim_run(sim, s, NULL, E));
    WRONG(spotsim_sim_run(sim, s, r, E)); /* not prepared */
    WRONG(spotsim_result_new(NULL, E));
    WRONG(spotsim_result_value(r, "events", &value, E)); /* empty */
    WRONG(spotsim_result_value(NULL, "events", &value, E));
    WRONG(spotsim_result_value(r, NULL, &value, E));
    WRONG(spotsim_result_value(r, "events", NULL, E));
    WRONG(spotsim_result_pool_value(r, 0, "cost_usd", &value, E));
    WRONG(spotsim_result_group_value(r, 0, "full", &value, E));
    WRONG(spotsim_result_recovery(r, 0, "count", &value, E));
    WRONG(spotsim_result_text(r, SPOTSIM_TEXT, &text, E));
    WRONG(spotsim_study_new(NULL, &study, E));
    WRONG(spotsim_study_new(s, NULL, E));
    WRONG(spotsim_study_set_folder(NULL, "a", E));
    WRONG(spotsim_study_run(NULL, 1, NULL, NULL, E));
    WRONG(spotsim_study_write(NULL, NULL, E));
    WRONG(spotsim_study_value(NULL, 0, 0, "events", &value, E));
    WRONG(spotsim_study_estimate(NULL, 0, "events", &estimate, E));
    WRONG(spotsim_study_difference(NULL, 0, "events", &estimate, E));
    WRONG(spotsim_study_text(NULL, SPOTSIM_TEXT, &text, E));
#undef WRONG
    assert_int_equal(spotsim_sim_set_journal(NULL, NULL), SPOTSIM_MISUSE);
    assert_int_equal(spotsim_sim_set_explain(NULL, NULL), SPOTSIM_MISUSE);
    assert_int_equal(spotsim_sim_set_timeline(NULL, NULL, NULL), SPOTSIM_MISUSE);
    assert_int_equal(spotsim_sim_set_replication(NULL, 0), SPOTSIM_MISUSE);
    assert_int_equal(spotsim_sim_set_window(NULL, 0, 0), SPOTSIM_MISUSE);
    assert_int_equal(spotsim_scenario_prepare(NULL, NULL), SPOTSIM_MISUSE); /* no error to fill */
    assert_int_equal(spotsim_env_policy_count(NULL), 0);
    assert_null(spotsim_env_policy(NULL, 0));
    assert_int_equal(spotsim_trace_pool_count(NULL) + spotsim_trace_note_count(NULL), 0);
    assert_null(spotsim_trace_pool_name(t, 0));
    assert_null(spotsim_trace_note(t, 0));
    assert_int_equal(spotsim_trace_pool_capacity(t, 0, NULL, NULL), 0);
    assert_int_equal(spotsim_trace_pool_price(NULL, 0, NULL, NULL), 0);
    assert_true(spotsim_trace_digest(t) == 0 && spotsim_trace_span_ms(t) == 0 && spotsim_trace_pool_span_ms(t, 0) == 0);
    assert_int_equal(spotsim_scenario_note_count(NULL), 0);
    assert_null(spotsim_scenario_note(NULL, 0, NULL));
    assert_null(spotsim_scenario_pool_name(s, 0));
    assert_int_equal(spotsim_result_pool_count(NULL) + spotsim_result_group_count(r), 0);
    assert_null(spotsim_result_pool_name(r, 0));
    assert_null(spotsim_result_outages(r, SPOTSIM_OUTAGE_ANY, &n));
    assert_int_equal(n, 0);
    assert_true(spotsim_result_fingerprint(NULL) == 0);
    assert_int_equal(spotsim_result_note_count(r), 0);
    assert_null(spotsim_result_note(NULL, 0, NULL));
    assert_int_equal(spotsim_study_variant_count(NULL) + spotsim_study_axis_count(NULL), 0);
    assert_null(spotsim_study_axis_path(NULL, 0));
    assert_null(spotsim_study_axis_value(NULL, 0, 0));
    assert_null(spotsim_study_note(NULL, 0, NULL));
    assert_null(spotsim_study_folder(NULL));
    assert_int_equal(spotsim_study_replication_count(NULL), 0);
    spotsim_free(NULL);
    spotsim_study_free(NULL);
    spotsim_result_free(r);
    spotsim_result_free(NULL);
    spotsim_sim_free(sim);
    spotsim_sim_free(NULL);
    spotsim_trace_free(t);
    spotsim_trace_free(NULL);
    spotsim_scenario_free(s);
    spotsim_scenario_free(NULL);
    spotsim_env_free(env);
    spotsim_env_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_own_policy),
        cmocka_unit_test(test_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
