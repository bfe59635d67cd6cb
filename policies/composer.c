/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/composer.h"

#include <assert.h>
#include <string.h>

#include "policies/composer_pools.h"

#define ALIGN 16u
#define PPM 1000000u
#define NO_PARAM UINT32_MAX

enum part_index { AUTOSCALER, MIX, PLACER, WHOLE, PARTS };

struct composer {
    const struct policy_spec *spec;
    struct composer_share share;
    uint32_t n_pools, max_rows;
    int64_t base_asked, overprovision; /* of the mix; 0 where it has no such parameter */
    bool react_notice, react_rebalance;
    const struct sp_policy *policy[PARTS]; /* NULL: the spec has no such part */
    void *state[PARTS];
    size_t state_size[PARTS];
    struct composer_pools pools;
    /* What decides later steps, besides the parts' states: no pool could be
     * named, so none is looked for before this unless something is observed. */
    int64_t retry_at[SP_MARKETS];
    /* what the last step said, for the host */
    uint32_t target, base, wanted[SP_MARKETS];
    bool clamped, settled;
    uint32_t hears;
};

/* One call of composer_step. */
struct step {
    struct composer *c;
    struct sp_view *view;
    struct sp_actions *out;
    bool told;                                           /* something was observed */
    uint32_t n_obs, n_before;                            /* n_before: actions that were in the buffer already */
    struct sp_counts now;                                /* without those treated as lost */
    uint32_t noticed[SP_MARKETS], rebalance[SP_MARKETS]; /* treated as lost, by why */
    int64_t wake;
};

static size_t round_up(size_t n) { return (n + ALIGN - 1) / ALIGN * ALIGN; }

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

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

/* What changes how many replicas there are, or says that something is new, is
 * heard by the composer itself. */
#define COMPOSER_HEARS                                                                                                 \
    (SP_HEARS(SP_OBS_START) | SP_HEARS(SP_OBS_DENIED) | SP_HEARS(SP_OBS_FAILED) | SP_HEARS(SP_OBS_NOTICE) |            \
     SP_HEARS(SP_OBS_REBALANCE) | SP_HEARS(SP_OBS_PREEMPTED) | SP_HEARS(SP_OBS_TERMINATED) | SP_HEARS(SP_OBS_TARGET))

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
        if (part->policy->init) part->policy->init(c->state[i], part->value, limits, sp_mix64(key + (uint64_t)i + 1));
    }
    composer_pools_init(&c->pools, at, limits->pools, c->react_rebalance);
    return c;
}

/* ---- what is wanted ------------------------------------------------------ */

static uint32_t cut(struct composer_share share, uint32_t target) {
    if (share.lo_ppm == 0 && share.hi_ppm == PPM) return target;
    uint64_t half = PPM / 2; /* to the nearest: three thirds of 3 are 1 each */
    return (uint32_t)(((uint64_t)target * share.hi_ppm + half) / PPM - ((uint64_t)target * share.lo_ppm + half) / PPM);
}

static inline void count(struct step *s) {
    const struct sp_view *v = s->view;
    for (int m = 0; m < SP_MARKETS; m++) {
        s->now.alive[m] = composer_alive(v->units[m]);
        s->now.ready[m] = v->units[m][SP_READY];
        s->noticed[m] = s->rebalance[m] = 0;
    }
}

