/* SPDX-License-Identifier: Apache-2.0
 * Models on arbitrary bytes: either one error, or a model that reads back to
 * itself and makes a trace that keeps its promises. */
#include "base/text.h"
#include "tests/fuzz/fuzz.h"
#include "traces/fit.h"
#include "traces/synth.h"

#define SPAN_MS (3 * MS_PER_DAY)

static void check_trace(const struct trace *t) {
    for (uint32_t p = 0; p < t->n_pools; p++) {
        const struct trace_capacity *c = &t->pools[p].capacity;
        FUZZ_CHECK(c->n > 0 && c->at_ms[0] == 0);
        for (uint32_t i = 1; i < c->n; i++)
            FUZZ_CHECK(c->at_ms[i] > c->at_ms[i - 1] && c->at_ms[i] < t->span_ms && c->value[i] != c->value[i - 1]);
    }
}

/* Changes come at most about this often: a model may ask for more than a fuzz
 * run has time for. */
static int is_slow(const struct model *m) {
    for (uint32_t k = 0; k < m->n_scales; k++)
        if (m->scale_h[k] < 0.02 && !m->resolution_ms) return 1;
    if (m->process == MODEL_BLOCKS && m->blocks.span_ms < MS_PER_HOUR) return 1;
    return m->n_pools > 8 || m->n_factors > 8 || (m->resolution_ms && m->resolution_ms < 60000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char *data = fuzz_text(bytes, size);
    struct model *m = NULL, *back = NULL;
    struct error e = {0};
    struct strbuf once = {0}, twice = {0};
    struct lifetimes l;
    if (lifetimes_is(data, size)) {
        FUZZ_CHECK(lifetimes_read("l.csv", data, size, &l, &e) == OK || e.message[0]);
        lifetimes_free(&l);
    }
    enum error_code rc = model_parse("m.json", data, size, &m, &e);
    FUZZ_CHECK((rc == OK) == (m != NULL));
    if (rc != OK) FUZZ_CHECK(e.where[0] && e.message[0]);
    if (rc == OK) {
        model_write(m, NULL, NULL, NULL, &once);
        FUZZ_CHECK(model_parse("m.json", once.data, once.size, &back, &e) == OK);
        model_write(back, NULL, NULL, NULL, &twice);
        FUZZ_CHECK(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    }
    if (rc == OK && m->n_pools && !is_slow(m)) {
        struct trace *t = NULL;
        struct synth_options o = {.seed = size, .span_ms = SPAN_MS, .threads = 1};
        rc = synth_trace(m, &o, &t, &e);
        FUZZ_CHECK(rc == OK || e.message[0]);
        if (rc == OK) check_trace(t);
        trace_free(t);
    }
    strbuf_free(&once);
    strbuf_free(&twice);
    model_free(m);
    model_free(back);
    free(data);
    return 0;
}
