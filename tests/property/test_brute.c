/* SPDX-License-Identifier: Apache-2.0
 * The engine against the plain simulator of tests/support/brute.h: random
 * small scenarios must come out the same in every count and integral. */
#include "tests/support/brute.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "base/text.h"
#include "tests/support/config_file.h"
#include "tests/support/random_run.h"

/* ---- a random scenario ------------------------------------------------------ */

/* Small values are what makes things happen at the same instant. */
static uint32_t delay(struct luck *l, uint32_t max) {
    return luck_one_in(l, 2) ? 0 : luck_below(l, 3) ? 1 + luck_below(l, 8) : 1 + luck_below(l, max);
}

static void random_series(struct luck *l, struct brute_series *s, uint32_t span, uint32_t points, uint32_t values) {
    s->n = 1;
    s->at[0] = 0;
    s->value[0] = luck_below(l, values);
    uint32_t at = 0;
    for (uint32_t i = 1; i < points; i++) {
        at += 1 + luck_below(l, luck_one_in(l, 3) ? 10 : 2 * span / points + 1);
        uint32_t value = luck_below(l, values);
        if (at >= span) return;
        if (value == s->value[s->n - 1]) continue;
        s->at[s->n] = at;
        s->value[s->n++] = value;
    }
}

static void random_pool(struct luck *l, struct brute_pool *p, uint32_t span) {
    uint32_t points = 1 + luck_below(l, BRUTE_STEPS); /* drawn one by one: compilers differ in the order of arguments */
    random_series(l, &p->capacity, span, points, 2 + luck_below(l, 8));
    random_series(l, &p->price, span, 1 + luck_below(l, 4), 5);
    for (uint32_t i = 0; i < p->price.n; i++) p->price.value[i] = (p->price.value[i] + 1) * 100003;
    if (luck_one_in(l, 12)) {
        p->price.n = 1;
        p->price.value[0] = BRUTE_NONE;
    }
    if (luck_one_in(l, 12)) {
        p->capacity.n = 1;
        p->capacity.value[0] = BRUTE_NONE;
    }
    p->on_demand_price = 1000000 + 10 * luck_below(l, 3);
    p->on_demand_capacity = luck_one_in(l, 3) ? luck_below(l, 6) : BRUTE_NONE;
    p->notice = delay(l, 120);
    p->notice_delay = luck_one_in(l, 4) ? luck_below(l, 20) : 0;
    p->accept = luck_one_in(l, 2);
    p->oldest = luck_one_in(l, 3);
    p->launch_delay = delay(l, 30);
    p->denial_delay = delay(l, 60);
    p->cold_start = delay(l, 180);
    p->region = luck_below(l, 2);
    /* told at the grant, it would be replaced at once, and so on without end */
    p->lifetime_cap = luck_one_in(l, 5) ? p->notice + 1 + luck_below(l, 400) : 0;
    p->weight = luck_one_in(l, 5) ? 1 + luck_below(l, 3) : 1;
    p->billing = (enum brute_billing)luck_below(l, BRUTE_BILLINGS);
}

static void random_group(struct luck *l, struct brute_group *g, uint32_t horizon, uint32_t targets) {
    random_series(l, &g->target, horizon, luck_one_in(l, 2) ? 1 : 1 + luck_below(l, 5), targets);
    g->mix = (enum brute_mix)luck_below(l, BRUTE_MIXES);
    g->base = luck_below(l, 4);
    g->overprovision = luck_below(l, 3);
    g->dynamic = !luck_one_in(l, 3);
    g->react = luck_one_in(l, 2);
    g->placer = (enum brute_placer)luck_below(l, BRUTE_PLACERS);
}

/* Few parts, so that many targets are cut in the middle between two numbers. */
static uint32_t random_split(struct luck *l) {
    if (luck_one_in(l, 4)) return luck_below(l, 1000001);
    uint32_t parts = 1 + luck_below(l, 8);
    return 1000000 * luck_below(l, parts + 1) / parts;
}

