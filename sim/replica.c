/* SPDX-License-Identifier: Apache-2.0
 * One replica's way through the cloud's truth and the controller's sight of
 * it.  Truth moves on TIMER_PHASE and TIMER_LIFE; what the controller's loops
 * see of it comes on TIMER_OBSERVE. */
#include "sim/replica_private.h"

COLD void replica_observe(struct sim *s, uint32_t slot, enum sp_observation_kind kind, uint8_t reason, int64_t value) {
    fleet_observe(s->fleet, s->now_ms, kind, slot, reason, value);
    group_notify(s, s->replicas[slot].group);
}

/* A launch slot is free again. */
static HOT void launch_over(struct sim *s, struct replica *r) {
    if (!r->launching) return;
    r->launching = false;
    s->launching--;
    if (s->waiting_n > 0 && s->control.pickup_ms == 0)
        event_queue_set(&s->queue, 0, event_key(s->now_ms, EVENT_LAUNCH, 0));
}

/* ---- what the controller sees ---------------------------------------------------------------- */

static HOT void serve(struct sim *s, struct replica *r, bool plain) {
    stop_cold(s, r, plain);
    r->serving = true;
    r->serving_since_ms = s->now_ms;
    ready_add(s, r, true, plain);
}

/* In a plain run the controller sees everything at once. */
static HOT bool seen_later(struct sim *s, struct replica *r, enum replica_sight what, enum loop loop, int64_t period_ms,
                           enum event_class class, bool plain) {
    return !plain && sees_later(s, r, what, loop_next(s, loop, period_ms, s->now_ms), class);
}

static HOT void ready_seen(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    observe_often(s, slot, SP_OBS_READY, plain);
    if (!seen_later(s, r, SIGHT_SERVING, LOOP_LB, s->control.lb_sync_ms, EVENT_READY, plain)) serve(s, r, plain);
}

static HOT void will_be_probed(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    if (!seen_later(s, r, SIGHT_READY, LOOP_PROBE, s->control.probe_ms, EVENT_READY, plain))
        ready_seen(s, slot, r, plain);
}

/* The row of a denied, failed or preempted replica goes, at once or later. */
static HOT void clear_row(struct sim *s, struct replica *r, bool plain) {
    int64_t linger = s->control.linger_ms;
    if (!plain && linger > 0)
        sees_later(s, r, SIGHT_CLEARED, s->now_ms + linger, EVENT_DRAIN);
    else
        clear_timers(r);
}

static HOT void outcome_seen(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    if (!plain) launch_over(s, r);
    if (r->denial) {
        replica_observe(s, slot, SP_OBS_DENIED, r->denial, 0);
        clear_row(s, r, false);
        return;
    }
    r->outcome_seen = true;
    observe_often(s, slot, SP_OBS_GRANTED, plain);
    if (!plain && r->phase == PHASE_UP) will_be_probed(s, slot, r, plain);
}

static HOT void loss_seen(struct sim *s, uint32_t slot, struct replica *r, enum sp_observation_kind kind, bool plain) {
    if (!plain) launch_over(s, r);
    observe_often(s, slot, kind, plain);
    r->phase = PHASE_NONE;
    clear_row(s, r, plain);
}

static void notice_seen(struct sim *s, uint32_t slot, const struct replica *r) {
    s->counts[r->pool].noticed++;
    replica_observe(s, slot, SP_OBS_NOTICE, 0, s->signals[slot].notice_ms);
}

static bool listens(const struct replica *r) {
    return (r->phase == PHASE_BOOTING || r->phase == PHASE_UP) && !r->draining;
}

/* The cloud gives notice; the leaf is the caller's to update. */
static COLD void notify(struct sim *s, uint32_t slot, struct replica *r, int64_t deadline_ms) {
    const struct pool_params *p = &s->pools[r->pool];
    struct replica_signal *signal = &s->signals[slot];
    if (!listens(r)) return;
    if (p->notice_probability < 1 && draw(s, r, CLOUD_NOTICE) >= p->notice_probability) return;
    int64_t at = s->now_ms + p->notice_delay_ms;
    /* too late to tell, or told of an earlier end */
    if (at >= deadline_ms || (r->told && deadline_ms >= signal->notice_ms)) return;
    r->told = true;
    signal->notice_ms = deadline_ms;
    if (at == s->now_ms)
        notice_seen(s, slot, r);
    else
        set_timer(s, r, TIMER_NOTICE, at, EVENT_NOTICE);
}

