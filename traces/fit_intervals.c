/* SPDX-License-Identifier: Apache-2.0
 * Intervals of the state process: what each pool's trace leaves plausible of
 * its weights, share of time and waves, then how pools go together. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/random.h"
#include "traces/fit_private.h"

#define THREADS_MAX 64u
#define TOGETHER 10u /* as many times fewer traces are made of all pools */
#define SEED 20260204u

/* ---- on all cores ----------------------------------------------------------------------- */

struct crew {
    enum error_code (*step)(void *arg, uint32_t number, struct error *e);
    void *arg;
    uint32_t n;
    atomic_uint next;
    pthread_mutex_t lock;
    uint32_t failed; /* lowest number so far */
    struct error failure;
};

static void *worker(void *arg) {
    struct crew *c = arg;
    for (;;) {
        uint32_t number = atomic_fetch_add(&c->next, 1);
        struct error error = {0};
        if (number >= c->n) return NULL;
        if (c->step(c->arg, number, &error) == OK) continue;
        pthread_mutex_lock(&c->lock);
        if (number < c->failed) {
            c->failed = number;
            c->failure = error;
        }
        pthread_mutex_unlock(&c->lock);
    }
}

enum error_code fit_side_by_side(uint32_t n, enum error_code (*step)(void *arg, uint32_t number, struct error *e),
                                 void *arg, struct error *e) {
    struct crew c = {.step = step, .arg = arg, .n = n, .failed = UINT32_MAX};
    pthread_t ids[THREADS_MAX];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t started = 0, threads = cores < 1 ? 1 : cores > (long)THREADS_MAX ? THREADS_MAX : (uint32_t)cores;
    if (threads > n) threads = n;
    pthread_mutex_init(&c.lock, NULL);
    while (started + 1 < threads && pthread_create(&ids[started], NULL, worker, &c) == 0) started++;
    worker(&c);
    for (uint32_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    pthread_mutex_destroy(&c.lock);
    if (c.failed == UINT32_MAX) return OK;
    if (e) *e = c.failure;
    return c.failure.code;
}

/* ---- pool by pool ------------------------------------------------------------------------ */

struct work {
    const struct state_fit *s;
    struct fit *f;
    const struct tables *tables;
    uint32_t n, together;
    double *weights; /* plausible ones, as fit_together.c takes them */
    struct together *all;
};

static const struct fit_interval unknown = {NAN, NAN};

void intervals_unknown(struct fit *f) {
    f->same_region_95 = f->across_regions_95 = unknown;
    for (uint32_t i = 0; i < f->model->n_pools; i++) {
        struct fit_pool *p = &f->pools[i];
        p->availability_95 = unknown;
        for (uint32_t k = 0; k < MODEL_SCALES_MAX; k++) p->weight_95[k] = unknown;
        for (uint32_t v = 0; v < MODEL_WAVES_MAX; v++) p->wave_95[v][0] = p->wave_95[v][1] = unknown;
    }
}

static void read_draws(const struct work *w, uint32_t pool, const struct draws *c, struct weighted *room) {
    const struct model_pool *m = &w->s->m->pools[pool];
    struct fit_pool *p = &w->f->pools[pool];
    if (m->levels[0].capacity == 0) p->availability_95 = draws_availability(c, room);
    for (uint32_t k = 0; k < c->n_scales && !p->thin; k++) p->weight_95[k] = draws_weight(c, k, room);
    for (uint32_t v = 0; v < m->state.n_waves && 2 * v + 1 < WAVE_NUMBERS; v++) {
        p->wave_95[v][0] = draws_wave(c, 2 * v, m->state.waves[v].cosine, room);
        p->wave_95[v][1] = draws_wave(c, 2 * v + 1, m->state.waves[v].sine, room);
    }
}

/* In one trace of all pools, either all are slow or all are fast: what they share
 * makes their weights be missed together.  A pool that never changes in its
 * samples keeps the weights that it has. */
static enum error_code one_pool(void *arg, uint32_t pool, struct error *e) {
    const struct work *w = arg;
    const struct model *m = w->s->m;
    double *weights = w->weights + (size_t)pool * MODEL_SCALES_MAX;
    struct draws draws = {.n = 0};
    struct weighted *room = malloc(w->n * sizeof *room);
    bool changes = w->s->g->pool[pool].n_cuts > 0 && m->pools[pool].n_levels > 1;
    enum error_code rc = room ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK && changes) rc = draws_make(w->s, pool, w->n, w->tables, &draws, e);
    if (rc == OK && changes) read_draws(w, pool, &draws, room);
    for (uint32_t i = 0; rc == OK && i < w->together; i++, weights += (size_t)m->n_pools * MODEL_SCALES_MAX) {
        if (changes)
            draws_pick(&draws, random_u01(random_key(random_mix(SEED), i)), weights);
        else
            memcpy(weights, m->pools[pool].state.weight, sizeof m->pools[pool].state.weight);
    }
    draws_free(&draws);
    free(room);
    return rc;
}

/* ---- all together ---------------------------------------------------------------------------- */

static enum error_code one_trace(void *arg, uint32_t trace, struct error *e) {
    const struct work *w = arg;
    return together_make(w->all, trace, e);
}

static enum error_code all_pools(struct work *w, struct error *e) {
    struct weighted *room = malloc(w->together * sizeof *room);
    enum error_code rc = room ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = together_open(w->s, w->weights, w->together, w->tables, &w->all, e);
    if (rc == OK) rc = fit_side_by_side(w->together, one_trace, w, e);
    if (rc == OK) together_read(w->all, room, w->f);
    together_close(w->all);
    free(room);
    return rc;
}

static enum error_code open_pairs(const struct model *m, struct fit *f, struct error *e) {
    size_t n = m->n_pools;
    f->pair = calloc(n * n, sizeof *f->pair);
    f->pair_95 = calloc(n * n, sizeof *f->pair_95);
    if (!f->pair || !f->pair_95) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (size_t pair = 0; pair < n * n; pair++) f->pair_95[pair] = unknown;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++) f->pair[pair_index(m->n_pools, i, j)] = hidden_correlation(m, i, j);
    return OK;
}

enum error_code state_intervals(const struct state_fit *s, uint32_t n, struct fit *f, struct error *e) {
    struct work w = {.s = s, .f = f, .n = n, .together = n / TOGETHER};
    uint32_t n_pools = s->m->n_pools;
    f->same_region_se = f->across_regions_se = NAN;
    for (uint32_t i = 0; i < n_pools; i++) f->pools[i].availability_se = NAN;
    if (n_pools > 1) TRY(open_pairs(s->m, f, e));
    if (n == 0) return OK;
    struct tables *tables = synth_tables();
    w.tables = tables;
    w.weights = calloc((size_t)w.together * n_pools * MODEL_SCALES_MAX, sizeof *w.weights);
    enum error_code rc = tables && w.weights ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) rc = fit_side_by_side(n_pools, one_pool, &w, e);
    if (rc == OK && n_pools > 1) rc = all_pools(&w, e);
    free(w.weights);
    free(tables);
    return rc;
}
