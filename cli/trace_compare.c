/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace compare REAL... SYNTH */
#include <stdlib.h>
#include <string.h>

#include "api/inside.h"
#include "base/text.h"
#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/scenario_args.h"
#include "cli/trace_model.h"
#include "cli/trace_plot.h"
#include "study/compare.h"
#include "study/presets.h"

#define TRACES_OTHERWISE 100
#define OPTIONS_TABLE_MAX 64

static const struct option own[] = {
    {"policies", OPTION_LIST, "TEXT", "policies to run (six of different kinds)", NULL, false},
    {"traces", OPTION_VALUE, "N", "traces made from a model (100)", NULL, false},
    {"first-seed", OPTION_VALUE, "N", "seed of the first of them (1)", NULL, false},
    {"window", OPTION_VALUE, "DURATION", "windows that show the spread (7d, 3d or 1d by the trace's length)", NULL,
     false},
    {"threads", OPTION_VALUE, "N", "threads (all cores)", NULL, false},
    {"output", OPTION_VALUE, "FILE", "where to write (standard output; also -o)", NULL, false},
    {"json", OPTION_FLAG, NULL, "JSON", NULL, false},
    {"exponential", OPTION_FLAG, NULL,
     "beside it the naive model, as a warning: exponential runs of independent pools, fitted to REAL", NULL, false},
    {"beside", OPTION_VALUE, "MODEL", "beside it another model of the same pools", NULL, false},
    {"plot", OPTION_VALUE, "FILE", "picture (.svg or .png): run lengths quantile against quantile, hours, policies",
     NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

/* A preset, or a file that is a model or means to be one: its faults are then
 * said; anything else is a trace. */
static bool is_model(const char *path) {
    struct model *m = NULL;
    struct error ignored;
    char *data = NULL;
    size_t size = 0;
    bool found = preset_load(path, &m, &ignored) == OK;
    model_free(m);
    if (found || file_read(path, &data, &size, &ignored) != OK) return found;
    found = size && strspn(data, " \t\r\n") < size && data[strspn(data, " \t\r\n")] == '{' &&
            strstr(data, "\"format\"") && strstr(data, "\"pools\"");
    free(data);
    return found;
}

static enum error_code read_synth(const struct options *o, const char *path, struct trace **out, struct error *e) {
    static const struct trace_options plain;
    struct trace_notes notes = {0};
    (void)o;
    enum error_code rc = trace_load(&path, 1, &plain, out, &notes, e);
    trace_notes_free(&notes);
    return rc;
}

static enum error_code settings(const struct options *o, struct compare_options *out, const char **policies,
                                struct error *e) {
    int64_t traces, seed, threads;
    const char *window = options_get(o, "window");
    TRY(options_int(o, "traces", 1, COMPARE_TRACES_MAX, TRACES_OTHERWISE, &traces, e));
    TRY(options_int(o, "first-seed", 0, INT64_MAX / 2, 1, &seed, e));
    TRY(options_int(o, "threads", 1, 64, 0, &threads, e));
    out->traces = (uint32_t)traces;
    out->seed = (uint64_t)seed;
    out->threads = (uint32_t)threads;
    if (window) {
        enum error_code rc = text_duration_ms(window, &out->window_ms, e);
        if (rc == OK && out->window_ms < MS_PER_HOUR) rc = error_set(e, ERR_INPUT, NULL, "expected an hour or more");
        if (rc != OK) error_in(e, "--window");
        TRY(rc);
    }
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->values[i].option->name, "policies") != 0) continue;
        if (out->n_policies == COMPARE_POLICIES_MAX)
            return error_set(e, ERR_INPUT, "--policies", "more than %u", COMPARE_POLICIES_MAX);
        policies[out->n_policies++] = o->values[i].text;
    }
    if (out->n_policies) out->policies = policies;
    return OK;
}

static enum error_code put_picture(const char *path, const struct comparison *c, const struct comparison *beside,
                                   struct error *e) {
    struct strbuf data = {0};
    const char *hint = NULL;
    char set[64];
    snprintf(set, sizeof set, "beside=%d; hours='%s'", beside != NULL, c->utc ? "UTC" : "since the start");
    enum error_code rc = compare_plot_data(c, beside, &data, e);
    if (rc == OK) rc = picture_draw("compare.gp", &data, set, path, &hint, e);
    if (rc == OK && hint) cli_say("note", hint);
    strbuf_free(&data);
    return rc;
}

static enum error_code put_comparison(const struct options *o, const struct comparison *c,
                                      const struct comparison *beside, const char *name, struct error *e) {
    struct strbuf out = {0};
    const char *picture = options_get(o, "plot");
    enum error_code rc =
        options_get(o, "json") ? compare_json(c, beside, name, &out, e) : compare_report(c, beside, name, &out, e);
    if (rc == OK && picture) rc = put_picture(picture, c, beside, e);
    if (rc == OK) return trace_put(&out, options_get(o, "output"), e);
    strbuf_free(&out);
    return rc;
}

