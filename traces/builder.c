/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/builder.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct trace_builder {
    const struct trace_options *options;
    uint32_t n, room;
    struct raw_pool **pools; /* rising by name */
    uint32_t n_products;
    char *products[PRODUCTS_MAX];
};

struct trace_builder *builder_new(const struct trace_options *options) {
    struct trace_builder *b = calloc(1, sizeof *b);
    if (b) b->options = options;
    return b;
}

void samples_free(struct series *s) {
    free(s->path);
    free(s->at);
    free(s->value);
    if (!s->clock_borrowed) free(s->clock);
    memset(s, 0, sizeof *s);
}

static void raw_pool_free(struct raw_pool *p) {
    char *texts[] = {p->name,   p->cloud, p->region,      p->zone,        p->instance_type,
                     p->offset, p->epoch, p->points_path, p->offset_place};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    samples_free(&p->capacity);
    samples_free(&p->price);
    free(p->points);
    free(p);
}

void builder_free(struct trace_builder *b) {
    if (!b) return;
    for (uint32_t i = 0; i < b->n; i++) raw_pool_free(b->pools[i]);
    for (uint32_t i = 0; i < b->n_products; i++) free(b->products[i]);
    free(b->pools);
    free(b);
}

const struct trace_options *builder_options(const struct trace_builder *b) { return b->options; }
uint32_t builder_n_pools(const struct trace_builder *b) { return b->n; }
struct raw_pool *builder_pool_at(struct trace_builder *b, uint32_t i) {
    return b->pools[i];
}
const char *builder_product(const struct trace_builder *b, uint32_t product) { return b->products[product]; }

enum error_code raw_text_set(char **slot, const char *text, struct error *e) {
    char *copy = strdup(text);
    if (!copy) return error_set(e, ERR_FAILED, NULL, "out of memory");
    free(*slot);
    *slot = copy;
    return OK;
}

enum error_code raw_series_check(size_t n, const char *where, struct error *e) {
    if (n == 0) return error_set(e, ERR_INPUT, where, "has no samples; expected at least one");
    if (n > TRACE_SAMPLES_MAX)
        return error_set(e, ERR_INPUT, where, "has %zu samples; the limit is %u", n, TRACE_SAMPLES_MAX);
    return OK;
}

enum error_code raw_series_grow(struct series *s, const char *where, struct error *e) {
    if (s->n >= TRACE_SAMPLES_MAX)
        return error_set(e, ERR_INPUT, where, "more than %u changes in one pool", TRACE_SAMPLES_MAX);
    uint32_t room = s->room ? s->room * 2 : 64;
    int64_t *at = realloc(s->at, room * sizeof *at);
    if (at) s->at = at;
    int64_t *value = realloc(s->value, room * sizeof *value);
    if (value) s->value = value;
    if (!at || !value) return error_set(e, ERR_FAILED, where, "out of memory");
    s->room = room;
    return OK;
}

