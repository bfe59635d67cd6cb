/* SPDX-License-Identifier: Apache-2.0
 * For functions on the way of every event.  The engine is compiled as one
 * unit (Makefile, ENGINE_SRC): what is marked HOT there is inlined where it is
 * called, and stays callable from elsewhere by its declaration.  APART is never
 * inlined, COLD neither, and happens seldom. */
#ifndef SPOTSIM_BASE_HOT_H
#define SPOTSIM_BASE_HOT_H

#include <stdint.h>

#define HOT inline __attribute__((always_inline))
#define APART __attribute__((noinline))
#define COLD __attribute__((noinline, cold))

/* Asks for an array's element ahead of its use.  The index need not exist:
 * the address is only computed, nothing is read. */
#define FETCH(array, i) __builtin_prefetch((const void *)((uintptr_t)(array) + sizeof *(array) * (i)))

#endif
