/* SPDX-License-Identifier: Apache-2.0
 * Writes a trace as our tidy CSV. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/trace.h"

static void write_pool_line(const struct trace_pool *p, struct strbuf *out) {
    strbuf_puts(out, "# pool {\"name\": ");
    strbuf_json_string(out, p->name);
    const char *names[] = {"cloud", "region", "zone", "type"};
    const char *values[] = {p->cloud, p->region, p->zone, p->instance_type};
    for (size_t i = 0; i < 4; i++) {
        strbuf_printf(out, ", \"%s\": ", names[i]);
        strbuf_json_string(out, values[i]);
    }
    strbuf_printf(out,
                  ", \"cloud_inferred\": %s, \"gap_ms\": %" PRId64 ", \"resolution_ms\": %" PRId64
                  ", \"span_ms\": %" PRId64 ", \"samples\": %" PRIu32 ", \"price_samples\": %" PRIu32 "}\n",
                  p->cloud_inferred ? "true" : "false", p->gap_ms, p->resolution_ms, p->span_ms, p->samples,
                  p->price_samples);
}

static void write_seconds(int64_t ms, struct strbuf *out) {
    strbuf_printf(out, "%" PRId64, ms / MS_PER_S);
    if (ms % MS_PER_S) strbuf_printf(out, ".%03d", (int)(ms % MS_PER_S));
}

/* Micro-dollars as dollars, without trailing zeros. */
static void write_price(int64_t uusd, struct strbuf *out) {
    char text[32];
    int n = snprintf(text, sizeof text, "%" PRId64 ".%06d", uusd / 1000000, (int)(uusd % 1000000));
    while (n > 0 && text[n - 1] == '0') n--;
    if (n > 0 && text[n - 1] == '.') n--;
    strbuf_add(out, text, (size_t)n);
}

static void write_name(const char *name, struct strbuf *out) {
    if (!strpbrk(name, ",\"") && name[0] != '#') {
        strbuf_puts(out, name);
        return;
    }
    strbuf_puts(out, "\"");
    for (; *name; name++) strbuf_add(out, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
    strbuf_puts(out, "\"");
}

/* One row of the file: the changes of one pool at one time. */
struct row {
    int64_t at_ms;
    uint32_t pool;
    uint32_t capacity, price; /* 1 + index of the change; 0: none */
};

static int by_time_and_pool(const void *a, const void *b) {
    const struct row *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return x->pool < y->pool ? -1 : x->pool > y->pool;
}

/* Merges a pool's two lists of changes into rows. */
static size_t pool_rows(const struct trace_pool *p, uint32_t pool, struct row *rows) {
    uint32_t i = 0, j = 0, n_capacity = p->has_capacity ? p->capacity.n : 0;
    size_t n = 0;
    while (i < n_capacity || j < p->price.n) {
        int64_t at_capacity = i < n_capacity ? p->capacity.at_ms[i] : INT64_MAX;
        int64_t at_price = j < p->price.n ? p->price.at_ms[j] : INT64_MAX;
        struct row *r = &rows[n++];
        *r = (struct row){at_capacity < at_price ? at_capacity : at_price, pool, 0, 0};
        if (at_capacity == r->at_ms) r->capacity = ++i;
        if (at_price == r->at_ms) r->price = ++j;
    }
    return n;
}

static void write_row(const struct trace *t, const struct row *r, struct strbuf *out) {
    const struct trace_pool *p = &t->pools[r->pool];
    write_seconds(r->at_ms, out);
    strbuf_puts(out, ",");
    write_name(p->name, out);
    strbuf_puts(out, ",");
    if (r->capacity && p->capacity.value[r->capacity - 1] == TRACE_UNLIMITED)
        strbuf_puts(out, "unlimited");
    else if (r->capacity)
        strbuf_printf(out, "%" PRIu32, p->capacity.value[r->capacity - 1]);
    strbuf_puts(out, ",");
    if (r->price) write_price(p->price.uusd_per_h[r->price - 1], out);
    strbuf_puts(out, "\n");
}

void trace_write_tidy(const struct trace *t, struct strbuf *out) {
    strbuf_puts(out, "# spotsim-trace 1\n");
    if (t->epoch_ms != INT64_MIN) {
        char when[32];
        strbuf_printf(out, "# epoch %s\n", text_format_timestamp(t->epoch_ms, when));
    }
    size_t most = 0, n = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        write_pool_line(&t->pools[i], out);
        most += (size_t)t->pools[i].capacity.n + t->pools[i].price.n;
    }
    strbuf_puts(out, "time,pool,capacity,price\n");
    struct row *rows = malloc(most * sizeof *rows);
    if (!rows) {
        out->failed = true;
        return;
    }
    for (uint32_t i = 0; i < t->n_pools; i++) n += pool_rows(&t->pools[i], i, rows + n);
    qsort(rows, n, sizeof *rows, by_time_and_pool);
    for (size_t i = 0; i < n; i++) write_row(t, &rows[i], out);
    free(rows);
}
