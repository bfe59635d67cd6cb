/* SPDX-License-Identifier: Apache-2.0
 * What a policy does when something bad happens: the run again with events
 * laid over its trace. */
#ifndef SPOTSIM_STUDY_STRESS_H
#define SPOTSIM_STUDY_STRESS_H

#include "study/scenario.h"
#include "traces/model.h"

struct stress_result {
    char *name, *about; /* owned */
    double full, any, cost_usd;
    double calm_full, calm_any, calm_cost_usd; /* the same run without the events */
    int64_t begins_ms;                         /* of the first event */
    bool short_of_target;                      /* fewer than the target were ready at some time during the events */
    bool recovered;                            /* and then the target was reached again */
    double recovery_s;                         /* from begins_ms until then; NaN when not */
    double longest_short_s;                    /* longest time below target that began during the events */
    uint32_t least_ready;                      /* fewest ready replicas during the events */
};

/* Runs the scenario with each of the models' events; models' pools are not
 * used.  Events that begin in the second half of a short trace are moved to
 * its first quarter.  results[n] is owned by the caller (stress_free), on
 * failure too. */
enum error_code stress_run(const struct scenario *s, const struct model *const *models, uint32_t n,
                           struct stress_result *results, struct error *e);
void stress_free(struct stress_result *results, uint32_t n);

struct strbuf;
void stress_report(const struct stress_result *results, uint32_t n, struct strbuf *out);
void stress_json(const struct stress_result *results, uint32_t n, struct strbuf *out); /* an array */

#endif
