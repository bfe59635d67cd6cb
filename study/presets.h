/* SPDX-License-Identifier: Apache-2.0
 * Where the model files that come with the program are. */
#ifndef SPOTSIM_STUDY_PRESETS_H
#define SPOTSIM_STUDY_PRESETS_H

#include <stdint.h>

/* Folder of the presets, seen from the running program; owned by the caller;
 * NULL: nowhere. */
char *preset_folder(void);
/* The file of a preset called "typical" or "stress/price-spike"; owned by the
 * caller; NULL when there is none of that name. */
char *preset_path(const char *name);
/* Names of the presets in a sub-folder ("" for the top), rising; returns how
 * many.  Free with preset_names_free. */
uint32_t preset_names(const char *sub, char ***names);
void preset_names_free(char **names, uint32_t n);

#endif
