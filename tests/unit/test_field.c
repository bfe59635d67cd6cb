/* SPDX-License-Identifier: Apache-2.0 */
#include "base/field.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/dist.h"
#include "base/text.h"
#include "tests/support/support.h"

struct sample {
    int64_t whole, wide, lag, price;
    bool flag;
    double share;
    uint32_t count, weight;
    int choice;
    char *name, *note;
    struct dist start;
    int64_t bare;
};

static const char *const colours[] = {"red", "green", "blue", NULL};
#define AT(member) offsetof(struct sample, member)
static const struct field table[] = {
    {"whole", FIELD_INT, AT(whole), "nodes", 1, 9, "3", "a", NULL},
    {"wide", FIELD_INT, AT(wide), "", 0, 0, "-5", "no range", NULL},
    {"lag", FIELD_DURATION, AT(lag), "", 0, 3600e3, "20s", "b", NULL},
    {"price", FIELD_PRICE, AT(price), "USD/h", 0, 100, "null", "c", NULL},
    {"flag", FIELD_BOOL, AT(flag), "", 0, 0, "true", "d", NULL},
    {"share", FIELD_REAL, AT(share), "", 0, 1, "0.25", "e", NULL},
    {"count", FIELD_COUNT, AT(count), "", 0, 4294967295.0, "unlimited", "f", NULL},
    {"weight", FIELD_COUNT, AT(weight), "", 1, 1000, "1", "g", NULL},
    {"choice", FIELD_ENUM, AT(choice), "", 0, 0, "green", "h", colours},
    {"name", FIELD_TEXT, AT(name), "", 0, 0, "anna", "i", NULL},
    {"note", FIELD_TEXT, AT(note), "", 0, 0, NULL, "j", NULL},
    {"start", FIELD_DIST, AT(start), "", 0, 0, "uniform(1m,4m)", "k", NULL},
    {"bare", FIELD_INT, AT(bare), "", 0, 0, NULL, "l", NULL},
};
#define N ((uint32_t)(sizeof table / sizeof *table))

static int make(void **state) {
    struct sample *s = calloc(1, sizeof *s);
    struct error e;
    assert_non_null(s);
    assert_ok(field_defaults(table, N, s, &e), &e);
    *state = s;
    return 0;
}

static int unmake(void **state) {
    field_free_all(table, N, *state);
    free(*state);
    return 0;
}

static enum error_code set(struct sample *s, const char *path, const char *text, struct error *e) {
    return field_from_text(field_find(table, N, path), text, s, path, e);
}

static enum error_code set_json(struct sample *s, const char *path, const char *json, struct error *e) {
    cJSON *v = cJSON_Parse(json);
    assert_non_null(v);
    enum error_code rc = field_from_json(field_find(table, N, path), v, s, path, e);
    cJSON_Delete(v);
    return rc;
}

static void check_json(const struct sample *s, const char *path, const char *expected) {
    struct strbuf b = {0};
    field_to_json(field_find(table, N, path), s, &b);
    assert_string_equal(b.data, expected);
    strbuf_free(&b);
}

static void defaults(void **state) {
    struct sample *s = *state;
    assert_int_equal(s->whole, 3);
    assert_int_equal(s->wide, -5);
    assert_int_equal(s->lag, 20000);
    assert_int_equal(s->price, -1);
    assert_true(s->flag);
    assert_true(s->share == 0.25);
    assert_true(s->count == UINT32_MAX);
    assert_int_equal(s->weight, 1);
    assert_int_equal(s->choice, 1);
    assert_string_equal(s->name, "anna");
    assert_null(s->note);
    assert_int_equal(s->start.kind, DIST_UNIFORM);
    assert_int_equal(s->bare, 0);
    struct error e;
    s->bare = 7;
    assert_ok(field_defaults(table, N, s, &e), &e); /* again, over values it owns */
    assert_int_equal(s->bare, 0);
    assert_null(field_find(table, N, "nothing"));
}

