/* SPDX-License-Identifier: Apache-2.0
 * From a trace to a model, step by step. */
#include "traces/fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define CORRECTION_ROUNDS 5
#define CORRECTION_MAX 1.5
#define CORRECTION_POWER 0.7 /* a part of the miss: the targets pull at one another */

static const enum family_kind run_families[] = {FAMILY_EXPONENTIAL, FAMILY_WEIBULL, FAMILY_LOGNORMAL,
                                                FAMILY_H2,          FAMILIES};

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
    free(f->pools);
    model_free(f->model);
    memset(f, 0, sizeof *f);
}

/* ---- which pools ----------------------------------------------------------------------- */

static uint32_t complete_runs(const struct trace_pool *p, bool up) {
    const struct trace_capacity *c = &p->capacity;
    uint32_t changes = 0, n = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        if ((c->value[i] > 0) == (c->value[i - 1] > 0)) continue;
        if (changes++ > 0) n += (c->value[i - 1] > 0) == up;
    }
    return n;
}

static enum error_code skip_pool(struct fit *f, const char *name, struct error *e) {
    char **grown = realloc(f->skipped, (f->n_skipped + 1) * sizeof *grown);
    if (!grown) return error_set(e, ERR_FAILED, NULL, "out of memory");
    f->skipped = grown;
    f->skipped[f->n_skipped] = strdup(name);
    return f->skipped[f->n_skipped++] ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Pools with enough to say; a view of the trace that borrows them. */
static enum error_code choose_pools(const struct trace *t, const struct fit_options *o, struct fit *f,
                                    struct trace *view, struct error *e) {
    *view = *t;
    view->n_pools = 0;
    view->pools = calloc(t->n_pools, sizeof *view->pools);
    if (!view->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        uint32_t ups = complete_runs(p, true), downs = complete_runs(p, false);
        bool unlimited = false;
        for (uint32_t k = 0; k < p->capacity.n; k++) unlimited = unlimited || p->capacity.value[k] > TRACE_CAPACITY_MAX;
        if (unlimited || !p->has_capacity)
            return error_set(e, ERR_INPUT, p->name, "has no bounded capacity to fit (--single-means one bounds it)");
        if (ups >= FIT_RUNS_MIN && downs >= FIT_RUNS_MIN)
            view->pools[view->n_pools++] = *p;
        else if (!o->skip_few)
            return error_set(e, ERR_INPUT, p->name,
                             "has %u complete up-runs and %u down-runs; a fit needs %u of each (--skip-few leaves such "
                             "pools out)",
                             ups, downs, FIT_RUNS_MIN);
        else
            TRY(skip_pool(f, p->name, e));
    }
    if (view->n_pools == 0) return error_set(e, ERR_INPUT, NULL, "no pool has enough runs for a fit");
    return OK;
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
        rc = error_set(e, ERR_INPUT, p->name, "family %s cannot be fitted to %u up-runs and %u down-runs",
                       o->family ? o->family : "", up.runs, down.runs);
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
    runs_group_loss(p, &out->runs, report);
    out->has_runs = true;
    return OK;
}

static int by_capacity(const void *a, const void *b) {
    uint32_t x = ((const struct model_level *)a)->capacity, y = ((const struct model_level *)b)->capacity;
    return (x > y) - (x < y);
}

/* Shares of time at each capacity. */
static enum error_code fit_levels(const struct trace_pool *p, struct model_pool *out, struct error *e) {
    const struct trace_capacity *c = &p->capacity;
    struct model_level *l = calloc(c->n, sizeof *l);
    if (!l) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < c->n; i++) {
        int64_t end = i + 1 < c->n ? c->at_ms[i + 1] : p->span_ms;
        l[i] = (struct model_level){c->value[i], (double)(end - c->at_ms[i]) / (double)p->span_ms};
    }
    qsort(l, c->n, sizeof *l, by_capacity);
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        if (n && l[n - 1].capacity == l[i].capacity)
            l[n - 1].share += l[i].share;
        else
            l[n++] = l[i];
    }
    out->levels = l;
    out->n_levels = n;
    return n <= MODEL_LEVELS_MAX
               ? OK
               : error_set(e, ERR_INPUT, p->name, "has %u different capacities; the limit is %u", n, MODEL_LEVELS_MAX);
}

/* ---- all together -------------------------------------------------------------------------- */

static enum error_code fit_pools(const struct trace *t, const struct grid *g, const struct fit_options *o,
                                 struct fit *f, struct error *e) {
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        struct model_pool *out = &f->model->pools[i];
        struct fit_pool *report = &f->pools[i];
        report->swing_p = NAN;
        TRY(name_pool(p, out, e));
        TRY(fit_levels(p, out, e));
        report->availability = out->levels[0].capacity == 0 ? 1 - out->levels[0].share : 1;
        TRY(fit_runs(p, g->probe_h, o, out, report, e));
        price_fit(p, out, report);
        out->has_state = o->process == MODEL_STATE;
        if (out->has_state && !o->no_swing) swing_fit(g, i, &out->state, &report->swing_p);
    }
    return OK;
}

/* All pools' weights.  In the first round twice: weak evidence falls back to
 * the pools' mean, which is not known before. */
