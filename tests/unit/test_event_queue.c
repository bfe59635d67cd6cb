/* SPDX-License-Identifier: Apache-2.0
 * The event queue against a sorted array, and its keys. */
#include <stdlib.h>
#include <string.h>

#include "sim/event_queue.h"
#include "tests/support/random_run.h"

static void keys_carry_time_class_and_entity(void **state) {
    (void)state;
    int64_t last = (INT64_C(1) << EVENT_TIME_BITS) - 1;
    uint64_t key = event_key(last, EVENT_DECIDE, (1u << EVENT_ENTITY_BITS) - 1);
    assert_true(key != EVENT_NONE);
    assert_int_equal(event_time(key), last);
    assert_int_equal(event_class_of(key), EVENT_DECIDE);
    assert_int_equal(event_entity(key), (1u << EVENT_ENTITY_BITS) - 1);
    /* time before class before entity */
    assert_true(event_key(1, EVENT_TICK, 0) > event_key(0, EVENT_DECIDE, 99));
    assert_true(event_key(5, EVENT_TRACE, 0) > event_key(5, EVENT_TICK, 99));
    assert_true(event_key(5, EVENT_TRACE, 2) > event_key(5, EVENT_TRACE, 1));
}

/* The order that the semantics give for one instant. */
static void classes_are_in_order(void **state) {
    (void)state;
    const enum event_class order[] = {EVENT_TICK,  EVENT_TRACE, EVENT_LIFETIME, EVENT_NOTICE, EVENT_LAUNCH,
                                      EVENT_READY, EVENT_DRAIN, EVENT_TARGET,   EVENT_DECIDE};
    for (size_t i = 1; i < sizeof order / sizeof order[0]; i++) assert_true(order[i - 1] < order[i]);
    assert_int_equal(EVENT_CLASSES, sizeof order / sizeof order[0]);
}

static void set_move_cancel(void **state) {
    (void)state;
    struct event_queue q = {0};
    struct error e = {0};
    assert_ok(event_queue_reset(&q, 3, &e), &e);
    assert_true(event_queue_first(&q) == EVENT_NONE);
    event_queue_set(&q, 2, event_key(10, EVENT_READY, 2));
    event_queue_set(&q, 0, event_key(20, EVENT_TICK, 0));
    assert_true(event_queue_first(&q) == event_key(10, EVENT_READY, 2));
    event_queue_set(&q, 2, event_key(30, EVENT_READY, 2)); /* later */
    assert_true(event_queue_first(&q) == event_key(20, EVENT_TICK, 0));
    event_queue_set(&q, 2, event_key(20, EVENT_TICK, 2)); /* same instant: by entity */
    assert_true(event_queue_first(&q) == event_key(20, EVENT_TICK, 0));
    event_queue_set(&q, 0, EVENT_NONE);
    assert_true(event_queue_first(&q) == event_key(20, EVENT_TICK, 2));
    assert_true(event_queue_get(&q, 0) == EVENT_NONE);
    event_queue_set(&q, 2, EVENT_NONE);
    assert_true(event_queue_first(&q) == EVENT_NONE);
    event_queue_free(&q);
    event_queue_free(&q); /* once more is fine */
}

static void reset_empties(void **state) {
    (void)state;
    struct event_queue q = {0};
    struct error e = {0};
    assert_ok(event_queue_reset(&q, 1000, &e), &e);
    for (uint32_t i = 0; i < 1000; i++) event_queue_set(&q, i, event_key(i, EVENT_TICK, i));
    assert_ok(event_queue_reset(&q, 5, &e), &e);
    assert_true(event_queue_first(&q) == EVENT_NONE);
    event_queue_free(&q);
}

static int by_key(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The oracle: every key in one array, sorted whenever the first is asked for. */
static uint64_t oracle_first(const uint64_t *keys, uint32_t n, uint64_t *scratch) {
    memcpy(scratch, keys, n * sizeof *keys);
    qsort(scratch, n, sizeof *keys, by_key);
    return scratch[0];
}

static void equals_a_sorted_array(void **state) {
    (void)state;
    uint64_t n_ops = test_times(100000, 1000000);
    struct luck l = {.key = 77};
    struct event_queue q = {0};
    struct error e = {0};
    uint32_t n = 1, room = 300;
    uint64_t *keys = malloc(room * sizeof *keys), *scratch = malloc(room * sizeof *keys);
    assert_true(keys && scratch);
    for (uint32_t i = 0; i < room; i++) keys[i] = EVENT_NONE;
    assert_ok(event_queue_reset(&q, n, &e), &e);
    for (uint64_t op = 0; op < n_ops; op++) {
        uint32_t entity = luck_below(&l, n), what = luck_below(&l, 10);
        if (what == 0 && n < room && luck_one_in(&l, 20)) {
            n += 1 + luck_below(&l, room - n);
            assert_ok(event_queue_grow(&q, n, &e), &e);
        } else if (what < 6) { /* few times, so that many are equal */
            enum event_class class = (enum event_class)luck_below(&l, EVENT_CLASSES);
            keys[entity] = event_key(luck_below(&l, 50), class, entity);
            event_queue_set(&q, entity, keys[entity]);
        } else if (what < 8) {
            keys[entity] = EVENT_NONE;
            event_queue_set(&q, entity, EVENT_NONE);
        } else if (event_queue_first(&q) != EVENT_NONE) { /* pop */
            entity = event_entity(event_queue_first(&q));
            assert_true(keys[entity] == event_queue_first(&q));
            keys[entity] = EVENT_NONE;
            event_queue_set(&q, entity, EVENT_NONE);
        }
        assert_true(event_queue_get(&q, entity) == keys[entity]);
        uint64_t expected = oracle_first(keys, n, scratch);
        if (event_queue_first(&q) != expected) fail_msg("operation %lu: wrong first", (unsigned long)op);
    }
    free(keys);
    free(scratch);
    event_queue_free(&q);
    test_count("queue operations against a sorted array", n_ops);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_carry_time_class_and_entity),
        cmocka_unit_test(classes_are_in_order),
        cmocka_unit_test(set_move_cancel),
        cmocka_unit_test(reset_empties),
        cmocka_unit_test(equals_a_sorted_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
