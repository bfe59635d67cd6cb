/* SPDX-License-Identifier: Apache-2.0
 * What a run comes to. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim/sim_private.h"

void sim_result_free(struct sim_result *r) {
    if (!r) return;
    free(r->groups);
    free(r->pools);
    free(r->outage_full.lengths_ms);
    free(r->outage_any.lengths_ms);
    memset(r, 0, sizeof *r);
}

void sim_reuse(struct sim *s, struct sim_result *r) {
    if (r->n_pools > s->spare_pools_n) {
        free(s->spare_pools);
        s->spare_pools = r->pools;
        s->spare_pools_n = r->n_pools;
        r->pools = NULL;
    }
    if (r->n_groups > s->spare_groups_n) {
        free(s->spare_groups);
        s->spare_groups = r->groups;
        s->spare_groups_n = r->n_groups;
        r->groups = NULL;
    }
    metrics_reuse(&s->total, r);
    sim_result_free(r);
}

/* Zeroed memory for a result, from an old one where that was as large. */
static struct pool_result *take_pools(struct sim *s, uint32_t n) {
    struct pool_result *pools = s->spare_pools;
    if (n > s->spare_pools_n) return calloc(n, sizeof *pools);
    s->spare_pools = NULL;
    s->spare_pools_n = 0;
    return memset(pools, 0, n * sizeof *pools);
}

static struct group_result *take_groups(struct sim *s, uint32_t n) {
    struct group_result *groups = s->spare_groups;
    if (n > s->spare_groups_n) return calloc(n, sizeof *groups);
    s->spare_groups = NULL;
    s->spare_groups_n = 0;
    return memset(groups, 0, n * sizeof *groups);
}

/* What the target would have cost on demand: at the cheapest price of one
 * replica over the pools that groups use, which does not change.  NaN when
 * there was no demand or no price is known. */
static double relative_cost(const struct sim *s, money total) {
    const struct sim_config *c = s->config;
    const struct pool_params *best = NULL;
    for (uint32_t g = 0; g < c->n_groups; g++)
        for (uint32_t i = 0; i < c->groups[g].n_pools; i++) {
            const struct pool_params *p = &c->pools[c->groups[g].pools[i]];
            if (p->price_on_demand < 0) continue;
            if (!best || p->price_on_demand * best->weight < best->price_on_demand * p->weight) best = p;
        }
    if (!best || best->price_on_demand == 0 || s->total.demand == 0) return NAN;
    money reference = s->total.demand * best->price_on_demand * c->nodes;
    return (double)total * best->weight / (double)reference;
}

static double per_hour(int64_t ms) { return (double)ms / (double)MS_PER_HOUR; }

static void pool_results(struct sim *s, struct sim_result *r, money spent[SP_MARKETS]) {
    bool unknown[SP_MARKETS] = {false, false};
    for (uint32_t i = 0; i < r->n_pools; i++) {
        struct pool_result *p = &r->pools[i];
        const struct pool_counts *n = &s->counts[i];
        bool any_unknown = false;
        for (int m = 0; m < SP_MARKETS; m++) {
            const struct meter *meter = &s->cloud.pools[i].meter[m];
            p->hours[m] = per_hour(meter->used_ms);
            p->ready_hours[m] = per_hour(n->serving_ms[m]);
            p->cost_usd[m] = meter->unknown_used ? NAN : money_usd(meter->spent);
            p->launched[m] = n->launched[m];
            p->denied[m] = n->denied[m];
            r->launched[m] += n->launched[m];
            r->denied += n->denied[m];
            spent[m] += meter->spent;
            any_unknown |= meter->unknown_used;
            unknown[m] |= meter->unknown_used;
        }
        p->preempted = n->preempted;
        p->noticed = n->noticed;
        p->terminated = n->terminated;
        r->preempted += n->preempted;
        r->noticed += n->noticed;
        r->terminated += n->terminated;
        if (any_unknown) r->unknown_price_pools++;
    }
    for (int m = 0; m < SP_MARKETS; m++) r->cost_usd[m] = unknown[m] ? NAN : money_usd(spent[m]);
}

/* Hours are summed as integers so that no order of pools shows in them. */
static void total_hours(struct sim *s, struct sim_result *r) {
    for (int m = 0; m < SP_MARKETS; m++) {
        int64_t ms = 0;
        for (uint32_t i = 0; i < r->n_pools; i++) ms += s->cloud.pools[i].meter[m].used_ms;
        r->hours[m] = per_hour(ms);
    }
}

enum error_code sim_finish(struct sim *s, struct sim_result *r, struct error *e) {
    const struct sim_config *c = s->config;
    memset(r, 0, sizeof *r);
    r->n_pools = c->trace->n_pools;
    r->pools = take_pools(s, r->n_pools);
    if (c->n_groups > 1) {
        r->groups = take_groups(s, c->n_groups);
        r->n_groups = r->groups ? c->n_groups : 0;
    }
    if (!r->pools || (c->n_groups > 1 && !r->groups) || s->total.out_of_memory) {
        sim_result_free(r);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    uint32_t slots = fleet_slots(s->fleet);
    for (uint32_t i = 0; i < slots && i < s->replicas_room; i++) {
        const struct replica *x = &s->replicas[i];
        if (x->serving) s->counts[x->pool].serving_ms[x->market] += (s->now_ms - x->serving_since_ms) * c->nodes;
    }
    cloud_finish(&s->cloud, s->now_ms);
    money spent[SP_MARKETS] = {0, 0};
    pool_results(s, r, spent);
    total_hours(s, r);
    metrics_finish(&s->total, r);
    for (uint32_t g = 0; g < r->n_groups; g++) metrics_group_result(&s->group_metrics[g], &r->groups[g]);
    bool known = !isnan(r->cost_usd[SP_SPOT]) && !isnan(r->cost_usd[SP_ON_DEMAND]);
    money total = spent[SP_SPOT] + spent[SP_ON_DEMAND];
    r->cost_total_usd = known ? money_usd(total) : NAN;
    r->relative_to_on_demand = known ? relative_cost(s, total) : NAN;
    r->failed = s->failed;
    r->rebalanced = s->rebalanced;
    r->events = s->events + s->steps;
    r->steps = s->steps;
    r->fingerprint = s->fingerprint;
    r->base_clamped = fleet_base_clamped(s->fleet);
    return OK;
}
