/* SPDX-License-Identifier: Apache-2.0
 * Command-line options by table: parsing, help and suggestions come from the
 * same rows. */
#ifndef SPOTSIM_CLI_OPTIONS_H
#define SPOTSIM_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

enum option_kind {
    OPTION_FLAG,
    OPTION_VALUE,  /* --name VALUE or --name=VALUE; given twice: the last counts */
    OPTION_REPEAT, /* as VALUE, every one counts */
    OPTION_LIST    /* --name A B C: all arguments up to the next option */
};

struct option {
    const char *name; /* without dashes; NULL ends a table */
    enum option_kind kind;
    const char *metavar;
    const char *help;
    const char *path; /* scenario path that the value (a flag: true) sets; NULL: the command's own business */
    bool every_pool;  /* path is a field of cloud.defaults and stands over pools' own settings */
};

struct option_value {
    const struct option *option;
    const char *text; /* NULL for a flag; points into argv */
};

struct options {
    uint32_t n, n_positional;
    struct option_value *values; /* in the order given */
    const char **positional;
    bool help; /* --help or -h was there */
};

/* Parses argv[1..] against several tables (the last pointer NULL). */
enum error_code options_parse(const struct option *const *tables, int argc, char **argv, struct options *out,
                              struct error *e);
/* The last value of an option, or NULL; "" for a flag that was given. */
const char *options_get(const struct options *o, const char *name);
/* A whole-number option in [min, max], or `otherwise` when not given. */
enum error_code options_int(const struct options *o, const char *name, int64_t min, int64_t max, int64_t otherwise,
                            int64_t *value, struct error *e);
void options_free(struct options *o);
/* One line per option of a table, aligned. */
void options_help(const struct option *table, FILE *out);

#endif
