/* SPDX-License-Identifier: Apache-2.0
 * How a pool's variance spreads over the time scales, from how often its state
 * differs at two moments (which, unlike a correlation, needs no mean) and from
 * how much windows differ in availability. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define FASTEST 0.35 /* shortest scale, in probing intervals: nearly white */
#define SECOND 1.5   /* next one */
#define RATIO 4.0    /* between further ones */
#define SLOWEST_H 150.0
#define SPAN_SHARE 0.25 /* no scale longer than this share of the trace */
#define ANGLES 41u
#define CORRELATION_MOST 0.9999999
#define CURVE 70u /* lags for the integral of a window's variance */
#define SUBSETS_MAX (1u << MODEL_SCALES_MAX)
#define WEIGHT_FIRST 15.0 /* of the first lag: it is the rate of changes */
#define WEIGHT_SECOND 5.0
#define PULL 0.3 /* towards the other pools' mean weights */
#define RIDGE 0.01
#define ROUNDS 80
#define FLOOR 1e-4
#define START 0.02 /* no weight starts at 0, from where it could not move */

void scales_choose(double probe_h, double span_h, struct model *m) {
    double most = span_h * SPAN_SHARE < SLOWEST_H ? span_h * SPAN_SHARE : SLOWEST_H;
    m->n_scales = 0;
    m->scale_h[m->n_scales++] = FASTEST * probe_h;
    double scale = SECOND * probe_h;
    while (most / scale > pow(RATIO, MODEL_SCALES_MAX - 2)) scale *= RATIO; /* a very fine probe */
    for (; scale < most && m->n_scales < MODEL_SCALES_MAX; scale *= RATIO) m->scale_h[m->n_scales++] = scale;
    if (m->n_scales == 1) m->scale_h[m->n_scales++] = scale;
}

uint32_t pool_cuts(const struct grid *g, uint32_t pool, const struct model_state *state, struct cut out[CUTS_MAX]) {
    const struct grid_pool *p = &g->pool[pool];
    double swing[SWING_HOURS];
    model_swing_week(state, swing);
    for (uint32_t c = 0; c < p->n_cuts; c++) {
        double bound = model_bound(swing, p->share[c]);
        out[c].share = p->share[c];
        for (int h = 0; h < SWING_HOURS; h++) {
            out[c].bound[h] = bound - swing[h];
            out[c].below[h] = gsl_cdf_ugaussian_P(out[c].bound[h]);
        }
    }
    return p->n_cuts;
}

/* ---- what a model expects ------------------------------------------------------------- */

/* P(differ) by hours between the moments and by the angle whose cosine is the
 * correlation; rows are made when needed. */
struct differ_table {
    bool swings; /* else all hours are alike */
    struct normal2 angle[ANGLES];
    bool made[SWING_HOURS];
    double row[SWING_HOURS][ANGLES];
};

static void table_start(struct differ_table *t, bool swings) {
    t->swings = swings;
    for (uint32_t a = 0; a < ANGLES; a++) {
        double r = cos(M_PI / 2 * a / (ANGLES - 1));
        normal2_prepare(r < CORRELATION_MOST ? r : CORRELATION_MOST, &t->angle[a]);
    }
}

static const double *table_row(struct differ_table *t, const struct cut *cut, double lag_h) {
    uint32_t shift = t->swings ? (uint32_t)(lag_h + 0.5) % SWING_HOURS : 0, hours = t->swings ? CUT_HOURS : 1;
    if (t->made[shift]) return t->row[shift];
    t->made[shift] = true;
    for (uint32_t a = 0; a < ANGLES; a++) {
        double sum = 0;
        for (uint32_t i = 0; i < hours; i++) {
            uint32_t h = i * CUT_EVERY, k = (h + shift) % SWING_HOURS;
            sum += cut->below[h] + cut->below[k] -
                   2 * normal2_at(&t->angle[a], cut->bound[h], cut->bound[k], cut->below[h], cut->below[k]);
        }
        t->row[shift][a] = sum / hours;
    }
    return t->row[shift];
}

struct lag_set {
    uint32_t n;
    double lag_h[CURVE > LAGS_MAX ? CURVE : LAGS_MAX];
    double *still; /* [n * subsets]: chance that exactly these scales kept their value */
};

struct problem {
    const struct model *m;
    uint32_t n_cuts, subsets;
    struct cut cut[CUTS_MAX];
    struct differ_table *table[CUTS_MAX];
    struct lag_set observed, curve;
    const struct targets *seen;
    double span_h;
    double towards[MODEL_SCALES_MAX];
};

