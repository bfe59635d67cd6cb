/* SPDX-License-Identifier: Apache-2.0
 * Scenarios, runs and results. */
#include "tests/api/api_test.h"

#include <locale.h>
#include <math.h>

/* What the program prints, or NULL when there is none to run. */
static char *program_output(const char *arguments) {
    char command[1024];
    const char *program = getenv("SPOTSIM");
    snprintf(command, sizeof command, "%s %s 2>/dev/null", program ? program : "build/spotsim", arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    char *text = NULL, chunk[4096];
    size_t size = 0, n;
    while ((n = fread(chunk, 1, sizeof chunk, pipe)) > 0) {
        text = realloc(text, size + n + 1);
        assert_non_null(text);
        memcpy(text + size, chunk, n);
        size += n;
        text[size] = '\0';
    }
    assert_int_equal(pclose(pipe), 0);
    return text;
}

static void test_version(void **state) {
    (void)state;
    assert_string_equal(spotsim_version(), SPOTSIM_VERSION);
    assert_int_equal(spotsim_version_number(), SPOTSIM_VERSION_NUMBER);
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", SPOTSIM_VERSION_NUMBER / 10000, SPOTSIM_VERSION_NUMBER / 100 % 100,
             SPOTSIM_VERSION_NUMBER % 100);
    assert_string_equal(text, SPOTSIM_VERSION);
    char *said = program_output("--version");
    assert_string_equal(said, "spotsim " SPOTSIM_VERSION "\n");
    free(said);
    static const char *const names[] = {"ok", "failed", "input", "misuse", "canceled", "?"};
    for (int code = 0; code < 6; code++) assert_string_equal(spotsim_code_name((enum spotsim_code)code), names[code]);
}

