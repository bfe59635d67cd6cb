/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/identity.h"
#include "traces/model_private.h"

#define SUM_TOLERANCE 1e-3
/* Nearer to 1 than this is 1: scaling again would never come to rest. */
#define SUM_EXACT 1e-9

const char *const model_event_kinds[] = {"outage", "drought", "price", "flap", "on-demand", NULL};
const char *const model_processes[] = {"state", "runs", "blocks", NULL};
const char *const model_shares_names[] = {"exact", "expected", NULL};

struct model *model_new(void) {
    struct model *m = calloc(1, sizeof *m);
    if (m) m->epoch_ms = INT64_MIN;
    return m;
}

static void pool_free(struct model_pool *p) {
    char *texts[] = {p->name, p->cloud, p->region, p->zone, p->instance_type};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    free(p->levels);
    free(p->state.loads);
    family_free(&p->runs.up);
    family_free(&p->runs.down);
    model_history_free(&p->history);
}

void model_free(struct model *m) {
    if (!m) return;
    for (uint32_t i = 0; i < m->n_pools; i++) pool_free(&m->pools[i]);
    for (uint32_t i = 0; i < m->n_factors; i++) free(m->factors[i]);
    for (uint32_t i = 0; i < m->n_events; i++) free(m->events[i].pools);
    free(m->pools);
    free(m->factors);
    free(m->events);
    free(m->blocks.joins);
    free(m->name);
    free(m->about);
    family_free(&m->lifetime.family);
    free(m);
}

enum error_code model_text(char **slot, const char *text, struct error *e) {
    char *copy = strdup(text);
    if (!copy) return error_set(e, ERR_FAILED, NULL, "out of memory");
    free(*slot);
    *slot = copy;
    return OK;
}

enum error_code model_factor(struct model *m, const char *name, uint32_t *index, struct error *e) {
    for (*index = 0; *index < m->n_factors; ++*index)
        if (strcmp(m->factors[*index], name) == 0) return OK;
    if (m->n_factors == MODEL_FACTORS_MAX)
        return error_set(e, ERR_INPUT, NULL, "more than %u factors", MODEL_FACTORS_MAX);
    char **grown = realloc(m->factors, (m->n_factors + 1) * sizeof *grown);
    if (!grown) return error_set(e, ERR_FAILED, NULL, "out of memory");
    m->factors = grown;
    m->factors[m->n_factors] = strdup(name);
    if (!m->factors[m->n_factors]) return error_set(e, ERR_FAILED, NULL, "out of memory");
    m->n_factors++;
    return OK;
}

bool model_pattern_hits(const char *pattern, const char *pool, const char *region, const char *zone) {
    return text_glob(pattern, pool) || (*region && text_glob(pattern, region)) || (*zone && text_glob(pattern, zone));
}

static enum error_code no_pool_matches(const struct model *m, const char *pattern, struct error *e) {
    const char **names = calloc(m->n_pools + 1, sizeof *names);
    for (uint32_t i = 0; names && i < m->n_pools; i++) names[i] = m->pools[i].name;
    const char *near = names ? text_nearest(pattern, names) : NULL;
    if (!near && m->n_pools) near = m->pools[0].name;
    free(names);
    return error_set(e, ERR_INPUT, pattern, "no pool, region or zone of the model is called that%s%s%s",
                     near ? "; there is '" : "", near ? near : "", near ? "'" : "");
}

/* Whether an event may come to a pool: "@region" may be any. */
static bool may_hit(const struct model_event *event, const struct model_pool *p) {
    return !event->pools || *event->pools == '@' || model_pattern_hits(event->pools, p->name, p->region, p->zone);
}

/* Events of pools that go, and of none that stay, go with them. */
static void drop_events(struct model *m, const char *pattern) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_events; i++) {
        bool stays = false, goes = false;
        for (uint32_t k = 0; k < m->n_pools; k++) {
            const struct model_pool *p = &m->pools[k];
            bool kept = model_pattern_hits(pattern, p->name, p->region, p->zone), hit = may_hit(&m->events[i], p);
            stays = stays || (kept && hit);
            goes = goes || (!kept && hit);
        }
        if (goes && !stays)
            free(m->events[i].pools);
        else
            m->events[n++] = m->events[i];
    }
    m->n_events = n;
}

enum error_code model_keep_pools(struct model *m, const char *pattern, struct error *e) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->n_pools; i++)
        n += model_pattern_hits(pattern, m->pools[i].name, m->pools[i].region, m->pools[i].zone);
    if (n == 0) return no_pool_matches(m, pattern, e);
    drop_events(m, pattern);
    n = 0;
    for (uint32_t i = 0; i < m->n_pools; i++) {
        struct model_pool *p = &m->pools[i];
        if (model_pattern_hits(pattern, p->name, p->region, p->zone))
            m->pools[n++] = *p;
        else
            pool_free(p);
    }
    m->n_pools = n;
    return OK;
}

