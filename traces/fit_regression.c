/* SPDX-License-Identifier: Apache-2.0
 * Weighted least squares on standardised regressors, and quantiles of weighted
 * values: what the intervals of a fit are read off with. */
#include <gsl/gsl_blas.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "traces/fit_private.h"

#define SPREAD_MIN 1e-6 /* of a regressor; one that spreads less is as good as constant */

static void standardise(struct regression *r, const struct rows *rows) {
    double sum = 0;
    for (uint32_t i = 0; i < rows->n; i++) sum += *row_at(rows, rows->weight, i);
    for (uint32_t j = 0; j < r->n_x; j++) {
        double mean = 0, squares = 0;
        for (uint32_t i = 0; i < rows->n; i++)
            mean += *row_at(rows, rows->weight, i) * row_at(rows, rows->x, i)[j] / sum;
        for (uint32_t i = 0; i < rows->n; i++) {
            double off = row_at(rows, rows->x, i)[j] - mean;
            squares += *row_at(rows, rows->weight, i) * off * off / sum;
        }
        r->mean[j] = mean;
        r->spread[j] = squares > SPREAD_MIN * SPREAD_MIN ? sqrt(squares) : 1;
    }
}

/* Rows times the roots of their weights; those without weight are left out. */
static void fill(const struct regression *r, const struct rows *rows, gsl_matrix *x, gsl_matrix *y) {
    size_t at = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        double root = sqrt(*row_at(rows, rows->weight, i));
        if (!(root > 0)) continue;
        gsl_matrix_set(x, at, 0, root);
        for (uint32_t j = 0; j < r->n_x; j++)
            gsl_matrix_set(x, at, j + 1, root * (row_at(rows, rows->x, i)[j] - r->mean[j]) / r->spread[j]);
        for (uint32_t k = 0; k < r->n_y; k++) gsl_matrix_set(y, at, k, root * row_at(rows, rows->y, i)[k]);
        at++;
    }
}

static bool solve(struct regression *r, const gsl_matrix *x, const gsl_matrix *y, double ridge, gsl_matrix *square,
                  gsl_matrix *right) {
    gsl_blas_dsyrk(CblasLower, CblasTrans, 1, x, 0, square);
    gsl_blas_dgemm(CblasTrans, CblasNoTrans, 1, x, y, 0, right);
    double weight = gsl_matrix_get(square, 0, 0);
    for (uint32_t j = 1; j <= r->n_x; j++) *gsl_matrix_ptr(square, j, j) += ridge * weight;
    if (gsl_linalg_cholesky_decomp1(square) != GSL_SUCCESS) return false;
    for (uint32_t k = 0; k < r->n_y; k++) {
        gsl_vector_view column = gsl_matrix_column(right, k);
        gsl_linalg_cholesky_svx(square, &column.vector);
        for (uint32_t j = 0; j <= r->n_x; j++) r->slope[j][k] = gsl_vector_get(&column.vector, j);
    }
    return true;
}

bool regression_fit(struct regression *r, const struct rows *rows, double ridge) {
    size_t n = 0, width = r->n_x + 1u;
    for (uint32_t i = 0; i < rows->n; i++) n += *row_at(rows, rows->weight, i) > 0;
    if (n == 0) return false;
    standardise(r, rows);
    gsl_matrix *x = gsl_matrix_alloc(n, width), *y = gsl_matrix_alloc(n, r->n_y);
    gsl_matrix *square = gsl_matrix_alloc(width, width), *right = gsl_matrix_alloc(width, r->n_y);
    bool ok = x && y && square && right;
    if (ok) {
        fill(r, rows, x, y);
        ok = solve(r, x, y, ridge, square, right);
    }
    gsl_matrix_free(x);
    gsl_matrix_free(y);
    gsl_matrix_free(square);
    gsl_matrix_free(right);
    return ok;
}

void regression_predict(const struct regression *r, const double *x, double *out) {
    for (uint32_t k = 0; k < r->n_y; k++) out[k] = r->slope[0][k];
    for (uint32_t j = 0; j < r->n_x; j++) {
        double off = (x[j] - r->mean[j]) / r->spread[j];
        for (uint32_t k = 0; k < r->n_y; k++) out[k] += r->slope[j + 1][k] * off;
    }
}

static int by_value(const void *a, const void *b) {
    double x = ((const struct weighted *)a)->value, y = ((const struct weighted *)b)->value;
    return (x > y) - (x < y);
}

struct fit_interval weighted_interval(struct weighted *v, uint32_t n) {
    double tail = (1 - FIT_CONFIDENCE) / 2;
    qsort(v, n, sizeof *v, by_value);
    return (struct fit_interval){weighted_quantile(v, n, tail), weighted_quantile(v, n, 1 - tail)};
}

double weighted_quantile(const struct weighted *v, uint32_t n, double p) {
    double sum = 0, below = 0;
    for (uint32_t i = 0; i < n; i++) sum += v[i].weight;
    for (uint32_t i = 0; i < n && sum > 0; i++)
        if ((below += v[i].weight) >= p * sum) return v[i].value;
    return NAN;
}
