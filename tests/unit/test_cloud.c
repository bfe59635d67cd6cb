/* SPDX-License-Identifier: Apache-2.0
 * The cloud's truth, asked directly: grants, denials, victims, look-ahead. */
#include "cloud/cloud.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "tests/support/random_run.h"

#define S INT64_C(1000)

struct fixture {
    struct trace *trace;
    struct pool_params pools[4];
    struct cloud cloud;
    struct cloud_params params;
};

static void open_cloud(struct fixture *f, uint32_t n, const char *const *names, const char *const *capacity) {
    struct error e = {0};
    memset(f, 0, sizeof *f);
    f->trace = harness_trace(n, names, capacity, 100000);
    for (uint32_t i = 0; i < n; i++) assert_ok(field_defaults(pool_fields, pool_fields_n, &f->pools[i], &e), &e);
    f->params =
        (struct cloud_params){.n_pools = n, .trace_pools = f->trace->pools, .pools = f->pools, .nodes = 1, .key = 7};
}

static void begin(struct fixture *f) {
    struct error e = {0};
    assert_ok(cloud_start(&f->cloud, &f->params, &e), &e);
    assert_ok(cloud_reserve(&f->cloud, 500, &e), &e);
    for (uint32_t i = 0; i < f->params.n_pools; i++)
        cloud_set_capacity(&f->cloud, i, f->trace->pools[i].capacity.value[0]);
}

static void close_cloud(struct fixture *f) {
    cloud_free(&f->cloud);
    trace_free(f->trace);
}

static int launch(struct fixture *f, uint32_t slot, uint32_t pool, enum sp_market market, int64_t now_ms) {
    return cloud_launch(&f->cloud, slot, pool, market, cloud_next_launch(&f->cloud, pool, market), now_ms);
}

static const char *const one[] = {"r/a"};

static void capacity_limits_spot(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:5"};
    open_cloud(&f, 1, one, capacity);
    f.params.nodes = 2;
    f.pools[0].on_demand_capacity = 2;
    begin(&f);
    assert_int_equal(launch(&f, 0, 0, SP_SPOT, 0), 0);
    assert_int_equal(launch(&f, 1, 0, SP_SPOT, 0), 0);
    assert_int_equal(launch(&f, 2, 0, SP_SPOT, 0), SP_DENIED_CAPACITY); /* 4 of 5 held, 2 more do not fit */
    assert_int_equal(launch(&f, 3, 0, SP_ON_DEMAND, 0), 0);             /* a market of its own */
    assert_int_equal(launch(&f, 4, 0, SP_ON_DEMAND, 0), SP_DENIED_CAPACITY);
    assert_int_equal(f.cloud.pools[0].held[SP_SPOT], 4);
    cloud_end(&f.cloud, 0, false, 10 * S);
    assert_int_equal(launch(&f, 2, 0, SP_SPOT, 10 * S), 0);
    cloud_set_capacity(&f.cloud, 0, TRACE_UNLIMITED);
    for (uint32_t i = 10; i < 100; i++) assert_int_equal(launch(&f, i, 0, SP_SPOT, 10 * S), 0);
    cloud_set_capacity(&f.cloud, 0, 0); /* far more held than there may be */
    assert_int_equal(launch(&f, 200, 0, SP_SPOT, 10 * S), SP_DENIED_CAPACITY);
    close_cloud(&f);
}

