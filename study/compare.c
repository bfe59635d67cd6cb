/* SPDX-License-Identifier: Apache-2.0
 * From two traces, or a trace and a model, to a comparison: what the user did not
 * say is filled in, synthetic traces are made, all are looked at and run. */
#include "study/compare.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/compare_private.h"
#include "traces/fit.h"
#include "traces/synth.h"

#define COLD_START "183s"
#define PRICE_SPOT "1"
#define PRICE_ON_DEMAND "3"
#define ON_DEMAND_FACTOR 3.0 /* on-demand price over the mean spot price, when the trace has only the latter */

static const char *const six[] = {
    "spot()+round-robin()",
    "spot(overprovision=1)+even-spread()",
    "static-base(base=1)+ttl-bench(ttl=600s)",
    "spot(overprovision=2)+least-loaded()",
    "skyserve(base=0,dynamic=true)+skypilot()",
    "skyserve(base=1,dynamic=true,overprovision=1)+round-robin()",
};
#define SIX (sizeof six / sizeof *six)

void comparison_free(struct comparison *c) {
    for (uint32_t i = 0; i < c->n_policies; i++) free(c->policy[i]);
    free(c->real);
    free(c->synth);
    free(c->real_window);
    free(c->real_window_cost);
    free(c->synth_shape);
    notes_free(&c->notes);
    memset(c, 0, sizeof *c);
}

/* ---- what the user did not say ------------------------------------------------------------ */

static const cJSON *doc_at(const struct scenario_doc *doc, const char *a, const char *b, const char *c) {
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(doc_root(doc), a);
    if (at && b) at = cJSON_GetObjectItemCaseSensitive(at, b);
    return at && c ? cJSON_GetObjectItemCaseSensitive(at, c) : at;
}

static enum error_code set(struct scenario_doc *doc, struct scenario_env *env, const char *path, const char *text,
                           struct error *e) {
    return doc_set(doc, scenario_env_registry(env), path, text, "compare", e);
}

static double mean_price_usd(const struct trace *t) {
    double sum = 0;
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        double pool = 0;
        if (!p->price.n) continue;
        for (uint32_t k = 0; k < p->price.n; k++)
            pool += (double)p->price.uusd_per_h[k] *
                    (double)((k + 1 < p->price.n ? p->price.at_ms[k + 1] : p->span_ms) - p->price.at_ms[k]);
        sum += pool / (double)p->span_ms / 1e6;
        n++;
    }
    return n == t->n_pools ? sum / n : NAN;
}

static double mean_capacity(const struct trace *t) {
    double sum = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        for (uint32_t k = 0; k < p->capacity.n; k++)
            sum += p->capacity.value[k] *
                   ((double)((k + 1 < p->capacity.n ? p->capacity.at_ms[k + 1] : p->span_ms) - p->capacity.at_ms[k]) /
                    (double)p->span_ms);
    }
    return sum;
}

static enum error_code fill_prices(struct scenario_doc *doc, struct scenario_env *env, const struct trace *real,
                                   struct comparison *c, struct error *e) {
    double mean = mean_price_usd(real);
    bool spot = doc_at(doc, "cloud", "defaults", "price_spot") != NULL;
    if (!spot && isnan(mean)) {
        TRY(set(doc, env, "cloud.defaults.price_spot", PRICE_SPOT, e));
        c->assumed_prices = true;
        spot = true;
    }
    if (doc_at(doc, "cloud", "defaults", "price_on_demand")) return OK;
    char text[32];
    snprintf(text, sizeof text, "%.4f", mean * ON_DEMAND_FACTOR);
    c->assumed_prices = true;
    return set(doc, env, "cloud.defaults.price_on_demand", spot ? PRICE_ON_DEMAND : text, e);
}

/* Half of what the pools have on average: a service that fits, but not always. */
static enum error_code fill_target(struct scenario_doc *doc, struct scenario_env *env, const struct trace *real,
                                   struct comparison *c, struct error *e) {
    const cJSON *given = doc_at(doc, "fleet", "target", NULL);
    char text[32];
    if (given && !cJSON_IsNumber(given) && !cJSON_IsString(given))
        return error_set(e, ERR_INPUT, "--target", "expected a number of replicas");
    if (cJSON_IsNumber(given) && !(given->valuedouble >= 1))
        return error_set(e, ERR_INPUT, "--target", "expected 1 or more: there is nothing to compare without a replica");
    double half = floor(mean_capacity(real) / 2 + 0.5);
    if (cJSON_IsNumber(given)) half = given->valuedouble;
    if (cJSON_IsString(given)) half = atof(given->valuestring);
    if (!(half >= 1)) half = 1;
    if (half > 1e6) half = 1e6;
    c->target = (uint32_t)half;
    snprintf(text, sizeof text, "%u", c->target);
    return given ? OK : set(doc, env, "fleet.target", text, e);
}

