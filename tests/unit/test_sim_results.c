/* SPDX-License-Identifier: Apache-2.0
 * What a run reports: bills, warm-up, windows, targets, groups, curves, and
 * configurations that contradict themselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/harness.h"

static const char *const zone[] = {"z"}, *const two[] = {"a", "b"};
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 1e-12)

static void one_pool(struct harness *h, const char *capacity, int64_t span_s, const char *policy, uint32_t target) {
    const char *const list[] = {capacity};
    harness_start(h, harness_trace(1, zone, list, span_s), true, "ideal", policy, target);
}

static void set_prices(struct harness *h, uint32_t pool, uint32_t n, const int64_t *at_s, const int64_t *uusd) {
    struct trace_price *p = &h->trace->pools[pool].price;
    p->n = n;
    p->at_ms = calloc(n, sizeof *p->at_ms);
    p->uusd_per_h = calloc(n, sizeof *p->uusd_per_h);
    assert_true(p->at_ms && p->uusd_per_h);
    for (uint32_t i = 0; i < n; i++) {
        p->at_ms[i] = at_s[i] * 1000;
        p->uusd_per_h[i] = uusd[i];
    }
}

/* ---- money ------------------------------------------------------------------------- */

static void aws_refunds_the_first_hour(void **state) {
    (void)state;
    const char *const ends[] = {"0:1 3599:0", "0:1 3600:0"};
    const double cost[] = {0, 3.6};
    for (int i = 0; i < 2; i++) {
        struct harness h;
        one_pool(&h, ends[i], 5000, "spot", 1);
        harness_set(&h, "cloud.defaults.billing", "aws");
        harness_set(&h, "cloud.defaults.price_spot", "3.6");
        harness_run(&h);
        assert_true(h.result.cost_total_usd == cost[i]);
        assert_true(h.result.hours[SP_SPOT] == (3599.0 + i) / 3600); /* used all the same */
        harness_end(&h);
    }
}

static void minimum_charges(void **state) {
    (void)state;
    static const char *const rules[] = {"aws", "gcp", "azure", "runpod", "plain"};
    const double let_go[] = {0.06, 0.06, 0.011, 0.011, 0.0105}, taken[] = {0, 0.06, 0.011, 0.011, 0.0105};
    for (int i = 0; i < 5; i++) {
        struct harness h;
        one_pool(&h, "0:1", 100, "series(file=\"0s:1 10.5s:0\")+spot", 0);
        harness_set(&h, "cloud.defaults.billing", rules[i]);
        harness_set(&h, "cloud.defaults.price_spot", "3.6");
        harness_run(&h);
        NEAR(h.result.cost_total_usd, let_go[i]);
        harness_end(&h);
        one_pool(&h, "0:1", 100, "spot", 1);
        harness_set(&h, "cloud.defaults.lifetime_cap", "10.5s");
        h.config.horizon_ms = 15000;
        harness_set(&h, "cloud.defaults.spot_denial", "0");
        harness_set(&h, "cloud.defaults.billing", rules[i]);
        harness_set(&h, "cloud.defaults.price_spot", "3.6");
        harness_run(&h);
        NEAR(h.result.cost_total_usd, taken[i] + 0.0045); /* and 4.5 s of the next one, still running */
        harness_end(&h);
    }
}

static void prices_change_under_a_lease(void **state) {
    (void)state;
    struct harness h;
    const int64_t at[] = {0, 100, 250}, price[] = {3600000, 7200000, 0};
    one_pool(&h, "0:1", 300, "spot", 1);
    set_prices(&h, 0, 3, at, price);
    harness_run(&h);
    NEAR(h.result.cost_total_usd, 0.1 + 0.3);
    harness_set(&h, "cloud.defaults.price_spot", "3.6"); /* stands in place of the trace's */
    harness_run(&h);
    NEAR(h.result.cost_total_usd, 0.3);
    harness_end(&h);
}

