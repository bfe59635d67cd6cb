/* SPDX-License-Identifier: Apache-2.0
 * Plain text takes a short way through the readers; the same content, written
 * so that it cannot, must come to the same trace. */
#include "tests/support/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "traces/trace.h"

static uint64_t digest_of(const char *name, const struct strbuf *text) {
    struct trace *t = NULL;
    struct error e = {0};
    struct trace_options o = {0};
    assert_ok(trace_load_memory(name, text->data, text->size, &o, &t, NULL, &e), &e);
    uint64_t digest = trace_digest(t);
    trace_free(t);
    return digest;
}

static uint64_t below(uint64_t key, uint64_t n) { return random_mix(key) % n; }

static void check_pair(const char *name, struct strbuf *plain, struct strbuf *other) {
    assert_false(plain->failed || other->failed);
    assert_true(digest_of(name, plain) == digest_of(name, other));
    strbuf_free(plain);
    strbuf_free(other);
}

/* A row that no short way takes: a blank line before it, a date with a zone, a
 * leading zero, a carriage return. */
static void timestamped(void **state) {
    (void)state;
    for (uint64_t run = 0; run < 200; run++) {
        struct strbuf plain = {0}, other = {0};
        int64_t at = 1600000000000 + (int64_t)below(run, 100000000) * 1000;
        strbuf_puts(&plain, "date,availability\n");
        strbuf_puts(&other, "date,availability\n");
        for (uint64_t i = 0; i < 300; i++) {
            uint64_t key = random_key(run, i), value = below(key, 3);
            char when[32];
            at += (int64_t)(1 + below(key + 1, run % 2 ? 100000 : 3)) * 1000;
            text_format_timestamp(at, when);
            strbuf_printf(&plain, "%.10s %.8s,%u\n", when, when + 11, (unsigned)value);
            static const char *const forms[] = {"\n%.10s %.8s,%u\n", "%.10sT%.8sZ,%u\n",    "%.10s %.8s,0%u\n",
                                                "%.10s %.8s,%u\r\n", "%.10st%.8s.000,%u\n", "%.10s %.8s,\"%u\"\n"};
            char row[64];
            size_t form = below(key + 2, sizeof forms / sizeof *forms);
            snprintf(row, sizeof row, forms[form], when, when + 11, (unsigned)value);
            strbuf_puts(&other, row);
        }
        check_pair("us-east-1a_x.csv", &plain, &other);
    }
    test_count("timestamped files written twice", 200);
}

static void tidy_row(struct strbuf *plain, struct strbuf *other, uint64_t key, int64_t at_ms, unsigned pool) {
    static const char *const names[] = {"us-east-1a_x", "b", "c,d", "e \"f\"", "longer_than_sixteen_bytes_1"};
    static const char *const quoted[] = {"\"us-east-1a_x\"", "\"b\"", "\"c,d\"", "\"e \"\"f\"\"\"",
                                         "\"longer_than_sixteen_bytes_1\""};
    char time[32], capacity[16] = "", price[24] = "";
    uint64_t what = 1 + below(key, 3);
    snprintf(time, sizeof time, at_ms % 1000 ? "%lld.%03d" : "%lld", (long long)(at_ms / 1000), (int)(at_ms % 1000));
    if (what & 1) snprintf(capacity, sizeof capacity, "%u", (unsigned)below(key + 1, 1000001));
    if ((what & 1) && below(key + 2, 9) == 0) strcpy(capacity, "unlimited");
    if (what & 2)
        snprintf(price, sizeof price, "%u.%0*u", (unsigned)below(key + 3, 99999), (int)(1 + below(key + 4, 6)),
                 (unsigned)below(key + 5, 10));
    strbuf_printf(plain, "%s,%s,%s,%s\n", time, strpbrk(names[pool], ",") ? quoted[pool] : names[pool], capacity,
                  price);
    strbuf_printf(other, "%s,%s,%s,%s%s\r\n", time, quoted[pool], capacity, price, *price ? "0" : "");
}