/* Two groups share what is wanted, or each has a target of its own. */
static void random_targets(struct luck *l, struct brute_scenario *s) {
    bool own = luck_one_in(l, 3);
    if (!own) s->split = random_split(l);
    for (uint32_t g = 0; own && g < s->n_groups; g++) {
        s->group[g].own = true;
        s->group[g].target.n = 1;
        s->group[g].target.value[0] %= 6;
    }
}

static void random_scenario(struct luck *l, struct brute_scenario *s) {
    memset(s, 0, sizeof *s);
    s->n_pools = 1 + luck_below(l, BRUTE_POOLS);
    s->window_start = luck_one_in(l, 3) ? luck_below(l, 300) : 0;
    s->horizon = 1 + luck_below(l, luck_one_in(l, 8) ? 6000 : 900);
    s->warmup = luck_one_in(l, 3) ? luck_below(l, s->horizon) : 0;
    uint32_t span = s->window_start + s->horizon + luck_below(l, 60);
    for (uint32_t p = 0; p < s->n_pools; p++) random_pool(l, &s->pool[p], span);
    s->n_groups = s->n_pools > 1 && luck_one_in(l, 4) ? 2 : 1;
    for (uint32_t p = 0; p < s->n_pools; p++) s->pool[p].group = p < s->n_groups ? p : luck_below(l, s->n_groups);
    for (uint32_t g = 0; g < s->n_groups; g++) random_group(l, &s->group[g], s->horizon, s->n_groups > 1 ? 11 : 6);
    if (s->n_groups > 1) random_targets(l, s);
    for (int m = 0; m < 2; m++)
        for (uint32_t r = 0; r < BRUTE_POOLS; r++) s->quota[m][r] = luck_one_in(l, 6) ? luck_below(l, 8) : BRUTE_NONE;
    s->nodes = luck_one_in(l, 4) ? 1 + luck_below(l, 4) : 1;
    s->max_instances = luck_one_in(l, 8) ? 1 + luck_below(l, 12) : BRUTE_NONE;
    s->interval = luck_one_in(l, 2) ? 0 : 1 + luck_below(l, 40);
    s->idle_interval = luck_one_in(l, 2) ? 0 : 1 + luck_below(l, 10);
    s->drain = delay(l, 120);
    s->retry = 1 + luck_below(l, 90);
    s->linger = luck_one_in(l, 3) ? 1 + luck_below(l, 60) : 0;
    bool loops = luck_one_in(l, 3);
    uint32_t *periods[] = {&s->pickup, &s->reap, &s->probe, &s->job_status, &s->lb_sync};
    for (int i = 0; i < 5; i++) *periods[i] = loops && luck_one_in(l, 2) ? 1 + luck_below(l, 30) : 0;
    s->launch_slots = loops && luck_one_in(l, 2) ? 1 + luck_below(l, 5) : BRUTE_NONE;
    s->observe_capacity = s->interval == 0 ? !luck_one_in(l, 3) : luck_one_in(l, 2);
    s->means_launch = luck_one_in(l, 6);
}

/* ---- the same for the engine --------------------------------------------------- */

static void policy_text(const struct brute_group *s, char text[600]) {
    static const char *const placers[] = {"cheapest", "round-robin", "even-spread"};
    const char *loss = s->react ? "notice=react" : "notice=ignore";
    char mix[120], series[300];
    size_t at = 0;
    for (uint32_t i = 0; i < s->target.n; i++)
        at += (size_t)snprintf(series + at, sizeof series - at, "%s%us:%u", i ? " " : "", s->target.at[i],
                               s->target.value[i]);
    switch (s->mix) {
    case BRUTE_SPOT:
        snprintf(mix, sizeof mix, "spot(overprovision=%u,%s)", s->overprovision, loss);
        break;
    case BRUTE_STATIC_BASE:
        snprintf(mix, sizeof mix, "static-base(base=%u,%s)", s->base, loss);
        break;
    case BRUTE_SKYSERVE:
        snprintf(mix, sizeof mix, "skyserve(base=%u,dynamic=%s,overprovision=%u,%s)", s->base,
                 s->dynamic ? "true" : "false", s->overprovision, loss);
        break;
    default:
        snprintf(mix, sizeof mix, "on-demand()");
        break;
    }
    char autoscaler[330];
    if (s->own)
        snprintf(autoscaler, sizeof autoscaler, "constant(target=%u)", s->target.value[0]);
    else
        snprintf(autoscaler, sizeof autoscaler, "series(file=\"%s\")", series);
    snprintf(text, 600, "%s+%s%s%s", autoscaler, mix, s->mix == BRUTE_ON_DEMAND ? "" : "+",
             s->mix == BRUTE_ON_DEMAND ? "" : placers[s->placer]);
}

