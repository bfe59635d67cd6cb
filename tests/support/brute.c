/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/brute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

#define ROWS 1024
#define ROUNDS 10000
enum { SPOT, ON_DEMAND };

/* What the controller thinks of a replica, and what is true of it. */
enum thought { REQUESTED, PROVISIONING, STARTING, READY, DRAINING, LINGERING, GONE };
enum truth { WAITING, SENT, BOOTING, UP, NOTHING };
/* What a loop of the controller's will find out about it. */
enum sight { NONE, REFUSAL, GRANT, READINESS, SERVICE, LOSS };

struct row {
    enum thought thought;
    enum truth truth;
    uint32_t pool, market;
    int64_t sent, granted, up, drained, cleared; /* times */
    enum sight sight;
    int64_t seen;   /* when */
    bool under_way; /* takes a launch slot */
    bool serving;
    int64_t deadline;     /* the cloud's, for want of capacity; -1: none */
    int64_t notice, told; /* when a notice arrives, of which end; -1: none */
    uint64_t order;       /* of grants */
    bool noticed;
    int64_t paid;
    bool price_missing;
};

/* One group's controller. */
struct controller {
    const struct brute_group *g;
    bool observed;
    int64_t retry[2], next_tick;
    uint32_t turn, target, base; /* target and base as of its last decision */
};

struct world {
    const struct brute_scenario *s;
    struct brute_result *r;
    int64_t t;
    uint32_t n;
    struct row row[ROWS]; /* in launch order */
    uint64_t grants;
    int64_t slots_full; /* the last round of the pickup loop that left something waiting */
    struct controller controller[BRUTE_GROUPS];
    int64_t last_denied[2][BRUTE_POOLS], last_granted[2][BRUTE_POOLS];
    bool before;   /* deciding by the clock: on the world as it was before this instant */
    uint32_t lost; /* ready ones, at this instant */
    uint64_t open_losses;
    int64_t loss_since;
    bool out[2];
    uint64_t out_length[2];
};

static uint32_t value_at(const struct brute_series *s, int64_t t) {
    uint32_t i = 0;
    while (i + 1 < s->n && s->at[i + 1] <= t) i++;
    return s->value[i];
}

/* What is wanted of a group: its target or, of two groups, its share of it, both
 * ends of which are rounded to the nearest. */
static uint32_t wanted_at(const struct brute_scenario *s, const struct brute_group *g, int64_t t) {
    uint32_t whole = value_at(&g->target, t);
    if (s->n_groups == 1 || g->own) return whole;
    uint32_t first = (uint32_t)lround((double)whole * s->split / 1e6);
    return g == &s->group[0] ? first : whole - first;
}

static bool changes_at(const struct brute_series *s, int64_t t) {
    for (uint32_t i = 1; i < s->n; i++)
        if (s->at[i] == t) return true;
    return false;
}

static const struct brute_pool *pool_of(const struct world *w, uint32_t p) { return &w->s->pool[p]; }
static uint32_t capacity_at(const struct world *w, uint32_t p, int64_t t) {
    return value_at(&pool_of(w, p)->capacity, w->s->window_start + t);
}
static void observed(struct world *w, uint32_t p) { w->controller[pool_of(w, p)->group].observed = true; }
static bool counting(const struct world *w) { return w->t >= w->s->warmup; }
static bool holds(const struct row *x) { return x->truth == BOOTING || x->truth == UP; }
static bool serves(const struct row *x) { return x->serving && x->truth == UP && x->thought == READY; }
/* The next round of a loop, now if it is due now. */
static int64_t next_round(const struct world *w, uint32_t period) {
    return period ? (w->t + period - 1) / period * period : w->t;
}

static uint32_t held(const struct world *w, uint32_t market, uint32_t p) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++)
        if (holds(&w->row[i]) && w->row[i].market == market && w->row[i].pool == p) n += w->s->nodes;
    return n;
}

/* Of a pool's spot instances, those that the cloud will have taken by then. */
static uint32_t doomed_by(const struct world *w, uint32_t p, int64_t t) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const struct row *x = &w->row[i];
        if (holds(x) && x->market == SPOT && x->pool == p && x->deadline >= 0 && x->deadline <= t) n += w->s->nodes;
    }
    return n;
}

/* ---- money ------------------------------------------------------------------- */

