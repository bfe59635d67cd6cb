/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/random_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"

uint32_t luck_below(struct luck *l, uint32_t n) { return (uint32_t)(random_key(l->key, ++l->n) % n); }
bool luck_one_in(struct luck *l, uint32_t n) { return luck_below(l, n) == 0; }
double luck_share(struct luck *l) { return random_u01(random_key(l->key, ++l->n)); }

static int64_t any_ms(struct luck *l, uint32_t max_s) {
    if (luck_one_in(l, 2)) return 0;
    int64_t ms = (int64_t)luck_below(l, max_s + 1) * MS_PER_S;
    return luck_one_in(l, 4) ? ms + luck_below(l, 1000) : ms;
}

/* ---- trace -------------------------------------------------------------------- */

static void random_capacity(struct luck *l, char *text, size_t room, uint32_t span_s) {
    size_t at = (size_t)snprintf(text, room, "0:%u", luck_below(l, 8));
    uint32_t before = UINT32_MAX;
    for (uint32_t t = 1 + luck_below(l, 300); t < span_s && at + 24 < room; t += 1 + luck_below(l, 600)) {
        uint32_t value = luck_one_in(l, 3) ? 0 : luck_below(l, 9);
        if (value == before) continue;
        at += (size_t)snprintf(text + at, room - at, " %u:%u", t, value);
        before = value;
    }
}

static void random_prices(struct luck *l, struct trace_pool *p) {
    uint32_t n = luck_one_in(l, 6) ? 0 : 1 + luck_below(l, 6);
    if (n == 0) return;
    p->price.at_ms = calloc(n, sizeof *p->price.at_ms);
    p->price.uusd_per_h = calloc(n, sizeof *p->price.uusd_per_h);
    for (uint32_t i = 0; i < n; i++) {
        p->price.at_ms[i] = i ? p->price.at_ms[i - 1] + 1 + luck_below(l, 2000000) : 0;
        p->price.uusd_per_h[i] = 100000 + 7 * i + luck_below(l, 1000000);
    }
    p->price.n = n;
}

static struct trace *random_trace(struct luck *l) {
    static const char *const all[] = {"a/1", "a/2", "a/3", "b/1", "b/2", "b/3", "c/1", "c/2"};
    uint32_t n = 1 + luck_below(l, 8), span_s = 600 + luck_below(l, 12000);
    char text[8][600];
    const char *capacity[8] = {NULL};
    for (uint32_t i = 0; i < n; i++) {
        random_capacity(l, text[i], sizeof text[i], span_s);
        capacity[i] = luck_one_in(l, 15) ? "0:*" : text[i];
    }
    struct trace *t = harness_trace(n, all, capacity, span_s);
    for (uint32_t i = 0; i < n; i++) random_prices(l, &t->pools[i]);
    return t;
}

/* ---- policies ------------------------------------------------------------------- */

static void random_policy(struct luck *l, char *text, size_t room) {
    static const char *const mixes[] = {
        "spot(overprovision=%u,notice=%s,rebalance=%s)",
        "static-base(base=%u,notice=%s,rebalance=%s)",
        "skyserve(base=%u,dynamic=true,overprovision=1,notice=%s,rebalance=%s)",
        "skyserve(base=%u,notice=%s,rebalance=%s)",
        "base-percent(base=%u,percent=40,notice=%s,rebalance=%s)",
        "safety-net(slo=0.9,overprovision=%u,notice=%s,rebalance=%s)",
    };
    static const char *const placers[] = {"cheapest", "round-robin", "even-spread",        "least-loaded",
                                          "random",   "skypilot",    "ttl-bench(ttl=90s)", "spothedge"};
    char mix[160], target[120];
    if (luck_one_in(l, 2)) {
        snprintf(target, sizeof target, "constant(target=%u)", luck_below(l, 9));
    } else { /* drawn one by one: compilers differ in the order of arguments */
        uint32_t first = 1 + luck_below(l, 5), idle = 60 + luck_below(l, 600);
        uint32_t again = 700 + luck_below(l, 600), last = 1 + luck_below(l, 8);
        snprintf(target, sizeof target, "series(file=\"0s:%u %us:0 %us:%u\")", first, idle, again, last);
    }
    uint32_t which = luck_below(l, 7);
    const char *notice = luck_one_in(l, 2) ? "react" : "ignore", *rebalance = luck_one_in(l, 2) ? "react" : "ignore";
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    if (which < 6) snprintf(mix, sizeof mix, mixes[which], luck_below(l, 3), notice, rebalance);
#pragma GCC diagnostic pop
    if (which == 6)
        snprintf(text, room, "%s+on-demand()", target);
    else
        snprintf(text, room, "%s+%s+%s", target, mix, placers[luck_below(l, 8)]);
}

