/* SPDX-License-Identifier: Apache-2.0
 * How the cloud takes instances back: by hand, second by second. */
#include <string.h>

#include "tests/support/harness.h"

static const char *const zone[] = {"z"};

/* One pool, profile ideal. */
static void one_pool(struct harness *h, const char *capacity, int64_t span_s, const char *policy, uint32_t target) {
    const char *const list[] = {capacity};
    harness_start(h, harness_trace(1, zone, list, span_s), true, "ideal", policy, target);
}

/* ---- the two readings of a trace ------------------------------------------------ */

static void held_takes_the_excess(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:4 100:1 200:3", 300, "spot", 4);
    harness_ready(&h, "0:4+0 100:1+0 200:3+0");
    assert_int_equal(h.result.preempted, 3);
    assert_int_equal(h.result.launched[SP_SPOT], 6);
    assert_true(h.result.full == 100.0 / 300);
    assert_true(h.result.hours[SP_SPOT] == (400.0 + 100 + 300) / 3600);
    harness_end(&h);
}

static void launch_only_limits_launches(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:2 100:0 200:3", 300, "spot", 3);
    h.config.means_launch = true;
    harness_set(&h, "cloud.defaults.notice", "30s"); /* nothing is taken, so nothing is told */
    harness_ready(&h, "0:2+0 200:3+0");
    assert_int_equal(h.result.preempted, 0);
    assert_int_equal(h.result.noticed, 0);
    harness_end(&h);
}

/* ---- order at one instant ---------------------------------------------------------- */

/* A tick sees the world as it was; the trace changes; then launches are judged. */
static void ticks_come_before_the_trace(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 60:0 90:1", 300, "spot", 1);
    harness_set(&h, "control.interval", "30s");
    /* lost at 60 after the tick of 60; the tick of 90 asks while there is room again */
    harness_ready(&h, "0:1+0 60:0+0 90:1+0");
    assert_int_equal(h.result.denied, 0);
    harness_end(&h);
    one_pool(&h, "0:1 59:0 60:1 61:0", 100, "spot", 1);
    harness_set(&h, "control.interval", "30s");
    harness_ready(&h, "0:1+0 59:0+0 60:1+0 61:0+0");
    assert_int_equal(h.result.denied, 1); /* at 90 */
    harness_end(&h);
}

/* A drain that ends frees its place after the launches of that instant. */
static void drains_end_after_launches(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", 200, "series(file=\"0s:1 50s:0 60s:1\")+spot", 0);
    harness_set(&h, "control.drain", "10s");
    harness_set(&h, "control.observe_capacity", "false");
    /* the instance let go at 50 holds the pool until 60; asked at 60 after it is gone */
    harness_ready(&h, "0:1+0 50:0+0 60:1+0");
    assert_int_equal(h.result.denied, 0);
    harness_end(&h);
    one_pool(&h, "0:1", 200, "series(file=\"0s:1 50s:0 60s:1\")+spot", 0);
    harness_set(&h, "control.drain", "10s");
    harness_set(&h, "control.interval", "10s");
    harness_ready(&h, "0:1+0 50:0+0 70:1+0"); /* asked by the tick, before the drain ends: no room */
    assert_int_equal(h.result.denied, 1);
    harness_end(&h);
}

/* ---- who goes ---------------------------------------------------------------------------- */

/* Three replicas granted at 0, 10 and 20 (capacity grows), one goes at 100; its
 * cold start tells which: what is left is ready at these times. */
static void who_goes(const char *rule, const char *expected) {
    struct harness h;
    one_pool(&h, "0:1 10:2 20:3 100:2", 300, "spot", 3);
    harness_set(&h, "cloud.defaults.cold_start", "90s");
    harness_set(&h, "cloud.defaults.reclaim", rule);
    harness_ready(&h, expected);
    assert_int_equal(h.result.preempted, 1);
    harness_end(&h);
}

static void reclaim_rules(void **state) {
    (void)state;
    who_goes("newest", "0:0+0 90:1+0 100:2+0"); /* the third would have been ready at 110 */
    who_goes("oldest", "0:0+0 90:1+0 110:2+0"); /* the first goes as the second gets ready */
}

