/* SPDX-License-Identifier: Apache-2.0
 * What a fleet shows of a stress scenario: its run beside the same run without
 * the events.  Behind: fewer ready than there, or than the target where that is
 * less, so what the trace lacks anyway is not laid at the events' door. */
#ifndef SPOTSIM_STUDY_STRESS_OUTCOME_H
#define SPOTSIM_STUDY_STRESS_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

/* How many were ready, from some time on: change points, rising. */
struct course_point {
    int64_t at_ms;
    uint32_t ready, target;
};
struct course {      /* zero-initialised: empty */
    int64_t from_ms; /* of what is before only the last is kept */
    uint32_t n, room;
    struct course_point *points; /* owned */
    bool failed;                 /* out of memory */
};
/* For sim_outputs.timeline; `course` is a struct course. */
void course_see(void *course, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                uint32_t capacity, int64_t cost_rate_uusd_per_h);
void course_free(struct course *c);

/* Of the spells behind that are on or begin during the events. */
struct stress_outcome {
    double recovery_s;     /* the longest; 0: never behind */
    bool recovered;        /* the last of them ended before the run did */
    double behind_s;       /* all together */
    double lost_replica_h; /* replicas behind, integrated over them */
    uint32_t least_ready;  /* fewest ready replicas while the events are on and in these spells */
};

/* Both runs are alike until from_ms (the first notice of the events, or their
 * begin), the events end at ends_ms, the runs at horizon_ms. */
void stress_compare(const struct course *calm, const struct course *stressed, int64_t from_ms, int64_t ends_ms,
                    int64_t horizon_ms, struct stress_outcome *out);

#endif
