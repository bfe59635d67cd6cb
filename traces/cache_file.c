/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/cache_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "traces/builder.h"
#include "traces/readers.h"

#ifndef TRACE_READER
#define TRACE_READER "" /* the Makefile gives a digest of the sources; without one nothing is trusted */
#endif

#define MAGIC "\x89spotrc\n"
#define FORMAT_VERSION 1u
#define BYTE_ORDER_MARK 0x01020304u
#define PRICE_MAX INT64_C(1000000000000)

/* The file: head, sources, notes, pools, texts, then the columns of each pool.
 * Every part starts at a multiple of 8 bytes. */
struct head {
    char magic[8];
    uint64_t hash; /* of all that follows up to head_bytes */
    uint32_t version, byte_order;
    uint64_t reader; /* the program's reading code */
    uint64_t file_bytes, head_bytes;
    uint32_t n_sources, n_notes, n_pools, text_bytes;
    uint32_t key, unused; /* key: offset among the texts, as all texts below */
    int64_t epoch_ms, span_ms;
};
struct source_row {
    struct file_mark mark;
    uint64_t content, place;
    uint32_t path, settled;
};
struct pool_row {
    uint32_t name, cloud, region, zone, instance_type;
    uint32_t flags;
    int64_t span_ms, gap_ms, resolution_ms;
    uint32_t samples, price_samples;
    uint32_t n_capacity, n_price;
    uint64_t hash; /* of its columns: capacity times, price times, prices, capacities */
};
#define FLAG_INFERRED 1u
#define FLAG_CAPACITY 2u
_Static_assert(sizeof(struct head) == 88 && sizeof(struct source_row) == 64 && sizeof(struct pool_row) == 72,
               "rows have no holes");

static uint64_t reader_hash(void) { return hash64(TRACE_READER, sizeof TRACE_READER, FORMAT_VERSION); }

/* Of all after the hash itself. */
static uint64_t head_hash(const unsigned char *head, size_t size) {
    size_t hashed = offsetof(struct head, version);
    return hash64(head + hashed, size - hashed, 0);
}

static size_t padded(size_t n) { return (n + 7) & ~(size_t)7; }

static size_t columns_bytes(uint32_t n_capacity, uint32_t n_price) {
    return padded((size_t)n_capacity * (sizeof(int64_t) + sizeof(uint32_t))) + (size_t)n_price * 2 * sizeof(int64_t);
}

/* ---- writing --------------------------------------------------------------------- */

static uint32_t put_text(struct strbuf *texts, const char *text) {
    uint32_t at = (uint32_t)texts->size;
    strbuf_add(texts, text, strlen(text) + 1);
    return at;
}

static void pad(struct strbuf *out) {
    static const char zeros[8];
    strbuf_add(out, zeros, padded(out->size) - out->size);
}

static void put_columns(const struct trace_pool *p, struct strbuf *out) {
    strbuf_add(out, p->capacity.at_ms, p->capacity.n * sizeof *p->capacity.at_ms);
    strbuf_add(out, p->price.at_ms, p->price.n * sizeof *p->price.at_ms);
    strbuf_add(out, p->price.uusd_per_h, p->price.n * sizeof *p->price.uusd_per_h);
    strbuf_add(out, p->capacity.value, p->capacity.n * sizeof *p->capacity.value);
    pad(out);
}

static void put_sources(const struct sources *s, struct strbuf *rows, struct strbuf *texts) {
    for (uint32_t i = 0; i < s->n; i++) {
        const struct source_file *f = &s->file[i];
        struct source_row row = {f->mark, f->content, f->place, put_text(texts, f->path), f->settled};
        strbuf_add(rows, &row, sizeof row);
    }
}

static void put_pool(const struct trace_pool *p, uint64_t hash, struct strbuf *rows, struct strbuf *texts) {
    struct pool_row row = {.flags = (p->cloud_inferred ? FLAG_INFERRED : 0) | (p->has_capacity ? FLAG_CAPACITY : 0),
                           .span_ms = p->span_ms,
                           .gap_ms = p->gap_ms,
                           .resolution_ms = p->resolution_ms,
                           .samples = p->samples,
                           .price_samples = p->price_samples,
                           .n_capacity = p->capacity.n,
                           .n_price = p->price.n,
                           .hash = hash};
    row.name = put_text(texts, p->name);
    row.cloud = put_text(texts, p->cloud);
    row.region = put_text(texts, p->region);
    row.zone = put_text(texts, p->zone);
    row.instance_type = put_text(texts, p->instance_type);
    strbuf_add(rows, &row, sizeof row);
}

