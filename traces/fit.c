/* SPDX-License-Identifier: Apache-2.0
 * From a trace to a model, step by step. */
#include "traces/fit.h"

#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define ROUNDS 8u /* of correction */
#define BATCHES 10

static const enum family_kind run_families[] = {FAMILY_EXPONENTIAL, FAMILY_WEIBULL, FAMILY_LOGNORMAL, FAMILY_H2,
                                                FAMILIES};

void fit_side_free(struct fit_side *side) {
    for (size_t i = 0; i < FAMILIES; i++) family_free(&side->candidate[i].family);
}

void fit_free(struct fit *f) {
    for (uint32_t i = 0; f->model && f->pools && i < f->model->n_pools; i++) {
        fit_side_free(&f->pools[i].up);
        fit_side_free(&f->pools[i].down);
    }
    for (uint32_t i = 0; i < f->n_skipped; i++) free(f->skipped[i]);
    free(f->skipped);
    free(f->pair);
    free(f->pair_95);
    free(f->pools);
    model_free(f->model);
    memset(f, 0, sizeof *f);
}

/* ---- one pool ---------------------------------------------------------------------------- */

static enum error_code name_pool(const struct trace_pool *from, struct model_pool *to, struct error *e) {
    char **slots[] = {&to->name, &to->cloud, &to->region, &to->zone, &to->instance_type};
    const char *texts[] = {from->name, from->cloud, from->region, from->zone, from->instance_type};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) TRY(model_text(slots[i], texts[i], e));
    return OK;
}

static enum error_code choose_family(const struct run_data *d, const char *name, struct fit_side *side,
                                     struct error *e) {
    TRY(side_fit(d, run_families, side, e));
    if (!name) return OK;
    for (size_t i = 0; i < FAMILIES; i++) {
        if (strcmp(families[i].name, name) != 0) continue;
        if (!side->candidate[i].fitted) TRY(family_fit((enum family_kind)i, d, &side->candidate[i], e));
        side->chosen = (int)i;
    }
    return OK;
}

static enum error_code fit_runs(const struct trace_pool *p, double step_h, const struct fit_options *o,
                                struct model_pool *out, struct fit_pool *report, struct error *e) {
    struct run_data up = {0}, down = {0};
    enum error_code rc = runs_collect(p, true, step_h, &up, e);
    if (rc == OK) rc = runs_collect(p, false, step_h, &down, e);
    if (rc == OK) rc = choose_family(&up, o->family, &report->up, e);
    if (rc == OK) rc = choose_family(&down, o->family, &report->down, e);
    const struct fit_candidate *u = &report->up.candidate[report->up.chosen % FAMILIES];
    const struct fit_candidate *d = &report->down.candidate[report->down.chosen % FAMILIES];
    if (rc == OK && (!u->fitted || !d->fitted))
        rc = error_set(e, ERR_INPUT, p->name, "family %s cannot be fitted to %u up-runs and %u down-runs%s",
                       o->family ? o->family : "", up.runs, down.runs,
                       o->family && strcmp(o->family, families[FAMILY_H2].name) == 0
                           ? "; it needs 30 of each (--skip-few leaves such pools out)"
                           : "");
    if (rc == OK && o->stationary) {
        rc = family_fit_stationary(&up, &down, report->availability, &report->up.candidate[report->up.chosen],
                                   &report->down.candidate[report->down.chosen], e);
        if (rc != OK) error_in(e, p->name);
        report->stationary = true;
    }
    if (rc == OK) rc = family_copy(&u->family, &out->runs.up, e);
    if (rc == OK) rc = family_copy(&d->family, &out->runs.down, e);
    run_data_free(&up);
    run_data_free(&down);
    TRY(rc);
    runs_group_loss(p, step_h, &out->runs, report);
    out->has_runs = true;
    return OK;
}

static int by_capacity(const void *a, const void *b) {
    uint32_t x = ((const struct model_level *)a)->capacity, y = ((const struct model_level *)b)->capacity;
    return (x > y) - (x < y);
}

/* Shares of time at each capacity, over the pools' common time. */
enum error_code levels_fit(const struct trace_pool *p, int64_t span_ms, struct model_pool *out, struct error *e) {
    const struct trace_capacity *c = &p->capacity;
    struct model_level *l = calloc(c->n, sizeof *l);
    uint32_t seen = 0, n = 0;
    if (!l) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (; seen < c->n && c->at_ms[seen] < span_ms; seen++) {
        int64_t end = seen + 1 < c->n && c->at_ms[seen + 1] < span_ms ? c->at_ms[seen + 1] : span_ms;
        l[seen] = (struct model_level){c->value[seen], (double)(end - c->at_ms[seen]) / (double)span_ms};
    }
    qsort(l, seen, sizeof *l, by_capacity);
    for (uint32_t i = 0; i < seen; i++) {
        if (n && l[n - 1].capacity == l[i].capacity)
            l[n - 1].share += l[i].share;
        else
            l[n++] = l[i];
    }
    out->levels = l;
    out->n_levels = n;
    return OK;
}

/* ---- all together -------------------------------------------------------------------------- */

