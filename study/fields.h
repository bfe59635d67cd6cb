/* SPDX-License-Identifier: Apache-2.0
 * The settings of a run that belong to no room below: scenario, trace, fleet
 * and study sections.  Pools and control have their tables in cloud/ and
 * sim/. */
#ifndef SPOTSIM_STUDY_FIELDS_H
#define SPOTSIM_STUDY_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/field.h"

#define SCENARIO_FORMAT 1

struct scenario_top {
    int64_t format;
    char *name, *profile;
    int64_t seed, replication;
    int64_t start_ms, warmup_ms;
    int64_t horizon_ms; /* 0: to the end of the trace */
    char *load;         /* NULL: none */
    char *stress;       /* as written; STRESS_NONE: none */
};
struct scenario_trace {
    int polarity, means;
    char *single_means; /* as written | one | unlimited | an integer */
    int64_t gap_ms, resolution_ms;
    char *align, *cloud, *product, *epoch;
};
struct scenario_fleet {
    uint32_t nodes, max_instances;
};
struct scenario_study {
    int64_t replications;
    int64_t window_ms; /* 0: every replication replays the same time */
    double precision;  /* 0: all replications are run */
    char *precision_of;
    char *question;
    bool timeline;
};

extern const struct field top_fields[], trace_fields[], fleet_fields[], study_fields[];
extern const uint32_t top_fields_n, trace_fields_n, fleet_fields_n, study_fields_n;

/* Keys of each section that are not plain fields, NULL-terminated. */
extern const char *const top_sections[],
    *const trace_sections[], *const fleet_sections[], *const group_keys[], *const cloud_sections[],
                                                                               *const study_sections[],
                                                                                   *const policy_roles[];

/* One section of the scenario for whoever lists them (schema, reference). */
struct section {
    const char *path; /* "" for the top */
    const char *doc;
    const struct field *fields;
    const uint32_t *n; /* the tables' lengths are known at link time only */
};
extern const struct section scenario_sections[];
extern const uint32_t scenario_sections_n;

#endif
