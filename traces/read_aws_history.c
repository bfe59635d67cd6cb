/* SPDX-License-Identifier: Apache-2.0
 * What `aws ec2 describe-spot-price-history` prints: dated price changes. */
#include <cjson/cJSON.h>
#include <stdio.h>

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
