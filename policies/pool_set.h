/* SPDX-License-Identifier: Apache-2.0
 * A set of pools that change one at a time, asked for its size, its k-th pool
 * in order of index, the next one from an index on: a tree of counts, each in
 * O(log pools).  Header-only, so that a policy's object needs no symbol from
 * outside. */
#ifndef SPOTSIM_POLICIES_POOL_SET_H
#define SPOTSIM_POLICIES_POOL_SET_H

#include "policies/policy.h"

struct pool_set {
    uint32_t leaves; /* a power of two, at least the number of pools */
    uint32_t
        count[]; /* [2 * leaves]: pools of the set below node i, which is above 2i and 2i+1; [leaves + p]: pool p */
};

static inline uint32_t pool_set_leaves(uint32_t n) {
    uint32_t leaves = 1;
    while (leaves < n) leaves *= 2;
    return leaves;
}

/* Bytes for n pools; a multiple of 4. */
static inline size_t pool_set_size(uint32_t n) {
    return sizeof(struct pool_set) + 2 * (size_t)pool_set_leaves(n) * sizeof(uint32_t);
}

/* Empty.  `s` has pool_set_size(n) bytes, aligned to 4. */
static inline void pool_set_init(struct pool_set *s, uint32_t n) {
    s->leaves = pool_set_leaves(n);
    for (uint32_t i = 0; i < 2 * s->leaves; i++) s->count[i] = 0;
}

static inline uint32_t pool_set_count(const struct pool_set *s) { return s->count[1]; }

static inline bool pool_set_has(const struct pool_set *s, uint32_t pool) { return s->count[s->leaves + pool] != 0; }

static inline void pool_set_put(struct pool_set *s, uint32_t pool, bool in) {
    if (pool_set_has(s, pool) == in) return;
    uint32_t more = in ? 1 : UINT32_MAX; /* counts wrap around */
    for (uint32_t i = s->leaves + pool; i > 0; i /= 2) s->count[i] += more;
}

/* The pool with k others of the set before it; k < pool_set_count. */
static inline uint32_t pool_set_nth(const struct pool_set *s, uint32_t k) {
    uint32_t i = 1;
    while (i < s->leaves) {
        i *= 2;
        if (k < s->count[i]) continue;
        k -= s->count[i];
        i++;
    }
    return i - s->leaves;
}

/* The first pool of the set from `pool` on, which is below n; SP_NONE: none is left. */
static inline uint32_t pool_set_next(const struct pool_set *s, uint32_t pool) {
    uint32_t i = s->leaves + pool;
    if (s->count[i] != 0) return pool;
    /* up to the first node with something to the right of where we come from */
    while (i % 2 == 1 || s->count[i + 1] == 0) {
        if (i == 1) return SP_NONE;
        i /= 2;
    }
    i++;
    while (i < s->leaves) i = s->count[2 * i] != 0 ? 2 * i : 2 * i + 1;
    return i - s->leaves;
}

#endif
