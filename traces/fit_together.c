/* SPDX-License-Identifier: Apache-2.0
 * How well a trace tells how its pools go together: traces of all pools are made
 * with weights that are plausible, and what correlations they show is held
 * against what they were made with. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define SEED 20260203u
#define CORRELATION_MOST 0.995 /* of those looked for */

struct together {
    const struct state_fit *s;
    struct model model; /* what traces are made from but for their weights; pools, loads and factors are its own */
    const double *weights;
    const struct tables *tables;
    uint32_t n, n_pairs;
    double *off;  /* [trace * n_pairs + pair]: correlation of the hidden variables, seen less true, by Fisher's z */
    double *mean; /* [trace * 2 + whether within a region]: mean state correlation, the same way */
};

double hidden_correlation(const struct model *m, uint32_t i, uint32_t j) {
    const struct model_state *a = &m->pools[i].state, *b = &m->pools[j].state;
    double loads = 0, scales = 0;
    for (uint32_t x = 0; x < a->n_loads; x++)
        for (uint32_t y = 0; y < b->n_loads; y++)
            if (a->loads[x].factor == b->loads[y].factor) loads += a->loads[x].value * b->loads[y].value;
    for (uint32_t k = 0; k < m->n_scales; k++) scales += m->common[k] * sqrt(a->weight[k] * b->weight[k]);
    return loads * scales;
}

/* Fisher's: its variance hardly depends on the correlation. */
static double z_of(double correlation) { return atanh(fmin(fmax(correlation, -CORRELATION_MOST), CORRELATION_MOST)); }

/* The model with a factor at least: a fit leaves out what chance could make too,
 * but what pools share, short traces show too little of, and by how much depends
 * on there being something. */