static void random_reclaim_is_by_seed(void **state) {
    (void)state;
    uint32_t newest = 0, other = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct harness h;
        one_pool(&h, "0:1 10:2 20:3 100:2", 300, "spot", 3);
        harness_set(&h, "cloud.defaults.cold_start", "90s");
        harness_set(&h, "cloud.defaults.reclaim", "random");
        h.config.seed = seed;
        harness_run(&h);
        assert_int_equal(h.result.preempted, 1);
        /* ready from 90, 100 and 110 on; without the third that is 210 + 200 s, else 10 s less */
        double ready_s = h.result.pools[0].ready_hours[SP_SPOT] * 3600;
        newest += ready_s > 405;
        other += ready_s < 405;
        harness_end(&h);
    }
    assert_true(newest > 8 && other > 25); /* 20 and 40 expected */
}

/* ---- notices ------------------------------------------------------------------------------- */

static void a_notice_comes_before_the_end(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:2 100:1", 300, "spot(notice=ignore)", 2);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_ready(&h, "0:2+0 100:1+0"); /* it serves until the deadline */
    assert_int_equal(h.result.noticed, 1);
    assert_int_equal(h.result.preempted, 1);
    harness_end(&h);
}

/* React: the replacement starts at the notice, in another pool. */
static void react_replaces_at_the_notice(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:1 100:0", "0:1"};
    harness_start(&h, harness_trace(2, names, capacity, 300), true, "ideal", "spot(notice=react)", 1);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.cold_start", "20s");
    harness_ready(&h, "0:0+0 20:1+0 90:2+0 100:1+0"); /* noticed at 70, the other ready at 90 */
    assert_true(h.result.full == 280.0 / 300);
    assert_int_equal(h.result.launched[SP_SPOT], 2);
    harness_end(&h);
    harness_start(&h, harness_trace(2, names, capacity, 300), true, "ideal", "spot(notice=ignore)", 1);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.cold_start", "20s");
    harness_ready(&h, "0:0+0 20:1+0 100:0+0 120:1+0");
    harness_end(&h);
}

static void no_launch_into_the_window(void **state) {
    (void)state;
    struct harness h;
    /* one goes at 100; a second is wanted from 80 on, inside the window of 30 s */
    const char *policy = "series(file=\"0s:1 80s:2\")+spot(notice=ignore)";
    one_pool(&h, "0:2 100:1 200:2", 300, policy, 0);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_ready(&h, "0:1+0 200:2+0"); /* the pool keeps one: only the new one would be in excess */
    assert_int_equal(h.result.noticed, 0);
    assert_int_equal(h.result.preempted, 0);
    assert_true(h.result.denied >= 1);
    harness_end(&h);
    one_pool(&h, "0:2 100:1 200:2", 300, policy, 0);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.notice_window", "accept");
    harness_ready(&h, "0:1+0 80:2+0 100:1+0 200:2+0"); /* granted with the same deadline */
    assert_int_equal(h.result.noticed, 1);
    assert_int_equal(h.result.preempted, 1);
    harness_end(&h);
}

/* What is granted before the window opens and is in excess is told at t-L. */
static void the_window_opens_at_the_lead(void **state) {
    (void)state;
    for (int at = 69; at <= 70; at++) {
        struct harness h;
        char policy[100];
        snprintf(policy, sizeof policy, "series(file=\"0s:1 %ds:2\")+spot", at);
        one_pool(&h, "0:2 100:1", 120, policy, 0);
        harness_set(&h, "cloud.defaults.notice", "30s");
        harness_ready(&h, at == 69 ? "0:1+0 69:2+0 100:1+0" : "0:1+0");
        assert_int_equal(h.result.noticed, at == 69);
        harness_end(&h);
    }
}

/* Let go in time: not taken as well, and nobody else in its place. */
static void a_victim_let_go_is_not_taken_twice(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:3 100:2", 300, "series(file=\"0s:3 80s:2\")+spot(notice=ignore)", 0);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_ready(&h, "0:3+0 80:2+0"); /* newest is both the noticed one and the surplus */
    assert_int_equal(h.result.noticed, 1);
    assert_int_equal(h.result.preempted, 0);
    assert_int_equal(h.result.terminated, 1);
    harness_end(&h);
    /* still draining when its time comes: taken, and nobody else */
    one_pool(&h, "0:3 100:2", 300, "series(file=\"0s:3 80s:2\")+spot(notice=ignore)", 0);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "control.drain", "60s");
    harness_ready(&h, "0:3+0 80:2+0");
    assert_int_equal(h.result.preempted, 1);
    assert_int_equal(h.result.terminated, 0);
    assert_true(h.result.waste_hours_drain == 20.0 / 3600);
    harness_end(&h);
}

