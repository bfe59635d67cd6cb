/* SPDX-License-Identifier: Apache-2.0
 * The blocks process: the pools' records, and the moments at which they were so
 * much alike that what follows one may as well follow another (matched blocks:
 * Carlstein and others, Bernoulli 4, 1998).
 *
 * Moments are looked at in sets, each evenly spread over the records, a day
 * apart where the hour of the day is kept.  Of each set's triples those with the
 * least difference stay. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "traces/fit_private.h"

#define SETS 96u
#define MOMENTS_MAX 64u /* of a set */
#define OF_A_SET 4u     /* triples kept of a set */
#define KEPT 256u       /* triples kept of all */
#define BLOCKS 6        /* of mean length in records that are not long */
#define MEAN_MAX_MS (21 * MS_PER_DAY)
#define HOURS_MIN_MS (8 * MS_PER_DAY) /* shorter records say nothing about hours */
#define CHANCE_MAX 0.05               /* that blocks keep the hour though no pool swings with it */

/* ---- records ------------------------------------------------------------------------- */

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The largest unit that all times are whole numbers of. */
static int64_t find_tick(const struct trace *t) {
    int64_t tick = t->span_ms;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        for (uint32_t k = 0; k < p->capacity.n && p->capacity.at_ms[k] < t->span_ms; k++)
            tick = divisor(tick, p->capacity.at_ms[k]);
        for (uint32_t k = 0; k < p->price.n && p->price.at_ms[k] < t->span_ms; k++)
            tick = divisor(tick, p->price.at_ms[k]);
    }
    return tick;
}

/* How many steps begin before the end. */
static uint32_t steps_before(const int64_t *at_ms, uint32_t n, int64_t end_ms) {
    while (n && at_ms[n - 1] >= end_ms) n--;
    return n;
}

static void *copy(const void *from, size_t size) {
    void *to = malloc(size ? size : 1);
    if (to && size) memcpy(to, from, size);
    return to;
}

static enum error_code copy_record(const struct trace_pool *p, int64_t span_ms, struct model_history *out,
                                   struct error *e) {
    uint32_t n = steps_before(p->capacity.at_ms, p->capacity.n, span_ms);
    out->capacity = (struct trace_capacity){n, copy(p->capacity.at_ms, n * sizeof *p->capacity.at_ms),
                                            copy(p->capacity.value, n * sizeof *p->capacity.value)};
    n = steps_before(p->price.at_ms, p->price.n, span_ms);
    if (n)
        out->price = (struct trace_price){n, copy(p->price.at_ms, n * sizeof *p->price.at_ms),
                                          copy(p->price.uusd_per_h, n * sizeof *p->price.uusd_per_h)};
    bool ok = out->capacity.at_ms && out->capacity.value && (!n || (out->price.at_ms && out->price.uusd_per_h));
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* ---- joins ----------------------------------------------------------------------------- */

struct triple {
    struct model_join join;
    float difference; /* between its moments: sum over pairs and pools of the difference in capacity, as shares of the
                       * pool's largest */
    uint64_t lot;     /* orders those alike */
};

static int by_difference(const void *a, const void *b) {
    const struct triple *x = a, *y = b;
    if (x->difference != y->difference) return x->difference < y->difference ? -1 : 1;
    return (x->lot > y->lot) - (x->lot < y->lot);
}

static int by_time(const void *a, const void *b) {
    const struct triple *x = a, *y = b;
    for (int i = 0; i < MODEL_JOIN; i++)
        if (x->join.at_ms[i] != y->join.at_ms[i]) return x->join.at_ms[i] < y->join.at_ms[i] ? -1 : 1;
    return 0;
}

struct set {
    uint32_t n;
    int64_t at_ms[MOMENTS_MAX];
    float apart[MOMENTS_MAX][MOMENTS_MAX]; /* i < j */
};

/* Capacities of one pool at the set's moments, as shares of its largest. */
static void look(const struct trace_capacity *c, const struct set *s, float *share) {
    uint32_t most = 1, k = 0;
    for (uint32_t i = 0; i < c->n; i++)
        if (c->value[i] > most) most = c->value[i];
    for (uint32_t i = 0; i < s->n; i++) {
        while (k + 1 < c->n && c->at_ms[k + 1] <= s->at_ms[i]) k++;
        share[i] = (float)c->value[k] / (float)most;
    }
}

static void measure(const struct trace *t, struct set *s) {
    float share[MOMENTS_MAX];
    memset(s->apart, 0, sizeof s->apart);
    for (uint32_t p = 0; p < t->n_pools; p++) {
        look(&t->pools[p].capacity, s, share);
        for (uint32_t i = 0; i < s->n; i++)
            for (uint32_t j = i + 1; j < s->n; j++) s->apart[i][j] += fabsf(share[i] - share[j]);
    }
}

/* Keeps the best few, rising. */
static void keep(struct triple *best, uint32_t *n, const struct triple *x) {
    uint32_t i = *n;
    if (i == OF_A_SET && by_difference(x, &best[i - 1]) >= 0) return;
    if (i == OF_A_SET) i--;
    for (; i > 0 && by_difference(x, &best[i - 1]) < 0; i--) best[i] = best[i - 1];
    best[i] = *x;
    if (*n < OF_A_SET) ++*n;
}

/* No two of a triple are nearer to each other than `least`, the records' ends
 * joined. */
static uint32_t best_triples(const struct set *s, int64_t span_ms, int64_t least_ms, uint64_t key,
                             struct triple *best) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = i + 1; j < s->n; j++) {
            if (s->at_ms[j] - s->at_ms[i] < least_ms) continue;
            for (uint32_t k = j + 1; k < s->n; k++) {
                if (s->at_ms[k] - s->at_ms[j] < least_ms || span_ms - s->at_ms[k] + s->at_ms[i] < least_ms) continue;
                struct triple x = {{{s->at_ms[i], s->at_ms[j], s->at_ms[k]}},
                                   s->apart[i][j] + s->apart[j][k] + s->apart[i][k],
                                   random_key(random_key(random_key(key, i), j), k)};
                keep(best, &n, &x);
            }
        }
    return n;
}

