/* SPDX-License-Identifier: Apache-2.0
 * How many replicas of each market the mixes want, and what SkyServe's
 * arithmetic leads to, fact by fact. */
#include "tests/support/fake_fleet.h"

#include <string.h>

static void assert_wanted(const struct fake *f, uint32_t spot, uint32_t on_demand) {
    assert_int_equal(composer_wanted(f->composer, SP_SPOT), spot);
    assert_int_equal(composer_wanted(f->composer, SP_ON_DEMAND), on_demand);
}

/* What a mix wants at a target with this many ready spot replicas. */
static void assert_mix(const char *policy, uint32_t target, uint32_t ready_spot, uint32_t spot, uint32_t on_demand,
                       uint32_t base) {
    struct fake *f = fake_new(policy, 3);
    f->target = target;
    for (uint32_t i = 0; i < ready_spot; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_step(f, 0);
    assert_wanted(f, spot, on_demand);
    assert_int_equal(composer_base(f->composer), base);
    assert_int_equal(composer_target(f->composer), target);
    fake_free(f);
}

static void test_plain_mixes(void **state) {
    (void)state;
    assert_mix("on-demand", 5, 0, 0, 5, 5);
    assert_mix("on-demand", 0, 0, 0, 0, 0);
    assert_mix("spot", 5, 0, 5, 0, 0);
    assert_mix("spot(overprovision=2)", 5, 0, 7, 0, 0);
    assert_mix("static-base(base=2)", 5, 0, 3, 2, 2);
    assert_mix("static-base(base=2)", 1, 0, 0, 1, 1);
    assert_mix("static-base(base=0)", 4, 0, 4, 0, 0);
}

static void test_percentage_above_base_rounds_up(void **state) {
    (void)state;
    assert_mix("base-percent", 10, 0, 0, 10, 10); /* AWS: 100 % by default */
    assert_mix("base-percent(base=2,percent=50)", 10, 0, 4, 6, 6);
    assert_mix("base-percent(base=2,percent=33)", 10, 0, 5, 5, 5); /* 2.64 up to 3 */
    assert_mix("base-percent(base=0,percent=1)", 10, 0, 9, 1, 1);
    assert_mix("base-percent(base=3,percent=0)", 10, 0, 7, 3, 3);
    assert_mix("base-percent(base=3,percent=50)", 2, 0, 0, 2, 2);
}

/* 1. Base is carved out of the target, not added to it. */
static void test_base_is_carved_out(void **state) {
    (void)state;
    assert_mix("skyserve(base=1)", 3, 0, 2, 1, 1);
    assert_mix("skyserve(base=1)", 3, 2, 2, 1, 1);
    assert_mix("skyserve(base=3)", 3, 0, 0, 3, 3);
    assert_mix("skyserve(base=1,overprovision=1)", 3, 0, 3, 1, 1);
}

/* 2. Dynamic counts ready spot: at bootstrap on-demand is launched beside it. */
static void test_dynamic_counts_ready(void **state) {
    (void)state;
    assert_mix("skyserve(dynamic=true)", 2, 0, 2, 2, 0);
    assert_mix("skyserve(dynamic=true,overprovision=1)", 2, 0, 3, 2, 0);
    assert_mix("skyserve(dynamic=true)", 2, 1, 2, 1, 0);
    assert_mix("skyserve(dynamic=true)", 2, 2, 2, 0, 0);
    assert_mix("skyserve(dynamic=true)", 2, 5, 2, 0, 0); /* never negative */
    assert_mix("skyserve(base=1,dynamic=true)", 4, 1, 3, 3, 1);

    struct fake *f = fake_new("skyserve(dynamic=true)", 3); /* alive, but not ready: fallback all the same */
    f->target = 2;
    fake_add(f, 0, SP_SPOT, SP_PROVISIONING);
    fake_add(f, 0, SP_SPOT, SP_STARTING);
    fake_step(f, 0);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 0);
    assert_int_equal(fake_launches_all(f, SP_ON_DEMAND), 2);
    fake_free(f);
}

/* 3. On-demand also covers missing overprovisioned replicas, up to the target. */
static void test_fallback_covers_overprovision(void **state) {
    (void)state;
    assert_mix("skyserve(dynamic=true,overprovision=1)", 3, 3, 4, 1, 0);
    assert_mix("skyserve(dynamic=true,overprovision=9)", 3, 3, 12, 3, 0);
}

