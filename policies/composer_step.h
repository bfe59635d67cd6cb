/* SPDX-License-Identifier: Apache-2.0
 * The composer's step, to be inlined where it is called all the time.  `plain`
 * is a constant there: in a plain composer (composer_is_plain) what it has not
 * is not asked for. */
#ifndef SPOTSIM_POLICIES_COMPOSER_STEP_H
#define SPOTSIM_POLICIES_COMPOSER_STEP_H

#include <assert.h>

#include "base/hot.h"
#include "policies/composer_private.h"

static HOT int64_t composer_earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static HOT void composer_count(struct composer_call *s) {
    const struct sp_view *v = s->view;
    for (int m = 0; m < SP_MARKETS; m++) {
        s->now.alive[m] = composer_alive(v->units[m]);
        s->now.ready[m] = v->units[m][SP_READY];
        s->noticed[m] = s->rebalance[m] = 0;
    }
}

static HOT void composer_ask_mix(struct composer_call *s, const struct sp_observation *obs, bool plain) {
    struct composer *c = s->c;
    struct sp_want want = {{0, 0}, 0};
    int64_t wake = c->policy[MIX]->want(c->state[MIX], s->view, &s->now, obs, s->n_obs, &want);
    s->wake = c->asked_until_ms = composer_earlier(s->wake, wake);
    c->wanted[SP_SPOT] = want.n[SP_SPOT];
    c->wanted[SP_ON_DEMAND] = want.n[SP_ON_DEMAND];
    c->base = want.base;
    if (!plain && c->base_asked > (int64_t)s->view->target + c->overprovision) c->clamped = true;
}

/* ---- launches ------------------------------------------------------------ */

