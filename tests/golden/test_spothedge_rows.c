/* SPDX-License-Identifier: Apache-2.0
 * SpotHedge's published simulator, row by row, on whole traces.  Costs are
 * integers there and must be equal; availability to 1e-9.
 *
 * The numbers in this folder are ours, as they were when they equalled its
 * own: spothedge_rows.csv of its deterministic policies,
 * spothedge_placer_rows.csv of its random one with our draws
 * (tests/peers/spothedge). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/harness.h"

struct reference {
    char trace[32], policy[32];
    int extra, cold_s, target, ticks;
    double availability;
    long long cost_units;
};

static struct trace *load(const char *dir, const char *which) {
    struct error e = {0};
    char path[600];
    bool two_month = strcmp(which, "2-month") == 0;
    snprintf(path, sizeof path, "%s/%s", dir,
             two_month                    ? "skypilot/availability/1-node/aws-02-15-2023"
             : strcmp(which, "AWS2") == 0 ? "spothedge/AWS2"
                                          : "spothedge/AWS1");
    const char *paths[] = {path};
    struct trace_options options = {0};
    if (two_month) {
        options.gap_ms = 300000;
        options.single_means = TRACE_UNLIMITED;
    }
    struct trace *t = NULL;
    assert_ok(trace_load(paths, 1, &options, &t, NULL, &e), &e);
    return t;
}

static const char *policy_text(const struct reference *r, char text[128]) {
    const char *placer = strncmp(r->policy, "EvenSpread", 10) == 0 ? "even-spread" : "round-robin";
    if (strcmp(r->policy, "OnDemand") == 0)
        snprintf(text, 128, "on-demand()");
    else if (strstr(r->policy, "+Fallback"))
        snprintf(text, 128, "skyserve(base=0,dynamic=true,overprovision=%d)+%s", r->extra, placer);
    else
        snprintf(text, 128, "spot(overprovision=%d)+%s", r->extra, placer);
    return text;
}

static void check_run(struct trace *t, const struct reference *r, const char *policy, uint64_t seed) {
    struct harness h;
    char cold[32];
    harness_start(&h, t, false, "spothedge", policy, (uint32_t)r->target);
    snprintf(cold, sizeof cold, "%ds", r->cold_s);
    harness_set(&h, "cloud.defaults.cold_start", cold);
    harness_set(&h, "cloud.defaults.price_spot", "1");
    harness_set(&h, "cloud.defaults.price_on_demand", "3");
    h.config.warmup_ms = r->cold_s * 1000;
    h.config.horizon_ms = (int64_t)r->ticks * 30000;
    h.config.seed = seed;
    harness_run(&h);
    double units = h.result.cost_total_usd * 120;
    bool same = fabs(h.result.full - r->availability) <= 1e-9 && llround(units) == r->cost_units &&
                fabs(units - (double)r->cost_units) < 1e-6;
    if (!same)
        fail_msg("%s %s cold %d target %d seed %llu: full %.15g, expected %.15g; cost units %.9g, expected %lld",
                 r->trace, policy, r->cold_s, r->target, (unsigned long long)seed, h.result.full, r->availability,
                 units, r->cost_units);
    harness_end(&h);
}

/* The next line that is not a header, or false. */
static bool next_row(FILE *in, char line[300]) {
    while (fgets(line, 300, in))
        if (strncmp(line, "trace,", 6) != 0) return true;
    return false;
}

/* Every row, or every so many-th. */
static uint64_t check_rows(const char *path, struct trace *const traces[2]) {
    FILE *in = fopen(path, "r");
    if (!in) return 0;
    char line[300], policy[128];
    uint64_t rows = 0, step = test_slow_times(9, 1, 1);
    for (uint64_t i = 0; next_row(in, line); i++) {
        struct reference r;
        if (i % step) continue;
        rows++;
        int n = sscanf(line, "%31[^,],%31[^,],%d,%d,%d,%d,%lf,%lld", r.trace, r.policy, &r.extra, &r.cold_s, &r.target,
                       &r.ticks, &r.availability, &r.cost_units);
        assert_int_equal(n, 8);
        check_run(traces[strcmp(r.trace, "2-month") == 0], &r, policy_text(&r, policy), 1);
    }
    fclose(in);
    return rows;
}

static void every_row(void **state) {
    (void)state;
    const char *dir = test_real_traces();
    if (!dir) skip();
    struct trace *traces[2] = {load(dir, "4-node"), load(dir, "2-month")};
    uint64_t rows = check_rows("tests/golden/spothedge_rows.csv", traces);
    assert_true(rows >= test_slow_times(15, 130, 130));
    char path[600];
    snprintf(path, sizeof path, "%s/../reference/spothedge_whole_trace.csv", dir);
    uint64_t given = check_rows(path, traces);
    trace_free(traces[0]);
    trace_free(traces[1]);
    test_count("rows of SpotHedge's simulator", rows);
    if (given) test_count("the same from its own list", given);
}

static void placer_rows(void **state) {
    (void)state;
    const char *dir = test_real_traces();
    if (!dir) skip();
    struct trace *traces[2] = {load(dir, "AWS1"), load(dir, "AWS2")};
    FILE *in = fopen("tests/golden/spothedge_placer_rows.csv", "r");
    assert_non_null(in);
    char line[300], policy[128];
    uint64_t rows = 0;
    for (; next_row(in, line); rows++) {
        struct reference r;
        unsigned long long seed;
        int n = sscanf(line, "%31[^,],%d,%d,%d,%d,%31[^,],%llu,%lf,%lld", r.trace, &r.ticks, &r.target, &r.extra,
                       &r.cold_s, r.policy, &seed, &r.availability, &r.cost_units);
        assert_int_equal(n, 9);
        snprintf(policy, sizeof policy, "skyserve(base=0,dynamic=true,overprovision=%d)+spothedge(reset=%s)", r.extra,
                 r.policy);
        check_run(traces[strcmp(r.trace, "AWS2") == 0], &r, policy, seed);
    }
    fclose(in);
    trace_free(traces[0]);
    trace_free(traces[1]);
    assert_true(rows >= 15);
    test_count("runs of SpotHedge's placer", rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_row), cmocka_unit_test(placer_rows)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
