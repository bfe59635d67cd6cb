/* SPDX-License-Identifier: Apache-2.0
 * The run loop: the next trace row or the next timer, whichever is first. */
#include "sim/sim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/random.h"
#include "base/text.h"
#include "sim/sim_private.h"

#define GROUPS_MAX 4096u
_Static_assert(GROUPS_MAX <= UINT16_MAX, "a group fits replica.group");

struct sim *sim_new(void) {
    struct sim *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->fleet = fleet_new();
    if (!s->fleet) {
        free(s);
        return NULL;
    }
    return s;
}

void sim_free(struct sim *s) {
    if (!s) return;
    fleet_free(s->fleet);
    cloud_free(&s->cloud);
    event_queue_free(&s->queue);
    lane_free(&s->lane);
    rows_free(&s->rows);
    metrics_free(&s->total);
    for (uint32_t g = 0; g < s->groups_room; g++) metrics_free(&s->group_metrics[g]);
    free(s->group_metrics);
    free(s->groups);
    free(s->replicas);
    free(s->signals);
    free(s->counts);
    free(s->spare_pools);
    free(s->spare_groups);
    free(s->fleet_pools);
    free(s->fleet_groups);
    free(s->waiting);
    free(s->waiting_launch);
    free(s->batch);
    free(s);
}

void sim_fail(struct sim *s, enum error_code code) {
    if (s->status == OK) s->status = code;
    s->end_key = 0;
}

void sim_result_free(struct sim_result *r) {
    if (!r) return;
    free(r->groups);
    free(r->pools);
    free(r->outage_full.lengths_ms);
    free(r->outage_any.lengths_ms);
    memset(r, 0, sizeof *r);
}

void sim_reuse(struct sim *s, struct sim_result *r) {
    if (r->n_pools > s->spare_pools_n) {
        free(s->spare_pools);
        s->spare_pools = r->pools;
        s->spare_pools_n = r->n_pools;
        r->pools = NULL;
    }
    if (r->n_groups > s->spare_groups_n) {
        free(s->spare_groups);
        s->spare_groups = r->groups;
        s->spare_groups_n = r->n_groups;
        r->groups = NULL;
    }
    metrics_reuse(&s->total, r);
    sim_result_free(r);
}

/* Zeroed memory for a result, from an old one where that was as large. */
static struct pool_result *take_pools(struct sim *s, uint32_t n) {
    struct pool_result *pools = s->spare_pools;
    if (n > s->spare_pools_n) return calloc(n, sizeof *pools);
    s->spare_pools = NULL;
    s->spare_pools_n = 0;
    return memset(pools, 0, n * sizeof *pools);
}

static struct group_result *take_groups(struct sim *s, uint32_t n) {
    struct group_result *groups = s->spare_groups;
    if (n > s->spare_groups_n) return calloc(n, sizeof *groups);
    s->spare_groups = NULL;
    s->spare_groups_n = 0;
    return memset(groups, 0, n * sizeof *groups);
}

/* ---- starting ------------------------------------------------------------------- */

static enum error_code check(const struct sim_config *c, struct error *e) {
    if (c->horizon_ms <= 0 || c->horizon_ms > TIME_LIMIT_MS)
        return error_set(e, ERR_INPUT, "horizon", "must be longer than 0 and at most 34 years");
    if (c->window_start_ms < 0 || c->window_start_ms > c->trace->span_ms - c->horizon_ms)
        return error_set(
            e, ERR_INPUT, "horizon", "%.0f s from %.0f s on, but the trace ends at %.0f s (its shortest pool)",
            (double)c->horizon_ms / 1e3, (double)c->window_start_ms / 1e3, (double)c->trace->span_ms / 1e3);
    if (c->warmup_ms < 0 || c->warmup_ms >= c->horizon_ms)
        return error_set(e, ERR_INPUT, "warmup", "%.0f s leaves nothing of the horizon of %.0f s",
                         (double)c->warmup_ms / 1e3, (double)c->horizon_ms / 1e3);
    if (c->n_groups == 0 || c->n_groups > GROUPS_MAX)
        return error_set(e, ERR_INPUT, "groups", "expected 1 to %u groups", GROUPS_MAX);
    if (c->nodes == 0) return error_set(e, ERR_INPUT, "nodes", "expected at least 1");
    return OK;
}

