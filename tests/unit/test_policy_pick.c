/* SPDX-License-Identifier: Apache-2.0
 * The two trees over pools, pick.h and pool_set.h, against plain scans. */
#include <stdlib.h>

#include "policies/pick.h"
#include "policies/pool_set.h"
#include "policies/select.h"
#include "tests/support/support.h"

static const uint32_t sizes[] = {1, 2, 3, 9, 15, 16, 17, 64, 100, 1000};
#define SIZES (sizeof sizes / sizeof *sizes)

struct plain {
    bool in;
    int64_t key[3];
};

static uint32_t scan(const struct plain *pools, uint32_t n) {
    struct select best = select_start();
    for (uint32_t p = 0; p < n; p++)
        if (pools[p].in) select_offer(&best, p, pools[p].key[0], pools[p].key[1], pools[p].key[2]);
    return best.best;
}

/* Few values, so that many are equal, and the ends of what a key may be. */
static int64_t any_key(uint64_t *stream) {
    static const int64_t some[] = {INT64_MIN, -1, 0, 0, 1, 1, 2, INT64_MAX};
    return some[sp_random_below(stream, sizeof some / sizeof *some)];
}

static void pick_is_a_scan(void **state) {
    (void)state;
    uint64_t changes = test_times(3000, 100000), asked = 0, stream = 1;
    for (size_t k = 0; k < SIZES; k++) {
        uint32_t n = sizes[k];
        struct plain *pools = calloc(n, sizeof *pools);
        struct pick *t = malloc(pick_size(n));
        assert_true(pools && t);
        pick_init(t, n);
        assert_int_equal(pick_best(t), SP_NONE);
        for (uint64_t i = 0; i < changes; i++) {
            uint32_t p = sp_random_below(&stream, n);
            /* for long stretches hardly any takes part, or hardly any does not */
            struct plain now = {.in = sp_random_below(&stream, 10) < (i / 500 % 2 ? 9 : 2)};
            for (int j = 0; j < 3; j++) now.key[j] = any_key(&stream);
            if (sp_random_below(&stream, 4) == 0) now = pools[p];
            pools[p] = now;
            pick_set(t, p, now.in, now.key[0], now.key[1], now.key[2]);
            if (sp_random_below(&stream, 3) == 0) continue; /* several change before the best is asked for */
            assert_int_equal(pick_best(t), scan(pools, n));
            assert_int_equal(pick_best(t), scan(pools, n));
            asked++;
        }
        free(pools);
        free(t);
    }
    test_count("bests of pools against a scan", asked);
}

static void check_set(const struct pool_set *s, const bool *in, uint32_t n, uint64_t *stream) {
    uint32_t count = 0, from = sp_random_below(stream, n), next = SP_NONE;
    for (uint32_t p = 0; p < n; p++) {
        assert_int_equal(pool_set_has(s, p), in[p]);
        if (!in[p]) continue;
        assert_int_equal(pool_set_nth(s, count), p);
        if (p >= from && next == SP_NONE) next = p;
        count++;
    }
    assert_int_equal(pool_set_count(s), count);
    assert_int_equal(pool_set_next(s, from), next);
}

static void pool_set_is_a_list(void **state) {
    (void)state;
    uint64_t changes = test_times(1000, 20000), asked = 0, stream = 2;
    for (size_t k = 0; k < SIZES; k++) {
        uint32_t n = sizes[k];
        bool *in = calloc(n, sizeof *in);
        struct pool_set *s = malloc(pool_set_size(n));
        assert_true(in && s);
        pool_set_init(s, n);
        for (uint64_t i = 0; i < changes; i++, asked++) {
            uint32_t p = sp_random_below(&stream, n);
            in[p] = sp_random_below(&stream, 20) < (i / 200 % 3) * 9 + 1;
            pool_set_put(s, p, in[p]);
            check_set(s, in, n, &stream);
        }
        free(in);
        free(s);
    }
    test_count("sets of pools against lists", asked);
}

static void no_pools_at_all(void **state) {
    (void)state;
    struct pick *t = malloc(pick_size(0));
    struct pool_set *s = malloc(pool_set_size(0));
    assert_true(t && s);
    pick_init(t, 0);
    pool_set_init(s, 0);
    assert_int_equal(pick_best(t), SP_NONE);
    assert_int_equal(pool_set_count(s), 0);
    free(t);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pick_is_a_scan),
        cmocka_unit_test(pool_set_is_a_list),
        cmocka_unit_test(no_pools_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