static void two_falls_within_one_lead(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:4 100:3 110:1", 300, "spot", 4);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_ready(&h, "0:4+0 100:3+0 110:1+0");
    assert_int_equal(h.result.noticed, 3);
    assert_int_equal(h.result.preempted, 3);
    harness_end(&h);
}

static void notices_may_be_late_or_lost(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:1 100:0", "0:1"};
    harness_start(&h, harness_trace(2, names, capacity, 300), true, "ideal", "spot(notice=react)", 1);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.notice_delay", "12s");
    harness_set(&h, "cloud.defaults.cold_start", "5s");
    harness_ready(&h, "0:0+0 5:1+0 87:2+0 100:1+0"); /* told at 82 */
    assert_int_equal(h.result.noticed, 1);
    harness_set(&h, "cloud.defaults.notice_delay", "30s"); /* at the lead: never */
    harness_ready(&h, "0:0+0 5:1+0 100:0+0 105:1+0");
    assert_int_equal(h.result.noticed, 0);
    harness_set(&h, "cloud.defaults.notice_delay", "0s");
    harness_set(&h, "cloud.defaults.notice_probability", "0");
    harness_ready(&h, "0:0+0 5:1+0 100:0+0 105:1+0");
    assert_int_equal(h.result.noticed, 0);
    assert_int_equal(h.result.preempted, 1);
    harness_end(&h);
}

static void notices_of_what_comes_after_the_end(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 100:0", 200, "spot", 1);
    harness_set(&h, "cloud.defaults.notice", "30s");
    h.config.horizon_ms = 90000;
    harness_run(&h);
    assert_int_equal(h.result.noticed, 1);
    assert_int_equal(h.result.preempted, 0);
    harness_end(&h);
}

/* A replacement does not go where the recommendation came from, and what is
 * launched there all the same gets its own. */
static void replacements_go_elsewhere(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:4 200:0", "0:4"};
    harness_start(&h, harness_trace(2, names, capacity, 400), true, "ideal", "spot(rebalance=react)+cheapest", 2);
    harness_set(&h, "cloud.defaults.cold_start", "10s");
    harness_set(&h, "cloud.defaults.rebalance", "60s");
    harness_ready(&h, "0:0+0 10:2+0");
    assert_int_equal(h.result.rebalanced, 2);
    assert_int_equal(h.result.preempted, 0);
    assert_int_equal(h.result.pools[1].launched[SP_SPOT], 2);
    harness_end(&h);
    const char *const late[] = {"0:0 150:4 200:0", "0:0"}; /* opens within the lead */
    harness_start(&h, harness_trace(2, names, late, 400), true, "ideal", "spot+cheapest", 2);
    harness_set(&h, "cloud.defaults.rebalance", "60s");
    harness_run(&h);
    assert_int_equal(h.result.rebalanced, 2);
    assert_int_equal(h.result.preempted, 2);
    harness_end(&h);
}

/* ---- rebalance recommendations ------------------------------------------------------------------ */

static void rebalance_recommendations(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:2 100:1", "0:1"};
    for (int oldest = 0; oldest < 2; oldest++) {
        harness_start(&h, harness_trace(2, names, capacity, 300), true, "ideal", "spot(rebalance=react)", 2);
        harness_set(&h, "cloud.defaults.rebalance", "60s");
        harness_set(&h, "cloud.defaults.cold_start", "10s");
        harness_set(&h, "cloud.defaults.reclaim", oldest ? "oldest" : "newest");
        /* told at 40; the replacement in b is ready at 50 and the other let go */
        harness_ready(&h, "0:0+0 10:2+0");
        assert_int_equal(h.result.rebalanced, 1);
        assert_int_equal(h.result.preempted, 0);
        assert_int_equal(h.result.terminated, 1);
        assert_int_equal(h.result.pools[1].launched[SP_SPOT], 1);
        harness_set(&h, "cloud.defaults.rebalance_probability", "0");
        harness_run(&h);
        assert_int_equal(h.result.rebalanced, 0);
        assert_int_equal(h.result.preempted, 1);
        harness_end(&h);
    }
}

