/* SPDX-License-Identifier: Apache-2.0
 * Our own CSV: changes of capacity and price of any number of pools, with
 * everything else a trace holds in header lines. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "traces/csv.h"
#include "traces/json.h"
#include "traces/name_table.h"
#include "traces/readers.h"

struct tidy_pool {
    struct raw_pool *pool;
    /* what every row looks at comes first, to be in one place in memory */
    int64_t span_ms;                     /* 0: to the last time in the file */
    int64_t capacity_at_ms, price_at_ms; /* of the last row; -1: none yet */
    struct series capacity, price;
    int64_t gap_ms, resolution_ms;
    int64_t samples, price_samples;
    bool described;
};

struct tidy {
    struct trace_builder *b;
    const struct source *src;
    struct csv csv;
    bool dated, header_seen;
    int64_t epoch_ms, last_ms;
    const char *time; /* of the plain row before, with its comma; NULL: none */
    size_t time_length;
    uint32_t time_moves; /* of the text, when it was there */
    int64_t time_ms;
    uint32_t n, room;
    struct tidy_pool *pools;
    struct name_table names; /* as the file writes them, and the pool of each */
};

/* Two names may be one pool's, when a manifest renames. */
static enum error_code entry_of(struct tidy *t, const struct raw_pool *raw, uint32_t *out, struct error *e) {
    for (*out = 0; *out < t->n; ++*out)
        if (t->pools[*out].pool == raw) return OK;
    if (t->n == t->room) {
        uint32_t room = t->room ? t->room * 2 : 16;
        struct tidy_pool *grown = realloc(t->pools, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, t->src->path, "out of memory");
        t->pools = grown;
        t->room = room;
    }
    t->pools[t->n++] =
        (struct tidy_pool){.pool = (struct raw_pool *)(uintptr_t)raw, .capacity_at_ms = -1, .price_at_ms = -1};
    return OK;
}

/* The pool's entry, made on first use; valid until the next one is made. */
static enum error_code find_pool(struct tidy *t, const char *name, struct tidy_pool **out, struct error *e) {
    struct raw_pool *raw;
    const struct name_entry *known = name_table_find(&t->names, name, strlen(name));
    uint32_t pool = known ? known->number : 0;
    if (!known) {
        TRY(builder_pool(t->b, t->src, name, false, &raw, e));
        TRY(entry_of(t, raw, &pool, e));
        if (!name_table_add(&t->names, name, pool)) return error_set(e, ERR_FAILED, t->src->path, "out of memory");
    }
    *out = &t->pools[pool];
    return OK;
}

/* ---- header lines ------------------------------------------------------------ */

static enum error_code whole_member(const cJSON *o, const char *name, int64_t max, int64_t *out, struct error *e) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    if (!v) return OK;
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= (double)max) ||
        v->valuedouble != floor(v->valuedouble))
        return error_set(e, ERR_INPUT, name, "expected a whole number from 0 to %" PRId64, max);
    *out = (int64_t)v->valuedouble;
    return OK;
}

/* A manifest's word stands before the file's. */
static enum error_code text_into(const cJSON *o, const char *name, char **slot, bool *all, struct error *e) {
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(o, name);
    if (!v) *all = false;
    if (!v || *slot) return OK;
    if (!cJSON_IsString(v)) return error_set(e, ERR_INPUT, name, "expected a string, got %s", json_value_kind(v));
    return raw_text_set(slot, v->valuestring, e);
}

static enum error_code describe_pool(struct tidy *t, const cJSON *o, struct error *e) {
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(o, "name");
    if (!cJSON_IsString(name)) return error_set(e, ERR_INPUT, "name", "expected the pool's name");
    struct tidy_pool *p;
    TRY(find_pool(t, name->valuestring, &p, e));
    if (p->described) return error_set(e, ERR_INPUT, NULL, "pool '%s' is described twice", p->pool->name);
    p->described = true;
    bool all = true, cloud_said = p->pool->cloud != NULL;
    TRY(text_into(o, "cloud", &p->pool->cloud, &all, e));
    TRY(text_into(o, "region", &p->pool->region, &all, e));
    TRY(text_into(o, "zone", &p->pool->zone, &all, e));
    TRY(text_into(o, "type", &p->pool->instance_type, &all, e));
    p->pool->identity_final = all;
    const cJSON *inferred = cJSON_GetObjectItemCaseSensitive(o, "cloud_inferred");
    if (inferred && !cJSON_IsBool(inferred))
        return error_set(e, ERR_INPUT, "cloud_inferred", "expected true or false, got %s", json_value_kind(inferred));
    p->pool->cloud_inferred = !cloud_said && cJSON_IsTrue(inferred);
    TRY(whole_member(o, "gap_ms", TIME_LIMIT_MS, &p->gap_ms, e));
    TRY(whole_member(o, "resolution_ms", TIME_LIMIT_MS, &p->resolution_ms, e));
    TRY(whole_member(o, "span_ms", TIME_LIMIT_MS, &p->span_ms, e));
    TRY(whole_member(o, "samples", TRACE_SAMPLES_MAX, &p->samples, e));
    TRY(whole_member(o, "price_samples", TRACE_SAMPLES_MAX, &p->price_samples, e));
    return OK;
}

