/* SPDX-License-Identifier: Apache-2.0
 * The state process: weights over the scales, shares of the scales that pools
 * have in common, loads. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define CORRECTION_MAX 1.5
#define CORRECTION_POWER 0.7 /* a part of the miss: the targets pull at one another */
#define CORRECTION_LESS 0.7  /* after a round worse than the one before, where pools pull at one another too */
#define SHIFT_MAX 0.4        /* of the correlation of a pair */
#define SEED 20260101u
#define PAIR_IMPORTANCE 20.0

/* ---- weights --------------------------------------------------------------------------- */

static void mean_weights(const struct state_fit *s, double *mean) {
    double n = 0;
    for (uint32_t i = 0; i < s->m->n_pools; i++) n += !s->thin[i];
    for (uint32_t k = 0; k < s->m->n_scales; k++) mean[k] = 0;
    for (uint32_t i = 0; i < s->m->n_pools; i++)
        for (uint32_t k = 0; k < s->m->n_scales && !s->thin[i]; k++) mean[k] += s->m->pools[i].state.weight[k] / n;
}

/* All pools' weights.  In the first round twice: weak evidence falls back to
 * the pools' mean, which is not known before. */
static enum error_code fit_weights(struct state_fit *s, bool first, struct error *e) {
    double mean[MODEL_SCALES_MAX];
    struct model *m = s->m;
    uint32_t fitted = 0;
    for (uint32_t i = 0; i < m->n_pools; i++) {
        fitted += !s->thin[i];
        if (first && !s->thin[i]) TRY(scales_solve(s->problem[i], &s->aim[i], NULL, &m->pools[i].state, e));
    }
    mean_weights(s, mean);
    for (uint32_t i = 0; (fitted > 1 || !first) && i < m->n_pools; i++)
        if (!s->thin[i]) TRY(scales_solve(s->problem[i], &s->aim[i], fitted > 1 ? mean : NULL, &m->pools[i].state, e));
    for (uint32_t i = 0; i < m->n_pools; i++)
        if (s->thin[i]) memcpy(m->pools[i].state.weight, mean, sizeof mean);
    return OK;
}

/* ---- traces made from the model ------------------------------------------------------------ */

static enum error_code add_made(void *arg, uint32_t number, const struct grid *g, struct error *e) {
    struct state_fit *s = arg;
    uint32_t n = s->m->n_pools;
    double share = 1.0 / s->traces;
    (void)number;
    (void)e;
    for (uint32_t i = 0; i < n; i++) {
        struct targets one;
        targets_see(g, i, &s->seen[i], &one);
        for (uint32_t c = 0; c < one.n_cuts; c++) {
            for (uint32_t l = 0; l < one.n_lags; l++) s->made[i].differ[c][l] += share * one.differ[c][l];
            for (uint32_t w = 0; w < one.n_windows; w++) s->made[i].deviation[c][w] += share * one.deviation[c][w];
        }
        for (uint32_t j = i + 1; j < n; j++) {
            double both[CUTS_MAX] = {0};
            pairs_both(s->pairs, g, i, j, 0, both);
            for (uint32_t c = 0; c < CUTS_MAX; c++) s->pair_made[pair_index(n, i, j) * CUTS_MAX + c] += share * both[c];
        }
    }
    return OK;
}

static enum error_code make_and_see(struct state_fit *s, struct error *e) {
    size_t n = s->m->n_pools;
    memset(s->made, 0, n * sizeof *s->made);
    memset(s->pair_made, 0, n * n * CUTS_MAX * sizeof *s->pair_made);
    return simulate(s->m, s->g, s->traces, SEED, NULL, add_made, s, e);
}

/* By how much a pair's correlation now is missed. */
static double pair_miss(const struct state_fit *s, uint32_t i, uint32_t j) {
    size_t pair = pair_index(s->m->n_pools, i, j);
    return s->pair_seen[pair * PAIR_LAGS_MAX] - pairs_match(s->pairs, i, j, 0, s->pair_made + pair * CUTS_MAX);
}

