/* SPDX-License-Identifier: Apache-2.0
 * Spot replicas only. */
#include "policies/builtin.h"
#include "policies/mix.h"

static const struct sp_param params[] = {MIX_PARAM_OVERPROVISION, MIX_PARAMS_LOSS};

struct state {
    uint32_t overprovision;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    ((struct state *)mem)->overprovision = (uint32_t)value[0].i;
}

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    (void)counts;
    (void)obs;
    (void)n_obs;
    out->n[SP_SPOT] = view->target + ((const struct state *)mem)->overprovision;
    return SP_FOREVER;
}

const struct sp_policy mix_spot = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "spot",
    .summary = "all replicas on spot",
    .source = "SkyServe with spot and no fallback; SpotHedge's StaticSpotProvision",
    .params = params,
    .n_params = MIX_COUNT(params),
    .state_size = state_size,
    .init = init,
    .want = want,
    .hears = SP_HEARS_NONE,
};
