/* SPDX-License-Identifier: Apache-2.0
 * The written semantics of a run, carried out as plainly as possible: second
 * by second, every replica looked at in every second.  Shares no code with the
 * engine; the property test compares the two. */
#ifndef SPOTSIM_TESTS_BRUTE_H
#define SPOTSIM_TESTS_BRUTE_H

#include <stdbool.h>
#include <stdint.h>

#define BRUTE_POOLS 4
#define BRUTE_STEPS 12
#define BRUTE_GROUPS 2
#define BRUTE_NONE UINT32_MAX /* no limit; for a price: not known */

enum brute_mix { BRUTE_SPOT, BRUTE_STATIC_BASE, BRUTE_SKYSERVE, BRUTE_ON_DEMAND, BRUTE_MIXES };
enum brute_placer { BRUTE_CHEAPEST, BRUTE_ROUND_ROBIN, BRUTE_EVEN_SPREAD, BRUTE_PLACERS };
enum brute_billing { BRUTE_PLAIN, BRUTE_AWS, BRUTE_GCP, BRUTE_BILLINGS };

/* value[i] holds from at[i] seconds on; at[0] is 0, neighbours differ. */
struct brute_series {
    uint32_t n;
    uint32_t at[BRUTE_STEPS], value[BRUTE_STEPS];
};

struct brute_pool { /* seconds, micro-dollars per hour, instances */
    struct brute_series capacity, price;
    uint32_t on_demand_price, on_demand_capacity;
    uint32_t notice, notice_delay, launch_delay, denial_delay, cold_start, region;
    uint32_t lifetime_cap; /* of spot; 0: none */
    uint32_t weight;       /* replicas that one row counts for */
    uint32_t group;
    bool accept; /* launches inside the notice window are granted with its deadline */
    bool oldest; /* reclaim rule */
    enum brute_billing billing;
};

struct brute_group {
    struct brute_series target;
    bool own; /* all of it is the group's, and it is constant; else the group has a share of it */
    enum brute_mix mix;
    uint32_t base, overprovision;
    bool dynamic, react;
    enum brute_placer placer;
};

struct brute_scenario {
    uint32_t n_pools, n_groups;
    struct brute_pool pool[BRUTE_POOLS];
    struct brute_group group[BRUTE_GROUPS];
    uint32_t split;                 /* of two groups: where the second one's share begins, 0 to 1000000 millionths */
    uint32_t quota[2][BRUTE_POOLS]; /* per market and region */
    uint32_t nodes, max_instances;
    uint32_t interval, idle_interval, drain, retry, linger; /* interval 0: on observations */
    uint32_t pickup, reap, probe, job_status, lb_sync;      /* loops, all in phase; 0: at once (job_status: none) */
    uint32_t launch_slots;
    bool observe_capacity, means_launch;
    uint32_t window_start, warmup, horizon; /* the traces cover window_start + horizon at least */
};

struct brute_result { /* seconds and counts since the end of warm-up */
    uint64_t full, any, base, base_asked;
    uint64_t served, demand;                                 /* replica-seconds */
    uint64_t outages[2], outage_longest[2], outage_total[2]; /* of full, of any */
    uint64_t used[2][BRUTE_POOLS], ready[2][BRUTE_POOLS];    /* instance-seconds */
    int64_t spent[2][BRUTE_POOLS];                           /* micro-dollars per hour x seconds */
    bool price_missing[2][BRUTE_POOLS];
    uint64_t launched[2][BRUTE_POOLS], denied[2][BRUTE_POOLS];
    uint64_t preempted[BRUTE_POOLS], noticed[BRUTE_POOLS], terminated[BRUTE_POOLS];
    uint64_t cold, draining, over; /* instance-seconds */
    uint64_t losses, recovered, recovery_longest;
    uint64_t group_full[BRUTE_GROUPS], group_any[BRUTE_GROUPS];
};

/* Fails the running test when the scenario does not settle or needs too many
 * replicas at once. */
void brute_run(const struct brute_scenario *s, struct brute_result *out);

#endif
