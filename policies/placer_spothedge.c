/* SPDX-License-Identifier: Apache-2.0
 * SpotHedge's placer: a zone drawn at random among the active ones that hold
 * no replica, else among all active ones.  A zone where a replica was lost or
 * denied is benched; one that still holds replicas and has lost none since the
 * last decision is active again.  When too few are active, all become active:
 * fewer than two in the paper; in its simulator at most min(1, zones - 3). */
#include "policies/builtin.h"

enum { PAPER, CODE };
static const char *const reset_names[] = {"paper", "code", NULL};

static const struct sp_param params[] = {
    {"reset", SP_ENUM, "", 0, 0, "paper",
     "all pools become active again when fewer than 2 are (paper), or at most min(1, pools - 3) (code)", reset_names},
};

struct location {
    int64_t lost_ms; /* the decision that learned of the last loss; SP_NEVER */
    int64_t benched;
};

struct state {
    uint64_t stream;
    uint32_t n, least; /* fewer active pools than `least`: all become active */
    struct location at[];
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + limits->pools * sizeof(struct location);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    struct state *s = mem;
    s->stream = key;
    s->n = limits->pools;
    /* below three pools the code can run out of active ones, and then raises */
    s->least = value[0].i == PAPER || s->n > 3 ? 2 : 1;
    for (uint32_t p = 0; p < s->n; p++) s->at[p].lost_ms = SP_NEVER;
}

static void learn(struct state *s, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    for (uint32_t i = 0; i < n_obs; i++) {
        if (obs[i].market != SP_SPOT || obs[i].pool >= s->n) continue;
        /* a guard of ours says nothing about the pool */
        bool denied = obs[i].kind == SP_OBS_DENIED && obs[i].reason != SP_DENIED_GUARD;
        if (!denied && obs[i].kind != SP_OBS_PREEMPTED) continue;
        s->at[obs[i].pool].lost_ms = view->now_ms;
        s->at[obs[i].pool].benched = 1;
    }
}

static bool holds(const struct sp_pool *pool) {
    const uint32_t *n = pool->count[SP_SPOT];
    return n[SP_STARTING] + n[SP_UNREADY] + n[SP_READY] > 0;
}

static int64_t observe(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs) {
    struct state *s = mem;
    learn(s, view, obs, n_obs);
    uint32_t active = 0;
    bool comes_back = false; /* at the next decision, whatever is observed by then */
    for (uint32_t p = 0; p < s->n; p++) {
        struct location *at = &s->at[p];
        if (at->benched && holds(&view->pools[p])) {
            at->benched = at->lost_ms == view->now_ms;
            comes_back |= at->benched != 0;
        }
        active += !at->benched;
    }
    if (active < s->least) {
        for (uint32_t p = 0; p < s->n; p++) s->at[p].benched = 0;
        comes_back = false;
    }
    return comes_back ? view->now_ms + 1 : SP_FOREVER;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)wake_ms;
    struct state *s = mem;
    uint32_t active = 0, empty = 0;
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (closed[p] || s->at[p].benched) continue;
        active++;
        empty += planned[p] == 0;
    }
    if (active == 0) return SP_NONE;
    uint32_t skip = sp_random_below(&s->stream, empty > 0 ? empty : active);
    for (uint32_t p = 0; p < view->n_pools; p++) {
        if (closed[p] || s->at[p].benched || (empty > 0 && planned[p] > 0)) continue;
        if (skip-- == 0) return p;
    }
    return SP_NONE;
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
};
