/* SPDX-License-Identifier: Apache-2.0
 * Policies in a scenario: text, or an object with one entry per role. */
#ifndef SPOTSIM_STUDY_POLICY_JSON_H
#define SPOTSIM_STUDY_POLICY_JSON_H

#include "policies/spec.h"
#include "study/document.h"

/* "skyserve(base=1)+cheapest" to {"mix":{"name":"skyserve","base":1,...},
 * "placer":{...}} with every parameter.  *out is owned by the caller. */
enum error_code policy_text_to_json(struct policy_registry *registry, const char *text, struct cJSON **out,
                                    struct error *e);
/* Same from a spec; the autoscaler only if `with_autoscaler`. */
enum error_code policy_spec_to_json(const struct policy_spec *spec, bool with_autoscaler, struct cJSON **out,
                                    struct error *e);
/* The i-th plug-in file (a term ending in .c or .so) that a policy's text
 * names, owned by the caller; NULL: there are no more (or no memory). */
char *policy_text_plugin(const char *text, uint32_t i);
/* Reads either form into *spec (zeroed first, free with policy_spec_free).
 * Roles are not checked for completeness. */
enum error_code policy_from_json(const struct scenario_doc *doc, struct policy_registry *registry,
                                 const struct cJSON *node, const char *path, struct policy_spec *spec, struct error *e);

#endif
