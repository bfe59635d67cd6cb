/* SPDX-License-Identifier: Apache-2.0
 * How pools go together.  For every pair the correlation of the hidden
 * variables that explains how often the two states differ, now and some time
 * apart; then one matrix of correlations for all scales, times a share per
 * scale; then loads on factors. */
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define LAGS 18u
#define LAG_MAX_H 120.0
#define LAG_MAX_SHARE 0.25
#define CORRELATION_MAX 0.995
#define ROUNDS 12
#define OWN_SCALES 2u /* the fastest ones are never shared: pools seldom change at the same probe */
#define SWEEPS 60          /* of the bounded least squares */
#define PROJECTIONS 200    /* to the nearest correlation matrix */
#define EIGEN_MIN 1e-4
#define PULL 0.01          /* of a scale's share to where it was */

struct common {
    const struct grid *g;
    struct model *m;
    uint32_t n_pools, n_lags;
    double lag_h[LAGS + 1]; /* the first is 0 */
    double importance[LAGS + 1];
    double *seen;  /* [(i * n + j) * (LAGS + 1) + lag], i < j: correlation of the hidden variables */
    double *matrix; /* [i * n + j] */
};

/* The correlation at which the two are both below as often as seen, on average
 * over the hours: Newton's steps inside a bracket. */
static double matching_correlation(const struct cut *a, const struct cut *b, uint32_t hours, uint32_t shift,
                                   double both) {
    double lo = -CORRELATION_MAX, hi = CORRELATION_MAX, r = 0;
    for (int i = 0; i < 40 && hi - lo > 1e-5; i++) {
        double p = 0, slope = 0;
        for (uint32_t h = 0; h < hours; h++) {
            double x = a->bound[h], y = b->bound[(h + shift) % hours];
            p += normal2_P(x, y, r) / hours;
            slope += normal2_density(x, y, r) / hours;
        }
        if (p < both)
            lo = r;
        else
            hi = r;
        double next = slope > 0 ? r + (both - p) / slope : lo;
        r = next > lo && next < hi ? next : (lo + hi) / 2;
    }
    return r;
}

static uint32_t hours_of(const struct model_state *a, const struct model_state *b) {
    const struct model_state *both[] = {a, b};
    uint32_t hours = a->n_waves || b->n_waves ? 24 : 1;
    for (int k = 0; k < 2; k++)
        for (uint32_t i = 0; i < both[k]->n_waves; i++)
            if (both[k]->waves[i].period_h > 24) hours = SWING_HOURS;
    return hours;
}

static void see_pair(struct common *c, uint32_t i, uint32_t j) {
    struct cut a[CUTS_MAX], b[CUTS_MAX];
    const struct model_state *x = &c->m->pools[i].state, *y = &c->m->pools[j].state;
    uint32_t na = pool_cuts(c->g, i, x, a), nb = pool_cuts(c->g, j, y, b), hours = hours_of(x, y);
    uint32_t cuts = na > nb ? na : nb;
    for (uint32_t l = 0; l < c->n_lags; l++) {
        double lag = c->lag_h[l];
        uint32_t shift = (uint32_t)(c->lag_h[l] + 0.5) % hours;
        double sum = 0;
        for (uint32_t k = 0; k < cuts; k++) {
            const struct cut *u = &a[k < na ? k : na - 1], *v = &b[k < nb ? k : nb - 1];
            double differ = (grid_differ(c->g, i, u->value, j, v->value, lag) +
                             grid_differ(c->g, j, v->value, i, u->value, lag)) / 2;
            sum += matching_correlation(u, v, hours, shift, (u->share + v->share - differ) / 2);
        }
        c->seen[((size_t)i * c->n_pools + j) * (LAGS + 1) + l] = sum / cuts;
    }
}

/* What the scale's part of the correlation of a pair is at a lag, for a full
 * share and a correlation of 1. */
