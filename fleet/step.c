/* SPDX-License-Identifier: Apache-2.0
 * A policy's step: it is called, its answer checked, entered in the ledger and
 * handed on as orders. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "fleet/fleet_private.h"
#include "policies/composer_step.h"

static COLD bool grow_orders(struct fleet *f) {
    uint32_t room = f->orders_room ? f->orders_room * 2 : 64;
    struct fleet_order *orders = realloc(f->orders, room * sizeof *orders);
    if (!orders) return false;
    f->orders = orders;
    f->orders_room = room;
    return true;
}

/* Where the next order is to be written; NULL: no memory. */
static HOT struct fleet_order *next_order(struct fleet *f) {
    if (f->n_orders == f->orders_room && !grow_orders(f)) return NULL;
    return &f->orders[f->n_orders++];
}

/* The guard refused a launch: an observation, as in every host. */
static COLD void refuse(struct fleet *f, uint32_t group, const struct sp_action *a, int64_t now_ms) {
    struct sp_observation o = {.at_ms = now_ms,
                               .slot = SP_NONE,
                               .pool = a->pool,
                               .kind = SP_OBS_DENIED,
                               .market = a->market,
                               .reason = SP_DENIED_GUARD};
    f->ledger.groups[group].pools[a->pool].last_denied_ms[a->market] = now_ms;
    ledger_mark(&f->ledger.groups[group], a->pool);
    fleet_push(f, group, o);
}

static HOT enum error_code apply_launch(struct fleet *f, uint32_t group, const struct sp_action *a, int64_t now_ms,
                                        struct error *e, bool plain) {
    const struct fleet_group *config = &f->params.groups[group];
    const uint32_t nodes = plain ? 1 : f->params.nodes;
    if (a->pool >= config->n_pools || a->market >= SP_MARKETS || a->count == 0)
        return error_set(e, ERR_FAILED, config->name,
                         "the policy launched %u replicas in pool %u on market %u; pools are 0..%u", a->count, a->pool,
                         a->market, config->n_pools ? config->n_pools - 1 : 0);
    enum sp_state state = f->params.direct_launch ? SP_PROVISIONING : SP_REQUESTED;
    for (uint32_t i = 0; i < a->count; i++) {
        if (f->instances > f->params.max_instances || f->params.max_instances - f->instances < nodes) {
            refuse(f, group, a, now_ms);
            break;
        }
        uint32_t slot = ledger_add(&f->ledger, group, a->pool, (enum sp_market)a->market, state, now_ms);
        if (slot == SP_NONE && f->ledger.n_slots < FLEET_SLOTS_MAX)
            return error_set(e, ERR_FAILED, config->name, "out of memory");
        if (slot == SP_NONE)
            return error_set(e, ERR_FAILED, config->name, "more than %u replicas at once", FLEET_SLOTS_MAX);
        f->instances += nodes;
        struct fleet_order *o = next_order(f);
        if (!o) return fleet_out_of_memory(e);
        o->launch = f->ledger.rows[slot].launch;
        o->slot = slot;
        o->pool = config->pools[a->pool];
        o->group = group;
        o->kind = FLEET_LAUNCH;
        o->market = a->market;
        o->reason = a->reason;
        o->state = SP_STATES;
    }
    return OK;
}

static APART enum error_code apply_end(struct fleet *f, uint32_t group, const struct sp_action *a, int64_t now_ms,
                                       struct error *e) {
    struct ledger *l = &f->ledger;
    const struct fleet_group *config = &f->params.groups[group];
    bool known = a->slot < l->n_slots && a->launch != 0 && l->rows[a->slot].launch == a->launch &&
                 ledger_group_of(l, a->slot) == group;
    if (!known)
        return error_set(e, ERR_FAILED, config->name, "the policy ends replica %llu in slot %u, which is not there",
                         (unsigned long long)a->launch, a->slot);
    struct sp_instance *r = &l->rows[a->slot];
    uint8_t before = r->state;
    if (before >= SP_ALIVE_STATES && !(before == SP_DRAINING && a->kind == SP_TERMINATE))
        return error_set(e, ERR_FAILED, config->name, "the policy ends replica %llu, which is not alive",
                         (unsigned long long)a->launch);
    if (before != SP_DRAINING) ledger_move(l, a->slot, SP_DRAINING, now_ms);
    struct fleet_order *o = next_order(f);
    if (!o) return fleet_out_of_memory(e);
    *o = (struct fleet_order){.launch = a->launch,
                              .slot = a->slot,
                              .pool = config->pools[r->pool],
                              .group = group,
                              .kind = a->kind == SP_DRAIN ? FLEET_DRAIN : FLEET_TERMINATE,
                              .market = r->market,
                              .reason = a->reason,
                              .state = before};
    return OK;
}

static HOT enum error_code apply(struct fleet *f, uint32_t group, const struct sp_actions *actions, int64_t now_ms,
                                 const struct sp_view *view, struct error *e, bool plain) {
    for (uint32_t i = 0; i < actions->n; i++) {
        const struct sp_action *a = &actions->items[i];
        uint32_t from = f->n_orders;
        struct sp_view before;
        bool explained = !plain && f->explain;
        if (explained) before = *view;
        if (a->reason == 0 || a->reason >= SP_WHYS)
            return error_set(e, ERR_FAILED, f->params.groups[group].name,
                             "the policy gave the unknown reason %u; expected one of enum sp_reason", a->reason);
        if (a->kind == SP_LAUNCH)
            TRY(apply_launch(f, group, a, now_ms, e, plain));
        else if (a->kind == SP_TERMINATE || a->kind == SP_DRAIN)
            TRY(apply_end(f, group, a, now_ms, e));
        else
            return error_set(e, ERR_FAILED, f->params.groups[group].name, "the policy answered with unknown action %u",
                             a->kind);
        if (explained)
            for (uint32_t k = from; k < f->n_orders; k++) explain_order(f->explain, f, &f->orders[k], now_ms, &before);
    }
    return OK;
}

