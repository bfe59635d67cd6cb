/* SPDX-License-Identifier: Apache-2.0
 * Values that several formats share. */
#include <cjson/cJSON.h>
#include <math.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/readers.h"

enum error_code timestamp_from_text(const char *text, int64_t *unix_ms, struct error *e) {
    TRY(text_timestamp_ms(text, unix_ms, e));
    if (*unix_ms < TRACE_DATE_MIN_MS || *unix_ms > TRACE_DATE_MAX_MS)
        return error_set(e, ERR_INPUT, NULL, "date '%.60s' is out of range; expected 1971 to 2999", text);
    return OK;
}

enum error_code capacity_from_json(const struct cJSON *v, const char *where, int64_t *value, struct error *e) {
    if (!cJSON_IsNumber(v))
        return error_set(e, ERR_INPUT, where, "expected a capacity (a whole number, 0 or more), got %s",
                         json_value_kind(v));
    double x = v->valuedouble;
    if (!(x >= 0 && x <= TRACE_CAPACITY_MAX) || x != floor(x))
        return error_set(e, ERR_INPUT, where, "expected a capacity (a whole number from 0 to %u), got %g",
                         TRACE_CAPACITY_MAX, x);
    *value = (int64_t)x;
    return OK;
}

enum error_code gap_from_json(const struct cJSON *v, const char *where, int64_t *gap_ms, struct error *e) {
    if (!cJSON_IsNumber(v))
        return error_set(e, ERR_INPUT, where, "expected a number of seconds, got %s", json_value_kind(v));
    double ms = rint(v->valuedouble * 1000);
    if (!(ms >= 1 && ms <= (double)TIME_LIMIT_MS))
        return error_set(e, ERR_INPUT, where, "expected a number of seconds from 0.001 to %.0f, got %g",
                         floor((double)TIME_LIMIT_MS / 1000), v->valuedouble);
    *gap_ms = (int64_t)ms;
    return OK;
}

enum error_code prices_from_json(const struct cJSON *list, const struct source *src, const char *member,
                                 struct series *s, struct error *e) {
    struct json_place place;
    if (!cJSON_IsArray(list))
        return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, member, -1, NULL),
                         "expected a list of prices, got %s", json_value_kind(list));
    TRY(raw_series_alloc(s, (size_t)cJSON_GetArraySize(list), false,
                         trace_json_where(&place, src->path, member, -1, NULL), e));
    s->by_index = true;
    uint32_t i = 0;
    for (const cJSON *v = list->child; v; v = v->next, i++) {
        enum error_code rc;
        if (!cJSON_IsNumber(v))
            rc = error_set(e, ERR_INPUT, trace_json_where(&place, src->path, member, i, NULL),
                           "expected a price in dollars per hour, got %s", json_value_kind(v));
        else if (v->valuedouble >= 0 && v->valuedouble <= 1e6)
            rc = price_from_usd(v->valuedouble, NULL, &s->value[i], e);
        else
            rc = price_from_usd(v->valuedouble, trace_json_where(&place, src->path, member, i, NULL), &s->value[i], e);
        if (rc == OK) continue;
        samples_free(s);
        return rc;
    }
    return OK;
}
