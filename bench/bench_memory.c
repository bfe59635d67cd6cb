/* SPDX-License-Identifier: Apache-2.0
 * Bytes per instance, per change point, and the most that a process holds. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/churn.h"
#include "bench/world.h"

#define MONTH_HOURS (30 * 24)

static double held_bytes(void) {
    struct mallinfo2 m = mallinfo2();
    return (double)(m.uordblks + m.hblkhd);
}

static void one(const char *name, double value, const char *unit, double n) {
    struct bench_series s = {0};
    bench_add(&s, value);
    bench_line(name, &s, unit, n, BENCH_LESS, NULL, NULL);
}

/* Replicas that live a month on average, so that churn goes on all the time. */
static struct churn_params month(uint32_t target) {
    struct churn_params p = churn_params(target, MONTH_HOURS);
    p.mean_life_ms = p.horizon_ms;
    return p;
}

static void run_month(void *arg) {
    struct churn_params p = month(*(const uint32_t *)arg);
    struct churn c;
    struct sim_result result;
    struct error e = {0};
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    churn_init(&c, &p);
    bench_check(sim_run(sim, &c.config, NULL, &result, &e), &e);
    if (result.launched[SP_SPOT] < p.target || result.preempted == 0) bench_fail("no churn in the month");
    sim_result_free(&result);
    churn_free(&c);
    sim_free(sim);
}

/* What a simulator holds after a run of n replicas. */
static double held_by(uint32_t n) {
    struct churn_params p = churn_params(n, 1);
    struct churn c;
    struct sim_result result;
    struct error e = {0};
    churn_init(&c, &p);
    double before = held_bytes();
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    bench_check(sim_run(sim, &c.config, NULL, &result, &e), &e);
    sim_result_free(&result);
    double held = held_bytes() - before;
    sim_free(sim);
    churn_free(&c);
    return held;
}

static void change_points(void) {
    struct nine_zones z;
    if (!nine_zones_find(&z, "bytes per change point")) {
        bench_absent("memory/change-point", "bytes");
        nine_zones_free(&z);
        return;
    }
    const char *paths[] = {z.zones, z.prices};
    const struct trace_options options = {0};
    struct trace *t;
    struct error e = {0};
    double before = held_bytes();
    bench_check(trace_load(paths, 2, &options, &t, NULL, &e), &e);
    double held = held_bytes() - before;
    uint32_t points = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) points += t->pools[i].capacity.n + t->pools[i].price.n;
    one("memory/change-point", held / points, "bytes", points);
    trace_free(t);
    nine_zones_free(&z);
}

int main(void) {
    bench_pin();
    uint32_t million = 1000000, ten = 10;
    one("memory/month/10", (double)bench_apart(run_month, &ten).peak_bytes / 1e6, "MB", 10);
    struct bench_use use = bench_apart(run_month, &million);
    one("memory/month/1000000", (double)use.peak_bytes / 1e6, "MB", million);
    one("memory/month/1000000/time", use.seconds, "s", million);
    /* rooms double: from one size to the next, what it grows by is what a slot needs */
    const uint32_t half = 1u << 18, whole = 1u << 19;
    one("memory/instance", (held_by(whole) - held_by(half)) / (whole - half), "bytes", whole);
    change_points();
    return 0;
}
