/* SPDX-License-Identifier: Apache-2.0
 * spotsim sweep [STUDY] [options] --vary path=values --out DIR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/progress.h"
#include "cli/scenario_args.h"

static const struct option own_options[] = {
    {"vary", OPTION_REPEAT, "PATH=VALUES", "a,b,c or 0..4 or 60s..300s:60s; given twice: a grid", NULL, false},
    {"replications", OPTION_VALUE, "N", "runs per variant, each on its own random streams (1)", "study.replications",
     false},
    {"window", OPTION_VALUE, "DURATION", "each replication replays a window of the trace of this length",
     "study.window", false},
    {"precision", OPTION_VALUE, "X",
     "stop in rounds of 8, 16, 32, ... once intervals are that narrow (0.001: 0.1 points)", "study.precision", false},
    {"precision-of", OPTION_VALUE, "COLUMN", "what the precision is about (availability_full)", "study.precision_of",
     false},
    {"question", OPTION_VALUE, "TEXT", "printed at the top of the report", "study.question", false},
    {"out", OPTION_VALUE, "DIR", "write the study there (tables, database, curves, report)", NULL, false},
    {"threads", OPTION_VALUE, "N", "threads (all cores)", NULL, false},
    {"timeline", OPTION_FLAG, NULL, "also write timeline.csv and its plot", "study.timeline", false},
    {"table", OPTION_FLAG, NULL, "print the summary as a table (default)", NULL, false},
    {"json", OPTION_FLAG, NULL, "print the summary as JSON instead", NULL, false},
    {"stress", OPTION_FLAG, NULL,
     "run every variant through outages, droughts, price spikes, ... as well: the same as --vary stress=all", NULL,
     false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static void help(void) {
    fputs("usage: spotsim sweep [STUDY.json] [options] --vary PATH=VALUES --out DIR\n\n"
          "Runs every combination of the varied values, each as often as --replications\n"
          "says, on all cores.  The same replication has the same luck in every variant, so\n"
          "differences between variants are sharper than their own intervals.\n\n",
          stdout);
    options_help(own_options, stdout);
    fputs("\nand the scenario, as in `spotsim run`:\n", stdout);
    options_help(scenario_options, stdout);
    fputs("\nexample:\n  spotsim sweep --trace traces/data/demo --target 4 --policy 'skyserve()+ttl-bench()' \\\n"
          "      --vary policy.mix.base=0..4 --replications 20 --window 7d --out results/base\n",
          stdout);
}

/* "PATH=VALUES" */
static enum error_code vary(struct spotsim_scenario *s, const char *text, struct error *e) {
    struct spotsim_error why;
    char origin[160];
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return error_set(e, ERR_INPUT, "--vary", "expected path=values such as policy.mix.base=0..4, got \"%.100s\"",
                         text);
    char *path = strndup(text, (size_t)(equals - text));
    if (!path) return error_set(e, ERR_FAILED, "--vary", "out of memory");
    snprintf(origin, sizeof origin, "--vary %.140s", path);
    enum error_code rc = from_api(spotsim_scenario_set_origin(s, origin, &why), &why, e);
    if (rc == OK) rc = from_api(spotsim_scenario_vary(s, path, equals + 1, &why), &why, e);
    free(path);
    return rc;
}

static enum error_code add_vary(const struct options *o, struct spotsim_scenario *s, struct error *e) {
    bool stress = options_get(o, "stress") != NULL;
    if (stress) TRY(vary(s, "stress=all", e));
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->values[i].option->name, "vary") != 0) continue;
        if (stress && strncmp(o->values[i].text, "stress=", 7) == 0)
            cli_say("note", "--vary stress=... stands over --stress, which would run all of them");
        TRY(vary(s, o->values[i].text, e));
    }
    return OK;
}

static enum error_code run_study(const struct options *o, struct spotsim_study *study, struct error *e) {
    int64_t threads = 0;
    struct progress progress;
    struct spotsim_error why;
    TRY(options_int(o, "threads", 1, SPOTSIM_THREADS_MAX, 0, &threads, e));
    progress_start(&progress);
    enum spotsim_code rc = spotsim_study_run(study, (uint32_t)threads, progress_update, &progress, &why);
    progress_end(&progress);
    return from_api(rc, &why, e);
}

static void print_notes(const struct spotsim_study *study) {
    uint32_t n = spotsim_study_note_count(study);
    for (uint32_t i = 0; i < n; i++) {
        bool warning = false;
        const char *note = spotsim_study_note(study, i, &warning);
        print_note(note, warning);
    }
}

static enum error_code write_folder(struct spotsim_study *study, struct error *e) {
    struct spotsim_error why;
    char *plot_note = NULL;
    enum error_code rc = from_api(spotsim_study_write(study, &plot_note, &why), &why, e);
    if (plot_note) cli_say("note", plot_note);
    spotsim_free(plot_note);
    return rc;
}

static enum error_code print_summary(const struct options *o, const struct spotsim_study *study, struct error *e) {
    struct spotsim_error why;
    bool json = options_get(o, "json") != NULL;
    char *text = NULL;
    TRY(from_api(spotsim_study_text(study, json ? SPOTSIM_JSON : SPOTSIM_TEXT, &text, &why), &why, e));
    fputs(text, stdout);
    if (!json && spotsim_study_folder(study))
        printf("written to %s: report.html, summary.csv, runs.csv, study.db, curves/\n", spotsim_study_folder(study));
    spotsim_free(text);
    return OK;
}

/* The study itself, into a folder when one is asked for. */
static enum error_code run_and_write(const struct options *o, struct spotsim_study *study, struct error *e) {
    struct spotsim_error why;
    const char *out = options_get(o, "out");
    if (out) TRY(from_api(spotsim_study_set_folder(study, out, &why), &why, e));
    TRY(run_study(o, study, e));
    print_notes(study);
    if (out) TRY(write_folder(study, e));
    return print_summary(o, study, e);
}

static enum error_code sweep(const struct options *o, struct spotsim_env *env, struct error *e) {
    struct spotsim_error why;
    struct spotsim_scenario *s = NULL;
    struct spotsim_study *study = NULL;
    TRY(scenario_args(o, env, &s, e));
    enum error_code rc = add_vary(o, s, e);
    if (rc == OK) rc = from_api(spotsim_study_new(s, &study, &why), &why, e);
    if (rc == OK) rc = run_and_write(o, study, e);
    spotsim_study_free(study);
    spotsim_scenario_free(s);
    return rc;
}

int cmd_sweep(int argc, char **argv) {
    const struct option *const tables[] = {scenario_options, own_options, NULL};
    struct options options = {0};
    struct error error = {0};
    struct spotsim_error why;
    struct spotsim_env *env = NULL;
    enum error_code rc = from_api(spotsim_env_new(&env, &why), &why, &error);
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = sweep(&options, env, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    spotsim_env_free(env);
    return status;
}
