/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/manifest.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "traces/json.h"
#include "traces/readers.h"

#define HINT_TEXT_MAX POOL_NAME_MAX

static const char *first_mark(const char *data, const char *end) {
    while (data < end && strchr(" \t\r\n\xef\xbb\xbf", *data)) data++;
    return data;
}

bool manifest_may_start(const char *data, size_t size) {
    const char *first = first_mark(data, data + size);
    return first == data + size || *first == '{';
}

bool manifest_is(const char *data, size_t size, bool *no_memory) {
    const char *end = data + size;
    *no_memory = false;
    data = first_mark(data, end);
    if (data == end || *data != '{') return false;
    /* Only then is a second parse worth its time. */
    if (!memmem(data, (size_t)(end - data), "\"files\"", 7)) return false;
    cJSON *doc = json_parse(data, (size_t)(end - data), NULL, false, no_memory);
    bool found = cJSON_IsObject(doc) && cJSON_GetObjectItemCaseSensitive(doc, "files");
    cJSON_Delete(doc);
    return found;
}

static enum error_code take_text(const cJSON *v, const char *where, char **slot, struct error *e) {
    if (!cJSON_IsString(v)) return error_set(e, ERR_INPUT, where, "expected a string, got %s", json_value_kind(v));
    if (!*v->valuestring || strlen(v->valuestring) > HINT_TEXT_MAX)
        return error_set(e, ERR_INPUT, where, "expected 1 to %u bytes", HINT_TEXT_MAX);
    return raw_text_set(slot, v->valuestring, e);
}

static enum error_code take_duration(const cJSON *v, const char *where, int64_t *ms, struct error *e) {
    if (cJSON_IsNumber(v) && v->valuedouble >= 0.001 && v->valuedouble <= (double)(TIME_LIMIT_MS / MS_PER_S)) {
        *ms = (int64_t)(v->valuedouble * 1000 + 0.5);
        return OK;
    }
    if (!cJSON_IsString(v))
        return error_set(e, ERR_INPUT, where, "expected a duration such as \"300s\", got %s", json_value_kind(v));
    enum error_code rc = text_duration_ms(v->valuestring, ms, e);
    if (rc == OK && *ms == 0) rc = error_set(e, ERR_INPUT, NULL, "expected more than 0");
    if (rc != OK) error_in(e, where);
    return rc;
}

static enum error_code take_renames(const cJSON *v, const char *where, struct file_hints *h, struct error *e) {
    if (!cJSON_IsObject(v))
        return error_set(e, ERR_INPUT, where, "expected an object {\"old\": \"new\"}, got %s", json_value_kind(v));
    h->renames = calloc((size_t)cJSON_GetArraySize(v) + 1, sizeof *h->renames);
    if (!h->renames) return error_set(e, ERR_FAILED, where, "out of memory");
    for (const cJSON *item = v->child; item; item = item->next) {
        struct rename *r = &h->renames[h->n_renames++];
        TRY(raw_text_set(&r->from, item->string, e));
        TRY(take_text(item, where, &r->to, e));
        for (uint32_t i = 0; i + 1 < h->n_renames; i++)
            if (strcmp(h->renames[i].to, r->to) == 0)
                return error_set(e, ERR_INPUT, where, "two pools are renamed to '%s'", r->to);
    }
    return OK;
}

static const char *const keys[] = {"file",   "pool",  "cloud", "region",     "zone",   "instance_type",
                                   "offset", "epoch", "gap",   "resolution", "rename", NULL};

static enum error_code take_member(const cJSON *v, const char *where, struct manifest_file *f, struct error *e) {
    struct file_hints *h = &f->hints;
    const char *name = v->string;
    struct {
        const char *name;
        char **slot;
    } texts[] = {
        {"file", &f->path}, {"pool", &h->pool},     {"cloud", &h->cloud}, {"region", &h->region},
        {"zone", &h->zone}, {"offset", &h->offset}, {"epoch", &h->epoch}, {"instance_type", &h->instance_type}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0) return take_text(v, where, texts[i].slot, e);
    if (strcmp(name, "gap") == 0) return take_duration(v, where, &h->gap_ms, e);
    if (strcmp(name, "resolution") == 0) return take_duration(v, where, &h->resolution_ms, e);
    if (strcmp(name, "rename") == 0) return take_renames(v, where, h, e);
    const char *near = text_nearest(name, keys);
    return error_set(e, ERR_INPUT, where, "is not known%s%s%s", near ? "; did you mean \"" : "", near ? near : "",
                     near ? "\"?" : "");
}