/* Pools are dealt to the groups; some may go to none. */
static void random_groups(struct luck *l, struct random_run *r) {
    static const char *const names[RANDOM_GROUPS] = {"first", "second", "third"};
    struct error e = {0};
    uint32_t n = luck_one_in(l, 3) ? 1 + luck_below(l, RANDOM_GROUPS) : 1;
    bool shares = luck_one_in(l, 2);
    size_t at = 0;
    for (uint32_t g = 0; g < n; g++) {
        char policy[400];
        random_policy(l, policy, sizeof policy);
        at += (size_t)snprintf(r->text + at, sizeof r->text - at, "%s%s", g ? " | " : "", policy);
        assert_ok(policy_spec_parse(r->h.registry, policy, &r->specs[g], &e), &e);
        assert_ok(policy_spec_check(r->h.registry, &r->specs[g], policy, &e), &e);
        r->groups[g] = (struct group_config){.name = names[g], .spec = &r->specs[g], .pools = r->pools[g]};
        r->groups[g].share = shares ? (struct composer_share){g * 1000000 / n, (g + 1) * 1000000 / n}
                                    : (struct composer_share){0, 1000000};
    }
    for (uint32_t p = 0; p < r->h.trace->n_pools; p++) {
        struct group_config *g = &r->groups[luck_below(l, n)];
        if (n > 1 && luck_one_in(l, 10)) continue;
        r->pools[g - r->groups][g->n_pools++] = p;
    }
    r->h.config.n_groups = n;
    r->h.config.groups = r->groups;
}

/* ---- cloud and control ------------------------------------------------------------- */

static void random_dist(struct luck *l, struct dist *d) {
    static const char *const some[] = {
        "0s", "30s", "183s", "uniform(60s,240s)", "exponential(2m)", "lognormal(183s,0.3)", "weibull(90s,0.7)"};
    struct error e = {0};
    dist_free(d);
    assert_ok(dist_from_text(some[luck_below(l, 7)], d, &e), &e);
}

static void random_pool(struct luck *l, struct pool_params *p) {
    struct error e = {0};
    if (luck_one_in(l, 5)) p->price_spot = luck_below(l, 500000);
    p->price_on_demand = luck_one_in(l, 8) ? SP_UNKNOWN : 1000000 + (int64_t)luck_below(l, 1000000);
    if (luck_one_in(l, 3)) p->on_demand_capacity = luck_below(l, 6);
    if (luck_one_in(l, 4)) p->on_demand_denial = luck_share(l);
    if (luck_one_in(l, 4)) p->spot_denial = luck_share(l);
    p->notice_ms = any_ms(l, 150);
    p->notice_delay_ms = any_ms(l, 60);
    p->notice_probability = luck_one_in(l, 3) ? luck_share(l) : 1;
    p->notice_window = (int)luck_below(l, 2);
    p->rebalance_ms = any_ms(l, 900);
    p->rebalance_probability = luck_one_in(l, 3) ? luck_share(l) : 1;
    p->launch_delay_ms = any_ms(l, 60);
    p->denial_delay_ms = any_ms(l, 180);
    random_dist(l, &p->cold_start);
    if (luck_one_in(l, 4)) p->start_failure = luck_share(l) / 2;
    if (luck_one_in(l, 4)) assert_ok(dist_from_text("weibull(20m,0.6)", &p->lifetime, &e), &e);
    if (luck_one_in(l, 5)) p->lifetime_cap_ms = 1 + luck_below(l, 3600000);
    p->billing = (int)luck_below(l, 5);
    p->reclaim = (int)luck_below(l, 3);
    p->weight = luck_one_in(l, 5) ? 1 + luck_below(l, 3) : 1;
}

static void random_control(struct luck *l, struct control_params *c) {
    c->interval_ms = luck_one_in(l, 3) ? 0 : MS_PER_S + any_ms(l, 40);
    c->idle_interval_ms = any_ms(l, 8);
    c->pickup_ms = any_ms(l, 25);
    c->launch_slots = luck_one_in(l, 3) ? 1 + luck_below(l, 6) : UINT32_MAX;
    c->reap_ms = any_ms(l, 25);
    c->probe_ms = any_ms(l, 15);
    c->probe_timeout_ms = any_ms(l, 15);
    c->job_status_ms = any_ms(l, 30);
    c->lb_sync_ms = any_ms(l, 25);
    c->linger_ms = any_ms(l, 90);
    c->retry_ms = MS_PER_S + any_ms(l, 90);
    c->random_phases = luck_one_in(l, 2);
    c->observe_capacity = luck_one_in(l, 2);
    c->drain_ms = any_ms(l, 120);
}

