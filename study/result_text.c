/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "study/result.h"

static void share_line(struct strbuf *out, const char *name, double x, const char *meaning) {
    if (isnan(x)) return;
    strbuf_printf(out, "  %-10s %10.4f %%   %s\n", name, x * 100, meaning);
}

static const char *span(double seconds, char buf[32]) {
    if (isnan(seconds)) return "-";
    if (seconds < 120)
        snprintf(buf, 32, "%.0f s", seconds);
    else if (seconds < 7200)
        snprintf(buf, 32, "%.1f min", seconds / 60);
    else
        snprintf(buf, 32, "%.1f h", seconds / 3600);
    return buf;
}

static const char *dollars(double usd, char buf[32]) {
    if (isnan(usd)) return "unknown";
    snprintf(buf, 32, "$%.2f", usd);
    return buf;
}

static void put_outage(struct strbuf *out, const char *name, const struct outage_stats *o) {
    char longest[32], mean[32], between[32];
    strbuf_printf(out, "  %-10s %6" PRIu64 " spells, longest %s, mean %s, between them %s%s\n", name, o->count,
                  span((double)o->longest_ms / 1000, longest), span(o->mean_s, mean), span(o->mtbf_s, between),
                  o->last_cut ? "; the last one was not over at the end" : "");
}

static void put_cost(struct strbuf *out, const struct sim_result *r) {
    char total[32], spot[32], on_demand[32];
    strbuf_printf(out, "Cost\n  total %s (spot %s, on-demand %s)", dollars(r->cost_total_usd, total),
                  dollars(r->cost_usd[SP_SPOT], spot), dollars(r->cost_usd[SP_ON_DEMAND], on_demand));
    if (!isnan(r->relative_to_on_demand))
        strbuf_printf(out, ", %.2f %% of all on-demand", r->relative_to_on_demand * 100);
    strbuf_printf(out, "\n  instance-hours: spot %.2f, on-demand %.2f\n", r->hours[SP_SPOT], r->hours[SP_ON_DEMAND]);
    strbuf_printf(out, "  of them not serving: cold start %.2f, drain %.2f; above the target %.2f\n",
                  r->waste_hours_cold, r->waste_hours_drain, r->waste_hours_overprovision);
}

static void put_instances(struct strbuf *out, const struct sim_result *r) {
    strbuf_printf(out,
                  "Instances\n  launched: spot %" PRIu64 ", on-demand %" PRIu64 "; denied %" PRIu64
                  ", preempted %" PRIu64 " (noticed %" PRIu64 "), terminated %" PRIu64 ", failed %" PRIu64 "\n",
                  r->launched[SP_SPOT], r->launched[SP_ON_DEMAND], r->denied, r->preempted, r->noticed, r->terminated,
                  r->failed);
    const struct recovery_stats *v = &r->recovery[0];
    char mean[32], longest[32];
    if (v->count)
        strbuf_printf(out, "  losses of ready replicas: %" PRIu64 ", recovered %" PRIu64 ", mean %s, longest %s\n",
                      v->count, v->recovered, span(v->mean_s, mean), span((double)v->longest_ms / 1000, longest));
}

static void put_pools(struct strbuf *out, const struct scenario *s, const struct sim_result *r) {
    const struct trace *t = scenario_config(s)->trace;
    int width = 4;
    for (uint32_t i = 0; i < t->n_pools; i++)
        if ((int)strlen(t->pools[i].name) > width) width = (int)strlen(t->pools[i].name);
    strbuf_printf(out, "Pools\n  %-*s %12s %12s %12s %10s %10s\n", width, "", "spot h", "on-demand h", "cost", "denied",
                  "preempted");
    for (uint32_t i = 0; i < r->n_pools && i < t->n_pools; i++) {
        const struct pool_result *p = &r->pools[i];
        char cost[32];
        strbuf_printf(out, "  %-*s %12.2f %12.2f %12s %10" PRIu64 " %10" PRIu64 "\n", width, t->pools[i].name,
                      p->hours[SP_SPOT], p->hours[SP_ON_DEMAND],
                      dollars(p->cost_usd[SP_SPOT] + p->cost_usd[SP_ON_DEMAND], cost),
                      p->denied[SP_SPOT] + p->denied[SP_ON_DEMAND], p->preempted);
    }
}

/* "aws (inferred)" once per kind, with how many pools. */
/* Each group against its own target. */
static void put_groups(struct strbuf *out, const struct scenario *s, const struct sim_result *r) {
    const struct sim_config *c = scenario_config(s);
    if (r->n_groups == 0) return;
    int width = 5;
    for (uint32_t i = 0; i < r->n_groups; i++)
        if ((int)strlen(c->groups[i].name) > width) width = (int)strlen(c->groups[i].name);
    strbuf_printf(out, "Groups\n  %-*s %12s %12s %12s\n", width, "", "full", "any", "capacity");
    for (uint32_t i = 0; i < r->n_groups; i++) {
        const struct group_result *g = &r->groups[i];
        strbuf_printf(out, "  %-*s %10.4f %% %10.4f %% %10.4f %%\n", width, c->groups[i].name, 100 * g->full,
                      100 * g->any, 100 * g->capacity);
    }
}

