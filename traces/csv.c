/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void trace_csv_open(struct csv *c, const char *path, const char *data, size_t size) {
    memset(c, 0, sizeof *c);
    c->path = path;
    c->at = data;
    c->end = data + size;
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) c->at += 3;
}

bool trace_csv_open_blocks(struct csv *c, const char *path, csv_more *more, void *arg) {
    const char *data = "";
    size_t size = 0;
    more(arg, &data, &size);
    trace_csv_open(c, path, data, size);
    c->more = more;
    c->more_arg = arg;
    c->window = malloc(FILE_BLOCK + CSV_LINE_MAX + 1);
    return c->window != NULL;
}

void trace_csv_close(struct csv *c) { free(c->window); }

/* Puts the next block after what is left; false: there is none, or what is left
 * is too long for a row. */
static bool next_block(struct csv *c) {
    const char *data;
    size_t left = (size_t)(c->end - c->at), size;
    if (!c->more || left > CSV_LINE_MAX + 1) return false;
    memmove(c->window, c->at, left); /* before `more`: the first block is its own memory */
    c->at = c->window;
    c->end = c->window + left;
    c->moves++;
    if (!c->more(c->more_arg, &data, &size)) {
        c->more = NULL;
        return false;
    }
    memcpy(c->window + left, data, size);
    c->end += size;
    return true;
}

const char *trace_csv_where(struct csv *c) {
    snprintf(c->where, sizeof c->where, "%s:%" PRIu64, c->path, c->line);
    return c->where;
}

enum error_code trace_csv_fail(struct csv *c, enum error_code code, struct error *e) {
    size_t n = strlen(c->path);
    if (e && strncmp(e->where, c->path, n) == 0 && e->where[n] == ':') return code; /* named already */
    if (e && strcmp(e->where, c->path) == 0) e->where[0] = '\0';
    error_in(e, trace_csv_where(c));
    return code;
}

/* One field from s into out; returns what follows it, or NULL when a quote is
 * left open or followed by text. */
static const char *take_field(const char *s, const char *end, char **out) {
    if (s == end || *s != '"') {
        while (s < end && *s != ',') *(*out)++ = *s++;
        return s;
    }
    for (s++; s < end; s++) {
        if (*s != '"') {
            *(*out)++ = *s;
        } else if (s + 1 < end && s[1] == '"') {
            *(*out)++ = '"';
            s++;
        } else {
            s++;
            return s == end || *s == ',' ? s : NULL;
        }
    }
    return NULL;
}

static enum error_code split(struct csv *c, const char *s, const char *end, struct error *e) {
    char *out = c->text;
    c->n = 0;
    if (*s == '#') {
        c->field[c->n++] = out;
        memcpy(out, s, (size_t)(end - s));
        out[end - s] = '\0';
        return OK;
    }
    for (;;) {
        if (c->n == CSV_FIELDS_MAX)
            return error_set(e, ERR_INPUT, trace_csv_where(c), "more than %d fields", CSV_FIELDS_MAX);
        c->field[c->n++] = out;
        s = take_field(s, end, &out);
        if (!s) return error_set(e, ERR_INPUT, trace_csv_where(c), "a quoted field is not closed");
        *out++ = '\0';
        if (s == end) return OK;
        s++;
    }
}

enum error_code trace_csv_next(struct csv *c, bool *more, struct error *e) {
    while (c->at < c->end || next_block(c)) {
        const char *s = c->at;
        const char *newline = memchr(s, '\n', (size_t)(c->end - s));
        if (!newline && next_block(c)) continue;
        s = c->at; /* may have moved */
        const char *end = newline ? newline : c->end;
        c->at = newline ? newline + 1 : c->end;
        c->line++;
        if (end > s && end[-1] == '\r') end--;
        if (end == s) continue;
        if (end - s > CSV_LINE_MAX)
            return error_set(e, ERR_INPUT, trace_csv_where(c), "line is longer than %d bytes", CSV_LINE_MAX);
        if (memchr(s, '\0', (size_t)(end - s))) return error_set(e, ERR_INPUT, trace_csv_where(c), "has a zero byte");
        c->raw = s;
        c->raw_length = (size_t)(end - s);
        *more = true;
        return split(c, s, end, e);
    }
    *more = false;
    return OK;
}
