/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <stdio.h>
#include <string.h>

enum error_code error_set(struct error *e, enum error_code code, const char *where, const char *format, ...) {
    if (!e) return code;
    char message[ERROR_TEXT_MAX]; /* arguments may point into *e */
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0) message[0] = '\0';
    va_end(args);
    char place[sizeof e->where];
    snprintf(place, sizeof place, "%s", where ? where : "");
    e->code = code;
    memcpy(e->message, message, sizeof message);
    memcpy(e->where, place, sizeof place);
    return code;
}

void error_in(struct error *e, const char *outer) {
    if (!e || !outer || !*outer) return;
    char joined[sizeof e->where];
    int n = snprintf(joined, sizeof joined, "%s%s%s", outer, e->where[0] ? ": " : "", e->where);
    if (n < 0) return;
    memcpy(e->where, joined, sizeof joined);
}