static uint32_t price_now(const struct world *w, const struct row *x) {
    const struct brute_pool *p = pool_of(w, x->pool);
    return x->market == SPOT ? value_at(&p->price, w->s->window_start + w->t) : p->on_demand_price;
}

static void charge(struct world *w, struct row *x, int64_t seconds) {
    uint32_t price = price_now(w, x);
    if (price == BRUTE_NONE)
        x->price_missing |= seconds > 0;
    else
        x->paid += (int64_t)price * seconds * w->s->nodes;
}

static void pay(struct world *w, const struct row *x) {
    w->r->spent[x->market][x->pool] += x->paid;
    w->r->price_missing[x->market][x->pool] |= x->price_missing;
}

static void let_end(struct world *w, struct row *x, bool taken) {
    int64_t lease = w->t - x->granted;
    enum brute_billing rule = pool_of(w, x->pool)->billing;
    bool refund = rule == BRUTE_AWS && x->market == SPOT && taken && lease < 3600;
    if (rule != BRUTE_PLAIN && lease < 60) charge(w, x, 60 - lease);
    if (counting(w) && !refund) pay(w, x);
    x->truth = NOTHING;
}

/* ---- what happens to replicas ---------------------------------------------------- */

/* The controller learns that there is no instance; the row stays for a while. */
static void lay_down(struct world *w, struct row *x) {
    x->thought = w->s->linger ? LINGERING : GONE;
    x->cleared = w->t + w->s->linger;
    x->notice = -1;
    x->under_way = false;
    observed(w, x->pool);
}

static void find_out(struct world *w, struct row *x, enum sight what, int64_t at);

static void see(struct world *w, struct row *x) {
    enum sight what = x->sight;
    x->sight = NONE;
    switch (what) {
    case REFUSAL:
        w->last_denied[x->market][x->pool] = w->t;
        lay_down(w, x);
        break;
    case GRANT:
        x->under_way = false;
        x->thought = STARTING;
        w->last_granted[x->market][x->pool] = w->t;
        observed(w, x->pool);
        if (x->truth == UP) find_out(w, x, READINESS, next_round(w, w->s->probe));
        break;
    case READINESS:
        x->thought = READY;
        observed(w, x->pool);
        find_out(w, x, SERVICE, next_round(w, w->s->lb_sync));
        break;
    case SERVICE:
        x->serving = true;
        break;
    case LOSS:
        lay_down(w, x);
        break;
    default:
        break;
    }
}

static void find_out(struct world *w, struct row *x, enum sight what, int64_t at) {
    x->sight = what;
    x->seen = at;
    if (at == w->t) see(w, x);
}

static void take(struct world *w, struct row *x) {
    if (serves(x)) w->lost++;
    let_end(w, x, true);
    if (counting(w)) w->r->preempted[x->pool]++;
    if (x->thought == DRAINING) return; /* the end of the drain is still to come */
    int64_t at = next_round(w, w->s->probe), status = next_round(w, w->s->job_status);
    find_out(w, x, LOSS, w->s->job_status && status < at ? status : at);
}

/* By the pool's rule; `undoomed`: only those without a deadline. */
static struct row *victim(struct world *w, uint32_t p, bool undoomed) {
    struct row *best = NULL;
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (!holds(x) || x->market != SPOT || x->pool != p || (undoomed && x->deadline >= 0)) continue;
        if (!best || (pool_of(w, p)->oldest ? x->order < best->order : x->order > best->order)) best = x;
    }
    return best;
}

static void trace_changes(struct world *w) {
    int64_t at = w->s->window_start + w->t;
    if (w->t == 0) return;
    for (uint32_t p = 0; p < w->s->n_pools; p++) {
        if (changes_at(&pool_of(w, p)->price, at)) observed(w, p);
        if (!changes_at(&pool_of(w, p)->capacity, at)) continue;
        if (w->s->observe_capacity) observed(w, p);
        if (w->s->means_launch) continue;
        for (uint32_t i = 0; i < w->n; i++) {
            struct row *x = &w->row[i];
            if (holds(x) && x->market == SPOT && x->pool == p && x->deadline >= 0 && x->deadline <= w->t) take(w, x);
        }
        while (held(w, SPOT, p) > capacity_at(w, p, w->t)) take(w, victim(w, p, false));
    }
}