/* The policy's answer to its first n_obs observations goes to `actions`. */
static HOT void call_policy(struct fleet *f, uint32_t group, uint32_t n_obs, bool unheard, int64_t now_ms,
                            struct sp_actions *actions) {
    struct fleet_policy *p = &f->policies[group];
    struct ledger_group *lg = &f->ledger.groups[group];
    lg->view.now_ms = now_ms;
    lg->view.n_slots = f->ledger.n_slots;
    lg->view.instances = f->ledger.rows;
    actions->items = f->actions;
    actions->n = 0;
    actions->max = FLEET_ACTIONS_MAX;
    actions->more = false;
    struct composer *c = p->composer;
    if (composer_is_plain(c))
        p->wake_ms = composer_step_as(c, &lg->view, p->obs, n_obs, unheard, actions, p->news, true);
    else
        p->wake_ms = composer_step(c, &lg->view, p->obs, n_obs, unheard, actions);
    p->news = false;
    p->quiet_until_ms = c->settled && p->n_obs == 0 ? p->wake_ms : SP_NEVER;
    if (lg->view.n_changed == 0) lg->round++;
}

static APART void call_policy_again(struct fleet *f, uint32_t group, int64_t now_ms, struct sp_actions *actions) {
    call_policy(f, group, 0, false, now_ms, actions);
}

/* What the policy answered first, and what it answers when called again. */
static HOT enum error_code carry_on(struct fleet *f, uint32_t group, struct sp_actions *actions, int64_t now_ms,
                                    struct error *e, bool plain) {
    const struct sp_view *view = &f->ledger.groups[group].view;
    for (uint32_t calls = 1;; calls++) {
        bool more = actions->more;
        TRY(apply(f, group, actions, now_ms, view, e, plain));
        if (!more) return OK;
        /* every full buffer launches or ends something, so this many are enough */
        if (calls > 2 * (FLEET_SLOTS_MAX / FLEET_ACTIONS_MAX) + 1)
            return error_set(e, ERR_FAILED, f->params.groups[group].name, "the policy's list of actions does not end");
        call_policy_again(f, group, now_ms, actions);
    }
}

static uint64_t answer_digest(const struct fleet *f, uint32_t group, int64_t now_ms) {
    uint64_t digest = fleet_digest_begin(random_mix(group), now_ms);
    for (uint32_t i = 0; i < f->n_orders; i++) fleet_digest_order(&digest, &f->orders[i]);
    return fleet_digest_end(digest, random_mix((uint64_t)f->policies[group].wake_ms));
}

static COLD void keep_record(struct fleet *f, uint32_t group, int64_t now_ms) {
    const struct fleet_policy *p = &f->policies[group];
    double asked = f->ledger.groups[group].view.requests;
    uint64_t requests;
    memcpy(&requests, &asked, sizeof requests);
    if (!isnan(asked)) fleet_mix(&f->told, requests);
    fleet_mix(&f->told, answer_digest(f, group, now_ms));
    fleet_mix(&f->told, composer_digest(p->composer));
}

HOT bool fleet_step_unheard(struct fleet *f, uint32_t group, int64_t now_ms) {
    struct fleet_policy *p = &f->policies[group];
    if (now_ms >= p->quiet_until_ms || !p->unheard) return false;
    p->unheard = false;
    f->steps++;
    return true;
}

HOT enum error_code fleet_step_as(struct fleet *f, uint32_t group, int64_t now_ms, const struct fleet_order **orders,
                                  uint32_t *n_orders, struct error *e, bool plain) {
    struct fleet_policy *p = &f->policies[group];
    if (f->out_of_memory) return fleet_out_of_memory(e);
    f->n_orders = 0;
    uint32_t n_obs = p->n_obs;
    /* called before its time, with nothing to tell: what it said last stands */
    bool unheard = p->unheard, idle = n_obs == 0 && !unheard && p->wake_ms > now_ms;
    int64_t wake_ms = p->wake_ms;
    struct sp_actions actions;
    p->n_obs = 0; /* what the guard refuses from now on is for the next step */
    p->unheard = false;
    call_policy(f, group, n_obs, unheard, now_ms, &actions);
    if (actions.n > 0 || actions.more) TRY(carry_on(f, group, &actions, now_ms, e, plain));
    if (idle && f->n_orders == 0) {
        p->wake_ms = wake_ms;
        if (p->quiet_until_ms != SP_NEVER) p->quiet_until_ms = wake_ms;
    }
    if (!plain && f->journaled) keep_record(f, group, now_ms);
    if (!plain && f->journal)
        TRY(journal_step(f->journal, group, now_ms, f->n_orders, f->told, f->ledger.groups[group].view.requests, e));
    f->steps++;
    *orders = f->orders;
    *n_orders = f->n_orders;
    return OK;
}

enum error_code fleet_step(struct fleet *f, uint32_t group, int64_t now_ms, const struct fleet_order **orders,
                           uint32_t *n_orders, struct error *e) {
    return fleet_step_as(f, group, now_ms, orders, n_orders, e, false);
}