/* Standard error of a pool's availability by batch means: tenths of the time. */
static double availability_error(const struct trace_capacity *c, int64_t span_ms) {
    double up[BATCHES] = {0}, mean = 0, squares = 0;
    for (uint32_t i = 0; i < c->n && c->at_ms[i] < span_ms; i++) {
        double from = (double)c->at_ms[i], to = (double)(i + 1 < c->n ? c->at_ms[i + 1] : span_ms);
        for (int b = 0; b < BATCHES && c->value[i]; b++) {
            double begin = (double)span_ms * b / BATCHES, end = (double)span_ms * (b + 1) / BATCHES;
            double inside = fmin(to, end) - fmax(from, begin);
            if (inside > 0) up[b] += inside / (end - begin);
        }
    }
    for (int b = 0; b < BATCHES; b++) mean += up[b] / BATCHES;
    for (int b = 0; b < BATCHES; b++) squares += (up[b] - mean) * (up[b] - mean);
    return squares < 1e-20 ? 0 : sqrt(squares / (BATCHES - 1) / BATCHES);
}

static enum error_code fit_pool(const struct trace *t, uint32_t i, const struct grid *g, const struct fit_options *o,
                                struct fit *f, struct error *e) {
    const struct trace_pool *p = &t->pools[i];
    struct model_pool *out = &f->model->pools[i];
    struct fit_pool *report = &f->pools[i];
    struct evidence v = pool_evidence(g, i);
    TRY(name_pool(p, out, e));
    TRY(levels_fit(p, t->span_ms, out, e));
    if (o->process == MODEL_STATE && out->n_levels > MODEL_LEVELS_MAX)
        return error_set(e, ERR_INPUT, p->name, "has %u different capacities; the limit is %u", out->n_levels,
                         MODEL_LEVELS_MAX);
    report->availability = out->levels[0].capacity == 0 ? 1 - out->levels[0].share : 1;
    report->availability_se = availability_error(&p->capacity, t->span_ms);
    report->runs_seen = v.state > evidence_lesser(&v) ? v.state : evidence_lesser(&v);
    report->up.n = v.ups;
    report->down.n = v.downs;
    if (evidence_lesser(&v) >= FIT_RUNS_MIN) TRY(fit_runs(p, g->probe_h, o, out, report, e));
    price_fit(p, t->span_ms, out, report);
    out->has_state = o->process == MODEL_STATE;
    report->swing_p = NAN;
    if (o->process != MODEL_RUNS && !o->no_swing && !report->thin) swing_fit(g, i, &out->state, &report->swing_p);
    return OK;
}

static enum error_code fit_with_grid(const struct trace *t, const struct grid *g, const struct fit_options *o,
                                     const bool *thin, struct fit *f, struct error *e) {
    struct state_fit state = {.g = g, .m = f->model, .thin = thin, .rounds = ROUNDS};
    f->model->resolution_ms = (int64_t)(g->probe_h * (double)MS_PER_HOUR + 0.5);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        f->pools[i].thin = thin[i];
        TRY(fit_pool(t, i, g, o, f, e));
    }
    correlation_fit(g, f);
    intervals_unknown(f);
    if (o->process == MODEL_BLOCKS) return blocks_fit(t, f, e);
    if (o->process != MODEL_STATE) return OK;
    state.traces = simulate_count(f->model);
    enum error_code rc = state_fit(&state, e);
    if (rc == OK) rc = state_intervals(&state, o->bootstrap, f, e);
    state_fit_free(&state);
    return rc;
}

static enum error_code fit_view(const struct trace *t, const struct fit_options *o, const bool *thin, struct fit *f,
                                struct error *e) {
    struct grid g = {0};
    struct model *m = f->model = model_new();
    f->pools = calloc(t->n_pools, sizeof *f->pools);
    if (m) m->pools = calloc(t->n_pools, sizeof *m->pools);
    if (!m || !m->pools || !f->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    m->n_pools = t->n_pools;
    m->process = o->process;
    m->shares = o->shares;
    m->span_ms = t->span_ms;
    m->epoch_ms = t->epoch_ms;
    enum error_code rc = grid_make(t, NULL, &g, e);
    if (rc == OK) rc = fit_with_grid(t, &g, o, thin, f, e);
    grid_free(&g);
    return rc == OK ? model_check(m, "fit", e) : rc;
}

static enum error_code check_family(const char *name, struct error *e) {
    const char *names[FAMILIES + 1];
    uint32_t n = 0;
    for (size_t i = 0; i < FAMILIES; i++)
        if (i != FAMILY_WEIBULL_NORMAL) names[n++] = families[i].name;
    names[n] = NULL;
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0) return OK;
    const char *near = text_nearest(name, names);
    return error_set(e, ERR_INPUT, NULL,
                     "no family '%.40s'%s%s%s; expected exponential, weibull, lognormal, h2 or empirical", name,
                     near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

enum error_code fit_trace(const struct trace *t, const struct fit_options *o, struct fit *out, struct error *e) {
    struct trace view = {.pools = NULL};
    memset(out, 0, sizeof *out);
    out->runs_needed = pools_runs_needed(o);
    gsl_set_error_handler_off(); /* which would abort: what fails is looked at here */
    if (o->family) TRY(check_family(o->family, e));
    TRY(pools_check_bounded(t, e));
    bool *thin = calloc(t->n_pools, sizeof *thin);
    enum error_code rc = thin ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = pools_choose(t, o, out, &view, thin, e);
    if (rc == OK) rc = fit_view(&view, o, thin, out, e);
    free(view.pools);
    free(thin);
    return rc;
}
