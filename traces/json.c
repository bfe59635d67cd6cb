/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/json.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

/* Brackets or a string are still open at the end of the text. */
static bool is_open(const char *s, const char *end) {
    int64_t depth = 0;
    bool in_string = false;
    for (; s < end; s++) {
        if (in_string && *s == '\\')
            s++;
        else if (*s == '"')
            in_string = !in_string;
        else if (!in_string && (*s == '{' || *s == '['))
            depth++;
        else if (!in_string && (*s == '}' || *s == ']'))
            depth--;
    }
    return in_string || depth > 0;
}

/* The parser stops at the start of the value that it does not understand, so a
 * cut is found by what is left open. */
#define NEAR_THE_END 64

static enum error_code syntax_error(const char *path, const char *data, const char *end, const char *at,
                                    struct error *e) {
    uint64_t line = 1;
    const char *line_start = data;
    bool cut = end - at <= NEAR_THE_END && is_open(data, end);
    if (cut || at > end) at = end;
    for (const char *s = data; s < at; s++)
        if (*s == '\n') {
            line++;
            line_start = s + 1;
        }
    char where[320];
    snprintf(where, sizeof where, "%s:%" PRIu64 ":%td", path, line, at - line_start + 1);
    if (cut) return error_set(e, ERR_INPUT, where, "JSON ends before it is complete; is the file truncated?");
    return error_set(e, ERR_INPUT, where, "not valid JSON near '%.*s'", (int)(end - at < 20 ? end - at : 20), at);
}

static const char *skip_blank(const char *s, const char *end) {
    while (s < end && (*s == ' ' || *s == '\n' || *s == '\r' || *s == '\t')) s++;
    return s;
}

static enum error_code append(struct json_documents *d, cJSON *document, const char *path, struct error *e) {
    cJSON **grown = realloc(d->document, (d->n + 1) * sizeof *grown);
    if (!grown) {
        cJSON_Delete(document);
        return error_set(e, ERR_FAILED, path, "out of memory");
    }
    d->document = grown;
    d->document[d->n++] = document;
    return OK;
}

static enum error_code parse_all(const char *path, const char *data, size_t size, struct json_documents *out,
                                 struct error *e) {
    const char *end = data + size;
    if (size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0) data += 3;
    const char *s = skip_blank(data, end);
    while (s < end) {
        const char *stop = s;
        bool no_memory;
        cJSON *document = json_parse(s, (size_t)(end - s), &stop, false, &no_memory);
        if (no_memory) return error_set(e, ERR_FAILED, path, "out of memory");
        if (!document) return syntax_error(path, data, end, stop, e);
        TRY(append(out, document, path, e));
        s = skip_blank(stop, end);
    }
    return OK;
}

enum error_code documents_parse(const char *path, const char *data, size_t size, struct json_documents *out,
                                struct error *e) {
    memset(out, 0, sizeof *out);
    return parse_all(path, data, size, out, e);
}

enum error_code documents_parse_lists(const char *path, const char *data, size_t size, struct json_documents *out,
                                      struct error *e) {
    struct strbuf text = {0};
    memset(out, 0, sizeof *out);
    bool taken = json_lists_take(data, size, &out->lists, &text);
    enum error_code rc = taken ? OK : error_set(e, ERR_FAILED, path, "out of memory");
    if (rc == OK && out->lists.n && parse_all(path, text.data, text.size, out, NULL) == OK) {
        strbuf_free(&text);
        return OK;
    }
    strbuf_free(&text);
    if (rc != OK) return rc;
    documents_free(out); /* no lists, or an error, whose place is in the original */
    return parse_all(path, data, size, out, e);
}

void documents_free(struct json_documents *d) {
    for (uint32_t i = 0; i < d->n; i++) cJSON_Delete(d->document[i]);
    free(d->document);
    json_lists_free(&d->lists);
    memset(d, 0, sizeof *d);
}

enum error_code trace_json_member(const struct cJSON *object, const char *name, const char *where, struct cJSON **out,
                                  struct error *e) {
    *out = NULL;
    for (cJSON *item = object->child; item; item = item->next) {
        if (strcmp(item->string, name) != 0) continue;
        if (*out) return error_set(e, ERR_INPUT, where, "has \"%s\" twice", name);
        *out = item;
    }
    return OK;
}

const char *json_value_kind(const struct cJSON *v) {
    if (cJSON_IsString(v)) return "a string";
    if (cJSON_IsNumber(v)) return "a number";
    if (cJSON_IsArray(v)) return "an array";
    if (cJSON_IsObject(v)) return "an object";
    if (cJSON_IsNull(v)) return "null";
    return cJSON_IsBool(v) ? "true or false" : "nothing";
}

const char *trace_json_where(struct json_place *p, const char *path, const char *member, int64_t index,
                             const char *inner) {
    char at[32] = "";
    if (index >= 0) snprintf(at, sizeof at, "[%" PRId64 "]", index);
    snprintf(p->text, sizeof p->text, "%s: %s%s%s%s", path ? path : "", member ? member : "", at,
             inner && (member || index >= 0) ? "." : "", inner ? inner : "");
    return p->text;
}
