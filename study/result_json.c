/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "base/text.h"
#include "sim/load.h"
#include "study/json_text.h"
#include "study/result.h"

/* "key": number, with null for NaN; `first` starts the object. */
static void real(struct strbuf *out, const char *key, double x, bool first) {
    strbuf_printf(out, "%s\"%s\":", first ? "{" : ",", key);
    strbuf_real(out, x);
}

static void count(struct strbuf *out, const char *key, uint64_t n, bool first) {
    strbuf_printf(out, "%s\"%s\":%" PRIu64, first ? "{" : ",", key, n);
}

static double seconds(int64_t ms) { return (double)ms / (double)MS_PER_S; }

static void put_outage(struct strbuf *out, const char *key, const struct outage_stats *o, bool first) {
    strbuf_printf(out, "%s\"%s\":", first ? "{" : ",", key);
    count(out, "count", o->count, true);
    real(out, "longest_s", seconds(o->longest_ms), false);
    real(out, "mean_s", o->mean_s, false);
    real(out, "total_s", seconds(o->total_ms), false);
    real(out, "mttr_s", o->mttr_s, false);
    real(out, "mtbf_s", o->mtbf_s, false);
    strbuf_printf(out, ",\"last_cut\":%s}", o->last_cut ? "true" : "false");
}

