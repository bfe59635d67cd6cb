/* SPDX-License-Identifier: Apache-2.0
 * Where the placers put spot launches. */
#include "tests/support/fake_fleet.h"

#include <string.h>

#define NOW_MS 1000

static void assert_placed(struct fake *f, const char *pools) {
    char text[64];
    assert_string_equal(fake_placed(f, text, sizeof text), pools);
}

/* A step that has just heard from the cloud: without that, a composer that
 * found no pool holds its breath until the wake time. */
static void step_after_news(struct fake *f, int64_t now_ms) {
    f->now_ms = now_ms;
    fake_observe_pool(f, 0, SP_OBS_PRICE, f->pools[0].price_uusd_per_h[SP_SPOT]);
    fake_step(f, now_ms);
}

static struct fake *three(const char *policy, uint32_t target) {
    struct fake *f = fake_new(policy, 3);
    f->target = target;
    return f;
}

static void test_cheapest(void **state) {
    (void)state;
    struct fake *f = three("spot+cheapest", 2);
    fake_step(f, 0);
    assert_placed(f, "aa");
    assert_int_equal(f->n_actions, 1); /* one action, count 2 */
    fake_observe_pool(f, 2, SP_OBS_PRICE, 0);
    f->target = 3;
    fake_step(f, 1);
    assert_placed(f, "c");
    fake_observe_pool(f, 0, SP_OBS_PRICE, SP_UNKNOWN); /* unknown sorts last */
    fake_observe_pool(f, 2, SP_OBS_PRICE, 2);          /* a tie: by name */
    f->target = 4;
    fake_step(f, 2);
    assert_placed(f, "b");
    fake_free(f);
}

static void test_round_robin_never_resets(void **state) {
    (void)state;
    struct fake *f = three("spot+round-robin", 4);
    fake_step(f, 0);
    assert_placed(f, "abca");
    fake_observe(f, 1, SP_OBS_PREEMPTED);
    fake_step(f, NOW_MS);
    assert_placed(f, "b");
    fake_observe(f, 2, SP_OBS_DENIED); /* b said no at this instant: passed over */
    fake_observe(f, 5, SP_OBS_DENIED);
    fake_step(f, f->now_ms);
    assert_placed(f, "ca");
    fake_free(f);
}

static void test_even_spread_asks_the_emptiest(void **state) {
    (void)state;
    struct fake *f = three("spot+even-spread", 7);
    fake_add(f, 0, SP_SPOT, SP_READY);
    fake_add(f, 0, SP_SPOT, SP_READY);
    fake_step(f, 0);
    assert_placed(f, "bcbca");            /* as SpotHedge's loop over a rising minimum */
    fake_observe(f, 3, SP_OBS_PREEMPTED); /* both of b */
    fake_observe(f, 5, SP_OBS_PREEMPTED);
    fake_step(f, NOW_MS);
    assert_placed(f, "bb");
    fake_free(f);
}

static void test_least_loaded_passes_over_refusals(void **state) {
    (void)state;
    struct fake *f = three("spot+least-loaded", 3);
    fake_step(f, 0);
    assert_placed(f, "abc");
    f->now_ms = 1;
    fake_observe(f, 1, SP_OBS_GRANTED);
    fake_observe(f, 2, SP_OBS_DENIED);
    fake_observe(f, 3, SP_OBS_GRANTED);
    fake_step(f, 2);
    assert_placed(f, "a"); /* b is emptiest, but refused; a and c tie, a is cheaper */
    f->now_ms = 3;
    fake_observe(f, 1, SP_OBS_PREEMPTED); /* all refused but c */
    fake_step(f, 4);
    assert_placed(f, "c");
    f->now_ms = 5;
    fake_observe(f, 3, SP_OBS_PREEMPTED);
    fake_step(f, 6); /* all refused: the oldest no, b's */
    assert_placed(f, "b");
    f->now_ms = 7;
    fake_observe(f, f->last_launch, SP_OBS_DENIED);
    fake_step(f, 8); /* and then the others in turn */
    assert_placed(f, "a");
    fake_free(f);
}

static void test_random_is_keyed_and_even(void **state) {
    (void)state;
    struct fake *f = three("spot+random", 300), *g = three("spot+random", 300);
    fake_step(f, 0);
    fake_step(g, 0);
    for (uint32_t p = 0; p < 3; p++) {
        assert_in_range(fake_launches(f, p, SP_SPOT), 70, 130);
        assert_int_equal(fake_launches(f, p, SP_SPOT), fake_launches(g, p, SP_SPOT));
    }
    fake_free(f);
    fake_free(g);
}

