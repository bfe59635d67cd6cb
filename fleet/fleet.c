/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/fleet.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/random.h"
#include "fleet/fleet_private.h"

struct fleet *fleet_new(void) {
    return calloc(1, sizeof(struct fleet));
}

static void free_group_pools(struct ledger_group *g) {
    free(g->pools);
    free(g->changed);
    free(g->marked);
    memset(g, 0, sizeof *g);
}

static void free_groups(struct fleet *f) {
    for (uint32_t g = 0; g < f->groups_room; g++) {
        free(f->policies[g].memory);
        free(f->policies[g].obs);
        free_group_pools(&f->ledger.groups[g]);
    }
    free(f->policies);
    free(f->ledger.groups);
    f->policies = NULL;
    f->ledger.groups = NULL;
    f->groups_room = 0;
}

void fleet_free(struct fleet *f) {
    if (!f) return;
    free_groups(f);
    free(f->ledger.rows);
    free(f->ledger.group);
    free(f->ledger.older);
    free(f->ledger.newer);
    free(f->pool_group);
    free(f->pool_local);
    free(f->orders);
    free(f);
}

static enum error_code out_of_memory(struct error *e) { return error_set(e, ERR_FAILED, NULL, "out of memory"); }

static enum error_code make_fleet_room(struct fleet *f, const struct fleet_params *p, struct error *e) {
    if (p->n_groups > f->groups_room) {
        free_groups(f);
        f->policies = calloc(p->n_groups, sizeof *f->policies);
        f->ledger.groups = calloc(p->n_groups, sizeof *f->ledger.groups);
        if (!f->policies || !f->ledger.groups) {
            free(f->policies);
            free(f->ledger.groups);
            f->policies = NULL;
            f->ledger.groups = NULL;
            return out_of_memory(e);
        }
        f->groups_room = p->n_groups;
    }
    if (p->n_pools > f->pools_room) {
        free(f->pool_group);
        free(f->pool_local);
        f->pool_group = malloc(p->n_pools * sizeof *f->pool_group);
        f->pool_local = malloc(p->n_pools * sizeof *f->pool_local);
        f->pools_room = f->pool_group && f->pool_local ? p->n_pools : 0;
        if (!f->pools_room) return out_of_memory(e);
    }
    return OK;
}

static void start_fleet_pool(struct sp_pool *to, const struct fleet_pool *from) {
    memset(to, 0, sizeof *to);
    to->name = from->name;
    to->cloud = from->cloud;
    to->region = from->region;
    to->zone = from->zone;
    to->instance_type = from->instance_type;
    to->weight = from->weight;
    to->capacity = from->capacity;
    to->last_preempted_ms = SP_NEVER;
    for (int m = 0; m < SP_MARKETS; m++) {
        to->price_uusd_per_h[m] = from->price_uusd_per_h[m];
        to->last_denied_ms[m] = to->last_granted_ms[m] = SP_NEVER;
    }
}

static void mix_in(uint64_t *digest, uint64_t part) { *digest = random_key(*digest, part); }

/* So that a journal with a changed observation is found out, whether any
 * policy minds or not. */
static void mix_observation(uint64_t *digest, uint32_t group, const struct sp_observation *o) {
    mix_in(digest, ((uint64_t)group << 32) | ((uint64_t)o->kind << 16) | ((uint64_t)o->market << 8) | o->reason);
    mix_in(digest, (uint64_t)o->at_ms);
    mix_in(digest, (uint64_t)o->value);
    mix_in(digest, o->launch);
    mix_in(digest, ((uint64_t)o->slot << 32) | o->pool);
}