/* Everything but the columns, whose hashes are given. */
static void put_head(const struct cache_file *c, const uint64_t *hashes, struct strbuf *out) {
    struct strbuf rows = {0}, texts = {0};
    struct head head = {.magic = MAGIC,
                        .version = FORMAT_VERSION,
                        .byte_order = BYTE_ORDER_MARK,
                        .reader = reader_hash(),
                        .n_sources = c->sources.n,
                        .n_notes = c->notes.n,
                        .n_pools = c->trace->n_pools,
                        .epoch_ms = c->trace->epoch_ms,
                        .span_ms = c->trace->span_ms};
    head.key = put_text(&texts, c->key);
    put_sources(&c->sources, &rows, &texts);
    for (uint32_t i = 0; i < c->notes.n; i++) {
        uint64_t at = put_text(&texts, c->notes.lines[i]);
        strbuf_add(&rows, &at, sizeof at);
    }
    head.file_bytes = 0;
    for (uint32_t i = 0; i < c->trace->n_pools; i++) {
        const struct trace_pool *p = &c->trace->pools[i];
        put_pool(p, hashes[i], &rows, &texts);
        head.file_bytes += columns_bytes(p->capacity.n, p->price.n);
    }
    pad(&texts);
    head.text_bytes = (uint32_t)texts.size;
    head.head_bytes = sizeof head + rows.size + texts.size;
    head.file_bytes += head.head_bytes;
    strbuf_add(out, &head, sizeof head);
    strbuf_add(out, rows.data, rows.size);
    strbuf_add(out, texts.data, texts.size);
    out->failed = out->failed || rows.failed || texts.failed || texts.size > UINT32_MAX;
    if (!out->failed) {
        head.hash = head_hash((unsigned char *)out->data, head.head_bytes);
        memcpy(out->data, &head, sizeof head);
    }
    strbuf_free(&rows);
    strbuf_free(&texts);
}

bool cache_file_write(const struct cache_file *c, cache_put *put, void *arg) {
    const struct trace *t = c->trace;
    uint64_t *hashes = calloc(t->n_pools, sizeof *hashes);
    struct strbuf head = {0}, columns = {0};
    if (hashes) put_head(c, hashes, &head); /* for its length */
    size_t at = head.size;
    bool ok = hashes && !head.failed;
    for (uint32_t i = 0; i < t->n_pools && ok; i++) {
        columns.size = 0;
        put_columns(&t->pools[i], &columns);
        ok = !columns.failed && put(arg, at, columns.data, columns.size);
        if (ok) hashes[i] = hash64(columns.data, columns.size, 0);
        at += columns.size;
    }
    head.size = 0;
    if (ok) put_head(c, hashes, &head);
    ok = ok && !head.failed && put(arg, 0, head.data, head.size);
    strbuf_free(&head);
    strbuf_free(&columns);
    free(hashes);
    return ok;
}

size_t cache_file_bytes(const struct trace *t) {
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) n += columns_bytes(t->pools[i].capacity.n, t->pools[i].price.n);
    return n;
}

/* ---- the head -------------------------------------------------------------------- */

struct parts {
    const struct head *head;
    const struct source_row *sources;
    const uint64_t *notes;
    const struct pool_row *pools;
    const char *texts;
};

/* Where the parts lie; false unless they fill the head exactly. */
static bool find_parts(const unsigned char *map, size_t size, struct parts *p) {
    const struct head *h = (const struct head *)(const void *)map;
    if (size < sizeof *h) return false;
    size_t rows = h->n_sources * sizeof *p->sources + h->n_notes * sizeof *p->notes + h->n_pools * sizeof *p->pools;
    if (h->file_bytes != size || h->head_bytes > size || h->n_sources > 3 * TRACE_FILES_MAX || h->n_pools == 0 ||
        h->n_pools > TRACE_POOLS_MAX || h->text_bytes == 0 || h->text_bytes % 8 != 0 ||
        h->head_bytes != sizeof *h + rows + h->text_bytes)
        return false;
    p->head = h;
    p->sources = (const struct source_row *)(const void *)(map + sizeof *h);
    p->notes = (const uint64_t *)(const void *)(p->sources + h->n_sources);
    p->pools = (const struct pool_row *)(const void *)(p->notes + h->n_notes);
    p->texts = (const char *)(p->pools + h->n_pools);
    return p->texts[h->text_bytes - 1] == '\0'; /* so every text ends inside */
}

