/* SPDX-License-Identifier: Apache-2.0
 * The controller's loops: when decisions are made, launches sent, outcomes and
 * losses seen.  Phases are 0 unless a test draws them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/harness.h"

static const char *const zone[] = {"z"};

static void one_pool(struct harness *h, const char *capacity, int64_t span_s, const char *policy, uint32_t target) {
    const char *const list[] = {capacity};
    harness_start(h, harness_trace(1, zone, list, span_s), true, "ideal", policy, target);
    harness_set(h, "control.observe_capacity", "false");
}

/* ---- decisions ------------------------------------------------------------------------ */

static void decisions_at_ticks_only(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 65:0 70:1", 200, "spot", 1);
    harness_set(&h, "control.interval", "30s");
    harness_ready(&h, "0:1+0 65:0+0 90:1+0");
    harness_end(&h);
}

static void ticks_are_faster_while_idle(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 200, "series(file=\"0s:0 12s:1 90s:0 131s:2\")+spot", 0);
    harness_set(&h, "control.interval", "20s");
    harness_set(&h, "control.idle_interval", "5s");
    /* ticks 0 5 10 15 (acts) 35 55 75 95 (lets go) 100 ... 130 135 (acts) */
    harness_ready(&h, "0:0+0 15:1+0 95:0+0 135:2+0");
    harness_end(&h);
}

static void events_are_decided_on_at_once(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:2 65:1", 200, "skyserve(dynamic=true)", 2);
    harness_set(&h, "control.retry", "1000s");
    harness_ready(&h, "0:2+0 65:1+1");
    harness_end(&h);
}

static void retries_when_nothing_can_be_asked(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:0 95:1", 300, "spot", 1);
    harness_set(&h, "control.retry", "40s");
    harness_ready(&h, "0:0+0 120:1+0"); /* asked at 0, 40, 80, 120 */
    assert_int_equal(h.result.denied, 3);
    harness_set(&h, "control.observe_capacity", "true");
    harness_ready(&h, "0:0+0 95:1+0"); /* seen at once, and not asked in vain */
    assert_int_equal(h.result.denied, 1);
    harness_end(&h);
}

/* ---- sending ------------------------------------------------------------------------------ */

static void launches_wait_for_their_round(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 300, "series(file=\"0s:1 45s:2\")+spot", 0);
    harness_set(&h, "control.pickup", "20s");
    harness_set(&h, "cloud.defaults.launch_delay", "7s");
    harness_ready(&h, "0:0+0 7:1+0 67:2+0"); /* decided at 0 and 45, sent at 0 and 60 */
    harness_end(&h);
}

static void launch_slots_hold_back(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 300, "spot", 5);
    harness_set(&h, "control.launch_slots", "2");
    harness_set(&h, "cloud.defaults.launch_delay", "10s");
    harness_ready(&h, "0:0+0 10:2+0 20:4+0 30:5+0");
    harness_set(&h, "control.pickup", "25s");
    harness_ready(&h, "0:0+0 10:2+0 35:4+0 60:5+0");
    /* a slot is free only once the outcome is seen */
    harness_set(&h, "control.pickup", "0s");
    harness_set(&h, "control.reap", "15s");
    harness_ready(&h, "0:0+0 15:2+0 30:4+0 45:5+0");
    harness_end(&h);
}

/* What waits may be let go before it is sent. */
static void waiting_launches_can_be_let_go(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 300, "series(file=\"0s:80 5s:1\")+spot", 0);
    harness_set(&h, "control.launch_slots", "1");
    harness_set(&h, "cloud.defaults.launch_delay", "10s");
    harness_ready(&h, "0:0+0 10:1+0"); /* those not sent go first, so the one under way is kept */
    assert_int_equal(h.result.launched[SP_SPOT], 1);
    harness_end(&h);
}