static double reach(const struct common *c, uint32_t i, uint32_t j, uint32_t k, uint32_t l) {
    return sqrt(c->m->pools[i].state.weight[k] * c->m->pools[j].state.weight[k]) * exp(-c->lag_h[l] / c->m->scale_h[k]);
}

static double pair_reach(const struct common *c, uint32_t i, uint32_t j, uint32_t l) {
    double sum = 0;
    for (uint32_t k = 0; k < c->m->n_scales; k++) sum += c->m->common[k] * reach(c, i, j, k, l);
    return sum;
}

static double clip(double x, double most) { return x > most ? most : x < -most ? -most : x; }

/* The matrix for given shares: least squares over the lags, pair by pair. */
static void solve_matrix(struct common *c, uint32_t lags) {
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++) {
            double up = 0, down = 0;
            for (uint32_t l = 0; l < lags; l++) {
                double f = pair_reach(c, i, j, l), w = c->importance[l] * c->importance[l];
                up += w * f * c->seen[((size_t)i * c->n_pools + j) * (LAGS + 1) + l];
                down += w * f * f;
            }
            double q = down > 1e-12 ? clip(up / down, 0.98) : 0;
            c->matrix[i * c->n_pools + j] = c->matrix[j * c->n_pools + i] = q;
        }
}

/* Shares for a given matrix: least squares in [0, 1] by coordinates; the
 * largest is scaled to 1, the matrix follows in the next round. */
static void solve_shares(struct common *c) {
    uint32_t n = c->m->n_scales;
    double a[MODEL_SCALES_MAX][MODEL_SCALES_MAX] = {{0}}, b[MODEL_SCALES_MAX] = {0}, top = 0;
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++)
            for (uint32_t l = 0; l < c->n_lags; l++) {
                double w = c->importance[l] * c->importance[l], q = c->matrix[i * c->n_pools + j];
                double y = c->seen[((size_t)i * c->n_pools + j) * (LAGS + 1) + l], x[MODEL_SCALES_MAX];
                for (uint32_t k = 0; k < n; k++) x[k] = q * reach(c, i, j, k, l);
                for (uint32_t k = 0; k < n; k++) {
                    b[k] += w * x[k] * y;
                    for (uint32_t h = 0; h < n; h++) a[k][h] += w * x[k] * x[h];
                }
            }
    for (uint32_t k = 0; k < n; k++) {
        a[k][k] += PULL;
        b[k] += PULL * c->m->common[k];
    }
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (uint32_t k = OWN_SCALES; k < n; k++) {
            double rest = b[k];
            for (uint32_t h = 0; h < n; h++)
                if (h != k) rest -= a[k][h] * c->m->common[h];
            double share = rest / a[k][k];
            c->m->common[k] = share < 0 ? 0 : share > 1 ? 1 : share;
        }
    for (uint32_t k = 0; k < n; k++)
        if (c->m->common[k] > top) top = c->m->common[k];
    for (uint32_t k = 0; top > 0 && k < n; k++) c->m->common[k] /= top;
}

/* ---- the nearest correlation matrix, and loads ------------------------------------------ */

struct eigen {
    gsl_matrix *m, *vectors;
    gsl_vector *values;
    gsl_eigen_symmv_workspace *work;
};

static void eigen_free(struct eigen *g) {
    gsl_matrix_free(g->m);
    gsl_matrix_free(g->vectors);
    gsl_vector_free(g->values);
    if (g->work) gsl_eigen_symmv_free(g->work);
}

static bool eigen_alloc(struct eigen *g, uint32_t n) {
    *g = (struct eigen){gsl_matrix_alloc(n, n), gsl_matrix_alloc(n, n), gsl_vector_alloc(n), gsl_eigen_symmv_alloc(n)};
    return g->m && g->vectors && g->values && g->work;
}