/* ---- the cloud's answer ---------------------------------------------------------------------- */

/* A spot lifetime, if the pool has one, runs from the grant. */
static HOT void begin_life(struct sim *s, uint32_t slot, struct replica *r, const struct pool_params *p, bool plain) {
    if (r->market != SP_SPOT || (p->lifetime.kind == DIST_NONE && p->lifetime_cap_ms == 0)) return;
    int64_t life = plain && s->drawn_slot == slot ? s->drawn_life : drawn(s, r, &p->lifetime, CLOUD_LIFETIME);
    if (p->lifetime_cap_ms > 0 && p->lifetime_cap_ms < life) life = p->lifetime_cap_ms;
    int64_t lead = plain ? 0 : p->notice_ms;
    if (life >= s->horizon_ms - s->now_ms + lead) return;
    if (life < 1) life = 1; /* whatever is granted lives a moment */
    int64_t end = s->now_ms + life, notice = end - lead;
    if (lead > 0) {
        s->signals[slot].life_end_ms = end;
        set_timer(s, r, TIMER_LIFE, notice > s->now_ms ? notice : s->now_ms, EVENT_NOTICE);
    } else {
        set_slot_timer(s, slot, r, TIMER_LIFE, end, EVENT_LIFETIME);
    }
}

static COLD void denied(struct sim *s, uint32_t slot, struct replica *r, const struct pool_params *p, int denial) {
    r->phase = PHASE_NONE;
    r->denial = (uint8_t)denial;
    s->counts[r->pool].denied[r->market]++;
    int64_t known = s->now_ms - p->launch_delay_ms + p->denial_delay_ms; /* since it was sent */
    if (known < s->now_ms) known = s->now_ms;
    if (!sees_later(s, r, SIGHT_OUTCOME, loop_next(s, LOOP_REAP, s->control.reap_ms, known), EVENT_LAUNCH))
        outcome_seen(s, slot, r, false);
}

/* The cloud answers the request. */
static HOT void answer(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    const struct pool_params *p = &s->pools[r->pool];
    enum sp_market market = (enum sp_market)r->market;
    bool about_to_fall =
        !plain && market == SP_SPOT && cloud_breach(&s->cloud, r->pool, p->rebalance_ms, s->now_ms) != INT64_MAX;
    int denial = cloud_launch_as(&s->cloud, slot, r->pool, market, r->ordinal, s->now_ms, plain);
    if (denial) {
        denied(s, slot, r, p, denial);
        return;
    }
    r->phase = PHASE_BOOTING;
    r->cold = true;
    booting_add(s, nodes_of(s, plain));
    if (!plain) s->changed = true;
    s->counts[r->pool].launched[market]++;
    if (!plain) r->will_fail = p->start_failure > 0 && draw(s, r, CLOUD_START_FAILURE) < p->start_failure;
    int64_t cold = drawn(s, r, &p->cold_start, CLOUD_COLD_START);
    set_slot_timer(s, slot, r, TIMER_PHASE, s->now_ms + cold, EVENT_READY);
    if (p->cold_start.kind == DIST_CONSTANT && r->timer[TIMER_PHASE] != EVENT_NONE)
        r->in_lane = lane_put(&s->lane, r->timer[TIMER_PHASE]);
    begin_life(s, slot, r, p, plain);
    if (!seen_later(s, r, SIGHT_OUTCOME, LOOP_REAP, s->control.reap_ms, EVENT_LAUNCH, plain))
        outcome_seen(s, slot, r, plain);
    if (plain) return;
    int64_t deadline_ms = cloud_deadline(&s->cloud, slot);
    if (deadline_ms != INT64_MAX) notify(s, slot, r, deadline_ms);
    if (about_to_fall) replica_rebalance(s, slot);
}

/* ---- becoming ready ----------------------------------------------------------------- */

static HOT void came_up(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    if (plain || !r->will_fail) {
        r->phase = PHASE_UP;
        if (r->outcome_seen) will_be_probed(s, slot, r, plain);
        return;
    }
    cloud_end(&s->cloud, slot, false, s->now_ms);
    stop_cold(s, r, false);
    s->changed = true;
    r->phase = PHASE_FAILED;
    r->timer[TIMER_LIFE] = r->timer[TIMER_NOTICE] = EVENT_NONE;
    s->failed++;
    if (!seen_later(s, r, SIGHT_FAILED, LOOP_REAP, s->control.reap_ms, EVENT_READY, false))
        loss_seen(s, slot, r, SP_OBS_FAILED, false);
}