static void unknown_prices_give_no_number(void **state) {
    (void)state;
    struct harness h;
    const char *const capacity[] = {"0:1", "0:1"};
    harness_start(&h, harness_trace(2, two, capacity, 300), true, "ideal", "static-base(base=1)+cheapest", 2);
    harness_set(&h, "cloud.pools.a.price_spot", "1");
    harness_run(&h); /* spot in a; on demand in a, of unknown price */
    assert_true(isnan(h.result.cost_total_usd) && isnan(h.result.cost_usd[SP_ON_DEMAND]));
    assert_true(isnan(h.result.relative_to_on_demand));
    NEAR(h.result.cost_usd[SP_SPOT], 1.0 / 12);
    assert_int_equal(h.result.unknown_price_pools, 1);
    assert_true(h.result.pools[1].cost_usd[SP_SPOT] == 0); /* not used: costs nothing at any price */
    harness_set(&h, "cloud.pools.b.price_on_demand", "3");
    harness_run(&h); /* a known price is preferred */
    NEAR(h.result.cost_total_usd, 1.0 / 12 + 3.0 / 12);
    NEAR(h.result.relative_to_on_demand, (1.0 + 3.0) / 6.0);
    assert_int_equal(h.result.unknown_price_pools, 0);
    harness_end(&h);
}

static void the_cheapest_placer_follows_prices(void **state) {
    (void)state;
    struct harness h;
    const char *const capacity[] = {"0:9", "0:9 200:0"};
    const int64_t at[] = {0, 100}, a[] = {2000000, 500000}, b[] = {1000000, 1500000};
    harness_start(&h, harness_trace(2, two, capacity, 300), true, "ideal", "series(file=\"0s:1 150s:2\")+spot", 0);
    set_prices(&h, 0, 2, at, a);
    set_prices(&h, 1, 2, at, b);
    harness_explains(&h, "0.000s launch spot replica 1 in b\n150.000s launch spot replica 2 in a\n"
                         "200.000s launch spot replica 3 in a");
    harness_end(&h);
}

/* ---- what is counted ---------------------------------------------------------------------- */

static void warmup_is_not_counted(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:2 40:1 100:2 150:1", 300, "spot", 2);
    harness_set(&h, "cloud.defaults.cold_start", "20s");
    harness_set(&h, "cloud.defaults.price_spot", "3.6");
    h.config.warmup_ms = 110000;
    harness_run(&h);
    const struct sim_result *r = &h.result;
    assert_int_equal(r->launched[SP_SPOT], 0); /* at 0 and at 100 */
    assert_int_equal(r->preempted, 1);         /* at 150; not the one at 40 */
    assert_true(r->full == 30.0 / 190);        /* 120 to 150 */
    assert_true(r->any == 1);
    assert_true(r->hours[SP_SPOT] == (190.0 + 40) / 3600);
    assert_true(r->waste_hours_cold == 10.0 / 3600);
    NEAR(r->cost_total_usd, 0.230);
    assert_int_equal(r->outage_full.count, 2);
    assert_true(r->pools[0].ready_hours[SP_SPOT] == (190.0 + 30) / 3600);
    harness_end(&h);
}

static void a_window_of_the_trace(void **state) {
    (void)state;
    struct harness h;
    const int64_t at[] = {0, 50, 120}, price[] = {9000000, 3600000, 7200000};
    one_pool(&h, "0:0 60:2 100:1 130:0 170:2", 300, "spot", 2);
    set_prices(&h, 0, 3, at, price);
    h.config.window_start_ms = 70000;
    h.config.horizon_ms = 80000;
    harness_ready(&h, "0:2+0 30:1+0 60:0+0");
    NEAR(h.result.cost_total_usd, 0.001 * (30 * 2 + 20 + 10 * 2));
    h.config.window_start_ms = 130000;
    harness_ready(&h, "0:0+0 40:2+0");
    harness_end(&h);
}

static void targets_follow_their_series(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 400, "series(file=\"0s:2 100s:0 200s:3\")+static-base(base=1)", 0);
    harness_set(&h, "control.interval", "30s");
    harness_set(&h, "cloud.defaults.price_spot", "1");
    harness_set(&h, "cloud.defaults.price_on_demand", "2");
    /* ticks see it late, the metrics do not: the target is what is wanted, not what is known */
    harness_ready(&h, "0:1+1 120:0+0 210:2+1");
    assert_true(h.result.full == 390.0 / 400);
    assert_true(h.result.capacity == 390.0 / 400);
    assert_true(h.result.served == (2.0 * 100 + 3 * 190) / (200 + 600));
    assert_true(h.result.any == 310.0 / 400);
    assert_true(h.result.target_hours == 800.0 / 3600);
    assert_true(h.result.waste_hours_overprovision == 40.0 / 3600);
    NEAR(h.result.relative_to_on_demand, (120 * 3.0 + 190 * 4.0) / (800 * 2.0));
    harness_end(&h);
}