static enum error_code open_model(struct together *t, struct error *e) {
    const struct model *m = t->s->m;
    uint32_t n_factors = m->n_factors ? m->n_factors : 1;
    t->model = *m;
    t->model.shares = SHARES_EXPECTED;
    t->model.n_factors = 0;
    t->model.factors = NULL;
    t->model.pools = calloc(m->n_pools, sizeof *t->model.pools);
    if (!t->model.pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memcpy(t->model.pools, m->pools, m->n_pools * sizeof *m->pools);
    for (uint32_t i = 0; i < m->n_pools; i++) {
        t->model.pools[i].state.loads = NULL;
        t->model.pools[i].state.n_loads = 0;
    }
    return common_fit(t->s->g, t->s->pairs, m->n_factors ? t->s->pair_aim : t->s->pair_seen, t->s->thin, &t->model,
                      &n_factors, e);
}

enum error_code together_open(const struct state_fit *s, const double *weights, uint32_t n, const struct tables *tables,
                              struct together **out, struct error *e) {
    struct together *t = *out = calloc(1, sizeof *t);
    if (!t) return error_set(e, ERR_FAILED, NULL, "out of memory");
    *t = (struct together){.s = s, .weights = weights, .tables = tables, .n = n};
    t->n_pairs = s->m->n_pools * (s->m->n_pools - 1) / 2;
    t->off = malloc((size_t)n * t->n_pairs * sizeof *t->off);
    t->mean = malloc((size_t)n * 2 * sizeof *t->mean);
    return t->off && t->mean ? open_model(t, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
}

void together_close(struct together *t) {
    if (!t) return;
    for (uint32_t i = 0; t->model.pools && i < t->model.n_pools; i++) free(t->model.pools[i].state.loads);
    for (uint32_t i = 0; i < t->model.n_factors; i++) free(t->model.factors[i]);
    free(t->model.factors);
    free(t->model.pools);
    free(t->off);
    free(t->mean);
    free(t);
}

/* ---- one trace ------------------------------------------------------------------------ */

/* A pool as its state correlations see it: down while U is below a bound, by hour. */
struct downs {
    double bound[CUT_HOURS], below[CUT_HOURS], share;
};

static bool downs_of(const struct model_pool *p, struct downs *out) {
    double swing[SWING_HOURS];
    if (p->n_levels < 2 || p->levels[0].capacity > 0) return false;
    model_swing_week(&p->state, swing);
    double bound = model_bound(swing, p->levels[0].share);
    out->share = 0;
    for (uint32_t h = 0; h < CUT_HOURS; h++) {
        out->bound[h] = bound - swing[h * CUT_EVERY];
        out->below[h] = gsl_cdf_ugaussian_P(out->bound[h]);
        out->share += out->below[h] / CUT_HOURS;
    }
    return true;
}

/* Of "is up" of two pools, over all time. */
static double state_correlation(const struct downs *a, const struct downs *b, uint32_t hours, double hidden) {
    struct normal2 table;
    double both = 0, v = a->share * (1 - a->share) * b->share * (1 - b->share);
    normal2_prepare(hidden, &table);
    for (uint32_t h = 0; h < hours; h++)
        both += normal2_at(&table, a->bound[h], b->bound[h], a->below[h], b->below[h]) / hours;
    return v > 0 ? (both - a->share * b->share) / sqrt(v) : NAN;
}

/* Mean state correlations of the model: out[1] within regions, out[0] across. */
static bool mean_correlations(const struct together *t, const struct model *m, double out[2]) {
    double sum[2] = {0, 0}, n[2] = {0, 0};
    struct downs *d = calloc(m->n_pools, sizeof *d);
    bool *has = calloc(m->n_pools, sizeof *has), ok = d && has;
    for (uint32_t i = 0; ok && i < m->n_pools; i++) has[i] = downs_of(&m->pools[i], &d[i]);
    for (uint32_t i = 0; ok && i < m->n_pools; i++)
        for (uint32_t j = i + 1; j < m->n_pools; j++) {
            if (!has[i] || !has[j]) continue;
            uint32_t hours = m->pools[i].state.n_waves || m->pools[j].state.n_waves ? CUT_HOURS : 1;
            double c = state_correlation(&d[i], &d[j], hours, hidden_correlation(m, i, j));
            bool same = grid_same_region(t->s->g, i, j);
            if (isnan(c)) continue;
            sum[same] += c;
            n[same]++;
        }
    for (int k = 0; k < 2; k++) out[k] = n[k] > 0 ? sum[k] / n[k] : NAN;
    free(d);
    free(has);
    return ok;
}

struct seen {
    struct together *t;
    const struct model *made;
    uint32_t trace;
};

static enum error_code see(void *arg, uint32_t ignored, const struct grid *g, struct error *e) {
    const struct seen *s = arg;
    const struct model *m = s->made;
    double *off = s->t->off + (size_t)s->trace * s->t->n_pairs, *mean = s->t->mean + (size_t)s->trace * 2;
    double true_mean[2], both[CUTS_MAX] = {0};
    uint32_t counts[2];
    (void)ignored;
    for (uint32_t i = 0; i < m->n_pools; i++)
        for (uint32_t j = i + 1; j < m->n_pools; j++) {
            pairs_both(s->t->s->pairs, g, i, j, 0, both);
            *off++ = z_of(pairs_match(s->t->s->pairs, i, j, 0, both)) - z_of(hidden_correlation(m, i, j));
        }
    if (!mean_correlations(s->t, m, true_mean)) return error_set(e, ERR_FAILED, NULL, "out of memory");
    grid_correlations(g, UINT32_MAX, &mean[1], &mean[0], &counts[1], &counts[0]);
    for (int k = 0; k < 2; k++) mean[k] = z_of(mean[k]) - z_of(true_mean[k]);
    return OK;
}

enum error_code together_make(struct together *t, uint32_t trace, struct error *e) {
    struct model m = t->model;
    struct seen arg = {t, &m, trace};
    m.pools = malloc(m.n_pools * sizeof *m.pools);
    if (!m.pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memcpy(m.pools, t->model.pools, m.n_pools * sizeof *m.pools);
    for (uint32_t i = 0; i < m.n_pools; i++)
        memcpy(m.pools[i].state.weight, t->weights + ((size_t)trace * m.n_pools + i) * MODEL_SCALES_MAX,
               sizeof m.pools[i].state.weight);
    enum error_code rc = simulate(&m, t->s->g, 1, SEED + trace, t->tables, see, &arg, e);
    free(m.pools);
    return rc;
}

/* ---- all of them -------------------------------------------------------------------------- */

/* Of a correlation found, less what n traces are off by, `step` apart. */
static struct fit_interval less(double found, const double *off, uint32_t n, size_t step, struct weighted *room) {
    uint32_t known = 0;
    for (uint32_t i = 0; i < n; i++)
        if (isfinite(off[i * step])) room[known++] = (struct weighted){z_of(found) - off[i * step], 1};
    if (known < n / 2 || !isfinite(found)) return (struct fit_interval){NAN, NAN};
    struct fit_interval z = weighted_interval(room, known);
    return (struct fit_interval){tanh(z.low), tanh(z.high)};
}

void together_read(const struct together *t, struct weighted *room, struct fit *f) {
    uint32_t n = t->s->m->n_pools;
    const double *off = t->off;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++, off++) {
            size_t pair = pair_index(n, i, j);
            if (!t->s->problem[i] || !t->s->problem[j]) continue;
            f->pair_95[pair] = less(t->s->pair_seen[pair * PAIR_LAGS_MAX], off, t->n, t->n_pairs, room);
        }
    f->across_regions_95 = less(f->across_regions, t->mean, t->n, 2, room);
    f->same_region_95 = less(f->same_region, t->mean + 1, t->n, 2, room);
}
