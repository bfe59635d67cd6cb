/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace synth MODEL */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cmd.h"
#include "cli/trace_model.h"
#include "study/presets.h"
#include "traces/synth.h"

#define LIFETIMES_MAX 10000000

static const struct option own[] = {
    {"seed", OPTION_VALUE, "N", "of the random streams (1); the same seed gives the same bytes", NULL, false},
    {"span", OPTION_VALUE, "DURATION", "length of the trace (the model's)", NULL, false},
    {"output", OPTION_VALUE, "PATH", "file (tidy CSV) or folder (SkyPilot JSON) to write; standard output (also -o)",
     NULL, false},
    {"format", OPTION_VALUE, "tidy|skypilot", "tidy CSV, or a folder of SkyPilot's JSON, a file per pool (tidy)", NULL,
     false},
    {"step", OPTION_VALUE, "DURATION", "sampling step of SkyPilot's format (the model's resolution)", NULL, false},
    {"shares", OPTION_VALUE, "exact|expected",
     "whether a pool's shares of time hold in this trace or only on average (the model's)", NULL, false},
    {"pool", OPTION_VALUE, "PATTERN", "only pools whose name, region or zone matches (with * and ?)", NULL, false},
    {"events", OPTION_VALUE, "MODEL", "lay this model's events over the trace: a file, or stress/drought, ...", NULL,
     false},
    {"list", OPTION_FLAG, NULL, "name the presets, a line for each", NULL, false},
    {"lifetimes", OPTION_VALUE, "N", "print N instance lifetimes instead of a trace", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static enum error_code duration_option(const struct options *o, const char *name, int64_t *ms, struct error *e) {
    const char *text = options_get(o, name);
    *ms = 0;
    if (!text) return OK;
    char where[32];
    snprintf(where, sizeof where, "--%s", name);
    enum error_code rc = text_duration_ms(text, ms, e);
    if (rc == OK && *ms == 0) rc = error_set(e, ERR_INPUT, NULL, "expected more than 0");
    if (rc != OK) error_in(e, where);
    return rc;
}

static enum error_code write_pool(const struct trace_pool *p, const char *folder, int64_t step_ms, struct error *e) {
    struct strbuf out = {0};
    char *path = NULL;
    if (strchr(p->name, '/')) return error_set(e, ERR_INPUT, p->name, "a pool with '/' in its name is no file name");
    if (asprintf(&path, "%s/%s.json", folder, p->name) < 0) return error_set(e, ERR_FAILED, NULL, "out of memory");
    synth_write_skypilot(p, step_ms, &out);
    enum error_code rc = trace_put(&out, path, e);
    free(path);
    return rc;
}

static enum error_code write_folder(const struct options *o, const struct trace *t, struct error *e) {
    const char *folder = options_get(o, "output");
    int64_t step_ms;
    TRY(duration_option(o, "step", &step_ms, e));
    if (!folder) return error_set(e, ERR_INPUT, "trace synth", "--format skypilot needs -o FOLDER");
    if (!step_ms) step_ms = t->pools[0].gap_ms;
    if (!step_ms)
        return error_set(e, ERR_INPUT, "trace synth",
                         "the model has no resolution; give the sampling step with --step");
    if (t->span_ms / step_ms > TRACE_SAMPLES_MAX)
        return error_set(e, ERR_INPUT, "--step", "more than %u samples", TRACE_SAMPLES_MAX);
    if (mkdir(folder, 0777) != 0) {
        struct stat s;
        if (stat(folder, &s) != 0 || !S_ISDIR(s.st_mode)) return error_set(e, ERR_FAILED, folder, "cannot make folder");
    }
    for (uint32_t i = 0; i < t->n_pools; i++) TRY(write_pool(&t->pools[i], folder, step_ms, e));
    return OK;
}

static enum error_code put_trace(const struct options *o, const struct trace *t, struct error *e) {
    const char *format = options_get(o, "format");
    if (format && strcmp(format, "skypilot") == 0) return write_folder(o, t, e);
    if (format && strcmp(format, "tidy") != 0)
        return error_set(e, ERR_INPUT, "--format", "'%.40s' is not tidy or skypilot", format);
    struct strbuf out = {0};
    trace_write_tidy(t, &out);
    return trace_put(&out, options_get(o, "output"), e);
}

static enum error_code make_lifetimes(const struct options *o, const struct model *m, uint64_t seed, struct error *e) {
    int64_t n;
    struct strbuf out = {0};
    TRY(options_int(o, "lifetimes", 1, LIFETIMES_MAX, 1, &n, e));
    enum error_code rc = synth_lifetimes(m, seed, (uint32_t)n, &out, e);
    if (rc == OK) return trace_put(&out, options_get(o, "output"), e);
    strbuf_free(&out);
    return rc;
}

/* A trace is capacity and price; a run takes the rest from elsewhere. */
static void say_what_is_missing(const struct model *m) {
    struct strbuf text = {0};
    bool short_on_demand = false;
    for (uint32_t i = 0; i < m->n_events; i++) short_on_demand |= m->events[i].kind == EVENT_ON_DEMAND;
    if (short_on_demand)
        cli_say("note", "a trace cannot carry an on-demand shortage; `spotsim sweep --stress` applies it");
    if (m->lifetime.known && family_scenario_text(&m->lifetime.family, &text)) {
        struct strbuf say = {0};
        strbuf_printf(&say,
                      "a trace cannot carry how long an instance lives; run with --set cloud.defaults.lifetime='%s'",
                      text.data);
        if (!say.failed) cli_say("note", say.data);
        strbuf_free(&say);
    }
    strbuf_free(&text);
}

/* The events of --events on top. */
static enum error_code lay_over(const struct options *o, struct trace **t, struct error *e) {
    struct model *m = NULL;
    struct trace *over = NULL;
    if (!options_get(o, "events")) return OK;
    TRY(preset_load(options_get(o, "events"), &m, e));
    enum error_code rc = OK;
    if (m->n_events)
        rc = synth_events_check(*t, m, e);
    else
        rc = error_set(e, ERR_INPUT, "--events", "the model '%.80s' has no events", m->name);
    if (rc != OK && m->n_events) error_in(e, options_get(o, "events"));
    if (rc == OK) rc = synth_events(*t, m, &over, e);
    if (rc == OK) {
        say_what_is_missing(m);
        trace_free(*t);
        *t = over;
    }
    model_free(m);
    return rc;
}

static enum error_code make(const struct options *o, struct model *m, struct error *e) {
    struct synth_options how = {0};
    struct trace *t = NULL;
    int64_t seed;
    const char *shares = options_get(o, "shares");
    TRY(options_int(o, "seed", 0, INT64_MAX, 1, &seed, e));
    TRY(duration_option(o, "span", &how.span_ms, e));
    how.seed = (uint64_t)seed;
    if (shares && strcmp(shares, "exact") != 0 && strcmp(shares, "expected") != 0)
        return error_set(e, ERR_INPUT, "--shares", "'%.40s' is not exact or expected", shares);
    if (shares) m->shares = strcmp(shares, "exact") == 0 ? SHARES_EXACT : SHARES_EXPECTED;
    if (options_get(o, "lifetimes")) return make_lifetimes(o, m, how.seed, e);
    if (options_get(o, "pool")) TRY(model_keep_pools(m, options_get(o, "pool"), e));
    TRY(synth_trace(m, &how, &t, e));
    say_what_is_missing(m);
    enum error_code rc = lay_over(o, &t, e);
    if (rc == OK) rc = put_trace(o, t, e);
    trace_free(t);
    return rc;
}

static enum error_code list(const struct options *o, struct error *e) {
    struct strbuf out = {0};
    if (o->n_positional) return error_set(e, ERR_INPUT, o->positional[0], "--list takes no model");
    struct error ignored;
    enum error_code rc = preset_list(&out, e);
    if (rc == OK) return trace_put(&out, options_get(o, "output"), e);
    if (out.size && !options_get(o, "output")) trace_put(&out, NULL, &ignored); /* what can be read is there */
    strbuf_free(&out);
    return rc;
}

static enum error_code run(const struct options *o, struct error *e) {
    struct model *m = NULL;
    if (options_get(o, "list")) return list(o, e);
    if (o->n_positional != 1)
        return error_set(e, ERR_INPUT, "trace synth", "expected one model: a file, or the name of a preset");
    TRY(preset_load(o->positional[0], &m, e));
    enum error_code rc = make(o, m, e);
    model_free(m);
    return rc;
}

int trace_synth(int argc, char **argv) {
    static const struct option *const tables[] = {own, NULL};
    return trace_action(argc, argv, tables,
                        "usage: spotsim trace synth MODEL [options]\n\n"
                        "Makes a trace from a model: a file (see `spotsim trace fit`), or a preset that\n"
                        "comes with the program (--list; docs/synthetic-traces.md).\n\n",
                        run);
}
