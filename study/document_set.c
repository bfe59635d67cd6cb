/* SPDX-License-Identifier: Apache-2.0
 * Paths that users type, and putting values at them. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cloud/params.h"
#include "sim/config.h"
#include "study/document.h"
#include "study/document_private.h"
#include "study/fields.h"
#include "study/json_text.h"
#include "study/policy_json.h"

#define PATH_WORDS_MAX 12
#define PATH_MAX_BYTES 512

static bool is_one_of(const char *word, const char *const *names) {
    for (; *names; names++)
        if (strcmp(word, *names) == 0) return true;
    return false;
}

/* Where the first word of a path may be found, in this order. */
static const struct place {
    const char *prefix;
    const struct field *fields;
    const uint32_t *n;
    const char *const *others;
} places[] = {
    {"", top_fields, &top_fields_n, top_sections},
    {"fleet.", fleet_fields, &fleet_fields_n, fleet_sections},
    {"trace.", trace_fields, &trace_fields_n, trace_sections},
    {"control.", control_fields, &control_fields_n, NULL},
    {"cloud.defaults.", pool_fields, &pool_fields_n, NULL},
    {"study.", study_fields, &study_fields_n, NULL},
};
#define PLACES (sizeof places / sizeof *places)
#define SETTINGS_MAX 128

/* Which section a path's first word belongs to, "" for the top; NULL: none. */
static const char *section_of(const char *word) {
    for (size_t i = 0; i < PLACES; i++) {
        const struct place *p = &places[i];
        if (field_find(p->fields, *p->n, word) || (p->others && is_one_of(word, p->others))) return p->prefix;
    }
    return NULL;
}

/* A first word that no section knows, and what was likely meant; else NULL. */
static const char *meant_setting(const char *word) {
    const char *names[SETTINGS_MAX + 1];
    uint32_t n = 0;
    if (section_of(word)) return NULL;
    for (size_t i = 0; i < PLACES; i++) {
        for (uint32_t f = 0; f < *places[i].n && n < SETTINGS_MAX; f++) names[n++] = places[i].fields[f].path;
        for (const char *const *o = places[i].others; o && *o && n < SETTINGS_MAX; o++) names[n++] = *o;
    }
    names[n] = NULL;
    return text_nearest(word, names);
}

static void first_word(const char *typed, char word[64]) {
    size_t n = strcspn(typed, ".");
    snprintf(word, 64, "%.*s", (int)(n < 64 ? n : 63), typed);
}

void doc_full_path(const char *typed, struct strbuf *out) {
    char word[64];
    first_word(typed, word);
    const char *section = section_of(word);
    strbuf_printf(out, "%s%s", section ? section : "fleet.", typed);
}

/* Cuts the path into words, in place.  Under cloud.pools the pool's name may
 * hold dots: only the last word is the field.  What follows study.vary is one
 * key, a path itself. */
static uint32_t split_path(char *path, char *words[PATH_WORDS_MAX]) {
    uint32_t n = 0;
    char *p = path;
    if (strncmp(path, "cloud.pools.", 12) == 0) {
        char *field = strrchr(path + 12, '.');
        path[5] = path[11] = '\0';
        words[0] = path;
        words[1] = path + 6;
        words[2] = path + 12;
        if (!field) return 3;
        *field = '\0';
        words[3] = field + 1;
        return 4;
    }
    if (strncmp(path, "study.vary.", 11) == 0) {
        path[5] = path[10] = '\0';
        words[0] = path;
        words[1] = path + 6;
        words[2] = path + 11;
        return 3;
    }
    while (n < PATH_WORDS_MAX) {
        words[n++] = p;
        p = strchr(p, '.');
        if (!p) return n;
        *p++ = '\0';
    }
    return PATH_WORDS_MAX + 1;
}

static cJSON *child_of(const cJSON *node, const char *word) {
    if (cJSON_IsArray(node)) {
        char *end = NULL;
        unsigned long i = strtoul(word, &end, 10);
        return *word && !*end && i < 100000 ? cJSON_GetArrayItem(node, (int)i) : NULL;
    }
    return cJSON_GetObjectItemCaseSensitive(node, word);
}

/* cJSON_ReplaceItemInObject does not see that memory for the name ran out. */
static bool replace_named(cJSON *parent, cJSON *old, const char *word, cJSON *node) {
    size_t size = strlen(word) + 1;
    char *name = cJSON_malloc(size);
    if (!name) return false;
    memcpy(name, word, size);
    if (!(node->type & cJSON_StringIsConst)) cJSON_free(node->string);
    node->type &= ~cJSON_StringIsConst;
    node->string = name;
    return cJSON_ReplaceItemViaPointer(parent, old, node);
}

