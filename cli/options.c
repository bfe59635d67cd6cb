/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OPTIONS_MAX 128
#define HELP_COLUMN 32

static const struct option *find(const struct option *const *tables, const char *name, size_t n) {
    for (; *tables; tables++)
        for (const struct option *o = *tables; o->name; o++)
            if (strlen(o->name) == n && strncmp(o->name, name, n) == 0) return o;
    return NULL;
}

static enum error_code unknown(const struct option *const *tables, const char *arg, size_t n, struct error *e) {
    const char *names[OPTIONS_MAX + 1];
    uint32_t count = 0;
    for (; *tables; tables++)
        for (const struct option *o = *tables; o->name && count < OPTIONS_MAX; o++) names[count++] = o->name;
    names[count] = NULL;
    char name[64], where[80];
    snprintf(name, sizeof name, "%.*s", (int)(n < 60 ? n : 60), arg);
    snprintf(where, sizeof where, "--%s", name);
    const char *near = text_nearest(name, names);
    if (near) return error_set(e, ERR_INPUT, where, "no such option; did you mean --%s?", near);
    return error_set(e, ERR_INPUT, where, "no such option; --help lists them");
}

static void add(struct options *out, const struct option *option, const char *text) {
    out->values[out->n++] = (struct option_value){option, text};
}

/* Takes the option at argv[*i] and its values; *i ends on the last one. */
static enum error_code take(const struct option *const *tables, int argc, char **argv, int *i, struct options *out,
                            struct error *e) {
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t n = equals ? (size_t)(equals - name) : strlen(name);
    char where[80];
    snprintf(where, sizeof where, "--%.*s", (int)(n < 60 ? n : 60), name);
    if (n == 4 && strncmp(name, "help", 4) == 0) {
        out->help = true;
        return OK;
    }
    const struct option *option = find(tables, name, n);
    if (!option) return unknown(tables, name, n, e);
    if (option->kind == OPTION_FLAG) {
        if (equals) return error_set(e, ERR_INPUT, where, "takes no value");
        add(out, option, NULL);
        return OK;
    }
    if (equals) {
        add(out, option, equals + 1);
        return OK;
    }
    if (*i + 1 >= argc || (strncmp(argv[*i + 1], "--", 2) == 0 && argv[*i + 1][2]))
        return error_set(e, ERR_INPUT, where, "expected %s after it", option->metavar);
    add(out, option, argv[++*i]);
    while (option->kind == OPTION_LIST && *i + 1 < argc && strncmp(argv[*i + 1], "--", 2) != 0)
        add(out, option, argv[++*i]);
    return OK;
}

enum error_code options_parse(const struct option *const *tables, int argc, char **argv, struct options *out,
                              struct error *e) {
    memset(out, 0, sizeof *out);
    out->values = calloc((size_t)argc + 1, sizeof *out->values);
    out->positional = calloc((size_t)argc + 1, sizeof *out->positional);
    if (!out->values || !out->positional) return error_set(e, ERR_FAILED, NULL, "out of memory");
    bool only_positional = false;
    for (int i = 1; i < argc; i++) {
        if (!only_positional && strcmp(argv[i], "--") == 0)
            only_positional = true;
        else if (!only_positional && strcmp(argv[i], "-h") == 0)
            out->help = true;
        else if (!only_positional && strncmp(argv[i], "--", 2) == 0)
            TRY(take(tables, argc, argv, &i, out, e));
        else if (!only_positional && argv[i][0] == '-' && argv[i][1])
            return error_set(e, ERR_INPUT, argv[i], "no such option; options start with two dashes");
        else
            out->positional[out->n_positional++] = argv[i];
    }
    return OK;
}

const char *options_get(const struct options *o, const char *name) {
    for (uint32_t i = o->n; i-- > 0;)
        if (strcmp(o->values[i].option->name, name) == 0) return o->values[i].text ? o->values[i].text : "";
    return NULL;
}

enum error_code options_int(const struct options *o, const char *name, int64_t min, int64_t max, int64_t otherwise,
                            int64_t *value, struct error *e) {
    const char *text = options_get(o, name);
    *value = otherwise;
    if (!text) return OK;
    enum error_code rc = text_int(text, min, max, value, e);
    if (rc == OK) return OK;
    char where[80];
    snprintf(where, sizeof where, "--%s", name);
    error_in(e, where);
    return rc;
}

void options_free(struct options *o) {
    free(o->values);
    free(o->positional);
    memset(o, 0, sizeof *o);
}

void options_help(const struct option *table, FILE *out) {
    for (; table->name; table++) {
        char left[80];
        int n = snprintf(left, sizeof left, "  --%s%s%s%s", table->name, table->metavar ? " " : "",
                         table->metavar ? table->metavar : "", table->kind == OPTION_LIST ? "..." : "");
        fprintf(out, "%s", left);
        if (n >= HELP_COLUMN)
            fprintf(out, "\n%*s", HELP_COLUMN, "");
        else
            fprintf(out, "%*s", HELP_COLUMN - n, "");
        fprintf(out, "%s\n", table->help);
    }
}
