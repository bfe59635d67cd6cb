/* SPDX-License-Identifier: Apache-2.0
 * The set of policies that can be named. */
#include <stdlib.h>
#include <string.h>

#include "policies/plugin.h"

struct entry {
    const struct sp_policy *policy;
    void *handle; /* NULL: built in */
    char *path;   /* of a plug-in, resolved */
};

struct policy_registry {
    struct entry *entries;
    uint32_t n;
};

static enum error_code add(struct policy_registry *r, struct entry entry, struct error *e) {
    struct entry *entries = realloc(r->entries, (r->n + 1) * sizeof *entries);
    if (!entries) return error_set(e, ERR_FAILED, NULL, "out of memory");
    r->entries = entries;
    r->entries[r->n++] = entry;
    return OK;
}

struct policy_registry *registry_new(void) {
    struct policy_registry *r = calloc(1, sizeof *r);
    for (const struct sp_policy *const *p = policy_builtin; r && *p; p++) {
        if (add(r, (struct entry){.policy = *p}, NULL) == OK) continue;
        registry_free(r);
        return NULL;
    }
    return r;
}

void registry_free(struct policy_registry *r) {
    if (!r) return;
    for (uint32_t i = 0; i < r->n; i++) {
        plugin_close(r->entries[i].handle);
        free(r->entries[i].path);
    }
    free(r->entries);
    free(r);
}

const struct sp_policy *registry_find(const struct policy_registry *r, const char *name) {
    for (uint32_t i = 0; i < r->n; i++)
        if (strcmp(r->entries[i].policy->name, name) == 0) return r->entries[i].policy;
    return NULL;
}

uint32_t registry_count(const struct policy_registry *r) { return r->n; }

const struct sp_policy *registry_at(const struct policy_registry *r, uint32_t i) { return r->entries[i].policy; }

static const struct sp_policy *find_path(const struct policy_registry *r, const char *path) {
    for (uint32_t i = 0; i < r->n; i++)
        if (r->entries[i].path && strcmp(r->entries[i].path, path) == 0) return r->entries[i].policy;
    return NULL;
}

static enum error_code add_new(struct policy_registry *r, struct entry entry, const char *where, struct error *e) {
    if (registry_find(r, entry.policy->name))
        return error_set(e, ERR_INPUT, where, "a policy called '%s' is there already; expected another name",
                         entry.policy->name);
    return add(r, entry, e);
}

enum error_code registry_add(struct policy_registry *r, const struct sp_policy *policy, struct error *e) {
    TRY(policy_check_table(policy, NULL, e));
    return add_new(r, (struct entry){.policy = policy}, policy->name, e);
}

enum error_code registry_load(struct policy_registry *r, const char *path, const struct sp_policy **out,
                              struct error *e) {
    char *full = realpath(path, NULL);
    const struct sp_policy *known = full ? find_path(r, full) : NULL;
    if (known) { /* named twice, as in a sweep over its parameters */
        free(full);
        *out = known;
        return OK;
    }
    struct entry entry = {.path = full};
    enum error_code rc = plugin_open(path, &entry.handle, &entry.policy, e);
    if (rc == OK) rc = add_new(r, entry, path, e);
    if (rc != OK) {
        plugin_close(entry.handle);
        free(full);
        return rc;
    }
    *out = entry.policy;
    return OK;
}
