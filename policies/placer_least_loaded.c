/* SPDX-License-Identifier: Apache-2.0
 * The pool with the fewest spot replicas among those whose last word was not a
 * refusal; the cheaper of equals. */
#include "policies/builtin.h"
#include "policies/select.h"

/* A denial or preemption came later than the last grant. */
static bool refused(const struct sp_pool *pool) {
    int64_t granted = pool->last_granted_ms[SP_SPOT];
    return pool->last_denied_ms[SP_SPOT] > granted || pool->last_preempted_ms > granted;
}

static uint32_t place(void *state, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)state;
    (void)wake_ms;
    struct select best = select_start();
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (closed[p]) continue;
        const struct sp_pool *pool = &view->pools[p];
        select_offer(&best, p, refused(pool), planned[p], select_price(pool->price_uusd_per_h[SP_SPOT]));
    }
    return best.best;
}

const struct sp_policy placer_least_loaded = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "least-loaded",
    .summary = "the pool with the fewest spot replicas that did not refuse last, the cheaper of equals",
    .source = "SkyPilot's earlier spot_policies.py (fewest replicas among active locations)",
    .place = place,
};
