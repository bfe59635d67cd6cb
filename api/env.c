/* SPDX-License-Identifier: Apache-2.0
 * What scenarios share, policies and replay. */
#include <stdlib.h>
#include <string.h>

#include "api/private.h"
#include "fleet/fleet.h"
#include "policies/describe.h"
#include "study/json_text.h"
#include "study/schema.h"

enum spotsim_code spotsim_env_new(struct spotsim_env **out, struct spotsim_error *e) {
    if (!out) return MISUSE(e, "out is NULL");
    *out = NULL;
    struct spotsim_env *env = calloc(1, sizeof *env);
    if (!env) return api_out_of_memory(e);
    env->inner = scenario_env_new();
    if (!env->inner || pthread_mutex_init(&env->lock, NULL) != 0) {
        scenario_env_free(env->inner);
        free(env);
        return api_out_of_memory(e);
    }
    atomic_init(&env->refs, 1);
    *out = env;
    return SPOTSIM_OK;
}

void env_keep(struct spotsim_env *env) { atomic_fetch_add(&env->refs, 1); }

void env_release(struct spotsim_env *env) {
    if (!env || atomic_fetch_sub(&env->refs, 1) != 1) return;
    scenario_env_free(env->inner);
    for (uint32_t i = 0; i < env->n_traces; i++) spotsim_trace_free((struct spotsim_trace *)(uintptr_t)env->traces[i]);
    free(env->traces);
    pthread_mutex_destroy(&env->lock);
    free(env);
}

void spotsim_env_free(struct spotsim_env *env) { env_release(env); }

_Static_assert(SPOTSIM_CACHE_MIN_BYTES == TRACE_CACHE_MIN_BYTES && SPOTSIM_CACHE_MAX_BYTES == TRACE_CACHE_MAX_BYTES,
               "one number, one meaning");

enum spotsim_code spotsim_env_set_trace_cache(struct spotsim_env *env, const char *dir, uint64_t min_bytes,
                                              uint64_t max_bytes, struct spotsim_error *e) {
    struct error inner = {0};
    if (!env) return MISUSE(e, "env is NULL");
    const struct trace_cache cache = {dir, min_bytes, max_bytes};
    pthread_mutex_lock(&env->lock);
    enum error_code rc = scenario_env_set_cache(env->inner, dir ? &cache : NULL, &inner);
    pthread_mutex_unlock(&env->lock);
    return api_result(rc, &inner, e);
}

