/* SPDX-License-Identifier: Apache-2.0
 * spotsim policies [NAME|FILE.c|FILE.so] [--json] [--markdown] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/options.h"
#include "policies/describe.h"
#include "study/json_text.h"

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

static enum error_code find_policy(struct policy_registry *registry, const char *name, const struct sp_policy **out,
                                   struct error *e) {
    if (ends_with(name, ".c") || ends_with(name, ".so")) return registry_load(registry, name, out, e);
    *out = registry_find(registry, name);
    if (*out) return OK;
    uint32_t n = registry_count(registry);
    const char **names = calloc(n + 1, sizeof *names);
    if (!names) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < n; i++) names[i] = registry_at(registry, i)->name;
    const char *near = text_nearest(name, names);
    free(names);
    if (near) return error_set(e, ERR_INPUT, name, "no such policy; did you mean %s?", near);
    return error_set(e, ERR_INPUT, name, "no such policy; `spotsim policies` lists them");
}

static enum error_code print(const struct options *o, struct policy_registry *registry, struct strbuf *out,
                             struct error *e) {
    bool json = options_get(o, "json") != NULL;
    if (o->n_positional > 1) return error_set(e, ERR_INPUT, o->positional[1], "expected one policy name");
    if (o->n_positional == 0) {
        if (options_get(o, "markdown"))
            policy_list_markdown(registry, out);
        else if (json)
            policy_list_json(registry, out);
        else
            policy_list(registry, out);
    } else {
        const struct sp_policy *policy = NULL;
        TRY(find_policy(registry, o->positional[0], &policy, e));
        if (json)
            policy_describe_json(policy, out);
        else
            policy_describe(policy, out);
    }
    return out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
}

int cmd_policies(int argc, char **argv) {
    const struct option *const tables[] = {own_options, NULL};
    struct options options;
    struct error error = {0};
    struct strbuf out = {0};
    int status = 0;
    struct policy_registry *registry = registry_new();
    enum error_code rc = registry ? OK : error_set(&error, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help) {
        help();
    } else {
        if (rc == OK) rc = print(&options, registry, &out, &error);
        if (rc != OK)
            status = cli_error(&error);
        else if (options_get(&options, "json")) {
            struct strbuf laid_out = {0};
            json_text_indent(out.data, &laid_out);
            if (laid_out.data) fputs(laid_out.data, stdout);
            strbuf_free(&laid_out);
        } else
            fputs(out.data, stdout);
    }
    strbuf_free(&out);
    if (registry) options_free(&options);
    registry_free(registry);
    return status;
}