static struct trace *make_trace(const struct brute_scenario *s) {
    static const char *const names[] = {"a", "b", "c", "d"};
    char text[BRUTE_POOLS][400];
    const char *capacity[BRUTE_POOLS];
    for (uint32_t p = 0; p < s->n_pools; p++) {
        const struct brute_series *c = &s->pool[p].capacity;
        size_t at = 0;
        for (uint32_t i = 0; i < c->n; i++) {
            if (c->value[i] == BRUTE_NONE)
                at += (size_t)snprintf(text[p] + at, sizeof text[p] - at, "%s%u:*", i ? " " : "", c->at[i]);
            else
                at +=
                    (size_t)snprintf(text[p] + at, sizeof text[p] - at, "%s%u:%u", i ? " " : "", c->at[i], c->value[i]);
        }
        capacity[p] = text[p];
    }
    struct trace *t = harness_trace(s->n_pools, names, capacity, s->window_start + s->horizon + 60);
    for (uint32_t p = 0; p < s->n_pools; p++) {
        const struct brute_series *price = &s->pool[p].price;
        free(t->pools[p].region);
        t->pools[p].region = strdup(s->pool[p].region ? "r1" : "r0");
        if (price->value[0] == BRUTE_NONE) continue;
        t->pools[p].price.n = price->n;
        t->pools[p].price.at_ms = calloc(price->n, sizeof *t->pools[p].price.at_ms);
        t->pools[p].price.uusd_per_h = calloc(price->n, sizeof *t->pools[p].price.uusd_per_h);
        for (uint32_t i = 0; i < price->n; i++) {
            t->pools[p].price.at_ms[i] = price->at[i] * MS_PER_S;
            t->pools[p].price.uusd_per_h[i] = price->value[i];
        }
    }
    return t;
}

static void set_pool(const struct brute_pool *from, struct pool_params *to) {
    static const int billing[] = {BILLING_PLAIN, BILLING_AWS, BILLING_GCP};
    to->price_on_demand = from->on_demand_price;
    to->on_demand_capacity = from->on_demand_capacity;
    to->notice_ms = from->notice * MS_PER_S;
    to->notice_delay_ms = from->notice_delay * MS_PER_S;
    to->notice_window = from->accept ? WINDOW_ACCEPT : WINDOW_REFUSE;
    to->launch_delay_ms = from->launch_delay * MS_PER_S;
    to->denial_delay_ms = from->denial_delay * MS_PER_S;
    to->cold_start = (struct dist){.kind = DIST_CONSTANT, .p[0] = (double)from->cold_start * 1000};
    to->billing = billing[from->billing];
    to->reclaim = from->oldest ? RECLAIM_OLDEST : RECLAIM_NEWEST;
    to->lifetime_cap_ms = from->lifetime_cap * MS_PER_S;
    to->weight = from->weight;
}

/* The same scenario for the engine; ended by end_engine. */
struct engine {
    struct harness h;
    struct policy_spec specs[BRUTE_GROUPS];
    struct group_config groups[BRUTE_GROUPS];
    uint32_t pools[BRUTE_GROUPS][BRUTE_POOLS];
    struct quota quotas[4];
};

