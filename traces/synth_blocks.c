/* SPDX-License-Identifier: Apache-2.0
 * Blocks: the records of all pools, cut at the same moments and put into another
 * order.
 *
 * With exact shares the records are laid end to end as often as the trace needs,
 * and exchanges change the order: three cuts at moments that were alike bound two
 * runs of blocks that lie next to each other, and these change places.  So every
 * moment is used as often as every other, and what follows a cut is what followed
 * a moment like it.  A trace as long as the records begins and ends as they do;
 * another one begins anywhere, the ends joined.
 *
 * With expected shares it is the stationary bootstrap (Politis and Romano, JASA
 * 1994) with such joins: at each moment that a join knows, the trace goes on at
 * another one of the join's with a constant probability.  As many ways lead to a
 * moment as away from it, so each is used equally often on average.
 *
 * Where blocks keep the hour, the records are filled up to whole days by the
 * hours that are missing, of a day drawn at random. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/synth_private.h"

#define DAY_MS MS_PER_DAY
#define EXCHANGES_MAX 256u /* in one row */
#define ROW_MAX 64u        /* records in one row */
#define TRIES 256          /* for an exchange that leaves no short block */
#define SHORT_BLOCK 4      /* one is shorter than this part of the mean */

struct draws {
    uint64_t key, n;
};
static double draw_u01(struct draws *d) { return random_u01(random_key(d->key, d->n++)); }
/* A whole number below n. */
static uint32_t draw(struct draws *d, uint32_t n) {
    uint32_t i = (uint32_t)(draw_u01(d) * n);
    return i < n ? i : n - 1;
}

static int64_t length_of(const struct block *b) { return b->to_ms - b->from_ms; }

static bool plan_insert(struct blocks *p, uint32_t at, struct block block) {
    if (p->n == p->room) {
        uint32_t room = p->room ? p->room * 2 : 64;
        struct block *grown = realloc(p->block, room * sizeof *grown);
        if (!grown) return false;
        p->block = grown;
        p->room = room;
    }
    memmove(p->block + at + 1, p->block + at, (p->n - at) * sizeof *p->block);
    p->block[at] = block;
    p->n++;
    return true;
}

/* Cuts block i at a moment of the records inside it. */
static bool plan_cut(struct blocks *p, uint32_t i, int64_t at_ms) {
    struct block rest = {at_ms, p->block[i].to_ms};
    if (at_ms == p->block[i].from_ms) return true;
    p->block[i].to_ms = at_ms;
    return plan_insert(p, i + 1, rest);
}

static void reverse(struct block *b, uint32_t from, uint32_t to) {
    while (from + 1 < to) {
        struct block t = b[from];
        b[from++] = b[--to];
        b[to] = t;
    }
}

/* Blocks [from, middle) and [middle, to) change places. */
static void swap_runs(struct blocks *p, uint32_t from, uint32_t middle, uint32_t to) {
    reverse(p->block, from, middle);
    reverse(p->block, middle, to);
    reverse(p->block, from, to);
}

/* ---- records end to end ------------------------------------------------------------ */

static int64_t to_tick(const struct model_blocks *b, int64_t ms) {
    return (ms + b->tick_ms / 2) / b->tick_ms * b->tick_ms;
}

/* How much fills the records up to whole days; nothing when they are too short to
 * say. */
static int64_t filler_ms(const struct model_blocks *b) {
    int64_t over_ms = b->span_ms % DAY_MS, fill_ms = to_tick(b, DAY_MS - over_ms);
    return b->same_hour && over_ms && b->span_ms >= DAY_MS && fill_ms <= b->span_ms ? fill_ms : 0;
}

static struct block filler(const struct model_blocks *b, struct draws *d) {
    int64_t over_ms = b->span_ms % DAY_MS, days = b->span_ms / DAY_MS, fill_ms = filler_ms(b);
    if (fill_ms == 0) return (struct block){0, 0};
    int64_t from_ms = to_tick(b, over_ms + draw(d, (uint32_t)days) * DAY_MS);
    if (from_ms + fill_ms > b->span_ms) from_ms = b->span_ms - fill_ms;
    return (struct block){from_ms, from_ms + fill_ms};
}

static int64_t row_ms(const struct blocks *p, uint32_t first) {
    int64_t sum = 0;
    for (uint32_t i = first; i < p->n; i++) sum += length_of(&p->block[i]);
    return sum;
}

/* Which block from `first` on holds the moment; one of them at random. */
static uint32_t find_block(const struct blocks *p, uint32_t first, int64_t at_ms, struct draws *d) {
    uint32_t found = 0, at = UINT32_MAX;
    for (uint32_t i = first; i < p->n; i++) {
        if (at_ms < p->block[i].from_ms || at_ms >= p->block[i].to_ms) continue;
        if (++found == 1 || draw(d, found) == 0) at = i;
    }
    return at;
}

struct cut {
    uint32_t block;
    int64_t at_ms;
};

