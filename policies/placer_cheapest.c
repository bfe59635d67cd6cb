/* SPDX-License-Identifier: Apache-2.0
 * Always the pool with the lowest spot price now. */
#include "policies/builtin.h"
#include "policies/select.h"

static uint32_t place(void *state, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)state;
    (void)planned;
    (void)wake_ms;
    struct select best = select_start();
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (closed[p]) continue;
        select_offer(&best, p, select_price(view->pools[p].price_uusd_per_h[SP_SPOT]), 0, 0);
    }
    return best.best;
}

const struct sp_policy placer_cheapest = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "cheapest",
    .summary = "the pool with the lowest spot price now",
    .source = "AWS lowest-price; SkyPilot's optimizer without a spot placer",
    .place = place,
};
