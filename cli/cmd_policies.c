/* SPDX-License-Identifier: Apache-2.0
 * spotsim policies [NAME|FILE.c|FILE.so] [--json] [--markdown] */
#include <stdio.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/options.h"

static const struct option own_options[] = {
    {"json", OPTION_FLAG, NULL, "print JSON", NULL, false},
    {"markdown", OPTION_FLAG, NULL, "print the reference page", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static void help(void) {
    fputs("usage: spotsim policies [NAME|FILE.c|FILE.so] [--json]\n\n"
          "Lists the policies, or describes one with all its parameters.\n\n",
          stdout);
    options_help(own_options, stdout);
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static enum error_code describe(const char *name, enum spotsim_format format, struct spotsim_env *env, char **text,
                                struct error *e) {
    struct spotsim_error why;
    const struct sp_policy *policy = NULL;
    if (ends_with(name, ".c") || ends_with(name, ".so"))
        TRY(from_api(spotsim_env_load_policy(env, name, &policy, &why), &why, e));
    else
        TRY(from_api(spotsim_env_find_policy(env, name, &policy, &why), &why, e));
    return from_api(spotsim_policy_text(policy, format, text, &why), &why, e);
}

static enum error_code print(const struct options *o, struct spotsim_env *env, struct error *e) {
    struct spotsim_error why;
    enum spotsim_format format = options_get(o, "json") ? SPOTSIM_JSON : SPOTSIM_TEXT;
    char *text = NULL;
    if (o->n_positional > 1) return error_set(e, ERR_INPUT, o->positional[1], "expected one policy name");
    if (o->n_positional == 1) {
        TRY(describe(o->positional[0], format, env, &text, e));
    } else {
        if (options_get(o, "markdown")) format = SPOTSIM_MARKDOWN;
        TRY(from_api(spotsim_env_policies_text(env, format, &text, &why), &why, e));
    }
    fputs(text, stdout);
    spotsim_free(text);
    return OK;
}

int cmd_policies(int argc, char **argv) {
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
        rc = print(&options, env, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    spotsim_env_free(env);
    return status;
}