static COLD bool grow_observations(struct fleet *f, struct fleet_policy *p) {
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
static HOT struct sp_observation *next_observation(struct fleet *f, uint32_t group) {
    struct fleet_policy *p = &f->policies[group];
    if (p->n_obs == p->obs_room && !grow_observations(f, p)) return &f->lost_observation;
    return &p->obs[p->n_obs++];
}

/* Appends to the group's waiting observations. */
static void push(struct fleet *f, uint32_t group, struct sp_observation o) {
    if (f->journaled) mix_observation(&f->told, group, &o);
    *next_observation(f, group) = o;
}

/* Before memory is asked for: the policy that wants too much is named. */
static enum error_code check_state(const struct policy_spec *spec, const struct sp_limits *limits, const char *group,
                                   struct error *e) {
    const struct policy_part *const parts[] = {&spec->autoscaler, &spec->mix, &spec->placer, &spec->whole};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const struct sp_policy *p = parts[i]->policy;
        size_t size = p && p->state_size ? p->state_size(parts[i]->value, limits) : 0;
        if (size > FLEET_STATE_MAX)
            return error_set(e, ERR_FAILED, group, "the policy \"%s\" asks for %zu bytes of state; the limit is %zu",
                             p->name, size, FLEET_STATE_MAX);
    }
    return OK;
}

/* An empty group of so many pools; memory is reused. */
static enum error_code reset_group_pools(struct ledger_group *g, uint32_t n, struct error *e) {
    uint32_t room = n ? n : 1;
    if (room > g->pools_room) {
        free_group_pools(g);
        g->pools = malloc(room * sizeof *g->pools);
        g->changed = malloc(room * sizeof *g->changed);
        g->marked = malloc(room * sizeof *g->marked);
        if (!g->pools || !g->changed || !g->marked) return out_of_memory(e);
        g->pools_room = room;
    }
    memset(&g->view, 0, sizeof g->view);
    memset(g->marked, 0, room * sizeof *g->marked);
    return OK;
}

static enum error_code start_fleet_group(struct fleet *f, uint32_t g, struct error *e) {
    const struct fleet_group *config = &f->params.groups[g];
    struct ledger_group *lg = &f->ledger.groups[g];
    struct fleet_policy *fp = &f->policies[g];
    TRY(reset_group_pools(lg, config->n_pools, e));
    for (uint32_t i = 0; i < config->n_pools; i++) {
        uint32_t pool = config->pools[i];
        if (pool >= f->params.n_pools || f->pool_group[pool] != SP_NONE)
            return error_set(e, ERR_INPUT, config->name, "a pool is named twice or does not exist");
        start_fleet_pool(&lg->pools[i], &f->params.pools[pool]);
        f->pool_group[pool] = g;
        f->pool_local[pool] = i;
    }
    struct sp_view *v = &lg->view;
    v->interval_ms = f->params.interval_ms;
    v->retry_ms = f->params.retry_ms;
    v->requests = NAN;
    v->n_pools = config->n_pools;
    v->pools = lg->pools;
    v->changed = lg->changed;
    lg->round = 1; /* none is marked yet */
    for (uint32_t i = 0; i < config->n_pools; i++) ledger_mark(lg, i);
    memset(v->first, 0xff, sizeof v->first); /* SP_NONE */
    memset(v->last, 0xff, sizeof v->last);
    memset(lg->newest, 0xff, sizeof lg->newest);

    struct sp_limits limits = {config->n_pools, FLEET_SLOTS_MAX, FLEET_ACTIONS_MAX};
    TRY(check_state(config->spec, &limits, config->name, e));
    size_t size = composer_size(config->spec, &limits);
    if (size > fp->memory_size) {
        free(fp->memory);
        fp->memory_size = (size + 15) & ~(size_t)15;
        fp->memory = aligned_alloc(16, fp->memory_size);
        if (!fp->memory) {
            fp->memory_size = 0;
            return out_of_memory(e);
        }
    }
    uint64_t key = random_key_text(f->params.key, config->name);
    fp->composer = composer_init(fp->memory, config->spec, &limits, config->share, key);
    fp->digest_key = random_mix(g);
    fp->mixed_ms = SP_FOREVER;
    fp->mixed = random_mix((uint64_t)SP_FOREVER);
    fp->hears = f->params.tell_all ? SP_HEARS_ALL : composer_hears(fp->composer);
    fp->unheard = false;
    fp->wake_ms = SP_FOREVER;
    fp->n_obs = 0;
    struct sp_observation start = {.kind = SP_OBS_START, .slot = SP_NONE, .pool = SP_NONE};
    push(f, g, start);
    return OK;
}

