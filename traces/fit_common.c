/* SPDX-License-Identifier: Apache-2.0
 * How pools go together: one matrix of correlations for all scales, times a
 * share per scale; then loads on factors. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define ROUNDS 12
#define OWN_SCALES 2u  /* the fastest ones are never shared: pools seldom change at the same probe */
#define SWEEPS 60      /* of the bounded least squares */
#define SHARE_MIN 1e-6 /* of variance in common: less says nothing */
#define PULL 0.01      /* of a scale's share to where it was */

struct common {
    struct model *m;
    uint32_t n_pools, n_lags;
    const double *lag_h; /* the first is 0 */
    double importance[PAIR_LAGS_MAX];
    double *seen;   /* [pair * PAIR_LAGS_MAX + lag]: correlation of the hidden variables */
    double *matrix; /* [i * n + j] */
};

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
                up += w * f * c->seen[pair_index(c->n_pools, i, j) * PAIR_LAGS_MAX + l];
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
                double y = c->seen[pair_index(c->n_pools, i, j) * PAIR_LAGS_MAX + l], x[MODEL_SCALES_MAX];
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

/* ---- loads ------------------------------------------------------------------------------ */

/* Variance by chance of an entry of the matrix.  The correlation of two
 * unrelated series over a time T varies by the integral of the product of
 * their autocorrelations, by T (Bartlett 1946, J. R. Stat. Soc. Suppl. 8); an
 * entry is such a correlation by the share of variance that is in common. */
static double chance(const struct common *c, const struct grid *g) {
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++) {
            double integral = 0, share = pair_reach(c, i, j, 0);
            const double *a = c->m->pools[i].state.weight, *b = c->m->pools[j].state.weight, *h = c->m->scale_h;
            if (share < SHARE_MIN) continue;
            for (uint32_t k = 0; k < c->m->n_scales; k++)
                for (uint32_t l = 0; l < c->m->n_scales; l++) integral += a[k] * b[l] * 2 * h[k] * h[l] / (h[k] + h[l]);
            sum += integral / (g->n * g->step_h * share * share);
            n++;
        }
    return n > 0 ? sum / n : 1;
}

/* The sign of a factor is free; most of its loads are made positive. */
static enum error_code set_loads(struct common *c, const double *loads, uint32_t n_factors, struct error *e) {
    uint32_t n = c->n_pools;
    for (uint32_t i = 0; i < n; i++) {
        struct model_state *s = &c->m->pools[i].state;
        free(s->loads);
        s->n_loads = 0;
        s->loads = calloc(n, sizeof *s->loads);
        if (!s->loads) return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    for (uint32_t f = 0; f < n_factors; f++) {
        double sum = 0;
        uint32_t index;
        char name[32];
        snprintf(name, sizeof name, "shared-%u", f + 1);
        TRY(model_factor(c->m, name, &index, e));
        for (uint32_t i = 0; i < n; i++) sum += loads[f * n + i];
        for (uint32_t i = 0; i < n; i++) {
            struct model_state *s = &c->m->pools[i].state;
            s->loads[s->n_loads++] = (struct model_load){index, rint(copysign(1, sum) * loads[f * n + i] * 1e6) / 1e6};
        }
    }
    /* rounding may leave a little more than 1 */
    for (uint32_t i = 0; i < n; i++) {
        struct model_state *s = &c->m->pools[i].state;
        double squares = 0;
        for (uint32_t l = 0; l < s->n_loads; l++) squares += s->loads[l].value * s->loads[l].value;
        for (uint32_t l = 0; squares > 1 && l < s->n_loads; l++) s->loads[l].value /= sqrt(squares);
    }
    return OK;
}

static enum error_code settle_matrix(struct common *c, const struct grid *g, uint32_t *n_factors, struct error *e) {
    double *loads = calloc((size_t)c->n_pools * FACTORS_MOST, sizeof *loads);
    enum error_code rc = loads && factors_fit(c->matrix, c->n_pools, chance(c, g), loads, n_factors)
                             ? OK
                             : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = set_loads(c, loads, *n_factors, e);
    free(loads);
    return rc;
}

bool grid_same_region(const struct grid *g, uint32_t i, uint32_t j) {
    const char *r = g->trace->pools[i].region;
    return *r && strcmp(r, g->trace->pools[j].region) == 0;
}

/* Pairs with a pool that hardly changes are as others of their kind. */
static void fill_thin(const struct grid *g, const bool *thin, struct common *c) {
    double mean[2][PAIR_LAGS_MAX] = {{0}}, n[2] = {0, 0};
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++) {
            bool same = grid_same_region(g, i, j);
            if (thin[i] || thin[j]) continue;
            n[same]++;
            for (uint32_t l = 0; l < c->n_lags; l++)
                mean[same][l] += c->seen[pair_index(c->n_pools, i, j) * PAIR_LAGS_MAX + l];
        }
    for (uint32_t i = 0; i < c->n_pools; i++)
        for (uint32_t j = i + 1; j < c->n_pools; j++) {
            bool same = grid_same_region(g, i, j);
            if (!thin[i] && !thin[j]) continue;
            for (uint32_t l = 0; l < c->n_lags; l++)
                c->seen[pair_index(c->n_pools, i, j) * PAIR_LAGS_MAX + l] = n[same] > 0 ? mean[same][l] / n[same] : 0;
        }
}

