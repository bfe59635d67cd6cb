/* SPDX-License-Identifier: Apache-2.0
 * The text of policy.h as this program was built with it.  Plug-ins that come
 * as C source are compiled against it, wherever the program stands: in its
 * source tree or installed. */
#ifndef SPOTSIM_POLICIES_ABI_TEXT_H
#define SPOTSIM_POLICIES_ABI_TEXT_H

#include <stddef.h>

extern const char policy_abi_text[] __attribute__((visibility("hidden")));
size_t policy_abi_text_size(void);

#endif
