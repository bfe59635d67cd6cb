/* SPDX-License-Identifier: Apache-2.0
 * What the files about replicas share: their timers, what they count for, and
 * their draws.
 *
 * `plain` is a constant wherever these functions are inlined: in a plain run
 * (sim.plain) what cannot happen is not asked for. */
#ifndef SPOTSIM_SIM_REPLICA_PRIVATE_H
#define SPOTSIM_SIM_REPLICA_PRIVATE_H

#include <string.h>

#include "sim/sim_private.h"

/* ---- timers ------------------------------------------------------------------- */

/* Of those in the tournament. */
static HOT uint64_t first_timer(const struct replica *r) {
    uint64_t phase = r->timer[TIMER_PHASE] | (0 - (uint64_t)r->in_lane); /* EVENT_NONE there */
    return event_earlier(event_earlier(phase, r->timer[1]), event_earlier(r->timer[2], r->timer[3]));
}
_Static_assert(REPLICA_TIMERS == 4, "first_timer looks at all of them");

/* The leaf follows the timers: to be called when an event is done with them. */
static inline void update_leaf(struct sim *s, uint32_t slot) {
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

/* ---- telling the controller --------------------------------------------------- */

void replica_observe(struct sim *s, uint32_t slot, enum sp_observation_kind kind, uint8_t reason, int64_t value);

static HOT void observe_often(struct sim *s, uint32_t slot, enum sp_observation_kind kind, bool plain) {
    fleet_observe_as(s->fleet, plain ? 0 : s->replicas[slot].group, s->now_ms, kind, slot, 0, 0, plain);
    if (plain)
        group_decide(s);
    else
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
static inline void draining_add(struct sim *s, int64_t change) { gauge_add(&s->total.draining, change, s->now_ms); }

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

/* ---- draws ------------------------------------------------------------------------ */

static HOT double draw(const struct sim *s, const struct replica *r, enum cloud_purpose purpose) {
    return cloud_draw(&s->cloud, r->pool, (enum sp_market)r->market, r->ordinal, purpose);
}

static HOT int64_t drawn(const struct sim *s, const struct replica *r, const struct dist *d,
                         enum cloud_purpose purpose) {
    if (d->kind == DIST_CONSTANT) return dist_constant_ms(d);
    if (d->kind == DIST_EXPONENTIAL) return dist_exponential_ms(d, draw(s, r, purpose));
    return dist_quantile_ms(d, dist_is_random(d) ? draw(s, r, purpose) : 0.5);
}

#endif
