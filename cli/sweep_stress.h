/* SPDX-License-Identifier: Apache-2.0
 * spotsim sweep --stress */
#ifndef SPOTSIM_CLI_SWEEP_STRESS_H
#define SPOTSIM_CLI_SWEEP_STRESS_H

#include "cli/options.h"
#include "study/study.h"

/* Every variant of the study through the stress scenarios; prints. */
enum error_code sweep_stress(const struct options *o, const struct study *study, struct error *e);

#endif
