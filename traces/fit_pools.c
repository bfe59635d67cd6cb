/* SPDX-License-Identifier: Apache-2.0
 * Which pools of a trace have enough to say for a fit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"

uint32_t evidence_lesser(const struct evidence *v) { return v->ups < v->downs ? v->ups : v->downs; }

static struct evidence count_runs(const struct trace_capacity *c, int64_t end_ms) {
    struct evidence v = {.ups = 0};
    double up_ms = 0, down_ms = 0;
    int64_t since = -1; /* the first change */
    for (uint32_t i = 1; i < c->n && c->at_ms[i] < end_ms; i++) {
        bool was_up = c->value[i - 1] > 0;
        if ((c->value[i] > 0) == was_up) continue;
        if (since >= 0) {
            *(was_up ? &up_ms : &down_ms) += (double)(c->at_ms[i] - since);
            ++*(was_up ? &v.ups : &v.downs);
        }
        since = c->at_ms[i];
    }
    v.mean_ms = fmin(up_ms / fmax(v.ups, 1), down_ms / fmax(v.downs, 1));
    return v;
}

/* Changes of a cut: n of them bound n - 1 complete runs, in turns. */
struct evidence pool_evidence(const struct grid *g, uint32_t pool) {
    const struct trace_pool *record = &g->trace->pools[pool];
    struct evidence v = count_runs(&record->capacity, record->span_ms);
    struct evidence common = count_runs(&record->capacity, g->trace->span_ms);
    v.common = evidence_lesser(&common);
    v.span_ms = g->trace->span_ms;
    v.step_ms = (int64_t)(g->step_h * (double)MS_PER_HOUR + 0.5);
    v.step_is = g->step_is;
    for (uint32_t c = 0; g->pool && c < g->pool[pool].n_cuts; c++) {
        const uint64_t *bits = g->pool[pool].bits[c];
        uint32_t changes = 0;
        for (uint32_t i = 1; i < g->n; i++) changes += grid_bit(bits, i) != grid_bit(bits, i - 1);
        if (changes / 2 > v.state + (changes % 2 == 0)) v.state = changes / 2 - (changes % 2 == 0);
    }
    return v;
}

static enum error_code skip_pool(struct fit *f, const char *name, struct error *e) {
    char **grown = realloc(f->skipped, (f->n_skipped + 1) * sizeof *grown);
    if (!grown) return error_set(e, ERR_FAILED, NULL, "out of memory");
    f->skipped = grown;
    f->skipped[f->n_skipped] = strdup(name);
    return f->skipped[f->n_skipped++] ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

enum error_code pools_check_bounded(const struct trace *t, struct error *e) {
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        bool unlimited = false;
        if (!p->has_capacity)
            return error_set(e, ERR_INPUT, p->name,
                             "has prices alone; a fit needs a record of its capacity (the time at "
                             "which instances could be had) as well");
        for (uint32_t k = 0; k < p->capacity.n; k++) unlimited = unlimited || p->capacity.value[k] > TRACE_CAPACITY_MAX;
        if (unlimited)
            return error_set(e, ERR_INPUT, p->name,
                             "has unlimited capacity, which no model has; write 1 or a count in place of "
                             "\"unlimited\" in its record, or leave --single-means unlimited out");
    }
    return OK;
}

uint32_t pools_runs_needed(const struct fit_options *o) {
    if (o->skip_few && o->family) return family_runs_min(o->family);
    return o->process == MODEL_BLOCKS ? FIT_BLOCKS_RUNS_MIN : FIT_RUNS_MIN;
}

/* There are runs enough, but what is fitted does not see them. */
static enum error_code too_few_seen(const char *name, const struct evidence *v, uint32_t needed, struct error *e) {
    char time[32], why[200];
    if (v->common < needed)
        snprintf(why, sizeof why, "too few are in the first %s, which all pools have",
                 text_format_duration(v->span_ms, time));
    else if (v->mean_ms < (double)v->step_ms)
        snprintf(why, sizeof why, "many are shorter than the resolution, %s (%s)",
                 text_format_duration(v->step_ms, time), v->step_is);
    else
        snprintf(why, sizeof why, "too few are at the levels that the pool divides its time at");
    return error_set(e, ERR_INPUT, name,
                     "has %u complete up-runs and %u down-runs, but %s: a fit sees %u of each and needs %u", v->ups,
                     v->downs, why, v->common < v->state ? v->common : v->state, needed);
}

