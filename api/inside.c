/* SPDX-License-Identifier: Apache-2.0 */
#include "api/inside.h"

#include "api/study.h"

struct scenario_env *env_inside(struct spotsim_env *env) {
    return env->inner;
}
struct scenario_doc *scenario_inside(struct spotsim_scenario *s) {
    return s->doc;
}
const struct study *study_inside(const struct spotsim_study *study) { return &study->inner; }
