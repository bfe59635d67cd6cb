/* SPDX-License-Identifier: Apache-2.0
 * Where this user's traces are kept between runs: $SPOTSIM_CACHE (empty:
 * nowhere), else $XDG_CACHE_HOME/spotsim, else ~/.cache/spotsim. */
#ifndef SPOTSIM_CLI_CACHE_H
#define SPOTSIM_CLI_CACHE_H

#include <stdint.h>

#include "base/error.h"
#include "cli/options.h"

struct cache_place {
    char *dir; /* NULL: nowhere; owned */
    uint64_t min_bytes, max_bytes;
};
#define NO_CACHE_OPTION                                                                                                \
    { "no-cache", OPTION_FLAG, NULL, "read the traces, whatever $SPOTSIM_CACHE keeps of them", NULL, false }

/* As the environment and --no-cache say (`o` may be NULL). */
enum error_code cache_place(const struct options *o, struct cache_place *out, struct error *e);
void cache_place_free(struct cache_place *p);

#endif
