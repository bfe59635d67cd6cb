/* SPDX-License-Identifier: Apache-2.0 */
#include "base/field.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dist.h"
#include "base/field_private.h"
#include "base/text.h"

/* A count's last value stands for unlimited. */
static double largest(const struct field *f) {
    return f->type == FIELD_COUNT ? fmin(f->max, UINT32_MAX - 1.0) : f->max;
}

/* What the field's range is, in words. */
static void range_text(const struct field *f, char out[96]) {
    char low[32], high[32];
    if (f->type == FIELD_DURATION) {
        text_format_duration((int64_t)f->min, low);
        text_format_duration((int64_t)f->max, high);
        if (f->max >= (double)TIME_LIMIT_MS)
            snprintf(high, sizeof high, "%" PRId64 "d", (int64_t)(TIME_LIMIT_MS / MS_PER_DAY));
    } else {
        snprintf(low, sizeof low, "%.15g", f->min);
        snprintf(high, sizeof high, "%.15g", largest(f));
    }
    const char *unit = f->type == FIELD_DURATION || !f->unit ? "" : f->unit;
    bool one = f->min == f->max;
    snprintf(out, 96, "%s%s%s%s%.24s", low, one ? "" : " to ", one ? "" : high, *unit ? " " : "", unit);
    if (f->type == FIELD_DURATION && f->min == 1) snprintf(out, 96, "more than 0s, up to %s", high);
}

static enum error_code check_range(const struct field *f, double x, const char *where, struct error *e) {
    if (!field_has_range(f) || (x >= f->min && x <= largest(f))) return OK;
    char range[96], value[32];
    range_text(f, range);
    if (f->type == FIELD_DURATION)
        text_format_duration((int64_t)x, value);
    else
        snprintf(value, sizeof value, "%.15g", x);
    const char *otherwise = "";
    if (f->type == FIELD_DURATION && !f->def) otherwise = ", or null";
    if (f->type == FIELD_COUNT && field_may_be_unlimited(f)) otherwise = ", or unlimited";
    return error_set(e, ERR_INPUT, where, "%s is out of range; expected %s%s", value, range, otherwise);
}

bool field_may_be_unlimited(const struct field *f) {
    return !field_has_range(f) || f->max >= UINT32_MAX || (f->def && strcmp(f->def, "unlimited") == 0);
}

/* ---- storing, after the value is known to be good ------------------------- */

enum error_code field_store_int(const struct field *f, int64_t x, void *object, const char *where, struct error *e) {
    TRY(check_range(f, (double)x, where, e));
    *field_slot(f, object).i64 = x;
    return OK;
}

enum error_code field_store_real(const struct field *f, double x, void *object, const char *where, struct error *e) {
    if (!isfinite(x)) return error_set(e, ERR_INPUT, where, "expected a finite number");
    TRY(check_range(f, x, where, e));
    *field_slot(f, object).real = x;
    return OK;
}

enum error_code field_store_price(const struct field *f, double usd, void *object, const char *where, struct error *e) {
    int64_t uusd = 0;
    TRY(price_from_usd(usd, where, &uusd, e));
    TRY(check_range(f, usd, where, e));
    *field_slot(f, object).i64 = uusd;
    return OK;
}

enum error_code field_store_count(const struct field *f, int64_t x, void *object, const char *where, struct error *e) {
    TRY(check_range(f, (double)x, where, e));
    if (x < 0 || x >= UINT32_MAX)
        return error_set(e, ERR_INPUT, where, "%" PRId64 " is out of range; expected 0 to %" PRIu32 "%s", x,
                         UINT32_MAX - 1, field_may_be_unlimited(f) ? " or unlimited" : "");
    *field_slot(f, object).u32 = (uint32_t)x;
    return OK;
}

enum error_code field_store_text(const struct field *f, const char *text, void *object, const char *where,
                                 struct error *e) {
    char *copy = text ? strdup(text) : NULL;
    if (text && !copy) return error_set(e, ERR_FAILED, where, "out of memory");
    char **slot = field_slot(f, object).text;
    free(*slot);
    *slot = copy;
    return OK;
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
    if (f->type == FIELD_TEXT) free(*field_slot(f, object).text);
    if (f->type == FIELD_DIST) dist_free(field_slot(f, object).dist);
    memset(field_slot(f, object).byte, 0, field_size(f->type));
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
