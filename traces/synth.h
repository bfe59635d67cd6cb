/* SPDX-License-Identifier: Apache-2.0
 * Traces from models.  Every pool and every factor has a random stream of its
 * own, keyed by its name, so a pool more or less changes no other.  Work is by
 * events: what costs time is changes, not ticks. */
#ifndef SPOTSIM_TRACES_SYNTH_H
#define SPOTSIM_TRACES_SYNTH_H

#include "traces/model.h"
#include "traces/trace.h"

/* What values are looked up in.  Made once for many traces, it saves most of
 * the time that a short one takes.  Owned by the caller (free); NULL: out of
 * memory. */
struct tables;
struct tables *synth_tables(void);

struct synth_options {
    uint64_t seed;
    int64_t span_ms;             /* 0: the model's, or that of its records, or 30 days */
    uint32_t threads;            /* 0: all cores; the result is the same at any number */
    const struct tables *tables; /* NULL: made for this trace */
};

/* A trace of the model's pools, its events applied.  *out is owned by the
 * caller (trace_free).  ERR_INPUT when the model has no pools, and when it
 * would change too often.
 * A program switches GSL's error handler off first: it aborts. */
enum error_code synth_trace(const struct model *m, const struct synth_options *o, struct trace **out, struct error *e);

/* A copy of `t` with the model's events applied; its pools are matched by
 * pattern.  Events past the trace's end do nothing; on-demand events are the
 * run's business, not the trace's. */
enum error_code synth_events(const struct trace *t, const struct model *m, struct trace **out, struct error *e);

/* The pattern of pool, region or zone names that the event means in this trace:
 * "@region" and "@cheapest" are resolved.  Borrowed from the trace or the event. */
const char *synth_event_pattern(const struct trace *t, const struct model_event *event);
/* ERR_INPUT names the first event whose pattern is of no pool, and the nearest
 * pool: synth_events passes over such events, which are slips of the pen. */
enum error_code synth_events_check(const struct trace *t, const struct model *m, struct error *e);

struct strbuf;
/* n lifetimes of the model's lifetime family as CSV lifetime_h,ended_by. */
enum error_code synth_lifetimes(const struct model *m, uint64_t seed, uint32_t n, struct strbuf *out, struct error *e);
/* One pool in SkyPilot's JSON format, sampled every gap_ms. */
void synth_write_skypilot(const struct trace_pool *p, int64_t gap_ms, struct strbuf *out);

#endif
