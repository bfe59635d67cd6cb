/* SPDX-License-Identifier: Apache-2.0
 * The bivariate normal distribution: Plackett's integral over the correlation,
 * by Gauss and Legendre (Drezner and Wesolowsky, 1990). */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "traces/fit_private.h"

#define NODES 10 /* on each side */

/* Abscissae and weights of order 20. */
static const double node[NODES] = {0.0765265211334973, 0.2277858511416451, 0.3737060887154195, 0.5108670019508271,
                                   0.6360536807265150, 0.7463319064601508, 0.8391169718222188, 0.9122344282513259,
                                   0.9639719272779138, 0.9931285991850949};
static const double weight[NODES] = {0.1527533871307258, 0.1491729864726037, 0.1420961093183820, 0.1316886384491766,
                                     0.1181945319615184, 0.1019301198172404, 0.0832767415767048, 0.0626720483341091,
                                     0.0406014298003869, 0.0176140071391521};

static double integrand(double h, double k, double sine) {
    double rest = 1 - sine * sine;
    if (rest < 1e-300) return fabs(h - k) < 1e-12 ? exp(-h * h / 2) : 0;
    return exp(-(h * h + k * k - 2 * h * k * sine) / (2 * rest));
}

double normal2_P(double h, double k, double r) {
    double ph = gsl_cdf_ugaussian_P(h), pk = gsl_cdf_ugaussian_P(k);
    if (isinf(h)) return h < 0 ? 0 : pk;
    if (isinf(k)) return k < 0 ? 0 : ph;
    double top = asin(r), sum = 0;
    for (int i = 0; i < NODES; i++)
        sum += weight[i] * (integrand(h, k, sin(top * (1 + node[i]) / 2)) + integrand(h, k, sin(top * (1 - node[i]) / 2)));
    double p = ph * pk + sum * top / (4 * M_PI), most = ph < pk ? ph : pk;
    return p < 0 ? 0 : p > most ? most : p;
}

double normal2_density(double h, double k, double r) {
    double rest = 1 - r * r;
    if (isinf(h) || isinf(k) || rest <= 0) return 0;
    return exp(-(h * h + k * k - 2 * h * k * r) / (2 * rest)) / (2 * M_PI * sqrt(rest));
}