/* ---- endings --------------------------------------------------------------------------- */

static HOT int64_t loss_seen_at(const struct sim *s, const struct replica *r) {
    const struct control_params *c = &s->control;
    int64_t probe = loop_next(s, LOOP_PROBE, c->probe_ms, s->now_ms);
    if (c->probe_timeout_ms > 0) probe += (int64_t)(draw(s, r, CLOUD_PROBE) * (double)c->probe_timeout_ms);
    if (c->job_status_ms == 0) return probe;
    int64_t status = loop_next(s, LOOP_JOB_STATUS, c->job_status_ms, s->now_ms);
    return status < probe ? status : probe;
}

/* The cloud takes it; the leaf is the caller's to update. */
static HOT void lose(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    cloud_end_as(&s->cloud, slot, true, s->now_ms, plain);
    s->counts[r->pool].preempted++;
    if (r->serving) count_lost(s, r, plain);
    stop_serving(s, r, plain);
    stop_cold(s, r, plain);
    if (!plain) s->changed = true;
    r->timer[TIMER_LIFE] = EVENT_NONE;
    if (r->draining) { /* the controller has let go of it already */
        stop_draining(s, r);
        r->phase = PHASE_NONE;
        return;
    }
    r->phase = PHASE_LOST;
    r->timer[TIMER_PHASE] = r->timer[TIMER_NOTICE] = EVENT_NONE;
    if (plain || !sees_later(s, r, SIGHT_LOST, loss_seen_at(s, r), EVENT_READY))
        loss_seen(s, slot, r, SP_OBS_PREEMPTED, plain);
}

void replica_lost(struct sim *s, uint32_t slot) {
    lose(s, slot, &s->replicas[slot], false);
    update_leaf(s, slot);
}

void replica_end(struct sim *s, const struct fleet_order *o) {
    struct replica *r = &s->replicas[o->slot];
    /* what was never sent is just struck off the list */
    int64_t drain = o->kind == FLEET_DRAIN && r->phase != PHASE_WAITING ? s->control.drain_ms : 0;
    bool holds = r->phase == PHASE_BOOTING || r->phase == PHASE_UP;
    stop_serving(s, r, false);
    stop_cold(s, r, false);
    if (holds && !r->draining) {
        r->draining = true;
        draining_add(s, s->nodes);
    }
    if (!holds) r->phase = PHASE_NONE;
    launch_over(s, r);
    r->sight = SIGHT_DRAINED;
    r->timer[TIMER_PHASE] = r->timer[TIMER_NOTICE] = EVENT_NONE;
    set_timer(s, r, TIMER_OBSERVE, s->now_ms + drain, EVENT_DRAIN);
    update_leaf(s, o->slot);
}

static void drained(struct sim *s, uint32_t slot, struct replica *r) {
    if (r->phase == PHASE_BOOTING || r->phase == PHASE_UP) {
        cloud_end(&s->cloud, slot, false, s->now_ms);
        s->counts[r->pool].terminated++;
        stop_draining(s, r);
        r->phase = PHASE_NONE;
        s->changed = true;
    }
    clear_timers(r);
    replica_observe(s, slot, SP_OBS_TERMINATED, 0, 0);
}

/* ---- signals ------------------------------------------------------------------------------ */

void replica_notice(struct sim *s, uint32_t slot, int64_t deadline_ms) {
    notify(s, slot, &s->replicas[slot], deadline_ms);
    update_leaf(s, slot);
}

void replica_rebalance(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    const struct pool_params *p = &s->pools[r->pool];
    if (!listens(r)) return;
    if (p->rebalance_probability < 1 && draw(s, r, CLOUD_REBALANCE) >= p->rebalance_probability) return;
    s->rebalanced++;
    replica_observe(s, slot, SP_OBS_REBALANCE, 0, 0);
}

static HOT void life_event(struct sim *s, uint32_t slot, struct replica *r, enum event_class class, bool plain) {
    if (class == EVENT_LIFETIME) {
        lose(s, slot, r, plain);
        return;
    }
    int64_t end_ms = s->signals[slot].life_end_ms;
    set_timer(s, r, TIMER_LIFE, end_ms, EVENT_LIFETIME);
    notify(s, slot, r, end_ms);
}

