/* SPDX-License-Identifier: Apache-2.0
 * Lists of numbers read from JSON text without the parser: the same numbers,
 * to the bit, and only what the parser would call a list of numbers. */
#include "tests/support/support.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "traces/json_lists.h"

/* What is left of the text, `|`, and the numbers of each list taken. */
static char *taken(const char *json) {
    struct json_lists lists;
    struct strbuf text = {0}, out = {0};
    assert_true(json_lists_take(json, strlen(json), &lists, &text));
    strbuf_puts(&out, lists.n ? text.data : json);
    for (uint32_t i = 0; i < lists.n; i++) {
        strbuf_printf(&out, "|%u:", lists.list[i].n);
        for (uint32_t k = 0; k < lists.list[i].n_runs; k++) {
            const struct json_run *run = &lists.run[lists.list[i].first_run + k];
            strbuf_printf(&out, " %u=%.17g", run->first, run->value);
        }
    }
    strbuf_free(&text);
    json_lists_free(&lists);
    return out.data;
}

static void what_is_taken(void **state) {
    (void)state;
    const struct {
        const char *json, *left;
    } rows[] = {
        {"{\"data\": [0, 0, 1,1 , 0]}", "{\"data\": [0]}|5: 0=0 2=1 4=0"},
        {"[0,0,0,\n  0,0,1,\n  1,1]", "[0]|8: 0=0 5=1"},
        {"{\"a\":[1.5,1.5,1.50,2e0],\"b\":[-7]}", "{\"a\":[0],\"b\":[1]}|4: 0=1.5 3=2|1: 0=-7"},
        {"[[1,2],[3,\"x\"],[]]", "[[0],[3,\"x\"],[]]|2: 0=1 1=2"},
        {"[1,2,[3,3]]", "[1,2,[0]]|2: 0=3"},
        {"{\"[1,2\\\"[3]\": [4]}", "{\"[1,2\\\"[3]\": [0]}|1: 0=4"},
        {"{\"a\": [1e400, -0, 123456789012345678, 0.30000000000000004]}",
         "{\"a\": [0]}|4: 0=inf 1=-0 2=1.2345678901234568e+17 3=0.30000000000000004"},
        /* a line ends after repeated numbers, and with another pattern */
        {"{\"a\": [1,1,1,\n  1,1, 1,\r\n\t0]}", "{\"a\": [0]}|7: 0=1 6=0"},
        {"{\"a\": [true, 1], \"b\": {}}", "{\"a\": [true, 1], \"b\": {}}"},
        /* not JSON's notation, or cut: all of it is the parser's business */
        {"{\"a\": [1, 1], \"b\": [01]}", "{\"a\": [1, 1], \"b\": [01]}"},
        {"{\"a\": [1, 1], \"b\": [1.]}", "{\"a\": [1, 1], \"b\": [1.]}"},
        {"{\"a\": [1, 1], \"b\": [1\v]}", "{\"a\": [1, 1], \"b\": [1\v]}"},
        {"{\"a\": [1, 1], \"b\": [1", "{\"a\": [1, 1], \"b\": [1"},
        {"{\"a\": [1, 1], \"b\": [1,]}", "{\"a\": [0], \"b\": [1,]}|2: 0=1"},
        {"{\"a\": [1, 1], \"b\": [1 1]}", "{\"a\": [1, 1], \"b\": [1 1]}"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *left = taken(rows[i].json);
        assert_string_equal(left, rows[i].left);
        free(left);
    }
}

static void write_number(uint64_t key, struct strbuf *out) {
    uint64_t digits = random_mix(key), how = random_mix(key + 1);
    int n = (int)(how % 19) + 1, point = (int)((how >> 40) % (uint64_t)(n + 3));
    if (how >> 16 & 1) strbuf_puts(out, "-");
    uint64_t scale = 1;
    for (int i = 0; i < n && i < 18; i++) scale *= 10;
    digits %= scale;
    if (point == 0 || point > 15)
        strbuf_printf(out, "%llu", (unsigned long long)digits);
    else
        strbuf_printf(out, "%llu.%0*llu", (unsigned long long)digits % 1000, point,
                      (unsigned long long)random_mix(key + 2) % 100000);
    if ((how >> 24) % 8 == 0) strbuf_printf(out, "e%d", (int)((how >> 32) % 60) - 30);
}

/* One random list, most numbers several times in a row. */
static void check_list(uint64_t key) {
    static const char *const commas[] = {",", ", ", " ,\n", "\t,\r\n  "};
    struct strbuf json = {0}, number = {0}, text = {0};
    uint32_t n = 1 + (uint32_t)(random_mix(key) % 60);
    bool lines = random_mix(key + 7) % 2 == 0; /* broken anywhere; else one way of writing throughout */
    const char *comma = commas[random_mix(key + 8) % 4];
    strbuf_puts(&json, "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || random_mix(random_key(key, i)) % 4 == 0) {
            number.size = 0;
            write_number(random_key(key, i + 1000), &number);
        }
        if (lines) comma = random_mix(random_key(key, i + 2000)) % 8 == 0 ? ",\n  " : ",";
        if (i) strbuf_puts(&json, comma);
        strbuf_puts(&json, number.data);
    }
    strbuf_puts(&json, "]");
    struct json_lists lists;
    assert_true(json_lists_take(json.data, json.size, &lists, &text));
    assert_int_equal(lists.n, 1);
    assert_int_equal(lists.list[0].n, n);
    cJSON *tree = cJSON_Parse(json.data);
    assert_non_null(tree);
    uint32_t i = 0, k = 0;
    for (const cJSON *v = tree->child; v; v = v->next, i++) {
        if (k + 1 < lists.list[0].n_runs && lists.run[k + 1].first == i) k++;
        assert_true(lists.run[k].value == v->valuedouble);
    }
    assert_int_equal(k + 1, lists.list[0].n_runs);
    cJSON_Delete(tree);
    json_lists_free(&lists);
    strbuf_free(&json);
    strbuf_free(&number);
    strbuf_free(&text);
}

static void same_numbers_as_the_parser(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) check_list(random_key(1, i));
    test_count("random lists", 20000);
}

static void numbers_of_a_mixed_list(void **state) {
    (void)state;
    struct json_lists none = {0};
    cJSON *tree = cJSON_Parse("[1, 1, 2, \"x\", 3]");
    struct json_numbers numbers;
    assert_true(json_numbers_of(&none, tree, &numbers));
    assert_int_equal(numbers.n, 3);
    assert_int_equal(numbers.n_runs, 2);
    assert_true(cJSON_IsString(numbers.other));
    json_numbers_free(&numbers);
    cJSON_Delete(tree);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken),
        cmocka_unit_test(same_numbers_as_the_parser),
        cmocka_unit_test(numbers_of_a_mixed_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
