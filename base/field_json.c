/* SPDX-License-Identifier: Apache-2.0
 * Field values from and to JSON. */
#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>

#include "base/dist.h"
#include "base/field_private.h"
#include "base/text.h"

static const char *json_kind(const cJSON *v) {
    if (cJSON_IsNull(v)) return "null";
    if (cJSON_IsBool(v)) return cJSON_IsTrue(v) ? "true" : "false";
    if (cJSON_IsNumber(v)) return "a number";
    if (cJSON_IsString(v)) return "a string";
    if (cJSON_IsArray(v)) return "an array";
    return "an object";
}

static const char *expected_json(const struct field *f) {
    switch (f->type) {
    case FIELD_INT:
        return "a whole number";
    case FIELD_BOOL:
        return "true or false";
    case FIELD_REAL:
        return "a number";
    case FIELD_DURATION:
        return "a duration such as \"120s\", or a number of seconds";
    case FIELD_PRICE:
        return "dollars per hour as a number, or null when unknown";
    case FIELD_COUNT:
        return field_may_be_unlimited(f) ? "a whole number or \"unlimited\"" : "a whole number";
    case FIELD_ENUM:
        return "one of its names as a string";
    case FIELD_TEXT:
        return "a string";
    case FIELD_DIST:
        return "a duration or distribution as a string such as \"uniform(60s,240s)\", or a number of seconds";
    }
    return "a value";
}

static enum error_code from_json_number(const struct field *f, double x, void *object, const char *where,
                                        struct error *e) {
    bool whole = isfinite(x) && x == rint(x) && fabs(x) <= FIELD_EXACT_INTEGER_MAX;
    if (f->type == FIELD_REAL) return field_store_real(f, x, object, where, e);
    if (f->type == FIELD_PRICE) return field_store_price(f, x, object, where, e);
    if (f->type == FIELD_DURATION || f->type == FIELD_DIST) {
        struct strbuf text = {0};
        if (isfinite(x))
            strbuf_real(&text, x);
        else
            strbuf_puts(&text, x < 0 ? "-1" : "1e300"); /* reported as out of range */
        enum error_code rc = text.failed ? error_set(e, ERR_FAILED, where, "out of memory")
                                         : field_from_text(f, text.data, object, where, e);
        strbuf_free(&text);
        return rc;
    }
    if (f->type == FIELD_INT || f->type == FIELD_COUNT) {
        if (!whole) return error_set(e, ERR_INPUT, where, "%.15g is not a whole number", x);
        return f->type == FIELD_INT ? field_store_int(f, (int64_t)x, object, where, e)
                                    : field_store_count(f, (int64_t)x, object, where, e);
    }
    return error_set(e, ERR_INPUT, where, "expected %s, got a number", expected_json(f));
}

enum error_code field_from_json(const struct field *f, const struct cJSON *value, void *object, const char *where,
                                struct error *e) {
    if (cJSON_IsString(value)) return field_from_text(f, value->valuestring, object, where, e);
    if (cJSON_IsNumber(value)) return from_json_number(f, value->valuedouble, object, where, e);
    if (cJSON_IsBool(value) && f->type == FIELD_BOOL) {
        *field_slot(f, object).flag = cJSON_IsTrue(value);
        return OK;
    }
    if (cJSON_IsNull(value) && f->type == FIELD_TEXT) return field_store_text(f, NULL, object, where, e);
    if (cJSON_IsNull(value) && f->type == FIELD_PRICE) {
        *field_slot(f, object).i64 = -1;
        return OK;
    }
    return error_set(e, ERR_INPUT, where, "expected %s, got %s", expected_json(f), json_kind(value));
}

static void put_dist(const struct dist *d, struct strbuf *out) {
    struct strbuf text = {0};
    dist_to_text(d, &text);
    if (text.failed || !text.data)
        out->failed = true;
    else
        strbuf_json_string(out, text.data);
    strbuf_free(&text);
}

static void put_text(const char *text, struct strbuf *out) {
    if (text)
        strbuf_json_string(out, text);
    else
        strbuf_puts(out, "null");
}

void field_to_json(const struct field *f, const void *object, struct strbuf *out) {
    const char *at = (const char *)object + f->offset;
    char buf[32];
    switch (f->type) {
    case FIELD_INT:
        strbuf_printf(out, "%" PRId64, *(const int64_t *)(const void *)at);
        break;
    case FIELD_BOOL:
        strbuf_puts(out, *(const bool *)at ? "true" : "false");
        break;
    case FIELD_REAL:
        strbuf_real(out, *(const double *)(const void *)at);
        break;
    case FIELD_DURATION:
        strbuf_json_string(out, text_format_duration(*(const int64_t *)(const void *)at, buf));
        break;
    case FIELD_PRICE: {
        int64_t uusd = *(const int64_t *)(const void *)at;
        strbuf_real(out, uusd < 0 ? (double)NAN : (double)uusd / 1e6);
        break;
    }
    case FIELD_COUNT: {
        uint32_t n = *(const uint32_t *)(const void *)at;
        if (n == UINT32_MAX)
            strbuf_puts(out, "\"unlimited\"");
        else
            strbuf_printf(out, "%" PRIu32, n);
        break;
    }
    case FIELD_ENUM:
        strbuf_json_string(out, f->names[*(const int *)(const void *)at]);
        break;
    case FIELD_TEXT:
        put_text(*(char *const *)(const void *)at, out);
        break;
    case FIELD_DIST:
        put_dist((const struct dist *)(const void *)at, out);
        break;
    }
}
