/* SPDX-License-Identifier: Apache-2.0
 * One replica's way through the cloud's truth and the controller's sight of
 * it.  Truth moves on TIMER_PHASE and TIMER_LIFE; what the controller's loops
 * see of it comes on TIMER_OBSERVE. */
#include <stdlib.h>
#include <string.h>

#include "sim/sim_private.h"

#define NOT_SET UINT64_MAX

static uint64_t packed(int64_t at_ms, enum event_class class) {
    return ((uint64_t)at_ms << EVENT_CLASS_BITS) | (uint64_t) class;
}

static void update_leaf(struct sim *s, uint32_t slot) {
    if (slot == s->firing) return;
    const struct replica *r = &s->replicas[slot];
    uint64_t first = r->timer[0];
    for (int i = 1; i < REPLICA_TIMERS; i++)
        if (r->timer[i] < first) first = r->timer[i];
    uint32_t entity = s->replica_entity + slot;
    event_queue_set(&s->queue, entity, first == NOT_SET ? EVENT_NONE : (first << EVENT_ENTITY_BITS) | entity);
}

static void set_timer(struct sim *s, uint32_t slot, enum replica_timer which, int64_t at_ms, enum event_class class) {
    /* what comes at or after the horizon does not come */
    s->replicas[slot].timer[which] = at_ms >= s->config->horizon_ms ? NOT_SET : packed(at_ms, class);
    update_leaf(s, slot);
}

static void clear_timers(struct sim *s, uint32_t slot) {
    memset(s->replicas[slot].timer, 0xff, sizeof s->replicas[slot].timer);
    update_leaf(s, slot);
}

enum error_code replica_reserve(struct sim *s, uint32_t n) {
    if (n <= s->replicas_room) return OK;
    uint32_t room = s->replicas_room ? s->replicas_room : 64;
    while (room < n) room *= 2;
    TRY(cloud_reserve(&s->cloud, room, s->error));
    TRY(event_queue_grow(&s->queue, s->replica_entity + room, s->error));
    struct replica *replicas = realloc(s->replicas, room * sizeof *replicas);
    if (!replicas) return error_set(s->error, ERR_FAILED, NULL, "out of memory");
    memset(replicas + s->replicas_room, 0, (room - s->replicas_room) * sizeof *replicas);
    s->replicas = replicas;
    s->replicas_room = room;
    return OK;
}

/* ---- telling the controller --------------------------------------------------- */

static void observe(struct sim *s, uint32_t slot, enum sp_observation_kind kind, uint8_t reason, int64_t value) {
    fleet_observe(s->fleet, s->now_ms, kind, slot, reason, value);
    group_notify(s, s->replicas[slot].group);
}

static void see(struct sim *s, uint32_t slot);

/* The controller will see this at `at_ms`; at once if that is now. */
static void will_see(struct sim *s, uint32_t slot, enum replica_sight what, int64_t at_ms, enum event_class class) {
    struct replica *r = &s->replicas[slot];
    r->sight = (uint8_t)what;
    if (at_ms > s->now_ms) {
        set_timer(s, slot, TIMER_OBSERVE, at_ms, class);
    } else {
        r->timer[TIMER_OBSERVE] = NOT_SET;
        see(s, slot);
    }
}

/* ---- metrics --------------------------------------------------------------------- */

static void ready_add(struct sim *s, const struct replica *r, bool add) {
    uint32_t *total = &s->total.ready[r->market];
    *total = add ? *total + r->weight : *total - r->weight;
    if (s->config->n_groups > 1) {
        uint32_t *own = &s->group_metrics[r->group].ready[r->market];
        *own = add ? *own + r->weight : *own - r->weight;
    }
    s->changed = true;
}

static void stop_serving(struct sim *s, struct replica *r) {
    if (!r->serving) return;
    r->serving = false;
    ready_add(s, r, false);
    s->counts[r->pool].serving_ms[r->market] += (s->now_ms - r->serving_since_ms) * s->config->nodes;
}

static void stop_cold(struct sim *s, struct replica *r) {
    if (!r->cold) return;
    r->cold = false;
    s->total.booting -= s->config->nodes;
}

static void stop_draining(struct sim *s, struct replica *r) {
    if (!r->draining) return;
    r->draining = false;
    s->total.draining -= s->config->nodes;
}

/* ---- launch ------------------------------------------------------------------------ */

/* A launch slot is free again. */
static void launch_over(struct sim *s, struct replica *r) {
    if (!r->launching) return;
    r->launching = false;
    s->launching--;
    if (s->waiting_n > 0 && s->config->control.pickup_ms == 0)
        event_queue_set(&s->queue, 0, event_key(s->now_ms, EVENT_LAUNCH, 0));
}

