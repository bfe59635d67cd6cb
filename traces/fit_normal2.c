/* SPDX-License-Identifier: Apache-2.0
 * The bivariate normal distribution: Plackett's integral over the correlation,
 * by Gauss and Legendre (Drezner and Wesolowsky, 1990), with fewer points where
 * the correlation is small (Genz, 2004). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_integration.h>
#include <math.h>

#include "traces/fit_private.h"

#define SMALL 0.3
#define MIDDLE 0.75

void normal2_prepare(double r, struct normal2 *out) {
    uint32_t n = fabs(r) < SMALL ? 6 : fabs(r) < MIDDLE ? 12 : NORMAL2_NODES;
    double top = asin(r);
    gsl_integration_glfixed_table *table = gsl_integration_glfixed_table_alloc(n);
    out->n = table ? n : 0;
    for (uint32_t i = 0; i < out->n; i++) {
        double angle, weight;
        gsl_integration_glfixed_point(0, top, i, &angle, &weight, table);
        double sine = sin(angle), rest = fmax(1 - sine * sine, 1e-300);
        out->weight[i] = weight / (2 * M_PI);
        out->squares[i] = 1 / (2 * rest);
        out->product[i] = sine / rest;
    }
    if (table) gsl_integration_glfixed_table_free(table);
}

double normal2_at(const struct normal2 *t, double h, double k, double ph, double pk) {
    if (isinf(h)) return h < 0 ? 0 : pk;
    if (isinf(k)) return k < 0 ? 0 : ph;
    double p = ph * pk, most = ph < pk ? ph : pk, squares = h * h + k * k, product = h * k;
    for (uint32_t i = 0; i < t->n; i++) p += t->weight[i] * exp(product * t->product[i] - squares * t->squares[i]);
    return p < 0 ? 0 : p > most ? most : p;
}

double normal2_P(double h, double k, double r) {
    struct normal2 t;
    normal2_prepare(r, &t);
    return normal2_at(&t, h, k, gsl_cdf_ugaussian_P(h), gsl_cdf_ugaussian_P(k));
}
