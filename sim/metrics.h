/* SPDX-License-Identifier: Apache-2.0
 * What availability is: exact integrals over the truth.  Changes are applied
 * as they happen; time is added in whole spells between changes, so what comes
 * and goes within one instant leaves no trace. */
#ifndef SPOTSIM_SIM_METRICS_H
#define SPOTSIM_SIM_METRICS_H

#include "base/hot.h"
#include "cloud/billing.h"
#include "sim/sim.h"

/* Spells with a condition false. */
struct outage_log {
    bool on;
    int64_t since_ms, total_ms, longest_ms;
    uint64_t ended;
    uint32_t n, room;
    int64_t *lengths_ms;
};

struct loss_log { /* after k replicas were lost at one instant */
    uint64_t count, recovered;
    uint64_t open;         /* not yet back at the target */
    money open_since_sum;  /* of their start times */
    int64_t open_first_ms; /* the oldest of them */
    money recovery_sum;
    int64_t longest_ms;
};

/* A count whose integral is read only at the end: every change enters with
 * the time that is left, so nothing is added up in between. */
struct gauge {
    uint32_t now;
    money minus_change_x_ms; /* the integral up to t is this + now x t */
};
static HOT void gauge_add(struct gauge *g, int64_t change, int64_t now_ms) {
    g->now += (uint32_t)change; /* counts wrap around */
    g->minus_change_x_ms -= (money)(change * now_ms);
}

struct metrics {
    /* state now */
    uint32_t ready[SP_MARKETS]; /* replicas, weighted */
    uint32_t target, base;
    uint32_t nodes;
    struct gauge booting, draining; /* instances */
    /* sums since counting began */
    int64_t since_ms;        /* the rest is added up to here */
    int64_t counted_from_ms; /* end of warm-up */
    int64_t target_since_ms;
    int64_t full_ms, any_ms, base_ms, base_asked_ms;
    money served, demand;   /* replica-ms: min(ready, target), target */
    money served_at_target; /* the part of `served` under the present target */
    double capacity_ms;     /* sum of min(ready,target)/target x ms, flushed at target changes */
    money over_ms;          /* instance-ms */
    struct outage_log full_outages, any_outages;
    uint32_t lost_now;                          /* ready replicas lost at the present instant */
    struct loss_log losses[RECOVERY_K_MAX + 1]; /* from 1 on */
    uint64_t open_sizes;                        /* bit k-1: losses[k] has open ones */
    bool out_of_memory;
};

void metrics_start(struct metrics *m, uint32_t nodes);
void metrics_free(struct metrics *m);
/* Takes the outages' lengths of an old result over, for those of the next. */
void metrics_reuse(struct metrics *m, struct sim_result *r);
/* Adds the time up to now under the present state.  Call before changing
 * ready, target or base, and before metrics_lost; not needed while all stay. */
void metrics_add_spell(struct metrics *m, int64_t now_ms);
static HOT void metrics_advance(struct metrics *m, int64_t now_ms) {
    if (now_ms > m->since_ms) metrics_add_spell(m, now_ms);
}
/* Advance first.  Counters start now, not before since_ms; an outage that is
 * on begins now. */
void metrics_begin_counting(struct metrics *m, int64_t now_ms);
void metrics_set_target(struct metrics *m, uint32_t target);
/* `weight` ready replicas were taken by the cloud at this instant. */
void metrics_lost(struct metrics *m, uint32_t weight);
/* Advance to the end first.  Fills the availability part of the result; takes
 * the outages' lengths over. */
void metrics_finish(struct metrics *m, struct sim_result *r);
/* The shares only. */
void metrics_group_result(struct metrics *m, struct group_result *r);

#endif
