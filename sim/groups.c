/* SPDX-License-Identifier: Apache-2.0
 * When each group's policy is called, and what becomes of its answer. */
#include <inttypes.h>

#include "base/hot.h"
#include "base/random.h"
#include "fleet/digest.h"
#include "sim/load.h"
#include "sim/sim_private.h"

/* Rounds of decisions at one instant: every one of them launches, ends or is
 * denied something, so a fleet settles long before this. */
#define ROUNDS_MAX 100000u

static HOT void set_group_timer(struct sim *s, uint32_t g, int64_t at_ms, enum event_class class) {
    uint32_t entity = s->group_entity + g;
    uint64_t key = at_ms >= s->horizon_ms ? EVENT_NONE : event_key(at_ms, class, entity);
    if (s->groups[g].timer == key) return;
    s->groups[g].timer = key;
    event_queue_set(&s->queue, entity, key);
}

/* The first tick at or after a time, later than the last one. */
static int64_t tick_at(const struct group_state *group, int64_t at_ms) {
    int64_t since = at_ms - group->last_tick_ms;
    int64_t rounds = since <= 0 ? 1 : (since - 1) / group->interval_ms + 1;
    return group->last_tick_ms + rounds * group->interval_ms;
}

/* How long to wait after a decision on this target, overprovision included. */
static int64_t interval(const struct sim *s, uint32_t target) {
    const struct control_params *c = &s->control;
    return target == 0 && c->idle_interval_ms > 0 ? c->idle_interval_ms : c->interval_ms;
}

/* A step is due when an observation waits, else when the policy asked for it. */
HOT void group_schedule(struct sim *s, uint32_t g) {
    struct group_state *group = &s->groups[g];
    bool pending = fleet_pending(s->fleet, g);
    int64_t wake = fleet_wake(s->fleet, g);
    group->scheduled = pending;
    if (s->control.interval_ms == 0) {
        if (pending && s->at_once)
            group_decide(s);
        else
            set_group_timer(s, g, pending || wake < s->now_ms ? s->now_ms : wake, EVENT_DECIDE);
        return;
    }
    int64_t at = SP_FOREVER;
    if (pending)
        at = tick_at(group, s->now_ms + 1);
    else if (s->config->every_tick)
        at = group->last_tick_ms + group->interval_ms;
    else if (wake < s->horizon_ms)
        at = tick_at(group, wake);
    set_group_timer(s, g, at, EVENT_TICK);
}

static COLD void set_target(struct sim *s, uint32_t g, uint32_t target) {
    struct group_state *group = &s->groups[g];
    if (target == group->target) return;
    metrics_advance(&s->total, s->now_ms);
    metrics_set_target(&s->total, s->total.target - group->target + target);
    if (s->several) {
        metrics_advance(&s->group_metrics[g], s->now_ms);
        metrics_set_target(&s->group_metrics[g], target);
    }
    group->target = target;
    s->changed = true;
}

static COLD void set_base(struct sim *s, uint32_t g, uint32_t base) {
    struct group_state *group = &s->groups[g];
    metrics_advance(&s->total, s->now_ms);
    s->total.base = s->total.base - group->base + base;
    if (s->several) {
        metrics_advance(&s->group_metrics[g], s->now_ms);
        s->group_metrics[g].base = base;
    }
    group->base = base;
}

void group_demand(struct sim *s, uint32_t g) {
    const struct group_config *config = &s->config->groups[g];
    uint32_t target;
    int64_t next_ms;
    if (!composer_demand(config->spec, config->share, s->now_ms, &target, &next_ms)) return;
    s->groups[g].has_demand = true;
    set_target(s, g, target);
    uint32_t entity = s->demand_entity + g;
    event_queue_set(&s->queue, entity,
                    next_ms >= s->horizon_ms ? EVENT_NONE : event_key(next_ms, EVENT_TARGET, entity));
}

void group_start(struct sim *s, uint32_t g) {
    struct group_state *group = &s->groups[g];
    *group = (struct group_state){
        .round_ms = -1, .scheduled = true, .timer = EVENT_NONE, .wake_ms = SP_NEVER, .mixed_index = random_mix(g)};
    group_demand(s, g);
    group->interval_ms = interval(s, group->target);
    group->last_tick_ms = s->phase_ms[LOOP_TICK] - group->interval_ms;
    if (s->control.interval_ms == 0)
        set_group_timer(s, g, 0, EVENT_DECIDE);
    else
        set_group_timer(s, g, s->phase_ms[LOOP_TICK], EVENT_TICK);
}

