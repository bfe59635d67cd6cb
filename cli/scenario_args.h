/* SPDX-License-Identifier: Apache-2.0
 * The options that make up a scenario, shared by run, sweep and scenario. */
#ifndef SPOTSIM_CLI_SCENARIO_ARGS_H
#define SPOTSIM_CLI_SCENARIO_ARGS_H

#include "cli/options.h"
#include "study/scenario.h"

extern const struct option scenario_options[];

/* Reads the scenario file named as positional argument (if any) and puts the
 * options over it.  *doc is owned by the caller. */
enum error_code scenario_args_doc(const struct options *o, struct scenario_env *env, struct scenario_doc **doc,
                                  struct error *e);
/* Prints remarks on stderr, one line each. */
void print_notes(const struct notes *notes);

#endif
