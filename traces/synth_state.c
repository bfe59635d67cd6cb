/* SPDX-License-Identifier: Apache-2.0
 * The state process: capacity follows U(t) = Z(t) + swing with the clock.  Z is
 * a sum of parts that hold a normal value for an exponential time, so its
 * distribution is exactly normal at every moment and its path is a step
 * function.
 *
 * Each part in turn leaves its changes behind, in a sum per step of time where
 * steps are few, else in a list that is sorted by time; one pass over them then
 * gives U.  Values are whole numbers of 2^-32, so that sums are exact in
 * whatever order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/model_state.h"
#include "traces/synth_private.h"

#define ONE STATE_ONE
#define BINS 16384
#define BIN_SHIFT 22 /* from a fixed-point number to its bin */
#define BIN_RANGE 8  /* bins cover -BIN_RANGE to BIN_RANGE */
_Static_assert((int64_t)BINS << BIN_SHIFT == 2 * BIN_RANGE * (int64_t)ONE, "bins cover the range");
#define DENSE_MAX 4 /* steps per change up to which a sum per step is cheaper */
#define OWN_MIN 1e-9

/* ---- parts ------------------------------------------------------------------------ */

/* The next value of one part and how long it holds; one mixed word gives both.
 * With a probing interval only what the probes see is drawn: a value holds for
 * whole intervals, and one that no probe meets is left out. */
struct source {
    const struct tables *tables;
    uint64_t key;
    double scale; /* in steps */
};
static inline double draw_next(struct source *p, int64_t *hold) {
    uint64_t word = random_mix(p->key++);
    *hold = 1 + (int64_t)((double)p->tables->exponential[word & ((1u << TABLE_BITS) - 1)] * p->scale);
    return (double)p->tables->normal[word >> (64 - TABLE_BITS)];
}

static struct source source_of(const struct synth *s, uint64_t key, uint32_t scale) {
    double steps = s->model->scale_h[scale] * (double)MS_PER_HOUR / (double)s->step_ms;
    return (struct source){s->tables, random_key(key, scale), steps};
}

static int64_t steps_of(const struct synth *s) { return (s->span_ms + s->step_ms - 1) / s->step_ms; }

/* ---- factors ---------------------------------------------------------------------- */

static enum error_code stream_room(struct stream *s, struct error *e) {
    if (s->n < s->room) return OK;
    uint32_t room = s->room ? s->room * 2 : 256;
    int64_t *times = realloc(s->at, room * sizeof *times);
    if (times) s->at = times;
    float *values = realloc(s->value, room * sizeof *values);
    if (values) s->value = values;
    if (!times || !values) return error_set(e, ERR_FAILED, NULL, "out of memory");
    s->room = room;
    return OK;
}

static enum error_code make_stream(const struct synth *s, uint64_t key, uint32_t scale, struct stream *out,
                                   struct error *e) {
    struct source part = source_of(s, key, scale);
    int64_t span = steps_of(s), hold;
    for (int64_t at = 0; at < span; at += hold) {
        TRY(stream_room(out, e));
        out->at[out->n] = at;
        out->value[out->n++] = (float)draw_next(&part, &hold);
    }
    return OK;
}

enum error_code synth_factors(struct synth *s, struct error *e) {
    const struct model *m = s->model;
    s->factor = calloc((size_t)m->n_factors * m->n_scales + 1, sizeof *s->factor);
    if (!s->factor) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t f = 0; f < m->n_factors; f++) {
        uint64_t key = random_key_text(random_key_text(s->key, "factor"), m->factors[f]);
        for (uint32_t k = 0; k < m->n_scales; k++)
            if (m->common[k] > 0) TRY(make_stream(s, key, k, &s->factor[f * m->n_scales + k], e));
    }
    return OK;
}

void synth_factors_free(struct synth *s) {
    for (uint32_t i = 0; s->factor && i < s->model->n_factors * s->model->n_scales; i++) {
        free(s->factor[i].at);
        free(s->factor[i].value);
    }
    free(s->factor);
    s->factor = NULL;
}

/* ---- the path of one pool ------------------------------------------------------------ */

void state_scratch_free(struct state_scratch *p) {
    free(p->value);
    free(p->change);
    free(p->sorted);
    free(p->first);
    free(p->bin_time);
    free(p->bound);
    memset(p, 0, sizeof *p);
}

static inline void add_change(struct state_scratch *p, int64_t at, int64_t by) {
    if (p->dense) {
        p->value[at] += by;
        return;
    }
    if (p->n_changes == p->room_changes) {
        uint32_t room = p->room_changes ? p->room_changes * 2 : 4096;
        struct state_change *grown = realloc(p->change, room * sizeof *grown);
        if (!grown) {
            p->failed = true;
            return;
        }
        p->change = grown;
        p->room_changes = room;
    }
    p->change[p->n_changes++] = (struct state_change){at, by};
}

