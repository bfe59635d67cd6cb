/* SPDX-License-Identifier: Apache-2.0
 * Heavy churn: nine pools without limits, every replica a spot instance that
 * lives an exponential time, one policy that replaces what is lost.
 * bench/peers/simpy_churn.py is the same fleet. */
#ifndef SPOTSIM_BENCH_CHURN_H
#define SPOTSIM_BENCH_CHURN_H

#include "policies/spec.h"
#include "sim/sim.h"

struct churn_params {
    uint32_t target, pools;
    int64_t horizon_ms;
    int64_t mean_life_ms, cold_start_ms, launch_delay_ms;
    int64_t notice_ms;   /* 0: none */
    int64_t interval_ms; /* of decisions; 0: at each observation */
    double denial;       /* probability that a launch is denied */
    const char *policy;  /* mix and placer */
    uint64_t seed;
};

/* Lifetimes of an hour, cold starts of 183 s, nine pools, launches in turn. */
struct churn_params churn_params(uint32_t target, int64_t hours);

struct churn {
    struct trace trace;
    struct trace_pool *pools;
    struct pool_params *params;
    uint32_t *all;
    char (*names)[16];
    struct policy_registry *registry;
    struct policy_spec spec;
    struct group_config group;
    struct sim_config config; /* what sim_run takes */
};

/* Ends the program on errors. */
void churn_init(struct churn *c, const struct churn_params *p);
void churn_free(struct churn *c);
/* Hours that make about a million events of a fleet of this size. */
int64_t churn_hours(uint32_t target);

#endif
