/* SPDX-License-Identifier: Apache-2.0
 * One replica's way through the cloud's truth and the controller's sight of
 * it.  Truth moves on TIMER_PHASE and TIMER_LIFE; what the controller's loops
 * see of it comes on TIMER_OBSERVE.
 *
 * `plain` is a constant wherever these functions are inlined: in a plain run
 * (sim.plain) what cannot happen is not asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/pages.h"
#include "sim/sim_private.h"

/* Of those in the tournament. */
static HOT uint64_t first_timer(const struct replica *r) {
    uint64_t phase = r->timer[TIMER_PHASE] | (0 - (uint64_t)r->in_lane); /* EVENT_NONE there */
    return event_earlier(event_earlier(phase, r->timer[1]), event_earlier(r->timer[2], r->timer[3]));
}
_Static_assert(REPLICA_TIMERS == 4, "first_timer looks at all of them");

/* The leaf follows the timers: to be called when an event is done with them. */
static void update_leaf(struct sim *s, uint32_t slot) {
    event_queue_set(&s->queue, s->replica_entity + slot, first_timer(&s->replicas[slot]));
}

/* The same where the leaf is known to be empty. */
static HOT void fill_leaf(struct sim *s, uint32_t slot) {
    uint64_t key = first_timer(&s->replicas[slot]);
    if (key != EVENT_NONE) event_queue_insert(&s->queue, s->replica_entity + slot, key);
}

static HOT void set_slot_timer(struct sim *s, uint32_t slot, struct replica *r, enum replica_timer which, int64_t at_ms,
                               enum event_class class) {
    uint32_t entity = s->replica_entity + slot;
    /* what comes at or after the horizon does not come */
    r->timer[which] = at_ms >= s->horizon_ms ? EVENT_NONE : event_key(at_ms, class, entity);
    if (which == TIMER_PHASE) r->in_lane = false;
}

static HOT void set_timer(struct sim *s, struct replica *r, enum replica_timer which, int64_t at_ms,
                          enum event_class class) {
    set_slot_timer(s, (uint32_t)(r - s->replicas), r, which, at_ms, class);
}

static HOT void clear_timers(struct replica *r) { memset(r->timer, 0xff, sizeof r->timer); }

enum error_code replica_reserve(struct sim *s, uint32_t n) {
    if (n <= s->replicas_room) return OK;
    uint32_t room = s->replicas_room ? s->replicas_room : 64;
    while (room < n) room *= 2;
    TRY(cloud_reserve(&s->cloud, room, s->error));
    TRY(event_queue_grow(&s->queue, s->replica_entity + room, s->error));
    struct replica_signal *signals = realloc(s->signals, room * sizeof *signals);
    if (signals) s->signals = signals;
    struct replica *replicas = pages_alloc(room * sizeof *replicas);
    if (!signals || !replicas) {
        free(replicas);
        return error_set(s->error, ERR_FAILED, NULL, "out of memory");
    }
    if (s->replicas_room) memcpy(replicas, s->replicas, s->replicas_room * sizeof *replicas);
    memset(replicas + s->replicas_room, 0, (room - s->replicas_room) * sizeof *replicas);
    free(s->replicas);
    s->replicas = replicas;
    s->replicas_room = room;
    return OK;
}

/* ---- telling the controller --------------------------------------------------- */

static HOT void observe_often(struct sim *s, uint32_t slot, enum sp_observation_kind kind, bool plain) {
    fleet_observe_as(s->fleet, plain ? 0 : s->replicas[slot].group, s->now_ms, kind, slot, 0, 0, plain);
    if (plain)
        group_decide(s);
    else
        group_notify(s, s->replicas[slot].group);
}

static COLD void observe(struct sim *s, uint32_t slot, enum sp_observation_kind kind, uint8_t reason, int64_t value) {
    fleet_observe(s->fleet, s->now_ms, kind, slot, reason, value);
    group_notify(s, s->replicas[slot].group);
}

