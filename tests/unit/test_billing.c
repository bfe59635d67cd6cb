/* SPDX-License-Identifier: Apache-2.0
 * Bills by hand: prices in dollars per hour are 3600 x cents that are easy to
 * follow, 3.6 $/h being 0.1 cent a second. */
#include "cloud/billing.h"
#include "tests/support/support.h"

#define S INT64_C(1000)
#define H (3600 * S)

/* One instance from `from` to `to` at 3.6 $/h; what it costs in $. */
static double lease(enum billing_rule rule, enum sp_market market, enum bill_end end, int64_t from, int64_t to) {
    struct meter m = {.price_uusd_per_h = SP_UNKNOWN};
    struct bill b;
    meter_set_price(&m, 3600000, 0);
    bill_open(&b, &m, from);
    bill_close(&b, &m, rule, market, end, 1, to);
    assert_int_equal(m.used_ms, to - from);
    assert_false(m.unknown_used);
    return money_usd(m.spent);
}
#define SPOT_LET_GO(rule, ms) lease(rule, SP_SPOT, BILL_LET_GO, 5 * S, 5 * S + (ms))
#define EXACTLY(a, b) assert_true((a) == (b))

static void money_is_exact(void **state) {
    (void)state;
    EXACTLY(money_usd(0), 0.0);
    EXACTLY(money_usd(MONEY_PER_USD), 1.0);
    EXACTLY(money_usd(-MONEY_PER_USD / 2), -0.5);
    EXACTLY(money_usd(MONEY_PER_USD / 10), 0.1);
    EXACTLY(money_usd((money)MONEY_PER_USD * 143481 / 120), 143481.0 / 120.0);
    EXACTLY(money_usd(1), 1.0 / 3.6e12);
    /* past 2^53 even in lowest terms */
    money big = ((money)1 << 70) + 1;
    double usd = money_usd(big), whole = (double)(1u << 30) * (double)(1u << 30) * 1024.0 / 3.6e12;
    assert_true(usd > whole * (1 - 1e-15) && usd < whole * (1 + 1e-15));
}

static void plain_is_by_the_millisecond(void **state) {
    (void)state;
    EXACTLY(SPOT_LET_GO(BILLING_PLAIN, 1), 1e-6);
    EXACTLY(SPOT_LET_GO(BILLING_PLAIN, 1500), 0.0015);
    EXACTLY(SPOT_LET_GO(BILLING_PLAIN, H), 3.6);
}

static void seconds_round_up(void **state) {
    (void)state;
    const enum billing_rule rules[] = {BILLING_AWS, BILLING_GCP, BILLING_AZURE, BILLING_RUNPOD};
    for (int i = 0; i < 4; i++) {
        EXACTLY(SPOT_LET_GO(rules[i], 100 * S), 0.1);
        EXACTLY(SPOT_LET_GO(rules[i], 100 * S + 1), 0.101);
        EXACTLY(SPOT_LET_GO(rules[i], 100 * S + 999), 0.101);
    }
}

static void sixty_seconds_at_least(void **state) {
    (void)state;
    EXACTLY(SPOT_LET_GO(BILLING_AWS, 1), 0.06);
    EXACTLY(SPOT_LET_GO(BILLING_GCP, 59 * S + 1), 0.06);
    EXACTLY(SPOT_LET_GO(BILLING_GCP, 60 * S), 0.06);
    EXACTLY(SPOT_LET_GO(BILLING_GCP, 60 * S + 1), 0.061);
    EXACTLY(SPOT_LET_GO(BILLING_AZURE, 1), 0.001);
    EXACTLY(SPOT_LET_GO(BILLING_RUNPOD, 2 * S), 0.002);
    EXACTLY(lease(BILLING_AWS, SP_ON_DEMAND, BILL_LET_GO, 0, 10 * S), 0.06);
    /* GCP charges the minimum for a preempted one too */
    EXACTLY(lease(BILLING_GCP, SP_SPOT, BILL_PREEMPTED, 0, 10 * S), 0.06);
}

static void first_hour_is_free_when_aws_interrupts(void **state) {
    (void)state;
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_PREEMPTED, 7 * S, 7 * S + 3599 * S), 0.0);
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_PREEMPTED, 7 * S, 7 * S + H - 1), 0.0);
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_PREEMPTED, 7 * S, 7 * S + H), 3.6);
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_LET_GO, 7 * S, 7 * S + 3599 * S), 3.599);
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_RUNNING, 7 * S, 7 * S + 3599 * S), 3.599);
    EXACTLY(lease(BILLING_AWS, SP_ON_DEMAND, BILL_PREEMPTED, 7 * S, 7 * S + 3599 * S), 3.599);
    EXACTLY(lease(BILLING_GCP, SP_SPOT, BILL_PREEMPTED, 7 * S, 7 * S + 3599 * S), 3.599);
}

