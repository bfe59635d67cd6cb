/* SPDX-License-Identifier: Apache-2.0
 * What was learned: into the ledger, and to the group's policy if it hears it. */
#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/hot.h"
#include "fleet/fleet_private.h"

/* So that a journal with a changed observation is found out, whether any
 * policy minds or not. */
static void mix_observation(uint64_t *digest, uint32_t group, const struct sp_observation *o) {
    fleet_mix(digest, ((uint64_t)group << 32) | ((uint64_t)o->kind << 16) | ((uint64_t)o->market << 8) | o->reason);
    fleet_mix(digest, (uint64_t)o->at_ms);
    fleet_mix(digest, (uint64_t)o->value);
    fleet_mix(digest, o->launch);
    fleet_mix(digest, ((uint64_t)o->slot << 32) | o->pool);
}

static COLD bool grow_waiting(struct fleet *f, struct fleet_policy *p) {
    uint32_t room = p->obs_room ? p->obs_room * 2 : 64;
    struct sp_observation *obs = realloc(p->obs, room * sizeof *obs);
    if (!obs) {
        f->out_of_memory = true; /* the next step reports it */
        return false;
    }
    p->obs = obs;
    p->obs_room = room;
    return true;
}

/* Where the group's next waiting observation is to be written. */
static HOT struct sp_observation *next_observation(struct fleet *f, struct fleet_policy *p) {
    p->quiet_until_ms = SP_NEVER;
    if (p->n_obs == p->obs_room && !grow_waiting(f, p)) return &f->lost_observation;
    return &p->obs[p->n_obs++];
}

/* Appends to the group's waiting observations. */
void fleet_push(struct fleet *f, uint32_t group, struct sp_observation o) {
    if (f->journaled) mix_observation(&f->told, group, &o);
    *next_observation(f, &f->policies[group]) = o;
}

/* The instances of a row are gone or were never there. */
static HOT void drop_instances(struct fleet *f, bool plain) {
    uint32_t nodes = plain ? 1 : f->params.nodes;
    assert(f->instances >= nodes);
    f->instances -= nodes;
}

static HOT void end_row(struct fleet *f, struct ledger_group *g, uint32_t slot, enum sp_state state, int64_t at_ms,
                        bool plain) {
    drop_instances(f, plain);
    if (!plain && f->params.keep_rows)
        ledger_move_in(&f->ledger, g, slot, state, at_ms, plain);
    else
        ledger_remove_from(&f->ledger, g, slot, plain);
}

static COLD void record(struct fleet *f, const struct sp_observation *o, uint32_t group, uint32_t slot) {
    mix_observation(&f->told, group, o);
    if (f->journal) journal_observation(f->journal, o, group, fleet_row_pool(f, slot));
}

/* What becomes of the row, and what its pool remembers. */
static HOT void take_note(struct fleet *f, struct ledger_group *g, int64_t at_ms, enum sp_observation_kind kind,
                          uint32_t slot, int64_t value, bool plain) {
    struct ledger *l = &f->ledger;
    const struct sp_instance *r = &l->rows[slot];
    struct sp_pool *pool = &g->pools[r->pool];
    switch (kind) {
    case SP_OBS_SENT:
        ledger_move_in(l, g, slot, SP_PROVISIONING, at_ms, plain);
        break;
    case SP_OBS_GRANTED:
        pool->last_granted_ms[r->market] = at_ms;
        if (r->state <= SP_PROVISIONING)
            ledger_move_in(l, g, slot, SP_STARTING, at_ms, plain);
        else
            ledger_mark_row(g, r);
        break;
    case SP_OBS_DENIED:
        pool->last_denied_ms[r->market] = at_ms;
        ledger_mark(g, r->pool);
        end_row(f, g, slot, SP_FAILED, at_ms, plain);
        break;
    case SP_OBS_READY:
        ledger_move_in(l, g, slot, SP_READY, at_ms, plain);
        break;
    case SP_OBS_UNREADY:
        ledger_move_in(l, g, slot, SP_UNREADY, at_ms, plain);
        break;
    case SP_OBS_FAILED:
        end_row(f, g, slot, SP_FAILED, at_ms, plain);
        break;
    case SP_OBS_NOTICE:
        ledger_flag(l, slot, SP_NOTICED, value);
        break;
    case SP_OBS_REBALANCE:
        ledger_flag(l, slot, SP_REBALANCE, 0);
        break;
    case SP_OBS_PREEMPTED:
        pool->last_preempted_ms = at_ms;
        end_row(f, g, slot, SP_PREEMPTED, at_ms, plain);
        break;
    case SP_OBS_TERMINATED:
        drop_instances(f, plain);
        ledger_remove_from(l, g, slot, plain);
        break;
    case SP_OBS_CLEARED:
        ledger_remove_from(l, g, slot, plain);
        break;
    default:
        assert(false); /* not an observation about a replica */
    }
}

HOT void fleet_observe_as(struct fleet *f, uint32_t group, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot,
                          uint8_t reason, int64_t value, bool plain) {
    const struct sp_instance *r = &f->ledger.rows[slot];
    struct fleet_policy *policy = &f->policies[group];
    assert(slot < f->ledger.n_slots && r->launch != 0 && r->host[ROW_GROUP] == group);
    if (policy->hears & SP_HEARS(kind)) {
        struct sp_observation *o = next_observation(f, policy);
        *o = (struct sp_observation){.at_ms = at_ms,
                                     .value = value,
                                     .launch = r->launch,
                                     .slot = slot,
                                     .pool = r->pool,
                                     .kind = (uint8_t)kind,
                                     .market = r->market,
                                     .reason = reason,
                                     .state = r->state};
        if (!plain && f->journaled) record(f, o, group, slot);
    } else {
        policy->unheard = true;
    }
    take_note(f, &f->ledger.groups[group], at_ms, kind, slot, value, plain);
}

void fleet_observe(struct fleet *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot, uint8_t reason,
                   int64_t value) {
    fleet_observe_as(f, ledger_group_of(&f->ledger, slot), at_ms, kind, slot, reason, value, false);
}

void fleet_observe_pool(struct fleet *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t pool,
                        enum sp_market market, int64_t value) {
    uint32_t group = f->pool_group[pool];
    if (group == SP_NONE) return;
    struct sp_pool *p = &f->ledger.groups[group].pools[f->pool_local[pool]];
    struct sp_observation o = {.at_ms = at_ms,
                               .value = value,
                               .slot = SP_NONE,
                               .pool = f->pool_local[pool],
                               .kind = (uint8_t)kind,
                               .market = (uint8_t)market};
    if (f->journal) journal_observation(f->journal, &o, group, pool);
    fleet_push(f, group, o);
    f->policies[group].news = true;
    ledger_mark(&f->ledger.groups[group], o.pool);
    if (kind == SP_OBS_PRICE) p->price_uusd_per_h[market] = value;
    if (kind == SP_OBS_CAPACITY) {
        p->capacity = value;
        f->ledger.groups[group].tells_rows = true; /* how many it holds counts from now on */
    }
}

void fleet_set_requests(struct fleet *f, double requests) {
    assert(!(requests < 0) && !isinf(requests));
    for (uint32_t g = 0; g < f->params.n_groups; g++) f->ledger.groups[g].view.requests = requests;
}
