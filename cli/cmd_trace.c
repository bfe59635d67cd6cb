/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace stat|convert|plot PATH..., and the others by name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/options.h"
#include "cli/trace_model.h"
#include "cli/trace_plot.h"
#include "traces/report.h"
#include "traces/trace.h"

static const struct option stat_options[] = {
    {"json", OPTION_FLAG, NULL, "print JSON", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};
static const struct option convert_options[] = {
    {"output", OPTION_VALUE, "FILE", "where to write (also -o); required; - is standard output", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};
static const struct option plot_options[] = {
    {"output", OPTION_VALUE, "FILE", "picture to write, .svg or .png (also -o)", NULL, false},
    {"prices", OPTION_FLAG, NULL, "draw prices, not capacity (the default where there are only prices)", NULL, false},
    {"ascii", OPTION_FLAG, NULL, "draw in the terminal", NULL, false},
    {"width", OPTION_VALUE, "N", "columns of the terminal picture (80)", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

/* A buffer to standard output. */
static enum error_code print_out(struct strbuf *out, struct error *e) {
    enum error_code rc = out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
    if (rc == OK && fwrite(out->data, 1, out->size, stdout) != out->size)
        rc = error_set(e, ERR_FAILED, "standard output", "cannot write");
    strbuf_free(out);
    return rc;
}

static enum error_code do_stat(const struct options *o, const struct trace *t, const struct trace_notes *notes,
                               struct error *e) {
    struct strbuf out = {0};
    enum error_code rc = options_get(o, "json") ? trace_report_json(t, notes, &out, e) : trace_report_text(t, &out, e);
    if (rc == OK) return print_out(&out, e);
    strbuf_free(&out);
    return rc;
}

static enum error_code do_convert(const struct options *o, const struct trace *t, const struct trace_notes *notes,
                                  struct error *e) {
    (void)notes;
    const char *path = options_get(o, "output");
    if (!path) return error_set(e, ERR_INPUT, "trace convert", "expected -o FILE.csv, or -o - for standard output");
    struct strbuf out = {0};
    trace_write_tidy(t, &out);
    return trace_put(&out, strcmp(path, "-") == 0 ? NULL : path, e);
}

static enum trace_quantity quantity(const struct options *o, const struct trace *t) {
    bool any_capacity = false;
    for (uint32_t i = 0; i < t->n_pools; i++) any_capacity = any_capacity || t->pools[i].has_capacity;
    return options_get(o, "prices") || !any_capacity ? TRACE_PRICE : TRACE_CAPACITY;
}

static enum error_code do_plot(const struct options *o, const struct trace *t, const struct trace_notes *notes,
                               struct error *e) {
    (void)notes;
    const char *path = options_get(o, "output");
    bool ascii = options_get(o, "ascii") != NULL;
    int64_t width;
    TRY(options_int(o, "width", 40, 1000, 80, &width, e));
    if (!path && !ascii) return error_set(e, ERR_INPUT, "trace plot", "expected -o FILE.svg, -o FILE.png or --ascii");
    if (ascii) {
        struct strbuf out = {0};
        trace_report_picture(t, (uint32_t)width, &out);
        TRY(print_out(&out, e));
    }
    const char *hint = NULL;
    if (path) TRY(trace_plot(t, quantity(o, t), path, &hint, e));
    if (hint) fprintf(stderr, "spotsim: %s\n", hint);
    return OK;
}

struct action {
    const char *name;
    enum error_code (*run)(const struct options *o, const struct trace *t, const struct trace_notes *notes,
                           struct error *e);
    const struct option *options;
    const char *help;
};
static const struct action actions[] = {
    {"stat", do_stat, stat_options, "availability, run lengths, prices, and how pools fail together"},
    {"convert", do_convert, convert_options, "write the trace as tidy CSV"},
    {"plot", do_plot, plot_options, "draw the pools' capacity or prices over time"},
};
#define N_ACTIONS (sizeof actions / sizeof *actions)
/* Those with files of their own. */
static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} others[] = {
    {"synth", trace_synth, "make a trace from a model or a preset"},
    {"fit", trace_fit, "fit a model to a trace"},
    {"compare", trace_compare, "compare a real trace with synthetic ones, policies included"},
    {"cache", trace_cache_command, "list what is kept of traces between runs, or clear it"},
};
#define N_OTHERS (sizeof others / sizeof *others)

static void help_all(FILE *out) {
    fputs("usage: spotsim trace ACTION PATH... [options]\n\n"
          "A path is a file, a folder, a pattern or a manifest; all together are one trace.\n\n",
          out);
    for (size_t i = 0; i < N_ACTIONS; i++) fprintf(out, "  %-10s %s\n", actions[i].name, actions[i].help);
    for (size_t i = 0; i < N_OTHERS; i++) fprintf(out, "  %-10s %s\n", others[i].name, others[i].help);
    fputs("\n`spotsim trace ACTION --help` lists the options.\n", out);
}

static void help_one(const struct action *a) {
    printf("usage: spotsim trace %s PATH... [options]\n\n%s\n\n", a->name, a->help);
    options_help(a->options, stdout);
    fputs("\nHow to read:\n", stdout);
    options_help(trace_reading, stdout);
}

static enum error_code load_and_run(const struct action *a, const struct options *o, struct error *e) {
    struct trace *t = NULL;
    struct trace_notes notes = {0};
    if (o->n_positional == 0) return error_set(e, ERR_INPUT, "trace", "expected at least one path after '%s'", a->name);
    enum error_code rc = trace_read_notes(o, o->positional, o->n_positional, &t, &notes, e);
    if (rc == OK) rc = a->run(o, t, &notes, e);
    trace_free(t);
    trace_notes_free(&notes);
    return rc;
}

static int run_action(const struct action *a, int argc, char **argv) {
    const struct option *const tables[] = {a->options, trace_reading, NULL};
    struct options o;
    struct error e = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0) break;
        if (strcmp(argv[i], "-o") == 0) argv[i] = "--output";
    }
    enum error_code rc = options_parse(tables, argc, argv, &o, &e);
    if (rc == OK && o.help)
        help_one(a);
    else if (rc == OK)
        rc = load_and_run(a, &o, &e);
    options_free(&o);
    return rc == OK ? 0 : cli_error(&e);
}

int cmd_trace(int argc, char **argv) {
    if (argc < 2) {
        help_all(stderr);
        return EXIT_INPUT;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help_all(stdout);
        return 0;
    }
    const char *names[N_ACTIONS + N_OTHERS + 1] = {NULL};
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(argv[1], actions[i].name) == 0) return run_action(&actions[i], argc - 1, argv + 1);
        names[i] = actions[i].name;
    }
    for (size_t i = 0; i < N_OTHERS; i++) {
        if (strcmp(argv[1], others[i].name) == 0) return others[i].run(argc - 1, argv + 1);
        names[N_ACTIONS + i] = others[i].name;
    }
    struct error e;
    const char *near = text_nearest(argv[1], names);
    error_set(&e, ERR_INPUT, "trace",
              "no action '%.40s'; expected stat, convert, plot, synth, fit, compare or cache%s%s%s", argv[1],
              near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
    return cli_error(&e);
}
