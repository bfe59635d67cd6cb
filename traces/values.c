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

struct quantity {
    const char *list, *element; /* what is expected, in words */
    enum error_code (*from_number)(double x, int64_t *value, struct error *e);
};

static enum error_code capacity_of(double x, int64_t *value, struct error *e) {
    if (!(x >= 0 && x <= TRACE_CAPACITY_MAX) || x != floor(x))
        return error_set(e, ERR_INPUT, NULL, "expected a capacity (a whole number from 0 to %u), got %g",
                         TRACE_CAPACITY_MAX, x);
    *value = (int64_t)x;
    return OK;
}

static enum error_code price_of(double x, int64_t *value, struct error *e) { return price_from_usd(x, NULL, value, e); }

static const struct quantity capacities = {"capacities", "a capacity (a whole number, 0 or more)", capacity_of};
static const struct quantity prices = {"prices", "a price in dollars per hour", price_of};

static enum error_code push_runs(const struct json_numbers *numbers, const struct quantity *q, const struct source *src,
                                 const char *member, struct series *s, struct error *e) {
    struct json_place place;
    for (uint32_t i = 0; i < numbers->n_runs; i++) {
        const struct json_run *run = &numbers->run[i];
        int64_t value;
        enum error_code rc = q->from_number(run->value, &value, e);
        if (rc != OK) {
            error_in(e, trace_json_where(&place, src->path, member, run->first, NULL));
            return rc;
        }
        if (!s->n || s->value[s->n - 1] != value) TRY(raw_series_push(s, run->first, value, src->path, e));
    }
    if (!numbers->other) return OK;
    return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, member, numbers->n, NULL), "expected %s, got %s",
                     q->element, json_value_kind(numbers->other));
}

static enum error_code series_from_json(const struct cJSON *list, const struct json_lists *lists,
                                        const struct quantity *q, const struct source *src, const char *member,
                                        struct series *s, struct error *e) {
    struct json_place place;
    if (!cJSON_IsArray(list))
        return error_set(e, ERR_INPUT, trace_json_where(&place, src->path, member, -1, NULL),
                         "expected a list of %s, got %s", q->list, list ? json_value_kind(list) : "nothing");
    struct json_numbers numbers;
    if (!json_numbers_of(lists, list, &numbers)) return error_set(e, ERR_FAILED, src->path, "out of memory");
    size_t n = numbers.other ? (size_t)cJSON_GetArraySize(list) : numbers.n;
    enum error_code rc = raw_series_check(n, trace_json_where(&place, src->path, member, -1, NULL), e);
    s->by_sample = true;
    s->samples = (uint32_t)n;
    if (rc == OK) rc = push_runs(&numbers, q, src, member, s, e);
    json_numbers_free(&numbers);
    if (rc != OK) samples_free(s);
    return rc;
}

enum error_code capacities_from_json(const struct cJSON *list, const struct json_lists *lists, const struct source *src,
                                     const char *member, struct series *s, struct error *e) {
    return series_from_json(list, lists, &capacities, src, member, s, e);
}

enum error_code prices_from_json(const struct cJSON *list, const struct json_lists *lists, const struct source *src,
                                 const char *member, struct series *s, struct error *e) {
    s->by_index = true;
    return series_from_json(list, lists, &prices, src, member, s, e);
}