static void put_clouds(struct strbuf *out, const struct scenario *s) {
    uint32_t n = scenario_config(s)->trace->n_pools;
    strbuf_puts(out, "  clouds: ");
    for (uint32_t i = 0, shown = 0; i < n; i++) {
        bool inferred = false, other = false, before = false;
        const char *cloud = scenario_pool_cloud(s, i, &inferred);
        uint32_t same = 0;
        for (uint32_t j = 0; j < n; j++) {
            bool match = strcmp(scenario_pool_cloud(s, j, &other), cloud) == 0 && other == inferred;
            before |= match && j < i;
            same += match;
        }
        if (before) continue;
        strbuf_printf(out, "%s%u x %s%s", shown++ ? ", " : "", same, *cloud ? cloud : "none known",
                      inferred ? " (inferred from pool names)" : "");
    }
    strbuf_puts(out, "\n");
}

/* One setting of the pools, if they agree on it. */
static void put_setting(struct strbuf *out, const struct sim_config *c, const char *path, const char *title) {
    const struct field *f = field_find(pool_fields, pool_fields_n, path);
    struct strbuf first = {0}, other = {0};
    bool same = true;
    field_to_json(f, &c->pools[0], &first);
    for (uint32_t i = 1; i < c->trace->n_pools && same; i++) {
        strbuf_free(&other);
        field_to_json(f, &c->pools[i], &other);
        same = first.data && other.data && strcmp(first.data, other.data) == 0;
    }
    const char *text = same && first.data ? first.data : "by pool";
    int quoted = *text == '"';
    strbuf_printf(out, "%s %.*s", title, (int)strlen(text) - 2 * quoted, text + quoted);
    strbuf_free(&first);
    strbuf_free(&other);
}

void assumptions_to_text(const struct scenario *s, struct strbuf *out) {
    const struct sim_config *c = scenario_config(s);
    char resolution[32], gap[32];
    strbuf_printf(out, "  a trace value means: %s; the 1 of a 0/1 series: %s; polarity: %s\n",
                  c->means_launch ? "launch (it only limits new launches)"
                                  : "held (below what is held it takes the excess)",
                  scenario_single_means(s), scenario_polarity(s));
    strbuf_printf(out, "  profile: %s; trace resolution %s, step %s\n", scenario_profile(s),
                  span(scenario_resolution_ms(s) ? (double)scenario_resolution_ms(s) / 1000 : NAN, resolution),
                  span(scenario_gap_ms(s) ? (double)scenario_gap_ms(s) / 1000 : NAN, gap));
    if (scenario_stress(s)) strbuf_printf(out, "  stress: %s\n", scenario_stress_name(s));
    put_setting(out, c, "cold_start", "  cold start");
    put_setting(out, c, "notice", ", notice");
    put_setting(out, c, "billing", ", billing");
    strbuf_puts(out, "\n");
    put_clouds(out, s);
}

void result_to_text(const struct scenario *s, const struct sim_config *c, const struct sim_result *r,
                    struct strbuf *out) {
    struct strbuf policy = {0};
    char horizon[32], warmup[32];
    scenario_policy_text(s, &policy);
    if (*scenario_name(s)) strbuf_printf(out, "Scenario %s\n", scenario_name(s));
    strbuf_printf(out, "Policy   %s\n", policy.data ? policy.data : "");
    strbuf_printf(out, "Run      %s on %u pool%s", text_format_duration(c->horizon_ms, horizon), c->trace->n_pools,
                  c->trace->n_pools == 1 ? "" : "s");
    if (c->warmup_ms) strbuf_printf(out, ", counted after %s", text_format_duration(c->warmup_ms, warmup));
    strbuf_printf(out, ", seed %" PRIu64 "\n", c->seed);
    strbuf_puts(out, "Availability (share of time)\n");
    share_line(out, "full", r->full, "ready >= target");
    share_line(out, "any", r->any, "ready >= 1");
    share_line(out, "base", r->base, "ready on-demand >= base");
    share_line(out, "capacity", r->capacity, "mean of min(ready, target) / target");
    share_line(out, "served", r->served, "of the demand");
    strbuf_puts(out, "Outages\n");
    put_outage(out, "full", &r->outage_full);
    put_outage(out, "any", &r->outage_any);
    put_cost(out, r);
    put_instances(out, r);
    put_groups(out, s, r);
    put_pools(out, s, r);
    strbuf_puts(out, "Assumptions\n");
    assumptions_to_text(s, out);
    strbuf_printf(out, "Events %" PRIu64 ", fingerprint %016" PRIx64 "\n", r->events, r->fingerprint);
    if (policy.failed) out->failed = true;
    strbuf_free(&policy);
}

void result_notes(const struct scenario *s, const struct sim_result *r, struct notes *notes) {
    (void)s;
    if (r->base_clamped)
        notes_warn(notes, "base > target + overprovision: the base is clamped to the target and no spot is wanted");
    if (r->unknown_price_pools)
        notes_add(notes,
                  "no price known for %" PRIu64 " of the pools used, so no total cost "
                  "(--price-spot, --price-on-demand, or a trace with prices)",
                  r->unknown_price_pools);
}
