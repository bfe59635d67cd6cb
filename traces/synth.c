/* SPDX-License-Identifier: Apache-2.0
 * From a model to a trace: pools are made side by side on all cores. */
#include "traces/synth.h"

#include <gsl/gsl_cdf.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "traces/synth_private.h"

#define SPAN_OTHERWISE_MS (30 * MS_PER_DAY)
#define THREADS_MAX 64u
#define CHANGES_MAX 2e7
#define RECORDS_MAX 100000 /* a trace of so many times its model's records */

/* ---- step functions ------------------------------------------------------------- */

void steps_add(struct steps *s, int64_t at_ms, int64_t value) {
    if (s->n && s->at_ms[s->n - 1] == at_ms) {
        s->value[s->n - 1] = value;
        if (s->n > 1 && s->value[s->n - 2] == value) s->n--;
        return;
    }
    if (s->n && s->value[s->n - 1] == value) return;
    if (s->n == s->room) {
        uint32_t room = s->room ? s->room * 2 : 256;
        int64_t *at = realloc(s->at_ms, room * sizeof *at);
        if (at) s->at_ms = at;
        int64_t *values = at ? realloc(s->value, room * sizeof *values) : NULL;
        if (!values) {
            s->failed = true;
            return;
        }
        s->value = values;
        s->room = room;
    }
    s->at_ms[s->n] = at_ms;
    s->value[s->n++] = value;
}

void steps_free(struct steps *s) {
    free(s->at_ms);
    free(s->value);
    memset(s, 0, sizeof *s);
}

static int64_t *copy_times(const struct steps *s) {
    int64_t *copy = malloc((s->n ? s->n : 1) * sizeof *copy);
    if (copy && s->n) memcpy(copy, s->at_ms, s->n * sizeof *copy);
    return copy;
}

