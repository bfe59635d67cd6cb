/* SPDX-License-Identifier: Apache-2.0
 * From the decision to a ready replica: delays, denials, limits, by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/harness.h"

static const char *const zone[] = {"z"}, *const two[] = {"a", "b"};

static void one_pool(struct harness *h, const char *capacity, const char *policy, uint32_t target) {
    const char *const list[] = {capacity};
    harness_start(h, harness_trace(1, zone, list, 300), true, "ideal", policy, target);
}

static void two_pools(struct harness *h, const char *a, const char *b, const char *policy, uint32_t target) {
    const char *const list[] = {a, b};
    harness_start(h, harness_trace(2, two, list, 300), true, "ideal", policy, target);
}

/* ---- delays ----------------------------------------------------------------------- */

static void grants_take_their_delays(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", "spot", 1);
    harness_set(&h, "cloud.defaults.launch_delay", "30s");
    harness_set(&h, "cloud.defaults.cold_start", "100s");
    harness_ready(&h, "0:0+0 130:1+0");
    /* billed from the grant */
    assert_true(h.result.hours[SP_SPOT] == 270.0 / 3600);
    assert_true(h.result.waste_hours_cold == 100.0 / 3600);
    harness_end(&h);
}

/* Judged when granted, not when asked. */
static void capacity_is_judged_at_the_grant(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:0 20:1", "spot", 1);
    harness_set(&h, "cloud.defaults.launch_delay", "30s");
    harness_ready(&h, "0:0+0 30:1+0");
    assert_int_equal(h.result.denied, 0);
    harness_end(&h);
    one_pool(&h, "0:1 20:0", "spot", 1);
    harness_set(&h, "cloud.defaults.launch_delay", "30s");
    harness_ready(&h, "0:0+0");
    assert_true(h.result.denied >= 1);
    harness_end(&h);
}

/* The denial is known after its own delay; meanwhile nothing else is tried. */
static void denials_take_their_delay(void **state) {
    (void)state;
    struct harness h;
    two_pools(&h, "0:0", "0:1", "spot+round-robin", 1);
    harness_set(&h, "cloud.defaults.launch_delay", "5s");
    harness_set(&h, "cloud.defaults.denial_delay", "60s");
    harness_ready(&h, "0:0+0 65:1+0");
    assert_int_equal(h.result.pools[0].denied[SP_SPOT], 1);
    harness_end(&h);
    two_pools(&h, "0:0", "0:1", "spot+round-robin", 1);
    harness_set(&h, "cloud.defaults.launch_delay", "20s"); /* the longer of the two */
    harness_set(&h, "cloud.defaults.denial_delay", "5s");
    harness_ready(&h, "0:0+0 40:1+0");
    harness_end(&h);
}

/* All within one instant: four asked of a, three denied, asked of b, one denied. */
static void a_pool_is_asked_once_at_an_instant(void **state) {
    (void)state;
    struct harness h;
    two_pools(&h, "0:1", "0:2", "spot+cheapest", 4);
    harness_set(&h, "control.observe_capacity", "false");
    h.config.horizon_ms = 30000; /* before the retry */
    harness_ready(&h, "0:3+0");
    assert_int_equal(h.result.pools[0].denied[SP_SPOT], 3);
    assert_int_equal(h.result.pools[1].denied[SP_SPOT], 1);
    h.config.horizon_ms = 61000; /* after 60 s both are asked once more */
    harness_run(&h);
    assert_int_equal(h.result.pools[0].denied[SP_SPOT], 4);
    assert_int_equal(h.result.pools[1].denied[SP_SPOT], 2);
    harness_end(&h);
}

static void a_request_can_be_called_back(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", "series(file=\"0s:1 10s:0\")+spot", 0);
    harness_set(&h, "cloud.defaults.launch_delay", "60s");
    harness_ready(&h, "0:0+0");
    assert_int_equal(h.result.launched[SP_SPOT], 0);
    assert_int_equal(h.result.terminated, 0);
    assert_true(h.result.hours[SP_SPOT] == 0);
    harness_end(&h);
}

/* ---- on demand ------------------------------------------------------------------------- */

