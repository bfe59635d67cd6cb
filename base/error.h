/* SPDX-License-Identifier: Apache-2.0
 * Errors travel as values: a function that can fail returns an error code and
 * fills the caller's struct error.  Only main() prints and exits. */
#ifndef SPOTSIM_BASE_ERROR_H
#define SPOTSIM_BASE_ERROR_H

#include <stdarg.h>

enum error_code {
    OK = 0,
    ERR_FAILED = 1, /* the run failed: disk full, out of memory, a policy broke the rules; exit 1 */
    ERR_INPUT = 2,  /* what the user gave is wrong; exit 2 */
    /* 3: a wrong call, see api/spotsim.h */
    ERR_CANCELED = 4, /* the caller asked to stop */
};

#define ERROR_TEXT_MAX 480

struct error {
    enum error_code code;
    char where[320];              /* file:line, file at JSON path, option name; may be empty */
    char message[ERROR_TEXT_MAX]; /* what was wrong and what was expected */
};

/* Fills *e (which may be NULL) and returns `code`, so that a caller can write
 * `return error_set(e, ERR_INPUT, where, "expected ..., got %s", x);`.
 * `where` may be NULL.  Over-long text is cut, never overrun.  What users typed
 * is in there as it is: print it with strbuf_line (base/text.h). */
enum error_code error_set(struct error *e, enum error_code code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Puts "outer: " before the present `where` (used to add a file name to a
 * JSON path or line). */
void error_in(struct error *e, const char *outer);

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        enum error_code try_rc_ = (call);                                                                              \
        if (try_rc_ != OK) return try_rc_;                                                                             \
    } while (0)

#endif
