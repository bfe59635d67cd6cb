/* SPDX-License-Identifier: Apache-2.0
 * Whole runs with ledger, billing, metrics and policy on: heavy churn (every
 * replica lives an exponential hour) at growing fleet sizes. */
#include <stdint.h>
#include <string.h>

#include "bench/bench.h"
#include "policies/spec.h"
#include "sim/sim.h"

#define ROUNDS 3
#define POOLS 9

static void check(enum error_code rc, const struct error *e) {
    if (rc == OK) return;
    fprintf(stderr, "%s: %s\n", e->where, e->message);
    exit(1);
}

struct setup {
    struct trace trace;
    struct trace_pool pools[POOLS];
    char names[POOLS][8];
    int64_t zero;
    uint32_t unlimited, all[POOLS];
    struct pool_params params[POOLS];
    struct policy_registry *registry;
    struct policy_spec spec;
    struct group_config group;
    struct sim_config config;
};

static void prepare(struct setup *s, uint32_t target, int64_t horizon_ms) {
    struct error e = {0};
    memset(s, 0, sizeof *s);
    s->unlimited = TRACE_UNLIMITED;
    char none[] = "";
    for (uint32_t i = 0; i < POOLS; i++) {
        snprintf(s->names[i], sizeof s->names[i], "pool%u", i);
        s->pools[i] = (struct trace_pool){.name = s->names[i], .cloud = none, .region = none, .zone = none,
                                          .instance_type = none, .has_capacity = true, .span_ms = horizon_ms,
                                          .capacity = {1, &s->zero, &s->unlimited}};
        check(field_defaults(pool_fields, pool_fields_n, &s->params[i], &e), &e);
        s->params[i].price_spot = 1000000 + i;
        s->params[i].price_on_demand = 3000000;
        check(dist_from_text("exponential(1h)", &s->params[i].lifetime, &e), &e);
        check(dist_from_text("183s", &s->params[i].cold_start, &e), &e);
        s->all[i] = i;
    }
    s->trace = (struct trace){.n_pools = POOLS, .pools = s->pools, .epoch_ms = INT64_MIN, .span_ms = horizon_ms};
    s->registry = registry_new();
    char text[64];
    snprintf(text, sizeof text, "constant(target=%u)+spot()+round-robin", target);
    check(policy_spec_parse(s->registry, text, &s->spec, &e), &e);
    check(policy_spec_check(s->registry, &s->spec, "policy", &e), &e);
    check(sim_config_defaults(&s->config, &e), &e);
    s->group = (struct group_config){"fleet", &s->spec, {0, 1000000}, POOLS, s->all};
    s->config.trace = &s->trace;
    s->config.pools = s->params;
    s->config.n_groups = 1;
    s->config.groups = &s->group;
    s->config.horizon_ms = horizon_ms;
}

int main(void) {
    const uint32_t sizes[] = {10, 1000, 10000, 100000};
    struct sim *sim = sim_new();
    if (!sim) return 1;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct setup s;
        /* about a million events each: a replica's life is some five of them */
        int64_t hours = 200000 / sizes[k] + 2;
        prepare(&s, sizes[k], hours * 3600000);
        double seconds[ROUNDS];
        uint64_t events = 0;
        for (int r = 0; r < ROUNDS; r++) {
            struct sim_result result;
            struct error e = {0};
            double start = bench_now_s();
            check(sim_run(sim, &s.config, NULL, &result, &e), &e);
            seconds[r] = bench_now_s() - start;
            events = result.events;
            sim_result_free(&result);
        }
        char name[64];
        snprintf(name, sizeof name, "run/churn/%u", sizes[k]);
        bench_print(name, (double)events / bench_median(seconds, ROUNDS) / 1e6, "M events/s", (double)events, NULL, 0);
        policy_spec_free(&s.spec);
        registry_free(s.registry);
    }
    sim_free(sim);
    return 0;
}