static void set_groups(const struct brute_scenario *s, struct engine *e) {
    static const char *const names[] = {"first", "second"};
    struct error error = {0};
    for (uint32_t g = 0; g < s->n_groups; g++) {
        char policy[600];
        policy_text(&s->group[g], policy);
        assert_ok(policy_spec_parse(e->h.registry, policy, &e->specs[g], &error), &error);
        assert_ok(policy_spec_check(e->h.registry, &e->specs[g], policy, &error), &error);
        bool own = s->group[g].own;
        uint32_t lo = g > 0 && !own ? s->split : 0, hi = g + 1 < s->n_groups && !own ? s->split : 1000000;
        e->groups[g] =
            (struct group_config){.name = names[g], .spec = &e->specs[g], .share = {lo, hi}, .pools = e->pools[g]};
    }
    for (uint32_t p = 0; p < s->n_pools; p++) {
        uint32_t g = s->pool[p].group;
        e->pools[g][e->groups[g].n_pools++] = p;
    }
    e->h.config.groups = e->groups;
    e->h.config.n_groups = s->n_groups;
}

static void set_quotas(const struct brute_scenario *s, struct engine *e) {
    static char region[2][3] = {"r0", "r1"};
    uint32_t n = 0;
    for (int m = 0; m < 2; m++)
        for (uint32_t r = 0; r < 2; r++)
            if (s->quota[m][r] != BRUTE_NONE)
                e->quotas[n++] = (struct quota){.region = region[r], .market = m, .max = s->quota[m][r]};
    e->h.config.quotas = e->quotas;
    e->h.config.n_quotas = n;
}

static void run_engine(const struct brute_scenario *s, struct engine *e) {
    memset(e, 0, sizeof *e);
    harness_start(&e->h, make_trace(s), true, "ideal", "spot", 0);
    for (uint32_t p = 0; p < s->n_pools; p++) set_pool(&s->pool[p], &e->h.pools[p]);
    set_groups(s, e);
    set_quotas(s, e);
    struct sim_config *c = &e->h.config;
    c->nodes = s->nodes;
    c->max_instances = s->max_instances;
    c->control.interval_ms = s->interval * MS_PER_S;
    c->control.idle_interval_ms = s->idle_interval * MS_PER_S;
    c->control.drain_ms = s->drain * MS_PER_S;
    c->control.retry_ms = s->retry * MS_PER_S;
    c->control.linger_ms = s->linger * MS_PER_S;
    c->control.pickup_ms = s->pickup * MS_PER_S;
    c->control.reap_ms = s->reap * MS_PER_S;
    c->control.probe_ms = s->probe * MS_PER_S;
    c->control.job_status_ms = s->job_status * MS_PER_S;
    c->control.lb_sync_ms = s->lb_sync * MS_PER_S;
    c->control.launch_slots = s->launch_slots;
    c->control.observe_capacity = s->observe_capacity;
    c->means_launch = s->means_launch;
    c->window_start_ms = s->window_start * MS_PER_S;
    c->warmup_ms = s->warmup * MS_PER_S;
    c->horizon_ms = s->horizon * MS_PER_S;
    harness_run(&e->h);
}

static void end_engine(struct engine *e) {
    for (int g = 0; g < BRUTE_GROUPS; g++) policy_spec_free(&e->specs[g]);
    harness_end(&e->h);
}

/* ---- comparing ------------------------------------------------------------------- */

struct verdict {
    bool same;
    char text[200];
};

static void expect(struct verdict *v, const char *what, int64_t pool, double brute, double engine) {
    if (!v->same || brute == engine || (isnan(brute) && isnan(engine))) return;
    v->same = false;
    snprintf(v->text, sizeof v->text, "%s (pool %" PRId64 "): plain simulator %.17g, engine %.17g", what, pool, brute,
             engine);
}

static double ratio(uint64_t part, uint64_t whole) { return whole ? (double)part / (double)whole : NAN; }

