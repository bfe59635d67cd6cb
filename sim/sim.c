/* SPDX-License-Identifier: Apache-2.0
 * A simulator: its memory, and how a run starts. */
#include "sim/sim.h"

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

static bool plain_pool(const struct pool_params *p) {
    return p->weight == 1 && p->notice_ms == 0 && p->rebalance_ms == 0 && p->start_failure <= 0;
}

/* One group that decides on observations and sees everything at once, one
 * instance each, no signals from the cloud and no outputs: such runs have a
 * loop of their own that does not ask for the rest. */
static bool is_plain(const struct sim *s, const struct sim_config *c) {
    const struct control_params *k = &c->control;
    const struct sim_outputs *o = s->outputs;
    bool plain = s->at_once && c->nodes == 1 && c->n_quotas == 0 && !c->load && !c->every_tick && !o->timeline &&
                 !o->journal && !o->explain && k->pickup_ms == 0 && k->launch_slots == UINT32_MAX && k->reap_ms == 0 &&
                 k->probe_ms == 0 && k->probe_timeout_ms == 0 && k->job_status_ms == 0 && k->lb_sync_ms == 0 &&
                 k->linger_ms == 0;
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

enum error_code sim_run(struct sim *s, const struct sim_config *config, const struct sim_outputs *outputs,
                        struct sim_result *result, struct error *e) {
    static const struct sim_outputs none;
    struct error ignored;
    s->outputs = outputs ? outputs : &none;
    memset(result, 0, sizeof *result);
    TRY(start(s, config, e ? e : &ignored));
    sim_go(s);
    TRY(s->status);
    if (s->outputs->journal) TRY(fleet_journal_end(s->fleet, e));
    return sim_finish(s, result, e);
}
