/* SPDX-License-Identifier: Apache-2.0 */
#include "study/stress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/sim.h"
#include "traces/synth.h"

/* Follows a run's timeline from the first event on. */
struct watch {
    struct stress_result *r;
    int64_t ends_ms;        /* of the last event: what begins later is not its doing */
    int64_t short_since_ms; /* -1: not short */
};

static void close_spell(struct watch *w, int64_t at_ms) {
    double s = (double)(at_ms - w->short_since_ms) / (double)MS_PER_S;
    if (w->short_since_ms >= 0 && s > w->r->longest_short_s) w->r->longest_short_s = s;
    w->short_since_ms = -1;
}

static void see(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    struct watch *w = arg;
    uint32_t ready = ready_spot + ready_on_demand;
    (void)capacity;
    (void)cost_rate_uusd_per_h;
    if (at_ms < w->r->begins_ms || (at_ms >= w->ends_ms && w->short_since_ms < 0)) return;
    if (ready < w->r->least_ready) w->r->least_ready = ready;
    if (ready < target) {
        if (w->short_since_ms < 0) w->short_since_ms = at_ms;
        w->r->short_of_target = true;
        return;
    }
    if (w->r->short_of_target && !w->r->recovered) {
        w->r->recovered = true;
        w->r->recovery_s = (double)(at_ms - w->r->begins_ms) / (double)MS_PER_S;
    }
    close_spell(w, at_ms);
}

/* A trace that is short for its events still shall see them. */
static void place_events(const struct model *m, int64_t start_ms, int64_t span_ms, struct model_event *events,
                         int64_t *begins_ms, int64_t *ends_ms) {
    int64_t first = INT64_MAX;
    memcpy(events, m->events, m->n_events * sizeof *events);
    for (uint32_t i = 0; i < m->n_events; i++)
        if (events[i].kind != EVENT_ON_DEMAND && events[i].at_ms < first) first = events[i].at_ms;
    if (first == INT64_MAX) first = 0;
    int64_t back = first > span_ms / 2 ? first - span_ms / 4 : 0;
    *begins_ms = first - back;
    *ends_ms = *begins_ms;
    for (uint32_t i = 0; i < m->n_events; i++) {
        if (events[i].kind == EVENT_ON_DEMAND) continue;
        events[i].at_ms -= back;
        if (events[i].at_ms + events[i].for_ms > *ends_ms) *ends_ms = events[i].at_ms + events[i].for_ms;
        events[i].at_ms += start_ms; /* the trace's clock; the rest is on the run's */
    }
}

/* On-demand events on the pools' parameters, which they hold for the run. */
static enum error_code short_on_demand(const struct model *m, const struct sim_config *config,
                                       struct pool_params **out, struct error *e) {
    uint32_t n = config->trace->n_pools;
    struct pool_params *pools = malloc(n * sizeof *pools);
    if (!pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memcpy(pools, config->pools, n * sizeof *pools); /* distributions inside are borrowed */
    for (uint32_t k = 0; k < m->n_events; k++)
        for (uint32_t i = 0; m->events[k].kind == EVENT_ON_DEMAND && i < n; i++) {
            const struct trace_pool *p = &config->trace->pools[i];
            if (!model_event_hits(&m->events[k], p->name, p->region, p->zone)) continue;
            if (m->events[k].denial > pools[i].on_demand_denial) pools[i].on_demand_denial = m->events[k].denial;
            if (m->events[k].capacity < pools[i].on_demand_capacity)
                pools[i].on_demand_capacity = m->events[k].capacity;
        }
    *out = pools;
    return OK;
}

/* A price given for the whole run stands over the trace's, so a spike goes
 * onto the trace as that price. */
static enum error_code with_prices(const struct sim_config *config, const struct trace *t, struct trace **out,
                                   struct pool_params *pools, struct error *e) {
    TRY(trace_window(t, 0, t->span_ms, out, e));
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_price *price = &(*out)->pools[i].price;
        if (config->pools[i].price_spot < 0) continue;
        free(price->at_ms);
        free(price->uusd_per_h);
        *price = (struct trace_price){1, calloc(1, sizeof *price->at_ms), malloc(sizeof *price->uusd_per_h)};
        if (!price->at_ms || !price->uusd_per_h) {
            price->n = 0;
            return error_set(e, ERR_FAILED, NULL, "out of memory");
        }
        price->uusd_per_h[0] = config->pools[i].price_spot;
        pools[i].price_spot = -1;
    }
    return OK;
}

