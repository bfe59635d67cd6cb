/* SPDX-License-Identifier: Apache-2.0
 * Timestamped samples: date,availability.  Steps may be irregular; the last
 * sample lasts the median step. */
#include <stdlib.h>

#include "base/text.h"
#include "traces/csv.h"
#include "traces/readers.h"

static int by_number(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

/* Median step; of an even number the lower one. */
static enum error_code median_gap(const struct series *s, const char *where, int64_t *gap_ms, struct error *e) {
    uint32_t n = s->n - 1;
    int64_t *steps = malloc(n * sizeof *steps);
    if (!steps) return error_set(e, ERR_FAILED, where, "out of memory");
    for (uint32_t i = 0; i < n; i++) steps[i] = s->at_ms[i + 1] - s->at_ms[i];
    qsort(steps, n, sizeof *steps, by_number);
    *gap_ms = steps[(n - 1) / 2];
    free(steps);
    return OK;
}

static enum error_code timestamped_row(struct csv *c, struct series *s, struct error *e) {
    int64_t at_ms, value;
    if (c->n != 2)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "expected 2 fields (date,availability), got %u", c->n);
    enum error_code rc = timestamp_from_text(c->field[0], &at_ms, e);
    if (rc == OK) rc = text_int(c->field[1], 0, TRACE_CAPACITY_MAX, &value, e);
    if (rc != OK) return trace_csv_fail(c, rc, e);
    if (s->n && at_ms <= s->at_ms[s->n - 1])
        return error_set(e, ERR_INPUT, trace_csv_where(c), "time %s is not after the one before; times must rise",
                         c->field[0]);
    s->at_ms[s->n] = at_ms;
    s->value[s->n++] = value;
    return OK;
}

static enum error_code timestamped_rows(const struct source *src, struct csv *c, struct series *s, struct error *e) {
    bool more;
    TRY(trace_csv_next(c, &more, e)); /* the header, by which the format was found */
    TRY(raw_series_alloc(s, trace_csv_lines_left(c), true, src->path, e));
    s->n = 0;
    for (;;) {
        TRY(trace_csv_next(c, &more, e));
        if (!more) break;
        TRY(timestamped_row(c, s, e));
    }
    if (s->n < 2)
        return error_set(e, ERR_INPUT, src->path, "has %u samples; expected at least 2, to know how long one lasts",
                         s->n);
    s->samples = s->n;
    s->dated = true;
    TRY(median_gap(s, src->path, &s->gap_ms, e));
    s->end_ms = s->at_ms[s->n - 1] + s->gap_ms;
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
