/* SPDX-License-Identifier: Apache-2.0 */
#include "study/vary_list.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/vary.h"

enum error_code value_list_add(struct value_list *list, const char *text, const char *where, struct error *e) {
    if (list->n == VARY_VALUES_MAX) return error_set(e, ERR_INPUT, where, "more than %u values", VARY_VALUES_MAX);
    if (list->n == list->room) {
        uint32_t room = list->room ? list->room * 2 : 8;
        char **items = realloc(list->items, room * sizeof *items);
        if (!items) return error_set(e, ERR_FAILED, where, "out of memory");
        list->items = items;
        list->room = room;
    }
    list->items[list->n] = strdup(text);
    if (!list->items[list->n]) return error_set(e, ERR_FAILED, where, "out of memory");
    list->n++;
    return OK;
}

void value_list_free(struct value_list *list) {
    for (uint32_t i = 0; i < list->n; i++) free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

struct range {
    double low, high, step;
    bool duration;
};

/* Number first: a bare number is also a duration in seconds. */
static bool range_end(const char *text, bool duration, double *x) {
    struct error ignored;
    int64_t ms = 0;
    if (!duration) return text_real(text, -1e15, 1e15, x, &ignored) == OK;
    if (text_duration_ms(text, &ms, &ignored) != OK) return false;
    *x = (double)ms;
    return true;
}

/* "low..high" or "low..high:step"; false when the text is no range at all. */
static bool read_range(const char *text, struct range *r, bool *has_step) {
    char low[64], high[64], step[64] = "1";
    const char *dots = strstr(text, "..");
    if (!dots || dots == text || !dots[2]) return false;
    const char *colon = strchr(dots, ':');
    size_t n_high = colon ? (size_t)(colon - dots - 2) : strlen(dots + 2);
    if ((size_t)(dots - text) >= sizeof low || n_high >= sizeof high || (colon && strlen(colon + 1) >= sizeof step))
        return false;
    snprintf(low, sizeof low, "%.*s", (int)(dots - text), text);
    snprintf(high, sizeof high, "%.*s", (int)n_high, dots + 2);
    *has_step = colon != NULL;
    if (colon) snprintf(step, sizeof step, "%s", colon + 1);
    for (int duration = 0; duration < 2; duration++) {
        r->duration = duration != 0;
        if (range_end(low, r->duration, &r->low) && range_end(high, r->duration, &r->high) &&
            range_end(step, r->duration, &r->step))
            return true;
    }
    return false;
}

static enum error_code add_range(struct value_list *list, const struct range *r, const char *text, const char *where,
                                 struct error *e) {
    if (r->high < r->low)
        return error_set(e, ERR_INPUT, where, "\"%.80s\": expected the lower end of the range first", text);
    if (!(r->step > 0)) return error_set(e, ERR_INPUT, where, "\"%.80s\": the step must be above 0", text);
    double steps = floor((r->high - r->low) / r->step + 1e-9);
    if (steps >= VARY_VALUES_MAX)
        return error_set(e, ERR_INPUT, where, "\"%.80s\": more than %u values", text, VARY_VALUES_MAX);
    for (double i = 0; i <= steps; i++) {
        char value[64];
        double x = r->low + i * r->step;
        if (r->duration)
            text_format_duration((int64_t)(x + 0.5), value);
        else
            snprintf(value, sizeof value, "%.12g", x); /* 0.3, not 0.30000000000000004 */
        TRY(value_list_add(list, value, where, e));
    }
    return OK;
}

static enum error_code add_item(struct value_list *list, const char *start, size_t n, const char *where,
                                struct error *e) {
    while (n > 0 && *start == ' ') start++, n--;
    while (n > 0 && start[n - 1] == ' ') n--;
    if (n == 0) return error_set(e, ERR_INPUT, where, "an empty value in the list");
    char *item = strndup(start, n);
    if (!item) return error_set(e, ERR_FAILED, where, "out of memory");
    struct range r = {0};
    bool has_step = false;
    enum error_code rc;
    if (!read_range(item, &r, &has_step))
        rc = value_list_add(list, item, where, e);
    else if (r.duration && !has_step)
        rc =
            error_set(e, ERR_INPUT, where, "\"%.80s\": a range of durations needs a step, such as 60s..300s:60s", item);
    else
        rc = add_range(list, &r, item, where, e);
    free(item);
    return rc;
}

enum error_code value_list_parse(struct value_list *list, const char *text, const char *where, struct error *e) {
    const char *start = text;
    int depth = 0;
    for (const char *p = text;; p++) {
        if (*p == '(' || *p == '[' || *p == '{') depth++;
        if (*p == ')' || *p == ']' || *p == '}') depth--;
        if (*p && (*p != ',' || depth > 0)) continue;
        TRY(add_item(list, start, (size_t)(p - start), where, e));
        if (!*p) return OK;
        start = p + 1;
    }
}
