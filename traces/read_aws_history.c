/* SPDX-License-Identifier: Apache-2.0
 * What `aws ec2 describe-spot-price-history` prints: dated price changes. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/readers.h"

struct history_entry {
    const char *zone, *type, *product, *price, *time;
};

static enum error_code text_member(const cJSON *entry, const char *name, const struct source *src, int64_t i,
                                   const char **out, struct error *e) {
    struct json_place place;
    cJSON *v;
    TRY(trace_json_member(entry, name, trace_json_where(&place, src->path, "SpotPriceHistory", i, NULL), &v, e));
    if (cJSON_IsString(v)) {
        *out = v->valuestring;
        return OK;
    }
    return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, "SpotPriceHistory", i, name),
                     "expected a string, got %s", v ? json_value_kind(v) : "nothing");
}

static enum error_code read_entry(struct trace_builder *b, const struct source *src, const struct history_entry *h,
                                  struct error *e) {
    int64_t at_ms, uusd;
    char name[2 * POOL_NAME_MAX];
    struct raw_pool *p;
    TRY(timestamp_from_text(h->time, &at_ms, e));
    TRY(text_price_uusd(h->price, &uusd, e));
    snprintf(name, sizeof name, "%.199s_%.199s", h->zone, h->type);
    TRY(builder_pool(b, src, name, false, &p, e));
    if (!p->cloud) TRY(raw_text_set(&p->cloud, "aws", e));
    if (!p->zone) TRY(raw_text_set(&p->zone, h->zone, e));
    if (!p->instance_type) TRY(raw_text_set(&p->instance_type, h->type, e));
    return builder_add_point(b, p, src, at_ms, uusd, h->product, e);
}

static enum error_code read_list(struct trace_builder *b, const struct source *src, const cJSON *list,
                                 struct error *e) {
    struct json_place place;
    int64_t i = 0;
    for (const cJSON *v = list->child; v; v = v->next, i++) {
        struct history_entry h;
        if (!cJSON_IsObject(v))
            return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, "SpotPriceHistory", i, NULL),
                             "expected an object, got %s", json_value_kind(v));
        TRY(text_member(v, "AvailabilityZone", src, i, &h.zone, e));
        TRY(text_member(v, "InstanceType", src, i, &h.type, e));
        TRY(text_member(v, "ProductDescription", src, i, &h.product, e));
        TRY(text_member(v, "SpotPrice", src, i, &h.price, e));
        TRY(text_member(v, "Timestamp", src, i, &h.time, e));
        enum error_code rc = read_entry(b, src, &h, e);
        if (rc == OK) continue;
        if (e && !e->where[0]) error_in(e, trace_json_where(&place, src->path, "SpotPriceHistory", i, NULL));
        return rc;
    }
    return OK;
}

enum error_code read_aws_history(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                                 struct error *e) {
    if (cJSON_IsArray(doc)) {
        const cJSON *first = doc->child;
        if (!cJSON_IsObject(first) || !cJSON_GetObjectItemCaseSensitive(first, "SpotPriceHistory"))
            return read_list(b, src, doc, e);
        for (const cJSON *page = first; page; page = page->next) TRY(read_aws_history(b, src, page, e));
        return OK;
    }
    cJSON *list = NULL;
    if (cJSON_IsObject(doc)) TRY(trace_json_member(doc, "SpotPriceHistory", src->path, &list, e));
    if (!cJSON_IsArray(list))
        return error_set(e, ERR_INPUT, src->path, "expected a page with a list \"SpotPriceHistory\", got %s",
                         list ? json_value_kind(list) : json_value_kind(doc));
    return read_list(b, src, list, e);
}

/* ---- pages as the command prints them --------------------------------------------- */

/* A history is read straight from the text when it holds nothing but pages of
 * entries of plain strings; everything else goes through the parser, which
 * names what is wrong. */
#define PLAIN_MAX 120 /* bytes of a string */

struct page_text {
    const char *at, *end;
};

