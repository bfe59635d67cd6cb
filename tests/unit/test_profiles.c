/* SPDX-License-Identifier: Apache-2.0
 * The profiles say what they are meant to say, in fields that exist. */
#include <string.h>

#include "tests/support/harness.h"

static const char *const zone[] = {"z"};

static void with_profile(struct harness *h, const char *profile) {
    const char *const capacity[] = {"0:9"};
    harness_start(h, harness_trace(1, zone, capacity, 1000), true, profile, "spot", 1);
}

static void profiles_are_found(void **state) {
    (void)state;
    static const char *const names[] = {"skypilot", "ideal", "spothedge", "live"};
    assert_null(sim_profile_find("none"));
    assert_int_equal(sim_profiles_n, 4);
    for (int i = 0; i < 4; i++) {
        const struct sim_profile *p = sim_profile_find(names[i]);
        assert_non_null(p);
        assert_true(strlen(p->summary) > 10);
        struct harness h;
        with_profile(&h, names[i]); /* asserts that every setting is accepted */
        for (uint32_t k = 0; k < p->n; k++) {
            const char *path = p->settings[k].path;
            bool control = strncmp(path, "control.", 8) == 0;
            const struct field *f = control ? field_find(control_fields, control_fields_n, path + 8)
                                            : field_find(pool_fields, pool_fields_n, strrchr(path, '.') + 1);
            assert_non_null(f);
        }
        harness_run(&h);
        assert_true(h.result.full > 0.5);
        harness_end(&h);
    }
}

static void skypilot_has_its_constants(void **state) {
    (void)state;
    struct harness h;
    with_profile(&h, "skypilot");
    const struct control_params *c = &h.config.control;
    assert_int_equal(c->interval_ms, 20000);
    assert_int_equal(c->idle_interval_ms, 5000);
    assert_int_equal(c->pickup_ms, 20000);
    assert_int_equal(c->reap_ms, 20000);
    assert_int_equal(c->probe_ms, 10000);
    assert_int_equal(c->probe_timeout_ms, 15000);
    assert_int_equal(c->job_status_ms, 30000);
    assert_int_equal(c->lb_sync_ms, 20000);
    assert_int_equal(c->drain_ms, 120000);
    assert_int_equal(c->launch_slots, 8);
    assert_true(c->random_phases);
    assert_false(c->observe_capacity);
    assert_int_equal(h.pools[0].denial_delay_ms, 180000);
    harness_end(&h);
}

static void ideal_has_no_lag(void **state) {
    (void)state;
    struct harness h;
    with_profile(&h, "ideal");
    const struct control_params *c = &h.config.control;
    assert_true(c->interval_ms == 0 && c->pickup_ms == 0 && c->reap_ms == 0 && c->probe_ms == 0 && c->lb_sync_ms == 0);
    assert_true(c->drain_ms == 0 && c->linger_ms == 0 && c->job_status_ms == 0);
    assert_true(c->observe_capacity && !c->random_phases && c->launch_slots == UINT32_MAX);
    assert_true(dist_mean_ms(&h.pools[0].cold_start) == 0);
    harness_ready(&h, "0:1+0");
    harness_end(&h);
}

static void spothedge_decides_every_30_s(void **state) {
    (void)state;
    struct harness h;
    with_profile(&h, "spothedge");
    assert_int_equal(h.config.control.interval_ms, 30000);
    assert_int_equal(h.pools[0].billing, BILLING_PLAIN);
    assert_int_equal(h.pools[0].notice_ms, 0);
    assert_false(h.config.control.random_phases);
    harness_ready(&h, "0:1+0");
    harness_end(&h);
}

static void live_decides_on_events(void **state) {
    (void)state;
    struct harness h;
    with_profile(&h, "live");
    assert_int_equal(h.config.control.interval_ms, 0);
    assert_true(h.config.control.probe_ms > 0 && h.config.control.reap_ms > 0);
    harness_end(&h);
}

static void defaults_are_one_node_and_no_guard(void **state) {
    (void)state;
    struct sim_config c;
    struct error e = {0};
    memset(&c, 0x55, sizeof c);
    assert_ok(sim_config_defaults(&c, &e), &e);
    assert_int_equal(c.nodes, 1);
    assert_int_equal(c.max_instances, UINT32_MAX);
    assert_int_equal(c.control.retry_ms, 60000);
    assert_int_equal(c.control.launch_slots, UINT32_MAX);
    assert_null(c.trace);
    assert_int_equal(c.horizon_ms, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(profiles_are_found),     cmocka_unit_test(skypilot_has_its_constants),
        cmocka_unit_test(ideal_has_no_lag),       cmocka_unit_test(spothedge_decides_every_30_s),
        cmocka_unit_test(live_decides_on_events), cmocka_unit_test(defaults_are_one_node_and_no_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
