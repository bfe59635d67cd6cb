/* SPDX-License-Identifier: Apache-2.0
 * The run loop: replays a trace against a fleet of policies. */
#ifndef SPOTSIM_SIM_SIM_H
#define SPOTSIM_SIM_SIM_H

#include <stdio.h>

#include "sim/config.h"

/* journal_replay() is in fleet/fleet.h: a replay needs no simulator. */

#define RECOVERY_K_MAX 64 /* losses of this many replicas at once and more are counted together */

/* Outages of one availability: spells with the condition false. */
struct outage_stats {
    uint64_t count; /* spells begun, with one cut by warm-up or horizon */
    uint64_t ended; /* of them over before the horizon */
    int64_t longest_ms;
    int64_t total_ms;
    double mean_s, mttr_s, mtbf_s; /* NaN when there is nothing to divide by */
    uint32_t n_lengths;            /* every spell's length, in order of time; owned by the result */
    int64_t *lengths_ms;
    uint32_t lengths_room; /* what there is room for in it */
    bool last_cut;         /* the last one was still on at the horizon */
};

struct recovery_stats { /* after k ready replicas were lost at one instant */
    uint64_t count, recovered;
    double mean_s; /* over the recovered; NaN if none */
    int64_t longest_ms;
};

struct pool_result {
    double hours[SP_MARKETS];       /* instance-hours */
    double ready_hours[SP_MARKETS]; /* of them serving */
    double cost_usd[SP_MARKETS];    /* NaN: price not known */
    uint64_t launched[SP_MARKETS];  /* granted, instances x nodes are not multiplied: replicas */
    uint64_t denied[SP_MARKETS];
    uint64_t preempted, noticed, terminated;
};

/* One group of the fleet against its own target; only where there are several. */
struct group_result {
    double full, any, base, capacity, served;
    double target_hours;
};

struct sim_result {
    uint32_t n_groups; /* 0 when the fleet is one group */
    struct group_result *groups;
    uint32_t n_pools;
    struct pool_result *pools;
    double full, any, base, capacity, served; /* shares; base is NaN without a base; served NaN without demand */
    struct outage_stats outage_full, outage_any;
    struct recovery_stats recovery[RECOVERY_K_MAX + 1];             /* [k]; [0] all together */
    double hours[SP_MARKETS], cost_usd[SP_MARKETS], cost_total_usd; /* NaN: a price was not known */
    double relative_to_on_demand; /* cost / (integral of target x cheapest on-demand price); NaN unknown */
    double waste_hours_cold, waste_hours_drain, waste_hours_overprovision; /* instance-hours */
    uint64_t launched[SP_MARKETS], denied, noticed, rebalanced, preempted, terminated, failed;
    uint64_t events, steps;
    uint64_t fingerprint;
    uint64_t unknown_price_pools; /* pools used without a known price */
    bool base_clamped;            /* base > target + overprovision was seen */
    double target_hours;          /* integral of target x nodes */
};
void sim_result_free(struct sim_result *r); /* frees what it owns, zeroes it */

/* Optional outputs of a run; zero-initialised means none. */
struct sim_outputs {
    FILE *journal; /* JSON lines, docs/journal.md */
    FILE *explain; /* every action with its reason, for a reader */
    /* called at each instant at which a curve changed, with the state from
     * at_ms on; capacity is UINT32_MAX when any pool is unlimited */
    void (*timeline)(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                     uint32_t capacity, int64_t cost_rate_uusd_per_h);
    void *timeline_arg;
};

/* A simulator that can be run again and again and reuses its memory. */
struct sim;
struct sim *sim_new(void);
void sim_free(struct sim *s);
/* Takes the memory of a result that is no longer needed over, for those of runs to
 * come; *r is empty then. */
void sim_reuse(struct sim *s, struct sim_result *r);
/* Runs to the horizon.  `result` need not be initialised; free it with
 * sim_result_free.  ERR_INPUT: the configuration contradicts itself;
 * ERR_FAILED: a policy broke the rules or an output could not be written. */
enum error_code sim_run(struct sim *s, const struct sim_config *config, const struct sim_outputs *outputs,
                        struct sim_result *result, struct error *e);

#endif
