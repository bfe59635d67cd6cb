/* SPDX-License-Identifier: Apache-2.0
 * JSON documents with errors that name line and column, or the path inside the
 * document.  Private to traces/. */
#ifndef SPOTSIM_TRACES_JSON_H
#define SPOTSIM_TRACES_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#include "traces/json_lists.h"

struct json_documents {
    uint32_t n;
    struct cJSON **document;
    struct json_lists lists;
};

/* Every document in the text, one after another.  Free with documents_free, on
 * failure too. */
enum error_code documents_parse(const char *path, const char *data, size_t size, struct json_documents *out,
                                struct error *e);
/* Same, but lists of numbers are read with json_numbers_of. */
enum error_code documents_parse_lists(const char *path, const char *data, size_t size, struct json_documents *out,
                                      struct error *e);
void documents_free(struct json_documents *d);

/* The member, NULL when absent; a member given twice is an error. */
enum error_code trace_json_member(const struct cJSON *object, const char *name, const char *where, struct cJSON **out,
                                  struct error *e);
/* What a value is, in words: "a string", "null". */
const char *json_value_kind(const struct cJSON *value);

/* Builds "file: members[3].name" into buf and returns it; any part may be
 * NULL, index < 0 leaves it out. */
struct json_place {
    char text[320];
};
const char *trace_json_where(struct json_place *p, const char *path, const char *member, int64_t index,
                             const char *inner);

#endif