/* Length of the well-formed UTF-8 sequence at s, or 0 (Unicode table 3-7). */
static size_t sequence_length(const unsigned char *s) {
    static const struct {
        unsigned char first, last, low, high; /* of the first byte; of the second */
        size_t length;
    } rows[] = {{0x20, 0x7e, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
                {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
                {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (s[0] < rows[i].first || s[0] > rows[i].last) continue;
        if (rows[i].length > 1 && (s[1] < rows[i].low || s[1] > rows[i].high)) return 0;
        for (size_t k = 2; k < rows[i].length; k++)
            if (s[k] < 0x80 || s[k] > 0xbf) return 0;
        return rows[i].length;
    }
    return 0;
}

const char *raw_text_fault(const char *text) {
    if (strlen(text) > POOL_NAME_MAX) return "is longer than 200 bytes";
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t n = sequence_length(s);
        if (n == 0) return *s < 0x80 ? "has a control character" : "is not UTF-8";
        s += n;
    }
    return NULL;
}
_Static_assert(POOL_NAME_MAX == 200, "named in an error");

static enum error_code check_name(const struct source *src, const char *name, struct error *e) {
    if (!*name) return error_set(e, ERR_INPUT, src->path, "has a pool with an empty name");
    const char *fault = raw_text_fault(name);
    return fault ? error_set(e, ERR_INPUT, src->path, "pool name '%.40s' %s", name, fault) : OK;
}

/* Position of the name among the sorted pools, or where it would go. */
static uint32_t pool_position(const struct trace_builder *b, const char *name, bool *found) {
    uint32_t lo = 0, hi = b->n;
    *found = false;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        int order = strcmp(b->pools[mid]->name, name);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static enum error_code insert_pool(struct trace_builder *b, const struct source *src, const char *name, uint32_t at,
                                   struct error *e) {
    if (b->n >= TRACE_POOLS_MAX)
        return error_set(e, ERR_INPUT, src->path, "is one pool too many; the limit is %u pools", TRACE_POOLS_MAX);
    if (b->n == b->room) {
        uint32_t room = b->room ? b->room * 2 : 16;
        struct raw_pool **grown = realloc(b->pools, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, src->path, "out of memory");
        b->pools = grown;
        b->room = room;
    }
    struct raw_pool *p = calloc(1, sizeof *p);
    if (!p) return error_set(e, ERR_FAILED, src->path, "out of memory");
    enum error_code rc = raw_text_set(&p->name, name, e);
    if (rc != OK) {
        free(p);
        return rc;
    }
    memmove(b->pools + at + 1, b->pools + at, (b->n - at) * sizeof *b->pools);
    b->pools[at] = p;
    b->n++;
    return OK;
}

/* Two files may describe a pool, but not differently. */
static enum error_code describe(char **slot, const char *hint, const char *what, const struct source *src,
                                const struct raw_pool *p, struct error *e) {
    if (!hint || (*slot && strcmp(*slot, hint) == 0)) return OK;
    if (*slot)
        return error_set(e, ERR_INPUT, src->path, "the manifest says %s '%s' of pool '%s', another file says '%s'",
                         what, hint, p->name, *slot);
    return raw_text_set(slot, hint, e);
}

static enum error_code take_hints(struct raw_pool *p, const struct source *src, struct error *e) {
    const struct file_hints *h = src->hints;
    if (!h) return OK;
    TRY(describe(&p->cloud, h->cloud, "cloud", src, p, e));
    TRY(describe(&p->region, h->region, "region", src, p, e));
    TRY(describe(&p->zone, h->zone, "zone", src, p, e));
    TRY(describe(&p->instance_type, h->instance_type, "instance type", src, p, e));
    TRY(describe(&p->offset, h->offset, "offset", src, p, e));
    TRY(describe(&p->epoch, h->epoch, "epoch", src, p, e));
    return OK;
}

enum error_code builder_pool(struct trace_builder *b, const struct source *src, const char *name, bool alone,
                             struct raw_pool **out, struct error *e) {
    const struct file_hints *h = src->hints;
    if (h && h->pool) {
        if (!alone)
            return error_set(e, ERR_INPUT, src->path,
                             "has several pools, so the manifest cannot give it one name ('%s'); use \"rename\"",
                             h->pool);
        name = h->pool;
    }
    for (uint32_t i = 0; h && i < h->n_renames; i++)
        if (strcmp(h->renames[i].from, name) == 0) {
            name = h->renames[i].to;
            break;
        }
    bool found;
    uint32_t at = pool_position(b, name, &found);
    if (!found) {
        TRY(check_name(src, name, e));
        TRY(insert_pool(b, src, name, at, e));
    }
    *out = b->pools[at];
    return take_hints(*out, src, e);
}

static enum error_code add_series(struct series *slot, const struct raw_pool *p, const struct source *src,
                                  struct series *s, const char *what, struct error *e) {
    enum error_code rc = OK;
    if (slot->path)
        rc = error_set(e, ERR_INPUT, src->path, "pool '%s' has its %s already from %s; expected one source", p->name,
                       what, slot->path);
    else
        rc = raw_text_set(&s->path, src->path, e);
    if (src->hints && src->hints->gap_ms && !raw_series_timed(s)) s->gap_ms = src->hints->gap_ms;
    if (src->hints && src->hints->resolution_ms) s->resolution_ms = src->hints->resolution_ms;
    if (rc == OK)
        *slot = *s;
    else
        samples_free(s);
    memset(s, 0, sizeof *s);
    return rc;
}

enum error_code builder_add_capacity(struct raw_pool *p, const struct source *src, struct series *s, struct error *e) {
    return add_series(&p->capacity, p, src, s, "capacity", e);
}

enum error_code builder_add_price(struct raw_pool *p, const struct source *src, struct series *s, struct error *e) {
    if (p->points_path) {
        samples_free(s);
        return error_set(e, ERR_INPUT, src->path, "pool '%s' has its price already from %s; expected one source",
                         p->name, p->points_path);
    }
    return add_series(&p->price, p, src, s, "price", e);
}

static enum error_code product_id(struct trace_builder *b, const struct source *src, const char *product, uint32_t *id,
                                  struct error *e) {
    for (uint32_t i = 0; i < b->n_products; i++)
        if (strcmp(b->products[i], product) == 0) {
            *id = i;
            return OK;
        }
    if (b->n_products == PRODUCTS_MAX)
        return error_set(e, ERR_INPUT, src->path, "more than %u product descriptions", PRODUCTS_MAX);
    TRY(raw_text_set(&b->products[b->n_products], product, e));
    *id = b->n_products++;
    return OK;
}

enum error_code builder_add_point(struct trace_builder *b, struct raw_pool *p, const struct source *src, int64_t at_ms,
                                  int64_t uusd_per_h, const char *product, struct error *e) {
    if (p->price.path)
        return error_set(e, ERR_INPUT, src->path, "pool '%s' has its price already from %s; expected one source",
                         p->name, p->price.path);
    if (!p->points_path) TRY(raw_text_set(&p->points_path, src->path, e));
    struct price_point point = {at_ms, uusd_per_h, 0};
    TRY(product_id(b, src, product, &point.product, e));
    if (p->n_points == p->room_points) {
        if (p->n_points >= TRACE_SAMPLES_MAX)
            return error_set(e, ERR_INPUT, src->path, "pool '%s' has more than %u prices", p->name, TRACE_SAMPLES_MAX);
        uint32_t room = p->room_points ? p->room_points * 2 : 64;
        struct price_point *grown = realloc(p->points, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, src->path, "out of memory");
        p->points = grown;
        p->room_points = room;
    }
    p->points[p->n_points++] = point;
    return OK;
}

enum error_code builder_align(struct trace_builder *b, const char *pool, const char *offset, const char *where,
                              struct error *e) {
    bool found;
    uint32_t at = pool_position(b, pool, &found);
    if (!found) {
        const char **names = calloc((size_t)b->n + 1, sizeof *names);
        if (!names) return error_set(e, ERR_FAILED, where, "out of memory");
        for (uint32_t i = 0; i < b->n; i++) names[i] = b->pools[i]->name;
        const char *near = text_nearest(pool, names);
        free(names);
        return error_set(e, ERR_INPUT, where, "there is no pool '%s' in the trace%s%s%s", pool,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (b->pools[at]->offset)
        return error_set(e, ERR_INPUT, where, "pool '%s' has an offset already (%s)", pool, b->pools[at]->offset);
    TRY(raw_text_set(&b->pools[at]->offset_place, where, e));
    return raw_text_set(&b->pools[at]->offset, offset, e);
}

void trace_note(struct trace_notes *notes, const char *format, ...) {
    if (!notes) return;
    char line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    char **grown = realloc(notes->lines, (notes->n + 1) * sizeof *grown);
    if (!grown) return; /* a remark less is better than a load that fails */
    notes->lines = grown;
    char *copy = strdup(line);
    if (copy) notes->lines[notes->n++] = copy;
}

void trace_notes_free(struct trace_notes *n) {
    if (!n) return;
    for (uint32_t i = 0; i < n->n; i++) free(n->lines[i]);
    free(n->lines);
    memset(n, 0, sizeof *n);
}
