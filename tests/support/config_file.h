/* SPDX-License-Identifier: Apache-2.0
 * A run put together by hand, as files that `spotsim run` takes. */
#ifndef SPOTSIM_TESTS_CONFIG_FILE_H
#define SPOTSIM_TESTS_CONFIG_FILE_H

#include "base/text.h"
#include "sim/config.h"

/* The configuration as a scenario, its trace read from `trace_path`.  Requests
 * (config->load) are left out.  Of several groups, those with the autoscaler
 * "constant" and all of its target have a target of their own; the others'
 * shares must follow on one another from 0 to 1000000, as those of a scenario
 * do.  Anything else fails the running test. */
void config_to_json(const struct sim_config *config, const char *trace_path, struct strbuf *out);

/* Writes dir/NAME.csv, the trace, and dir/NAME.json, the scenario.  Returns the
 * latter's path, to be freed. */
char *config_write(const struct sim_config *config, const char *dir, const char *name);

#endif