static void fill_set(const struct model_blocks *b, uint32_t number, struct set *s) {
    int64_t apart_ms = b->span_ms / MOMENTS_MAX;
    if (b->same_hour) apart_ms = (apart_ms + MS_PER_DAY - 1) / MS_PER_DAY * MS_PER_DAY;
    if (apart_ms < 1) apart_ms = 1;
    s->n = 0;
    for (int64_t at = apart_ms / SETS * number; at < b->span_ms && s->n < MOMENTS_MAX; at += apart_ms)
        if (at >= b->tick_ms) s->at_ms[s->n++] = at / b->tick_ms * b->tick_ms; /* the beginning is none */
}

static enum error_code find_joins(const struct trace *t, struct model_blocks *b, double *difference, struct error *e) {
    struct triple *all = malloc((SETS * OF_A_SET + 1) * sizeof *all);
    struct set *s = malloc(sizeof *s);
    uint32_t n = 0;
    b->joins = calloc(KEPT, sizeof *b->joins);
    for (uint32_t i = 0; all && s && i < SETS; i++) {
        fill_set(b, i, s);
        measure(t, s);
        n += best_triples(s, b->span_ms, b->mean_ms / 2, random_mix(i), all + n);
    }
    if (n) qsort(all, n, sizeof *all, by_difference);
    if (n > KEPT) n = KEPT;
    if (n) qsort(all, n, sizeof *all, by_time);
    *difference = 0;
    for (uint32_t i = 0; b->joins && i < n; i++) {
        *difference += (double)all[i].difference / MODEL_JOIN / t->n_pools / n;
        if (i && by_time(&all[i], &all[i - 1]) == 0) continue;
        b->joins[b->n_joins++] = all[i].join;
    }
    bool ok = all && s && b->joins;
    free(all);
    free(s);
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Some pool swings with the day, more than the likeliest of so many would by
 * chance (Bonferroni). */
static bool has_daily_wave(const struct fit *f) {
    uint32_t tested = 0;
    double least = 1;
    for (uint32_t i = 0; i < f->model->n_pools; i++) {
        if (!isfinite(f->pools[i].swing_p)) continue;
        tested++;
        least = fmin(least, f->pools[i].swing_p);
    }
    return tested && least * tested < CHANCE_MAX;
}

enum error_code blocks_fit(const struct trace *t, struct fit *f, struct error *e) {
    struct model *m = f->model;
    struct model_blocks *b = &m->blocks;
    b->span_ms = t->span_ms;
    b->tick_ms = find_tick(t);
    b->mean_ms = t->span_ms / BLOCKS;
    if (b->mean_ms > MEAN_MAX_MS) b->mean_ms = MEAN_MAX_MS;
    if (b->mean_ms < 1) b->mean_ms = 1;
    b->same_hour = t->span_ms >= HOURS_MIN_MS && has_daily_wave(f);
    for (uint32_t i = 0; i < t->n_pools; i++) TRY(copy_record(&t->pools[i], t->span_ms, &m->pools[i].history, e));
    return find_joins(t, b, &f->join_difference, e);
}