/* 4. A failed probe triggers on-demand; when it passes again that is drained. */
static void test_flaky_probe_triggers_on_demand(void **state) {
    (void)state;
    struct fake *f = fake_new("skyserve(dynamic=true)", 1);
    f->target = 2;
    uint64_t flaky = fake_add(f, 0, SP_SPOT, SP_READY);
    fake_add(f, 0, SP_SPOT, SP_READY);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    fake_observe(f, flaky, SP_OBS_UNREADY);
    fake_step(f, 20000);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(fake_launches_all(f, SP_ON_DEMAND), 1);
    assert_int_equal(f->actions[0].reason, SP_WHY_FALLBACK);
    fake_observe(f, flaky, SP_OBS_READY);
    fake_step(f, 40000);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].kind, SP_DRAIN);
    assert_int_equal(f->actions[0].reason, SP_WHY_SURPLUS_ON_DEMAND);
    fake_free(f);
}

/* 5. Where the real one raises, wanted spot is clamped to 0 and a flag tells. */
static void test_base_above_target_is_clamped(void **state) {
    (void)state;
    static const struct {
        const char *policy;
        uint32_t target, spot, on_demand;
        bool clamped;
    } cases[] = {
        {"skyserve(base=2)", 1, 0, 1, true},
        {"skyserve(base=2,overprovision=1)", 1, 0, 1, false}, /* n_spot is 0, nothing raised */
        {"skyserve(base=3,overprovision=1,dynamic=true)", 1, 0, 1, true},
        {"skyserve(base=2)", 2, 0, 2, false},
        {"safety-net(base=4)", 3, 0, 3, true},
        {"static-base(base=4)", 3, 0, 3, true},
        {"spot(overprovision=4)", 3, 7, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fake *f = fake_new(cases[i].policy, 2);
        f->target = cases[i].target;
        fake_step(f, 0);
        assert_wanted(f, cases[i].spot, cases[i].on_demand);
        assert_int_equal(composer_base_clamped(f->composer), cases[i].clamped);
        fake_free(f);
    }
}

/* 6. No fallback beyond the target, no matter how much is missing. */
static void test_on_demand_is_bounded_by_target(void **state) {
    (void)state;
    assert_mix("skyserve(base=2,dynamic=true,overprovision=5)", 3, 0, 6, 3, 2);
}

/* 7. Spot ups, on-demand ups, then all downs. */
static void test_order_of_decisions(void **state) {
    (void)state;
    struct fake *f = fake_new("skyserve(base=1,dynamic=true)", 1);
    f->target = 3;
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 3); /* 2 spot, 1 base, 2 fallback */
    assert_int_equal(f->actions[0].market, SP_SPOT);
    assert_int_equal(f->actions[0].count, 2);
    assert_int_equal(f->actions[0].reason, SP_WHY_SPOT_WANTED);
    assert_int_equal(f->actions[1].market, SP_ON_DEMAND);
    assert_int_equal(f->actions[1].count, 1);
    assert_int_equal(f->actions[1].reason, SP_WHY_BASE);
    assert_int_equal(f->actions[2].count, 2);
    assert_int_equal(f->actions[2].reason, SP_WHY_FALLBACK);
    f->target = 0;
    fake_step(f, 20000);
    assert_int_equal(f->n_actions, 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(f->actions[i].kind, SP_DRAIN);
        assert_int_equal(f->actions[i].market, i < 2 ? SP_SPOT : SP_ON_DEMAND);
    }
    fake_free(f);
}

/* 8. On-demand is not placed by the spot placer: cheapest on-demand pool. */
static void test_on_demand_goes_to_the_cheapest(void **state) {
    (void)state;
    struct fake *f = fake_new("on-demand+round-robin", 3);
    f->pools[2].price_uusd_per_h[SP_ON_DEMAND] = 5;
    f->target = 4;
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(fake_launches(f, 2, SP_ON_DEMAND), 4);
    fake_free(f);
}

/* ---- safety net ---------------------------------------------------------- */

