/* SPDX-License-Identifier: Apache-2.0
 * Plain runs have a loop of their own; the general one must come to the same.  So
 * must ends of cold starts that wait in the lane and in the tournament. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "sim/sim_private.h"
#include "tests/support/random_run.h"

static void ignore(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                   uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    (void)arg;
    (void)at_ms;
    (void)ready_spot;
    (void)ready_on_demand;
    (void)target;
    (void)capacity;
    (void)cost_rate_uusd_per_h;
}

/* What is left of a random run without all that is not plain. */
static void make_plain(struct random_run *r, uint64_t seed) {
    static const char *const lives[] = {"none", "exponential(3m)", "exponential(20s)", "weibull(20m,0.6)", "90s"};
    struct luck l = {.key = seed};
    struct sim_config *c = &r->h.config;
    struct error e = {0};
    c->n_groups = 1;
    c->control = (struct control_params){.launch_slots = UINT32_MAX,
                                         .retry_ms = c->control.retry_ms,
                                         .observe_capacity = c->control.observe_capacity,
                                         .drain_ms = c->control.drain_ms};
    c->nodes = 1;
    c->n_quotas = 0;
    bool at_once = luck_one_in(&l, 2), one_cold_start = luck_one_in(&l, 2);
    for (uint32_t p = 0; p < r->h.trace->n_pools; p++) {
        struct pool_params *pool = &r->h.pools[p];
        pool->notice_ms = pool->rebalance_ms = 0;
        pool->start_failure = 0;
        pool->weight = 1;
        if (at_once) pool->launch_delay_ms = pool->denial_delay_ms = 0;
        dist_free(&pool->lifetime);
        assert_ok(dist_from_text(lives[luck_below(&l, 5)], &pool->lifetime, &e), &e);
        if (!one_cold_start) continue;
        dist_free(&pool->cold_start);
        assert_ok(dist_from_text("40s", &pool->cold_start, &e), &e);
    }
}

static void the_general_loop_comes_to_the_same(void **state) {
    (void)state;
    uint64_t n = test_times(1500, 40000), steps = 0;
    const char *one = getenv("SPOTSIM_SEED");
    uint64_t first = one ? strtoull(one, NULL, 10) : 0, end = one ? first + 1 : n;
    struct sim *plain = sim_new(), *general = sim_new();
    const struct sim_outputs outputs = {.timeline = ignore};
    for (uint64_t i = first; i < end; i++) {
        struct random_run r;
        struct error e = {0};
        struct sim_result a, b;
        random_run_start(&r, i);
        make_plain(&r, i);
        assert_ok(sim_run(plain, &r.h.config, NULL, &a, &e), &e);
        assert_ok(sim_run(general, &r.h.config, &outputs, &b, &e), &e);
        assert_true(plain->plain && !general->plain);
        const char *what = results_differ(&a, &b);
        if (what) fail_msg("seed %" PRIu64 ": %s differs in the general loop; %s", i, what, r.text);
        steps += a.steps;
        sim_result_free(&a);
        sim_result_free(&b);
        random_run_end(&r);
    }
    sim_free(plain);
    sim_free(general);
    test_count("plain runs in both loops", n);
    test_count("  steps in them", steps);
}

static void set_cold_start(struct pool_params *p, const char *form, uint32_t seconds) {
    char text[64];
    struct error e = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, form, seconds, seconds);
#pragma GCC diagnostic pop
    dist_free(&p->cold_start);
    assert_ok(dist_from_text(text, &p->cold_start, &e), &e);
}

/* A constant cold start and a drawn one that comes out the same: only the former
 * waits in the lane.  Whole seconds, so that much comes at once. */
static void the_lane_changes_nothing(void **state) {
    (void)state;
    uint64_t n = test_times(1500, 40000), plain = 0;
    static const char *const lives[] = {"40s", "200s", "none", "90s", "exponential(2m)"};
    struct sim *sim = sim_new();
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct error e = {0};
        struct sim_result a, b;
        struct luck l = {.key = i};
        random_run_start(&r, i);
        if (i % 2) make_plain(&r, i);
        uint32_t pools = r.h.trace->n_pools, cold[16];
        for (uint32_t p = 0; p < pools; p++) {
            cold[p] = 20 * luck_below(&l, 6);
            dist_free(&r.h.pools[p].lifetime);
            assert_ok(dist_from_text(lives[luck_below(&l, 5)], &r.h.pools[p].lifetime, &e), &e);
            set_cold_start(&r.h.pools[p], "%us", cold[p]);
        }
        assert_ok(sim_run(sim, &r.h.config, NULL, &a, &e), &e);
        plain += sim->plain;
        for (uint32_t p = 0; p < pools; p++) set_cold_start(&r.h.pools[p], "uniform(%us,%us)", cold[p]);
        assert_ok(sim_run(sim, &r.h.config, NULL, &b, &e), &e);
        const char *what = results_differ(&a, &b);
        if (what) fail_msg("seed %" PRIu64 ": %s differs without the lane; %s", i, what, r.text);
        sim_result_free(&a);
        sim_result_free(&b);
        random_run_end(&r);
    }
    sim_free(sim);
    test_count("runs with and without the lane", n);
    test_count("  of them plain", plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_general_loop_comes_to_the_same),
                                       cmocka_unit_test(the_lane_changes_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
