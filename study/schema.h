/* SPDX-License-Identifier: Apache-2.0
 * What a scenario may hold, for machines and for readers; both from the field
 * tables and the policies' parameter tables. */
#ifndef SPOTSIM_STUDY_SCHEMA_H
#define SPOTSIM_STUDY_SCHEMA_H

#include "policies/spec.h"

/* JSON Schema, draft 2020-12, laid out over lines. */
void scenario_schema(const struct policy_registry *registry, struct strbuf *out);
/* docs/scenario.md. */
void scenario_reference(const struct policy_registry *registry, struct strbuf *out);

#endif