static void add_own(const struct synth *s, uint64_t key, uint32_t scale, double coefficient,
                    struct state_scratch *out) {
    struct source part = source_of(s, key, scale);
    int64_t span = steps_of(s), hold, last = 0;
    for (int64_t at = 0; at < span; at += hold) {
        int64_t value = (int64_t)(coefficient * ONE * draw_next(&part, &hold));
        add_change(out, at, value - last);
        last = value;
    }
}

static void add_shared(const struct stream *stream, double coefficient, struct state_scratch *out) {
    int64_t last = 0;
    for (uint32_t i = 0; i < stream->n; i++) {
        int64_t value = (int64_t)(coefficient * ONE * (double)stream->value[i]);
        add_change(out, stream->at[i], value - last);
        last = value;
    }
}

/* The swing is constant within an hour. */
static void add_clock(const struct synth *s, const struct model_state *state, struct state_scratch *out) {
    double week[SWING_HOURS];
    bool weekly = true;
    int64_t span = steps_of(s), last = 0;
    for (uint32_t i = 0; i < state->n_waves; i++) weekly = weekly && fmod(SWING_HOURS, state->waves[i].period_h) == 0;
    if (weekly) model_swing_week(state, week);
    for (int64_t hour = 0;; hour++) {
        int64_t at = (hour * MS_PER_HOUR + s->step_ms - 1) / s->step_ms;
        if (at >= span) return;
        int64_t value = (int64_t)(ONE * (weekly ? week[hour % SWING_HOURS] : model_swing(state, (double)hour + 0.5)));
        add_change(out, at, value - last);
        last = value;
    }
}

static void add_parts(const struct synth *s, const struct model_pool *p, struct state_scratch *out) {
    const struct model *m = s->model;
    uint64_t key = random_key_text(random_key_text(s->key, "pool"), p->name);
    double squares = 0;
    for (uint32_t l = 0; l < p->state.n_loads; l++) {
        const struct model_load *load = &p->state.loads[l];
        squares += load->value * load->value;
        for (uint32_t k = 0; load->value != 0 && k < m->n_scales; k++)
            add_shared(&s->factor[load->factor * m->n_scales + k],
                       sqrt(p->state.weight[k] * m->common[k]) * load->value, out);
    }
    for (uint32_t k = 0; k < m->n_scales; k++) {
        double own = p->state.weight[k] * (1 - m->common[k] * squares);
        if (own >= OWN_MIN) add_own(s, key, k, sqrt(own), out);
    }
    if (p->state.n_waves) add_clock(s, &p->state, out);
}

/* About how many changes the pool's parts make. */
static double expect_changes(const struct synth *s, const struct model_pool *p) {
    const struct model *m = s->model;
    double hours = (double)s->span_ms / (double)MS_PER_HOUR, step_h = (double)s->step_ms / (double)MS_PER_HOUR;
    double sum = p->state.n_waves ? hours : 0;
    for (uint32_t k = 0; k < m->n_scales; k++)
        sum += hours / (m->scale_h[k] + step_h / 2) * (1 + (m->common[k] > 0 ? p->state.n_loads : 0));
    return sum;
}

static enum error_code path_start(const struct synth *s, const struct model_pool *p, struct state_scratch *out,
                                  struct error *e) {
    int64_t span = steps_of(s);
    out->dense = (double)span <= DENSE_MAX * expect_changes(s, p);
    out->n_changes = 0;
    if (!out->dense) return OK;
    if (out->room < (uint64_t)span) {
        free(out->value);
        out->value = malloc((size_t)span * sizeof *out->value);
        out->room = out->value ? (uint64_t)span : 0;
    }
    if (!out->value) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memset(out->value, 0, (size_t)span * sizeof *out->value);
    return OK;
}

/* Changes by time: put into as many slots of time as there are changes, then
 * each moved to its place among its neighbours.  Slots are evenly filled, since
 * parts change at random moments. */
static enum error_code sort_changes(int64_t span, struct state_scratch *p, struct error *e) {
    uint32_t n = p->n_changes, slots = 1, shift = 0;
    while (slots < n && slots < 1u << 30) slots *= 2;
    while (span >> shift >= slots) shift++;
    struct state_change *sorted = realloc(p->sorted, (n + 1) * sizeof *sorted);
    if (sorted) p->sorted = sorted;
    uint32_t *first = realloc(p->first, ((size_t)slots + 1) * sizeof *first);
    if (first) p->first = first;
    if (!sorted || !first) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memset(first, 0, ((size_t)slots + 1) * sizeof *first);
    for (uint32_t i = 0; i < n; i++) first[(p->change[i].at >> shift) + 1]++;
    for (uint32_t i = 0; i < slots; i++) first[i + 1] += first[i];
    for (uint32_t i = 0; i < n; i++) sorted[first[p->change[i].at >> shift]++] = p->change[i];
    for (uint32_t i = 1; i < n; i++) {
        struct state_change moved = sorted[i];
        uint32_t at = i;
        for (; at && sorted[at - 1].at > moved.at; at--) sorted[at] = sorted[at - 1];
        sorted[at] = moved;
    }
    return OK;
}