/* More and more wait while some have been sent: first come, first served. */
static void a_long_queue(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:*", 400, "series(file=\"0s:50 20.5s:150 40.5s:300\")+spot", 0);
    harness_set(&h, "control.launch_slots", "1");
    harness_set(&h, "cloud.defaults.launch_delay", "1s");
    harness_run(&h); /* one becomes ready every second, without a gap */
    assert_int_equal(h.result.launched[SP_SPOT], 300);
    assert_true(h.result.pools[0].ready_hours[SP_SPOT] == (300.0 * 400 - 300.0 * 301 / 2) / 3600);
    harness_end(&h);
}

/* ---- seeing outcomes ----------------------------------------------------------------------------- */

static void outcomes_are_reaped(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:0 10:1", 300, "spot", 1);
    harness_set(&h, "control.reap", "20s");
    harness_set(&h, "control.retry", "1s");
    harness_set(&h, "cloud.defaults.launch_delay", "5s");
    /* asked at 0, refused at 5, seen at 20; asked at 21, granted at 26 and up, seen at 40 */
    harness_ready(&h, "0:0+0 40:1+0");
    assert_int_equal(h.result.denied, 1);
    assert_true(h.result.hours[SP_SPOT] == 274.0 / 3600);
    harness_end(&h);
}

static void readiness_is_probed_then_balanced(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", 300, "spot", 1);
    harness_set(&h, "cloud.defaults.cold_start", "33s");
    harness_set(&h, "control.probe", "10s");
    harness_ready(&h, "0:0+0 40:1+0");
    harness_set(&h, "control.lb_sync", "15s");
    harness_ready(&h, "0:0+0 45:1+0");
    harness_set(&h, "control.reap", "50s"); /* not probed before it is known to be there */
    harness_set(&h, "control.launch_slots", "1");
    harness_set(&h, "cloud.defaults.launch_delay", "1s");
    harness_ready(&h, "0:0+0 60:1+0");
    harness_end(&h);
}

/* Ready means truly up and seen ready: one that dies unseen is not. */
static void losses_count_when_they_happen(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 103:0 104:1", 300, "spot", 1);
    harness_set(&h, "control.probe", "10s");
    harness_ready(&h, "0:1+0 103:0+0 110:1+0");
    harness_set(&h, "control.job_status", "7s"); /* at 105: sooner */
    harness_ready(&h, "0:1+0 103:0+0 110:1+0");  /* seen at 105, launched, probed at 110 */
    harness_set(&h, "cloud.defaults.cold_start", "30s");
    harness_ready(&h, "0:0+0 30:1+0 103:0+0 140:1+0");
    harness_set(&h, "control.job_status", "0s");
    harness_set(&h, "control.probe", "12s"); /* seen at 108, up at 138 */
    harness_ready(&h, "0:0+0 36:1+0 103:0+0 144:1+0");
    harness_end(&h);
}

static void a_dead_replicas_probe_times_out(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 103:0 104:1", 300, "spot", 1);
    harness_set(&h, "control.probe", "10s");
    harness_set(&h, "control.probe_timeout", "15s");
    double least = 1e9, most = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        h.config.seed = seed;
        harness_run(&h);
        assert_int_equal(h.result.outage_full.count, 1);
        double s = (double)h.result.outage_full.longest_ms / 1000;
        assert_true(s == 7 || s == 17 || s == 27); /* probed at 110, dead for up to 15 s, ready at a probe */
        if (s < least) least = s;
        if (s > most) most = s;
    }
    assert_true(least < 20 && most > 16);
    harness_end(&h);
}

static void rows_linger(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:1 50:0 51:1", "0:1"};
    /* SkyPilot's placer avoids a location with any row, also a dead one */
    harness_start(&h, harness_trace(2, names, capacity, 300), true, "ideal", "spot+skypilot", 1);
    harness_set(&h, "control.linger", "60s");
    harness_explains(&h, "0.000s launch spot replica 1 in a\n50.000s launch spot replica 2 in b");
    harness_end(&h);
    const char *const once[] = {"0:0", "0:0"};
    harness_start(&h, harness_trace(2, names, once, 300), true, "ideal", "spot+cheapest", 1);
    harness_set(&h, "control.linger", "60s");
    harness_set(&h, "control.observe_capacity", "false");
    harness_set(&h, "control.retry", "20s");
    harness_run(&h); /* a refused row does not count as alive, so it holds nothing back */
    assert_true(h.result.denied >= 2 * 10);
    harness_end(&h);
}

