/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/event_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

/* A power of four. */
static uint32_t leaves_for(uint32_t n) {
    uint32_t leaves = 64;
    while (leaves < n) leaves *= 4;
    return leaves;
}

/* Leaves begin after the root's generation, its children's, ... */
static uint32_t first_leaf_for(uint32_t leaves) {
    uint32_t first = EVENT_ROOT;
    for (uint32_t width = 1; width < leaves; width *= 4) first = 4 * (first - 2);
    return first;
}

#define SMALLEST 16u /* entities below the lowest top */

/* The top above the first `used` leaves, a power of four. */
static void set_top(struct event_queue *q, uint32_t used) {
    q->used = used;
    q->top = q->first_leaf;
    for (uint32_t width = used; width > 1; width /= 4) q->top = q->top / 4 + 2;
}

void event_queue_rise(struct event_queue *q, uint32_t entity) {
    while (entity >= q->used) {
        uint64_t least = q->tree[q->top];
        set_top(q, q->used * 4);
        q->tree[q->top] = least; /* beside it nothing was ever set */
    }
}

static uint64_t *new_tree(uint32_t leaves) {
    size_t size = ((size_t)first_leaf_for(leaves) + leaves) * sizeof(uint64_t);
    uint64_t *tree = pages_alloc((size + 63) & ~(size_t)63);
    if (tree) memset(tree, 0xff, size); /* EVENT_NONE */
    return tree;
}

static enum error_code out_of_queue_memory(struct error *e) { return error_set(e, ERR_FAILED, NULL, "out of memory"); }

static void take_tree(struct event_queue *q, uint64_t *tree, uint32_t leaves) {
    free(q->tree);
    q->tree = tree;
    q->leaves = leaves;
    q->first_leaf = first_leaf_for(leaves);
}

enum error_code event_queue_reset(struct event_queue *q, uint32_t n, struct error *e) {
    uint32_t leaves = leaves_for(n);
    q->front = EVENT_NONE;
    if (leaves <= q->leaves) {
        memset(q->tree, 0xff, ((size_t)q->first_leaf + q->leaves) * sizeof *q->tree);
        set_top(q, SMALLEST);
        return OK;
    }
    uint64_t *tree = new_tree(leaves);
    if (!tree) return out_of_queue_memory(e);
    take_tree(q, tree, leaves);
    set_top(q, SMALLEST);
    return OK;
}

enum error_code event_queue_grow(struct event_queue *q, uint32_t n, struct error *e) {
    uint32_t leaves = leaves_for(n);
    if (leaves <= q->leaves) return OK;
    uint64_t *tree = new_tree(leaves);
    if (!tree) return out_of_queue_memory(e);
    uint32_t first = first_leaf_for(leaves);
    if (q->leaves)
        memcpy(tree + first, q->tree + q->first_leaf, q->leaves * sizeof *tree);
    else
        q->front = EVENT_NONE;
    for (uint32_t i = first - 1; i >= EVENT_ROOT; i--) {
        const uint64_t *four = tree + 4 * (size_t)(i - 2);
        tree[i] = event_earlier(event_earlier(four[0], four[1]), event_earlier(four[2], four[3]));
    }
    uint32_t used = q->leaves ? q->used : SMALLEST;
    take_tree(q, tree, leaves);
    set_top(q, used);
    return OK;
}

void event_queue_free(struct event_queue *q) {
    free(q->tree);
    q->tree = NULL;
    q->leaves = q->first_leaf = q->used = 0;
}