static void expect_pool(struct verdict *v, uint32_t p, const struct brute_result *b, const struct pool_result *e) {
    for (int m = 0; m < 2; m++) {
        expect(v, m ? "on-demand launched" : "spot launched", p, (double)b->launched[m][p], (double)e->launched[m]);
        expect(v, m ? "on-demand denied" : "spot denied", p, (double)b->denied[m][p], (double)e->denied[m]);
        expect(v, m ? "on-demand hours" : "spot hours", p, (double)b->used[m][p] / 3600, e->hours[m]);
        expect(v, m ? "on-demand ready" : "spot ready", p, (double)b->ready[m][p] / 3600, e->ready_hours[m]);
        double usd = b->price_missing[m][p] ? NAN : (double)b->spent[m][p] / 3.6e9;
        if (!(fabs(usd - e->cost_usd[m]) <= 1e-12 * usd))
            expect(v, m ? "on-demand cost" : "spot cost", p, usd, e->cost_usd[m]);
    }
    expect(v, "preempted", p, (double)b->preempted[p], (double)e->preempted);
    expect(v, "noticed", p, (double)b->noticed[p], (double)e->noticed);
    expect(v, "terminated", p, (double)b->terminated[p], (double)e->terminated);
}

static void expect_outages(struct verdict *v, const char *what, int which, const struct brute_result *b,
                           const struct outage_stats *e) {
    expect(v, what, -1, (double)b->outages[which], (double)e->count);
    expect(v, what, -2, (double)b->outage_longest[which] * 1000, (double)e->longest_ms);
    expect(v, what, -3, (double)b->outage_total[which] * 1000, (double)e->total_ms);
}

/* What happened in all scenarios together: a test in which nothing happens
 * proves nothing. */
struct tally {
    uint64_t launched, denied, preempted, noticed, recovered;
};

static struct verdict compare(const struct brute_scenario *s, struct tally *tally) {
    struct verdict v = {.same = true};
    struct brute_result b;
    struct engine engine;
    brute_run(s, &b);
    run_engine(s, &engine);
    const struct sim_result *r = &engine.h.result;
    uint64_t counted = s->horizon - s->warmup;
    for (uint32_t p = 0; p < s->n_pools; p++) expect_pool(&v, p, &b, &r->pools[p]);
    for (uint32_t g = 0; g < r->n_groups; g++) {
        expect(&v, "full of group", g, ratio(b.group_full[g], counted), r->groups[g].full);
        expect(&v, "any of group", g, ratio(b.group_any[g], counted), r->groups[g].any);
    }
    expect(&v, "full", -1, ratio(b.full, counted), r->full);
    expect(&v, "any", -1, ratio(b.any, counted), r->any);
    expect(&v, "base", -1, ratio(b.base, b.base_asked), r->base);
    expect(&v, "served", -1, ratio(b.served, b.demand), r->served);
    expect_outages(&v, "outages of full", 0, &b, &r->outage_full);
    expect_outages(&v, "outages of any", 1, &b, &r->outage_any);
    expect(&v, "cold hours", -1, (double)b.cold / 3600, r->waste_hours_cold);
    expect(&v, "drain hours", -1, (double)b.draining / 3600, r->waste_hours_drain);
    expect(&v, "overprovision hours", -1, (double)b.over / 3600, r->waste_hours_overprovision);
    expect(&v, "losses", -1, (double)b.losses, (double)r->recovery[0].count);
    expect(&v, "recovered", -1, (double)b.recovered, (double)r->recovery[0].recovered);
    expect(&v, "longest recovery", -1, (double)b.recovery_longest * 1000, (double)r->recovery[0].longest_ms);
    if (tally) {
        tally->launched += r->launched[SP_SPOT] + r->launched[SP_ON_DEMAND];
        tally->denied += r->denied;
        tally->preempted += r->preempted;
        tally->noticed += r->noticed;
        tally->recovered += r->recovery[0].recovered;
    }
    end_engine(&engine);
    return v;
}

/* ---- shrinking and printing ---------------------------------------------------------- */

static void drop_point(struct brute_series *s, uint32_t i) {
    if (i == 0 || i >= s->n) return;
    for (uint32_t k = i + 1; k < s->n; k++) {
        s->at[k - 1] = s->at[k];
        s->value[k - 1] = s->value[k];
    }
    s->n--;
    if (i < s->n && s->value[i] == s->value[i - 1]) drop_point(s, i); /* neighbours differ */
}

