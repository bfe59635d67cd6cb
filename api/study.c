/* SPDX-License-Identifier: Apache-2.0
 * Grids of scenarios, replicated. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/study.h"
#include "study/runner.h"
#include "study/writers.h"

_Static_assert(SPOTSIM_THREADS_MAX == RUNNER_THREADS_MAX, "one limit");

#define NOT_RUN "the study has not run; call spotsim_study_run first"

static enum error_code prepare(struct spotsim_study *study, struct error *e) {
    doc_sort_list(study->doc, "trace", "paths"); /* which file comes first must show nowhere */
    pthread_mutex_lock(&study->env->lock);
    enum error_code rc = study_prepare(study->doc, study->env->inner, &study->inner, e);
    pthread_mutex_unlock(&study->env->lock);
    return rc;
}

enum spotsim_code spotsim_study_new(const struct spotsim_scenario *s, struct spotsim_study **out,
                                    struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (out) *out = NULL;
    if (!s || !out) return MISUSE(e, "scenario or out is NULL");
    struct spotsim_study *study = calloc(1, sizeof *study);
    if (!study) return api_out_of_memory(e);
    env_keep(s->env);
    study->env = s->env;
    enum error_code rc = doc_copy(s->doc, &study->doc, &inner);
    if (rc == OK) rc = prepare(study, &inner);
    if (rc == OK)
        *out = study;
    else
        spotsim_study_free(study);
    return api_result(rc, &inner, e);
}

void spotsim_study_free(struct spotsim_study *study) {
    if (!study) return;
    study_free(&study->inner);
    folder_discard(&study->folder);
    doc_free(study->doc);
    env_release(study->env);
    free(study);
}

/* ---- running and writing -------------------------------------------------------- */

enum spotsim_code spotsim_study_set_folder(struct spotsim_study *study, const char *path, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!study || !path) return MISUSE(e, "study or path is NULL");
    if (study->folder.path) return MISUSE(e, "the study has a folder already");
    return api_result(folder_choose(&study->folder, path, &inner), &inner, e);
}

enum spotsim_code spotsim_study_run(struct spotsim_study *study, uint32_t threads, spotsim_progress_fn progress,
                                    void *arg, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!study) return MISUSE(e, "study is NULL");
    if (threads > SPOTSIM_THREADS_MAX) return MISUSE(e, "more than SPOTSIM_THREADS_MAX threads");
    if (study->state != STUDY_NEW) return MISUSE(e, "a study is run once");
    study->state = STUDY_FAILED;
    struct study_options options = {.threads = threads,
                                    .timeline = scenario_timeline(study->inner.variants[0]),
                                    .progress = progress,
                                    .progress_arg = arg};
    enum error_code rc = study_run(&study->inner, &options, &inner);
    if (rc == OK) study->state = STUDY_DONE;
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_study_write(struct spotsim_study *study, char **note, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    char *said = NULL;
    if (note) *note = NULL;
    if (!study) return MISUSE(e, "study is NULL");
    if (study->state != STUDY_DONE) return MISUSE(e, NOT_RUN);
    if (!study->folder.path) return MISUSE(e, "the study has no folder; call spotsim_study_set_folder first");
    if (study->written) return MISUSE(e, "a study is written once");
    study->written = true;
    enum error_code rc = folder_begin(&study->folder, &inner);
    if (rc == OK) rc = study_write(&study->inner, &study->folder, &said, &inner);
    if (rc == OK) rc = folder_commit(&study->folder, &inner);
    if (note)
        *note = said;
    else
        free(said);
    return api_result(rc, &inner, e);
}

const char *spotsim_study_folder(const struct spotsim_study *study) { return study ? study->folder.path : NULL; }

uint32_t spotsim_study_note_count(const struct spotsim_study *study) { return study ? study->inner.notes.n : 0; }

const char *spotsim_study_note(const struct spotsim_study *study, uint32_t i, bool *warning) {
    if (i >= spotsim_study_note_count(study)) return NULL;
    if (warning) *warning = study->inner.notes.warning[i];
    return study->inner.notes.lines[i];
}

/* ---- the grid -------------------------------------------------------------------- */

