/* SPDX-License-Identifier: Apache-2.0
 * What journal, timeline and notices cost: the same churn without and with
 * them, run in turn. */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/churn.h"

#define ROUNDS 7
#define FLEET 1000u

struct sample {
    double seconds;
    uint64_t events;
};

static struct sample run(struct sim *sim, const struct churn *c, const struct sim_outputs *outputs) {
    struct sim_result result;
    struct error e = {0};
    double start = bench_cpu_s();
    bench_check(sim_run(sim, &c->config, outputs, &result, &e), &e);
    struct sample s = {bench_cpu_s() - start, result.events};
    sim_result_free(&result);
    return s;
}

static void on_against_off(const char *name, const struct churn *on, const struct churn *off,
                           const struct sim_outputs *outputs) {
    struct bench_series with = {0}, without = {0};
    struct sim *sim = sim_new();
    if (!sim) bench_fail("out of memory");
    uint64_t events = 0;
    run(sim, on, NULL);
    for (int r = 0; r < ROUNDS; r++) {
        struct sample s = run(sim, on, outputs);
        events = s.events;
        bench_add(&with, s.seconds);
        bench_add(&without, run(sim, off, NULL).seconds);
    }
    bench_line(name, &with, "s", (double)events, BENCH_LESS, "off", &without);
    sim_free(sim);
}

/* What the study does with a timeline, short of keeping it. */
static void count_point(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                        uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    uint64_t *sum = arg;
    *sum += (uint64_t)at_ms + ready_spot + ready_on_demand + target + capacity + (uint64_t)cost_rate_uusd_per_h;
}

int main(void) {
    bench_pin();
    FILE *null = fopen("/dev/null", "w");
    if (!null) bench_fail("/dev/null");
    uint64_t sum = 0;
    struct churn_params p = churn_params(FLEET, churn_hours(FLEET)), noticed = p, told = p;
    noticed.notice_ms = told.notice_ms = 120000;
    told.policy = "spot(notice=react)+round-robin";
    struct churn plain, with_notice, reacting;
    churn_init(&plain, &p);
    churn_init(&with_notice, &noticed);
    churn_init(&reacting, &told);
    on_against_off("outputs/journal", &plain, &plain, &(struct sim_outputs){.journal = null});
    on_against_off("outputs/explain", &plain, &plain, &(struct sim_outputs){.explain = null});
    on_against_off("outputs/timeline", &plain, &plain,
                   &(struct sim_outputs){.timeline = count_point, .timeline_arg = &sum});
    on_against_off("outputs/notices-ignored", &with_notice, &plain, NULL);
    on_against_off("outputs/notices-heeded", &reacting, &plain, NULL);
    churn_free(&plain);
    churn_free(&with_notice);
    churn_free(&reacting);
    fclose(null);
    return 0;
}