/* ---- lifetimes ---------------------------------------------------------------------------------------- */

static void lifetimes_end(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 300, "spot", 1);
    harness_set(&h, "cloud.defaults.lifetime", "120s");
    harness_set(&h, "cloud.defaults.cold_start", "20s");
    harness_ready(&h, "0:0+0 20:1+0 120:0+0 140:1+0 240:0+0 260:1+0");
    assert_int_equal(h.result.preempted, 2);
    harness_set(&h, "cloud.defaults.lifetime_cap", "100s");
    harness_ready(&h, "0:0+0 20:1+0 100:0+0 120:1+0 200:0+0 220:1+0");
    harness_set(&h, "cloud.defaults.lifetime", "none");
    harness_ready(&h, "0:0+0 20:1+0 100:0+0 120:1+0 200:0+0 220:1+0");
    harness_set(&h, "cloud.defaults.lifetime_cap", "0s");
    harness_ready(&h, "0:0+0 20:1+0");
    harness_end(&h);
}

static void lifetimes_give_notice(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 200, "spot(notice=react)", 1);
    harness_set(&h, "cloud.defaults.lifetime_cap", "100s");
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.cold_start", "20s");
    /* noticed at 70, replaced at 90; that one is noticed at 140 (granted at 70), replaced at 160 */
    harness_ready(&h, "0:0+0 20:1+0 90:2+0 100:1+0 160:2+0 170:1+0");
    assert_int_equal(h.result.noticed, 2);
    harness_end(&h);
    one_pool(&h, "0:*", 200, "spot(notice=ignore)", 1);
    harness_set(&h, "cloud.defaults.lifetime_cap", "10s"); /* shorter than the lead: told at once */
    harness_set(&h, "cloud.defaults.notice", "30s");
    h.config.horizon_ms = 9000;
    harness_ready(&h, "0:1+0");
    assert_int_equal(h.result.noticed, 1);
    harness_end(&h);
}

static void on_demand_lives_on(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:0", 300, "on-demand", 2);
    harness_set(&h, "cloud.defaults.lifetime_cap", "10s");
    harness_ready(&h, "0:0+2");
    assert_int_equal(h.result.preempted, 0);
    harness_end(&h);
}

/* The lifetime ends before the noticed fall: one notice, of the earlier end. */
static void the_earlier_of_two_ends(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 100:0", 200, "spot", 1);
    harness_set(&h, "cloud.defaults.notice", "30s");
    harness_set(&h, "cloud.defaults.lifetime_cap", "90s");
    harness_ready(&h, "0:1+0 90:0+0");
    assert_int_equal(h.result.noticed, 1);
    assert_int_equal(h.result.preempted, 1);
    harness_end(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_takes_the_excess),
        cmocka_unit_test(launch_only_limits_launches),
        cmocka_unit_test(ticks_come_before_the_trace),
        cmocka_unit_test(drains_end_after_launches),
        cmocka_unit_test(reclaim_rules),
        cmocka_unit_test(random_reclaim_is_by_seed),
        cmocka_unit_test(a_notice_comes_before_the_end),
        cmocka_unit_test(react_replaces_at_the_notice),
        cmocka_unit_test(no_launch_into_the_window),
        cmocka_unit_test(the_window_opens_at_the_lead),
        cmocka_unit_test(a_victim_let_go_is_not_taken_twice),
        cmocka_unit_test(two_falls_within_one_lead),
        cmocka_unit_test(notices_may_be_late_or_lost),
        cmocka_unit_test(notices_of_what_comes_after_the_end),
        cmocka_unit_test(rebalance_recommendations),
        cmocka_unit_test(replacements_go_elsewhere),
        cmocka_unit_test(lifetimes_end),
        cmocka_unit_test(lifetimes_give_notice),
        cmocka_unit_test(on_demand_lives_on),
        cmocka_unit_test(the_earlier_of_two_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
