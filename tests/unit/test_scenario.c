/* SPDX-License-Identifier: Apache-2.0
 * Scenarios: what stands over what, errors that name the place, reading back
 * what was written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/sim.h"
#include "study/scenario.h"
#include "study/schema.h"
#include "tests/support/support.h"

#define TRACE "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1]}"

struct fixture {
    char *dir, *trace;
    struct scenario_env *env;
    struct scenario_doc *doc;
    struct scenario *scenario;
    struct notes notes;
};

static int start(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->dir = test_temp_dir();
    f->trace = test_path(f->dir, "zones");
    char *make = NULL;
    assert_true(asprintf(&make, "mkdir '%s'", f->trace) > 0);
    assert_int_equal(system(make), 0);
    free(make);
    free(test_file(f->trace, "us-east-1a_v100.json", TRACE));
    free(test_file(f->trace, "us-west-2b_v100.json", TRACE));
    free(test_file(f->trace, "us-east1-b_a100.json", TRACE)); /* by its name on another cloud */
    f->env = scenario_env_new();
    assert_non_null(f->env);
    *state = f;
    return 0;
}

static int end(void **state) {
    struct fixture *f = *state;
    scenario_free(f->scenario);
    doc_free(f->doc);
    notes_free(&f->notes);
    scenario_env_free(f->env);
    free(f->trace);
    test_remove_tree(f->dir);
    free(f);
    return 0;
}

static void read_text(struct fixture *f, const char *json) {
    struct error e = {0};
    const char *paths[] = {f->trace};
    doc_free(f->doc);
    assert_ok(doc_parse(json, strlen(json), "s.json", &f->doc, &e), &e);
    assert_ok(doc_set_list(f->doc, "trace.paths", paths, 1, "--trace", &e), &e);
}

static void set(struct fixture *f, const char *path, const char *text) {
    struct error e = {0};
    char label[100];
    snprintf(label, sizeof label, "--set %s", path);
    assert_ok(doc_set(f->doc, scenario_env_registry(f->env), path, text, label, &e), &e);
}

static enum error_code resolve(struct fixture *f, struct error *e) {
    scenario_free(f->scenario);
    f->scenario = NULL;
    return scenario_resolve(f->doc, f->env, &f->scenario, &f->notes, e);
}

static const struct sim_config *resolved(struct fixture *f) {
    struct error e = {0};
    assert_ok(resolve(f, &e), &e);
    return scenario_config(f->scenario);
}

#define MINIMAL "{\"fleet\": {\"target\": 2, \"policy\": \"skyserve(base=1)+cheapest\"}}"

static void test_minimal(void **state) {
    struct fixture *f = *state;
    read_text(f, MINIMAL);
    const struct sim_config *c = resolved(f);
    assert_int_equal(c->trace->n_pools, 3);
    assert_int_equal(c->horizon_ms, 12 * 300 * 1000);
    assert_int_equal(c->n_groups, 1);
    assert_int_equal(c->groups[0].n_pools, 3);
    assert_int_equal(c->nodes, 1);
    assert_int_equal(c->max_instances, UINT32_MAX);
    assert_int_equal(c->control.interval_ms, 20000); /* profile skypilot */
    assert_string_equal(c->groups[0].spec->mix.policy->name, "skyserve");
    assert_int_equal(c->groups[0].spec->mix.value[0].i, 1);
    assert_string_equal(c->groups[0].spec->autoscaler.policy->name, "constant");
    bool inferred = false;
    assert_string_equal(scenario_pool_cloud(f->scenario, 0, &inferred), "aws");
    assert_true(inferred);
    assert_string_equal(scenario_pool_cloud(f->scenario, 1, &inferred), "gcp");
}

