/* SPDX-License-Identifier: Apache-2.0
 * Where the model files that come with the program are. */
#ifndef SPOTSIM_STUDY_PRESETS_H
#define SPOTSIM_STUDY_PRESETS_H

#include <stdbool.h>
#include <stdint.h>

#include "traces/model.h"

#define PRESETS_STRESS "stress" /* sub-folder of the stress scenarios */

/* Folder of the presets: $SPOTSIM_PRESETS_DIR or beside the program; owned by
 * the caller; NULL: nowhere. */
char *preset_folder(void);
/* Names of the presets in a sub-folder ("" for the top), rising; returns how
 * many.  Free with preset_names_free. */
uint32_t preset_names(const char *sub, char ***names);
void preset_names_free(char **names, uint32_t n);
/* Whether there is a preset of that name. */
bool preset_there(const char *name);
/* A model by path, or a preset by name ("typical", "stress/price-spike"); a
 * file that is there goes before a preset of its name.  *out is owned by the
 * caller (model_free).  ERR_INPUT names the nearest preset. */
enum error_code preset_load(const char *name, struct model **out, struct error *e);
/* One line for each preset: its name and what it is, or why it cannot be read.
 * ERR_INPUT where one cannot be read (the first; the list is whole even so), and
 * when there are none. */
enum error_code preset_list(struct strbuf *out, struct error *e);

#endif
