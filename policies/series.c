/* SPDX-License-Identifier: Apache-2.0
 * Step functions given as a list or as a CSV file. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/params.h"

/* A series being read.  The arrays hang off the series from the start, so that
 * series_free frees whatever there is. */
struct reader {
    struct sp_series *series;
    int64_t *at_ms, *value;
    uint32_t room;
    double min, max;
    double scale; /* values are multiples of 1/scale; 0: whole numbers as written */
};

void series_free(struct sp_series *s) {
    if (!s) return;
    free((void *)(uintptr_t)s->at_ms);
    free((void *)(uintptr_t)s->value);
    free(s);
}

static enum error_code no_memory(struct error *e) { return error_set(e, ERR_FAILED, NULL, "out of memory"); }

static enum error_code grow(struct reader *r, struct error *e) {
    uint32_t room = r->room ? r->room * 2 : 16;
    int64_t *at_ms = realloc(r->at_ms, room * sizeof *at_ms);
    if (!at_ms) return no_memory(e);
    r->series->at_ms = r->at_ms = at_ms;
    int64_t *value = realloc(r->value, room * sizeof *value);
    if (!value) return no_memory(e);
    r->series->value = r->value = value;
    r->room = room;
    return OK;
}

static enum error_code read_value(const struct reader *r, const char *text, int64_t *value, struct error *e) {
    if (r->scale == 0) return text_int(text, (int64_t)r->min, (int64_t)r->max, value, e);
    double real;
    TRY(text_real(text, r->min, r->max, &real, e));
    *value = llround(real * r->scale);
    return OK;
}

static enum error_code add_entry(struct reader *r, const char *at, const char *value, struct error *e) {
    uint32_t n = r->series->n;
    int64_t at_ms, v;
    TRY(text_duration_ms(at, &at_ms, e));
    TRY(read_value(r, value, &v, e));
    if (n == 0 && at_ms != 0)
        return error_set(e, ERR_INPUT, NULL, "the first time is %.40s; expected 0, the start of the run", at);
    if (n > 0 && at_ms <= r->at_ms[n - 1])
        return error_set(e, ERR_INPUT, NULL, "time %.40s is not after the one before it; expected rising times", at);
    if (n == POLICY_SERIES_MAX)
        return error_set(e, ERR_INPUT, NULL, "more than %u entries, which is the limit", POLICY_SERIES_MAX);
    if (n == r->room) TRY(grow(r, e));
    r->at_ms[n] = at_ms;
    r->value[n] = v;
    r->series->n++;
    return OK;
}

/* The first blank-free word of *at in place; moves *at past it.  NULL: none. */
static char *next_word(char **at) {
    char *start = *at + strspn(*at, " \t\r\n");
    if (!*start) return NULL;
    char *end = start + strcspn(start, " \t\r\n");
    *at = *end ? end + 1 : end;
    *end = '\0';
    return start;
}

static enum error_code read_list(struct reader *r, char *text, struct error *e) {
    for (char *word; (word = next_word(&text));) {
        char *colon = strchr(word, ':');
        if (!colon)
            return error_set(e, ERR_INPUT, NULL, "'%.60s' is not TIME:VALUE; expected a list such as 0s:4 1h:8", word);
        *colon = '\0';
        TRY(add_entry(r, word, colon + 1, e));
    }
    return OK;
}

static char *trim(char *text) {
    text += strspn(text, " \t\r");
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r", text[n - 1])) n--;
    text[n] = '\0';
    return text;
}

static enum error_code read_line(struct reader *r, char *line, bool first, struct error *e) {
    char *comma = strchr(line, ',');
    if (first && !isdigit((unsigned char)*line) && *line != '.' && *line != '-' && comma) return OK; /* a header */
    if (!comma) return error_set(e, ERR_INPUT, NULL, "'%.60s' has no comma; expected seconds,value", line);
    *comma = '\0';
    return add_entry(r, trim(line), trim(comma + 1), e);
}

static enum error_code read_csv(struct reader *r, const char *path, char *text, struct error *e) {
    bool first = true;
    for (uint32_t number = 1; *text; number++) {
        char *end = text + strcspn(text, "\n");
        char *next = *end ? end + 1 : end;
        *end = '\0';
        char *line = trim(text);
        text = next;
        if (*line == '\0' || *line == '#') continue;
        enum error_code rc = read_line(r, line, first, e);
        if (rc != OK) {
            char where[300];
            snprintf(where, sizeof where, "%.280s:%" PRIu32, path, number);
            error_in(e, where);
            return rc;
        }
        first = false;
    }
    return OK;
}

/* A list begins with a time and a colon; everything else is a path. */
static bool is_list(const char *text) {
    text += strspn(text, " \t\r\n");
    size_t n = strspn(text, "0123456789.");
    return n > 0 && text[n + strspn(text + n, "dhms")] == ':';
}

static enum error_code read_any(struct reader *r, const char *text, struct error *e) {
    char *data = NULL;
    enum error_code rc;
    bool list = is_list(text);
    if (list) {
        data = strdup(text);
        rc = data ? read_list(r, data, e) : no_memory(e);
    } else {
        size_t size = 0;
        rc = file_read(text, &data, &size, e);
        if (rc == OK && strlen(data) != size)
            rc = error_set(e, ERR_INPUT, text, "holds a NUL byte; expected lines of seconds,value");
        if (rc == OK) rc = read_csv(r, text, data, e);
    }
    free(data);
    if (rc == OK && r->series->n == 0)
        rc = error_set(e, ERR_INPUT, list ? NULL : text, "no entries; expected lines of seconds,value");
    return rc;
}

static enum error_code parse(const char *text, struct reader r, struct sp_series **out, struct error *e) {
    r.series = calloc(1, sizeof *r.series);
    if (!r.series) return no_memory(e);
    enum error_code rc = read_any(&r, text, e);
    if (rc != OK) {
        series_free(r.series);
        return rc;
    }
    *out = r.series;
    return OK;
}

enum error_code series_parse(const char *text, int64_t min, int64_t max, struct sp_series **out, struct error *e) {
    return parse(text, (struct reader){.min = (double)min, .max = (double)max}, out, e);
}

enum error_code series_parse_scaled(const char *text, double min, double max, double scale, struct sp_series **out,
                                    struct error *e) {
    return parse(text, (struct reader){.min = min, .max = max, .scale = scale}, out, e);
}

enum error_code series_copy(const struct sp_series *from, struct sp_series **out, struct error *e) {
    struct reader r = {.series = calloc(1, sizeof *r.series)};
    if (!r.series) return no_memory(e);
    while (r.room < from->n) {
        enum error_code rc = grow(&r, e);
        if (rc == OK) continue;
        series_free(r.series);
        return rc;
    }
    memcpy(r.at_ms, from->at_ms, from->n * sizeof *r.at_ms);
    memcpy(r.value, from->value, from->n * sizeof *r.value);
    r.series->n = from->n;
    *out = r.series;
    return OK;
}

void series_format(const struct sp_series *s, struct strbuf *out) {
    for (uint32_t i = 0; i < s->n; i++) {
        char at[32];
        strbuf_printf(out, "%s%s:%" PRId64, i ? " " : "", text_format_duration(s->at_ms[i], at), s->value[i]);
    }
}