/* How far the made traces are from the real one; the rate of changes counts
 * most. */
static double missed(const struct state_fit *s) {
    double sum = 0;
    for (uint32_t i = 0; i < s->m->n_pools; i++) {
        const struct targets *seen = &s->seen[i], *made = &s->made[i];
        for (uint32_t j = i + 1; j < s->m->n_pools; j++)
            if (!s->thin[i] && !s->thin[j])
                sum += PAIR_IMPORTANCE / s->m->n_pools * pair_miss(s, i, j) * pair_miss(s, i, j);
        for (uint32_t c = 0; c < seen->n_cuts && !s->thin[i]; c++) {
            for (uint32_t l = 0; l < seen->n_lags; l++) {
                double x = log((made->differ[c][l] + 1e-3) / (seen->differ[c][l] + 1e-3));
                sum += x * x * (l == 0 ? 20 : l == 1 ? 5 : 1 / (1 + seen->lag_h[l] / 24));
            }
            for (uint32_t w = 0; w < seen->n_windows; w++) {
                double x = log((made->deviation[c][w] + 1e-3) / (seen->deviation[c][w] + 1e-3));
                sum += x * x * seen->windows[w] / 3;
            }
        }
    }
    return sum;
}

static double corrected(double target, double seen, double made, double power) {
    double factor = made > 0 && seen > 0 ? pow(seen / made, power) : 1;
    return target * (factor < 1 / CORRECTION_MAX ? 1 / CORRECTION_MAX
                     : factor > CORRECTION_MAX   ? CORRECTION_MAX
                                                 : factor);
}

/* Moves what is aimed at by what the last model missed it by. */
static void correct(struct state_fit *s, double power) {
    uint32_t n = s->m->n_pools;
    for (uint32_t i = 0; i < n; i++) {
        const struct targets *seen = &s->seen[i], *made = &s->made[i];
        struct targets *aim = &s->aim[i];
        for (uint32_t c = 0; c < seen->n_cuts; c++) {
            for (uint32_t l = 0; l < seen->n_lags; l++)
                aim->differ[c][l] = corrected(aim->differ[c][l], seen->differ[c][l], made->differ[c][l], power);
            for (uint32_t w = 0; w < seen->n_windows; w++)
                aim->deviation[c][w] =
                    corrected(aim->deviation[c][w], seen->deviation[c][w], made->deviation[c][w], power);
        }
        for (uint32_t j = i + 1; j < n; j++) {
            double *to = s->pair_aim + pair_index(n, i, j) * PAIR_LAGS_MAX;
            const double *from = s->pair_seen + pair_index(n, i, j) * PAIR_LAGS_MAX;
            double shift = to[0] - from[0] + power * pair_miss(s, i, j);
            shift = shift > SHIFT_MAX ? SHIFT_MAX : shift < -SHIFT_MAX ? -SHIFT_MAX : shift;
            for (uint32_t l = 0; l < PAIR_LAGS_MAX; l++) to[l] = from[l] + shift;
        }
    }
}

/* ---- rounds -------------------------------------------------------------------------------- */

/* What to come back to. */
struct kept {
    double missed;
    double (*weight)[MODEL_SCALES_MAX];
    struct targets *aim;
    double *pair_aim;
};

static void keep(struct kept *k, double missed_by, const struct state_fit *s) {
    size_t n = s->m->n_pools;
    if (missed_by >= k->missed) return;
    k->missed = missed_by;
    for (uint32_t i = 0; i < n; i++) memcpy(k->weight[i], s->m->pools[i].state.weight, sizeof k->weight[i]);
    memcpy(k->aim, s->aim, n * sizeof *k->aim);
    memcpy(k->pair_aim, s->pair_aim, n * n * PAIR_LAGS_MAX * sizeof *k->pair_aim);
}