/* This program wrote it, and it is what was written. */
static bool is_sound(const struct head *h) {
    return memcmp(h->magic, MAGIC, sizeof h->magic) == 0 && h->version == FORMAT_VERSION &&
           h->byte_order == BYTE_ORDER_MARK && sizeof TRACE_READER > 1 && h->reader == reader_hash() &&
           h->hash == head_hash((const unsigned char *)h, h->head_bytes);
}

static bool take_text(const struct parts *p, uint64_t at, char **out) {
    if (at >= p->head->text_bytes) return false;
    *out = (char *)(uintptr_t)(p->texts + at); /* never written to */
    return true;
}

static bool take_sources(const struct parts *p, struct sources *s) {
    uint32_t n = p->head->n_sources;
    s->file = calloc(n ? n : 1, sizeof *s->file);
    if (!s->file) return false;
    for (uint32_t i = 0; i < n; i++) {
        const struct source_row *row = &p->sources[i];
        struct source_file *f = &s->file[i];
        *f = (struct source_file){NULL, row->mark, row->settled != 0, row->content, row->place};
        if (!take_text(p, row->path, &f->path)) return false;
    }
    s->n = n;
    return true;
}

static bool take_notes(const struct parts *p, struct trace_notes *notes) {
    uint32_t n = p->head->n_notes;
    notes->lines = calloc(n ? n : 1, sizeof *notes->lines);
    if (!notes->lines) return false;
    for (uint32_t i = 0; i < n; i++)
        if (!take_text(p, p->notes[i], &notes->lines[i])) return false;
    notes->n = n;
    return true;
}

bool cache_file_open(const unsigned char *map, size_t size, struct cache_file *out) {
    struct parts p;
    char *key;
    memset(out, 0, sizeof *out);
    if (!find_parts(map, size, &p) || !is_sound(p.head) || !take_text(&p, p.head->key, &key)) return false;
    out->key = key;
    out->map = map;
    out->size = size;
    sources_start(&out->sources, false);
    if (take_sources(&p, &out->sources) && take_notes(&p, &out->notes)) return true;
    cache_file_close(out);
    return false;
}

void cache_file_close(struct cache_file *c) {
    c->sources.n = 0; /* paths lie in the map */
    sources_free(&c->sources);
    free(c->notes.lines);
    memset(c, 0, sizeof *c);
}

/* ---- the trace ------------------------------------------------------------------- */

static bool times_rise(const int64_t *at_ms, uint32_t n, int64_t span_ms) {
    bool ok = at_ms[0] == 0 && at_ms[n - 1] < span_ms;
    for (uint32_t i = 1; i < n; i++) ok &= at_ms[i] > at_ms[i - 1];
    return ok;
}

static bool capacities_fit(const struct trace_capacity *c) {
    bool ok = true;
    for (uint32_t i = 0; i < c->n; i++) ok &= c->value[i] <= TRACE_CAPACITY_MAX || c->value[i] == TRACE_UNLIMITED;
    for (uint32_t i = 1; i < c->n; i++) ok &= c->value[i] != c->value[i - 1];
    return ok;
}

static bool prices_fit(const struct trace_price *c) {
    bool ok = true;
    for (uint32_t i = 0; i < c->n; i++) ok &= c->uusd_per_h[i] >= 0 && c->uusd_per_h[i] <= PRICE_MAX;
    for (uint32_t i = 1; i < c->n; i++) ok &= c->uusd_per_h[i] != c->uusd_per_h[i - 1];
    return ok;
}

static bool in_range(int64_t x, int64_t low, int64_t high) { return x >= low && x <= high; }

