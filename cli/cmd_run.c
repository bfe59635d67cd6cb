/* SPDX-License-Identifier: Apache-2.0
 * spotsim run [SCENARIO] [options] */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd.h"
#include "cli/scenario_args.h"
#include "sim/sim.h"
#include "study/result.h"

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

static enum error_code simulate(const struct options *o, const struct scenario *s, struct sim_result *result,
                                struct error *e) {
    struct journal journal;
    TRY(journal_open(&journal, options_get(o, "journal"), e));
    struct sim *sim = sim_new();
    enum error_code rc = sim ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    struct sim_outputs outputs = {.journal = journal.file};
    if (options_get(o, "explain")) outputs.explain = options_get(o, "json") ? stderr : stdout;
    if (rc == OK) rc = sim_run(sim, scenario_config(s), &outputs, result, e);
    sim_free(sim);
    return journal_close(&journal, rc, e);
}

/* Settings of a study do nothing here; in a file they may well stand. */
static void note_study_settings(const struct options *o, struct notes *notes) {
    for (uint32_t i = 0; i < o->n; i++) {
        if (strcmp(o->values[i].option->name, "set") != 0) continue;
        struct strbuf path = {0};
        char typed[160];
        snprintf(typed, sizeof typed, "%.*s", (int)strcspn(o->values[i].text, "="), o->values[i].text);
        doc_full_path(typed, &path);
        if (path.data && strncmp(path.data, "study.", 6) == 0)
            notes_add(notes, "--set %s is for sweep: a single run does not use it", typed);
        strbuf_free(&path);
    }
}

static enum error_code run(const struct options *o, struct scenario_env *env, struct notes *notes, struct error *e) {
    struct scenario_doc *doc = NULL;
    struct scenario *s = NULL;
    struct sim_result result = {0};
    struct strbuf out = {0};
    TRY(scenario_args_doc(o, env, &doc, e));
    enum error_code rc = scenario_resolve(doc, env, &s, notes, e);
    note_study_settings(o, notes);
    if (rc == OK) rc = simulate(o, s, &result, e);
    if (rc == OK) {
        result_notes(s, &result, notes);
        if (options_get(o, "json"))
            result_to_json(s, &result, notes, &out);
        else
            result_to_text(s, &result, &out);
        if (out.failed) rc = error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    if (rc == OK) {
        print_notes(notes);
        fputs(out.data, stdout);
    }
    strbuf_free(&out);
    sim_result_free(&result);
    scenario_free(s);
    doc_free(doc);
    return rc;
}

int cmd_run(int argc, char **argv) {
    const struct option *const tables[] = {scenario_options, own_options, NULL};
    struct options options = {0};
    struct error error = {0};
    struct notes notes = {0};
    struct scenario_env *env = scenario_env_new();
    enum error_code rc = env ? OK : error_set(&error, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = options_parse(tables, argc, argv, &options, &error);
    if (rc == OK && options.help)
        help();
    else if (rc == OK)
        rc = run(&options, env, &notes, &error);
    int status = rc == OK ? 0 : cli_error(&error);
    notes_free(&notes);
    options_free(&options);
    scenario_env_free(env);
    return status;
}
