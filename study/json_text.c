/* SPDX-License-Identifier: Apache-2.0 */
#include "study/json_text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"

static enum error_code syntax_error(const char *text, size_t size, const char *at, const char *name, struct error *e) {
    size_t offset = at && at >= text && at <= text + size ? (size_t)(at - text) : size;
    unsigned line = 1;
    size_t start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (text[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    char where[300];
    snprintf(where, sizeof where, "%s:%u", name, line);
    if (offset >= size) return error_set(e, ERR_INPUT, where, "the JSON ends too early; is the file whole?");
    return error_set(e, ERR_INPUT, where, "not valid JSON at column %zu", offset - start + 1);
}

/* The first byte that is no UTF-8, or NULL; a NUL follows the text. */
static const char *not_utf8(const char *text, size_t size) {
    size_t n;
    for (const char *p = text; p < text + size; p += n)
        if ((n = text_utf8_length(p)) == 0) return p;
    return NULL;
}

static enum error_code check_utf8(const char *text, size_t size, const char *name, struct error *e) {
    const char *bad = not_utf8(text, size);
    if (!bad) return OK;
    unsigned line = 1;
    char where[300];
    for (const char *p = text; p < bad; p++) line += *p == '\n';
    snprintf(where, sizeof where, "%s:%u", name, line);
    return error_set(e, ERR_INPUT, where, "byte 0x%02x is not UTF-8, which JSON is written in", (unsigned char)*bad);
}

static const cJSON *find_twice(const cJSON *object, const cJSON *child) {
    for (const cJSON *other = object->child; other != child; other = other->next)
        if (strcmp(other->string, child->string) == 0) return other;
    return NULL;
}

#define WHERE_MAX 320

/* "name at path"; at the top the name alone.  Returns where. */
static const char *tree_where(const char *name, const struct strbuf *path, char where[WHERE_MAX]) {
    snprintf(where, WHERE_MAX, "%.150s%s%.150s", name, path->size ? " at " : "", path->size ? path->data : "");
    return where;
}

/* `path`: of the node, as users write it; back as it was when all is well. */
static enum error_code check_tree(const cJSON *node, const char *name, struct strbuf *path, struct error *e) {
    char where[WHERE_MAX];
    if (cJSON_IsNumber(node) && !isfinite(node->valuedouble))
        return error_set(e, ERR_INPUT, tree_where(name, path, where), "the number is too large; the limit is 1.8e308");
    size_t size = path->size;
    unsigned i = 0;
    for (const cJSON *child = node->child; child; child = child->next, i++) {
        if (cJSON_IsObject(node) && find_twice(node, child))
            return error_set(e, ERR_INPUT, tree_where(name, path, where),
                             "the key \"%.100s\" is there twice in one object", child->string);
        if (cJSON_IsObject(node))
            strbuf_printf(path, "%s%s", size ? "." : "", child->string);
        else
            strbuf_printf(path, "%s%u", size ? "." : "", i);
        if (path->failed) return error_set(e, ERR_FAILED, name, "out of memory");
        TRY(check_tree(child, name, path, e));
        path->size = size;
        path->data[size] = '\0';
    }
    return OK;
}

enum error_code json_text_parse(const char *text, size_t size, const char *name, struct cJSON **out, struct error *e) {
    *out = NULL;
    if (size > JSON_BYTES_MAX)
        return error_set(e, ERR_INPUT, name, "%zu bytes of JSON; at most %u are accepted", size, JSON_BYTES_MAX);
    if (memchr(text, 0, size)) return error_set(e, ERR_INPUT, name, "a NUL byte in the file: not JSON");
    TRY(check_utf8(text, size, name, e));
    const char *end = NULL;
    bool no_memory;
    cJSON *root = json_parse(text, size + 1, &end, true, &no_memory);
    if (no_memory) return error_set(e, ERR_FAILED, name, "out of memory");
    if (!root) return syntax_error(text, size, end, name, e);
    struct strbuf path = {0};
    enum error_code rc = check_tree(root, name, &path, e);
    strbuf_free(&path);
    if (rc != OK) {
        cJSON_Delete(root);
        return rc;
    }
    *out = root;
    return OK;
}

bool json_text_of(const struct cJSON *node, struct strbuf *out) {
    if (cJSON_IsString(node))
        strbuf_puts(out, node->valuestring);
    else if (cJSON_IsNumber(node))
        strbuf_real(out, node->valuedouble);
    else if (cJSON_IsBool(node))
        strbuf_puts(out, cJSON_IsTrue(node) ? "true" : "false");
    else
        return false;
    return true;
}

const char *json_text_kind(const struct cJSON *node) {
    if (cJSON_IsString(node)) return "a string";
    if (cJSON_IsNumber(node)) return "a number";
    if (cJSON_IsBool(node)) return "true or false";
    if (cJSON_IsArray(node)) return "an array";
    if (cJSON_IsObject(node)) return "an object";
    return "null";
}

void json_text_write(const struct cJSON *node, struct strbuf *out) {
    if (cJSON_IsString(node)) {
        strbuf_json_string(out, node->valuestring);
        return;
    }
    if (json_text_of(node, out)) return;
    if (!cJSON_IsArray(node) && !cJSON_IsObject(node)) {
        strbuf_puts(out, "null");
        return;
    }
    bool object = cJSON_IsObject(node);
    strbuf_puts(out, object ? "{" : "[");
    for (const cJSON *child = node->child; child; child = child->next) {
        if (child != node->child) strbuf_puts(out, ",");
        if (object) {
            strbuf_json_string(out, child->string);
            strbuf_puts(out, ":");
        }
        json_text_write(child, out);
    }
    strbuf_puts(out, object ? "}" : "]");
}

#define FLAT_OBJECT_MAX 110

static void newline(struct strbuf *out, unsigned depth) {
    strbuf_puts(out, "\n");
    for (unsigned i = 0; i < depth; i++) strbuf_puts(out, "  ");
}

/* The end of the string that starts at p (one past its closing quote). */
static const char *string_end(const char *p) {
    for (p++; *p && *p != '"'; p++)
        if (*p == '\\' && p[1]) p++;
    return *p ? p + 1 : p;
}

/* True when the array or object that opens at p holds nothing nested; an
 * object must be short as well. */
static bool is_flat(const char *p) {
    const char *start = p;
    for (p++; *p && *p != ']' && *p != '}';) {
        if (*p == '[' || *p == '{') return false;
        p = *p == '"' ? string_end(p) : p + 1;
    }
    return *start == '[' || p - start <= FLAT_OBJECT_MAX;
}

void json_text_indent(const char *compact, struct strbuf *out) {
    unsigned depth = 0, flat = 0; /* flat: levels written on the present line */
    for (const char *p = compact; *p;) {
        if (*p == '"') {
            const char *end = string_end(p);
            strbuf_add(out, p, (size_t)(end - p));
            p = end;
            continue;
        }
        char c = *p;
        if (c == '[' || c == '{') {
            strbuf_add(out, p, 1);
            if (flat || is_flat(p))
                flat++;
            else
                newline(out, ++depth);
        } else if (c == ']' || c == '}') {
            if (flat)
                flat--;
            else
                newline(out, --depth);
            strbuf_add(out, p, 1);
        } else if (c == ',') {
            strbuf_puts(out, flat ? ", " : ",");
            if (!flat) newline(out, depth);
        } else {
            strbuf_add(out, p, 1);
            if (c == ':') strbuf_puts(out, " ");
        }
        p++;
    }
    strbuf_puts(out, "\n");
}
