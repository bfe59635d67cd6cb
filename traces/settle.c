/* SPDX-License-Identifier: Apache-2.0
 * Makes every series stand on its own: sampling step, prices joined by index,
 * polarity, the meaning of 1. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/assemble.h"

#define HOLE_MS MS_PER_DAY
#define HOLE_STEPS 10

int64_t raw_series_at_ms(const struct series *s, uint32_t i) {
    if (!s->by_sample) return s->at[i];
    return s->clock ? s->clock[s->at[i]] : s->at[i] * s->gap_ms;
}
int64_t raw_series_first_ms(const struct series *s) { return raw_series_at_ms(s, 0); }
int64_t raw_series_end_ms(const struct series *s) {
    return raw_series_timed(s) ? s->end_ms : (int64_t)s->samples * s->gap_ms;
}

/* The option stands over what file and manifest say. */
static enum error_code settle_gap(const struct trace_builder *b, const struct raw_pool *p, struct series *s,
                                  bool *gap_used, struct error *e) {
    int64_t wanted = builder_options(b)->gap_ms;
    if (raw_series_timed(s)) return OK;
    if (wanted) {
        *gap_used = true;
        s->gap_ms = wanted;
    }
    if (s->gap_ms <= 0)
        return error_set(e, ERR_INPUT, s->path,
                         "pool '%s' has samples without timestamps and no sampling step is written; give it with --gap",
                         p->name);
    if (s->gap_ms > TIME_LIMIT_MS / s->samples)
        return error_set(e, ERR_INPUT, s->path,
                         "%u samples of %" PRId64 " ms are longer than the limit of %" PRId64 " days", s->samples,
                         s->gap_ms, (int64_t)(TIME_LIMIT_MS / MS_PER_DAY));
    return OK;
}

static enum error_code join_price(const struct trace_builder *b, struct raw_pool *p, bool *gap_used, struct error *e) {
    struct series *c = &p->capacity, *price = &p->price;
    if (!price->by_index || !c->path) return settle_gap(b, p, price, gap_used, e);
    uint32_t length = c->by_sample ? c->samples : c->n;
    if (c->samples != length)
        return error_set(e, ERR_INPUT, price->path,
                         "prices of pool '%s' are joined by sample index, but %s keeps changes, not samples", p->name,
                         c->path);
    if (length != price->samples)
        return error_set(e, ERR_INPUT, price->path,
                         "pool '%s' has %u prices but %u capacities (%s); they are joined by index, so both must be "
                         "equally long",
                         p->name, price->samples, length, c->path);
    price->gap_ms = c->gap_ms;
    price->dated = c->dated;
    price->end_ms = c->end_ms;
    price->clock = c->by_sample ? c->clock : c->at;
    price->clock_borrowed = true;
    return OK;
}

/* -1 when the series is 0/1, else the point with the first other value. */
static int64_t first_other(const struct series *s) {
    for (uint32_t i = 0; i < s->n; i++)
        if (s->value[i] > 1) return i;
    return -1;
}

static enum error_code settle_values(const struct trace_options *o, const struct raw_pool *p, struct series *s,
                                     bool *single_used, struct error *e) {
    int64_t other = first_other(s);
    if (o->polarity == TRACE_PREEMPTED) {
        if (other >= 0)
            return error_set(e, ERR_INPUT, s->path,
                             "polarity 'preempted' needs a series of 0 and 1, but sample %" PRId64
                             " of pool '%s' is %" PRId64,
                             s->by_sample ? s->at[other] : other, p->name, s->value[other]);
        for (uint32_t i = 0; i < s->n; i++) s->value[i] = !s->value[i];
    }
    if (o->single_means && other < 0) {
        *single_used = true;
        for (uint32_t i = 0; i < s->n; i++)
            if (s->value[i]) s->value[i] = o->single_means;
    }
    return OK;
}

/* The longest time between two samples. */
static int64_t longest_step(const struct series *s) {
    int64_t longest = 0;
    for (uint32_t i = 1; s->clock && i < s->samples; i++)
        if (s->clock[i] - s->clock[i - 1] > longest) longest = s->clock[i] - s->clock[i - 1];
    return longest;
}

/* Dated samples with a hole of a day or more, many steps long: nothing tells it
 * from a long run. */
static void note_holes(struct trace_builder *b, struct trace_notes *notes) {
    uint32_t n = 0, worst = 0;
    int64_t longest = 0;
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        const struct series *s = &builder_pool_at(b, i)->capacity;
        int64_t hole = s->path && s->by_sample ? longest_step(s) : 0;
        if (hole < HOLE_MS || hole < HOLE_STEPS * s->gap_ms) continue;
        n++;
        if (hole > longest) {
            longest = hole;
            worst = i;
        }
    }
    if (n)
        trace_note(notes,
                   "%u pool%s with holes between samples (up to %.1f days in %s): the value before is taken to hold", n,
                   n > 1 ? "s" : "", (double)longest / (double)MS_PER_DAY, builder_pool_at(b, worst)->name);
}

enum error_code assemble_settle(struct trace_builder *b, struct trace_notes *notes, struct error *e) {
    const struct trace_options *o = builder_options(b);
    bool gap_used = false, single_used = false, any_capacity = false;
    TRY(builder_settle_points(b, e));
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        struct raw_pool *p = builder_pool_at(b, i);
        if (p->capacity.path) {
            any_capacity = true;
            TRY(settle_gap(b, p, &p->capacity, &gap_used, e));
            TRY(settle_values(o, p, &p->capacity, &single_used, e));
        }
        if (p->price.path) TRY(join_price(b, p, &gap_used, e));
    }
    if (o->gap_ms && !gap_used)
        return error_set(e, ERR_INPUT, "--gap", "every series has its own timestamps; there is no step to override");
    if (o->single_means && !single_used)
        trace_note(notes, "--single-means changes nothing: there is no series of 0 and 1");
    note_holes(b, notes);
    uint32_t alone = 0;
    const char *example = "";
    for (uint32_t i = 0; any_capacity && i < builder_n_pools(b); i++)
        if (!builder_pool_at(b, i)->capacity.path && alone++ == 0) example = builder_pool_at(b, i)->name;
    if (alone)
        trace_note(notes, "%u pool%s with prices but without capacity (%s%s): capacity taken as unlimited there", alone,
                   alone > 1 ? "s" : "", example, alone > 1 ? ", ..." : "");
    return OK;
}
