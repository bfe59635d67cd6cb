/* SPDX-License-Identifier: Apache-2.0 */
#include "study/scenario.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/builtin.h"
#include "sim/load.h"
#include "study/json_text.h"
#include "study/metrics.h"
#include "study/scenario_private.h"

const struct cJSON *resolver_section(const struct resolver *r, const char *name) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(doc_root(r->doc), name);
    return cJSON_IsNull(node) ? NULL : node;
}

static enum error_code resolve_top(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    char where[DOC_WHERE_MAX];
    TRY(field_defaults(top_fields, top_fields_n, &s->top, e));
    TRY(doc_read_table(r->doc, doc_root(r->doc), "", top_fields, top_fields_n, top_sections, &s->top, e));
    for (uint32_t i = 0; top_sections[i]; i++) {
        const cJSON *section = resolver_section(r, top_sections[i]);
        if (section && !cJSON_IsObject(section))
            return error_set(e, ERR_INPUT, doc_where(r->doc, top_sections[i], NULL, where),
                             "expected an object, got %s", json_text_kind(section));
    }
    if (sim_profile_find(s->top.profile)) return OK;
    const char *names[32];
    uint32_t n = 0;
    for (; n < sim_profiles_n && n < 31; n++) names[n] = sim_profiles[n].name;
    names[n] = NULL;
    const char *near = text_nearest(s->top.profile, names);
    struct strbuf list = {0};
    for (uint32_t i = 0; names[i]; i++) strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    error_set(e, ERR_INPUT, doc_where(r->doc, "profile", NULL, where),
              "no profile \"%.60s\"%s%s%s; expected one of: %s", s->top.profile, near ? " (did you mean " : "",
              near ? near : "", near ? "?)" : "", list.data ? list.data : "");
    strbuf_free(&list);
    return ERR_INPUT;
}

