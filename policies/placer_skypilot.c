/* SPDX-License-Identifier: Apache-2.0
 * SkyServe's spot placer `dynamic_fallback`, with its reset rule: fewer than
 * two active pools make every pool active again.  A pool is active until a
 * preemption or a failed launch, and again after a launch that went well. */
#include "policies/builtin.h"
#include "policies/select.h"

struct location {
    int64_t price; /* as first seen, kept for life; SP_UNKNOWN: not seen yet */
    int64_t preempted;
};

struct state {
    uint32_t n, active;
    struct location at[];
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + limits->pools * sizeof(struct location);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)value;
    (void)key;
    struct state *s = mem;
    s->n = limits->pools;
    s->active = limits->pools;
    for (uint32_t p = 0; p < s->n; p++) s->at[p].price = SP_UNKNOWN;
}

static void set_active(struct state *s, uint32_t p) {
    s->active += s->at[p].preempted != 0;
    s->at[p].preempted = 0;
}

static void set_preempted(struct state *s, uint32_t p) {
    s->active -= s->at[p].preempted == 0;
    s->at[p].preempted = 1;
    if (s->active >= 2) return;
    for (uint32_t i = 0; i < s->n; i++) s->at[i].preempted = 0;
    s->active = s->n;
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++) {
        if (obs[i].market != SP_SPOT || obs[i].pool >= view->n_pools) continue;
        if (obs[i].kind == SP_OBS_GRANTED) set_active(s, obs[i].pool);
        /* a guard of ours is no failed launch: nothing was tried */
        bool denied = obs[i].kind == SP_OBS_DENIED && obs[i].reason != SP_DENIED_GUARD;
        if (denied || obs[i].kind == SP_OBS_PREEMPTED) set_preempted(s, obs[i].pool);
    }
    return SP_FOREVER;
}

/* A spot row of any state keeps its location in use until it is cleared. */
static bool in_use(const struct sp_pool *pool, uint32_t planned) {
    const uint32_t *n = pool->count[SP_SPOT];
    return planned + n[SP_DRAINING] + n[SP_FAILED] + n[SP_PREEMPTED] > 0;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)wake_ms;
    struct state *s = mem;
    struct select best = select_start();
    for (uint32_t p = 0; p < view->n_pools; p++) {
        struct location *at = &s->at[p];
        if (at->price < 0) at->price = view->pools[p].price_uusd_per_h[SP_SPOT];
        if (closed[p] || at->preempted) continue;
        select_offer(&best, p, in_use(&view->pools[p], planned[p]), select_price(at->price), 0);
    }
    return best.best;
}

const struct sp_policy placer_skypilot = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "skypilot",
    .summary = "SkyServe's dynamic_fallback: cheapest active pool, unused ones first; reset below two active",
    .source = "SkyPilot sky/serve/spot_placer.py, DynamicFallbackSpotPlacer",
    .state_size = state_size,
    .init = init,
    .observe = observe,
    .place = place,
};
