/* SPDX-License-Identifier: Apache-2.0
 * Things that happen to pools whatever drives them: outages, droughts, price
 * spikes, flapping. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/synth_private.h"

#define FLAPS_MAX 5000 /* faster flapping is slowed down to this many */

struct span {
    int64_t from, to;
};

static int64_t end_of(const struct steps *s, uint32_t i, int64_t span_ms) {
    return i + 1 < s->n ? s->at_ms[i + 1] : span_ms;
}

/* The part of [from, to) outside the window as it was, inside as `inner`. */
static void add_cut(struct steps *out, int64_t from, int64_t to, int64_t value, struct span window, int64_t inner) {
    int64_t enter = from > window.from ? from : window.from, leave = to < window.to ? to : window.to;
    if (enter >= leave) {
        steps_add(out, from, value);
        return;
    }
    if (from < enter) steps_add(out, from, value);
    steps_add(out, enter, inner);
    if (leave < to) steps_add(out, leave, value);
}

static int64_t scaled_price(int64_t uusd, double factor) {
    double x = rint((double)uusd * factor);
    return x < 1e15 ? (int64_t)x : (int64_t)1e15;
}

static void cut_all(const struct steps *in, int64_t span_ms, struct span window, const double *factor,
                    struct steps *out) {
    for (uint32_t i = 0; i < in->n; i++)
        add_cut(out, in->at_ms[i], end_of(in, i, span_ms), in->value[i], window,
                factor ? scaled_price(in->value[i], *factor) : 0);
}

static void swap(struct steps *a, struct steps *b) {
    struct steps t = *a;
    *a = *b;
    *b = t;
    b->n = 0;
}

/* Outage after outage: one in the second half of every period. */
static void flap(struct steps *s, struct steps *scratch, int64_t span_ms, const struct model_event *event) {
    int64_t end = event->for_ms < span_ms - event->at_ms ? event->at_ms + event->for_ms : span_ms;
    int64_t period_ms = event->period_ms;
    if ((end - event->at_ms) / period_ms > FLAPS_MAX) period_ms = (end - event->at_ms) / FLAPS_MAX;
    for (int64_t at = event->at_ms; at + period_ms / 2 < end; at += period_ms) {
        struct span off = {at + period_ms / 2, at + period_ms < end ? at + period_ms : end};
        cut_all(s, span_ms, off, NULL, scratch);
        swap(s, scratch);
    }
}

/* Every spell of capacity inside the window ends early. */
static void drought(const struct steps *in, int64_t span_ms, struct span window, double factor, struct steps *out) {
    int64_t dry_from = INT64_MAX; /* within the present spell */
    for (uint32_t i = 0; i < in->n; i++) {
        int64_t from = in->at_ms[i], to = end_of(in, i, span_ms);
        bool begins = in->value[i] > 0 && (i == 0 || in->value[i - 1] == 0);
        if (begins) {
            uint32_t last = i;
            while (last + 1 < in->n && in->value[last + 1] > 0) last++;
            int64_t end = end_of(in, last, span_ms);
            int64_t enter = from > window.from ? from : window.from, leave = end < window.to ? end : window.to;
            dry_from = enter < leave ? enter + (int64_t)((double)(leave - enter) * factor) : INT64_MAX;
        }
        if (in->value[i] == 0 || dry_from == INT64_MAX)
            steps_add(out, from, in->value[i]);
        else
            add_cut(out, from, to, in->value[i], (struct span){dry_from, window.to}, 0);
    }
}

static void apply(const struct model_event *event, int64_t span_ms, struct steps *s, struct steps *scratch) {
    int64_t to = event->for_ms < span_ms - event->at_ms ? event->at_ms + event->for_ms : span_ms;
    struct span window = {event->at_ms, to};
    scratch->n = 0;
    switch ((enum model_event_kind)event->kind) {
    case EVENT_OUTAGE:
        cut_all(s, span_ms, window, NULL, scratch);
        break;
    case EVENT_DROUGHT:
        drought(s, span_ms, window, event->factor, scratch);
        break;
    case EVENT_PRICE:
        cut_all(s, span_ms, window, &event->factor, scratch);
        break;
    case EVENT_FLAP:
        flap(s, scratch, span_ms, event);
        return;
    case EVENT_ON_DEMAND:
        return;
    }
    swap(s, scratch);
}

/* ---- which pools ------------------------------------------------------------------------ */

/* Mean over time, NaN where a pool has no price. */
static double mean_price(const struct trace_pool *p) {
    double sum = 0;
    for (uint32_t i = 0; i < p->price.n; i++) {
        int64_t end = i + 1 < p->price.n ? p->price.at_ms[i + 1] : p->span_ms;
        sum += (double)p->price.uusd_per_h[i] * (double)(end - p->price.at_ms[i]);
    }
    return p->price.n ? sum / (double)p->span_ms : NAN;
}

static double mean_capacity(const struct trace_pool *p) {
    double sum = 0;
    for (uint32_t i = 0; i < p->capacity.n; i++) {
        int64_t end = i + 1 < p->capacity.n ? p->capacity.at_ms[i + 1] : p->span_ms;
        double value = p->capacity.value[i] > TRACE_CAPACITY_MAX ? TRACE_CAPACITY_MAX : p->capacity.value[i];
        sum += value * (double)(end - p->capacity.at_ms[i]);
    }
    return sum / (double)p->span_ms;
}

