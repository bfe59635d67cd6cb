/* SPDX-License-Identifier: Apache-2.0
 * The options that make up a scenario, shared by run, sweep and scenario. */
#ifndef SPOTSIM_CLI_SCENARIO_ARGS_H
#define SPOTSIM_CLI_SCENARIO_ARGS_H

#include "api/spotsim.h"
#include "cli/options.h"

extern const struct option scenario_options[];

/* Reads the scenario file named as positional argument (if any) and puts the
 * options over it.  *s is owned by the caller. */
enum error_code scenario_args(const struct options *o, struct spotsim_env *env, struct spotsim_scenario **s,
                              struct error *e);
/* Prints one remark on stderr. */
void print_note(const char *note, bool warning);

#endif
