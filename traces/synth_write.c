/* SPDX-License-Identifier: Apache-2.0
 * A pool in SkyPilot's JSON format. */
#include "base/text.h"
#include "traces/synth.h"

#define PER_LINE 40

/* Commas and line breaks between the numbers of a list. */
static void separate(int64_t i, struct strbuf *out) {
    if (i) strbuf_puts(out, i % PER_LINE ? "," : ",\n  ");
}

void synth_write_skypilot(const struct trace_pool *p, int64_t gap_ms, struct strbuf *out) {
    int64_t n = p->span_ms / gap_ms;
    if (n < 1) n = 1;
    strbuf_puts(out, "{\"metadata\": {\"gap_seconds\": ");
    strbuf_real(out, (double)gap_ms / (double)MS_PER_S);
    strbuf_puts(out, "},\n \"data\": [");
    uint32_t at = 0;
    for (int64_t i = 0; i < n; i++) {
        while (at + 1 < p->capacity.n && p->capacity.at_ms[at + 1] <= i * gap_ms) at++;
        separate(i, out);
        strbuf_printf(out, "%u", p->capacity.value[at]);
    }
    if (p->price.n) strbuf_puts(out, "],\n \"prices\": [");
    at = 0;
    for (int64_t i = 0; p->price.n && i < n; i++) {
        while (at + 1 < p->price.n && p->price.at_ms[at + 1] <= i * gap_ms) at++;
        separate(i, out);
        strbuf_real(out, (double)p->price.uusd_per_h[at] / 1e6);
    }
    strbuf_puts(out, "]}\n");
}