enum error_code steps_to_capacity(struct steps *s, struct trace_pool *p, struct error *e) {
    struct trace_capacity c = {s->n, copy_times(s), malloc((s->n ? s->n : 1) * sizeof(uint32_t))};
    if (s->failed || !c.at_ms || !c.value) {
        free(c.at_ms);
        free(c.value);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    for (uint32_t i = 0; i < s->n; i++) c.value[i] = (uint32_t)s->value[i];
    free(p->capacity.at_ms);
    free(p->capacity.value);
    p->capacity = c;
    return OK;
}

enum error_code steps_to_price(struct steps *s, struct trace_pool *p, struct error *e) {
    struct trace_price c = {s->n, copy_times(s), malloc((s->n ? s->n : 1) * sizeof(int64_t))};
    if (s->failed || !c.at_ms || !c.uusd_per_h) {
        free(c.at_ms);
        free(c.uusd_per_h);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    if (s->n) memcpy(c.uusd_per_h, s->value, s->n * sizeof *c.uusd_per_h);
    free(p->price.at_ms);
    free(p->price.uusd_per_h);
    p->price = c;
    return OK;
}

/* ---- pools ------------------------------------------------------------------------ */

struct work {
    const struct synth *synth;
    struct trace *trace;
    atomic_uint next;
    pthread_mutex_t lock;
    uint32_t failed_pool; /* lowest so far */
    struct error failure;
};

static enum error_code make_pool(const struct synth *s, uint32_t i, struct state_scratch *scratch,
                                 struct trace_pool *out, struct error *e) {
    const struct model_pool *p = &s->model->pools[i];
    struct steps steps = {0};
    enum error_code rc;
    switch ((enum model_process)s->model->process) {
    case MODEL_STATE:
        rc = synth_state_pool(s, i, scratch, &steps, e);
        break;
    case MODEL_RUNS:
        rc = synth_runs_pool(s, i, &steps, e);
        break;
    case MODEL_BLOCKS:
    default:
        rc = synth_blocks_pool(s, i, &steps, e);
        break;
    }
    bool recorded = s->model->process == MODEL_BLOCKS && p->history.price.n;
    if (rc == OK) rc = steps_to_capacity(&steps, out, e);
    steps_free(&steps);
    if (rc == OK && (p->has_price || recorded)) {
        rc = recorded ? synth_blocks_price(s, i, &steps, e) : synth_price_pool(s, i, &steps, e);
        if (rc == OK) rc = steps_to_price(&steps, out, e);
        if (rc == OK) out->price_samples = out->samples;
    }
    steps_free(&steps);
    return rc;
}

static void *worker(void *arg) {
    struct work *w = arg;
    struct state_scratch scratch = {0};
    for (;;) {
        uint32_t i = atomic_fetch_add(&w->next, 1);
        if (i >= w->trace->n_pools) break;
        struct error error = {0};
        if (make_pool(w->synth, i, &scratch, &w->trace->pools[i], &error) == OK) continue;
        pthread_mutex_lock(&w->lock);
        if (i < w->failed_pool) {
            w->failed_pool = i;
            w->failure = error;
        }
        pthread_mutex_unlock(&w->lock);
    }
    state_scratch_free(&scratch);
    return NULL;
}

static uint32_t threads_for(uint32_t asked, uint32_t n_pools) {
    long cores = asked ? (long)asked : sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) cores = 1;
    if (cores > (long)THREADS_MAX) cores = THREADS_MAX;
    uint32_t most = 1 + n_pools / 16; /* a thread for a handful of pools is not worth its start */
    return (uint32_t)cores < most ? (uint32_t)cores : most;
}

static enum error_code make_pools(const struct synth *s, struct trace *t, uint32_t threads, struct error *e) {
    struct work w = {.synth = s, .trace = t, .failed_pool = UINT32_MAX};
    pthread_t ids[THREADS_MAX];
    uint32_t started = 0;
    pthread_mutex_init(&w.lock, NULL);
    while (started + 1 < threads && pthread_create(&ids[started], NULL, worker, &w) == 0) started++;
    worker(&w);
    for (uint32_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    pthread_mutex_destroy(&w.lock);
    if (w.failed_pool == UINT32_MAX) return OK;
    if (e) *e = w.failure;
    return w.failure.code;
}

static enum error_code name_pool(const struct model *m, const struct model_pool *from, int64_t span_ms,
                                 struct trace_pool *to, struct error *e) {
    char **slots[] = {&to->name, &to->cloud, &to->region, &to->zone, &to->instance_type};
    const char *texts[] = {from->name, from->cloud, from->region, from->zone, from->instance_type};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) TRY(model_text(slots[i], texts[i], e));
    to->has_capacity = true;
    to->span_ms = span_ms;
    to->gap_ms = to->resolution_ms = m->resolution_ms;
    if (m->resolution_ms) to->samples = (uint32_t)((span_ms + m->resolution_ms - 1) / m->resolution_ms);
    return OK;
}

static enum error_code new_trace(const struct model *m, int64_t span_ms, struct trace **out, struct error *e) {
    struct trace *t = calloc(1, sizeof *t);
    if (t) t->pools = calloc(m->n_pools, sizeof *t->pools);
    if (!t || !t->pools) {
        free(t);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    t->n_pools = m->n_pools;
    t->epoch_ms = m->epoch_ms;
    t->span_ms = span_ms;
    enum error_code rc = OK;
    for (uint32_t i = 0; i < m->n_pools && rc == OK; i++) rc = name_pool(m, &m->pools[i], span_ms, &t->pools[i], e);
    *out = t;
    return rc;
}

struct tables *synth_tables(void) {
    struct tables *t = malloc(sizeof *t);
    const uint32_t n = 1u << TABLE_BITS;
    for (uint32_t i = 0; t && i < n; i++) {
        double u = (i + 0.5) / n;
        t->normal[i] = (float)gsl_cdf_ugaussian_Pinv(u);
        t->exponential[i] = (float)gsl_cdf_exponential_Pinv(u, 1);
    }
    return t;
}

static enum error_code check_records(const struct model *m, int64_t span_ms, struct error *e) {
    int64_t times = span_ms / m->blocks.span_ms + 1;
    uint32_t most = m->blocks.n_joins * MODEL_JOIN;
    for (uint32_t i = 0; i < m->n_pools; i++) {
        if (m->pools[i].history.capacity.n > most) most = m->pools[i].history.capacity.n;
        if (m->pools[i].history.price.n > most) most = m->pools[i].history.price.n;
    }
    if (times <= RECORDS_MAX && (double)times * most <= CHANGES_MAX) return OK;
    return error_set(e, ERR_INPUT, m->name,
                     "the span is %lld times that of the model's records; this is too long for them (%u changes of a "
                     "pool or moments of joins)",
                     (long long)times, most);
}

static enum error_code check_span(const struct model *m, int64_t span_ms, struct error *e) {
    if (m->n_pools == 0) return error_set(e, ERR_INPUT, m->name, "the model has no pools to make a trace of");
    if (span_ms > TIME_LIMIT_MS)
        return error_set(e, ERR_INPUT, NULL, "a span of more than %d days", (int)(TIME_LIMIT_MS / MS_PER_DAY));
    if (m->resolution_ms && span_ms / m->resolution_ms >= TRACE_SAMPLES_MAX)
        return error_set(e, ERR_INPUT, NULL, "more than %u samples", TRACE_SAMPLES_MAX);
    if (m->process == MODEL_BLOCKS) return check_records(m, span_ms, e);
    double step_h = (double)m->resolution_ms / (double)MS_PER_HOUR, changes = 0;
    for (uint32_t k = 0; m->process == MODEL_STATE && k < m->n_scales; k++)
        changes += (double)span_ms / (double)MS_PER_HOUR / (m->scale_h[k] + step_h);
    if (changes > CHANGES_MAX)
        return error_set(e, ERR_INPUT, m->name,
                         "the hidden state of a pool would change %.2g times in this span; the limit is %.2g (a "
                         "resolution, a shorter span or longer scales_h help)",
                         changes, CHANGES_MAX);
    return OK;
}

enum error_code synth_trace(const struct model *m, const struct synth_options *o, struct trace **out, struct error *e) {
    int64_t span_ms = o->span_ms ? o->span_ms : m->span_ms;
    if (!span_ms) span_ms = m->process == MODEL_BLOCKS ? m->blocks.span_ms : SPAN_OTHERWISE_MS;
    struct trace *t = NULL;
    *out = NULL;
    TRY(check_span(m, span_ms, e));
    struct tables *own = o->tables ? NULL : synth_tables();
    if (!own && !o->tables) return error_set(e, ERR_FAILED, NULL, "out of memory");
    struct synth s = {.model = m,
                      .key = random_mix(o->seed),
                      .span_ms = span_ms,
                      .tables = own ? own : o->tables,
                      .step_ms = m->resolution_ms > 0 ? m->resolution_ms : 1};
    enum error_code rc = new_trace(m, span_ms, &t, e);
    if (rc == OK && m->process == MODEL_STATE) rc = synth_factors(&s, e);
    if (rc == OK && m->process == MODEL_BLOCKS) rc = synth_blocks(&s, e);
    if (rc == OK) rc = make_pools(&s, t, threads_for(o->threads, m->n_pools), e);
    synth_factors_free(&s);
    free(s.blocks.block);
    free(own);
    if (rc == OK) rc = synth_events_check(t, m, e);
    if (rc == OK && m->n_events) rc = synth_events(t, m, out, e);
    if (rc == OK && !m->n_events) {
        *out = t;
        return OK;
    }
    trace_free(t);
    return rc;
}

enum error_code synth_lifetimes(const struct model *m, uint64_t seed, uint32_t n, struct strbuf *out, struct error *e) {
    if (!m->lifetime.known) return error_set(e, ERR_INPUT, m->name, "the model has no lifetime");
    uint64_t key = random_key_text(random_mix(seed), "lifetime");
    strbuf_puts(out, "lifetime_h,ended_by\n");
    for (uint32_t i = 0; i < n; i++) {
        strbuf_real(out, family_quantile(&m->lifetime.family, random_u01(random_key(key, i))));
        strbuf_puts(out, ",preempted\n");
    }
    return OK;
}
