/* SPDX-License-Identifier: Apache-2.0
 * JSON documents with errors a user can act on: syntax errors carry line and
 * column, names written twice in one object are refused. */
#ifndef SPOTSIM_STUDY_JSON_TEXT_H
#define SPOTSIM_STUDY_JSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct cJSON;
struct strbuf;

#define JSON_BYTES_MAX (16u << 20) /* largest scenario accepted */

/* Parses `size` bytes (NUL-terminated at text[size]); `name` is the file named
 * in errors.  On success *out is owned by the caller (cJSON_Delete). */
enum error_code json_text_parse(const char *text, size_t size, const char *name, struct cJSON **out, struct error *e);
/* A string's bytes, a number's shortest form or true|false: what a user would
 * have typed for it.  False for every other kind of value. */
bool json_text_of(const struct cJSON *node, struct strbuf *out);
/* "a number", "a string", ... for "expected X, got Y". */
const char *json_text_kind(const struct cJSON *node);
/* The node as JSON on one line; numbers in their shortest exact form. */
void json_text_write(const struct cJSON *node, struct strbuf *out);
/* Lays compact JSON out over lines, two spaces per level; arrays of plain
 * values and short objects stay on one line. */
void json_text_indent(const char *compact, struct strbuf *out);

#endif