/* Result, text and journal are the bytes of the command line. */
static void test_same_as_program(void **state) {
    (void)state;
    static const struct {
        const char *set[4][2];
        const char *arguments;
    } cases[] = {
        {{{"policy", "skyserve(base=1,dynamic=true)+skypilot"}}, "--policy 'skyserve(base=1,dynamic=true)+skypilot'"},
        {{{"policy", "static-base(base=2)+even-spread"}, {"profile", "ideal"}, {"notice", "120s"}},
         "--policy 'static-base(base=2)+even-spread' --profile ideal --notice 120s"},
        {{{"policy", "spot+random"}, {"seed", "7"}, {"warmup", "1h"}}, "--policy spot+random --seed 7 --warmup 1h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spotsim_env *env = NULL;
        struct spotsim_scenario *s = demo_scenario(&env);
        struct spotsim_sim *sim = NULL;
        struct spotsim_result *r = NULL;
        for (size_t k = 0; k < 4 && cases[i].set[k][0]; k++)
            must(spotsim_scenario_set(s, cases[i].set[k][0], cases[i].set[k][1], E));
        must(spotsim_scenario_prepare(s, E));
        must(spotsim_sim_new(&sim, E));
        must(spotsim_result_new(&r, E));
        char *journal = NULL, *explain = NULL;
        size_t journal_size = 0, explain_size = 0;
        FILE *journal_file = open_memstream(&journal, &journal_size);
        FILE *explain_file = open_memstream(&explain, &explain_size);
        must(spotsim_sim_set_journal(sim, journal_file));
        must(spotsim_sim_set_explain(sim, explain_file));
        must(spotsim_sim_run(sim, s, r, E));
        fclose(journal_file);
        fclose(explain_file);

        static const char *const common = "run --trace " DEMO " --target 4 --price-on-demand 3.06";
        static const char *const outputs[] = {"--json", "", "--journal /dev/stdout | grep '^[[{]' | grep -v '^{$'",
                                              "--explain"};
        for (size_t o = 0; o < 4; o++) {
            char arguments[600], *text = NULL;
            snprintf(arguments, sizeof arguments, "%s %s %s", common, cases[i].arguments, outputs[o]);
            char *expected = program_output(arguments);
            if (o < 2) {
                must(spotsim_result_text(r, o == 0 ? SPOTSIM_JSON : SPOTSIM_TEXT, &text, E));
                assert_string_equal(text, expected);
            } else {
                const char *mine = o == 2 ? journal : explain;
                assert_true(strlen(mine) > 1000);
                assert_memory_equal(mine, expected, strlen(mine));
            }
            spotsim_free(text);
            free(expected);
        }
        free(journal);
        free(explain);
        spotsim_result_free(r);
        spotsim_sim_free(sim);
        spotsim_scenario_free(s);
        spotsim_env_free(env);
    }
}

static void test_values(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_run(sim, s, r, E));

    /* every metric has a name, a unit and a value, and they hang together */
    uint32_t n = spotsim_metric_count();
    assert_true(n > 40);
    for (uint32_t i = 0; i < n; i++) {
        assert_non_null(spotsim_metric_name(i));
        assert_non_null(spotsim_metric_unit(i));
        for (uint32_t k = 0; k < i; k++) assert_string_not_equal(spotsim_metric_name(i), spotsim_metric_name(k));
        value_of(r, spotsim_metric_name(i));
    }
    assert_null(spotsim_metric_name(n));
    assert_null(spotsim_metric_unit(n));
    assert_true(value_of(r, "availability_full") > 0.5 && value_of(r, "availability_full") < 1);
    assert_true(value_of(r, "events") > 1000);
    assert_true(spotsim_result_fingerprint(r) != 0);

    /* pools add up to the whole */
    double cost = 0, launched = 0, value = 0;
    assert_int_equal(spotsim_result_pool_count(r), spotsim_scenario_pool_count(s));
    for (uint32_t p = 0; p < spotsim_result_pool_count(r); p++) {
        assert_string_equal(spotsim_result_pool_name(r, p), spotsim_scenario_pool_name(s, p));
        must(spotsim_result_pool_value(r, p, "cost_usd", &value, E));
        cost += value;
        double spot = 0, on_demand = 0;
        must(spotsim_result_pool_value(r, p, "spot_cost_usd", &spot, E));
        must(spotsim_result_pool_value(r, p, "on_demand_cost_usd", &on_demand, E));
        assert_true(spot + on_demand == value);
        must(spotsim_result_pool_value(r, p, "spot_launched", &value, E));
        launched += value;
        must(spotsim_result_pool_value(r, p, "denied", &value, E));
    }
    assert_true(fabs(cost - value_of(r, "cost_usd")) < 1e-6 * cost);
    assert_true(launched == value_of(r, "launched_spot"));

    /* so do outages */
    uint32_t outages = 0;
    const int64_t *lengths = spotsim_result_outages(r, SPOTSIM_OUTAGE_FULL, &outages);
    double total = 0, longest = 0;
    for (uint32_t i = 0; i < outages; i++) {
        total += (double)lengths[i] / 1000;
        if ((double)lengths[i] / 1000 > longest) longest = (double)lengths[i] / 1000;
    }
    assert_true(outages > 0 && outages == value_of(r, "outages_full"));
    assert_true(fabs(total - value_of(r, "outage_full_total_s")) < 1e-6);
    assert_true(longest == value_of(r, "outage_full_longest_s"));
    double time = (double)spotsim_scenario_horizon_ms(s) / 1000;
    assert_true(fabs(1 - total / time - value_of(r, "availability_full")) < 1e-9);

    double recoveries = 0, one = 0;
    must(spotsim_result_recovery(r, 0, "count", &recoveries, E));
    for (uint32_t k = 1; k <= 64; k++) {
        must(spotsim_result_recovery(r, k, "count", &one, E));
        recoveries -= one;
    }
    assert_true(recoveries == 0);
    assert_int_equal(spotsim_result_group_count(r), 0);

    refused(SPOTSIM_INPUT, spotsim_result_value(r, "availability_ful", &value, E), "availability_ful",
            "did you mean \"availability_full\"");
    assert_true(isnan(value));
    refused(SPOTSIM_INPUT, spotsim_result_pool_value(r, 0, "cost", &value, E), "no metric \"cost\"");
    refused(SPOTSIM_INPUT, spotsim_result_recovery(r, 1, "maen_s", &value, E), "mean_s");
    refused(SPOTSIM_MISUSE, spotsim_result_recovery(r, 65, "mean_s", &value, E), "64");
    refused(SPOTSIM_MISUSE, spotsim_result_pool_value(r, 99, "cost_usd", &value, E), "no such pool");
    refused(SPOTSIM_MISUSE, spotsim_result_group_value(r, 0, "full", &value, E), "no such group");
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

static void test_groups(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_scenario_set(s, "fleet.groups",
                              "[{\"name\":\"east\",\"pools\":[\"us-east-*\"],\"share\":0.5},"
                              "{\"name\":\"west\",\"pools\":[\"us-west-*\"],\"share\":0.5}]",
                              E));
    must(spotsim_scenario_set(s, "groups.0.policy.mix.base", "2", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_run(sim, s, r, E));
    assert_int_equal(spotsim_result_group_count(r), 2);
    assert_string_equal(spotsim_result_group_name(r, 0), "east");
    assert_string_equal(spotsim_result_group_name(r, 1), "west");
    assert_null(spotsim_result_group_name(r, 2));
    double full = 0;
    must(spotsim_result_group_value(r, 0, "full", &full, E));
    assert_true(full > 0 && full <= 1);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

/* Handles are freed in any order, and a result outlives its scenario. */
static void test_lifetimes(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env), *copy = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_run(sim, s, r, E));
    uint64_t before = spotsim_result_fingerprint(r);
    char *json = NULL, *again = NULL;
    must(spotsim_result_text(r, SPOTSIM_JSON, &json, E));
    must(spotsim_scenario_copy(s, &copy, E));
    must(spotsim_scenario_set(s, "policy.mix.base", "3", E)); /* no longer prepared */
    refused(SPOTSIM_MISUSE, spotsim_sim_run(sim, s, r, E), "spotsim_scenario_prepare");
    assert_int_equal(spotsim_result_fingerprint(r), 0);
    assert_int_equal(spotsim_scenario_pool_count(s), 0);
    must(spotsim_scenario_prepare(copy, E));
    spotsim_env_free(env);
    spotsim_scenario_free(s);
    must(spotsim_sim_run(sim, copy, r, E));
    spotsim_scenario_free(copy);
    spotsim_sim_free(sim);
    assert_true(spotsim_result_fingerprint(r) == before);
    must(spotsim_result_text(r, SPOTSIM_JSON, &again, E));
    assert_string_equal(json, again);
    spotsim_free(json);
    spotsim_free(again);
    spotsim_result_free(r);
}

