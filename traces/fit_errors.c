/* SPDX-License-Identifier: Apache-2.0
 * Standard errors of the state process: traces are made from the fitted model,
 * its shares of time holding on average only, and fitted again; the estimates'
 * spread is the error.  Each refit aims where the fit itself ended up aiming. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/fit_private.h"

#define SEED 20260202u
#define THREADS_MAX 64u
#define RUNS_LEAST 4u /* changes of a cut below which a made trace says nothing of a pool */

/* Every parameter of one refit in a row. */
struct layout {
    uint32_t n_pools, n_scales, per_pool, all;
};
enum { AT_AVAILABILITY, AT_WEIGHTS };
static uint32_t at_wave(const struct layout *l, uint32_t wave) { return AT_WEIGHTS + l->n_scales + 2 * wave; }
static uint32_t at_common(const struct layout *l) { return l->n_pools * l->per_pool + 2; }
static uint32_t at_pairs(const struct layout *l) { return at_common(l) + l->n_scales; }

static struct layout layout_of(const struct model *m) {
    struct layout l = {m->n_pools, m->n_scales, AT_WEIGHTS + m->n_scales + 2 * MODEL_WAVES_MAX, 0};
    l.all = at_pairs(&l) + m->n_pools * m->n_pools;
    return l;
}

struct work {
    const struct state_fit *s;
    struct layout layout;
    double *value; /* [refit * all] */
    double towards[MODEL_SCALES_MAX];
    uint32_t n;
    atomic_uint next;
    pthread_mutex_t lock;
    uint32_t failed; /* lowest refit so far */
    struct error failure;
};

/* ---- one refit ------------------------------------------------------------------------ */

static void move_aim(const struct state_fit *s, uint32_t pool, struct targets *t) {
    const struct targets *seen = &s->seen[pool], *aim = &s->aim[pool];
    for (uint32_t c = 0; c < t->n_cuts; c++) {
        for (uint32_t l = 0; l < t->n_lags; l++)
            if (seen->differ[c][l] > 0) t->differ[c][l] *= aim->differ[c][l] / seen->differ[c][l];
        for (uint32_t w = 0; w < t->n_windows; w++)
            if (seen->deviation[c][w] > 0) t->deviation[c][w] *= aim->deviation[c][w] / seen->deviation[c][w];
    }
}

static bool lively(const struct targets *t, const struct grid *g) {
    for (uint32_t c = 0; c < t->n_cuts; c++)
        if (t->differ[c][0] * g->n < RUNS_LEAST) return false;
    return t->n_cuts > 0;
}

static enum error_code refit_pool(const struct work *w, const struct grid *g, uint32_t pool, struct model_state *state,
                                  double *out, struct error *e) {
    const struct state_fit *s = w->s;
    struct targets t;
    out[AT_AVAILABILITY] = (double)grid_count(g->pool[pool].up, NULL, 0, g->n) / g->n;
    targets_see(g, pool, &s->seen[pool], &t);
    if (s->thin[pool] || !lively(&t, g)) return OK;
    struct model_state waves = *state;
    if (waves.n_waves && swing_sizes(g, pool, &waves))
        for (uint32_t i = 0; i < waves.n_waves; i++) {
            out[at_wave(&w->layout, i)] = waves.waves[i].cosine;
            out[at_wave(&w->layout, i) + 1] = waves.waves[i].sine;
        }
    move_aim(s, pool, &t);
    struct problem *p = NULL;
    enum error_code rc = scales_open(g, pool, s->m, &waves, &t, &p, e);
    if (rc == OK) rc = scales_solve(p, &t, s->m->n_pools > 1 ? w->towards : NULL, state, e);
    scales_close(p);
    TRY(rc);
    memcpy(out + AT_WEIGHTS, state->weight, s->m->n_scales * sizeof *out);
    return OK;
}

static void refit_pairs(const struct work *w, const struct grid *g, struct model *copy, double *seen, double *out) {
    const struct state_fit *s = w->s;
    uint32_t n = s->m->n_pools, ignored[2];
    double *correlation = out + n * w->layout.per_pool;
    grid_correlations(g, UINT32_MAX, &correlation[0], &correlation[1], &ignored[0], &ignored[1]);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++) {
            size_t pair = pair_index(n, i, j);
            double shift = s->pair_aim[pair * PAIR_LAGS_MAX] - s->pair_seen[pair * PAIR_LAGS_MAX];
            pairs_see(s->pairs, g, i, j, seen + pair * PAIR_LAGS_MAX);
            for (uint32_t l = 0; l < PAIR_LAGS_MAX; l++) seen[pair * PAIR_LAGS_MAX + l] += shift;
            out[at_pairs(&w->layout) + pair] = seen[pair * PAIR_LAGS_MAX];
        }
    if (n < 2 || !common_shares(s->g, s->pairs, seen, s->thin, copy)) return;
    memcpy(out + at_common(&w->layout), copy->common, s->m->n_scales * sizeof *out);
}

static enum error_code refit(struct work *w, const struct grid *g, double *out, struct error *e) {
    const struct state_fit *s = w->s;
    uint32_t n = s->m->n_pools;
    struct model copy = *s->m; /* weights and common shares of its own, the rest borrowed */
    double *seen = calloc((size_t)n * n * PAIR_LAGS_MAX, sizeof *seen);
    copy.pools = malloc(n * sizeof *copy.pools);
    enum error_code rc = seen && copy.pools ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) memcpy(copy.pools, s->m->pools, n * sizeof *copy.pools);
    for (uint32_t i = 0; rc == OK && i < n; i++)
        rc = refit_pool(w, g, i, &copy.pools[i].state, out + i * w->layout.per_pool, e);
    if (rc == OK) refit_pairs(w, g, &copy, seen, out);
    free(seen);
    free(copy.pools);
    return rc;
}

