/* SPDX-License-Identifier: Apache-2.0
 * The smallest of many pools whose keys change one at a time: a tournament
 * among them, O(log pools) per change, the winner read off the root.
 * Header-only, so that a policy's object needs no symbol from outside. */
#ifndef SPOTSIM_POLICIES_PICK_H
#define SPOTSIM_POLICIES_PICK_H

#include "policies/policy.h"

/* Smallest keys in order, then the lowest index (pools are ordered by name). */
struct pick_key {
    int64_t k[3];
};

struct pick {
    uint32_t leaves;   /* a power of two, at least the number of pools */
    uint32_t winner[]; /* [2 * leaves]: node i plays 2i against 2i+1; then the keys, [leaves] */
};

static inline uint32_t pick_leaves(uint32_t n) {
    uint32_t leaves = 2;
    while (leaves < n) leaves *= 2;
    return leaves;
}

/* Bytes for n pools, aligned to 8. */
static inline size_t pick_size(uint32_t n) {
    size_t leaves = pick_leaves(n);
    return (sizeof(struct pick) + 2 * leaves * sizeof(uint32_t) + 7) / 8 * 8 + leaves * sizeof(struct pick_key);
}

static inline struct pick_key *pick_keys(struct pick *t) {
    size_t before = (sizeof(struct pick) + 2 * (size_t)t->leaves * sizeof(uint32_t) + 7) / 8 * 8;
    return (struct pick_key *)(void *)((char *)t + before);
}

/* Empty.  `t` has pick_size(n) bytes, aligned to 8. */
static inline void pick_init(struct pick *t, uint32_t n) {
    t->leaves = pick_leaves(n);
    for (uint32_t i = 0; i < 2 * t->leaves; i++) t->winner[i] = SP_NONE;
}

static inline bool pick_less(const struct pick_key *a, const struct pick_key *b) {
    if (a->k[0] != b->k[0]) return a->k[0] < b->k[0];
    if (a->k[1] != b->k[1]) return a->k[1] < b->k[1];
    return a->k[2] < b->k[2];
}

static inline uint32_t pick_play(const struct pick_key *keys, uint32_t left, uint32_t right) {
    if (left == SP_NONE) return right;
    if (right == SP_NONE) return left;
    return pick_less(&keys[right], &keys[left]) ? right : left;
}

/* A pool takes part with this key, or does not (`in` false). */
static inline void pick_set(struct pick *t, uint32_t pool, bool in, int64_t k0, int64_t k1, int64_t k2) {
    struct pick_key *keys = pick_keys(t);
    uint32_t i = t->leaves + pool, me = in ? pool : SP_NONE;
    if (t->winner[i] == SP_NONE && !in) return;
    if (t->winner[i] == me && keys[pool].k[0] == k0 && keys[pool].k[1] == k1 && keys[pool].k[2] == k2) return;
    keys[pool] = (struct pick_key){{k0, k1, k2}};
    t->winner[i] = me;
    while (i > 1) {
        i /= 2;
        uint32_t was = t->winner[i];
        t->winner[i] = pick_play(keys, t->winner[2 * i], t->winner[2 * i + 1]);
        if (t->winner[i] == was && was != pool) return;
    }
}

/* SP_NONE when none takes part. */
static inline uint32_t pick_best(const struct pick *t) { return t->winner[1]; }

#endif
