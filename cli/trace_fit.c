/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace fit TRACE... */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/trace_model.h"
#include "traces/fit.h"

static const struct option own[] = {
    {"output", OPTION_VALUE, "FILE", "where to write the model (also -o)", NULL, false},
    {"process", OPTION_VALUE, "blocks|state|runs",
     "what drives pools: their own record, in blocks of all of them in another order (blocks); a hidden state that "
     "pools "
     "share; up- and down-runs, independent",
     NULL, false},
    {"family", OPTION_VALUE, "NAME", "of run lengths: exponential, weibull, lognormal, h2, empirical (best by AIC)",
     NULL, false},
    {"stationary", OPTION_FLAG, NULL, "fit the runs under the trace's availability", NULL, false},
    {"shares", OPTION_VALUE, "exact|expected",
     "whether each synthetic trace has exactly the fitted shares of time, or only on average (exact)", NULL, false},
    {"bootstrap", OPTION_VALUE, "N",
     "of process state: traces made of each pool for intervals (4000, 2000 for more than 24 pools; at least 200; 0: "
     "none)",
     NULL, false},
    {"no-swing", OPTION_FLAG, NULL, "no swing with the hour and the week; blocks need not keep the hour", NULL, false},
    {"skip-few", OPTION_FLAG, NULL, "leave out pools with too few runs", NULL, false},
    {"name", OPTION_VALUE, "TEXT", "what to call the model", NULL, false},
    {"quiet", OPTION_FLAG, NULL, "no tables", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static enum error_code choice(const struct options *o, const char *name, const char *const *names, int *value,
                              struct error *e) {
    const char *text = options_get(o, name);
    struct strbuf list = {0};
    if (!text) return OK;
    for (int i = 0; names[i]; i++) {
        if (strcmp(names[i], text) == 0) {
            *value = i;
            strbuf_free(&list);
            return OK;
        }
        strbuf_printf(&list, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
    }
    enum error_code rc = error_set(e, ERR_INPUT, name, "'%.40s' is not %s", text, list.data ? list.data : "known");
    strbuf_free(&list);
    return rc;
}

static enum error_code put_results(const struct options *o, struct strbuf *report, struct strbuf *model,
                                   struct error *e) {
    const char *path = options_get(o, "output");
    enum error_code rc = OK;
    if (path) rc = trace_put(model, path, e);
    if (rc == OK && !options_get(o, "quiet")) rc = trace_put(report, NULL, e);
    strbuf_free(report);
    strbuf_free(model);
    return rc;
}

static enum error_code name_model(const struct options *o, struct model *m, const char *source, struct error *e) {
    const char *name = options_get(o, "name"), *base = strrchr(source, '/');
    char about[300];
    TRY(model_text(&m->name, name ? name : base && base[1] ? base + 1 : source, e));
    snprintf(about, sizeof about, "fitted to %.120s", base && base[1] ? base + 1 : source);
    return model_text(&m->about, about, e);
}

static bool is_skipped(const struct fit *f, const char *name) {
    for (uint32_t i = 0; i < f->n_skipped; i++)
        if (strcmp(f->skipped[i], name) == 0) return true;
    return false;
}

/* State and blocks are of all pools at once, up to the end of the shortest of
 * those that are kept. */
static void say_what_is_left_out(const struct trace *t, const struct fit *f, int process) {
    char common[32], longest[32], note[200];
    uint32_t longer = 0;
    int64_t most_ms = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        int64_t span_ms = t->pools[i].span_ms;
        if (is_skipped(f, t->pools[i].name)) continue;
        longer += span_ms > f->model->span_ms;
        if (span_ms > most_ms) most_ms = span_ms;
    }
    if (!longer || process == MODEL_RUNS) return;
    snprintf(note, sizeof note, "%s the first %s, which all %spools have; %u of %u have more, up to %s",
             process == MODEL_STATE ? "the state is fitted to" : "blocks are cut from",
             text_format_duration(f->model->span_ms, common), f->n_skipped ? "kept " : "", longer, f->model->n_pools,
             text_format_duration(most_ms, longest));
    cli_say("note", note);
}

static void say_what_is_ignored(const struct options *o, int process) {
    const char *bootstrap = options_get(o, "bootstrap");
    if (process != MODEL_STATE && bootstrap && strcmp(bootstrap, "0") != 0)
        cli_say("note", "--bootstrap is for --process state; this process has no parameters that need it");
}

static enum error_code fit_a_trace(const struct options *o, struct error *e) {
    struct fit_options how = {.process = MODEL_BLOCKS,
                              .shares = SHARES_EXACT,
                              .family = options_get(o, "family"),
                              .stationary = options_get(o, "stationary") != NULL,
                              .skip_few = options_get(o, "skip-few") != NULL,
                              .no_swing = options_get(o, "no-swing") != NULL};
    struct trace *t = NULL;
    struct fit fit = {0};
    int64_t bootstrap;
    struct strbuf report = {0}, model = {0};
    TRY(choice(o, "process", model_processes, &how.process, e));
    TRY(choice(o, "shares", model_shares_names, &how.shares, e));
    TRY(options_int(o, "bootstrap", 0, FIT_BOOTSTRAP_MAX, FIT_BOOTSTRAP, &bootstrap, e));
    if (bootstrap && bootstrap < FIT_BOOTSTRAP_MIN)
        return error_set(e, ERR_INPUT, "--bootstrap", "expected at least %u, or 0, got %d", FIT_BOOTSTRAP_MIN,
                         (int)bootstrap);
    TRY(trace_read(o, o->positional, o->n_positional, &t, e));
    if (!options_get(o, "bootstrap") && t->n_pools > FIT_MANY_POOLS) bootstrap = FIT_BOOTSTRAP_MANY;
    how.bootstrap = (uint32_t)bootstrap;
    enum error_code rc = fit_trace(t, &how, &fit, e);
    if (rc == OK) say_what_is_left_out(t, &fit, how.process);
    if (rc == OK) say_what_is_ignored(o, how.process);
    if (rc == OK) rc = name_model(o, fit.model, o->positional[0], e);
    if (rc == OK) {
        fit_report(&fit, &report);
        fit_write(&fit, &model);
        rc = put_results(o, &report, &model, e);
    }
    fit_free(&fit);
    trace_free(t);
    return rc;
}

/* How a run uses it. */
static void put_setting(const struct family *lifetime, struct strbuf *report) {
    struct strbuf text = {0};
    if (family_scenario_text(lifetime, &text))
        strbuf_printf(report, "in a run: --set cloud.defaults.lifetime='%s'\n", text.data);
    strbuf_free(&text);
}

static enum error_code fit_some_lifetimes(const struct options *o, const char *data, size_t size, struct error *e) {
    struct lifetimes lives = {0};
    struct fit_side side = {0};
    struct model *m = NULL;
    struct strbuf report = {0}, model = {0};
    enum error_code rc = lifetimes_read(o->positional[0], data, size, &lives, e);
    if (rc == OK) rc = fit_lifetimes(&lives, &side, &m, e);
    if (rc == OK) rc = name_model(o, m, o->positional[0], e);
    if (rc == OK) {
        fit_side_report("lifetimes", &side, &report);
        put_setting(&m->lifetime.family, &report);
        model_write(m, NULL, NULL, NULL, &model);
        rc = put_results(o, &report, &model, e);
    }
    fit_side_free(&side);
    lifetimes_free(&lives);
    model_free(m);
    return rc;
}

static enum error_code run(const struct options *o, struct error *e) {
    char *data = NULL;
    size_t size = 0;
    struct error ignored;
    if (o->n_positional == 0) return error_set(e, ERR_INPUT, "trace fit", "expected at least one path");
    bool lives =
        o->n_positional == 1 && file_read(o->positional[0], &data, &size, &ignored) == OK && lifetimes_is(data, size);
    enum error_code rc = lives ? fit_some_lifetimes(o, data, size, e) : fit_a_trace(o, e);
    free(data);
    return rc;
}

int trace_fit(int argc, char **argv) {
    static const struct option *const tables[] = {own, trace_reading, NULL};
    return trace_action(argc, argv, tables,
                        "usage: spotsim trace fit TRACE... -o MODEL.json [options]\n\n"
                        "Fits a model to a trace, or a lifetime to a CSV of lifetimes\n"
                        "(lifetime_h,ended_by), and prints what it found with its errors.\n\n",
                        run);
}
