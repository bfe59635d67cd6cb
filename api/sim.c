/* SPDX-License-Identifier: Apache-2.0
 * Running scenarios. */
#include <stdlib.h>
#include <string.h>

#include "api/result.h"

_Static_assert(SPOTSIM_UNLIMITED == UINT32_MAX, "what sim_outputs.timeline says of a capacity without bound");

struct spotsim_sim {
    struct sim *inner;
    uint64_t replication;
    int64_t start_ms, length_ms; /* 0, 0: as the scenario says */
    FILE *journal, *explain;
    spotsim_timeline_fn timeline;
    void *timeline_arg;
};

enum spotsim_code spotsim_sim_new(struct spotsim_sim **out, struct spotsim_error *e) {
    if (!out) return MISUSE(e, "out is NULL");
    *out = NULL;
    struct spotsim_sim *sim = calloc(1, sizeof *sim);
    if (sim) sim->inner = sim_new();
    if (!sim || !sim->inner) {
        free(sim);
        return api_out_of_memory(e);
    }
    *out = sim;
    return SPOTSIM_OK;
}

void spotsim_sim_free(struct spotsim_sim *sim) {
    if (!sim) return;
    sim_free(sim->inner);
    free(sim);
}

enum spotsim_code spotsim_sim_set_replication(struct spotsim_sim *sim, uint64_t replication) {
    if (!sim) return SPOTSIM_MISUSE;
    sim->replication = replication;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_sim_set_window(struct spotsim_sim *sim, int64_t start_ms, int64_t length_ms) {
    if (!sim || start_ms < 0 || length_ms < 0) return SPOTSIM_MISUSE;
    sim->start_ms = length_ms ? start_ms : 0;
    sim->length_ms = length_ms;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_sim_set_journal(struct spotsim_sim *sim, FILE *journal) {
    if (!sim) return SPOTSIM_MISUSE;
    sim->journal = journal;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_sim_set_explain(struct spotsim_sim *sim, FILE *explain) {
    if (!sim) return SPOTSIM_MISUSE;
    sim->explain = explain;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_sim_set_timeline(struct spotsim_sim *sim, spotsim_timeline_fn fn, void *arg) {
    if (!sim) return SPOTSIM_MISUSE;
    sim->timeline = fn;
    sim->timeline_arg = arg;
    return SPOTSIM_OK;
}

static void pass_point(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                       uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    const struct spotsim_sim *sim = arg;
    sim->timeline(sim->timeline_arg, &(struct spotsim_point){.at_ms = at_ms,
                                                             .micro_usd_per_h = cost_rate_uusd_per_h,
                                                             .ready_spot = ready_spot,
                                                             .ready_on_demand = ready_on_demand,
                                                             .target = target,
                                                             .capacity = capacity});
}

/* The window lies in the scenario's own time. */
static enum spotsim_code narrow(const struct spotsim_sim *sim, struct sim_config *c, struct spotsim_error *e) {
    if (sim->start_ms > c->horizon_ms || sim->length_ms > c->horizon_ms - sim->start_ms)
        return api_fail(e, SPOTSIM_INPUT, "window",
                        "%lld ms from %lld ms on do not lie in the scenario's time, which is %lld ms long",
                        (long long)sim->length_ms, (long long)sim->start_ms, (long long)c->horizon_ms);
    c->window_start_ms += sim->start_ms;
    c->horizon_ms = sim->length_ms;
    return SPOTSIM_OK;
}

/* What is run.  *start_ms: where in the trace that begins; a trace under stress is
 * cut there. */
static enum spotsim_code choose(const struct spotsim_sim *sim, const struct scenario *s, struct spotsim_result *r,
                                int64_t *start_ms, struct spotsim_error *e) {
    struct error inner = {0};
    struct sim_config calm = *scenario_calm_config(s);
    r->config = *scenario_config(s);
    if (sim->length_ms) {
        enum spotsim_code rc = narrow(sim, &calm, e);
        if (rc != SPOTSIM_OK) return rc;
        r->config = calm;
        if (scenario_stress(s)) {
            rc = api_result(stress_apply(scenario_stress(s), &calm, &r->stressed, &inner), &inner, e);
            if (rc != SPOTSIM_OK) return rc;
            r->config = r->stressed.config;
        }
    }
    r->config.replication += sim->replication;
    *start_ms = calm.window_start_ms;
    return SPOTSIM_OK;
}

static enum spotsim_code run(struct spotsim_sim *sim, const struct spotsim_scenario *s, struct spotsim_result *r,
                             struct spotsim_error *e) {
    struct error inner = {0};
    struct sim_outputs outputs = {.journal = sim->journal,
                                  .explain = sim->explain,
                                  .timeline = sim->timeline ? pass_point : NULL,
                                  .timeline_arg = sim};
    int64_t start_ms = 0;
    enum spotsim_code rc = choose(sim, s->prepared->scenario, r, &start_ms, e);
    if (rc == SPOTSIM_OK) rc = api_result(sim_run(sim->inner, &r->config, &outputs, &r->value, &inner), &inner, e);
    if (rc != SPOTSIM_OK) return rc;
    r->config.window_start_ms = start_ms; /* from now on it is only shown */
    prepared_keep(s->prepared);
    r->from = s->prepared;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_sim_run(struct spotsim_sim *sim, const struct spotsim_scenario *s,
                                  struct spotsim_result *result, struct spotsim_error *e) {
    API_ENTER;
    if (!sim || !s || !result) return MISUSE(e, "sim, scenario or result is NULL");
    sim_reuse(sim->inner, &result->value);
    result_clear(result);
    if (!s->prepared) return MISUSE(e, NOT_PREPARED);
    return run(sim, s, result, e);
}
