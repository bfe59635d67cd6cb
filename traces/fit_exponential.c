/* SPDX-License-Identifier: Apache-2.0
 * The model that everyone starts with, as a warning example: exponential runs,
 * independent pools. */
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define NEVER_H 1e6 /* a state that was never left */
#define SHORT_H 1e-3

/* Probes of one state, and how often it was left. */
struct stay {
    double probes, left;
};

/* The maximum of the likelihood of runs as a probe sees them: it finds the
 * state left with the chance 1 - exp(-step / mean). */
static double mean_h(const struct stay *s, double step_h) {
    if (s->probes == 0) return SHORT_H;
    if (s->left == 0) return NEVER_H;
    if (s->left >= s->probes) return step_h / 5;
    return -step_h / log(1 - s->left / s->probes);
}

static void count_stays(const struct trace_pool *p, double step_h, struct stay stay[2]) {
    const struct trace_capacity *c = &p->capacity;
    for (uint32_t i = 0; i < c->n; i++) {
        bool up = c->value[i] > 0, last = i + 1 == c->n;
        int64_t end = last ? p->span_ms : c->at_ms[i + 1];
        stay[up].probes += (double)(end - c->at_ms[i]) / (double)MS_PER_HOUR / step_h;
        stay[up].left += !last && (c->value[i + 1] > 0) != up;
    }
}

static enum error_code fit_pool(const struct trace_pool *p, double step_h, struct model_pool *out, struct error *e) {
    char **slots[] = {&out->name, &out->cloud, &out->region, &out->zone, &out->instance_type};
    const char *texts[] = {p->name, p->cloud, p->region, p->zone, p->instance_type};
    struct stay stay[2] = {{0, 0}, {0, 0}};
    struct fit_pool ignored = {.thin = false};
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) TRY(model_text(slots[i], texts[i], e));
    count_stays(p, step_h, stay);
    out->has_runs = true;
    out->runs.up = (struct family){.kind = FAMILY_EXPONENTIAL, .p = {mean_h(&stay[1], step_h)}, .cap_h = INFINITY};
    out->runs.down = (struct family){.kind = FAMILY_EXPONENTIAL, .p = {mean_h(&stay[0], step_h)}, .cap_h = INFINITY};
    runs_group_loss(p, step_h, &out->runs, &ignored);
    if (out->runs.width == 0) out->runs.width = 1; /* never up */
    price_fit(p, p->span_ms, out, &ignored);
    return OK;
}

enum error_code fit_exponential(const struct trace *t, struct model **out, struct error *e) {
    struct model *m = *out = model_new();
    int64_t step_ms = 0;
    if (m) m->pools = calloc(t->n_pools, sizeof *m->pools);
    if (!m || !m->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (t->pools[i].gap_ms > step_ms) step_ms = t->pools[i].gap_ms;
        if (t->pools[i].resolution_ms > step_ms) step_ms = t->pools[i].resolution_ms;
    }
    if (step_ms == 0) step_ms = MS_PER_S;
    m->n_pools = t->n_pools;
    m->process = MODEL_RUNS;
    m->span_ms = t->span_ms;
    m->resolution_ms = step_ms;
    m->epoch_ms = t->epoch_ms;
    for (uint32_t i = 0; i < t->n_pools; i++)
        TRY(fit_pool(&t->pools[i], (double)step_ms / (double)MS_PER_HOUR, &m->pools[i], e));
    return model_check(m, "exponential", e);
}
