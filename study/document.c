/* SPDX-License-Identifier: Apache-2.0 */
#include "study/document.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/document_private.h"
#include "study/fields.h"
#include "study/json_text.h"

#define KEYS_MAX 64

enum error_code doc_new(struct scenario_doc **out, struct error *e) {
    *out = NULL;
    struct scenario_doc *doc = calloc(1, sizeof *doc);
    if (doc) doc->root = cJSON_CreateObject();
    if (!doc || !doc->root) {
        free(doc);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    *out = doc;
    return OK;
}

/* A manifest holds the scenario it was made from. */
static cJSON *unwrap_manifest(cJSON *root) {
    if (!cJSON_GetObjectItemCaseSensitive(root, "manifest")) return root;
    cJSON *inner = cJSON_DetachItemFromObjectCaseSensitive(root, "scenario");
    if (!inner) return root;
    cJSON_Delete(root);
    return inner;
}

enum error_code doc_parse(const char *text, size_t size, const char *name, struct scenario_doc **out, struct error *e) {
    *out = NULL;
    cJSON *root = NULL;
    TRY(json_text_parse(text, size, name, &root, e));
    root = unwrap_manifest(root);
    if (!cJSON_IsObject(root)) {
        const char *kind = json_text_kind(root);
        cJSON_Delete(root);
        return error_set(e, ERR_INPUT, name, "expected a scenario (an object), got %s", kind);
    }
    struct scenario_doc *doc = calloc(1, sizeof *doc);
    char *source = strdup(name);
    if (!doc || !source) {
        free(doc);
        free(source);
        cJSON_Delete(root);
        return error_set(e, ERR_FAILED, name, "out of memory");
    }
    doc->root = root;
    doc->source = source;
    *out = doc;
    return OK;
}

enum error_code doc_read(const char *path, struct scenario_doc **out, struct error *e) {
    *out = NULL;
    char *text = NULL;
    size_t size = 0;
    TRY(file_read(path, &text, &size, e));
    enum error_code rc = doc_parse(text, size, path, out, e);
    free(text);
    return rc;
}

static enum error_code copy_origins(const struct scenario_doc *from, struct scenario_doc *to, struct error *e) {
    if (from->source && !(to->source = strdup(from->source))) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < from->n_origins; i++)
        TRY(doc_note_origin(to, from->origins[i].path, from->origins[i].label, e));
    return OK;
}

enum error_code doc_copy(const struct scenario_doc *from, struct scenario_doc **out, struct error *e) {
    struct scenario_doc *doc = NULL;
    TRY(doc_new(&doc, e));
    cJSON_Delete(doc->root);
    doc->root = cJSON_Duplicate(from->root, true);
    enum error_code rc = doc->root ? copy_origins(from, doc, e) : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc != OK) {
        doc_free(doc);
        doc = NULL;
    }
    *out = doc;
    return rc;
}

void doc_free(struct scenario_doc *doc) {
    if (!doc) return;
    cJSON_Delete(doc->root);
    for (uint32_t i = 0; i < doc->n_origins; i++) {
        free(doc->origins[i].path);
        free(doc->origins[i].label);
    }
    free(doc->origins);
    free(doc->source);
    free(doc);
}

struct cJSON *doc_root(const struct scenario_doc *doc) {
    return doc->root;
}

enum error_code doc_note_origin(struct scenario_doc *doc, const char *path, const char *label, struct error *e) {
    struct doc_origin *origins = realloc(doc->origins, (doc->n_origins + 1) * sizeof *origins);
    if (!origins) return error_set(e, ERR_FAILED, label, "out of memory");
    doc->origins = origins;
    struct doc_origin o = {strdup(path), strdup(label)};
    if (!o.path || !o.label) {
        free(o.path);
        free(o.label);
        return error_set(e, ERR_FAILED, label, "out of memory");
    }
    origins[doc->n_origins++] = o;
    return OK;
}

