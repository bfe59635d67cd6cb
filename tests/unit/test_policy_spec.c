/* SPDX-License-Identifier: Apache-2.0
 * The notation of policies: reading, defaults, errors, canonical text. */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/params.h"
#include "policies/plugin.h"

static struct policy_registry *registry;

static int setup(void **state) {
    (void)state;
    registry = registry_new();
    return registry ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    registry_free(registry);
    return 0;
}

static void format(const struct policy_spec *spec, char *out, size_t room) {
    struct strbuf b = {0};
    policy_spec_format(spec, &b);
    assert_false(b.failed);
    snprintf(out, room, "%s", b.data ? b.data : "");
    strbuf_free(&b);
}

/* Parses, checks, and compares the canonical text; that text reads back. */
static void assert_canonical(const char *text, const char *expected) {
    struct policy_spec spec, again;
    struct error e;
    char out[512];
    assert_ok(policy_spec_parse(registry, text, &spec, &e), &e);
    assert_ok(policy_spec_check(registry, &spec, "policy", &e), &e);
    format(&spec, out, sizeof out);
    assert_string_equal(out, expected);
    assert_ok(policy_spec_parse(registry, out, &again, &e), &e);
    format(&again, out, sizeof out);
    assert_string_equal(out, expected);
    policy_spec_free(&spec);
    policy_spec_free(&again);
}

static void test_canonical_text_has_every_parameter(void **state) {
    (void)state;
    assert_canonical("skyserve(base=1,dynamic=true)+ttl-bench(ttl=600s)",
                     "skyserve(base=1,dynamic=true,overprovision=0,notice=ignore,rebalance=ignore)"
                     "+ttl-bench(ttl=10m)");
    assert_canonical(" spot ( overprovision = 2 , notice = react ) + round-robin ",
                     "spot(overprovision=2,notice=react,rebalance=ignore)+round-robin");
    assert_canonical("safety-net(slo=0.999)+skypilot",
                     "safety-net(base=0,overprovision=0,slo=0.999,dwell=2m,notice=ignore,rebalance=ignore)+skypilot");
    assert_canonical("random+base-percent(percent=33)",
                     "base-percent(base=0,percent=33,notice=ignore,rebalance=ignore)+random");
    assert_canonical("spot()", "spot(overprovision=0,notice=ignore,rebalance=ignore)+cheapest");
    assert_canonical("\"spot\"(overprovision=\"3\")", "spot(overprovision=3,notice=ignore,rebalance=ignore)+cheapest");
}

static void test_mix_that_cannot_want_spot_gets_no_placer(void **state) {
    (void)state;
    assert_canonical("on-demand", "on-demand(notice=ignore,rebalance=ignore)");
}

static void test_autoscaler_is_left_out_of_the_text(void **state) {
    (void)state;
    assert_canonical("constant(target=4)+spot", "spot(overprovision=0,notice=ignore,rebalance=ignore)+cheapest");
}

static void refuse(const char *text, const char *piece, const char *other) {
    struct policy_spec spec;
    struct error e = {0};
    enum error_code rc = policy_spec_parse(registry, text, &spec, &e);
    if (rc == OK) rc = policy_spec_check(registry, &spec, "policy", &e);
    assert_input_error(rc, &e, piece, other);
    policy_spec_free(&spec);
}

static void test_bad_notation(void **state) {
    (void)state;
    refuse("", "expected the name of a policy", "end");
    refuse("  ", "expected the name of a policy", "end");
    refuse("spot+", "expected the name of a policy", "end");
    refuse("+spot", "column 1", "name of a policy");
    refuse("spot(overprovision=1", "',' or ')'", "end");
    refuse("spot(overprovision)", "key=value", "'='");
    refuse("spot(2)", "key=value", "'='");
    refuse("spot(overprovision=)", "column 20", "a value");
    refuse("spot(overprovision=1,)", "key=value", "column 22");
    refuse("spot(overprovision=1)x", "'+' or the end", "x");
    refuse("spot(overprovision=\"1)", "closing quote", "column");
    refuse("spot(overprovision=\"1\"2)", "separator", "quote");
    refuse("spot(overprovision=1,overprovision=2)", "overprovision", "given twice");
    refuse("spot(=3)", "column 6", "key=value");
}

