/* SPDX-License-Identifier: Apache-2.0
 * The integrals by hand. */
#include "sim/metrics.h"

#include <math.h>
#include <string.h>

#include "tests/support/support.h"

#define S INT64_C(1000)
#define EXACTLY(a, b) assert_true((a) == (b))

static struct metrics m;
static struct sim_result r;

static int fresh(void **state) {
    (void)state;
    metrics_free(&m);
    sim_result_free(&r);
    metrics_start(&m, 1);
    return 0;
}

static int done(void **state) {
    (void)state;
    metrics_free(&m);
    sim_result_free(&r);
    return 0;
}

/* The state from `at_s` on. */
static void now(int64_t at_s, uint32_t spot, uint32_t on_demand) {
    metrics_advance(&m, at_s * S);
    m.ready[SP_SPOT] = spot;
    m.ready[SP_ON_DEMAND] = on_demand;
}

static void finish(int64_t at_s) {
    metrics_advance(&m, at_s * S);
    metrics_finish(&m, &r);
}

static void shares(void **state) {
    (void)state;
    metrics_set_target(&m, 4);
    m.base = 2;
    now(10, 1, 0);  /* 10 s of nothing */
    now(30, 2, 1);  /* 20 s with one */
    now(60, 2, 2);  /* 30 s with three, one of them on demand */
    now(100, 5, 2); /* 40 s with four */
    finish(150);    /* 50 s with seven */
    EXACTLY(r.full, 90.0 / 150);
    EXACTLY(r.any, 140.0 / 150);
    EXACTLY(r.base, 90.0 / 150);
    EXACTLY(r.capacity, (20 * 0.25 + 30 * 0.75 + 90) / 150);
    EXACTLY(r.served, (20 * 1 + 30 * 3 + 90 * 4) / 600.0);
    EXACTLY(r.target_hours, 600.0 / 3600);
    EXACTLY(r.waste_hours_overprovision, 150.0 / 3600);
}

static void outages(void **state) {
    (void)state;
    metrics_set_target(&m, 2);
    now(10, 2, 0);
    now(40, 1, 0);
    now(45, 0, 0);
    now(60, 1, 0);
    now(70, 2, 0);
    now(90, 1, 0);
    finish(100);
    /* full: 0-10, 40-70, 90-100 (cut); any: 0-10, 45-60 */
    assert_int_equal(r.outage_full.count, 3);
    assert_int_equal(r.outage_full.ended, 2);
    assert_int_equal(r.outage_full.longest_ms, 30 * S);
    assert_int_equal(r.outage_full.total_ms, 50 * S);
    assert_true(r.outage_full.last_cut);
    assert_int_equal(r.outage_full.n_lengths, 3);
    assert_int_equal(r.outage_full.lengths_ms[0], 10 * S);
    assert_int_equal(r.outage_full.lengths_ms[1], 30 * S);
    assert_int_equal(r.outage_full.lengths_ms[2], 10 * S);
    EXACTLY(r.outage_full.mean_s, 50.0 / 3);
    EXACTLY(r.outage_full.mttr_s, 25.0); /* 50 s of outage, two repairs seen */
    EXACTLY(r.outage_full.mtbf_s, 50.0 / 3);
    assert_int_equal(r.outage_any.count, 2);
    assert_int_equal(r.outage_any.total_ms, 25 * S);
    assert_false(r.outage_any.last_cut);
    EXACTLY(r.outage_any.mttr_s, 12.5);
}

static void no_outage_has_no_means(void **state) {
    (void)state;
    now(0, 1, 0);
    metrics_set_target(&m, 1);
    finish(10);
    assert_int_equal(r.outage_full.count, 0);
    assert_true(isnan(r.outage_full.mean_s) && isnan(r.outage_full.mttr_s) && isnan(r.outage_full.mtbf_s));
    EXACTLY(r.full, 1.0);
    assert_true(isnan(r.base));
}

static void an_outage_without_end_has_no_mttr(void **state) {
    (void)state;
    metrics_set_target(&m, 1);
    finish(10);
    assert_int_equal(r.outage_full.count, 1);
    assert_int_equal(r.outage_full.ended, 0);
    EXACTLY(r.outage_full.mean_s, 10.0);
    assert_true(isnan(r.outage_full.mttr_s));
    EXACTLY(r.outage_full.mtbf_s, 0.0);
}

/* What comes and goes at one instant leaves no trace. */
static void an_instant_is_no_outage(void **state) {
    (void)state;
    metrics_set_target(&m, 2);
    now(0, 2, 0);
    now(10, 0, 0);
    metrics_lost(&m, 2);
    now(10, 2, 0);
    finish(20);
    assert_int_equal(r.outage_full.count, 0);
    assert_int_equal(r.recovery[2].count, 1); /* two were lost all the same */
    assert_int_equal(r.recovery[2].recovered, 1);
    EXACTLY(r.recovery[2].mean_s, 0.0);
}

static void a_target_of_zero(void **state) {
    (void)state;
    now(0, 0, 0);
    finish(10);
    EXACTLY(r.full, 1.0);
    EXACTLY(r.any, 0.0);
    EXACTLY(r.capacity, 1.0);
    assert_true(isnan(r.served));
    assert_int_equal(r.outage_any.count, 1);
}