static enum error_code run_with(struct sim *sim, const struct sim_config *base, const struct model *m,
                                struct stress_result *r, struct error *e) {
    struct model_event *events = calloc(m->n_events ? m->n_events : 1, sizeof *events);
    struct model placed = *m;
    struct trace *priced = NULL, *stressed = NULL;
    struct pool_params *pools = NULL;
    struct sim_config config = *base;
    struct sim_result result = {0};
    int64_t ends_ms = 0;
    enum error_code rc = events ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) {
        place_events(m, base->window_start_ms, base->horizon_ms, events, &r->begins_ms, &ends_ms);
        placed.events = events;
        rc = short_on_demand(m, base, &pools, e);
    }
    if (rc == OK) rc = with_prices(base, base->trace, &priced, pools, e);
    if (rc == OK) rc = synth_events(priced, &placed, &stressed, e);
    if (rc == OK) {
        struct watch w = {r, ends_ms, -1};
        struct sim_outputs outputs = {.timeline = see, .timeline_arg = &w};
        config.trace = stressed;
        config.pools = pools;
        rc = sim_run(sim, &config, &outputs, &result, e);
        close_spell(&w, base->horizon_ms);
    }
    r->full = result.full;
    r->any = result.any;
    r->cost_usd = result.cost_total_usd;
    sim_result_free(&result);
    trace_free(stressed);
    trace_free(priced);
    free(pools);
    free(events);
    return rc;
}

static enum error_code name_result(const struct model *m, struct stress_result *r, struct error *e) {
    *r = (struct stress_result){.recovery_s = NAN, .least_ready = UINT32_MAX};
    TRY(model_text(&r->name, m->name, e));
    return model_text(&r->about, m->about, e);
}

enum error_code stress_run(const struct scenario *s, const struct model *const *models, uint32_t n,
                           struct stress_result *results, struct error *e) {
    struct sim *sim = sim_new();
    struct sim_result calm = {0};
    struct sim_outputs none = {0};
    memset(results, 0, n * sizeof *results);
    enum error_code rc = sim ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = sim_run(sim, scenario_config(s), &none, &calm, e);
    for (uint32_t i = 0; rc == OK && i < n; i++) {
        rc = name_result(models[i], &results[i], e);
        results[i].calm_full = calm.full;
        results[i].calm_any = calm.any;
        results[i].calm_cost_usd = calm.cost_total_usd;
        if (rc == OK) rc = run_with(sim, scenario_config(s), models[i], &results[i], e);
    }
    sim_result_free(&calm);
    sim_free(sim);
    return rc;
}

void stress_free(struct stress_result *results, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        free(results[i].name);
        free(results[i].about);
    }
}

/* ---- reports ---------------------------------------------------------------------------- */

static void put_seconds(double s, bool known, const char *otherwise, struct strbuf *out) {
    char text[32];
    if (s < 600)
        snprintf(text, sizeof text, "%.0f s", s);
    else if (s < 7200)
        snprintf(text, sizeof text, "%.1f min", s / 60);
    else
        snprintf(text, sizeof text, "%.1f h", s / 3600);
    strbuf_printf(out, " %12s", known ? text : otherwise);
}

void stress_report(const struct stress_result *results, uint32_t n, struct strbuf *out) {
    strbuf_printf(out, "%-22s %9s %9s %11s %12s %12s %6s\n", "scenario", "full %", "any %", "cost $", "recovery",
                  "longest", "least");
    for (uint32_t i = 0; i < n; i++) {
        const struct stress_result *r = &results[i];
        if (i == 0)
            strbuf_printf(out, "%-22s %9.3f %9.3f %11.2f\n", "(none)", 100 * r->calm_full, 100 * r->calm_any,
                          r->calm_cost_usd);
        strbuf_printf(out, "%-22s %9.3f %9.3f %11.2f", r->name, 100 * r->full, 100 * r->any, r->cost_usd);
        put_seconds(r->recovery_s, r->recovered, r->short_of_target ? "never" : "not short", out);
        put_seconds(r->longest_short_s, true, "", out);
        strbuf_printf(out, " %6u\n", r->least_ready == UINT32_MAX ? 0 : r->least_ready);
    }
    strbuf_puts(out, "recovery: from the event's start until the target is reached again; longest: time below target that\n"
                     "began during the event; least: fewest ready replicas until then.\n");
}

static void put(const char *name, double x, struct strbuf *out) {
    strbuf_printf(out, ", \"%s\": ", name);
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
}

void stress_json(const struct stress_result *results, uint32_t n, struct strbuf *out) {
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < n; i++) {
        const struct stress_result *r = &results[i];
        strbuf_puts(out, i ? ",\n  {\"stress\": " : "\n  {\"stress\": ");
        strbuf_json_string(out, r->name);
        put("full", r->full, out);
        put("any", r->any, out);
        put("cost_usd", r->cost_usd, out);
        put("calm_full", r->calm_full, out);
        put("calm_any", r->calm_any, out);
        put("calm_cost_usd", r->calm_cost_usd, out);
        put("begins_s", (double)r->begins_ms / (double)MS_PER_S, out);
        put("recovery_s", r->recovered ? r->recovery_s : (double)NAN, out);
        put("longest_short_s", r->longest_short_s, out);
        strbuf_printf(out, ", \"short\": %s, \"recovered\": %s, \"least_ready\": %u}", r->short_of_target ? "true" : "false",
                      r->recovered ? "true" : "false", r->least_ready == UINT32_MAX ? 0 : r->least_ready);
    }
    strbuf_puts(out, "]");
}
