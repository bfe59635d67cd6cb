/* SPDX-License-Identifier: Apache-2.0
 * A study's runs on one thread and on two: runs a second, simulated fleet-years
 * a second, and how near two threads come to twice one. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/world.h"
#include "study/runner.h"

#define ROUNDS 7
#define SPELL_S 0.6 /* about how long one measurement takes */
#define MS_PER_YEAR (365.25 * 86400e3)

struct speed {
    double runs_per_s, cpu_us_per_run;
};

static struct speed speed_of(const struct world *w, int64_t window_ms, uint32_t runs, uint32_t threads) {
    struct scenario *variants[] = {w->scenario};
    struct run_plan plan = {.n_variants = 1,
                            .last = runs,
                            .stride = runs,
                            .variants = variants,
                            .window_ms = window_ms,
                            .threads = threads};
    struct run_record *records = calloc(runs, sizeof *records);
    if (!records) bench_fail("out of memory");
    struct error e = {0};
    double start = bench_now_s(), cpu = bench_cpu_s();
    bench_check(runner_run(&plan, records, &e), &e);
    struct speed speed = {runs / (bench_now_s() - start), (bench_cpu_s() - cpu) / runs * 1e6};
    for (uint32_t i = 0; i < runs; i++) run_record_free(&records[i]);
    free(records);
    return speed;
}

static void study(const char *name, const struct world *w, int64_t window_ms) {
    uint32_t runs = (uint32_t)(speed_of(w, window_ms, 32, 1).runs_per_s * SPELL_S) + 2;
    double years = (double)(window_ms ? window_ms : w->config->horizon_ms) / MS_PER_YEAR;
    struct bench_series rate[2] = {{0}, {0}}, simulated[2] = {{0}, {0}}, cpu[2] = {{0}, {0}};
    for (int r = 0; r < ROUNDS; r++)
        for (uint32_t threads = 1; threads <= 2; threads++) {
            struct speed speed = speed_of(w, window_ms, runs, threads);
            bench_add(&rate[threads - 1], speed.runs_per_s);
            bench_add(&simulated[threads - 1], speed.runs_per_s * years);
            bench_add(&cpu[threads - 1], speed.cpu_us_per_run);
        }
    char text[64];
    snprintf(text, sizeof text, "threads/%s/1", name);
    bench_line(text, &rate[0], "runs/s", runs, BENCH_MORE, NULL, NULL);
    bench_line(text, &simulated[0], "fleet-years/s", runs, BENCH_MORE, NULL, NULL);
    snprintf(text, sizeof text, "threads/%s/2", name);
    bench_line(text, &rate[1], "runs/s", runs, BENCH_MORE, "one thread", &rate[0]);
    bench_line(text, &simulated[1], "fleet-years/s", runs, BENCH_MORE, "one thread", &simulated[0]);
    /* what two threads cost one another, whatever else the machine does */
    snprintf(text, sizeof text, "threads/%s/2/cpu", name);
    bench_line(text, &cpu[1], "us of CPU/run", runs, BENCH_LESS, "one thread", &cpu[0]);
}

int main(void) {
    if (runner_cores() < 2) bench_missing("two threads", "there is one core; the second thread has none of its own");
    struct nine_zones z;
    if (nine_zones_find(&z, "threads on the nine real zones")) {
        nine_zones_open(&z);
        study("zones-45d", &z.world, 0);
        study("zones-7d", &z.world, 7 * 86400000);
    } else {
        bench_absent("threads/zones-45d/2", "runs/s");
    }
    nine_zones_free(&z);
    struct world demo;
    world_open(&demo,
               "{\"format\": 1, \"trace\": {\"paths\": [\"traces/data/demo\"]}, \"fleet\": {\"target\": 4,"
               " \"policy\": \"" NINE_ZONES_POLICY "\"}, \"cloud\": {\"defaults\": {\"price_on_demand\": 3.06}}}");
    study("demo", &demo, 0);
    world_close(&demo);
    return 0;
}
