/* SPDX-License-Identifier: Apache-2.0
 * Shared by the synth_*.c files, and fit_draws.c, which makes thousands of one
 * pool's paths. */
#ifndef SPOTSIM_TRACES_SYNTH_PRIVATE_H
#define SPOTSIM_TRACES_SYNTH_PRIVATE_H

#include "base/random.h"
#include "traces/synth.h"

/* A step function under construction: neighbours with the same value are
 * joined, a later change at the same time replaces the earlier one. */
struct steps {
    uint32_t n, room;
    int64_t *at_ms;
    int64_t *value;
    bool failed; /* out of memory */
};
void steps_add(struct steps *s, int64_t at_ms, int64_t value);
void steps_free(struct steps *s);
/* The steps become the pool's capacity or price. */
enum error_code steps_to_capacity(struct steps *s, struct trace_pool *p, struct error *e);
enum error_code steps_to_price(struct steps *s, struct trace_pool *p, struct error *e);

/* Quantiles at equal steps, from GSL, so that a draw is one look-up. */
#define TABLE_BITS 12
struct tables {
    float normal[1u << TABLE_BITS], exponential[1u << TABLE_BITS];
};

/* A factor at one scale: value[i] holds from step at[i] to the next one. */
struct stream {
    uint32_t n, room;
    int64_t *at;
    float *value;
};

/* A part of the records of model_blocks. */
struct block {
    int64_t from_ms, to_ms;
};
/* In the order of the trace, which they cover. */
struct blocks {
    uint32_t n, room;
    struct block *block;
};

/* What all pools share while a trace is made. */
struct synth {
    const struct model *model;
    uint64_t key;
    int64_t span_ms;
    int64_t step_ms; /* what times are whole numbers of: the probing interval, or 1 */
    const struct tables *tables;
    struct stream *factor; /* [factor * n_scales + scale] */
    struct blocks blocks;
};

/* First probe at or after t; t itself without a probing interval. */
static inline int64_t probe_after(int64_t t, int64_t resolution_ms) {
    return resolution_ms > 1 ? (t + resolution_ms - 1) / resolution_ms * resolution_ms : t;
}

enum error_code synth_factors(struct synth *s, struct error *e); /* fills s->factor */
void synth_factors_free(struct synth *s);
#define STATE_ONE 4294967296.0 /* 1 as a fixed-point number */
/* The path of one pool, and scratch memory that a thread keeps from pool to
 * pool. */
struct state_change {
    int64_t at; /* step */
    int64_t by; /* fixed point; once summed up, the value from then on */
};
struct state_scratch {
    bool dense;  /* a value per step: value[n]; else sorted[n] */
    bool failed; /* out of memory */
    uint32_t n;
    uint64_t room;
    int64_t *value;
    uint32_t n_changes, room_changes;
    struct state_change *change, *sorted;
    uint32_t *first;   /* of each slot of the sort */
    int64_t *bin_time; /* ms by bins of U */
    int64_t *bound; /* of U, between one level and the next; fixed point */
};
void state_scratch_free(struct state_scratch *p);
enum error_code synth_state_pool(const struct synth *s, uint32_t pool, struct state_scratch *scratch, struct steps *out,
                                 struct error *e);
enum error_code synth_runs_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e);
enum error_code synth_blocks(struct synth *s, struct error *e); /* fills s->blocks */
/* Capacity and price of one pool's record. */
enum error_code synth_blocks_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e);
enum error_code synth_blocks_price(const struct synth *s, uint32_t pool, struct steps *out, struct error *e);
enum error_code synth_price_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e);

#endif