static void text_sets_values(void **state) {
    struct sample *s = *state;
    struct error e;
    assert_ok(set(s, "whole", "9", &e), &e);
    assert_ok(set(s, "wide", "-9007199254740992", &e), &e);
    assert_ok(set(s, "lag", "1m", &e), &e);
    assert_ok(set(s, "price", "0.918", &e), &e);
    assert_ok(set(s, "flag", "false", &e), &e);
    assert_ok(set(s, "share", "1", &e), &e);
    assert_ok(set(s, "count", "4294967294", &e), &e);
    assert_ok(set(s, "choice", "blue", &e), &e);
    assert_ok(set(s, "name", "bert", &e), &e);
    assert_ok(set(s, "start", "none", &e), &e);
    assert_int_equal(s->whole, 9);
    assert_true(s->wide == -9007199254740992);
    assert_int_equal(s->lag, 60000);
    assert_int_equal(s->price, 918000);
    assert_false(s->flag);
    assert_true(s->share == 1);
    assert_true(s->count == 4294967294);
    assert_int_equal(s->choice, 2);
    assert_string_equal(s->name, "bert");
    assert_int_equal(s->start.kind, DIST_NONE);
    assert_ok(set(s, "price", "unknown", &e), &e);
    assert_int_equal(s->price, -1);
    assert_ok(set(s, "count", "unlimited", &e), &e);
    assert_true(s->count == UINT32_MAX);
}

