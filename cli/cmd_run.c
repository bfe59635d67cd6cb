/* SPDX-License-Identifier: Apache-2.0
 * spotsim run [SCENARIO] [options] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/api_error.h"
#include "cli/cmd.h"
#include "cli/scenario_args.h"

static const struct option own_options[] = {
    {"replication", OPTION_VALUE, "N", "which of the seed's random streams to use (0)", "replication", false},
    {"json", OPTION_FLAG, NULL, "print the result as JSON, and nothing else on standard output", NULL, false},
    {"journal", OPTION_VALUE, "FILE", "write what the policy was told and a digest of what it answered", NULL, false},
    {"explain", OPTION_FLAG, NULL, "print every action with its reason (with --json: on standard error)", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static void help(void) {
    fputs("usage: spotsim run [SCENARIO.json] --trace PATH... --target N --policy TEXT [options]\n\n"
          "Replays one scenario and prints availability, outages and cost.  Options stand\n"
          "over the scenario file, the scenario over the profile, the profile over what is\n"
          "known of the cloud.  Durations: 120s, 3m, 24h, 7d.\n\n",
          stdout);
    options_help(scenario_options, stdout);
    options_help(own_options, stdout);
    fputs("\nexample:\n  spotsim run --trace traces/data/demo --target 4 "
          "--policy 'skyserve(base=1)+ttl-bench(ttl=600s)' --price-on-demand 3.06\n",
          stdout);
}

/* The journal is written beside its place and renamed when it is whole; a
 * device or pipe is written in place. */
struct journal {
    FILE *file;
    const char *path;
    char *temp; /* NULL: in place */
};

static enum error_code journal_open(struct journal *j, const char *path, struct error *e) {
    *j = (struct journal){.path = path};
    if (!path) return OK;
    if (!*path) return error_set(e, ERR_INPUT, "--journal", "expected a file's name");
    if (strncmp(path, "/dev/", 5) != 0 && asprintf(&j->temp, "%s.partial", path) < 0) {
        j->temp = NULL;
        return error_set(e, ERR_FAILED, path, "out of memory");
    }
    j->file = fopen(j->temp ? j->temp : path, "w");
    if (j->file) return OK;
    int why = errno;
    free(j->temp);
    j->temp = NULL;
    return error_set(e, why == ENOSPC ? ERR_FAILED : ERR_INPUT, path, "cannot write the journal: %s", strerror(why));
}

static enum error_code journal_close(struct journal *j, enum error_code rc, struct error *e) {
    if (!j->file) return rc;
    bool failed = ferror(j->file) != 0;
    if (rc != OK && failed) rc = error_set(e, ERR_FAILED, j->path, "%s", e->message); /* the writer knows no name */
    if (fclose(j->file) != 0) failed = true;
    if (rc == OK && failed) rc = error_set(e, ERR_FAILED, j->path, "cannot write the journal: %s", strerror(errno));
    if (rc == OK && j->temp && rename(j->temp, j->path) != 0)
        rc = error_set(e, ERR_FAILED, j->path, "cannot write the journal: %s", strerror(errno));
    if (rc != OK && j->temp) remove(j->temp);
    free(j->temp);
    return rc;
}

static enum error_code simulate(const struct options *o, const struct spotsim_scenario *s,
                                struct spotsim_result *result, struct error *e) {
    struct journal journal;
    struct spotsim_sim *sim = NULL;
    struct spotsim_error why;
    TRY(journal_open(&journal, options_get(o, "journal"), e));
    enum error_code rc = from_api(spotsim_sim_new(&sim, &why), &why, e);
    if (rc == OK) {
        spotsim_sim_set_journal(sim, journal.file);
        if (options_get(o, "explain")) spotsim_sim_set_explain(sim, options_get(o, "json") ? stderr : stdout);
        rc = from_api(spotsim_sim_run(sim, s, result, &why), &why, e);
    }
    spotsim_sim_free(sim);
    return journal_close(&journal, rc, e);
}

/* Settings of a study do nothing here; in a file they may well stand. */
static enum error_code note_study_settings(const struct options *o, struct spotsim_scenario *s, struct error *e) {
    struct spotsim_error why;
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->values[i].option->name, "set") != 0) continue;
        char typed[160], note[256], *path = NULL;
        snprintf(typed, sizeof typed, "%.*s", (int)strcspn(o->values[i].text, "="), o->values[i].text);
        TRY(from_api(spotsim_setting_path(typed, &path, &why), &why, e));
        bool of_study = strncmp(path, "study.", 6) == 0;
        spotsim_free(path);
        if (!of_study) continue;
        snprintf(note, sizeof note, "--set %s is for sweep: a single run does not use it", typed);
        TRY(from_api(spotsim_scenario_add_note(s, note, &why), &why, e));
    }
    return OK;
}

static enum error_code print_result(const struct options *o, struct spotsim_result *result, struct error *e) {
    struct spotsim_error why;
    char *text = NULL;
    enum spotsim_format format = options_get(o, "json") ? SPOTSIM_JSON : SPOTSIM_TEXT;
    TRY(from_api(spotsim_result_text(result, format, &text, &why), &why, e));
    uint32_t n = spotsim_result_note_count(result);
    for (uint32_t i = 0; i < n; i++) {
        bool warning = false;
        const char *note = spotsim_result_note(result, i, &warning);
        if (note) print_note(note, warning);
    }
    fputs(text, stdout);
    spotsim_free(text);
    return OK;
}

static enum error_code run(const struct options *o, struct spotsim_env *env, struct error *e) {
    struct spotsim_error why;
    struct spotsim_scenario *s = NULL;
    struct spotsim_result *result = NULL;
    TRY(scenario_args(o, env, &s, e));
    enum error_code rc = from_api(spotsim_scenario_prepare(s, &why), &why, e);
    if (rc == OK) rc = note_study_settings(o, s, e);
    if (rc == OK) rc = from_api(spotsim_result_new(&result, &why), &why, e);
    if (rc == OK) rc = simulate(o, s, result, e);
    if (rc == OK) rc = print_result(o, result, e);
    spotsim_result_free(result);
    spotsim_scenario_free(s);
    return rc;
}

int cmd_run(int argc, char **argv) {
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
        rc = run(&options, env, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    options_free(&options);
    spotsim_env_free(env);
    return status;
}