enum error_code fleet_start(struct fleet *f, const struct fleet_params *params, struct error *e) {
    TRY(make_fleet_room(f, params, e));
    f->params = *params;
    f->journal = f->explain = NULL;
    f->journaled = false;
    f->steps = 0;
    f->instances = 0;
    f->digest = 0;
    f->out_of_memory = false;
    struct ledger *l = &f->ledger;
    l->n_slots = l->in_use = 0;
    l->last_launch = 0;
    l->free_head = SP_NONE;
    l->n_groups = params->n_groups;
    for (uint32_t i = 0; i < params->n_pools; i++) f->pool_group[i] = f->pool_local[i] = SP_NONE;
    for (uint32_t g = 0; g < params->n_groups; g++) TRY(start_fleet_group(f, g, e));
    return OK;
}

enum error_code fleet_journal(struct fleet *f, FILE *out, struct error *e) {
    f->journal = out;
    f->journaled = out != NULL;
    return out ? journal_header(f, out, e) : OK;
}

void fleet_explain(struct fleet *f, FILE *out) { f->explain = out; }

/* ---- observations ---------------------------------------------------------- */

static void free_row(struct fleet *f, uint32_t slot) { ledger_remove(&f->ledger, slot); }

/* The instances of a row are gone or were never there. */
static void drop_instances(struct fleet *f) {
    assert(f->instances >= f->params.nodes);
    f->instances -= f->params.nodes;
}

static HOT void end_row(struct fleet *f, uint32_t slot, enum sp_state state, int64_t at_ms) {
    drop_instances(f);
    if (f->params.keep_rows)
        ledger_move(&f->ledger, slot, state, at_ms);
    else
        free_row(f, slot);
}

static COLD void record(struct fleet *f, const struct sp_observation *o, uint32_t group, uint32_t slot) {
    mix_observation(&f->told, group, o);
    if (f->journal) journal_observation(f->journal, o, group, fleet_row_pool(f, slot));
}

HOT void fleet_observe(struct fleet *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot, uint8_t reason,
                       int64_t value) {
    struct ledger *l = &f->ledger;
    assert(slot < l->n_slots && l->rows[slot].launch != 0);
    struct sp_instance *r = &l->rows[slot];
    uint32_t group = ledger_group_of(l, slot);
    struct sp_pool *pool = &l->groups[group].pools[r->pool];
    if (f->journaled || (f->policies[group].hears & SP_HEARS(kind))) {
        struct sp_observation *o = next_observation(f, group);
        *o = (struct sp_observation){.at_ms = at_ms,
                                     .value = value,
                                     .launch = r->launch,
                                     .slot = slot,
                                     .pool = r->pool,
                                     .kind = (uint8_t)kind,
                                     .market = r->market,
                                     .reason = reason,
                                     .state = r->state};
        if (f->journaled) record(f, o, group, slot);
    } else {
        f->policies[group].unheard = true;
    }
    switch (kind) {
    case SP_OBS_SENT:
        ledger_move(l, slot, SP_PROVISIONING, at_ms);
        break;
    case SP_OBS_GRANTED:
        pool->last_granted_ms[r->market] = at_ms;
        if (r->state <= SP_PROVISIONING)
            ledger_move(l, slot, SP_STARTING, at_ms);
        else
            ledger_mark(&l->groups[group], r->pool);
        break;
    case SP_OBS_DENIED:
        pool->last_denied_ms[r->market] = at_ms;
        end_row(f, slot, SP_FAILED, at_ms);
        break;
    case SP_OBS_READY:
        ledger_move(l, slot, SP_READY, at_ms);
        break;
    case SP_OBS_UNREADY:
        ledger_move(l, slot, SP_UNREADY, at_ms);
        break;
    case SP_OBS_FAILED:
        end_row(f, slot, SP_FAILED, at_ms);
        break;
    case SP_OBS_NOTICE:
        ledger_flag(l, slot, SP_NOTICED, value);
        break;
    case SP_OBS_REBALANCE:
        ledger_flag(l, slot, SP_REBALANCE, 0);
        break;
    case SP_OBS_PREEMPTED:
        pool->last_preempted_ms = at_ms;
        end_row(f, slot, SP_PREEMPTED, at_ms);
        break;
    case SP_OBS_TERMINATED:
        drop_instances(f);
        free_row(f, slot);
        break;
    case SP_OBS_CLEARED:
        free_row(f, slot);
        break;
    default:
        assert(false); /* not an observation about a replica */
    }
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
    push(f, group, o);
    ledger_mark(&f->ledger.groups[group], o.pool);
    if (kind == SP_OBS_PRICE) p->price_uusd_per_h[market] = value;
    if (kind == SP_OBS_CAPACITY) p->capacity = value;
}

