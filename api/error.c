/* SPDX-License-Identifier: Apache-2.0
 * Errors, texts, version. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/private.h"
#include "study/version.h" /* a different SPOTSIM_VERSION in there does not compile */

_Static_assert((int)SPOTSIM_FAILED == (int)ERR_FAILED && (int)SPOTSIM_INPUT == (int)ERR_INPUT &&
                   (int)SPOTSIM_CANCELED == (int)ERR_CANCELED,
               "one number, one meaning");
_Static_assert(sizeof(struct spotsim_error) == 1024, "its layout is fixed");

const char *spotsim_version(void) { return SPOTSIM_VERSION; }
int spotsim_version_number(void) { return SPOTSIM_VERSION_NUMBER; }

const char *spotsim_code_name(enum spotsim_code code) {
    switch (code) {
    case SPOTSIM_OK:
        return "ok";
    case SPOTSIM_FAILED:
        return "failed";
    case SPOTSIM_INPUT:
        return "input";
    case SPOTSIM_MISUSE:
        return "misuse";
    case SPOTSIM_CANCELED:
        return "canceled";
    }
    return "?";
}

void spotsim_free(void *text) { free(text); }

enum spotsim_code api_fail(struct spotsim_error *e, enum spotsim_code code, const char *where, const char *format,
                           ...) {
    if (!e) return code;
    va_list args;
    va_start(args, format);
    if (vsnprintf(e->message, sizeof e->message, format, args) < 0) e->message[0] = '\0';
    va_end(args);
    snprintf(e->where, sizeof e->where, "%s", where ? where : "");
    e->code = (int32_t)code;
    return code;
}

enum spotsim_code api_out_of_memory(struct spotsim_error *e) {
    return api_fail(e, SPOTSIM_FAILED, NULL, "out of memory");
}

enum spotsim_code api_misuse(struct spotsim_error *e, const char *function, const char *what) {
    return api_fail(e, SPOTSIM_MISUSE, function, "%s", what);
}

enum spotsim_code api_result(enum error_code rc, const struct error *inner, struct spotsim_error *e) {
    if (rc == OK) return SPOTSIM_OK;
    return api_fail(e, (enum spotsim_code)rc, inner->where, "%s", inner->message);
}

enum spotsim_code api_text(struct strbuf *b, char **text, struct spotsim_error *e) {
    *text = NULL;
    if (!b->data) strbuf_puts(b, ""); /* nothing to say is a text too */
    if (b->failed || !b->data) {
        strbuf_free(b);
        return api_out_of_memory(e);
    }
    *text = b->data;
    return SPOTSIM_OK;
}

enum spotsim_code api_unknown_metric(const char *name, const char *const *names, struct spotsim_error *e) {
    const char *near = text_nearest(name, names);
    if (near) return api_fail(e, SPOTSIM_INPUT, "metric", "no metric \"%.60s\"; did you mean \"%s\"?", name, near);
    return api_fail(e, SPOTSIM_INPUT, "metric", "no metric \"%.60s\"; expected one such as %s", name, names[0]);
}

struct api_locale api_enter(void) {
    struct api_locale l = {0};
    l.c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc hands out a constant: no allocation */
    if (l.c) l.before = uselocale(l.c);
    return l;
}

void api_leave(struct api_locale *l) {
    if (!l->c) return;
    uselocale(l->before);
    freelocale(l->c);
}
