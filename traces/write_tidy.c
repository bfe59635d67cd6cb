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

/* The fraction of a whole number of 10^-places, without trailing zeros. */
static char *put_fraction(char *at, uint64_t x, int places) {
    if (x == 0) return at;
    while (x % 10 == 0) {
        x /= 10;
        places--;
    }
    *at = '.';
    for (int i = places; i; i--, x /= 10) at[i] = (char)('0' + x % 10);
    return at + 1 + places;
}

static char *put_seconds(char *at, int64_t ms) {
    at = text_put_uint(at, (uint64_t)(ms / MS_PER_S));
    if (ms % MS_PER_S == 0) return at;
    *at = '.';
    for (int64_t i = 3, x = ms % MS_PER_S; i; i--, x /= 10) at[i] = (char)('0' + x % 10);
    return at + 4;
}

/* Micro-dollars as dollars. */
static char *put_price(char *at, int64_t uusd) {
    return put_fraction(text_put_uint(at, (uint64_t)(uusd / 1000000)), (uint64_t)(uusd % 1000000), 6);
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

/* How far a pool has been written. */
struct cursor {
    uint32_t capacity, price;
};

/* Merges a pool's two lists of changes into rows, up to a time. */
static size_t pool_rows(const struct trace_pool *p, uint32_t pool, int64_t until_ms, struct cursor *at,
                        struct row *rows) {
    uint32_t n_capacity = p->has_capacity ? p->capacity.n : 0;
    for (size_t n = 0;; n++) {
        int64_t at_capacity = at->capacity < n_capacity ? p->capacity.at_ms[at->capacity] : INT64_MAX;
        int64_t at_price = at->price < p->price.n ? p->price.at_ms[at->price] : INT64_MAX;
        int64_t next_ms = at_capacity < at_price ? at_capacity : at_price;
        if (next_ms >= until_ms) return n;
        rows[n] = (struct row){next_ms, pool, 0, 0};
        if (at_capacity == next_ms) rows[n].capacity = ++at->capacity;
        if (at_price == next_ms) rows[n].price = ++at->price;
    }
}

/* ---- order ----------------------------------------------------------------------- */

#define FEW 24 /* rows that are sorted by moving each to its place */

static bool in_order(const struct row *rows, size_t n) {
    for (size_t i = 1; i < n; i++)
        if (rows[i - 1].at_ms > rows[i].at_ms) return false;
    return true;
}

static void sort_few(struct row *rows, size_t n) {
    for (size_t i = 1; i < n; i++) {
        struct row moved = rows[i];
        size_t at = i;
        for (; at && rows[at - 1].at_ms > moved.at_ms; at--) rows[at] = rows[at - 1];
        rows[at] = moved;
    }
}

/* By time, pools in order: rows come pool by pool and go into slots of time,
 * about as many as there are rows; then each slot is sorted.  end: [2 n + 2]. */
static void sort_rows(const struct row *rows, size_t n, int64_t from_ms, int64_t span_ms, struct row *out,
                      uint32_t *end) {
    size_t slots = 1;
    uint32_t shift = 0, from = 0;
    while (slots < n) slots *= 2;
    while ((uint64_t)span_ms >> shift >= slots) shift++;
    memset(end, 0, (slots + 1) * sizeof *end);
    for (size_t i = 0; i < n; i++) end[((size_t)(rows[i].at_ms - from_ms) >> shift) + 1]++;
    for (size_t i = 0; i < slots; i++) end[i + 1] += end[i];
    for (size_t i = 0; i < n; i++) out[end[(size_t)(rows[i].at_ms - from_ms) >> shift]++] = rows[i];
    for (size_t i = 0; i < slots; from = end[i++]) {
        if (end[i] - from <= FEW)
            sort_few(out + from, end[i] - from);
        else if (!in_order(out + from, end[i] - from)) /* probes see many changes at one moment */
            qsort(out + from, end[i] - from, sizeof *out, by_time_and_pool);
    }
}

/* ---- all of it --------------------------------------------------------------------- */

#define SLICE_ROWS 32768 /* about; a slice of time is sorted in the processor's cache */

/* Names between commas, one behind the other; start[n_pools] is their end. */
struct writer {
    const struct trace *t;
    struct strbuf names;
    size_t *start;
    struct cursor *cursor;
    size_t room;
    struct row *rows; /* [2 room]: as they come, and sorted */
    uint32_t *end;    /* [2 room + 2] */
};

static void writer_free(struct writer *w) {
    strbuf_free(&w->names);
    free(w->start);
    free(w->cursor);
    free(w->rows);
    free(w->end);
}

static bool writer_start(struct writer *w, const struct trace *t) {
    *w = (struct writer){.t = t,
                         .start = calloc((size_t)t->n_pools + 1, sizeof *w->start),
                         .cursor = calloc((size_t)t->n_pools + 1, sizeof *w->cursor)};
    for (uint32_t i = 0; w->start && i < t->n_pools; i++) {
        strbuf_puts(&w->names, ",");
        write_name(t->pools[i].name, &w->names);
        strbuf_puts(&w->names, ",");
        w->start[i + 1] = w->names.size;
    }
    return w->start && w->cursor && !w->names.failed;
}

static void write_row(const struct writer *w, const struct row *r, struct strbuf *out) {
    const struct trace_pool *p = &w->t->pools[r->pool];
    char text[80];
    strbuf_add(out, text, (size_t)(put_seconds(text, r->at_ms) - text));
    strbuf_add(out, w->names.data + w->start[r->pool], w->start[r->pool + 1] - w->start[r->pool]);
    char *at = text;
    if (r->capacity && p->capacity.value[r->capacity - 1] == TRACE_UNLIMITED)
        strbuf_puts(out, "unlimited");
    else if (r->capacity)
        at = text_put_uint(at, p->capacity.value[r->capacity - 1]);
    *at++ = ',';
    if (r->price) at = put_price(at, p->price.uusd_per_h[r->price - 1]);
    *at++ = '\n';
    strbuf_add(out, text, (size_t)(at - text));
}

static size_t changes_before(const int64_t *at_ms, uint32_t n, uint32_t from, int64_t until_ms) {
    uint32_t lo = from, hi = n;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (at_ms[mid] < until_ms)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo - from;
}

static bool slice_room(struct writer *w, int64_t until_ms) {
    size_t most = 0;
    for (uint32_t i = 0; i < w->t->n_pools; i++) {
        const struct trace_pool *p = &w->t->pools[i];
        most +=
            changes_before(p->capacity.at_ms, p->has_capacity ? p->capacity.n : 0, w->cursor[i].capacity, until_ms) +
            changes_before(p->price.at_ms, p->price.n, w->cursor[i].price, until_ms);
    }
    if (most < w->room) return true;
    w->room = most + most / 4 + 1;
    free(w->rows);
    free(w->end);
    w->rows = malloc(2 * w->room * sizeof *w->rows);
    w->end = malloc((2 * w->room + 2) * sizeof *w->end);
    return w->rows && w->end;
}

static bool write_slice(struct writer *w, int64_t from_ms, int64_t until_ms, struct strbuf *out) {
    size_t n = 0;
    if (!slice_room(w, until_ms)) return false;
    struct row *sorted = w->rows + w->room;
    for (uint32_t i = 0; i < w->t->n_pools; i++)
        n += pool_rows(&w->t->pools[i], i, until_ms, &w->cursor[i], w->rows + n);
    sort_rows(w->rows, n, from_ms, until_ms - from_ms, sorted, w->end);
    for (size_t i = 0; i < n; i++) write_row(w, &sorted[i], out);
    return true;
}

static void write_rows(const struct trace *t, struct strbuf *out) {
    struct writer w;
    int64_t last_ms = 0, step_ms;
    size_t n = 0;
    bool ok = writer_start(&w, t);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        if (p->has_capacity && p->capacity.n && p->capacity.at_ms[p->capacity.n - 1] > last_ms)
            last_ms = p->capacity.at_ms[p->capacity.n - 1];
        if (p->price.n && p->price.at_ms[p->price.n - 1] > last_ms) last_ms = p->price.at_ms[p->price.n - 1];
        n += (size_t)p->capacity.n + p->price.n;
    }
    step_ms = last_ms / (int64_t)(1 + n / SLICE_ROWS) + 1;
    for (int64_t from_ms = 0; ok && from_ms <= last_ms; from_ms += step_ms)
        ok = write_slice(&w, from_ms, from_ms + step_ms, out);
    if (!ok) out->failed = true;
    writer_free(&w);
}

void trace_write_tidy(const struct trace *t, struct strbuf *out) {
    strbuf_puts(out, "# spotsim-trace 1\n");
    if (t->epoch_ms != INT64_MIN) {
        char when[32];
        strbuf_printf(out, "# epoch %s\n", text_format_timestamp(t->epoch_ms, when));
    }
    for (uint32_t i = 0; i < t->n_pools; i++) write_pool_line(&t->pools[i], out);
    strbuf_puts(out, "time,pool,capacity,price\n");
    write_rows(t, out);
}