/* The mark, after blanks. */
static bool take_mark(struct page_text *t, char mark) {
    while (t->at < t->end && (*t->at == ' ' || *t->at == '\n' || *t->at == '\r' || *t->at == '\t')) t->at++;
    if (t->at == t->end || *t->at != mark) return false;
    t->at++;
    return true;
}

/* A string without escapes, copied to `out`. */
static bool take_string(struct page_text *t, char out[PLAIN_MAX + 1]) {
    if (!take_mark(t, '"')) return false;
    size_t n = 0;
    for (; t->at < t->end && *t->at != '"'; t->at++) {
        if (n == PLAIN_MAX || *t->at == '\\' || (unsigned char)*t->at < 0x20) return false;
        out[n++] = *t->at;
    }
    out[n] = '\0';
    return take_mark(t, '"');
}

static const char *const member_names[] = {"AvailabilityZone", "InstanceType", "ProductDescription", "SpotPrice",
                                           "Timestamp"};
#define MEMBERS 5

/* An entry with each member once, and no others. */
static bool take_entry(struct page_text *t, char texts[MEMBERS][PLAIN_MAX + 1], struct history_entry *h) {
    unsigned seen = 0;
    if (!take_mark(t, '{')) return false;
    for (int i = 0; i < MEMBERS; i++) {
        char name[PLAIN_MAX + 1];
        int k = 0;
        if ((i && !take_mark(t, ',')) || !take_string(t, name) || !take_mark(t, ':')) return false;
        while (k < MEMBERS && strcmp(name, member_names[k]) != 0) k++;
        if (k == MEMBERS || seen >> k & 1 || !take_string(t, texts[k])) return false;
        seen |= 1u << k;
    }
    *h = (struct history_entry){texts[0], texts[1], texts[2], texts[3], texts[4]};
    return take_mark(t, '}');
}

static bool take_entries(struct page_text *t, struct trace_builder *b, const struct source *src, enum error_code *rc,
                         struct error *e) {
    char texts[MEMBERS][PLAIN_MAX + 1];
    struct history_entry h;
    int64_t ignored;
    if (!take_mark(t, '[')) return false;
    if (take_mark(t, ']')) return true;
    do {
        if (!take_entry(t, texts, &h)) return false;
        if (!b && (timestamp_from_text(h.time, &ignored, NULL) != OK || text_price_uusd(h.price, &ignored, NULL) != OK))
            return false;
        if (b && *rc == OK) *rc = read_entry(b, src, &h, e);
    } while (take_mark(t, ','));
    return take_mark(t, ']');
}

static bool take_page(struct page_text *t, struct trace_builder *b, const struct source *src, enum error_code *rc,
                      struct error *e) {
    bool found = false;
    if (!take_mark(t, '{')) return false;
    do {
        char name[PLAIN_MAX + 1], ignored[PLAIN_MAX + 1];
        if (!take_string(t, name) || !take_mark(t, ':')) return false;
        if (strcmp(name, "SpotPriceHistory") != 0) {
            if (!take_string(t, ignored)) return false;
            continue;
        }
        if (found || !take_entries(t, b, src, rc, e)) return false;
        found = true;
    } while (take_mark(t, ','));
    return found && take_mark(t, '}');
}

/* Without a builder it only looks. */
static bool take_pages(const char *data, size_t size, struct trace_builder *b, const struct source *src,
                       enum error_code *rc, struct error *e) {
    struct page_text t = {data, data + size};
    do {
        if (!take_page(&t, b, src, rc, e)) return false;
        while (t.at < t.end && (*t.at == ' ' || *t.at == '\n' || *t.at == '\r' || *t.at == '\t')) t.at++;
    } while (t.at < t.end);
    return true;
}

bool read_plain_history(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                        enum error_code *rc, struct error *e) {
    *rc = OK;
    return take_pages(data, size, NULL, src, rc, e) && take_pages(data, size, b, src, rc, e);
}