static enum error_code make_room(struct sim *s, const struct sim_config *c, struct error *e) {
    if (c->n_groups > s->groups_room) {
        struct group_state *groups = realloc(s->groups, c->n_groups * sizeof *groups);
        if (groups) s->groups = groups;
        struct metrics *metrics = realloc(s->group_metrics, c->n_groups * sizeof *metrics);
        if (metrics) {
            memset(metrics + s->groups_room, 0, (c->n_groups - s->groups_room) * sizeof *metrics);
            s->group_metrics = metrics;
        }
        struct fleet_group *fleet_groups = realloc(s->fleet_groups, c->n_groups * sizeof *fleet_groups);
        if (fleet_groups) s->fleet_groups = fleet_groups;
        if (!groups || !metrics || !fleet_groups) return error_set(e, ERR_FAILED, NULL, "out of memory");
        s->groups_room = c->n_groups;
    }
    if (c->trace->n_pools > s->pools_room) {
        struct pool_counts *counts = realloc(s->counts, c->trace->n_pools * sizeof *counts);
        if (counts) s->counts = counts;
        struct fleet_pool *pools = realloc(s->fleet_pools, c->trace->n_pools * sizeof *pools);
        if (pools) s->fleet_pools = pools;
        if (!counts || !pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
        s->pools_room = c->trace->n_pools;
    }
    memset(s->counts, 0, c->trace->n_pools * sizeof *s->counts);
    return OK;
}

static enum error_code start_cloud(struct sim *s, const struct sim_config *c, uint64_t key, struct error *e) {
    struct cloud_params params = {.n_pools = c->trace->n_pools,
                                  .trace_pools = c->trace->pools,
                                  .pools = c->pools,
                                  .n_quotas = c->n_quotas,
                                  .quotas = c->quotas,
                                  .nodes = c->nodes,
                                  .means_launch = c->means_launch,
                                  .rates = s->outputs->timeline != NULL,
                                  .window_start_ms = c->window_start_ms,
                                  .key = key};
    TRY(cloud_start(&s->cloud, &params, e));
    for (uint32_t i = 0; i < c->trace->n_pools; i++) {
        cloud_set_capacity(&s->cloud, i, rows_capacity_at_start(c, i));
        cloud_set_price(&s->cloud, i, SP_SPOT, rows_price_at_start(c, i), 0);
        cloud_set_price(&s->cloud, i, SP_ON_DEMAND, c->pools[i].price_on_demand, 0);
    }
    return OK;
}

static enum error_code start_fleet(struct sim *s, const struct sim_config *c, uint64_t key, struct error *e) {
    for (uint32_t i = 0; i < c->trace->n_pools; i++) {
        const struct trace_pool *t = &c->trace->pools[i];
        s->fleet_pools[i] = (struct fleet_pool){
            .name = t->name,
            .cloud = t->cloud,
            .region = t->region,
            .zone = t->zone,
            .instance_type = t->instance_type,
            .weight = c->pools[i].weight,
            .price_uusd_per_h = {rows_price_at_start(c, i), c->pools[i].price_on_demand},
            .capacity = c->control.observe_capacity ? (int64_t)rows_capacity_at_start(c, i) : SP_UNKNOWN};
    }
    for (uint32_t g = 0; g < c->n_groups; g++)
        s->fleet_groups[g] = (struct fleet_group){.name = c->groups[g].name,
                                                  .spec = c->groups[g].spec,
                                                  .share = c->groups[g].share,
                                                  .n_pools = c->groups[g].n_pools,
                                                  .pools = c->groups[g].pools};
    struct fleet_params params = {.n_pools = c->trace->n_pools,
                                  .pools = s->fleet_pools,
                                  .n_groups = c->n_groups,
                                  .groups = s->fleet_groups,
                                  .interval_ms = c->control.interval_ms,
                                  .retry_ms = c->control.retry_ms,
                                  .direct_launch = c->control.pickup_ms == 0 && c->control.launch_slots == UINT32_MAX,
                                  .tell_all = c->every_tick,
                                  .keep_rows = c->control.linger_ms > 0,
                                  .nodes = c->nodes,
                                  .max_instances = c->max_instances,
                                  .key = random_key_text(key, "policies"),
                                  .scenario = c->scenario_name};
    TRY(fleet_start(s->fleet, &params, e));
    if (s->outputs->journal) TRY(fleet_journal(s->fleet, s->outputs->journal, e));
    fleet_explain(s->fleet, s->outputs->explain);
    return OK;
}

/* What the target would have cost on demand: at the cheapest price of one
 * replica over the pools that groups use, which does not change.  NaN when
 * there was no demand or no price is known. */
static double relative_cost(const struct sim *s, money total) {
    const struct sim_config *c = s->config;
    const struct pool_params *best = NULL;
    for (uint32_t g = 0; g < c->n_groups; g++)
        for (uint32_t i = 0; i < c->groups[g].n_pools; i++) {
            const struct pool_params *p = &c->pools[c->groups[g].pools[i]];
            if (p->price_on_demand < 0) continue;
            if (!best || p->price_on_demand * best->weight < best->price_on_demand * p->weight) best = p;
        }
    if (!best || best->price_on_demand == 0 || s->total.demand == 0) return NAN;
    money reference = s->total.demand * best->price_on_demand * c->nodes;
    return (double)total * best->weight / (double)reference;
}

static bool plain_pool(const struct pool_params *p) {
    return p->weight == 1 && p->notice_ms == 0 && p->rebalance_ms == 0 && p->start_failure <= 0;
}

/* One group that decides on observations and sees everything at once, one
 * instance each, no signals from the cloud and no outputs: such runs have a
 * loop of their own that does not ask for the rest. */
static bool is_plain(const struct sim *s, const struct sim_config *c) {
    const struct control_params *k = &c->control;
    const struct sim_outputs *o = s->outputs;
    bool plain = s->at_once && c->nodes == 1 && c->n_quotas == 0 && !c->load && !c->every_tick && !o->timeline && !o->journal &&
                 !o->explain &&
                 k->pickup_ms == 0 && k->launch_slots == UINT32_MAX && k->reap_ms == 0 && k->probe_ms == 0 &&
                 k->probe_timeout_ms == 0 && k->job_status_ms == 0 && k->lb_sync_ms == 0 && k->linger_ms == 0;
    for (uint32_t i = 0; plain && i < c->trace->n_pools; i++) plain = plain_pool(&c->pools[i]);
    return plain;
}

static enum error_code start(struct sim *s, const struct sim_config *c, struct error *e) {
    TRY(check(c, e));
    s->config = c;
    s->pools = c->pools;
    s->control = c->control;
    s->horizon_ms = c->horizon_ms;
    s->nodes = c->nodes;
    s->now_ms = 0;
    s->counting = c->warmup_ms == 0;
    s->changed = true;
    s->waiting_first = s->waiting_n = s->launching = 0;
    s->events = s->steps = s->failed = s->rebalanced = 0;
    s->fingerprint = 0;
    s->drawn_slot = s->asked_slot = SP_NONE;
    s->several = c->n_groups > 1;
    s->at_once = c->n_groups == 1 && c->control.interval_ms == 0;
    s->plain = is_plain(s, c);
    s->now_key = 0;
    s->decide_key = EVENT_NONE;
    s->end_key = event_key(c->horizon_ms, EVENT_TICK, 0);
    s->status = OK;
    s->error = e;
    TRY(make_room(s, c, e));
    uint64_t key = random_key(random_key(0, c->seed), c->replication);
    loops_start(s, key);
    TRY(rows_start(&s->rows, c, e));
    TRY(start_cloud(s, c, key, e));
    TRY(start_fleet(s, c, key, e));
    pools_start(s);
    s->group_entity = 1;
    s->demand_entity = s->group_entity + c->n_groups;
    s->replica_entity = s->demand_entity + c->n_groups;
    s->decide_offset = event_key(0, EVENT_DECIDE, s->group_entity);
    TRY(event_queue_reset(&s->queue, s->replica_entity + s->replicas_room, e));
    lane_reset(&s->lane);
    metrics_start(&s->total, c->nodes);
    for (uint32_t g = 0; g < c->n_groups; g++) {
        metrics_start(&s->group_metrics[g], c->nodes);
        group_start(s, g);
    }
    return OK;
}

/* ---- running ----------------------------------------------------------------------- */

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
        fire_one_of_many(s, &s->batch[i],
                         prefix << EVENT_ENTITY_BITS | (s->replica_entity + s->batch[i].slot));
}