static void lifetimes(struct world *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        uint32_t cap = pool_of(w, x->pool)->lifetime_cap;
        if (holds(x) && x->market == SPOT && cap > 0 && x->granted + cap == w->t) take(w, x);
    }
}

static void tell(struct world *w, struct row *x) {
    x->noticed = true;
    x->notice = -1;
    if (counting(w)) w->r->noticed[x->pool]++;
    observed(w, x->pool);
}

/* The cloud gives notice now of an end; it takes a while to arrive.  Of two
 * ends the earlier counts. */
static void give_notice(struct world *w, struct row *x, int64_t end) {
    int64_t at = w->t + pool_of(w, x->pool)->notice_delay;
    if (x->thought == DRAINING || at >= end || (x->told >= 0 && end >= x->told)) return;
    x->told = end;
    x->notice = at;
    if (at == w->t) tell(w, x);
}

static void doom(struct world *w, struct row *x, int64_t deadline) {
    x->deadline = deadline;
    give_notice(w, x, deadline);
}

/* Of the end of its lifetime, the lead before it or at the grant. */
static void lifetime_notice(struct world *w, struct row *x) {
    const struct brute_pool *p = pool_of(w, x->pool);
    if (!holds(x) || x->market != SPOT || p->lifetime_cap == 0 || p->notice == 0) return;
    int64_t at = x->granted + (p->lifetime_cap > p->notice ? p->lifetime_cap - p->notice : 0);
    if (at == w->t) give_notice(w, x, x->granted + p->lifetime_cap);
}

static void notices(struct world *w) {
    for (uint32_t p = 0; p < w->s->n_pools; p++) {
        int64_t due = w->t + pool_of(w, p)->notice;
        bool change = changes_at(&pool_of(w, p)->capacity, w->s->window_start + due);
        if (due == w->t || !change || w->s->means_launch) continue;
        if (capacity_at(w, p, due) > capacity_at(w, p, due - 1)) continue;
        while (held(w, SPOT, p) - doomed_by(w, p, due) > capacity_at(w, p, due)) doom(w, victim(w, p, true), due);
    }
    for (uint32_t i = 0; i < w->n; i++) {
        lifetime_notice(w, &w->row[i]);
        if (w->row[i].notice == w->t) tell(w, &w->row[i]);
    }
}

/* When a replica granted now would be in excess within the lead; -1: not. */
static int64_t excess_at(const struct world *w, uint32_t p) {
    int64_t lead = w->s->means_launch ? 0 : pool_of(w, p)->notice;
    for (int64_t t = w->t + 1; t <= w->t + lead; t++)
        if (held(w, SPOT, p) - doomed_by(w, p, t) + w->s->nodes > capacity_at(w, p, t)) return t;
    return -1;
}

static bool granted(const struct world *w, const struct row *x, int64_t *deadline) {
    uint32_t capacity = x->market == SPOT ? capacity_at(w, x->pool, w->t) : pool_of(w, x->pool)->on_demand_capacity;
    uint32_t quota = w->s->quota[x->market][pool_of(w, x->pool)->region], in_region = 0;
    for (uint32_t p = 0; p < w->s->n_pools; p++)
        if (pool_of(w, p)->region == pool_of(w, x->pool)->region) in_region += held(w, x->market, p);
    *deadline = -1;
    if (capacity != BRUTE_NONE && held(w, x->market, x->pool) + w->s->nodes > capacity) return false;
    if (quota != BRUTE_NONE && in_region + w->s->nodes > quota) return false;
    if (x->market == SPOT) *deadline = excess_at(w, x->pool);
    return *deadline < 0 || pool_of(w, x->pool)->accept;
}

static void answer(struct world *w, struct row *x) {
    const struct brute_pool *p = pool_of(w, x->pool);
    int64_t deadline;
    if (!granted(w, x, &deadline)) {
        int64_t known = x->sent + (p->denial_delay > p->launch_delay ? p->denial_delay : p->launch_delay);
        int64_t rest = w->s->reap ? known % w->s->reap : 0;
        x->truth = NOTHING;
        if (counting(w)) w->r->denied[x->market][x->pool]++;
        find_out(w, x, REFUSAL, rest ? known + w->s->reap - rest : known);
        return;
    }
    x->truth = BOOTING;
    x->granted = w->t;
    x->up = w->t + p->cold_start;
    x->order = ++w->grants;
    if (counting(w)) w->r->launched[x->market][x->pool]++;
    find_out(w, x, GRANT, next_round(w, w->s->reap));
    if (deadline >= 0) doom(w, x, deadline);
    lifetime_notice(w, x);
}

