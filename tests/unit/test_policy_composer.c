/* SPDX-License-Identifier: Apache-2.0
 * How wants become actions: victims, notices, weights, full buffers, retries,
 * shares, and what a host may ask afterwards. */
#include "tests/support/fake_fleet.h"

#include <stdlib.h>
#include <string.h>

static struct fake *start(const char *policy, uint32_t pools, uint32_t target) {
    struct fake *f = fake_new(policy, pools);
    f->target = target;
    return f;
}

/* ---- victims ------------------------------------------------------------- */

static void test_victims_by_stage_then_newest(void **state) {
    (void)state;
    static const enum sp_state states[] = {SP_READY,        SP_STARTING,     SP_UNREADY,  SP_REQUESTED, SP_READY,
                                           SP_PROVISIONING, SP_PROVISIONING, SP_STARTING, SP_DRAINING,  SP_PREEMPTED};
    /* launches 1..10; expected order of release */
    static const uint64_t order[] = {4, 7, 6, 8, 2, 3, 5, 1};
    struct fake *f = start("spot", 2, 0);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) fake_add(f, (uint32_t)i % 2, SP_SPOT, states[i]);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 8);
    for (uint32_t i = 0; i < 8; i++) {
        assert_int_equal(f->actions[i].launch, order[i]);
        assert_int_equal(f->actions[i].kind, SP_DRAIN);
        assert_int_equal(f->actions[i].reason, SP_WHY_SURPLUS_SPOT);
    }
    fake_free(f);
}

static void test_newest_first_when_slots_are_reused(void **state) {
    (void)state;
    struct fake *f = start("spot", 1, 3);
    fake_step(f, 0);
    fake_observe(f, 1, SP_OBS_PREEMPTED); /* slot 0 falls free, launch 4 takes it */
    fake_step(f, 1);
    assert_int_equal(fake_row(f, 4) - f->rows, 0);
    f->target = 2;
    fake_step(f, 2);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].launch, 4);
    assert_int_equal(f->actions[0].slot, 0);
    fake_free(f);
}

/* ---- notice and rebalance ------------------------------------------------ */

static void test_notice_ignored_by_default(void **state) {
    (void)state;
    struct fake *f = start("spot", 1, 2);
    for (int i = 0; i < 2; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_observe(f, 1, SP_OBS_NOTICE);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

static void test_notice_react_replaces_at_once(void **state) {
    (void)state;
    struct fake *f = start("skyserve(dynamic=true,notice=react)", 1, 2);
    for (int i = 0; i < 2; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_observe(f, 1, SP_OBS_NOTICE);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 2); /* a replacement, and on-demand for what is no longer ready */
    assert_int_equal(fake_launches(f, 0, SP_SPOT), 1);
    assert_int_equal(f->actions[0].reason, SP_WHY_NOTICE);
    assert_int_equal(fake_launches(f, 0, SP_ON_DEMAND), 1);
    fake_step(f, 1);
    assert_int_equal(f->n_actions, 0); /* once */
    f->now_ms = 2;
    fake_observe(f, 1, SP_OBS_PREEMPTED);
    fake_step(f, 2);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

static void test_noticed_replica_is_no_victim(void **state) {
    (void)state;
    struct fake *f = start("spot(notice=react)", 1, 1);
    for (int i = 0; i < 3; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_flag(f, 3, SP_NOTICED);
    fake_step(f, 0); /* counted: 2; the newest of the two goes, the noticed one goes by itself */
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].launch, 2);
    fake_free(f);
}

static void test_reasons_of_mixed_losses(void **state) {
    (void)state;
    struct fake *f = start("spot(notice=react,rebalance=react)", 1, 4);
    for (int i = 0; i < 3; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_flag(f, 1, SP_NOTICED);
    fake_flag(f, 2, SP_REBALANCE);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 3);
    assert_int_equal(f->actions[0].reason, SP_WHY_SPOT_WANTED);
    assert_int_equal(f->actions[1].reason, SP_WHY_NOTICE);
    assert_int_equal(f->actions[2].reason, SP_WHY_REBALANCE);
    fake_free(f);
}

static void test_rebalance_is_replaced_then_let_go(void **state) {
    (void)state;
    struct fake *f = start("spot(rebalance=react)", 1, 2);
    for (int i = 0; i < 2; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_observe(f, 1, SP_OBS_REBALANCE);
    fake_step(f, 0);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 1);
    assert_int_equal(fake_drains(f, SP_SPOT), 0); /* it serves until the replacement is ready */
    f->now_ms = 100;
    fake_observe(f, 3, SP_OBS_READY);
    fake_step(f, 100);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].kind, SP_DRAIN);
    assert_int_equal(f->actions[0].launch, 1);
    assert_int_equal(f->actions[0].reason, SP_WHY_REBALANCE);
    fake_free(f);
}

