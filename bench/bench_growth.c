/* SPDX-License-Identifier: Apache-2.0
 * How the cost grows with the number of pools, the length of the trace and the
 * number of runs (with the fleet: bench_churn). */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/churn.h"
#include "bench/world.h"
#include "study/runner.h"

#define ROUNDS 5
#define DAY_MS INT64_C(86400000)

static double ns_per_event(struct sim *sim, const struct sim_config *config, uint64_t *events) {
    struct sim_result result;
    struct error e = {0};
    double start = bench_cpu_s();
    bench_check(sim_run(sim, config, NULL, &result, &e), &e);
    double took = bench_cpu_s() - start;
    *events = result.events;
    sim_result_free(&result);
    return took / (double)*events * 1e9;
}

/* A thousand replicas that churn, decisions every 20 s, a tenth of the launches denied. */
static void with_pools(uint32_t pools, const char *placer) {
    char policy[64], name[64];
    snprintf(policy, sizeof policy, "spot()+%s", placer);
    struct churn_params p = churn_params(1000, 50);
    p.pools = pools;
    p.policy = policy;
    p.denial = 0.1;
    p.interval_ms = 20000;
    struct churn c;
    churn_init(&c, &p);
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    struct bench_series own = {0};
    uint64_t events = 0;
    for (int r = 0; r < ROUNDS; r++) bench_add(&own, ns_per_event(sim, &c.config, &events));
    snprintf(name, sizeof name, "growth/pools/%s/%u", placer, pools);
    bench_line(name, &own, "ns/event", (double)events, BENCH_LESS, NULL, NULL);
    sim_free(sim);
    churn_free(&c);
}

static void with_length(const struct world *w, int64_t days) {
    struct sim_config config = *w->config;
    config.horizon_ms = days * DAY_MS;
    if (config.horizon_ms > w->config->horizon_ms) config.horizon_ms = w->config->horizon_ms;
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    struct bench_series own = {0};
    uint64_t events = 0;
    for (int r = 0; r < 4 * ROUNDS; r++) {
        double ns = ns_per_event(sim, &config, &events);
        bench_add(&own, ns * (double)events / 1e6);
    }
    char name[64];
    snprintf(name, sizeof name, "growth/days/%d", (int)days);
    bench_line(name, &own, "ms", (double)events, BENCH_LESS, NULL, NULL);
    sim_free(sim);
}

static void with_runs(const struct world *w, uint32_t runs) {
    struct scenario *variants[] = {w->scenario};
    struct run_plan plan = {
        .n_variants = 1, .last = runs, .stride = runs, .variants = variants, .window_ms = 7 * DAY_MS, .threads = 1};
    struct bench_series own = {0};
    for (int r = 0; r < ROUNDS; r++) {
        struct run_record *records = calloc(runs, sizeof *records);
        if (!records) bench_fail("out of memory");
        struct error e = {0};
        double start = bench_cpu_s();
        bench_check(runner_run(&plan, records, &e), &e);
        bench_add(&own, (bench_cpu_s() - start) * 1e3);
        for (uint32_t i = 0; i < runs; i++) run_record_free(&records[i]);
        free(records);
    }
    char name[64];
    snprintf(name, sizeof name, "growth/runs/%u", runs);
    bench_line(name, &own, "ms", runs, BENCH_LESS, NULL, NULL);
}

int main(void) {
    bench_pin();
    for (uint32_t pools = 1; pools <= 1000; pools *= 10) {
        with_pools(pools, "round-robin");
        with_pools(pools, "skypilot");
    }
    struct world demo;
    world_open(&demo,
               "{\"format\": 1, \"trace\": {\"paths\": [\"traces/data/demo\"]}, \"fleet\": {\"target\": 4,"
               " \"policy\": \"" NINE_ZONES_POLICY "\"}, \"cloud\": {\"defaults\": {\"price_on_demand\": 3.06}}}");
    for (int64_t days = 1; days < 30; days *= 2) with_length(&demo, days);
    with_length(&demo, 30);
    for (uint32_t runs = 1; runs <= 1000; runs *= 10) with_runs(&demo, runs);
    world_close(&demo);
    return 0;
}
