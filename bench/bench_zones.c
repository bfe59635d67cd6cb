/* SPDX-License-Identifier: Apache-2.0
 * The nine real zones over 45 days: as a whole process, as library calls, and
 * the loading of their traces,
 * read or from the cache. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/spotsim.h"
#include "bench/bench.h"
#include "bench/world.h"

#define ROUNDS 11

/* Traces read against traces taken from the cache (docs/trace-cache.md), in turn. */
struct both {
    struct bench_series parsed, cached;
};

static void print_both(const char *name, const struct both *b, const char *unit, double n) {
    char text[64];
    bench_line(name, &b->parsed, unit, n, BENCH_LESS, NULL, NULL);
    snprintf(text, sizeof text, "%s-cached", name);
    bench_line(text, &b->cached, unit, n, BENCH_LESS, "read", &b->parsed);
}

static void whole_process(const struct nine_zones *z, const char *cache) {
    const char *program = getenv("SPOTSIM");
    if (!program || !*program) program = "build/spotsim";
    char *const argv[] = {strdup(program), "run",      "--trace",           z->zones, z->prices,
                          "--target",      "4",        "--price-on-demand", "3.06",   "--profile",
                          "skypilot",      "--policy", NINE_ZONES_POLICY,   "--json", NULL};
    struct both ms = {0}, peak = {0};
    for (int r = -1; r < ROUNDS; r++)
        for (int cached = 0; cached <= 1; cached++) {
            setenv("SPOTSIM_CACHE", cached ? cache : "", 1);
            struct bench_use use = bench_process(argv);
            if (r < 0) continue; /* the first brings the files into memory and fills the cache */
            bench_add(cached ? &ms.cached : &ms.parsed, use.seconds * 1e3);
            bench_add(cached ? &peak.cached : &peak.parsed, (double)use.peak_bytes / 1e6);
        }
    print_both("zones/process", &ms, "ms", 1);
    print_both("zones/process-memory", &peak, "MB", 1);
    free(argv[0]);
}

static uint32_t load(const struct nine_zones *z, const struct trace_cache *cache, struct bench_series *ms) {
    const char *paths[] = {z->zones, z->prices};
    const struct trace_options options = {.cache = cache};
    struct trace *t;
    struct error e = {0};
    double start = bench_now_s();
    bench_check(trace_load(paths, 2, &options, &t, NULL, &e), &e);
    bench_add(ms, (bench_now_s() - start) * 1e3);
    uint32_t points = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) points += t->pools[i].capacity.n + t->pools[i].price.n;
    trace_free(t);
    return points;
}

static void loading(const struct nine_zones *z, const char *folder) {
    const struct trace_cache cache = {folder, 0, TRACE_CACHE_MAX_BYTES};
    struct both ms = {0};
    struct bench_series first = {0};
    uint32_t points = load(z, &cache, &first); /* fills it */
    for (int r = 0; r < ROUNDS; r++) {
        load(z, NULL, &ms.parsed);
        load(z, &cache, &ms.cached);
    }
    print_both("zones/load", &ms, "ms", points);
}

static void check_call(enum spotsim_code code, const struct spotsim_error *e) {
    if (code != SPOTSIM_OK) bench_fail(e->message);
}

/* Through the public library, as a program that runs a scenario again and again. */
static void library_calls(const struct nine_zones *z) {
    struct spotsim_error e;
    struct spotsim_env *env;
    struct spotsim_scenario *scenario;
    struct spotsim_sim *sim;
    struct spotsim_result *result;
    char *json = nine_zones_scenario(z);
    check_call(spotsim_env_new(&env, &e), &e);
    check_call(spotsim_scenario_parse(env, json, strlen(json), "bench", &scenario, &e), &e);
    check_call(spotsim_scenario_prepare(scenario, &e), &e);
    check_call(spotsim_sim_new(&sim, &e), &e);
    check_call(spotsim_result_new(&result, &e), &e);
    struct bench_series ms = {0};
    for (uint64_t r = 0; r < ROUNDS; r++) {
        double full;
        check_call(spotsim_sim_set_replication(sim, r), &e);
        double start = bench_cpu_s();
        check_call(spotsim_sim_run(sim, scenario, result, &e), &e);
        check_call(spotsim_result_value(result, "availability_full", &full, &e), &e);
        bench_add(&ms, (bench_cpu_s() - start) * 1e3);
    }
    bench_line("zones/run", &ms, "ms", 1, BENCH_LESS, NULL, NULL);
    spotsim_result_free(result);
    spotsim_sim_free(sim);
    spotsim_scenario_free(scenario);
    spotsim_env_free(env);
    free(json);
}

static void event_rate(struct nine_zones *z) {
    struct bench_series rate = {0};
    nine_zones_open(z);
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    uint64_t events = 0;
    for (uint64_t r = 0; r < ROUNDS; r++) {
        struct sim_config config = *z->world.config;
        struct sim_result result;
        struct error e = {0};
        config.replication = r;
        double start = bench_cpu_s();
        bench_check(sim_run(sim, &config, NULL, &result, &e), &e);
        events = result.events;
        bench_add(&rate, (double)events / (bench_cpu_s() - start) / 1e6);
        sim_result_free(&result);
    }
    bench_line("zones/rate", &rate, "M events/s", (double)events, BENCH_MORE, NULL, NULL);
    sim_free(sim);
}

static void remove_folder(const char *folder) {
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) bench_fail(command);
}

int main(void) {
    bench_pin();
    struct nine_zones z;
    char cache[] = "/tmp/spotsim-bench.XXXXXX";
    if (!nine_zones_find(&z, "the nine real zones")) {
        bench_absent("zones/process", "ms");
        bench_absent("zones/load", "ms");
        bench_absent("zones/run", "ms");
    } else {
        if (!mkdtemp(cache)) bench_fail("no folder for a cache");
        whole_process(&z, cache);
        loading(&z, cache);
        library_calls(&z);
        event_rate(&z);
        remove_folder(cache);
    }
    nine_zones_free(&z);
    return 0;
}
