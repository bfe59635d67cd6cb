/* SPDX-License-Identifier: Apache-2.0
 * The records that the blocks process puts into another order, in JSON. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/model_private.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TIME_MAX ((double)TIME_LIMIT_MS)

struct numbers {
    int64_t tick_ms, ticks, mean_ms;
    bool same_hour;
};
static const struct field blocks_fields[] = {
    {"tick", FIELD_DURATION, offsetof(struct numbers, tick_ms), "ms", 1, TIME_MAX, NULL, "unit of time", NULL},
    {"ticks", FIELD_INT, offsetof(struct numbers, ticks), NULL, 1, TIME_MAX, NULL, "length of records", NULL},
    {"mean", FIELD_DURATION, offsetof(struct numbers, mean_ms), "ms", 1, TIME_MAX, NULL, "of a block", NULL},
    {"same_hour", FIELD_BOOL, offsetof(struct numbers, same_hour), NULL, 0, 0, NULL, "blocks keep the hour", NULL},
};
static const char *const blocks_others[] = {"joins", NULL};
static const char *const history_members[] = {"capacity", "price", NULL};

void model_history_free(struct model_history *h) {
    free(h->capacity.at_ms);
    free(h->capacity.value);
    free(h->price.at_ms);
    free(h->price.uusd_per_h);
    memset(h, 0, sizeof *h);
}

/* ---- reading -------------------------------------------------------------------- */

static enum error_code read_join(const cJSON *v, const char *where, const struct model_blocks *b,
                                 struct model_join *out, struct error *e) {
    double at[MODEL_JOIN];
    uint32_t n;
    double last = (double)(b->span_ms / b->tick_ms) - 1;
    TRY(model_read_numbers(v, where, MODEL_JOIN, 1, last, at, &n, e));
    if (n != MODEL_JOIN) return error_set(e, ERR_INPUT, where, "expected three moments, got %u", n);
    for (uint32_t i = 0; i < n; i++) {
        if (at[i] != rint(at[i]) || (i && at[i] <= at[i - 1]))
            return error_set(e, ERR_INPUT, where, "expected three moments in whole ticks, rising");
        out->at_ms[i] = (int64_t)at[i] * b->tick_ms;
    }
    return OK;
}

static enum error_code read_joins(const cJSON *list, const char *where, struct model_blocks *b, struct error *e) {
    struct model_place place;
    uint32_t n = (uint32_t)cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || n > MODEL_JOINS_MAX)
        return error_set(e, ERR_INPUT, where, "expected a list of at most %u triples of moments", MODEL_JOINS_MAX);
    b->joins = calloc(n ? n : 1, sizeof *b->joins);
    if (!b->joins) return error_set(e, ERR_FAILED, where, "out of memory");
    for (const cJSON *item = list->child; item; item = item->next) {
        struct model_join *join = &b->joins[b->n_joins];
        TRY(read_join(item, model_at_index(&place, where, "", b->n_joins), b, join, e));
        b->n_joins++;
    }
    return OK;
}

enum error_code model_read_blocks(const cJSON *v, const char *where, struct model_blocks *out, struct error *e) {
    struct model_place place;
    struct numbers n = {0, 0, 0, false};
    TRY(model_read_table(v, where, blocks_fields, COUNT(blocks_fields), blocks_others, &n, e));
    if (!n.tick_ms || !n.ticks || !n.mean_ms)
        return error_set(e, ERR_INPUT, where, "needs \"tick\", \"ticks\" and \"mean\"");
    if (n.ticks > TIME_LIMIT_MS / n.tick_ms)
        return error_set(e, ERR_INPUT, where, "records of more than %d days", (int)(TIME_LIMIT_MS / MS_PER_DAY));
    if (n.same_hour && n.ticks * n.tick_ms < MS_PER_DAY)
        return error_set(e, ERR_INPUT, model_inside(&place, where, "same_hour"),
                         "the records are shorter than a day; expected false, or records of a day or more");
    *out = (struct model_blocks){n.ticks * n.tick_ms, n.tick_ms, n.mean_ms, n.same_hour, 0, NULL};
    const cJSON *joins = model_member(v, "joins");
    return joins ? read_joins(joins, model_inside(&place, where, "joins"), out, e) : OK;
}

/* From a list of values and for how many ticks each holds, in turn, up to the
 * records' end.  Neighbours that are equal are one. */
struct record {
    uint32_t n;
    int64_t *at_ms, *value;
};

static enum error_code value_of(double x, bool price, const char *where, int64_t *value, struct error *e) {
    if (price) return price_from_usd(x, where, value, e);
    if (x != rint(x) || !(x >= 0 && x <= TRACE_CAPACITY_MAX))
        return error_set(e, ERR_INPUT, where, "%g is not a capacity; expected a whole number from 0 to %u", x,
                         TRACE_CAPACITY_MAX);
    *value = (int64_t)x;
    return OK;
}

