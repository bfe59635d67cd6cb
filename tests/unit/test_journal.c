/* SPDX-License-Identifier: Apache-2.0
 * Reading journals: each way to be wrong has its own words and names its line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleet.h"
#include "tests/support/harness.h"

struct fixture {
    char *dir;
    struct policy_registry *registry;
    struct error e;
    uint64_t steps;
    bool complete;
    char *explained;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->dir = test_temp_dir();
    f->registry = registry_new();
    assert_non_null(f->registry);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    test_remove_tree(f->dir);
    registry_free(f->registry);
    free(f->explained);
    free(f);
    return 0;
}

static enum error_code replay(struct fixture *f, const char *text) {
    char *path = test_file(f->dir, "journal", text);
    size_t size = 0;
    free(f->explained);
    f->explained = NULL;
    FILE *out = open_memstream(&f->explained, &size);
    assert_non_null(out);
    enum error_code rc = journal_replay(path, f->registry, out, &f->steps, &f->complete, &f->e);
    fclose(out);
    free(path);
    return rc;
}

#define POOL "[\"a\",\"\",\"r\",\"z\",\"\",1,100,300,-1]"
#define GROUP                                                                                                          \
    "{\"name\":\"g\",\"policy\":\"constant(target=1)+spot()+cheapest()\",\"share_ppm\":[0,1000000],\"pools\":[0]}"
#define HEADER(key, rest, pools, groups)                                                                               \
    "{\"spotsim_journal\":1,\"abi\":2,\"scenario\":\"\",\"key\":\"" key                                                \
    "\",\"interval_ms\":0,\"retry_ms\":60000," rest "\"direct_launch\":true,\"keep_rows\":true,\"pools\":[" pools      \
    "],\"groups\":[" groups "]}\n"
#define KEY "00000000000000aa"
#define REST "\"nodes\":1,\"max_instances\":4294967295,"
#define GOOD HEADER(KEY, REST, POOL, GROUP)
#define ZERO "\"0000000000000000\""

static void files_that_are_none(void **state) {
    struct fixture *f = *state;
    char *path = test_path(f->dir, "absent");
    assert_input_error(journal_replay(path, f->registry, NULL, &f->steps, &f->complete, &f->e), &f->e, "absent",
                       "cannot read");
    free(path);
    assert_input_error(journal_replay(f->dir, f->registry, NULL, &f->steps, &f->complete, &f->e), &f->e, "cannot read");
    assert_input_error(replay(f, ""), &f->e, "empty file");
    assert_input_error(replay(f, "time,capacity\n0,1\n"), &f->e, ":1", "not a journal");
    assert_input_error(replay(f, "{\"spotsim_journal\":1"), &f->e, ":1", "not a journal");
}

static void headers(void **state) {
    struct fixture *f = *state;
    assert_input_error(replay(f, "{\"spotsim_journal\":2,\"abi\":2}\n"), &f->e, "format 2", "reads format 1");
    assert_input_error(replay(f, "{\"spotsim_journal\":1,\"abi\":1}\n"), &f->e, "policy ABI 1", "with ABI 2");
    assert_input_error(replay(f, "{\"spotsim_journal\":1}\n"), &f->e, "ABI 0");
    assert_input_error(replay(f, HEADER("12", REST, POOL, GROUP)), &f->e, "key");
    assert_input_error(replay(f, HEADER("00000000000000AA", REST, POOL, GROUP)), &f->e, "key");
    assert_input_error(replay(f, HEADER(KEY, "\"nodes\":0,\"max_instances\":1,", POOL, GROUP)), &f->e, "out of range");
    assert_input_error(replay(f, HEADER(KEY, "\"nodes\":1.5,\"max_instances\":1,", POOL, GROUP)), &f->e,
                       "out of range");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, "")), &f->e, "lacks its pools or groups");
    assert_input_error(replay(f, HEADER(KEY, REST, "[\"a\"]", GROUP)), &f->e, "pool 0", "malformed");
    assert_input_error(replay(f, HEADER(KEY, REST, "[\"a\",\"\",\"r\",\"z\",7,1,100,300,-1]", GROUP)), &f->e,
                       "malformed");
    assert_input_error(replay(f, HEADER(KEY, REST, "[\"a\",\"\",\"r\",\"z\",\"\",0,100,300,-1]", GROUP)), &f->e,
                       "malformed");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, "{}")), &f->e, "group 0 is not");
}

#define GROUP_OF(policy, pools)                                                                                        \
    "{\"name\":\"g\",\"policy\":\"" policy "\",\"share_ppm\":[0,1000000],\"pools\":[" pools "]}"

static void groups(void **state) {
    struct fixture *f = *state;
    const char *one = GROUP_OF("constant(target=1)+spot()+cheapest()", "1");
    char text[2000];
    snprintf(text, sizeof text, HEADER(KEY, REST, POOL, "%s"), one);
    assert_input_error(replay(f, text), &f->e, "rising indices below 1");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("constant(target=1)+spt()", "0"))), &f->e, "spt",
                       "spot");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("constant(target=1)", "0"))), &f->e, "");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP "," GROUP)), &f->e, "named twice");
    const char *falling = GROUP_OF("constant(target=1)+spot()+cheapest()", "1,0");
    snprintf(text, sizeof text, HEADER(KEY, REST, POOL "," POOL, "%s"), falling);
    assert_input_error(replay(f, text), &f->e, "rising indices below 2");
    /* no code is loaded from a name in a file */
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("evil.c+cheapest", "0"))), &f->e, "not files");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("constant(target=1)+./evil.so", "0"))), &f->e,
                       "not files");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("evil.so(x=1)+cheapest", "0"))), &f->e, "not files");
    assert_input_error(replay(f, HEADER(KEY, REST, POOL, GROUP_OF("evil.c +cheapest", "0"))), &f->e, "not files");
}

