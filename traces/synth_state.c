/* SPDX-License-Identifier: Apache-2.0
 * The state process: capacity follows U(t) = Z(t) + swing with the clock.  Z is
 * a sum of parts that hold a normal value for an exponential time, so its
 * distribution is exactly normal at every moment and its path is a step
 * function: only the steps cost time. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/model_state.h"
#include "traces/synth_private.h"

#define BINS 16384
#define BIN_RANGE 8.0
#define CLOCK_MS MS_PER_HOUR /* the swing is constant within an hour */
#define HEADS_MAX (MODEL_SCALES_MAX + MODEL_FACTORS_MAX + 1)

/* The next value of one part and how long it holds; one mixed word gives both.
 * With a probing interval only what the probes see is drawn: a value holds for
 * whole intervals, and one that no probe meets is left out. */
struct source_part {
    uint64_t key, drawn;
    double scale; /* in steps */
    int64_t step_ms;
};
static inline float draw_next(const struct tables *t, struct source_part *p, int64_t *hold_ms) {
    uint64_t word = random_mix(p->key + p->drawn++);
    double hold = (double)t->exponential[word & ((1u << TABLE_BITS) - 1)] * p->scale;
    *hold_ms = p->step_ms * (1 + (int64_t)hold);
    return t->normal[word >> (64 - TABLE_BITS)];
}

static struct source_part part_of(const struct synth *s, uint64_t key, uint32_t scale) {
    int64_t step_ms = s->model->resolution_ms > 0 ? s->model->resolution_ms : 1;
    double steps = s->model->scale_h[scale] * (double)MS_PER_HOUR / (double)step_ms;
    return (struct source_part){random_key(key, scale), 0, steps, step_ms};
}

/* A time and whose it is in one number, so that the earliest is a plain
 * minimum. */
#define WHO_BITS 7
_Static_assert(HEADS_MAX <= 1u << WHO_BITS, "heads fit into a timer");
_Static_assert(TIME_LIMIT_MS < INT64_MAX >> (WHO_BITS + 1), "times fit into a timer");
#define NEVER_MS (INT64_MAX >> (WHO_BITS + 1))

static inline int64_t timer_of(int64_t at_ms, uint32_t who) { return at_ms * (1 << WHO_BITS) + who; }
static inline int64_t timer_ms(int64_t timer) { return timer >> WHO_BITS; }
static inline uint32_t timer_who(int64_t timer) { return (uint32_t)(timer & ((1 << WHO_BITS) - 1)); }
static inline int64_t earliest(const int64_t *timers, uint32_t n) {
    int64_t first = timers[0];
    for (uint32_t i = 1; i < n; i++) first = timers[i] < first ? timers[i] : first;
    return first;
}

/* ---- factors ---------------------------------------------------------------------- */

static enum error_code stream_room(struct stream *s, struct error *e) {
    if (s->n < s->room) return OK;
    uint32_t room = s->room ? s->room * 2 : 1024;
    int64_t *times = realloc(s->at_ms, room * sizeof *times);
    if (times) s->at_ms = times;
    float *values = realloc(s->value, room * sizeof *values);
    if (values) s->value = values;
    uint8_t *scales = realloc(s->scale, room * sizeof *scales);
    if (scales) s->scale = scales;
    if (!times || !values || !scales) return error_set(e, ERR_FAILED, NULL, "out of memory");
    s->room = room;
    return OK;
}

static enum error_code make_stream(const struct synth *s, const char *name, struct stream *out, struct error *e) {
    const struct model *m = s->model;
    struct source_part part[MODEL_SCALES_MAX];
    int64_t timers[MODEL_SCALES_MAX], hold_ms;
    uint64_t key = random_key_text(random_key_text(s->key, "factor"), name);
    for (uint32_t k = 0; k < m->n_scales; k++) {
        part[k] = part_of(s, key, k);
        timers[k] = timer_of(m->common[k] > 0 ? 0 : NEVER_MS, k);
    }
    for (;;) {
        int64_t timer = earliest(timers, m->n_scales);
        uint32_t k = timer_who(timer);
        if (timer_ms(timer) >= s->span_ms) return OK;
        TRY(stream_room(out, e));
        out->at_ms[out->n] = timer_ms(timer);
        out->scale[out->n] = (uint8_t)k;
        out->value[out->n++] = draw_next(s->tables, &part[k], &hold_ms);
        timers[k] = timer_of(timer_ms(timer) + hold_ms, k);
    }
}

