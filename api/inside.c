/* SPDX-License-Identifier: Apache-2.0 */
#include "api/inside.h"

#include "api/private.h"

struct scenario_env *env_inside(struct spotsim_env *env) {
    return env->inner;
}
struct scenario_doc *scenario_inside(struct spotsim_scenario *s) {
    return s->doc;
}