static void test_precedence(void **state) {
    struct fixture *f = *state;
    read_text(f, MINIMAL);
    assert_int_equal(resolved(f)->pools[0].notice_ms, 120000); /* the cloud's */
    assert_int_equal(resolved(f)->pools[0].price_on_demand, -1);
    set(f, "profile", "ideal");
    assert_int_equal(resolved(f)->pools[0].notice_ms, 0); /* the profile's */
    set(f, "cloud.defaults.notice", "7s");
    assert_int_equal(resolved(f)->pools[0].notice_ms, 7000);
    set(f, "cloud.pools.us-east-1*.notice", "9s");
    assert_int_equal(resolved(f)->pools[0].notice_ms, 9000);
    assert_int_equal(resolved(f)->pools[2].notice_ms, 7000);
    set(f, "cloud.pools.us-east-1a_v100.notice", "11s"); /* later in order */
    assert_int_equal(resolved(f)->pools[0].notice_ms, 11000);
    struct error e = {0};
    assert_ok(doc_set_every_pool(f->doc, "notice", "13s", "--notice", &e), &e);
    assert_int_equal(resolved(f)->pools[0].notice_ms, 13000); /* an option stands over all */
    assert_int_equal(resolved(f)->pools[2].notice_ms, 13000);
    set(f, "control.interval", "45s");
    assert_int_equal(resolved(f)->control.interval_ms, 45000);
    set(f, "cloud.name", "runpod");
    assert_int_equal(resolved(f)->pools[0].billing, BILLING_RUNPOD);
}

static void test_short_paths(void **state) {
    struct fixture *f = *state;
    read_text(f, MINIMAL);
    set(f, "target", "5");
    set(f, "policy.mix.base", "3");
    set(f, "cold_start", "17s");
    set(f, "single_means", "4");
    set(f, "means", "launch");
    set(f, "drain", "33s");
    set(f, "pools", "[\"us-west*\", \"us-east-1a_v100\"]");
    set(f, "warmup", "600");
    const struct sim_config *c = resolved(f);
    assert_int_equal(c->groups[0].spec->autoscaler.value[0].i, 5);
    assert_int_equal(c->groups[0].spec->mix.value[0].i, 3);
    assert_int_equal(dist_mean_ms(&c->pools[0].cold_start), 17000);
    assert_int_equal(c->trace->n_pools, 2);
    assert_int_equal(c->trace->pools[0].capacity.value[0], 4);
    assert_true(c->means_launch);
    assert_int_equal(c->control.drain_ms, 33000);
    assert_int_equal(c->warmup_ms, 600000);
    assert_string_equal(scenario_single_means(f->scenario), "4");
    set(f, "policy.placer", "ttl-bench(ttl=90s)");
    assert_string_equal(resolved(f)->groups[0].spec->placer.policy->name, "ttl-bench");
    set(f, "target", "null"); /* taken back */
    struct error e = {0};
    assert_input_error(resolve(f, &e), &e, "no target given");
    set(f, "policy.autoscaler", "series(file=0s:2 1h:5)");
    assert_string_equal(resolved(f)->groups[0].spec->autoscaler.policy->name, "series");
    set(f, "target", "3");
    assert_input_error(resolve(f, &e), &e, "autoscaler \"series\"", "keep one");
}

static void test_policy_forms(void **state) {
    struct fixture *f = *state;
    struct strbuf text = {0}, object = {0};
    read_text(f, "{\"fleet\": {\"target\": 2, \"policy\": \"static-base(base=2)+ttl-bench(ttl=10m)\"}}");
    resolved(f);
    scenario_policy_text(f->scenario, &text);
    read_text(f, "{\"fleet\": {\"target\": 2, \"policy\": {\"mix\": {\"name\": \"static-base\", \"base\": 2},"
                 " \"placer\": {\"name\": \"ttl-bench\", \"ttl\": 600}}}}");
    resolved(f);
    scenario_policy_text(f->scenario, &object);
    assert_string_equal(text.data, object.data);
    strbuf_free(&text);
    strbuf_free(&object);
}

#define GROUPS(a, b) "{\"fleet\": {\"target\": 10, \"policy\": \"spot()+cheapest\", \"groups\": [" a ", " b "]}}"

