/* SPDX-License-Identifier: Apache-2.0
 * Hold model (Jones 1986): take the earliest timer, set it again an
 * exponential time later.  Peer: a 4-ary heap of the same 8-byte keys. */
#include <math.h>
#include <stdint.h>

#include "base/random.h"
#include "bench/bench.h"
#include "sim/event_queue.h"

#define ROUNDS 5
#define INCREMENTS 65536u /* drawn beforehand, so that the queue is what is timed */

struct heap {
    uint32_t n;
    uint64_t *key;
};

/* Puts `key` in place of the one at i. */
static void sift_down(struct heap *h, uint32_t i, uint64_t key) {
    for (;;) {
        uint32_t child = 4 * i + 1;
        if (child >= h->n) break;
        uint32_t end = child + 4 < h->n ? child + 4 : h->n, least = child;
        for (uint32_t c = child + 1; c < end; c++)
            if (h->key[c] < h->key[least]) least = c;
        if (h->key[least] >= key) break;
        h->key[i] = h->key[least];
        i = least;
    }
    h->key[i] = key;
}

static double hold_tournament(uint32_t n, uint64_t ops, const int64_t *increments) {
    struct event_queue q = {0};
    if (event_queue_reset(&q, n, NULL) != OK) exit(1);
    for (uint32_t i = 0; i < n; i++) event_queue_set(&q, i, event_key(increments[i % INCREMENTS], EVENT_READY, i));
    double start = bench_now_s();
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t key = event_queue_first(&q);
        uint32_t entity = event_entity(key);
        event_queue_set(&q, entity, event_key(event_time(key) + increments[i % INCREMENTS], EVENT_READY, entity));
    }
    double took = bench_now_s() - start;
    event_queue_free(&q);
    return took / (double)ops * 1e9;
}

static double hold_heap(uint32_t n, uint64_t ops, const int64_t *increments) {
    struct heap h = {n, malloc(n * sizeof(uint64_t))};
    if (!h.key) exit(1);
    for (uint32_t i = 0; i < n; i++) h.key[i] = event_key(increments[i % INCREMENTS], EVENT_READY, i);
    for (uint32_t i = n; i-- > 0;) sift_down(&h, i, h.key[i]);
    double start = bench_now_s();
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t key = h.key[0];
        sift_down(&h, 0, event_key(event_time(key) + increments[i % INCREMENTS], EVENT_READY, event_entity(key)));
    }
    double took = bench_now_s() - start;
    free(h.key);
    return took / (double)ops * 1e9;
}

int main(void) {
    int64_t *increments = malloc(INCREMENTS * sizeof *increments);
    if (!increments) return 1;
    const uint32_t sizes[] = {10, 1000, 100000, 1000000};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        uint32_t n = sizes[k];
        /* mean n ms: about one event per ms whatever n is */
        for (uint32_t i = 0; i < INCREMENTS; i++)
            increments[i] = 1 + (int64_t)(-log(random_u01(i)) * (double)n);
        uint64_t ops = n >= 100000 ? 2000000 : 10000000;
        double own[ROUNDS], peer[ROUNDS];
        for (int r = 0; r < ROUNDS; r++) {
            own[r] = hold_tournament(n, ops, increments);
            peer[r] = hold_heap(n, ops, increments);
        }
        char name[64];
        snprintf(name, sizeof name, "hold/tournament/%u", n);
        bench_print(name, bench_median(own, ROUNDS), "ns/op", (double)ops, "4-ary heap", bench_median(peer, ROUNDS));
    }
    free(increments);
    return 0;
}