/* The controller will see this at `at_ms`; true if that is later than now. */
static HOT bool sees_later(struct sim *s, struct replica *r, enum replica_sight what, int64_t at_ms,
                           enum event_class class) {
    if (at_ms > s->now_ms) {
        r->sight = (uint8_t)what;
        set_timer(s, r, TIMER_OBSERVE, at_ms, class);
        return true;
    }
    r->sight = SIGHT_NONE;
    r->timer[TIMER_OBSERVE] = EVENT_NONE;
    return false;
}

/* ---- metrics --------------------------------------------------------------------- */

static HOT uint32_t weight_of(const struct sim *s, const struct replica *r, bool plain) {
    return plain ? 1 : s->pools[r->pool].weight;
}
static HOT uint32_t nodes_of(const struct sim *s, bool plain) { return plain ? 1 : s->nodes; }

static HOT void ready_add(struct sim *s, const struct replica *r, bool add, bool plain) {
    uint32_t weight = weight_of(s, r, plain);
    uint32_t more = add ? weight : 0 - weight; /* counts wrap around */
    metrics_advance(&s->total, s->now_ms);
    s->total.ready[r->market] += more;
    if (plain) return;
    if (s->several) {
        metrics_advance(&s->group_metrics[r->group], s->now_ms);
        s->group_metrics[r->group].ready[r->market] += more;
    }
    s->changed = true;
}

static HOT void count_lost(struct sim *s, const struct replica *r, bool plain) {
    uint32_t weight = weight_of(s, r, plain);
    metrics_advance(&s->total, s->now_ms);
    metrics_lost(&s->total, weight);
    if (plain || !s->several) return;
    metrics_advance(&s->group_metrics[r->group], s->now_ms);
    metrics_lost(&s->group_metrics[r->group], weight);
}

static HOT void booting_add(struct sim *s, int64_t change) { gauge_add(&s->total.booting, change, s->now_ms); }
static void draining_add(struct sim *s, int64_t change) { gauge_add(&s->total.draining, change, s->now_ms); }

static HOT void stop_serving(struct sim *s, struct replica *r, bool plain) {
    if (!r->serving) return;
    r->serving = false;
    ready_add(s, r, false, plain);
    s->counts[r->pool].serving_ms[r->market] += (s->now_ms - r->serving_since_ms) * nodes_of(s, plain);
}

static HOT void stop_cold(struct sim *s, struct replica *r, bool plain) {
    if (!r->cold) return;
    r->cold = false;
    booting_add(s, -(int64_t)nodes_of(s, plain));
}

static HOT void stop_draining(struct sim *s, struct replica *r) {
    if (!r->draining) return;
    r->draining = false;
    draining_add(s, -(int64_t)s->nodes);
}

static HOT double draw(const struct sim *s, const struct replica *r, enum cloud_purpose purpose) {
    return cloud_draw(&s->cloud, r->pool, (enum sp_market)r->market, r->ordinal, purpose);
}

static HOT int64_t drawn(const struct sim *s, const struct replica *r, const struct dist *d,
                         enum cloud_purpose purpose) {
    if (d->kind == DIST_CONSTANT) return dist_constant_ms(d);
    if (d->kind == DIST_EXPONENTIAL) return dist_exponential_ms(d, draw(s, r, purpose));
    return dist_quantile_ms(d, dist_is_random(d) ? draw(s, r, purpose) : 0.5);
}

/* ---- launch ------------------------------------------------------------------------ */

/* A launch slot is free again. */
static HOT void launch_over(struct sim *s, struct replica *r) {
    if (!r->launching) return;
    r->launching = false;
    s->launching--;
    if (s->waiting_n > 0 && s->control.pickup_ms == 0)
        event_queue_set(&s->queue, 0, event_key(s->now_ms, EVENT_LAUNCH, 0));
}

static HOT void send_request(struct sim *s, uint32_t slot, bool plain) {
    struct replica *r = &s->replicas[slot];
    r->phase = PHASE_SENT;
    if (!plain) {
        r->launching = true;
        s->launching++;
    }
    set_timer(s, r, TIMER_PHASE, s->now_ms + s->pools[r->pool].launch_delay_ms, EVENT_LAUNCH);
    fill_leaf(s, slot); /* nothing else is set while it waits for this */
}