static void test_unknown_names_suggest(void **state) {
    (void)state;
    refuse("skyserv+cheapest", "unknown policy 'skyserv'", "did you mean 'skyserve'?");
    refuse("spot+chepest", "unknown policy 'chepest'", "did you mean 'cheapest'?");
    refuse("zzzzzzzzzzzz", "unknown policy", "spotsim policies");
    refuse("skyserve(bse=1)", "no parameter 'bse'", "did you mean 'base'?");
    refuse("skyserve(zzzzzzzzz=1)", "expected one of base, dynamic", "overprovision");
    refuse("spot+cheapest(x=1)", "cheapest takes no parameters", "'x'");
}

static void test_bad_values_name_policy_and_parameter(void **state) {
    (void)state;
    refuse("spot(overprovision=-1)", "spot.overprovision", "-1");
    refuse("spot(overprovision=1.5)", "spot.overprovision", "1.5");
    refuse("spot(overprovision=2000000)", "spot.overprovision", "1000000");
    refuse("base-percent(percent=101)", "base-percent.percent", "100");
    refuse("skyserve(dynamic=maybe)", "skyserve.dynamic", "neither true nor false");
    refuse("spot(notice=perhaps)", "spot.notice", "ignore, react");
    refuse("safety-net(slo=1.01)", "safety-net.slo", "1.01");
    refuse("safety-net(slo=nan)", "safety-net.slo", "nan");
    refuse("spot+ttl-bench(ttl=fast)", "ttl-bench.ttl", "duration");
    refuse("spot+ttl-bench(ttl=3651d)", "ttl-bench.ttl", "out of range");
    refuse("spot+ttl-bench(ttl=-3s)", "ttl-bench.ttl", "negative");
}

static void test_roles_must_fit(void **state) {
    (void)state;
    refuse("spot+skyserve", "two policies for one role", "both a mix");
    refuse("constant(target=1)+series(file=0:1)", "two policies for one role", "both an autoscaler");
    refuse("cheapest", "no mix", "skyserve+cheapest");
    refuse("constant(target=1)", "no mix", "spot+cheapest");
    refuse("static-base", "static-base needs a value for 'base'", "policy");
    refuse("constant+spot", "constant needs a value for 'target'", "replicas wanted");
}

static void test_too_long_text(void **state) {
    (void)state;
    char *text = malloc(POLICY_TEXT_MAX + 2);
    assert_non_null(text);
    memset(text, 'a', POLICY_TEXT_MAX + 1);
    text[POLICY_TEXT_MAX + 1] = '\0';
    refuse(text, "limit", "longer");
    free(text);
}

static void test_setting_one_parameter(void **state) {
    (void)state;
    struct policy_part part;
    struct error e;
    assert_ok(policy_part_init(registry_find(registry, "skyserve"), &part, &e), &e);
    assert_ok(policy_part_set(&part, "base", "3", "--set", &e), &e);
    assert_int_equal(part.value[0].i, 3);
    assert_input_error(policy_part_set(&part, "base", "x", "--set policy.mix.base", &e), &e, "--set policy.mix.base",
                       "skyserve.base");
    assert_int_equal(part.value[0].i, 3);
    policy_part_free(&part);
    policy_part_free(NULL);
    policy_spec_free(NULL);
}

/* ---- series -------------------------------------------------------------- */

static void assert_series(const char *text, const char *expected) {
    struct policy_part part;
    struct error e;
    struct strbuf b = {0};
    assert_ok(policy_part_init(registry_find(registry, "series"), &part, &e), &e);
    assert_ok(policy_part_set(&part, "file", text, NULL, &e), &e);
    policy_part_format(&part, &b);
    assert_string_equal(b.data, expected);
    strbuf_free(&b);
    policy_part_free(&part);
}