static void quotas_are_per_region_and_market(void **state) {
    (void)state;
    struct fixture f;
    const char *const names[] = {"r/a", "r/b", "s/a", "t/a"}, *const capacity[] = {"0:*", "0:*", "0:*", "0:*"};
    static char r[] = "r", any[] = "?";
    const struct quota quotas[] = {{r, SP_SPOT, 2}, {any, SP_ON_DEMAND, 1}, {any, SP_SPOT, 3}};
    open_cloud(&f, 4, names, capacity);
    f.params.quotas = quotas;
    f.params.n_quotas = 3;
    begin(&f);
    assert_int_equal(launch(&f, 0, 0, SP_SPOT, 0), 0);
    assert_int_equal(launch(&f, 1, 1, SP_SPOT, 0), 0);
    assert_int_equal(launch(&f, 2, 0, SP_SPOT, 0), SP_DENIED_QUOTA); /* the smaller of two that match */
    for (uint32_t i = 10; i < 13; i++) assert_int_equal(launch(&f, i, 2, SP_SPOT, 0), 0);
    assert_int_equal(launch(&f, 13, 2, SP_SPOT, 0), SP_DENIED_QUOTA);
    assert_int_equal(launch(&f, 20, 1, SP_ON_DEMAND, 0), 0);
    assert_int_equal(launch(&f, 21, 0, SP_ON_DEMAND, 0), SP_DENIED_QUOTA);
    assert_int_equal(launch(&f, 22, 3, SP_ON_DEMAND, 0), 0); /* each region by itself */
    cloud_end(&f.cloud, 1, true, 5);
    assert_int_equal(launch(&f, 2, 0, SP_SPOT, 5), 0);
    close_cloud(&f);
}

static void denial_probabilities_are_keyed(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:*"};
    open_cloud(&f, 1, one, capacity);
    f.pools[0].on_demand_denial = 0.25;
    f.pools[0].spot_denial = 1;
    begin(&f);
    uint32_t denied = 0;
    bool first[400];
    for (uint32_t i = 0; i < 400; i++) {
        first[i] = launch(&f, i, 0, SP_ON_DEMAND, 0) != 0;
        denied += first[i];
    }
    assert_true(denied > 70 && denied < 130); /* 100 expected */
    assert_int_equal(launch(&f, 450, 0, SP_SPOT, 0), SP_DENIED_CAPACITY);
    begin(&f); /* the same luck again */
    for (uint32_t i = 0; i < 400; i++) assert_int_equal(launch(&f, i, 0, SP_ON_DEMAND, 0) != 0, first[i]);
    close_cloud(&f);
}

static void draws_depend_on_all_their_parts(void **state) {
    (void)state;
    struct fixture f;
    const char *const names[] = {"a", "b"}, *const capacity[] = {"0:1", "0:1"};
    open_cloud(&f, 2, names, capacity);
    begin(&f);
    double u = cloud_draw(&f.cloud, 0, SP_SPOT, 1, CLOUD_COLD_START);
    assert_true(u > 0 && u < 1);
    assert_true(u == cloud_draw(&f.cloud, 0, SP_SPOT, 1, CLOUD_COLD_START));
    assert_true(u != cloud_draw(&f.cloud, 1, SP_SPOT, 1, CLOUD_COLD_START));
    assert_true(u != cloud_draw(&f.cloud, 0, SP_ON_DEMAND, 1, CLOUD_COLD_START));
    assert_true(u != cloud_draw(&f.cloud, 0, SP_SPOT, 2, CLOUD_COLD_START));
    assert_true(u != cloud_draw(&f.cloud, 0, SP_SPOT, 1, CLOUD_DENIAL));
    f.params.key = 8;
    begin(&f);
    assert_true(u != cloud_draw(&f.cloud, 0, SP_SPOT, 1, CLOUD_COLD_START));
    close_cloud(&f);
}

/* Slots 5, 4 and 3 in this order.  A pool whose capacity never changes keeps none. */
static void three_granted(struct fixture *f, enum reclaim_rule rule) {
    f->pools[0].reclaim = (int)rule;
    begin(f);
    assert_int_equal(cloud_victim(&f->cloud, 0, false), SP_NONE);
    assert_int_equal(cloud_victim(&f->cloud, 0, true), SP_NONE);
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(launch(f, 5 - i, 0, SP_SPOT, i), 0);
    launch(f, 9, 0, SP_ON_DEMAND, 0); /* never a victim */
}