/* ---- all of them ------------------------------------------------------------------------ */

struct one {
    struct work *w;
    uint32_t number;
};
static enum error_code see(void *arg, uint32_t ignored, const struct grid *g, struct error *e) {
    const struct one *o = arg;
    (void)ignored;
    return refit(o->w, g, o->w->value + (size_t)o->number * o->w->layout.all, e);
}

static void *worker(void *arg) {
    struct work *w = arg;
    for (;;) {
        struct one one = {w, atomic_fetch_add(&w->next, 1)};
        struct error error = {0};
        struct model loose = *w->s->m;
        if (one.number >= w->n) return NULL;
        loose.shares = SHARES_EXPECTED;
        if (simulate(&loose, w->s->g, 1, SEED + one.number, see, &one, &error) == OK) continue;
        pthread_mutex_lock(&w->lock);
        if (one.number < w->failed) {
            w->failed = one.number;
            w->failure = error;
        }
        pthread_mutex_unlock(&w->lock);
    }
}

static enum error_code refit_all(struct work *w, struct error *e) {
    pthread_t ids[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t started = 0, threads = cores < 1 ? 1 : cores > (long)THREADS_MAX ? THREADS_MAX : (uint32_t)cores;
    pthread_mutex_init(&w->lock, NULL);
    while (started + 1 < threads && pthread_create(&ids[started], NULL, worker, w) == 0) started++;
    worker(w);
    for (uint32_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    pthread_mutex_destroy(&w->lock);
    if (w->failed == UINT32_MAX) return OK;
    if (e) *e = w->failure;
    return w->failure.code;
}

/* Standard deviation of one parameter over the refits that have it; NaN when
 * they are few. */
static double spread(const struct work *w, size_t at) {
    double sum = 0, squares = 0, n = 0, first = NAN;
    for (uint32_t i = 0; i < w->n; i++) {
        double x = w->value[(size_t)i * w->layout.all + at];
        if (isnan(x)) continue;
        if (isnan(first)) first = x;
        n++;
        sum += x - first;
        squares += (x - first) * (x - first);
    }
    double v = (squares - sum * sum / n) / (n - 1);
    return n >= 2 && n >= w->n / 2 ? sqrt(v > 0 ? v : 0) : NAN;
}

static enum error_code read_pairs(const struct work *w, struct fit *f, struct error *e) {
    uint32_t n = w->s->m->n_pools;
    f->pair = calloc((size_t)n * n, sizeof *f->pair);
    f->pair_se = calloc((size_t)n * n, sizeof *f->pair_se);
    if (!f->pair || !f->pair_se) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (size_t pair = 0; pair < (size_t)n * n; pair++) {
        f->pair[pair] = w->s->pair_aim[pair * PAIR_LAGS_MAX];
        f->pair_se[pair] = w->n ? spread(w, at_pairs(&w->layout) + pair) : NAN;
    }
    return OK;
}

static void read_errors(const struct work *w, struct fit *f) {
    const struct model *m = w->s->m;
    for (uint32_t i = 0; i < m->n_pools; i++) {
        struct fit_pool *p = &f->pools[i];
        size_t at = (size_t)i * w->layout.per_pool;
        p->availability_se = spread(w, at + AT_AVAILABILITY);
        for (uint32_t k = 0; k < m->n_scales; k++) p->weight_se[k] = spread(w, at + AT_WEIGHTS + k);
        for (uint32_t v = 0; v < m->pools[i].state.n_waves; v++)
            for (uint32_t c = 0; c < 2; c++) p->wave_se[v][c] = spread(w, at + at_wave(&w->layout, v) + c);
    }
    for (uint32_t k = 0; k < m->n_scales; k++) f->common_se[k] = spread(w, at_common(&w->layout) + k);
    if (w->n < 2) return;
    f->same_region_se = spread(w, (size_t)m->n_pools * w->layout.per_pool);
    f->across_regions_se = spread(w, (size_t)m->n_pools * w->layout.per_pool + 1);
}

enum error_code state_errors(const struct state_fit *s, uint32_t n, struct fit *f, struct error *e) {
    struct work w = {.s = s, .layout = layout_of(s->m), .n = n, .failed = UINT32_MAX};
    double fitted = 0;
    size_t all = (size_t)n * w.layout.all;
    w.value = malloc((all + 1) * sizeof *w.value);
    if (!w.value) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (size_t i = 0; i < all; i++) w.value[i] = NAN;
    for (uint32_t i = 0; i < s->m->n_pools; i++) fitted += !s->thin[i];
    for (uint32_t i = 0; i < s->m->n_pools; i++)
        for (uint32_t k = 0; k < s->m->n_scales && !s->thin[i]; k++)
            w.towards[k] += s->m->pools[i].state.weight[k] / fitted;
    enum error_code rc = n ? refit_all(&w, e) : OK;
    if (rc == OK) read_errors(&w, f);
    if (rc == OK && s->m->n_pools > 1) rc = read_pairs(&w, f, e);
    free(w.value);
    return rc;
}