static HOT bool settles(struct sim *s, struct group_state *group, uint32_t g) {
    if (group->round_ms != s->now_ms) {
        group->round_ms = s->now_ms;
        group->rounds = 0;
    }
    if (++group->rounds <= ROUNDS_MAX) return true;
    sim_fail(s, error_set(s->error, ERR_FAILED, s->config->groups[g].name,
                          "decisions at %" PRId64 " ms do not settle after %u rounds", s->now_ms, ROUNDS_MAX));
    return false;
}

static HOT void carry_out(struct sim *s, const struct fleet_order *orders, uint32_t n, bool plain) {
    uint32_t slots = fleet_slots(s->fleet);
    if (slots > s->replicas_room) {
        enum error_code rc = replica_reserve(s, slots);
        if (rc != OK) {
            sim_fail(s, rc);
            return;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        if (orders[i].kind == FLEET_LAUNCH)
            replica_launch(s, &orders[i], n == 1, plain);
        else
            replica_end(s, &orders[i]);
    }
}

/* What the controller knows of the load: its load balancer reported it last. */
static APART void report_requests(struct sim *s) {
    int64_t at_ms = loop_last(s, LOOP_LB, s->control.lb_sync_ms, s->now_ms);
    fleet_set_requests(s->fleet, (double)load_window(s->config->load, at_ms));
}

/* Mostly the same time, or none, as in the last step. */
static HOT uint64_t mixed_wake(struct sim *s, uint32_t g) {
    struct group_state *group = &s->groups[g];
    int64_t wake = fleet_wake(s->fleet, g);
    if (wake != group->wake_ms) {
        group->wake_ms = wake;
        group->mixed_wake = random_mix((uint64_t)wake);
    }
    return group->mixed_wake;
}

static HOT void count_step(struct sim *s, uint32_t g, const struct fleet_order *orders, uint32_t n) {
    s->steps++;
    uint64_t digest = fleet_digest_begin(s->groups[g].mixed_index, s->now_ms);
    for (uint32_t i = 0; i < n; i++) fleet_digest_order(&digest, &orders[i]);
    s->fingerprint = random_key(s->fingerprint, fleet_digest_end(digest, mixed_wake(s, g)));
}

HOT bool group_step_unheard(struct sim *s, uint32_t g) {
    if (!fleet_step_unheard(s->fleet, g, s->now_ms)) return false;
    count_step(s, g, NULL, 0);
    return true;
}

HOT void group_step(struct sim *s, uint32_t g, bool plain) {
    struct group_state *group = &s->groups[g];
    bool ticks = !plain && s->control.interval_ms > 0;
    if (ticks) group->last_tick_ms = s->now_ms;
    if (!plain && !s->config->every_tick && group_step_unheard(s, g)) {
        group->scheduled = false;
        if (!s->at_once) group_schedule(s, g);
        return;
    }
    bool idle = !fleet_pending(s->fleet, g) && fleet_wake(s->fleet, g) > s->now_ms;
    if (!settles(s, group, g)) return;
    if (!plain && s->config->load) report_requests(s);
    const struct fleet_order *orders = NULL;
    uint32_t n = 0;
    enum error_code rc = fleet_step_as(s->fleet, g, s->now_ms, &orders, &n, s->error, plain);
    if (rc != OK) {
        sim_fail(s, rc);
        return;
    }
    if (idle && n > 0) {
        sim_fail(s, error_set(s->error, ERR_FAILED, s->config->groups[g].name,
                              "the policy acted at %" PRId64 " ms although nothing had happened", s->now_ms));
        return;
    }
    if (!idle) count_step(s, g, orders, n);
    if (!group->has_demand) set_target(s, g, fleet_target(s->fleet, g));
    uint32_t base = fleet_base(s->fleet, g);
    if (base != group->base) set_base(s, g, base);
    group->scheduled = false;
    carry_out(s, orders, n, plain);
    if (s->status != OK) return;
    if (ticks) group->interval_ms = interval(s, fleet_final_target(s->fleet, g));
    group_schedule(s, g);
}

HOT bool group_replace_one(struct sim *s) {
    struct group_state *group = &s->groups[0];
    struct fleet_order order;
    if (!fleet_replace_one(s->fleet, s->now_ms, &order)) return false;
    if (!settles(s, group, 0)) return true;
    if (order.slot != SP_NONE) {
        count_step(s, 0, &order, 1);
        replica_launch(s, &order, true, true);
    } else {
        count_step(s, 0, NULL, 0);
    }
    int64_t wake = fleet_wake(s->fleet, 0);
    set_group_timer(s, 0, wake < s->now_ms ? s->now_ms : wake, EVENT_DECIDE);
    return true;
}