static void test_groups(void **state) {
    struct fixture *f = *state;
    read_text(f, GROUPS("{\"name\": \"aws\", \"pools\": [\"us-east-1a*\"], \"share\": 0.3}",
                        "{\"name\": \"rest\", \"pools\": [\"us-w*\", \"us-east1*\"], \"share\": 0.7, "
                        "\"policy\": \"skyserve(base=2)+round-robin\"}"));
    const struct sim_config *c = resolved(f);
    assert_int_equal(c->n_groups, 2);
    assert_string_equal(c->groups[1].name, "rest");
    assert_int_equal(c->groups[0].share.lo_ppm, 0);
    assert_int_equal(c->groups[0].share.hi_ppm, 300000);
    assert_int_equal(c->groups[1].share.lo_ppm, 300000);
    assert_int_equal(c->groups[1].share.hi_ppm, 1000000);
    assert_int_equal(c->groups[1].n_pools, 2);
    assert_int_equal(c->groups[1].pools[0], 1);
    set(f, "groups.1.policy.mix.base", "4");
    assert_int_equal(resolved(f)->groups[1].spec->mix.value[0].i, 4);
    set(f, "groups.0.policy.mix.overprovision", "1"); /* its own copy of the fleet's policy */
    c = resolved(f);
    assert_int_equal(c->groups[0].spec->mix.value[0].i, 1);

    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"], \"target\": 3}", "{\"pools\": [\"us-w*\"], \"target\": 1}"));
    c = resolved(f);
    assert_int_equal(c->trace->n_pools, 2); /* the third pool is nobody's */
    assert_int_equal(c->groups[0].spec->autoscaler.value[0].i, 3);
    assert_int_equal(c->groups[1].pools[0], 1);
    assert_true(f->notes.n > 0);
}

static void check_cut(struct fixture *f, const char *json, uint32_t g, uint32_t lo_ppm, uint32_t hi_ppm) {
    read_text(f, json);
    const struct sim_config *c = resolved(f);
    assert_int_equal(c->groups[g].share.lo_ppm, lo_ppm);
    assert_int_equal(c->groups[g].share.hi_ppm, hi_ppm);
}

/* Shares make up the fleet's target, whole; fixed targets come on top. */
static void test_rounded_shares(void **state) {
    struct fixture *f = *state;
    static const char thirds[] =
        GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.33}", "{\"pools\": [\"us-w*\"], \"share\": 0.33}, "
                                                                  "{\"pools\": [\"us-east1*\"], \"share\": 0.33}");
    check_cut(f, thirds, 1, 330000, 660000);
    check_cut(f, thirds, 2, 660000, 1000000);
    static const char over[] =
        GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.505}", "{\"pools\": [\"us-w*\"], \"share\": 0.505}, "
                                                                   "{\"pools\": [\"us-east1*\"], \"share\": 0}");
    check_cut(f, over, 1, 505000, 1000000);
    check_cut(f, over, 2, 1000000, 1000000);
    static const char mixed[] =
        GROUPS("{\"pools\": [\"us-east-1a*\"], \"target\": 2}", "{\"pools\": [\"us-w*\"], \"share\": 1}");
    check_cut(f, mixed, 1, 0, 1000000);
    struct sim *sim = sim_new();
    struct sim_result result = {0};
    struct error e = {0};
    assert_ok(sim_run(sim, scenario_config(f->scenario), &(struct sim_outputs){0}, &result, &e), &e);
    assert_true(fabs(result.target_hours - 12 * (double)scenario_config(f->scenario)->horizon_ms / 3600e3) < 1e-9);
    sim_result_free(&result);
    sim_free(sim);
}