static enum error_code fill(struct scenario_doc *doc, struct scenario_env *env, const struct trace *real,
                            struct comparison *c, struct error *e) {
    TRY(fill_prices(doc, env, real, c, e));
    TRY(fill_target(doc, env, real, c, e));
    if (doc_at(doc, "cloud", "defaults", "cold_start")) return OK;
    return set(doc, env, "cloud.defaults.cold_start", COLD_START, e);
}

/* Windows long enough to mean something, and as many as there can be. */
static int64_t choose_window(int64_t span_ms) {
    static const int64_t lengths[] = {7 * MS_PER_DAY, 3 * MS_PER_DAY, MS_PER_DAY};
    for (size_t i = 0; i < 3; i++)
        if (span_ms / lengths[i] >= 8) return lengths[i];
    return span_ms / 8 ? span_ms / 8 : 1;
}

/* ---- all together ---------------------------------------------------------------------------- */

static enum error_code check_pools(const struct trace *real, const struct trace *synth, struct error *e) {
    for (uint32_t i = 0; i < real->n_pools; i++)
        if (i >= synth->n_pools || strcmp(real->pools[i].name, synth->pools[i].name) != 0)
            return error_set(e, ERR_INPUT, "trace compare", "pool '%s' of the real trace is not in the synthetic one",
                             real->pools[i].name);
    return real->n_pools == synth->n_pools
               ? OK
               : error_set(e, ERR_INPUT, "trace compare", "the synthetic trace has %u pools, the real one %u",
                           synth->n_pools, real->n_pools);
}

/* Resolves the document without a policy of its own, to see its trace. */
static enum error_code see_real(struct scenario_doc *doc, struct scenario_env *env, struct scenario **out,
                                struct notes *notes, struct error *e) {
    struct scenario_doc *probe = NULL;
    TRY(doc_copy(doc, &probe, e));
    enum error_code rc = set(probe, env, "fleet.policy", six[0], e);
    if (rc == OK && !doc_at(probe, "fleet", "target", NULL)) rc = set(probe, env, "fleet.target", "1", e);
    if (rc == OK) rc = scenario_resolve(probe, env, out, notes, e);
    doc_free(probe);
    return rc;
}

static enum error_code resolve_policies(struct scenario_doc *doc, struct scenario_env *env,
                                        const struct compare_options *o, struct comparison *c,
                                        struct scenario **scenarios, struct error *e) {
    const char *const *list = o->policies ? o->policies : six;
    uint32_t n = o->policies ? o->n_policies : (uint32_t)SIX;
    if (n > COMPARE_POLICIES_MAX)
        return error_set(e, ERR_INPUT, "--policy", "more than %u policies", COMPARE_POLICIES_MAX);
    for (uint32_t i = 0; i < n; i++) {
        struct scenario_doc *copy = NULL;
        struct notes quiet = {0};
        TRY(doc_copy(doc, &copy, e));
        enum error_code rc = set(copy, env, "fleet.policy", list[i], e);
        if (rc == OK) rc = scenario_resolve(copy, env, &scenarios[i], &quiet, e);
        notes_free(&quiet);
        doc_free(copy);
        TRY(rc);
        c->policy[i] = strdup(list[i]);
        if (!c->policy[i]) return error_set(e, ERR_FAILED, NULL, "out of memory");
        c->n_policies = i + 1;
    }
    return OK;
}

