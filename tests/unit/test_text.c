/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/support.h"

static void durations_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"120s", 120000},  {"3m", 180000},
        {"24h", 86400000}, {"7d", 7 * MS_PER_DAY},
        {"500ms", 500},    {"1.5h", 5400000},
        {"0", 0},          {"0s", 0},
        {"12", 12000},     {"0.000ms", 0},
        {"0.0006", 1},     {"1e3", 1000000},
        {".5s", 500},      {"2.s", 2000},
        {"-0", 0},         {"1e-3s", 1},
        {"1E2ms", 100},    {"1099511627775ms", TIME_LIMIT_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e;
        int64_t ms = -1;
        assert_ok(text_duration_ms(cases[i].text, &ms, &e), &e);
        if (ms != cases[i].ms) fail_msg("%s gave %lld", cases[i].text, (long long)ms);
    }
}

static void bad_durations_are_named(void **state) {
    (void)state;
    static const char *const bad[] = {"",    " 1s", "1s ", "s",   "abc",  "1 s", "1w", "1hour", "1.2.3s", "0x10s",
                                      "nan", "inf", "--1", "+1s", "1,5s", "1e",  "e3", ".",     "-",      "1s2m"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct error e;
        int64_t ms = 77;
        assert_input_error(text_duration_ms(bad[i], &ms, &e), &e, bad[i], "not a duration", "ms, s, m, h or d");
        assert_int_equal(ms, 77);
    }
    struct error e;
    int64_t ms = 77;
    assert_input_error(text_duration_ms("-1s", &ms, &e), &e, "negative");
    assert_input_error(text_duration_ms("0.0004", &ms, &e), &e, "too short", "1ms"); /* would become 0 */
    assert_input_error(text_duration_ms("1e-300d", &ms, &e), &e, "too short");
    assert_input_error(text_duration_ms("1099511627776ms", &ms, &e), &e, "too long", "12725d");
    assert_input_error(text_duration_ms("1e999d", &ms, &e), &e, "too long");
    assert_input_error(text_duration_ms("99999999999999999999999s", &ms, &e), &e, "too long");
    assert_int_equal(ms, 77);
}

static void durations_round_trip(void **state) {
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0s"},      {1, "1ms"},      {1500, "1500ms"},          {90000, "90s"},
                 {120000, "2m"}, {3600000, "1h"}, {36 * MS_PER_HOUR, "36h"}, {2 * MS_PER_DAY, "2d"}};
    char buf[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(text_format_duration(cases[i].ms, buf), cases[i].text);
    uint64_t n = test_times(20000, 1000000);
    for (uint64_t i = 0; i < n; i++) {
        struct error e;
        int64_t back, ms = (int64_t)(random_mix(i) >> (24 + i % 40));
        assert_ok(text_duration_ms(text_format_duration(ms, buf), &back, &e), &e);
        assert_int_equal(back, ms);
    }
    test_count("durations written and read back", n);
}

static void prices(void **state) {
    (void)state;
    struct error e;
    int64_t uusd = -7;
    assert_ok(text_price_uusd("0.918", &uusd, &e), &e);
    assert_int_equal(uusd, 918000);
    assert_ok(text_price_uusd("3.06", &uusd, &e), &e);
    assert_int_equal(uusd, 3060000);
    assert_ok(text_price_uusd("0", &uusd, &e), &e);
    assert_int_equal(uusd, 0);
    assert_ok(text_price_uusd("1e6", &uusd, &e), &e);
    assert_int_equal(uusd, INT64_C(1000000000000));
    assert_ok(text_price_uusd("0.0000001", &uusd, &e), &e);
    assert_int_equal(uusd, 0);
    assert_input_error(text_price_uusd("-0.1", &uusd, &e), &e, "negative");
    assert_input_error(text_price_uusd("1000001", &uusd, &e), &e, "too high");
    assert_input_error(text_price_uusd("$3", &uusd, &e), &e, "'$3'", "dollars per hour");
    assert_input_error(text_price_uusd("nan", &uusd, &e), &e, "'nan'");
    assert_input_error(text_price_uusd("", &uusd, &e), &e, "not a price");
    assert_input_error(text_price_uusd("1e999", &uusd, &e), &e, "not a finite");
    assert_input_error(price_from_usd((double)NAN, "row 3", &uusd, &e), &e, "row 3", "not a finite");
    assert_int_equal(uusd, 0);
}

