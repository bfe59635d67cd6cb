/* SPDX-License-Identifier: Apache-2.0
 * How pairs of pools go together: for every pair and lag the correlation of the
 * hidden variables that explains how often the two states differ.  How often
 * they would is worked out once per pair, lag and cut for a row of
 * correlations; finding a correlation is then a look-up, also in the many
 * traces that are made from a model. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define LAG_MAX_H 120.0
#define LAG_MAX_SHARE 0.25
#define CORRELATION_MAX 0.995
#define NODES 33u
#define NODES_FEW 17u
#define HOURS_FEW 2u /* that stand for the week when pairs are many */
#define MANY_PAIRS 300u

struct pairs {
    uint32_t n_pools, n_lags, hours, n_nodes;
    double lag_h[PAIR_LAGS_MAX];
    double node[NODES]; /* correlations */
    struct normal2 at[NODES];
    uint32_t *n_cuts; /* [pair] */
    double *share;    /* [pool * CUTS_MAX + cut]: below, as the table has it */
    float *both;      /* [((pair * CUTS_MAX + cut) * n_lags + lag) * NODES + node]: P(both below) */
};

static size_t row_of(const struct pairs *p, size_t pair, uint32_t cut, uint32_t lag) {
    return ((pair * CUTS_MAX + cut) * p->n_lags + lag) * NODES;
}

static void choose_lags(const struct grid *g, struct pairs *p) {
    double most = g->n * g->step_h * LAG_MAX_SHARE, last = 0;
    if (most > LAG_MAX_H) most = LAG_MAX_H;
    p->n_lags = 1;
    for (uint32_t i = 0; i + 1 < PAIR_LAGS_MAX; i++) {
        double lag = floor(pow(most / g->probe_h, (double)i / (PAIR_LAGS_MAX - 2)) + 0.5) * g->probe_h;
        if (!(lag > last)) continue;
        last = lag;
        p->lag_h[p->n_lags++] = lag;
    }
}

/* Which cut of a pool with n goes with the other's k-th. */
static uint32_t match(uint32_t k, uint32_t n) { return k < n ? k : n - 1; }

static void fill_row(const struct pairs *p, const struct cut *a, const struct cut *b, bool swings, double lag_h,
                     float *row) {
    uint32_t shift = (uint32_t)(lag_h + 0.5), hours = swings ? p->hours : 1;
    for (uint32_t k = 0; k < p->n_nodes; k++) {
        double sum = 0;
        for (uint32_t i = 0; i < hours; i++) {
            uint32_t h = i * (SWING_HOURS / hours) % SWING_HOURS;
            uint32_t later = (h + shift) % SWING_HOURS;
            sum += (normal2_at(&p->at[k], a->bound[h], b->bound[later], a->below[h], b->below[later]) +
                    normal2_at(&p->at[k], a->bound[later], b->bound[h], a->below[later], b->below[h])) /
                   2;
        }
        row[k] = (float)(sum / hours);
    }
}

static void fill_pair(struct pairs *p, const struct grid *g, const struct model *m, uint32_t i, uint32_t j) {
    struct cut a[CUTS_MAX], b[CUTS_MAX];
    const struct model_state *x = &m->pools[i].state, *y = &m->pools[j].state;
    uint32_t na = pool_cuts(g, i, x, a), nb = pool_cuts(g, j, y, b);
    size_t pair = pair_index(p->n_pools, i, j);
    p->n_cuts[pair] = na && nb ? na > nb ? na : nb : 0;
    for (uint32_t c = 0; c < p->n_cuts[pair]; c++)
        for (uint32_t l = 0; l < p->n_lags; l++)
            fill_row(p, &a[match(c, na)], &b[match(c, nb)], x->n_waves || y->n_waves, p->lag_h[l],
                     p->both + row_of(p, pair, c, l));
}

