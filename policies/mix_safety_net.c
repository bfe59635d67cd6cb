/* SPDX-License-Identifier: Apache-2.0
 * SpotHedge's SpotFailover: on-demand fallback as in `skyserve` with
 * dynamic=true, and two rules more.  While the share of time with the target
 * met is at or below `slo`, on-demand is at least the target; and after spot
 * is whole again the last on-demand count is kept for `dwell`.
 *
 * The original re-reads its whole past at every tick.  Here the time met is
 * brought up to date only when something was observed or the answer changes,
 * and the moments at which the answer will change by itself are computed, so
 * that ticks in between can be skipped without changing a digit. */
#include "policies/builtin.h"
#include "policies/mix.h"

#define TIME_MAX_MS (INT64_C(1) << 40)
#define DWELL_MAX_MS 315360e6 /* 3650 days */

static const struct sp_param params[] = {
    MIX_PARAM_BASE("0"),
    MIX_PARAM_OVERPROVISION,
    {"slo", SP_REAL, "", 0, 1, "0.99", "while availability so far is at or below this, on-demand covers the target",
     NULL},
    {"dwell", SP_DURATION, "", 0, DWELL_MAX_MS, "120s",
     "how long the last on-demand count is kept once spot is whole again", NULL},
    MIX_PARAMS_LOSS,
};

struct state {
    uint32_t base, overprovision;
    double slo;
    int64_t dwell_ms;
    int64_t met_ms; /* time with ready >= target, up to synced_ms */
    int64_t synced_ms;
    int64_t fallback_ms;              /* last decision at which spot was missing; SP_NEVER */
    uint32_t fallback;                /* on-demand wanted then */
    uint32_t missing;                 /* 1: spot was missing at the last decision */
    uint32_t target, spot, on_demand; /* at synced_ms */
    uint32_t started;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    struct state *s = mem;
    s->base = (uint32_t)value[0].i;
    s->overprovision = (uint32_t)value[1].i;
    s->slo = value[2].d;
    s->dwell_ms = value[3].i;
    s->fallback_ms = SP_NEVER;
}

static int64_t ready_now(const struct sp_view *view) {
    return (int64_t)view->units[SP_SPOT][SP_READY] + view->units[SP_ON_DEMAND][SP_READY];
}

/* How an observation changed the number of ready replicas. */
static int64_t ready_change(const struct sp_view *view, const struct sp_observation *o) {
    bool moves = o->kind == SP_OBS_READY || o->kind == SP_OBS_UNREADY || o->kind == SP_OBS_FAILED ||
                 o->kind == SP_OBS_PREEMPTED || o->kind == SP_OBS_TERMINATED;
    if (!moves || o->pool >= view->n_pools) return 0;
    int64_t weight = view->pools[o->pool].weight;
    return (o->kind == SP_OBS_READY ? weight : 0) - (o->state == SP_READY ? weight : 0);
}

/* Time met from synced_ms to now: from what is ready now backwards through the
 * observations.  What we drained went at synced_ms, so it never shows. */
static int64_t met_since(const struct state *s, const struct sp_view *view, const struct sp_observation *obs,
                         uint32_t n_obs) {
    int64_t ready = ready_now(view), until = view->now_ms, met = 0;
    for (uint32_t i = n_obs; i-- > 0;) {
        int64_t change = ready_change(view, &obs[i]);
        if (change == 0) continue;
        int64_t at = obs[i].at_ms < s->synced_ms ? s->synced_ms : obs[i].at_ms;
        if (at < until) {
            if (ready >= (int64_t)s->target) met += until - at;
            until = at;
        }
        ready -= change;
    }
    if (ready >= (int64_t)s->target) met += until - s->synced_ms;
    return met;
}

/* The interval being planned counts as not met, as in the original. */
static bool below_slo(const struct state *s, const struct sp_view *view, int64_t met_ms, int64_t at_ms) {
    int64_t total = at_ms + view->interval_ms;
    return total <= 0 || (double)met_ms / (double)total <= s->slo;
}

/* When below_slo turns over if nothing but time changes; `met`: whether that
 * time counts as met.  The quotient is monotone in time and rounding keeps it
 * so, hence bisection finds the exact millisecond. */
static int64_t turn_ms(const struct state *s, const struct sp_view *view, int64_t met_ms, bool met) {
    bool now = below_slo(s, view, met_ms, view->now_ms);
    int64_t lo = 0, hi = TIME_MAX_MS;
    if (below_slo(s, view, met_ms + (met ? hi : 0), view->now_ms + hi) == now) return SP_FOREVER;
    while (hi - lo > 1) {
        int64_t mid = lo + (hi - lo) / 2;
        if (below_slo(s, view, met_ms + (met ? mid : 0), view->now_ms + mid) == now)
            lo = mid;
        else
            hi = mid;
    }
    return view->now_ms + hi;
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t want(void *mem, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *out) {
    struct state *s = mem;
    int64_t now = view->now_ms;
    if (!s->started) { /* nothing was met before the first step */
        s->started = 1;
        s->synced_ms = now;
    }
    int64_t met_ms = s->met_ms + met_since(s, view, obs, n_obs);
    uint32_t target = view->target;
    uint32_t spot = mix_less((uint64_t)target + s->overprovision, s->base);
    uint32_t missing = mix_less(spot, counts->ready[SP_SPOT]);
    uint32_t on_demand = below_slo(s, view, met_ms, now) ? target : mix_min(s->base, target);
    if (missing == 0 && s->missing) { /* it was missing one decision ago, with that answer */
        s->fallback_ms = now - view->interval_ms;
        s->fallback = s->on_demand;
    }
    s->missing = missing > 0;
    int64_t dwell_end = s->fallback_ms == SP_NEVER ? SP_NEVER : s->fallback_ms + s->dwell_ms;
    uint32_t floor = 0;
    if (missing > 0)
        floor = mix_min((uint64_t)s->base + missing, target);
    else if (now < dwell_end)
        floor = mix_min(s->fallback, target);
    if (floor > on_demand) on_demand = floor;

    if (n_obs > 0 || target != s->target || spot != s->spot || on_demand != s->on_demand) {
        s->met_ms = met_ms;
        s->synced_ms = now;
        s->target = target;
        s->spot = spot;
        s->on_demand = on_demand;
    }
    out->n[SP_SPOT] = spot;
    out->n[SP_ON_DEMAND] = on_demand;
    out->base = mix_min(s->base, target);

    int64_t wake = turn_ms(s, view, met_ms, ready_now(view) >= (int64_t)target);
    /* actions of this very step may make fewer ready: then it turns earlier */
    if (s->synced_ms == now) wake = earlier(wake, turn_ms(s, view, met_ms, false));
    if (missing == 0 && now < dwell_end) wake = earlier(wake, dwell_end);
    return wake;
}

const struct sp_policy mix_safety_net = {
    .abi = SP_ABI_VERSION,
    .role = SP_MIX,
    .name = "safety-net",
    .summary = "on-demand fallback, all of the target on demand while availability so far is too low",
    .source = "SpotHedge artifact, policies/scheduler/spot_failover.py",
    .params = params,
    .n_params = MIX_COUNT(params),
    .state_size = state_size,
    .init = init,
    .want = want,
};
