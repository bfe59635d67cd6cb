/* SPDX-License-Identifier: Apache-2.0
 * What a user is shown of policies, all of it from their tables. */
#ifndef SPOTSIM_POLICIES_DESCRIBE_H
#define SPOTSIM_POLICIES_DESCRIBE_H

#include "policies/spec.h"

/* "autoscaler" | "mix" | "placer" | "whole". */
const char *policy_role_name(enum sp_role role);
/* One policy in full: summary, source, every parameter. */
void policy_describe(const struct sp_policy *p, struct strbuf *out);
/* All policies of a registry, one line each, by role. */
void policy_list(const struct policy_registry *r, struct strbuf *out);
/* One policy as a JSON object: name, role, summary, source, parameters. */
void policy_describe_json(const struct sp_policy *p, struct strbuf *out);
/* All policies of a registry as a JSON array. */
void policy_list_json(const struct policy_registry *r, struct strbuf *out);
/* The reference part of docs/policies.md. */
void policy_list_markdown(const struct policy_registry *r, struct strbuf *out);

#endif
