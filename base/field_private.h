/* SPDX-License-Identifier: Apache-2.0
 * What the parts of field.c share.  Storing checks the range first, so a
 * refused value leaves the object as it was. */
#ifndef SPOTSIM_BASE_FIELD_PRIVATE_H
#define SPOTSIM_BASE_FIELD_PRIVATE_H

#include <stdbool.h>

#include "base/field.h"

struct dist;

#define FIELD_EXACT_INTEGER_MAX 9007199254740992.0 /* 2^53: JSON numbers are doubles */

union field_slot {
    char *byte;
    int64_t *i64;
    double *real;
    bool *flag;
    uint32_t *u32;
    int *choice;
    char **text;
    struct dist *dist;
};

static inline union field_slot field_slot(const struct field *f, void *object) {
    return (union field_slot){.byte = (char *)object + f->offset};
}

/* A range of 0 to 0 means none but the type's own. */
static inline bool field_has_range(const struct field *f) { return f->min != 0 || f->max != 0; }
bool field_may_be_unlimited(const struct field *f); /* FIELD_COUNT */
enum error_code field_store_int(const struct field *f, int64_t x, void *object, const char *where, struct error *e);
enum error_code field_store_real(const struct field *f, double x, void *object, const char *where, struct error *e);
enum error_code field_store_price(const struct field *f, double usd, void *object, const char *where, struct error *e);
enum error_code field_store_count(const struct field *f, int64_t x, void *object, const char *where, struct error *e);
enum error_code field_store_text(const struct field *f, const char *text, void *object, const char *where,
                                 struct error *e);

#endif