static void whole_numbers(void **state) {
    (void)state;
    struct error e;
    int64_t x = 5;
    assert_ok(text_int("-12", -20, 20, &x, &e), &e);
    assert_int_equal(x, -12);
    assert_ok(text_int("9223372036854775807", INT64_MIN, INT64_MAX, &x, &e), &e);
    assert_true(x == INT64_MAX);
    assert_ok(text_int("-9223372036854775808", INT64_MIN, INT64_MAX, &x, &e), &e);
    assert_true(x == INT64_MIN);
    x = 5;
    assert_input_error(text_int("9223372036854775808", INT64_MIN, INT64_MAX, &x, &e), &e, "out of range");
    assert_input_error(text_int("21", -20, 20, &x, &e), &e, "21", "-20 to 20");
    assert_input_error(text_int("1.5", 0, 9, &x, &e), &e, "not a whole number");
    static const char *const bad[] = {"", "-", "1x", " 1", "1 ", "0x1", "+1", "one"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_input_error(text_int(bad[i], 0, 9, &x, &e), &e, "not a number", "0 to 9");
    assert_int_equal(x, 5);
}

static void real_numbers(void **state) {
    (void)state;
    struct error e;
    double x = 5;
    assert_ok(text_real("0.25", 0, 1, &x, &e), &e);
    assert_true(x == 0.25);
    assert_ok(text_real("-1e-3", -1, 1, &x, &e), &e);
    assert_true(x == -1e-3);
    assert_input_error(text_real("1.01", 0, 1, &x, &e), &e, "out of range", "0 to 1");
    assert_input_error(text_real("1e999", 0, INFINITY, &x, &e), &e, "out of range");
    static const char *const bad[] = {"", "nan", "inf", "0x1p3", "1..2", "1 ", "1e+", "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_input_error(text_real(bad[i], 0, 1, &x, &e), &e, "not a number");
    assert_true(x == -1e-3);
}

static void timestamps_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01 00:00:00", 0},
        {"1969-12-31T23:59:59.999Z", -1},
        {"2023-02-15T08:30:00Z", INT64_C(1676449800000)},
        {"2023-02-15t08:30:00z", INT64_C(1676449800000)},
        {"2023-02-15 10:30:00+02:00", INT64_C(1676449800000)},
        {"2023-02-15 03:00:00-0530", INT64_C(1676449800000)},
        {"2023-02-15T09:30:00+01", INT64_C(1676449800000)},
        {"2023-02-15T08:30:00.5", INT64_C(1676449800500)},
        {"2023-02-15T08:30:00.123456789Z", INT64_C(1676449800123)},
        {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
        {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
        {"0001-01-01T00:00:00Z", INT64_C(-62135596800000)},
        {"9999-12-31T23:59:59.999Z", INT64_C(253402300799999)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e;
        int64_t ms = 1;
        assert_ok(text_timestamp_ms(cases[i].text, &ms, &e), &e);
        if (ms != cases[i].ms) fail_msg("%s gave %lld", cases[i].text, (long long)ms);
    }
}

static void bad_timestamps_are_named(void **state) {
    (void)state;
    static const char *const shape[] = {"",
                                        "2023",
                                        "2023-02-15",
                                        "2023-2-15 08:30:00",
                                        "2023-02-15 08:30",
                                        "2023-02-15 08:30:00 ",
                                        "2023-02-15 08:30:00.",
                                        "2023-02-15 08:30:00+2",
                                        "2023-02-15 08:30:00+25:00",
                                        "2023-02-15 08:30:00Zx",
                                        "2023/02/15 08:30:00",
                                        "15.02.2023",
                                        "x"};
    static const char *const range[] = {"2023-02-29 00:00:00", "1900-02-29 00:00:00", "2023-13-01 00:00:00",
                                        "2023-00-01 00:00:00", "2023-04-31 00:00:00", "2023-01-00 00:00:00",
                                        "2023-01-01 24:00:00", "2023-01-01 00:60:00", "2023-01-01 00:00:61",
                                        "0000-01-01 00:00:00"};
    struct error e;
    int64_t ms = 4;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        assert_input_error(text_timestamp_ms(shape[i], &ms, &e), &e, "not a date and time", shape[i]);
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        assert_input_error(text_timestamp_ms(range[i], &ms, &e), &e, "does not exist", range[i]);
    assert_int_equal(ms, 4);
}

static void timestamps_round_trip(void **state) {
    (void)state;
    char buf[32];
    assert_string_equal(text_format_timestamp(-1, buf), "1969-12-31T23:59:59.999Z");
    assert_string_equal(text_format_timestamp(INT64_C(951782400000), buf), "2000-02-29T00:00:00.000Z");
    const int64_t low = INT64_C(-62135596800000), span = INT64_C(253402300799999) - low;
    uint64_t n = test_times(50000, 2000000);
    for (uint64_t i = 0; i < n; i++) {
        struct error e;
        int64_t back, ms = low + (int64_t)(random_mix(i) % (uint64_t)span);
        assert_ok(text_timestamp_ms(text_format_timestamp(ms, buf), &back, &e), &e);
        if (back != ms) fail_msg("%lld became %s became %lld", (long long)ms, buf, (long long)back);
    }
    test_count("timestamps written and read back", n);
}

static void nearest_names(void **state) {
    (void)state;
    static const char *const names[] = {"cheapest",  "round-robin", "even-spread", "skypilot",
                                        "ttl-bench", "spot",        NULL};
    assert_string_equal(text_nearest("cheepest", names), "cheapest");
    assert_string_equal(text_nearest("round_robin", names), "round-robin");
    assert_string_equal(text_nearest("Even-Spread", names), "even-spread");
    assert_string_equal(text_nearest("sptot", names), "spot");
    assert_string_equal(text_nearest("psot", names), "spot");
    assert_string_equal(text_nearest("sky", names), "skypilot");
    assert_string_equal(text_nearest("ttlbench", names), "ttl-bench");
    assert_null(text_nearest("elephant", names));
    assert_null(text_nearest("", names));
    assert_null(text_nearest("x", (const char *const[]){NULL}));
    char big[300];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_null(text_nearest(big, names));
    assert_null(text_nearest("aaaaaaa", (const char *const[]){big, "", NULL}));
}

static void globs(void **state) {
    (void)state;
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"*", "", true},
        {"*", "abc", true},
        {"", "", true},
        {"", "a", false},
        {"a*c", "abbbc", true},
        {"a*c", "abbb", false},
        {"?", "a", true},
        {"?", "", false},
        {"us-*-2?", "us-west-2a", true},
        {"us-*-2?", "us-west-2", false},
        {"*a*b*", "xaxxbx", true},
        {"**a", "ba", true},
        {"a", "A", false},
        {"*ab", "aab", true},
        {"a?", "a", false},
        {"*.json", "x.json.bak", false},
        {"a*b*c", "abcbc", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (text_glob(cases[i].pattern, cases[i].text) != cases[i].match)
            fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

static void check_real(double x, const char *expected) {
    struct strbuf b = {0};
    strbuf_real(&b, x);
    assert_false(b.failed);
    if (expected) assert_string_equal(b.data, expected);
    if (isfinite(x)) assert_true(strtod(b.data, NULL) == x);
    assert_null(strchr(b.data, ','));
    strbuf_free(&b);
}

static void reals_are_shortest(void **state) {
    (void)state;
    check_real(0.1, "0.1");
    check_real(1.0, "1");
    check_real(-0.0, "-0");
    check_real(0.994485818412296, "0.994485818412296");
    check_real(1.0 / 3, NULL);
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(DBL_MAX, NULL);
    check_real(DBL_MIN, NULL);
    check_real(4.9e-324, NULL);
    check_real((double)NAN, "null");
    check_real(INFINITY, "null");
    check_real(-INFINITY, "null");
    uint64_t n = test_times(20000, 1000000);
    for (uint64_t i = 0; i < n; i++) {
        uint64_t bits = random_mix(i);
        double x;
        memcpy(&x, &bits, sizeof x);
        check_real(x, NULL);
    }
    test_count("reals written and read back", n);
}

static void numbers_ignore_the_locale(void **state) {
    (void)state;
    static const char *const comma[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "es_ES.UTF-8"};
    bool set = false;
    for (size_t i = 0; !set && i < sizeof comma / sizeof *comma; i++) set = setlocale(LC_ALL, comma[i]) != NULL;
    struct error e;
    double x;
    assert_ok(text_real("1.5", 0, 9, &x, &e), &e);
    assert_true(x == 1.5);
    check_real(1.5, "1.5");
    setlocale(LC_ALL, "C");
}

static void strings_grow_and_escape(void **state) {
    (void)state;
    struct strbuf b = {0};
    for (int i = 0; i < 1000; i++) strbuf_printf(&b, "%d,", i);
    assert_int_equal(b.size, 10 * 2 + 90 * 3 + 900 * 4);
    assert_int_equal(strlen(b.data), b.size);
    strbuf_free(&b);
    strbuf_add(&b, "a\0b", 3);
    assert_int_equal(b.size, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    strbuf_free(&b);
    strbuf_json_string(
        &b,
        "q\" b\\ n\n t\t \x01\x7f \xc3\xa9 \xff \xe0\x80\x80 \xed\xa0\x80 \xf4\x90\x80\x80 \xf0\x9f\x98\x80 \xe2\x82");
    assert_string_equal(b.data, "\"q\\\" b\\\\ n\\n t\\u0009 \\u0001\\u007f \xc3\xa9 \\ufffd \\ufffd\\ufffd\\ufffd "
                                "\\ufffd\\ufffd\\ufffd \\ufffd\\ufffd\\ufffd\\ufffd \xf0\x9f\x98\x80 \\ufffd\\ufffd\"");
    strbuf_free(&b);
    assert_null(b.data);
    strbuf_add(&b, "", 0);
    assert_string_equal(b.data, "");
    strbuf_free(&b);
}

/* Whatever an error quotes, it is one line and leaves the terminal alone. */
static void lines_are_escaped(void **state) {
    (void)state;
    struct strbuf b = {0};
    strbuf_line(&b, "a\x1b[31m\n\t\r\x7f \xc3\xa9 \xf0\x9f\x98\x80 \xff\xc2\x9b"
                    "1m\xe2\x82");
    assert_string_equal(b.data, "a\\x1b[31m\\n\\t\\r\\x7f \xc3\xa9 \xf0\x9f\x98\x80 \\xff\\xc2\\x9b1m\\xe2\\x82");
    strbuf_free(&b);
    assert_true(text_is_utf8("") && text_is_utf8("\xc3\xa9x") && !text_is_utf8("x\xc3") && !text_is_utf8("\xff"));
}

static void a_failed_string_stays_failed(void **state) {
    (void)state;
    struct strbuf b = {0};
    strbuf_puts(&b, "x");
    strbuf_add(&b, "y", SIZE_MAX - 8); /* refused before it is read */
    assert_true(b.failed);
    strbuf_puts(&b, "z");
    strbuf_printf(&b, "%d", 1);
    assert_string_equal(b.data, "x");
    strbuf_free(&b);
    assert_false(b.failed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(bad_durations_are_named),
        cmocka_unit_test(durations_round_trip),
        cmocka_unit_test(prices),
        cmocka_unit_test(whole_numbers),
        cmocka_unit_test(real_numbers),
        cmocka_unit_test(timestamps_are_read),
        cmocka_unit_test(bad_timestamps_are_named),
        cmocka_unit_test(timestamps_round_trip),
        cmocka_unit_test(nearest_names),
        cmocka_unit_test(globs),
        cmocka_unit_test(reals_are_shortest),
        cmocka_unit_test(numbers_ignore_the_locale),
        cmocka_unit_test(strings_grow_and_escape),
        cmocka_unit_test(lines_are_escaped),
        cmocka_unit_test(a_failed_string_stays_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
