/* SPDX-License-Identifier: Apache-2.0
 * Scenarios on traces, resolved as `spotsim run` does it. */
#ifndef SPOTSIM_BENCH_WORLD_H
#define SPOTSIM_BENCH_WORLD_H

#include "sim/sim.h"
#include "study/scenario.h"

struct world {
    struct scenario_env *env;
    struct scenario_doc *doc;
    struct scenario *scenario;
    const struct sim_config *config;
};

/* `json`: a scenario, with printf's arguments.  Ends the program on errors. */
void world_open(struct world *w, const char *json, ...) __attribute__((format(printf, 2, 3)));
void world_close(struct world *w);

/* Path of a file or folder among the real traces ($SPOTSIM_TRACES); NULL when it
 * is not there: then `what` is said to be missing.  The caller frees it. */
char *world_trace(const char *name, const char *what);

/* The nine zones of 2023 over 45 days with their prices: the paths of the
 * traces, and what runs on them.  Missing traces: false, and said. */
struct nine_zones {
    char *zones, *prices;
    struct world world;
};
#define NINE_ZONES_POLICY "skyserve(base=1,dynamic=true)+skypilot"
bool nine_zones_find(struct nine_zones *z, const char *what);
char *nine_zones_scenario(const struct nine_zones *z); /* as JSON; the caller frees it */
void nine_zones_open(struct nine_zones *z);
void nine_zones_free(struct nine_zones *z);

#endif