static enum error_code pool_line(struct tidy *t, const char *text, struct error *e) {
    bool no_memory;
    cJSON *o = json_parse(text, strlen(text), NULL, false, &no_memory);
    if (no_memory) return error_set(e, ERR_FAILED, NULL, "out of memory");
    enum error_code rc = cJSON_IsObject(o)
                             ? describe_pool(t, o, e)
                             : error_set(e, ERR_INPUT, NULL, "expected '# pool {...}' with a JSON object");
    cJSON_Delete(o);
    return rc;
}

static enum error_code header_line(struct tidy *t, const char *line, struct error *e) {
    if (t->csv.line == 1 || strncmp(line, "# spotsim-trace", 15) == 0) {
        if (strcmp(line, "# spotsim-trace 1") == 0) return OK;
        return error_set(e, ERR_INPUT, NULL, "version of '%.40s' is not known; expected '# spotsim-trace 1'", line);
    }
    if (strncmp(line, "# pool ", 7) == 0) return pool_line(t, line + 7, e);
    if (strncmp(line, "# epoch ", 8) == 0) {
        t->dated = true;
        return timestamp_from_text(line + 8, &t->epoch_ms, e);
    }
    return OK; /* a comment */
}

/* ---- rows -------------------------------------------------------------------- */

/* Seconds with up to three decimals, exactly. */
static enum error_code seconds_to_ms(const char *text, int64_t *ms, struct error *e) {
    size_t whole = strspn(text, "0123456789"), fraction = 0;
    int64_t value = 0;
    if (text[whole] == '.') fraction = strspn(text + whole + 1, "0123456789");
    bool ok = whole > 0 && whole <= 12 && fraction <= 3 && text[whole + (text[whole] == '.') + fraction] == '\0' &&
              (text[whole] != '.' || fraction > 0);
    if (!ok)
        return error_set(e, ERR_INPUT, NULL, "'%.40s' is not a time; expected seconds with up to 3 decimals", text);
    for (size_t i = 0; i < whole; i++) value = value * 10 + (text[i] - '0');
    for (size_t i = 1; i <= 3; i++) value = value * 10 + (i <= fraction ? text[whole + i] - '0' : 0);
    if (value > TIME_LIMIT_MS)
        return error_set(e, ERR_INPUT, NULL, "time %s is past the limit of %" PRId64 " days", text,
                         (int64_t)(TIME_LIMIT_MS / MS_PER_DAY));
    *ms = value;
    return OK;
}

static enum error_code push(struct series *s, int64_t *last_ms, int64_t at_ms, int64_t value, struct error *e) {
    if (at_ms <= *last_ms)
        return error_set(e, ERR_INPUT, NULL, "the pool's times must rise, and this is not after the one before");
    *last_ms = at_ms;
    return raw_series_push(s, at_ms, value, NULL, e);
}

static enum error_code data_row(struct tidy *t, struct error *e) {
    struct csv *c = &t->csv;
    struct tidy_pool *p;
    int64_t at_ms = 0, value = 0;
    if (c->n != 4) return error_set(e, ERR_INPUT, NULL, "expected 4 fields (time,pool,capacity,price), got %u", c->n);
    if (!*c->field[2] && !*c->field[3])
        return error_set(e, ERR_INPUT, NULL, "neither capacity nor price is given; expected at least one");
    TRY(seconds_to_ms(c->field[0], &at_ms, e));
    TRY(find_pool(t, c->field[1], &p, e));
    if (*c->field[2]) {
        value = TRACE_UNLIMITED;
        if (strcmp(c->field[2], "unlimited") != 0) TRY(text_int(c->field[2], 0, TRACE_CAPACITY_MAX, &value, e));
        TRY(push(&p->capacity, &p->capacity_at_ms, at_ms, value, e));
    }
    if (*c->field[3]) {
        TRY(text_price_uusd(c->field[3], &value, e));
        TRY(push(&p->price, &p->price_at_ms, at_ms, value, e));
    }
    if (p->span_ms && at_ms >= p->span_ms)
        return error_set(e, ERR_INPUT, NULL, "time %s is not before the end of pool '%s' (span_ms %" PRId64 ")",
                         c->field[0], p->pool->name, p->span_ms);
    if (at_ms > t->last_ms) t->last_ms = at_ms;
    return OK;
}