static enum error_code take_entry(const char *path, const cJSON *v, int64_t i, struct manifest_file *f,
                                  struct error *e) {
    struct json_place place;
    if (!cJSON_IsObject(v))
        return error_set(e, ERR_INPUT, trace_json_where(&place, path, "files", i, NULL), "expected an object, got %s",
                         json_value_kind(v));
    for (const cJSON *item = v->child; item; item = item->next)
        TRY(take_member(item, trace_json_where(&place, path, "files", i, item->string), f, e));
    if (!f->path)
        return error_set(e, ERR_INPUT, trace_json_where(&place, path, "files", i, NULL), "expected a \"file\"");
    int64_t ignored;
    if (f->hints.epoch && timestamp_from_text(f->hints.epoch, &ignored, e) != OK) {
        error_in(e, trace_json_where(&place, path, "files", i, "epoch"));
        return ERR_INPUT;
    }
    return OK;
}

static enum error_code take_default(const char *path, const cJSON *v, struct manifest_file *f, struct error *e) {
    static const char *const defaults[] = {"cloud", "epoch", "gap", "resolution", "files", "version", NULL};
    struct json_place place;
    for (uint32_t i = 0; defaults[i]; i++) {
        if (strcmp(v->string, defaults[i]) != 0) continue;
        return i < 4 ? take_member(v, trace_json_where(&place, path, v->string, -1, NULL), f, e) : OK;
    }
    const char *near = text_nearest(v->string, defaults);
    return error_set(e, ERR_INPUT, trace_json_where(&place, path, v->string, -1, NULL), "is not known%s%s%s",
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void file_free(struct manifest_file *f) {
    struct file_hints *h = &f->hints;
    char *texts[] = {f->path, h->pool, h->cloud, h->region, h->zone, h->instance_type, h->offset, h->epoch};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) free(texts[i]);
    for (uint32_t i = 0; i < h->n_renames; i++) {
        free(h->renames[i].from);
        free(h->renames[i].to);
    }
    free(h->renames);
    memset(f, 0, sizeof *f);
}

static enum error_code apply_defaults(const struct file_hints *d, struct file_hints *h, struct error *e) {
    if (d->cloud && !h->cloud) TRY(raw_text_set(&h->cloud, d->cloud, e));
    if (d->epoch && !h->epoch) TRY(raw_text_set(&h->epoch, d->epoch, e));
    if (!h->gap_ms) h->gap_ms = d->gap_ms;
    if (!h->resolution_ms) h->resolution_ms = d->resolution_ms;
    return OK;
}

static enum error_code take_document(const char *path, const cJSON *doc, struct manifest_file *defaults,
                                     struct manifest *out, struct error *e) {
    struct json_place place;
    const cJSON *files = cJSON_GetObjectItemCaseSensitive(doc, "files");
    if (!cJSON_IsArray(files) || !files->child)
        return error_set(e, ERR_INPUT, trace_json_where(&place, path, "files", -1, NULL),
                         "expected a list of at least one file");
    int n = cJSON_GetArraySize(files);
    if ((uint32_t)n > TRACE_FILES_MAX)
        return error_set(e, ERR_INPUT, trace_json_where(&place, path, "files", -1, NULL),
                         "lists %d files; the limit is %u", n, TRACE_FILES_MAX);
    for (const cJSON *item = doc->child; item; item = item->next) TRY(take_default(path, item, defaults, e));
    out->files = calloc((size_t)n, sizeof *out->files);
    if (!out->files) return error_set(e, ERR_FAILED, path, "out of memory");
    for (const cJSON *v = files->child; v; v = v->next) {
        struct manifest_file *f = &out->files[out->n++];
        TRY(take_entry(path, v, (int64_t)out->n - 1, f, e));
        TRY(apply_defaults(&defaults->hints, &f->hints, e));
    }
    return OK;
}

enum error_code manifest_parse(const char *path, const char *data, size_t size, struct manifest *out, struct error *e) {
    struct json_documents docs;
    struct manifest_file defaults = {0};
    memset(out, 0, sizeof *out);
    enum error_code rc = documents_parse(path, data, size, &docs, e);
    if (rc == OK && (docs.n != 1 || !cJSON_IsObject(docs.document[0])))
        rc = error_set(e, ERR_INPUT, path, "expected a manifest: one JSON object with \"files\"");
    if (rc == OK) rc = take_document(path, docs.document[0], &defaults, out, e);
    file_free(&defaults);
    documents_free(&docs);
    return rc;
}

void manifest_free(struct manifest *m) {
    for (uint32_t i = 0; i < m->n; i++) file_free(&m->files[i]);
    free(m->files);
    memset(m, 0, sizeof *m);
}
