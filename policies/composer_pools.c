/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/composer_pools.h"

#include "policies/select.h"

#define ALIGN 16u

static size_t room(size_t bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }

size_t composer_pools_size(uint32_t n) {
    size_t numbers = room(n * sizeof(uint32_t)), flags = room(n * sizeof(bool)), rounds = room(n * sizeof(uint64_t));
    return numbers + flags + SP_MARKETS * (2 * numbers + 2 * flags + rounds) + room(pick_size(n));
}

static void *take(char **at, size_t bytes) {
    void *taken = *at;
    *at += room(bytes);
    return taken;
}

static inline void mark(struct pools_asked *a, uint32_t pool) {
    if (a->marked[pool] == a->round) return;
    a->marked[pool] = a->round;
    a->changed[a->n_changed++] = pool;
}

void composer_pools_init(struct composer_pools *c, void *mem, uint32_t n, bool avoid_rebalance) {
    char *at = mem;
    c->n = n;
    c->avoid_rebalance = avoid_rebalance;
    c->n_spare = 0;
    c->planned = take(&at, n * sizeof(uint32_t));
    c->spare = take(&at, n * sizeof(bool));
    for (int m = 0; m < SP_MARKETS; m++) {
        struct pools_asked *a = &c->market[m];
        a->n_changed = a->n_denied = 0;
        a->round = 1; /* in memory that is zeroed none is marked */
        a->denied_ms = SP_NEVER;
        a->changed = take(&at, n * sizeof(uint32_t));
        a->denied = take(&at, n * sizeof(uint32_t));
        a->marked = take(&at, n * sizeof(uint64_t));
        a->listed = take(&at, n * sizeof(bool));
        a->closed = take(&at, n * sizeof(bool));
    }
    c->on_demand = take(&at, pick_size(n));
    pick_init(c->on_demand, n);
}

static void mark_list(struct pools_asked *a, const uint32_t *pools, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) mark(a, pools[i]);
}

/* The first launch in a market looks at all pools. */
static void first_use(struct composer_pools *c, struct pools_asked *a) {
    a->used = true;
    for (uint32_t p = 0; p < c->n; p++) mark(a, p);
}

/* Spot capacity that is observed is used up by what is there and on its way out. */
static inline void look_for_room(struct composer_pools *c, const struct sp_pool *pool, uint32_t p) {
    if (pool->capacity == SP_UNKNOWN && c->spare[p]) return;
    int64_t rows = (int64_t)c->planned[p] + pool->count[SP_SPOT][SP_DRAINING];
    bool spare = pool->capacity == SP_UNKNOWN || pool->capacity > rows;
    c->n_spare += (uint32_t)spare - (uint32_t)c->spare[p]; /* counts wrap around */
    c->spare[p] = spare;
}

/* Cheapest pool that did not say no last, else the one whose no is oldest. */
static void look_at_price(struct composer_pools *c, const struct sp_pool *pool, uint32_t p) {
    int64_t denied_ms = pool->last_denied_ms[SP_ON_DEMAND];
    bool denied = denied_ms != SP_NEVER && denied_ms >= pool->last_granted_ms[SP_ON_DEMAND];
    int64_t key = denied ? denied_ms : select_price(pool->price_uusd_per_h[SP_ON_DEMAND]);
    pick_set(c->on_demand, p, !c->market[SP_ON_DEMAND].closed[p], denied, key, 0);
}

/* What was closed at an earlier instant is to be looked at again. */
static void reopen(struct pools_asked *a, int64_t now_ms) {
    for (uint32_t i = 0; i < a->n_denied; i++) {
        a->listed[a->denied[i]] = false;
        mark(a, a->denied[i]);
    }
    a->n_denied = 0;
    a->denied_ms = now_ms;
}

/* A pool is not asked that said no at this very instant, or when what is there
 * is to be replaced because it is about to go. */
static inline void look_whether_open(struct composer_pools *c, const struct sp_pool *pool, enum sp_market m, uint32_t p,
                                     int64_t now_ms) {
    struct pools_asked *a = &c->market[m];
    bool denied = pool->last_denied_ms[m] == now_ms;
    a->closed[p] = denied || (m == SP_SPOT && c->avoid_rebalance && pool->rebalance[SP_SPOT] > 0);
    if (!denied || a->listed[p]) return;
    a->listed[p] = true;
    a->denied[a->n_denied++] = p;
}

void composer_pools_look_at(struct composer_pools *c, const struct sp_view *view, enum sp_market m, uint32_t p) {
    const struct sp_pool *pool = &view->pools[p];
    look_whether_open(c, pool, m, p, view->now_ms);
    if (m == SP_ON_DEMAND) {
        look_at_price(c, pool, p);
    } else {
        c->planned[p] = composer_alive(pool->count[SP_SPOT]);
        look_for_room(c, pool, p);
    }
}

struct pools_list composer_pools_look_at_all(struct composer_pools *c, struct sp_view *view, enum sp_market m) {
    struct pools_asked *a = &c->market[m], *other = &c->market[!m];
    struct pools_list list = {view->changed, view->n_changed};
    if (!a->used) first_use(c, a);
    if (a->denied_ms != view->now_ms) reopen(a, view->now_ms);
    if (other->used) mark_list(other, list.pools, list.n);
    if (a->n_changed > 0) { /* one list of both, each pool once */
        mark_list(a, list.pools, list.n);
        list = (struct pools_list){a->changed, a->n_changed};
        a->round++;
        a->n_changed = 0;
    }
    view->n_changed = 0;
    for (uint32_t i = 0; i < list.n; i++) composer_pools_look_at(c, view, m, list.pools[i]);
    return list;
}

void composer_pools_unseen(struct composer_pools *c, enum sp_market m, struct pools_list list) {
    struct pools_asked *a = &c->market[m];
    if (list.pools != a->changed) { /* else they stand there already */
        mark_list(a, list.pools, list.n);
        return;
    }
    for (uint32_t i = 0; i < list.n; i++) a->marked[list.pools[i]] = a->round;
    a->n_changed = list.n;
}

void composer_pools_fill(struct composer_pools *c, const struct sp_view *view, uint32_t pool) {
    look_for_room(c, &view->pools[pool], pool);
}