static enum spotsim_code add_trace(struct spotsim_env *env, const char *name, const struct spotsim_trace *trace,
                                   struct spotsim_error *e) {
    struct error inner = {0};
    const struct spotsim_trace **traces = realloc(env->traces, (env->n_traces + 1) * sizeof *traces);
    if (!traces) return api_out_of_memory(e);
    env->traces = traces;
    enum error_code rc = scenario_env_add_trace(env->inner, name, trace->trace, &trace->notes, &inner);
    if (rc == OK) traces[env->n_traces++] = trace_keep(trace);
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_env_add_trace(struct spotsim_env *env, const char *name, const struct spotsim_trace *trace,
                                        struct spotsim_error *e) {
    if (!env || !name || !trace) return MISUSE(e, "env, name or trace is NULL");
    if (!trace->trace) return MISUSE(e, NOT_FINISHED);
    pthread_mutex_lock(&env->lock);
    enum spotsim_code rc = add_trace(env, name, trace, e);
    pthread_mutex_unlock(&env->lock);
    return rc;
}

/* ---- policies ---------------------------------------------------------------- */

enum spotsim_code spotsim_env_add_policy(struct spotsim_env *env, const struct sp_policy *policy,
                                         struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!env || !policy) return MISUSE(e, "env or policy is NULL");
    pthread_mutex_lock(&env->lock);
    enum error_code rc = registry_add(scenario_env_registry(env->inner), policy, &inner);
    pthread_mutex_unlock(&env->lock);
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_env_load_policy(struct spotsim_env *env, const char *path, const struct sp_policy **out,
                                          struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    const struct sp_policy *policy = NULL;
    if (out) *out = NULL;
    if (!env || !path) return MISUSE(e, "env or path is NULL");
    pthread_mutex_lock(&env->lock);
    enum error_code rc = registry_load(scenario_env_registry(env->inner), path, &policy, &inner);
    pthread_mutex_unlock(&env->lock);
    if (rc == OK && out) *out = policy;
    return api_result(rc, &inner, e);
}

uint32_t spotsim_env_policy_count(struct spotsim_env *env) {
    if (!env) return 0;
    pthread_mutex_lock(&env->lock);
    uint32_t n = registry_count(scenario_env_registry(env->inner));
    pthread_mutex_unlock(&env->lock);
    return n;
}

const struct sp_policy *spotsim_env_policy(struct spotsim_env *env, uint32_t i) {
    if (!env) return NULL;
    pthread_mutex_lock(&env->lock);
    const struct policy_registry *registry = scenario_env_registry(env->inner);
    const struct sp_policy *policy = i < registry_count(registry) ? registry_at(registry, i) : NULL;
    pthread_mutex_unlock(&env->lock);
    return policy;
}

static enum spotsim_code unknown_policy(const struct policy_registry *registry, const char *name,
                                        struct spotsim_error *e) {
    uint32_t n = registry_count(registry);
    const char **names = calloc(n + 1, sizeof *names);
    if (!names) return api_out_of_memory(e);
    for (uint32_t i = 0; i < n; i++) names[i] = registry_at(registry, i)->name;
    const char *near = text_nearest(name, names);
    free(names);
    if (near) return api_fail(e, SPOTSIM_INPUT, name, "no such policy; did you mean %s?", near);
    return api_fail(e, SPOTSIM_INPUT, name, "no such policy; `spotsim policies` lists them");
}

enum spotsim_code spotsim_env_find_policy(struct spotsim_env *env, const char *name, const struct sp_policy **out,
                                          struct spotsim_error *e) {
    if (out) *out = NULL;
    if (!env || !name || !out) return MISUSE(e, "env, name or out is NULL");
    pthread_mutex_lock(&env->lock);
    const struct policy_registry *registry = scenario_env_registry(env->inner);
    *out = registry_find(registry, name);
    enum spotsim_code rc = *out ? SPOTSIM_OK : unknown_policy(registry, name, e);
    pthread_mutex_unlock(&env->lock);
    return rc;
}

/* JSON is laid out over lines. */
static enum spotsim_code laid_out(struct strbuf *flat, char **text, struct spotsim_error *e) {
    struct strbuf lines = {0};
    if (!flat->failed && flat->data)
        json_text_indent(flat->data, &lines);
    else
        lines.failed = true;
    strbuf_free(flat);
    return api_text(&lines, text, e);
}

enum spotsim_code spotsim_env_policies_text(struct spotsim_env *env, enum spotsim_format format, char **text,
                                            struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!env || !text) return MISUSE(e, "env or text is NULL");
    if (format != SPOTSIM_TEXT && format != SPOTSIM_JSON && format != SPOTSIM_MARKDOWN)
        return MISUSE(e, "expected TEXT, JSON or MARKDOWN");
    pthread_mutex_lock(&env->lock);
    const struct policy_registry *registry = scenario_env_registry(env->inner);
    if (format == SPOTSIM_TEXT)
        policy_list(registry, &out);
    else if (format == SPOTSIM_JSON)
        policy_list_json(registry, &out);
    else
        policy_list_markdown(registry, &out);
    pthread_mutex_unlock(&env->lock);
    return format == SPOTSIM_JSON ? laid_out(&out, text, e) : api_text(&out, text, e);
}

enum spotsim_code spotsim_policy_text(const struct sp_policy *policy, enum spotsim_format format, char **text,
                                      struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!policy || !text) return MISUSE(e, "policy or text is NULL");
    if (format == SPOTSIM_JSON) {
        policy_describe_json(policy, &out);
        return laid_out(&out, text, e);
    }
    if (format != SPOTSIM_TEXT) return MISUSE(e, "expected TEXT or JSON");
    policy_describe(policy, &out);
    return api_text(&out, text, e);
}

enum spotsim_code spotsim_env_settings_text(struct spotsim_env *env, enum spotsim_format format, char **text,
                                            struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!env || !text) return MISUSE(e, "env or text is NULL");
    if (format != SPOTSIM_JSON && format != SPOTSIM_MARKDOWN) return MISUSE(e, "expected JSON or MARKDOWN");
    pthread_mutex_lock(&env->lock);
    if (format == SPOTSIM_JSON)
        scenario_schema(scenario_env_registry(env->inner), &out);
    else
        scenario_reference(scenario_env_registry(env->inner), &out);
    pthread_mutex_unlock(&env->lock);
    return api_text(&out, text, e);
}

enum spotsim_code spotsim_env_replay(struct spotsim_env *env, const char *path, FILE *explain, uint64_t *answers,
                                     bool *complete, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    uint64_t steps = 0;
    bool whole = false;
    if (answers) *answers = 0;
    if (complete) *complete = false;
    if (!env || !path) return MISUSE(e, "env or path is NULL");
    pthread_mutex_lock(&env->lock);
    enum error_code rc = journal_replay(path, scenario_env_registry(env->inner), explain, &steps, &whole, &inner);
    pthread_mutex_unlock(&env->lock);
    if (answers) *answers = steps;
    if (complete) *complete = whole;
    return api_result(rc, &inner, e);
}
