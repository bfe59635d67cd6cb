/* SPDX-License-Identifier: Apache-2.0
 * Which weights a pool's trace leaves plausible: approximate Bayesian
 * computation.  Weights are drawn, a trace is made with each, and what counts is
 * how near what it shows is to what the real one does.
 *  - What a trace shows is summed up by a regression of the weights on it
 *    (Fearnhead and Prangle 2012, J. R. Stat. Soc. B 74).
 *  - Weights are moved by what their trace's estimate is off (Beaumont, Zhang,
 *    Balding 2002, Genetics 162).
 *  - Draws come in stages, each from a distribution closer to what the earlier
 *    ones leave plausible; all of them count, by the prior's density over the
 *    mixture's of all stages (Cornuet, Marin, Mira, Robert 2012, Scand. J. Stat.
 *    39). */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"
#include "traces/synth_private.h"

#define SEED 20260202u
#define STAGES 5u
#define INFLATE 3.0       /* of a stage's variance over what looks plausible so far */
#define NEAREST 0.2       /* share of the draws that count */
#define NEAREST_FIRST 0.5 /* those that the second regression is made on */
#define NEARNESS_MIN 1e-3 /* of those among the nearest: short traces show few different things */
#define RIDGE 1e-3        /* lags next to each other show nearly the same */
#define RIDGE_LOCAL 1e-6
#define DIFFER_MIN 5e-4 /* added before a logarithm is taken */
#define DEVIATION_MIN 3e-3
#define EDGE 0.1  /* the prior of a weight by itself stops rising this close to 1 */
#define NONE 0.25 /* an interval whose lower end is less than this share of its upper end begins at 0 */

static const double stage_share[STAGES] = {0.2, 0.18, 0.18, 0.18, 0.26};

/* A pool alone, and what of the real trace is held against. */
struct alone {
    struct model model;
    struct model_pool pool;
    const struct targets *seen;
    struct grid like;
    double swing[SWING_HOURS], summary[SUMMARIES_MAX], estimate[MODEL_SCALES_MAX];
    uint32_t n_summaries, n_hours;
    uint64_t key;
    const struct tables *tables;
    struct state_scratch scratch;
    struct regression regression;
    struct proposal stage[STAGES];
    uint32_t drawn[STAGES];
};

static uint32_t sum_up(const struct targets *t, double *out) {
    uint32_t n = 0;
    for (uint32_t c = 0; c < t->n_cuts; c++) {
        for (uint32_t l = 0; l < t->n_lags; l++) out[n++] = log(t->differ[c][l] + DIFFER_MIN);
        for (uint32_t w = 0; w < t->n_windows; w++) out[n++] = log(t->deviation[c][w] + DEVIATION_MIN);
    }
    return n;
}

static void open_alone(struct alone *a, const struct state_fit *s, uint32_t pool, const struct tables *tables) {
    *a = (struct alone){.model = *s->m, .pool = s->m->pools[pool], .seen = &s->seen[pool], .like = *s->g};
    a->model.process = MODEL_STATE;
    a->model.shares = SHARES_EXACT;
    a->model.n_pools = 1;
    a->model.n_factors = a->model.n_events = 0;
    memset(a->model.common, 0, sizeof a->model.common);
    a->pool.state.n_loads = 0;
    a->like.n_pools = 1;
    a->like.pool = &s->g->pool[pool];
    a->key = random_key_text(random_mix(SEED), a->pool.name);
    a->tables = tables;
    a->n_summaries = sum_up(a->seen, a->summary);
    model_swing_week(&a->pool.state, a->swing);
    a->n_hours = a->pool.state.n_waves ? CUT_HOURS : 1;
}

/* ---- one draw ---------------------------------------------------------------------------- */

/* The path's bound above the lowest capacity is the one at which it has the
 * real trace's share of time.  A model's bound below it would have given it
 * more time up, one above it less: it is as likely to be here as there. */
static double availability_at(const struct alone *a) {
    double bound = (double)a->scratch.bound[0] / STATE_ONE, up = 0;
    for (uint32_t h = 0; h < a->n_hours; h++) up += gsl_cdf_ugaussian_Q(bound - a->swing[h * CUT_EVERY]);
    return up / a->n_hours;
}

