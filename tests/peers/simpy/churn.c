/* SPDX-License-Identifier: Apache-2.0
 * Our engine and a SimPy model of the same fleet, random fleets with the same draws:
 * what `make bench` times must be the same thing.
 *   churn PYTHON RUNS */
#include <stdio.h>
#include <stdlib.h>

#include "base/random.h"
#include "bench/bench.h"
#include "bench/churn.h"
#include "bench/peer_simpy.h"

#define MS_PER_MIN 60000

/* Uniform in [low, high]. */
static int64_t between(uint64_t *key, int64_t low, int64_t high) {
    *key = random_mix(*key);
    return low + (int64_t)(random_u01(*key) * (double)(high - low + 1));
}

static struct churn_params draw(uint64_t run) {
    uint64_t key = run;
    struct churn_params p = churn_params(1, 1);
    p.target = (uint32_t)between(&key, 1, run % 2 ? 8 : 300);
    p.pools = (uint32_t)between(&key, 1, 12);
    p.mean_life_ms = between(&key, 5, 600) * MS_PER_MIN;
    p.horizon_ms = between(&key, 10 * MS_PER_MIN, 30 * p.mean_life_ms);
    p.cold_start_ms = run % 5 ? between(&key, 1, 600000) : 0;
    p.launch_delay_ms = run % 3 ? between(&key, 1, 60000) : 0;
    p.seed = run;
    return p;
}

int main(int argc, char **argv) {
    if (argc != 3) bench_fail("usage: churn PYTHON RUNS");
    uint64_t runs = strtoull(argv[2], NULL, 10), events = 0;
    struct sim *sim = sim_new();
    if (!sim || runs == 0) bench_fail("no runs");
    for (uint64_t run = 1; run <= runs; run++) {
        struct churn_params p = draw(run);
        struct churn c;
        struct sim_result result;
        struct error e = {0};
        churn_init(&c, &p);
        bench_check(sim_run(sim, &c.config, NULL, &result, &e), &e);
        simpy_churn(argv[1], &p, run % 4 != 0, &result); /* ends the program when they differ */
        events += result.events - result.steps;
        sim_result_free(&result);
        churn_free(&c);
    }
    sim_free(sim);
    printf("# count: runs equal to those of a SimPy model: %llu, events of replicas in them: %llu\n",
           (unsigned long long)runs, (unsigned long long)events);
    return 0;
}
