/* SPDX-License-Identifier: Apache-2.0
 * Comparing replications of a run with an exact expectation. */
#ifndef SPOTSIM_TESTS_CLOSED_H
#define SPOTSIM_TESTS_CLOSED_H

#include "tests/support/harness.h"

/* Mean and spread of independent values (Welford). */
struct moments {
    uint64_t n;
    double mean, m2;
};
void moments_add(struct moments *m, double x);
double moments_se(const struct moments *m); /* standard error of the mean */

/* Largest distance allowed between a mean and its expectation, in standard
 * errors: one comparison in 16,000 of a right engine would leave it, and the
 * seeds are fixed. */
#define CLOSED_Z_MAX 4.0

/* The mean lies within CLOSED_Z_MAX standard errors of `exact`, and the test
 * could have seen a difference of `tolerance` (absolute): that many standard
 * errors are not wider than it. */
void closed_check(const char *what, const struct moments *m, double exact, double tolerance);
/* Prints how many comparisons closed_check has made and the largest distance
 * among them; for the last test of a program. */
void closed_report(void);

/* Share of time that a count of ready replicas held, per market and in sum. */
#define OCCUPANCY_MAX 64
enum occupancy_of { OCCUPANCY_SPOT, OCCUPANCY_ON_DEMAND, OCCUPANCY_BOTH, OCCUPANCIES };
struct occupancy {
    int64_t from_ms, since_ms; /* counting starts at from_ms */
    uint32_t now[OCCUPANCIES];
    int64_t ms[OCCUPANCIES][OCCUPANCY_MAX];
};
/* Runs once and measures; counts from the end of the warm-up on. */
void occupancy_run(struct harness *h, struct occupancy *o);
double occupancy_share(const struct occupancy *o, enum occupancy_of of, uint32_t ready);

/* A harness with one pool "a" of unlimited capacity over span_s seconds. */
void closed_start(struct harness *h, const char *policy, uint32_t target, int64_t span_s, const char *warmup);

/* P(X = k) and P(X >= k) of a binomial. */
double binomial_is(uint32_t n, double p, uint32_t k);
double binomial_least(uint32_t n, double p, uint32_t k);

#endif
