/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/json_lists.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct taking {
    struct json_lists *out;
    const char *end; /* of the text */
    bool failed;     /* out of memory */
    bool odd;        /* a number or a blank that is not JSON's, though the parser may take it */
};

/* ---- numbers ------------------------------------------------------------------ */

static bool is_digit(char c) { return (unsigned char)(c - '0') <= 9; }

/* Past the number that `s` starts with, in JSON's notation, or NULL. */
static const char *number_end(const char *s, const char *end) {
    if (s < end && *s == '-') s++;
    if (s == end || !is_digit(*s)) return NULL;
    if (*s == '0' && s + 1 < end && is_digit(s[1])) return NULL;
    while (s < end && is_digit(*s)) s++;
    if (s < end && *s == '.') {
        const char *fraction = ++s;
        while (s < end && is_digit(*s)) s++;
        if (s == fraction) return NULL;
    }
    if (s < end && (*s == 'e' || *s == 'E')) {
        s++;
        if (s < end && (*s == '+' || *s == '-')) s++;
        const char *exponent = s;
        while (s < end && is_digit(*s)) s++;
        if (s == exponent) return NULL;
    }
    return s;
}

/* A decimal of up to 15 digits is a whole number below 2^53 divided by a power
 * of ten up to 10^15: both are exact doubles, so one division rounds once, as
 * strtod does (Clinger, PLDI 1990). */
#define EXACT_DIGITS 15