static void victims_by_rule(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:* 99999:0"};
    open_cloud(&f, 1, one, capacity);
    three_granted(&f, RECLAIM_OLDEST);
    assert_int_equal(cloud_victim(&f.cloud, 0, false), 5);
    cloud_doom(&f.cloud, 5, 100);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), 4);
    assert_int_equal(cloud_victim(&f.cloud, 0, false), 5);
    cloud_end(&f.cloud, 4, false, 10);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), 3);
    three_granted(&f, RECLAIM_NEWEST);
    assert_int_equal(cloud_victim(&f.cloud, 0, false), 3);
    cloud_doom(&f.cloud, 5, 100);
    cloud_doom(&f.cloud, 3, 50);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), 4);
    assert_int_equal(cloud_first_doomed(&f.cloud, 0), 3); /* earliest deadline first */
    cloud_doom(&f.cloud, 5, 20);                          /* an earlier one replaces it */
    assert_int_equal(cloud_first_doomed(&f.cloud, 0), 5);
    assert_int_equal(f.cloud.pools[0].doomed, 2);
    cloud_doom(&f.cloud, 4, 70);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), SP_NONE);
    launch(&f, 6, 0, SP_SPOT, 10);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), 6);
    cloud_end(&f.cloud, 6, false, 20);
    cloud_end(&f.cloud, 5, true, 30);
    cloud_end(&f.cloud, 4, false, 30);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), SP_NONE);
    assert_int_equal(cloud_first_doomed(&f.cloud, 0), 3);
    assert_int_equal(f.cloud.pools[0].doomed, 1);
    close_cloud(&f);
}

static void random_victims_are_fair(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:* 99999:0"};
    open_cloud(&f, 1, one, capacity);
    f.pools[0].reclaim = RECLAIM_RANDOM;
    begin(&f);
    assert_int_equal(cloud_victim(&f.cloud, 0, false), SP_NONE);
    for (uint32_t i = 0; i < 4; i++) launch(&f, i, 0, SP_SPOT, 0);
    uint32_t hits[4] = {0};
    for (int i = 0; i < 4000; i++) hits[cloud_victim(&f.cloud, 0, false)]++;
    for (int i = 0; i < 4; i++) assert_true(hits[i] > 850 && hits[i] < 1150);
    cloud_doom(&f.cloud, 1, 10);
    cloud_doom(&f.cloud, 2, 10);
    for (int i = 0; i < 100; i++) {
        uint32_t v = cloud_victim(&f.cloud, 0, true);
        assert_true(v == 0 || v == 3);
    }
    cloud_doom(&f.cloud, 0, 10);
    cloud_doom(&f.cloud, 3, 10);
    assert_int_equal(cloud_victim(&f.cloud, 0, true), SP_NONE);
    cloud_end(&f.cloud, 0, true, 1);
    for (int i = 0; i < 100; i++) assert_true(cloud_victim(&f.cloud, 0, false) != 0);
    close_cloud(&f);
}

/* When would a launch now be taken back within the lead? */
static void looking_ahead(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:4 100:3 110:1 200:4"};
    open_cloud(&f, 1, one, capacity);
    f.pools[0].notice_ms = 30 * S;
    begin(&f);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 0) == INT64_MAX);
    for (uint32_t i = 0; i < 3; i++) assert_int_equal(launch(&f, i, 0, SP_SPOT, 0), 0);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 69 * S) == INT64_MAX);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 70 * S) == 100 * S); /* a fourth would not fit in 3 */
    cloud_doom(&f.cloud, 2, 100 * S);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 79 * S) == INT64_MAX); /* one of three goes by then */
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 80 * S) == 110 * S);
    f.pools[0].notice_window = WINDOW_ACCEPT;
    assert_int_equal(launch(&f, 3, 0, SP_SPOT, 80 * S), 0);
    assert_true(cloud_deadline(&f.cloud, 3) == 110 * S);
    f.params.means_launch = true;
    begin(&f);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 80 * S) == INT64_MAX);
    f.params.means_launch = false;
    f.params.window_start_ms = 50 * S; /* time 0 of the run is second 50 of the trace */
    begin(&f);
    for (uint32_t i = 0; i < 3; i++) launch(&f, i, 0, SP_SPOT, 0);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 19 * S) == INT64_MAX);
    assert_true(cloud_breach(&f.cloud, 0, 30 * S, 20 * S) == 50 * S);
    assert_true(cloud_breach(&f.cloud, 0, 0, 20 * S) == INT64_MAX);
    close_cloud(&f);
}