static void simpler_pool(struct brute_pool *p, uint32_t how) {
    switch (how) {
    case 0:
        p->price.n = 1;
        break;
    case 1:
        p->on_demand_capacity = BRUTE_NONE;
        break;
    case 2:
        p->notice = 0;
        break;
    case 3:
        p->notice_delay = 0;
        break;
    case 4:
        p->launch_delay = 0;
        break;
    case 5:
        p->denial_delay = 0;
        break;
    case 6:
        p->cold_start = 0;
        break;
    case 7:
        p->accept = false;
        break;
    case 8:
        p->oldest = false;
        break;
    case 9:
        p->billing = BRUTE_PLAIN;
        break;
    case 10:
        p->lifetime_cap = 0;
        break;
    case 11:
        p->weight = 1;
        break;
    default:
        drop_point(&p->capacity, how - 11);
        break;
    }
}
#define POOL_WAYS (12 + BRUTE_STEPS)

static void simpler_group(struct brute_group *g, uint32_t how) {
    switch (how) {
    case 0:
        g->base = g->base ? g->base - 1 : 0;
        break;
    case 1:
        g->overprovision = 0;
        break;
    case 2:
        g->dynamic = false;
        break;
    case 3:
        g->react = false;
        break;
    case 4:
        g->mix = BRUTE_SPOT;
        break;
    case 5:
        g->placer = BRUTE_CHEAPEST;
        break;
    default:
        drop_point(&g->target, how - 5);
        break;
    }
}
#define GROUP_WAYS (6 + BRUTE_STEPS)

static void one_group(struct brute_scenario *s) {
    s->n_groups = 1;
    s->split = 0;
    for (uint32_t p = 0; p < s->n_pools; p++) s->pool[p].group = 0;
}

static void drop_pool(struct brute_scenario *s, uint32_t p) {
    if (s->n_pools <= s->n_groups) return;
    memmove(&s->pool[p], &s->pool[p + 1], (s->n_pools - p - 1) * sizeof s->pool[0]);
    s->n_pools--;
}

static void simpler_fleet(struct brute_scenario *s, uint32_t how) {
    switch (how) {
    case 0:
        s->warmup = 0;
        break;
    case 1:
        s->nodes = 1;
        break;
    case 2:
        s->max_instances = BRUTE_NONE;
        break;
    case 3:
        memset(s->quota, 0xff, sizeof s->quota);
        break;
    case 4:
        s->idle_interval = 0;
        break;
    case 5:
        s->drain = 0;
        break;
    case 6:
        s->interval = s->interval > 1 ? s->interval / 2 : s->interval;
        break;
    case 7:
        s->linger = 0;
        break;
    case 8:
        one_group(s);
        break;
    case 9:
        s->horizon = s->horizon > 1 && s->horizon / 2 > s->warmup ? s->horizon / 2 : s->horizon;
        break;
    case 10:
        s->horizon = s->horizon > 1 && s->horizon - 1 > s->warmup ? s->horizon - 1 : s->horizon;
        break;
    case 11:
        s->pickup = 0;
        break;
    case 12:
        s->reap = 0;
        break;
    case 13:
        s->probe = 0;
        break;
    case 14:
        s->job_status = 0;
        break;
    case 15:
        s->lb_sync = 0;
        break;
    case 16:
        s->launch_slots = BRUTE_NONE;
        break;
    default:
        if (how - 17 < s->n_pools) drop_pool(s, how - 17);
        break;
    }
}
#define FLEET_WAYS (17 + BRUTE_POOLS)

static void simpler(struct brute_scenario *s, uint32_t how) {
    uint32_t groups = s->n_groups * GROUP_WAYS;
    if (how < FLEET_WAYS)
        simpler_fleet(s, how);
    else if (how < FLEET_WAYS + groups)
        simpler_group(&s->group[(how - FLEET_WAYS) / GROUP_WAYS], (how - FLEET_WAYS) % GROUP_WAYS);
    else
        simpler_pool(&s->pool[(how - FLEET_WAYS - groups) / POOL_WAYS], (how - FLEET_WAYS - groups) % POOL_WAYS);
}