static void test_rebalance_and_notice_react_apart(void **state) {
    (void)state;
    struct fake *f = start("spot(rebalance=react)", 1, 2);
    for (int i = 0; i < 2; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_flag(f, 1, SP_REBALANCE | SP_NOTICED); /* a notice has come since: that is for notice= to say */
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

/* ---- weights ------------------------------------------------------------- */

static struct fake *start_heavy(const char *policy, uint32_t target) {
    struct fake *f = start(policy, 2, target);
    f->pools[1].weight = 4;
    return f;
}

static void test_heavy_rows_count_more(void **state) {
    (void)state;
    struct fake *f = start_heavy("spot+round-robin", 10);
    fake_step(f, 0); /* a 1, b 4, a 1, b 4 */
    assert_int_equal(fake_launches(f, 0, SP_SPOT), 2);
    assert_int_equal(fake_launches(f, 1, SP_SPOT), 2);
    assert_int_equal(f->calls, 1);
    f->target = 5; /* newest first, while they fit */
    fake_step(f, 1);
    assert_int_equal(fake_drains(f, SP_SPOT), 2);
    assert_int_equal(f->actions[0].launch, 4);
    assert_int_equal(f->actions[1].launch, 3);
    f->target = 4;
    fake_step(f, 2);
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].launch, 1); /* b's 4 do not fit into 1 */
    f->target = 3;
    fake_step(f, 3);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

static void test_heavy_launch_makes_light_one_needless(void **state) {
    (void)state;
    struct fake *f = start_heavy("spot+round-robin", 3);
    fake_step(f, 0); /* a 1, b 4: two more than wanted, so a's is called off at once */
    assert_int_equal(fake_launches_all(f, SP_SPOT), 2);
    assert_int_equal(fake_drains(f, SP_SPOT), 1);
    assert_int_equal(f->calls, 2);
    fake_step(f, 1);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

static void test_ready_rows_outlast_a_heavy_start(void **state) {
    (void)state;
    struct fake *f = start_heavy("spot+round-robin", 3);
    for (int i = 0; i < 3; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_add(f, 1, SP_SPOT, SP_STARTING);
    fake_step(f, 0); /* 7 alive, 3 wanted: the starting one goes */
    assert_int_equal(f->n_actions, 1);
    assert_int_equal(f->actions[0].launch, 4);
    f->target = 5;
    fake_add(f, 1, SP_SPOT, SP_STARTING);
    fake_step(f, 1); /* 7 alive, 5 wanted: 4 do not fit into 2, so the ready ones stay */
    assert_int_equal(f->n_actions, 0);
    fake_observe(f, 5, SP_OBS_READY);
    fake_step(f, 2);
    assert_int_equal(fake_drains(f, SP_SPOT), 2);
    assert_int_equal(f->actions[0].launch, 3);
    fake_free(f);
}

/* ---- full buffers -------------------------------------------------------- */

static void test_full_buffer_continues(void **state) {
    (void)state;
    static const char *const policies[] = {"skyserve(base=2,dynamic=true)+round-robin", "spot+random",
                                           "spot(overprovision=3)+even-spread", "spot+skypilot",
                                           "safety-net+least-loaded"};
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct fake *whole = start(policies[i], 5, 12), *cut = start(policies[i], 5, 12);
        cut->max_actions = 1;
        for (int64_t t = 0; t < 4; t++) {
            whole->target = cut->target = t < 3 ? 12 + 3 * (uint32_t)t : 2;
            fake_step(whole, t);
            fake_step(cut, t);
            for (uint32_t p = 0; p < 5; p++) {
                assert_int_equal(fake_launches(whole, p, SP_SPOT), fake_launches(cut, p, SP_SPOT));
                assert_int_equal(fake_launches(whole, p, SP_ON_DEMAND), fake_launches(cut, p, SP_ON_DEMAND));
            }
            assert_int_equal(fake_drains(whole, SP_SPOT), fake_drains(cut, SP_SPOT));
            assert_int_equal(fake_drains(whole, SP_ON_DEMAND), fake_drains(cut, SP_ON_DEMAND));
            assert_int_equal(composer_digest(whole->composer), composer_digest(cut->composer));
            assert_int_equal(whole->wake_ms, cut->wake_ms);
            assert_int_equal(whole->calls, 1);
            assert_true(cut->calls > 1);
        }
        fake_free(whole);
        fake_free(cut);
    }
}

static void test_rebalance_drains_continue(void **state) {
    (void)state;
    struct fake *f = start("spot(rebalance=react)", 1, 2);
    for (int i = 0; i < 4; i++) fake_add(f, 0, SP_SPOT, SP_READY);
    fake_flag(f, 1, SP_REBALANCE);
    fake_flag(f, 2, SP_REBALANCE);
    f->max_actions = 1;
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 2);
    assert_int_equal(fake_drains(f, SP_SPOT), 2);
    fake_free(f);
}

/* ---- asking again -------------------------------------------------------- */

static void test_all_closed_asks_again_later(void **state) {
    (void)state;
    struct fake *f = start("spot+cheapest", 2, 1);
    fake_step(f, 0);
    fake_observe(f, 1, SP_OBS_DENIED);
    fake_step(f, 0); /* a closed: b */
    fake_observe(f, 2, SP_OBS_DENIED);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, f->retry_ms);
    fake_step(f, 10); /* early and without news: nothing, the same wake */
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, f->retry_ms);
    fake_step(f, f->retry_ms);
    assert_int_equal(f->n_actions, 1);
    fake_free(f);
}