void fleet_set_requests(struct fleet *f, double requests) {
    assert(!(requests < 0) && !isinf(requests));
    for (uint32_t g = 0; g < f->params.n_groups; g++) f->ledger.groups[g].view.requests = requests;
}

/* ---- steps ------------------------------------------------------------------ */

static HOT enum error_code add_order(struct fleet *f, struct fleet_order o, struct error *e) {
    if (f->n_orders == f->orders_room) {
        uint32_t room = f->orders_room ? f->orders_room * 2 : 64;
        struct fleet_order *orders = realloc(f->orders, room * sizeof *orders);
        if (!orders) return out_of_memory(e);
        f->orders = orders;
        f->orders_room = room;
    }
    f->orders[f->n_orders++] = o;
    mix_in(&f->digest, o.launch);
    mix_in(&f->digest, ((uint64_t)o.slot << 32) | o.pool);
    mix_in(&f->digest, ((uint64_t)o.kind << 16) | ((uint64_t)o.market << 8) | o.reason);
    return OK;
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
    push(f, group, o);
}

static HOT enum error_code apply_launch(struct fleet *f, uint32_t group, const struct sp_action *a, int64_t now_ms,
                                        struct error *e) {
    const struct fleet_group *config = &f->params.groups[group];
    if (a->pool >= config->n_pools || a->market >= SP_MARKETS || a->count == 0)
        return error_set(e, ERR_FAILED, config->name,
                         "the policy launched %u replicas in pool %u on market %u; pools are 0..%u", a->count, a->pool,
                         a->market, config->n_pools ? config->n_pools - 1 : 0);
    enum sp_state state = f->params.direct_launch ? SP_PROVISIONING : SP_REQUESTED;
    for (uint32_t i = 0; i < a->count; i++) {
        if (f->instances > f->params.max_instances || f->params.max_instances - f->instances < f->params.nodes) {
            refuse(f, group, a, now_ms);
            break;
        }
        uint32_t slot = ledger_add(&f->ledger, group, a->pool, (enum sp_market)a->market, state, now_ms);
        if (slot == SP_NONE && f->ledger.n_slots < FLEET_SLOTS_MAX)
            return error_set(e, ERR_FAILED, config->name, "out of memory");
        if (slot == SP_NONE)
            return error_set(e, ERR_FAILED, config->name, "more than %u replicas at once", FLEET_SLOTS_MAX);
        f->instances += f->params.nodes;
        TRY(add_order(f,
                      (struct fleet_order){.launch = f->ledger.rows[slot].launch,
                                           .slot = slot,
                                           .pool = config->pools[a->pool],
                                           .group = group,
                                           .kind = FLEET_LAUNCH,
                                           .market = a->market,
                                           .reason = a->reason,
                                           .state = SP_STATES},
                      e));
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
    return add_order(f,
                     (struct fleet_order){.launch = a->launch,
                                          .slot = a->slot,
                                          .pool = config->pools[r->pool],
                                          .group = group,
                                          .kind = a->kind == SP_DRAIN ? FLEET_DRAIN : FLEET_TERMINATE,
                                          .market = r->market,
                                          .reason = a->reason,
                                          .state = before},
                     e);
}

static HOT enum error_code apply(struct fleet *f, uint32_t group, const struct sp_actions *actions, int64_t now_ms,
                                 const struct sp_view *view, struct error *e) {
    for (uint32_t i = 0; i < actions->n; i++) {
        const struct sp_action *a = &actions->items[i];
        uint32_t from = f->n_orders;
        struct sp_view before;
        if (f->explain) before = *view;
        if (a->reason == 0 || a->reason >= SP_WHYS)
            return error_set(e, ERR_FAILED, f->params.groups[group].name,
                             "the policy gave the unknown reason %u; expected one of enum sp_reason", a->reason);
        if (a->kind == SP_LAUNCH)
            TRY(apply_launch(f, group, a, now_ms, e));
        else if (a->kind == SP_TERMINATE || a->kind == SP_DRAIN)
            TRY(apply_end(f, group, a, now_ms, e));
        else
            return error_set(e, ERR_FAILED, f->params.groups[group].name, "the policy answered with unknown action %u",
                             a->kind);
        if (f->explain)
            for (uint32_t k = from; k < f->n_orders; k++) explain_order(f->explain, f, &f->orders[k], now_ms, &before);
    }
    return OK;
}

/* As mix_in; mostly the same time, or none, as in the last step. */
static HOT void mix_in_wake(struct fleet *f, struct fleet_policy *p) {
    if (p->wake_ms != p->mixed_ms) {
        p->mixed_ms = p->wake_ms;
        p->mixed = random_mix((uint64_t)p->wake_ms);
    }
    f->digest = random_mix(f->digest ^ p->mixed);
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
    p->wake_ms = composer_step(p->composer, &lg->view, p->obs, n_obs, unheard, actions);
    if (lg->view.n_changed == 0) lg->round++;
}

/* What the policy answered first, and what it answers when called again. */
static APART enum error_code carry_on(struct fleet *f, uint32_t group, struct sp_actions *actions, int64_t now_ms,
                                      struct error *e) {
    const struct sp_view *view = &f->ledger.groups[group].view;
    for (uint32_t calls = 1;; calls++) {
        bool more = actions->more;
        TRY(apply(f, group, actions, now_ms, view, e));
        if (!more) return OK;
        /* every full buffer launches or ends something, so this many are enough */
        if (calls > 2 * (FLEET_SLOTS_MAX / FLEET_ACTIONS_MAX) + 1)
            return error_set(e, ERR_FAILED, f->params.groups[group].name, "the policy's list of actions does not end");
        call_policy(f, group, 0, false, now_ms, actions);
    }
}

static COLD void keep_record(struct fleet *f, uint32_t group) {
    const struct fleet_policy *p = &f->policies[group];
    double asked = f->ledger.groups[group].view.requests;
    uint64_t requests;
    memcpy(&requests, &asked, sizeof requests);
    if (!isnan(asked)) mix_in(&f->told, requests);
    mix_in(&f->told, f->digest);
    mix_in(&f->told, composer_digest(p->composer));
}

HOT bool fleet_step_unheard(struct fleet *f, uint32_t group, int64_t now_ms) {
    struct fleet_policy *p = &f->policies[group];
    if (p->n_obs > 0 || !p->unheard || p->wake_ms <= now_ms || !composer_settled(p->composer)) return false;
    p->unheard = false;
    f->digest = random_mix((uint64_t)now_ms ^ p->digest_key);
    mix_in_wake(f, p);
    f->steps++;
    return true;
}

HOT enum error_code fleet_step(struct fleet *f, uint32_t group, int64_t now_ms, const struct fleet_order **orders,
                               uint32_t *n_orders, struct error *e) {
    struct fleet_policy *p = &f->policies[group];
    if (f->out_of_memory) return out_of_memory(e);
    f->n_orders = 0;
    f->digest = random_mix((uint64_t)now_ms ^ p->digest_key);
    uint32_t n_obs = p->n_obs;
    /* called before its time, with nothing to tell: what it said last stands */
    bool unheard = p->unheard, idle = n_obs == 0 && !unheard && p->wake_ms > now_ms;
    int64_t wake_ms = p->wake_ms;
    struct sp_actions actions;
    p->n_obs = 0; /* what the guard refuses from now on is for the next step */
    p->unheard = false;
    call_policy(f, group, n_obs, unheard, now_ms, &actions);
    if (actions.n > 0 || actions.more) TRY(carry_on(f, group, &actions, now_ms, e));
    if (idle && f->n_orders == 0) p->wake_ms = wake_ms;
    mix_in_wake(f, p);
    if (f->journaled) keep_record(f, group);
    if (f->journal)
        TRY(journal_step(f->journal, group, now_ms, f->n_orders, f->told, f->ledger.groups[group].view.requests, e));
    f->steps++;
    *orders = f->orders;
    *n_orders = f->n_orders;
    return OK;
}

HOT bool fleet_pending(const struct fleet *f, uint32_t group) {
    return f->policies[group].n_obs > 0 || f->policies[group].unheard;
}
HOT int64_t fleet_wake(const struct fleet *f, uint32_t group) { return f->policies[group].wake_ms; }
HOT const struct sp_instance *fleet_row(const struct fleet *f, uint32_t slot) { return &f->ledger.rows[slot]; }
HOT void fleet_fetch_row(const struct fleet *f, uint32_t slot) {
    FETCH(f->ledger.rows, slot);
    FETCH(f->ledger.older, slot);
    FETCH(f->ledger.newer, slot);
}
HOT void fleet_fetch_neighbours(const struct fleet *f, uint32_t slot) {
    const struct ledger *l = &f->ledger;
    FETCH(l->rows, l->rows[slot].prev);
    FETCH(l->rows, l->rows[slot].next);
    FETCH(l->newer, l->older[slot]);
    FETCH(l->older, l->newer[slot]);
}
HOT uint32_t fleet_slots(const struct fleet *f) { return f->ledger.n_slots; }
uint32_t fleet_row_pool(const struct fleet *f, uint32_t slot) {
    return f->params.groups[ledger_group_of(&f->ledger, slot)].pools[f->ledger.rows[slot].pool];
}
uint32_t fleet_row_group(const struct fleet *f, uint32_t slot) { return ledger_group_of(&f->ledger, slot); }
uint32_t fleet_pool_group(const struct fleet *f, uint32_t pool) { return f->pool_group[pool]; }
uint32_t fleet_target(const struct fleet *f, uint32_t group) { return composer_target(f->policies[group].composer); }
uint32_t fleet_final_target(const struct fleet *f, uint32_t group) {
    return composer_final_target(f->policies[group].composer);
}
HOT uint32_t fleet_base(const struct fleet *f, uint32_t group) { return composer_base(f->policies[group].composer); }
bool fleet_base_clamped(const struct fleet *f) {
    for (uint32_t g = 0; g < f->params.n_groups; g++)
        if (composer_base_clamped(f->policies[g].composer)) return true;
    return false;
}
HOT uint64_t fleet_last_digest(const struct fleet *f) { return f->digest; }