static void test_notes(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env);
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    bool warning = false;
    refused(SPOTSIM_MISUSE, spotsim_scenario_add_note(s, "too early", E), "prepare");
    must(spotsim_scenario_set(s, "policy.mix.base", "9", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_scenario_add_note(s, "said by the caller", E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_run(sim, s, r, E));
    uint32_t n = spotsim_result_note_count(r);
    assert_int_equal(n, spotsim_scenario_note_count(s) + 1);
    assert_string_equal(spotsim_result_note(r, n - 2, &warning), "said by the caller");
    assert_false(warning);
    assert_non_null(strstr(spotsim_result_note(r, n - 1, &warning), "base > target"));
    assert_true(warning);
    assert_null(spotsim_result_note(r, n, NULL));
    assert_null(spotsim_scenario_note(s, n, NULL));
    assert_true(value_of(r, "base_clamped") == 1);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

static void test_settings(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env), *other = NULL;
    char *text = NULL;
    must(spotsim_setting_path("policy.mix.base", &text, E));
    assert_string_equal(text, "fleet.policy.mix.base");
    spotsim_free(text);

    /* names nobody knows, with the nearest; where they came from */
    must(spotsim_scenario_set(s, "policy.mix.bse", "2", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "policy.mix.bse", "did you mean", "base");
    assert_int_equal(spotsim_scenario_horizon_ms(s), 0);
    must(spotsim_scenario_set(s, "policy", "skyserve(base=2)+cheapest", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_set(s, "cold_strat", "2m", E), "cold_strat", "did you mean \"cold_start\"");
    refused(SPOTSIM_INPUT, spotsim_scenario_set(s, "clout.name", "aws", E), "did you mean \"cloud\"");
    must(spotsim_scenario_set(s, "xyzzy", "2m", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "xyzzy", "expected one of");
    spotsim_scenario_free(s);
    spotsim_env_free(env);

    s = demo_scenario(&env);
    must(spotsim_scenario_set_origin(s, "the wizard's page 2", E));
    must(spotsim_scenario_set(s, "cold_start", "two minutes", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_prepare(s, E), "the wizard's page 2", "two minutes");
    must(spotsim_scenario_set(s, "cold_start", "2m", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_scenario_text(s, SPOTSIM_TEXT, &text, E));
    assert_string_equal(text, "skyserve(base=1,dynamic=true,overprovision=0,notice=ignore,rebalance=ignore)+skypilot");
    spotsim_free(text);

    /* what is resolved reads back to the same run */
    must(spotsim_scenario_text(s, SPOTSIM_JSON, &text, E));
    must(spotsim_scenario_parse(env, text, strlen(text), "resolved", &other, E));
    must(spotsim_scenario_prepare(other, E));
    char *back = NULL;
    must(spotsim_scenario_text(other, SPOTSIM_JSON, &back, E));
    assert_string_equal(text, back);
    spotsim_free(back);
    spotsim_free(text);
    spotsim_scenario_free(other);

    refused(SPOTSIM_INPUT, spotsim_scenario_parse(env, "{\"a\"", 4, "mine", &other, E), "mine:1");
    refused(SPOTSIM_INPUT, spotsim_scenario_parse(env, "[]xyz", 2, "mine", &other, E), "expected a scenario");
    refused(SPOTSIM_INPUT, spotsim_scenario_read(env, "nowhere.json", &other, E), "nowhere.json");
    assert_null(other);
    must(spotsim_scenario_set(s, "seed", "1", E));
    refused(SPOTSIM_INPUT, spotsim_scenario_set(s, "seed.x", "1", E), "nothing below");
    refused(SPOTSIM_INPUT, spotsim_scenario_set(s, "name", "\xff", E), "UTF-8");
    must(spotsim_scenario_set_list(s, "pools", NULL, 0, E));
    must(spotsim_scenario_set(s, "cloud.pools.us-east-1*.notice", "30s", E));
    must(spotsim_scenario_set_every_pool(s, "notice", "60s", E));
    must(spotsim_scenario_set(s, "fleet.pools", "null", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_scenario_text(s, SPOTSIM_JSON, &text, E));
    assert_non_null(strstr(text, "\"notice\": \"1m\""));
    assert_null(strstr(text, "\"notice\": \"30s\""));
    spotsim_free(text);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

/* A locale that writes 1,5: the system's, or one made for this test. */
static bool comma_locale(void) {
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "de_DE"};
    char folder[] = "/tmp/spotsim-locale-XXXXXX", command[160];
    for (size_t i = 0; i < 4; i++)
        if (setlocale(LC_ALL, names[i])) return true;
    assert_non_null(mkdtemp(folder));
    snprintf(command, sizeof command, "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >/dev/null 2>&1", folder);
    int made = system(command);
    setenv("LOCPATH", folder, 1);
    bool set = made == 0 && setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
    unsetenv("LOCPATH");
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    return set;
}

/* Everything written and read by a run whose policy counts requests: a journal
 * with decimals in it. */
static char *all_texts(void) {
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env), *again = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    char *all = NULL, *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&all, &size);
    assert_non_null(out);
    must(spotsim_scenario_set(s, "target", "null", E));
    must(spotsim_scenario_set(s, "policy", "request-rate(max=30,qps=0.7)+skyserve(base=1)+skypilot", E));
    must(spotsim_scenario_set(s, "load", "0s:1.25 1h:20.5", E));
    must(spotsim_scenario_set(s, "spot_denial", "0.125", E));
    must(spotsim_scenario_set(s, "horizon", "2.5h", E));
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_scenario_text(s, SPOTSIM_JSON, &text, E));
    must(spotsim_scenario_parse(env, text, strlen(text), "resolved", &again, E));
    must(spotsim_scenario_prepare(again, E));
    fputs(text, out);
    spotsim_free(text);
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_set_journal(sim, out));
    must(spotsim_sim_set_explain(sim, out));
    must(spotsim_sim_run(sim, again, r, E));
    for (int f = SPOTSIM_TEXT; f <= SPOTSIM_JSON; f++) {
        must(spotsim_result_text(r, (enum spotsim_format)f, &text, E));
        fputs(text, out);
        spotsim_free(text);
    }
    fclose(out);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(again);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
    return all;
}

/* The caller's locale shows nowhere, and is as it was afterwards. */
static void test_locale(void **state) {
    (void)state;
    char half[8];
    char *plain = all_texts();
    if (!comma_locale()) {
        free(plain);
        puts("# skipped: no locale here that writes 1,5");
        skip();
    }
    char *foreign = all_texts();
    snprintf(half, sizeof half, "%.1f", 1.5);
    setlocale(LC_ALL, "C");
    assert_string_equal(half, "1,5");
    assert_non_null(strstr(plain, "[\"s\","));
    assert_string_equal(plain, foreign);
    free(plain);
    free(foreign);
}

struct curve {
    uint32_t n;
    int64_t last_ms, area[3]; /* replica-ms: spot, on-demand, target */
    struct spotsim_point at;
};

static void follow(void *arg, const struct spotsim_point *p) {
    struct curve *c = arg;
    int64_t ms = p->at_ms - c->at.at_ms;
    assert_true(c->n == 0 || ms > 0);
    c->area[0] += ms * c->at.ready_spot;
    c->area[1] += ms * c->at.ready_on_demand;
    c->area[2] += ms * c->at.target;
    c->at = *p;
    c->n++;
}

/* Windows, replications, timeline. */
static void test_run_settings(void **state) {
    (void)state;
    struct spotsim_env *env = NULL;
    struct spotsim_scenario *s = demo_scenario(&env), *part = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    struct curve c = {0};
    char *mine = NULL, *theirs = NULL;
    must(spotsim_scenario_prepare(s, E));
    must(spotsim_sim_new(&sim, E));
    must(spotsim_result_new(&r, E));
    must(spotsim_sim_set_timeline(sim, follow, &c));
    must(spotsim_sim_run(sim, s, r, E));
    int64_t end = spotsim_scenario_horizon_ms(s);
    follow(&c, &(struct spotsim_point){.at_ms = end});
    double ready = 0, value = 0;
    for (uint32_t p = 0; p < spotsim_result_pool_count(r); p++) {
        must(spotsim_result_pool_value(r, p, "spot_ready_hours", &value, E));
        ready += value;
    }
    assert_true(c.n > 100 && fabs((double)c.area[0] / 3.6e6 - ready) < 1e-6);
    assert_true(fabs((double)c.area[2] / 3.6e6 - value_of(r, "target_hours")) < 1e-6);
    must(spotsim_sim_set_timeline(sim, NULL, NULL));

    /* a window and a replication are what the scenario's own settings are, under
     * stress too */
    for (int stress = 0; stress < 2; stress++) {
        must(spotsim_scenario_set(s, "stress", stress ? "price-spike" : "none", E));
        must(spotsim_sim_set_window(sim, 0, 0));
        must(spotsim_sim_set_replication(sim, 0));
        must(spotsim_scenario_prepare(s, E));
        must(spotsim_scenario_copy(s, &part, E));
        must(spotsim_scenario_set(part, "start", "3d", E));
        must(spotsim_scenario_set(part, "horizon", "2d", E));
        must(spotsim_scenario_set(part, "replication", "5", E));
        must(spotsim_scenario_prepare(part, E));
        must(spotsim_sim_run(sim, part, r, E));
        must(spotsim_result_text(r, SPOTSIM_JSON, &theirs, E));
        must(spotsim_sim_set_window(sim, INT64_C(3) * 86400000, INT64_C(2) * 86400000));
        must(spotsim_sim_set_replication(sim, 5));
        must(spotsim_sim_run(sim, s, r, E));
        must(spotsim_result_text(r, SPOTSIM_JSON, &mine, E));
        assert_string_equal(mine, theirs);
        spotsim_free(mine);
        must(spotsim_result_text(r, SPOTSIM_TEXT, &mine, E));
        assert_non_null(strstr(mine, "Run      2d on"));
        spotsim_free(mine);
        spotsim_free(theirs);
        spotsim_scenario_free(part);
    }
    must(spotsim_sim_set_window(sim, end, 1));
    refused(SPOTSIM_INPUT, spotsim_sim_run(sim, s, r, E), "window");
    must(spotsim_sim_set_window(sim, 0, INT64_MAX));
    refused(SPOTSIM_INPUT, spotsim_sim_run(sim, s, r, E), "window");
    must(spotsim_sim_set_window(sim, 0, 0));
    must(spotsim_sim_run(sim, s, r, E));
    assert_int_equal(spotsim_sim_set_window(sim, -1, 1), SPOTSIM_MISUSE);

    FILE *full = fopen("/dev/full", "w");
    if (full) {
        setvbuf(full, NULL, _IONBF, 0);
        must(spotsim_sim_set_journal(sim, full));
        refused(SPOTSIM_FAILED, spotsim_sim_run(sim, s, r, E), "journal");
        assert_int_equal(spotsim_result_pool_count(r), 0);
        fclose(full);
    }
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    spotsim_env_free(env);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),  cmocka_unit_test(test_same_as_program), cmocka_unit_test(test_values),
        cmocka_unit_test(test_groups),   cmocka_unit_test(test_lifetimes),       cmocka_unit_test(test_notes),
        cmocka_unit_test(test_settings), cmocka_unit_test(test_run_settings),    cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