/* ---- rows as spotsim writes them -------------------------------------------------- */

/* Up to `most` digits, at least one; past them, or NULL. */
static const char *take_digits(const char *s, const char *end, int most, int64_t *value) {
    const char *start = s;
    while (s < end && (unsigned char)(*s - '0') <= 9 && s - start <= most) *value = *value * 10 + (*s++ - '0');
    return s > start && s - start <= most ? s : NULL;
}

/* A decimal with up to `places` places, as a whole number of the last place. */
static const char *take_decimal(const char *s, const char *end, int most, int places, int64_t *value) {
    *value = 0;
    s = take_digits(s, end, most, value);
    if (!s) return NULL;
    if (s < end && *s == '.') {
        const char *point = s + 1;
        s = take_digits(point, end, places, value);
        if (!s) return NULL;
        places -= (int)(s - point);
    }
    while (places-- > 0) *value *= 10;
    return s;
}

/* Seconds and a comma, mostly those of the row before; what follows, or NULL. */
static const char *take_time(struct tidy *t, const char *s, const char *end) {
    if (t->time && t->time_moves == t->csv.moves && (size_t)(end - s) > t->time_length &&
        memcmp(s, t->time, t->time_length) == 0)
        return s + t->time_length;
    const char *start = s;
    t->time = NULL;
    s = take_decimal(s, end, 10, 3, &t->time_ms);
    if (!s || s == end || *s++ != ',' || t->time_ms > TIME_LIMIT_MS) return NULL;
    t->time = start;
    t->time_moves = t->csv.moves;
    t->time_length = (size_t)(s - start);
    return s;
}

struct plain_row {
    const char *name, *end; /* end: past its line break */
    size_t name_length;
    bool has_capacity, has_price;
    int64_t at_ms, capacity, uusd;
};

/* Parses a row without quotes, blanks or surprises; false: look closer. */
static bool parse_plain(struct tidy *t, struct plain_row *r) {
    const char *end = t->csv.end, *s = take_time(t, t->csv.at, end);
    if (!s || s == end || *s == '"') return false;
    r->at_ms = t->time_ms;
    r->name = s;
    while (s < end && *s != ',' && *s != '\n') s++;
    r->name_length = (size_t)(s - r->name);
    if (s == end || *s++ != ',' || s == end) return false;
    r->has_capacity = *s != ',';
    if (r->has_capacity) s = take_decimal(s, end, 6, 0, &r->capacity);
    if (!s || s == end || *s++ != ',' || s == end) return false;
    r->has_price = *s != '\n';
    /* exact: micro-dollars of a decimal with up to 6 places are whole */
    if (r->has_price) s = take_decimal(s, end, 5, 6, &r->uusd);
    if (!s || s == end || *s != '\n') return false;
    r->end = s + 1;
    return r->has_capacity || r->has_price;
}

/* Takes the row at csv.at if it is plain and right; whatever else there is,
 * any_row knows it or names what is wrong. */
static bool take_plain(struct tidy *t, struct error *e, enum error_code *rc) {
    struct plain_row r;
    if (!parse_plain(t, &r)) return false;
    const struct name_entry *name = name_table_find(&t->names, r.name, r.name_length);
    if (!name) return false;
    struct tidy_pool *p = &t->pools[name->number];
    if ((p->span_ms && r.at_ms >= p->span_ms) || (r.has_capacity && r.at_ms <= p->capacity_at_ms) ||
        (r.has_price && r.at_ms <= p->price_at_ms))
        return false;
    t->csv.at = r.end;
    t->csv.line++;
    *rc = OK;
    if (r.has_capacity) *rc = push(&p->capacity, &p->capacity_at_ms, r.at_ms, r.capacity, e);
    if (r.has_price && *rc == OK) *rc = push(&p->price, &p->price_at_ms, r.at_ms, r.uusd, e);
    if (r.at_ms > t->last_ms) t->last_ms = r.at_ms;
    return true;
}

