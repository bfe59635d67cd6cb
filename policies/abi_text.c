/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/abi_text.h"

/* For the dependency alone: when the header changes, this file is compiled
 * anew. */
#include "policies/policy.h"

/* clang-format off */
__asm__(".section .rodata\n"
        ".globl policy_abi_text\n"
        ".hidden policy_abi_text\n"
        ".type policy_abi_text, %object\n"
        "policy_abi_text:\n"
        ".incbin \"policies/policy.h\"\n"
        ".globl policy_abi_text_end\n"
        ".hidden policy_abi_text_end\n"
        "policy_abi_text_end:\n"
        ".byte 0\n"
        ".previous\n");
/* clang-format on */

extern const char policy_abi_text_end[] __attribute__((visibility("hidden")));

size_t policy_abi_text_size(void) { return (size_t)(policy_abi_text_end - policy_abi_text); }