static void test_random_names_open_pools_only(void **state) {
    (void)state;
    struct fake *f = three("spot+random", 60);
    f->pools[1].last_denied_ms[SP_SPOT] = 0;
    fake_step(f, 0);
    assert_int_equal(fake_launches(f, 1, SP_SPOT), 0);
    assert_true(fake_launches(f, 0, SP_SPOT) > 0 && fake_launches(f, 2, SP_SPOT) > 0);
    f->pools[0].last_denied_ms[SP_SPOT] = f->pools[1].last_denied_ms[SP_SPOT] = f->pools[2].last_denied_ms[SP_SPOT] = 1;
    f->target = 61;
    step_after_news(f, 1);
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, 1 + f->retry_ms);
    fake_free(f);
}

/* ---- ttl-bench ----------------------------------------------------------- */

static void test_ttl_bench(void **state) {
    (void)state;
    struct fake *f = three("spot+ttl-bench(ttl=10s)", 1);
    fake_step(f, 0);
    assert_placed(f, "a");
    f->now_ms = 1000;
    fake_observe(f, 1, SP_OBS_DENIED); /* a until 11 s */
    fake_step(f, 2000);
    assert_placed(f, "b");
    f->now_ms = 3000;
    fake_observe(f, 2, SP_OBS_PREEMPTED); /* b until 13 s */
    fake_step(f, 4000);
    assert_placed(f, "c");
    f->now_ms = 5000;
    fake_observe(f, 3, SP_OBS_PREEMPTED); /* c until 15 s */
    fake_step(f, 6000);
    assert_int_equal(f->n_actions, 0);
    assert_int_equal(f->wake_ms, 11000);
    fake_step(f, 10999);
    assert_int_equal(f->n_actions, 0);
    fake_step(f, 11000);
    assert_placed(f, "a");
    fake_free(f);
}

static void test_ttl_bench_prefers_unused(void **state) {
    (void)state;
    struct fake *f = three("spot+ttl-bench(ttl=10s)", 5);
    fake_step(f, 0);
    assert_placed(f, "abcaa"); /* cheapest unused; when all are used, the cheapest */
    fake_free(f);
}

static void test_ttl_bench_ignores_what_says_nothing(void **state) {
    (void)state;
    struct fake *f = three("spot+ttl-bench(ttl=10s)", 1);
    fake_step(f, 0);
    fake_observe_at(f, 1000, 1, SP_OBS_DENIED, SP_DENIED_GUARD); /* our own guard */
    fake_step(f, 2000);
    assert_placed(f, "a");
    uint64_t on_demand = fake_add(f, 0, SP_ON_DEMAND, SP_PROVISIONING);
    fake_observe(f, on_demand, SP_OBS_DENIED); /* says nothing about spot */
    fake_observe(f, 2, SP_OBS_FAILED);         /* granted, never ready */
    fake_step(f, 3000);
    assert_placed(f, "a");
    fake_free(f);
}

/* ---- SkyPilot's dynamic_fallback ------------------------------------------ */

static void test_skypilot_prefers_unused(void **state) {
    (void)state;
    struct fake *f = three("spot+skypilot", 5);
    fake_step(f, 0);
    assert_placed(f, "abcaa"); /* cheapest unused; when all are used, the cheapest */
    fake_free(f);
}

static void test_skypilot_counts_rows_that_linger(void **state) {
    (void)state;
    static const enum sp_state gone[] = {SP_DRAINING, SP_FAILED, SP_PREEMPTED};
    for (size_t i = 0; i < 3; i++) {
        struct fake *f = three("spot+skypilot", 1);
        fake_add(f, 0, SP_SPOT, gone[i]);
        fake_add(f, 1, SP_ON_DEMAND, SP_DRAINING); /* not spot: does not count */
        fake_step(f, 0);
        assert_placed(f, "b");
        fake_free(f);
    }
}

static void test_skypilot_marks_and_resets(void **state) {
    (void)state;
    struct fake *f = three("spot+skypilot", 1);
    fake_step(f, 0);
    fake_observe(f, 1, SP_OBS_DENIED); /* a preempted: {b, c} active */
    fake_step(f, 1);
    assert_placed(f, "b");
    fake_observe(f, 2, SP_OBS_GRANTED);
    fake_step(f, 2);
    f->now_ms = 3;
    fake_observe(f, 2, SP_OBS_PREEMPTED); /* b too: one active is fewer than two, all active again */
    fake_step(f, 4);
    assert_placed(f, "a");
    fake_free(f);
}

static void test_skypilot_grant_makes_active(void **state) {
    (void)state;
    struct fake *f = fake_new("spot+skypilot", 4);
    f->target = 2;
    fake_step(f, 0); /* a, b */
    f->now_ms = 1;
    fake_observe(f, 1, SP_OBS_DENIED); /* a preempted; b, c, d active */
    fake_step(f, 2);
    assert_placed(f, "c");
    uint64_t in_a = fake_add(f, 0, SP_SPOT, SP_PROVISIONING); /* one was still under way in a */
    fake_observe(f, in_a, SP_OBS_GRANTED);
    fake_observe(f, in_a, SP_OBS_FAILED); /* never ready: says nothing about the zone */
    f->target = 3;
    fake_step(f, 3);
    assert_placed(f, "a");
    fake_free(f);
}

