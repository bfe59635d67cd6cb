/* SPDX-License-Identifier: Apache-2.0
 * Always the pool that holds the fewest spot replicas, so it keeps asking the
 * emptiest one, whether that one gives anything or not. */
#include "policies/builtin.h"
#include "policies/placer_pick.h"

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)wake_ms;
    struct pick *best = mem;
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        pick_set(best, p, !closed[p], planned[p], 0, 0);
    }
    return pick_best(best);
}

const struct sp_policy placer_even_spread = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "even-spread",
    .summary = "the pool with the fewest spot replicas",
    .source = "SpotHedge artifact, policies/naive_spread.py",
    .state_size = placer_pick_size,
    .init = placer_pick_init,
    .place = place,
    .digest = placer_pick_digest,
};