/* `changed`: what a placer has not seen yet. */
static HOT uint32_t composer_place(struct composer_call *s, enum sp_market m, struct pools_list changed,
                                   int64_t *wake) {
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

/* Launches of one kind in a row become one action.  There is room. */
static HOT void composer_emit_launch(struct composer_call *s, enum sp_market m, uint32_t pool, bool plain) {
    struct sp_actions *out = s->out;
    uint8_t reason = plain && m == SP_SPOT ? SP_WHY_SPOT_WANTED : (uint8_t)composer_launch_reason(s, m);
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

static HOT bool composer_launch_missing(struct composer_call *s, enum sp_market m, bool plain) {
    struct composer *c = s->c;
    int64_t *retry_at = &c->retry_at[m];
    if (!s->told && s->view->now_ms < *retry_at) {
        s->wake = composer_earlier(s->wake, *retry_at);
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
        uint32_t p = composer_place(s, m, changed, &placer_wake);
        if (p == SP_NONE) {
            *retry_at = composer_retry_time(s, m, placer_wake);
            s->wake = composer_earlier(s->wake, *retry_at);
            return true;
        }
        composer_emit_launch(s, m, p, plain);
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

static APART bool composer_launch_on_demand(struct composer_call *s) {
    return composer_launch_missing(s, SP_ON_DEMAND, false);
}

/* False: call again at once, the buffer is full or the view out of date. */
static HOT bool composer_launch(struct composer_call *s, enum sp_market m, bool plain) {
    if (s->now.alive[m] < s->c->wanted[m])
        return m == SP_SPOT ? composer_launch_missing(s, m, plain) : composer_launch_on_demand(s);
    s->c->retry_at[m] = SP_NEVER;
    return true;
}

/* ---- one step ------------------------------------------------------------ */

/* All that is wanted is there, no more and no less. */
static HOT bool composer_all_there(const struct composer_call *s, bool plain) {
    const uint32_t *alive = s->now.alive, *wanted = s->c->wanted;
    return alive[SP_SPOT] == wanted[SP_SPOT] && alive[SP_ON_DEMAND] == wanted[SP_ON_DEMAND] &&
           (plain || (s->rebalance[SP_SPOT] | s->rebalance[SP_ON_DEMAND]) == 0);
}

static HOT bool composer_drain(struct composer_call *s, enum sp_market m) {
    return s->now.alive[m] <= s->c->wanted[m] || composer_drain_surplus(s, m);
}

static HOT int64_t composer_change(struct composer_call *s, bool plain) {
    bool done = composer_launch(s, SP_SPOT, plain) && composer_launch(s, SP_ON_DEMAND, plain) &&
                composer_drain(s, SP_SPOT) && composer_drain(s, SP_ON_DEMAND) && (plain || composer_drain_replaced(s));
    return done ? s->wake : s->view->now_ms;
}

static HOT int64_t composer_decide(struct composer_call *s, const struct sp_observation *obs, bool ask, bool plain) {
    struct composer *c = s->c;
    composer_count(s);
    if (!plain) {
        if (c->react_notice || c->react_rebalance) composer_leave_out_lost(s);
        if (c->policy[WHOLE]) return composer_ask_whole(s, obs);
    }
    if (ask) composer_ask_mix(s, obs, plain);
    const struct sp_policy *placer = c->policy[PLACER];
    if (!plain && placer && placer->observe)
        s->wake = composer_earlier(s->wake, placer->observe(c->state[PLACER], s->view, obs, s->n_obs));
    c->settled = composer_all_there(s, plain);
    if (!c->settled) {
        int64_t wake = composer_change(s, plain);
        c->settled = composer_all_there(s, plain) && !s->out->more;
        return wake;
    }
    c->retry_at[SP_SPOT] = c->retry_at[SP_ON_DEMAND] = SP_NEVER;
    return s->wake;
}

/* composer_step; with `plain` only where composer_is_plain.  `news`: a price has
 * changed since the last step, or it is not known that none has. */
static HOT int64_t composer_step_as(struct composer *c, struct sp_view *view, const struct sp_observation *obs,
                                    uint32_t n_obs, bool unheard, struct sp_actions *out, bool news, bool plain) {
    struct composer_call s;
    const uint32_t given = view->target;
    if (!plain && c->foreign && view->order) view->order(view);
    s.c = c;
    s.view = view;
    s.out = out;
    s.n_obs = n_obs;
    s.told = n_obs > 0 || unheard;
    s.n_before = out->n;
    s.wake = SP_FOREVER;
    bool ask = !plain || news || !c->steady || view->now_ms >= c->asked_until_ms;
    if (ask) {
        uint32_t target = given;
        const struct sp_policy *autoscaler = c->policy[AUTOSCALER];
        if (plain || autoscaler) s.wake = autoscaler->target(c->state[AUTOSCALER], view, obs, n_obs, &target);
        c->target = plain ? target : composer_cut(c->share, target);
    } else {
        s.wake = c->asked_until_ms;
    }
    view->target = c->target;
    int64_t wake = composer_decide(&s, obs, ask, plain);
    view->target = given;
    return wake;
}

/* ---- the step that most often comes ---------------------------------------- */

/* Is all that this step has to do to launch one spot replica, whatever pool it
 * is in?  Nothing is changed by the question. */
static HOT bool composer_lacks_one(const struct composer *c, const struct sp_view *view, int64_t now_ms) {
    return c->steady && now_ms < c->asked_until_ms && composer_alive(view->units[SP_SPOT]) + 1 == c->wanted[SP_SPOT] &&
           composer_alive(view->units[SP_ON_DEMAND]) == c->wanted[SP_ON_DEMAND];
}

/* composer_step where composer_lacks_one and something was observed, to the same
 * effect, but that the launch is not put into a list of actions: *pool, SP_NONE if
 * none could be named. */
static HOT int64_t composer_replace_one(struct composer *c, struct sp_view *view, uint32_t *pool) {
    const uint32_t given = view->target;
    struct composer_call s;
    s.c = c;
    s.view = view;
    s.wake = c->asked_until_ms;
    view->target = c->target;
    c->retry_at[SP_SPOT] = c->retry_at[SP_ON_DEMAND] = SP_NEVER;
    struct pools_list changed = composer_pools_look(&c->pools, view, SP_SPOT);
    int64_t placer_wake = SP_FOREVER;
    uint32_t p = composer_place(&s, SP_SPOT, changed, &placer_wake);
    view->target = given;
    *pool = p;
    c->settled = p != SP_NONE;
    if (p == SP_NONE) {
        c->retry_at[SP_SPOT] = composer_retry_time(&s, SP_SPOT, placer_wake);
        return composer_earlier(s.wake, c->retry_at[SP_SPOT]);
    }
    assert(p < c->n_pools); /* a placer of our own */
    composer_pools_launched(&c->pools, view, p);
    return s.wake;
}

/* An autoscaler of its own, a mix that minds no signals and asks for no base, a
 * placer that only places, all of them built in. */
static HOT bool composer_is_plain(const struct composer *c) { return c->plain; }

#endif