static void test_no_retry_time_means_next_tick_or_never(void **state) {
    (void)state;
    for (int64_t interval = 0; interval <= 20000; interval += 20000) {
        struct fake *f = start("spot+cheapest", 1, 1);
        f->retry_ms = 0;
        f->interval_ms = interval;
        f->pools[0].last_denied_ms[SP_SPOT] = 0;
        fake_step(f, 0);
        assert_int_equal(f->n_actions, 0);
        assert_int_equal(f->wake_ms, interval ? interval : SP_FOREVER);
        fake_free(f);
    }
}

static void test_observed_capacity_needs_no_retry(void **state) {
    (void)state;
    struct fake *f = start("spot+cheapest", 2, 3);
    f->pools[0].capacity = 1;
    f->pools[1].capacity = 0;
    fake_add(f, 0, SP_SPOT, SP_READY);
    f->pools[0].last_denied_ms[SP_SPOT] = f->pools[1].last_denied_ms[SP_SPOT] = 0;
    fake_step(f, 0);
    assert_int_equal(f->wake_ms, SP_FOREVER);
    f->now_ms = 5;
    fake_observe_pool(f, 1, SP_OBS_CAPACITY, 2);
    fake_step(f, 5);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 2);
    fake_free(f);

    f = start("spot+cheapest", 1, 1); /* there is room, and yet it said no: worth asking again */
    f->pools[0].capacity = 3;
    f->pools[0].last_denied_ms[SP_SPOT] = 0;
    fake_step(f, 0);
    assert_int_equal(f->wake_ms, f->retry_ms);
    fake_free(f);
}

