/* SPDX-License-Identifier: Apache-2.0
 * Folders of files that come with the program: gnuplot scripts, presets. */
#ifndef SPOTSIM_BASE_BESIDE_H
#define SPOTSIM_BASE_BESIDE_H

/* Such a folder, owned by the caller.  In this order: what the environment's
 * `variable` says, if set, whether or not it is there; share/spotsim/`shared`
 * of an installed program; `in_source` below one of the folders that the program
 * was built in.  NULL: nowhere, or out of memory. */
char *beside_program(const char *variable, const char *shared, const char *in_source);

#endif