static void records(void **state) {
    struct fixture *f = *state;
    assert_input_error(replay(f, GOOD "7\n"), &f->e, ":2", "JSON array");
    assert_input_error(replay(f, GOOD "[\"x\"]\n"), &f->e, ":2", "unknown record");
    assert_input_error(replay(f, GOOD "[\"s\",0]\n"), &f->e, ":2", "expected [\"s\"");
    assert_input_error(replay(f, GOOD "[\"s\",0,1,0," ZERO "]\n"), &f->e, ":2", "expected [\"s\"");
    assert_input_error(replay(f, GOOD "[\"s\",0,0,0," ZERO ",-5]\n"), &f->e, ":2", "expected [\"s\"");
    assert_input_error(replay(f, GOOD "[\"p\",\"ready\",0,0,0,1]\n"), &f->e, ":2", "expected [\"p\"");
    assert_input_error(replay(f, GOOD "[\"p\",\"price\",0,1,0,1]\n"), &f->e, ":2", "expected [\"p\"");
    assert_input_error(replay(f, GOOD "[\"r\",\"ready\",0,0,1,0]\n"), &f->e, ":2", "expected [\"r\"");
    assert_input_error(replay(f, GOOD "[\"r\",\"nonsense\",0,0,1,0,0]\n"), &f->e, ":2", "expected [\"r\"");
    assert_input_error(replay(f, GOOD "[\"p\",\"price\",9,0,0,1]\n[\"p\",\"price\",8,0,0,1]\n"), &f->e, ":3",
                       "not falling");
    assert_failed_error(replay(f, GOOD "[\"r\",\"ready\",0,0,1,0,0]\n"), &f->e, ":2", "not there");
    assert_failed_error(replay(f, GOOD "[\"s\",0,0,0," ZERO "]\n"), &f->e, ":2", "answers differently", "1 actions");
    assert_input_error(replay(f, GOOD "[\"end\"]\n"), &f->e, ":2", "expected [\"end\"");
    assert_input_error(replay(f, GOOD "[\"end\",3," ZERO "]\n"), &f->e, ":2", "has 3 steps; it has 0");
    assert_input_error(replay(f, GOOD "[\"end\",0," ZERO "]\n"), &f->e, ":2", "not what was written");
}

static void a_whole_journal(void **state) {
    struct fixture *f = *state;
    const char *const name = "a", *const capacity = "0:1 100:0 200:1";
    struct harness h;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    harness_start(&h, harness_trace(1, &name, &capacity, 300), true, "ideal", "spot()+cheapest()", 1);
    h.config.control.linger_ms = 30000;
    h.config.scenario_name = "zone \"a\"";
    struct sim_outputs outputs = {.journal = out};
    harness_run_out(&h, &outputs);
    fclose(out);
    assert_ok(replay(f, text), &f->e);
    assert_true(f->complete);
    assert_int_equal(f->steps, h.result.steps);
    assert_non_null(strstr(f->explained, "0.000s launch spot replica 1 in a: spot-wanted"));
    assert_non_null(strstr(text, "\"scenario\":\"zone \\\"a\\\"\""));
    assert_non_null(strstr(text, "[\"r\",\"preempted\",100000,0,1,0,0]\n"));
    assert_non_null(strstr(text, "[\"r\",\"cleared\",130000,0,1,0,0]\n"));
    assert_non_null(strstr(text, "[\"p\",\"capacity\",200000,0,0,1]\n"));
    /* cut in the middle of a line and at the end of one */
    char *last = strstr(text, "[\"end\"");
    last[3] = '\0';
    assert_ok(replay(f, text), &f->e);
    assert_false(f->complete);
    last[0] = '\0';
    assert_ok(replay(f, text), &f->e);
    assert_false(f->complete);
    /* a replica cannot become ready once it has failed */
    char *twice = strstr(text, "[\"r\",\"cleared\"");
    twice[0] = '\0';
    char edited[4000];
    snprintf(edited, sizeof edited, "%s[\"r\",\"ready\",130000,0,1,0,0]\n", text);
    assert_failed_error(replay(f, edited), &f->e, "cannot be ready now");
    snprintf(edited, sizeof edited, "%s[\"r\",\"terminated\",130000,0,1,0,0]\n", text);
    assert_failed_error(replay(f, edited), &f->e, "cannot be terminated now");
    free(text);
    harness_end(&h);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(files_that_are_none), CASE(headers), CASE(groups), CASE(records),
                                       CASE(a_whole_journal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
