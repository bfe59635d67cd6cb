/* SPDX-License-Identifier: Apache-2.0
 * Timestamped samples: date,availability.  Steps may be irregular; the last
 * sample lasts the median step. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/csv.h"
#include "traces/readers.h"

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Steps that occur, and how often; a probe on a timer has few. */
#define STEPS_MAX 32
struct step_counts {
    uint32_t n;
    int64_t step_ms[STEPS_MAX];
    uint32_t count[STEPS_MAX];
};

static bool count_steps(const struct series *s, struct step_counts *c) {
    c->n = 0;
    for (uint32_t i = 1; i < s->samples; i++) {
        int64_t step = s->clock[i] - s->clock[i - 1];
        uint32_t k = 0;
        while (k < c->n && c->step_ms[k] != step) k++;
        if (k == c->n) {
            if (c->n == STEPS_MAX) return false;
            c->step_ms[c->n] = step;
            c->count[c->n++] = 0;
        }
        c->count[k]++;
    }
    return true;
}

/* The step that `rank` steps are below or before. */
static int64_t step_of_rank(const struct step_counts *c, uint32_t rank) {
    for (uint32_t k = 0; k < c->n; k++) {
        uint32_t below = 0;
        for (uint32_t j = 0; j < c->n; j++)
            if (c->step_ms[j] < c->step_ms[k]) below += c->count[j];
        if (below <= rank && rank - below < c->count[k]) return c->step_ms[k];
    }
    return 0; /* not reached: ranks are below the sum of the counts */
}

/* Median step; of an even number the lower one. */
static enum error_code median_gap(const struct series *s, const char *where, int64_t *gap_ms, struct error *e) {
    uint32_t n = s->samples - 1;
    struct step_counts counts;
    if (count_steps(s, &counts)) {
        *gap_ms = step_of_rank(&counts, (n - 1) / 2);
        return OK;
    }
    int64_t *steps = malloc(n * sizeof *steps);
    if (!steps) return error_set(e, ERR_FAILED, where, "out of memory");
    for (uint32_t i = 0; i < n; i++) steps[i] = s->clock[i + 1] - s->clock[i];
    qsort(steps, n, sizeof *steps, by_number);
    *gap_ms = steps[(n - 1) / 2];
    free(steps);
    return OK;
}

/* The clock has room for all rows that the file can hold. */
static enum error_code add_sample(struct series *s, int64_t at_ms, int64_t value, const char *where, struct error *e) {
    s->clock[s->samples] = at_ms;
    uint32_t i = s->samples++;
    if (s->n && s->value[s->n - 1] == value) return OK;
    return raw_series_push(s, i, value, where, e);
}

/* ---- rows as nearly every file has them: 2023-02-15 22:08:16,1 ---------------- */

#define DATE_LENGTH 10 /* YYYY-MM-DD */
#define STAMP_LENGTH 19
#define ROW_LENGTH 22 /* one digit and the line break: no row is shorter */

struct day {
    char text[DATE_LENGTH];
    int64_t start_ms; /* Unix time of its midnight; 0: no day yet */
};

/* Two digits, or something past 99. */
static uint32_t two_digits(const char *s) {
    uint32_t tens = (uint32_t)(unsigned char)s[0] - '0', ones = (uint32_t)(unsigned char)s[1] - '0';
    return tens <= 9 && ones <= 9 ? tens * 10 + ones : 100;
}

static bool find_day(struct day *d, const char *s) {
    if (d->start_ms && memcmp(d->text, s, DATE_LENGTH) == 0) return true;
    char midnight[] = "YYYY-MM-DD 00:00:00";
    memcpy(midnight, s, DATE_LENGTH);
    d->start_ms = 0;
    if (timestamp_from_text(midnight, &d->start_ms, NULL) != OK) return false;
    memcpy(d->text, s, DATE_LENGTH);
    return true;
}

/* Takes the row at c->at if it is plain and in order; everything else is left
 * to timestamped_row, which knows all notations and names what is wrong. */
static bool plain_row(struct csv *c, struct day *day, int64_t *at_ms, int64_t *value) {
    const char *s = c->at;
    if (c->end - s < ROW_LENGTH || (s[10] != ' ' && s[10] != 'T') || s[13] != ':' || s[16] != ':' || s[19] != ',' ||
        s[20] < '0' || s[20] > '9' || s[21] != '\n')
        return false;
    uint32_t h = two_digits(s + 11), m = two_digits(s + 14), sec = two_digits(s + 17);
    if (h > 23 || m > 59 || sec > 59 || !find_day(day, s)) return false;
    *at_ms = day->start_ms + (int64_t)(h * 3600 + m * 60 + sec) * MS_PER_S;
    if (*at_ms > TRACE_DATE_MAX_MS) return false;
    *value = s[20] - '0';
    c->at += ROW_LENGTH;
    c->line++;
    return true;
}

/* ---- any row ------------------------------------------------------------------ */

static enum error_code timestamped_row(struct csv *c, int64_t *at_ms, int64_t *value, struct error *e) {
    if (c->n != 2)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "expected 2 fields (date,availability), got %u", c->n);
    enum error_code rc = timestamp_from_text(c->field[0], at_ms, e);
    if (rc == OK) rc = text_int(c->field[1], 0, TRACE_CAPACITY_MAX, value, e);
    return rc == OK ? OK : trace_csv_fail(c, rc, e);
}

static enum error_code timestamped_rows(const struct source *src, struct csv *c, struct series *s, struct error *e) {
    bool more;
    struct day day = {.start_ms = 0};
    TRY(trace_csv_next(c, &more, e)); /* the header, by which the format was found */
    s->by_sample = true;
    s->clock = malloc(((size_t)(c->end - c->at) / (ROW_LENGTH - 1) + 1) * sizeof *s->clock);
    if (!s->clock) return error_set(e, ERR_FAILED, src->path, "out of memory");
    for (;;) {
        int64_t at_ms, value;
        bool plain = plain_row(c, &day, &at_ms, &value);
        if (!plain) {
            TRY(trace_csv_next(c, &more, e));
            if (!more) break;
            TRY(timestamped_row(c, &at_ms, &value, e));
        }
        if (s->samples && at_ms <= s->clock[s->samples - 1])
            return error_set(e, ERR_INPUT, trace_csv_where(c), "time %.*s is not after the one before; times must rise",
                             plain ? STAMP_LENGTH : (int)strlen(c->field[0]), plain ? c->at - ROW_LENGTH : c->field[0]);
        TRY(add_sample(s, at_ms, value, src->path, e));
    }
    if (s->samples < 2)
        return error_set(e, ERR_INPUT, src->path, "has %u samples; expected at least 2, to know how long one lasts",
                         s->samples);
    s->dated = true;
    TRY(median_gap(s, src->path, &s->gap_ms, e));
    s->end_ms = s->clock[s->samples - 1] + s->gap_ms;
    return OK;
}

enum error_code read_timestamped(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                                 struct error *e) {
    struct raw_pool *p;
    struct series s = {0};
    struct csv c;
    TRY(builder_pool(b, src, src->stem, true, &p, e));
    trace_csv_open(&c, src->path, data, size);
    enum error_code rc = timestamped_rows(src, &c, &s, e);
    if (rc == OK) return builder_add_capacity(p, src, &s, e);
    samples_free(&s);
    return rc;
}
