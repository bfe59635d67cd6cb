/* SPDX-License-Identifier: Apache-2.0
 * The swing with the clock: a probit regression of "is up" on waves of a day,
 * half a day and a week.  A wave stays only if it stands out from its
 * neighbours in frequency: slow random states make waves of every length. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <string.h>

#include "traces/fit_private.h"

#define NEIGHBOURS 3    /* frequencies on each side */
#define CHANCE_MAX 0.05 /* a wave less likely than this by chance stays */
#define CYCLES_MIN 4    /* fewer cycles in the trace say nothing */
#define ROUNDS 12
#define AMPLITUDE_MAX 1.5
#define WAVES 3

static const double periods_h[WAVES] = {24, 12, 168};

/* The question that waves are fitted to: "is up" where that changes. */
static const uint64_t *question(const struct grid *g, uint32_t pool) { return g->pool[pool].bits[0]; }
static double share_yes(const struct grid *g, uint32_t pool) { return 1 - g->pool[pool].share[0]; }

/* Its power at a frequency of so many cycles in the whole trace. */
static double power(const struct grid *g, uint32_t pool, double cycles) {
    const uint64_t *x = question(g, pool);
    double c = 0, s = 0, turn = 2 * M_PI * cycles / g->n, cosine = 1, sine = 0, dc = cos(turn), ds = sin(turn);
    double mean = share_yes(g, pool);
    for (uint32_t i = 0; i < g->n; i++) {
        double y = grid_bit(x, i) - mean, next = cosine * dc - sine * ds;
        c += y * cosine;
        s += y * sine;
        sine = sine * dc + cosine * ds;
        cosine = next;
    }
    return c * c + s * s;
}

/* How likely so much power is by chance, given the neighbours': the ratio of
 * two exponential variables' means follows an F distribution. */
static double chance(const struct grid *g, uint32_t pool, double period_h) {
    double cycles = g->n * g->step_h / period_h, around = 0;
    int n = 0;
    if (cycles < CYCLES_MIN) return NAN;
    for (int i = 1; i <= NEIGHBOURS; i++) {
        around += power(g, pool, cycles + i + 0.5);
        n++;
        if (cycles - i - 0.5 < 0.5) continue;
        around += power(g, pool, cycles - i - 0.5);
        n++;
    }
    return around > 0 ? gsl_cdf_fdist_Q(power(g, pool, cycles) / (around / n), 2, 2.0 * n) : NAN;
}

/* ---- probit regression on the hours of a week ------------------------------------------ */

struct hours {
    double n[SWING_HOURS], up[SWING_HOURS];
    double row[SWING_HOURS][1 + 2 * WAVES]; /* regressors */
};

static void count_hours(const struct grid *g, uint32_t pool, struct hours *h) {
    const uint64_t *x = question(g, pool);
    memset(h, 0, sizeof *h);
    for (uint32_t i = 0; i < g->n; i++) {
        uint32_t hour = (uint32_t)((i + 0.5) * g->step_h) % SWING_HOURS;
        h->n[hour]++;
        h->up[hour] += grid_bit(x, i);
    }
}

static void wave_row(const double *period, uint32_t n, uint32_t hour, double *row) {
    row[0] = 1;
    for (uint32_t w = 0; w < n; w++) {
        double angle = 2 * M_PI * (hour + 0.5) / period[w];
        row[1 + 2 * w] = cos(angle);
        row[2 + 2 * w] = sin(angle);
    }
}

/* One step of scoring: beta += (X' W X)^-1 X' W (residual). */
static bool scoring_step(const struct hours *h, uint32_t n, double *beta) {
    uint32_t size = 1 + 2 * n;
    gsl_matrix *a = gsl_matrix_calloc(size, size);
    gsl_vector *b = gsl_vector_calloc(size);
    bool ok = a && b;
    for (uint32_t t = 0; ok && t < SWING_HOURS; t++) {
        const double *row = h->row[t];
        double eta = 0;
        for (uint32_t i = 0; i < size; i++) eta += beta[i] * row[i];
        double p = gsl_cdf_ugaussian_P(eta), slope = exp(-eta * eta / 2) / sqrt(2 * M_PI), v = p * (1 - p);
        if (v < 1e-9 || h->n[t] == 0) continue;
        for (uint32_t i = 0; i < size; i++) {
            *gsl_vector_ptr(b, i) += row[i] * slope * (h->up[t] - h->n[t] * p) / v;
            for (uint32_t j = 0; j < size; j++)
                *gsl_matrix_ptr(a, i, j) += row[i] * row[j] * slope * slope * h->n[t] / v;
        }
    }
    for (uint32_t i = 0; ok && i < size; i++) *gsl_matrix_ptr(a, i, i) += 1e-6;
    if (ok) gsl_linalg_HH_svx(a, b);
    for (uint32_t i = 0; ok && i < size; i++) {
        beta[i] += gsl_vector_get(b, i);
        if (i && fabs(beta[i]) > AMPLITUDE_MAX) beta[i] = copysign(AMPLITUDE_MAX, beta[i]);
    }
    gsl_matrix_free(a);
    gsl_vector_free(b);
    return ok;
}

bool swing_sizes(const struct grid *g, uint32_t pool, struct model_state *state) {
    double period[WAVES], beta[1 + 2 * WAVES] = {0}, mean = share_yes(g, pool);
    struct hours h;
    if (mean <= 0 || mean >= 1 || state->n_waves > WAVES) return false;
    for (uint32_t w = 0; w < state->n_waves; w++) period[w] = state->waves[w].period_h;
    count_hours(g, pool, &h);
    for (uint32_t t = 0; t < SWING_HOURS; t++) wave_row(period, state->n_waves, t, h.row[t]);
    beta[0] = gsl_cdf_ugaussian_Pinv(mean);
    for (int i = 0; i < ROUNDS; i++)
        if (!scoring_step(&h, state->n_waves, beta)) return false;
    for (uint32_t w = 0; w < state->n_waves; w++) {
        state->waves[w].cosine = beta[1 + 2 * w];
        state->waves[w].sine = beta[2 + 2 * w];
    }
    return true;
}

void swing_fit(const struct grid *g, uint32_t pool, struct model_state *state, double *p) {
    state->n_waves = 0;
    *p = NAN;
    if (g->pool[pool].n_cuts == 0) return;
    *p = chance(g, pool, periods_h[0]);
    for (uint32_t w = 0; w < WAVES; w++)
        if (chance(g, pool, periods_h[w]) < CHANCE_MAX) state->waves[state->n_waves++].period_h = periods_h[w];
    if (state->n_waves && !swing_sizes(g, pool, state)) state->n_waves = 0;
}