static void bills_at_the_horizon(void **state) {
    (void)state;
    struct fixture f;
    const char *const capacity[] = {"0:*"};
    open_cloud(&f, 1, one, capacity);
    f.pools[0].billing = BILLING_AWS;
    begin(&f);
    cloud_set_price(&f.cloud, 0, SP_SPOT, 3600000, 0);
    launch(&f, 0, 0, SP_SPOT, 0);
    launch(&f, 1, 0, SP_SPOT, 0);
    cloud_end(&f.cloud, 1, false, 30 * S);
    cloud_begin_counting(&f.cloud, 100 * S); /* what was before is forgotten */
    cloud_finish(&f.cloud, 100 * S + 1500);
    assert_true(money_usd(f.cloud.pools[0].meter[SP_SPOT].spent) == 0.0015);
    assert_int_equal(f.cloud.pools[0].meter[SP_SPOT].used_ms, 1500);
    close_cloud(&f);
}

/* Against a list of grants kept in the plainest way. */
static void operations(enum reclaim_rule rule, uint64_t n) {
    struct fixture f;
    const char *const capacity[] = {"0:* 99999:0"};
    struct luck l = {.key = (uint64_t)rule};
    uint64_t order[60] = {0}, grants = 0;
    int64_t deadline[60];
    open_cloud(&f, 1, one, capacity);
    f.pools[0].reclaim = (int)rule;
    begin(&f);
    for (uint64_t i = 0; i < n; i++) {
        uint32_t slot = luck_below(&l, 60), next = SP_NONE, first = SP_NONE;
        if (order[slot] == 0) {
            assert_int_equal(launch(&f, slot, 0, SP_SPOT, 0), 0);
            order[slot] = ++grants;
            deadline[slot] = INT64_MAX;
        } else if (luck_one_in(&l, 2)) {
            cloud_end(&f.cloud, slot, luck_one_in(&l, 2), 0);
            order[slot] = 0;
        } else {
            deadline[slot] = 1 + luck_below(&l, 50);
            cloud_doom(&f.cloud, slot, deadline[slot]);
        }
        int64_t least = INT64_MAX;
        for (uint32_t k = 0; k < 60; k++) {
            bool spare = order[k] && deadline[k] == INT64_MAX;
            bool sooner = next != SP_NONE && (rule == RECLAIM_NEWEST ? order[k] > order[next] : order[k] < order[next]);
            if (spare && (next == SP_NONE || sooner)) next = k;
            if (order[k] && deadline[k] < least) least = deadline[k];
        }
        if (luck_one_in(&l, 3)) assert_int_equal(cloud_victim(&f.cloud, 0, true), next);
        first = cloud_first_doomed(&f.cloud, 0);
        assert_true(first == SP_NONE ? least == INT64_MAX : deadline[first] == least);
    }
    close_cloud(&f);
}

static void random_operations(void **state) {
    (void)state;
    uint64_t n = test_times(20000, 500000);
    operations(RECLAIM_NEWEST, n);
    operations(RECLAIM_OLDEST, n);
    test_count("operations on a pool", 2 * n);
}

static void profiles_name_fields(void **state) {
    (void)state;
    assert_null(cloud_profile_find("nowhere"));
    for (uint32_t i = 0; i < cloud_profiles_n; i++) {
        struct error e = {0};
        struct pool_params p = {0};
        assert_ptr_equal(cloud_profile_find(cloud_profiles[i].name), &cloud_profiles[i]);
        assert_ok(field_defaults(pool_fields, pool_fields_n, &p, &e), &e);
        for (uint32_t k = 0; k < cloud_profiles[i].n; k++) {
            const struct field *f = field_find(pool_fields, pool_fields_n, cloud_profiles[i].settings[k].path);
            assert_non_null(f);
            assert_ok(field_from_text(f, cloud_profiles[i].settings[k].text, &p, "test", &e), &e);
        }
        field_free_all(pool_fields, pool_fields_n, &p);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(capacity_limits_spot),
        cmocka_unit_test(quotas_are_per_region_and_market),
        cmocka_unit_test(denial_probabilities_are_keyed),
        cmocka_unit_test(draws_depend_on_all_their_parts),
        cmocka_unit_test(victims_by_rule),
        cmocka_unit_test(random_victims_are_fair),
        cmocka_unit_test(looking_ahead),
        cmocka_unit_test(bills_at_the_horizon),
        cmocka_unit_test(random_operations),
        cmocka_unit_test(profiles_name_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
