/* SPDX-License-Identifier: Apache-2.0 */
#include "study/study.h"
#include "study/chance.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/random.h"
#include "base/text.h"

static enum error_code resolve_variant(struct study *study, struct scenario_env *env, uint32_t v, struct error *e) {
    struct scenario_doc *doc = NULL;
    TRY(vary_apply(&study->grid, v, study->doc, scenario_env_registry(env), &doc, e));
    enum error_code rc = scenario_resolve(doc, env, &study->variants[v], &study->notes, e);
    doc_free(doc);
    return rc;
}

/* All variants must agree on how often and on which windows they run. */
static enum error_code take_replications(struct study *study, struct error *e) {
    const struct scenario *first = study->variants[0];
    study->max_replications = study->n_replications = (uint32_t)scenario_replications(first);
    study->precision = scenario_precision(first);
    TRY(metric_find(scenario_precision_of(first), "study.precision_of", &study->precision_of, e));
    study->window_ms = scenario_window_ms(first);
    int64_t shortest = INT64_MAX;
    study->independent_windows = INT64_MAX;
    for (uint32_t v = 0; v < study->n_variants; v++) {
        const struct scenario *s = study->variants[v];
        if (scenario_replications(s) != scenario_replications(first) || scenario_window_ms(s) != study->window_ms)
            return error_set(e, ERR_INPUT, "study", "replications and window cannot vary between variants");
        int64_t length = study->window_ms ? study->window_ms : scenario_config(s)->horizon_ms;
        if (scenario_config(s)->horizon_ms < shortest) shortest = scenario_config(s)->horizon_ms;
        int64_t windows = scenario_config(s)->horizon_ms / length;
        if (windows < study->independent_windows) study->independent_windows = windows;
    }
    if (study->window_ms > shortest)
        return error_set(e, ERR_INPUT, "study.window", "longer than the shortest horizon of the variants");
    return OK;
}

static void note_windows(struct study *study) {
    if (study->n_replications < 2 || study->n_replications <= study->independent_windows) return;
    if (study->window_ms)
        notes_add(
            &study->notes,
            "%u windows out of a trace that holds %lld side by side: they overlap, so the intervals cover the draw "
            "of windows from this trace, not other times or places%s",
            study->n_replications, (long long)study->independent_windows,
            study->independent_windows < STUDY_WINDOWS_FEW ? "; too few to say anything about those" : "");
    else
        notes_add(&study->notes,
                  "every replication replays the same trace: the intervals cover the random delays, not other times or "
                  "places (--window samples the trace)");
}

enum error_code study_prepare(const struct scenario_doc *doc, struct scenario_env *env, struct study *study,
                              struct error *e) {
    memset(study, 0, sizeof *study);
    study->doc = doc;
    TRY(vary_read(doc, &study->grid, e));
    study->n_variants = study->grid.n_variants;
    study->variants = calloc(study->n_variants, sizeof(struct scenario *));
    if (!study->variants) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t v = 0; v < study->n_variants; v++) {
        TRY(resolve_variant(study, env, v, e));
        study->stressed |= scenario_stress(study->variants[v]) != NULL;
    }
    TRY(take_replications(study, e));
    note_windows(study);
    return OK;
}

/* ---- what came out ----------------------------------------------------------- */

const struct run_record *study_record(const struct study *study, uint32_t variant, uint32_t replication) {
    return &study->records[(size_t)variant * study->max_replications + replication];
}

const struct study_cell *study_cell(const struct study *study, uint32_t variant, enum metric_id metric) {
    return &study->cells[(size_t)variant * METRICS + metric];
}

uint32_t study_stress_axis(const struct study *study) {
    for (uint32_t a = 0; a < study->grid.n_axes; a++)
        if (strcmp(study->grid.axes[a].path, "stress") == 0) return a;
    return UINT32_MAX;
}

uint32_t study_reference(const struct study *study, uint32_t variant) {
    uint32_t axis = study_stress_axis(study), v = 0;
    if (axis == UINT32_MAX) return 0;
    while (vary_index(&study->grid, v, axis) != vary_index(&study->grid, variant, axis)) v++;
    return v;
}

int study_metrics(const struct study *study) { return study->stressed ? METRICS : METRIC_STRESS_FIRST; }

static void column(const struct study *study, uint32_t variant, enum metric_id metric, double *out) {
    for (uint32_t r = 0; r < study->n_replications; r++) out[r] = study_record(study, variant, r)->value[metric];
}

/* Replications of this variant may differ, whether or not these did. */
static bool is_random(const struct study *study, uint32_t variant) {
    return study->window_ms || chance_in(scenario_config(study->variants[variant]));
}

static enum error_code summarise_metric(struct study *study, enum metric_id m, double *first, double *own,
                                        struct error *e) {
    uint32_t in_first = UINT32_MAX; /* the variant that is in `first` */
    uint64_t seed = scenario_config(study->variants[0])->seed;
    /* the same resamples for every variant: keyed by metric, not by variant */
    uint64_t key = random_key_text(random_key_text(random_mix(seed), "bootstrap"), metrics[m].name);
    for (uint32_t v = 0; v < study->n_variants; v++) {
        uint32_t reference = study_reference(study, v);
        struct study_cell *cell = &study->cells[(size_t)v * METRICS + m];
        column(study, v, m, own);
        /* one run repeated is no sample: its value is not one of many near a bound */
        bool random = is_random(study, v), bounded = metrics[m].share && random;
        double low = bounded ? 0 : -INFINITY, high = bounded ? 1 : INFINITY;
        TRY(stats_estimate(own, study->n_replications, low, high, key, &cell->value, e));
        /* values that happen to agree show no spread to judge by */
        if (random && cell->value.method == STATS_CONSTANT) cell->value.lo = cell->value.hi = NAN;
        cell->versus_first = (struct estimate){0, NAN, NAN, NAN, NAN, STATS_NONE};
        if (v == reference) continue;
        if (reference != in_first) column(study, reference, m, first);
        in_first = reference;
        TRY(stats_paired(own, first, study->n_replications, key, &cell->versus_first, e));
    }
    return OK;
}