static void test_on_demand_denied(void **state) {
    (void)state;
    struct fake *f = start("on-demand", 3, 1);
    fake_step(f, 0);
    assert_int_equal(fake_launches(f, 0, SP_ON_DEMAND), 1);
    fake_observe(f, 1, SP_OBS_DENIED); /* a closed now, and refused later on */
    fake_step(f, 0);
    assert_int_equal(fake_launches(f, 1, SP_ON_DEMAND), 1);
    f->now_ms = 10;
    fake_observe(f, 2, SP_OBS_DENIED);
    fake_step(f, 20);
    assert_int_equal(fake_launches(f, 2, SP_ON_DEMAND), 1);
    f->now_ms = 30;
    fake_observe(f, 3, SP_OBS_DENIED);
    fake_step(f, 40); /* all refused: the oldest no, a */
    assert_int_equal(fake_launches(f, 0, SP_ON_DEMAND), 1);
    f->now_ms = 50;
    fake_observe(f, 4, SP_OBS_GRANTED); /* a gives again */
    f->target = 2;
    fake_step(f, 60);
    assert_int_equal(fake_launches(f, 0, SP_ON_DEMAND), 1);
    for (uint32_t p = 0; p < 3; p++) f->pools[p].last_denied_ms[SP_ON_DEMAND] = 70;
    f->target = 3;
    fake_observe_pool(f, 0, SP_OBS_PRICE, 1);
    fake_step(f, 70);
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, 70 + f->retry_ms);
    fake_free(f);
}

/* ---- autoscalers and shares ---------------------------------------------- */

static void test_series_autoscaler(void **state) {
    (void)state;
    struct fake *f = fake_new("series(file=0s:2 10s:5 20s:1)+spot", 1);
    f->target = 99; /* the autoscaler decides */
    fake_step(f, 0);
    assert_int_equal(composer_target(f->composer), 2);
    assert_int_equal(f->wake_ms, 10000);
    fake_step(f, 10000);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 3);
    assert_int_equal(f->wake_ms, 20000);
    fake_step(f, 25000);
    assert_int_equal(fake_drains(f, SP_SPOT), 4);
    assert_int_equal(f->wake_ms, SP_FOREVER);
    uint32_t target = 0;
    int64_t next = 0;
    struct composer_share all = {0, 1000000}, half = {0, 500000};
    assert_true(composer_demand(&f->spec, all, 19999, &target, &next));
    assert_int_equal(target, 5);
    assert_int_equal(next, 20000);
    assert_true(composer_demand(&f->spec, half, 19999, &target, &next));
    assert_int_equal(target, 3);               /* 2.5, to the nearest; the other half gets the rest */
    struct composer_share third = {0, 333333}; /* of 5: 1.67 */
    assert_true(composer_demand(&f->spec, third, 19999, &target, &next));
    assert_int_equal(target, 2);
    fake_free(f);
}

static void test_constant_autoscaler(void **state) {
    (void)state;
    struct fake *f = fake_new("constant(target=3)+spot", 1);
    uint32_t target = 0;
    int64_t next = 0;
    fake_step(f, 0);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 3);
    assert_true(composer_demand(&f->spec, (struct composer_share){0, 1000000}, 7, &target, &next));
    assert_int_equal(target, 3);
    assert_int_equal(next, SP_FOREVER);
    fake_free(f);
    f = fake_new("spot", 1);
    assert_false(composer_demand(&f->spec, (struct composer_share){0, 1000000}, 7, &target, &next));
    fake_free(f);
}

static void test_shares_add_up(void **state) {
    (void)state;
    static const uint32_t cuts[] = {0, 333333, 333334, 700000, 1000000};
    for (uint32_t target = 0; target < 40; target++) {
        uint32_t sum = 0;
        for (int i = 0; i < 4; i++) {
            struct fake *f = fake_new_share("spot", 1, (struct composer_share){cuts[i], cuts[i + 1]});
            f->target = target;
            fake_step(f, 0);
            sum += composer_target(f->composer);
            fake_free(f);
        }
        assert_int_equal(sum, target);
    }
}

/* ---- odd hosts and policies ----------------------------------------------- */