static void running_at_the_horizon_is_not_rounded(void **state) {
    (void)state;
    EXACTLY(lease(BILLING_AWS, SP_SPOT, BILL_RUNNING, 0, 1), 1e-6);
}

static void price_changes_during_a_lease(void **state) {
    (void)state;
    struct meter m = {.price_uusd_per_h = SP_UNKNOWN};
    struct bill b;
    meter_set_price(&m, 3600000, 0);
    bill_open(&b, &m, 10 * S);
    meter_set_price(&m, 7200000, 30 * S);
    meter_set_price(&m, 0, 40 * S);
    meter_set_price(&m, 3600000, 60 * S);
    /* 20 s at .001, 10 s at .002, 20 s free, 5 s at .001, then 5 s to the minimum */
    bill_close(&b, &m, BILLING_AWS, SP_SPOT, BILL_LET_GO, 2, 65 * S);
    EXACTLY(money_usd(m.spent), 0.1);
    assert_int_equal(m.used_ms, 2 * 55 * S);
}

static void unknown_prices_are_remembered_when_used(void **state) {
    (void)state;
    struct meter m = {.price_uusd_per_h = SP_UNKNOWN};
    struct bill before, in, after, edge;
    bill_open(&before, &m, 0);
    meter_set_price(&m, 3600000, 10 * S);
    bill_open(&in, &m, 10 * S);
    bill_close(&in, &m, BILLING_PLAIN, SP_SPOT, BILL_LET_GO, 1, 20 * S);
    assert_false(m.unknown_used);
    bill_close(&before, &m, BILLING_PLAIN, SP_SPOT, BILL_LET_GO, 1, 20 * S);
    assert_true(m.unknown_used);
    m.unknown_used = false;
    /* a lease that ends the moment the price is gone pays no more than its minimum needs */
    bill_open(&edge, &m, 20 * S);
    meter_set_price(&m, SP_UNKNOWN, 90 * S);
    bill_close(&edge, &m, BILLING_PLAIN, SP_SPOT, BILL_LET_GO, 1, 90 * S);
    assert_false(m.unknown_used);
    bill_open(&after, &m, 90 * S);
    bill_close(&after, &m, BILLING_AWS, SP_SPOT, BILL_PREEMPTED, 1, 91 * S); /* free: no price needed */
    assert_false(m.unknown_used);
    bill_open(&after, &m, 91 * S);
    bill_close(&after, &m, BILLING_AWS, SP_SPOT, BILL_LET_GO, 1, 91 * S); /* 60 s at an unknown price */
    assert_true(m.unknown_used);
}

static void warmup_cuts_the_bill_not_the_lease(void **state) {
    (void)state;
    struct meter m = {.price_uusd_per_h = SP_UNKNOWN};
    struct bill b;
    meter_set_price(&m, 3600000, 0);
    bill_open(&b, &m, 0);
    bill_begin_counting(&b, &m, 3000 * S);
    bill_close(&b, &m, BILLING_AWS, SP_SPOT, BILL_PREEMPTED, 1, 3599 * S); /* first hour of the lease */
    EXACTLY(money_usd(m.spent), 0.0);
    assert_int_equal(m.used_ms, 599 * S);
    bill_open(&b, &m, 4000 * S);
    bill_begin_counting(&b, &m, 4050 * S);
    bill_close(&b, &m, BILLING_GCP, SP_SPOT, BILL_LET_GO, 1, 4055 * S); /* lease of 55 s: 5 s to the minimum */
    EXACTLY(money_usd(m.spent), 0.01);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(money_is_exact),
        cmocka_unit_test(plain_is_by_the_millisecond),
        cmocka_unit_test(seconds_round_up),
        cmocka_unit_test(sixty_seconds_at_least),
        cmocka_unit_test(first_hour_is_free_when_aws_interrupts),
        cmocka_unit_test(running_at_the_horizon_is_not_rounded),
        cmocka_unit_test(price_changes_during_a_lease),
        cmocka_unit_test(unknown_prices_are_remembered_when_used),
        cmocka_unit_test(warmup_cuts_the_bill_not_the_lease),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
