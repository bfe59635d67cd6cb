/* SPDX-License-Identifier: Apache-2.0
 * Instance lifetimes. */
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define LIVES_MIN 30u
#define LIVES_MAX 10000000u
#define LIFE_MAX_H 1e6

bool lifetimes_is(const char *data, size_t size) {
    static const char head[] = "lifetime_h";
    return size >= sizeof head - 1 && memcmp(data, head, sizeof head - 1) == 0;
}

void lifetimes_free(struct lifetimes *l) {
    free(l->hours);
    free(l->ended);
    memset(l, 0, sizeof *l);
}

static enum error_code add_life(struct lifetimes *l, uint32_t *room, double hours, bool ended, struct error *e) {
    if (l->n == LIVES_MAX) return error_set(e, ERR_INPUT, NULL, "more than %u lifetimes", LIVES_MAX);
    if (l->n == *room) {
        *room = *room ? *room * 2 : 1024;
        double *h = realloc(l->hours, *room * sizeof *h);
        if (h) l->hours = h;
        bool *b = realloc(l->ended, *room * sizeof *b);
        if (b) l->ended = b;
        if (!h || !b) return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    l->hours[l->n] = hours;
    l->ended[l->n++] = ended;
    return OK;
}

/* hours,ended_by[,...]; the columns behind are not ours. */
static enum error_code read_line(char *line, const char *where, struct lifetimes *out, uint32_t *room,
                                 struct error *e) {
    char *comma = strchr(line, ',');
    double hours;
    if (!comma) return error_set(e, ERR_INPUT, where, "expected lifetime_h,ended_by");
    *comma = '\0';
    char *by = comma + 1;
    by[strcspn(by, ",\r")] = '\0';
    enum error_code rc = text_real(line, 0, LIFE_MAX_H, &hours, e);
    if (rc == OK && hours <= 0) rc = error_set(e, ERR_INPUT, NULL, "expected a lifetime above 0");
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    return add_life(out, room, hours, strcmp(by, "preempted") == 0, e);
}

enum error_code lifetimes_read(const char *path, const char *data, size_t size, struct lifetimes *out,
                               struct error *e) {
    uint32_t room = 0, number = 0;
    memset(out, 0, sizeof *out);
    for (const char *at = data, *end = data + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop) stop = end;
        char line[256], where[320];
        size_t length = (size_t)(stop - at) < sizeof line - 1 ? (size_t)(stop - at) : sizeof line - 1;
        memcpy(line, at, length);
        line[length] = '\0';
        at = stop + 1;
        number++;
        if (number == 1 || line[0] == '\0' || line[0] == '\r') continue;
        snprintf(where, sizeof where, "%.280s:%u", path, number);
        TRY(read_line(line, where, out, &room, e));
    }
    return OK;
}

enum error_code fit_lifetimes(const struct lifetimes *l, struct fit_side *side, struct model **out, struct error *e) {
    static const enum family_kind kinds[] = {FAMILY_EXPONENTIAL, FAMILY_WEIBULL, FAMILY_WEIBULL_NORMAL, FAMILIES};
    struct run_data d = {0};
    uint32_t ended = 0;
    *out = NULL;
    gsl_set_error_handler_off();
    memset(side, 0, sizeof *side);
    for (uint32_t i = 0; i < l->n; i++) ended += l->ended[i];
    if (ended < LIVES_MIN)
        return error_set(e, ERR_INPUT, NULL, "%u lives ended by preemption; a fit needs %u", ended, LIVES_MIN);
    enum error_code rc = runs_exact(l->hours, l->ended, l->n, &d, e);
    if (rc == OK) rc = side_fit(&d, kinds, side, e);
    run_data_free(&d);
    TRY(rc);
    if (side->chosen == FAMILIES) return error_set(e, ERR_INPUT, NULL, "no family can be fitted to these lifetimes");
    struct model *m = model_new();
    if (!m) return error_set(e, ERR_FAILED, NULL, "out of memory");
    m->lifetime.known = true;
    rc = family_copy(&side->candidate[side->chosen].family, &m->lifetime.family, e);
    if (rc == OK) rc = model_check(m, "fit", e);
    if (rc == OK) {
        *out = m;
        return OK;
    }
    model_free(m);
    return rc;
}
