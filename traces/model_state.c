/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/model_state.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#define BOUND_RANGE 40.0

double model_swing(const struct model_state *s, double at_h) {
    double u = 0;
    for (uint32_t i = 0; i < s->n_waves; i++) {
        double angle = 2 * M_PI * at_h / s->waves[i].period_h;
        u += s->waves[i].cosine * cos(angle) + s->waves[i].sine * sin(angle);
    }
    return u;
}

void model_swing_week(const struct model_state *s, double out[SWING_HOURS]) {
    for (int h = 0; h < SWING_HOURS; h++) out[h] = model_swing(s, h + 0.5);
}

double model_bound(const double swing[SWING_HOURS], double share) {
    if (share <= 0) return -INFINITY;
    if (share >= 1) return INFINITY;
    bool steady = true;
    for (int h = 0; h < SWING_HOURS; h++) steady = steady && swing[h] == 0;
    if (steady) return gsl_cdf_ugaussian_Pinv(share);
    double lo = -BOUND_RANGE, hi = BOUND_RANGE;
    for (int i = 0; i < 60; i++) {
        double mid = (lo + hi) / 2, sum = 0;
        for (int h = 0; h < SWING_HOURS; h++) sum += gsl_cdf_ugaussian_P(mid - swing[h]);
        if (sum < share * SWING_HOURS)
            lo = mid;
        else
            hi = mid;
    }
    return (lo + hi) / 2;
}

void model_bounds(const struct model_pool *p, double *out) {
    double swing[SWING_HOURS], share = 0;
    model_swing_week(&p->state, swing);
    for (uint32_t j = 0; j + 1 < p->n_levels; j++) {
        share += p->levels[j].share;
        out[j] = model_bound(swing, share < 1 - 1e-12 ? share : 1);
    }
}