static enum error_code resolve_study(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *section = resolver_section(r, "study");
    TRY(field_defaults(study_fields, study_fields_n, &s->study, e));
    TRY(doc_read_table(r->doc, section, "study", study_fields, study_fields_n, study_sections, &s->study, e));
    char where[DOC_WHERE_MAX];
    enum metric_id metric;
    TRY(metric_find(s->study.precision_of, doc_where(r->doc, "study", "precision_of", where), &metric, e));
    const cJSON *vary = cJSON_GetObjectItemCaseSensitive(section, "vary");
    if (!vary || cJSON_IsNull(vary)) return OK;
    struct strbuf text = {0};
    json_text_write(vary, &text);
    if (text.failed) {
        strbuf_free(&text);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    s->vary = text.data;
    return OK;
}

/* The path whose value is to blame when the times do not fit. */
static enum error_code bad_time(struct resolver *r, const char *path, const char *format, int64_t ms, int64_t limit,
                                struct error *e) {
    char where[DOC_WHERE_MAX], a[32], b[32], message[160];
    snprintf(message, sizeof message, format, text_format_duration(ms, a), text_format_duration(limit, b));
    return error_set(e, ERR_INPUT, doc_where(r->doc, path, NULL, where), "%s", message);
}

static enum error_code resolve_times(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    struct sim_config *c = &s->config;
    int64_t span = s->view.span_ms, start = s->top.start_ms;
    if (span <= 0) return error_set(e, ERR_INPUT, "trace", "the trace covers no time");
    if (start >= span)
        return bad_time(r, "start", "%s is past the end of the trace (its shortest pool covers %s)", start, span, e);
    int64_t horizon = s->top.horizon_ms ? s->top.horizon_ms : span - start;
    if (horizon > span - start)
        return bad_time(r, "horizon", "%s is longer than what the trace covers from the start on (%s)", horizon,
                        span - start, e);
    if (horizon > TIME_LIMIT_MS)
        return bad_time(r, "horizon", "%s is longer than a run may be (%s)", horizon, TIME_LIMIT_MS, e);
    if (s->top.warmup_ms >= horizon)
        return bad_time(r, "warmup", "%s leaves nothing of the horizon (%s)", s->top.warmup_ms, horizon, e);
    if (s->study.window_ms > horizon)
        return bad_time(r, "study.window", "%s is longer than the horizon (%s)", s->study.window_ms, horizon, e);
    if (s->study.window_ms && s->top.warmup_ms >= s->study.window_ms)
        return bad_time(r, "warmup", "%s leaves nothing of the window (%s)", s->top.warmup_ms, s->study.window_ms, e);
    s->top.horizon_ms = horizon;
    c->window_start_ms = start;
    c->warmup_ms = s->top.warmup_ms;
    c->horizon_ms = horizon;
    return OK;
}

static void fill_config(struct scenario *s) {
    struct sim_config *c = &s->config;
    c->trace = &s->view;
    c->pools = s->pools;
    c->n_groups = s->n_groups;
    c->groups = s->group_configs;
    c->load = s->load;
    c->quotas = s->quotas;
    c->means_launch = s->read.means == 1;
    c->nodes = s->fleet.nodes;
    c->max_instances = s->fleet.max_instances;
    c->seed = (uint64_t)s->top.seed;
    c->replication = (uint64_t)s->top.replication;
    c->scenario_name = s->top.name;
}

enum error_code scenario_resolve(const struct scenario_doc *doc, struct scenario_env *env, struct scenario **out,
                                 struct notes *notes, struct error *e) {
    *out = NULL;
    struct scenario *s = calloc(1, sizeof *s);
    if (!s) return error_set(e, ERR_FAILED, NULL, "out of memory");
    struct resolver r = {doc, env, s, notes};
    enum error_code rc = sim_config_defaults(&s->config, e);
    if (rc == OK) rc = resolve_top(&r, e);
    if (rc == OK) rc = resolve_study(&r, e);
    if (rc == OK) rc = resolve_control(&r, e);
    if (rc == OK) rc = resolve_trace(&r, e);
    if (rc == OK) rc = resolve_groups(&r, e);
    if (rc == OK) rc = resolve_load(&r, e);
    if (rc == OK) rc = resolve_pools(&r, e);
    if (rc == OK) rc = resolve_times(&r, e);
    if (rc == OK) {
        fill_config(s);
        rc = resolve_stress(&r, e);
    }
    if (rc != OK) {
        scenario_free(s);
        return rc;
    }
    *out = s;
    return OK;
}

void scenario_free(struct scenario *s) {
    if (!s) return;
    for (uint32_t i = 0; i < s->view.n_pools && s->pools; i++) field_free_all(pool_fields, pool_fields_n, &s->pools[i]);
    for (uint32_t i = 0; i < s->config.n_quotas; i++) free(s->quotas[i].region);
    for (uint32_t i = 0; i < s->n_groups && s->groups; i++) {
        policy_spec_free(&s->groups[i].spec);
        free(s->groups[i].name);
        free(s->groups[i].pools);
    }
    field_free_all(top_fields, top_fields_n, &s->top);
    field_free_all(trace_fields, trace_fields_n, &s->read);
    field_free_all(fleet_fields, fleet_fields_n, &s->fleet);
    field_free_all(study_fields, study_fields_n, &s->study);
    text_list_free(s->paths, s->n_paths);
    text_list_free(s->plugins, s->n_plugins);
    load_free(s->load);
    stressed_free(&s->stressed);
    model_free(s->stress);
    free(s->cloud_name);
    free(s->vary);
    free(s->view.pools);
    free(s->pools);
    free(s->clouds);
    free(s->quotas);
    free(s->groups);
    free(s->group_configs);
    free(s);
}

/* ---- what others ask -------------------------------------------------------- */

const char *scenario_name(const struct scenario *s) { return s->top.name ? s->top.name : ""; }
const char *scenario_profile(const struct scenario *s) { return s->top.profile; }
const char *scenario_single_means(const struct scenario *s) { return s->read.single_means; }
const char *scenario_polarity(const struct scenario *s) { return s->read.polarity ? "preempted" : "up"; }
const char *scenario_question(const struct scenario *s) { return s->study.question ? s->study.question : ""; }
bool scenario_timeline(const struct scenario *s) { return s->study.timeline; }
int64_t scenario_replications(const struct scenario *s) { return s->study.replications; }
int64_t scenario_window_ms(const struct scenario *s) { return s->study.window_ms; }
double scenario_precision(const struct scenario *s) { return s->study.precision; }
const char *scenario_precision_of(const struct scenario *s) { return s->study.precision_of; }
int64_t scenario_span_ms(const struct scenario *s) { return s->view.span_ms; }

int64_t scenario_resolution_ms(const struct scenario *s) {
    int64_t most = 0;
    for (uint32_t i = 0; i < s->view.n_pools; i++)
        if (s->view.pools[i].resolution_ms > most) most = s->view.pools[i].resolution_ms;
    return most;
}

int64_t scenario_gap_ms(const struct scenario *s) {
    int64_t most = 0;
    for (uint32_t i = 0; i < s->view.n_pools; i++)
        if (s->view.pools[i].gap_ms > most) most = s->view.pools[i].gap_ms;
    return most;
}

const char *scenario_pool_cloud(const struct scenario *s, uint32_t i, bool *inferred) {
    *inferred = !s->cloud_name && s->view.pools[i].cloud_inferred;
    return s->clouds[i];
}

/* A given target is told elsewhere, a series would be as long as its file. */
static void put_autoscaler(const struct policy_part *part, struct strbuf *out) {
    if (!part->policy || part->policy == &autoscaler_constant || part->policy == &autoscaler_series) return;
    policy_part_format(part, out);
    strbuf_puts(out, "+");
}

void scenario_policy_text(const struct scenario *s, struct strbuf *out) {
    for (uint32_t i = 0; i < s->n_groups; i++) {
        if (s->groups_given) strbuf_printf(out, "%s%s: ", i ? "; " : "", s->groups[i].name);
        put_autoscaler(&s->groups[i].spec.autoscaler, out);
        policy_spec_format(&s->groups[i].spec, out);
    }
}
