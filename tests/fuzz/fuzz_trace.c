/* SPDX-License-Identifier: Apache-2.0
 * Every trace reader, and alignment files and manifests, on arbitrary bytes:
 * either one error, or a trace that keeps its promises and round-trips.  The
 * first byte chooses the options. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/fuzz/trace_promises.h"
#include "traces/align.h"
#include "traces/manifest.h"
#include "traces/readers.h"
#include "traces/report.h"
#include "traces/trace.h"

static void check_trace(const struct trace *t) {
    check_pools(t);
    struct error e = {0};
    struct strbuf b = {0};
    struct trace *back = NULL, *window = NULL;
    trace_write_tidy(t, &b);
    FUZZ_CHECK(trace_load_memory("back.csv", b.data, b.size, NULL, &back, NULL, &e) == OK);
    FUZZ_CHECK(trace_digest(back) == trace_digest(t));
    strbuf_free(&b);
    trace_free(back);
    FUZZ_CHECK(trace_window(t, t->span_ms / 3, t->span_ms - t->span_ms / 3, &window, &e) == OK);
    for (uint32_t i = 0; i < t->n_pools; i++) check_pool(window, &window->pools[i]);
    trace_free(window);
    if (t->n_pools > 64) return;
    FUZZ_CHECK(trace_report_json(t, NULL, &b, &e) == OK);
    FUZZ_CHECK(trace_report_text(t, &b, &e) == OK);
    trace_report_picture(t, 60, &b);
    trace_report_data(t, TRACE_CAPACITY, &b);
    trace_report_data(t, TRACE_PRICE, &b);
    FUZZ_CHECK(!b.failed);
    strbuf_free(&b);
}

/* A tidy file in blocks of a few bytes comes to what it comes to whole. */
struct blocks {
    const char *at, *end;
    size_t length;
};

static bool more_blocks(void *arg, const char **data, size_t *size) {
    struct blocks *b = arg;
    size_t left = (size_t)(b->end - b->at);
    if (!left) return false;
    *size = left < b->length ? left : b->length;
    *data = b->at;
    b->at += *size;
    return true;
}

static void in_blocks(const char *data, size_t size, const struct trace_options *o) {
    if (!is_tidy(data, size)) return;
    struct source src = {"tidy.csv", "tidy", NULL};
    struct blocks blocks = {data, data + size, 3 + size % 61};
    struct error e[2];
    struct trace *t[2] = {NULL, NULL};
    struct trace_builder *b[2] = {builder_new(o), builder_new(o)};
    if (!b[0] || !b[1]) abort();
    memset(e, 0, sizeof e);
    enum error_code rc[2] = {read_any(b[0], &src, data, size, &e[0]),
                             read_tidy_blocks(b[1], &src, more_blocks, &blocks, &e[1])};
    for (int i = 0; i < 2; i++)
        if (rc[i] == OK) rc[i] = builder_finish(b[i], &t[i], NULL, &e[i]);
    FUZZ_CHECK(rc[0] == rc[1] && strcmp(e[0].where, e[1].where) == 0 && strcmp(e[0].message, e[1].message) == 0);
    if (rc[0] == OK) FUZZ_CHECK(trace_digest(t[0]) == trace_digest(t[1]));
    for (int i = 0; i < 2; i++) {
        trace_free(t[i]);
        builder_free(b[i]);
    }
}

static void side_files(const char *data, size_t size) {
    struct error e = {0};
    struct manifest m;
    struct trace_options o = {0};
    struct trace_builder *b = builder_new(&o);
    if (!b) abort();
    if (manifest_parse("manifest.json", data, size, &m, &e) == OK) FUZZ_CHECK(m.n > 0);
    manifest_free(&m);
    bool no_memory;
    manifest_is(data, size, &no_memory);
    FUZZ_CHECK(!no_memory);
    align_parse(b, "align.csv", data, size, &e);
    builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size == 0) return 0;
    uint8_t how = bytes[0];
    char *data = fuzz_text(bytes + 1, size - 1);
    struct trace_options o = {0};
    if (how & 1) o.polarity = TRACE_PREEMPTED;
    if (how & 2) o.single_means = TRACE_UNLIMITED;
    if (how & 4) o.gap_ms = 60000;
    if (how & 8) o.resolution_ms = 1;
    if (how & 16) o.epoch = "2024-01-01T00:00:00Z";
    if (how & 32) o.product = "Linux/UNIX";
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    enum error_code rc = trace_load_memory("us-east-1a_fuzz.json", data, size - 1, &o, &t, &notes, &e);
    FUZZ_CHECK((rc == OK) == (t != NULL));
    if (rc == OK)
        check_trace(t);
    else
        FUZZ_CHECK(e.where[0] && e.message[0]);
    trace_free(t);
    trace_notes_free(&notes);
    in_blocks(data, size - 1, &o);
    side_files(data, size - 1);
    free(data);
    return 0;
}
