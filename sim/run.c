/* SPDX-License-Identifier: Apache-2.0
 * The run loop: the next trace row or the next timer, whichever is first. */
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/random.h"
#include "sim/sim_private.h"

static void emit_timeline(struct sim *s) {
    bool unlimited = s->n_unlimited > 0 || s->capacity >= TRACE_UNLIMITED;
    s->outputs->timeline(s->outputs->timeline_arg, s->now_ms, s->total.ready[SP_SPOT], s->total.ready[SP_ON_DEMAND],
                         s->total.target, unlimited ? TRACE_UNLIMITED : (uint32_t)s->capacity,
                         s->cloud.rate_uusd_per_h);
}

static void advance_metrics(struct sim *s, int64_t to_ms) {
    metrics_advance(&s->total, to_ms);
    if (s->several)
        for (uint32_t g = 0; g < s->config->n_groups; g++) metrics_advance(&s->group_metrics[g], to_ms);
}

static void begin_counting(struct sim *s) {
    int64_t at = s->config->warmup_ms;
    advance_metrics(s, at);
    metrics_begin_counting(&s->total, at);
    if (s->several)
        for (uint32_t g = 0; g < s->config->n_groups; g++) metrics_begin_counting(&s->group_metrics[g], at);
    cloud_begin_counting(&s->cloud, at);
    memset(s->counts, 0, s->config->trace->n_pools * sizeof *s->counts);
    uint32_t slots = fleet_slots(s->fleet);
    for (uint32_t i = 0; i < slots && i < s->replicas_room; i++)
        if (s->replicas[i].serving) s->replicas[i].serving_since_ms = at;
    s->failed = s->rebalanced = 0;
    s->counting = true;
}

/* Time moves on. */
static HOT void move_to(struct sim *s, int64_t to_ms, bool plain) {
    if (!plain) {
        if (s->outputs->timeline && s->changed) emit_timeline(s);
        s->changed = false;
    }
    if (!s->counting && to_ms >= s->config->warmup_ms) begin_counting(s);
    s->now_ms = to_ms;
    s->now_key = event_key(to_ms, EVENT_TICK, 0);
}

static int by_launch(const void *a, const void *b) {
    uint64_t x = ((const struct due *)a)->launch, y = ((const struct due *)b)->launch;
    return (x > y) - (x < y);
}

static void sort_batch(struct due *due, uint32_t n) {
    if (n > 32) {
        qsort(due, n, sizeof *due, by_launch);
        return;
    }
    for (uint32_t i = 1; i < n; i++) {
        struct due next = due[i];
        uint32_t k = i;
        for (; k > 0 && due[k - 1].launch > next.launch; k--) due[k] = due[k - 1];
        due[k] = next;
    }
}

static HOT uint64_t first_timer_of_all(const struct sim *s) {
    return event_earlier(event_queue_first(&s->queue), s->lane.front);
}

/* Takes out the first of all timers, a replica's; false: it does not hold any
 * more. */
static HOT bool take(struct sim *s, uint32_t slot, uint64_t key, bool lane) {
    if (!lane) {
        event_queue_pop(&s->queue, s->replica_entity + slot);
        return true;
    }
    lane_pop(&s->lane);
    return replica_in_lane(s, slot, key);
}

/* A replica's timer in the fingerprint, its slot in place of its entity. */
static HOT void fold_timer(struct sim *s, uint64_t key) {
    s->fingerprint = random_mix(s->fingerprint ^ (key - s->replica_entity));
}

static HOT void fire(struct sim *s, uint32_t slot, uint64_t key, bool lane, bool plain) {
    s->events++;
    fold_timer(s, key);
    replica_fire(s, slot, key, lane, plain);
}

/* A launch that is answered at once is, unless something else comes before or
 * with it. */
static HOT void answer_asked(struct sim *s) {
    uint32_t slot = s->asked_slot;
    uint64_t key = event_key(s->now_ms, EVENT_LAUNCH, s->replica_entity + slot);
    s->asked_slot = SP_NONE;
    if (event_earlier(first_timer_of_all(s), s->row_key) >> EVENT_ENTITY_BITS <= key >> EVENT_ENTITY_BITS) {
        replica_await_answer(s, slot, key);
        return;
    }
    s->events++;
    fold_timer(s, key);
    replica_answer(s, slot);
}

static bool grow_batch(struct sim *s) {
    uint32_t room = s->batch_room ? s->batch_room * 2 : 64;
    struct due *batch = realloc(s->batch, room * sizeof *batch);
    if (!batch) {
        sim_fail(s, error_set(s->error, ERR_FAILED, NULL, "out of memory"));
        return false;
    }
    s->batch = batch;
    s->batch_room = room;
    return true;
}

static APART void fire_one_of_many(struct sim *s, const struct due *due, uint64_t key) {
    fire(s, due->slot, key, due->lane, false);
}

/* Replicas due at one instant and class go in launch order, whatever slots
 * they have. */