static void test_series_inline(void **state) {
    (void)state;
    assert_series("0s:4 1h:8", "series(file=0s:4 1h:8)");
    assert_series(" 0:4\t3600:8 ", "series(file=0s:4 1h:8)");
    refuse("series(file=1h:4)+spot", "series.file", "expected 0");
    refuse("series(file=0s:4 1h:2 1h:3)+spot", "series.file", "rising");
    refuse("series(file=0s:4 x)+spot", "series.file", "TIME:VALUE");
    refuse("series(file=0s:4.5)+spot", "series.file", "4.5");
    refuse("series(file=0s:-1)+spot", "series.file", "-1");
    refuse("series(file=0s:)+spot", "series.file", "");
}

static void test_series_file(void **state) {
    (void)state;
    char *dir = test_temp_dir();
    char *good = test_file(dir, "good.csv", "seconds,replicas\n# night\n0,2\n\n 3600 , 5 \r\n2h,3");
    char *bad = test_file(dir, "bad.csv", "0,2\n60,3\n30,1\n");
    char *empty = test_file(dir, "empty.csv", "seconds,replicas\n");
    char *plain = test_file(dir, "plain.csv", "0 2\n");
    assert_series(good, "series(file=0s:2 1h:5 2h:3)");
    struct policy_part part;
    struct error e;
    assert_ok(policy_part_init(registry_find(registry, "series"), &part, &e), &e);
    assert_input_error(policy_part_set(&part, "file", bad, "x", &e), &e, "bad.csv:3", "rising");
    assert_input_error(policy_part_set(&part, "file", empty, "x", &e), &e, "empty.csv", "no entries");
    assert_input_error(policy_part_set(&part, "file", plain, "x", &e), &e, "plain.csv:1", "no comma");
    assert_input_error(policy_part_set(&part, "file", dir, "x", &e), &e, "directory", "series.file");
    assert_input_error(policy_part_set(&part, "file", "nowhere.csv", "x", &e), &e, "nowhere.csv", "open");
    assert_ok(policy_part_set(&part, "file", good, "x", &e), &e);
    assert_ok(policy_part_set(&part, "file", "0:1", "x", &e), &e); /* replaces, frees the old one */
    policy_part_free(&part);
    free(good);
    free(bad);
    free(empty);
    free(plain);
    test_remove_tree(dir);
}

static void test_series_with_nul_byte(void **state) {
    (void)state;
    char *dir = test_temp_dir();
    char *path = test_path(dir, "nul.csv");
    struct error e;
    struct sp_series *s = NULL;
    assert_ok(file_write(path, "0,1\n\0,2\n", 8, &e), &e);
    assert_input_error(series_parse(path, 0, 10, &s, &e), &e, "nul.csv", "NUL");
    free(path);
    test_remove_tree(dir);
}

static void test_copy_is_deep(void **state) {
    (void)state;
    struct policy_spec spec, copy;
    struct error e;
    char a[512], b[512];
    struct strbuf text = {0};
    assert_ok(policy_spec_parse(registry, "series(file=0s:4 1h:8)+skyserve(base=2)+random", &spec, &e), &e);
    assert_ok(policy_spec_copy(&spec, &copy, &e), &e);
    format(&spec, a, sizeof a);
    policy_spec_free(&spec);
    format(&copy, b, sizeof b);
    assert_string_equal(a, b);
    policy_part_format(&copy.autoscaler, &text);
    assert_string_equal(text.data, "series(file=0s:4 1h:8)");
    strbuf_free(&text);
    policy_spec_free(&copy);
}

/* ---- tables -------------------------------------------------------------- */

static void test_builtin_tables_are_sound(void **state) {
    (void)state;
    struct error e;
    uint64_t n = 0;
    for (const struct sp_policy *const *p = policy_builtin; *p; p++, n++)
        assert_ok(policy_check_table(*p, (*p)->name, &e), &e);
    assert_int_equal(n, registry_count(registry));
    for (uint32_t i = 0; i < registry_count(registry); i++)
        assert_ptr_equal(registry_find(registry, registry_at(registry, i)->name), registry_at(registry, i));
    assert_null(registry_find(registry, "nothing"));
    test_count("built-in policy tables", n);
}