#define LARGE 4096u /* replicas: some 250 bytes each, more than a near cache holds */

/* In a large fleet a replica and its neighbours in the lists are in no cache:
 * those of this event are fetched while the queue is put in order, that of the
 * next while this event is done. */
static HOT void fetch_neighbours(const struct sim *s, uint32_t slot) {
    const struct cloud_instance *x = &s->cloud.instances[slot];
    if (s->cloud.pools[x->pool].ordered) {
        FETCH(s->cloud.instances, x->older);
        FETCH(s->cloud.instances, x->newer);
    }
    fleet_fetch_neighbours(s->fleet, slot);
}
static HOT void fetch_next(const struct sim *s, uint64_t key) {
    uint32_t entity = event_entity(key);
    if (key == EVENT_NONE || entity < s->replica_entity) return;
    uint32_t slot = entity - s->replica_entity;
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

static void go(struct sim *s) {
    s->row_key = rows_key(&s->rows);
    if (s->plain)
        loop_plain(s);
    else
        loop_general(s);
    if (s->status != OK) return;
    move_to(s, s->horizon_ms, false);
    advance_metrics(s, s->horizon_ms);
}

/* ---- results ------------------------------------------------------------------------- */

static double per_hour(int64_t ms) { return (double)ms / (double)MS_PER_HOUR; }

static void pool_results(struct sim *s, struct sim_result *r, money spent[SP_MARKETS]) {
    bool unknown[SP_MARKETS] = {false, false};
    for (uint32_t i = 0; i < r->n_pools; i++) {
        struct pool_result *p = &r->pools[i];
        const struct pool_counts *n = &s->counts[i];
        bool any_unknown = false;
        for (int m = 0; m < SP_MARKETS; m++) {
            const struct meter *meter = &s->cloud.pools[i].meter[m];
            p->hours[m] = per_hour(meter->used_ms);
            p->ready_hours[m] = per_hour(n->serving_ms[m]);
            p->cost_usd[m] = meter->unknown_used ? NAN : money_usd(meter->spent);
            p->launched[m] = n->launched[m];
            p->denied[m] = n->denied[m];
            r->launched[m] += n->launched[m];
            r->denied += n->denied[m];
            spent[m] += meter->spent;
            any_unknown |= meter->unknown_used;
            unknown[m] |= meter->unknown_used;
        }
        p->preempted = n->preempted;
        p->noticed = n->noticed;
        p->terminated = n->terminated;
        r->preempted += n->preempted;
        r->noticed += n->noticed;
        r->terminated += n->terminated;
        if (any_unknown) r->unknown_price_pools++;
    }
    for (int m = 0; m < SP_MARKETS; m++) r->cost_usd[m] = unknown[m] ? NAN : money_usd(spent[m]);
}

/* Hours are summed as integers so that no order of pools shows in them. */
static void total_hours(struct sim *s, struct sim_result *r) {
    for (int m = 0; m < SP_MARKETS; m++) {
        int64_t ms = 0;
        for (uint32_t i = 0; i < r->n_pools; i++) ms += s->cloud.pools[i].meter[m].used_ms;
        r->hours[m] = per_hour(ms);
    }
}

static enum error_code finish(struct sim *s, struct sim_result *r, struct error *e) {
    const struct sim_config *c = s->config;
    memset(r, 0, sizeof *r);
    r->n_pools = c->trace->n_pools;
    r->pools = take_pools(s, r->n_pools);
    if (c->n_groups > 1) {
        r->groups = take_groups(s, c->n_groups);
        r->n_groups = r->groups ? c->n_groups : 0;
    }
    if (!r->pools || (c->n_groups > 1 && !r->groups) || s->total.out_of_memory) {
        sim_result_free(r);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    uint32_t slots = fleet_slots(s->fleet);
    for (uint32_t i = 0; i < slots && i < s->replicas_room; i++) {
        const struct replica *x = &s->replicas[i];
        if (x->serving) s->counts[x->pool].serving_ms[x->market] += (s->now_ms - x->serving_since_ms) * c->nodes;
    }
    cloud_finish(&s->cloud, s->now_ms);
    money spent[SP_MARKETS] = {0, 0};
    pool_results(s, r, spent);
    total_hours(s, r);
    metrics_finish(&s->total, r);
    for (uint32_t g = 0; g < r->n_groups; g++) metrics_group_result(&s->group_metrics[g], &r->groups[g]);
    bool known = !isnan(r->cost_usd[SP_SPOT]) && !isnan(r->cost_usd[SP_ON_DEMAND]);
    money total = spent[SP_SPOT] + spent[SP_ON_DEMAND];
    r->cost_total_usd = known ? money_usd(total) : NAN;
    r->relative_to_on_demand = known ? relative_cost(s, total) : NAN;
    r->failed = s->failed;
    r->rebalanced = s->rebalanced;
    r->events = s->events + s->steps;
    r->steps = s->steps;
    r->fingerprint = s->fingerprint;
    r->base_clamped = fleet_base_clamped(s->fleet);
    return OK;
}

enum error_code sim_run(struct sim *s, const struct sim_config *config, const struct sim_outputs *outputs,
                        struct sim_result *result, struct error *e) {
    static const struct sim_outputs none;
    struct error ignored;
    s->outputs = outputs ? outputs : &none;
    memset(result, 0, sizeof *result);
    TRY(start(s, config, e ? e : &ignored));
    go(s);
    TRY(s->status);
    if (s->outputs->journal) TRY(fleet_journal_end(s->fleet, e));
    return finish(s, result, e);
}