enum error_code synth_factors(struct synth *s, struct error *e) {
    const struct model *m = s->model;
    s->factor = calloc((size_t)m->n_factors + 1, sizeof *s->factor);
    if (!s->factor) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t f = 0; f < m->n_factors; f++) TRY(make_stream(s, m->factors[f], &s->factor[f], e));
    return OK;
}

void synth_factors_free(struct synth *s) {
    for (uint32_t f = 0; s->factor && f < s->model->n_factors; f++) {
        free(s->factor[f].at_ms);
        free(s->factor[f].value);
        free(s->factor[f].scale);
    }
    free(s->factor);
    s->factor = NULL;
}

/* ---- the path of one pool ------------------------------------------------------------ */

/* Where U's next change may come from. */
enum head_kind { HEAD_OWN, HEAD_SHARED, HEAD_CLOCK };
struct head {
    enum head_kind kind;
    struct source_part own;
    const struct stream *stream;
    uint32_t at;
    double coefficient[MODEL_SCALES_MAX], value[MODEL_SCALES_MAX]; /* own and clock: the first only */
};
struct path {
    const struct synth *s;
    const struct model_state *state;
    double week[SWING_HOURS]; /* the swing by hour, when it repeats every week */
    bool weekly;
    uint32_t n;
    int64_t timer[HEADS_MAX]; /* apart from the heads: the search for the earliest reads only this */
    struct head head[HEADS_MAX];
};

/* Swing of the n-th hour. */
static double swing_at(const struct path *path, uint32_t hour) {
    return path->weekly ? path->week[hour % SWING_HOURS] : model_swing(path->state, hour + 0.5);
}

/* Moves a head on from at_ms; returns by how much U changes. */
static double head_advance(struct path *path, uint32_t i, int64_t at_ms) {
    struct head *h = &path->head[i];
    uint32_t k = 0;
    int64_t next_ms = NEVER_MS;
    double value;
    if (h->kind == HEAD_OWN) {
        int64_t hold_ms;
        value = h->coefficient[0] * (double)draw_next(path->s->tables, &h->own, &hold_ms);
        next_ms = at_ms + hold_ms;
    } else if (h->kind == HEAD_SHARED) {
        k = h->stream->scale[h->at];
        value = h->coefficient[k] * (double)h->stream->value[h->at];
        if (++h->at < h->stream->n) next_ms = h->stream->at_ms[h->at];
    } else {
        value = swing_at(path, h->at);
        h->at++;
        next_ms = probe_after(h->at * CLOCK_MS, path->s->model->resolution_ms);
    }
    double change = value - h->value[k];
    h->value[k] = value;
    path->timer[i] = timer_of(next_ms, i);
    return change;
}

static struct head *add_head(struct path *path, enum head_kind kind) {
    struct head *h = &path->head[path->n];
    memset(h, 0, sizeof *h);
    h->kind = kind;
    path->timer[path->n] = timer_of(0, path->n);
    path->n++;
    return h;
}

static void path_start(struct path *path, const struct synth *s, const struct model_pool *p) {
    const struct model *m = s->model;
    uint64_t key = random_key_text(random_key_text(s->key, "pool"), p->name);
    double squares = 0;
    path->s = s;
    path->state = &p->state;
    path->n = 0;
    path->weekly = true;
    for (uint32_t i = 0; i < p->state.n_waves; i++)
        path->weekly = path->weekly && fmod(SWING_HOURS, p->state.waves[i].period_h) == 0;
    if (path->weekly) model_swing_week(&p->state, path->week);
    for (uint32_t l = 0; l < p->state.n_loads; l++) {
        const struct model_load *load = &p->state.loads[l];
        if (load->value == 0 || s->factor[load->factor].n == 0) continue;
        struct head *h = add_head(path, HEAD_SHARED);
        h->stream = &s->factor[load->factor];
        squares += load->value * load->value;
        for (uint32_t k = 0; k < m->n_scales; k++)
            h->coefficient[k] = sqrt(p->state.weight[k] * m->common[k]) * load->value;
    }
    for (uint32_t k = 0; k < m->n_scales; k++) {
        double own = p->state.weight[k] * (1 - m->common[k] * squares);
        if (own < 1e-9) continue;
        struct head *h = add_head(path, HEAD_OWN);
        h->own = part_of(s, key, k);
        h->coefficient[0] = sqrt(own);
    }
    if (p->state.n_waves) add_head(path, HEAD_CLOCK);
}