static enum error_code lags_settle(struct lag_set *l, const struct model *m, struct error *e) {
    uint32_t subsets = 1u << m->n_scales;
    l->still = malloc((size_t)l->n * subsets * sizeof *l->still);
    if (!l->still) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < l->n; i++)
        for (uint32_t s = 0; s < subsets; s++) {
            double p = 1;
            for (uint32_t k = 0; k < m->n_scales; k++) {
                double kept = exp(-l->lag_h[i] / m->scale_h[k]);
                p *= s >> k & 1 ? kept : 1 - kept;
            }
            l->still[i * subsets + s] = p;
        }
    return OK;
}

/* P(differ) at lag i of the set: over which scales kept their value. */
static double expected_differ(struct problem *p, const struct lag_set *l, uint32_t i, uint32_t cut,
                              const uint32_t *cell, const double *part) {
    const double *row = table_row(p->table[cut], &p->cut[cut], l->lag_h[i]);
    const double *still = l->still + (size_t)i * p->subsets;
    double sum = 0;
    for (uint32_t s = 0; s < p->subsets; s++)
        sum += still[s] * (row[cell[s]] * (1 - part[s]) + row[cell[s] + 1] * part[s]);
    return sum;
}

/* Variance of the share of up-time in a window: the integral of the
 * covariance, given on the curve's lags. */
static double window_variance(const struct lag_set *l, const double *covariance, double at_0, double window) {
    double sum = 0, x = 0, y = at_0;
    for (uint32_t i = 0; i <= l->n; i++) {
        bool last = i == l->n || l->lag_h[i] >= window;
        double next = last ? window : l->lag_h[i];
        double value = i == l->n ? covariance[l->n - 1] : covariance[i];
        if (last && i < l->n && l->lag_h[i] > x) value = y + (covariance[i] - y) * (window - x) / (l->lag_h[i] - x);
        sum += (next - x) * (y * (1 - x / window) + value * (1 - next / window)) / 2;
        x = next;
        y = value;
        if (last) break;
    }
    return 2 * sum / window;
}

static void weights_of(const gsl_vector *x, uint32_t n, double *w) {
    double sum = 0, top = gsl_vector_max(x);
    for (uint32_t k = 0; k < n; k++) sum += w[k] = exp(gsl_vector_get(x, k) - top);
    for (uint32_t k = 0; k < n; k++) w[k] /= sum;
}

static void cut_residuals(struct problem *p, uint32_t cut, const uint32_t *cell, const double *part, gsl_vector *out,
                          size_t *row) {
    double covariance[CURVE], share = p->cut[cut].share, at_0 = share * (1 - share);
    for (uint32_t i = 0; i < p->observed.n; i++) {
        double expected = expected_differ(p, &p->observed, i, cut, cell, part);
        double weight = i == 0 ? WEIGHT_FIRST : i == 1 ? WEIGHT_SECOND : 1 / sqrt(1 + p->observed.lag_h[i] / 24);
        gsl_vector_set(out, (*row)++, weight * log((expected + FLOOR) / (p->seen->differ[cut][i] + FLOOR)));
    }
    if (p->seen->n_windows == 0) return;
    for (uint32_t i = 0; i < p->curve.n; i++)
        covariance[i] = at_0 - expected_differ(p, &p->curve, i, cut, cell, part) / 2;
    for (uint32_t w = 0; w < p->seen->n_windows; w++) {
        double n = p->seen->windows[w];
        double v = n / (n - 1) *
                   (window_variance(&p->curve, covariance, at_0, targets_window_h[w]) -
                    window_variance(&p->curve, covariance, at_0, targets_window_h[w] * n));
        double expected = sqrt(v > 1e-5 ? v : 1e-5),
               seen = p->seen->deviation[cut][w] > 1e-3 ? p->seen->deviation[cut][w] : 1e-3;
        gsl_vector_set(out, (*row)++, sqrt(n / 10) * log(expected / seen));
    }
}

static int residuals(const gsl_vector *x, void *arg, gsl_vector *out) {
    struct problem *p = arg;
    double w[MODEL_SCALES_MAX], part[SUBSETS_MAX], mean = 0;
    uint32_t cell[SUBSETS_MAX], n = p->m->n_scales;
    size_t row = 0;
    weights_of(x, n, w);
    for (uint32_t s = 0; s < p->subsets; s++) {
        double r = 0;
        for (uint32_t k = 0; k < n; k++)
            if (s >> k & 1) r += w[k];
        double angle = acos(r > 1 ? 1 : r) / (M_PI / 2) * (ANGLES - 1);
        cell[s] = angle < ANGLES - 2 ? (uint32_t)angle : ANGLES - 2;
        part[s] = angle - cell[s];
    }
    for (uint32_t c = 0; c < p->n_cuts; c++) cut_residuals(p, c, cell, part, out, &row);
    for (uint32_t k = 0; k < n; k++) mean += gsl_vector_get(x, k) / n;
    for (uint32_t k = 0; k < n; k++) {
        gsl_vector_set(out, row++, PULL * n * (w[k] - p->towards[k]));
        gsl_vector_set(out, row++, RIDGE * (gsl_vector_get(x, k) - mean));
    }
    return GSL_SUCCESS;
}