static void shrink(struct brute_scenario *s, struct verdict *v) {
    for (bool smaller = true; smaller;) {
        smaller = false;
        for (uint32_t how = 0; how < FLEET_WAYS + s->n_groups * GROUP_WAYS + s->n_pools * POOL_WAYS; how++) {
            struct brute_scenario t = *s;
            simpler(&t, how);
            if (memcmp(&t, s, sizeof t) == 0) continue;
            struct verdict w = compare(&t, NULL);
            if (w.same) continue;
            *s = t;
            *v = w;
            smaller = true;
        }
    }
}

static void print_series(const char *what, const struct brute_series *s) {
    print_error(" %s", what);
    for (uint32_t i = 0; i < s->n; i++) print_error(" %u:%d", s->at[i], (int)s->value[i]);
}

static void print_scenario(const struct brute_scenario *s) {
    for (uint32_t g = 0; g < s->n_groups; g++) {
        char policy[600];
        policy_text(&s->group[g], policy);
        print_error("group %u: %s\n", g, policy);
        if (s->n_groups > 1 && !s->group[g].own)
            print_error("  of the target: %s %u millionths\n", g ? "from" : "up to", s->split);
    }
    print_error(
        "horizon %u warmup %u window %u; interval %u idle %u drain %u retry %u linger %u observe %d launch-only %d "
        "nodes %u max %d\n",
        s->horizon, s->warmup, s->window_start, s->interval, s->idle_interval, s->drain, s->retry, s->linger,
        s->observe_capacity, s->means_launch, s->nodes, (int)s->max_instances);
    print_error("loops: pickup %u slots %d reap %u probe %u job status %u load balancer %u\n", s->pickup,
                (int)s->launch_slots, s->reap, s->probe, s->job_status, s->lb_sync);
    print_error("quotas: spot %d %d on-demand %d %d\n", (int)s->quota[0][0], (int)s->quota[0][1], (int)s->quota[1][0],
                (int)s->quota[1][1]);
    for (uint32_t i = 0; i < s->n_pools; i++) {
        const struct brute_pool *p = &s->pool[i];
        print_error("pool %u of group %u, weight %u:", i, p->group, p->weight);
        print_series("capacity", &p->capacity);
        print_series("price", &p->price);
        print_error("; on demand %u x %d, notice %u +%u accept %d oldest %d lifetime %u, launch %u denial %u cold %u "
                    "region %u billing %d\n",
                    p->on_demand_price, (int)p->on_demand_capacity, p->notice, p->notice_delay, p->accept, p->oldest,
                    p->lifetime_cap, p->launch_delay, p->denial_delay, p->cold_start, p->region, (int)p->billing);
    }
}

/* Writes the scenario for `spotsim run` and runs it here, too; *engine is ended
 * by the caller.  Returns the file's path, to be freed. */
static char *write_scenario(const struct brute_scenario *s, const char *dir, struct engine *engine) {
    run_engine(s, engine);
    return config_write(&engine->h.config, dir, "scenario");
}

/* The files stay: they are what the failure is looked into with. */
static void keep_scenario(const struct brute_scenario *s) {
    struct engine engine;
    char *dir = test_temp_dir(), *path = write_scenario(s, dir, &engine);
    print_error("engine's side: spotsim run %s\n", path);
    end_engine(&engine);
    free(path);
    free(dir);
}

static void engine_equals_plain(void **state) {
    (void)state;
    struct tally tally = {0};
    uint64_t n = test_times(5000, 200000), first = 0;
    const char *seed = getenv("SPOTSIM_SEED");
    if (seed) {
        first = strtoull(seed, NULL, 10);
        n = 1;
    }
    for (uint64_t i = first; i < first + n; i++) {
        struct luck luck = {.key = random_key(0xb207e, i)};
        struct brute_scenario s;
        random_scenario(&luck, &s);
        struct verdict v = compare(&s, &tally);
        if (v.same) continue;
        char before[sizeof v.text];
        memcpy(before, v.text, sizeof before);
        shrink(&s, &v);
        print_scenario(&s);
        keep_scenario(&s);
        fail_msg("seed %" PRIu64 " (rerun with SPOTSIM_SEED=%" PRIu64 "): %s; shrunk as above: %s", i, i, before,
                 v.text);
    }
    test_count("scenarios, engine against plain simulator", n);
    test_count("  replicas launched in them", tally.launched);
    test_count("  launches denied", tally.denied);
    test_count("  replicas preempted", tally.preempted);
    test_count("  notices", tally.noticed);
    test_count("  losses recovered from", tally.recovered);
}

