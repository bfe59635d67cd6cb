/* SPDX-License-Identifier: Apache-2.0
 * The fixed scenarios whose instructions scripts/check-speed counts.
 *   guard           lists them
 *   guard SCENARIO  runs one and prints how many units of work it did
 * Only what runs inside guard_measured is counted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "bench/bench.h"
#include "bench/churn.h"
#include "bench/world.h"
#include "sim/event_queue.h"

struct scenario_row {
    const char *name;
    uint64_t (*work)(const struct scenario_row *row, void *prepared);
    void *(*prepare)(const struct scenario_row *row);
    uint32_t replicas;     /* or timers, or the target */
    uint32_t pools, hours; /* of churn */
    const char *policy;    /* NULL: that of churn_params */
    const char *profile;   /* of runs on a trace */
};

/* scripts/check-speed names this function to callgrind. */
uint64_t guard_measured(const struct scenario_row *row, void *prepared);
__attribute__((noinline)) uint64_t guard_measured(const struct scenario_row *row, void *prepared) {
    return row->work(row, prepared);
}

/* ---- the queue: hold model; a unit is a timer that comes ------------------------- */

static void *prepare_queue(const struct scenario_row *row) {
    struct event_queue *q = calloc(1, sizeof *q);
    struct error e = {0};
    if (!q) bench_fail("out of memory");
    bench_check(event_queue_reset(q, row->replicas, &e), &e);
    for (uint32_t i = 0; i < row->replicas; i++)
        event_queue_set(q, i, event_key((int64_t)(random_mix(i) % row->replicas), EVENT_READY, i));
    return q;
}

static uint64_t work_queue(const struct scenario_row *row, void *prepared) {
    struct event_queue *q = prepared;
    const uint64_t ops = 100000;
    for (uint64_t i = 0; i < ops; i++) {
        uint64_t key = event_queue_first(q);
        uint32_t entity = event_entity(key);
        int64_t later = event_time(key) + 1 + (int64_t)(random_mix(i) % (2 * row->replicas));
        event_queue_set(q, entity, event_key(later, EVENT_READY, entity));
    }
    return ops;
}

/* ---- churn: a unit is an event -------------------------------------------------- */

struct prepared_churn {
    struct churn churn;
    struct sim *sim;
};

static void *prepare_churn(const struct scenario_row *row) {
    struct prepared_churn *p = calloc(1, sizeof *p);
    if (!p || !(p->sim = sim_new())) bench_fail("out of memory");
    struct churn_params params = churn_params(row->replicas, row->hours);
    params.pools = row->pools;
    if (row->policy) {
        params.policy = row->policy;
        params.denial = 0.1; /* pools close and open again */
        params.interval_ms = 20000;
    }
    churn_init(&p->churn, &params);
    return p;
}

static uint64_t run_churn(struct prepared_churn *p, const struct sim_outputs *outputs) {
    struct sim_result result;
    struct error e = {0};
    bench_check(sim_run(p->sim, &p->churn.config, outputs, &result, &e), &e);
    uint64_t events = result.events;
    sim_result_free(&result);
    return events;
}

static uint64_t work_churn(const struct scenario_row *row, void *prepared) {
    (void)row;
    return run_churn(prepared, NULL);
}

static void see_point(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                      uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    (void)ready_spot, (void)ready_on_demand, (void)target, (void)capacity, (void)cost_rate_uusd_per_h;
    *(int64_t *)arg = at_ms;
}

static uint64_t work_timeline(const struct scenario_row *row, void *prepared) {
    (void)row;
    int64_t last;
    return run_churn(prepared, &(struct sim_outputs){.timeline = see_point, .timeline_arg = &last});
}

static uint64_t work_journal(const struct scenario_row *row, void *prepared) {
    (void)row;
    FILE *null = fopen("/dev/null", "w");
    if (!null) bench_fail("/dev/null");
    uint64_t events = run_churn(prepared, &(struct sim_outputs){.journal = null});
    fclose(null);
    return events;
}

/* ---- the bundled traces: a unit is an event, or a byte read ------------------------- */

struct prepared_trace {
    struct world world;
    struct sim *sim;
};

