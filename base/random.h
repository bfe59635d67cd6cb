/* SPDX-License-Identifier: Apache-2.0
 * Keyed randomness: a draw is a pure function of what it is for, so the same
 * launch sees the same luck under every policy (common random numbers) and on
 * any number of threads.  Mixing: SplitMix64's finaliser (Steele, Lea, Flood,
 * OOPSLA 2014). */
#ifndef SPOTSIM_BASE_RANDOM_H
#define SPOTSIM_BASE_RANDOM_H

#include <stdint.h>

#include "base/hot.h"

static HOT uint64_t random_mix(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Folds one more part into a key; order matters. */
static HOT uint64_t random_key(uint64_t key, uint64_t part) { return random_mix(key ^ random_mix(part)); }

/* Key of a name (FNV-1a, then mixed), so that adding a pool changes no other. */
static inline uint64_t random_key_text(uint64_t key, const char *text) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *text; text++) h = (h ^ (unsigned char)*text) * 0x100000001b3u;
    return random_key(key, h);
}

/* Uniform in (0, 1): 53 bits, never 0; the highest of them rounds to 1, once in 2^53
 * draws. */
static HOT double random_u01(uint64_t key) { return ((double)(random_mix(key) >> 11) + 0.5) * 0x1.0p-53; }

#endif