static APART void fire_many(struct sim *s, uint32_t slot, uint64_t key, bool lane) {
    uint64_t prefix = key >> EVENT_ENTITY_BITS;
    uint32_t n = 0;
    bool holds = true;
    for (;;) {
        if (n == s->batch_room && !grow_batch(s)) return;
        if (holds) s->batch[n++] = (struct due){fleet_row(s->fleet, slot)->launch, slot, lane};
        uint64_t next = first_timer_of_all(s);
        if (next >> EVENT_ENTITY_BITS != prefix) break;
        slot = event_entity(next) - s->replica_entity;
        lane = next == s->lane.front;
        holds = take(s, slot, next, lane);
    }
    sort_batch(s->batch, n);
    for (uint32_t i = 0; i < n && s->status == OK; i++)
        fire_one_of_many(s, &s->batch[i], prefix << EVENT_ENTITY_BITS | (s->replica_entity + s->batch[i].slot));
}

#define LARGE 4096u /* replicas: some 250 bytes each, more than a near cache holds */

/* In a large fleet a replica and its neighbours in the lists are in no cache:
 * those of this event are fetched while the queue is put in order, that of the
 * next, and its place in the queue, while this event is done. */
static HOT void fetch_neighbours(const struct sim *s, uint32_t slot) {
    if (s->cloud.ordered) {
        const struct cloud_instance *x = &s->cloud.instances[slot];
        FETCH(s->cloud.instances, x->older);
        FETCH(s->cloud.instances, x->newer);
    }
    fleet_fetch_neighbours(s->fleet, slot);
}
static HOT void fetch_next(const struct sim *s, uint64_t key) {
    uint32_t entity = event_entity(key);
    if (key == EVENT_NONE || entity < s->replica_entity) return;
    uint32_t slot = entity - s->replica_entity;
    uint32_t leaf = s->queue.first_leaf + entity;
    FETCH(s->queue.tree, leaf);
    FETCH(s->queue.tree, leaf / 4 + 2);
    FETCH(s->replicas, slot);
    FETCH(s->cloud.instances, slot);
    fleet_fetch_row(s->fleet, slot);
}

static HOT void fire_replica(struct sim *s, uint64_t key, bool plain) {
    uint32_t entity = event_entity(key), slot = entity - s->replica_entity;
    bool large = s->replicas_room > LARGE, lane = key == s->lane.front;
    if (large) fetch_neighbours(s, slot);
    if (!take(s, slot, key, lane)) return;
    uint64_t next = first_timer_of_all(s);
    if (large) fetch_next(s, next);
    if ((next ^ key) >> EVENT_ENTITY_BITS != 0)
        fire(s, slot, key, lane, plain);
    else
        fire_many(s, slot, key, lane);
}

static APART void fire_other(struct sim *s, uint64_t key) {
    uint32_t entity = event_entity(key);
    event_queue_set(&s->queue, entity, EVENT_NONE);
    if (entity >= s->demand_entity) {
        s->events++;
        s->fingerprint = random_mix(s->fingerprint ^ key);
        group_demand(s, entity - s->demand_entity);
    } else if (entity >= s->group_entity) {
        s->groups[entity - s->group_entity].timer = EVENT_NONE;
        group_step(s, entity - s->group_entity, false);
    } else {
        s->events++;
        s->fingerprint = random_mix(s->fingerprint ^ key);
        replica_pickup(s);
    }
}

static APART void fire_row(struct sim *s) {
    struct row row = rows_take(&s->rows);
    s->events++;
    s->fingerprint = random_mix(s->fingerprint ^ s->row_key ^ ((uint64_t)row.pool << 32 | (uint64_t)row.value));
    s->row_key = rows_key(&s->rows);
    pool_row(s, &row);
}

static APART void step_plain(struct sim *s) { group_step(s, 0, true); }

/* The decision that is due at this instant, when it is the next to come.  True:
 * nothing came of it, what was next still is. */
static HOT bool decide(struct sim *s, bool plain) {
    s->decide_key = EVENT_NONE;
    if (plain && group_step_unheard(s, 0)) return true;
    if (plain) {
        if (!group_replace_one(s)) step_plain(s);
        if (s->asked_slot != SP_NONE) answer_asked(s);
    } else {
        group_step(s, 0, plain);
    }
    return false;
}

static HOT void loop(struct sim *s, bool plain) {
    for (;;) {
        uint64_t timer = first_timer_of_all(s);
        uint64_t first = event_earlier(event_earlier(timer, s->row_key), s->end_key);
        if (s->decide_key <= first && !decide(s, plain)) continue;
        if (first == s->end_key) break;
        int64_t at = event_time(first);
        if (at > s->now_ms) move_to(s, at, plain);
        if (first == s->row_key)
            fire_row(s);
        else if (event_entity(timer) >= s->replica_entity)
            fire_replica(s, timer, plain);
        else
            fire_other(s, timer);
    }
}

/* Twice the same loop: `plain` is a constant in each. */
static APART void loop_plain(struct sim *s) { loop(s, true); }
static APART void loop_general(struct sim *s) { loop(s, false); }

void sim_go(struct sim *s) {
    s->row_key = rows_key(&s->rows);
    if (s->plain)
        loop_plain(s);
    else
        loop_general(s);
    if (s->status != OK) return;
    move_to(s, s->horizon_ms, false);
    advance_metrics(s, s->horizon_ms);
}
