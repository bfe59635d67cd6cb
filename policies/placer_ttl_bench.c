/* SPDX-License-Identifier: Apache-2.0
 * The cheapest pool that has neither denied nor preempted for a while, unused
 * ones first: SkyServe's choice with a time-out in place of its reset rule. */
#include "policies/builtin.h"
#include "policies/pick.h"
#include "policies/pool_sum.h"
#include "policies/select.h"

#define TTL_MAX_MS 315360e6 /* 3650 days */

static const struct sp_param params[] = {
    {"ttl", SP_DURATION, "", 0, TTL_MAX_MS, "600s", "how long a pool is passed over after a denial or preemption",
     NULL},
};

struct seat {
    int64_t until_ms;    /* passed over before this time; SP_NEVER at first */
    uint32_t next, prev; /* on the bench, by until_ms; SP_NONE ends */
    bool benched;
};

struct state {
    int64_t ttl_ms;
    uint64_t sum; /* digest of until_ms */
    uint32_t n;
    uint32_t first, last; /* on the bench */
    struct seat at[];
};

/* After the seats: the open pools not on the bench, unused ones first, then by price. */
static struct pick *choice(struct state *s) { return (struct pick *)(void *)(s->at + s->n); }

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + limits->pools * sizeof(struct seat) + pick_size(limits->pools);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)key;
    struct state *s = mem;
    s->ttl_ms = value[0].i;
    s->n = limits->pools;
    s->first = s->last = SP_NONE;
    for (uint32_t p = 0; p < s->n; p++) s->at[p].until_ms = SP_NEVER;
    pick_init(choice(s), s->n);
}

static void leave_bench(struct state *s, uint32_t p) {
    struct seat *at = &s->at[p];
    *(at->prev == SP_NONE ? &s->first : &s->at[at->prev].next) = at->next;
    *(at->next == SP_NONE ? &s->last : &s->at[at->next].prev) = at->prev;
    at->benched = false;
}

/* Observations come in the order of time, so the place is the last one. */
static void take_seat(struct state *s, uint32_t p) {
    struct seat *at = &s->at[p];
    uint32_t before = s->last;
    while (before != SP_NONE && s->at[before].until_ms > at->until_ms) before = s->at[before].prev;
    at->prev = before;
    at->next = before == SP_NONE ? s->first : s->at[before].next;
    *(at->prev == SP_NONE ? &s->first : &s->at[at->prev].next) = p;
    *(at->next == SP_NONE ? &s->last : &s->at[at->next].prev) = p;
    at->benched = true;
}

/* The pool is named by an observation, hence among the changed when the next
 * place is asked for: then it drops out of the choice. */
static void bench(struct state *s, uint32_t p, int64_t until_ms) {
    struct seat *at = &s->at[p];
    if (until_ms <= at->until_ms) return;
    if (at->benched) leave_bench(s, p);
    pool_sum_change(&s->sum, p, at->until_ms, until_ms);
    at->until_ms = until_ms;
    take_seat(s, p);
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++) {
        if (obs[i].market != SP_SPOT || obs[i].pool >= view->n_pools) continue;
        /* a guard of ours says nothing about the pool */
        bool denied = obs[i].kind == SP_OBS_DENIED && obs[i].reason != SP_DENIED_GUARD;
        if (!denied && obs[i].kind != SP_OBS_PREEMPTED) continue;
        bench(s, obs[i].pool, obs[i].at_ms + s->ttl_ms);
    }
    return SP_FOREVER;
}

static void enter(struct state *s, const struct sp_view *view, uint32_t p, bool used, bool open) {
    int64_t price = select_price(view->pools[p].price_uusd_per_h[SP_SPOT]);
    pick_set(choice(s), p, open && !s->at[p].benched, used, price, 0);
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    struct state *s = mem;
    for (uint32_t p = s->first; p != SP_NONE && s->at[p].until_ms <= view->now_ms; p = s->first) {
        leave_bench(s, p);
        enter(s, view, p, planned[p] > 0, !closed[p]);
    }
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        enter(s, view, p, planned[p] > 0, !closed[p]);
    }
    uint32_t best = pick_best(choice(s));
    if (best == SP_NONE) *wake_ms = s->first == SP_NONE ? SP_FOREVER : s->at[s->first].until_ms;
    return best;
}

static uint64_t digest(const void *mem) { return ((const struct state *)mem)->sum; }

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
    .hears = SP_HEARS(SP_OBS_DENIED) | SP_HEARS(SP_OBS_PREEMPTED),
    .place = place,
    .digest = digest,
};
