/* SPDX-License-Identifier: Apache-2.0
 * What the composer keeps of the pools from step to step: how many spot
 * replicas each has, which are not to be asked now, and the best one for an
 * on-demand launch.  Only what has changed is looked at. */
#ifndef SPOTSIM_POLICIES_COMPOSER_POOLS_H
#define SPOTSIM_POLICIES_COMPOSER_POOLS_H

#include "base/hot.h"
#include "policies/pick.h"

/* Of one market. */
struct pools_asked {
    uint32_t n_changed, n_denied;
    uint32_t *changed; /* pools put by for the next look, each once; those of view->changed come on top */
    uint32_t *denied;  /* pools that said no at denied_ms, the instant last looked at */
    uint64_t *marked;  /* per pool: the round in which it was last put by */
    uint64_t round;    /* begins when what was put by has been looked at */
    bool *listed;      /* per pool: among the denied */
    bool *closed;      /* per pool: not to be asked now */
    int64_t denied_ms;
    bool used; /* something was launched in it, or was to be: before, nothing is kept */
};

struct composer_pools {
    uint32_t n;
    bool avoid_rebalance; /* a pool with spot replicas about to go gets no launches */
    uint32_t *planned;    /* per pool: alive spot rows plus what this step has asked for */
    bool *spare;          /* per pool: by its observed capacity, or unknown, there is room for another */
    uint32_t n_spare;
    struct pools_asked market[SP_MARKETS];
    struct pick *on_demand;
};

/* Pools that a placer is to look at again. */
struct pools_list {
    const uint32_t *pools;
    uint32_t n;
};

size_t composer_pools_size(uint32_t n);
/* `mem`: zeroed, composer_pools_size bytes, aligned to 16.  Every pool counts as changed. */
void composer_pools_init(struct composer_pools *c, void *mem, uint32_t n, bool avoid_rebalance);
static inline uint32_t composer_alive(const uint32_t n[SP_STATES]) {
    _Static_assert(SP_ALIVE_STATES == 5, "the states that count as alive");
    return n[SP_REQUESTED] + n[SP_PROVISIONING] + n[SP_STARTING] + n[SP_UNREADY] + n[SP_READY];
}

/* The general case of composer_pools_look, and of one pool in it. */
struct pools_list composer_pools_look_at_all(struct composer_pools *c, struct sp_view *view, enum sp_market m);
void composer_pools_look_at(struct composer_pools *c, const struct sp_view *view, enum sp_market m, uint32_t pool);
/* The room in a pool of known capacity after one more launch. */
void composer_pools_fill(struct composer_pools *c, const struct sp_view *view, uint32_t pool);

/* Brings planned, closed and the on-demand choice up to date for launches in
 * market m.  Takes note of view->changed, for both markets, and empties it.
 * Returns the pools that may have changed since the last look in this market;
 * the list stands until the next look. */
static HOT struct pools_list composer_pools_look(struct composer_pools *c, struct sp_view *view, enum sp_market m) {
    struct pools_asked *a = &c->market[m];
    bool nothing_put_by = a->used && a->n_denied == 0 && a->n_changed == 0 && !c->market[!m].used;
    if (m != SP_SPOT || c->avoid_rebalance || !nothing_put_by) return composer_pools_look_at_all(c, view, m);
    /* the usual case: spot only, and nobody said no lately */
    struct pools_list list = {view->changed, view->n_changed};
    a->denied_ms = view->now_ms;
    view->n_changed = 0;
    for (uint32_t i = 0; i < list.n; i++) {
        uint32_t p = list.pools[i];
        const struct sp_pool *pool = &view->pools[p];
        c->planned[p] = composer_alive(pool->count[SP_SPOT]);
        bool special = pool->last_denied_ms[SP_SPOT] == view->now_ms || a->closed[p] || pool->capacity != SP_UNKNOWN;
        if (special || !c->spare[p]) composer_pools_look_at(c, view, m, p);
    }
    return list;
}
/* No placer was shown the list: it is put by for the next look. */
void composer_pools_unseen(struct composer_pools *c, enum sp_market m, struct pools_list list);
/* One more spot replica is launched there in this step. */
static HOT void composer_pools_launched(struct composer_pools *c, const struct sp_view *view, uint32_t pool) {
    c->planned[pool]++;
    if (view->pools[pool].capacity != SP_UNKNOWN) composer_pools_fill(c, view, pool);
}

#endif
