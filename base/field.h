/* SPDX-License-Identifier: Apache-2.0
 * Settings by table.  Everything a user can set in a scenario is one row: the
 * same row drives parsing from JSON or text, range checks, --help, --set, the
 * JSON Schema and the reference page. */
#ifndef SPOTSIM_BASE_FIELD_H
#define SPOTSIM_BASE_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct cJSON;
struct strbuf;

enum field_type {
    FIELD_INT = 1,  /* int64_t */
    FIELD_BOOL,     /* bool */
    FIELD_REAL,     /* double */
    FIELD_DURATION, /* int64_t ms; JSON: "120s" or a number of seconds */
    FIELD_PRICE,    /* int64_t micro-dollars per hour; JSON: dollars per hour; null: unknown (-1) */
    FIELD_COUNT,    /* uint32_t; JSON: integer or "unlimited" (UINT32_MAX) */
    FIELD_ENUM,     /* int; index into names */
    FIELD_TEXT,     /* char *, owned by the struct; freed by field_free_all */
    FIELD_DIST      /* struct dist (cloud/dist.h layout, parsed by dist_parse): "120s" or an object */
};

struct field {
    const char *path; /* relative to its table's place in the scenario, e.g. "interval" */
    enum field_type type;
    size_t offset; /* in the struct that the table fills */
    const char *unit;
    double min, max;          /* inclusive; durations in ms, prices in dollars per hour */
    const char *def;          /* as a user would write it; NULL: no default (zero bytes; TEXT: NULL) */
    const char *doc;          /* one line */
    const char *const *names; /* FIELD_ENUM, NULL-terminated */
};

/* Sets one field of *object from text as typed on a command line.  `where`
 * names the place in the error. */
enum error_code field_from_text(const struct field *f, const char *text, void *object, const char *where,
                                struct error *e);
/* Same from a JSON value (a string is read as text). */
enum error_code field_from_json(const struct field *f, const struct cJSON *value, void *object, const char *where,
                                struct error *e);
/* The present value as JSON, in the form field_from_json reads back. */
void field_to_json(const struct field *f, const void *object, struct strbuf *out);
/* Every default into *object. */
enum error_code field_defaults(const struct field *table, uint32_t n, void *object, struct error *e);
const struct field *field_find(const struct field *table, uint32_t n, const char *path);
/* Frees what FIELD_TEXT and FIELD_DIST fields own and zeroes them. */
void field_free_all(const struct field *table, uint32_t n, void *object);

#endif
