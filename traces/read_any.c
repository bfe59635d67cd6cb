/* SPDX-License-Identifier: Apache-2.0
 * Finds a file's format by its content. */
#include <cjson/cJSON.h>
#include <ctype.h>
#include <string.h>

#include "traces/csv.h"
#include "traces/json.h"
#include "traces/readers.h"

#define FORMATS                                                                                                        \
    "SkyPilot JSON ({\"metadata\": {\"gap_seconds\": ...}, \"data\": [...]}), price lists ({\"pool\": [...]}), an "    \
    "AWS price history, CSV with header 'date,availability', events (ms,add|remove,node) or '# spotsim-trace 1'"

#define TIDY_START "# spotsim-trace"

static bool is_history(const cJSON *doc) {
    if (cJSON_IsObject(doc)) return cJSON_GetObjectItemCaseSensitive(doc, "SpotPriceHistory") != NULL;
    const cJSON *first = cJSON_IsArray(doc) ? doc->child : NULL;
    return cJSON_IsObject(first) && (is_history(first) || cJSON_GetObjectItemCaseSensitive(first, "SpotPrice"));
}

static bool is_price_lists(const cJSON *doc) {
    if (!cJSON_IsObject(doc) || !doc->child) return false;
    for (const cJSON *v = doc->child; v; v = v->next)
        if (!cJSON_IsArray(v)) return false;
    return true;
}

static enum error_code read_json(struct trace_builder *b, const struct source *src, const struct json_documents *docs,
                                 struct error *e) {
    const cJSON *doc = docs->document[0];
    if (is_history(doc)) {
        for (uint32_t i = 0; i < docs->n; i++) TRY(read_aws_history(b, src, docs->document[i], e));
        return OK;
    }
    if (docs->n > 1)
        return error_set(e, ERR_INPUT, src->path,
                         "holds %u JSON documents; only pages of an AWS price history may follow one another", docs->n);
    if (cJSON_IsObject(doc) && cJSON_GetObjectItemCaseSensitive(doc, "files"))
        return error_set(e, ERR_INPUT, src->path, "is a manifest; expected a trace (manifests do not nest)");
    if (cJSON_IsObject(doc) &&
        (cJSON_GetObjectItemCaseSensitive(doc, "data") || cJSON_GetObjectItemCaseSensitive(doc, "metadata")))
        return read_skypilot(b, src, doc, &docs->lists, e);
    if (is_price_lists(doc)) return read_price_lists(b, src, doc, &docs->lists, e);
    return error_set(e, ERR_INPUT, src->path, "JSON of an unknown kind; expected " FORMATS);
}

/* 123,add,... */
static bool is_event(const char *line, size_t n) {
    size_t i = 0;
    while (i < n && (isdigit((unsigned char)line[i]) || line[i] == '-')) i++;
    if (i == 0 || i == n || line[i] != ',') return false;
    i++;
    return (n - i >= 4 && memcmp(line + i, "add,", 4) == 0) || (n - i >= 7 && memcmp(line + i, "remove,", 7) == 0);
}

static bool starts(const char *line, size_t n, const char *with) {
    return n >= strlen(with) && memcmp(line, with, strlen(with)) == 0;
}

static enum error_code read_text(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                                 const char *line, size_t n, struct error *e) {
    if (starts(line, n, TIDY_START)) return read_tidy(b, src, data, size, e);
    if (starts(line, n, "date,availability") && n == strlen("date,availability"))
        return read_timestamped(b, src, data, size, e);
    if (is_event(line, n)) return read_events(b, src, data, size, e);
    if (starts(line, n, "pool,offset"))
        return error_set(e, ERR_INPUT, src->path, "is an alignment file; give it with --align");
    return error_set(e, ERR_INPUT, src->path,
                     "not a trace format we know (the first line is '%.*s'); expected " FORMATS, (int)(n < 40 ? n : 40),
                     line);
}

/* The first byte that says something. */
static const char *first_mark(const char *s, const char *end) {
    if (end - s >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    while (s < end && isspace((unsigned char)*s)) s++;
    return s;
}

bool is_tidy(const char *data, size_t size) {
    const char *end = data + size, *s = first_mark(data, end);
    return starts(s, (size_t)(end - s), TIDY_START);
}

enum error_code read_any(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                         struct error *e) {
    if (size > TRACE_FILE_BYTES_MAX)
        return error_set(e, ERR_INPUT, src->path, "is larger than %u MiB", TRACE_FILE_BYTES_MAX >> 20);
    const char *end = data + size, *s = first_mark(data, end);
    if (s == end) return error_set(e, ERR_INPUT, src->path, "is empty; expected a trace");
    if (*s != '{' && *s != '[') {
        const char *newline = memchr(s, '\n', (size_t)(end - s));
        size_t n = (size_t)((newline ? newline : end) - s);
        if (n && s[n - 1] == '\r') n--;
        return read_text(b, src, data, size, s, n, e);
    }
    struct json_documents docs;
    enum error_code rc;
    if (*s == '{' && read_plain_history(b, src, s, (size_t)(end - s), &rc, e)) return rc;
    rc = documents_parse_lists(src->path, data, size, &docs, e);
    if (rc == OK) rc = read_json(b, src, &docs, e);
    documents_free(&docs);
    return rc;
}
