/* SPDX-License-Identifier: Apache-2.0
 * A run's settings: as written, and resolved. */
#include <stdlib.h>
#include <string.h>

#include "api/private.h"
#include "study/json_text.h"
#include "study/vary.h"

void prepared_keep(struct prepared *p) { atomic_fetch_add(&p->refs, 1); }

void prepared_release(struct prepared *p) {
    if (!p || atomic_fetch_sub(&p->refs, 1) != 1) return;
    scenario_free(p->scenario);
    notes_free(&p->notes);
    env_release(p->env);
    free(p);
}

/* ---- making one --------------------------------------------------------------- */

/* Takes the document over, also when it fails. */
static enum spotsim_code wrap(struct spotsim_env *env, struct scenario_doc *doc, struct spotsim_scenario **out,
                              struct spotsim_error *e) {
    struct spotsim_scenario *s = calloc(1, sizeof *s);
    if (!s) {
        doc_free(doc);
        return api_out_of_memory(e);
    }
    env_keep(env);
    s->env = env;
    s->doc = doc;
    *out = s;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_scenario_new(struct spotsim_env *env, struct spotsim_scenario **out,
                                       struct spotsim_error *e) {
    struct error inner = {0};
    struct scenario_doc *doc = NULL;
    if (out) *out = NULL;
    if (!env || !out) return MISUSE(e, "env or out is NULL");
    enum error_code rc = doc_new(&doc, &inner);
    return rc == OK ? wrap(env, doc, out, e) : api_result(rc, &inner, e);
}

enum spotsim_code spotsim_scenario_read(struct spotsim_env *env, const char *path, struct spotsim_scenario **out,
                                        struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    struct scenario_doc *doc = NULL;
    if (out) *out = NULL;
    if (!env || !path || !out) return MISUSE(e, "env, path or out is NULL");
    enum error_code rc = doc_read(path, &doc, &inner);
    return rc == OK ? wrap(env, doc, out, e) : api_result(rc, &inner, e);
}

enum spotsim_code spotsim_scenario_parse(struct spotsim_env *env, const char *json, size_t size, const char *name,
                                         struct spotsim_scenario **out, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    struct scenario_doc *doc = NULL;
    if (out) *out = NULL;
    if (!env || !json || !name || !out) return MISUSE(e, "env, json, name or out is NULL");
    char *text = size < SIZE_MAX ? malloc(size + 1) : NULL; /* the parser wants a NUL at the end */
    if (!text) return api_out_of_memory(e);
    memcpy(text, json, size);
    text[size] = '\0';
    enum error_code rc = doc_parse(text, size, name, &doc, &inner);
    free(text);
    return rc == OK ? wrap(env, doc, out, e) : api_result(rc, &inner, e);
}

enum spotsim_code spotsim_scenario_copy(const struct spotsim_scenario *s, struct spotsim_scenario **out,
                                        struct spotsim_error *e) {
    struct error inner = {0};
    struct scenario_doc *doc = NULL;
    if (out) *out = NULL;
    if (!s || !out) return MISUSE(e, "scenario or out is NULL");
    enum error_code rc = doc_copy(s->doc, &doc, &inner);
    if (rc != OK) return api_result(rc, &inner, e);
    enum spotsim_code code = wrap(s->env, doc, out, e);
    if (code == SPOTSIM_OK) code = spotsim_scenario_set_origin(*out, s->origin, e);
    if (code == SPOTSIM_OK) return code;
    spotsim_scenario_free(*out);
    *out = NULL;
    return code;
}

void spotsim_scenario_free(struct spotsim_scenario *s) {
    if (!s) return;
    prepared_release(s->prepared);
    doc_free(s->doc);
    free(s->origin);
    env_release(s->env);
    free(s);
}

/* ---- settings ----------------------------------------------------------------- */

/* What was resolved before no longer holds. */
static void changed(struct spotsim_scenario *s) {
    prepared_release(s->prepared);
    s->prepared = NULL;
}

static const char *origin_of(const struct spotsim_scenario *s, const char *path) {
    return s->origin ? s->origin : path;
}

enum spotsim_code spotsim_scenario_set_origin(struct spotsim_scenario *s, const char *origin, struct spotsim_error *e) {
    if (!s) return MISUSE(e, "scenario is NULL");
    char *copy = origin ? strdup(origin) : NULL;
    if (origin && !copy) return api_out_of_memory(e);
    free(s->origin);
    s->origin = copy;
    return SPOTSIM_OK;
}

enum spotsim_code spotsim_scenario_set(struct spotsim_scenario *s, const char *path, const char *value,
                                       struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!s || !path || !value) return MISUSE(e, "scenario, path or value is NULL");
    changed(s);
    pthread_mutex_lock(&s->env->lock); /* a policy's text may name a plug-in */
    enum error_code rc = doc_set(s->doc, scenario_env_registry(s->env->inner), path, value, origin_of(s, path), &inner);
    pthread_mutex_unlock(&s->env->lock);
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_scenario_set_list(struct spotsim_scenario *s, const char *path, const char *const *items,
                                            uint32_t n, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!s || !path || (!items && n)) return MISUSE(e, "scenario, path or items is NULL");
    if (n > INT32_MAX) return MISUSE(e, "too many items");
    for (uint32_t i = 0; i < n; i++)
        if (!items[i]) return MISUSE(e, "an item is NULL");
    changed(s);
    static const char *const none[1] = {""};
    struct strbuf full = {0};
    doc_full_path(path, &full);
    enum error_code rc = full.failed || !full.data
                             ? error_set(&inner, ERR_FAILED, NULL, "out of memory")
                             : doc_set_list(s->doc, full.data, n ? items : none, n, origin_of(s, path), &inner);
    strbuf_free(&full);
    return api_result(rc, &inner, e);
}