static bool take_pool(const struct parts *parts, const struct pool_row *row, struct trace_pool *p) {
    if (!take_text(parts, row->name, &p->name) || !take_text(parts, row->cloud, &p->cloud) ||
        !take_text(parts, row->region, &p->region) || !take_text(parts, row->zone, &p->zone) ||
        !take_text(parts, row->instance_type, &p->instance_type))
        return false;
    if (!*p->name || raw_text_fault(p->name) || raw_text_fault(p->cloud) || raw_text_fault(p->region) ||
        raw_text_fault(p->zone) || raw_text_fault(p->instance_type))
        return false;
    p->cloud_inferred = row->flags & FLAG_INFERRED;
    p->has_capacity = row->flags & FLAG_CAPACITY;
    p->span_ms = row->span_ms;
    p->gap_ms = row->gap_ms;
    p->resolution_ms = row->resolution_ms;
    p->samples = row->samples;
    p->price_samples = row->price_samples;
    return in_range(p->span_ms, 1, TIME_LIMIT_MS) && in_range(p->gap_ms, 0, INT64_MAX) &&
           in_range(p->resolution_ms, 0, INT64_MAX) && p->samples <= TRACE_SAMPLES_MAX &&
           p->price_samples <= TRACE_SAMPLES_MAX && row->flags <= (FLAG_INFERRED | FLAG_CAPACITY);
}

/* The pool's columns start at `at`; what follows them goes to *end. */
static bool take_columns(const unsigned char *at, size_t room, const struct pool_row *row, struct trace_pool *p,
                         size_t *taken) {
    if (row->n_capacity == 0 || row->n_capacity > TRACE_SAMPLES_MAX || row->n_price > TRACE_SAMPLES_MAX) return false;
    *taken = columns_bytes(row->n_capacity, row->n_price);
    if (*taken > room || hash64(at, *taken, 0) != row->hash) return false;
    int64_t *times = (int64_t *)(uintptr_t)at;
    p->capacity = (struct trace_capacity){row->n_capacity, times,
                                          (uint32_t *)(void *)(times + row->n_capacity + 2 * (size_t)row->n_price)};
    if (row->n_price)
        p->price = (struct trace_price){row->n_price, times + row->n_capacity, times + row->n_capacity + row->n_price};
    if (!times_rise(p->capacity.at_ms, p->capacity.n, p->span_ms) || !capacities_fit(&p->capacity)) return false;
    if (!p->has_capacity && (p->capacity.n != 1 || p->capacity.value[0] != TRACE_UNLIMITED)) return false;
    return !p->price.n || (times_rise(p->price.at_ms, p->price.n, p->span_ms) && prices_fit(&p->price));
}

void cache_file_seal(unsigned char *map, size_t size) {
    struct parts p;
    if (size < sizeof(struct head)) return;
    struct head *h = (struct head *)(void *)map;
    h->file_bytes = size;
    h->reader = reader_hash();
    if (!find_parts(map, size, &p)) return;
    struct pool_row *pools = (struct pool_row *)(uintptr_t)p.pools;
    size_t at = h->head_bytes;
    for (uint32_t i = 0; i < h->n_pools; i++) {
        size_t n = columns_bytes(pools[i].n_capacity, pools[i].n_price);
        if (n > size - at) break;
        pools[i].hash = hash64(map + at, n, 0);
        at += n;
    }
    h->hash = head_hash(map, h->head_bytes);
}

static bool take_pools(const struct parts *parts, const unsigned char *map, struct trace *t) {
    size_t at = parts->head->head_bytes;
    int64_t span_ms = INT64_MAX;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_pool *p = &t->pools[i];
        size_t taken;
        if (!take_pool(parts, &parts->pools[i], p) ||
            !take_columns(map + at, parts->head->file_bytes - at, &parts->pools[i], p, &taken))
            return false;
        if (i && strcmp(t->pools[i - 1].name, p->name) >= 0) return false;
        if (p->span_ms < span_ms) span_ms = p->span_ms;
        at += taken;
    }
    return at == parts->head->file_bytes && span_ms == t->span_ms;
}

bool cache_file_trace(struct cache_file *c) {
    struct parts parts;
    if (!find_parts(c->map, c->size, &parts)) return false; /* found before: cannot be */
    const struct head *h = parts.head;
    if (h->epoch_ms != INT64_MIN && !in_range(h->epoch_ms, -TRACE_DATE_MAX_MS, 2 * TRACE_DATE_MAX_MS)) return false;
    struct trace *t = calloc(1, sizeof *t);
    if (t) t->pools = calloc(h->n_pools, sizeof *t->pools);
    if (!t || !t->pools) {
        free(t);
        return false;
    }
    t->n_pools = h->n_pools;
    t->epoch_ms = h->epoch_ms;
    t->span_ms = h->span_ms;
    t->map = c->map;
    if (take_pools(&parts, c->map, t)) {
        c->trace = t;
        return true;
    }
    free(t->pools);
    free(t);
    return false;
}