static void base_availability(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 400, "static-base(base=2)", 3);
    harness_set(&h, "cloud.defaults.cold_start", "100s");
    harness_run(&h);
    assert_true(h.result.base == 0.75);
    assert_false(h.result.base_clamped);
    harness_end(&h);
    one_pool(&h, "0:*", 400, "spot", 3);
    harness_run(&h);
    assert_true(isnan(h.result.base));
    harness_end(&h);
    one_pool(&h, "0:*", 400, "skyserve(base=5)", 3);
    harness_run(&h);
    assert_true(h.result.base_clamped);
    assert_int_equal(h.result.launched[SP_ON_DEMAND], 3);
    harness_end(&h);
}

static void losses_of_several_at_once(void **state) {
    (void)state;
    struct harness h;
    const char *const capacity[] = {"0:3 100:0", "0:0 130:3"};
    harness_start(&h, harness_trace(2, two, capacity, 300), true, "ideal", "spot", 3);
    harness_run(&h);
    assert_int_equal(h.result.recovery[3].count, 1);
    assert_true(h.result.recovery[3].mean_s == 30);
    assert_int_equal(h.result.recovery[0].longest_ms, 30000);
    assert_int_equal(h.result.outage_any.count, 1);
    assert_true(h.result.outage_any.mttr_s == 30);
    assert_true(h.result.outage_any.mtbf_s == 270);
    harness_end(&h);
}

/* ---- groups --------------------------------------------------------------------------------- */

struct groups {
    struct harness h;
    struct policy_spec specs[2];
    struct group_config configs[2];
};
static const uint32_t pool_a[] = {0}, pool_b[] = {1};

/* Pool a is one group, pool b the other. */
static void two_groups(struct groups *g, const char *const *capacity, const char *first, const char *second,
                       uint32_t cut_ppm) {
    struct error e = {0};
    memset(g, 0, sizeof *g);
    harness_start(&g->h, harness_trace(2, two, capacity, 400), true, "ideal", "spot", 0);
    const char *const text[] = {first, second};
    for (int i = 0; i < 2; i++) {
        assert_ok(policy_spec_parse(g->h.registry, text[i], &g->specs[i], &e), &e);
        assert_ok(policy_spec_check(g->h.registry, &g->specs[i], "test", &e), &e);
        g->configs[i] = (struct group_config){.name = two[i],
                                              .spec = &g->specs[i],
                                              .share = {i && cut_ppm < 1000000 ? cut_ppm : 0, i ? 1000000 : cut_ppm},
                                              .n_pools = 1,
                                              .pools = i ? pool_b : pool_a};
    }
    g->h.config.groups = g->configs;
    g->h.config.n_groups = 2;
}

static void end_groups(struct groups *g) {
    policy_spec_free(&g->specs[0]);
    policy_spec_free(&g->specs[1]);
    harness_end(&g->h);
}

static void groups_with_targets_of_their_own(void **state) {
    (void)state;
    struct groups g;
    const char *const capacity[] = {"0:4 100:1", "0:2"};
    two_groups(&g, capacity, "constant(target=3)+spot", "constant(target=1)+on-demand", 1000000);
    harness_set(&g.h, "cloud.pools.b.price_on_demand", "1");
    harness_ready(&g.h, "0:3+1 100:1+1");
    const struct sim_result *r = &g.h.result;
    assert_int_equal(r->n_groups, 2);
    assert_true(r->full == 0.25); /* of the whole fleet: 4 wanted */
    assert_true(r->groups[0].full == 0.25 && r->groups[1].full == 1);
    assert_true(isnan(r->groups[0].base) && r->groups[1].base == 1);
    NEAR(r->groups[0].capacity, 0.25 + 0.75 / 3);
    assert_true(r->groups[0].target_hours == 1200.0 / 3600);
    assert_int_equal(r->pools[1].launched[SP_SPOT], 0);
    end_groups(&g);
}

