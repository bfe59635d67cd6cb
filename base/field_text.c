/* SPDX-License-Identifier: Apache-2.0
 * Field values as typed on a command line. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dist.h"
#include "base/field_private.h"
#include "base/text.h"

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

static enum error_code read_count(const struct field *f, const char *text, void *object, const char *where,
                                  struct error *e) {
    if (field_may_be_unlimited(f) && strcmp(text, "unlimited") == 0) {
        *field_slot(f, object).u32 = UINT32_MAX;
        return OK;
    }
    int64_t x = 0;
    bool own_range = field_has_range(f);
    double max = own_range ? fmin(f->max, (double)UINT32_MAX - 1) : (double)UINT32_MAX - 1;
    enum error_code rc = text_int(text, (int64_t)f->min, (int64_t)max, &x, e);
    if (rc != OK) {
        if (e && field_may_be_unlimited(f)) {
            size_t used = strlen(e->message);
            snprintf(e->message + used, sizeof e->message - used, ", or unlimited");
        }
        error_in(e, where);
        return rc;
    }
    return field_store_count(f, x, object, where, e);
}

static enum error_code read_price(const struct field *f, const char *text, void *object, const char *where,
                                  struct error *e) {
    if (strcmp(text, "unknown") == 0 || strcmp(text, "null") == 0) {
        *field_slot(f, object).i64 = -1;
        return OK;
    }
    int64_t uusd = 0;
    enum error_code rc = text_price_uusd(text, &uusd, e);
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    return field_store_price(f, (double)uusd / 1e6, object, where, e);
}

static enum error_code read_bool(const struct field *f, const char *text, void *object, const char *where,
                                 struct error *e) {
    bool yes = strcmp(text, "true") == 0, no = strcmp(text, "false") == 0;
    if (!yes && !no) return error_set(e, ERR_INPUT, where, "'%.60s' is neither true nor false", text);
    *field_slot(f, object).flag = yes;
    return OK;
}

static enum error_code read_choice(const struct field *f, const char *text, void *object, const char *where,
                                   struct error *e) {
    for (int i = 0; f->names[i]; i++) {
        if (strcmp(f->names[i], text) != 0) continue;
        *field_slot(f, object).choice = i;
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
    struct dist *slot = field_slot(f, object).dist;
    dist_free(slot);
    *slot = d;
    return OK;
}

static enum error_code read_number(const struct field *f, const char *text, void *object, const char *where,
                                   struct error *e) {
    int64_t x = 0;
    double real = 0;
    bool free_range = !field_has_range(f);
    double limit = f->type == FIELD_INT ? FIELD_EXACT_INTEGER_MAX : 1e300;
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
    return f->type == FIELD_REAL ? field_store_real(f, real, object, where, e)
                                 : field_store_int(f, x, object, where, e);
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
        return field_store_text(f, text, object, where, e);
    case FIELD_DIST:
        return read_dist(f, text, object, where, e);
    }
    return error_set(e, ERR_FAILED, where, "field %s has no type", f->path);
}
