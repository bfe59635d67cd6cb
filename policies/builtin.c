/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/builtin.h"
#include "policies/spec.h"

#define POLICY_ENTRY(NAME) &NAME,

const struct sp_policy *const policy_builtin[] = {POLICY_BUILTINS(POLICY_ENTRY) NULL};