static void test_safety_net_below_slo(void **state) {
    (void)state;
    struct fake *f = fake_new("safety-net(slo=0.5,dwell=0s)", 1);
    f->interval_ms = 30000;
    f->target = 2;
    fake_step(f, 0); /* nothing met so far */
    assert_wanted(f, 2, 2);
    f->now_ms = 30000;
    for (uint64_t i = 1; i <= 4; i++) fake_observe(f, i, SP_OBS_READY);
    fake_step(f, 60000); /* met since 30 s: 30 of 90 s */
    assert_wanted(f, 2, 2);
    assert_int_equal(f->wake_ms, 90001); /* 60 of 120 s is still at the slo; a ms later it is above */
    fake_step(f, 90000);
    assert_wanted(f, 2, 2);
    fake_step(f, 120000); /* 90 of 150 s */
    assert_wanted(f, 2, 0);
    assert_int_equal(fake_drains(f, SP_ON_DEMAND), 2);
    fake_free(f);
}

static void test_safety_net_keeps_fallback_for_dwell(void **state) {
    (void)state;
    struct fake *f = fake_new("safety-net(slo=0,dwell=2m)", 1);
    f->interval_ms = 30000;
    f->target = 3;
    for (int i = 0; i < 3; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_step(f, 0);
    assert_wanted(f, 3, 3); /* slo 0: nothing met yet, 0 <= 0 */
    fake_step(f, 30000);
    assert_wanted(f, 3, 0);
    fake_observe(f, 1, SP_OBS_PREEMPTED);
    fake_step(f, 60000);
    assert_wanted(f, 3, 1);
    uint64_t replacement = f->last_launch - 1; /* spot comes first */
    assert_int_equal(fake_row(f, replacement)->market, SP_SPOT);
    f->now_ms = 240000;
    fake_observe(f, replacement, SP_OBS_READY);
    fake_step(f, 240000); /* last short at 210 s, dwell until 330 s */
    assert_wanted(f, 3, 1);
    assert_int_equal(f->wake_ms, 330000);
    fake_step(f, 300000);
    assert_wanted(f, 3, 1);
    fake_step(f, 330000);
    assert_wanted(f, 3, 0);
    fake_free(f);
}

static void test_safety_net_with_a_base(void **state) {
    (void)state;
    assert_mix("safety-net(base=1,slo=0)", 4, 3, 3, 4, 1); /* at time 0 nothing is met */
    struct fake *f = fake_new("safety-net(base=1,overprovision=1,slo=0,dwell=0s)", 1);
    f->target = 4;
    for (int i = 0; i < 4; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_step(f, 0);
    fake_step(f, 10);
    assert_wanted(f, 4, 1);
    fake_observe(f, 1, SP_OBS_PREEMPTED);
    fake_step(f, 20);
    assert_wanted(f, 4, 2);
    fake_free(f);
}

/* Ready replicas that come and go between two steps are timed exactly. */
static void test_safety_net_times_observations(void **state) {
    (void)state;
    struct fake *f = fake_new("safety-net(slo=0.5,dwell=0s)", 1);
    f->target = 1;
    fake_step(f, 0);
    uint64_t spot = 1;
    fake_observe_at(f, 100, spot, SP_OBS_READY, 0);
    fake_observe_at(f, 200, spot, SP_OBS_UNREADY, 0); /* met: 100..200 */
    fake_observe_at(f, 300, spot, SP_OBS_READY, 0);   /* and from 300 on */
    fake_step(f, 400);                                /* 200 of 400: at the slo */
    assert_wanted(f, 1, 1);
    fake_step(f, 401);
    assert_wanted(f, 1, 0);
    fake_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_mixes),
        cmocka_unit_test(test_percentage_above_base_rounds_up),
        cmocka_unit_test(test_base_is_carved_out),
        cmocka_unit_test(test_dynamic_counts_ready),
        cmocka_unit_test(test_fallback_covers_overprovision),
        cmocka_unit_test(test_flaky_probe_triggers_on_demand),
        cmocka_unit_test(test_base_above_target_is_clamped),
        cmocka_unit_test(test_on_demand_is_bounded_by_target),
        cmocka_unit_test(test_order_of_decisions),
        cmocka_unit_test(test_on_demand_goes_to_the_cheapest),
        cmocka_unit_test(test_safety_net_below_slo),
        cmocka_unit_test(test_safety_net_keeps_fallback_for_dwell),
        cmocka_unit_test(test_safety_net_with_a_base),
        cmocka_unit_test(test_safety_net_times_observations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