static void groups_share_a_target(void **state) {
    (void)state;
    struct groups g;
    const char *const capacity[] = {"0:9", "0:9"};
    /* 7 cut at 30 %: 2 and 5; then 10: 3 and 7 */
    two_groups(&g, capacity, "series(file=\"0s:7 200s:10\")+spot", "series(file=\"0s:7 200s:10\")+spot", 300000);
    harness_ready(&g.h, "0:7+0 200:10+0");
    assert_int_equal(g.h.result.pools[0].launched[SP_SPOT], 3);
    assert_int_equal(g.h.result.pools[1].launched[SP_SPOT], 7);
    assert_true(g.h.result.full == 1);
    end_groups(&g);
}

/* A surplus in one group does not help the other; the fleet counts all. */
static void groups_decide_for_themselves(void **state) {
    (void)state;
    struct groups g;
    const char *const capacity[] = {"0:0", "0:9"};
    two_groups(&g, capacity, "constant(target=2)+spot", "constant(target=2)+spot(overprovision=2)", 1000000);
    harness_run(&g.h);
    assert_true(g.h.result.full == 1 && g.h.result.groups[0].full == 0 && g.h.result.groups[1].full == 1);
    end_groups(&g);
}

/* ---- curves ------------------------------------------------------------------------------------- */

struct seen {
    uint32_t n;
    int64_t at_ms[20], rate[20];
    uint32_t target[20], capacity[20];
};

static void see(void *arg, int64_t at_ms, uint32_t spot, uint32_t on_demand, uint32_t target, uint32_t capacity,
                int64_t rate) {
    struct seen *s = arg;
    (void)spot;
    (void)on_demand;
    assert_true(s->n < 20);
    s->at_ms[s->n] = at_ms;
    s->target[s->n] = target;
    s->capacity[s->n] = capacity;
    s->rate[s->n++] = rate;
}

static void the_timeline(void **state) {
    (void)state;
    struct harness h;
    struct seen s = {0};
    const char *const capacity[] = {"0:2 100:1", "0:3 200:*"};
    harness_start(&h, harness_trace(2, two, capacity, 400), true, "ideal", "series(file=\"0s:1 300s:2\")+spot", 0);
    harness_set(&h, "cloud.defaults.price_spot", "1");
    struct sim_outputs out = {.timeline = see, .timeline_arg = &s};
    harness_run_out(&h, &out);
    const int64_t at[] = {0, 100, 200, 300}, rate[] = {1000000, 1000000, 1000000, 2000000};
    const uint32_t target[] = {1, 1, 1, 2}, sum[] = {5, 4, UINT32_MAX, UINT32_MAX};
    assert_int_equal(s.n, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(s.at_ms[i], at[i] * 1000);
        assert_int_equal(s.rate[i], rate[i]);
        assert_int_equal(s.target[i], target[i]);
        assert_int_equal(s.capacity[i], sum[i]);
    }
    harness_end(&h);
}

/* ---- the fingerprint ------------------------------------------------------------------------------ */

static uint64_t fingerprint_of(const char *capacity, const char *policy, const char *cold_start, uint64_t seed) {
    struct harness h;
    one_pool(&h, capacity, 400, policy, 1);
    harness_set(&h, "cloud.defaults.cold_start", cold_start);
    harness_set(&h, "control.observe_capacity", "false");
    h.config.seed = seed;
    harness_run(&h);
    uint64_t f = h.result.fingerprint;
    harness_end(&h);
    return f;
}

static void the_fingerprint_covers_what_happens(void **state) {
    (void)state;
    uint64_t f = fingerprint_of("0:3 100:4", "spot", "10s", 1);
    assert_true(f == fingerprint_of("0:3 100:4", "spot", "10s", 1));
    assert_true(f == fingerprint_of("0:3 100:4", "spot", "10s", 2)); /* nothing is drawn */
    assert_true(f != fingerprint_of("0:3 100:5", "spot", "10s", 1)); /* though nobody minds */
    assert_true(f != fingerprint_of("0:3 101:4", "spot", "10s", 1));
    assert_true(f != fingerprint_of("0:3 100:4", "spot", "11s", 1));
    assert_true(f != fingerprint_of("0:3 100:4", "on-demand", "10s", 1));
    assert_true(fingerprint_of("0:3", "spot", "uniform(10s,20s)", 1) !=
                fingerprint_of("0:3", "spot", "uniform(10s,20s)", 2));
}

