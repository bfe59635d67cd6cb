/* SPDX-License-Identifier: Apache-2.0
 * Principal-factor analysis of a correlation matrix: what variables share, in
 * few factors, and what each has for itself. */
#include <gsl/gsl_eigen.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define PROJECTIONS 200 /* to the nearest correlation matrix */
#define ROUNDS 30       /* of the shared variances */
#define SETTLED 1e-3
#define FACTOR_MIN 0.3 /* of one variable's variance, over all; measured: less adds changes, not likeness */

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
    for (uint32_t i = 0; i < n; i++) matrix[i * n + i] = 1;
    eigen_solve(g, matrix, n);
}

/* The largest eigenvalue to expect of a symmetric matrix of n by n independent
 * entries of variance 1: 2 sqrt(n), less what Tracy and Widom (1996, Commun.
 * Math. Phys. 177) add for a finite one, -1.2065 on average. */
static double largest_by_chance(double n) { return 2 * sqrt(n) - 1.2065 * pow(n, -1.0 / 6); }

/* How many factors there are beyond chance: the largest eigenvalue is held
 * against what chance makes of the mean one, the next against the mean of those
 * that are left, and so on, as in Bartlett's tests (1950, Br. J. Psychol. Stat.
 * 3).  One that hardly matters (FACTOR_MIN) is left out too. */
static uint32_t count_factors(const struct eigen *g, uint32_t n, double variance) {
    double rest = n, own = fmax(0, gsl_vector_get(g->values, n - 1));
    uint32_t factors = 0;
    for (; factors + 1 < n && factors < FACTORS_MOST; factors++) {
        double value = gsl_vector_get(g->values, factors), left = n - factors;
        if (value - own < FACTOR_MIN) break;
        if (value < rest / left * (1 + sqrt(variance) * largest_by_chance(left))) break;
        rest -= value;
    }
    return factors;
}

/* Loads of the eigenvectors by the roots of their values.  Sets the diagonal
 * to what they share; returns by how much that moves. */
static double step(struct eigen *g, double *matrix, uint32_t n, double *loads, uint32_t n_factors) {
    double moved = 0;
    eigen_solve(g, matrix, n);
    for (uint32_t i = 0; i < n; i++) {
        double shared = 0;
        for (uint32_t f = 0; f < n_factors; f++) {
            double value = gsl_vector_get(g->values, f);
            double load = value > 0 ? sqrt(value) * gsl_matrix_get(g->vectors, i, f) : 0;
            loads[f * n + i] = load;
            shared += load * load;
        }
        if (shared > 1) shared = 1;
        moved = fmax(moved, fabs(shared - matrix[i * n + i]));
        matrix[i * n + i] = shared;
    }
    return moved;
}

/* Starts from the least eigenvalue as what each variable has for itself, which
 * leaves a matrix without negative ones. */
bool factors_fit(double *matrix, uint32_t n, double variance, double *loads, uint32_t *n_factors) {
    struct eigen g = {0};
    bool ok = eigen_alloc(&g, n);
    if (ok) {
        project(&g, matrix, n);
        if (*n_factors == FACTORS_COUNT) *n_factors = count_factors(&g, n, variance);
        double own = fmax(0, gsl_vector_get(g.values, n - 1));
        for (uint32_t i = 0; i < n; i++) matrix[i * n + i] = 1 - own;
        for (int round = 0; round < ROUNDS && step(&g, matrix, n, loads, *n_factors) > SETTLED; round++) {}
    }
    eigen_free(&g);
    return ok;
}