static enum error_code segments_room(struct segments *g, struct error *e) {
    if (g->n < g->room) return OK;
    uint32_t room = g->room ? g->room * 2 : 4096;
    int64_t *times = realloc(g->at_ms, room * sizeof *times);
    if (times) g->at_ms = times;
    float *values = realloc(g->value, room * sizeof *values);
    if (values) g->value = values;
    if (!times || !values) return error_set(e, ERR_FAILED, NULL, "out of memory");
    g->room = room;
    return OK;
}

void segments_free(struct segments *g) {
    free(g->at_ms);
    free(g->value);
    memset(g, 0, sizeof *g);
}

/* U from its first value to the end of the span, a segment per value. */
static enum error_code walk(struct path *path, struct segments *out, struct error *e) {
    int64_t span_ms = path->s->span_ms, at = 0;
    double u = 0;
    out->n = 0;
    while (at < span_ms) {
        int64_t timer = path->n ? earliest(path->timer, path->n) : timer_of(NEVER_MS, 0);
        int64_t until = timer_ms(timer);
        if (until > at) {
            TRY(segments_room(out, e));
            out->at_ms[out->n] = at;
            out->value[out->n++] = (float)u;
            at = until;
        }
        if (at < span_ms) u += head_advance(path, timer_who(timer), at);
    }
    return OK;
}

/* ---- from U to capacity ---------------------------------------------------------------- */

/* Thresholds between a pool's levels: level j holds while U >= bound[j - 1]. */
struct bounds {
    double *at; /* [n_levels - 1], rising */
};

static uint32_t bin_of(float u) {
    double x = ((double)u + BIN_RANGE) / (2 * BIN_RANGE) * BINS;
    return x <= 0 ? 0 : x >= BINS - 1 ? BINS - 1 : (uint32_t)x;
}

/* Bounds so that this very path spends the model's shares at each level. */
static enum error_code bounds_exact(const struct segments *g, int64_t span_ms, const struct model_pool *p,
                                    struct bounds *out, struct error *e) {
    double *time = calloc(BINS, sizeof *time);
    if (!time) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < g->n; i++)
        time[bin_of(g->value[i])] += (double)((i + 1 < g->n ? g->at_ms[i + 1] : span_ms) - g->at_ms[i]);
    double below = 0, share = 0;
    uint32_t bin = 0;
    for (uint32_t j = 0; j + 1 < p->n_levels; j++) {
        share += p->levels[j].share;
        double wanted = share * (double)span_ms;
        while (bin < BINS - 1 && below + time[bin] < wanted) below += time[bin++];
        double part = time[bin] > 0 ? (wanted - below) / time[bin] : 0;
        out->at[j] = (bin + part) / BINS * 2 * BIN_RANGE - BIN_RANGE;
        if (share <= 0) out->at[j] = -INFINITY;
        if (share >= 1 - 1e-12) out->at[j] = INFINITY;
    }
    free(time);
    return OK;
}

enum error_code synth_state_pool(const struct synth *s, uint32_t pool, struct segments *scratch, struct steps *out,
                                 struct error *e) {
    const struct model_pool *p = &s->model->pools[pool];
    struct bounds bounds = {calloc(p->n_levels, sizeof *bounds.at)};
    struct path *path = malloc(sizeof *path);
    enum error_code rc = bounds.at && path ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) {
        path_start(path, s, p);
        rc = walk(path, scratch, e);
    }
    if (rc == OK && s->model->shares == SHARES_EXACT) rc = bounds_exact(scratch, s->span_ms, p, &bounds, e);
    if (rc == OK && s->model->shares == SHARES_EXPECTED) model_bounds(p, bounds.at);
    for (uint32_t i = 0; rc == OK && i < scratch->n; i++) {
        uint32_t level = 0;
        while (level + 1 < p->n_levels && (double)scratch->value[i] >= bounds.at[level]) level++;
        steps_add(out, scratch->at_ms[i], p->levels[level].capacity);
    }
    free(path);
    free(bounds.at);
    return rc;
}