/* ---- the fit ------------------------------------------------------------------------------ */

static enum error_code problem_start(struct problem *p, const struct grid *g, uint32_t pool,
                                     const struct model_state *state, const struct targets *like, struct error *e) {
    const struct model *m = p->m;
    p->subsets = 1u << m->n_scales;
    p->span_h = g->n * g->step_h;
    p->observed.n = like->n_lags;
    memcpy(p->observed.lag_h, like->lag_h, sizeof like->lag_h);
    for (uint32_t i = 0; i < CURVE; i++)
        p->curve.lag_h[p->curve.n++] = g->probe_h / 2 * pow(2 * p->span_h / g->probe_h, (double)i / (CURVE - 1));
    TRY(lags_settle(&p->observed, m, e));
    TRY(lags_settle(&p->curve, m, e));
    p->n_cuts = pool_cuts(g, pool, state, p->cut);
    for (uint32_t c = 0; c < p->n_cuts; c++) {
        p->table[c] = calloc(1, sizeof *p->table[c]);
        if (!p->table[c]) return error_set(e, ERR_FAILED, NULL, "out of memory");
        table_start(p->table[c], state->n_waves > 0);
    }
    return OK;
}

void scales_close(struct problem *p) {
    if (!p) return;
    free(p->observed.still);
    free(p->curve.still);
    for (uint32_t c = 0; c < CUTS_MAX; c++) free(p->table[c]);
    free(p);
}

enum error_code scales_open(const struct grid *g, uint32_t pool, const struct model *m, const struct model_state *state,
                            const struct targets *like, struct problem **out, struct error *e) {
    struct problem *p = *out = calloc(1, sizeof *p);
    if (!p) return error_set(e, ERR_FAILED, NULL, "out of memory");
    p->m = m;
    return problem_start(p, g, pool, state, like, e);
}

/* Least squares from one start; *left: what remains. */
static bool solve_from(struct problem *p, const double *start, double *weight, double *left) {
    uint32_t n = p->m->n_scales;
    size_t rows = (size_t)p->n_cuts * (p->observed.n + p->seen->n_windows) + 2 * (size_t)n;
    gsl_multifit_nlinear_parameters settings = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_fdf f = {.f = residuals, .n = rows, .p = n, .params = p};
    gsl_multifit_nlinear_workspace *work =
        rows >= n ? gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &settings, rows, n) : NULL;
    gsl_vector *x = gsl_vector_alloc(n);
    int why = 0;
    bool ok = work && x;
    for (uint32_t k = 0; ok && k < n; k++) gsl_vector_set(x, k, log(start[k] + START));
    ok = ok && gsl_multifit_nlinear_init(x, &f, work) == GSL_SUCCESS;
    if (ok) {
        gsl_multifit_nlinear_driver(ROUNDS, 1e-6, 1e-8, 0, NULL, NULL, &why, work); /* stopping early is fine */
        const gsl_vector *r = gsl_multifit_nlinear_residual(work);
        *left = 0;
        for (size_t i = 0; i < rows; i++) *left += gsl_vector_get(r, i) * gsl_vector_get(r, i);
        weights_of(gsl_multifit_nlinear_position(work), n, weight);
        ok = isfinite(*left);
    }
    gsl_vector_free(x);
    if (work) gsl_multifit_nlinear_free(work);
    return ok;
}

/* From the weights as they are (if they are any) and from where weak evidence
 * falls back to; the better one counts. */
static bool solve(struct problem *p, double *weight) {
    double sum = 0, first[MODEL_SCALES_MAX], left, least = INFINITY;
    uint32_t n = p->m->n_scales;
    for (uint32_t k = 0; k < n; k++) sum += weight[k];
    const double *starts[] = {p->towards, weight};
    double best[MODEL_SCALES_MAX];
    for (int i = 0; i < (sum > 0 ? 2 : 1); i++) {
        if (!solve_from(p, starts[i], first, &left) || !(left < least)) continue;
        least = left;
        memcpy(best, first, sizeof best);
    }
    if (isfinite(least)) memcpy(weight, best, n * sizeof *weight);
    return isfinite(least);
}

enum error_code scales_solve(struct problem *p, const struct targets *targets, const double *towards,
                             struct model_state *state, struct error *e) {
    p->seen = targets;
    for (uint32_t k = 0; k < p->m->n_scales; k++) p->towards[k] = towards ? towards[k] : 1.0 / p->m->n_scales;
    return solve(p, state->weight) ? OK : error_set(e, ERR_FAILED, NULL, "the weights cannot be fitted");
}
