/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/fleet.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/random.h"
#include "fleet/fleet_private.h"
#include "policies/composer_private.h"

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
    free(f->ledger.loose);
    free(f->pool_group);
    free(f->pool_local);
    free(f->orders);
    free(f);
}

enum error_code fleet_out_of_memory(struct error *e) { return error_set(e, ERR_FAILED, NULL, "out of memory"); }

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
            return fleet_out_of_memory(e);
        }
        f->groups_room = p->n_groups;
    }
    if (p->n_pools > f->pools_room) {
        free(f->pool_group);
        free(f->pool_local);
        f->pool_group = malloc(p->n_pools * sizeof *f->pool_group);
        f->pool_local = malloc(p->n_pools * sizeof *f->pool_local);
        f->pools_room = f->pool_group && f->pool_local ? p->n_pools : 0;
        if (!f->pools_room) return fleet_out_of_memory(e);
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
        if (!g->pools || !g->changed || !g->marked) return fleet_out_of_memory(e);
        g->pools_room = room;
    }
    memset(&g->view, 0, sizeof g->view);
    memset(g->marked, 0, room * sizeof *g->marked);
    return OK;
}

/* The view is the first thing in its group. */
static void order_lists(struct sp_view *view) { ledger_order(((struct ledger_group *)(void *)view)->ledger); }
_Static_assert(offsetof(struct ledger_group, view) == 0, "order_lists counts on it");

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
    v->order = order_lists;
    lg->ledger = &f->ledger;
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
            return fleet_out_of_memory(e);
        }
    }
    uint64_t key = random_key_text(f->params.key, config->name);
    fp->composer = composer_init(fp->memory, config->spec, &limits, config->share, key);
    lg->tells_rows = !composer_ignores_rows(fp->composer);
    for (uint32_t i = 0; i < config->n_pools; i++) lg->tells_rows |= lg->pools[i].capacity != SP_UNKNOWN;
    fp->news = true;
    fp->unheard = false;
    fp->quiet_until_ms = SP_NEVER;
    fp->wake_ms = SP_FOREVER;
    fp->n_obs = 0;
    struct sp_observation start = {.kind = SP_OBS_START, .slot = SP_NONE, .pool = SP_NONE};
    fleet_push(f, g, start);
    return OK;
}

enum error_code fleet_start(struct fleet *f, const struct fleet_params *params, struct error *e) {
    TRY(make_fleet_room(f, params, e));
    f->params = *params;
    f->journal = f->explain = NULL;
    f->steps = 0;
    f->instances = 0;
    f->out_of_memory = f->journaled = false;
    struct ledger *l = &f->ledger;
    l->n_slots = l->in_use = l->n_loose = 0;
    l->walked = false;
    l->last_launch = 0;
    l->free_head = SP_NONE;
    l->n_groups = params->n_groups;
    for (uint32_t i = 0; i < params->n_pools; i++) f->pool_group[i] = f->pool_local[i] = SP_NONE;
    for (uint32_t g = 0; g < params->n_groups; g++) TRY(start_fleet_group(f, g, e));
    fleet_record(f, false);
    return OK;
}

void fleet_record(struct fleet *f, bool on) {
    f->journaled = on;
    for (uint32_t g = 0; g < f->params.n_groups; g++) {
        struct fleet_policy *p = &f->policies[g];
        p->hears = on || f->params.tell_all ? SP_HEARS_ALL : composer_hears(p->composer);
    }
}

enum error_code fleet_journal(struct fleet *f, FILE *out, struct error *e) {
    f->journal = out;
    fleet_record(f, out != NULL);
    return out ? journal_header(f, out, e) : OK;
}

void fleet_explain(struct fleet *f, FILE *out) { f->explain = out; }

HOT bool fleet_pending(const struct fleet *f, uint32_t group) {
    return f->policies[group].n_obs > 0 || f->policies[group].unheard;
}
HOT int64_t fleet_wake(const struct fleet *f, uint32_t group) { return f->policies[group].wake_ms; }
HOT const struct sp_instance *fleet_row(const struct fleet *f, uint32_t slot) { return &f->ledger.rows[slot]; }
HOT void fleet_fetch_row(const struct fleet *f, uint32_t slot) { FETCH(f->ledger.rows, slot); }
HOT void fleet_fetch_neighbours(const struct fleet *f, uint32_t slot) {
    const struct ledger *l = &f->ledger;
    if (!l->walked || !ledger_listed(l, slot)) return;
    FETCH(l->rows, l->rows[slot].prev);
    FETCH(l->rows, l->rows[slot].next);
    FETCH(l->rows, l->rows[slot].host[ROW_OLDER]);
    FETCH(l->rows, l->rows[slot].host[ROW_NEWER]);
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
HOT uint32_t fleet_base(const struct fleet *f, uint32_t group) { return f->policies[group].composer->base; }
bool fleet_base_clamped(const struct fleet *f) {
    for (uint32_t g = 0; g < f->params.n_groups; g++)
        if (composer_base_clamped(f->policies[g].composer)) return true;
    return false;
}