static void see_waves(const struct alone *a, const struct grid *g, struct draw *d) {
    struct model_state found = a->pool.state;
    const struct model_state *made = &a->pool.state;
    if (!found.n_waves || !swing_sizes(g, 0, &found)) return;
    for (uint32_t w = 0; w < made->n_waves && 2 * w + 1 < WAVE_NUMBERS; w++) {
        d->wave[2 * w] = found.waves[w].cosine - made->waves[w].cosine;
        d->wave[2 * w + 1] = found.waves[w].sine - made->waves[w].sine;
    }
}

/* What its weights are judged by, or else the waves. */
static enum error_code see(const struct alone *a, struct trace_pool *made, bool waves, struct draw *d,
                           struct error *e) {
    struct trace t = {.n_pools = 1, .pools = made, .span_ms = a->model.span_ms};
    struct targets targets;
    struct grid g;
    enum error_code rc = grid_make(&t, &a->like, &g, e);
    if (rc == OK && waves) {
        see_waves(a, &g, d);
    } else if (rc == OK) {
        targets_see(&g, 0, a->seen, &targets);
        sum_up(&targets, d->seen);
    }
    grid_free(&g);
    return rc;
}

/* Makes the trace of the number-th draw. */
static enum error_code make(struct alone *a, uint32_t number, bool waves, struct draw *d, struct error *e) {
    int64_t step_ms = a->model.resolution_ms > 0 ? a->model.resolution_ms : 1;
    struct synth s = {.model = &a->model,
                      .key = random_key(a->key, number),
                      .span_ms = a->model.span_ms,
                      .step_ms = step_ms,
                      .tables = a->tables};
    struct trace_pool made = {.has_capacity = true, .span_ms = s.span_ms, .gap_ms = step_ms, .resolution_ms = step_ms};
    struct steps steps = {0};
    a->model.pools = &a->pool;
    memcpy(a->pool.state.weight, d->weight, sizeof d->weight);
    enum error_code rc = synth_state_pool(&s, 0, &a->scratch, &steps, e);
    if (rc == OK) rc = steps_to_capacity(&steps, &made, e);
    if (rc == OK) rc = see(a, &made, waves, d, e);
    if (rc == OK) d->availability = availability_at(a);
    free(made.capacity.at_ms);
    free(made.capacity.value);
    steps_free(&steps);
    return rc;
}

/* ---- what they leave plausible ------------------------------------------------------------ */

static struct rows rows_of(const struct draws *c, const double *x, const double *y, const double *weight) {
    return (struct rows){c->n, sizeof(struct draw) / sizeof(double), x, y, weight};
}

static void weigh(const struct alone *a, uint32_t stages, struct draws *c) {
    for (uint32_t i = 0; i < c->n; i++) {
        double prior = proposal_log_density(&a->stage[0], c->draw[i].weight), mixture = a->drawn[0];
        for (uint32_t s = 1; s < stages; s++)
            mixture += a->drawn[s] * exp(proposal_log_density(&a->stage[s], c->draw[i].weight) - prior);
        c->draw[i].importance = c->n / mixture;
    }
}

static double square(double x) { return x * x; }

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Regresses the weights on what draws show, each counted by its nearness, then
 * sets nearness anew: by Epanechnikov's kernel over the nearest ones, in
 * residual standard deviations of the regression. */
