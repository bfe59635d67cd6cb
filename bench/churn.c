/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/churn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

static int64_t at_start;
static uint32_t unlimited = TRACE_UNLIMITED;
static char nowhere[] = "";

struct churn_params churn_params(uint32_t target, int64_t hours) {
    return (struct churn_params){.target = target,
                                 .pools = 9,
                                 .horizon_ms = hours * 3600000,
                                 .mean_life_ms = 3600000,
                                 .cold_start_ms = 183000,
                                 .policy = "spot()+round-robin",
                                 .seed = 1};
}

int64_t churn_hours(uint32_t target) { return 200000 / target + 2; }

static void init_pool(struct churn *c, const struct churn_params *p, uint32_t i) {
    struct error e = {0};
    snprintf(c->names[i], sizeof c->names[i], "pool%u", i);
    c->pools[i] = (struct trace_pool){.name = c->names[i],
                                      .cloud = nowhere,
                                      .region = nowhere,
                                      .zone = nowhere,
                                      .instance_type = nowhere,
                                      .has_capacity = true,
                                      .span_ms = p->horizon_ms,
                                      .capacity = {1, &at_start, &unlimited}};
    struct pool_params *params = &c->params[i];
    bench_check(field_defaults(pool_fields, pool_fields_n, params, &e), &e);
    params->price_spot = 1000000 + i;
    params->price_on_demand = 3000000;
    params->notice_ms = p->notice_ms;
    params->spot_denial = p->denial;
    params->launch_delay_ms = params->denial_delay_ms = p->launch_delay_ms;
    char text[64];
    snprintf(text, sizeof text, "exponential(%.3fs)", (double)p->mean_life_ms / 1000);
    bench_check(dist_from_text(text, &params->lifetime, &e), &e);
    snprintf(text, sizeof text, "%.3fs", (double)p->cold_start_ms / 1000);
    bench_check(dist_from_text(text, &params->cold_start, &e), &e);
    c->all[i] = i;
}

void churn_init(struct churn *c, const struct churn_params *p) {
    struct error e = {0};
    memset(c, 0, sizeof *c);
    c->pools = calloc(p->pools, sizeof *c->pools);
    c->params = calloc(p->pools, sizeof *c->params);
    c->all = calloc(p->pools, sizeof *c->all);
    c->names = calloc(p->pools, sizeof *c->names);
    c->registry = registry_new();
    if (!c->pools || !c->params || !c->all || !c->names || !c->registry) bench_fail("out of memory");
    for (uint32_t i = 0; i < p->pools; i++) init_pool(c, p, i);
    c->trace = (struct trace){.n_pools = p->pools, .pools = c->pools, .epoch_ms = INT64_MIN, .span_ms = p->horizon_ms};
    char text[256];
    snprintf(text, sizeof text, "constant(target=%u)+%s", p->target, p->policy);
    bench_check(policy_spec_parse(c->registry, text, &c->spec, &e), &e);
    bench_check(policy_spec_check(c->registry, &c->spec, "policy", &e), &e);
    bench_check(sim_config_defaults(&c->config, &e), &e);
    c->group = (struct group_config){"fleet", &c->spec, {0, 1000000}, p->pools, c->all};
    c->config.trace = &c->trace;
    c->config.pools = c->params;
    c->config.n_groups = 1;
    c->config.groups = &c->group;
    c->config.horizon_ms = p->horizon_ms;
    c->config.control.interval_ms = p->interval_ms;
    c->config.seed = p->seed;
}

void churn_free(struct churn *c) {
    for (uint32_t i = 0; i < c->trace.n_pools; i++) {
        dist_free(&c->params[i].lifetime);
        dist_free(&c->params[i].cold_start);
    }
    policy_spec_free(&c->spec);
    registry_free(c->registry);
    free(c->pools);
    free(c->params);
    free(c->all);
    free(c->names);
    memset(c, 0, sizeof *c);
}
