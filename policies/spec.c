/* SPDX-License-Identifier: Apache-2.0
 * Reading the + notation. */
#include "policies/spec.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct parser {
    struct policy_registry *registry;
    const char *text, *at;
    struct error *e;
};

static void skip_blanks(struct parser *p) { p->at += strspn(p->at, " \t\r\n"); }

static enum error_code expected(const struct parser *p, const char *what) {
    if (*p->at)
        return error_set(p->e, ERR_INPUT, NULL, "column %zu: expected %s, got '%.20s'", (size_t)(p->at - p->text) + 1,
                         what, p->at);
    return error_set(p->e, ERR_INPUT, NULL, "expected %s at the end", what);
}

/* A word up to any of `stop`, trimmed, or what stands in quotes; owned by the
 * caller.  Not empty. */
static enum error_code read_word(struct parser *p, const char *stop, const char *what, char **out) {
    skip_blanks(p);
    const char *start = p->at;
    size_t n;
    if (*start == '"') {
        start++;
        n = strcspn(start, "\"");
        if (!start[n]) return expected(p, "a closing quote");
        p->at = start + n + 1;
        skip_blanks(p);
        if (*p->at && !strchr(stop, *p->at)) return expected(p, "a separator after the quote");
    } else {
        n = strcspn(start, stop);
        p->at = start + n;
        while (n > 0 && strchr(" \t\r\n", start[n - 1])) n--;
    }
    if (n == 0) {
        p->at = start;
        return expected(p, what);
    }
    *out = strndup(start, n);
    return *out ? OK : error_set(p->e, ERR_FAILED, NULL, "out of memory");
}

static bool ends_with(const char *text, const char *end) {
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

static enum error_code unknown_policy(struct parser *p, const char *name) {
    uint32_t n = registry_count(p->registry);
    const char **names = calloc(n + 1, sizeof *names);
    if (!names) return error_set(p->e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < n; i++) names[i] = registry_at(p->registry, i)->name;
    const char *near = text_nearest(name, names);
    free(names);
    if (near) return error_set(p->e, ERR_INPUT, NULL, "unknown policy '%.60s'; did you mean '%s'?", name, near);
    return error_set(p->e, ERR_INPUT, NULL,
                     "unknown policy '%.60s'; expected a name that `spotsim policies` lists, or a .c or .so file",
                     name);
}

static enum error_code find_policy(struct parser *p, const char *name, const struct sp_policy **out) {
    if (ends_with(name, ".c") || ends_with(name, ".so")) return registry_load(p->registry, name, out, p->e);
    *out = registry_find(p->registry, name);
    return *out ? OK : unknown_policy(p, name);
}

static uint32_t param_index(const struct sp_policy *policy, const char *name) {
    uint32_t i = 0;
    while (i < policy->n_params && strcmp(policy->params[i].name, name) != 0) i++;
    return i;
}

static enum error_code read_argument(struct parser *p, struct policy_part *part, uint32_t *seen) {
    char *key = NULL, *value = NULL;
    enum error_code rc = read_word(p, "=,)", "key=value", &key);
    if (rc == OK && *p->at != '=') rc = expected(p, "'=' and a value (parameters are always key=value)");
    if (rc == OK) {
        p->at++;
        rc = read_word(p, ",)", "a value", &value);
    }
    if (rc == OK) {
        uint32_t i = param_index(part->policy, key);
        if (i < POLICY_PARAMS_MAX && (*seen & (UINT32_C(1) << i)) && i < part->policy->n_params)
            rc = error_set(p->e, ERR_INPUT, NULL, "%s: parameter '%.60s' is given twice", part->policy->name, key);
        else
            rc = policy_part_set(part, key, value, NULL, p->e);
        if (rc == OK) *seen |= UINT32_C(1) << i;
    }
    free(key);
    free(value);
    return rc;
}

static enum error_code read_arguments(struct parser *p, struct policy_part *part) {
    uint32_t seen = 0;
    p->at++; /* ( */
    skip_blanks(p);
    if (*p->at == ')') {
        p->at++;
        return OK;
    }
    for (;;) {
        TRY(read_argument(p, part, &seen));
        if (*p->at == ')') break;
        if (*p->at != ',') return expected(p, "',' or ')'");
        p->at++;
    }
    p->at++;
    return OK;
}

static enum error_code read_term(struct parser *p, struct policy_spec *spec) {
    char *name = NULL;
    TRY(read_word(p, "+(),=", "the name of a policy", &name));
    const struct sp_policy *policy = NULL;
    enum error_code rc = find_policy(p, name, &policy);
    free(name);
    TRY(rc);
    struct policy_part part;
    TRY(policy_part_init(policy, &part, p->e));
    if (*p->at == '(') rc = read_arguments(p, &part);
    if (rc == OK) rc = policy_spec_add(spec, &part, NULL, p->e);
    policy_part_free(&part); /* empty once it is in the spec */
    return rc;
}

static enum error_code read_spec(struct parser *p, struct policy_spec *spec) {
    for (;;) {
        TRY(read_term(p, spec));
        skip_blanks(p);
        if (!*p->at) return OK;
        if (*p->at != '+') return expected(p, "'+' or the end");
        p->at++;
    }
}

enum error_code policy_spec_parse(struct policy_registry *r, const char *text, struct policy_spec *spec,
                                  struct error *e) {
    memset(spec, 0, sizeof *spec);
    struct parser p = {.registry = r, .text = text, .at = text, .e = e};
    if (strnlen(text, POLICY_TEXT_MAX + 1) > POLICY_TEXT_MAX)
        return error_set(e, ERR_INPUT, NULL, "longer than %u bytes, which is the limit", POLICY_TEXT_MAX);
    enum error_code rc = read_spec(&p, spec);
    if (rc == OK) return OK;
    policy_spec_free(spec);
    if (e) {
        char where[100];
        snprintf(where, sizeof where, "'%.90s'", text);
        error_in(e, where);
    }
    return rc;
}
