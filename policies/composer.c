/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "policies/composer_step.h"

#define ALIGN 16u
#define NO_PARAM UINT32_MAX

static size_t round_up(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

static const struct policy_part *part_of(const struct policy_spec *spec, enum part_index i) {
    const struct policy_part *parts[PARTS] = {&spec->autoscaler, &spec->mix, &spec->placer, &spec->whole};
    return parts[i];
}

static size_t part_size(const struct policy_part *part, const struct sp_limits *limits) {
    if (!part->policy || !part->policy->state_size) return 0;
    return round_up(part->policy->state_size(part->value, limits));
}

static uint32_t find_param(const struct policy_part *part, const char *name, enum sp_param_type type) {
    if (!part->policy) return NO_PARAM;
    for (uint32_t i = 0; i < part->policy->n_params; i++) {
        const struct sp_param *p = &part->policy->params[i];
        if (p->type == type && strcmp(p->name, name) == 0) return i;
    }
    return NO_PARAM;
}

static int64_t int_param(const struct policy_part *part, const char *name) {
    uint32_t i = find_param(part, name, SP_INT);
    return i == NO_PARAM ? 0 : part->value[i].i;
}

/* True when the mix has an enum parameter of this name that says "react". */
static bool reacts(const struct policy_part *mix, const char *name) {
    uint32_t i = find_param(mix, name, SP_ENUM);
    return i != NO_PARAM && strcmp(mix->policy->params[i].names[mix->value[i].i], "react") == 0;
}

size_t composer_size(const struct policy_spec *spec, const struct sp_limits *limits) {
    size_t size = round_up(sizeof(struct composer));
    for (int i = 0; i < PARTS; i++) size += part_size(part_of(spec, (enum part_index)i), limits);
    return size + composer_pools_size(limits->pools);
}

static uint32_t what_is_heard(const struct sp_policy *p) {
    if (p->role == SP_PLACER && !p->observe) return SP_HEARS_NONE;
    return p->hears ? p->hears : SP_HEARS_ALL;
}

static bool is_builtin(const struct sp_policy *p) {
    for (const struct sp_policy *const *known = policy_builtin; *known; known++)
        if (*known == p) return true;
    return false;
}

/* What changes how many replicas there are, or says that something is new, is
 * heard by the composer itself. */
#define COMPOSER_HEARS                                                                                                 \
    (SP_HEARS(SP_OBS_START) | SP_HEARS(SP_OBS_DENIED) | SP_HEARS(SP_OBS_FAILED) | SP_HEARS(SP_OBS_NOTICE) |            \
     SP_HEARS(SP_OBS_REBALANCE) | SP_HEARS(SP_OBS_PREEMPTED) | SP_HEARS(SP_OBS_TERMINATED) | SP_HEARS(SP_OBS_TARGET))

static bool is_plain(const struct composer *c) {
    const struct sp_policy *placer = c->policy[PLACER];
    bool whole_share = c->share.lo_ppm == 0 && c->share.hi_ppm == COMPOSER_ALL_PPM;
    return c->policy[AUTOSCALER] && c->policy[MIX] && placer && !placer->observe && !c->policy[WHOLE] && !c->foreign &&
           !c->react_notice && !c->react_rebalance && c->base_asked == 0 && whole_share;
}

struct composer *composer_init(void *mem, const struct policy_spec *spec, const struct sp_limits *limits,
                               struct composer_share share, uint64_t key) {
    assert(((uintptr_t)mem & (ALIGN - 1)) == 0);
    memset(mem, 0, composer_size(spec, limits));
    struct composer *c = mem;
    char *at = (char *)mem + round_up(sizeof *c);
    c->spec = spec;
    c->share = share;
    c->n_pools = limits->pools;
    c->max_rows = limits->instances > 0 ? limits->instances : UINT32_MAX;
    c->base_asked = int_param(&spec->mix, "base");
    c->overprovision = int_param(&spec->mix, "overprovision");
    c->react_notice = reacts(&spec->mix, "notice");
    c->react_rebalance = reacts(&spec->mix, "rebalance");
    c->retry_at[SP_SPOT] = c->retry_at[SP_ON_DEMAND] = SP_NEVER;
    c->hears = COMPOSER_HEARS;
    for (int i = 0; i < PARTS; i++) {
        const struct policy_part *part = part_of(spec, (enum part_index)i);
        c->policy[i] = part->policy;
        c->state[i] = at;
        c->state_size[i] = part_size(part, limits);
        at += c->state_size[i];
        if (!part->policy) continue;
        c->hears |= what_is_heard(part->policy);
        if (!is_builtin(part->policy)) c->foreign = true;
        if (part->policy->init) part->policy->init(c->state[i], part->value, limits, sp_mix64(key + (uint64_t)i + 1));
    }
    c->plain = is_plain(c);
    c->steady = c->plain && c->policy[AUTOSCALER]->hears == SP_HEARS_NONE && c->policy[MIX]->hears == SP_HEARS_NONE;
    c->asked_until_ms = SP_NEVER;
    composer_pools_init(&c->pools, at, limits->pools, c->react_rebalance);
    return c;
}

/* ---- what is wanted ------------------------------------------------------ */

/* Leaves out what the mix treats as lost. */
void composer_leave_out_lost(struct composer_call *s) {
    const struct sp_view *v = s->view;
    for (int m = 0; m < SP_MARKETS; m++) {
        if (s->c->react_notice) {
            s->noticed[m] = composer_alive(v->noticed[m]);
            s->now.alive[m] -= s->noticed[m];
            s->now.ready[m] -= v->noticed[m][SP_READY];
        }
        if (s->c->react_rebalance) {
            s->rebalance[m] = composer_alive(v->rebalance[m]);
            s->now.alive[m] -= s->rebalance[m];
            s->now.ready[m] -= v->rebalance[m][SP_READY];
        }
    }
}

/* When to look for a pool again after none could be named. */
int64_t composer_retry_time(const struct composer_call *s, enum sp_market m, int64_t placer_wake) {
    int64_t now = s->view->now_ms;
    if (placer_wake > now && placer_wake != SP_FOREVER) return placer_wake;
    /* spot capacity is observed everywhere and used up: only an observation can change the answer */
    if (m == SP_SPOT && s->c->pools.n_spare == 0) return SP_FOREVER;
    if (s->view->retry_ms > 0) return now + s->view->retry_ms;
    /* at the next tick, where there are ticks */
    return s->view->interval_ms > 0 ? now + s->view->interval_ms : SP_FOREVER;
}

/* Why the next launch is made, from how much there is of everything. */
enum sp_reason composer_launch_reason(const struct composer_call *s, enum sp_market m) {
    const struct composer *c = s->c;
    if (s->rebalance[m] | s->noticed[m]) {
        uint64_t with_rebalance = (uint64_t)s->now.alive[m] + s->rebalance[m];
        if (with_rebalance >= c->wanted[m]) return SP_WHY_REBALANCE;
        if (with_rebalance + s->noticed[m] >= c->wanted[m]) return SP_WHY_NOTICE;
    }
    if (m == SP_SPOT) return SP_WHY_SPOT_WANTED;
    return s->now.alive[m] < c->base ? SP_WHY_BASE : SP_WHY_FALLBACK;
}

/* ---- scale-down ---------------------------------------------------------- */

static bool lost(const struct composer *c, const struct sp_instance *i) {
    if (i->flags & SP_NOTICED) return c->react_notice;
    return (i->flags & SP_REBALANCE) && c->react_rebalance;
}

static bool emit_drain(struct composer_call *s, uint32_t slot, enum sp_reason reason) {
    const struct sp_instance *i = &s->view->instances[slot];
    return sp_emit(s->out, (struct sp_action){.launch = i->launch,
                                              .slot = slot,
                                              .pool = i->pool,
                                              .count = 1,
                                              .kind = SP_DRAIN,
                                              .market = i->market,
                                              .reason = (uint8_t)reason});
}

/* SkyServe's order: earliest stage of life first, newest launch first.  A row
 * that weighs more than the surplus stays, and then rows of later stages stay
 * too: a ready one must not go because a heavy one is starting up. */
bool composer_drain_surplus(struct composer_call *s, enum sp_market m) {
    uint32_t wanted = s->c->wanted[m];
    bool kept = false;
    if (s->view->order) s->view->order(s->view);
    for (int state = 0; state < SP_ALIVE_STATES && !kept; state++) {
        uint32_t slot = s->view->last[m][state];
        for (; slot != SP_NONE && s->now.alive[m] > wanted; slot = s->view->instances[slot].prev) {
            const struct sp_instance *i = &s->view->instances[slot];
            uint32_t weight = s->view->pools[i->pool].weight;
            if (lost(s->c, i)) continue;
            if (weight > s->now.alive[m] - wanted) {
                kept = true;
                continue;
            }
            if (!emit_drain(s, slot, m == SP_SPOT ? SP_WHY_SURPLUS_SPOT : SP_WHY_SURPLUS_ON_DEMAND)) return false;
            s->now.alive[m] -= weight;
        }
    }
    return true;
}

/* A rebalance recommendation need not come true: once its replacement is
 * ready, the replica it was for is let go, else both would be paid for. */
static bool drain_replaced(struct composer_call *s, enum sp_market m) {
    if (s->rebalance[m] == 0 || s->now.ready[m] < s->c->wanted[m]) return true;
    if (s->view->order) s->view->order(s->view);
    for (int state = 0; state < SP_ALIVE_STATES; state++) {
        uint32_t slot = s->view->last[m][state];
        for (; slot != SP_NONE; slot = s->view->instances[slot].prev) {
            uint8_t flags = s->view->instances[slot].flags;
            if (!(flags & SP_REBALANCE) || (flags & SP_NOTICED)) continue;
            if (!emit_drain(s, slot, SP_WHY_REBALANCE)) return false;
        }
    }
    return true;
}

bool composer_drain_replaced(struct composer_call *s) {
    if ((s->rebalance[SP_SPOT] | s->rebalance[SP_ON_DEMAND]) == 0) return true;
    return drain_replaced(s, SP_SPOT) && drain_replaced(s, SP_ON_DEMAND);
}

/* ---- one step ------------------------------------------------------------ */

int64_t composer_ask_whole(struct composer_call *s, const struct sp_observation *obs) {
    struct composer *c = s->c;
    int64_t wake = c->policy[WHOLE]->step(c->state[WHOLE], s->view, obs, s->n_obs, s->out);
    s->wake = composer_earlier(s->wake, wake);
    s->view->n_changed = 0;
    for (int m = 0; m < SP_MARKETS; m++) c->wanted[m] = s->now.alive[m];
    c->base = 0;
    return s->out->more ? s->view->now_ms : s->wake;
}

int64_t composer_step(struct composer *c, struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      bool unheard, struct sp_actions *out) {
    return composer_step_as(c, view, obs, n_obs, unheard, out, true, false);
}

/* ---- what it knows ------------------------------------------------------- */

uint32_t composer_hears(const struct composer *c) { return c->hears; }

bool composer_ignores_rows(const struct composer *c) {
    const struct sp_policy *placer = c->policy[PLACER];
    return placer && is_builtin(placer) && placer->hears == SP_HEARS_NONE && !c->policy[WHOLE];
}

uint32_t composer_target(const struct composer *c) { return c->target; }

uint32_t composer_final_target(const struct composer *c) { return (uint32_t)(c->target + c->overprovision); }

uint32_t composer_base(const struct composer *c) { return c->base; }

bool composer_base_clamped(const struct composer *c) { return c->clamped; }

uint32_t composer_wanted(const struct composer *c, enum sp_market m) { return c->wanted[m]; }

bool composer_demand(const struct policy_spec *spec, struct composer_share share, int64_t now_ms, uint32_t *target,
                     int64_t *next_ms) {
    const struct sp_policy *autoscaler = spec->autoscaler.policy;
    if (!autoscaler || !autoscaler->demand) return false;
    uint32_t all = 0;
    *next_ms = autoscaler->demand(spec->autoscaler.value, now_ms, &all);
    *target = composer_cut(share, all);
    return true;
}

static uint64_t hash_bytes(uint64_t h, const void *data, size_t size) {
    const unsigned char *at = data;
    for (; size >= sizeof(uint64_t); at += sizeof(uint64_t), size -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        h = sp_mix64(h ^ word);
    }
    for (; size > 0; at++, size--) h = sp_mix64(h ^ *at);
    return h;
}

uint64_t composer_digest(const struct composer *c) {
    uint64_t h = hash_bytes(0, c->retry_at, sizeof c->retry_at);
    for (int i = 0; i < PARTS; i++) {
        const struct sp_policy *policy = part_of(c->spec, (enum part_index)i)->policy;
        if (!policy || c->state_size[i] == 0) continue;
        h = policy->digest ? sp_mix64(h ^ policy->digest(c->state[i])) : hash_bytes(h, c->state[i], c->state_size[i]);
    }
    return h;
}
