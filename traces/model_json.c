/* SPDX-License-Identifier: Apache-2.0
 * Objects and lists of a model's JSON, and where in the file they are. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "traces/json.h"
#include "traces/model_private.h"

const char *model_inside(struct model_place *p, const char *outer, const char *member) {
    snprintf(p->text, sizeof p->text, "%.200s%s%.80s", outer, outer[strlen(outer) - 1] == ':' ? " " : ".", member);
    return p->text;
}

const char *model_itself(struct model_place *p, const char *outer) {
    size_t n = strlen(outer);
    snprintf(p->text, sizeof p->text, "%.*s", (int)(outer[n - 1] == ':' ? n - 1 : n), outer);
    return p->text;
}
const char *model_at_index(struct model_place *p, const char *outer, const char *member, uint32_t i) {
    char name[64];
    snprintf(name, sizeof name, "%.40s[%u]", member, i);
    return model_inside(p, outer, name);
}

static enum error_code unknown_key(const char *where, const char *key, const struct field *table, size_t n,
                                   const char *const *others, struct error *e) {
    const char *names[40];
    size_t all = 0;
    for (size_t i = 0; i < n; i++) names[all++] = table[i].path;
    for (; others && *others; others++) names[all++] = *others;
    names[all] = NULL;
    const char *near = text_nearest(key, names);
    struct model_place place;
    return error_set(e, ERR_INPUT, model_inside(&place, where, key), "is not known%s%s%s",
                     near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool is_one_of(const char *key, const char *const *names) {
    for (; names && *names; names++)
        if (strcmp(*names, key) == 0) return true;
    return false;
}

enum error_code model_read_table(const struct cJSON *object, const char *where, const struct field *table, size_t n,
                                 const char *const *others, void *out, struct error *e) {
    struct model_place place;
    if (!cJSON_IsObject(object))
        return error_set(e, ERR_INPUT, where, "expected an object, got %s", json_value_kind(object));
    for (const cJSON *item = object->child; item; item = item->next) {
        cJSON *once;
        TRY(trace_json_member(object, item->string, model_itself(&place, where), &once, e));
        const struct field *f = field_find(table, (uint32_t)n, item->string);
        if (f)
            TRY(field_from_json(f, item, out, model_inside(&place, where, item->string), e));
        else if (!is_one_of(item->string, others))
            return unknown_key(where, item->string, table, n, others, e);
    }
    return OK;
}

const struct cJSON *model_member(const struct cJSON *object, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

enum error_code model_read_numbers(const struct cJSON *list, const char *where, uint32_t most, double min, double max,
                                   double *out, uint32_t *n, struct error *e) {
    if (!cJSON_IsArray(list))
        return error_set(e, ERR_INPUT, where, "expected a list of numbers, got %s", json_value_kind(list));
    *n = 0;
    for (const cJSON *item = list->child; item; item = item->next) {
        if (*n == most) return error_set(e, ERR_INPUT, where, "more than %u numbers", most);
        if (!cJSON_IsNumber(item))
            return error_set(e, ERR_INPUT, where, "expected numbers, got %s", json_value_kind(item));
        if (!(item->valuedouble >= min && item->valuedouble <= max))
            return error_set(e, ERR_INPUT, where, "%g is out of range; expected %g to %g", item->valuedouble, min, max);
        out[(*n)++] = item->valuedouble;
    }
    return OK;
}
