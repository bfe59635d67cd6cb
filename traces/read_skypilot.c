/* SPDX-License-Identifier: Apache-2.0
 * SkyPilot's spot traces: one pool per file, samples at a fixed step. */
#include <cjson/cJSON.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/readers.h"

static enum error_code read_gap(const struct source *src, const cJSON *doc, int64_t *gap_ms, struct error *e) {
    struct json_place place;
    cJSON *metadata, *gap;
    *gap_ms = 0;
    TRY(trace_json_member(doc, "metadata", src->path, &metadata, e));
    if (!metadata) return OK;
    if (!cJSON_IsObject(metadata))
        return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, "metadata", -1, NULL),
                         "expected an object with gap_seconds, got %s", json_value_kind(metadata));
    TRY(trace_json_member(metadata, "gap_seconds", trace_json_where(&place, src->path, "metadata", -1, NULL), &gap, e));
    if (!gap) return OK;
    return gap_from_json(gap, trace_json_where(&place, src->path, "metadata", -1, "gap_seconds"), gap_ms, e);
}

enum error_code read_skypilot(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                              const struct json_lists *lists, struct error *e) {
    cJSON *data, *prices;
    int64_t gap_ms;
    struct raw_pool *p;
    struct series s = {0};
    TRY(trace_json_member(doc, "data", src->path, &data, e));
    TRY(trace_json_member(doc, "prices", src->path, &prices, e));
    TRY(read_gap(src, doc, &gap_ms, e));
    TRY(builder_pool(b, src, src->stem, true, &p, e));
    TRY(capacities_from_json(data, lists, src, "data", &s, e));
    s.gap_ms = gap_ms;
    TRY(builder_add_capacity(p, src, &s, e));
    if (!prices || cJSON_IsNull(prices)) return OK;
    TRY(prices_from_json(prices, lists, src, "prices", &s, e));
    s.gap_ms = gap_ms;
    return builder_add_price(p, src, &s, e);
}
