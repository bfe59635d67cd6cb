/* SPDX-License-Identifier: Apache-2.0
 * A trace from arrays that the caller holds: what a reader is for a file. */
#ifndef SPOTSIM_TRACES_MEMORY_H
#define SPOTSIM_TRACES_MEMORY_H

#include "traces/trace.h"

struct trace_memory;
/* `name` stands where errors name a file.  NULL: out of memory. */
struct trace_memory *trace_memory_new(const char *name);
void trace_memory_free(struct trace_memory *m); /* NULL is fine */

/* Values of one pool, which is made on first use.  Copied.  With at_ms: value i
 * holds from at_ms[i] on, at_ms[0] is 0, times rise and end before end_ms.
 * Without (NULL): samples, value i holds from i * gap_ms on, to n * gap_ms. */
struct trace_values {
    uint32_t n;
    const int64_t *at_ms;
    int64_t end_ms, gap_ms;
};
/* Instances, to TRACE_CAPACITY_MAX, or TRACE_UNLIMITED. */
enum error_code trace_memory_capacity(struct trace_memory *m, const char *pool, const struct trace_values *v,
                                      const uint32_t *capacity, struct error *e);
/* Dollars per hour. */
enum error_code trace_memory_price(struct trace_memory *m, const char *pool, const struct trace_values *v,
                                   const double *usd_per_h, struct error *e);
/* Where the pool is; NULL: not said, then read off the pool's name where that
 * has the form. */
enum error_code trace_memory_place(struct trace_memory *m, const char *pool, const char *cloud, const char *region,
                                   const char *zone, const char *instance_type, struct error *e);
/* The trace, as trace_load makes it.  Call once. */
enum error_code trace_memory_finish(struct trace_memory *m, struct trace **out, struct trace_notes *notes,
                                    struct error *e);

#endif
