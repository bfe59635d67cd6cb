/* SPDX-License-Identifier: Apache-2.0
 * The bundled traces, pinned: the same digest from every compiler and level,
 * and close to the real zones they stand for. */
#include "tests/support/support.h"

#include <math.h>

#include "traces/stat.h"

static struct trace *load(const char *path) {
    struct trace *t = NULL;
    struct error e = {0};
    const char *paths[] = {path};
    assert_ok(trace_load(paths, 1, NULL, &t, NULL, &e), &e);
    return t;
}

static void digests(void **state) {
    (void)state;
    struct trace *nine = load("traces/data/demo"), *three = load("traces/data/demo4");
    assert_int_equal(trace_digest(nine), UINT64_C(0x6ed3e61c7a72d647));
    assert_int_equal(trace_digest(three), UINT64_C(0xdf8fcc8ada00f731));
    trace_free(nine);
    trace_free(three);
}

static void zones_fail_together(void **state) {
    (void)state;
    struct trace_joint_stat j;
    struct error e = {0};
    struct trace *t = load("traces/data/demo");
    assert_int_equal(t->n_pools, 9);
    assert_int_equal(t->pools[0].resolution_ms, 300000);
    assert_ok(trace_stat_joint(t, &j, &e), &e);
    assert_int_equal(j.pairs_same_region, 9);
    assert_true(fabs(j.correlation_same_region - .43) < .1);
    assert_true(fabs(j.correlation_across_regions - .14) < .05);
    assert_true(j.all_down > .0079 / 2 && j.all_down < .0079 * 2);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_pool_stat s;
        assert_ok(trace_stat_pool(&t->pools[i], &s, &e), &e);
        assert_int_equal(s.max, 1);
        assert_true(s.availability > .15 && s.availability < .95);
        assert_true(s.price_min > .5 && s.price_max < 2 && s.price_changes > 20);
    }
    trace_free(t);
}

static void counts_reach_from_none_to_four(void **state) {
    (void)state;
    struct trace *t = load("traces/data/demo4");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        uint32_t seen = 0;
        for (uint32_t k = 0; k < t->pools[i].capacity.n; k++) seen |= 1u << t->pools[i].capacity.value[k];
        assert_true((seen & 0x11) == 0x11 && (seen & 0x0e) != 0 && seen < 0x20);
    }
    trace_free(t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),
        cmocka_unit_test(zones_fail_together),
        cmocka_unit_test(counts_reach_from_none_to_four),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