static int64_t want_nothing(void *state, const struct sp_view *view, const struct sp_counts *counts,
                            const struct sp_observation *obs, uint32_t n_obs, struct sp_want *want) {
    (void)state, (void)view, (void)counts, (void)obs, (void)n_obs, (void)want;
    return SP_FOREVER;
}

static void init_nothing(void *state, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)state, (void)value, (void)limits, (void)key;
}

static void refuse_table(const struct sp_policy *p, const char *piece) {
    struct error e;
    assert_input_error(policy_check_table(p, "file.c", &e), &e, "file.c", piece);
}

static void refuse_param(struct sp_param param, const char *piece) {
    struct sp_policy p = {.abi = SP_ABI_VERSION,
                          .role = SP_MIX,
                          .name = "m",
                          .summary = "s",
                          .want = want_nothing,
                          .params = &param,
                          .n_params = 1};
    refuse_table(&p, piece);
}

static void test_unsound_tables_are_refused(void **state) {
    (void)state;
    static const char *const no_names[] = {NULL};
    struct sp_policy p = {.abi = SP_ABI_VERSION, .role = SP_MIX, .name = "m", .summary = "s", .want = want_nothing};
    struct sp_policy q = p;
    struct error e;
    assert_ok(policy_check_table(&p, "file.c", &e), &e);
    q = p, q.abi = 99;
    refuse_table(&q, "ABI 99");
    q = p, q.name = "Bad Name";
    refuse_table(&q, "needs a name");
    q = p, q.summary = NULL;
    refuse_table(&q, "summary");
    q = p, q.n_params = 1;
    refuse_table(&q, "without a table");
    q = p, q.role = (enum sp_role)9;
    refuse_table(&q, "role 9");
    q = p, q.role = SP_PLACER;
    refuse_table(&q, "lacks place()");
    q = p, q.init = init_nothing;
    refuse_table(&q, "state_size()");
    refuse_param((struct sp_param){"", SP_INT, "", 0, 1, "0", "d", NULL}, "no usable name");
    refuse_param((struct sp_param){"x", (enum sp_param_type)99, "", 0, 1, "0", "d", NULL}, "needs a type");
    refuse_param((struct sp_param){"x", SP_INT, "", 0, 1, "0", NULL, NULL}, "doc line");
    refuse_param((struct sp_param){"x", SP_INT, "", 2, 1, "0", "d", NULL}, "no range");
    refuse_param((struct sp_param){"x", SP_INT, "", 0, 1e300, "0", "d", NULL}, "9e15");
    refuse_param((struct sp_param){"x", SP_INT, "", 0, 1, "7", "d", NULL}, "7");
    refuse_param((struct sp_param){"x", SP_ENUM, "", 0, 0, "a", "d", no_names}, "without names");
    struct sp_param twice[] = {{"x", SP_INT, "", 0, 1, "0", "d", NULL}, {"x", SP_INT, "", 0, 1, "0", "d", NULL}};
    q = p, q.params = twice, q.n_params = 2;
    refuse_table(&q, "two parameters");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_canonical_text_has_every_parameter),
        cmocka_unit_test(test_mix_that_cannot_want_spot_gets_no_placer),
        cmocka_unit_test(test_autoscaler_is_left_out_of_the_text),
        cmocka_unit_test(test_bad_notation),
        cmocka_unit_test(test_unknown_names_suggest),
        cmocka_unit_test(test_bad_values_name_policy_and_parameter),
        cmocka_unit_test(test_roles_must_fit),
        cmocka_unit_test(test_too_long_text),
        cmocka_unit_test(test_setting_one_parameter),
        cmocka_unit_test(test_series_inline),
        cmocka_unit_test(test_series_file),
        cmocka_unit_test(test_series_with_nul_byte),
        cmocka_unit_test(test_copy_is_deep),
        cmocka_unit_test(test_builtin_tables_are_sound),
        cmocka_unit_test(test_unsound_tables_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