uint32_t spotsim_study_variant_count(const struct spotsim_study *study) { return study ? study->inner.n_variants : 0; }
uint32_t spotsim_study_axis_count(const struct spotsim_study *study) { return study ? study->inner.grid.n_axes : 0; }

const char *spotsim_study_axis_path(const struct spotsim_study *study, uint32_t axis) {
    return axis < spotsim_study_axis_count(study) ? study->inner.grid.axes[axis].path : NULL;
}

const char *spotsim_study_axis_value(const struct spotsim_study *study, uint32_t variant, uint32_t axis) {
    if (axis >= spotsim_study_axis_count(study) || variant >= study->inner.n_variants) return NULL;
    return study->inner.grid.axes[axis].values[vary_index(&study->inner.grid, variant, axis)];
}

uint32_t spotsim_study_replication_count(const struct spotsim_study *study) {
    return study && study->state == STUDY_DONE ? study->inner.n_replications : 0;
}

/* ---- what came out ---------------------------------------------------------------- */

/* Checks the arguments that the getters share and finds the metric. */
static enum spotsim_code find(const struct spotsim_study *study, uint32_t variant, const char *metric, const void *out,
                              const char *function, enum metric_id *id, struct spotsim_error *e) {
    if (!study || !metric || !out) return api_misuse(e, function, "study, metric or the place for the answer is NULL");
    if (study->state != STUDY_DONE) return api_misuse(e, function, NOT_RUN);
    if (variant >= study->inner.n_variants) return api_misuse(e, function, "no such variant");
    const char *names[METRICS + 1] = {NULL};
    for (int m = 0; m < METRICS; m++) {
        names[m] = metrics[m].name;
        if (strcmp(metric, names[m]) != 0) continue;
        *id = (enum metric_id)m;
        return SPOTSIM_OK;
    }
    return api_unknown_metric(metric, names, e);
}

enum spotsim_code spotsim_study_value(const struct spotsim_study *study, uint32_t variant, uint32_t replication,
                                      const char *metric, double *value, struct spotsim_error *e) {
    enum metric_id id;
    if (value) *value = NAN;
    enum spotsim_code rc = find(study, variant, metric, value, __func__, &id, e);
    if (rc != SPOTSIM_OK) return rc;
    if (replication >= study->inner.n_replications) return MISUSE(e, "no such replication");
    *value = study_record(&study->inner, variant, replication)->value[id];
    return SPOTSIM_OK;
}

static void put_estimate(const struct estimate *x, struct spotsim_estimate *out) {
    *out = (struct spotsim_estimate){.n = x->n, .mean = x->mean, .sd = x->sd, .low = x->lo, .high = x->hi};
}

enum spotsim_code spotsim_study_estimate(const struct spotsim_study *study, uint32_t variant, const char *metric,
                                         struct spotsim_estimate *out, struct spotsim_error *e) {
    enum metric_id id;
    enum spotsim_code rc = find(study, variant, metric, out, __func__, &id, e);
    if (rc == SPOTSIM_OK) put_estimate(&study_cell(&study->inner, variant, id)->value, out);
    return rc;
}

enum spotsim_code spotsim_study_difference(const struct spotsim_study *study, uint32_t variant, const char *metric,
                                           struct spotsim_estimate *out, struct spotsim_error *e) {
    enum metric_id id;
    enum spotsim_code rc = find(study, variant, metric, out, __func__, &id, e);
    if (rc != SPOTSIM_OK) return rc;
    if (variant == 0) return MISUSE(e, "variant 0 is what the others are compared with");
    put_estimate(&study_cell(&study->inner, variant, id)->versus_first, out);
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_study_text(const struct spotsim_study *study, enum spotsim_format format, char **text,
                                     struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!study || !text) return MISUSE(e, "study or text is NULL");
    if (study->state != STUDY_DONE) return MISUSE(e, NOT_RUN);
    if (format == SPOTSIM_TEXT)
        study_summary_text(&study->inner, &out);
    else if (format == SPOTSIM_JSON)
        study_summary_json(&study->inner, &out);
    else if (format == SPOTSIM_CSV)
        study_summary_csv(&study->inner, &out);
    else
        return MISUSE(e, "expected TEXT, JSON or CSV");
    return api_text(&out, text, e);
}
