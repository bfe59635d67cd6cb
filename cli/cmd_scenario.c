/* SPDX-License-Identifier: Apache-2.0
 * spotsim scenario show|schema|reference */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/scenario_args.h"
#include "study/json_text.h"
#include "study/schema.h"

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

static enum error_code show(const struct options *o, struct scenario_env *env, struct strbuf *out, struct error *e) {
    struct scenario_doc *doc = NULL;
    struct scenario *s = NULL;
    struct notes notes = {0};
    struct strbuf flat = {0};
    TRY(scenario_args_doc(o, env, &doc, e));
    enum error_code rc = scenario_resolve(doc, env, &s, &notes, e);
    if (rc == OK) {
        print_notes(&notes);
        scenario_to_json(s, &flat);
        if (flat.failed)
            rc = error_set(e, ERR_FAILED, NULL, "out of memory");
        else
            json_text_indent(flat.data, out);
    }
    strbuf_free(&flat);
    notes_free(&notes);
    scenario_free(s);
    doc_free(doc);
    return rc;
}

static enum error_code carry_out(const char *what, int argc, char **argv, struct scenario_env *env, struct strbuf *out,
                                 struct error *e) {
    const struct option *const tables[] = {strcmp(what, "show") == 0 ? scenario_options : no_options, NULL};
    struct options options = {0};
    enum error_code rc = options_parse(tables, argc, argv, &options, e);
    if (rc == OK && options.help)
        help();
    else if (rc == OK && strcmp(what, "show") == 0)
        rc = show(&options, env, out, e);
    else if (rc == OK && strcmp(what, "schema") == 0)
        scenario_schema(scenario_env_registry(env), out);
    else if (rc == OK && strcmp(what, "reference") == 0)
        scenario_reference(scenario_env_registry(env), out);
    else if (rc == OK)
        rc = error_set(e, ERR_INPUT, what, "no such subcommand; expected show, schema or reference");
    options_free(&options);
    return rc;
}

int cmd_scenario(int argc, char **argv) {
    struct error error = {0};
    struct strbuf out = {0};
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help();
        return argc < 2 ? EXIT_INPUT : 0;
    }
    struct scenario_env *env = scenario_env_new();
    enum error_code rc = env ? OK : error_set(&error, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = carry_out(argv[1], argc - 1, argv + 1, env, &out, &error);
    if (rc == OK && out.failed) rc = error_set(&error, ERR_FAILED, NULL, "out of memory");
    int status = rc == OK ? 0 : cli_error(&error);
    if (rc == OK && out.data) fputs(out.data, stdout);
    strbuf_free(&out);
    scenario_env_free(env);
    return status;
}