static void failed_starts_are_seen_by_the_reaper(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", 100, "spot", 1);
    harness_set(&h, "cloud.defaults.start_failure", "1");
    harness_set(&h, "cloud.defaults.cold_start", "31s");
    harness_set(&h, "control.reap", "20s");
    harness_run(&h); /* fails at 31, seen at 40; fails at 71 */
    assert_int_equal(h.result.failed, 2);
    assert_int_equal(h.result.launched[SP_SPOT], 3);
    harness_end(&h);
}

/* Taken before the launch's outcome was seen. */
static void lost_before_it_was_known(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1 10:0 15:1", 200, "spot", 1);
    harness_set(&h, "control.reap", "50s");
    harness_set(&h, "control.launch_slots", "1");
    harness_set(&h, "cloud.defaults.launch_delay", "1s");
    harness_set(&h, "cloud.defaults.cold_start", "30s");
    harness_run(&h);
    assert_int_equal(h.result.preempted, 1);
    assert_int_equal(h.result.launched[SP_SPOT], 2); /* the slot was given back */
    harness_end(&h);
}

/* ---- phases -------------------------------------------------------------------------------------- */

static void phases_are_drawn_per_replication(void **state) {
    (void)state;
    struct harness h;
    one_pool(&h, "0:1", 300, "spot", 1);
    harness_set(&h, "control.interval", "100s");
    harness_set(&h, "control.random_phases", "true");
    double sum = 0, first = -1;
    bool differ = false;
    for (uint64_t i = 0; i < 100; i++) {
        h.config.replication = i;
        harness_run(&h);
        double start = 300 * (1 - h.result.full);
        assert_true(start >= 0 && start < 100);
        differ |= first >= 0 && start != first;
        first = start;
        sum += start;
    }
    assert_true(differ);
    assert_true(sum / 100 > 38 && sum / 100 < 62);
    harness_end(&h);
}

/* SkyPilot's loops together: from kill to the start of provisioning 25-40 s,
 * at worst 65 s. */
static void skypilots_reaction_time(void **state) {
    (void)state;
    struct harness h;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:1 3000:0", "0:1"};
    harness_start(&h, harness_trace(2, names, capacity, 6000), true, "skypilot", "spot+round-robin", 1);
    harness_set(&h, "cloud.defaults.denial_delay", "0s");
    harness_set(&h, "control.linger", "0s");
    double sum = 0, most = 0;
    int n = 300;
    for (int i = 0; i < n; i++) {
        h.config.replication = (uint64_t)i;
        harness_run(&h);
        double reaction = 3000 - h.result.pools[1].hours[SP_SPOT] * 3600;
        if (h.result.pools[1].hours[SP_SPOT] == 0) fail_msg("replication %d: b is never used", i);
        if (reaction > most) most = reaction;
        sum += reaction;
    }
    double mean = sum / n;
    if (mean < 25 || mean > 40 || most > 65) fail_msg("mean reaction %.1f s, longest %.1f s", mean, most);
    harness_end(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_at_ticks_only),
        cmocka_unit_test(ticks_are_faster_while_idle),
        cmocka_unit_test(events_are_decided_on_at_once),
        cmocka_unit_test(retries_when_nothing_can_be_asked),
        cmocka_unit_test(launches_wait_for_their_round),
        cmocka_unit_test(launch_slots_hold_back),
        cmocka_unit_test(waiting_launches_can_be_let_go),
        cmocka_unit_test(a_long_queue),
        cmocka_unit_test(outcomes_are_reaped),
        cmocka_unit_test(readiness_is_probed_then_balanced),
        cmocka_unit_test(losses_count_when_they_happen),
        cmocka_unit_test(a_dead_replicas_probe_times_out),
        cmocka_unit_test(rows_linger),
        cmocka_unit_test(failed_starts_are_seen_by_the_reaper),
        cmocka_unit_test(lost_before_it_was_known),
        cmocka_unit_test(phases_are_drawn_per_replication),
        cmocka_unit_test(skypilots_reaction_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
