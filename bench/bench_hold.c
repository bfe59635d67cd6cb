/* SPDX-License-Identifier: Apache-2.0
 * Hold model (Jones 1986): take the earliest timer, set it again an exponential
 * time later.  "mixed": after each, another timer is moved or cancelled and
 * set anew.  Peer: a 4-ary heap of the same 8-byte keys; where timers are moved it
 * knows where each one is. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "bench/bench.h"
#include "bench/heap.h"
#include "bench/peer_simpy.h"
#include "sim/event_queue.h"

#define ROUNDS 5
#define INCREMENTS 65536u /* drawn beforehand, so that the queue is what is timed */

struct hold {
    uint32_t n;
    uint64_t ops;
    int64_t increments[INCREMENTS];
};

static int64_t increment(const struct hold *h, uint64_t i) { return h->increments[i % INCREMENTS]; }

static uint64_t first_key(const struct hold *h, uint32_t entity) {
    return event_key(increment(h, entity), EVENT_READY, entity);
}

static uint64_t next_key(const struct hold *h, uint64_t now, uint32_t entity, uint64_t i) {
    return event_key(event_time(now) + increment(h, i), EVENT_READY, entity);
}

/* Some timer, a different one each time. */
static uint32_t any_entity(const struct hold *h, uint64_t i) {
    return (uint32_t)(((i * 0x9e3779b97f4a7c15u >> 32) * h->n) >> 32);
}

static double ns_per_op(double start, const struct hold *h) { return (bench_cpu_s() - start) / (double)h->ops * 1e9; }

static void fill_tournament(struct event_queue *q, const struct hold *h) {
    struct error e = {0};
    bench_check(event_queue_reset(q, h->n, &e), &e);
    for (uint32_t i = 0; i < h->n; i++) event_queue_set(q, i, first_key(h, i));
}

/* Each returns ns per operation, and a hash of the order in which timers came. */
static double tournament(const struct hold *h, uint64_t *order) {
    struct event_queue q = {0};
    fill_tournament(&q, h);
    double start = bench_cpu_s();
    for (uint64_t i = 0; i < h->ops; i++) {
        uint64_t key = event_queue_first(&q);
        uint32_t entity = event_entity(key);
        *order += key ^ i;
        event_queue_set(&q, entity, next_key(h, key, entity, i));
    }
    double took = ns_per_op(start, h);
    event_queue_free(&q);
    return took;
}

static double heap(const struct hold *h, uint64_t *order) {
    struct heap q;
    heap_init(&q, h->n);
    for (uint32_t i = 0; i < h->n; i++) heap_add(&q, first_key(h, i));
    double start = bench_cpu_s();
    for (uint64_t i = 0; i < h->ops; i++) {
        uint64_t key = q.key[0];
        *order += key ^ i;
        heap_replace_first(&q, next_key(h, key, event_entity(key), i));
    }
    double took = ns_per_op(start, h);
    heap_free(&q);
    return took;
}

static double tournament_mixed(const struct hold *h, uint64_t *order) {
    struct event_queue q = {0};
    fill_tournament(&q, h);
    double start = bench_cpu_s();
    for (uint64_t i = 0; i < h->ops; i++) {
        uint64_t key = event_queue_first(&q);
        uint32_t entity = event_entity(key), other = any_entity(h, i);
        *order += key ^ i;
        event_queue_set(&q, entity, next_key(h, key, entity, i));
        if (i % 2) event_queue_set(&q, other, EVENT_NONE);
        event_queue_set(&q, other, next_key(h, key, other, i + 1));
    }
    double took = ns_per_op(start, h);
    event_queue_free(&q);
    return took;
}

static double heap_mixed(const struct hold *h, uint64_t *order) {
    struct indexed_heap q;
    indexed_heap_init(&q, h->n);
    for (uint32_t i = 0; i < h->n; i++) indexed_heap_set(&q, i, first_key(h, i));
    double start = bench_cpu_s();
    for (uint64_t i = 0; i < h->ops; i++) {
        uint64_t key = q.key[0];
        uint32_t entity = event_entity(key), other = any_entity(h, i);
        *order += key ^ i;
        indexed_heap_set(&q, entity, next_key(h, key, entity, i));
        if (i % 2) indexed_heap_cancel(&q, other);
        indexed_heap_set(&q, other, next_key(h, key, other, i + 1));
    }
    double took = ns_per_op(start, h);
    indexed_heap_free(&q);
    return took;
}

typedef double run_fn(const struct hold *h, uint64_t *order);

static void compare(const struct hold *h, const char *name, run_fn *ours, const char *peer, run_fn *theirs) {
    struct bench_series own = {0}, other = {0};
    for (int r = 0; r < ROUNDS; r++) {
        uint64_t own_order = 0, other_order = 0;
        bench_add(&own, ours(h, &own_order));
        bench_add(&other, theirs(h, &other_order));
        if (own_order != other_order) bench_fail("the two queues do not agree on the order");
    }
    char text[64];
    snprintf(text, sizeof text, "%s/%u", name, h->n);
    bench_line(text, &own, "ns/op", (double)h->ops, BENCH_LESS, peer, &other);
}

/* The whole of SimPy: a process for each timer. */
static void beside_simpy(const struct hold *h, const char *python) {
    struct bench_series own = {0}, other = {0};
    for (int r = 0; r < 3; r++) {
        uint64_t order = 0;
        bench_add(&own, tournament(h, &order));
        if (python) bench_add(&other, simpy_hold(python, h->n, 300000));
    }
    char text[64];
    snprintf(text, sizeof text, "hold/%u", h->n);
    bench_line(text, &own, "ns/op", (double)h->ops, BENCH_LESS, python ? "SimPy" : NULL, &other);
}

int main(void) {
    bench_pin();
    const char *python = simpy_python("SimPy beside the hold model");
    static struct hold h;
    for (h.n = 10; h.n <= 1000000; h.n *= 10) {
        /* mean n ms: about one event per ms whatever n is */
        for (uint32_t i = 0; i < INCREMENTS; i++) h.increments[i] = 1 + (int64_t)(-log(random_u01(i)) * (double)h.n);
        h.ops = h.n >= 100000 ? 2000000 : 5000000;
        compare(&h, "hold", tournament, "packed 4-ary heap", heap);
        compare(&h, "hold-mixed", tournament_mixed, "indexed 4-ary heap", heap_mixed);
        if (h.n <= 100000) beside_simpy(&h, python);
    }
    return 0;
}
