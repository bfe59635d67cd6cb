/* SPDX-License-Identifier: Apache-2.0 */
#include "study/policy_json.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/describe.h"
#include "study/fields.h"
#include "study/json_text.h"

/* ---- to JSON --------------------------------------------------------------- */

/* A parameter's value as JSON: numbers and flags as such, the rest as text. */
static cJSON *value_to_json(enum sp_param_type type, const char *text) {
    if (type == SP_BOOL) return cJSON_CreateBool(strcmp(text, "true") == 0);
    if (type != SP_INT && type != SP_REAL) return cJSON_CreateString(text);
    double x = 0;
    struct error ignored;
    if (text_real(text, -1e300, 1e300, &x, &ignored) != OK) return cJSON_CreateString(text);
    return cJSON_CreateNumber(x);
}

/* The end of the value that starts at p: the next comma or bracket outside
 * of inner brackets. */
static char *value_end(char *p) {
    for (int depth = 0; *p; p++) {
        if (*p == '(') depth++;
        if ((*p == ')' || *p == ',') && depth == 0) return p;
        if (*p == ')') depth--;
    }
    return p;
}

static bool add_value(cJSON *object, const struct sp_policy *policy, const char *key, const char *text) {
    for (uint32_t i = 0; i < policy->n_params; i++) {
        if (strcmp(policy->params[i].name, key) != 0) continue;
        cJSON *value = value_to_json(policy->params[i].type, text);
        if (value && cJSON_AddItemToObject(object, key, value)) return true;
        cJSON_Delete(value);
        return false;
    }
    return true;
}

/* Takes the canonical text "name(key=value,...)" apart; cuts it in place. */
static bool fill_part(cJSON *object, const struct sp_policy *policy, char *text) {
    char *p = strchr(text, '(');
    if (p) *p++ = '\0';
    if (!cJSON_AddStringToObject(object, "name", text)) return false;
    while (p && *p && *p != ')') {
        char *key = p, *equals = strchr(p, '=');
        if (!equals) break;
        *equals = '\0';
        char *end = value_end(equals + 1);
        bool more = *end == ',';
        *end = '\0';
        if (!add_value(object, policy, key, equals + 1)) return false;
        p = more ? end + 1 : NULL;
    }
    return true;
}