static uint32_t under_way(const struct world *w) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++) n += w->row[i].under_way;
    return n;
}

static bool pickup_due(const struct world *w) {
    if (next_round(w, w->s->pickup) != w->t || (w->s->pickup > 0 && w->slots_full == w->t)) return false;
    if (w->s->pickup == 0 && under_way(w) >= w->s->launch_slots) return false;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->row[i].truth == WAITING) return true;
    return false;
}

static void pickup(struct world *w) {
    if (!pickup_due(w)) return;
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (x->truth != WAITING) continue;
        if (under_way(w) >= w->s->launch_slots) {
            w->slots_full = w->t;
            return;
        }
        x->truth = SENT;
        x->thought = PROVISIONING;
        x->sent = w->t;
        x->under_way = true;
        observed(w, x->pool);
    }
}

static void answers(struct world *w) {
    pickup(w);
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (x->truth == SENT && x->sent + pool_of(w, x->pool)->launch_delay == w->t)
            answer(w, x);
        else if ((x->sight == REFUSAL || x->sight == GRANT) && x->seen == w->t)
            see(w, x);
    }
}

static bool comes_up(const struct world *w, const struct row *x) {
    return x->truth == BOOTING && x->thought != DRAINING && x->up == w->t;
}

static void readiness(struct world *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (comes_up(w, x)) {
            x->truth = UP;
            if (x->thought == STARTING) find_out(w, x, READINESS, next_round(w, w->s->probe));
        } else if (x->sight >= READINESS && x->seen == w->t) {
            see(w, x);
        }
    }
}

/* Its drain, or the time that its row stays. */
static bool over(const struct world *w, const struct row *x) {
    return (x->thought == DRAINING && x->drained == w->t) || (x->thought == LINGERING && x->cleared == w->t);
}

static void drain_ends(struct world *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (!over(w, x)) continue;
        if (holds(x)) {
            let_end(w, x, false);
            if (counting(w)) w->r->terminated[x->pool]++;
        }
        x->thought = GONE;
        observed(w, x->pool);
    }
}

/* ---- decisions ---------------------------------------------------------------------- */

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t above(uint32_t a, uint32_t b) { return a > b ? a - b : 0; }
static const struct controller *controller_of(const struct world *w, uint32_t p) {
    return &w->controller[pool_of(w, p)->group];
}
static bool counts_as_lost(const struct world *w, const struct row *x) {
    return controller_of(w, x->pool)->g->react && x->noticed;
}

static void wanted_of(struct controller *c, uint32_t ready_spot, uint32_t wanted[2]) {
    const struct brute_group *g = c->g;
    uint32_t base = least(g->base, c->target);
    wanted[SPOT] = wanted[ON_DEMAND] = c->base = 0;
    switch (g->mix) {
    case BRUTE_SPOT:
        wanted[SPOT] = c->target + g->overprovision;
        break;
    case BRUTE_STATIC_BASE:
        wanted[SPOT] = c->target - base;
        wanted[ON_DEMAND] = c->base = base;
        break;
    case BRUTE_SKYSERVE:
        wanted[SPOT] = above(c->target + g->overprovision, g->base);
        wanted[ON_DEMAND] = least(g->base + (g->dynamic ? above(wanted[SPOT], ready_spot) : 0), c->target);
        c->base = base;
        break;
    default:
        wanted[ON_DEMAND] = c->base = c->target;
        break;
    }
}

static bool closed(const struct world *w, uint32_t market, uint32_t p) { return w->last_denied[market][p] == w->t; }

/* A group's pools in the order of their names. */
static uint32_t pools_of(const struct world *w, const struct controller *c, uint32_t pools[BRUTE_POOLS]) {
    uint32_t n = 0;
    for (uint32_t p = 0; p < w->s->n_pools; p++)
        if (controller_of(w, p) == c) pools[n++] = p;
    return n;
}

