/* SPDX-License-Identifier: Apache-2.0 */
#include "study/metrics.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "study/stress_outcome.h"

#define AT(member) offsetof(struct sim_result, member)

const struct metric metrics[METRICS] = {
    [METRIC_FULL] = {"availability_full", "", METRIC_REAL, AT(full), true, false},
    [METRIC_ANY] = {"availability_any", "", METRIC_REAL, AT(any), true, false},
    [METRIC_BASE] = {"availability_base", "", METRIC_REAL, AT(base), true, false},
    [METRIC_CAPACITY] = {"capacity", "", METRIC_REAL, AT(capacity), true, false},
    [METRIC_SERVED] = {"served", "", METRIC_REAL, AT(served), true, false},
    [METRIC_OUTAGES_FULL] = {"outages_full", "", METRIC_U64, AT(outage_full.count), false, true},
    [METRIC_OUTAGES_FULL_LONGEST] = {"outage_full_longest_s", "s", METRIC_MS, AT(outage_full.longest_ms), false, false},
    [METRIC_OUTAGES_FULL_MEAN] = {"outage_full_mean_s", "s", METRIC_REAL, AT(outage_full.mean_s), false, false},
    [METRIC_OUTAGES_ANY] = {"outages_any", "", METRIC_U64, AT(outage_any.count), false, true},
    [METRIC_OUTAGES_ANY_LONGEST] = {"outage_any_longest_s", "s", METRIC_MS, AT(outage_any.longest_ms), false, false},
    [METRIC_OUTAGES_ANY_MEAN] = {"outage_any_mean_s", "s", METRIC_REAL, AT(outage_any.mean_s), false, false},
    [METRIC_COST] = {"cost_usd", "$", METRIC_REAL, AT(cost_total_usd), false, false},
    [METRIC_COST_SPOT] = {"cost_spot_usd", "$", METRIC_REAL, AT(cost_usd[SP_SPOT]), false, false},
    [METRIC_COST_ON_DEMAND] = {"cost_on_demand_usd", "$", METRIC_REAL, AT(cost_usd[SP_ON_DEMAND]), false, false},
    [METRIC_RELATIVE] = {"cost_relative_to_on_demand", "", METRIC_REAL, AT(relative_to_on_demand), false, false},
    [METRIC_HOURS_SPOT] = {"spot_hours", "h", METRIC_REAL, AT(hours[SP_SPOT]), false, false},
    [METRIC_HOURS_ON_DEMAND] = {"on_demand_hours", "h", METRIC_REAL, AT(hours[SP_ON_DEMAND]), false, false},
    [METRIC_WASTE_COLD] = {"waste_cold_start_hours", "h", METRIC_REAL, AT(waste_hours_cold), false, false},
    [METRIC_WASTE_DRAIN] = {"waste_drain_hours", "h", METRIC_REAL, AT(waste_hours_drain), false, false},
    [METRIC_WASTE_OVERPROVISION] = {"waste_overprovision_hours", "h", METRIC_REAL, AT(waste_hours_overprovision), false,
                                    false},
    [METRIC_LAUNCHED_SPOT] = {"launched_spot", "", METRIC_U64, AT(launched[SP_SPOT]), false, true},
    [METRIC_LAUNCHED_ON_DEMAND] = {"launched_on_demand", "", METRIC_U64, AT(launched[SP_ON_DEMAND]), false, true},
    [METRIC_DENIED] = {"denied", "", METRIC_U64, AT(denied), false, true},
    [METRIC_NOTICED] = {"noticed", "", METRIC_U64, AT(noticed), false, true},
    [METRIC_REBALANCED] = {"rebalanced", "", METRIC_U64, AT(rebalanced), false, true},
    [METRIC_PREEMPTED] = {"preempted", "", METRIC_U64, AT(preempted), false, true},
    [METRIC_TERMINATED] = {"terminated", "", METRIC_U64, AT(terminated), false, true},
    [METRIC_FAILED] = {"failed", "", METRIC_U64, AT(failed), false, true},
    [METRIC_RECOVERY_MEAN] = {"recovery_mean_s", "s", METRIC_REAL, AT(recovery[0].mean_s), false, false},
    [METRIC_EVENTS] = {"events", "", METRIC_U64, AT(events), false, true},
    [METRIC_STRESS_RECOVERY] = {"stress_recovery_s", "s", METRIC_STRESS, 0, false, false},
    [METRIC_STRESS_RECOVERED] = {"stress_recovered", "", METRIC_STRESS, 0, true, false},
    [METRIC_STRESS_BEHIND] = {"stress_behind_s", "s", METRIC_STRESS, 0, false, false},
    [METRIC_STRESS_LOST] = {"stress_lost_replica_hours", "h", METRIC_STRESS, 0, false, false},
    [METRIC_STRESS_LEAST] = {"stress_least_ready", "", METRIC_STRESS, 0, false, true},
};

enum error_code metric_find(const char *name, const char *where, enum metric_id *out, struct error *e) {
    const char *names[METRICS + 1] = {NULL};
    for (int m = 0; m < METRICS; m++) {
        names[m] = metrics[m].name;
        if (strcmp(name, names[m]) != 0) continue;
        *out = (enum metric_id)m;
        return OK;
    }
    const char *near = text_nearest(name, names);
    if (near) return error_set(e, ERR_INPUT, where, "no metric \"%.60s\"; did you mean \"%s\"?", name, near);
    return error_set(e, ERR_INPUT, where, "no metric \"%.60s\"; expected a column of summary.csv, such as %s", name,
                     names[METRIC_FULL]);
}

double metric_of(const struct sim_result *r, enum metric_id id) {
    const char *at = (const char *)r + metrics[id].offset;
    switch (metrics[id].type) {
    case METRIC_U64:
        return (double)*(const uint64_t *)(const void *)at;
    case METRIC_MS:
        return (double)*(const int64_t *)(const void *)at / (double)MS_PER_S;
    case METRIC_STRESS:
        return (double)NAN;
    case METRIC_REAL:
        break;
    }
    return *(const double *)(const void *)at;
}

void metrics_of_stress(const struct stress_outcome *o, double *values) {
    values[METRIC_STRESS_RECOVERY] = o->recovery_s;
    values[METRIC_STRESS_RECOVERED] = o->recovered;
    values[METRIC_STRESS_BEHIND] = o->behind_s;
    values[METRIC_STRESS_LOST] = o->lost_replica_h;
    values[METRIC_STRESS_LEAST] = o->least_ready;
}