static enum error_code add_part(cJSON *policy, const char *role, const struct policy_part *part, struct error *e) {
    if (!part->policy) return OK;
    struct strbuf text = {0};
    policy_part_format(part, &text);
    cJSON *object = cJSON_AddObjectToObject(policy, role);
    bool fine = object && text.data && !text.failed && fill_part(object, part->policy, text.data);
    strbuf_free(&text);
    return fine ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

enum error_code policy_spec_to_json(const struct policy_spec *spec, bool with_autoscaler, struct cJSON **out,
                                    struct error *e) {
    cJSON *object = cJSON_CreateObject();
    if (!object) return error_set(e, ERR_FAILED, NULL, "out of memory");
    enum error_code rc = with_autoscaler ? add_part(object, "autoscaler", &spec->autoscaler, e) : OK;
    if (rc == OK) rc = add_part(object, "mix", &spec->mix, e);
    if (rc == OK) rc = add_part(object, "placer", &spec->placer, e);
    if (rc == OK) rc = add_part(object, "whole", &spec->whole, e);
    if (rc != OK) {
        cJSON_Delete(object);
        object = NULL;
    }
    *out = object;
    return rc;
}

enum error_code policy_text_to_json(struct policy_registry *registry, const char *text, struct cJSON **out,
                                    struct error *e) {
    *out = NULL;
    struct policy_spec spec;
    TRY(policy_spec_parse(registry, text, &spec, e));
    enum error_code rc = policy_spec_to_json(&spec, true, out, e);
    policy_spec_free(&spec);
    return rc;
}

/* ---- plug-ins in a text -------------------------------------------------------- */

static bool is_plugin(const char *name, size_t n) {
    return (n > 2 && strncmp(name + n - 2, ".c", 2) == 0) || (n > 3 && strncmp(name + n - 3, ".so", 3) == 0);
}

char *policy_text_plugin(const char *text, uint32_t i) {
    while (*text) {
        text += strspn(text, " +");
        size_t n = strcspn(text, "(+");
        const char *rest = text + n;
        if (*rest == '(') {
            int depth = 0;
            for (; *rest; rest++) {
                depth += *rest == '(' ? 1 : *rest == ')' ? -1 : 0;
                if (depth == 0) break;
            }
            if (*rest) rest++;
        }
        while (n > 0 && text[n - 1] == ' ') n--;
        if (is_plugin(text, n) && i-- == 0) return strndup(text, n);
        text = rest;
    }
    return NULL;
}

/* ---- from JSON ------------------------------------------------------------- */

static enum error_code unknown_policy(const struct policy_registry *registry, const char *name, const char *where,
                                      struct error *e) {
    uint32_t n = registry_count(registry);
    const char **names = calloc(n + 1, sizeof *names);
    if (!names) return error_set(e, ERR_FAILED, where, "out of memory");
    for (uint32_t i = 0; i < n; i++) names[i] = registry_at(registry, i)->name;
    const char *near = text_nearest(name, names);
    free(names);
    if (near) return error_set(e, ERR_INPUT, where, "no policy \"%.80s\"; did you mean \"%s\"?", name, near);
    return error_set(e, ERR_INPUT, where, "no policy \"%.80s\"; `spotsim policies` lists them", name);
}

static enum error_code set_params(const struct scenario_doc *doc, const cJSON *node, const char *path,
                                  struct policy_part *part, struct error *e) {
    for (const cJSON *child = node->child; child; child = child->next) {
        if (strcmp(child->string, "name") == 0) continue;
        char where[DOC_WHERE_MAX];
        doc_where(doc, path, child->string, where);
        struct strbuf text = {0};
        enum error_code rc = OK;
        if (!json_text_of(child, &text))
            rc = error_set(e, ERR_INPUT, where, "expected a number, true or false, or a string, got %s",
                           json_text_kind(child));
        else if (text.failed)
            rc = error_set(e, ERR_FAILED, where, "out of memory");
        else
            rc = policy_part_set(part, child->string, text.data ? text.data : "", where, e);
        strbuf_free(&text);
        TRY(rc);
    }
    return OK;
}

static enum error_code read_object_part(const struct scenario_doc *doc, struct policy_registry *registry,
                                        const cJSON *node, const char *path, struct policy_part *part,
                                        struct error *e) {
    char where[DOC_WHERE_MAX];
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(node, "name");
    doc_where(doc, path, "name", where);
    if (!cJSON_IsString(name))
        return error_set(e, ERR_INPUT, where, "expected the policy's name, got %s",
                         name ? json_text_kind(name) : "nothing");
    const struct sp_policy *policy = registry_find(registry, name->valuestring);
    if (!policy) return unknown_policy(registry, name->valuestring, where, e);
    TRY(policy_part_init(policy, part, e));
    return set_params(doc, node, path, part, e);
}

static enum error_code read_role(const struct scenario_doc *doc, struct policy_registry *registry, const cJSON *node,
                                 const char *path, struct policy_spec *spec, struct error *e) {
    char part_path[DOC_WHERE_MAX], where[DOC_WHERE_MAX];
    snprintf(part_path, sizeof part_path, "%.200s.%.60s", path, node->string);
    doc_where(doc, part_path, NULL, where);
    struct policy_part part = {0};
    enum error_code rc;
    if (cJSON_IsObject(node)) {
        rc = read_object_part(doc, registry, node, part_path, &part, e);
    } else if (cJSON_IsString(node)) {
        struct policy_spec one;
        rc = policy_spec_parse(registry, node->valuestring, &one, e);
        if (rc != OK) error_in(e, where);
        struct policy_part *parts[] = {&one.autoscaler, &one.mix, &one.placer, &one.whole};
        for (uint32_t i = 0; rc == OK && i < 4; i++) {
            if (!parts[i]->policy) continue;
            if (part.policy)
                rc = error_set(e, ERR_INPUT, where, "expected one policy, got several");
            else
                part = *parts[i];
            if (part.policy && rc == OK) memset(parts[i], 0, sizeof *parts[i]);
        }
        policy_spec_free(&one);
    } else {
        rc = error_set(e, ERR_INPUT, where, "expected an object with a name, or text, got %s", json_text_kind(node));
    }
    if (rc == OK && part.policy && strcmp(policy_role_name(part.policy->role), node->string) != 0)
        rc = error_set(e, ERR_INPUT, where, "%s is not of this role; it belongs under \"%s\"", part.policy->name,
                       policy_role_name(part.policy->role));
    if (rc == OK && part.policy) rc = policy_spec_add(spec, &part, where, e);
    if (rc != OK) policy_part_free(&part);
    return rc;
}

enum error_code policy_from_json(const struct scenario_doc *doc, struct policy_registry *registry,
                                 const struct cJSON *node, const char *path, struct policy_spec *spec,
                                 struct error *e) {
    memset(spec, 0, sizeof *spec);
    char where[DOC_WHERE_MAX];
    doc_where(doc, path, NULL, where);
    enum error_code rc = OK;
    if (cJSON_IsString(node)) {
        rc = policy_spec_parse(registry, node->valuestring, spec, e);
        if (rc != OK) error_in(e, where);
        return rc;
    }
    if (!cJSON_IsObject(node))
        return error_set(e, ERR_INPUT, where, "expected a policy as text or as an object, got %s",
                         json_text_kind(node));
    rc = doc_check_keys(doc, node, path, policy_roles, e);
    for (const cJSON *child = node->child; child && rc == OK; child = child->next)
        if (!cJSON_IsNull(child)) rc = read_role(doc, registry, child, path, spec, e);
    if (rc != OK) {
        policy_spec_free(spec);
        memset(spec, 0, sizeof *spec);
    }
    return rc;
}