static uint32_t place_spot(struct world *w, struct controller *c, const uint32_t planned[BRUTE_POOLS]) {
    uint32_t best = BRUTE_NONE, pools[BRUTE_POOLS], n = pools_of(w, c, pools), turn = 0;
    int64_t now = w->s->window_start + w->t - (w->before && w->t > 0 ? 1 : 0);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = c->g->placer == BRUTE_ROUND_ROBIN ? (c->turn + i) % n : i, p = pools[k];
        if (closed(w, SPOT, p)) continue;
        bool better = best == BRUTE_NONE;
        if (!better && c->g->placer == BRUTE_EVEN_SPREAD) better = planned[p] < planned[best];
        if (!better && c->g->placer == BRUTE_CHEAPEST)
            better = value_at(&pool_of(w, p)->price, now) < value_at(&pool_of(w, best)->price, now);
        if (!better) continue;
        best = p;
        turn = k + 1;
    }
    if (best != BRUTE_NONE) c->turn = turn % n;
    return best;
}

/* The cheapest that did not say no last; else the one whose no is oldest. */
static uint32_t place_on_demand(const struct world *w, const struct controller *c) {
    uint32_t best = BRUTE_NONE, oldest = BRUTE_NONE;
    for (uint32_t p = 0; p < w->s->n_pools; p++) {
        int64_t denied = w->last_denied[ON_DEMAND][p];
        if (controller_of(w, p) != c || closed(w, ON_DEMAND, p)) continue;
        if (denied >= 0 && denied >= w->last_granted[ON_DEMAND][p]) {
            if (oldest == BRUTE_NONE || denied < w->last_denied[ON_DEMAND][oldest]) oldest = p;
        } else if (best == BRUTE_NONE || pool_of(w, p)->on_demand_price < pool_of(w, best)->on_demand_price) {
            best = p;
        }
    }
    return best != BRUTE_NONE ? best : oldest;
}

/* The controller sees that no pool has spot room left: asking again before
 * something is observed is pointless. */
static bool seen_full(const struct world *w, const struct controller *c, const uint32_t planned[BRUTE_POOLS]) {
    for (uint32_t p = 0; p < w->s->n_pools; p++) {
        if (controller_of(w, p) != c) continue;
        uint32_t rows = planned[p];
        for (uint32_t i = 0; i < w->n; i++)
            rows += w->row[i].thought == DRAINING && w->row[i].market == SPOT && w->row[i].pool == p;
        if (!w->s->observe_capacity || capacity_at(w, p, w->t) > rows) return false;
    }
    return true;
}

static void launch(struct world *w, uint32_t market, uint32_t p) {
    uint32_t instances = 0;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->row[i].thought <= DRAINING) instances += w->s->nodes;
    if (w->s->max_instances != BRUTE_NONE && instances + w->s->nodes > w->s->max_instances) {
        w->last_denied[market][p] = w->t; /* the guard's answer is an observation as well */
        observed(w, p);
        return;
    }
    assert_true(w->n < ROWS);
    bool direct = w->s->pickup == 0 && w->s->launch_slots == BRUTE_NONE;
    w->row[w->n++] = (struct row){.thought = direct ? PROVISIONING : REQUESTED,
                                  .truth = direct ? SENT : WAITING,
                                  .under_way = direct,
                                  .pool = p,
                                  .market = market,
                                  .sent = w->t,
                                  .deadline = -1,
                                  .notice = -1,
                                  .told = -1};
}

/* True: a heavy row went beyond what was missing, so look at everything anew. */
static bool launches(struct world *w, struct controller *c, uint32_t market, uint32_t alive, uint32_t wanted,
                     bool anything_new) {
    if (alive >= wanted) {
        c->retry[market] = -1;
        return false;
    }
    if (!anything_new && w->t < c->retry[market]) return false;
    c->retry[market] = -1;
    uint32_t planned[BRUTE_POOLS] = {0}, chosen[ROWS], n = 0;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->row[i].market == SPOT && w->row[i].thought <= READY) planned[w->row[i].pool]++;
    for (; alive < wanted; n++) {
        uint32_t p = market == SPOT ? place_spot(w, c, planned) : place_on_demand(w, c);
        if (p == BRUTE_NONE) {
            bool wait = market == SPOT && seen_full(w, c, planned);
            c->retry[market] = wait ? INT64_MAX : w->t + w->s->retry;
            break;
        }
        planned[p]++;
        alive += pool_of(w, p)->weight;
        chosen[n] = p;
    }
    for (uint32_t i = 0; i < n; i++) launch(w, market, chosen[i]);
    return alive > wanted;
}