/* Takes `node` over, also when it fails. */
static enum error_code replace(cJSON *parent, const char *word, cJSON *node, const char *label, struct error *e) {
    cJSON *old = child_of(parent, word);
    bool done;
    if (cJSON_IsArray(parent))
        done = old && cJSON_ReplaceItemInArray(parent, atoi(word), node);
    else if (old)
        done = replace_named(parent, old, word, node);
    else
        done = cJSON_AddItemToObject(parent, word, node);
    if (done) return OK;
    cJSON_Delete(node);
    if (cJSON_IsArray(parent) && !old)
        return error_set(e, ERR_INPUT, label, "\"%.60s\" is no element of the array there (it has %d, counted from 0)",
                         word, cJSON_GetArraySize(parent));
    return error_set(e, ERR_FAILED, label, "out of memory");
}

/* Taken apart, a policy's text no longer says which file its plug-ins are in. */
static enum error_code keep_plugins(struct scenario_doc *doc, const char *text, struct error *e) {
    cJSON *fleet = cJSON_GetObjectItemCaseSensitive(doc->root, "fleet");
    char *path = NULL;
    for (uint32_t i = 0; (path = policy_text_plugin(text, i)) != NULL; i++) {
        cJSON *list = cJSON_GetObjectItemCaseSensitive(fleet, "plugins");
        if (!list) list = cJSON_AddArrayToObject(fleet, "plugins");
        cJSON *item = cJSON_CreateString(path);
        free(path);
        if (!cJSON_IsArray(list) || !item || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            return error_set(e, ERR_FAILED, NULL, "out of memory");
        }
    }
    return OK;
}

/* A node to go down into, made when it is not there.  Policies written as
 * text are taken apart; a group without a policy of its own gets a copy of
 * the fleet's to change. */
static enum error_code descend(struct scenario_doc *doc, struct policy_registry *registry, cJSON *parent,
                               const char *word, const char *label, cJSON **out, struct error *e) {
    cJSON *node = child_of(parent, word);
    cJSON *made = NULL;
    bool policy = strcmp(word, "policy") == 0;
    if (policy && !node) {
        cJSON *fleet = cJSON_GetObjectItemCaseSensitive(doc->root, "fleet");
        node = cJSON_GetObjectItemCaseSensitive(fleet, "policy");
        if (node && !cJSON_IsString(node)) made = cJSON_Duplicate(node, true);
    }
    if (policy && cJSON_IsString(node)) {
        enum error_code rc = policy_text_to_json(registry, node->valuestring, &made, e);
        if (rc == OK) rc = keep_plugins(doc, node->valuestring, e);
        if (rc != OK) {
            cJSON_Delete(made);
            error_in(e, label);
            return rc;
        }
    }
    if (!made && (cJSON_IsObject(node) || cJSON_IsArray(node))) {
        *out = node;
        return OK;
    }
    if (!made && node && !cJSON_IsNull(node))
        return error_set(e, ERR_INPUT, label, "\"%s\" holds %s; there is nothing below it", word, json_text_kind(node));
    if (!made && !(made = cJSON_CreateObject())) return error_set(e, ERR_FAILED, label, "out of memory");
    TRY(replace(parent, word, made, label, e));
    *out = child_of(parent, word);
    return *out ? OK : error_set(e, ERR_FAILED, label, "out of memory");
}

/* Numbers become JSON numbers where nothing is lost by it. */
static bool is_plain_number(const char *text, double *x) {
    struct error ignored;
    struct strbuf back = {0};
    if (text_real(text, -1e300, 1e300, x, &ignored) != OK) return false;
    strbuf_real(&back, *x);
    bool same = back.data && strcmp(back.data, text) == 0;
    strbuf_free(&back);
    return same;
}

static enum error_code value_node(const char *text, const char *label, cJSON **out, struct error *e) {
    double x = 0;
    *out = NULL;
    if (*text == '[' || *text == '{') return json_text_parse(text, strlen(text), label, out, e);
    if (strcmp(text, "null") == 0)
        *out = cJSON_CreateNull();
    else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        *out = cJSON_CreateBool(*text == 't');
    else if (is_plain_number(text, &x))
        *out = cJSON_CreateNumber(x);
    else
        *out = cJSON_CreateString(text);
    return *out ? OK : error_set(e, ERR_FAILED, label, "out of memory");
}