/* "@cheapest": the pool with the least mean price; without prices the first. */
static const char *cheapest_pool(const struct trace *t) {
    uint32_t best = 0;
    for (uint32_t i = 1; i < t->n_pools; i++)
        if (mean_price(&t->pools[i]) < mean_price(&t->pools[best])) best = i;
    return t->pools[best].name;
}

/* "@region": the region that gives most; a pool by itself where no regions are
 * known. */
static const char *largest_region(const struct trace *t) {
    const char *best = t->pools[0].name;
    double most = -1;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        double sum = 0;
        const char *region = t->pools[i].region;
        for (uint32_t k = 0; *region && k < t->n_pools; k++)
            if (strcmp(t->pools[k].region, region) == 0) sum += mean_capacity(&t->pools[k]);
        if (!*region || sum <= most) continue;
        most = sum;
        best = region;
    }
    return best;
}

const char *synth_event_pattern(const struct trace *t, const struct model_event *event) {
    const char *said = event->pools ? event->pools : "*";
    if (strcmp(said, "@cheapest") == 0) return cheapest_pool(t);
    if (strcmp(said, "@region") == 0) return largest_region(t);
    return said;
}

static enum error_code choose_pools(const struct trace *t, const struct model *m, char ***out, struct error *e) {
    char **pattern = calloc(m->n_events ? m->n_events : 1, sizeof *pattern);
    *out = pattern;
    if (!pattern) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < m->n_events; i++) TRY(model_text(&pattern[i], synth_event_pattern(t, &m->events[i]), e));
    return OK;
}

static enum error_code check_pattern(const struct trace *t, const struct model *m, uint32_t event, const char *pattern,
                                     struct error *e) {
    char where[48];
    for (uint32_t i = 0; i < t->n_pools; i++)
        if (model_pattern_hits(pattern, t->pools[i].name, t->pools[i].region, t->pools[i].zone)) return OK;
    const char **names = calloc((size_t)t->n_pools + 1, sizeof *names);
    for (uint32_t i = 0; names && i < t->n_pools; i++) names[i] = t->pools[i].name;
    const char *near = names ? text_nearest(pattern, names) : NULL;
    free(names);
    snprintf(where, sizeof where, "events[%u].pools", event);
    return error_set(e, ERR_INPUT, where,
                     "no pool, region or zone is called '%.80s', where the %s should be; there is '%.80s'", pattern,
                     model_event_kinds[m->events[event].kind], near ? near : t->pools[0].name);
}

enum error_code synth_events_check(const struct trace *t, const struct model *m, struct error *e) {
    for (uint32_t i = 0; i < m->n_events; i++) TRY(check_pattern(t, m, i, synth_event_pattern(t, &m->events[i]), e));
    return OK;
}

/* All events of one sort (prices or not) on one pool's step function. */
static void apply_all(const struct model *m, char *const *pattern, const struct trace_pool *p, bool prices,
                      struct steps *s) {
    struct steps scratch = {0};
    for (uint32_t i = 0; i < m->n_events; i++) {
        const struct model_event *event = &m->events[i];
        if (event->kind == EVENT_ON_DEMAND || (event->kind == EVENT_PRICE) != prices) continue;
        if (event->at_ms >= p->span_ms || !model_pattern_hits(pattern[i], p->name, p->region, p->zone)) continue;
        apply(event, p->span_ms, s, &scratch);
    }
    s->failed = s->failed || scratch.failed;
    steps_free(&scratch);
}

static enum error_code pool_events(const struct model *m, char *const *pattern, struct trace_pool *p, struct error *e) {
    struct steps s = {0};
    for (uint32_t i = 0; i < p->capacity.n; i++) steps_add(&s, p->capacity.at_ms[i], p->capacity.value[i]);
    uint32_t before = s.n;
    apply_all(m, pattern, p, false, &s);
    if (s.n != before) p->has_capacity = true; /* a pool of prices alone had none */
    enum error_code rc = steps_to_capacity(&s, p, e);
    steps_free(&s);
    if (rc != OK || p->price.n == 0) return rc;
    for (uint32_t i = 0; i < p->price.n; i++) steps_add(&s, p->price.at_ms[i], p->price.uusd_per_h[i]);
    apply_all(m, pattern, p, true, &s);
    rc = steps_to_price(&s, p, e);
    steps_free(&s);
    return rc;
}

enum error_code synth_events(const struct trace *t, const struct model *m, struct trace **out, struct error *e) {
    char **pattern = NULL;
    TRY(trace_window(t, 0, t->span_ms, out, e));
    enum error_code rc = choose_pools(t, m, &pattern, e);
    for (uint32_t i = 0; rc == OK && i < (*out)->n_pools; i++) rc = pool_events(m, pattern, &(*out)->pools[i], e);
    for (uint32_t i = 0; pattern && i < m->n_events; i++) free(pattern[i]);
    free(pattern);
    if (rc == OK) return OK;
    trace_free(*out);
    *out = NULL;
    return rc;
}
