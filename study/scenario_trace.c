/* SPDX-License-Identifier: Apache-2.0
 * The trace section, and which of the trace's pools the fleet uses. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/json_text.h"
#include "study/scenario_private.h"

enum error_code read_text_list(const struct scenario_doc *doc, const struct cJSON *node, const char *path, char ***out,
                               uint32_t *n, struct error *e) {
    char where[DOC_WHERE_MAX];
    doc_where(doc, path, NULL, where);
    *n = 0;
    if (!node || cJSON_IsNull(node)) return OK;
    bool one = cJSON_IsString(node);
    if (!one && !cJSON_IsArray(node))
        return error_set(e, ERR_INPUT, where, "expected an array of strings, got %s", json_text_kind(node));
    uint32_t count = one ? 1 : (uint32_t)cJSON_GetArraySize(node);
    char **list = calloc(count + 1, sizeof *list);
    if (!list) return error_set(e, ERR_FAILED, where, "out of memory");
    const cJSON *item = one ? node : node->child;
    for (uint32_t i = 0; i < count; i++, item = item->next) {
        enum error_code rc = OK;
        if (!cJSON_IsString(item))
            rc = error_set(e, ERR_INPUT, where, "element %u: expected a string, got %s", i, json_text_kind(item));
        else if (!(list[i] = strdup(item->valuestring)))
            rc = error_set(e, ERR_FAILED, where, "out of memory");
        if (rc != OK) {
            text_list_free(list, i);
            return rc;
        }
    }
    *out = list;
    *n = count;
    return OK;
}

static int compare_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Which file comes first must not matter, in no output either. */
static enum error_code read_paths(struct resolver *r, const cJSON *section, struct error *e) {
    struct scenario *s = r->s;
    TRY(read_text_list(r->doc, cJSON_GetObjectItemCaseSensitive(section, "paths"), "trace.paths", &s->paths,
                       &s->n_paths, e));
    char where[DOC_WHERE_MAX];
    if (s->n_paths == 0)
        return error_set(e, ERR_INPUT, doc_where(r->doc, "trace.paths", NULL, where),
                         "no trace given: expected files, folders or globs (--trace PATH...)");
    qsort(s->paths, s->n_paths, sizeof *s->paths, compare_text);
    return OK;
}

static enum error_code check_single_means(struct resolver *r, struct error *e) {
    struct trace_options o = {0};
    const char *text = r->s->read.single_means;
    if (strcmp(text, "as written") == 0) return OK;
    if (trace_option_set(&o, "single-means", text, e) == OK) return OK;
    char where[DOC_WHERE_MAX];
    return error_set(e, ERR_INPUT, doc_where(r->doc, "trace", "single_means", where),
                     "expected \"as written\", one, unlimited, or a whole number from 1 to %u; got \"%.60s\"",
                     TRACE_CAPACITY_MAX, text);
}

/* The forced cloud must be one whose rules we know. */
static enum error_code read_cloud_name(struct resolver *r, struct error *e) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(resolver_section(r, "cloud"), "name");
    if (!node || cJSON_IsNull(node)) return OK;
    char where[DOC_WHERE_MAX];
    doc_where(r->doc, "cloud.name", NULL, where);
    if (!cJSON_IsString(node)) return error_set(e, ERR_INPUT, where, "expected a string, got %s", json_text_kind(node));
    if (!cloud_profile_find(node->valuestring)) {
        struct strbuf names = {0};
        for (uint32_t i = 0; i < cloud_profiles_n; i++)
            strbuf_printf(&names, "%s%s", i ? ", " : "", cloud_profiles[i].name);
        error_set(e, ERR_INPUT, where, "no cloud \"%.60s\"; expected one of: %s", node->valuestring,
                  names.data ? names.data : "");
        strbuf_free(&names);
        return ERR_INPUT;
    }
    r->s->cloud_name = strdup(node->valuestring);
    return r->s->cloud_name ? OK : error_set(e, ERR_FAILED, where, "out of memory");
}

enum error_code view_keep(struct scenario *s, const bool *keep, struct error *e) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < s->view.n_pools; i++) n += keep[i];
    struct trace_pool *pools = calloc(n ? n : 1, sizeof *pools);
    if (!pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t used = 0;
    int64_t span = INT64_MAX;
    for (uint32_t i = 0; i < s->view.n_pools; i++) {
        if (!keep[i]) continue;
        pools[used++] = s->view.pools[i];
        if (s->view.pools[i].span_ms < span) span = s->view.pools[i].span_ms;
    }
    free(s->view.pools);
    s->view.pools = pools;
    s->view.n_pools = n;
    s->view.span_ms = n ? span : 0;
    return OK;
}

static enum error_code view_all(struct scenario *s, const struct trace *t, struct error *e) {
    s->view = *t;
    s->view.pools = calloc(t->n_pools ? t->n_pools : 1, sizeof *s->view.pools);
    if (!s->view.pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    if (t->n_pools) memcpy(s->view.pools, t->pools, t->n_pools * sizeof *t->pools);
    /* a trace in memory knows no options */
    for (uint32_t i = 0; i < t->n_pools && s->cloud_name && !s->read.cloud; i++) {
        s->view.pools[i].cloud = s->cloud_name;
        s->view.pools[i].cloud_inferred = false;
    }
    return OK;
}

enum error_code resolve_trace(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *section = resolver_section(r, "trace");
    TRY(field_defaults(trace_fields, trace_fields_n, &s->read, e));
    TRY(doc_read_table(r->doc, section, "trace", trace_fields, trace_fields_n, trace_sections, &s->read, e));
    TRY(check_single_means(r, e));
    TRY(read_cloud_name(r, e));
    TRY(read_paths(r, section, e));
    const struct trace *trace = NULL;
    TRY(env_trace(r->env, s, &trace, r->notes, e));
    return view_all(s, trace, e);
}
