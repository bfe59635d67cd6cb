/* SPDX-License-Identifier: Apache-2.0
 * Whole runs with ledger, billing, metrics and policy on: heavy churn at
 * growing fleet sizes, beside the same fleet as a SimPy model. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "bench/churn.h"
#include "bench/peer_simpy.h"

#define OWN_PER_PEER 3 /* runs of ours beside one of SimPy's, which is long */

struct measured {
    struct bench_series rate, seconds, simpy, simpy_lean;
    uint64_t events;
};

static double run_once(struct sim *sim, const struct churn *c, struct sim_result *result) {
    struct error e = {0};
    double start = bench_cpu_s();
    bench_check(sim_run(sim, &c->config, NULL, result, &e), &e);
    return bench_cpu_s() - start;
}

static void measure(struct sim *sim, const struct churn *c, const struct churn_params *p, const char *python,
                    struct measured *m) {
    for (int i = 0; i < OWN_PER_PEER; i++) {
        struct sim_result result;
        double seconds = run_once(sim, c, &result);
        bench_add(&m->seconds, seconds);
        bench_add(&m->rate, (double)result.events / seconds / 1e6);
        m->events = result.events;
        bool last = i == OWN_PER_PEER - 1;
        if (python && last) {
            bench_add(&m->simpy, simpy_churn(python, p, true, &result));
            bench_add(&m->simpy_lean, simpy_churn(python, p, false, &result));
        }
        sim_result_free(&result);
    }
}

static void fleet(uint32_t target, int rounds, const char *python) {
    struct churn_params p = churn_params(target, churn_hours(target));
    struct churn c;
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    churn_init(&c, &p);
    struct measured m = {0};
    struct sim_result warm;
    run_once(sim, &c, &warm); /* the first run finds its memory */
    sim_result_free(&warm);
    for (int r = 0; r < rounds; r++) measure(sim, &c, &p, python, &m);
    char name[64];
    snprintf(name, sizeof name, "churn/%u/rate", target);
    bench_line(name, &m.rate, "M events/s", (double)m.events, BENCH_MORE, NULL, NULL);
    snprintf(name, sizeof name, "churn/%u/run", target);
    bench_line(name, &m.seconds, "s", (double)m.events, BENCH_LESS, python ? "SimPy, same events" : NULL, &m.simpy);
    if (python)
        bench_line(name, &m.seconds, "s", (double)m.events, BENCH_LESS, "SimPy, woken by losses only", &m.simpy_lean);
    churn_free(&c);
    sim_free(sim);
}

int main(void) {
    bench_pin();
    const char *python = simpy_python("SimPy beside churn");
    fleet(10, 3, python);
    fleet(1000, 3, python);
    fleet(10000, 3, python);
    fleet(100000, 2, python);
    fleet(1000000, 1, NULL); /* SimPy would take minutes */
    return 0;
}