/* ---- the scenarios as files -------------------------------------------------------- */

static cJSON *run_program(const char *program, const char *path) {
    char command[1000], text[20000];
    int length = snprintf(command, sizeof command, "'%s' run '%s' --json 2>'%s.log'", program, path, path);
    assert_in_range(length, 1, sizeof command - 1);
    FILE *out = popen(command, "r");
    assert_non_null(out);
    size_t size = fread(text, 1, sizeof text - 1, out);
    text[size] = 0;
    int status = pclose(out);
    cJSON *result = cJSON_Parse(text);
    if (status != 0 || !result) fail_msg("%s: wait status %d, see the log; output: %s", command, status, text);
    return result;
}

static void expect_json(struct verdict *v, const cJSON *result, const char *section, const char *key, double engine) {
    const cJSON *in = section ? cJSON_GetObjectItemCaseSensitive(result, section) : result;
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(in, key);
    double file = cJSON_IsNumber(node) ? node->valuedouble : NAN; /* null: not known */
    if (!v->same || file == engine || (isnan(file) && isnan(engine))) return;
    v->same = false;
    snprintf(v->text, sizeof v->text, "%s: %.17g from the file, %.17g here", key, file, engine);
}

static struct verdict file_against_engine(const cJSON *result, const struct sim_result *r) {
    struct verdict v = {.same = true};
    expect_json(&v, result, "availability", "full", r->full);
    expect_json(&v, result, "availability", "any", r->any);
    expect_json(&v, result, "availability", "served", r->served);
    expect_json(&v, result, "instances", "spot_launched", (double)r->launched[SP_SPOT]);
    expect_json(&v, result, "instances", "on_demand_launched", (double)r->launched[SP_ON_DEMAND]);
    expect_json(&v, result, "instances", "denied", (double)r->denied);
    expect_json(&v, result, "instances", "noticed", (double)r->noticed);
    expect_json(&v, result, "instances", "preempted", (double)r->preempted);
    expect_json(&v, result, "instances", "terminated", (double)r->terminated);
    expect_json(&v, result, "instance_hours", "spot", r->hours[SP_SPOT]);
    expect_json(&v, result, "instance_hours", "on_demand", r->hours[SP_ON_DEMAND]);
    expect_json(&v, result, "cost", "total_usd", r->cost_total_usd);
    return v;
}

/* What a failure leaves behind is the scenario that failed. */
static void files_equal_engine(void **state) {
    (void)state;
    const char *set = getenv("SPOTSIM"), *program = set && *set ? set : "build/spotsim";
    if (access(program, X_OK) != 0) {
        printf("# skipped: no program at %s (set SPOTSIM)\n", program);
        skip();
    }
    uint64_t n = test_times(60, 1000);
    for (uint64_t i = 0; i < n; i++) {
        struct luck luck = {.key = random_key(0xf11e, i)};
        struct brute_scenario s;
        struct engine engine;
        random_scenario(&luck, &s);
        char *dir = test_temp_dir(), *path = write_scenario(&s, dir, &engine);
        cJSON *result = run_program(program, path);
        struct verdict v = file_against_engine(result, &engine.h.result);
        if (!v.same) fail_msg("scenario %" PRIu64 ", %s: %s", i, path, v.text);
        cJSON_Delete(result);
        end_engine(&engine);
        free(path);
        test_remove_tree(dir);
    }
    test_count("scenarios written as files, program against engine", n);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(engine_equals_plain), cmocka_unit_test(files_equal_engine)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
