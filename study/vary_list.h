/* SPDX-License-Identifier: Apache-2.0
 * The notation for several values: "a,b,c", "0..4", "60s..300s:60s". */
#ifndef SPOTSIM_STUDY_VARY_LIST_H
#define SPOTSIM_STUDY_VARY_LIST_H

#include <stdint.h>

#include "base/error.h"

struct value_list { /* zero-initialised is empty */
    uint32_t n, room;
    char **items; /* owned */
};

/* Appends; at most VARY_VALUES_MAX (study/vary.h). */
enum error_code value_list_add(struct value_list *list, const char *text, const char *where, struct error *e);
/* Appends every value that `text` stands for. */
enum error_code value_list_parse(struct value_list *list, const char *text, const char *where, struct error *e);
void value_list_free(struct value_list *list);

#endif
