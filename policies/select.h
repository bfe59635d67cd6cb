/* SPDX-License-Identifier: Apache-2.0
 * Choosing the smallest of a row of pools: the one place where placers and the
 * composer compare.  Header-only, so that a policy's object needs no symbol
 * from outside. */
#ifndef SPOTSIM_POLICIES_SELECT_H
#define SPOTSIM_POLICIES_SELECT_H

#include "policies/policy.h"

/* The best offer so far: smallest keys in order, then the one offered first.
 * Pools are offered in index order, so ties go by pool name. */
struct select {
    uint32_t best; /* SP_NONE: nothing offered yet */
    int64_t key[3];
};

static inline struct select select_start(void) { return (struct select){.best = SP_NONE, .key = {0, 0, 0}}; }

static inline void select_offer(struct select *s, uint32_t pool, int64_t k0, int64_t k1, int64_t k2) {
    if (s->best != SP_NONE) {
        if (k0 != s->key[0]) {
            if (k0 > s->key[0]) return;
        } else if (k1 != s->key[1]) {
            if (k1 > s->key[1]) return;
        } else if (k2 >= s->key[2]) {
            return;
        }
    }
    s->best = pool;
    s->key[0] = k0;
    s->key[1] = k1;
    s->key[2] = k2;
}

/* A price as a key: a price nobody knows sorts after every known one. */
static inline int64_t select_price(int64_t price_uusd_per_h) {
    return price_uusd_per_h < 0 ? INT64_MAX : price_uusd_per_h;
}

#endif
