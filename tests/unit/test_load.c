/* SPDX-License-Identifier: Apache-2.0
 * The load, counted; and what the request-rate autoscaler makes of it in a
 * run, against hand-worked ticks. */
#include "sim/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "fleet/fleet.h"
#include "tests/support/harness.h"

static struct load *load(const char *text) {
    struct error e = {0};
    struct load *l = NULL;
    assert_ok(load_read(text, &l, &e), &e);
    return l;
}

static void counts_whole_requests(void **state) {
    (void)state;
    struct load *l = load("0s:2.5 100s:0 200s:0.001");
    assert_int_equal(load_arrived(l, 0), 0);
    assert_int_equal(load_arrived(l, 399), 0);
    assert_int_equal(load_arrived(l, 400), 1); /* the first after 1 / 2.5 s */
    assert_int_equal(load_window(l, 30000), 75);
    assert_int_equal(load_window(l, 60000), 150);
    assert_int_equal(load_window(l, 99999), 149 + 1);
    assert_int_equal(load_window(l, 130000), 75);
    assert_int_equal(load_window(l, 160000), 0);
    assert_int_equal(load_arrived(l, 1199999), 250);
    assert_int_equal(load_arrived(l, 1200000), 251);
    assert_int_equal(load_window(l, 1200000), 1);
    assert_int_equal(load_window(l, -5), 0);
    load_free(l);
    load_free(NULL);
    l = load("0s:1000000000");
    assert_int_equal(load_window(l, INT64_C(1) << 40), INT64_C(60000000000));
    load_free(l);
}

/* Millisecond by millisecond, in whole billionths of a request. */
static void equals_plain_sum(void **state) {
    (void)state;
    for (uint64_t i = 0; i < 20; i++) {
        char text[400] = "";
        uint64_t rate[8], from[8] = {0};
        size_t at = 0;
        for (uint64_t k = 0; k < 8; k++) {
            rate[k] = random_key(i, k) % 3 == 0 ? 0 : random_key(i, k) % 5000000;
            if (k > 0) from[k] = from[k - 1] + 1 + random_key(i + 100, k) % 20000;
            at += (size_t)snprintf(text + at, sizeof text - at, "%llums:%llu.%06llu ", (unsigned long long)from[k],
                                   (unsigned long long)rate[k] / 1000000, (unsigned long long)rate[k] % 1000000);
        }
        struct load *l = load(text);
        uint64_t sum = 0, k = 0;
        for (uint64_t ms = 0; ms < 200000; ms++) {
            if (load_arrived(l, (int64_t)ms) != (int64_t)(sum / 1000000000))
                fail_msg("%s: at %llu ms", text, (unsigned long long)ms);
            while (k < 7 && from[k + 1] <= ms) k++;
            sum += rate[k];
        }
        load_free(l);
    }
}

static void bad_loads(void **state) {
    (void)state;
    struct error e = {0};
    struct load *l = NULL;
    char *dir = test_temp_dir();
    assert_input_error(load_read("0s:1 5s:-2", &l, &e), &e, "-2", "0 to 1e+09");
    assert_input_error(load_read("0s:1 5s:nan", &l, &e), &e, "nan");
    assert_input_error(load_read("0s:1 5s:2 5s:3", &l, &e), &e, "rising");
    assert_input_error(load_read("1s:1", &l, &e), &e, "expected 0");
    assert_input_error(load_read("no-such-file", &l, &e), &e, "no-such-file");
    char *path = test_file(dir, "load.csv", "seconds,requests_per_second\n0,1.5\n60,many\n");
    assert_input_error(load_read(path, &l, &e), &e, "load.csv:3", "many");
    free(path);
    path = test_file(dir, "empty.csv", "seconds,requests_per_second\n");
    assert_input_error(load_read(path, &l, &e), &e, "empty.csv", "no entries");
    free(path);
    path = test_file(dir, "good.csv", "# a comment\nseconds,requests_per_second\n0,1.5\n60,0\n");
    assert_ok(load_read(path, &l, &e), &e);
    assert_int_equal(load_arrived(l, 1000000), 90);
    load_free(l);
    free(path);
    test_remove_tree(dir);
}

/* ---- in a run ---------------------------------------------------------------- */

struct targets {
    uint32_t n;
    int64_t at_s[16];
    uint32_t target[16];
};

static void note_target(void *arg, int64_t at_ms, uint32_t spot, uint32_t on_demand, uint32_t target, uint32_t capacity,
                        int64_t rate) {
    (void)spot, (void)on_demand, (void)capacity, (void)rate;
    struct targets *t = arg;
    if (t->n > 0 && t->target[t->n - 1] == target) return;
    assert_in_range(t->n, 0, 15);
    t->at_s[t->n] = at_ms / 1000;
    t->target[t->n++] = target;
}

/* Runs ten minutes on one pool and notes when the target changed. */
static struct targets run(const char *load_text, const char *policy, const char *const settings[]) {
    const char *names[] = {"a"}, *capacity[] = {"0:*"};
    struct harness h;
    struct targets t = {0};
    harness_start(&h, harness_trace(1, names, capacity, 600), true, "ideal", policy, 0);
    for (; *settings; settings += 2) harness_set(&h, settings[0], settings[1]);
    struct load *l = load(load_text);
    h.config.load = l;
    struct sim_outputs outputs = {.timeline = note_target, .timeline_arg = &t};
    harness_run_out(&h, &outputs);
    harness_end(&h);
    load_free(l);
    return t;
}

