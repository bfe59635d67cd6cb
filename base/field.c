/* SPDX-License-Identifier: Apache-2.0 */
#include "base/field.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/dist.h"
#include "base/text.h"

#define EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53: JSON numbers are doubles */

union slot {
    char *byte;
    int64_t *i64;
    double *real;
    bool *flag;
    uint32_t *u32;
    int *choice;
    char **text;
    struct dist *dist;
};

static union slot slot_of(const struct field *f, void *object) {
    return (union slot){.byte = (char *)object + f->offset};
}

/* What the field's range is, in words. */
static void range_text(const struct field *f, char out[96]) {
    char low[32], high[32];
    if (f->type == FIELD_DURATION) {
        text_format_duration((int64_t)f->min, low);
        text_format_duration((int64_t)fmin(f->max, (double)TIME_LIMIT_MS), high);
    } else {
        snprintf(low, sizeof low, "%.15g", f->min);
        snprintf(high, sizeof high, "%.15g", f->max);
    }
    const char *unit = f->type == FIELD_DURATION || !f->unit ? "" : f->unit;
    snprintf(out, 96, "%s to %s%s%.24s", low, high, *unit ? " " : "", unit);
}

/* A range of 0 to 0 means none but the type's own. */
static enum error_code check_range(const struct field *f, double x, const char *where, struct error *e) {
    if ((f->min == 0 && f->max == 0) || (x >= f->min && x <= f->max)) return OK;
    char range[96], value[32];
    range_text(f, range);
    if (f->type == FIELD_DURATION)
        text_format_duration((int64_t)x, value);
    else
        snprintf(value, sizeof value, "%.15g", x);
    return error_set(e, ERR_INPUT, where, "%s is out of range; expected %s", value, range);
}

static bool may_be_unlimited(const struct field *f) {
    return (f->min == 0 && f->max == 0) || f->max >= UINT32_MAX || (f->def && strcmp(f->def, "unlimited") == 0);
}

static enum error_code not_a_choice(const struct field *f, const char *text, const char *where, struct error *e) {
    struct strbuf list = {0};
    for (size_t i = 0; f->names[i]; i++) strbuf_printf(&list, "%s%s", i ? ", " : "", f->names[i]);
    const char *near = text_nearest(text, f->names);
    enum error_code rc =
        error_set(e, ERR_INPUT, where, "'%.60s' is not one of its values%s%s%s; expected one of: %s", text,
                  near ? " (did you mean " : "", near ? near : "", near ? "?)" : "", list.data ? list.data : "");
    strbuf_free(&list);
    return rc;
}

/* ---- storing, after the value is known to be good ------------------------- */

static enum error_code store_int(const struct field *f, int64_t x, void *object, const char *where, struct error *e) {
    TRY(check_range(f, (double)x, where, e));
    *slot_of(f, object).i64 = x;
    return OK;
}

static enum error_code store_real(const struct field *f, double x, void *object, const char *where, struct error *e) {
    if (!isfinite(x)) return error_set(e, ERR_INPUT, where, "expected a finite number");
    TRY(check_range(f, x, where, e));
    *slot_of(f, object).real = x;
    return OK;
}

static enum error_code store_price(const struct field *f, double usd, void *object, const char *where,
                                   struct error *e) {
    int64_t uusd = 0;
    TRY(price_from_usd(usd, where, &uusd, e));
    TRY(check_range(f, usd, where, e));
    *slot_of(f, object).i64 = uusd;
    return OK;
}

static enum error_code store_count(const struct field *f, int64_t x, void *object, const char *where, struct error *e) {
    if (x < 0 || x >= UINT32_MAX)
        return error_set(e, ERR_INPUT, where, "%" PRId64 " is out of range; expected 0 to %" PRIu32 "%s", x,
                         UINT32_MAX - 1, may_be_unlimited(f) ? " or unlimited" : "");
    TRY(check_range(f, (double)x, where, e));
    *slot_of(f, object).u32 = (uint32_t)x;
    return OK;
}

static enum error_code store_text(const struct field *f, const char *text, void *object, const char *where,
                                  struct error *e) {
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) return error_set(e, ERR_FAILED, where, "out of memory");
    char **slot = slot_of(f, object).text;
    free(*slot);
    *slot = copy;
    return OK;
}

/* ---- from text ------------------------------------------------------------ */

static enum error_code read_count(const struct field *f, const char *text, void *object, const char *where,
                                  struct error *e) {
    if (may_be_unlimited(f) && strcmp(text, "unlimited") == 0) {
        *slot_of(f, object).u32 = UINT32_MAX;
        return OK;
    }
    int64_t x = 0;
    bool own_range = f->min != 0 || f->max != 0;
    double max = own_range ? fmin(f->max, (double)UINT32_MAX - 1) : (double)UINT32_MAX - 1;
    enum error_code rc = text_int(text, (int64_t)f->min, (int64_t)max, &x, e);
    if (rc != OK) {
        if (e && may_be_unlimited(f)) {
            size_t used = strlen(e->message);
            snprintf(e->message + used, sizeof e->message - used, ", or unlimited");
        }
        error_in(e, where);
        return rc;
    }
    return store_count(f, x, object, where, e);
}

static enum error_code read_price(const struct field *f, const char *text, void *object, const char *where,
                                  struct error *e) {
    if (strcmp(text, "unknown") == 0 || strcmp(text, "null") == 0) {
        *slot_of(f, object).i64 = -1;
        return OK;
    }
    int64_t uusd = 0;
    enum error_code rc = text_price_uusd(text, &uusd, e);
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    return store_price(f, (double)uusd / 1e6, object, where, e);
}

