/* SPDX-License-Identifier: Apache-2.0
 * Every trace reader, and alignment files and manifests, on arbitrary bytes:
 * either one error, or a trace that keeps its promises and round-trips.  The
 * first byte chooses the options. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"
#include "traces/align.h"
#include "traces/manifest.h"
#include "traces/report.h"
#include "traces/trace.h"

static void check_pool(const struct trace *t, const struct trace_pool *p) {
    FUZZ_CHECK(*p->name && p->cloud && p->region && p->zone && p->instance_type);
    FUZZ_CHECK(p->span_ms > 0 && p->span_ms <= TIME_LIMIT_MS && t->span_ms <= p->span_ms);
    FUZZ_CHECK(p->capacity.n > 0 && p->capacity.at_ms[0] == 0);
    for (uint32_t i = 0; i < p->capacity.n; i++) {
        FUZZ_CHECK(p->capacity.value[i] <= TRACE_CAPACITY_MAX || p->capacity.value[i] == TRACE_UNLIMITED);
        FUZZ_CHECK(p->capacity.at_ms[i] < p->span_ms);
        if (i) FUZZ_CHECK(p->capacity.at_ms[i] > p->capacity.at_ms[i - 1]);
        if (i) FUZZ_CHECK(p->capacity.value[i] != p->capacity.value[i - 1]);
    }
    FUZZ_CHECK(!p->price.n || p->price.at_ms[0] == 0);
    for (uint32_t i = 0; i < p->price.n; i++) {
        FUZZ_CHECK(p->price.uusd_per_h[i] >= 0 && p->price.at_ms[i] < p->span_ms);
        if (i) FUZZ_CHECK(p->price.at_ms[i] > p->price.at_ms[i - 1]);
    }
}

static void check_trace(const struct trace *t) {
    FUZZ_CHECK(t->n_pools > 0 && t->n_pools <= TRACE_POOLS_MAX);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        check_pool(t, &t->pools[i]);
        FUZZ_CHECK(!i || strcmp(t->pools[i - 1].name, t->pools[i].name) < 0);
    }
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

static void side_files(const char *data, size_t size) {
    struct error e = {0};
    struct manifest m;
    struct trace_options o = {0};
    struct trace_builder *b = builder_new(&o);
    if (!b) abort();
    if (manifest_parse("manifest.json", data, size, &m, &e) == OK) FUZZ_CHECK(m.n > 0);
    manifest_free(&m);
    manifest_is(data, size);
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
    side_files(data, size - 1);
    free(data);
    return 0;
}