static enum error_code read_pairs(const cJSON *list, const char *where, const struct model_blocks *b, bool price,
                                  struct record *r, struct error *e) {
    int64_t ticks = b->span_ms / b->tick_ms, at = 0;
    for (const cJSON *item = list->child; item; item = item->next->next) {
        const cJSON *length = item->next;
        int64_t value;
        if (!length || !cJSON_IsNumber(item) || !cJSON_IsNumber(length))
            return error_set(e, ERR_INPUT, where, "expected numbers in pairs: a value and its ticks");
        TRY(value_of(item->valuedouble, price, where, &value, e));
        if (length->valuedouble != rint(length->valuedouble) || !(length->valuedouble >= 1))
            return error_set(e, ERR_INPUT, where, "%g is not a number of ticks", length->valuedouble);
        if (length->valuedouble > (double)(ticks - at))
            return error_set(e, ERR_INPUT, where, "is longer than the %lld ticks of \"blocks\"", (long long)ticks);
        if (r->n == 0 || r->value[r->n - 1] != value) {
            r->at_ms[r->n] = at * b->tick_ms;
            r->value[r->n++] = value;
        }
        at += (int64_t)length->valuedouble;
    }
    if (at == ticks) return OK;
    return error_set(e, ERR_INPUT, where, "has %lld ticks; \"blocks\" has %lld", (long long)at, (long long)ticks);
}

static enum error_code read_record(const cJSON *list, const char *where, const struct model_blocks *b, bool price,
                                   struct record *r, struct error *e) {
    *r = (struct record){0, NULL, NULL};
    if (!cJSON_IsArray(list))
        return error_set(e, ERR_INPUT, where, "expected a list of values and their ticks, got %s",
                         json_value_kind(list));
    size_t room = (size_t)cJSON_GetArraySize(list) / 2 + 1;
    r->at_ms = malloc(room * sizeof *r->at_ms);
    r->value = malloc(room * sizeof *r->value);
    enum error_code rc = r->at_ms && r->value ? OK : error_set(e, ERR_FAILED, where, "out of memory");
    if (rc == OK) rc = read_pairs(list, where, b, price, r, e);
    if (rc == OK) return OK;
    free(r->at_ms);
    free(r->value);
    return rc;
}

static enum error_code take_capacity(struct record *r, const char *where, struct trace_capacity *out, struct error *e) {
    uint32_t *value = malloc(r->n * sizeof *value);
    for (uint32_t i = 0; value && i < r->n; i++) value[i] = (uint32_t)r->value[i];
    free(r->value);
    if (!value) {
        free(r->at_ms);
        return error_set(e, ERR_FAILED, where, "out of memory");
    }
    *out = (struct trace_capacity){r->n, r->at_ms, value};
    return OK;
}

enum error_code model_read_history(const cJSON *v, const char *where, const struct model_blocks *blocks,
                                   struct model_history *out, struct error *e) {
    struct model_place place;
    struct record r;
    if (!blocks->span_ms) return error_set(e, ERR_INPUT, where, "needs \"blocks\" in the model");
    TRY(model_read_table(v, where, NULL, 0, history_members, NULL, e));
    const cJSON *capacity = model_member(v, "capacity"), *price = model_member(v, "price");
    if (!capacity) return error_set(e, ERR_INPUT, where, "needs \"capacity\"");
    TRY(read_record(capacity, model_inside(&place, where, "capacity"), blocks, false, &r, e));
    TRY(take_capacity(&r, where, &out->capacity, e));
    if (!price) return OK;
    TRY(read_record(price, model_inside(&place, where, "price"), blocks, true, &r, e));
    out->price = (struct trace_price){r.n, r.at_ms, r.value};
    return OK;
}

/* ---- writing -------------------------------------------------------------------- */

static void put_duration(const char *name, int64_t ms, struct strbuf *out) {
    char text[32];
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_json_string(out, text_format_duration(ms, text));
}

void model_write_blocks(const struct model_blocks *b, struct strbuf *out) {
    strbuf_puts(out, ",\n  \"blocks\": {");
    put_duration("tick", b->tick_ms, out);
    strbuf_printf(out, ", \"ticks\": %lld, ", (long long)(b->span_ms / b->tick_ms));
    put_duration("mean", b->mean_ms, out);
    strbuf_printf(out, ", \"same_hour\": %s,\n    \"joins\": [", b->same_hour ? "true" : "false");
    for (uint32_t i = 0; i < b->n_joins; i++) {
        strbuf_puts(out, i ? ", [" : "[");
        for (int k = 0; k < MODEL_JOIN; k++)
            strbuf_printf(out, "%s%lld", k ? ", " : "", (long long)(b->joins[i].at_ms[k] / b->tick_ms));
        strbuf_puts(out, "]");
    }
    strbuf_puts(out, "]}");
}

static int64_t ticks_of(const int64_t *at_ms, uint32_t i, uint32_t n, const struct model_blocks *b) {
    return ((i + 1 < n ? at_ms[i + 1] : b->span_ms) - at_ms[i]) / b->tick_ms;
}

void model_write_history(const struct model_history *h, const struct model_blocks *b, struct strbuf *out) {
    const struct trace_capacity *c = &h->capacity;
    const struct trace_price *p = &h->price;
    strbuf_puts(out, ",\n     \"history\": {\"capacity\": [");
    for (uint32_t i = 0; i < c->n; i++)
        strbuf_printf(out, "%s%u, %lld", i ? ", " : "", c->value[i], (long long)ticks_of(c->at_ms, i, c->n, b));
    strbuf_puts(out, "]");
    if (p->n) strbuf_puts(out, ",\n       \"price\": [");
    for (uint32_t i = 0; i < p->n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_real(out, (double)p->uusd_per_h[i] / 1e6);
        strbuf_printf(out, ", %lld", (long long)ticks_of(p->at_ms, i, p->n, b));
    }
    strbuf_puts(out, p->n ? "]}" : "}");
}
