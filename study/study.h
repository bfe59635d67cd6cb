/* SPDX-License-Identifier: Apache-2.0
 * A study: a scenario, what varies in it, how often each variant is run, and
 * what came out. */
#ifndef SPOTSIM_STUDY_STUDY_H
#define SPOTSIM_STUDY_STUDY_H

#include "study/runner.h"
#include "study/scenario.h"
#include "study/stats.h"
#include "study/vary.h"

/* Replications of the first round when a precision is asked for; then doubled. */
#define STUDY_FIRST_ROUND 8u
/* Fewer independent windows than this and the intervals say little. */
#define STUDY_WINDOWS_FEW 5

struct study_cell { /* one metric of one variant */
    struct estimate value;
    struct estimate versus_first; /* paired difference against study_reference; method NONE where that is itself */
};

struct study {
    const struct scenario_doc *doc; /* as given; the caller's */
    struct vary_grid grid;
    uint32_t n_variants;
    uint32_t n_replications; /* run; fewer than max_replications when the precision was reached before */
    uint32_t max_replications;
    double precision; /* 0: none */
    enum metric_id precision_of;
    struct scenario **variants;
    bool stressed;               /* some variant has a stress scenario */
    int64_t window_ms;           /* 0: none */
    int64_t independent_windows; /* windows (or runs) that fit side by side into the trace */
    struct run_record *records;  /* [variant * max_replications + replication] */
    struct timeline *timelines;  /* [variant], or NULL */
    struct study_cell *cells;    /* [variant * METRICS + metric] */
    struct notes notes;
    double wall_s;    /* of the runs; not for files that must be reproducible */
    uint32_t threads; /* used */
};

struct study_options {
    uint32_t threads; /* 0: all cores */
    bool timeline;
    int (*progress)(void *arg, uint64_t done, uint64_t total); /* see run_plan */
    void *progress_arg;
};

/* Resolves every variant.  `doc` and `env` must outlive the study.  Free with
 * study_free, also after an error. */
enum error_code study_prepare(const struct scenario_doc *doc, struct scenario_env *env, struct study *study,
                              struct error *e);
/* Runs all and summarises. */
enum error_code study_run(struct study *study, const struct study_options *options, struct error *e);
void study_free(struct study *study);

/* The variant that differences are taken against: the first, and where stress
 * scenarios vary the first of the same one. */
uint32_t study_reference(const struct study *study, uint32_t variant);
/* Index of the axis "stress", or UINT32_MAX. */
uint32_t study_stress_axis(const struct study *study);
/* METRICS, or fewer: those of stress, which come last, are left out of other
 * studies' results. */
int study_metrics(const struct study *study);
const struct study_cell *study_cell(const struct study *study, uint32_t variant, enum metric_id metric);
const struct run_record *study_record(const struct study *study, uint32_t variant, uint32_t replication);

#endif