static void bad_text_is_named(void **state) {
    struct sample *s = *state;
    static const char *const cases[][3] = {
        {"whole", "10", "1 to 9"},
        {"whole", "x", "not a number"},
        {"whole", "2.5", "not a whole number"},
        {"wide", "9007199254740993", "out of range"},
        {"lag", "2h", "2h is out of range; expected 0s to 1h"},
        {"lag", "0.1ms", "too short"},
        {"lag", "-1s", "negative"},
        {"lag", "soon", "not a duration"},
        {"price", "101", "101 is out of range; expected 0 to 100 USD/h"},
        {"price", "-1", "negative"},
        {"price", "free", "not a price"},
        {"flag", "yes", "neither true nor false"},
        {"share", "1.5", "0 to 1"},
        {"share", "nan", "not a number"},
        {"count", "-1", "or unlimited"},
        {"count", "4294967295", "out of range"},
        {"count", "many", "or unlimited"},
        {"weight", "0", "1 to 1000"},
        {"weight", "unlimited", "not a number"},
        {"choice", "gren", "did you mean green?"},
        {"choice", "12345", "red, green, blue"},
        {"start", "unform(1s,2s)", "did you mean uniform?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e;
        assert_input_error(set(s, cases[i][0], cases[i][1], &e), &e, cases[i][0], cases[i][2]);
        assert_string_equal(e.where, cases[i][0]);
    }
    defaults(state); /* nothing was changed */
}

static void json_sets_values(void **state) {
    struct sample *s = *state;
    struct error e;
    assert_ok(set_json(s, "whole", "4", &e), &e);
    assert_ok(set_json(s, "wide", "\"17\"", &e), &e);
    assert_ok(set_json(s, "lag", "1.5", &e), &e);
    assert_ok(set_json(s, "price", "3.06", &e), &e);
    assert_ok(set_json(s, "flag", "false", &e), &e);
    assert_ok(set_json(s, "share", "0.125", &e), &e);
    assert_ok(set_json(s, "count", "12", &e), &e);
    assert_ok(set_json(s, "choice", "\"red\"", &e), &e);
    assert_ok(set_json(s, "note", "\"hi\"", &e), &e);
    assert_ok(set_json(s, "name", "null", &e), &e);
    assert_ok(set_json(s, "start", "90", &e), &e);
    check_json(s, "whole", "4");
    check_json(s, "wide", "17");
    check_json(s, "lag", "\"1500ms\"");
    check_json(s, "price", "3.06");
    check_json(s, "flag", "false");
    check_json(s, "share", "0.125");
    check_json(s, "count", "12");
    check_json(s, "choice", "\"red\"");
    check_json(s, "note", "\"hi\"");
    check_json(s, "name", "null");
    check_json(s, "start", "\"90s\"");
    assert_ok(set_json(s, "price", "null", &e), &e);
    check_json(s, "price", "null");
    assert_ok(set_json(s, "count", "\"unlimited\"", &e), &e);
    check_json(s, "count", "\"unlimited\"");
    assert_ok(set_json(s, "start", "\"empirical(3s,1s)\"", &e), &e);
    check_json(s, "start", "\"empirical(1s,3s)\"");
}

static void bad_json_is_named(void **state) {
    struct sample *s = *state;
    static const char *const cases[][3] = {
        {"whole", "2.5", "2.5 is not a whole number"},
        {"whole", "true", "expected a whole number, got true"},
        {"whole", "1e300", "not a whole number"},
        {"whole", "0", "0 is out of range; expected 1 to 9 nodes"},
        {"lag", "-3", "negative"},
        {"lag", "1e999", "too long"},
        {"lag", "[1]", "a duration such as \"120s\", or a number of seconds, got an array"},
        {"lag", "null", "got null"},
        {"price", "-2", "negative"},
        {"price", "1e999", "finite"},
        {"price", "{}", "got an object"},
        {"flag", "1", "expected true or false, got a number"},
        {"flag", "\"maybe\"", "neither true nor false"},
        {"share", "2", "out of range"},
        {"share", "1e999", "finite"},
        {"share", "false", "expected a number, got false"},
        {"count", "-1", "out of range"},
        {"count", "1.5", "not a whole number"},
        {"count", "false", "a whole number or \"unlimited\""},
        {"weight", "[]", "expected a whole number, got"},
        {"choice", "2", "expected one of its names as a string, got a number"},
        {"name", "3", "expected a string, got a number"},
        {"start", "-1", "negative"},
        {"start", "-1e999", "negative"},
        {"start", "{\"mean\": 3}", "got an object"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e;
        assert_input_error(set_json(s, cases[i][0], cases[i][1], &e), &e, cases[i][0], cases[i][2]);
        assert_string_equal(e.where, cases[i][0]);
    }
    defaults(state);
}

static void every_value_reads_back(void **state) {
    struct sample *s = *state, copy = {0};
    for (uint32_t i = 0; i < N; i++) {
        struct strbuf before = {0}, after = {0};
        struct error e;
        field_to_json(&table[i], s, &before);
        cJSON *v = cJSON_Parse(before.data);
        assert_ok(field_from_json(&table[i], v, &copy, "x", &e), &e);
        cJSON_Delete(v);
        field_to_json(&table[i], &copy, &after);
        assert_string_equal(before.data, after.data);
        strbuf_free(&before);
        strbuf_free(&after);
    }
    field_free_all(table, N, &copy);
    assert_null(copy.name);
    assert_int_equal(copy.start.kind, DIST_NONE);
}

static void a_bad_default_is_found(void **state) {
    (void)state;
    static const struct field bad[] = {{"x", FIELD_INT, 0, "", 0, 3, "4", "", NULL}};
    int64_t x = 0;
    struct error e;
    assert_input_error(field_defaults(bad, 1, &x, &e), &e, "x", "0 to 3");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults, make, unmake),
        cmocka_unit_test_setup_teardown(text_sets_values, make, unmake),
        cmocka_unit_test_setup_teardown(bad_text_is_named, make, unmake),
        cmocka_unit_test_setup_teardown(json_sets_values, make, unmake),
        cmocka_unit_test_setup_teardown(bad_json_is_named, make, unmake),
        cmocka_unit_test_setup_teardown(every_value_reads_back, make, unmake),
        cmocka_unit_test(a_bad_default_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
