/* SPDX-License-Identifier: Apache-2.0
 * For functions on the way of every event.  The engine is compiled as one
 * unit (Makefile, ENGINE_SRC): what is marked HOT there is inlined where it is
 * called, and stays callable from elsewhere by its declaration.  APART is never
 * inlined, COLD neither, and happens seldom. */
#ifndef SPOTSIM_BASE_HOT_H
#define SPOTSIM_BASE_HOT_H

#define HOT inline __attribute__((always_inline))
#define APART __attribute__((noinline))
#define COLD __attribute__((noinline, cold))

#endif