/* ---- configurations that cannot be ----------------------------------------------------------------- */

static void expect_refused(struct harness *h, const char *where, const char *what) {
    struct error e = {0};
    assert_input_error(sim_run(h->sim, &h->config, NULL, &h->result, &e), &e, where, what);
    h->config.horizon_ms = 300000;
    h->config.warmup_ms = h->config.window_start_ms = 0;
    h->config.nodes = 1;
    h->config.n_groups = 1;
}

static void contradictions_are_named(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", 300, "spot", 1);
    h.config.horizon_ms = 0;
    expect_refused(&h, "horizon", "longer than 0");
    h.config.horizon_ms = INT64_MAX;
    expect_refused(&h, "horizon", "34 years");
    h.config.horizon_ms = 300001;
    expect_refused(&h, "horizon", "the trace ends at 300 s");
    h.config.window_start_ms = 1;
    expect_refused(&h, "horizon", "the trace ends at 300 s");
    h.config.window_start_ms = INT64_MAX;
    expect_refused(&h, "horizon", "the trace ends");
    h.config.window_start_ms = -1;
    expect_refused(&h, "horizon", "");
    h.config.warmup_ms = 300000;
    expect_refused(&h, "warmup", "leaves nothing");
    h.config.warmup_ms = -1;
    expect_refused(&h, "warmup", "");
    h.config.n_groups = 0;
    expect_refused(&h, "groups", "1 to 4096");
    h.config.nodes = 0;
    expect_refused(&h, "nodes", "at least 1");
    harness_run(&h); /* and it still works */
    assert_true(h.result.full == 1);
    sim_result_free(&h.result);
    assert_int_equal(sim_run(h.sim, &h.config, NULL, &h.result, NULL), OK); /* nobody need hear of errors */
    harness_end(&h);
    sim_free(NULL);
    sim_result_free(NULL);
}

/* Told at the grant that it will go, replaced at once, and so on: there is a
 * limit to what can happen at one instant. */
static void decisions_that_never_settle(void **state) {
    (void)state;
    struct harness h;
    struct error e = {0};
    one_pool(&h, "0:*", 300, "spot(notice=react)", 1);
    harness_set(&h, "cloud.defaults.lifetime_cap", "10s");
    harness_set(&h, "cloud.defaults.notice", "30s");
    assert_failed_error(sim_run(h.sim, &h.config, NULL, &h.result, &e), &e, "fleet", "do not settle");
    harness_set(&h, "cloud.defaults.notice", "0s");
    harness_run(&h); /* the simulator can be used again */
    assert_int_equal(h.result.preempted, 29);
    harness_end(&h);
}

static void a_journal_that_cannot_be_written(void **state) {
    (void)state;
    struct harness h;
    struct error e = {0};
    one_pool(&h, "0:1 100:0 200:1", 300, "spot", 1);
    for (int unbuffered = 0; unbuffered < 2; unbuffered++) {
        FILE *out = fopen("/dev/full", "w");
        if (!out) skip();
        if (unbuffered) setvbuf(out, NULL, _IONBF, 0);
        struct sim_outputs outputs = {.journal = out};
        assert_failed_error(sim_run(h.sim, &h.config, &outputs, &h.result, &e), &e, "journal", "No space left");
        fclose(out);
    }
    harness_end(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aws_refunds_the_first_hour),
        cmocka_unit_test(minimum_charges),
        cmocka_unit_test(prices_change_under_a_lease),
        cmocka_unit_test(unknown_prices_give_no_number),
        cmocka_unit_test(the_cheapest_placer_follows_prices),
        cmocka_unit_test(warmup_is_not_counted),
        cmocka_unit_test(a_window_of_the_trace),
        cmocka_unit_test(targets_follow_their_series),
        cmocka_unit_test(base_availability),
        cmocka_unit_test(losses_of_several_at_once),
        cmocka_unit_test(groups_with_targets_of_their_own),
        cmocka_unit_test(groups_share_a_target),
        cmocka_unit_test(groups_decide_for_themselves),
        cmocka_unit_test(the_timeline),
        cmocka_unit_test(the_fingerprint_covers_what_happens),
        cmocka_unit_test(contradictions_are_named),
        cmocka_unit_test(decisions_that_never_settle),
        cmocka_unit_test(a_journal_that_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
