/* SPDX-License-Identifier: Apache-2.0
 * A mix in one file: spot while the cloud is calm; for a while after any
 * preemption, on-demand covers whatever spot is not ready.
 *
 *     spotsim run ... --policy 'docs/examples/policy_cautious.c(calm=30m)+cheapest'
 */
#include "policy.h"

static const struct sp_param params[] = {
    {"calm", SP_DURATION, "", 0, 864e5, "30m", "how long after a preemption to hold on-demand", NULL},
};

struct state {
    int64_t calm_ms;
    int64_t alarm_until_ms;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value, (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits, (void)key;
    struct state *s = mem; /* comes zeroed */
    s->calm_ms = value[0].i;
    s->alarm_until_ms = SP_NEVER;
}

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++)
        if (obs[i].kind == SP_OBS_PREEMPTED) s->alarm_until_ms = obs[i].at_ms + s->calm_ms;

    out->n[SP_SPOT] = view->target;
    if (view->now_ms >= s->alarm_until_ms) return SP_FOREVER; /* calm: nothing to do until something happens */
    if (counts->ready[SP_SPOT] < view->target) out->n[SP_ON_DEMAND] = view->target - counts->ready[SP_SPOT];
    return s->alarm_until_ms; /* then on-demand is let go */
}

static const struct sp_policy cautious = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "cautious",
    .summary = "spot; on-demand fallback for a while after a preemption",
    .source = "docs/policy-author.md",
    .params = params,
    .n_params = 1,
    .state_size = state_size,
    .init = init,
    .want = want,
};
SP_EXPORT_POLICY(cautious)
