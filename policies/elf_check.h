/* SPDX-License-Identifier: Apache-2.0
 * Is an object pure?  A policy may call nothing but arithmetic and memory
 * functions and may keep no state of its own; its object file tells. */
#ifndef SPOTSIM_POLICIES_ELF_CHECK_H
#define SPOTSIM_POLICIES_ELF_CHECK_H

#include "base/error.h"

/* Reads the symbols of a 64-bit ELF object (.o) or shared object (.so) at
 * `path`.  ERR_INPUT, naming the symbol, when it needs a function or variable
 * that is not on the allow-list, or holds a variable that can be written
 * (known only where the object is not stripped).  Names that start with one of
 * `also` (NULL-terminated; NULL: none) are let through: instrumented builds
 * bring their own. */
enum error_code elf_check_pure(const char *path, const char *const *also, struct error *e);

#endif
