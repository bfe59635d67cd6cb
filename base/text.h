/* SPDX-License-Identifier: Apache-2.0
 * Reading and writing the small notations users type: durations, money,
 * numbers; a growing string; nearest-name suggestions; whole-file reading and
 * atomic whole-file writing. */
#ifndef SPOTSIM_BASE_TEXT_H
#define SPOTSIM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

#define MS_PER_S INT64_C(1000)
#define MS_PER_HOUR INT64_C(3600000)
#define MS_PER_DAY INT64_C(86400000)
/* Longest time a run may span: the event key keeps 40 bits of milliseconds. */
#define TIME_LIMIT_MS ((INT64_C(1) << 40) - 1)

/* "120s", "3m", "24h", "7d", "500ms", "1.5h", or a bare number of seconds.
 * Not negative; at most TIME_LIMIT_MS; rounded to the nearest millisecond, but
 * what is not 0 must not become 0. */
enum error_code text_duration_ms(const char *text, int64_t *ms, struct error *e);
/* Shortest exact form: "2m", "90s", "1500ms".  Returns buf. */
char *text_format_duration(int64_t ms, char buf[32]);
/* Dollars per hour, not negative, finite, at most 1e6: to micro-dollars. */
enum error_code text_price_uusd(const char *text, int64_t *uusd, struct error *e);
/* Same from a number; `where` names it in the error. */
enum error_code price_from_usd(double usd, const char *where, int64_t *uusd, struct error *e);
enum error_code text_int(const char *text, int64_t min, int64_t max, int64_t *value, struct error *e);
/* The decimal number that `text` starts with, whatever the locale. */
double text_strtod(const char *text);
enum error_code text_real(const char *text, double min, double max, double *value, struct error *e);
/* RFC 3339 / "YYYY-MM-DD HH:MM:SS[.fff][Z|+hh:mm]" (no zone: UTC) to Unix ms. */
enum error_code text_timestamp_ms(const char *text, int64_t *unix_ms, struct error *e);
/* Unix ms as "YYYY-MM-DDTHH:MM:SS.mmmZ".  Returns buf. */
char *text_format_timestamp(int64_t unix_ms, char buf[32]);

/* The name in `names` (NULL-terminated) closest to `name` by edit distance,
 * or NULL when none is close enough to be worth suggesting. */
const char *text_nearest(const char *name, const char *const *names);
/* Length in bytes of the well-formed UTF-8 sequence at s (Unicode table 3-7),
 * 1 to 4, or 0. */
size_t text_utf8_length(const char *s);
/* The whole text is well-formed UTF-8. */
bool text_is_utf8(const char *text);
/* Shell-style match with * and ?. */
bool text_glob(const char *pattern, const char *text);

/* Whole file into a fresh NUL-terminated buffer (free it).  "-" is not
 * special.  Errors name the file; directories and > 1 GiB are refused. */
enum error_code file_read(const char *path, char **data, size_t *size, struct error *e);
/* By what a file's change shows without reading it; times are Unix time. */
struct file_mark {
    uint64_t device, inode;
    int64_t size, modified_ns, changed_ns; /* changed: its inode too */
};
/* False: there is no such file to be read. */
bool file_mark(const char *path, struct file_mark *mark);
bool file_mark_equal(const struct file_mark *a, const struct file_mark *b);
/* A file changed so shortly ago may change again and look the same, since
 * clocks of file systems are coarse (FAT: 2 s). */
bool file_mark_settled(const struct file_mark *mark, int64_t now_ns);

/* Same as file_read into memory that is used for one file after the other.
 * Zero-initialised is empty; free with file_buffer_free, on failure too. */
struct file_buffer {
    char *data; /* NUL-terminated after a read */
    size_t size, room;
    struct file_mark mark; /* of the file, before it was read */
};
enum error_code file_read_again(const char *path, struct file_buffer *b, struct error *e);
void file_buffer_free(struct file_buffer *b);
/* A file block by block, for those too large to be held. */
#define FILE_BLOCK ((size_t)1 << 20)
struct file_blocks {
    int fd;
    char *data;  /* the block read last */
    size_t size; /* of it: FILE_BLOCK, less only at the file's end; 0: past it */
    struct file_mark mark;
};
/* False: cannot be opened.  Then nothing needs to be closed. */
bool file_blocks_open(const char *path, struct file_blocks *b);
/* False: reading failed, errno says why. */
bool file_blocks_next(struct file_blocks *b);
void file_blocks_close(struct file_blocks *b);
/* Writes to a temporary name beside `path`, syncs, renames: the file is there
 * whole or not at all.  A full disk is ERR_FAILED. */
enum error_code file_write(const char *path, const void *data, size_t size, struct error *e);

/* Growing string.  Zero-initialised is empty.  After an allocation failure
 * `failed` is set and further calls do nothing. */
struct strbuf {
    char *data; /* NUL-terminated when not NULL */
    size_t size, room;
    bool failed;
};
void strbuf_add(struct strbuf *b, const void *data, size_t size);
void strbuf_puts(struct strbuf *b, const char *text);
void strbuf_printf(struct strbuf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Shortest decimal that reads back as exactly x; "null" for NaN. */
void strbuf_real(struct strbuf *b, double x);
/* For a terminal, as one line: line breaks, other control characters and bytes
 * that are no UTF-8 are written as \n, \t, \x1b. */
void strbuf_line(struct strbuf *b, const char *text);
/* JSON string with quotes and escapes. */
void strbuf_json_string(struct strbuf *b, const char *text);
void strbuf_free(struct strbuf *b);

/* Writes the decimal digits of x at `at` and returns where they end; not
 * terminated, 20 characters at most.  For text that is made by the million. */
static inline char *text_put_uint(char *at, uint64_t x) {
    char digits[20];
    int n = 0;
    do digits[n++] = (char)('0' + x % 10);
    while (x /= 10);
    while (n) *at++ = digits[--n];
    return at;
}
static inline char *text_put_int(char *at, int64_t x) {
    if (x < 0) *at++ = '-';
    return text_put_uint(at, x < 0 ? 0 - (uint64_t)x : (uint64_t)x);
}

#endif
