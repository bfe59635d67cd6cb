/* SPDX-License-Identifier: Apache-2.0
 * SkyServe's spot placer `dynamic_fallback`, with its reset rule: fewer than
 * two active pools make every pool active again.  A pool is active until a
 * preemption or a failed launch, and again after a launch that went well. */
#include "policies/builtin.h"
#include "policies/pick.h"
#include "policies/pool_sum.h"
#include "policies/select.h"

struct location {
    int64_t price; /* as first seen, kept for life; SP_UNKNOWN: not seen yet */
    bool preempted;
    bool open, used; /* as last seen */
};

struct state {
    uint64_t sum; /* digest of price and preempted */
    uint32_t n, active;
    struct location at[];
};

/* After the locations: the active and open pools, unused ones first, then by price. */
static struct pick *choice(struct state *s) { return (struct pick *)(void *)(s->at + s->n); }

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + limits->pools * sizeof(struct location) + pick_size(limits->pools);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)value;
    (void)key;
    struct state *s = mem;
    s->n = limits->pools;
    s->active = limits->pools;
    for (uint32_t p = 0; p < s->n; p++) s->at[p].price = SP_UNKNOWN;
    pick_init(choice(s), s->n);
}

static void enter(struct state *s, uint32_t p) {
    const struct location *at = &s->at[p];
    pick_set(choice(s), p, at->open && !at->preempted, at->used, select_price(at->price), 0);
}

/* The pools that observations name are among the changed when the next place
 * is asked for, so marks alone need not be entered. */
static void mark(struct state *s, uint32_t p, bool preempted) {
    struct location *at = &s->at[p];
    if (at->preempted == preempted) return;
    pool_sum_change(&s->sum, p, at->preempted, preempted);
    s->active += preempted ? UINT32_MAX : 1; /* counts wrap around */
    at->preempted = preempted;
}

/* A reset costs no more than the marks that led to it. */
static void set_preempted(struct state *s, uint32_t p) {
    mark(s, p, true);
    if (s->active >= 2) return;
    for (uint32_t i = 0; i < s->n; i++) {
        mark(s, i, false);
        enter(s, i);
    }
}

static void see_price(struct state *s, uint32_t p, int64_t price) {
    if (price < 0) return;
    pool_sum_change(&s->sum, p, 0, 2 * (price + 1)); /* 0: not seen; the bit below is the mark */
    s->at[p].price = price;
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++) {
        if (obs[i].market != SP_SPOT || obs[i].pool >= view->n_pools) continue;
        if (obs[i].kind == SP_OBS_GRANTED) mark(s, obs[i].pool, false);
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
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        struct location *at = &s->at[p];
        if (at->price < 0) see_price(s, p, view->pools[p].price_uusd_per_h[SP_SPOT]);
        at->open = !closed[p];
        at->used = in_use(&view->pools[p], planned[p]);
        enter(s, p);
    }
    return pick_best(choice(s));
}

static uint64_t digest(const void *mem) { return ((const struct state *)mem)->sum; }

const struct sp_policy placer_skypilot = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "skypilot",
    .summary = "SkyServe's dynamic_fallback: cheapest active pool, unused ones first; reset below two active",
    .source = "SkyPilot sky/serve/spot_placer.py, DynamicFallbackSpotPlacer",
    .state_size = state_size,
    .init = init,
    .observe = observe,
    .hears = SP_HEARS(SP_OBS_GRANTED) | SP_HEARS(SP_OBS_DENIED) | SP_HEARS(SP_OBS_PREEMPTED),
    .place = place,
    .digest = digest,
};
