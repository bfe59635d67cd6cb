/* SPDX-License-Identifier: Apache-2.0
 * What is true of each pool (cloud section) and the control lag. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/json_text.h"
#include "study/scenario_private.h"

#define DEFAULTS_PREFIX "cloud.defaults."
#define CONTROL_PREFIX "control."

/* Applies the settings of a profile that start with `prefix`. */
static enum error_code apply_settings(const struct setting *settings, uint32_t n, const char *prefix,
                                      const struct field *table, uint32_t n_fields, void *out, const char *owner,
                                      struct error *e) {
    size_t cut = strlen(prefix);
    for (uint32_t i = 0; i < n; i++) {
        if (strncmp(settings[i].path, prefix, cut) != 0) continue;
        const struct field *f = field_find(table, n_fields, settings[i].path + cut);
        if (!f) return error_set(e, ERR_FAILED, owner, "the profile sets \"%s\", which there is not", settings[i].path);
        TRY(field_from_text(f, settings[i].text, out, owner, e));
    }
    return OK;
}

static enum error_code pool_defaults(struct pool_params *p, struct error *e) {
    TRY(field_defaults(pool_fields, pool_fields_n, p, e));
    for (uint32_t i = 0; i < pool_fields_n; i++) /* a price that nobody gave is unknown, not 0 */
        if (pool_fields[i].type == FIELD_PRICE && !pool_fields[i].def)
            TRY(field_from_text(&pool_fields[i], "unknown", p, pool_fields[i].path, e));
    return OK;
}

static enum error_code resolve_pool(struct resolver *r, const cJSON *cloud, uint32_t i, struct error *e) {
    struct scenario *s = r->s;
    struct pool_params *p = &s->pools[i];
    const struct trace_pool *pool = &s->view.pools[i];
    TRY(pool_defaults(p, e));
    const char *name = s->cloud_name ? s->cloud_name : pool->cloud;
    const struct cloud_profile *profile = *name ? cloud_profile_find(name) : NULL;
    s->clouds[i] = profile ? profile->name : "";
    if (profile)
        TRY(apply_settings(profile->settings, profile->n, "", pool_fields, pool_fields_n, p, name, e));
    else if (*name)
        notes_add(r->notes, "no cloud profile for \"%s\": plain billing and no notice unless set", name);
    const struct sim_profile *control = sim_profile_find(s->top.profile);
    TRY(apply_settings(control->settings, control->n, DEFAULTS_PREFIX, pool_fields, pool_fields_n, p, control->name,
                       e));
    TRY(doc_read_table(r->doc, cJSON_GetObjectItemCaseSensitive(cloud, "defaults"), "cloud.defaults", pool_fields,
                       pool_fields_n, NULL, p, e));
    const cJSON *globs = cJSON_GetObjectItemCaseSensitive(cloud, "pools");
    for (const cJSON *g = globs ? globs->child : NULL; g; g = g->next) {
        if (!text_glob(g->string, pool->name)) continue;
        char path[DOC_WHERE_MAX];
        snprintf(path, sizeof path, "cloud.pools.%.200s", g->string);
        TRY(doc_read_table(r->doc, g, path, pool_fields, pool_fields_n, NULL, p, e));
    }
    return OK;
}

/* A glob that fits no pool is a typing error more often than not. */
static enum error_code check_globs(struct resolver *r, const cJSON *cloud, struct error *e) {
    const cJSON *globs = cJSON_GetObjectItemCaseSensitive(cloud, "pools");
    char where[DOC_WHERE_MAX];
    if (globs && !cJSON_IsObject(globs))
        return error_set(e, ERR_INPUT, doc_where(r->doc, "cloud.pools", NULL, where), "expected an object, got %s",
                         json_text_kind(globs));
    for (const cJSON *g = globs ? globs->child : NULL; g; g = g->next) {
        bool used = false;
        for (uint32_t i = 0; i < r->s->view.n_pools && !used; i++)
            used = text_glob(g->string, r->s->view.pools[i].name);
        if (!used) notes_add(r->notes, "cloud.pools: \"%s\" fits no pool of the trace", g->string);
        struct pool_params scratch = {0};
        char path[DOC_WHERE_MAX];
        snprintf(path, sizeof path, "cloud.pools.%.200s", g->string);
        enum error_code rc = doc_read_table(r->doc, g, path, pool_fields, pool_fields_n, NULL, &scratch, e);
        field_free_all(pool_fields, pool_fields_n, &scratch);
        TRY(rc);
    }
    return OK;
}

struct quota_row {
    char *region;
    int market;
    uint32_t max;
};
static const char *const market_names[] = {"spot", "on-demand", NULL};
static const struct field quota_fields[] = {
    {"region", FIELD_TEXT, offsetof(struct quota_row, region), "", 0, 0, "*", "glob over the region", NULL},
    {"market", FIELD_ENUM, offsetof(struct quota_row, market), "", 0, 0, "spot", "which market", market_names},
    {"max", FIELD_COUNT, offsetof(struct quota_row, max), "instances", 0, 4294967295.0, "unlimited",
     "instances over all pools of each region that fits", NULL},
};

static enum error_code resolve_quotas(struct resolver *r, const cJSON *cloud, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(cloud, "quotas");
    if (!list || cJSON_IsNull(list)) return OK;
    char where[DOC_WHERE_MAX];
    doc_where(r->doc, "cloud.quotas", NULL, where);
    if (!cJSON_IsArray(list)) return error_set(e, ERR_INPUT, where, "expected an array, got %s", json_text_kind(list));
    uint32_t n = (uint32_t)cJSON_GetArraySize(list);
    if (n > SCENARIO_QUOTAS_MAX)
        return error_set(e, ERR_INPUT, where, "%u quotas; at most %u are accepted", n, SCENARIO_QUOTAS_MAX);
    s->quotas = calloc(n ? n : 1, sizeof *s->quotas);
    if (!s->quotas) return error_set(e, ERR_FAILED, where, "out of memory");
    const cJSON *item = list->child;
    for (uint32_t i = 0; i < n; i++, item = item->next) {
        struct quota_row row = {0};
        char path[64];
        snprintf(path, sizeof path, "cloud.quotas.%u", i);
        enum error_code rc = field_defaults(quota_fields, 3, &row, e);
        if (rc == OK) rc = doc_read_table(r->doc, item, path, quota_fields, 3, NULL, &row, e);
        s->quotas[i] = (struct quota){.region = row.region, .market = row.market, .max = row.max};
        s->config.n_quotas = i + 1; /* owned from here on */
        TRY(rc);
    }
    return OK;
}

enum error_code resolve_pools(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    const cJSON *cloud = resolver_section(r, "cloud");
    TRY(doc_check_keys(r->doc, cloud, "cloud", cloud_sections, e));
    s->pools = calloc(s->view.n_pools, sizeof *s->pools);
    s->clouds = calloc(s->view.n_pools, sizeof *s->clouds);
    if (!s->pools || !s->clouds) return error_set(e, ERR_FAILED, NULL, "out of memory");
    TRY(check_globs(r, cloud, e));
    for (uint32_t i = 0; i < s->view.n_pools; i++) TRY(resolve_pool(r, cloud, i, e));
    return resolve_quotas(r, cloud, e);
}

enum error_code resolve_control(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    const struct sim_profile *profile = sim_profile_find(s->top.profile);
    TRY(apply_settings(profile->settings, profile->n, CONTROL_PREFIX, control_fields, control_fields_n,
                       &s->config.control, profile->name, e));
    return doc_read_table(r->doc, resolver_section(r, "control"), "control", control_fields, control_fields_n, NULL,
                          &s->config.control, e);
}
