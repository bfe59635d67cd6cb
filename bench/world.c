/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"

void world_open(struct world *w, const char *json, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, json);
    if (vasprintf(&text, json, args) < 0) bench_fail("out of memory");
    va_end(args);
    struct error e = {0};
    struct notes notes = {0};
    memset(w, 0, sizeof *w);
    w->env = scenario_env_new();
    if (!w->env) bench_fail("out of memory");
    bench_check(doc_parse(text, strlen(text), "bench", &w->doc, &e), &e);
    bench_check(scenario_resolve(w->doc, w->env, &w->scenario, &notes, &e), &e);
    w->config = scenario_config(w->scenario);
    notes_free(&notes);
    free(text);
}

void world_close(struct world *w) {
    scenario_free(w->scenario);
    doc_free(w->doc);
    scenario_env_free(w->env);
    memset(w, 0, sizeof *w);
}

char *world_trace(const char *name, const char *what) {
    const char *root = getenv("SPOTSIM_TRACES");
    char *path = NULL;
    if (asprintf(&path, "%s/%s", root && *root ? root : "../shared/traces", name) < 0) bench_fail("out of memory");
    if (access(path, R_OK) == 0) return path;
    char why[512];
    snprintf(why, sizeof why, "no %s; SPOTSIM_TRACES names the folder of the real traces (scripts/fetch-traces)", path);
    bench_missing(what, why);
    free(path);
    return NULL;
}

bool nine_zones_find(struct nine_zones *z, const char *what) {
    memset(z, 0, sizeof *z);
    z->zones = world_trace("skynomad/v100-2023-02-15", what);
    if (z->zones) z->prices = world_trace("skynomad/v100_spot_prices.json", what);
    return z->prices != NULL;
}

char *nine_zones_scenario(const struct nine_zones *z) {
    char *json;
    if (asprintf(
            &json,
            "{\"format\": 1, \"profile\": \"skypilot\", \"trace\": {\"paths\": [\"%s\", \"%s\"]},"
            " \"fleet\": {\"target\": 4, \"policy\": \"%s\"}, \"cloud\": {\"defaults\": {\"price_on_demand\": 3.06}}}",
            z->zones, z->prices, NINE_ZONES_POLICY) < 0)
        bench_fail("out of memory");
    return json;
}

void nine_zones_open(struct nine_zones *z) {
    char *json = nine_zones_scenario(z);
    world_open(&z->world, "%s", json);
    free(json);
}

void nine_zones_free(struct nine_zones *z) {
    if (z->world.env) world_close(&z->world);
    free(z->zones);
    free(z->prices);
    memset(z, 0, sizeof *z);
}
