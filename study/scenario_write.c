/* SPDX-License-Identifier: Apache-2.0
 * The resolved scenario as JSON: every setting, nothing left to profiles. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/json_text.h"
#include "study/policy_json.h"
#include "study/scenario_private.h"

static void put_key(struct strbuf *out, const char *key) {
    char last = out->size ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[') strbuf_puts(out, ",");
    strbuf_json_string(out, key);
    strbuf_puts(out, ":");
}

static void put_texts(struct strbuf *out, const char *key, char *const *list, uint32_t n) {
    put_key(out, key);
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, list[i]);
    }
    strbuf_puts(out, "]");
}

/* Durations without a default and absent texts stand for "as the trace says". */
static bool is_absent(const struct field *f, const void *object) {
    const char *at = (const char *)object + f->offset;
    if (f->def) return false;
    if (f->type == FIELD_TEXT) return *(char *const *)(const void *)at == NULL;
    if (f->type == FIELD_DURATION) return *(const int64_t *)(const void *)at == 0;
    return false;
}

static void put_table(struct strbuf *out, const struct field *table, uint32_t n, const void *object) {
    for (uint32_t i = 0; i < n; i++) {
        if (is_absent(&table[i], object)) continue;
        put_key(out, table[i].path);
        field_to_json(&table[i], object, out);
    }
}

static void put_policy(struct strbuf *out, const struct policy_spec *spec, bool with_autoscaler) {
    cJSON *policy = NULL;
    struct error ignored;
    put_key(out, "policy");
    if (policy_spec_to_json(spec, with_autoscaler, &policy, &ignored) != OK)
        out->failed = true;
    else
        json_text_write(policy, out);
    cJSON_Delete(policy);
}

static void put_groups(struct strbuf *out, const struct scenario *s) {
    put_key(out, "groups");
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < s->n_groups; i++) {
        const struct scenario_group *g = &s->groups[i];
        strbuf_puts(out, i ? ",{" : "{");
        put_key(out, "name");
        strbuf_json_string(out, g->name);
        put_key(out, g->has_target ? "target" : "share");
        if (g->has_target)
            strbuf_printf(out, "%u", g->target);
        else
            strbuf_real(out, g->share);
        put_key(out, "pools");
        strbuf_puts(out, "[");
        for (uint32_t p = 0; p < s->group_configs[i].n_pools; p++) {
            if (p) strbuf_puts(out, ",");
            strbuf_json_string(out, s->view.pools[g->pools[p]].name);
        }
        strbuf_puts(out, "]");
        put_policy(out, &g->spec, !g->has_target && !s->has_target);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "]");
}

static void put_fleet(struct strbuf *out, const struct scenario *s) {
    put_key(out, "fleet");
    strbuf_puts(out, "{");
    if (s->n_plugins) put_texts(out, "plugins", s->plugins, s->n_plugins);
    if (s->has_target) {
        put_key(out, "target");
        strbuf_printf(out, "%u", s->target);
    }
    put_table(out, fleet_fields, fleet_fields_n, &s->fleet);
    put_key(out, "pools");
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < s->view.n_pools; i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, s->view.pools[i].name);
    }
    strbuf_puts(out, "]");
    if (s->groups_given)
        put_groups(out, s);
    else
        put_policy(out, &s->groups[0].spec, !s->has_target);
    strbuf_puts(out, "}");
}

static char *field_text(const struct field *f, const struct pool_params *p) {
    struct strbuf text = {0};
    field_to_json(f, p, &text);
    if (!text.failed) return text.data;
    strbuf_free(&text);
    return NULL;
}

/* A value that all pools share goes to the defaults, others to their pool. */
static void put_pools(struct strbuf *out, const struct scenario *s) {
    uint32_t n = s->view.n_pools;
    bool *differs = calloc(pool_fields_n, sizeof *differs);
    if (!differs) {
        out->failed = true;
        return;
    }
    put_key(out, "defaults");
    strbuf_puts(out, "{");
    bool any = false;
    for (uint32_t f = 0; f < pool_fields_n; f++) {
        char *first = field_text(&pool_fields[f], &s->pools[0]);
        for (uint32_t i = 1; i < n && first && !differs[f]; i++) {
            char *other = field_text(&pool_fields[f], &s->pools[i]);
            differs[f] = !other || strcmp(first, other) != 0;
            free(other);
        }
        any = any || differs[f];
        if (!first)
            out->failed = true;
        else if (!differs[f]) {
            put_key(out, pool_fields[f].path);
            strbuf_puts(out, first);
        }
        free(first);
    }
    strbuf_puts(out, "}");
    put_key(out, "pools");
    strbuf_puts(out, "{");
    for (uint32_t i = 0; i < n && any; i++) {
        put_key(out, s->view.pools[i].name);
        strbuf_puts(out, "{");
        for (uint32_t f = 0; f < pool_fields_n; f++) {
            if (!differs[f]) continue;
            put_key(out, pool_fields[f].path);
            field_to_json(&pool_fields[f], &s->pools[i], out);
        }
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "}");
    free(differs);
}

static void put_quotas(struct strbuf *out, const struct scenario *s) {
    if (!s->config.n_quotas) return;
    put_key(out, "quotas");
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < s->config.n_quotas; i++) {
        const struct quota *q = &s->quotas[i];
        strbuf_puts(out, i ? ",{" : "{");
        put_key(out, "region");
        strbuf_json_string(out, q->region);
        strbuf_printf(out, ",\"market\":\"%s\",\"max\":", q->market == SP_SPOT ? "spot" : "on-demand");
        if (q->max == UINT32_MAX)
            strbuf_puts(out, "\"unlimited\"}");
        else
            strbuf_printf(out, "%u}", q->max);
    }
    strbuf_puts(out, "]");
}

void scenario_to_json(const struct scenario *s, struct strbuf *out) {
    strbuf_puts(out, "{");
    put_table(out, top_fields, top_fields_n, &s->top);
    put_key(out, "trace");
    strbuf_puts(out, "{");
    put_texts(out, "paths", s->paths, s->n_paths);
    put_table(out, trace_fields, trace_fields_n, &s->read);
    strbuf_puts(out, "}");
    put_fleet(out, s);
    put_key(out, "cloud");
    strbuf_puts(out, "{");
    if (s->cloud_name) {
        put_key(out, "name");
        strbuf_json_string(out, s->cloud_name);
    }
    put_pools(out, s);
    put_quotas(out, s);
    strbuf_puts(out, "}");
    put_key(out, "control");
    strbuf_puts(out, "{");
    put_table(out, control_fields, control_fields_n, &s->config.control);
    strbuf_puts(out, "}");
    put_key(out, "study");
    strbuf_puts(out, "{");
    put_table(out, study_fields, study_fields_n, &s->study);
    if (s->vary) {
        put_key(out, "vary");
        strbuf_puts(out, s->vary);
    }
    strbuf_puts(out, "}}");
}
