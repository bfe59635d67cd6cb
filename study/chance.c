/* SPDX-License-Identifier: Apache-2.0 */
#include "study/chance.h"

#include <string.h>

static bool drawn(const struct dist *d) { return d->kind != DIST_NONE && d->kind != DIST_CONSTANT; }

static bool uncertain(double probability) { return probability > 0 && probability < 1; }

static bool chance_in_pool(const struct pool_params *p) {
    for (uint32_t i = 0; i < p->n_shortages; i++)
        if (uncertain(p->shortages[i].denial)) return true;
    return drawn(&p->cold_start) || drawn(&p->lifetime) || uncertain(p->on_demand_denial) ||
           uncertain(p->spot_denial) || uncertain(p->notice_probability) || uncertain(p->rebalance_probability) ||
           uncertain(p->start_failure) || p->reclaim == RECLAIM_RANDOM;
}

/* Of the built-in policies two placers draw; a plug-in may. */
static bool chance_in_policy(const struct sp_policy *p) {
    if (!p) return false;
    for (uint32_t i = 0; policy_builtin[i]; i++)
        if (policy_builtin[i] == p) return strcmp(p->name, "random") == 0 || strcmp(p->name, "spothedge") == 0;
    return true;
}

bool chance_in(const struct sim_config *c) {
    const struct control_params *k = &c->control;
    bool loops = k->interval_ms || k->pickup_ms || k->reap_ms || k->probe_ms || k->job_status_ms || k->lb_sync_ms;
    if ((k->random_phases && loops) || k->probe_timeout_ms > 0) return true;
    for (uint32_t g = 0; g < c->n_groups; g++) {
        const struct group_config *group = &c->groups[g];
        for (uint32_t i = 0; i < group->n_pools; i++)
            if (chance_in_pool(&c->pools[group->pools[i]])) return true;
        const struct policy_spec *s = group->spec;
        if (chance_in_policy(s->autoscaler.policy) || chance_in_policy(s->mix.policy) ||
            chance_in_policy(s->placer.policy) || chance_in_policy(s->whole.policy))
            return true;
    }
    return false;
}
