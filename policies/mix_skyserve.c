/* SPDX-License-Identifier: Apache-2.0
 * SkyServe's FallbackRequestRateAutoscaler, its arithmetic and nothing more.
 * Where the real one raises and launches nothing (base above target plus
 * overprovision) the wanted spot is clamped to 0; the composer tells. */
#include "policies/builtin.h"
#include "policies/mix.h"

static const struct sp_param params[] = {
    MIX_PARAM_BASE("0"),
    {"dynamic", SP_BOOL, "", 0, 1, "false", "on-demand in place of spot replicas that are not ready", NULL},
    MIX_PARAM_OVERPROVISION,
    MIX_PARAMS_LOSS,
};

struct state {
    uint32_t base, dynamic, overprovision;
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
    s->dynamic = value[1].i != 0;
    s->overprovision = (uint32_t)value[2].i;
}

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    (void)obs;
    (void)n_obs;
    const struct state *s = mem;
    uint32_t spot = mix_less((uint64_t)view->target + s->overprovision, s->base);
    uint64_t on_demand = s->base;
    /* ready, not alive: a spot replica may hang in provisioning for long */
    if (s->dynamic) on_demand += mix_less(spot, counts->ready[SP_SPOT]);
    out->n[SP_SPOT] = spot;
    /* the target bounds it: no fallback for overprovisioned replicas */
    out->n[SP_ON_DEMAND] = mix_min(on_demand, view->target);
    out->base = mix_min(s->base, view->target);
    return SP_FOREVER;
}

const struct sp_policy mix_skyserve = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "skyserve",
    .summary = "SkyServe's mix: a base on demand, and on-demand fallback for spot that is not ready",
    .source = "SkyPilot sky/serve/autoscalers.py, FallbackRequestRateAutoscaler",
    .params = params,
    .n_params = MIX_COUNT(params),
    .state_size = state_size,
    .init = init,
    .want = want,
    .hears = SP_HEARS(SP_OBS_READY) | SP_HEARS(SP_OBS_UNREADY) | SP_HEARS(SP_OBS_PREEMPTED) | SP_HEARS(SP_OBS_FAILED) |
             SP_HEARS(SP_OBS_NOTICE) | SP_HEARS(SP_OBS_REBALANCE) | SP_HEARS(SP_OBS_TERMINATED),
};