/* The formulas behind the weights treat a scale as one part, but it is split
 * between factors, and a short trace is not a long one.  So traces are made
 * from the model, measured as the real one was, and the aim is moved; the
 * round that came closest counts. */
static enum error_code fit_rounds(struct state_fit *s, struct kept *best, struct error *e) {
    size_t n = s->m->n_pools;
    uint32_t n_factors = FACTORS_COUNT; /* by what the trace shows; later rounds aim elsewhere */
    double power = CORRECTION_POWER, last = INFINITY;
    for (int round = 0; round < (int)s->rounds; round++) {
        TRY(fit_weights(s, round == 0, e));
        TRY(common_fit(s->g, s->pairs, s->pair_aim, s->thin, s->m, &n_factors, e));
        TRY(make_and_see(s, e));
        double now = missed(s);
        keep(best, now, s);
        if (now > last && n > 1) power *= CORRECTION_LESS;
        last = now;
        correct(s, power);
    }
    for (uint32_t i = 0; i < n; i++) memcpy(s->m->pools[i].state.weight, best->weight[i], sizeof best->weight[i]);
    memcpy(s->aim, best->aim, n * sizeof *s->aim);
    memcpy(s->pair_aim, best->pair_aim, n * n * PAIR_LAGS_MAX * sizeof *s->pair_aim);
    return common_fit(s->g, s->pairs, s->pair_aim, s->thin, s->m, &n_factors, e);
}

static enum error_code start(struct state_fit *s, struct error *e) {
    size_t n = s->m->n_pools, pairs = n * n;
    s->seen = calloc(3 * n, sizeof *s->seen);
    s->pair_seen = calloc(pairs * (2 * PAIR_LAGS_MAX + CUTS_MAX), sizeof *s->pair_seen);
    s->problem = calloc(n, sizeof *s->problem);
    if (!s->seen || !s->pair_seen || !s->problem) return error_set(e, ERR_FAILED, NULL, "out of memory");
    s->aim = s->seen + n;
    s->made = s->seen + 2 * n;
    s->pair_aim = s->pair_seen + pairs * PAIR_LAGS_MAX;
    s->pair_made = s->pair_aim + pairs * PAIR_LAGS_MAX;
    scales_choose(s->g->probe_h, s->g->n * s->g->step_h, s->m);
    TRY(pairs_new(s->g, s->m, &s->pairs, e));
    for (uint32_t i = 0; i < n; i++) {
        targets_see(s->g, i, NULL, &s->seen[i]);
        if (!s->thin[i]) TRY(scales_open(s->g, i, s->m, &s->m->pools[i].state, &s->seen[i], &s->problem[i], e));
        for (uint32_t j = i + 1; j < n; j++)
            pairs_see(s->pairs, s->g, i, j, s->pair_seen + pair_index((uint32_t)n, i, j) * PAIR_LAGS_MAX);
    }
    memcpy(s->aim, s->seen, n * sizeof *s->aim);
    memcpy(s->pair_aim, s->pair_seen, pairs * PAIR_LAGS_MAX * sizeof *s->pair_aim);
    return OK;
}

enum error_code state_fit(struct state_fit *s, struct error *e) {
    size_t n = s->m->n_pools;
    struct kept best = {.missed = INFINITY,
                        .weight = calloc(n, sizeof *best.weight),
                        .aim = calloc(n, sizeof *best.aim),
                        .pair_aim = calloc(n * n * PAIR_LAGS_MAX, sizeof *best.pair_aim)};
    bool ok = best.weight && best.aim && best.pair_aim;
    enum error_code rc = ok ? start(s, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = fit_rounds(s, &best, e);
    free(best.weight);
    free(best.aim);
    free(best.pair_aim);
    return rc;
}

void state_fit_free(struct state_fit *s) {
    for (uint32_t i = 0; s->problem && i < s->m->n_pools; i++) scales_close(s->problem[i]);
    free(s->problem);
    free(s->seen);
    free(s->pair_seen);
    pairs_free(s->pairs);
    memset(s, 0, sizeof *s);
}