/* ---- checks -------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct model_pool *)a)->name, ((const struct model_pool *)b)->name);
}

static int by_capacity(const void *a, const void *b) {
    uint32_t x = ((const struct model_level *)a)->capacity, y = ((const struct model_level *)b)->capacity;
    return (x > y) - (x < y);
}

static enum error_code check_levels(struct model_pool *p, const char *where, struct error *e) {
    double sum = 0;
    if (p->n_levels == 0) return error_set(e, ERR_INPUT, where, "expected \"levels\" or \"availability\"");
    qsort(p->levels, p->n_levels, sizeof *p->levels, by_capacity);
    for (uint32_t i = 0; i < p->n_levels; i++) {
        sum += p->levels[i].share;
        if (i && p->levels[i].capacity == p->levels[i - 1].capacity)
            return error_set(e, ERR_INPUT, where, "\"levels\" has capacity %u twice", p->levels[i].capacity);
    }
    if (fabs(sum - 1) > SUM_TOLERANCE)
        return error_set(e, ERR_INPUT, where, "shares of \"levels\" sum to %g; expected 1", sum);
    for (uint32_t i = 0; fabs(sum - 1) > SUM_EXACT && i < p->n_levels; i++) p->levels[i].share /= sum;
    return OK;
}

static enum error_code check_state(const struct model *m, struct model_pool *p, const char *where, struct error *e) {
    double sum = 0, squares = 0;
    TRY(check_levels(p, where, e));
    for (uint32_t k = 0; k < m->n_scales; k++) sum += p->state.weight[k];
    if (fabs(sum - 1) > SUM_TOLERANCE) return error_set(e, ERR_INPUT, where, "\"weights\" sum to %g; expected 1", sum);
    for (uint32_t k = 0; fabs(sum - 1) > SUM_EXACT && k < m->n_scales; k++) p->state.weight[k] /= sum;
    for (uint32_t i = 0; i < p->state.n_loads; i++) squares += p->state.loads[i].value * p->state.loads[i].value;
    if (squares > 1 + SUM_TOLERANCE)
        return error_set(e, ERR_INPUT, where, "squares of \"loads\" sum to %g; expected 1 at most", squares);
    for (uint32_t i = 0; squares > 1 + SUM_EXACT && i < p->state.n_loads; i++) p->state.loads[i].value /= sqrt(squares);
    return OK;
}

static enum error_code check_runs(struct model_pool *p, const char *where, struct error *e) {
    struct model_runs *r = &p->runs;
    double sum = 0;
    if (r->width < 1) r->width = 1;
    if (r->width == 1) r->whole_loss = 1;
    if (r->whole_loss <= 0) return error_set(e, ERR_INPUT, where, "\"whole_loss\" must be more than 0");
    for (uint32_t i = 0; i < r->n_batches; i++) sum += r->batch[i];
    if (r->n_batches && fabs(sum - 1) > SUM_TOLERANCE)
        return error_set(e, ERR_INPUT, where, "\"batches\" sum to %g; expected 1", sum);
    for (uint32_t i = 0; fabs(sum - 1) > SUM_EXACT && i < r->n_batches; i++) r->batch[i] /= sum;
    if (r->whole_loss < 1 && r->n_batches == 0)
        return error_set(e, ERR_INPUT, where, "\"whole_loss\" below 1 needs \"batches\"");
    if (r->whole_loss < 1 && !(r->refill_h > 0))
        return error_set(e, ERR_INPUT, where, "\"whole_loss\" below 1 needs \"refill_h\" above 0");
    return OK;
}

/* What is not said about where a pool is, from its name. */
static enum error_code complete_identity(struct model_pool *p, struct error *e) {
    struct identity found;
    const char *type = "";
    bool known = identity_of_pool(p->name, &found, &type);
    if (!p->cloud) TRY(model_text(&p->cloud, known ? found.cloud : "", e));
    if (!p->region) TRY(model_text(&p->region, known ? found.region : "", e));
    if (!p->zone) TRY(model_text(&p->zone, known ? found.zone : "", e));
    if (!p->instance_type) TRY(model_text(&p->instance_type, known ? type : "", e));
    return OK;
}

static enum error_code check_scales(const struct model *m, const char *where, struct error *e) {
    for (uint32_t k = 0; k < m->n_scales; k++)
        if (!(m->scale_h[k] > 0) || (k && m->scale_h[k] <= m->scale_h[k - 1]))
            return error_set(e, ERR_INPUT, where, "\"scales_h\" must be above 0 and rising");
    if (m->n_pools && m->process == MODEL_STATE && m->n_scales == 0)
        return error_set(e, ERR_INPUT, where, "process state needs \"scales_h\"");
    return OK;
}

enum error_code model_check(struct model *m, const char *where, struct error *e) {
    if (!m->name) TRY(model_text(&m->name, "", e));
    if (!m->about) TRY(model_text(&m->about, "", e));
    TRY(check_scales(m, where, e));
    if (m->n_pools > 1) qsort(m->pools, m->n_pools, sizeof *m->pools, by_name);
    for (uint32_t i = 0; i < m->n_pools; i++) {
        struct model_pool *p = &m->pools[i];
        char place[320];
        snprintf(place, sizeof place, "%.120s: pool '%.150s'", where, p->name);
        if (i && strcmp(p->name, m->pools[i - 1].name) == 0) return error_set(e, ERR_INPUT, place, "is there twice");
        TRY(complete_identity(p, e));
        if (m->process == MODEL_STATE && !p->has_state)
            return error_set(e, ERR_INPUT, place, "process state needs \"levels\" and \"weights\"");
        if (m->process == MODEL_RUNS && !p->has_runs)
            return error_set(e, ERR_INPUT, place, "process runs needs \"up\" and \"down\"");
        if (m->process == MODEL_BLOCKS && !p->history.capacity.n)
            return error_set(e, ERR_INPUT, place, "process blocks needs a \"history\"");
        if (p->has_state) TRY(check_state(m, p, place, e));
        if (p->has_runs) TRY(check_runs(p, place, e));
    }
    if (m->n_pools == 0 && m->n_events == 0 && !m->lifetime.known)
        return error_set(e, ERR_INPUT, where, "has no pools, no events and no lifetime");
    return OK;
}
