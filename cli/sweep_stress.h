/* SPDX-License-Identifier: Apache-2.0
 * spotsim sweep --stress */
#ifndef SPOTSIM_CLI_SWEEP_STRESS_H
#define SPOTSIM_CLI_SWEEP_STRESS_H

#include "api/spotsim.h"
#include "cli/options.h"

/* Every variant of the study through the stress scenarios; prints. */
enum error_code sweep_stress(const struct options *o, const struct spotsim_study *study, struct error *e);

#endif
