/* SPDX-License-Identifier: Apache-2.0
 * Distributions on arbitrary text: whatever is accepted gives values in range
 * that rise with u, and reads back from what we write. */
#include <math.h>

#include "base/dist.h"
#include "base/text.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const double at[] = {0x1p-54, 1e-9, 0.01, 0.5, 0.99, 1 - 0x1p-53};
    char *text = fuzz_text(data, size);
    struct dist d, back;
    struct error e;
    if (dist_from_text(text, &d, &e) == OK) {
        int64_t before = 0;
        for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
            int64_t ms = dist_quantile_ms(&d, at[i]);
            FUZZ_CHECK(ms >= before && (ms <= TIME_LIMIT_MS || d.kind == DIST_NONE));
            before = ms;
        }
        FUZZ_CHECK(dist_mean_ms(&d) >= 0);
        struct strbuf written = {0}, again = {0};
        dist_to_text(&d, &written);
        FUZZ_CHECK(dist_from_text(written.data, &back, &e) == OK);
        dist_to_text(&back, &again);
        FUZZ_CHECK(strcmp(written.data, again.data) == 0);
        strbuf_free(&written);
        strbuf_free(&again);
        dist_free(&back);
        dist_free(&d);
    }
    free(text);
    return 0;
}
