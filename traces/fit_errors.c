/* SPDX-License-Identifier: Apache-2.0
 * Standard errors of the state process: traces are made from the fitted model,
 * its shares of time holding on average only, and fitted again; the estimates'
 * spread is the error. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "traces/fit_private.h"

#define SEED 20260202u
#define THREADS_MAX 64u
#define REFIT_ROUNDS 4u
#define REFIT_TRACES 4u /* as many times fewer traces made per round as in the fit itself */
#define RUNS_LEAST 4u   /* changes of a cut below which a made trace says nothing of a pool */

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
    double *truth; /* [all]: what their traces were made with */
    uint32_t n, traces;
    atomic_uint next;
    pthread_mutex_t lock;
    uint32_t failed; /* lowest refit so far */
    struct error failure;
};

/* ---- one refit ------------------------------------------------------------------------ */

/* The model to be fitted again: shares of time and waves' sizes of the trace
 * made, no weights and loads yet; the rest is borrowed. */
static enum error_code copy_model(const struct model *from, const struct grid *g, struct model *to, struct error *e) {
    *to = *from;
    to->shares = SHARES_EXACT;
    to->factors = NULL;
    to->n_factors = 0;
    to->pools = calloc(from->n_pools, sizeof *to->pools);
    if (!to->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < from->n_pools; i++) {
        struct model_pool *p = &to->pools[i];
        p->name = from->pools[i].name;
        p->cloud = from->pools[i].cloud;
        p->region = from->pools[i].region;
        p->zone = from->pools[i].zone;
        p->instance_type = from->pools[i].instance_type;
        p->has_state = true;
        p->state.n_waves = from->pools[i].state.n_waves;
        memcpy(p->state.waves, from->pools[i].state.waves, sizeof p->state.waves);
        if (p->state.n_waves && !swing_sizes(g, i, &p->state)) p->state.n_waves = 0;
        TRY(levels_fit(&g->trace->pools[i], g->trace->span_ms, p, e));
    }
    return OK;
}

static void free_model(struct model *m) {
    for (uint32_t i = 0; m->pools && i < m->n_pools; i++) {
        free(m->pools[i].levels);
        free(m->pools[i].state.loads);
    }
    for (uint32_t i = 0; i < m->n_factors; i++) free(m->factors[i]);
    free(m->factors);
    free(m->pools);
}

/* Whether a made trace says something of a pool. */
static bool lively(const struct targets *t, const struct grid *g) {
    for (uint32_t c = 0; c < t->n_cuts; c++)
        if (t->differ[c][0] * g->n < RUNS_LEAST) return false;
    return t->n_cuts > 0;
}

/* Correlation of the hidden variables of two pools. */
static double hidden_correlation(const struct model *m, uint32_t i, uint32_t j) {
    const struct model_state *a = &m->pools[i].state, *b = &m->pools[j].state;
    double loads = 0, scales = 0;
    for (uint32_t x = 0; x < a->n_loads; x++)
        for (uint32_t y = 0; y < b->n_loads; y++)
            if (a->loads[x].factor == b->loads[y].factor) loads += a->loads[x].value * b->loads[y].value;
    for (uint32_t k = 0; k < m->n_scales; k++) scales += m->common[k] * sqrt(a->weight[k] * b->weight[k]);
    return loads * scales;
}

/* The parameters of a model; NAN for weights of pools that it has from others. */
static void read_model(const struct work *w, const struct state_fit *s, const struct model *m, double *out) {
    uint32_t n = m->n_pools;
    for (uint32_t i = 0; i < n; i++) {
        const struct model_state *state = &m->pools[i].state;
        double *at = out + i * w->layout.per_pool;
        for (uint32_t v = 0; v < state->n_waves; v++) {
            at[at_wave(&w->layout, v)] = state->waves[v].cosine;
            at[at_wave(&w->layout, v) + 1] = state->waves[v].sine;
        }
        if (!s->thin[i]) memcpy(at + AT_WEIGHTS, state->weight, m->n_scales * sizeof *out);
        for (uint32_t j = i + 1; j < n; j++)
            out[at_pairs(&w->layout) + pair_index(n, i, j)] = hidden_correlation(m, i, j);
    }
    if (n > 1) memcpy(out + at_common(&w->layout), m->common, m->n_scales * sizeof *out);
}

