/* SPDX-License-Identifier: Apache-2.0
 * Always the pool that holds the fewest spot replicas, so it keeps asking the
 * emptiest one, whether that one gives anything or not. */
#include "policies/builtin.h"
#include "policies/select.h"

static uint32_t place(void *state, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)state;
    (void)wake_ms;
    struct select best = select_start();
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (!closed[p]) select_offer(&best, p, planned[p], 0, 0);
    }
    return best.best;
}

const struct sp_policy placer_even_spread = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "even-spread",
    .summary = "the pool with the fewest spot replicas",
    .source = "SpotHedge artifact, policies/naive_spread.py",
    .place = place,
};