static void put_availability(struct strbuf *out, const struct sim_result *r) {
    strbuf_puts(out, ",\"availability\":");
    real(out, "full", r->full, true);
    real(out, "any", r->any, false);
    real(out, "base", r->base, false);
    real(out, "capacity", r->capacity, false);
    real(out, "served", r->served, false);
    strbuf_puts(out, "},\"outages\":");
    put_outage(out, "full", &r->outage_full, true);
    put_outage(out, "any", &r->outage_any, false);
    strbuf_puts(out, "},\"recovery\":[");
    bool first = true;
    for (uint32_t k = 1; k <= RECOVERY_K_MAX; k++) {
        const struct recovery_stats *v = &r->recovery[k];
        if (!v->count) continue;
        if (!first) strbuf_puts(out, ",");
        first = false;
        count(out, "lost", k, true);
        count(out, "count", v->count, false);
        count(out, "recovered", v->recovered, false);
        real(out, "mean_s", v->mean_s, false);
        real(out, "longest_s", seconds(v->longest_ms), false);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void put_instances(struct strbuf *out, const struct sim_result *r) {
    strbuf_puts(out, ",\"cost\":");
    real(out, "total_usd", r->cost_total_usd, true);
    real(out, "spot_usd", r->cost_usd[SP_SPOT], false);
    real(out, "on_demand_usd", r->cost_usd[SP_ON_DEMAND], false);
    real(out, "relative_to_on_demand", r->relative_to_on_demand, false);
    strbuf_puts(out, "},\"instances\":");
    count(out, "spot_launched", r->launched[SP_SPOT], true);
    count(out, "on_demand_launched", r->launched[SP_ON_DEMAND], false);
    count(out, "denied", r->denied, false);
    count(out, "noticed", r->noticed, false);
    count(out, "rebalanced", r->rebalanced, false);
    count(out, "preempted", r->preempted, false);
    count(out, "terminated", r->terminated, false);
    count(out, "failed", r->failed, false);
    strbuf_puts(out, "},\"instance_hours\":");
    real(out, "spot", r->hours[SP_SPOT], true);
    real(out, "on_demand", r->hours[SP_ON_DEMAND], false);
    strbuf_puts(out, "},\"waste_hours\":");
    real(out, "cold_start", r->waste_hours_cold, true);
    real(out, "drain", r->waste_hours_drain, false);
    real(out, "overprovision", r->waste_hours_overprovision, false);
    strbuf_puts(out, "}");
}

static void put_pools(struct strbuf *out, const struct scenario *s, const struct sim_result *r) {
    const struct trace *t = scenario_config(s)->trace;
    strbuf_puts(out, ",\"by_pool\":[");
    for (uint32_t i = 0; i < r->n_pools && i < t->n_pools; i++) {
        const struct pool_result *p = &r->pools[i];
        strbuf_puts(out, i ? ",{\"pool\":" : "{\"pool\":");
        strbuf_json_string(out, t->pools[i].name);
        real(out, "spot_hours", p->hours[SP_SPOT], false);
        real(out, "on_demand_hours", p->hours[SP_ON_DEMAND], false);
        real(out, "cost_usd", p->cost_usd[SP_SPOT] + p->cost_usd[SP_ON_DEMAND], false);
        count(out, "preempted", p->preempted, false);
        count(out, "spot_launched", p->launched[SP_SPOT], false);
        count(out, "on_demand_launched", p->launched[SP_ON_DEMAND], false);
        count(out, "denied", p->denied[SP_SPOT] + p->denied[SP_ON_DEMAND], false);
        count(out, "noticed", p->noticed, false);
        count(out, "terminated", p->terminated, false);
        real(out, "spot_ready_hours", p->ready_hours[SP_SPOT], false);
        real(out, "on_demand_ready_hours", p->ready_hours[SP_ON_DEMAND], false);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void put_groups(struct strbuf *out, const struct scenario *s, const struct sim_result *r) {
    const struct sim_config *c = scenario_config(s);
    if (!r->n_groups) return;
    strbuf_puts(out, ",\"by_group\":[");
    for (uint32_t i = 0; i < r->n_groups && i < c->n_groups; i++) {
        const struct group_result *g = &r->groups[i];
        strbuf_puts(out, i ? ",{\"group\":" : "{\"group\":");
        strbuf_json_string(out, c->groups[i].name);
        real(out, "full", g->full, false);
        real(out, "any", g->any, false);
        real(out, "base", g->base, false);
        real(out, "capacity", g->capacity, false);
        real(out, "served", g->served, false);
        real(out, "target_hours", g->target_hours, false);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void put_clouds(struct strbuf *out, const struct scenario *s) {
    const struct sim_config *c = scenario_config(s);
    strbuf_puts(out, ",\"clouds\":[");
    for (uint32_t i = 0; i < c->trace->n_pools; i++) {
        bool inferred = false;
        const char *cloud = scenario_pool_cloud(s, i, &inferred);
        strbuf_puts(out, i ? ",{\"pool\":" : "{\"pool\":");
        strbuf_json_string(out, c->trace->pools[i].name);
        strbuf_puts(out, ",\"cloud\":");
        if (*cloud)
            strbuf_json_string(out, cloud);
        else
            strbuf_puts(out, "null");
        strbuf_printf(out, ",\"inferred\":%s}", inferred ? "true" : "false");
    }
    strbuf_puts(out, "]");
}

static void put_assumptions(const struct scenario *s, const struct sim_config *c, struct strbuf *out) {
    int64_t resolution = scenario_resolution_ms(s), gap = scenario_gap_ms(s);
    strbuf_printf(out, "{\"trace_means\":\"%s\",\"single_means\":", c->means_launch ? "launch" : "held");
    strbuf_json_string(out, scenario_single_means(s));
    strbuf_puts(out, ",\"profile\":");
    strbuf_json_string(out, scenario_profile(s));
    if (scenario_stress(s)) {
        strbuf_puts(out, ",\"stress\":");
        strbuf_json_string(out, scenario_stress_name(s));
    }
    real(out, "resolution_s", resolution ? seconds(resolution) : NAN, false);
    real(out, "gap_s", gap ? seconds(gap) : NAN, false);
    strbuf_printf(out, ",\"polarity\":\"%s\",\"nodes\":%u", scenario_polarity(s), c->nodes);
    real(out, "start_s", seconds(c->window_start_ms), false);
    real(out, "warmup_s", seconds(c->warmup_ms), false);
    real(out, "horizon_s", seconds(c->horizon_ms), false);
    strbuf_printf(out, ",\"trace_digest\":\"%016" PRIx64 "\"", trace_digest(c->trace));
    if (c->load) strbuf_printf(out, ",\"load_digest\":\"%016" PRIx64 "\"", load_digest(c->load));
    put_clouds(out, s);
    strbuf_puts(out, "}");
}

void assumptions_to_json(const struct scenario *s, struct strbuf *out) {
    struct sim_config c = *scenario_config(s);
    c.window_start_ms = scenario_calm_config(s)->window_start_ms; /* a trace under stress is cut there */
    put_assumptions(s, &c, out);
}

void result_to_json(const struct scenario *s, const struct sim_config *c, const struct sim_result *r,
                    const struct notes *notes, struct strbuf *out) {
    struct strbuf flat = {0}, policy = {0};
    scenario_policy_text(s, &policy);
    strbuf_puts(&flat, "{\"format\":1,\"scenario\":");
    strbuf_json_string(&flat, scenario_name(s));
    strbuf_puts(&flat, ",\"policy\":");
    strbuf_json_string(&flat, policy.data ? policy.data : "");
    count(&flat, "seed", c->seed, false);
    count(&flat, "replication", c->replication, false);
    real(&flat, "duration_s", seconds(c->horizon_ms - c->warmup_ms), false);
    put_availability(&flat, r);
    put_instances(&flat, r);
    put_pools(&flat, s, r);
    put_groups(&flat, s, r);
    strbuf_puts(&flat, ",\"assumptions\":");
    put_assumptions(s, c, &flat);
    strbuf_puts(&flat, ",\"warnings\":[");
    for (uint32_t i = 0; i < notes->n; i++) {
        if (i) strbuf_puts(&flat, ",");
        strbuf_json_string(&flat, notes->lines[i]);
    }
    strbuf_printf(&flat, "],\"base_clamped\":%s", r->base_clamped ? "true" : "false");
    count(&flat, "events", r->events, false);
    count(&flat, "steps", r->steps, false);
    strbuf_printf(&flat, ",\"fingerprint\":\"%016" PRIx64 "\"}", r->fingerprint);
    if (flat.failed || policy.failed || !flat.data)
        out->failed = true;
    else
        json_text_indent(flat.data, out);
    strbuf_free(&flat);
    strbuf_free(&policy);
}