static void test_skypilot_keeps_first_prices(void **state) {
    (void)state;
    struct fake *f = three("spot+skypilot", 1);
    f->pools[1].price_uusd_per_h[SP_SPOT] = SP_UNKNOWN;
    fake_step(f, 0);
    assert_placed(f, "a");
    fake_observe_pool(f, 0, SP_OBS_PRICE, 99);
    fake_observe_pool(f, 1, SP_OBS_PRICE, 50); /* seen now for the first time */
    fake_observe(f, 1, SP_OBS_FAILED);         /* gone, and no mark */
    fake_step(f, 1);
    assert_placed(f, "a"); /* still at price 1 */
    f->target = 3;
    fake_step(f, 2);
    assert_placed(f, "cb"); /* 3 before 50 */
    fake_free(f);
}

static void test_skypilot_skips_a_closed_pool_for_the_instant(void **state) {
    (void)state;
    struct fake *f = fake_new("spot+skypilot", 2);
    f->target = 2;
    fake_step(f, 0);                   /* a, b */
    fake_observe(f, 2, SP_OBS_DENIED); /* b fails: below two active, reset; b is closed at this instant */
    fake_step(f, 0);
    assert_placed(f, "a");
    fake_free(f);
}

static void test_skypilot_ignores_our_own_guard(void **state) {
    (void)state;
    struct fake *f = three("spot+skypilot", 1);
    fake_step(f, 0);
    fake_observe_at(f, 1, 1, SP_OBS_DENIED, SP_DENIED_GUARD);
    fake_step(f, 2);
    assert_placed(f, "a");
    fake_free(f);
}

/* The reset rule starves a fleet whose only good pool is the dearest: failed
 * launches take 180 s and their rows stay 60 s more. */
static void pass_time(struct fake *f, struct sp_instance *r, int64_t t) {
    int64_t age_ms = t - r->launched_ms;
    if (r->state == SP_REQUESTED && r->pool == 2) {
        fake_observe(f, r->launch, SP_OBS_GRANTED);
    } else if (r->state == SP_STARTING && age_ms >= 180000) {
        fake_observe(f, r->launch, SP_OBS_READY);
    } else if (r->state == SP_REQUESTED && age_ms >= 180000) {
        uint32_t pool = r->pool;
        fake_observe(f, r->launch, SP_OBS_DENIED); /* the fake drops the row: one that lingers takes its place */
        fake_row(f, fake_add(f, pool, SP_SPOT, SP_FAILED))->since_ms = t;
    } else if (r->state == SP_FAILED && t - r->since_ms >= 60000) {
        fake_observe(f, r->launch, SP_OBS_CLEARED);
    }
}

static uint32_t most_ready(const char *policy) {
    struct fake *f = three(policy, 4);
    f->interval_ms = 20000;
    uint32_t most = 0;
    for (int64_t t = 0; t < 24 * 3600000LL; t += f->interval_ms) {
        f->now_ms = t - 1; /* just before the tick */
        uint32_t ready = 0;
        for (uint32_t i = 0; i < f->n_slots; i++) {
            if (f->rows[i].launch != 0) pass_time(f, &f->rows[i], t);
            ready += f->rows[i].launch != 0 && f->rows[i].state == SP_READY;
        }
        if (ready > most) most = ready;
        fake_step(f, t);
    }
    fake_free(f);
    return most;
}

static void test_reset_rule_starves_benching_does_not(void **state) {
    (void)state;
    assert_int_equal(most_ready("spot+skypilot"), 1);
    assert_int_equal(most_ready("spot+ttl-bench(ttl=600s)"), 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cheapest),
        cmocka_unit_test(test_round_robin_never_resets),
        cmocka_unit_test(test_even_spread_asks_the_emptiest),
        cmocka_unit_test(test_least_loaded_passes_over_refusals),
        cmocka_unit_test(test_random_is_keyed_and_even),
        cmocka_unit_test(test_random_names_open_pools_only),
        cmocka_unit_test(test_ttl_bench),
        cmocka_unit_test(test_ttl_bench_prefers_unused),
        cmocka_unit_test(test_ttl_bench_ignores_what_says_nothing),
        cmocka_unit_test(test_skypilot_prefers_unused),
        cmocka_unit_test(test_skypilot_counts_rows_that_linger),
        cmocka_unit_test(test_skypilot_marks_and_resets),
        cmocka_unit_test(test_skypilot_grant_makes_active),
        cmocka_unit_test(test_skypilot_keeps_first_prices),
        cmocka_unit_test(test_skypilot_skips_a_closed_pool_for_the_instant),
        cmocka_unit_test(test_skypilot_ignores_our_own_guard),
        cmocka_unit_test(test_reset_rule_starves_benching_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
