/* SPDX-License-Identifier: Apache-2.0
 * spotsim replay JOURNAL [--plugin FILE]... [--explain] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/options.h"
#include "fleet/fleet.h"

static const struct option own_options[] = {
    {"plugin", OPTION_REPEAT, "FILE", "a policy (.c or .so) that the journal names and spotsim does not have", NULL,
     false},
    {"explain", OPTION_FLAG, NULL, "print every action with its reason", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static void help(void) {
    fputs("usage: spotsim replay JOURNAL [--plugin FILE]... [--explain]\n\n"
          "Feeds the journal's observations to the policies it names and compares every\n"
          "answer with the one written then.  Exit status 1 when one differs.\n\n",
          stdout);
    options_help(own_options, stdout);
}

static enum error_code replay(const struct options *o, struct policy_registry *registry, struct error *e) {
    if (o->n_positional != 1) return error_set(e, ERR_INPUT, NULL, "expected one journal");
    for (uint32_t i = 0; i < o->n; i++) {
        const struct sp_policy *policy = NULL;
        if (strcmp(o->values[i].option->name, "plugin") == 0)
            TRY(registry_load(registry, o->values[i].text, &policy, e));
    }
    uint64_t steps = 0;
    bool complete = false;
    TRY(journal_replay(o->positional[0], registry, options_get(o, "explain") ? stdout : NULL, &steps, &complete, e));
    if (!complete) fprintf(stderr, "spotsim: note: %s has no last line: its writer was stopped\n", o->positional[0]);
    printf("%s: %" PRIu64 " answers are the same\n", o->positional[0], steps);
    return OK;
}

int cmd_replay(int argc, char **argv) {
    const struct option *const tables[] = {own_options, NULL};
    struct options options = {0};
    struct error error = {0};
    struct policy_registry *registry = registry_new();
    enum error_code rc = registry ? OK : error_set(&error, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = replay(&options, registry, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    registry_free(registry);
    return status;
}
