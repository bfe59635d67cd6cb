/* SPDX-License-Identifier: Apache-2.0
 * XXH64 (Collet, "xxHash fast digest algorithm", XXH64 format): a digest that
 * finds accidental changes at memory speed; no protection against intent. */
#ifndef SPOTSIM_BASE_HASH_H
#define SPOTSIM_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Same on every machine. */
uint64_t hash64(const void *data, size_t size, uint64_t seed);

#endif
