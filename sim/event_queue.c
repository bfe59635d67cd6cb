/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/event_queue.h"

#include <stdlib.h>
#include <string.h>

static uint32_t leaves_for(uint32_t n) {
    uint32_t leaves = 64;
    while (leaves < n) leaves *= 2;
    return leaves;
}

static void rebuild(struct event_queue *q) {
    for (uint32_t i = q->leaves - 1; i >= 1; i--) {
        uint64_t a = q->tree[2 * i], b = q->tree[2 * i + 1];
        q->tree[i] = a < b ? a : b;
    }
}

enum error_code event_queue_reset(struct event_queue *q, uint32_t n, struct error *e) {
    uint32_t leaves = leaves_for(n);
    if (leaves > q->leaves) {
        uint64_t *tree = realloc(q->tree, 2 * (size_t)leaves * sizeof *tree);
        if (!tree) return error_set(e, ERR_FAILED, NULL, "out of memory");
        q->tree = tree;
        q->leaves = leaves;
    }
    memset(q->tree, 0xff, 2 * (size_t)q->leaves * sizeof *q->tree); /* EVENT_NONE */
    return OK;
}

enum error_code event_queue_grow(struct event_queue *q, uint32_t n, struct error *e) {
    uint32_t leaves = leaves_for(n);
    if (leaves <= q->leaves) return OK;
    uint64_t *tree = malloc(2 * (size_t)leaves * sizeof *tree);
    if (!tree) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memset(tree, 0xff, 2 * (size_t)leaves * sizeof *tree);
    if (q->leaves) memcpy(tree + leaves, q->tree + q->leaves, q->leaves * sizeof *tree);
    free(q->tree);
    q->tree = tree;
    q->leaves = leaves;
    rebuild(q);
    return OK;
}

void event_queue_free(struct event_queue *q) {
    free(q->tree);
    q->tree = NULL;
    q->leaves = 0;
}