/* By stage of life, newest first; what would make too few is kept, and then so
 * are the later stages. */
static void drains(struct world *w, const struct controller *c, uint32_t market, uint32_t alive, uint32_t wanted) {
    bool kept = false;
    for (int stage = REQUESTED; stage <= READY && !kept; stage++)
        for (uint32_t i = w->n; i-- > 0 && alive > wanted;) {
            struct row *x = &w->row[i];
            uint32_t weight = pool_of(w, x->pool)->weight;
            bool own = controller_of(w, x->pool) == c;
            if (!own || x->market != market || (int)x->thought != stage || counts_as_lost(w, x)) continue;
            if (weight > alive - wanted) {
                kept = true;
                continue;
            }
            alive -= weight;
            x->thought = DRAINING;
            x->drained = x->truth == WAITING ? w->t : w->t + w->s->drain; /* never sent: nothing to drain */
            x->notice = -1;
            x->sight = NONE;
            x->serving = x->under_way = false;
            if (!holds(x)) x->truth = NOTHING; /* the request is called back */
        }
}

/* True: ask again at once. */
static bool decide_once(struct world *w, struct controller *c, bool anything_new) {
    uint32_t alive[2] = {0, 0}, ready_spot = 0, wanted[2];
    for (uint32_t i = 0; i < w->n; i++) {
        const struct row *x = &w->row[i];
        if (controller_of(w, x->pool) != c || x->thought > READY || counts_as_lost(w, x)) continue;
        alive[x->market] += pool_of(w, x->pool)->weight;
        ready_spot += x->market == SPOT && x->thought == READY ? pool_of(w, x->pool)->weight : 0;
    }
    c->target = wanted_at(w->s, c->g, w->t);
    wanted_of(c, ready_spot, wanted);
    for (uint32_t m = SPOT; m <= ON_DEMAND; m++)
        if (launches(w, c, m, alive[m], wanted[m], anything_new)) return true;
    for (uint32_t m = SPOT; m <= ON_DEMAND; m++) drains(w, c, m, alive[m], wanted[m]);
    return false;
}

static void decide(struct world *w, struct controller *c) {
    bool anything_new = c->observed;
    c->observed = false;
    while (decide_once(w, c, anything_new)) anything_new = false;
}

/* ---- the clock -------------------------------------------------------------------------- */

static void forget_gone(struct world *w) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++)
        if (w->row[i].thought != GONE) w->row[n++] = w->row[i];
    w->n = n;
}

/* Is anything left to happen at this instant before decisions? */
static bool busy(const struct world *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        const struct row *x = &w->row[i];
        bool answer_due = x->truth == SENT && x->sent + pool_of(w, x->pool)->launch_delay == w->t;
        bool seen_due = x->sight != NONE && x->seen == w->t;
        if (answer_due || seen_due || comes_up(w, x) || over(w, x)) return true;
    }
    return pickup_due(w);
}

static void ticks(struct world *w) {
    const struct brute_scenario *s = w->s;
    w->before = true;
    for (uint32_t g = 0; s->interval > 0 && g < s->n_groups; g++) {
        struct controller *c = &w->controller[g];
        if (w->t != c->next_tick) continue;
        decide(w, c);
        bool over_mix = c->g->mix == BRUTE_SPOT || c->g->mix == BRUTE_SKYSERVE;
        bool idle = c->target + (over_mix ? c->g->overprovision : 0) == 0; /* SkyServe's final target */
        c->next_tick = w->t + (idle && s->idle_interval > 0 ? s->idle_interval : s->interval);
    }
    w->before = false;
}

/* The first group with something to decide decides; what that causes comes
 * before the next group's turn. */
static bool decide_one(struct world *w, bool woken[BRUTE_GROUPS]) {
    for (uint32_t g = 0; w->s->interval == 0 && g < w->s->n_groups; g++) {
        if (!w->controller[g].observed && !woken[g]) continue;
        woken[g] = false;
        decide(w, &w->controller[g]);
        return true;
    }
    return false;
}

