/* SPDX-License-Identifier: Apache-2.0
 * Reads CSV text row by row: LF or CRLF, optional UTF-8 byte order mark,
 * quoted fields with doubled quotes (no line breaks inside).  Private to
 * traces/. */
#ifndef SPOTSIM_TRACES_CSV_H
#define SPOTSIM_TRACES_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CSV_LINE_MAX 16384
#define CSV_FIELDS_MAX 8

struct csv {
    const char *path; /* as errors name it */
    const char *at, *end;
    uint64_t line; /* of the row read last, from 1 */
    uint32_t n;
    char *field[CSV_FIELDS_MAX]; /* of the row read last; point into text */
    char text[CSV_LINE_MAX + 1];
    const char *raw; /* the row as written, not terminated */
    size_t raw_length;
    char where[320];
};

void trace_csv_open(struct csv *c, const char *path, const char *data, size_t size);
/* Next row that is not blank; *more is false at the end of the text.  Rows
 * that start with '#' are not split: field[0] is the whole line. */
enum error_code trace_csv_next(struct csv *c, bool *more, struct error *e);
/* Rows left, at most; for allocation. */
size_t trace_csv_lines_left(const struct csv *c);
/* "path:line" of the row read last; valid until the next call. */
const char *trace_csv_where(struct csv *c);
/* Puts trace_csv_where before the place in *e; returns code. */
enum error_code trace_csv_fail(struct csv *c, enum error_code code, struct error *e);

#endif