static enum error_code set_node(struct scenario_doc *doc, struct policy_registry *registry, const char *full,
                                cJSON *value, const char *label, struct error *e) {
    char path[PATH_MAX_BYTES], *words[PATH_WORDS_MAX];
    if (strlen(full) >= sizeof path) {
        cJSON_Delete(value);
        return error_set(e, ERR_INPUT, label, "the path is longer than %d bytes", PATH_MAX_BYTES - 1);
    }
    strcpy(path, full);
    uint32_t n = split_path(path, words);
    bool bad = n > PATH_WORDS_MAX;
    for (uint32_t i = 0; i < n && !bad; i++) bad = !*words[i];
    if (bad) {
        cJSON_Delete(value);
        return error_set(e, ERR_INPUT, label, "\"%.100s\" is not a path such as policy.mix.base", full);
    }
    cJSON *node = doc->root;
    for (uint32_t i = 0; i + 1 < n; i++) {
        const cJSON *next = child_of(node, words[i]);
        if ((!next || cJSON_IsNull(next)) && words[i + 1][strspn(words[i + 1], "0123456789")] == '\0') {
            cJSON_Delete(value);
            return error_set(e, ERR_INPUT, label, "there is no array \"%s\" that has an element %s", words[i],
                             words[i + 1]);
        }
        enum error_code rc = descend(doc, registry, node, words[i], label, &node, e);
        if (rc != OK) {
            cJSON_Delete(value);
            return rc;
        }
    }
    TRY(replace(node, words[n - 1], value, label, e));
    return doc_note_origin(doc, full, label, e);
}

enum error_code doc_set(struct scenario_doc *doc, struct policy_registry *registry, const char *typed, const char *text,
                        const char *label, struct error *e) {
    cJSON *value = NULL;
    char word[64];
    first_word(typed, word);
    const char *near = meant_setting(word);
    if (near) return error_set(e, ERR_INPUT, label, "unknown key \"%.80s\"; did you mean \"%s\"?", word, near);
    /* a scenario is JSON, and a study's manifest must be able to repeat it */
    if (!text_is_utf8(text) || !text_is_utf8(typed))
        return error_set(e, ERR_INPUT, label, "the text is not UTF-8: \"%.100s\"", text);
    TRY(value_node(text, label, &value, e));
    struct strbuf full = {0};
    doc_full_path(typed, &full);
    enum error_code rc;
    if (full.failed || !full.data) {
        cJSON_Delete(value);
        rc = error_set(e, ERR_FAILED, label, "out of memory");
    } else {
        rc = set_node(doc, registry, full.data, value, label, e);
    }
    strbuf_free(&full);
    return rc;
}

enum error_code doc_set_list(struct scenario_doc *doc, const char *path, const char *const *items, uint32_t n,
                             const char *label, struct error *e) {
    cJSON *list = cJSON_CreateStringArray(items, (int)n);
    if (!list) return error_set(e, ERR_FAILED, label, "out of memory");
    return set_node(doc, NULL, path, list, label, e);
}

void doc_sort_list(struct scenario_doc *doc, const char *section, const char *key) {
    cJSON *list = cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(doc->root, section), key);
    if (!cJSON_IsArray(list)) return;
    for (cJSON *a = list->child; a; a = a->next) { /* short lists: selection by swapping texts */
        for (cJSON *b = a->next; b; b = b->next) {
            if (!cJSON_IsString(a) || !cJSON_IsString(b) || strcmp(a->valuestring, b->valuestring) <= 0) continue;
            char *text = a->valuestring;
            a->valuestring = b->valuestring;
            b->valuestring = text;
        }
    }
}

enum error_code doc_set_vary(struct scenario_doc *doc, const char *key, const char *values, const char *label,
                             struct error *e) {
    cJSON *study = NULL, *vary = NULL;
    TRY(descend(doc, NULL, doc->root, "study", label, &study, e));
    TRY(descend(doc, NULL, study, "vary", label, &vary, e));
    if (!cJSON_IsObject(vary)) return error_set(e, ERR_INPUT, label, "study.vary is not an object");
    cJSON_DeleteItemFromObjectCaseSensitive(vary, key);
    if (!cJSON_AddStringToObject(vary, key, values)) return error_set(e, ERR_FAILED, label, "out of memory");
    char path[PATH_MAX_BYTES];
    snprintf(path, sizeof path, "study.vary.%.400s", key);
    return doc_note_origin(doc, path, label, e);
}

enum error_code doc_set_every_pool(struct scenario_doc *doc, const char *field, const char *text, const char *label,
                                   struct error *e) {
    cJSON *cloud = cJSON_GetObjectItemCaseSensitive(doc->root, "cloud");
    cJSON *pools = cJSON_GetObjectItemCaseSensitive(cloud, "pools");
    for (cJSON *pool = pools ? pools->child : NULL; pool; pool = pool->next)
        cJSON_DeleteItemFromObjectCaseSensitive(pool, field);
    char path[96];
    snprintf(path, sizeof path, "cloud.defaults.%s", field);
    return doc_set(doc, NULL, path, text, label, e);
}