static enum error_code fit_weights(const struct grid *g, const struct targets *targets, bool first, struct model *m,
                                   struct error *e) {
    double mean[MODEL_SCALES_MAX] = {0};
    for (uint32_t i = 0; first && i < m->n_pools; i++)
        TRY(scales_fit(g, i, m, &targets[i], NULL, &m->pools[i].state, e));
    for (uint32_t i = 0; i < m->n_pools; i++)
        for (uint32_t k = 0; k < m->n_scales; k++) mean[k] += m->pools[i].state.weight[k] / m->n_pools;
    for (uint32_t i = 0; (m->n_pools > 1 || !first) && i < m->n_pools; i++)
        TRY(scales_fit(g, i, m, &targets[i], m->n_pools > 1 ? mean : NULL, &m->pools[i].state, e));
    return OK;
}

static double corrected(double target, double seen, double made) {
    double factor = made > 0 ? pow(seen / made, CORRECTION_POWER) : 1;
    return target * (factor < 1 / CORRECTION_MAX ? 1 / CORRECTION_MAX : factor > CORRECTION_MAX ? CORRECTION_MAX : factor);
}

/* Moves what is aimed at by what the last model missed it by. */
static void correct(const struct targets *seen, const struct targets *made, struct targets *aim) {
    for (uint32_t c = 0; c < seen->n_cuts; c++) {
        for (uint32_t l = 0; l < seen->n_lags; l++)
            aim->differ[c][l] = corrected(aim->differ[c][l], seen->differ[c][l], made->differ[c][l]);
        for (uint32_t w = 0; w < seen->n_windows; w++)
            aim->deviation[c][w] = corrected(aim->deviation[c][w], seen->deviation[c][w], made->deviation[c][w]);
    }
}

/* How far the made traces are from the real one; the rate of changes counts
 * most. */
static double missed(const struct targets *seen, const struct targets *made, uint32_t n_pools) {
    double sum = 0;
    for (uint32_t i = 0; i < n_pools; i++)
        for (uint32_t c = 0; c < seen[i].n_cuts; c++) {
            for (uint32_t l = 0; l < seen[i].n_lags; l++) {
                double x = log((made[i].differ[c][l] + 1e-3) / (seen[i].differ[c][l] + 1e-3));
                sum += x * x * (l == 0 ? 20 : l == 1 ? 5 : 1 / (1 + seen[i].lag_h[l] / 24));
            }
            for (uint32_t w = 0; w < seen[i].n_windows; w++) {
                double x = log((made[i].deviation[c][w] + 1e-3) / (seen[i].deviation[c][w] + 1e-3));
                sum += x * x * seen[i].windows[w] / 3;
            }
        }
    return sum;
}

/* Weights to come back to. */
struct kept {
    double missed;
    double (*weight)[MODEL_SCALES_MAX];
};

static void keep(struct kept *k, double missed_by, const struct model *m) {
    if (missed_by >= k->missed) return;
    k->missed = missed_by;
    for (uint32_t i = 0; i < m->n_pools; i++) memcpy(k->weight[i], m->pools[i].state.weight, sizeof k->weight[i]);
}

/* The formulas behind the weights treat a scale as one part, but it is split
 * between factors, and a short trace is not a long one.  So traces are made
 * from the model, measured as the real one was, and the aim is moved; the
 * round that came closest counts. */
static enum error_code fit_rounds(const struct grid *g, struct model *m, const struct targets *seen,
                                  struct targets *aim, struct targets *made, struct kept *best, struct error *e) {
    for (int round = 0; round < CORRECTION_ROUNDS; round++) {
        TRY(fit_weights(g, aim, round == 0, m, e));
        TRY(common_fit(g, m, e));
        TRY(targets_simulate(m, seen, made, e));
        keep(best, missed(seen, made, m->n_pools), m);
        for (uint32_t i = 0; i < m->n_pools; i++) correct(&seen[i], &made[i], &aim[i]);
    }
    for (uint32_t i = 0; i < m->n_pools; i++) memcpy(m->pools[i].state.weight, best->weight[i], sizeof best->weight[i]);
    return common_fit(g, m, e);
}

static enum error_code fit_state(const struct grid *g, struct model *m, struct error *e) {
    struct targets *t = calloc(3 * (size_t)m->n_pools, sizeof *t);
    if (!t) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < m->n_pools; i++) {
        targets_see(g, i, NULL, &t[i]);
        t[m->n_pools + i] = t[i];
    }
    scales_choose(g->probe_h, g->n * g->step_h, m);
    struct kept best = {.missed = INFINITY, .weight = calloc(m->n_pools, sizeof *best.weight)};
    enum error_code rc = best.weight ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = fit_rounds(g, m, t, t + m->n_pools, t + 2 * (size_t)m->n_pools, &best, e);
    free(best.weight);
    free(t);
    return rc;
}

static enum error_code fit_view(const struct trace *t, const struct fit_options *o, struct fit *f, struct error *e) {
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
    enum error_code rc = grid_make(t, &g, e);
    if (rc == OK) {
        m->resolution_ms = (int64_t)(g.probe_h * (double)MS_PER_HOUR + 0.5);
        rc = fit_pools(t, &g, o, f, e);
    }
    if (rc == OK && o->process == MODEL_STATE) rc = fit_state(&g, m, e);
    if (rc == OK) correlation_fit(&g, f);
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
    return error_set(e, ERR_INPUT, NULL, "no family '%.40s'%s%s%s; expected exponential, weibull, lognormal, h2 or empirical",
                     name, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

enum error_code fit_trace(const struct trace *t, const struct fit_options *o, struct fit *out, struct error *e) {
    struct trace view;
    memset(out, 0, sizeof *out);
    if (o->family) TRY(check_family(o->family, e));
    enum error_code rc = choose_pools(t, o, out, &view, e);
    if (rc == OK) rc = fit_view(&view, o, out, e);
    free(view.pools);
    return rc;
}