/* From changes to values: U holds value[i] from one step to the next that is
 * listed. */
static enum error_code path_settle(const struct synth *s, struct state_scratch *p, struct error *e) {
    int64_t u = 0, span = steps_of(s);
    if (p->failed) return error_set(e, ERR_FAILED, NULL, "out of memory");
    p->n = 0;
    if (p->dense) {
        for (int64_t i = 0; i < span; i++) p->value[i] = u += p->value[i];
        p->n = (uint32_t)span;
        return OK;
    }
    TRY(sort_changes(span, p, e));
    for (uint32_t i = 0; i < p->n_changes; i++) { /* the sorted list becomes the path */
        u += p->sorted[i].by;
        if (!p->n || p->sorted[p->n - 1].at != p->sorted[i].at) p->n++;
        p->sorted[p->n - 1] = (struct state_change){p->sorted[i].at, u};
    }
    if (!p->n) p->sorted[p->n++] = (struct state_change){0, 0};
    return OK;
}

static inline int64_t path_value(const struct state_scratch *p, uint32_t i) {
    return p->dense ? p->value[i] : p->sorted[i].by;
}
static inline int64_t path_ms(const struct synth *s, const struct state_scratch *p, uint32_t i) {
    return i == p->n ? s->span_ms : (p->dense ? (int64_t)i : p->sorted[i].at) * s->step_ms;
}

/* ---- from U to capacity ---------------------------------------------------------------- */

static uint32_t bin_of(int64_t u) {
    int64_t bin = (u + BIN_RANGE * (int64_t)ONE) >> BIN_SHIFT;
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : (uint32_t)bin;
}

static int64_t fixed(double x) {
    double most = 64 * ONE;
    return x * ONE > most ? INT64_MAX : x * ONE < -most ? INT64_MIN : (int64_t)ceil(x * ONE);
}

/* Bounds so that this very path spends the model's shares at each level. */
static void bounds_exact(const struct synth *s, const struct model_pool *p, struct state_scratch *path) {
    int64_t *time = path->bin_time;
    memset(time, 0, BINS * sizeof *time);
    for (uint32_t i = 0; i < path->n; i++)
        time[bin_of(path_value(path, i))] += path_ms(s, path, i + 1) - path_ms(s, path, i);
    double below = 0, share = 0;
    uint32_t bin = 0;
    for (uint32_t j = 0; j + 1 < p->n_levels; j++) {
        share += p->levels[j].share;
        double wanted = share * (double)s->span_ms;
        while (bin < BINS - 1 && below + (double)time[bin] < wanted) below += (double)time[bin++];
        double part = time[bin] > 0 ? (wanted - below) / (double)time[bin] : 0;
        double at = (bin + part) / BINS * 2 * BIN_RANGE - BIN_RANGE;
        path->bound[j] = fixed(share <= 0 ? -INFINITY : share >= 1 - 1e-12 ? INFINITY : at);
    }
}

/* Level j holds while U >= bound[j - 1]. */
static enum error_code bounds_set(const struct synth *s, const struct model_pool *p, struct state_scratch *path,
                                  struct error *e) {
    if (!path->bin_time) path->bin_time = malloc(BINS * sizeof *path->bin_time);
    if (!path->bound) path->bound = malloc(MODEL_LEVELS_MAX * sizeof *path->bound);
    if (!path->bin_time || !path->bound) return error_set(e, ERR_FAILED, NULL, "out of memory");
    if (s->model->shares == SHARES_EXACT) {
        bounds_exact(s, p, path);
    } else {
        double bound[MODEL_LEVELS_MAX];
        model_bounds(p, bound);
        for (uint32_t j = 0; j + 1 < p->n_levels; j++) path->bound[j] = fixed(bound[j]);
    }
    return OK;
}

enum error_code synth_state_pool(const struct synth *s, uint32_t pool, struct state_scratch *scratch, struct steps *out,
                                 struct error *e) {
    const struct model_pool *p = &s->model->pools[pool];
    TRY(path_start(s, p, scratch, e));
    add_parts(s, p, scratch);
    TRY(path_settle(s, scratch, e));
    TRY(bounds_set(s, p, scratch, e));
    const int64_t *bound = scratch->bound;
    uint32_t level = 0, last = UINT32_MAX, top = p->n_levels - 1;
    for (uint32_t i = 0; i < scratch->n; i++) {
        int64_t u = path_value(scratch, i);
        while (level < top && u >= bound[level]) level++;
        while (level && u < bound[level - 1]) level--;
        if (level != last) steps_add(out, path_ms(s, scratch, i), p->levels[level].capacity);
        last = level;
    }
    return OK;
}
