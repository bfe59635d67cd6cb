/* SPDX-License-Identifier: Apache-2.0
 * The smallest of many pools whose keys change one at a time: a tournament
 * among them, O(log pools) per change, the winner read off the root.
 * Header-only, so that a policy's object needs no symbol from outside. */
#ifndef SPOTSIM_POLICIES_PICK_H
#define SPOTSIM_POLICIES_PICK_H

#include "policies/select.h"

/* Smallest keys in order, then the lowest index (pools are ordered by name). */
struct pick_key {
    int64_t k[3];
};

/* With so few leaves, comparing all of them when asked is cheaper than playing. */
#define PICK_FEW 16u

struct pick {
    uint32_t n;        /* pools */
    uint32_t leaves;   /* a power of two, at least n */
    uint32_t unplayed; /* few leaves, and the winner is not known */
    uint32_t reserved;
    uint32_t winner[]; /* [2 * leaves]: of node i, where 2i plays 2i+1; [leaves + p]: p or SP_NONE; then the keys */
};

static inline uint32_t pick_leaves(uint32_t n) {
    uint32_t leaves = 2;
    while (leaves < n) leaves *= 2;
    return leaves;
}

/* Bytes for n pools; a multiple of 8. */
static inline size_t pick_size(uint32_t n) {
    size_t leaves = pick_leaves(n);
    return sizeof(struct pick) + leaves * (2 * sizeof(uint32_t) + sizeof(struct pick_key));
}

static inline struct pick_key *pick_keys(struct pick *t) {
    return (struct pick_key *)(void *)(t->winner + 2 * (size_t)t->leaves);
}

/* Empty.  `t` has pick_size(n) bytes, aligned to 8. */
static inline void pick_init(struct pick *t, uint32_t n) {
    t->leaves = pick_leaves(n);
    t->n = n;
    t->unplayed = 0;
    for (uint32_t i = 0; i < 2 * t->leaves; i++) t->winner[i] = SP_NONE;
}

static inline bool pick_less(const struct pick_key *a, const struct pick_key *b) {
    if (a->k[0] != b->k[0]) return a->k[0] < b->k[0];
    if (a->k[1] != b->k[1]) return a->k[1] < b->k[1];
    return a->k[2] < b->k[2];
}

static inline bool pick_before(const struct pick_key *keys, uint32_t pool, uint32_t other) {
    return pick_less(&keys[pool], &keys[other]) || (pool < other && !pick_less(&keys[other], &keys[pool]));
}

/* A pool takes part with this key, or does not (`in` false). */
static inline void pick_set(struct pick *t, uint32_t pool, bool in, int64_t k0, int64_t k1, int64_t k2) {
    struct pick_key *keys = pick_keys(t);
    uint32_t i = t->leaves + pool, winner = in ? pool : SP_NONE;
    if (t->winner[i] == winner && (!in || (keys[pool].k[0] == k0 && keys[pool].k[1] == k1 && keys[pool].k[2] == k2)))
        return;
    keys[pool] = (struct pick_key){{k0, k1, k2}};
    t->winner[i] = winner;
    if (t->leaves <= PICK_FEW) {
        t->unplayed = 1;
        return;
    }
    while (i > 1) {
        uint32_t other = t->winner[i ^ 1];
        if (other != SP_NONE && (winner == SP_NONE || pick_before(keys, other, winner))) winner = other;
        i /= 2;
        /* the same as before, and not for a key that has changed */
        if (t->winner[i] == winner && winner != pool) return;
        t->winner[i] = winner;
    }
}

/* SP_NONE when none takes part. */
static inline uint32_t pick_best(struct pick *t) {
    if (!t->unplayed) return t->winner[1];
    const struct pick_key *keys = pick_keys(t);
    const uint32_t *in = t->winner + t->leaves;
    struct select best = select_start();
    for (uint32_t p = 0; p < t->n; p++)
        if (in[p] != SP_NONE) select_offer(&best, p, keys[p].k[0], keys[p].k[1], keys[p].k[2]);
    t->winner[1] = best.best;
    t->unplayed = 0;
    return best.best;
}

#endif