static int by_place(const void *a, const void *b) {
    const struct cut *x = a, *y = b;
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    return (x->at_ms > y->at_ms) - (x->at_ms < y->at_ms);
}

/* One place for each of the join's moments; false when a cut there would leave a
 * part shorter than `least`.  So no cut is where blocks are joined already, and an
 * exchange undoes nothing of another. */
static bool place_cuts(const struct model_join *join, const struct blocks *p, uint32_t first, int64_t least_ms,
                       struct draws *d, struct cut out[MODEL_JOIN]) {
    for (int i = 0; i < MODEL_JOIN; i++) out[i] = (struct cut){find_block(p, first, join->at_ms[i], d), join->at_ms[i]};
    qsort(out, MODEL_JOIN, sizeof *out, by_place);
    for (int i = 0; i < MODEL_JOIN; i++) {
        const struct block *b = &p->block[out[i].block];
        if (out[i].at_ms - b->from_ms < least_ms || b->to_ms - out[i].at_ms < least_ms) return false;
        if (i && out[i].block == out[i - 1].block && out[i].at_ms - out[i - 1].at_ms < least_ms) return false;
    }
    return true;
}

/* Three cuts for an exchange; false: none found that leaves no short block.  The
 * first exchange may leave one, so that there is one. */
static bool find_cuts(const struct model_blocks *b, const struct blocks *p, uint32_t first, bool any, struct draws *d,
                      struct cut out[MODEL_JOIN]) {
    int64_t least_ms = b->mean_ms / SHORT_BLOCK;
    if (least_ms < b->tick_ms) least_ms = b->tick_ms;
    for (int try = 0; try < TRIES; try++)
        if (place_cuts(&b->joins[draw(d, b->n_joins)], p, first, least_ms, d, out)) return true;
    return any && place_cuts(&b->joins[draw(d, b->n_joins)], p, first, b->tick_ms, d, out);
}

static bool exchange(struct blocks *p, struct cut cut[MODEL_JOIN]) {
    uint32_t place[MODEL_JOIN];
    for (int i = MODEL_JOIN - 1; i >= 0; i--) {
        uint32_t before = p->n;
        if (!plan_cut(p, cut[i].block, cut[i].at_ms)) return false;
        place[i] = cut[i].block + (p->n - before);
        for (int k = i + 1; k < MODEL_JOIN; k++) place[k] += p->n - before;
    }
    swap_runs(p, place[0], place[1], place[2]);
    return true;
}

/* The row, its ends joined, begins somewhere else: at any tick, or where a day
 * begins. */
static bool turn(const struct model_blocks *b, struct blocks *p, uint32_t first, struct draws *d) {
    int64_t unit_ms = b->same_hour ? DAY_MS : b->tick_ms, all_ms = row_ms(p, first);
    int64_t units = (all_ms + unit_ms / 2) / unit_ms;
    int64_t at_ms = to_tick(b, (int64_t)(draw_u01(d) * (double)(units ? units : 1)) * unit_ms);
    uint32_t i = first;
    if (at_ms >= all_ms) return true;
    for (; at_ms >= length_of(&p->block[i]); i++) at_ms -= length_of(&p->block[i]);
    uint32_t before = p->n;
    if (!plan_cut(p, i, p->block[i].from_ms + at_ms)) return false;
    i += p->n - before;
    if (i > first && i < p->n) swap_runs(p, first, i, p->n);
    return true;
}

/* A row of so many records behind what is there; alone: all there will be, from
 * its beginning to its end. */
static bool add_row(const struct model_blocks *b, uint32_t records, bool alone, struct draws *d, struct blocks *p) {
    uint32_t first = p->n;
    bool ok = true;
    for (uint32_t i = 0; ok && i < records; i++) {
        struct block fill = alone ? (struct block){0, 0} : filler(b, d);
        ok = plan_insert(p, p->n, (struct block){0, b->span_ms});
        if (ok && fill.to_ms > fill.from_ms) ok = plan_insert(p, p->n, fill);
    }
    double wanted = ok && b->n_joins ? (double)row_ms(p, first) / (double)b->mean_ms / MODEL_JOIN : 0;
    uint32_t exchanges = wanted < EXCHANGES_MAX ? (uint32_t)(wanted + 0.5) : EXCHANGES_MAX;
    if (alone && b->n_joins && exchanges == 0) exchanges = 1; /* or it would be the record */
    struct cut cuts[MODEL_JOIN];
    for (uint32_t i = 0; ok && i < exchanges && find_cuts(b, p, first, i == 0, d, cuts); i++) ok = exchange(p, cuts);
    return ok && (alone || turn(b, p, first, d));
}

/* ---- the stationary bootstrap ----------------------------------------------------------- */

/* A moment that a join knows. */
struct gate {
    int64_t at_ms;
    uint32_t join;
};

static int by_time(const void *a, const void *b) {
    const struct gate *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    return (x->join > y->join) - (x->join < y->join);
}

