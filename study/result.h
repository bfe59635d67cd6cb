/* SPDX-License-Identifier: Apache-2.0
 * One run's result, for machines and for readers. */
#ifndef SPOTSIM_STUDY_RESULT_H
#define SPOTSIM_STUDY_RESULT_H

#include "sim/sim.h"
#include "study/scenario.h"

/* Format 1, one object over several lines; NaN becomes null.  `c` is what was
 * run: the scenario's configuration, perhaps with another replication or
 * window; its window_start_ms is where that begins in the trace as it was read. */
void result_to_json(const struct scenario *s, const struct sim_config *c, const struct sim_result *r,
                    const struct notes *notes, struct strbuf *out);
/* A summary with units for a reader. */
void result_to_text(const struct scenario *s, const struct sim_config *c, const struct sim_result *r,
                    struct strbuf *out);
/* What the numbers rest on, as a JSON object. */
void assumptions_to_json(const struct scenario *s, struct strbuf *out);
/* Same as "name: value" lines. */
void assumptions_to_text(const struct scenario *s, struct strbuf *out);
/* Remarks that only a result can tell (clamped base, unknown prices). */
void result_notes(const struct scenario *s, const struct sim_result *r, struct notes *notes);

#endif
