/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scenario_args.h"

#include <stdlib.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cache.h"
#include "cli/cmd.h"

const struct option scenario_options[] = {
    {"trace", OPTION_LIST, "PATH", "trace files, folders or globs, read as one trace", "trace.paths", false},
    {"target", OPTION_VALUE, "N", "replicas wanted, 0 to 1000000", "fleet.target", false},
    {"load", OPTION_VALUE, "FILE", "requests to the service: CSV of seconds,requests_per_second, or 0s:1.5 1h:20",
     "load", false},
    {"policy", OPTION_VALUE, "TEXT", "'MIX(key=value,...)+PLACER(key=value,...)', or a .c or .so file", "fleet.policy",
     false},
    {"profile", OPTION_VALUE, "NAME", "control lag: skypilot (default), ideal, spothedge, live", "profile", false},
    {"polarity", OPTION_VALUE, "up|preempted", "what the 1 of a 0/1 trace stands for (up)", "trace.polarity", false},
    {"trace-means", OPTION_VALUE, "held|launch",
     "a value below what is held takes the excess (held), or only limits launches", "trace.means", false},
    {"single-means", OPTION_VALUE, "one|K|unlimited", "capacity that the 1 of a 0/1 trace stands for (as written)",
     "trace.single_means", false},
    {"gap", OPTION_VALUE, "DURATION", "step between samples of series without timestamps", "trace.gap", false},
    {"resolution", OPTION_VALUE, "DURATION", "probing interval behind the samples", "trace.resolution", false},
    {"align", OPTION_VALUE, "FILE", "per-pool offsets of the traces", "trace.align", false},
    {"epoch", OPTION_VALUE, "DATE", "date of the first sample of series without dates", "trace.epoch", false},
    {"product", OPTION_VALUE, "TEXT", "ProductDescription to keep of an AWS price history", "trace.product", false},
    {"cold-start", OPTION_VALUE, "DURATION", "from grant to ready; also uniform(60s,240s), ...", "cold_start", true},
    {"launch-delay", OPTION_VALUE, "DURATION", "from request to grant", "launch_delay", true},
    {"denial-delay", OPTION_VALUE, "DURATION", "from request to denial", "denial_delay", true},
    {"notice", OPTION_VALUE, "DURATION", "lead of the interruption notice; 0s: none", "notice", true},
    {"price-spot", OPTION_VALUE, "USD_PER_H", "spot price, in place of the trace's", "price_spot", true},
    {"price-on-demand", OPTION_VALUE, "USD_PER_H", "on-demand price", "price_on_demand", true},
    {"warmup", OPTION_VALUE, "DURATION", "counters start after this long (0s)", "warmup", false},
    {"horizon", OPTION_VALUE, "DURATION", "length of the run, warm-up included (the whole trace)", "horizon", false},
    {"start", OPTION_VALUE, "DURATION", "where in the trace the run starts (0s)", "start", false},
    {"cloud", OPTION_VALUE, "NAME", "aws, gcp, azure or runpod, instead of what pool names say", "cloud.name", false},
    {"nodes", OPTION_VALUE, "K", "instances of one pool that make one replica (1)", "fleet.nodes", false},
    {"seed", OPTION_VALUE, "N", "key of all random draws (1)", "seed", false},
    {"name", OPTION_VALUE, "TEXT", "what results call this scenario", "name", false},
    NO_CACHE_OPTION,
    {"set", OPTION_REPEAT, "PATH=VALUE", "any field of the scenario, such as policy.mix.base=2", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static enum error_code set_origin(struct spotsim_scenario *s, const char *origin, struct error *e) {
    struct spotsim_error why;
    return from_api(spotsim_scenario_set_origin(s, origin, &why), &why, e);
}

static enum error_code apply_set(struct spotsim_scenario *s, const char *text, struct error *e) {
    struct spotsim_error why;
    char origin[160];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return error_set(e, ERR_INPUT, "--set", "expected path=value such as policy.mix.base=2, got \"%.100s\"", text);
    char *path = strndup(text, (size_t)(equals - text));
    if (!path) return error_set(e, ERR_FAILED, "--set", "out of memory");
    snprintf(origin, sizeof origin, "--set %.140s", path);
    enum error_code rc = set_origin(s, origin, e);
    if (rc == OK) rc = from_api(spotsim_scenario_set(s, path, equals + 1, &why), &why, e);
    free(path);
    return rc;
}

static enum error_code apply_list(const struct options *o, const struct option *option, struct spotsim_scenario *s,
                                  struct error *e) {
    struct spotsim_error why;
    const char **items = calloc(o->n, sizeof *items);
    if (!items) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n; i++)
        if (o->values[i].option == option) items[n++] = o->values[i].text;
    enum error_code rc = from_api(spotsim_scenario_set_list(s, option->path, items, n, &why), &why, e);
    free(items);
    return rc;
}

static enum error_code apply_option(const struct options *o, uint32_t i, struct spotsim_scenario *s, struct error *e) {
    struct spotsim_error why;
    const struct option *option = o->values[i].option;
    char origin[80];
    if (!option->path) return OK;
    snprintf(origin, sizeof origin, "--%s", option->name);
    TRY(set_origin(s, origin, e));
    if (option->kind == OPTION_LIST) return apply_list(o, option, s, e);
    const char *text = option->kind == OPTION_FLAG ? "true" : o->values[i].text;
    if (option->every_pool) return from_api(spotsim_scenario_set_every_pool(s, option->path, text, &why), &why, e);
    return from_api(spotsim_scenario_set(s, option->path, text, &why), &why, e);
}

enum error_code scenario_args(const struct options *o, struct spotsim_env *env, struct spotsim_scenario **s,
                              struct error *e) {
    struct spotsim_error why;
    *s = NULL;
    if (o->n_positional > 1)
        return error_set(e, ERR_INPUT, o->positional[1], "expected one scenario file; traces go after --trace");
    struct cache_place cache;
    TRY(cache_place(o, &cache, e));
    enum error_code kept =
        from_api(spotsim_env_set_trace_cache(env, cache.dir, cache.min_bytes, cache.max_bytes, &why), &why, e);
    cache_place_free(&cache);
    TRY(kept);
    if (o->n_positional == 1)
        TRY(from_api(spotsim_scenario_read(env, o->positional[0], s, &why), &why, e));
    else
        TRY(from_api(spotsim_scenario_new(env, s, &why), &why, e));
    enum error_code rc = OK;
    for (uint32_t i = 0; i < o->n && rc == OK; i++) rc = apply_option(o, i, *s, e);
    for (uint32_t i = 0; i < o->n && rc == OK; i++)
        if (strcmp(o->values[i].option->name, "set") == 0) rc = apply_set(*s, o->values[i].text, e);
    if (rc == OK) return OK;
    spotsim_scenario_free(*s);
    *s = NULL;
    return rc;
}

void print_note(const char *note, bool warning) { cli_say(warning ? "warning" : "note", note); }
