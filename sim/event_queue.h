/* SPDX-License-Identifier: Apache-2.0
 * The pending events: one timer per entity, in a tournament tree whose rounds
 * are between four.  Setting, moving and cancelling are the same operation,
 * O(log entities); the earliest is read off the root.  A timer that is set to
 * come next of all waits in front of the tree and never enters it.
 *
 * Key = time:40 | class:4 | entity:20, so the order of events at one instant
 * is part of the number and the entity comes back with it. */
#ifndef SPOTSIM_SIM_EVENT_QUEUE_H
#define SPOTSIM_SIM_EVENT_QUEUE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define EVENT_TIME_BITS 40
#define EVENT_CLASS_BITS 4
#define EVENT_ENTITY_BITS 20
#define EVENT_NONE UINT64_MAX
_Static_assert(EVENT_TIME_BITS + EVENT_CLASS_BITS + EVENT_ENTITY_BITS == 64, "the key is one word");

/* What happens first at one instant; see docs/decisions/order-at-an-instant.md. */
enum event_class {
    EVENT_TICK,     /* decisions by the clock: they see the world as it was before */
    EVENT_TRACE,    /* prices and capacity change, with the reclaims that causes */
    EVENT_LIFETIME, /* lifetimes end */
    EVENT_NOTICE,   /* interruption notices, rebalance recommendations */
    EVENT_LAUNCH,   /* requests go out, the cloud answers */
    EVENT_READY,    /* readiness, probes */
    EVENT_DRAIN,    /* drains end, rows are cleared */
    EVENT_TARGET,   /* the demand changes */
    EVENT_DECIDE,   /* decisions caused by what happened at this instant */
    EVENT_CLASSES
};
_Static_assert(EVENT_CLASSES <= 1 << EVENT_CLASS_BITS, "classes fit the key");

/* The tree's root is at 3, the four below node i from 4(i-2) on: so they share
 * a cache line, and i's parent is i/4 + 2.  Rounds are played up to `top`, the
 * root of the smallest part that holds every entity used so far. */
#define EVENT_ROOT 3u

struct event_queue {
    uint64_t *tree; /* [first_leaf + leaves]: each node the earliest of the four below it */
    uint64_t front; /* a timer that is not in the tree; EVENT_NONE */
    uint32_t first_leaf, leaves;
    uint32_t top, used; /* entities below `used` are below `top`: a power of four */
};

static inline uint64_t event_key(int64_t at_ms, enum event_class class, uint32_t entity) {
    assert(at_ms >= 0 && at_ms < (INT64_C(1) << EVENT_TIME_BITS) && entity < 1u << EVENT_ENTITY_BITS);
    return ((uint64_t)at_ms << (EVENT_CLASS_BITS + EVENT_ENTITY_BITS)) | ((uint64_t) class << EVENT_ENTITY_BITS) |
           entity;
}
static inline int64_t event_time(uint64_t key) { return (int64_t)(key >> (EVENT_CLASS_BITS + EVENT_ENTITY_BITS)); }
static inline enum event_class event_class_of(uint64_t key) {
    return (enum event_class)((key >> EVENT_ENTITY_BITS) & ((1u << EVENT_CLASS_BITS) - 1));
}
static inline uint32_t event_entity(uint64_t key) { return (uint32_t)(key & ((1u << EVENT_ENTITY_BITS) - 1)); }

/* Empties the queue and makes room for entities below n. */
enum error_code event_queue_reset(struct event_queue *q, uint32_t n, struct error *e);
/* Keeps what is set and makes room for entities below n. */
enum error_code event_queue_grow(struct event_queue *q, uint32_t n, struct error *e);
void event_queue_free(struct event_queue *q);

/* Raises the top until it is above the entity. */
void event_queue_rise(struct event_queue *q, uint32_t entity);

static inline uint64_t event_earlier(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* EVENT_NONE when nothing is pending. */
static inline uint64_t event_queue_first(const struct event_queue *q) {
    return event_earlier(q->front, q->tree[q->top]);
}
static inline bool event_queue_in_front(const struct event_queue *q, uint32_t entity) {
    return q->front != EVENT_NONE && event_entity(q->front) == entity;
}
static inline uint64_t event_queue_get(const struct event_queue *q, uint32_t entity) {
    return event_queue_in_front(q, entity) ? q->front : q->tree[q->first_leaf + entity];
}

/* Sets the entity's timer to `key` (whose entity it must be), or cancels it
 * with EVENT_NONE. */
static inline void event_queue_set(struct event_queue *q, uint32_t entity, uint64_t key) {
    if (event_queue_in_front(q, entity)) q->front = EVENT_NONE;
    if (entity >= q->used) event_queue_rise(q, entity);
    uint64_t *tree = q->tree, least = key;
    uint32_t i = q->first_leaf + entity, top = q->top;
    tree[i] = key;
    while (i != top) {
        uint64_t others = event_earlier(event_earlier(tree[i ^ 1], tree[i ^ 2]), tree[i ^ 3]);
        least = event_earlier(least, others);
        i = i / 4 + 2;
        if (tree[i] == least) return;
        tree[i] = least;
    }
}

/* Cancels the timer of the entity that holds the earliest. */
static inline void event_queue_pop(struct event_queue *q, uint32_t entity) {
    if (event_queue_in_front(q, entity)) {
        q->front = EVENT_NONE;
        return;
    }
    uint64_t *tree = q->tree, least = EVENT_NONE;
    uint32_t i = q->first_leaf + entity, top = q->top;
    tree[i] = EVENT_NONE;
    /* it won every round up to the top, so every round is played again; a
     * round at least, as the top is never a leaf */
    do {
        uint64_t others = event_earlier(event_earlier(tree[i ^ 1], tree[i ^ 2]), tree[i ^ 3]);
        least = event_earlier(least, others);
        i = i / 4 + 2;
        tree[i] = least;
    } while (i != top);
}

/* Sets the timer of an entity that has none. */
static inline void event_queue_insert(struct event_queue *q, uint32_t entity, uint64_t key) {
    if (entity >= q->used) event_queue_rise(q, entity);
    uint64_t *tree = q->tree;
    if (key < tree[q->top] && q->front == EVENT_NONE) {
        q->front = key;
        return;
    }
    uint32_t i = q->first_leaf + entity, top = q->top;
    assert(tree[i] == EVENT_NONE);
    while (key < tree[i]) {
        tree[i] = key;
        if (i == top) return;
        i = i / 4 + 2;
    }
}

#endif
