/* SPDX-License-Identifier: Apache-2.0
 * bench/peers/: runs the SimPy models and holds their results against ours. */
#ifndef SPOTSIM_BENCH_PEER_SIMPY_H
#define SPOTSIM_BENCH_PEER_SIMPY_H

#include <stdbool.h>

#include "bench/churn.h"

/* The Python that has SimPy, from $SPOTSIM_BENCH_SIMPY; NULL when it is not to be
 * had: then `what` is said to be missing. */
const char *simpy_python(const char *what);

/* ns per timer of SimPy's hold model with n timers. */
double simpy_hold(const char *python, uint32_t n, uint64_t ops);

/* Runs the peer and returns its seconds.  Ends the program when a result differs
 * from ours: counts, shares, outages, recoveries and hours must be equal, costs
 * to 1e-12 of them. */
double simpy_churn(const char *python, const struct churn_params *p, bool woken_by_all, const struct sim_result *ours);

#endif