static void send_request(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    r->phase = PHASE_SENT;
    r->sent_ms = s->now_ms;
    r->launching = true;
    s->launching++;
    set_timer(s, slot, TIMER_PHASE, s->now_ms + s->config->pools[r->pool].launch_delay_ms, EVENT_LAUNCH);
}

static bool direct(const struct sim *s) {
    return s->config->control.pickup_ms == 0 && s->config->control.launch_slots == UINT32_MAX;
}

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
    s->waiting_launch[at] = s->replicas[slot].launch;
    if (first) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->config->control.pickup_ms, s->now_ms);
        if (at_ms < s->config->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

void replica_pickup(struct sim *s) {
    event_queue_set(&s->queue, 0, EVENT_NONE);
    while (s->waiting_n > 0) {
        uint32_t slot = s->waiting[s->waiting_first];
        struct replica *r = &s->replicas[slot];
        bool stands = r->launch == s->waiting_launch[s->waiting_first] && r->phase == PHASE_WAITING;
        if (stands && s->launching >= s->config->control.launch_slots) break;
        s->waiting_first = (s->waiting_first + 1) % s->waiting_room;
        s->waiting_n--;
        if (!stands) continue; /* let go meanwhile */
        observe(s, slot, SP_OBS_SENT, 0, 0);
        send_request(s, slot);
    }
    if (s->waiting_n > 0 && s->config->control.pickup_ms > 0) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->config->control.pickup_ms, s->now_ms + 1);
        if (at_ms < s->config->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

void replica_launch(struct sim *s, const struct fleet_order *o) {
    struct replica *r = &s->replicas[o->slot];
    memset(r, 0, sizeof *r);
    memset(r->timer, 0xff, sizeof r->timer);
    r->launch = o->launch;
    r->ordinal = cloud_next_launch(&s->cloud, o->pool, (enum sp_market)o->market);
    r->life_end_ms = r->notice_ms = INT64_MAX;
    r->pool = o->pool;
    r->group = o->group;
    r->weight = s->config->pools[o->pool].weight;
    r->market = o->market;
    r->phase = PHASE_WAITING;
    update_leaf(s, o->slot);
    if (direct(s))
        send_request(s, o->slot);
    else
        enqueue(s, o->slot);
}

static double draw(const struct sim *s, const struct replica *r, enum cloud_purpose purpose) {
    return cloud_draw(&s->cloud, r->pool, (enum sp_market)r->market, r->ordinal, purpose);
}

static int64_t drawn(const struct sim *s, const struct replica *r, const struct dist *d, enum cloud_purpose purpose) {
    bool random = d->kind != DIST_NONE && d->kind != DIST_CONSTANT;
    return dist_quantile_ms(d, random ? draw(s, r, purpose) : 0.5);
}

/* A spot lifetime, if the pool has one, runs from the grant. */
static void begin_life(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    const struct pool_params *p = &s->config->pools[r->pool];
    if (r->market != SP_SPOT || (p->lifetime.kind == DIST_NONE && p->lifetime_cap_ms == 0)) return;
    int64_t life = drawn(s, r, &p->lifetime, CLOUD_LIFETIME);
    if (p->lifetime_cap_ms > 0 && p->lifetime_cap_ms < life) life = p->lifetime_cap_ms;
    if (life >= s->config->horizon_ms - s->now_ms + p->notice_ms) return;
    if (life < 1) life = 1; /* whatever is granted lives a moment */
    r->life_end_ms = s->now_ms + life;
    int64_t notice = r->life_end_ms - p->notice_ms;
    if (p->notice_ms > 0)
        set_timer(s, slot, TIMER_LIFE, notice > s->now_ms ? notice : s->now_ms, EVENT_NOTICE);
    else
        set_timer(s, slot, TIMER_LIFE, r->life_end_ms, EVENT_LIFETIME);
}

/* The cloud answers the request. */
static void answer(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    const struct pool_params *p = &s->config->pools[r->pool];
    enum sp_market market = (enum sp_market)r->market;
    bool about_to_fall = market == SP_SPOT && cloud_breach(&s->cloud, r->pool, p->rebalance_ms, s->now_ms) != INT64_MAX;
    int denial = cloud_launch(&s->cloud, slot, r->pool, market, r->ordinal, s->now_ms);
    int64_t known = s->now_ms;
    if (denial) {
        r->phase = PHASE_NONE;
        r->denial = (uint8_t)denial;
        s->counts[r->pool].denied[market]++;
        if (r->sent_ms + p->denial_delay_ms > known) known = r->sent_ms + p->denial_delay_ms;
    } else {
        r->phase = PHASE_BOOTING;
        r->cold = true;
        s->total.booting += s->config->nodes;
        s->changed = true;
        s->counts[r->pool].launched[market]++;
        r->will_fail = p->start_failure > 0 && draw(s, r, CLOUD_START_FAILURE) < p->start_failure;
        int64_t cold = drawn(s, r, &p->cold_start, CLOUD_COLD_START);
        set_timer(s, slot, TIMER_PHASE, s->now_ms + cold, EVENT_READY);
        begin_life(s, slot);
    }
    will_see(s, slot, SIGHT_OUTCOME, loop_next(s, LOOP_REAP, s->config->control.reap_ms, known), EVENT_LAUNCH);
    const struct cloud_instance *x = &s->cloud.instances[slot];
    if (!denial && x->doomed) replica_notice(s, slot, x->deadline_ms);
    if (!denial && about_to_fall) replica_rebalance(s, slot);
}

/* ---- becoming ready ----------------------------------------------------------------- */

static void will_be_probed(struct sim *s, uint32_t slot) {
    will_see(s, slot, SIGHT_READY, loop_next(s, LOOP_PROBE, s->config->control.probe_ms, s->now_ms), EVENT_READY);
}

static void came_up(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    if (r->will_fail) {
        cloud_end(&s->cloud, slot, false, s->now_ms);
        stop_cold(s, r);
        s->changed = true;
        r->phase = PHASE_FAILED;
        r->timer[TIMER_LIFE] = r->timer[TIMER_NOTICE] = NOT_SET;
        update_leaf(s, slot);
        s->failed++;
        will_see(s, slot, SIGHT_FAILED, loop_next(s, LOOP_REAP, s->config->control.reap_ms, s->now_ms), EVENT_READY);
        return;
    }
    r->phase = PHASE_UP;
    if (r->outcome_seen) will_be_probed(s, slot);
}

/* ---- endings --------------------------------------------------------------------------- */

/* The row of a denied, failed or preempted replica goes, at once or later. */
static void clear_row(struct sim *s, uint32_t slot) {
    int64_t linger = s->config->control.linger_ms;
    if (linger > 0)
        will_see(s, slot, SIGHT_CLEARED, s->now_ms + linger, EVENT_DRAIN);
    else
        clear_timers(s, slot);
}

static int64_t loss_seen_at(const struct sim *s, const struct replica *r) {
    const struct control_params *c = &s->config->control;
    int64_t probe = loop_next(s, LOOP_PROBE, c->probe_ms, s->now_ms);
    probe += (int64_t)(draw(s, r, CLOUD_PROBE) * (double)c->probe_timeout_ms);
    if (c->job_status_ms == 0) return probe;
    int64_t status = loop_next(s, LOOP_JOB_STATUS, c->job_status_ms, s->now_ms);
    return status < probe ? status : probe;
}

void replica_lost(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    cloud_end(&s->cloud, slot, true, s->now_ms);
    s->counts[r->pool].preempted++;
    if (r->serving) {
        metrics_lost(&s->total, r->weight);
        if (s->config->n_groups > 1) metrics_lost(&s->group_metrics[r->group], r->weight);
    }
    stop_serving(s, r);
    stop_cold(s, r);
    s->changed = true;
    if (r->draining) { /* the controller has let go of it already */
        stop_draining(s, r);
        r->phase = PHASE_NONE;
        r->timer[TIMER_LIFE] = NOT_SET;
        update_leaf(s, slot);
        return;
    }
    r->phase = PHASE_LOST;
    r->timer[TIMER_PHASE] = r->timer[TIMER_LIFE] = r->timer[TIMER_NOTICE] = NOT_SET;
    update_leaf(s, slot);
    will_see(s, slot, SIGHT_LOST, loss_seen_at(s, r), EVENT_READY);
}

void replica_end(struct sim *s, const struct fleet_order *o) {
    struct replica *r = &s->replicas[o->slot];
    /* what was never sent is just struck off the list */
    int64_t drain = o->kind == FLEET_DRAIN && r->phase != PHASE_WAITING ? s->config->control.drain_ms : 0;
    bool holds = r->phase == PHASE_BOOTING || r->phase == PHASE_UP;
    stop_serving(s, r);
    stop_cold(s, r);
    if (holds && !r->draining) {
        r->draining = true;
        s->total.draining += s->config->nodes;
    }
    if (!holds) r->phase = PHASE_NONE;
    launch_over(s, r);
    r->sight = SIGHT_NONE;
    r->timer[TIMER_PHASE] = r->timer[TIMER_OBSERVE] = r->timer[TIMER_NOTICE] = NOT_SET;
    set_timer(s, o->slot, TIMER_DRAIN, s->now_ms + drain, EVENT_DRAIN);
}

static void drained(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    if (r->phase == PHASE_BOOTING || r->phase == PHASE_UP) {
        cloud_end(&s->cloud, slot, false, s->now_ms);
        s->counts[r->pool].terminated++;
        stop_draining(s, r);
        r->phase = PHASE_NONE;
        s->changed = true;
    }
    clear_timers(s, slot);
    observe(s, slot, SP_OBS_TERMINATED, 0, 0);
}

/* ---- signals ------------------------------------------------------------------------------ */

static bool listens(const struct replica *r) {
    return (r->phase == PHASE_BOOTING || r->phase == PHASE_UP) && !r->draining;
}

static void notice_seen(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    s->counts[r->pool].noticed++;
    observe(s, slot, SP_OBS_NOTICE, 0, r->notice_ms);
}

void replica_notice(struct sim *s, uint32_t slot, int64_t deadline_ms) {
    struct replica *r = &s->replicas[slot];
    const struct pool_params *p = &s->config->pools[r->pool];
    if (!listens(r)) return;
    if (p->notice_probability < 1 && draw(s, r, CLOUD_NOTICE) >= p->notice_probability) return;
    int64_t at = s->now_ms + p->notice_delay_ms;
    if (at >= deadline_ms || deadline_ms >= r->notice_ms) return; /* too late to tell, or told of an earlier end */
    r->notice_ms = deadline_ms;
    if (at == s->now_ms)
        notice_seen(s, slot);
    else
        set_timer(s, slot, TIMER_NOTICE, at, EVENT_NOTICE);
}

void replica_rebalance(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    const struct pool_params *p = &s->config->pools[r->pool];
    if (!listens(r)) return;
    if (p->rebalance_probability < 1 && draw(s, r, CLOUD_REBALANCE) >= p->rebalance_probability) return;
    s->rebalanced++;
    observe(s, slot, SP_OBS_REBALANCE, 0, 0);
}

static void life_event(struct sim *s, uint32_t slot, enum event_class class) {
    struct replica *r = &s->replicas[slot];
    if (class == EVENT_LIFETIME) {
        replica_lost(s, slot);
        return;
    }
    set_timer(s, slot, TIMER_LIFE, r->life_end_ms, EVENT_LIFETIME);
    replica_notice(s, slot, r->life_end_ms);
}

/* ---- what the controller sees ---------------------------------------------------------------- */

static void outcome_seen(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    launch_over(s, r);
    if (r->denial) {
        observe(s, slot, SP_OBS_DENIED, r->denial, 0);
        clear_row(s, slot);
        return;
    }
    r->outcome_seen = true;
    observe(s, slot, SP_OBS_GRANTED, 0, 0);
    if (r->phase == PHASE_UP) will_be_probed(s, slot);
}

static void serve(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    stop_cold(s, r);
    r->serving = true;
    r->serving_since_ms = s->now_ms;
    ready_add(s, r, true);
}

static void see(struct sim *s, uint32_t slot) {
    struct replica *r = &s->replicas[slot];
    enum replica_sight what = (enum replica_sight)r->sight;
    r->sight = SIGHT_NONE;
    update_leaf(s, slot);
    switch (what) {
    case SIGHT_OUTCOME:
        outcome_seen(s, slot);
        break;
    case SIGHT_READY:
        observe(s, slot, SP_OBS_READY, 0, 0);
        will_see(s, slot, SIGHT_SERVING, loop_next(s, LOOP_LB, s->config->control.lb_sync_ms, s->now_ms), EVENT_READY);
        break;
    case SIGHT_SERVING:
        serve(s, slot);
        break;
    case SIGHT_LOST:
    case SIGHT_FAILED:
        launch_over(s, r);
        observe(s, slot, what == SIGHT_LOST ? SP_OBS_PREEMPTED : SP_OBS_FAILED, 0, 0);
        r->phase = PHASE_NONE;
        clear_row(s, slot);
        break;
    case SIGHT_CLEARED:
        clear_timers(s, slot);
        observe(s, slot, SP_OBS_CLEARED, 0, 0);
        break;
    case SIGHT_NONE:
        break;
    }
}

void replica_fire(struct sim *s, uint32_t slot, enum event_class class) {
    struct replica *r = &s->replicas[slot];
    uint64_t due = packed(s->now_ms, class);
    s->firing = slot;
    for (int i = 0; i < REPLICA_TIMERS; i++) {
        if (r->timer[i] != due) continue;
        r->timer[i] = NOT_SET;
        switch ((enum replica_timer)i) {
        case TIMER_PHASE:
            if (r->phase == PHASE_SENT)
                answer(s, slot);
            else
                came_up(s, slot);
            break;
        case TIMER_LIFE:
            life_event(s, slot, class);
            break;
        case TIMER_NOTICE:
            notice_seen(s, slot);
            break;
        case TIMER_OBSERVE:
            see(s, slot);
            break;
        case TIMER_DRAIN:
            drained(s, slot);
            break;
        case REPLICA_TIMERS:
            break;
        }
        break; /* another timer due now has its turn in the next round */
    }
    s->firing = SP_NONE;
    update_leaf(s, slot);
}
