/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/scenario_private.h"

struct scenario_env *scenario_env_new(void) {
    struct scenario_env *env = calloc(1, sizeof *env);
    if (!env) return NULL;
    env->registry = registry_new();
    if (!env->registry) {
        free(env);
        return NULL;
    }
    return env;
}

void scenario_env_free(struct scenario_env *env) {
    if (!env) return;
    for (uint32_t i = 0; i < env->n_traces; i++) {
        free(env->traces[i].key);
        trace_free(env->traces[i].trace);
        notes_free(&env->traces[i].notes);
    }
    free(env->traces);
    text_list_free(env->plugins, env->n_plugins);
    registry_free(env->registry);
    free(env);
}

struct policy_registry *scenario_env_registry(struct scenario_env *env) {
    return env->registry;
}

void text_list_free(char **list, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) free(list[i]);
    free(list);
}

enum error_code env_load_plugin(struct scenario_env *env, const char *path, const char *where, struct error *e) {
    for (uint32_t i = 0; i < env->n_plugins; i++)
        if (strcmp(env->plugins[i], path) == 0) return OK;
    char **plugins = realloc(env->plugins, (env->n_plugins + 1) * sizeof *plugins);
    if (!plugins) return error_set(e, ERR_FAILED, where, "out of memory");
    env->plugins = plugins;
    const struct sp_policy *policy = NULL;
    enum error_code rc = registry_load(env->registry, path, &policy, e);
    if (rc != OK) {
        error_in(e, where);
        return rc;
    }
    plugins[env->n_plugins] = strdup(path);
    if (!plugins[env->n_plugins]) return error_set(e, ERR_FAILED, where, "out of memory");
    env->n_plugins++;
    return OK;
}

/* Everything that decides how the trace is read, as text. */
static void trace_key(const struct scenario *s, struct strbuf *out) {
    for (uint32_t i = 0; i < trace_fields_n; i++) {
        if (strcmp(trace_fields[i].path, "means") == 0) continue; /* does not change the reading */
        field_to_json(&trace_fields[i], &s->read, out);
        strbuf_puts(out, ",");
    }
    strbuf_json_string(out, s->cloud_name ? s->cloud_name : "");
    for (uint32_t i = 0; i < s->n_paths; i++) {
        strbuf_puts(out, ",");
        strbuf_json_string(out, s->paths[i]);
    }
}

static enum error_code trace_options(const struct scenario *s, struct trace_options *o, struct error *e) {
    *o = (struct trace_options){.polarity = s->read.polarity ? TRACE_PREEMPTED : TRACE_UP,
                                .gap_ms = s->read.gap_ms,
                                .resolution_ms = s->read.resolution_ms};
    const struct {
        const char *name, *text;
    } texts[] = {{"align", s->read.align},
                 {"cloud", s->read.cloud ? s->read.cloud : s->cloud_name},
                 {"product", s->read.product},
                 {"epoch", s->read.epoch}};
    for (uint32_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].text && *texts[i].text) TRY(trace_option_set(o, texts[i].name, texts[i].text, e));
    if (strcmp(s->read.single_means, "as written") != 0)
        TRY(trace_option_set(o, "single-means", s->read.single_means, e));
    return OK;
}

static enum error_code load(struct cached_trace *slot, const struct scenario *s, struct error *e) {
    struct trace_options options;
    TRY(trace_options(s, &options, e));
    struct trace_notes lines = {0};
    enum error_code rc = trace_load((const char *const *)s->paths, s->n_paths, &options, &slot->trace, &lines, e);
    for (uint32_t i = 0; i < lines.n; i++) notes_add(&slot->notes, "%s", lines.lines[i]);
    trace_notes_free(&lines);
    return rc;
}

enum error_code env_trace(struct scenario_env *env, const struct scenario *s, const struct trace **out,
                          struct notes *notes, struct error *e) {
    struct strbuf key = {0};
    trace_key(s, &key);
    if (key.failed || !key.data) {
        strbuf_free(&key);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    for (uint32_t i = 0; i < env->n_traces; i++) {
        if (strcmp(env->traces[i].key, key.data) != 0) continue;
        strbuf_free(&key);
        *out = env->traces[i].trace;
        notes_add_all(notes, &env->traces[i].notes);
        return OK;
    }
    struct cached_trace slot = {.key = key.data};
    struct cached_trace *traces = realloc(env->traces, (env->n_traces + 1) * sizeof *traces);
    if (traces) env->traces = traces;
    enum error_code rc = traces ? load(&slot, s, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc != OK) {
        strbuf_free(&key);
        notes_free(&slot.notes);
        return rc;
    }
    traces[env->n_traces++] = slot;
    *out = slot.trace;
    notes_add_all(notes, &slot.notes);
    return OK;
}
