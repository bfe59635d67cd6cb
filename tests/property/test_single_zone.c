/* SPDX-License-Identifier: Apache-2.0
 * One zone that is up or down, one replica wanted, no lag: full availability is
 * the share of time that the zone is up, to the last bit. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/random_run.h"

static double up_share(const struct trace *t) {
    int64_t up_ms = 0;
    const struct trace_capacity *c = &t->pools[0].capacity;
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t to = i + 1 < c->n ? c->at_ms[i + 1] : t->span_ms;
        if (c->value[i] > 0) up_ms += to - c->at_ms[i];
    }
    return (double)up_ms / (double)t->span_ms;
}

static void check(struct trace *t, const char *what) {
    struct harness h;
    double expected = up_share(t);
    harness_start(&h, t, true, "ideal", "spot(overprovision=0)+cheapest", 1);
    harness_run(&h);
    if (h.result.full != expected || h.result.any != expected || h.result.capacity != expected)
        fail_msg("%s: up for a share of %.17g; full %.17g, any %.17g, capacity %.17g", what, expected, h.result.full,
                 h.result.any, h.result.capacity);
    if (h.result.hours[SP_SPOT] != expected * (double)t->span_ms / 3.6e6 &&
        h.result.hours[SP_SPOT] / ((double)t->span_ms / 3.6e6) - expected > 1e-12)
        fail_msg("%s: %.17g hours", what, h.result.hours[SP_SPOT]);
    harness_end(&h);
}

static void random_zones(void **state) {
    (void)state;
    uint64_t n = test_times(500, 10000);
    for (uint64_t i = 0; i < n; i++) {
        struct luck l = {.key = i};
        const char *const name = "zone", *capacity = NULL;
        char text[4000], what[40];
        uint32_t on = luck_below(&l, 2), span = 1 + luck_below(&l, 100000);
        size_t at = (size_t)snprintf(text, sizeof text, "0:%u", on);
        for (uint32_t t = 1 + luck_below(&l, 500); t < span && at + 20 < sizeof text; t += 1 + luck_below(&l, 5000))
            at += (size_t)snprintf(text + at, sizeof text - at, " %u:%u", t, on ^= 1);
        capacity = text;
        snprintf(what, sizeof what, "seed %u", (unsigned)i);
        check(harness_trace(1, &name, &capacity, span), what);
    }
    test_count("random single zones", n);
}

static void real_zones(void **state) {
    (void)state;
    static const char *const folders[] = {
        "skypilot/availability/1-node/aws-02-15-2023", "skypilot/availability/1-node/aws-10-26-2022",
        "skypilot/preemption/1-node/aws-04-19-2023", "skypilot/preemption/1-node/gcp-04-30-2023"};
    const char *root = test_real_traces();
    if (!root) skip();
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        char dir[700], path[1000];
        snprintf(dir, sizeof dir, "%s/%s", root, folders[i]);
        DIR *d = opendir(dir);
        if (!d) fail_msg("cannot read %s", dir);
        for (struct dirent *entry; (entry = readdir(d));) {
            size_t len = strlen(entry->d_name);
            if (len < 5 || strcmp(entry->d_name + len - 5, ".json") != 0) continue;
            snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
            const char *paths[] = {path};
            struct trace_options options = {0};
            struct trace *t = NULL;
            struct error e = {0};
            assert_ok(trace_load(paths, 1, &options, &t, NULL, &e), &e);
            check(t, path);
            n++;
        }
        closedir(d);
    }
    assert_true(n > 10);
    test_count("real single zones", n);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_zones), cmocka_unit_test(real_zones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
