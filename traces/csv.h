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

/* The next block of a text, of up to FILE_BLOCK bytes; false: there is none. */
typedef bool csv_more(void *arg, const char **data, size_t *size);

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
    csv_more *more; /* NULL: all text is there */
    void *more_arg;
    char *window;   /* what is left of one block and the next */
    uint32_t moves; /* how often the text moved: pointers into it are stale then */
};

void trace_csv_open(struct csv *c, const char *path, const char *data, size_t size);
/* Same for a text that comes in blocks.  False: out of memory. */
bool trace_csv_open_blocks(struct csv *c, const char *path, csv_more *more, void *arg);
void trace_csv_close(struct csv *c);
/* Next row that is not blank; *more is false at the end of the text.  Rows
 * that start with '#' are not split: field[0] is the whole line. */
enum error_code trace_csv_next(struct csv *c, bool *more, struct error *e);
/* "path:line" of the row read last; valid until the next call. */
const char *trace_csv_where(struct csv *c);
/* Puts trace_csv_where before the place in *e; returns code. */
enum error_code trace_csv_fail(struct csv *c, enum error_code code, struct error *e);

#endif