static void instant(struct world *w) {
    bool woken[BRUTE_GROUPS];
    for (uint32_t g = 0; g < w->s->n_groups; g++) {
        const struct controller *c = &w->controller[g];
        woken[g] =
            w->t == 0 || changes_at(&c->g->target, w->t) || c->retry[SPOT] == w->t || c->retry[ON_DEMAND] == w->t;
    }
    ticks(w);
    trace_changes(w);
    lifetimes(w);
    notices(w);
    int round = 0;
    do {
        assert_true(round++ < ROUNDS);
        answers(w);
        readiness(w);
        drain_ends(w);
        forget_gone(w);
    } while (busy(w) || decide_one(w, woken));
}

static void outage(struct world *w, int which, bool good) {
    struct brute_result *r = w->r;
    if (good) {
        w->out[which] = false;
        return;
    }
    if (!w->out[which]) {
        w->out[which] = true;
        w->out_length[which] = 0;
        r->outages[which]++;
    }
    r->outage_total[which]++;
    if (++w->out_length[which] > r->outage_longest[which]) r->outage_longest[which] = w->out_length[which];
}

static void losses(struct world *w, bool full) {
    if (w->lost > 0) {
        w->r->losses++;
        if (w->open_losses++ == 0) w->loss_since = w->t;
    }
    w->lost = 0;
    if (!full || w->open_losses == 0) return;
    w->r->recovered += w->open_losses;
    w->open_losses = 0;
    uint64_t length = (uint64_t)(w->t - w->loss_since);
    if (length > w->r->recovery_longest) w->r->recovery_longest = length;
}

/* Those that serve, per group and market, after counting what every replica
 * used in this second. */
static void look_at_rows(struct world *w, uint32_t ready[BRUTE_GROUPS][2]) {
    struct brute_result *r = w->r;
    uint32_t nodes = w->s->nodes;
    for (uint32_t i = 0; i < w->n; i++) {
        struct row *x = &w->row[i];
        if (holds(x) && counting(w)) {
            charge(w, x, 1);
            r->used[x->market][x->pool] += nodes;
            r->cold += x->thought != DRAINING && !x->serving ? nodes : 0;
            r->draining += x->thought == DRAINING ? nodes : 0;
        }
        if (!serves(x)) continue;
        ready[pool_of(w, x->pool)->group][x->market] += pool_of(w, x->pool)->weight;
        if (counting(w)) r->ready[x->market][x->pool] += nodes;
    }
}

/* One second passes in the state that the instant ended in. */
static void second(struct world *w) {
    struct brute_result *r = w->r;
    uint32_t ready[BRUTE_GROUPS][2] = {{0}}, all = 0, on_demand = 0, target = 0, base = 0;
    look_at_rows(w, ready);
    if (!counting(w)) {
        w->lost = 0;
        return;
    }
    for (uint32_t g = 0; g < w->s->n_groups; g++) {
        uint32_t own = ready[g][SPOT] + ready[g][ON_DEMAND], wanted = wanted_at(w->s, &w->s->group[g], w->t);
        r->group_full[g] += own >= wanted;
        r->group_any[g] += own >= 1;
        all += own;
        on_demand += ready[g][ON_DEMAND];
        target += wanted;
        base += w->controller[g].base;
    }
    r->full += all >= target;
    r->any += all >= 1;
    r->served += least(all, target);
    r->demand += target;
    r->over += (uint64_t)above(all, target) * w->s->nodes;
    r->base_asked += base > 0;
    r->base += base > 0 && on_demand >= base;
    outage(w, 0, all >= target);
    outage(w, 1, all >= 1);
    losses(w, all >= target);
}

void brute_run(const struct brute_scenario *s, struct brute_result *out) {
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    memset(out, 0, sizeof *out);
    w->s = s;
    w->r = out;
    for (uint32_t g = 0; g < s->n_groups; g++)
        w->controller[g] = (struct controller){.g = &s->group[g], .retry = {-1, -1}};
    w->slots_full = -1;
    memset(w->last_denied, 0xff, sizeof w->last_denied); /* -1: never */
    memset(w->last_granted, 0xff, sizeof w->last_granted);
    for (w->t = 0; w->t < s->horizon; w->t++) {
        instant(w);
        second(w);
    }
    for (uint32_t i = 0; i < w->n; i++)
        if (holds(&w->row[i])) pay(w, &w->row[i]);
    free(w);
}