static void expect(const struct targets *t, uint32_t n, const int64_t (*wanted)[2]) {
    for (uint32_t i = 0; i < n && i < t->n; i++) {
        assert_int_equal(t->at_s[i], wanted[i][0]);
        assert_int_equal(t->target[i], wanted[i][1]);
    }
    assert_int_equal(t->n, n);
}

#define POLICY "request-rate(min=0,max=10,qps=1)+spot+cheapest"
#define TICKS "control.interval", "20s", "control.idle_interval", "5s"

/* Two requests a second from 100 s on: at 105 s ten are known, and the target
 * leaves 0 at once; two replicas are asked for at 145 s (90 requests) and in
 * the 14 ticks after it. */
static void host_ticks(void **state) {
    (void)state;
    const char *const ticks[] = {TICKS, NULL};
    struct targets t = run("0s:0 100s:2", POLICY, ticks);
    expect(&t, 3, (const int64_t[][2]){{0, 0}, {105, 1}, {425, 2}});
}

/* Without ticks of the host the autoscaler keeps the same ones itself. */
static void own_ticks(void **state) {
    (void)state;
    const char *const none[] = {NULL};
    struct targets t = run("0s:0 100s:2", POLICY, none);
    expect(&t, 3, (const int64_t[][2]){{0, 0}, {105, 1}, {425, 2}});
}

/* The load balancer reports every 20 s: the round at 100 s has seen nothing,
 * the one at 120 s is known at the tick of 125 s. */
static void load_balancer_lag(void **state) {
    (void)state;
    const char *const lag[] = {TICKS, "control.lb_sync", "20s", NULL};
    struct targets t = run("0s:0 100s:2", POLICY, lag);
    assert_int_equal(t.at_s[1], 125);
    assert_int_equal(t.target[1], 1);
}

/* With overprovision the final target is not 0, so ticks are 20 s apart. */
static void overprovision_is_not_idle(void **state) {
    (void)state;
    const char *const ticks[] = {TICKS, NULL};
    struct targets t = run("0s:0 100s:2", "request-rate(min=0,max=10,qps=1)+spot(overprovision=1)+cheapest", ticks);
    assert_int_equal(t.at_s[1], 120);
    assert_int_equal(t.target[1], 1);
}

/* Down to zero after the delay, and no further than min allows. */
static void scales_down(void **state) {
    (void)state;
    const char *const ticks[] = {TICKS, NULL};
    const char *quick = "request-rate(min=0,max=3,qps=1,upscale_delay=0s,downscale_delay=60s)+spot+cheapest";
    struct targets t = run("0s:9 100s:0", quick, ticks);
    /* 135 requests at 145 s still ask for three; none at 165, 185 and 205 s */
    expect(&t, 4, (const int64_t[][2]){{0, 0}, {5, 1}, {25, 3}, {205, 0}});
}

/* No load known: the target stays where it starts. */
static void unknown_load(void **state) {
    (void)state;
    const char *names[] = {"a"}, *capacity[] = {"0:*"};
    struct harness h;
    harness_start(&h, harness_trace(1, names, capacity, 600), true, "ideal",
                  "request-rate(min=3,max=10,qps=1,downscale_delay=0s)+spot+cheapest", 0);
    harness_run(&h);
    assert_float_equal(h.result.target_hours, 0.5, 1e-9);
    harness_end(&h);
}

static void journal_keeps_the_load(void **state) {
    (void)state;
    const char *names[] = {"a", "b"}, *capacity[] = {"0:3 3000:0 9000:2", "0:0 4000:4"};
    char *dir = test_temp_dir(), *path = test_path(dir, "journal");
    struct error e = {0};
    struct harness h;
    harness_start(&h, harness_trace(2, names, capacity, 20000), true, "skypilot",
                  "request-rate(min=0,max=6,qps=0.7,upscale_delay=40s)+skyserve(dynamic=true)+skypilot", 0);
    h.config.load = load("0s:0.3 2000s:3.1 6000s:0 9000s:0.01 15000s:2");
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    struct sim_outputs outputs = {.journal = out};
    harness_run_out(&h, &outputs);
    assert_int_equal(fclose(out), 0);
    uint64_t steps = 0;
    bool complete = false;
    assert_ok(journal_replay(path, h.registry, NULL, &steps, &complete, &e), &e);
    assert_true(complete);
    assert_true(steps > 900); /* every tick is one: the load may have changed */
    load_free((struct load *)(uintptr_t)h.config.load);
    harness_end(&h);
    free(path);
    test_remove_tree(dir);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_whole_requests),
        cmocka_unit_test(equals_plain_sum),
        cmocka_unit_test(bad_loads),
        cmocka_unit_test(host_ticks),
        cmocka_unit_test(own_ticks),
        cmocka_unit_test(load_balancer_lag),
        cmocka_unit_test(scales_down),
        cmocka_unit_test(overprovision_is_not_idle),
        cmocka_unit_test(unknown_load),
        cmocka_unit_test(journal_keeps_the_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
