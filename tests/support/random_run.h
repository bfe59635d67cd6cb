/* SPDX-License-Identifier: Apache-2.0
 * A whole run drawn from a seed: trace, pools, control lags, groups and
 * policies, with everything the engine can do. */
#ifndef SPOTSIM_TESTS_RANDOM_RUN_H
#define SPOTSIM_TESTS_RANDOM_RUN_H

#include "tests/support/harness.h"

#define RANDOM_GROUPS 3

/* A stream of small random numbers from a seed. */
struct luck {
    uint64_t key, n;
};
uint32_t luck_below(struct luck *l, uint32_t n); /* uniform in [0, n) */
bool luck_one_in(struct luck *l, uint32_t n);
double luck_share(struct luck *l); /* uniform in (0, 1) */

struct random_run {
    struct harness h; /* config and result; run it with harness_run */
    struct group_config groups[RANDOM_GROUPS];
    struct policy_spec specs[RANDOM_GROUPS];
    uint32_t pools[RANDOM_GROUPS][16];
    struct quota quotas[2];
    char text[1200]; /* the groups' policies, for messages */
};

void random_run_start(struct random_run *r, uint64_t seed);
void random_run_end(struct random_run *r);

/* The first field in which two results of the same configuration differ, or
 * NULL.  Everything is compared, bit for bit. */
const char *results_differ(const struct sim_result *a, const struct sim_result *b);

#endif
