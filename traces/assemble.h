/* SPDX-License-Identifier: Apache-2.0
 * The steps of builder_finish, in order.  Private to traces/. */
#ifndef SPOTSIM_TRACES_ASSEMBLE_H
#define SPOTSIM_TRACES_ASSEMBLE_H

#include "traces/builder.h"

/* Sampling steps, price lists joined to capacities, polarity and the meaning
 * of 1: after this every series stands on its own. */
enum error_code assemble_settle(struct trace_builder *b, struct trace_notes *notes, struct error *e);

/* Where the series of a pool lie on the common clock. */
struct placement {
    int64_t capacity_base_ms, price_base_ms; /* added to a series' own times */
    int64_t first_ms, end_ms;                /* of the pool */
};
struct placed {
    bool dated;       /* the clock is Unix time */
    int64_t start_ms; /* latest first sample of all series */
    struct placement *pools;
};
/* `out->pools` is owned by the caller (free). */
enum error_code assemble_place(struct trace_builder *b, struct placed *out, struct trace_notes *notes, struct error *e);

/* First and last moment of a series on its own clock. */
int64_t raw_series_first_ms(const struct series *s);
int64_t raw_series_end_ms(const struct series *s);
int64_t raw_series_at_ms(const struct series *s, uint32_t i);

/* Probing interval behind the samples of each pool that does not have one
 * yet (resolution_ms 0): estimated where the samples are plainly repeated,
 * else the sampling step. */
void resolution_estimate(struct trace *t, struct trace_notes *notes);

#endif