void random_run_start(struct random_run *r, uint64_t seed) {
    static char any_region[] = "*", one_region[] = "a";
    struct luck l = {.key = random_key(0x5eed, seed)};
    memset(r, 0, sizeof *r);
    harness_start(&r->h, random_trace(&l), true, "ideal", "spot()", 0);
    random_groups(&l, r);
    for (uint32_t p = 0; p < r->h.trace->n_pools; p++) random_pool(&l, &r->h.pools[p]);
    struct sim_config *c = &r->h.config;
    random_control(&l, &c->control);
    if (luck_one_in(&l, 5)) {
        r->quotas[0] = (struct quota){.region = any_region, .market = SP_SPOT, .max = luck_below(&l, 9)};
        r->quotas[1] = (struct quota){.region = one_region, .market = SP_ON_DEMAND, .max = luck_below(&l, 5)};
        c->quotas = r->quotas;
        c->n_quotas = 2;
    }
    c->means_launch = luck_one_in(&l, 6);
    c->nodes = luck_one_in(&l, 5) ? 1 + luck_below(&l, 3) : 1;
    if (luck_one_in(&l, 6)) c->max_instances = luck_below(&l, 20);
    if (luck_one_in(&l, 3)) c->window_start_ms = luck_below(&l, (uint32_t)c->horizon_ms / 2);
    c->horizon_ms -= c->window_start_ms;
    if (luck_one_in(&l, 3)) c->warmup_ms = luck_below(&l, (uint32_t)c->horizon_ms);
    c->seed = seed;
    c->replication = luck_below(&l, 5);
}

void random_run_end(struct random_run *r) {
    for (uint32_t g = 0; g < RANDOM_GROUPS; g++) policy_spec_free(&r->specs[g]);
    harness_end(&r->h);
}

/* ---- comparing results ----------------------------------------------------------------- */

static bool same_real(double a, double b) { return a == b || (isnan(a) && isnan(b)); }

#define SAME(field)                                                                                                    \
    if (a->field != b->field) return #field
#define SAME_REAL(field)                                                                                               \
    if (!same_real(a->field, b->field)) return #field

static const char *pools_differ(const struct pool_result *a, const struct pool_result *b) {
    for (int m = 0; m < SP_MARKETS; m++) {
        SAME_REAL(hours[m]);
        SAME_REAL(ready_hours[m]);
        SAME_REAL(cost_usd[m]);
        SAME(launched[m]);
        SAME(denied[m]);
    }
    SAME(preempted);
    SAME(noticed);
    SAME(terminated);
    return NULL;
}

static const char *outages_differ(const struct outage_stats *a, const struct outage_stats *b) {
    SAME(count);
    SAME(ended);
    SAME(longest_ms);
    SAME(total_ms);
    SAME_REAL(mean_s);
    SAME_REAL(mttr_s);
    SAME_REAL(mtbf_s);
    SAME(n_lengths);
    SAME(last_cut);
    for (uint32_t i = 0; i < a->n_lengths; i++) SAME(lengths_ms[i]);
    return NULL;
}

static const char *recovery_differs(const struct recovery_stats *a, const struct recovery_stats *b) {
    SAME(count);
    SAME(recovered);
    SAME_REAL(mean_s);
    SAME(longest_ms);
    return NULL;
}

static const char *groups_differ(const struct group_result *a, const struct group_result *b) {
    SAME_REAL(full);
    SAME_REAL(any);
    SAME_REAL(base);
    SAME_REAL(capacity);
    SAME_REAL(served);
    SAME_REAL(target_hours);
    return NULL;
}

static const char *parts_differ(const struct sim_result *a, const struct sim_result *b) {
    const char *what = outages_differ(&a->outage_full, &b->outage_full);
    if (!what) what = outages_differ(&a->outage_any, &b->outage_any);
    for (int k = 0; k <= RECOVERY_K_MAX && !what; k++) what = recovery_differs(&a->recovery[k], &b->recovery[k]);
    for (uint32_t p = 0; p < a->n_pools && !what; p++) what = pools_differ(&a->pools[p], &b->pools[p]);
    for (uint32_t g = 0; g < a->n_groups && !what; g++) what = groups_differ(&a->groups[g], &b->groups[g]);
    return what;
}

const char *results_differ(const struct sim_result *a, const struct sim_result *b) {
    SAME(n_groups);
    SAME(n_pools);
    for (int m = 0; m < SP_MARKETS; m++) {
        SAME_REAL(hours[m]);
        SAME_REAL(cost_usd[m]);
        SAME(launched[m]);
    }
    SAME_REAL(full);
    SAME_REAL(any);
    SAME_REAL(base);
    SAME_REAL(capacity);
    SAME_REAL(served);
    SAME_REAL(cost_total_usd);
    SAME_REAL(relative_to_on_demand);
    SAME_REAL(waste_hours_cold);
    SAME_REAL(waste_hours_drain);
    SAME_REAL(waste_hours_overprovision);
    SAME_REAL(target_hours);
    SAME(denied);
    SAME(noticed);
    SAME(rebalanced);
    SAME(preempted);
    SAME(terminated);
    SAME(failed);
    SAME(events);
    SAME(steps);
    SAME(fingerprint);
    SAME(unknown_price_pools);
    SAME(base_clamped);
    return parts_differ(a, b);
}
