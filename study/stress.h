/* SPDX-License-Identifier: Apache-2.0
 * A run with something bad happening in it: a model's events laid over the
 * run's trace and pools.  study/stress_outcome.h says what came of it. */
#ifndef SPOTSIM_STUDY_STRESS_H
#define SPOTSIM_STUDY_STRESS_H

#include "sim/config.h"
#include "traces/model.h"

struct strbuf;

/* Name of the stress scenario that is none. */
#define STRESS_NONE "none"

/* The stress scenario of that name: a preset below stress/ ("drought"), else
 * whatever preset_load finds.  *out is owned by the caller (model_free); NULL for
 * STRESS_NONE.  ERR_INPUT also for a model without events. */
enum error_code stress_load(const char *name, struct model **out, struct error *e);

/* As the only value of the axis "stress": none, and all that come with the program. */
#define STRESS_ALL "all"
/* These as text: "none,drought,...".  ERR_INPUT when none are found. */
enum error_code stress_all(struct strbuf *out, struct error *e);

/* A run's configuration with the events in it. */
struct stressed {               /* zero-initialised: nothing owned */
    struct sim_config config;   /* what is not below is the calm one's */
    int64_t begins_ms, ends_ms; /* the events, on the run's clock; they may go on past its horizon */
    int64_t told_ms;            /* until then both runs are alike: begins_ms less the longest notice */
    struct trace *trace;
    struct pool_params *pools; /* distributions inside are borrowed from the calm one */
    struct shortage *shortages;
};

/* Events' times count from the end of the warm-up.  Where the first would begin
 * in the second half of the run all are moved so that it begins after a quarter.
 * Spot prices given for a pool stand, and spike.  `calm` must outlive *out; free
 * it with stressed_free, on failure too. */
enum error_code stress_apply(const struct model *m, const struct sim_config *calm, struct stressed *out,
                             struct error *e);
void stressed_free(struct stressed *s);

#endif