static void on_demand_goes_to_the_cheapest_that_gives(void **state) {
    (void)state;
    struct harness h;
    two_pools(&h, "0:0", "0:0", "on-demand", 3);
    harness_set(&h, "cloud.pools.a.price_on_demand", "2");
    harness_set(&h, "cloud.pools.b.price_on_demand", "1");
    harness_set(&h, "cloud.pools.b.on_demand_capacity", "1");
    harness_ready(&h, "0:0+3");
    assert_int_equal(h.result.pools[1].launched[SP_ON_DEMAND], 1);
    assert_int_equal(h.result.pools[1].denied[SP_ON_DEMAND], 2);
    assert_int_equal(h.result.pools[0].launched[SP_ON_DEMAND], 2);
    /* 300 s at 1 + 2 + 2 $/h, against three at the cheapest price */
    assert_true(fabs(h.result.cost_total_usd - 5.0 / 12) < 1e-12);
    assert_true(fabs(h.result.relative_to_on_demand - 5.0 / 3) < 1e-12);
    harness_end(&h);
}

static void on_demand_may_be_denied(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:0", "on-demand", 1);
    harness_set(&h, "cloud.defaults.on_demand_denial", "1");
    harness_set(&h, "control.retry", "100s");
    harness_ready(&h, "0:0+0");
    assert_int_equal(h.result.pools[0].denied[SP_ON_DEMAND], 3); /* at 0, 100 and 200 */
    assert_true(isnan(h.result.relative_to_on_demand));          /* nobody said what on-demand costs */
    harness_end(&h);
}

static void spot_may_be_denied_despite_room(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", "skyserve(dynamic=true)", 2);
    harness_set(&h, "cloud.defaults.spot_denial", "1");
    harness_ready(&h, "0:0+2");
    assert_true(h.result.pools[0].denied[SP_SPOT] >= 2);
    harness_end(&h);
}

/* ---- quotas, guard --------------------------------------------------------------------------- */

static void quotas_bind_a_region(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"r/a", "r/b", "s/a"}, *const capacity[] = {"0:9", "0:9", "0:9"};
    static char r[] = "r", all[] = "*";
    const struct quota quotas[] = {{r, SP_SPOT, 3}, {all, SP_SPOT, 4}, {r, SP_ON_DEMAND, 0}};
    harness_start(&h, harness_trace(3, names, capacity, 300), true, "ideal", "static-base(base=1)+even-spread", 9);
    h.config.quotas = quotas;
    h.config.n_quotas = 3;
    harness_ready(&h, "0:7+1");
    assert_int_equal(h.result.pools[0].launched[SP_SPOT] + h.result.pools[1].launched[SP_SPOT], 3);
    assert_int_equal(h.result.pools[2].launched[SP_SPOT], 4);
    assert_int_equal(h.result.pools[2].launched[SP_ON_DEMAND], 1);
    harness_end(&h);
}

static void the_guard_limits_instances(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", "static-base(base=2)", 6);
    h.config.max_instances = 5;
    h.config.nodes = 2;
    harness_run(&h);
    assert_int_equal(h.result.launched[SP_SPOT] + h.result.launched[SP_ON_DEMAND], 2);
    assert_int_equal(h.result.denied, 0); /* the cloud was not asked */
    harness_end(&h);
}

/* ---- what a replica is ------------------------------------------------------------------------- */

static void a_replica_of_four_instances(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:9 100:7 200:8", "spot", 2);
    h.config.nodes = 4;
    harness_set(&h, "cloud.defaults.price_spot", "1");
    harness_set(&h, "cloud.defaults.price_on_demand", "2");
    /* 8 of 9 held; 7 do not hold two replicas, so one dies whole */
    harness_ready(&h, "0:2+0 100:1+0 200:2+0");
    assert_int_equal(h.result.preempted, 1);
    assert_int_equal(h.result.launched[SP_SPOT], 3);
    assert_true(h.result.hours[SP_SPOT] == (200.0 + 100 + 200) * 4 / 3600);
    assert_true(h.result.target_hours == 300.0 * 2 * 4 / 3600);
    assert_true(fabs(h.result.relative_to_on_demand - (500.0 * 4 * 1) / (300.0 * 2 * 4 * 2)) < 1e-12);
    harness_end(&h);
}

static void weights_count_for_several(void **state) {
    (void)state;
    struct harness h;
    two_pools(&h, "0:9 100:0", "0:9", "spot+cheapest", 5);
    harness_set(&h, "cloud.pools.a.weight", "3");
    harness_set(&h, "cloud.defaults.price_on_demand", "6");
    /* two rows of a count for six; when they go, five single ones in b */
    harness_ready(&h, "0:6+0 100:5+0");
    assert_int_equal(h.result.pools[0].launched[SP_SPOT], 2);
    assert_int_equal(h.result.pools[1].launched[SP_SPOT], 5);
    assert_int_equal(h.result.preempted, 2);
    assert_int_equal(h.result.recovery[6].count, 1); /* six replicas at once */
    assert_int_equal(h.result.recovery[6].recovered, 1);
    assert_true(h.result.waste_hours_overprovision == 100.0 / 3600);
    harness_end(&h);
}