static enum error_code any_row(struct tidy *t, struct error *e) {
    struct csv *c = &t->csv;
    if (c->raw[0] == '#') return header_line(t, c->field[0], e);
    if (t->header_seen) return data_row(t, e);
    t->header_seen = true;
    if (c->n == 4 && strcmp(c->field[0], "time") == 0 && strcmp(c->field[1], "pool") == 0 &&
        strcmp(c->field[2], "capacity") == 0 && strcmp(c->field[3], "price") == 0)
        return OK;
    return error_set(e, ERR_INPUT, NULL, "expected the header time,pool,capacity,price");
}

/* ---- to the builder ------------------------------------------------------------ */

static void finish_series(const struct tidy *t, const struct tidy_pool *p, int64_t samples, struct series *s) {
    int64_t base = t->dated ? t->epoch_ms : 0;
    for (uint32_t i = 0; i < s->n; i++) s->at[i] += base;
    s->end_ms = base + (p->span_ms ? p->span_ms : t->last_ms);
    s->gap_ms = p->gap_ms;
    s->resolution_ms = p->resolution_ms;
    s->samples = (uint32_t)samples;
    s->dated = t->dated;
}

/* Without a span the pool ends at the last time of the file. */
static const struct series *starts_at_end(const struct tidy *t, const struct tidy_pool *p) {
    if (p->span_ms) return NULL;
    if (p->capacity.n && p->capacity.at[0] >= t->last_ms) return &p->capacity;
    return p->price.n && p->price.at[0] >= t->last_ms ? &p->price : NULL;
}

static int by_pool_name(const void *a, const void *b) {
    const struct tidy_pool *x = a, *y = b;
    return strcmp(x->pool->name, y->pool->name);
}

static enum error_code hand_over(struct tidy *t, struct error *e) {
    if (t->n == 0) return error_set(e, ERR_INPUT, t->src->path, "has no rows; expected at least one");
    qsort(t->pools, t->n, sizeof *t->pools, by_pool_name);
    for (uint32_t i = 0; i < t->n; i++) {
        struct tidy_pool *p = &t->pools[i];
        if (!p->capacity.n && !p->price.n)
            return error_set(e, ERR_INPUT, t->src->path, "pool '%s' is described but has no rows", p->pool->name);
        const struct series *late = starts_at_end(t, p);
        if (late)
            return error_set(
                e, ERR_INPUT, t->src->path,
                "the %s of pool '%s' covers no time: its first row is at the last time of the file, and no "
                "'# pool' line gives a span_ms after it",
                late == &p->price ? "price" : "capacity", p->pool->name);
        if (p->capacity.n) {
            finish_series(t, p, p->samples, &p->capacity);
            TRY(builder_add_capacity(p->pool, t->src, &p->capacity, e));
        }
        if (p->price.n) {
            finish_series(t, p, p->price_samples, &p->price);
            TRY(builder_add_price(p->pool, t->src, &p->price, e));
        }
    }
    return OK;
}

static enum error_code read_rows(struct tidy *t, struct error *e) {
    for (;;) {
        bool more;
        enum error_code rc;
        if (!t->header_seen || !take_plain(t, e, &rc)) {
            TRY(trace_csv_next(&t->csv, &more, e));
            if (!more) return OK;
            rc = any_row(t, e);
        }
        if (rc != OK) return trace_csv_fail(&t->csv, rc, e);
    }
}

static enum error_code read_all(struct tidy *t, struct error *e) {
    enum error_code rc = read_rows(t, e);
    if (rc == OK) rc = hand_over(t, e);
    for (uint32_t i = 0; i < t->n; i++) {
        samples_free(&t->pools[i].capacity);
        samples_free(&t->pools[i].price);
    }
    name_table_free(&t->names);
    free(t->pools);
    trace_csv_close(&t->csv);
    return rc;
}

enum error_code read_tidy(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                          struct error *e) {
    struct tidy t = {.b = b, .src = src};
    trace_csv_open(&t.csv, src->path, data, size);
    return read_all(&t, e);
}

enum error_code read_tidy_blocks(struct trace_builder *b, const struct source *src, csv_more *more, void *arg,
                                 struct error *e) {
    struct tidy t = {.b = b, .src = src};
    if (!trace_csv_open_blocks(&t.csv, src->path, more, arg))
        return error_set(e, ERR_FAILED, src->path, "out of memory");
    return read_all(&t, e);
}
