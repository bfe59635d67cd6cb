/* SPDX-License-Identifier: Apache-2.0
 * Things that happen to pools whatever drives them: outages, droughts, price
 * spikes, flapping. */
#include <math.h>
#include <string.h>

#include "traces/synth_private.h"

#define FLAPS_MAX 5000 /* faster flapping is slowed down to this many */

struct span {
    int64_t from, to;
};

/* Step functions as read: of a pool's capacity. */
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

/* All events of one sort (prices or not) on one pool's step function. */
static void apply_all(const struct model *m, const struct trace_pool *p, bool prices, struct steps *s) {
    struct steps scratch = {0};
    for (uint32_t i = 0; i < m->n_events; i++) {
        const struct model_event *event = &m->events[i];
        if (event->kind == EVENT_ON_DEMAND || (event->kind == EVENT_PRICE) != prices) continue;
        if (event->at_ms >= p->span_ms || !model_event_hits(event, p->name, p->region, p->zone)) continue;
        apply(event, p->span_ms, s, &scratch);
    }
    s->failed = s->failed || scratch.failed;
    steps_free(&scratch);
}

static enum error_code pool_events(const struct model *m, struct trace_pool *p, struct error *e) {
    struct steps s = {0};
    for (uint32_t i = 0; i < p->capacity.n; i++) steps_add(&s, p->capacity.at_ms[i], p->capacity.value[i]);
    uint32_t before = s.n;
    apply_all(m, p, false, &s);
    if (s.n != before) p->has_capacity = true; /* a pool of prices alone had none */
    enum error_code rc = steps_to_capacity(&s, p, e);
    steps_free(&s);
    if (rc != OK || p->price.n == 0) return rc;
    for (uint32_t i = 0; i < p->price.n; i++) steps_add(&s, p->price.at_ms[i], p->price.uusd_per_h[i]);
    apply_all(m, p, true, &s);
    rc = steps_to_price(&s, p, e);
    steps_free(&s);
    return rc;
}

enum error_code synth_events(const struct trace *t, const struct model *m, struct trace **out, struct error *e) {
    TRY(trace_window(t, 0, t->span_ms, out, e));
    for (uint32_t i = 0; i < (*out)->n_pools; i++) {
        enum error_code rc = pool_events(m, &(*out)->pools[i], e);
        if (rc == OK) continue;
        trace_free(*out);
        *out = NULL;
        return rc;
    }
    return OK;
}
