/* SPDX-License-Identifier: Apache-2.0
 * The cheapest pool that has neither denied nor preempted for a while, unused
 * ones first: SkyServe's choice with a time-out in place of its reset rule. */
#include "policies/builtin.h"
#include "policies/select.h"

#define TTL_MAX_MS 315360e6 /* 3650 days */

static const struct sp_param params[] = {
    {"ttl", SP_DURATION, "", 0, TTL_MAX_MS, "600s", "how long a pool is passed over after a denial or preemption",
     NULL},
};

struct state {
    int64_t ttl_ms;
    int64_t until_ms[]; /* per pool: passed over before this time */
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + limits->pools * sizeof(int64_t);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)key;
    struct state *s = mem;
    s->ttl_ms = value[0].i;
    for (uint32_t p = 0; p < limits->pools; p++) s->until_ms[p] = SP_NEVER;
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++) {
        if (obs[i].market != SP_SPOT || obs[i].pool >= view->n_pools) continue;
        /* a guard of ours says nothing about the pool */
        bool denied = obs[i].kind == SP_OBS_DENIED && obs[i].reason != SP_DENIED_GUARD;
        if (!denied && obs[i].kind != SP_OBS_PREEMPTED) continue;
        int64_t until = obs[i].at_ms + s->ttl_ms;
        if (until > s->until_ms[obs[i].pool]) s->until_ms[obs[i].pool] = until;
    }
    return SP_FOREVER;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    const struct state *s = mem;
    struct select best = select_start();
    int64_t first_end = SP_FOREVER;
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (s->until_ms[p] > view->now_ms) {
            if (s->until_ms[p] < first_end) first_end = s->until_ms[p];
        } else if (!closed[p]) {
            select_offer(&best, p, planned[p] > 0, select_price(view->pools[p].price_uusd_per_h[SP_SPOT]), 0);
        }
    }
    if (best.best == SP_NONE) *wake_ms = first_end;
    return best.best;
}

const struct sp_policy placer_ttl_bench = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "ttl-bench",
    .summary = "cheapest pool, unused ones first, passing over one for a time after it denied or preempted",
    .source = "AWS ParallelCluster (600 s), Karpenter (180 s): insufficient-capacity time-outs",
    .params = params,
    .n_params = 1,
    .state_size = state_size,
    .init = init,
    .observe = observe,
    .place = place,
};