static enum error_code make_room(struct comparison *c, uint32_t n_traces, struct error *e) {
    size_t policies = c->n_policies;
    c->n_traces = n_traces;
    c->real = calloc(policies, sizeof *c->real);
    c->synth = calloc(policies * n_traces, sizeof *c->synth);
    c->real_window = calloc(policies * c->n_windows + 1, sizeof *c->real_window);
    c->real_window_cost = calloc(policies * c->n_windows + 1, sizeof *c->real_window_cost);
    c->synth_shape = calloc(n_traces, sizeof *c->synth_shape);
    bool ok = c->real && c->synth && c->real_window && c->real_window_cost && c->synth_shape;
    return ok ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

/* Two at least, else there is no spread to compare. */
static enum error_code count_windows(const struct trace *real, const struct sim_config *config, struct comparison *c,
                                     struct error *e) {
    char window[32], counted[32];
    c->counted_ms = real->span_ms - config->warmup_ms;
    int64_t n = c->counted_ms > 0 ? c->counted_ms / c->window_ms : 0;
    c->n_windows = (uint32_t)n;
    if (n >= 2) return OK;
    return error_set(e, ERR_INPUT, "--window", "expected half of what is counted of the trace (%s) at most, got %s",
                     text_format_duration(c->counted_ms > 0 ? c->counted_ms : 0, counted),
                     text_format_duration(c->window_ms, window));
}

/* Everything once the synthetic traces are there. */
static enum error_code compare(struct scenario_doc *doc, struct scenario_env *env, const struct trace *real,
                               const struct trace *const *synth, uint32_t n, const struct compare_options *o,
                               struct comparison *c, struct error *e) {
    struct scenario *scenarios[COMPARE_POLICIES_MAX] = {NULL};
    c->window_ms = o->window_ms ? o->window_ms : choose_window(real->span_ms);
    c->utc = real->epoch_ms != INT64_MIN;
    enum error_code rc = fill(doc, env, real, c, e);
    if (rc == OK) rc = resolve_policies(doc, env, o, c, scenarios, e);
    if (rc == OK) rc = count_windows(real, scenario_config(scenarios[0]), c, e);
    if (rc == OK) rc = make_room(c, n, e);
    if (rc == OK) rc = shape_of(real, &c->real_shape, e);
    for (uint32_t i = 0; rc == OK && i < n; i++) {
        rc = check_pools(real, synth[i], e);
        if (rc == OK) rc = shape_of(synth[i], &c->synth_shape[i], e);
    }
    if (rc == OK) rc = compare_runs(scenarios, real, synth, o->threads, c, e);
    for (uint32_t i = 0; i < COMPARE_POLICIES_MAX; i++) scenario_free(scenarios[i]);
    return rc;
}

/* Only the pools that the model has. */
static enum error_code keep_pools(struct scenario_doc *doc, const struct model *m, struct error *e) {
    const char **names = calloc(m->n_pools ? m->n_pools : 1, sizeof *names);
    if (!names) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < m->n_pools; i++) names[i] = m->pools[i].name;
    enum error_code rc = doc_set_list(doc, "fleet.pools", names, m->n_pools, "compare", e);
    free(names);
    return rc;
}

/* m NULL: exponential runs fitted to the real trace. */
static enum error_code with_model(struct scenario_doc *doc, struct scenario_env *env, const struct model *m,
                                  const struct compare_options *o, struct comparison *out, struct error *e) {
    struct scenario *seen = NULL;
    struct model *naive = NULL;
    struct trace **made = calloc(o->traces ? o->traces : 1, sizeof *made);
    const struct trace **view = calloc(o->traces ? o->traces : 1, sizeof *view);
    memset(out, 0, sizeof *out);
    enum error_code rc = made && view ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK && m) rc = keep_pools(doc, m, e);
    if (rc == OK) rc = see_real(doc, env, &seen, &out->notes, e);
    if (rc == OK && !m) {
        rc = fit_exponential(scenario_config(seen)->trace, &naive, e);
        m = naive;
    }
    for (uint32_t i = 0; rc == OK && i < o->traces; i++) {
        struct synth_options how = {
            .seed = o->seed + i, .span_ms = scenario_config(seen)->trace->span_ms, .threads = o->threads};
        rc = synth_trace(m, &how, &made[i], e);
        view[i] = made[i];
    }
    if (rc == OK) rc = compare(doc, env, scenario_config(seen)->trace, view, o->traces, o, out, e);
    for (uint32_t i = 0; made && i < o->traces; i++) trace_free(made[i]);
    free(made);
    free(view);
    model_free(naive);
    scenario_free(seen);
    return rc;
}

enum error_code compare_model(struct scenario_doc *doc, struct scenario_env *env, const struct model *m,
                              const struct compare_options *o, struct comparison *out, struct error *e) {
    return with_model(doc, env, m, o, out, e);
}

enum error_code compare_exponential(struct scenario_doc *doc, struct scenario_env *env, const struct compare_options *o,
                                    struct comparison *out, struct error *e) {
    return with_model(doc, env, NULL, o, out, e);
}

enum error_code compare_trace(struct scenario_doc *doc, struct scenario_env *env, const struct trace *synth,
                              const struct compare_options *o, struct comparison *out, struct error *e) {
    struct scenario *seen = NULL;
    memset(out, 0, sizeof *out);
    enum error_code rc = see_real(doc, env, &seen, &out->notes, e);
    if (rc == OK) rc = compare(doc, env, scenario_config(seen)->trace, &synth, 1, o, out, e);
    scenario_free(seen);
    return rc;
}