enum error_code pairs_new(const struct grid *g, const struct model *m, struct pairs **out, struct error *e) {
    struct pairs *p = *out = calloc(1, sizeof *p);
    if (!p) return error_set(e, ERR_FAILED, NULL, "out of memory");
    size_t n = m->n_pools, all = n * n;
    p->n_pools = m->n_pools;
    bool many = n * (n - 1) / 2 > MANY_PAIRS;
    p->hours = many ? HOURS_FEW : CUT_HOURS;
    p->n_nodes = many ? NODES_FEW : NODES;
    choose_lags(g, p);
    for (uint32_t k = 0; k < p->n_nodes; k++) {
        p->node[k] = CORRELATION_MAX * sin(M_PI / 2 * (2.0 * k / (p->n_nodes - 1) - 1));
        normal2_prepare(p->node[k], &p->at[k]);
    }
    p->n_cuts = calloc(all, sizeof *p->n_cuts);
    p->share = calloc(n * CUTS_MAX, sizeof *p->share);
    p->both = calloc(all * CUTS_MAX * p->n_lags * NODES, sizeof *p->both);
    if (!p->n_cuts || !p->share || !p->both) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < p->n_pools; i++) {
        memcpy(p->share + i * CUTS_MAX, g->pool[i].share, sizeof g->pool[i].share);
        for (uint32_t j = i + 1; j < p->n_pools; j++) fill_pair(p, g, m, i, j);
    }
    return OK;
}

void pairs_free(struct pairs *p) {
    if (!p) return;
    free(p->n_cuts);
    free(p->share);
    free(p->both);
    free(p);
}

uint32_t pairs_lags(const struct pairs *p, const double **lag_h) {
    *lag_h = p->lag_h;
    return p->n_lags;
}

/* Between the nodes by the angle, in which the probability is almost straight. */
static double correlation_at(const struct pairs *p, const float *row, double both) {
    uint32_t lo = 0, hi = p->n_nodes - 1;
    if (both <= (double)row[0]) return p->node[0];
    if (both >= (double)row[hi]) return p->node[hi];
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if ((double)row[mid] <= both)
            lo = mid;
        else
            hi = mid;
    }
    double width = (double)(row[hi] - row[lo]), part = width > 0 ? (both - (double)row[lo]) / width : 0.5;
    return sin(asin(p->node[lo]) * (1 - part) + asin(p->node[hi]) * part);
}

double pairs_match(const struct pairs *p, uint32_t i, uint32_t j, uint32_t lag, const double both[CUTS_MAX]) {
    size_t pair = pair_index(p->n_pools, i, j);
    double sum = 0;
    for (uint32_t c = 0; c < p->n_cuts[pair]; c++) sum += correlation_at(p, p->both + row_of(p, pair, c, lag), both[c]);
    return p->n_cuts[pair] ? sum / p->n_cuts[pair] : 0;
}

/* As it would be with the shares of time that the table has: the correlation of
 * the two states is kept. */
static double with_shares(double both, double a, double b, double table_a, double table_b) {
    double here = a * (1 - a) * b * (1 - b), there = table_a * (1 - table_a) * table_b * (1 - table_b);
    return table_a * table_b + (here > 0 ? (both - a * b) * sqrt(there / here) : 0);
}

void pairs_both(const struct pairs *p, const struct grid *g, uint32_t i, uint32_t j, uint32_t lag,
                double out[CUTS_MAX]) {
    size_t pair = pair_index(p->n_pools, i, j);
    const struct grid_pool *a = &g->pool[i], *b = &g->pool[j];
    for (uint32_t c = 0; c < p->n_cuts[pair]; c++) {
        uint32_t x = match(c, a->n_cuts), y = match(c, b->n_cuts);
        double differ = (grid_differ(g, i, x, j, y, p->lag_h[lag]) + grid_differ(g, j, y, i, x, p->lag_h[lag])) / 2;
        out[c] = with_shares((a->share[x] + b->share[y] - differ) / 2, a->share[x], b->share[y],
                             p->share[i * CUTS_MAX + x], p->share[j * CUTS_MAX + y]);
    }
}

void pairs_see(const struct pairs *p, const struct grid *g, uint32_t i, uint32_t j, double out[PAIR_LAGS_MAX]) {
    for (uint32_t l = 0; l < p->n_lags; l++) {
        double both[CUTS_MAX];
        pairs_both(p, g, i, j, l, both);
        out[l] = pairs_match(p, i, j, l, both);
    }
}
