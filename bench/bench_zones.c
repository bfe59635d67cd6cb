/* SPDX-License-Identifier: Apache-2.0
 * The nine real zones over 45 days: as a whole process, as library calls, and
 * the loading of their traces. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/world.h"

#define ROUNDS 11

static void whole_process(const struct nine_zones *z) {
    const char *program = getenv("SPOTSIM");
    char *const argv[] = {(char *)(uintptr_t)(program && *program ? program : "build/spotsim"),
                          "run",
                          "--trace",
                          z->zones,
                          z->prices,
                          "--target",
                          "4",
                          "--price-on-demand",
                          "3.06",
                          "--profile",
                          "skypilot",
                          "--policy",
                          NINE_ZONES_POLICY,
                          "--json",
                          NULL};
    struct bench_series seconds = {0}, peak = {0};
    bench_process(argv); /* the files are in memory from here on */
    for (int r = 0; r < ROUNDS; r++) {
        struct bench_use use = bench_process(argv);
        bench_add(&seconds, use.seconds * 1e3);
        bench_add(&peak, (double)use.peak_bytes / 1e6);
    }
    bench_line("zones/process", &seconds, "ms", 1, BENCH_LESS, NULL, NULL);
    bench_line("zones/process/peak-memory", &peak, "MB", 1, BENCH_LESS, NULL, NULL);
}

static void loading(const struct nine_zones *z) {
    struct bench_series seconds = {0};
    const char *paths[] = {z->zones, z->prices};
    const struct trace_options options = {0};
    uint32_t points = 0;
    for (int r = 0; r < ROUNDS; r++) {
        struct trace *t;
        struct error e = {0};
        double start = bench_now_s();
        bench_check(trace_load(paths, 2, &options, &t, NULL, &e), &e);
        bench_add(&seconds, (bench_now_s() - start) * 1e3);
        points = 0;
        for (uint32_t i = 0; i < t->n_pools; i++) points += t->pools[i].capacity.n + t->pools[i].price.n;
        trace_free(t);
    }
    bench_line("zones/load", &seconds, "ms", points, BENCH_LESS, NULL, NULL);
}

static void library_calls(struct nine_zones *z) {
    struct bench_series seconds = {0}, rate = {0};
    nine_zones_open(z);
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    uint64_t events = 0;
    for (int r = 0; r < ROUNDS; r++) {
        struct sim_config config = *z->world.config;
        struct sim_result result;
        struct error e = {0};
        config.replication = (uint64_t)r;
        double start = bench_now_s();
        bench_check(sim_run(sim, &config, NULL, &result, &e), &e);
        double took = bench_now_s() - start;
        events = result.events;
        sim_result_free(&result);
        bench_add(&seconds, took * 1e3);
        bench_add(&rate, (double)events / took / 1e6);
    }
    bench_line("zones/run", &seconds, "ms", (double)events, BENCH_LESS, NULL, NULL);
    bench_line("zones/rate", &rate, "M events/s", (double)events, BENCH_MORE, NULL, NULL);
    sim_free(sim);
}

int main(void) {
    bench_pin();
    struct nine_zones z;
    if (!nine_zones_find(&z, "the nine real zones")) {
        bench_absent("zones/process", "ms");
        bench_absent("zones/load", "ms");
        bench_absent("zones/run", "ms");
    } else {
        whole_process(&z);
        loading(&z);
        library_calls(&z);
    }
    nine_zones_free(&z);
    return 0;
}
