/* SPDX-License-Identifier: Apache-2.0
 * A run put together by hand: a trace from small arrays or files, one group,
 * a profile, single settings.  Every step asserts that it worked. */
#ifndef SPOTSIM_TESTS_HARNESS_H
#define SPOTSIM_TESTS_HARNESS_H

#include "policies/spec.h"
#include "sim/sim.h"
#include "tests/support/support.h"

struct harness {
    struct trace *trace;
    bool own_trace;
    struct policy_registry *registry;
    struct policy_spec spec;
    struct pool_params *pools;
    uint32_t *all_pools;
    struct group_config group;
    struct sim_config config; /* change what a test is about before running */
    struct sim *sim;
    struct sim_result result;
};

/* A trace by hand: pool names, and per pool "t:capacity t:capacity ..." with
 * times in seconds ("0:4 600:2"; * is unlimited); all span `span_s`. */
struct trace *harness_trace(uint32_t n, const char *const *names, const char *const *capacity, int64_t span_s);
/* Takes the trace over when `own`.  `policy` may begin with an autoscaler;
 * otherwise constant(target). */
void harness_start(struct harness *h, struct trace *trace, bool own, const char *profile, const char *policy,
                   uint32_t target);
/* One setting: "control.X", "cloud.defaults.X" (all pools) or
 * "cloud.pools.NAME.X". */
void harness_set(struct harness *h, const char *path, const char *text);
/* Runs; the result is in h->result. */
void harness_run(struct harness *h);
void harness_run_out(struct harness *h, const struct sim_outputs *outputs);
/* Runs and asserts that the ready replicas come and go as written:
 * "SECOND:SPOT+ON_DEMAND ...", an entry for each change, e.g. "0:0+0 183:2+1". */
void harness_ready(struct harness *h, const char *expected);
/* Runs and asserts that every line of `expected` (separated by \n) is in what
 * --explain prints, in this order. */
void harness_explains(struct harness *h, const char *expected);
void harness_end(struct harness *h);

#endif