static void test_group_errors(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.5}", "{\"pools\": [\"us-*\"], \"share\": 0.5}"));
    assert_input_error(resolve(f, &e), &e, "s.json", "two groups");
    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.5}", "{\"pools\": [\"us-w*\"], \"share\": 0.6}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups", "add up to 1.1; expected 1");
    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.5}", "{\"pools\": [\"us-w*\"], \"share\": 0.25}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups", "add up to 0.75; expected 1");
    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"], \"share\": 0.5}", "{\"pools\": [\"us-w*\"], \"target\": 2}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups", "add up to 0.5; expected 1");
    read_text(f, GROUPS("{\"pools\": [\"us-east-1a*\"]}", "{\"pools\": [\"us-w*\"], \"share\": 0.6}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups.0", "target or a share");
    read_text(f, GROUPS("{\"pools\": [\"us-east-1z_v100\"], \"share\": 1}", "{\"pools\": [\"us-w*\"], \"share\": 0}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups.0.pools", "did you mean \"us-east-1a_v100\"");
    read_text(f, GROUPS("{\"share\": 1}", "{\"pools\": [\"us-w*\"], \"share\": 0}"));
    assert_input_error(resolve(f, &e), &e, "fleet.groups.0.pools");
    read_text(f, MINIMAL);
    assert_input_error(
        doc_set(f->doc, scenario_env_registry(f->env), "groups.0.share", "1", "--set groups.0.share", &e), &e,
        "--set groups.0.share", "no array");
}

/* JSON that reads, but holds what no value is: the place is named. */
static void test_json_errors(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *json, *where, *what;
    } cases[] = {{"{\"fleet\": {\"target\": 1e309}}", "s.json at fleet.target: ", "too large"},
                 {"{\"trace\": {\"paths\": [1, -1e999]}}", "s.json at trace.paths.1: ", "too large"},
                 {"{\"fleet\": {\"target\": 1, \"target\": 2}}", "s.json at fleet: ", "\"target\" is there twice"},
                 {"1e999", "s.json: ", "too large"},
                 {"{\"a\": [],\n\"b\": \"\xff\"}", "s.json:2: ", "not UTF-8"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e = {0};
        assert_input_error(doc_parse(cases[i].json, strlen(cases[i].json), "s.json", &f->doc, &e), &e, cases[i].where,
                           cases[i].what);
    }
}

/* A scenario text and what its error must say. */
static void test_errors(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *json, *where, *what;
    } cases[] = {
        {"{\"flet\": {}}", "s.json at flet", "\"fleet\""},
        {"{\"fleet\": []}", "s.json at fleet", "expected an object"},
        {"{\"fleet\": {\"target\": \"two\"}}", "s.json at fleet.target", "two"},
        {"{\"fleet\": {\"target\": 1.5, \"policy\": \"spot()\"}}", "s.json at fleet.target", "whole number"},
        {"{\"fleet\": {\"target\": -1, \"policy\": \"spot()\"}}", "s.json at fleet.target",
         "-1 is out of range; expected 0 to 1000000 replicas"},
        {"{\"fleet\": {\"target\": 1}}", "fleet.policy", "no policy given"},
        {"{\"fleet\": {\"target\": 1, \"policy\": 7}}", "s.json at fleet.policy", "got a number"},
        {"{\"fleet\": {\"target\": 1, \"policy\": \"spott()\"}}", "s.json at fleet.policy", "'spot'"},
        {"{\"fleet\": {\"target\": 1, \"policy\": {\"mix\": {\"name\": \"spott\"}}}}",
         "s.json at fleet.policy.mix.name", "\"spot\""},
        {"{\"fleet\": {\"target\": 1, \"policy\": {\"mixx\": {\"name\": \"spot\"}}}}", "s.json at fleet.policy.mixx",
         "\"mix\""},
        {"{\"fleet\": {\"target\": 1, \"policy\": {\"placer\": {\"name\": \"spot\"}}}}",
         "s.json at fleet.policy.placer", "under \"mix\""},
        {"{\"fleet\": {\"target\": 1, \"policy\": {\"mix\": {\"name\": \"skyserve\", \"base\": [1]}}}}",
         "s.json at fleet.policy.mix.base", "an array"},
        {"{\"fleet\": {\"target\": 1, \"policy\": {\"mix\": {\"name\": \"skyserve\", \"bas\": 1}}}}",
         "s.json at fleet.policy.mix.bas", "'base'"},
        {"{\"cloud\": {\"defaults\": {\"price_spot\": -1}}, \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}",
         "s.json at cloud.defaults.price_spot", "-1"},
        {"{\"cloud\": {\"pools\": {\"none*\": {\"notise\": 1}}}, \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}",
         "s.json at cloud.pools.none*.notise", "\"notice\""},
        {"{\"cloud\": {\"name\": \"amazon\"}}", "s.json at cloud.name", "aws"},
        {"{\"cloud\": {\"quotas\": [{\"market\": \"sopt\"}]}, \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}",
         "s.json at cloud.quotas.0.market", "spot"},
        {"{\"profile\": \"skipilot\"}", "s.json at profile", "skypilot"},
        {"{\"format\": 2}", "s.json at format", "2 is out of range; expected 1"},
        {"{\"horizon\": \"0s\"}", "s.json at horizon", "more than 0s, up to 12725d, or null"},
        {"{\"study\": {\"window\": 0}}", "s.json at study.window", "more than 0s"},
        {"{\"fleet\": {\"target\": 1000001}}", "s.json at fleet.target", "0 to 1000000 replicas"},
        {"{\"seed\": 0.5}", "s.json at seed", "whole"},
        {"{\"warmup\": \"2h\", \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}", "s.json at warmup", "2h"},
        {"{\"horizon\": \"2d\", \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}", "s.json at horizon", "2d"},
        {"{\"start\": \"2d\", \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}", "s.json at start", "2d"},
        {"{\"control\": {\"interval\": true}}", "s.json at control.interval", "true"},
        {"{\"trace\": {\"single_means\": \"two\"}}", "s.json at trace.single_means", "unlimited"},
        {"{\"trace\": {\"polarity\": 1}}", "s.json at trace.polarity", "preempted"},
        {"{\"study\": {\"replications\": 0}}", "s.json at study.replications", "0"},
        {"{\"study\": {\"window\": \"3d\"}, \"fleet\": {\"target\": 1, \"policy\": \"spot()\"}}",
         "s.json at study.window", "3d"},
        {"{\"fleet\": {\"target\": 1, \"policy\": \"spot()\", \"pools\": [\"x\"]}}", "s.json at fleet.pools",
         "fits no pool"},
        {"{\"fleet\": {\"target\": 1, \"policy\": \"spot()\", \"pools\": [1]}}", "s.json at fleet.pools", "a number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e = {0};
        read_text(f, cases[i].json);
        assert_input_error(resolve(f, &e), &e, cases[i].where, cases[i].what);
    }
    test_count("wrong scenarios", sizeof cases / sizeof cases[0]);
}

static void test_syntax(void **state) {
    (void)state;
    static const struct {
        const char *json, *what;
    } cases[] = {{"{\"fleet\": {\"target\": 4", "too early"},
                 {"", "too early"},
                 {"{\n\"a\": 1,,}", "s.json:2"},
                 {"[1]", "expected a scenario"},
                 {"{} x", "s.json:1"},
                 {"{\"a\":1,\"a\":2}", "twice"},
                 {"{\"seed\": 1e999}", "too large"},
                 {"NaN", "s.json:1"},
                 {"3", "got a number"},
                 {"{\n\"name\": \"\xff\"}", "s.json:2"},
                 {"{\"name\": \"\xe2\x82\"}", "UTF-8"},
                 {"[\"\x83\x83\x83\x83\x83\x83\x83\x83\x83\x83\x83\x83\"]", "UTF-8"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e = {0};
        struct scenario_doc *doc = NULL;
        assert_input_error(doc_parse(cases[i].json, strlen(cases[i].json), "s.json", &doc, &e), &e, "s.json",
                           cases[i].what);
        assert_null(doc);
    }
    struct error e = {0};
    struct scenario_doc *doc = NULL;
    assert_input_error(doc_parse("{}\0{}", 5, "s.json", &doc, &e), &e, "NUL");
    assert_input_error(doc_read("/nonexistent/s.json", &doc, &e), &e, "/nonexistent/s.json");
}

static void test_option_errors(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    read_text(f, MINIMAL);
    set(f, "policy.mix.bsae", "1");
    assert_input_error(resolve(f, &e), &e, "--set policy.mix.bsae", "'base'");
    read_text(f, MINIMAL);
    set(f, "cloud.defaults.notice", "-3s");
    assert_input_error(resolve(f, &e), &e, "--set cloud.defaults.notice");
    assert_input_error(doc_set(f->doc, scenario_env_registry(f->env), "target.x", "1", "--set target.x", &e), &e,
                       "--set target.x", "nothing below");
    assert_input_error(doc_set(f->doc, scenario_env_registry(f->env), "a..b", "1", "--set a..b", &e), &e, "--set a..b",
                       "path");
    assert_input_error(doc_set(f->doc, scenario_env_registry(f->env), "pools", "[1", "--set pools", &e), &e,
                       "--set pools");
}

static const char *const written[] = {
    MINIMAL,
    "{\"name\": \"two \\\"quoted\\\"\", \"profile\": \"spothedge\", \"seed\": 9, \"warmup\": \"5m\", \"horizon\": "
    "1800, "
    "\"fleet\": {\"policy\": \"series(file=0s:1 10m:4)+base-percent(base=1,percent=30)+least-loaded\", \"nodes\": 2, "
    "\"max_instances\": 40, \"pools\": [\"us-*\"]}, \"cloud\": {\"defaults\": {\"price_on_demand\": 3.06, "
    "\"cold_start\": \"uniform(10s,20s)\", \"lifetime\": \"weibull(9h,0.6)\"}, \"pools\": {\"*-1a*\": {\"price_spot\": "
    "0.918}}, \"quotas\": [{\"region\": \"us-east-*\", \"max\": 3}]}, \"control\": {\"interval\": \"30s\"}, "
    "\"study\": {\"vary\": {\"nodes\": \"1..2\"}, \"replications\": 3, \"window\": \"20m\"}}",
    GROUPS("{\"name\": \"a\", \"pools\": [\"us-east-1a*\"], \"share\": 0.25}",
           "{\"pools\": [\"us-w*\"], \"share\": 0.75, \"policy\": \"skyserve(base=2)+random\"}"),
    GROUPS("{\"pools\": [\"us-east-1a*\"], \"target\": 3}", "{\"pools\": [\"us-w*\"], \"target\": 1}"),
    "{\"trace\": {\"polarity\": \"preempted\", \"means\": \"launch\", \"single_means\": \"unlimited\", \"gap\": "
    "\"60s\", "
    "\"resolution\": \"633s\"}, \"cloud\": {\"name\": \"azure\"}, \"fleet\": {\"target\": 2, \"policy\": "
    "\"on-demand\"}}",
};

static void test_round_trip(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        struct strbuf first = {0}, second = {0};
        struct sim *sim = sim_new();
        struct sim_result a = {0}, b = {0};
        struct error e = {0};
        read_text(f, written[i]);
        const struct sim_config *c = resolved(f);
        scenario_to_json(f->scenario, &first);
        assert_ok(sim_run(sim, c, &(struct sim_outputs){0}, &a, &e), &e);
        struct scenario_doc *again = NULL;
        assert_ok(doc_parse(first.data, first.size, "again.json", &again, &e), &e);
        doc_free(f->doc);
        f->doc = again;
        c = resolved(f);
        scenario_to_json(f->scenario, &second);
        assert_ok(sim_run(sim, c, &(struct sim_outputs){0}, &b, &e), &e);
        assert_string_equal(first.data, second.data);
        assert_true(a.fingerprint == b.fingerprint);
        sim_result_free(&a);
        sim_result_free(&b);
        sim_free(sim);
        strbuf_free(&first);
        strbuf_free(&second);
    }
}

static void test_traces_are_shared(void **state) {
    struct fixture *f = *state;
    read_text(f, MINIMAL);
    const uint32_t *values = resolved(f)->trace->pools[0].capacity.value;
    set(f, "means", "launch"); /* another use of the same trace */
    assert_ptr_equal(resolved(f)->trace->pools[0].capacity.value, values);
    set(f, "single_means", "unlimited"); /* another reading */
    const uint32_t *other = resolved(f)->trace->pools[0].capacity.value;
    assert_ptr_not_equal(other, values);
    assert_int_equal(other[0], TRACE_UNLIMITED);
}

static void test_manifest_is_a_scenario(void **state) {
    struct fixture *f = *state;
    read_text(f, "{\"manifest\": 1, \"scenario\": " MINIMAL ", \"variants\": []}");
    assert_int_equal(resolved(f)->groups[0].spec->autoscaler.value[0].i, 2);
}

static void compare_doc(const char *path, struct strbuf *made) {
    char *text = NULL;
    size_t size = 0;
    struct error e = {0};
    assert_ok(file_read(path, &text, &size, &e), &e);
    if (strcmp(text, made->data) != 0) fail_msg("%s is not current: `spotsim scenario` writes it", path);
    free(text);
    strbuf_free(made);
}

static void test_published_docs_are_current(void **state) {
    struct fixture *f = *state;
    struct strbuf schema = {0}, reference = {0};
    scenario_schema(scenario_env_registry(f->env), &schema);
    scenario_reference(scenario_env_registry(f->env), &reference);
    compare_doc("docs/scenario.schema.json", &schema);
    compare_doc("docs/scenario.md", &reference);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        T(test_minimal),
        T(test_precedence),
        T(test_short_paths),
        T(test_policy_forms),
        T(test_groups),
        T(test_rounded_shares),
        T(test_group_errors),
        T(test_json_errors),
        T(test_errors),
        T(test_syntax),
        T(test_option_errors),
        T(test_round_trip),
        T(test_traces_are_shared),
        T(test_manifest_is_a_scenario),
        T(test_published_docs_are_current),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