static void a_changing_target(void **state) {
    (void)state;
    metrics_set_target(&m, 2);
    now(0, 1, 0);
    metrics_advance(&m, 10 * S);
    metrics_set_target(&m, 2); /* no change */
    metrics_set_target(&m, 5);
    metrics_advance(&m, 20 * S);
    metrics_set_target(&m, 0);
    metrics_advance(&m, 50 * S);
    metrics_set_target(&m, 1);
    finish(60);
    EXACTLY(r.full, 40.0 / 60);
    EXACTLY(r.capacity, (10 * 0.5 + 10 * 0.2 + 30 + 10) / 60);
    EXACTLY(r.served, (10 + 10 + 0 + 10) / 80.0);
    EXACTLY(r.waste_hours_overprovision, 30.0 / 3600);
}

static void base_only_while_asked(void **state) {
    (void)state;
    now(0, 0, 1);
    metrics_advance(&m, 30 * S);
    m.base = 1;
    metrics_advance(&m, 40 * S);
    m.base = 2;
    metrics_advance(&m, 70 * S);
    m.base = 0;
    finish(100);
    EXACTLY(r.base, 10.0 / 40);
}

static void recovery_times(void **state) {
    (void)state;
    metrics_set_target(&m, 4);
    now(0, 4, 0);
    now(10, 1, 0);
    metrics_lost(&m, 1);
    metrics_lost(&m, 2); /* three at one instant */
    now(25, 0, 0);
    metrics_lost(&m, 1);
    now(40, 4, 0); /* back after 30 s and 15 s */
    now(50, 3, 0);
    metrics_lost(&m, 1);
    finish(60);
    assert_int_equal(r.recovery[3].count, 1);
    assert_int_equal(r.recovery[3].recovered, 1);
    EXACTLY(r.recovery[3].mean_s, 30.0);
    assert_int_equal(r.recovery[1].count, 2);
    assert_int_equal(r.recovery[1].recovered, 1);
    EXACTLY(r.recovery[1].mean_s, 15.0);
    assert_int_equal(r.recovery[0].count, 3);
    assert_int_equal(r.recovery[0].recovered, 2);
    EXACTLY(r.recovery[0].mean_s, 22.5);
    assert_int_equal(r.recovery[0].longest_ms, 30 * S);
    assert_int_equal(r.recovery[2].count, 0);
    assert_true(isnan(r.recovery[2].mean_s));
}

static void many_at_once_are_counted_together(void **state) {
    (void)state;
    metrics_set_target(&m, 500);
    now(0, 500, 0);
    now(5, 0, 0);
    metrics_lost(&m, 500);
    now(8, 500, 0);
    finish(10);
    assert_int_equal(r.recovery[RECOVERY_K_MAX].count, 1);
    assert_int_equal(r.recovery[RECOVERY_K_MAX].recovered, 1);
    EXACTLY(r.recovery[RECOVERY_K_MAX].mean_s, 3.0);
}

static void counting_begins_after_warmup(void **state) {
    (void)state;
    metrics_set_target(&m, 2);
    now(5, 1, 0);
    metrics_lost(&m, 1);
    metrics_advance(&m, 20 * S);
    metrics_begin_counting(&m, 20 * S);
    now(30, 2, 0);
    finish(60);
    EXACTLY(r.full, 30.0 / 40);
    EXACTLY(r.any, 1.0);
    assert_int_equal(r.outage_full.count, 1);
    assert_int_equal(r.outage_full.lengths_ms[0], 10 * S); /* cut by the warm-up */
    assert_int_equal(r.recovery[0].count, 0);
    EXACTLY(r.target_hours, 80.0 / 3600);
}

static void an_outage_that_ends_with_warmup_is_none(void **state) {
    (void)state;
    metrics_set_target(&m, 1);
    metrics_advance(&m, 20 * S);
    metrics_begin_counting(&m, 20 * S);
    now(20, 1, 0);
    finish(60);
    assert_int_equal(r.outage_full.count, 0);
    assert_int_equal(r.outage_any.count, 0);
    EXACTLY(r.full, 1.0);
}

static void waste(void **state) {
    (void)state;
    metrics_start(&m, 3); /* three instances per replica */
    metrics_set_target(&m, 1);
    gauge_add(&m.booting, 6, 0);
    metrics_advance(&m, 10 * S);
    gauge_add(&m.booting, -6, 10 * S);
    gauge_add(&m.draining, 3, 10 * S);
    now(20, 2, 0);
    gauge_add(&m.draining, -3, 20 * S);
    finish(30);
    EXACTLY(r.waste_hours_cold, 60.0 / 3600);
    EXACTLY(r.waste_hours_drain, 30.0 / 3600);
    EXACTLY(r.waste_hours_overprovision, 30.0 / 3600);
    EXACTLY(r.target_hours, 90.0 / 3600);
}

static void many_outages(void **state) {
    (void)state;
    metrics_set_target(&m, 1);
    for (int64_t i = 0; i < 1000; i++) now(i * 10, (uint32_t)(i % 2), 0);
    finish(10000);
    assert_int_equal(r.outage_full.count, 500);
    assert_int_equal(r.outage_full.n_lengths, 500);
    EXACTLY(r.outage_full.mean_s, 10.0);
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, fresh, done)
    const struct CMUnitTest tests[] = {
        CASE(shares),
        CASE(outages),
        CASE(no_outage_has_no_means),
        CASE(an_outage_without_end_has_no_mttr),
        CASE(an_instant_is_no_outage),
        CASE(a_target_of_zero),
        CASE(a_changing_target),
        CASE(base_only_while_asked),
        CASE(recovery_times),
        CASE(many_at_once_are_counted_together),
        CASE(counting_begins_after_warmup),
        CASE(an_outage_that_ends_with_warmup_is_none),
        CASE(waste),
        CASE(many_outages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
