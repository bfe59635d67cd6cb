/* SPDX-License-Identifier: Apache-2.0
 * SkyPilot's spot traces: one pool per file, samples at a fixed step. */
#include <cjson/cJSON.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/readers.h"

static enum error_code read_data(const struct source *src, const cJSON *data, struct series *s, struct error *e) {
    struct json_place place;
    if (!cJSON_IsArray(data))
        return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, "data", -1, NULL),
                         "expected a list of capacities, got %s", data ? json_value_kind(data) : "nothing");
    TRY(raw_series_alloc(s, (size_t)cJSON_GetArraySize(data), false,
                         trace_json_where(&place, src->path, "data", -1, NULL), e));
    uint32_t i = 0;
    for (const cJSON *v = data->child; v; v = v->next, i++) {
        double x = v->valuedouble;
        if (cJSON_IsNumber(v) && (x == 0 || x == 1)) { /* nearly all; no need to name the place */
            s->value[i] = (int64_t)x;
            continue;
        }
        enum error_code rc =
            capacity_from_json(v, trace_json_where(&place, src->path, "data", i, NULL), &s->value[i], e);
        if (rc != OK) {
            samples_free(s);
            return rc;
        }
    }
    return OK;
}

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
                              struct error *e) {
    cJSON *data, *prices;
    int64_t gap_ms;
    struct raw_pool *p;
    struct series s = {0};
    TRY(trace_json_member(doc, "data", src->path, &data, e));
    TRY(trace_json_member(doc, "prices", src->path, &prices, e));
    TRY(read_gap(src, doc, &gap_ms, e));
    TRY(builder_pool(b, src, src->stem, true, &p, e));
    TRY(read_data(src, data, &s, e));
    s.gap_ms = gap_ms;
    TRY(builder_add_capacity(p, src, &s, e));
    if (!prices || cJSON_IsNull(prices)) return OK;
    TRY(prices_from_json(prices, src, "prices", &s, e));
    s.gap_ms = gap_ms;
    return builder_add_price(p, src, &s, e);
}
