/* SPDX-License-Identifier: Apache-2.0
 * The first `base` replicas on demand, the others on spot; missing spot is not
 * replaced by on-demand. */
#include "policies/builtin.h"
#include "policies/mix.h"

static const struct sp_param params[] = {MIX_PARAM_BASE(NULL), MIX_PARAMS_LOSS};

struct state {
    uint32_t base;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    ((struct state *)mem)->base = (uint32_t)value[0].i;
}

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    (void)counts;
    (void)obs;
    (void)n_obs;
    uint32_t base = mix_min(((const struct state *)mem)->base, view->target);
    out->base = base;
    out->n[SP_ON_DEMAND] = base;
    out->n[SP_SPOT] = view->target - base;
    return SP_FOREVER;
}

const struct sp_policy mix_static_base = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "static-base",
    .summary = "a fixed number of replicas on demand, the rest on spot",
    .source = "AWS OnDemandBaseCapacity; Azure baseRegularPriorityCount; Databricks first_on_demand",
    .params = params,
    .n_params = MIX_COUNT(params),
    .state_size = state_size,
    .init = init,
    .want = want,
    .hears = SP_HEARS_NONE,
};