/* The other model, where one is asked for. */
static enum error_code compare_beside(const struct options *o, struct scenario_doc *doc, struct scenario_env *env,
                                      const struct compare_options *how, struct comparison *out, const char **name,
                                      struct error *e) {
    const char *path = options_get(o, "beside");
    struct model *m = NULL;
    *name = path ? path : "exponential runs of independent pools";
    if (!path) return compare_exponential(doc, env, how, out, e);
    TRY(preset_load(path, &m, e));
    enum error_code rc = compare_model(doc, env, m, how, out, e);
    model_free(m);
    return rc;
}

static void print_notes(const struct notes *notes) {
    for (uint32_t i = 0; i < notes->n; i++) print_note(notes->lines[i], notes->warning[i]);
}

static void say_assumptions(const struct comparison *c) {
    print_notes(&c->notes);
    if (c->assumed_prices)
        fputs("spotsim: note: prices that the trace does not have are assumed: spot 1 $/h, on demand three times "
              "the spot price; --price-spot and --price-on-demand set them\n",
              stderr);
}

static enum error_code check_options(const struct options *o, struct error *e) {
    const char *picture = options_get(o, "plot");
    if (options_get(o, "exponential") && options_get(o, "beside"))
        return error_set(e, ERR_INPUT, "--beside", "give either this or --exponential");
    return picture ? picture_check(picture, e) : OK;
}

static enum error_code compare_with(const struct options *o, struct scenario_doc *doc, struct scenario_env *env,
                                    struct error *e) {
    struct compare_options how = {0};
    const char *policies[COMPARE_POLICIES_MAX], *name = NULL;
    struct comparison c = {0}, other = {0};
    struct model *m = NULL;
    struct trace *t = NULL;
    const char *synth = o->positional[o->n_positional - 1];
    bool model = is_model(synth), beside = options_get(o, "exponential") || options_get(o, "beside");
    TRY(check_options(o, e));
    TRY(settings(o, &how, policies, e));
    enum error_code rc = model ? preset_load(synth, &m, e) : read_synth(o, synth, &t, e);
    if (rc == OK) rc = model ? compare_model(doc, env, m, &how, &c, e) : compare_trace(doc, env, t, &how, &c, e);
    if (rc == OK && beside) rc = compare_beside(o, doc, env, &how, &other, &name, e);
    if (rc == OK) say_assumptions(&c);
    if (rc == OK) rc = put_comparison(o, &c, beside ? &other : NULL, name, e);
    comparison_free(&c);
    comparison_free(&other);
    model_free(m);
    trace_free(t);
    return rc;
}

static enum error_code compare(const struct options *o, struct spotsim_env *env, struct error *e) {
    struct spotsim_error why;
    struct spotsim_scenario *s = NULL;
    if (o->n_positional < 2)
        return error_set(e, ERR_INPUT, "trace compare", "expected a real trace and a model or synthetic trace");
    struct options rest = *o; /* the positional arguments are not a scenario's */
    rest.n_positional = 0;
    TRY(scenario_args(&rest, env, &s, e));
    enum error_code rc = from_api(spotsim_scenario_set_origin(s, "trace compare", &why), &why, e);
    if (rc == OK)
        rc = from_api(spotsim_scenario_set_list(s, "trace.paths", o->positional, o->n_positional - 1, &why), &why, e);
    if (rc == OK) rc = compare_with(o, scenario_inside(s), env_inside(env), e);
    spotsim_scenario_free(s);
    return rc;
}

static enum error_code run(const struct options *o, struct error *e) {
    struct spotsim_error why;
    struct spotsim_env *env = NULL;
    TRY(from_api(spotsim_env_new(&env, &why), &why, e));
    enum error_code rc = compare(o, env, e);
    spotsim_env_free(env);
    return rc;
}

/* How to run, without what a comparison decides by itself: it reads the traces
 * that it is given, in full, and runs --policies. */
static const struct option *running(void) {
    static const char *const not_here[] = {"trace", "policy", "start", "horizon", "name"};
    static struct option table[OPTIONS_TABLE_MAX];
    uint32_t n = 0;
    for (const struct option *o = scenario_options; o->name && n + 1 < OPTIONS_TABLE_MAX; o++) {
        bool here = true;
        for (size_t i = 0; i < sizeof not_here / sizeof *not_here; i++)
            here = here && strcmp(o->name, not_here[i]) != 0;
        if (here) table[n++] = *o;
    }
    table[n] = (struct option){NULL, OPTION_FLAG, NULL, NULL, NULL, false};
    return table;
}

int trace_compare(int argc, char **argv) {
    const struct option *const tables[] = {own, running(), NULL};
    return trace_action(argc, argv, tables,
                        "usage: spotsim trace compare REAL... MODEL|SYNTH [options]\n\n"
                        "Compares a real trace with traces made from a model of it, or with one synthetic\n"
                        "trace: shapes, and what policies get and pay on both.\n\n",
                        run);
}
