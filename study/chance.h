/* SPDX-License-Identifier: Apache-2.0
 * Whether replications of a run can differ at all. */
#ifndef SPOTSIM_STUDY_CHANCE_H
#define SPOTSIM_STUDY_CHANCE_H

#include "sim/config.h"

/* True when anything in the configuration is drawn: phases, distributions,
 * probabilities, victims, or a policy that has a random stream and may use it
 * (every one that is not known to draw nothing). */
bool chance_in(const struct sim_config *c);

#endif