static void *prepare_trace(const struct scenario_row *row) {
    struct prepared_trace *p = calloc(1, sizeof *p);
    if (!p || !(p->sim = sim_new())) bench_fail("out of memory");
    world_open(&p->world,
               "{\"format\": 1, \"profile\": \"%s\", \"trace\": {\"paths\": [\"traces/data/demo\"]},"
               " \"fleet\": {\"target\": %u, \"policy\": \"%s\"},"
               " \"cloud\": {\"defaults\": {\"price_on_demand\": 3.06, \"notice\": \"120s\"}}}",
               row->profile, row->replicas, row->policy);
    return p;
}

static uint64_t work_trace(const struct scenario_row *row, void *prepared) {
    (void)row;
    struct prepared_trace *p = prepared;
    struct sim_result result;
    struct error e = {0};
    bench_check(sim_run(p->sim, p->world.config, NULL, &result, &e), &e);
    uint64_t events = result.events;
    sim_result_free(&result);
    return events;
}

static void *prepare_load(const struct scenario_row *row) {
    (void)row;
    return NULL;
}

static uint64_t work_load(const struct scenario_row *row, void *prepared) {
    (void)row;
    (void)prepared;
    const char *paths[] = {"traces/data/demo"};
    const struct trace_options options = {0};
    struct trace *t;
    struct error e = {0};
    bench_check(trace_load(paths, 1, &options, &t, NULL, &e), &e);
    uint64_t samples = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) samples += t->pools[i].samples;
    trace_free(t);
    return samples;
}

/* ---- the list ------------------------------------------------------------------------ */

#define CHURN(replicas, pools, hours, policy) work_churn, prepare_churn, replicas, pools, hours, policy, NULL
#define PLACER(name, pools)                                                                                            \
    { "pools/" name "/" #pools, CHURN(1000, pools, 8, "spot()+" name) }

static const struct scenario_row rows[] = {
    {"queue/1000", work_queue, prepare_queue, 1000, 0, 0, NULL, NULL},
    {"queue/100000", work_queue, prepare_queue, 100000, 0, 0, NULL, NULL},
    {"churn/10", CHURN(10, 9, 500, NULL)},
    {"churn/1000", CHURN(1000, 9, 10, NULL)},
    {"churn/10000", CHURN(10000, 9, 2, NULL)},
    {"ticks/1000", CHURN(1000, 9, 10, "spot()+round-robin")},
    {"ticks/10000", CHURN(10000, 9, 3, "spot()+round-robin")},
    {"timeline/9", work_timeline, prepare_churn, 1000, 9, 8, NULL, NULL},
    {"timeline/900", work_timeline, prepare_churn, 1000, 900, 8, NULL, NULL},
    {"journal/100", work_journal, prepare_churn, 100, 9, 20, NULL, NULL},
    {"trace/skypilot", work_trace, prepare_trace, 4, 0, 0, "skyserve(base=1,dynamic=true)+skypilot", "skypilot"},
    {"trace/ideal", work_trace, prepare_trace, 4, 0, 0, "skyserve(base=1,dynamic=true,notice=react)+spothedge",
     "ideal"},
    {"load/skypilot-json", work_load, prepare_load, 0, 0, 0, NULL, NULL},
    PLACER("cheapest", 9),
    PLACER("cheapest", 900),
    PLACER("even-spread", 9),
    PLACER("even-spread", 900),
    PLACER("least-loaded", 9),
    PLACER("least-loaded", 900),
    PLACER("random", 9),
    PLACER("random", 900),
    PLACER("round-robin", 9),
    PLACER("round-robin", 900),
    PLACER("skypilot", 9),
    PLACER("skypilot", 900),
    PLACER("spothedge", 9),
    PLACER("spothedge", 900),
    PLACER("ttl-bench", 9),
    PLACER("ttl-bench", 900),
};

int main(int argc, char **argv) {
    const size_t n = sizeof rows / sizeof *rows;
    for (size_t i = 0; i < n; i++) {
        if (argc == 1) {
            puts(rows[i].name);
        } else if (strcmp(argv[1], rows[i].name) == 0) {
            printf("%llu\n", (unsigned long long)guard_measured(&rows[i], rows[i].prepare(&rows[i])));
            return 0;
        }
    }
    return argc == 1 ? 0 : 2;
}
