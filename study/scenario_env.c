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
    for (uint32_t i = 0; i < env->n_named; i++) {
        free(env->named[i].name);
        notes_free(&env->named[i].notes);
    }
    free(env->named);
    free((char *)(uintptr_t)env->cache.dir);
    text_list_free(env->plugins, env->n_plugins);
    registry_free(env->registry);
    free(env);
}

struct policy_registry *scenario_env_registry(struct scenario_env *env) {
    return env->registry;
}

enum error_code scenario_env_set_cache(struct scenario_env *env, const struct trace_cache *cache, struct error *e) {
    char *dir = cache && *cache->dir ? strdup(cache->dir) : NULL;
    if (cache && *cache->dir && !dir) return error_set(e, ERR_FAILED, NULL, "out of memory");
    free((char *)(uintptr_t)env->cache.dir);
    if (dir) env->cache = *cache;
    env->cache.dir = dir;
    return OK;
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

static enum error_code load(const struct scenario_env *env, struct cached_trace *slot, const struct scenario *s,
                            struct error *e) {
    struct trace_options options;
    TRY(trace_options(s, &options, e));
    if (env->cache.dir) options.cache = &env->cache;
    struct trace_notes lines = {0};
    enum error_code rc = trace_load((const char *const *)s->paths, s->n_paths, &options, &slot->trace, &lines, e);
    for (uint32_t i = 0; i < lines.n; i++) notes_add(&slot->notes, "%s", lines.lines[i]);
    trace_notes_free(&lines);
    return rc;
}

/* ---- traces in memory ---------------------------------------------------------- */

static const struct named_trace *find_named(const struct scenario_env *env, const char *name) {
    for (uint32_t i = 0; i < env->n_named; i++)
        if (strcmp(env->named[i].name, name) == 0) return &env->named[i];
    return NULL;
}

enum error_code scenario_env_add_trace(struct scenario_env *env, const char *name, const struct trace *trace,
                                       const struct trace_notes *notes, struct error *e) {
    if (!*name) return error_set(e, ERR_INPUT, NULL, "a trace needs a name");
    if (find_named(env, name))
        return error_set(e, ERR_INPUT, name, "a trace called \"%.80s\" is there already; expected another name", name);
    struct named_trace *named = realloc(env->named, (env->n_named + 1) * sizeof *named);
    if (!named) return error_set(e, ERR_FAILED, name, "out of memory");
    env->named = named;
    struct named_trace added = {.name = strdup(name), .trace = trace};
    if (!added.name) return error_set(e, ERR_FAILED, name, "out of memory");
    for (uint32_t i = 0; i < notes->n; i++) notes_add(&added.notes, "%s", notes->lines[i]);
    named[env->n_named++] = added;
    return OK;
}

static bool is_memory(const char *path) { return strncmp(path, SCENARIO_MEMORY, strlen(SCENARIO_MEMORY)) == 0; }

static enum error_code unknown_trace(const struct scenario_env *env, const char *path, struct error *e) {
    const char **names = calloc((size_t)env->n_named + 1, sizeof *names);
    if (!names) return error_set(e, ERR_FAILED, path, "out of memory");
    for (uint32_t i = 0; i < env->n_named; i++) names[i] = env->named[i].name;
    const char *near = text_nearest(path + strlen(SCENARIO_MEMORY), names);
    free(names);
    return error_set(e, ERR_INPUT, path, "there is no trace in memory of this name%s%s%s%s",
                     near ? "; did you mean \"" : "", near ? SCENARIO_MEMORY : "", near ? near : "", near ? "\"?" : "");
}

/* It is as it is: what says how files are read does not apply. */
static enum error_code named_trace(const struct scenario_env *env, const struct scenario *s, const struct trace **out,
                                   struct notes *notes, struct error *e) {
    const struct scenario_trace *t = &s->read;
    if (s->n_paths > 1)
        return error_set(e, ERR_INPUT, "trace.paths", "a trace in memory (%.80s) stands alone; got %u paths",
                         s->paths[0], s->n_paths);
    if (t->polarity || t->gap_ms || t->resolution_ms || t->align || t->cloud || t->product || t->epoch ||
        strcmp(t->single_means, "as written") != 0)
        return error_set(e, ERR_INPUT, "trace",
                         "settings that say how files are read do not apply to a trace in memory (%.80s)", s->paths[0]);
    const struct named_trace *named = find_named(env, s->paths[0] + strlen(SCENARIO_MEMORY));
    if (!named) return unknown_trace(env, s->paths[0], e);
    *out = named->trace;
    notes_add_all(notes, &named->notes);
    return OK;
}

static bool any_memory(const struct scenario *s) {
    for (uint32_t i = 0; i < s->n_paths; i++)
        if (is_memory(s->paths[i])) return true;
    return false;
}

enum error_code env_trace(struct scenario_env *env, const struct scenario *s, const struct trace **out,
                          struct notes *notes, struct error *e) {
    if (any_memory(s)) return named_trace(env, s, out, notes, e);
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
    enum error_code rc = traces ? load(env, &slot, s, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
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
