/* SPDX-License-Identifier: Apache-2.0
 * spotsim scenario show|schema|reference */
#include <stdio.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/scenario_args.h"

static const struct option no_options[] = {{NULL, OPTION_FLAG, NULL, NULL, NULL, false}};

static void help(void) {
    fputs("usage: spotsim scenario show [SCENARIO.json] [options of run]\n"
          "       spotsim scenario schema\n"
          "       spotsim scenario reference\n\n"
          "show prints the scenario with every setting resolved; schema prints the JSON\n"
          "Schema (2020-12) of scenario files; reference prints docs/scenario.md.\n\n",
          stdout);
    options_help(scenario_options, stdout);
}

static void print_notes(const struct spotsim_scenario *s) {
    uint32_t n = spotsim_scenario_note_count(s);
    for (uint32_t i = 0; i < n; i++) {
        bool warning = false;
        const char *note = spotsim_scenario_note(s, i, &warning);
        print_note(note, warning);
    }
}

static enum error_code show(const struct options *o, struct spotsim_env *env, char **text, struct error *e) {
    struct spotsim_error why;
    struct spotsim_scenario *s = NULL;
    TRY(scenario_args(o, env, &s, e));
    enum error_code rc = from_api(spotsim_scenario_prepare(s, &why), &why, e);
    if (rc == OK) {
        print_notes(s);
        rc = from_api(spotsim_scenario_text(s, SPOTSIM_JSON, text, &why), &why, e);
    }
    spotsim_scenario_free(s);
    return rc;
}

static enum error_code carry_out(const char *what, const struct options *o, struct spotsim_env *env, char **text,
                                 struct error *e) {
    struct spotsim_error why;
    if (strcmp(what, "show") == 0) return show(o, env, text, e);
    if (strcmp(what, "schema") == 0) return from_api(spotsim_env_settings_text(env, SPOTSIM_JSON, text, &why), &why, e);
    if (strcmp(what, "reference") == 0)
        return from_api(spotsim_env_settings_text(env, SPOTSIM_MARKDOWN, text, &why), &why, e);
    return error_set(e, ERR_INPUT, what, "no such subcommand; expected show, schema or reference");
}

int cmd_scenario(int argc, char **argv) {
    struct options options = {0};
    struct error error = {0};
    struct spotsim_error why;
    struct spotsim_env *env = NULL;
    char *text = NULL;
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help();
        return argc < 2 ? EXIT_INPUT : 0;
    }
    const char *what = argv[1];
    const struct option *const tables[] = {strcmp(what, "show") == 0 ? scenario_options : no_options, NULL};
    enum error_code rc = from_api(spotsim_env_new(&env, &why), &why, &error);
    if (rc == OK) rc = options_parse(tables, argc - 1, argv + 1, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = carry_out(what, &options, env, &text, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    if (text) fputs(text, stdout);
    spotsim_free(text);
    options_free(&options);
    spotsim_env_free(env);
    return status;
}