/* Largest first. */
static void eigen_solve(struct eigen *g, const double *matrix, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) gsl_matrix_set(g->m, i, j, matrix[i * n + j]);
    gsl_eigen_symmv(g->m, g->values, g->vectors, g->work);
    gsl_eigen_symmv_sort(g->values, g->vectors, GSL_EIGEN_SORT_VAL_DESC);
}

/* Alternates between no negative eigenvalue and ones on the diagonal. */
static void project(struct eigen *g, double *matrix, uint32_t n) {
    for (int round = 0; round < PROJECTIONS; round++) {
        for (uint32_t i = 0; i < n; i++) matrix[i * n + i] = 1;
        eigen_solve(g, matrix, n);
        if (gsl_vector_get(g->values, n - 1) > -1e-9) return;
        memset(matrix, 0, (size_t)n * n * sizeof *matrix);
        for (uint32_t f = 0; f < n; f++) {
            double value = gsl_vector_get(g->values, f);
            if (value <= 0) continue;
            for (uint32_t i = 0; i < n; i++)
                for (uint32_t j = 0; j < n; j++)
                    matrix[i * n + j] += value * gsl_matrix_get(g->vectors, i, f) * gsl_matrix_get(g->vectors, j, f);
        }
    }
}

/* Loads whose products give the matrix: eigenvectors by the roots of their
 * values.  The sign is free; most loads of a factor are made positive. */