static bool find_nearest(struct alone *a, struct draws *c, double share) {
    struct draw *d = c->draw;
    struct rows rows = rows_of(c, d->seen, d->weight, &d->nearness);
    double spread[MODEL_SCALES_MAX] = {0}, sum = 0, *distance = malloc(2 * c->n * sizeof *distance);
    bool ok = distance && regression_fit(&a->regression, &rows, RIDGE);
    for (uint32_t i = 0; ok && i < c->n; i++) {
        regression_predict(&a->regression, d[i].seen, d[i].estimate);
        sum += d[i].nearness;
        for (uint32_t k = 0; k < c->n_scales; k++)
            spread[k] += d[i].nearness * square(d[i].estimate[k] - d[i].weight[k]);
    }
    if (ok) regression_predict(&a->regression, a->summary, a->estimate);
    for (uint32_t i = 0; ok && i < c->n; i++) {
        distance[i] = 0;
        for (uint32_t k = 0; k < c->n_scales; k++)
            distance[i] += spread[k] > 0 ? square(d[i].estimate[k] - a->estimate[k]) * sum / spread[k] : 0;
        distance[c->n + i] = distance[i];
    }
    if (ok) qsort(distance + c->n, c->n, sizeof *distance, by_size);
    for (uint32_t i = 0; ok && i < c->n; i++) {
        double most = distance[c->n + (uint32_t)(share * c->n)];
        d[i].nearness = distance[i] > most ? 0 : most > 0 ? fmax(1 - distance[i] / most, NEARNESS_MIN) : 1;
    }
    free(distance);
    return ok;
}

/* The real trace's estimate, or what comes nearest to it among the draws: one
 * that no model of this kind has is not extrapolated to. */
static void reachable(const struct alone *a, const struct draws *c, double *estimate) {
    for (uint32_t k = 0; k < c->n_scales; k++) {
        double least = INFINITY, most = -INFINITY;
        for (uint32_t i = 0; i < c->n; i++) {
            if (!(c->draw[i].nearness > 0)) continue;
            least = fmin(least, c->draw[i].estimate[k]);
            most = fmax(most, c->draw[i].estimate[k]);
        }
        estimate[k] = fmin(fmax(a->estimate[k], least), most);
    }
}

static bool adjust(const struct alone *a, struct draws *c) {
    struct draw *d = c->draw;
    struct regression local = {.n_x = c->n_scales - 1, .n_y = c->n_scales}; /* the estimates sum to 1 */
    for (uint32_t i = 0; i < c->n; i++) d[i].plausible = d[i].nearness * d[i].importance;
    struct rows rows = rows_of(c, d->estimate, d->weight, &d->plausible);
    double real[MODEL_SCALES_MAX], made[MODEL_SCALES_MAX];
    if (!regression_fit(&local, &rows, RIDGE_LOCAL)) return false;
    reachable(a, c, made);
    regression_predict(&local, made, real);
    for (uint32_t i = 0; i < c->n; i++) {
        regression_predict(&local, d[i].estimate, made);
        for (uint32_t k = 0; k < c->n_scales; k++) {
            double x = d[i].weight[k] + real[k] - made[k];
            d[i].adjusted[k] = x < 0 ? 0 : x > 1 ? 1 : x;
        }
    }
    return true;
}

static bool judge(struct alone *a, uint32_t stages, struct draws *c) {
    weigh(a, stages, c);
    a->regression.n_x = a->n_summaries;
    a->regression.n_y = c->n_scales;
    for (uint32_t i = 0; i < c->n; i++) c->draw[i].nearness = 1;
    return find_nearest(a, c, NEAREST_FIRST) && find_nearest(a, c, NEAREST) && adjust(a, c);
}