/* Leaves out what the mix treats as lost. */
static void count_lost(struct step *s) {
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

static inline void ask_mix(struct step *s, const struct sp_observation *obs) {
    struct composer *c = s->c;
    struct sp_want want = {{0, 0}, 0};
    s->wake = earlier(s->wake, c->policy[MIX]->want(c->state[MIX], s->view, &s->now, obs, s->n_obs, &want));
    c->wanted[SP_SPOT] = want.n[SP_SPOT];
    c->wanted[SP_ON_DEMAND] = want.n[SP_ON_DEMAND];
    c->base = want.base;
    if (c->base_asked > (int64_t)s->view->target + c->overprovision) c->clamped = true;
}

/* ---- launches ------------------------------------------------------------ */

/* `changed`: what a placer has not seen yet. */
static inline uint32_t place(struct step *s, enum sp_market m, struct pools_list changed, int64_t *wake) {
    struct composer *c = s->c;
    struct sp_view *view = s->view;
    if (m == SP_ON_DEMAND) return pick_best(c->pools.on_demand);
    const struct sp_policy *placer = c->policy[PLACER];
    if (!placer) return SP_NONE;
    const uint32_t *all = view->changed;
    const bool *closed = c->pools.market[SP_SPOT].closed;
    view->changed = changed.pools;
    view->n_changed = changed.n;
    uint32_t p = placer->place(c->state[PLACER], view, c->pools.planned, closed, wake);
    view->changed = all;
    view->n_changed = 0;
    return p < c->n_pools && closed[p] ? SP_NONE : p;
}

/* When to look for a pool again after none could be named. */
static int64_t retry_time(const struct step *s, enum sp_market m, int64_t placer_wake) {
    int64_t now = s->view->now_ms;
    if (placer_wake > now && placer_wake != SP_FOREVER) return placer_wake;
    /* spot capacity is observed everywhere and used up: only an observation can change the answer */
    if (m == SP_SPOT && s->c->pools.n_spare == 0) return SP_FOREVER;
    if (s->view->retry_ms > 0) return now + s->view->retry_ms;
    /* at the next tick, where there are ticks */
    return s->view->interval_ms > 0 ? now + s->view->interval_ms : SP_FOREVER;
}

/* Why the next launch is made, from how much there is of everything. */
static enum sp_reason launch_reason(const struct step *s, enum sp_market m) {
    const struct composer *c = s->c;
    if (s->rebalance[m] | s->noticed[m]) {
        uint64_t with_rebalance = (uint64_t)s->now.alive[m] + s->rebalance[m];
        if (with_rebalance >= c->wanted[m]) return SP_WHY_REBALANCE;
        if (with_rebalance + s->noticed[m] >= c->wanted[m]) return SP_WHY_NOTICE;
    }
    if (m == SP_SPOT) return SP_WHY_SPOT_WANTED;
    return s->now.alive[m] < c->base ? SP_WHY_BASE : SP_WHY_FALLBACK;
}

/* Launches of one kind in a row become one action.  There is room. */
static inline void emit_launch(struct step *s, enum sp_market m, uint32_t pool) {
    struct sp_actions *out = s->out;
    uint8_t reason = (uint8_t)launch_reason(s, m);
    if (out->n > s->n_before) {
        struct sp_action *last = &out->items[out->n - 1];
        if (last->kind == SP_LAUNCH && last->market == m && last->pool == pool && last->reason == reason) {
            last->count++;
            return;
        }
    }
    out->items[out->n++] = (struct sp_action){
        .slot = SP_NONE, .pool = pool, .count = 1, .kind = SP_LAUNCH, .market = (uint8_t)m, .reason = reason};
}

static bool launch_missing(struct step *s, enum sp_market m) {
    struct composer *c = s->c;
    int64_t *retry_at = &c->retry_at[m];
    if (!s->told && s->view->now_ms < *retry_at) {
        s->wake = earlier(s->wake, *retry_at);
        return true;
    }
    *retry_at = SP_NEVER;
    struct pools_list changed = composer_pools_look(&c->pools, s->view, m);
    uint32_t last;
    for (uint32_t rows = 0; s->now.alive[m] < c->wanted[m] && rows < c->max_rows; rows++) {
        /* checked before the placer is asked: its turn advances only for what is launched */
        if (s->out->n == s->out->max) {
            s->out->more = true;
            composer_pools_unseen(&c->pools, m, changed);
            return false;
        }
        int64_t placer_wake = SP_FOREVER;
        uint32_t p = place(s, m, changed, &placer_wake);
        if (p == SP_NONE) {
            *retry_at = retry_time(s, m, placer_wake);
            s->wake = earlier(s->wake, *retry_at);
            return true;
        }
        emit_launch(s, m, p);
        if (p >= c->n_pools) return true; /* the host refuses it and says so */
        if (m == SP_SPOT) composer_pools_launched(&c->pools, s->view, p);
        last = p;
        changed = (struct pools_list){&last, 1};
        uint32_t weight = s->view->pools[p].weight;
        s->now.alive[m] += weight > 0 ? weight : 1;
    }
    /* a heavy row went beyond what was missing: look again, with it in sight */
    if (s->now.alive[m] > c->wanted[m]) s->out->more = true;
    return !s->out->more;
}

/* False: call again at once, the buffer is full or the view out of date. */
static bool launch(struct step *s, enum sp_market m) {
    if (s->now.alive[m] < s->c->wanted[m]) return launch_missing(s, m);
    s->c->retry_at[m] = SP_NEVER;
    return true;
}

/* ---- scale-down ---------------------------------------------------------- */

static bool lost(const struct composer *c, const struct sp_instance *i) {
    if (i->flags & SP_NOTICED) return c->react_notice;
    return (i->flags & SP_REBALANCE) && c->react_rebalance;
}

static bool emit_drain(struct step *s, uint32_t slot, enum sp_reason reason) {
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
static bool drain_surplus(struct step *s, enum sp_market m) {
    uint32_t wanted = s->c->wanted[m];
    bool kept = false;
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
static bool drain_replaced(struct step *s, enum sp_market m) {
    if (s->rebalance[m] == 0 || s->now.ready[m] < s->c->wanted[m]) return true;
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

/* ---- one step ------------------------------------------------------------ */

static int64_t ask_whole(struct step *s, const struct sp_observation *obs) {
    struct composer *c = s->c;
    s->wake = earlier(s->wake, c->policy[WHOLE]->step(c->state[WHOLE], s->view, obs, s->n_obs, s->out));
    s->view->n_changed = 0;
    for (int m = 0; m < SP_MARKETS; m++) c->wanted[m] = s->now.alive[m];
    c->base = 0;
    return s->out->more ? s->view->now_ms : s->wake;
}

/* All that is wanted is there, no more and no less. */
static inline bool settled(const struct step *s) {
    const uint32_t *alive = s->now.alive, *wanted = s->c->wanted;
    return alive[SP_SPOT] == wanted[SP_SPOT] && alive[SP_ON_DEMAND] == wanted[SP_ON_DEMAND] &&
           (s->rebalance[SP_SPOT] | s->rebalance[SP_ON_DEMAND]) == 0;
}

static bool drain(struct step *s, enum sp_market m) {
    return s->now.alive[m] <= s->c->wanted[m] || drain_surplus(s, m);
}

static __attribute__((noinline)) int64_t change(struct step *s) {
    bool done = launch(s, SP_SPOT) && launch(s, SP_ON_DEMAND) && drain(s, SP_SPOT) && drain(s, SP_ON_DEMAND);
    if (done && (s->rebalance[SP_SPOT] | s->rebalance[SP_ON_DEMAND]))
        done = drain_replaced(s, SP_SPOT) && drain_replaced(s, SP_ON_DEMAND);
    return done ? s->wake : s->view->now_ms;
}

static inline int64_t decide(struct step *s, const struct sp_observation *obs) {
    struct composer *c = s->c;
    count(s);
    if (c->react_notice || c->react_rebalance) count_lost(s);
    if (c->policy[WHOLE]) return ask_whole(s, obs);
    ask_mix(s, obs);
    const struct sp_policy *placer = c->policy[PLACER];
    if (placer && placer->observe)
        s->wake = earlier(s->wake, placer->observe(c->state[PLACER], s->view, obs, s->n_obs));
    c->settled = settled(s);
    if (!c->settled) {
        int64_t wake = change(s);
        c->settled = settled(s) && !s->out->more;
        return wake;
    }
    c->retry_at[SP_SPOT] = c->retry_at[SP_ON_DEMAND] = SP_NEVER;
    return s->wake;
}

int64_t composer_step(struct composer *c, struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      bool unheard, struct sp_actions *out) {
    struct step s;
    const uint32_t given = view->target;
    uint32_t target = given;
    s.c = c;
    s.view = view;
    s.out = out;
    s.n_obs = n_obs;
    s.told = n_obs > 0 || unheard;
    s.n_before = out->n;
    s.wake = SP_FOREVER;
    const struct sp_policy *autoscaler = c->policy[AUTOSCALER];
    if (autoscaler) s.wake = autoscaler->target(c->state[AUTOSCALER], view, obs, n_obs, &target);
    view->target = c->target = cut(c->share, target);
    int64_t wake = decide(&s, obs);
    view->target = given;
    return wake;
}

/* ---- what it knows ------------------------------------------------------- */

uint32_t composer_hears(const struct composer *c) { return c->hears; }

bool composer_settled(const struct composer *c) { return c->settled; }

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
    *target = cut(share, all);
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
