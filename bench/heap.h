/* SPDX-License-Identifier: Apache-2.0
 * What the event queue is measured against: 4-ary heaps of its 8-byte keys. */
#ifndef SPOTSIM_BENCH_HEAP_H
#define SPOTSIM_BENCH_HEAP_H

#include <stdint.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "sim/event_queue.h"

/* Four children share a cache line: the root is at 0 of `key`, which lies three
 * words into a line, so that its first child starts one. */
static inline uint64_t *heap_words(uint32_t n, void **memory) {
    *memory = aligned_alloc(64, ((size_t)n + 16) * 8 / 64 * 64);
    if (!*memory) bench_fail("out of memory");
    return (uint64_t *)*memory + 7;
}

static inline uint32_t heap_least_child(const uint64_t *key, uint32_t n, uint32_t i) {
    uint32_t child = 4 * i + 1, least = child;
    if (child + 4 <= n) { /* of all four, without a branch: which one it is cannot be foreseen */
        uint32_t a = child + (key[child + 1] < key[child]);
        uint32_t b = child + 2 + (key[child + 3] < key[child + 2]);
        return a + (b - a) * (key[b] < key[a]);
    }
    for (uint32_t c = child + 1; c < n; c++)
        if (key[c] < key[least]) least = c;
    return least;
}

/* ---- packed: nothing but keys; only the earliest can be moved ------------------- */

struct heap {
    uint32_t n;
    uint64_t *key;
    void *memory;
};

static inline void heap_init(struct heap *h, uint32_t n) {
    h->n = 0;
    h->key = heap_words(n, &h->memory);
}
static inline void heap_free(struct heap *h) { free(h->memory); }

static inline void heap_add(struct heap *h, uint64_t key) {
    uint32_t i = h->n++;
    for (; i > 0 && key < h->key[(i - 1) / 4]; i = (i - 1) / 4) h->key[i] = h->key[(i - 1) / 4];
    h->key[i] = key;
}

static inline void heap_replace_first(struct heap *h, uint64_t key) {
    uint32_t i = 0;
    while (4 * i + 1 < h->n) {
        uint32_t least = heap_least_child(h->key, h->n, i);
        if (h->key[least] >= key) break;
        h->key[i] = h->key[least];
        i = least;
    }
    h->key[i] = key;
}

/* ---- indexed: knows where each entity's key is, so any can be moved ------------------ */

struct indexed_heap {
    uint32_t n;
    uint64_t *key;
    void *memory;
    uint32_t *at; /* of each entity; UINT32_MAX: not set */
};

static inline void indexed_heap_init(struct indexed_heap *h, uint32_t n) {
    h->n = 0;
    h->key = heap_words(n, &h->memory);
    h->at = malloc(n * sizeof *h->at);
    if (!h->at) bench_fail("out of memory");
    for (uint32_t i = 0; i < n; i++) h->at[i] = UINT32_MAX;
}
static inline void indexed_heap_free(struct indexed_heap *h) {
    free(h->memory);
    free(h->at);
}

static inline void indexed_heap_put(struct indexed_heap *h, uint32_t i, uint64_t key) {
    h->key[i] = key;
    h->at[event_entity(key)] = i;
}

/* Puts `key` where it belongs, starting from the hole at i. */
static inline void indexed_heap_settle(struct indexed_heap *h, uint32_t i, uint64_t key) {
    if (i > 0 && key < h->key[(i - 1) / 4]) {
        for (; i > 0 && key < h->key[(i - 1) / 4]; i = (i - 1) / 4) indexed_heap_put(h, i, h->key[(i - 1) / 4]);
    } else {
        while (4 * i + 1 < h->n) {
            uint32_t least = heap_least_child(h->key, h->n, i);
            if (h->key[least] >= key) break;
            indexed_heap_put(h, i, h->key[least]);
            i = least;
        }
    }
    indexed_heap_put(h, i, key);
}

static inline void indexed_heap_set(struct indexed_heap *h, uint32_t entity, uint64_t key) {
    uint32_t i = h->at[entity];
    indexed_heap_settle(h, i == UINT32_MAX ? h->n++ : i, key);
}

static inline void indexed_heap_cancel(struct indexed_heap *h, uint32_t entity) {
    uint32_t i = h->at[entity];
    h->at[entity] = UINT32_MAX;
    uint64_t last = h->key[--h->n];
    if (i < h->n) indexed_heap_settle(h, i, last);
}

#endif
