/* SPDX-License-Identifier: Apache-2.0
 * The numbers of one run that studies tabulate, by name. */
#ifndef SPOTSIM_STUDY_METRICS_H
#define SPOTSIM_STUDY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sim.h"

enum metric_id {
    METRIC_FULL,
    METRIC_ANY,
    METRIC_BASE,
    METRIC_CAPACITY,
    METRIC_SERVED,
    METRIC_OUTAGES_FULL,
    METRIC_OUTAGES_FULL_LONGEST,
    METRIC_OUTAGES_FULL_MEAN,
    METRIC_OUTAGES_ANY,
    METRIC_OUTAGES_ANY_LONGEST,
    METRIC_OUTAGES_ANY_MEAN,
    METRIC_COST,
    METRIC_COST_SPOT,
    METRIC_COST_ON_DEMAND,
    METRIC_RELATIVE,
    METRIC_HOURS_SPOT,
    METRIC_HOURS_ON_DEMAND,
    METRIC_WASTE_COLD,
    METRIC_WASTE_DRAIN,
    METRIC_WASTE_OVERPROVISION,
    METRIC_LAUNCHED_SPOT,
    METRIC_LAUNCHED_ON_DEMAND,
    METRIC_DENIED,
    METRIC_NOTICED,
    METRIC_REBALANCED,
    METRIC_PREEMPTED,
    METRIC_TERMINATED,
    METRIC_FAILED,
    METRIC_RECOVERY_MEAN,
    METRIC_EVENTS,
    METRIC_STRESS_FIRST, /* what follows is known under stress only */
    METRIC_STRESS_RECOVERY = METRIC_STRESS_FIRST,
    METRIC_STRESS_RECOVERED,
    METRIC_STRESS_BEHIND,
    METRIC_STRESS_LOST,
    METRIC_STRESS_LEAST,
    METRICS
};

/* METRIC_STRESS: of a run's stress_outcome, known only where there is one. */
enum metric_type { METRIC_REAL, METRIC_U64, METRIC_MS, METRIC_STRESS };

struct metric {
    const char *name; /* column name; the unit is its last part where it has one */
    const char *unit;
    enum metric_type type;
    size_t offset; /* in struct sim_result */
    bool share;    /* lies in [0, 1] */
    bool whole;    /* a count: printed without decimals */
};

extern const struct metric metrics[METRICS];

/* The metric of that name; ERR_INPUT suggests the nearest. */
enum error_code metric_find(const char *name, const char *where, enum metric_id *out, struct error *e);
struct stress_outcome;
/* Fills values[METRICS] at the stress metrics. */
void metrics_of_stress(const struct stress_outcome *o, double *values);
/* The value in the metric's unit (milliseconds as seconds); NaN: not known, and of
 * stress metrics. */
double metric_of(const struct sim_result *r, enum metric_id id);

#endif