char *doc_where(const struct scenario_doc *doc, const char *path, const char *child, char buf[DOC_WHERE_MAX]) {
    char full[DOC_WHERE_MAX];
    snprintf(full, sizeof full, "%s%s%s", path, *path && child ? "." : "", child ? child : "");
    for (uint32_t i = doc->n_origins; i-- > 0;) {
        const char *set = doc->origins[i].path;
        size_t n = strlen(set);
        if (strncmp(full, set, n) != 0 || (full[n] != '\0' && full[n] != '.')) continue;
        snprintf(buf, DOC_WHERE_MAX, full[n] ? "%s (%s)" : "%s", doc->origins[i].label, full);
        return buf;
    }
    if (!doc->source)
        snprintf(buf, DOC_WHERE_MAX, "%s", full);
    else if (*full)
        snprintf(buf, DOC_WHERE_MAX, "%.150s at %.150s", doc->source, full);
    else
        snprintf(buf, DOC_WHERE_MAX, "%s", doc->source);
    return buf;
}

static enum error_code unknown_key(const struct scenario_doc *doc, const char *path, const char *key,
                                   const char *const *known, struct error *e) {
    char where[DOC_WHERE_MAX];
    doc_where(doc, path, key, where);
    const char *near = text_nearest(key, known);
    if (near) return error_set(e, ERR_INPUT, where, "unknown key \"%.80s\"; did you mean \"%s\"?", key, near);
    struct strbuf list = {0};
    for (uint32_t i = 0; known[i]; i++) strbuf_printf(&list, "%s%s", i ? ", " : "", known[i]);
    error_set(e, ERR_INPUT, where, "unknown key \"%.80s\"; expected one of: %s", key, list.data ? list.data : "");
    strbuf_free(&list);
    return ERR_INPUT;
}

static enum error_code expect_object(const struct scenario_doc *doc, const cJSON *object, const char *path,
                                     struct error *e) {
    if (cJSON_IsObject(object)) return OK;
    char where[DOC_WHERE_MAX];
    return error_set(e, ERR_INPUT, doc_where(doc, path, NULL, where), "expected an object, got %s",
                     json_text_kind(object));
}

enum error_code doc_check_keys(const struct scenario_doc *doc, const struct cJSON *object, const char *path,
                               const char *const *keys, struct error *e) {
    if (!object) return OK;
    TRY(expect_object(doc, object, path, e));
    for (const cJSON *child = object->child; child; child = child->next) {
        uint32_t i = 0;
        while (keys[i] && strcmp(keys[i], child->string) != 0) i++;
        if (!keys[i]) return unknown_key(doc, path, child->string, keys, e);
    }
    return OK;
}

static enum error_code read_field(const struct scenario_doc *doc, const struct field *f, const cJSON *node,
                                  const char *path, void *out, struct error *e) {
    if (cJSON_IsNull(node) && f->type != FIELD_PRICE) return OK;
    char where[DOC_WHERE_MAX];
    doc_where(doc, path, f->path, where);
    bool by_text = f->type == FIELD_TEXT || f->type == FIELD_ENUM; /* a name may look like a number */
    if (!by_text || (!cJSON_IsNumber(node) && !cJSON_IsBool(node))) return field_from_json(f, node, out, where, e);
    struct strbuf text = {0};
    json_text_of(node, &text);
    enum error_code rc = text.data && !text.failed ? field_from_text(f, text.data, out, where, e)
                                                   : error_set(e, ERR_FAILED, where, "out of memory");
    strbuf_free(&text);
    return rc;
}

enum error_code doc_read_table(const struct scenario_doc *doc, const struct cJSON *object, const char *path,
                               const struct field *table, uint32_t n, const char *const *others, void *out,
                               struct error *e) {
    if (!object) return OK;
    const char *known[KEYS_MAX + 1];
    uint32_t n_known = 0;
    for (uint32_t i = 0; i < n && n_known < KEYS_MAX; i++) known[n_known++] = table[i].path;
    for (uint32_t i = 0; others && others[i] && n_known < KEYS_MAX; i++) known[n_known++] = others[i];
    known[n_known] = NULL;
    TRY(doc_check_keys(doc, object, path, known, e));
    for (const cJSON *child = object->child; child; child = child->next) {
        const struct field *f = field_find(table, n, child->string);
        if (f) TRY(read_field(doc, f, child, path, out, e));
    }
    return OK;
}
