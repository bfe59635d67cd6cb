/* SPDX-License-Identifier: Apache-2.0
 * SpotHedge's placer: a zone drawn at random among the active ones that hold
 * no replica, else among all active ones.  A zone where a replica was lost or
 * denied is benched; one that still holds replicas and has lost none since the
 * last decision is active again.  When too few are active, all become active:
 * fewer than two in the paper; in its simulator at most min(1, zones - 3). */
#include "policies/builtin.h"
#include "policies/pool_set.h"
#include "policies/pool_sum.h"

enum { PAPER, CODE };
static const char *const reset_names[] = {"paper", "code", NULL};

static const struct sp_param params[] = {
    {"reset", SP_ENUM, "", 0, 0, "paper",
     "all pools become active again when fewer than 2 are (paper), or at most min(1, pools - 3) (code)", reset_names},
};

struct location {
    int64_t lost_ms; /* benched by the decision that learned of the last loss; SP_NEVER: active */
    bool listed;     /* among the returning */
    bool open, used; /* as last seen */
};

struct state {
    uint64_t stream;
    uint64_t sum;      /* digest of lost_ms */
    uint32_t n, least; /* fewer active pools than `least`: all become active */
    uint32_t active;
    uint32_t n_returning;
    struct location at[];
};

/* After the locations, first the benched pools to look at in the next step, as
 * they hold or have held replicas; */
static uint32_t *returning(struct state *s) { return (uint32_t *)(void *)(s->at + s->n); }

/* then those that are active and open: without replicas, and with. */
static struct pool_set *unused_pools(struct state *s) { return (struct pool_set *)(void *)(returning(s) + s->n); }

static struct pool_set *used_pools(struct state *s) {
    return (struct pool_set *)(void *)((char *)unused_pools(s) + pool_set_size(s->n));
}

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    size_t pool = sizeof(struct location) + sizeof(uint32_t);
    return sizeof(struct state) + limits->pools * pool + 2 * pool_set_size(limits->pools);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    struct state *s = mem;
    s->stream = key;
    s->n = s->active = limits->pools;
    /* below three pools the code can run out of active ones, and then raises */
    s->least = value[0].i == PAPER || s->n > 3 ? 2 : 1;
    for (uint32_t p = 0; p < s->n; p++) s->at[p].lost_ms = SP_NEVER;
    pool_set_init(unused_pools(s), s->n);
    pool_set_init(used_pools(s), s->n);
}

static void enter(struct state *s, uint32_t p) {
    const struct location *at = &s->at[p];
    bool candidate = at->open && at->lost_ms == SP_NEVER;
    pool_set_put(unused_pools(s), p, candidate && !at->used);
    pool_set_put(used_pools(s), p, candidate && at->used);
}

/* Benches a pool, or makes it active (SP_NEVER). */
static void set_lost(struct state *s, uint32_t p, int64_t lost_ms) {
    struct location *at = &s->at[p];
    s->active += (uint32_t)(lost_ms == SP_NEVER) - (uint32_t)(at->lost_ms == SP_NEVER); /* counts wrap around */
    pool_sum_change(&s->sum, p, at->lost_ms, lost_ms);
    at->lost_ms = lost_ms;
}

static void set_active(struct state *s, uint32_t p) {
    set_lost(s, p, SP_NEVER);
    enter(s, p);
}

static bool holds(const struct sp_pool *pool) {
    const uint32_t *n = pool->count[SP_SPOT];
    return n[SP_STARTING] + n[SP_UNREADY] + n[SP_READY] > 0;
}

/* A benched pool can hold replicas only if an observation has told of them.
 * The pools that observations name are among the changed when the next place
 * is asked for, so they need not be entered here. */
static void learn(struct state *s, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    for (uint32_t i = 0; i < n_obs; i++) {
        uint32_t p = obs[i].pool;
        if (obs[i].market != SP_SPOT || p >= s->n) continue;
        /* a guard of ours says nothing about the pool */
        bool denied = obs[i].kind == SP_OBS_DENIED && obs[i].reason != SP_DENIED_GUARD;
        if (denied || obs[i].kind == SP_OBS_PREEMPTED) set_lost(s, p, view->now_ms);
        if (s->at[p].lost_ms == SP_NEVER || s->at[p].listed || !holds(&view->pools[p])) continue;
        s->at[p].listed = true;
        returning(s)[s->n_returning++] = p;
    }
}

/* Those that hold replicas and have lost none in this step are active again;
 * those that have lost one in this step are looked at again in the next. */
static void take_back(struct state *s, const struct sp_view *view) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < s->n_returning; i++) {
        uint32_t p = returning(s)[i];
        struct location *at = &s->at[p];
        bool back = at->lost_ms != SP_NEVER && holds(&view->pools[p]);
        at->listed = back && at->lost_ms == view->now_ms;
        if (at->listed)
            returning(s)[kept++] = p;
        else if (back)
            set_active(s, p);
    }
    s->n_returning = kept;
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    learn(s, view, obs, n_obs);
    take_back(s, view);
    if (s->active < s->least && s->active < s->n) { /* costs less than the losses that led to it */
        for (uint32_t p = 0; p < s->n; p++) {
            s->at[p].listed = false;
            if (s->at[p].lost_ms != SP_NEVER) set_active(s, p);
        }
        s->n_returning = 0;
    }
    /* they come back at the next decision, whatever is observed by then */
    return s->n_returning > 0 ? view->now_ms + 1 : SP_FOREVER;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)wake_ms;
    struct state *s = mem;
    for (uint32_t i = 0; i < view->n_changed; i++) {
        uint32_t p = view->changed[i];
        s->at[p].open = !closed[p];
        s->at[p].used = planned[p] > 0;
        enter(s, p);
    }
    const struct pool_set *from = unused_pools(s);
    if (pool_set_count(from) == 0) from = used_pools(s);
    uint32_t n = pool_set_count(from);
    return n > 0 ? pool_set_nth(from, sp_random_below(&s->stream, n)) : SP_NONE;
}

static uint64_t digest(const void *mem) {
    const struct state *s = mem;
    return sp_mix64(s->stream ^ sp_mix64(s->sum));
}

const struct sp_policy placer_spothedge = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "spothedge",
    .summary = "SpotHedge's own: a random active pool, unused ones first; a pool is benched by a loss or denial",
    .source = "SpotHedge paper (arXiv 2411.01438) and artifact, policies/spot_hedge.py",
    .params = params,
    .n_params = 1,
    .state_size = state_size,
    .init = init,
    .observe = observe,
    .place = place,
    .digest = digest,
};