static struct gate *sort_gates(const struct model_blocks *b) {
    struct gate *g = malloc((b->n_joins * MODEL_JOIN + 1) * sizeof *g);
    for (uint32_t i = 0; g && i < b->n_joins * MODEL_JOIN; i++)
        g[i] = (struct gate){b->joins[i / MODEL_JOIN].at_ms[i % MODEL_JOIN], i / MODEL_JOIN};
    if (g && b->n_joins) qsort(g, b->n_joins * MODEL_JOIN, sizeof *g, by_time);
    return g;
}

static int64_t another(const struct model_join *join, int64_t at_ms, struct draws *d) {
    uint32_t i = 0, step = 1 + draw(d, MODEL_JOIN - 1);
    while (join->at_ms[i] != at_ms) i++;
    return join->at_ms[(i + step) % MODEL_JOIN];
}

/* First gate after a moment. */
static uint32_t gate_after(const struct gate *g, uint32_t n, int64_t at_ms) {
    uint32_t lo = 0, hi = n;
    while (lo < hi) {
        uint32_t middle = (lo + hi) / 2;
        if (g[middle].at_ms <= at_ms)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

static bool walk(const struct model_blocks *b, int64_t span_ms, struct draws *d, struct blocks *p) {
    struct gate *gates = sort_gates(b);
    uint32_t n = b->n_joins * MODEL_JOIN;
    int64_t unit_ms = b->same_hour ? DAY_MS : b->tick_ms, units = b->span_ms / unit_ms;
    double leave = n ? (double)b->span_ms / n / (double)b->mean_ms : 0;
    int64_t from_ms = to_tick(b, (int64_t)(draw_u01(d) * (double)(units ? units : 1)) * unit_ms);
    bool ok = gates != NULL;
    if (from_ms >= b->span_ms) from_ms = 0;
    for (int64_t made_ms = 0; ok && made_ms < span_ms;) {
        uint32_t i = gate_after(gates, n, from_ms);
        while (i < n && draw_u01(d) >= leave) i++;
        struct block block = {from_ms, i < n ? gates[i].at_ms : b->span_ms};
        ok = plan_insert(p, p->n, block);
        made_ms += length_of(&block);
        from_ms = i < n ? another(&b->joins[gates[i].join], gates[i].at_ms, d) : 0;
        struct block fill = i < n ? (struct block){0, 0} : filler(b, d);
        if (ok && fill.to_ms > fill.from_ms) ok = plan_insert(p, p->n, fill);
        made_ms += length_of(&fill);
    }
    free(gates);
    return ok;
}

/* ---- all together ------------------------------------------------------------------------ */

enum error_code synth_blocks(struct synth *s, struct error *e) {
    const struct model_blocks *b = &s->model->blocks;
    struct draws d = {random_key_text(s->key, "blocks"), 0};
    bool ok = true;
    if (s->model->shares == SHARES_EXPECTED) ok = walk(b, s->span_ms, &d, &s->blocks);
    int64_t per_ms = b->span_ms + filler_ms(b);
    int64_t records = (s->span_ms + per_ms - 1) / per_ms;
    for (; ok && s->model->shares == SHARES_EXACT && records > 0; records -= ROW_MAX)
        ok = add_row(b, records < ROW_MAX ? (uint32_t)records : ROW_MAX, s->span_ms == b->span_ms, &d, &s->blocks);
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* A record's steps, block by block. */
static void copy_steps(const struct synth *s, const int64_t *at_ms, const void *value, bool wide, uint32_t n,
                       struct steps *out) {
    int64_t to_ms = 0;
    for (uint32_t k = 0; k < s->blocks.n && to_ms < s->span_ms; k++) {
        const struct block *b = &s->blocks.block[k];
        uint32_t lo = 0, hi = n - 1; /* the step that holds at the beginning */
        while (lo < hi) {
            uint32_t middle = (lo + hi + 1) / 2;
            if (at_ms[middle] <= b->from_ms)
                lo = middle;
            else
                hi = middle - 1;
        }
        int64_t shift_ms = to_ms - b->from_ms;
        for (uint32_t i = lo; i < n && at_ms[i] < b->to_ms; i++) {
            int64_t at = i == lo ? to_ms : at_ms[i] + shift_ms;
            if (at >= s->span_ms) return;
            steps_add(out, at, wide ? ((const int64_t *)value)[i] : ((const uint32_t *)value)[i]);
        }
        to_ms += length_of(b);
    }
}

enum error_code synth_blocks_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e) {
    const struct trace_capacity *c = &s->model->pools[pool].history.capacity;
    copy_steps(s, c->at_ms, c->value, false, c->n, out);
    return out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
}

enum error_code synth_blocks_price(const struct synth *s, uint32_t pool, struct steps *out, struct error *e) {
    const struct trace_price *p = &s->model->pools[pool].history.price;
    copy_steps(s, p->at_ms, p->uusd_per_h, true, p->n, out);
    return out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
}
