/* SPDX-License-Identifier: Apache-2.0
 * Every small notation on arbitrary text: whatever is accepted is in range and
 * reads back from what we write. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

static void duration(const char *text) {
    struct error e;
    char buf[32];
    int64_t ms, back;
    if (text_duration_ms(text, &ms, &e) != OK) return;
    FUZZ_CHECK(ms >= 0 && ms <= TIME_LIMIT_MS);
    FUZZ_CHECK(text_duration_ms(text_format_duration(ms, buf), &back, &e) == OK && back == ms);
}

static void timestamp(const char *text) {
    struct error e;
    char buf[32];
    int64_t ms, back;
    if (text_timestamp_ms(text, &ms, &e) != OK) return;
    if (strncmp(text_format_timestamp(ms, buf), "0000", 4) == 0 || buf[4] != '-') return; /* zone left the range */
    FUZZ_CHECK(text_timestamp_ms(buf, &back, &e) == OK && back == ms);
}

static void numbers(const char *text) {
    struct error e;
    int64_t whole;
    double real, back;
    if (text_price_uusd(text, &whole, &e) == OK) FUZZ_CHECK(whole >= 0 && whole <= INT64_C(1000000000000));
    if (text_int(text, -1000, 1000, &whole, &e) == OK) FUZZ_CHECK(whole >= -1000 && whole <= 1000);
    if (text_real(text, -1e300, 1e300, &real, &e) != OK) return;
    struct strbuf b = {0};
    strbuf_real(&b, real);
    FUZZ_CHECK(text_real(b.data, -1e300, 1e300, &back, &e) == OK && back == real);
    strbuf_free(&b);
}

static void names(const char *text) {
    static const char *const known[] = {"cheapest", "round-robin", "spot", NULL};
    const char *near = text_nearest(text, known);
    FUZZ_CHECK(!near || near == known[0] || near == known[1] || near == known[2]);
    const char *split = strchr(text, '|');
    if (split && split - text < 64 && strlen(split) < 64) {
        char *pattern = strndup(text, (size_t)(split - text));
        text_glob(pattern, split + 1);
        free(pattern);
    }
    struct strbuf b = {0};
    strbuf_json_string(&b, text);
    FUZZ_CHECK(b.size >= 2 && b.data[0] == '"' && b.data[b.size - 1] == '"');
    strbuf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    duration(text);
    timestamp(text);
    numbers(text);
    names(text);
    free(text);
    return 0;
}
