/* SPDX-License-Identifier: Apache-2.0
 * The pending events: one timer per entity, in a tournament tree.  Setting,
 * moving and cancelling are the same operation, O(log entities); the earliest
 * is read off the root.
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

struct event_queue {
    uint64_t *tree; /* [2*leaves]: tree[1] is the earliest, leaves at [leaves, 2*leaves) */
    uint32_t leaves;
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

/* Sets the entity's timer to `key` (whose entity it must be), or cancels it
 * with EVENT_NONE. */
static inline void event_queue_set(struct event_queue *q, uint32_t entity, uint64_t key) {
    uint32_t i = q->leaves + entity;
    q->tree[i] = key;
    while (i > 1) {
        uint64_t a = q->tree[i], b = q->tree[i ^ 1];
        uint64_t least = a < b ? a : b;
        i >>= 1;
        if (q->tree[i] == least) return;
        q->tree[i] = least;
    }
}
static inline uint64_t event_queue_get(const struct event_queue *q, uint32_t entity) {
    return q->tree[q->leaves + entity];
}
/* Cancels the timer of the entity that holds the earliest. */
static inline void event_queue_pop(struct event_queue *q, uint32_t entity) {
    uint32_t i = q->leaves + entity;
    uint64_t least = EVENT_NONE;
    q->tree[i] = EVENT_NONE;
    /* it won every round up to the root, so every round is played again */
    for (; i > 1; i >>= 1) {
        uint64_t other = q->tree[i ^ 1];
        least = other < least ? other : least;
        q->tree[i >> 1] = least;
    }
}
/* Sets the timer of an entity that has none. */
static inline void event_queue_insert(struct event_queue *q, uint32_t entity, uint64_t key) {
    uint32_t i = q->leaves + entity;
    assert(q->tree[i] == EVENT_NONE);
    for (; i >= 1 && key < q->tree[i]; i >>= 1) q->tree[i] = key;
}
/* EVENT_NONE when nothing is pending. */
static inline uint64_t event_queue_first(const struct event_queue *q) { return q->tree[1]; }

#endif
