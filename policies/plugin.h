/* SPDX-License-Identifier: Apache-2.0
 * Policies from files.  Private to policies/. */
#ifndef SPOTSIM_POLICIES_PLUGIN_H
#define SPOTSIM_POLICIES_PLUGIN_H

#include "policies/spec.h"

/* Loads the policy in the file `path` (.so, or .c that is compiled first).
 * *handle goes to plugin_close when the policy is no longer used. */
enum error_code plugin_open(const char *path, void **handle, const struct sp_policy **policy, struct error *e);
void plugin_close(void *handle);
/* Compiles a .c into the shared object `object`, with the ABI header laid into
 * the existing folder `folder`.  The error carries the compiler's. */
enum error_code plugin_compile(const char *source, const char *folder, const char *object, struct error *e);
/* A policy's table makes sense: ABI version, names, parameters and defaults,
 * the functions its role needs.  `where` prefixes errors. */
enum error_code policy_check_table(const struct sp_policy *p, const char *where, struct error *e);

#endif