static bool start(struct common *c, const struct grid *g, const struct pairs *p, const double *seen, const bool *thin,
                  struct model *m) {
    size_t all = (size_t)m->n_pools * m->n_pools;
    *c = (struct common){.m = m, .n_pools = m->n_pools};
    c->n_lags = pairs_lags(p, &c->lag_h);
    c->seen = malloc(all * PAIR_LAGS_MAX * sizeof *c->seen);
    c->matrix = calloc(all, sizeof *c->matrix);
    if (!c->seen || !c->matrix) return false;
    memcpy(c->seen, seen, all * PAIR_LAGS_MAX * sizeof *c->seen);
    fill_thin(g, thin, c);
    c->importance[0] = 3;
    for (uint32_t l = 1; l < c->n_lags; l++) c->importance[l] = 1 / sqrt(1 + c->lag_h[l] / 12);
    for (uint32_t k = 0; k < m->n_scales; k++) m->common[k] = k >= OWN_SCALES;
    for (int round = 0; round < ROUNDS; round++) {
        solve_matrix(c, c->n_lags);
        solve_shares(c);
    }
    return true;
}

enum error_code common_fit(const struct grid *g, const struct pairs *p, const double *seen, const bool *thin,
                           struct model *m, uint32_t *n_factors, struct error *e) {
    struct common c;
    for (uint32_t k = 0; k < m->n_scales; k++) m->common[k] = 0;
    if (m->n_pools < 2) return OK;
    enum error_code rc = start(&c, g, p, seen, thin, m) ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) {
        solve_matrix(&c, 1); /* what happens at the same moment counts most */
        rc = settle_matrix(&c, g, n_factors, e);
    }
    free(c.seen);
    free(c.matrix);
    return rc;
}

/* ---- correlations for the report --------------------------------------------------------- */

#define BLOCKS 10u

/* Correlation of "is up" of two pools without one block of time (BLOCKS: with
 * all). */
static double correlation(const struct grid *g, uint32_t a, uint32_t b, uint32_t without) {
    const uint64_t *x = g->pool[a].up, *y = g->pool[b].up;
    double n = 0, sx = 0, sy = 0, both = 0;
    for (uint32_t k = 0; k < BLOCKS; k++) {
        uint32_t from = (uint32_t)((uint64_t)g->n * k / BLOCKS), to = (uint32_t)((uint64_t)g->n * (k + 1) / BLOCKS);
        if (k == without) continue;
        n += to - from;
        sx += grid_count(x, NULL, from, to);
        sy += grid_count(y, NULL, from, to);
        both += grid_count(x, y, from, to);
    }
    double v = n > 0 ? (sx / n) * (1 - sx / n) * (sy / n) * (1 - sy / n) : 0;
    return v > 0 ? (both / n - sx / n * (sy / n)) / sqrt(v) : NAN;
}

void grid_correlations(const struct grid *g, uint32_t without, double *same, double *across, uint32_t *n_same,
                       uint32_t *n_across) {
    double sums[2] = {0, 0};
    uint32_t n[2] = {0, 0};
    for (uint32_t i = 0; i < g->n_pools; i++)
        for (uint32_t j = i + 1; j < g->n_pools; j++) {
            double c = correlation(g, i, j, without);
            if (isnan(c)) continue;
            sums[grid_same_region(g, i, j)] += c;
            n[grid_same_region(g, i, j)]++;
        }
    *across = n[0] ? sums[0] / n[0] : NAN;
    *same = n[1] ? sums[1] / n[1] : NAN;
    *n_across = n[0];
    *n_same = n[1];
}

void correlation_fit(const struct grid *g, struct fit *f) {
    double same[BLOCKS], across[BLOCKS], mean[2] = {0, 0}, v[2] = {0, 0};
    uint32_t ignored[2];
    grid_correlations(g, BLOCKS, &f->same_region, &f->across_regions, &f->pairs_same, &f->pairs_across);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        grid_correlations(g, b, &same[b], &across[b], &ignored[0], &ignored[1]);
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