static enum error_code read_bool(const struct field *f, const char *text, void *object, const char *where,
                                 struct error *e) {
    bool yes = strcmp(text, "true") == 0, no = strcmp(text, "false") == 0;
    if (!yes && !no) return error_set(e, ERR_INPUT, where, "'%.60s' is neither true nor false", text);
    *slot_of(f, object).flag = yes;
    return OK;
}

static enum error_code read_choice(const struct field *f, const char *text, void *object, const char *where,
                                   struct error *e) {
    for (int i = 0; f->names[i]; i++) {
        if (strcmp(f->names[i], text) != 0) continue;
        *slot_of(f, object).choice = i;
        return OK;
    }
    return not_a_choice(f, text, where, e);
}

static enum error_code read_dist(const struct field *f, const char *text, void *object, const char *where,
                                 struct error *e) {
    struct dist d = {.kind = DIST_NONE};
    enum error_code rc = dist_from_text(text, &d, e);
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    struct dist *slot = slot_of(f, object).dist;
    dist_free(slot);
    *slot = d;
    return OK;
}

static enum error_code read_number(const struct field *f, const char *text, void *object, const char *where,
                                   struct error *e) {
    int64_t x = 0;
    double real = 0;
    bool free_range = f->min == 0 && f->max == 0;
    double limit = f->type == FIELD_INT ? EXACT_INTEGER_MAX : 1e300;
    double min = free_range ? -limit : fmax(f->min, -limit), max = free_range ? limit : fmin(f->max, limit);
    enum error_code rc;
    if (f->type == FIELD_DURATION)
        rc = text_duration_ms(text, &x, e);
    else if (f->type == FIELD_INT)
        rc = text_int(text, (int64_t)min, (int64_t)max, &x, e);
    else
        rc = text_real(text, min, max, &real, e);
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    return f->type == FIELD_REAL ? store_real(f, real, object, where, e) : store_int(f, x, object, where, e);
}

enum error_code field_from_text(const struct field *f, const char *text, void *object, const char *where,
                                struct error *e) {
    switch (f->type) {
    case FIELD_INT:
    case FIELD_REAL:
    case FIELD_DURATION:
        return read_number(f, text, object, where, e);
    case FIELD_BOOL:
        return read_bool(f, text, object, where, e);
    case FIELD_PRICE:
        return read_price(f, text, object, where, e);
    case FIELD_COUNT:
        return read_count(f, text, object, where, e);
    case FIELD_ENUM:
        return read_choice(f, text, object, where, e);
    case FIELD_TEXT:
        return store_text(f, text, object, where, e);
    case FIELD_DIST:
        return read_dist(f, text, object, where, e);
    }
    return error_set(e, ERR_FAILED, where, "field %s has no type", f->path);
}

/* ---- from JSON ------------------------------------------------------------ */

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
        return may_be_unlimited(f) ? "a whole number or \"unlimited\"" : "a whole number";
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
    bool whole = isfinite(x) && x == rint(x) && fabs(x) <= EXACT_INTEGER_MAX;
    if (f->type == FIELD_REAL) return store_real(f, x, object, where, e);
    if (f->type == FIELD_PRICE) return store_price(f, x, object, where, e);
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
        return f->type == FIELD_INT ? store_int(f, (int64_t)x, object, where, e)
                                    : store_count(f, (int64_t)x, object, where, e);
    }
    return error_set(e, ERR_INPUT, where, "expected %s, got a number", expected_json(f));
}

enum error_code field_from_json(const struct field *f, const struct cJSON *value, void *object, const char *where,
                                struct error *e) {
    if (cJSON_IsString(value)) return field_from_text(f, value->valuestring, object, where, e);
    if (cJSON_IsNumber(value)) return from_json_number(f, value->valuedouble, object, where, e);
    if (cJSON_IsBool(value) && f->type == FIELD_BOOL) {
        *slot_of(f, object).flag = cJSON_IsTrue(value);
        return OK;
    }
    if (cJSON_IsNull(value) && f->type == FIELD_TEXT) return store_text(f, NULL, object, where, e);
    if (cJSON_IsNull(value) && f->type == FIELD_PRICE) {
        *slot_of(f, object).i64 = -1;
        return OK;
    }
    return error_set(e, ERR_INPUT, where, "expected %s, got %s", expected_json(f), json_kind(value));
}

/* ---- out ------------------------------------------------------------------ */

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

/* ---- tables --------------------------------------------------------------- */

static size_t field_size(enum field_type type) {
    switch (type) {
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_COUNT:
        return sizeof(uint32_t);
    case FIELD_ENUM:
        return sizeof(int);
    case FIELD_TEXT:
        return sizeof(char *);
    case FIELD_DIST:
        return sizeof(struct dist);
    case FIELD_INT:
    case FIELD_REAL:
    case FIELD_DURATION:
    case FIELD_PRICE:
        break;
    }
    return sizeof(int64_t);
}

static void clear(const struct field *f, void *object) {
    if (f->type == FIELD_TEXT) free(*slot_of(f, object).text);
    if (f->type == FIELD_DIST) dist_free(slot_of(f, object).dist);
    memset(slot_of(f, object).byte, 0, field_size(f->type));
}

enum error_code field_defaults(const struct field *table, uint32_t n, void *object, struct error *e) {
    for (uint32_t i = 0; i < n; i++) {
        if (!table[i].def)
            clear(&table[i], object);
        else
            TRY(field_from_text(&table[i], table[i].def, object, table[i].path, e));
    }
    return OK;
}

const struct field *field_find(const struct field *table, uint32_t n, const char *path) {
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(table[i].path, path) == 0) return &table[i];
    return NULL;
}

void field_free_all(const struct field *table, uint32_t n, void *object) {
    for (uint32_t i = 0; i < n; i++)
        if (table[i].type == FIELD_TEXT || table[i].type == FIELD_DIST) clear(&table[i], object);
}