static enum error_code set_loads(struct common *c, struct eigen *g, struct error *e) {
    uint32_t n = c->n_pools;
    for (uint32_t i = 0; i < n; i++) {
        struct model_state *s = &c->m->pools[i].state;
        free(s->loads);
        s->n_loads = 0;
        s->loads = calloc(n, sizeof *s->loads);
        if (!s->loads) return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    for (uint32_t f = 0; f < n && f < MODEL_FACTORS_MAX; f++) {
        double value = gsl_vector_get(g->values, f), sum = 0;
        uint32_t index;
        char name[32];
        if (value < EIGEN_MIN) break;
        snprintf(name, sizeof name, "shared-%u", f + 1);
        TRY(model_factor(c->m, name, &index, e));
        for (uint32_t i = 0; i < n; i++) sum += gsl_matrix_get(g->vectors, i, f);
        for (uint32_t i = 0; i < n; i++) {
            struct model_state *s = &c->m->pools[i].state;
            double load = copysign(1, sum) * sqrt(value) * gsl_matrix_get(g->vectors, i, f);
            s->loads[s->n_loads++] = (struct model_load){index, rint(load * 1e6) / 1e6};
        }
    }
    /* rounding and the last projection may leave a little more than 1 */
    for (uint32_t i = 0; i < n; i++) {
        struct model_state *s = &c->m->pools[i].state;
        double squares = 0;
        for (uint32_t l = 0; l < s->n_loads; l++) squares += s->loads[l].value * s->loads[l].value;
        for (uint32_t l = 0; squares > 1 && l < s->n_loads; l++) s->loads[l].value /= sqrt(squares);
    }
    return OK;
}

static void choose_lags(struct common *c) {
    double most = c->g->n * c->g->step_h * LAG_MAX_SHARE, last = 0;
    if (most > LAG_MAX_H) most = LAG_MAX_H;
    c->importance[0] = 3;
    c->n_lags = 1;
    for (uint32_t i = 0; i < LAGS; i++) {
        double lag = floor(pow(most / c->g->probe_h, (double)i / (LAGS - 1)) + 0.5) * c->g->probe_h;
        if (lag <= last) continue;
        last = lag;
        c->lag_h[c->n_lags] = lag;
        c->importance[c->n_lags++] = 1 / sqrt(1 + lag / 12);
    }
}

static enum error_code solve(struct common *c, struct error *e) {
    struct eigen g = {0};
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++) see_pair(c, i, j);
    for (uint32_t k = 0; k < c->m->n_scales; k++) c->m->common[k] = k >= OWN_SCALES;
    for (int round = 0; round < ROUNDS; round++) {
        solve_matrix(c, c->n_lags);
        solve_shares(c);
    }
    solve_matrix(c, 1); /* what happens at the same moment counts most */
    if (!eigen_alloc(&g, c->n_pools)) {
        eigen_free(&g);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    project(&g, c->matrix, c->n_pools);
    for (uint32_t i = 0; i < c->n_pools; i++) c->matrix[i * c->n_pools + i] = 1;
    eigen_solve(&g, c->matrix, c->n_pools);
    enum error_code rc = set_loads(c, &g, e);
    eigen_free(&g);
    return rc;
}

enum error_code common_fit(const struct grid *g, struct model *m, struct error *e) {
    struct common c = {.g = g, .m = m, .n_pools = m->n_pools};
    size_t pairs = (size_t)m->n_pools * m->n_pools;
    for (uint32_t k = 0; k < m->n_scales; k++) m->common[k] = 0;
    if (m->n_pools < 2) return OK;
    c.seen = calloc(pairs * (LAGS + 1), sizeof *c.seen);
    c.matrix = calloc(pairs, sizeof *c.matrix);
    choose_lags(&c);
    enum error_code rc = c.seen && c.matrix ? solve(&c, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
    free(c.seen);
    free(c.matrix);
    return rc;
}

/* ---- correlations for the report --------------------------------------------------------- */

#define BLOCKS 10u

/* Correlation of "is up" of two pools without one block of time (BLOCKS: with
 * all). */
static double correlation(const struct grid *g, uint32_t a, uint32_t b, uint32_t without) {
    const uint16_t *x = grid_pool(g, a), *y = grid_pool(g, b);
    double n = 0, sx = 0, sy = 0, both = 0;
    for (uint32_t i = 0; i < g->n; i++) {
        if ((uint64_t)i * BLOCKS / g->n == without) continue;
        n++;
        sx += x[i] > 0;
        sy += y[i] > 0;
        both += x[i] > 0 && y[i] > 0;
    }
    double v = (sx / n) * (1 - sx / n) * (sy / n) * (1 - sy / n);
    return v > 0 ? (both / n - sx / n * (sy / n)) / sqrt(v) : NAN;
}

static void mean_correlations(const struct grid *g, uint32_t without, double *same, double *across, uint32_t *n_same,
                              uint32_t *n_across) {
    double sums[2] = {0, 0};
    uint32_t n[2] = {0, 0};
    for (uint32_t i = 0; i < g->n_pools; i++)
        for (uint32_t j = i + 1; j < g->n_pools; j++) {
            const char *r = g->trace->pools[i].region;
            bool together = *r && strcmp(r, g->trace->pools[j].region) == 0;
            double c = correlation(g, i, j, without);
            if (isnan(c)) continue;
            sums[together] += c;
            n[together]++;
        }
    *across = n[0] ? sums[0] / n[0] : NAN;
    *same = n[1] ? sums[1] / n[1] : NAN;
    *n_across = n[0];
    *n_same = n[1];
}

void correlation_fit(const struct grid *g, struct fit *f) {
    double same[BLOCKS], across[BLOCKS], mean[2] = {0, 0}, v[2] = {0, 0};
    uint32_t ignored[2];
    mean_correlations(g, BLOCKS, &f->same_region, &f->across_regions, &f->pairs_same, &f->pairs_across);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        mean_correlations(g, b, &same[b], &across[b], &ignored[0], &ignored[1]);
        mean[0] += same[b] / BLOCKS;
        mean[1] += across[b] / BLOCKS;
    }
    for (uint32_t b = 0; b < BLOCKS; b++) { /* the jackknife's variance */
        v[0] += (same[b] - mean[0]) * (same[b] - mean[0]) * (BLOCKS - 1) / BLOCKS;
        v[1] += (across[b] - mean[1]) * (across[b] - mean[1]) * (BLOCKS - 1) / BLOCKS;
    }
    f->same_region_se = sqrt(v[0]);
    f->across_regions_se = sqrt(v[1]);
}