static void test_whole_policy_through_the_composer(void **state) {
    (void)state;
    struct fake *f = start("docs/examples/policy_leapfrog.c", 3, 4);
    fake_step(f, 0);
    assert_int_equal(fake_launches(f, 0, SP_SPOT), 4);
    f->now_ms = 1;
    fake_observe(f, 1, SP_OBS_READY);
    fake_observe(f, 2, SP_OBS_READY);
    fake_observe(f, 3, SP_OBS_PREEMPTED);
    fake_step(f, 2);
    assert_int_equal(fake_launches(f, 1, SP_SPOT), 1);
    assert_int_equal(composer_wanted(f->composer, SP_SPOT), 3);
    assert_int_equal(composer_base(f->composer), 0);
    f->target = 2;
    f->max_actions = 1;
    fake_step(f, 3);
    assert_int_equal(fake_drains(f, SP_SPOT), 2); /* two ready, newest first; the others start up */
    assert_int_equal(f->actions[0].launch, 2);
    assert_true(f->calls >= 2);
    fake_free(f);
}

static void test_whole_policy_waits_after_denials(void **state) {
    (void)state;
    struct fake *f = start("docs/examples/policy_leapfrog.c", 2, 1);
    fake_step(f, 0);
    fake_observe(f, 1, SP_OBS_DENIED);
    fake_step(f, 0);
    assert_int_equal(fake_launches(f, 1, SP_SPOT), 1);
    fake_observe(f, 2, SP_OBS_DENIED);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, f->retry_ms);
    fake_step(f, 5);
    assert_int_equal(f->n_actions, 0);
    fake_step(f, f->retry_ms);
    assert_int_equal(fake_launches(f, 0, SP_SPOT), 1);
    fake_free(f);
}

static void test_digest_sees_state(void **state) {
    (void)state;
    struct fake *f = start("spot+round-robin", 3, 1), *g = start("spot+round-robin", 3, 1);
    assert_int_equal(composer_digest(f->composer), composer_digest(g->composer));
    fake_step(f, 0);
    assert_int_not_equal(composer_digest(f->composer), composer_digest(g->composer));
    fake_step(g, 0);
    assert_int_equal(composer_digest(f->composer), composer_digest(g->composer));
    fake_free(f);
    fake_free(g);
}

static void test_no_pools_at_all(void **state) {
    (void)state;
    struct fake *f = start("skyserve(dynamic=true)+round-robin", 0, 2);
    fake_step(f, 0);
    assert_int_equal(f->n_actions, 0);
    fake_free(f);
}

static void test_step_is_bounded_by_the_limit(void **state) {
    (void)state;
    struct fake *f = start("spot", 1, 1000000);
    f->keep_hands_off = true;
    fake_step(f, 0);
    assert_int_equal(fake_launches_all(f, SP_SPOT), FAKE_ROWS);
    fake_free(f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_victims_by_stage_then_newest),
        cmocka_unit_test(test_newest_first_when_slots_are_reused),
        cmocka_unit_test(test_notice_ignored_by_default),
        cmocka_unit_test(test_notice_react_replaces_at_once),
        cmocka_unit_test(test_noticed_replica_is_no_victim),
        cmocka_unit_test(test_reasons_of_mixed_losses),
        cmocka_unit_test(test_rebalance_is_replaced_then_let_go),
        cmocka_unit_test(test_rebalance_and_notice_react_apart),
        cmocka_unit_test(test_heavy_rows_count_more),
        cmocka_unit_test(test_heavy_launch_makes_light_one_needless),
        cmocka_unit_test(test_ready_rows_outlast_a_heavy_start),
        cmocka_unit_test(test_full_buffer_continues),
        cmocka_unit_test(test_rebalance_drains_continue),
        cmocka_unit_test(test_all_closed_asks_again_later),
        cmocka_unit_test(test_no_retry_time_means_next_tick_or_never),
        cmocka_unit_test(test_observed_capacity_needs_no_retry),
        cmocka_unit_test(test_on_demand_denied),
        cmocka_unit_test(test_series_autoscaler),
        cmocka_unit_test(test_constant_autoscaler),
        cmocka_unit_test(test_shares_add_up),
        cmocka_unit_test(test_whole_policy_through_the_composer),
        cmocka_unit_test(test_whole_policy_waits_after_denials),
        cmocka_unit_test(test_digest_sees_state),
        cmocka_unit_test(test_no_pools_at_all),
        cmocka_unit_test(test_step_is_bounded_by_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