static bool direct(const struct sim *s) { return s->control.pickup_ms == 0 && s->control.launch_slots == UINT32_MAX; }

static void enqueue(struct sim *s, uint32_t slot) {
    if (s->waiting_n == s->waiting_room) {
        uint32_t room = s->waiting_room ? s->waiting_room * 2 : 64;
        uint32_t *slots = malloc(room * sizeof *slots);
        uint64_t *launches = malloc(room * sizeof *launches);
        if (!slots || !launches) {
            free(slots);
            free(launches);
            sim_fail(s, error_set(s->error, ERR_FAILED, NULL, "out of memory"));
            return;
        }
        for (uint32_t i = 0; i < s->waiting_n; i++) {
            slots[i] = s->waiting[(s->waiting_first + i) % s->waiting_room];
            launches[i] = s->waiting_launch[(s->waiting_first + i) % s->waiting_room];
        }
        free(s->waiting);
        free(s->waiting_launch);
        s->waiting = slots;
        s->waiting_launch = launches;
        s->waiting_first = 0;
        s->waiting_room = room;
    }
    bool first = s->waiting_n == 0; /* else the round that will send the others is known */
    uint32_t at = (s->waiting_first + s->waiting_n++) % s->waiting_room;
    s->waiting[at] = slot;
    s->waiting_launch[at] = fleet_row(s->fleet, slot)->launch;
    if (first) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->control.pickup_ms, s->now_ms);
        if (at_ms < s->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

void replica_pickup(struct sim *s) {
    event_queue_set(&s->queue, 0, EVENT_NONE);
    while (s->waiting_n > 0) {
        uint32_t slot = s->waiting[s->waiting_first];
        bool stands = fleet_row(s->fleet, slot)->launch == s->waiting_launch[s->waiting_first] &&
                      s->replicas[slot].phase == PHASE_WAITING;
        if (stands && s->launching >= s->control.launch_slots) break;
        s->waiting_first = (s->waiting_first + 1) % s->waiting_room;
        s->waiting_n--;
        if (!stands) continue; /* let go meanwhile */
        observe(s, slot, SP_OBS_SENT, 0, 0);
        send_request(s, slot, false);
    }
    if (s->waiting_n > 0 && s->control.pickup_ms > 0) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->control.pickup_ms, s->now_ms + 1);
        if (at_ms < s->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

HOT void replica_launch(struct sim *s, const struct fleet_order *o, bool only, bool plain) {
    struct replica *r = &s->replicas[o->slot];
    *r = (struct replica){.timer = {EVENT_NONE, EVENT_NONE, EVENT_NONE, EVENT_NONE},
                          .ordinal = cloud_next_launch(&s->cloud, o->pool, (enum sp_market)o->market),
                          .pool = o->pool,
                          .group = (uint16_t)o->group,
                          .market = o->market,
                          .phase = PHASE_WAITING};
    /* drawn before it is wanted, so that it need not be waited for */
    s->drawn_slot = SP_NONE;
    if (plain && o->market == SP_SPOT && s->pools[o->pool].lifetime.kind != DIST_NONE) {
        s->drawn_slot = o->slot;
        s->drawn_life = drawn(s, r, &s->pools[o->pool].lifetime, CLOUD_LIFETIME);
    }
    if (plain && only && s->pools[o->pool].launch_delay_ms == 0) {
        r->phase = PHASE_SENT;
        s->asked_slot = o->slot;
    } else if (plain || direct(s)) {
        send_request(s, o->slot, plain);
    } else {
        update_leaf(s, o->slot);
        enqueue(s, o->slot);
    }
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
        observe(s, slot, SP_OBS_DENIED, r->denial, 0);
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
    observe(s, slot, SP_OBS_NOTICE, 0, s->signals[slot].notice_ms);
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
    bool about_to_fall = !plain && market == SP_SPOT &&
                         cloud_breach(&s->cloud, r->pool, p->rebalance_ms, s->now_ms) != INT64_MAX;
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
    observe(s, slot, SP_OBS_TERMINATED, 0, 0);
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
    observe(s, slot, SP_OBS_REBALANCE, 0, 0);
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
        observe(s, slot, SP_OBS_CLEARED, 0, 0);
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
