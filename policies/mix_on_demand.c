/* SPDX-License-Identifier: Apache-2.0
 * Every replica on demand: the yardstick for cost and availability. */
#include "policies/builtin.h"
#include "policies/mix.h"

static const struct sp_param params[] = {MIX_PARAMS_LOSS};

static int64_t want(void *state, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    (void)state;
    (void)counts;
    (void)obs;
    (void)n_obs;
    out->n[SP_ON_DEMAND] = view->target;
    out->base = view->target;
    return SP_FOREVER;
}

const struct sp_policy mix_on_demand = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "on-demand",
    .summary = "all replicas on demand",
    .source = "every cloud's plain fleet",
    .params = params,
    .n_params = MIX_COUNT(params),
    .want = want,
    .hears = SP_HEARS_NONE,
};