static bool short_decimal(const char *s, const char *end, double *x) {
    static const double power[EXACT_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    bool negative = *s == '-';
    if (negative) s++;
    int64_t whole = 0;
    int after_point = -1; /* digits after the point; -1: no point yet */
    if (end - s > EXACT_DIGITS + 1) return false;
    for (; s < end; s++) {
        if (is_digit(*s)) {
            whole = whole * 10 + (*s - '0');
            after_point += after_point >= 0;
        } else if (*s == '.') {
            after_point = 0;
        } else {
            return false;
        }
    }
    if (after_point < 0 && whole >= (INT64_C(1) << 53)) return false;
    *x = after_point > 0 ? (double)whole / power[after_point] : (double)whole;
    if (negative) *x = -*x;
    return true;
}

#define NUMBER_MAX 62 /* longer ones are cut by the parser, so they are its business */

static bool take_number(const char *s, const char *end, double *x) {
    if (short_decimal(s, end, x)) return true;
    char text[NUMBER_MAX + 1];
    size_t n = (size_t)(end - s);
    if (n > NUMBER_MAX) return false;
    memcpy(text, s, n);
    text[n] = '\0';
    *x = text_strtod(text);
    return true;
}

/* ---- lists -------------------------------------------------------------------- */

static const char *skip_blank(const char *s, const char *end) {
    while (s < end && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t')) s++;
    return s;
}

static bool add_number(struct taking *t, uint32_t n, double x, uint32_t first_run) {
    struct json_lists *l = t->out;
    if (l->n_runs > first_run && l->run[l->n_runs - 1].value == x) return true;
    if (l->n_runs == l->room_runs) {
        uint32_t room = l->room_runs ? l->room_runs * 2 : 256;
        struct json_run *grown = realloc(l->run, room * sizeof *grown);
        if (!grown) {
            t->failed = true;
            return false;
        }
        l->run = grown;
        l->room_runs = room;
    }
    l->run[l->n_runs++] = (struct json_run){x, n};
    return true;
}

/* Whether the text goes on with the same `length` bytes as `before`. */
static inline bool repeats(const char *s, const char *before, size_t length, const char *end) {
    if (end - s < 8) return false;
    if (length > 8 || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        return (size_t)(end - s) > length && memcmp(s, before, length) == 0;
    uint64_t a, b;
    memcpy(&a, s, 8);
    memcpy(&b, before, 8);
    return ((a ^ b) & (~UINT64_C(0) >> (64 - 8 * length))) == 0;
}

/* No number where one could stand: another value, or the end of an empty list,
 * leaves the list to the parser; anything else is odd. */
static void judge(struct taking *t, const char *s) { t->odd = t->odd || s == t->end || !strchr("\"[{tfn]", *s) || !*s; }

/* The list at `s`, a bracket; returns what follows it, or NULL: not of numbers
 * only. */
static const char *take_list(struct taking *t, const char *s, struct json_list *list) {
    const char *end = t->end;
    *list = (struct json_list){.first_run = t->out->n_runs};
    s = skip_blank(s + 1, end);
    for (;;) {
        const char *number = s;
        double x;
        s = number_end(s, end);
        if (!s || !take_number(number, s, &x)) {
            judge(t, number);
            return NULL;
        }
        if (!add_number(t, list->n, x, list->first_run)) return NULL;
        list->n++;
        s = skip_blank(s, end);
        if (s == end || (*s != ',' && *s != ']')) {
            t->odd = true;
            return NULL;
        }
        if (*s == ']') break;
        s = skip_blank(s + 1, end);
        /* "1.6703, " again and again: the same bytes are the same number */
        size_t length = (size_t)(s - number);
        for (; repeats(s, number, length, end); s += length) list->n++;
        s = skip_blank(s, end); /* a line may end here */
    }
    list->n_runs = t->out->n_runs - list->first_run;
    return s + 1;
}

static bool add_list(struct taking *t, struct json_list list) {
    struct json_lists *l = t->out;
    if (l->n == l->room) {
        uint32_t room = l->room ? l->room * 2 : 8;
        struct json_list *grown = realloc(l->list, room * sizeof *grown);
        if (!grown) return false;
        l->list = grown;
        l->room = room;
    }
    l->list[l->n++] = list;
    return true;
}

/* Past the string that starts at `s`, a quote. */
static const char *skip_string(const char *s, const char *end) {
    for (s++; s < end && *s != '"'; s++)
        if (*s == '\\') s++;
    return s < end ? s + 1 : end;
}

bool json_lists_take(const char *data, size_t size, struct json_lists *out, struct strbuf *text) {
    memset(out, 0, sizeof *out);
    struct taking t = {.out = out, .end = data + size};
    const char *copied = data;
    for (const char *s = data; s < t.end;) {
        if (*s == '"') {
            s = skip_string(s, t.end);
            continue;
        }
        if (*s != '[') {
            s++;
            continue;
        }
        struct json_list list;
        const char *after = take_list(&t, s, &list);
        if (t.odd) {
            out->n = 0;
            return true;
        }
        if (!after && !t.failed) {
            out->n_runs = list.first_run;
            s++;
            continue;
        }
        if (t.failed || !add_list(&t, list)) return false;
        strbuf_add(text, copied, (size_t)(s - copied));
        strbuf_printf(text, "[%" PRIu32 "]", out->n - 1);
        copied = s = after;
    }
    if (out->n) strbuf_add(text, copied, (size_t)(t.end - copied));
    return !text->failed;
}

void json_lists_free(struct json_lists *l) {
    free(l->list);
    free(l->run);
    memset(l, 0, sizeof *l);
}

bool json_numbers_of(const struct json_lists *l, const struct cJSON *array, struct json_numbers *out) {
    memset(out, 0, sizeof *out);
    const cJSON *first = array->child;
    if (l->n && first && !first->next && cJSON_IsNumber(first)) {
        const struct json_list *list = &l->list[(uint32_t)first->valuedouble];
        out->n = list->n;
        out->n_runs = list->n_runs;
        out->run = l->run + list->first_run;
        return true;
    }
    size_t n = (size_t)cJSON_GetArraySize(array);
    out->own = malloc((n ? n : 1) * sizeof *out->own);
    if (!out->own) return false;
    out->run = out->own;
    for (const cJSON *v = first; v; v = v->next) {
        if (!cJSON_IsNumber(v)) {
            out->other = v;
            break;
        }
        if (!out->n_runs || out->own[out->n_runs - 1].value != v->valuedouble)
            out->own[out->n_runs++] = (struct json_run){v->valuedouble, out->n};
        out->n++;
    }
    return true;
}

void json_numbers_free(struct json_numbers *n) {
    free(n->own);
    memset(n, 0, sizeof *n);
}
