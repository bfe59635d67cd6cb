/* SPDX-License-Identifier: Apache-2.0
 * The first `base` replicas on demand, and a percentage of those above it,
 * rounded up; missing spot is not replaced by on-demand. */
#include "policies/builtin.h"
#include "policies/mix.h"

static const struct sp_param params[] = {
    MIX_PARAM_BASE("0"),
    {"percent", SP_INT, "%", 0, 100, "100", "share on demand of the replicas above the base, rounded up", NULL},
    MIX_PARAMS_LOSS,
};

struct state {
    uint32_t base, percent;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    struct state *s = mem;
    s->base = (uint32_t)value[0].i;
    s->percent = (uint32_t)value[1].i;
}

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    (void)counts;
    (void)obs;
    (void)n_obs;
    const struct state *s = mem;
    uint32_t base = mix_min(s->base, view->target);
    uint64_t above = view->target - base;
    uint32_t on_demand = base + (uint32_t)((above * s->percent + 99) / 100);
    out->base = on_demand;
    out->n[SP_ON_DEMAND] = on_demand;
    out->n[SP_SPOT] = view->target - on_demand;
    return SP_FOREVER;
}

const struct sp_policy mix_base_percent = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "base-percent",
    .summary = "a base on demand, a percentage above it on demand, the rest on spot",
    .source = "AWS InstancesDistribution (OnDemandPercentageAboveBaseCapacity); Azure; Tencent",
    .params = params,
    .n_params = MIX_COUNT(params),
    .state_size = state_size,
    .init = init,
    .want = want,
    .hears = SP_HEARS_NONE,
};