static enum error_code summarise(struct study *study, struct error *e) {
    double *first = calloc(study->n_replications, sizeof *first);
    double *own = calloc(study->n_replications, sizeof *own);
    free(study->cells);
    study->cells = calloc((size_t)study->n_variants * METRICS, sizeof *study->cells);
    enum error_code rc = first && own && study->cells ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    for (int m = 0; m < METRICS && rc == OK; m++) rc = summarise_metric(study, (enum metric_id)m, first, own, e);
    free(first);
    free(own);
    return rc;
}

static void note_results(struct study *study) {
    uint32_t clamped = 0, unpriced = 0, settled = 0, unanimous = 0;
    for (uint32_t v = 0; v < study->n_variants; v++) {
        bool any_clamped = false, any_unpriced = false;
        for (uint32_t r = 0; r < study->n_replications; r++) {
            const struct run_record *record = study_record(study, v, r);
            any_clamped |= record->base_clamped;
            any_unpriced |= record->unknown_price_pools > 0;
        }
        clamped += any_clamped;
        unpriced += any_unpriced;
        settled += study->n_replications > 1 && !is_random(study, v);
        unanimous += estimate_is_unanimous(&study_cell(study, v, METRIC_FULL)->value) ||
                     estimate_is_unanimous(&study_cell(study, v, METRIC_ANY)->value);
    }
    if (clamped)
        notes_warn(&study->notes, "base > target + overprovision in %u of %u variants: clamped there", clamped,
                   study->n_variants);
    if (unpriced)
        notes_add(&study->notes,
                  "no price known for pools used in %u of %u variants: no cost for them "
                  "(--price-spot, --price-on-demand)",
                  unpriced, study->n_variants);
    if (unanimous)
        notes_add(&study->notes,
                  "no interval is shown where all %u runs agree on 100 %% or on 0: with 95 %% confidence fewer than "
                  "%.2g %% of such runs differ (summary.csv has the bound that assumes the worst of those)",
                  study->n_replications, 100 * (1 - pow(0.05, 1.0 / study->n_replications)));
    if (settled)
        notes_add(&study->notes, "in %u of %u variants all replications are alike: nothing in them is random", settled,
                  study->n_variants);
}

/* Is every variant's interval narrow enough? */
static bool is_precise(const struct study *study) {
    for (uint32_t v = 0; v < study->n_variants; v++) {
        const struct estimate *x = &study_cell(study, v, study->precision_of)->value;
        bool nothing_to_say =
            metrics[study->precision_of].type == METRIC_STRESS && !scenario_stress(study->variants[v]);
        if (nothing_to_say) continue;
        bool known = x->method != STATS_NONE && !isnan(x->lo); /* runs that agree do not make it so */
        if (!known || fmax(x->hi - x->mean, x->mean - x->lo) > study->precision) return false;
    }
    return true;
}

/* Whole rounds, each as large as all before it: whether to stop depends on
 * complete rounds alone, never on which run came back first. */
static enum error_code run_rounds(struct study *study, struct run_plan *plan, struct error *e) {
    uint32_t all = study->max_replications, next = study->precision > 0 ? STUDY_FIRST_ROUND : all;
    for (;;) {
        plan->first = plan->last;
        plan->last = next < all ? next : all;
        TRY(runner_run(plan, study->records, e));
        study->n_replications = plan->last;
        TRY(summarise(study, e));
        if (plan->last == all || is_precise(study)) break;
        next = plan->last * 2;
    }
    if (study->precision > 0 && !is_precise(study))
        notes_add(&study->notes, "the precision of %g for %s was not reached in %u replications", study->precision,
                  metrics[study->precision_of].name, study->n_replications);
    return OK;
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum error_code study_run(struct study *study, const struct study_options *options, struct error *e) {
    size_t units = (size_t)study->n_variants * study->max_replications;
    if (units > RUNNER_UNITS_MAX)
        return error_set(e, ERR_INPUT, "study", "%zu runs; at most %u are accepted", units, RUNNER_UNITS_MAX);
    study->records = calloc(units, sizeof *study->records);
    if (options->timeline) study->timelines = calloc(study->n_variants, sizeof *study->timelines);
    if (!study->records || (options->timeline && !study->timelines))
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    study->threads = options->threads ? options->threads : runner_cores();
    struct run_plan plan = {.n_variants = study->n_variants,
                            .stride = study->max_replications,
                            .variants = study->variants,
                            .window_ms = study->window_ms,
                            .threads = study->threads,
                            .timelines = study->timelines,
                            .progress = options->progress,
                            .progress_arg = options->progress_arg};
    double start = now_s();
    TRY(run_rounds(study, &plan, e));
    study->wall_s = now_s() - start;
    note_results(study);
    return OK;
}

void study_free(struct study *study) {
    size_t units = study->records ? (size_t)study->n_variants * study->max_replications : 0;
    for (size_t i = 0; i < units; i++) run_record_free(&study->records[i]);
    for (uint32_t v = 0; v < study->n_variants && study->timelines; v++) timeline_free(&study->timelines[v]);
    for (uint32_t v = 0; v < study->n_variants && study->variants; v++) scenario_free(study->variants[v]);
    free(study->records);
    free(study->timelines);
    free(study->variants);
    free(study->cells);
    vary_free(&study->grid);
    notes_free(&study->notes);
    memset(study, 0, sizeof *study);
}
