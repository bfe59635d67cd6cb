/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/scenario_args.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "study/vary.h"

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
    {"set", OPTION_REPEAT, "PATH=VALUE", "any field of the scenario, such as policy.mix.base=2", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static enum error_code apply_set(struct scenario_doc *doc, struct scenario_env *env, const char *text,
                                 struct error *e) {
    char *path = NULL, label[160];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text)
        return error_set(e, ERR_INPUT, "--set", "expected path=value such as policy.mix.base=2, got \"%.100s\"", text);
    path = strndup(text, (size_t)(equals - text));
    if (!path) return error_set(e, ERR_FAILED, "--set", "out of memory");
    snprintf(label, sizeof label, "--set %.140s", path);
    enum error_code rc = doc_set(doc, scenario_env_registry(env), path, equals + 1, label, e);
    free(path);
    return rc;
}

static enum error_code apply_list(const struct options *o, const struct option *option, struct scenario_doc *doc,
                                  struct error *e) {
    const char **items = calloc(o->n, sizeof *items);
    if (!items) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t n = 0;
    for (uint32_t i = 0; i < o->n; i++)
        if (o->values[i].option == option) items[n++] = o->values[i].text;
    char label[80];
    snprintf(label, sizeof label, "--%s", option->name);
    enum error_code rc = doc_set_list(doc, option->path, items, n, label, e);
    free(items);
    return rc;
}

static enum error_code apply_option(const struct options *o, uint32_t i, struct scenario_doc *doc,
                                    struct scenario_env *env, struct error *e) {
    const struct option *option = o->values[i].option;
    char label[80];
    snprintf(label, sizeof label, "--%s", option->name);
    if (!option->path) return OK;
    if (option->kind == OPTION_LIST) return apply_list(o, option, doc, e);
    if (option->every_pool) return doc_set_every_pool(doc, option->path, o->values[i].text, label, e);
    const char *text = option->kind == OPTION_FLAG ? "true" : o->values[i].text;
    return doc_set(doc, scenario_env_registry(env), option->path, text, label, e);
}

enum error_code scenario_args_doc(const struct options *o, struct scenario_env *env, struct scenario_doc **doc,
                                  struct error *e) {
    *doc = NULL;
    if (o->n_positional > 1)
        return error_set(e, ERR_INPUT, o->positional[1], "expected one scenario file; traces go after --trace");
    if (o->n_positional == 1)
        TRY(doc_read(o->positional[0], doc, e));
    else
        TRY(doc_new(doc, e));
    enum error_code rc = OK;
    for (uint32_t i = 0; i < o->n && rc == OK; i++) rc = apply_option(o, i, *doc, env, e);
    for (uint32_t i = 0; i < o->n && rc == OK; i++)
        if (strcmp(o->values[i].option->name, "set") == 0) rc = apply_set(*doc, env, o->values[i].text, e);
    if (rc == OK) doc_sort_list(*doc, "trace", "paths"); /* which file comes first must show nowhere */
    if (rc != OK) {
        doc_free(*doc);
        *doc = NULL;
    }
    return rc;
}

void print_notes(const struct notes *notes) {
    for (uint32_t i = 0; i < notes->n; i++) cli_say(notes->warning[i] ? "warning" : "note", notes->lines[i]);
}