/* ---- a timer fires ---------------------------------------------------------------------------- */

static COLD void see(struct sim *s, uint32_t slot, struct replica *r) {
    enum replica_sight what = (enum replica_sight)r->sight;
    r->sight = SIGHT_NONE;
    switch (what) {
    case SIGHT_OUTCOME:
        outcome_seen(s, slot, r, false);
        break;
    case SIGHT_READY:
        ready_seen(s, slot, r, false);
        break;
    case SIGHT_SERVING:
        serve(s, r, false);
        break;
    case SIGHT_LOST:
        loss_seen(s, slot, r, SP_OBS_PREEMPTED, false);
        break;
    case SIGHT_FAILED:
        loss_seen(s, slot, r, SP_OBS_FAILED, false);
        break;
    case SIGHT_CLEARED:
        clear_timers(r);
        replica_observe(s, slot, SP_OBS_CLEARED, 0, 0);
        break;
    case SIGHT_DRAINED:
        drained(s, slot, r);
        break;
    case SIGHT_NONE:
        break;
    }
}

static HOT void fire_timer_of(struct sim *s, uint32_t slot, struct replica *r, enum replica_timer which,
                              enum event_class class, bool plain) {
    r->timer[which] = EVENT_NONE;
    switch (which) {
    case TIMER_PHASE:
        if (r->phase == PHASE_SENT)
            answer(s, slot, r, plain);
        else
            came_up(s, slot, r, plain);
        break;
    case TIMER_LIFE:
        life_event(s, slot, r, class, plain);
        break;
    case TIMER_NOTICE:
        notice_seen(s, slot, r);
        break;
    case TIMER_OBSERVE:
        see(s, slot, r);
        break;
    case REPLICA_TIMERS:
        break;
    }
}

HOT bool replica_in_lane(const struct sim *s, uint32_t slot, uint64_t key) {
    const struct replica *r = &s->replicas[slot];
    return r->in_lane && r->timer[TIMER_PHASE] == key;
}

static HOT void fire_lane(struct sim *s, uint32_t slot, struct replica *r, bool plain) {
    uint64_t leaf = first_timer(r);
    r->in_lane = false;
    r->timer[TIMER_PHASE] = EVENT_NONE;
    came_up(s, slot, r, plain);
    if (!plain && first_timer(r) != leaf) update_leaf(s, slot);
}

/* Of a timer that came out of the tournament. */
static HOT void fire_any(struct sim *s, uint32_t slot, struct replica *r, uint64_t key) {
    /* what fired before it at this instant may have moved its timers */
    if (first_timer(r) == key) {
        enum replica_timer which = TIMER_PHASE;
        while (r->timer[which] != key) which++;
        fire_timer_of(s, slot, r, which, event_class_of(key), false);
    }
    fill_leaf(s, slot); /* another timer due now has its turn in the next round */
}

static APART void fire_seldom(struct sim *s, uint32_t slot, struct replica *r, uint64_t key) {
    fire_any(s, slot, r, key);
}

/* The two timers of a plain run that come all the time. */
static HOT void fire_plain(struct sim *s, uint32_t slot, struct replica *r, uint64_t key) {
    if (r->timer[TIMER_LIFE] == key) {
        bool drains = r->draining;
        lose(s, slot, r, true);
        if (drains) fill_leaf(s, slot); /* the end of the drain is awaited still */
    } else if (r->timer[TIMER_PHASE] == key) {
        fire_timer_of(s, slot, r, TIMER_PHASE, EVENT_READY, true);
        fill_leaf(s, slot);
    } else {
        fire_seldom(s, slot, r, key);
    }
}

HOT void replica_fire(struct sim *s, uint32_t slot, uint64_t key, bool lane, bool plain) {
    struct replica *r = &s->replicas[slot];
    if (lane) {
        if (replica_in_lane(s, slot, key)) fire_lane(s, slot, r, plain);
    } else if (plain) {
        fire_plain(s, slot, r, key);
    } else {
        fire_any(s, slot, r, key);
    }
}

HOT void replica_answer(struct sim *s, uint32_t slot) {
    answer(s, slot, &s->replicas[slot], true);
    fill_leaf(s, slot);
}

void replica_await_answer(struct sim *s, uint32_t slot, uint64_t key) {
    s->replicas[slot].timer[TIMER_PHASE] = key;
    fill_leaf(s, slot);
}
