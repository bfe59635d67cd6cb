/* SPDX-License-Identifier: Apache-2.0
 * Runs every (variant, replication) of a study on all cores.  A unit's result
 * goes to the slot of its index, and its seed comes from its index, so what
 * comes out does not depend on the number of threads. */
#ifndef SPOTSIM_STUDY_RUNNER_H
#define SPOTSIM_STUDY_RUNNER_H

#include "study/metrics.h"
#include "study/scenario.h"

#define RUNNER_THREADS_MAX 1024u
#define RUNNER_UNITS_MAX 10000000u

enum outage_kind { OUTAGE_FULL, OUTAGE_ANY, OUTAGES };

struct run_record {
    double value[METRICS];
    uint64_t fingerprint;
    int64_t window_start_ms;
    bool base_clamped;
    uint64_t unknown_price_pools;
    uint32_t n_outages[OUTAGES]; /* spells and their lengths, in order of time; owned */
    int64_t *outage_ms[OUTAGES];
};

struct timeline_point {
    int64_t at_ms, cost_rate_uusd_per_h;
    uint32_t ready_spot, ready_on_demand, target, capacity; /* capacity UINT32_MAX: unlimited */
};
struct timeline {
    uint32_t n, room;
    struct timeline_point *points; /* owned */
    bool failed;                   /* out of memory */
};

struct run_plan {
    uint32_t n_variants;
    uint32_t first, last; /* replications [first, last) are run */
    uint32_t stride;      /* of records: slots per variant */
    struct scenario *const *variants;
    int64_t window_ms;          /* 0: each run as its scenario says */
    uint32_t threads;           /* 0: as many as there are cores */
    struct timeline *timelines; /* one per variant, of replication 0; NULL: none */
    /* Called now and then from the calling thread; may be NULL.  Not 0: runs
     * under way are finished, no other is begun, ERR_CANCELED. */
    int (*progress)(void *arg, uint64_t done, uint64_t total);
    void *progress_arg;
};

/* Start of the window of one replication, after the scenario's own start: a
 * multiple of gap_ms in [0, span_ms - window_ms], drawn from (seed,
 * replication) alone. */
int64_t runner_window_start(uint64_t seed, uint64_t replication, int64_t span_ms, int64_t window_ms, int64_t gap_ms);

/* records[variant * stride + replication], zeroed by the caller; free
 * each with run_record_free.  The error is that of the first unit that failed,
 * by index. */
enum error_code runner_run(const struct run_plan *plan, struct run_record *records, struct error *e);
void run_record_free(struct run_record *r);
void timeline_free(struct timeline *t);
/* For sim_outputs.timeline; arg is a struct timeline. */
void timeline_add(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                  uint32_t capacity, int64_t cost_rate_uusd_per_h);
uint32_t runner_cores(void);

#endif
