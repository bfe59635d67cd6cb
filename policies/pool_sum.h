/* SPDX-License-Identifier: Apache-2.0
 * A digest of a value that a placer keeps of each pool: the sum of value times
 * a factor of the pool's own.  A value that changes costs one multiplication,
 * however many pools there are.  Header-only, see select.h. */
#ifndef SPOTSIM_POLICIES_POOL_SUM_H
#define SPOTSIM_POLICIES_POOL_SUM_H

#include "policies/policy.h"

/* A pool's value goes from one to another; all of them start anywhere. */
static inline void pool_sum_change(uint64_t *sum, uint32_t pool, int64_t from, int64_t to) {
    *sum += ((uint64_t)to - (uint64_t)from) * sp_mix64(pool);
}

#endif