static enum error_code draw_stage(struct alone *a, uint32_t stage, uint32_t n, const gsl_rng *rng, struct draws *c,
                                  struct error *e) {
    if (stage == 0) {
        proposal_prior(&a->stage[0], c->n_scales);
    } else {
        struct rows near = rows_of(c, NULL, c->draw->adjusted, &c->draw->nearness);
        a->stage[stage].n = c->n_scales;
        proposal_match(&a->stage[stage], &near, INFLATE);
    }
    for (; c->n < n; c->n++) {
        struct draw *d = &c->draw[c->n];
        proposal_draw(&a->stage[stage], rng, d->weight);
        TRY(make(a, c->n, false, d, e));
        a->drawn[stage]++;
    }
    return judge(a, stage + 1, c) ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Mean place of its scales, slowest last. */
static double slowness(const struct draw *d) {
    double sum = 0;
    for (uint32_t k = 0; k < MODEL_SCALES_MAX; k++) sum += k * d->adjusted[k];
    return sum;
}

static int by_slowness(const void *a, const void *b) {
    double x = slowness(a), y = slowness(b);
    return (x > y) - (x < y);
}

enum error_code draws_make(const struct state_fit *s, uint32_t pool, uint32_t n, const struct tables *tables,
                           struct draws *out, struct error *e) {
    struct alone *a = calloc(1, sizeof *a);
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double share = 0;
    *out = (struct draws){.n_scales = s->m->n_scales, .draw = calloc(n, sizeof *out->draw)};
    enum error_code rc = a && rng && out->draw ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) {
        open_alone(a, s, pool, tables);
        gsl_rng_set(rng, (unsigned long)(a->key & 0xffffffffu));
    }
    for (uint32_t stage = 0; rc == OK && stage < STAGES; stage++) {
        share += stage_share[stage];
        rc = draw_stage(a, stage, stage + 1 < STAGES ? (uint32_t)(share * n) : n, rng, out, e);
    }
    /* waves do not say what is plausible, and take longer to see: only where it is known */
    for (uint32_t i = 0; rc == OK && a->pool.state.n_waves && i < n; i++)
        if (out->draw[i].plausible > 0) rc = make(a, i, true, &out->draw[i], e);
    if (rc == OK) qsort(out->draw, n, sizeof *out->draw, by_slowness);
    if (a) state_scratch_free(&a->scratch);
    free(a);
    if (rng) gsl_rng_free(rng);
    return rc;
}

void draws_free(struct draws *c) {
    free(c->draw);
    memset(c, 0, sizeof *c);
}

/* ---- intervals ------------------------------------------------------------------------------ */

/* All weights' prior leaves little for one alone to be large.  For a weight's
 * interval it is given one that does, Beta(alpha, 1), and this is their ratio. */
static double alone_over_all(const struct draws *c, double weight) {
    return pow(1 - weight + EDGE, 1 - PRIOR_ALPHA * (c->n_scales - 1));
}

struct fit_interval draws_weight(const struct draws *c, uint32_t scale, struct weighted *room) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct draw *d = &c->draw[i];
        if (!(d->plausible > 0)) continue;
        room[n++] = (struct weighted){d->adjusted[scale], d->plausible * alone_over_all(c, d->adjusted[scale])};
    }
    struct fit_interval out = weighted_interval(room, n);
    /* a weight is never below 0, so quantiles alone would always leave out none: then all is left out above */
    if (out.low < NONE * out.high) out = (struct fit_interval){0, weighted_quantile(room, n, FIT_CONFIDENCE)};
    return out;
}

/* The slowest scale's weight is what makes shares of time and correlations
 * uncertain: a draw's weight where that is the question. */
static double share_weight(const struct draws *c, uint32_t i) {
    const struct draw *d = &c->draw[i];
    return d->plausible > 0 ? d->plausible * alone_over_all(c, d->adjusted[c->n_scales - 1]) : 0;
}

struct fit_interval draws_availability(const struct draws *c, struct weighted *room) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->draw[i].plausible > 0) room[n++] = (struct weighted){c->draw[i].availability, share_weight(c, i)};
    return weighted_interval(room, n);
}

struct fit_interval draws_wave(const struct draws *c, uint32_t number, double found, struct weighted *room) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->draw[i].plausible > 0)
            room[n++] = (struct weighted){found - c->draw[i].wave[number], c->draw[i].plausible};
    return weighted_interval(room, n);
}

void draws_pick(const struct draws *c, double u, double *weight) {
    double sum = 0, all = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < c->n; i++) all += share_weight(c, i);
    for (uint32_t i = 0; i < c->n && sum <= u * all; i++) {
        if (c->draw[i].plausible > 0) at = i;
        sum += share_weight(c, i);
    }
    all = 0;
    for (uint32_t k = 0; k < c->n_scales; k++) all += c->draw[at].adjusted[k];
    for (uint32_t k = 0; k < c->n_scales; k++) weight[k] = all > 0 ? c->draw[at].adjusted[k] / all : 1.0 / c->n_scales;
}