static void cold_starts_are_drawn(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", "spot", 40);
    harness_set(&h, "cloud.defaults.cold_start", "uniform(60s,120s)");
    harness_run(&h);
    double mean = h.result.waste_hours_cold * 3600 / 40;
    assert_true(mean > 82 && mean < 98); /* 90 expected */
    h.config.seed = 2;
    double before = h.result.waste_hours_cold;
    harness_run(&h);
    assert_true(h.result.waste_hours_cold != before);
    h.config.seed = 1;
    h.config.replication = 1;
    harness_run(&h);
    assert_true(h.result.waste_hours_cold != before);
    harness_end(&h);
}

/* Common random numbers: the n-th launch in a pool has the same luck whatever
 * else is launched. */
static void luck_does_not_depend_on_the_policy(void **state) {
    (void)state;
    struct harness h;
    double cold[2];
    for (int i = 0; i < 2; i++) {
        two_pools(&h, "0:1", "0:1", i ? "static-base(base=1)+cheapest" : "spot+round-robin", 2);
        harness_set(&h, "cloud.defaults.cold_start", "uniform(10s,100s)");
        harness_run(&h);
        cold[i] = h.result.pools[0].ready_hours[SP_SPOT];
        harness_end(&h);
    }
    assert_true(cold[0] == cold[1]);
}

static void some_never_become_ready(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", "spot", 1);
    harness_set(&h, "cloud.defaults.start_failure", "1");
    harness_set(&h, "cloud.defaults.cold_start", "100s");
    harness_set(&h, "cloud.defaults.price_spot", "3.6");
    harness_ready(&h, "0:0+0");
    assert_int_equal(h.result.failed, 2); /* at 100 and 200; the third is still starting */
    assert_int_equal(h.result.launched[SP_SPOT], 3);
    assert_int_equal(h.result.preempted + h.result.terminated, 0);
    assert_true(fabs(h.result.cost_total_usd - 0.3) < 1e-12); /* paid for nevertheless */
    harness_end(&h);
}

static void drains_are_paid_for_and_hold_capacity(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:2", "series(file=\"0s:2 100s:1 110s:2\")+spot", 0);
    harness_set(&h, "control.drain", "60s");
    harness_set(&h, "cloud.defaults.price_spot", "3.6");
    harness_ready(&h, "0:2+0 100:1+0 160:2+0"); /* the place is free at 160 */
    assert_int_equal(h.result.terminated, 1);
    assert_true(h.result.waste_hours_drain == 60.0 / 3600);
    assert_true(fabs(h.result.cost_total_usd - 0.001 * (300 + 160 + 140)) < 1e-12);
    harness_end(&h);
}

/* ---- many at once ------------------------------------------------------------------------------- */

static void thousands_of_replicas(void **state) {
    (void)state;
    struct harness h;
    two_pools(&h, "0:3000 100:1000 150:3000", "0:2000 120:0", "spot+even-spread", 4000);
    harness_set(&h, "cloud.defaults.cold_start", "uniform(1s,30s)");
    harness_set(&h, "cloud.defaults.reclaim", "random");
    harness_run(&h);
    assert_int_equal(h.result.preempted, 1000 + 2000);        /* each held 2000 */
    assert_true(h.result.full > 0.2 && h.result.full < 0.35); /* from about 30 s to 100 s */
    harness_end(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grants_take_their_delays),     cmocka_unit_test(capacity_is_judged_at_the_grant),
        cmocka_unit_test(denials_take_their_delay),     cmocka_unit_test(a_pool_is_asked_once_at_an_instant),
        cmocka_unit_test(a_request_can_be_called_back), cmocka_unit_test(on_demand_goes_to_the_cheapest_that_gives),
        cmocka_unit_test(on_demand_may_be_denied),      cmocka_unit_test(spot_may_be_denied_despite_room),
        cmocka_unit_test(quotas_bind_a_region),         cmocka_unit_test(the_guard_limits_instances),
        cmocka_unit_test(a_replica_of_four_instances),  cmocka_unit_test(weights_count_for_several),
        cmocka_unit_test(cold_starts_are_drawn),        cmocka_unit_test(luck_does_not_depend_on_the_policy),
        cmocka_unit_test(some_never_become_ready),      cmocka_unit_test(drains_are_paid_for_and_hold_capacity),
        cmocka_unit_test(thousands_of_replicas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