enum spotsim_code spotsim_scenario_set_every_pool(struct spotsim_scenario *s, const char *field, const char *value,
                                                  struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!s || !field || !value) return MISUSE(e, "scenario, field or value is NULL");
    changed(s);
    return api_result(doc_set_every_pool(s->doc, field, value, origin_of(s, field), &inner), &inner, e);
}

enum spotsim_code spotsim_scenario_vary(struct spotsim_scenario *s, const char *path, const char *values,
                                        struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!s || !path || !values) return MISUSE(e, "scenario, path or values is NULL");
    changed(s);
    return api_result(doc_set_vary(s->doc, path, values, origin_of(s, path), &inner), &inner, e);
}

enum spotsim_code spotsim_setting_path(const char *typed, char **text, struct spotsim_error *e) {
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!typed || !text) return MISUSE(e, "typed or text is NULL");
    doc_full_path(typed, &out);
    return api_text(&out, text, e);
}

/* ---- resolved ----------------------------------------------------------------- */

static enum error_code resolve(struct spotsim_scenario *s, struct prepared *p, struct error *e) {
    doc_sort_list(s->doc, "trace", "paths"); /* which file comes first must show nowhere */
    pthread_mutex_lock(&s->env->lock);
    enum error_code rc = scenario_resolve(s->doc, s->env->inner, &p->scenario, &p->notes, e);
    pthread_mutex_unlock(&s->env->lock);
    return rc;
}

enum spotsim_code spotsim_scenario_prepare(struct spotsim_scenario *s, struct spotsim_error *e) {
    API_ENTER;
    struct error inner = {0};
    if (!s) return MISUSE(e, "scenario is NULL");
    changed(s);
    struct prepared *p = calloc(1, sizeof *p);
    if (!p) return api_out_of_memory(e);
    atomic_init(&p->refs, 1);
    env_keep(s->env);
    p->env = s->env;
    enum error_code rc = resolve(s, p, &inner);
    if (rc == OK)
        s->prepared = p;
    else
        prepared_release(p);
    return api_result(rc, &inner, e);
}

uint32_t spotsim_scenario_note_count(const struct spotsim_scenario *s) {
    return s && s->prepared ? s->prepared->notes.n : 0;
}

const char *spotsim_scenario_note(const struct spotsim_scenario *s, uint32_t i, bool *warning) {
    if (i >= spotsim_scenario_note_count(s)) return NULL;
    if (warning) *warning = s->prepared->notes.warning[i];
    return s->prepared->notes.lines[i];
}

enum spotsim_code spotsim_scenario_add_note(struct spotsim_scenario *s, const char *text, struct spotsim_error *e) {
    if (!s || !text) return MISUSE(e, "scenario or text is NULL");
    if (!s->prepared) return MISUSE(e, NOT_PREPARED);
    notes_add(&s->prepared->notes, "%s", text);
    return SPOTSIM_OK;
}

static const struct sim_config *config_of(const struct spotsim_scenario *s) {
    return s && s->prepared ? scenario_config(s->prepared->scenario) : NULL;
}

uint32_t spotsim_scenario_pool_count(const struct spotsim_scenario *s) {
    const struct sim_config *c = config_of(s);
    return c ? c->trace->n_pools : 0;
}

const char *spotsim_scenario_pool_name(const struct spotsim_scenario *s, uint32_t pool) {
    const struct sim_config *c = config_of(s);
    return c && pool < c->trace->n_pools ? c->trace->pools[pool].name : NULL;
}

int64_t spotsim_scenario_horizon_ms(const struct spotsim_scenario *s) {
    const struct sim_config *c = config_of(s);
    return c ? c->horizon_ms : 0;
}

enum spotsim_code spotsim_scenario_text(const struct spotsim_scenario *s, enum spotsim_format format, char **text,
                                        struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0}, lines = {0};
    if (text) *text = NULL;
    if (!s || !text) return MISUSE(e, "scenario or text is NULL");
    if (!s->prepared) return MISUSE(e, NOT_PREPARED);
    if (format == SPOTSIM_TEXT) {
        scenario_policy_text(s->prepared->scenario, &out);
        return api_text(&out, text, e);
    }
    if (format != SPOTSIM_JSON) return MISUSE(e, "expected TEXT or JSON");
    scenario_to_json(s->prepared->scenario, &out);
    if (out.failed || !out.data)
        lines.failed = true;
    else
        json_text_indent(out.data, &lines);
    strbuf_free(&out);
    return api_text(&lines, text, e);
}
