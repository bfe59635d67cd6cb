/* SPDX-License-Identifier: Apache-2.0
 * Always the pool with the lowest spot price now. */
#include "policies/builtin.h"
#include "policies/placer_pick.h"
#include "policies/select.h"

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)planned;
    (void)wake_ms;
    struct pick *best = mem;
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        pick_set(best, p, !closed[p], select_price(view->pools[p].price_uusd_per_h[SP_SPOT]), 0, 0);
    }
    return pick_best(best);
}

const struct sp_policy placer_cheapest = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "cheapest",
    .summary = "the pool with the lowest spot price now",
    .source = "AWS lowest-price; SkyPilot's optimizer without a spot placer",
    .state_size = placer_pick_size,
    .init = placer_pick_init,
    .place = place,
    .digest = placer_pick_digest,
    .hears = SP_HEARS_NONE,
};
