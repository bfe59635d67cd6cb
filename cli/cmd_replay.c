/* SPDX-License-Identifier: Apache-2.0
 * spotsim replay JOURNAL [--plugin FILE]... [--explain] */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/options.h"

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

static enum error_code replay(const struct options *o, struct spotsim_env *env, struct error *e) {
    struct spotsim_error why;
    if (o->n_positional != 1) return error_set(e, ERR_INPUT, NULL, "expected one journal");
    for (uint32_t i = 0; i < o->n; i++)
        if (strcmp(o->values[i].option->name, "plugin") == 0)
            TRY(from_api(spotsim_env_load_policy(env, o->values[i].text, NULL, &why), &why, e));
    const char *path = o->positional[0];
    FILE *explain = options_get(o, "explain") ? stdout : NULL;
    uint64_t answers = 0;
    bool complete = false;
    TRY(from_api(spotsim_env_replay(env, path, explain, &answers, &complete, &why), &why, e));
    if (!complete) fprintf(stderr, "spotsim: note: %s has no last line: its writer was stopped\n", path);
    printf("%s: %" PRIu64 " answers are the same\n", path, answers);
    return OK;
}

int cmd_replay(int argc, char **argv) {
    const struct option *const tables[] = {own_options, NULL};
    struct options options = {0};
    struct error error = {0};
    struct spotsim_error why;
    struct spotsim_env *env = NULL;
    enum error_code rc = from_api(spotsim_env_new(&env, &why), &why, &error);
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = replay(&options, env, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    spotsim_env_free(env);
    return status;
}
