/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <string.h>

#include "tests/support/support.h"

static void fills_and_returns(void **state) {
    (void)state;
    struct error e;
    assert_int_equal(error_set(&e, ERR_INPUT, "a.json:3", "expected %s, got %d", "x", 7), ERR_INPUT);
    assert_int_equal(e.code, ERR_INPUT);
    assert_string_equal(e.where, "a.json:3");
    assert_string_equal(e.message, "expected x, got 7");
    assert_int_equal(error_set(NULL, ERR_FAILED, NULL, "unused"), ERR_FAILED);
    error_in(NULL, "x");
}

static void outer_place_comes_first(void **state) {
    (void)state;
    struct error e;
    error_set(&e, ERR_INPUT, NULL, "bad");
    error_in(&e, "$.fleet");
    assert_string_equal(e.where, "$.fleet");
    error_in(&e, "s.json");
    assert_string_equal(e.where, "s.json: $.fleet");
    error_in(&e, "");
    error_in(&e, NULL);
    assert_string_equal(e.where, "s.json: $.fleet");
}

static void long_text_is_cut(void **state) {
    (void)state;
    struct error e;
    char big[2000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    error_set(&e, ERR_INPUT, big, "%s", big);
    assert_int_equal(strlen(e.where), sizeof e.where - 1);
    assert_int_equal(strlen(e.message), sizeof e.message - 1);
    error_in(&e, big);
    assert_int_equal(strlen(e.where), sizeof e.where - 1);
}

static void own_text_may_be_an_argument(void **state) {
    (void)state;
    struct error e;
    error_set(&e, ERR_INPUT, "inner", "first");
    error_set(&e, ERR_INPUT, e.where, "second after %s", e.message);
    assert_string_equal(e.where, "inner");
    assert_string_equal(e.message, "second after first");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_and_returns),
        cmocka_unit_test(outer_place_comes_first),
        cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(own_text_may_be_an_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
