/* SPDX-License-Identifier: Apache-2.0
 * The inside of handles, for the commands that need more than the public header
 * gives: `spotsim trace compare`.  The caller's env must not be used by another
 * thread meanwhile. */
#ifndef SPOTSIM_API_INSIDE_H
#define SPOTSIM_API_INSIDE_H

#include "api/spotsim.h"

struct scenario_doc;
struct scenario_env;

struct scenario_env *env_inside(struct spotsim_env *env);
struct scenario_doc *scenario_inside(struct spotsim_scenario *s);

#endif