static void tidy(void **state) {
    (void)state;
    for (uint64_t run = 0; run < 200; run++) {
        struct strbuf plain = {0}, other = {0};
        int64_t at_ms = 0;
        strbuf_puts(&plain, "# spotsim-trace 1\ntime,pool,capacity,price\n");
        strbuf_puts(&other, "# spotsim-trace 1\ntime,pool,capacity,price\n");
        for (uint64_t i = 0; i < 60; i++) {
            for (unsigned pool = 0; pool < 5; pool++)
                if (i == 0 || below(random_key(run, 10 * i + pool), 2) == 0)
                    tidy_row(&plain, &other, random_key(run, 1000 + 10 * i + pool), at_ms, pool);
            at_ms += 1 + (int64_t)below(random_key(run, 5000 + i), run % 2 ? 100000 : 5);
        }
        strbuf_printf(&plain, "%lld,b,1,\n", (long long)at_ms / 1000 + 1);
        strbuf_printf(&other, "%lld,b,1,\n", (long long)at_ms / 1000 + 1);
        check_pair("tidy.csv", &plain, &other);
    }
    test_count("tidy files written twice", 200);
}

static void history(void **state) {
    (void)state;
    for (uint64_t run = 0; run < 200; run++) {
        struct strbuf plain = {0}, other = {0};
        strbuf_puts(&plain, "{\"NextToken\": \"\", \"SpotPriceHistory\": [");
        strbuf_puts(&other, "{\"SpotPriceHistory\": [");
        for (uint64_t i = 0; i < 40; i++) {
            uint64_t key = random_key(run, i);
            char when[32], zone = (char)('a' + (char)below(key, 3));
            text_format_timestamp(1600000000000 + (int64_t)(i * 1000 + below(key + 1, 1000)) * 1000, when);
            double price = (double)(1 + below(key + 2, 90)) / 64;
            strbuf_printf(
                &plain,
                "%s{\"AvailabilityZone\": \"us-east-1%c\", \"InstanceType\": \"p3\",\n \"ProductDescription\" : "
                "\"Linux/UNIX\",\"SpotPrice\": \"%.6f\", \"Timestamp\": \"%s\"}",
                i ? ", " : "", zone, price, when);
            strbuf_printf(
                &other,
                "%s{\"Timestamp\": \"%s\", \"InstanceType\": \"p\\u0033\", \"SpotPrice\": \"%.6f\", "
                "\"AvailabilityZone\": \"us-east-1%c\", \"ProductDescription\": \"Linux\\/UNIX\", \"More\": [1]}",
                i ? ", " : "", when, price, zone);
        }
        strbuf_puts(&plain, "]}");
        strbuf_puts(&other, "], \"NextToken\": null}");
        check_pair("history.json", &plain, &other);
    }
    test_count("price histories written twice", 200);
}

/* A file of several blocks, from disk and from memory; with a mistake near its
 * end. */
static void large_tidy(void **state) {
    (void)state;
    char *dir = test_temp_dir();
    for (int mistake = 0; mistake < 2; mistake++) {
        struct strbuf text = {0};
        struct error e[2];
        struct trace *t[2] = {NULL, NULL};
        strbuf_puts(&text, "# spotsim-trace 1\ntime,pool,capacity,price\n");
        for (uint64_t i = 0; i < 200000; i++)
            strbuf_printf(&text, "%llu.%03d,us-east-1%c_x,%u,%s\n", (unsigned long long)i / 3, (int)(i % 3 * 7),
                          (char)('a' + (char)(i % 3)), (unsigned)below(i, 9), below(i, 5) ? "" : "1.25");
        if (mistake) strbuf_puts(&text, "70000,us-east-1a_x,many,\n");
        assert_true(text.size > 4 << 20);
        char *path = test_file(dir, "large.csv", text.data);
        enum error_code rc[2] = {
            trace_load((const char *const[]){path}, 1, NULL, &t[0], NULL, &e[0]),
            trace_load_memory(path, text.data, text.size, &(struct trace_options){0}, &t[1], NULL, &e[1])};
        assert_int_equal(rc[0], mistake ? ERR_INPUT : OK);
        assert_int_equal(rc[0], rc[1]);
        if (mistake) {
            assert_string_equal(e[0].where, e[1].where);
            assert_string_equal(e[0].message, e[1].message);
            assert_non_null(strstr(e[0].where, "large.csv:200003"));
        } else {
            assert_true(trace_digest(t[0]) == trace_digest(t[1]));
        }
        trace_free(t[0]);
        trace_free(t[1]);
        strbuf_free(&text);
        free(path);
    }
    test_remove_tree(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(large_tidy),
        cmocka_unit_test(timestamped),
        cmocka_unit_test(tidy),
        cmocka_unit_test(history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