/* What a trace shows by itself. */
static void read_grid(const struct work *w, const struct grid *g, double *out) {
    uint32_t n = g->n_pools, ignored[2];
    double *correlation = out + n * w->layout.per_pool;
    for (uint32_t i = 0; i < n; i++)
        out[i * w->layout.per_pool + AT_AVAILABILITY] = (double)grid_count(g->pool[i].up, NULL, 0, g->n) / g->n;
    grid_correlations(g, UINT32_MAX, &correlation[0], &correlation[1], &ignored[0], &ignored[1]);
}

static void read_refit(const struct work *w, const struct grid *g, const struct state_fit *s, double *out) {
    read_grid(w, g, out);
    read_model(w, s, s->m, out);
    for (uint32_t i = 0; i < s->m->n_pools; i++)
        if (!lively(&s->seen[i], g))
            for (uint32_t k = 0; k < s->m->n_scales; k++) out[i * w->layout.per_pool + AT_WEIGHTS + k] = NAN;
}

static enum error_code refit(struct work *w, const struct grid *g, double *out, struct error *e) {
    struct model m;
    struct state_fit again = {.g = g, .m = &m, .thin = w->s->thin, .rounds = REFIT_ROUNDS, .traces = w->traces};
    enum error_code rc = copy_model(w->s->m, g, &m, e);
    if (rc == OK) rc = state_fit(&again, e);
    if (rc == OK) read_refit(w, g, &again, out);
    state_fit_free(&again);
    free_model(&m);
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
        loose.n_events = 0;
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

/* By how much the refits miss the value that their traces were made with, root
 * mean square: their spread, and what the fit is off by on average.  NaN when
 * few refits have it. */
static double error_of(const struct work *w, size_t at) {
    double squares = 0, n = 0, truth = w->truth[at];
    for (uint32_t i = 0; i < w->n; i++) {
        double x = w->value[(size_t)i * w->layout.all + at] - truth;
        if (isnan(x)) continue;
        n++;
        squares += x * x;
    }
    return n >= 2 && n >= w->n / 2 ? sqrt(squares / n) : NAN;
}

static enum error_code read_pairs(const struct work *w, struct fit *f, struct error *e) {
    uint32_t n = w->s->m->n_pools;
    f->pair = calloc((size_t)n * n, sizeof *f->pair);
    f->pair_se = calloc((size_t)n * n, sizeof *f->pair_se);
    if (!f->pair || !f->pair_se) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (size_t pair = 0; pair < (size_t)n * n; pair++) {
        f->pair[pair] = w->truth[at_pairs(&w->layout) + pair];
        f->pair_se[pair] = w->n ? error_of(w, at_pairs(&w->layout) + pair) : NAN;
    }
    return OK;
}

static void read_errors(const struct work *w, struct fit *f) {
    const struct model *m = w->s->m;
    for (uint32_t i = 0; i < m->n_pools; i++) {
        struct fit_pool *p = &f->pools[i];
        size_t at = (size_t)i * w->layout.per_pool;
        p->availability_se = error_of(w, at + AT_AVAILABILITY);
        for (uint32_t k = 0; k < m->n_scales; k++) p->weight_se[k] = error_of(w, at + AT_WEIGHTS + k);
        for (uint32_t v = 0; v < m->pools[i].state.n_waves; v++)
            for (uint32_t c = 0; c < 2; c++) p->wave_se[v][c] = error_of(w, at + at_wave(&w->layout, v) + c);
    }
    for (uint32_t k = 0; k < m->n_scales; k++) f->common_se[k] = error_of(w, at_common(&w->layout) + k);
    if (w->n < 2) return;
    f->same_region_se = error_of(w, (size_t)m->n_pools * w->layout.per_pool);
    f->across_regions_se = error_of(w, (size_t)m->n_pools * w->layout.per_pool + 1);
}

enum error_code state_errors(const struct state_fit *s, uint32_t n, struct fit *f, struct error *e) {
    struct work w = {.s = s, .layout = layout_of(s->m), .n = n, .failed = UINT32_MAX};
    w.traces = 1 + s->traces / REFIT_TRACES;
    size_t all = (size_t)n * w.layout.all;
    w.value = malloc((all + w.layout.all) * sizeof *w.value);
    if (!w.value) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (size_t i = 0; i < all + w.layout.all; i++) w.value[i] = NAN;
    w.truth = w.value + all;
    read_grid(&w, s->g, w.truth);
    read_model(&w, s, s->m, w.truth);
    enum error_code rc = n ? refit_all(&w, e) : OK;
    if (rc == OK) read_errors(&w, f);
    if (rc == OK && s->m->n_pools > 1) rc = read_pairs(&w, f, e);
    free(w.value);
    return rc;
}
