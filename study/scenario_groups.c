/* SPDX-License-Identifier: Apache-2.0
 * The fleet section: pools used, targets, policies, groups. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/json_text.h"
#include "study/policy_json.h"
#include "study/scenario_private.h"

#define TARGET_MAX 1000000
#define PPM 1000000.0
#define SHARES_TOLERANCE 0.01

static const struct field target_field = {"target", FIELD_COUNT,       0,   "replicas", 0, TARGET_MAX,
                                          "0",      "replicas wanted", NULL};
static const struct field share_field = {"share", FIELD_REAL, 0, "", 0, 1, "1", "part of the fleet's target", NULL};

static const cJSON *present(const cJSON *object, const char *key) {
    const cJSON *node = cJSON_GetObjectItemCaseSensitive(object, key);
    return cJSON_IsNull(node) ? NULL : node;
}

/* Sets flags of pools that fit one of the globs at `path`; each must fit. */
static enum error_code match_pools(struct resolver *r, const cJSON *node, const char *path, bool *hit,
                                   struct error *e) {
    char **globs = NULL, where[DOC_WHERE_MAX];
    uint32_t n = 0;
    const struct trace *t = &r->s->view;
    TRY(read_text_list(r->doc, node, path, &globs, &n, e));
    enum error_code rc = OK;
    for (uint32_t g = 0; g < n && rc == OK; g++) {
        bool used = false;
        for (uint32_t i = 0; i < t->n_pools; i++) {
            if (!text_glob(globs[g], t->pools[i].name)) continue;
            hit[i] = used = true;
        }
        if (used) continue;
        const char **names = calloc(t->n_pools + 1, sizeof *names);
        for (uint32_t i = 0; names && i < t->n_pools; i++) names[i] = t->pools[i].name;
        const char *near = names ? text_nearest(globs[g], names) : NULL;
        free(names);
        rc = error_set(e, ERR_INPUT, doc_where(r->doc, path, NULL, where), "\"%.100s\" fits no pool of the trace%s%s%s",
                       globs[g], near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    text_list_free(globs, n);
    return rc;
}

static enum error_code set_constant(struct resolver *r, struct policy_spec *spec, uint32_t target, const char *where,
                                    struct error *e) {
    const struct sp_policy *constant = registry_find(r->env->registry, "constant");
    if (!constant) return error_set(e, ERR_FAILED, where, "no autoscaler \"constant\"");
    struct policy_part part = {0};
    char text[16];
    snprintf(text, sizeof text, "%u", target);
    TRY(policy_part_init(constant, &part, e));
    TRY(policy_part_set(&part, "target", text, where, e));
    return policy_spec_add(spec, &part, where, e);
}

static enum error_code load_plugins(struct resolver *r, const cJSON *fleet, struct error *e) {
    struct scenario *s = r->s;
    char where[DOC_WHERE_MAX];
    TRY(read_text_list(r->doc, present(fleet, "plugins"), "fleet.plugins", &s->plugins, &s->n_plugins, e));
    doc_where(r->doc, "fleet.plugins", NULL, where);
    for (uint32_t i = 0; i < s->n_plugins; i++) TRY(env_load_plugin(r->env, s->plugins[i], where, e));
    return OK;
}

/* Remembers the plug-ins that a text names, for scenario_to_json. */
static enum error_code note_plugins(struct scenario *s, const char *text, struct error *e) {
    char *path = NULL;
    for (uint32_t i = 0; (path = policy_text_plugin(text, i)) != NULL; i++) {
        bool known = false;
        for (uint32_t k = 0; k < s->n_plugins; k++) known |= strcmp(s->plugins[k], path) == 0;
        char **plugins = known ? NULL : realloc(s->plugins, (s->n_plugins + 1) * sizeof *plugins);
        if (plugins) {
            s->plugins = plugins;
            plugins[s->n_plugins++] = path;
            continue;
        }
        free(path);
        if (!known) return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    return OK;
}

/* The policy of one group: its own or the fleet's. */
static enum error_code read_policy(struct resolver *r, const cJSON *own, const char *own_path, const cJSON *fleet,
                                   struct policy_spec *spec, struct error *e) {
    const cJSON *node = own ? present(own, "policy") : NULL;
    const char *path = own_path;
    if (!node) {
        node = present(fleet, "policy");
        path = "fleet.policy";
    }
    if (node) TRY(policy_from_json(r->doc, r->env->registry, node, path, spec, e));
    if (node) return cJSON_IsString(node) ? note_plugins(r->s, node->valuestring, e) : OK;
    char where[DOC_WHERE_MAX];
    return error_set(e, ERR_INPUT, doc_where(r->doc, "fleet.policy", NULL, where),
                     "no policy given (--policy 'MIX(...)+PLACER(...)'; `spotsim policies` lists them)");
}

/* A group with a share and a policy of its own still follows the fleet's
 * autoscaler, unless it has one. */
static enum error_code take_autoscaler(struct resolver *r, const cJSON *fleet, struct policy_spec *spec,
                                       struct error *e) {
    const cJSON *node = present(fleet, "policy");
    if (!node || r->s->has_target || spec->autoscaler.policy) return OK;
    struct policy_spec whole;
    TRY(policy_from_json(r->doc, r->env->registry, node, "fleet.policy", &whole, e));
    spec->autoscaler = whole.autoscaler;
    memset(&whole.autoscaler, 0, sizeof whole.autoscaler);
    policy_spec_free(&whole);
    return OK;
}

static enum error_code read_target(struct resolver *r, const cJSON *object, const char *path, bool *has,
                                   uint32_t *target, struct error *e) {
    const cJSON *node = present(object, "target");
    char where[DOC_WHERE_MAX];
    *has = node != NULL;
    if (!node) return OK;
    return field_from_json(&target_field, node, target, doc_where(r->doc, path, "target", where), e);
}

/* Gives the group its autoscaler and checks that the policy is whole. */
static enum error_code finish_spec(struct resolver *r, struct scenario_group *g, const char *path, struct error *e) {
    struct scenario *s = r->s;
    char where[DOC_WHERE_MAX];
    doc_where(r->doc, path, g->has_target || s->has_target ? "target" : NULL, where);
    bool constant = g->has_target || (s->has_target && !g->spec.autoscaler.policy);
    if (g->spec.autoscaler.policy && (g->has_target || (s->has_target && !s->groups_given)))
        return error_set(e, ERR_INPUT, where, "a target and the autoscaler \"%s\" are both given; keep one of them",
                         g->spec.autoscaler.policy->name);
    if (!constant && !g->spec.autoscaler.policy)
        return error_set(e, ERR_INPUT, where,
                         "no target given: expected replicas wanted (--target N) or an autoscaler in the policy");
    if (constant) TRY(set_constant(r, &g->spec, g->has_target ? g->target : s->target, where, e));
    return policy_spec_check(r->env->registry, &g->spec, where, e);
}

static enum error_code collect_pools(struct scenario_group *g, const bool *hit, uint32_t n, uint32_t *count,
                                     struct error *e) {
    *count = 0;
    g->pools = calloc(n ? n : 1, sizeof *g->pools);
    if (!g->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < n; i++)
        if (hit[i]) g->pools[(*count)++] = i;
    return OK;
}

static enum error_code read_group(struct resolver *r, const cJSON *node, uint32_t index, const cJSON *fleet, bool *hit,
                                  struct error *e) {
    struct scenario_group *g = &r->s->groups[index];
    char path[64], sub[96], where[DOC_WHERE_MAX];
    snprintf(path, sizeof path, "fleet.groups.%u", index);
    TRY(doc_check_keys(r->doc, node, path, group_keys, e));
    const cJSON *name = present(node, "name");
    if (name && !cJSON_IsString(name))
        return error_set(e, ERR_INPUT, doc_where(r->doc, path, "name", where), "expected a string, got %s",
                         json_text_kind(name));
    snprintf(sub, sizeof sub, "%u", index);
    g->name = strdup(name ? name->valuestring : sub);
    if (!g->name) return error_set(e, ERR_FAILED, NULL, "out of memory");
    TRY(read_target(r, node, path, &g->has_target, &g->target, e));
    const cJSON *share = present(node, "share");
    doc_where(r->doc, path, "share", where);
    g->has_share = share != NULL;
    if (share) TRY(field_from_json(&share_field, share, &g->share, where, e));
    if (g->has_share == g->has_target)
        return error_set(e, ERR_INPUT, doc_where(r->doc, path, NULL, where), "expected either a target or a share");
    snprintf(sub, sizeof sub, "%s.pools", path);
    if (!present(node, "pools"))
        return error_set(e, ERR_INPUT, doc_where(r->doc, sub, NULL, where),
                         "expected the group's pools (names or globs)");
    TRY(match_pools(r, present(node, "pools"), sub, hit, e));
    snprintf(sub, sizeof sub, "%s.policy", path);
    TRY(read_policy(r, node, sub, fleet, &g->spec, e));
    if (g->has_share) TRY(take_autoscaler(r, fleet, &g->spec, e));
    if (g->has_target && !present(node, "policy")) policy_part_free(&g->spec.autoscaler); /* the fleet's, not its own */
    return finish_spec(r, g, path, e);
}

/* Shares are cut at cumulated parts per million, so that the groups' targets
 * add up to the fleet's; rounded shares (0.33 three times) end at the whole. */
static enum error_code set_shares(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    double sum = 0;
    uint32_t last = UINT32_MAX, at = 0;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        sum += s->groups[i].has_share ? s->groups[i].share : 0;
        if (s->groups[i].has_share && (last == UINT32_MAX || s->groups[i].share > 0)) last = i;
    }
    char where[DOC_WHERE_MAX];
    if (last != UINT32_MAX && fabs(sum - 1) > SHARES_TOLERANCE + 1e-9)
        return error_set(e, ERR_INPUT, doc_where(r->doc, "fleet.groups", NULL, where),
                         "the groups' shares add up to %.6g; expected 1: together they are the fleet's target", sum);
    if (last == UINT32_MAX && s->has_target)
        notes_add(r->notes, "every group has a target of its own: the fleet's target of %u is nobody's", s->target);
    sum = 0;
    for (uint32_t i = 0; i < s->n_groups; i++) {
        s->group_configs[i].share = (struct composer_share){0, (uint32_t)PPM};
        if (!s->groups[i].has_share) continue;
        sum += s->groups[i].share;
        uint32_t hi = i >= last || sum >= 1 ? (uint32_t)PPM : (uint32_t)floor(sum * PPM + 0.5);
        s->group_configs[i].share = (struct composer_share){at, hi};
        at = hi;
    }
    return OK;
}

static enum error_code bind_group(struct scenario *s, uint32_t i, const bool *hit, struct error *e) {
    struct scenario_group *g = &s->groups[i];
    struct group_config *c = &s->group_configs[i];
    uint32_t n = 0;
    TRY(collect_pools(g, hit, s->view.n_pools, &n, e));
    c->name = g->name;
    c->spec = &g->spec;
    c->n_pools = n;
    c->pools = g->pools;
    return OK;
}

/* owner[pool]: group + 1; 0 none. */
static enum error_code read_groups(struct resolver *r, const cJSON *list, const cJSON *fleet, uint32_t *owner,
                                   bool *hit, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *node = list->child;
    for (uint32_t i = 0; i < s->n_groups; i++, node = node->next) {
        memset(hit, 0, s->view.n_pools * sizeof *hit);
        TRY(read_group(r, node, i, fleet, hit, e));
        for (uint32_t p = 0; p < s->view.n_pools; p++) {
            if (!hit[p]) continue;
            char where[DOC_WHERE_MAX];
            if (owner[p])
                return error_set(e, ERR_INPUT, doc_where(r->doc, "fleet.groups", NULL, where),
                                 "pool %s is in two groups, \"%s\" and \"%s\"; expected at most one",
                                 s->view.pools[p].name, s->groups[owner[p] - 1].name, s->groups[i].name);
            owner[p] = i + 1;
        }
    }
    return OK;
}

/* Drops the pools that no group uses, then tells each group its pools. */
static enum error_code bind_groups(struct resolver *r, uint32_t *owner, bool *hit, struct error *e) {
    struct scenario *s = r->s;
    uint32_t used = 0;
    for (uint32_t p = 0; p < s->view.n_pools; p++) {
        hit[p] = owner[p] != 0;
        if (!hit[p])
            notes_add(r->notes, "pool %s is in no group and stays unused", s->view.pools[p].name);
        else
            owner[used++] = owner[p];
    }
    TRY(view_keep(s, hit, e));
    for (uint32_t i = 0; i < s->n_groups; i++) {
        for (uint32_t p = 0; p < s->view.n_pools; p++) hit[p] = owner[p] == i + 1;
        TRY(bind_group(s, i, hit, e));
    }
    return OK;
}

static enum error_code allocate_groups(struct scenario *s, uint32_t n, struct error *e) {
    s->groups = calloc(n, sizeof *s->groups);
    s->group_configs = calloc(n, sizeof *s->group_configs);
    if (!s->groups || !s->group_configs) return error_set(e, ERR_FAILED, NULL, "out of memory");
    s->n_groups = n;
    return OK;
}

static enum error_code several_groups(struct resolver *r, const cJSON *list, const cJSON *fleet, struct error *e) {
    struct scenario *s = r->s;
    char where[DOC_WHERE_MAX];
    doc_where(r->doc, "fleet.groups", NULL, where);
    if (!cJSON_IsArray(list)) return error_set(e, ERR_INPUT, where, "expected an array, got %s", json_text_kind(list));
    uint32_t n = (uint32_t)cJSON_GetArraySize(list);
    if (n == 0 || n > SCENARIO_GROUPS_MAX)
        return error_set(e, ERR_INPUT, where, "%u groups; expected 1 to %u", n, SCENARIO_GROUPS_MAX);
    s->groups_given = true;
    TRY(allocate_groups(s, n, e));
    uint32_t *owner = calloc(s->view.n_pools, sizeof *owner);
    bool *hit = calloc(s->view.n_pools, sizeof *hit);
    enum error_code rc = owner && hit ? OK : error_set(e, ERR_FAILED, where, "out of memory");
    if (rc == OK) rc = read_groups(r, list, fleet, owner, hit, e);
    if (rc == OK) rc = bind_groups(r, owner, hit, e);
    free(owner);
    free(hit);
    TRY(rc);
    return set_shares(r, e);
}

static enum error_code one_group(struct resolver *r, const cJSON *fleet, struct error *e) {
    struct scenario *s = r->s;
    TRY(allocate_groups(s, 1, e));
    s->groups[0].name = strdup("fleet");
    if (!s->groups[0].name) return error_set(e, ERR_FAILED, NULL, "out of memory");
    TRY(read_policy(r, NULL, "fleet.policy", fleet, &s->groups[0].spec, e));
    TRY(finish_spec(r, &s->groups[0], "fleet", e));
    bool *hit = calloc(s->view.n_pools, sizeof *hit);
    if (!hit) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < s->view.n_pools; i++) hit[i] = true;
    enum error_code rc = bind_group(s, 0, hit, e);
    free(hit);
    s->group_configs[0].share = (struct composer_share){0, (uint32_t)PPM};
    return rc;
}

static enum error_code select_pools(struct resolver *r, const cJSON *fleet, struct error *e) {
    const cJSON *node = present(fleet, "pools");
    if (!node) return OK;
    bool *hit = calloc(r->s->view.n_pools ? r->s->view.n_pools : 1, sizeof *hit);
    if (!hit) return error_set(e, ERR_FAILED, NULL, "out of memory");
    enum error_code rc = match_pools(r, node, "fleet.pools", hit, e);
    if (rc == OK) rc = view_keep(r->s, hit, e);
    free(hit);
    return rc;
}

enum error_code resolve_groups(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *fleet = resolver_section(r, "fleet");
    TRY(field_defaults(fleet_fields, fleet_fields_n, &s->fleet, e));
    TRY(doc_read_table(r->doc, fleet, "fleet", fleet_fields, fleet_fields_n, fleet_sections, &s->fleet, e));
    TRY(load_plugins(r, fleet, e));
    TRY(read_target(r, fleet, "fleet", &s->has_target, &s->target, e));
    TRY(select_pools(r, fleet, e));
    char where[DOC_WHERE_MAX];
    if (s->view.n_pools == 0)
        return error_set(e, ERR_INPUT, doc_where(r->doc, "fleet.pools", NULL, where), "no pool of the trace is used");
    const cJSON *groups = present(fleet, "groups");
    return groups ? several_groups(r, groups, fleet, e) : one_group(r, fleet, e);
}
