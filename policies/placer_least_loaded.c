/* SPDX-License-Identifier: Apache-2.0
 * The pool with the fewest spot replicas among those whose last word was not a
 * refusal; the cheaper of equals.  When all have refused, the one whose refusal
 * is oldest, so that no dead pool is asked for ever. */
#include "policies/builtin.h"
#include "policies/placer_pick.h"
#include "policies/select.h"

/* When the pool last denied or preempted, if that came later than its last
 * grant; SP_NEVER otherwise. */
static int64_t refused_ms(const struct sp_pool *pool) {
    int64_t denied = pool->last_denied_ms[SP_SPOT], preempted = pool->last_preempted_ms;
    int64_t last = denied > preempted ? denied : preempted;
    return last > pool->last_granted_ms[SP_SPOT] ? last : SP_NEVER;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)wake_ms;
    struct pick *best = mem;
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        const struct sp_pool *pool = &view->pools[p];
        int64_t price = select_price(pool->price_uusd_per_h[SP_SPOT]);
        pick_set(best, p, !closed[p], refused_ms(pool), planned[p], price);
    }
    return pick_best(best);
}

const struct sp_policy placer_least_loaded = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "least-loaded",
    .summary = "the pool with the fewest spot replicas that did not refuse last, the cheaper of equals",
    .source = "SkyPilot's earlier spot_policies.py (fewest replicas among active locations)",
    .state_size = placer_pick_size,
    .init = placer_pick_init,
    .place = place,
    .digest = placer_pick_digest,
};
