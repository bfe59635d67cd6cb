/* SPDX-License-Identifier: Apache-2.0
 * The two months of nine zones as SpotHedge's simulator reads them (samples of
 * 300 s, round robin with on-demand fallback), in its simulator and in ours,
 * the trace loaded in both.  Results must be equal. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/world.h"

#define ROUNDS 3
#define OWN_PER_ROUND 20
#define TARGET 3
#define EXTRA 0
#define COLD_S 120
#define TICK_S 30

static double ask_peer(const char *folder, const char *trace, const struct sim_result *ours) {
    char command[1024];
    snprintf(command, sizeof command,
             "python3 bench/peers/spothedge_run.py --peer '%s' --trace '%s' --target %d --extra %d --cold-start-s %d",
             folder, trace, TARGET, EXTRA, COLD_S);
    struct cJSON *answer = bench_ask(command);
    double cost = ours->cost_total_usd * 3600 / TICK_S; /* instance-ticks times price */
    if (fabs(bench_number(answer, "availability") - ours->full) > 1e-9 ||
        fabs(bench_number(answer, "cost") - cost) > 1e-6) {
        fprintf(stderr, "bench: SpotHedge's availability and cost are %.15g, %.15g, ours %.15g, %.15g\n",
                bench_number(answer, "availability"), bench_number(answer, "cost"), ours->full, cost);
        exit(1);
    }
    double seconds = bench_number(answer, "seconds");
    cJSON_Delete(answer);
    return seconds;
}

static void run(struct sim *sim, const struct sim_config *config, struct sim_result *result, struct bench_series *ms) {
    struct error e = {0};
    double start = bench_cpu_s();
    bench_check(sim_run(sim, config, NULL, result, &e), &e);
    bench_add(ms, (bench_cpu_s() - start) * 1e3);
}

static void measure(const char *trace, const char *peer) {
    struct world w;
    world_open(
        &w,
        "{\"format\": 1, \"profile\": \"spothedge\", \"warmup\": \"%ds\","
        " \"trace\": {\"paths\": [\"%s\"], \"gap\": \"300s\", \"single_means\": \"unlimited\"},"
        " \"fleet\": {\"target\": %d, \"policy\": \"skyserve(base=0,dynamic=true,overprovision=%d)+round-robin\"},"
        " \"cloud\": {\"defaults\": {\"cold_start\": \"%ds\", \"price_spot\": 1, \"price_on_demand\": 3}}}",
        COLD_S, trace, TARGET, EXTRA, COLD_S);
    struct sim_config config = *w.config;
    config.horizon_ms -= TICK_S * 1000; /* its last tick has no length */
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    struct bench_series own = {0}, theirs = {0};
    double events = 0;
    for (int r = 0; r < ROUNDS; r++)
        for (int i = 0; i < OWN_PER_ROUND; i++) {
            struct sim_result result;
            run(sim, &config, &result, &own);
            events = (double)result.events;
            if (peer && i == 0) bench_add(&theirs, ask_peer(peer, trace, &result) * 1e3);
            sim_result_free(&result);
        }
    bench_line("spothedge/2-month", &own, "ms", events, BENCH_LESS, peer ? "SpotHedge's simulator" : NULL, &theirs);
    sim_free(sim);
    world_close(&w);
}

static bool is_checkout(const char *folder) {
    char file[4096];
    return snprintf(file, sizeof file, "%s/policies/policies/round_robin.py", folder) < (int)sizeof file &&
           access(file, R_OK) == 0;
}

int main(void) {
    bench_pin();
    char *trace = world_trace("skypilot/availability/1-node/aws-02-15-2023", "SpotHedge's two months");
    const char *peer = getenv("SPOTHEDGE_DIR");
    if (!peer || !is_checkout(peer)) {
        peer = NULL;
        bench_missing("SpotHedge's simulator beside ours",
                      "SPOTHEDGE_DIR names no checkout of MaoZiming/spothedge_ae (docs/peers.md)");
    }
    if (trace)
        measure(trace, peer);
    else
        bench_absent("spothedge/2-month", "ms");
    free(trace);
    return 0;
}
