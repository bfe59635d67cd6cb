/* SPDX-License-Identifier: Apache-2.0
 * spotsim sweep [STUDY] [options] --vary path=values --out DIR */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cmd.h"
#include "cli/progress.h"
#include "cli/scenario_args.h"
#include "cli/sweep_stress.h"
#include "study/writers.h"

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
    {"stress", OPTION_FLAG, NULL, "run every variant through outages, droughts, price spikes, ...; print the recovery", NULL,
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

static enum error_code add_vary(const struct options *o, struct scenario_doc *doc, struct error *e) {
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->values[i].option->name, "vary") != 0) continue;
        char *path = NULL, label[160];
        const char *values = NULL;
        TRY(vary_split(o->values[i].text, "--vary", &path, &values, e));
        snprintf(label, sizeof label, "--vary %.140s", path);
        enum error_code rc = doc_set_vary(doc, path, values, label, e);
        free(path);
        TRY(rc);
    }
    return OK;
}

static enum error_code run_study(const struct options *o, struct study *study, struct error *e) {
    int64_t threads = 0;
    struct progress progress;
    TRY(options_int(o, "threads", 1, RUNNER_THREADS_MAX, 0, &threads, e));
    progress_start(&progress);
    struct study_options options = {.threads = (uint32_t)threads,
                                    .timeline = scenario_timeline(study->variants[0]),
                                    .progress = progress_update,
                                    .progress_arg = &progress};
    enum error_code rc = study_run(study, &options, e);
    progress_end(&progress);
    return rc;
}

static enum error_code write_folder(const struct study *study, struct folder *folder, struct error *e) {
    char *plot_note = NULL;
    TRY(folder_begin(folder, e));
    enum error_code rc = study_write(study, folder, &plot_note, e);
    if (rc == OK) rc = folder_commit(folder, e);
    if (plot_note) cli_say("note", plot_note);
    free(plot_note);
    return rc;
}

static enum error_code print_summary(const struct options *o, const struct study *study, const char *folder,
                                     struct error *e) {
    struct strbuf out = {0};
    if (options_get(o, "json"))
        study_summary_json(study, &out);
    else {
        study_summary_text(study, &out);
        if (folder)
            strbuf_printf(&out, "written to %s: report.html, summary.csv, runs.csv, study.db, curves/\n", folder);
    }
    enum error_code rc = out.failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
    if (rc == OK) fputs(out.data, stdout);
    strbuf_free(&out);
    return rc;
}

/* The study itself, into a folder when one is asked for. */
static enum error_code run_and_write(const struct options *o, struct study *study, struct error *e) {
    struct folder folder = {0};
    const char *out = options_get(o, "out");
    enum error_code rc = out ? folder_choose(&folder, out, e) : OK;
    if (rc == OK) rc = run_study(o, study, e);
    if (rc == OK) print_notes(&study->notes);
    if (rc == OK && out) rc = write_folder(study, &folder, e);
    if (rc == OK) rc = print_summary(o, study, folder.path, e);
    folder_discard(&folder);
    return rc;
}

static enum error_code sweep(const struct options *o, struct scenario_env *env, struct error *e) {
    struct scenario_doc *doc = NULL;
    struct study study = {0};
    TRY(scenario_args_doc(o, env, &doc, e));
    enum error_code rc = add_vary(o, doc, e);
    if (rc == OK) rc = study_prepare(doc, env, &study, e);
    if (rc == OK) rc = options_get(o, "stress") ? sweep_stress(o, &study, e) : run_and_write(o, &study, e);
    study_free(&study);
    doc_free(doc);
    return rc;
}

int cmd_sweep(int argc, char **argv) {
    const struct option *const tables[] = {scenario_options, own_options, NULL};
    struct options options = {0};
    struct error error = {0};
    struct scenario_env *env = scenario_env_new();
    enum error_code rc = env ? OK : error_set(&error, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = sweep(&options, env, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    scenario_env_free(env);
    return status;
}