static enum error_code too_few(const char *name, const struct evidence *v, uint32_t needed, const char *help,
                               struct error *e) {
    char level[64] = "";
    if (evidence_lesser(v) >= needed && v->state < needed) return too_few_seen(name, v, needed, e);
    if (v->state > evidence_lesser(v)) snprintf(level, sizeof level, " (%u at the level it crosses most)", v->state);
    return error_set(e, ERR_INPUT, name, "has %u complete up-runs and %u down-runs%s; a fit needs %u of each%s", v->ups,
                     v->downs, level, needed, help);
}

/* One pool without the others: a record too short for a grid shows no state. */
static enum error_code evidence_alone(const struct trace *t, uint32_t pool, struct evidence *v, struct error *e) {
    struct trace one = *t;
    struct grid g = {0};
    one.n_pools = 1;
    one.pools = &t->pools[pool];
    one.span_ms = one.pools->span_ms;
    enum error_code rc = grid_make(&one, NULL, &g, e);
    if (rc == ERR_INPUT) rc = OK;
    if (rc == OK) *v = pool_evidence(&g, 0);
    grid_free(&g);
    return rc;
}

/* Which pools have enough to say.  The state process takes weights from the
 * others for those that have not, if there are others; blocks are of all pools
 * together, and so is what they need; runs can do nothing.  `g`: NULL where
 * pools may be left out; each is then judged by all of its own time, as one that
 * goes takes nothing from the others. */
static enum error_code judge_pools(const struct trace *t, const struct grid *g, const struct fit_options *o,
                                   bool *enough, struct error *e) {
    uint32_t fine = 0, best = 0, together = 0;
    struct evidence most = {.ups = 0};
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct evidence v = {.ups = 0};
        if (g)
            v = pool_evidence(g, i);
        else
            TRY(evidence_alone(t, i, &v, e));
        together += v.state;
        uint32_t least = o->process == MODEL_BLOCKS ? FIT_BLOCKS_RUNS_MIN : FIT_RUNS_MIN;
        enough[i] = (o->process == MODEL_RUNS ? evidence_lesser(&v) : v.state) >= least;
        if (!g && o->family && evidence_lesser(&v) < family_runs_min(o->family)) enough[i] = false;
        fine += enough[i];
        if (!enough[i] && o->process == MODEL_RUNS && g)
            return too_few(t->pools[i].name, &v, FIT_RUNS_MIN, " (--skip-few leaves such pools out)", e);
        if (i && v.state <= most.state) continue;
        most = v;
        best = i;
    }
    if (fine || (o->process == MODEL_BLOCKS && g && together >= FIT_BLOCKS_RUNS_MIN)) return OK;
    return too_few(t->pools[best].name, &most, pools_runs_needed(o),
                   t->n_pools > 1 ? ", and no other pool has more" : "", e);
}

/* Those of the view that the fit of all together finds thin. */
static enum error_code find_thin(const struct trace *view, const struct fit_options *o, bool *thin, struct error *e) {
    struct grid g = {0};
    enum error_code rc = grid_make(view, NULL, &g, e);
    if (rc == OK) rc = judge_pools(view, &g, o, thin, e);
    for (uint32_t i = 0; rc == OK && i < view->n_pools; i++) thin[i] = !thin[i];
    grid_free(&g);
    return rc;
}

enum error_code pools_choose(const struct trace *t, const struct fit_options *o, struct fit *f, struct trace *view,
                             bool *thin, struct error *e) {
    bool *enough = calloc(t->n_pools, sizeof *enough);
    *view = *t;
    view->n_pools = 0;
    view->span_ms = INT64_MAX;
    view->pools = calloc(t->n_pools, sizeof *view->pools);
    enum error_code rc = view->pools && enough ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK && o->skip_few) rc = judge_pools(t, NULL, o, enough, e);
    for (uint32_t i = 0; rc == OK && i < t->n_pools; i++) {
        if (!enough[i] && o->skip_few) {
            rc = skip_pool(f, t->pools[i].name, e);
            continue;
        }
        view->pools[view->n_pools++] = t->pools[i];
        if (t->pools[i].span_ms < view->span_ms) view->span_ms = t->pools[i].span_ms;
    }
    if (rc == OK) rc = find_thin(view, o, thin, e);
    free(enough);
    return rc;
}
