/* SPDX-License-Identifier: Apache-2.0 */
#include "study/schema.h"

#include <string.h>

#include "base/text.h"
#include "cloud/params.h"
#include "sim/config.h"
#include "study/fields.h"
#include "study/json_text.h"

#define DURATION_PATTERN "^[0-9]+([.][0-9]+)?(ms|s|m|h|d)?$"

static void key(struct strbuf *out, const char *name) {
    char last = out->size ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[') strbuf_puts(out, ",");
    strbuf_json_string(out, name);
    strbuf_puts(out, ":");
}

static void text(struct strbuf *out, const char *name, const char *value) {
    key(out, name);
    strbuf_json_string(out, value);
}

static void range(struct strbuf *out, double min, double max) {
    if (min == 0 && max == 0) return;
    key(out, "minimum");
    strbuf_real(out, min);
    key(out, "maximum");
    strbuf_real(out, max);
}

static void names_enum(struct strbuf *out, const char *const *names) {
    key(out, "enum");
    strbuf_puts(out, "[");
    for (uint32_t i = 0; names[i]; i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, names[i]);
    }
    strbuf_puts(out, "]");
}

static void duration(struct strbuf *out, bool positive, bool nullable) {
    key(out, "anyOf");
    strbuf_puts(out, "[{\"type\":\"string\",\"pattern\":\"" DURATION_PATTERN "\"},{\"type\":\"number\",");
    strbuf_puts(out, positive ? "\"exclusiveMinimum\":0}" : "\"minimum\":0}");
    strbuf_puts(out, nullable ? ",{\"type\":\"null\"}]" : "]");
}

static void field_type(struct strbuf *out, const struct field *f) {
    switch (f->type) {
    case FIELD_INT:
        text(out, "type", "integer");
        range(out, f->min, f->max);
        break;
    case FIELD_BOOL:
        text(out, "type", "boolean");
        break;
    case FIELD_REAL:
        text(out, "type", "number");
        range(out, f->min, f->max);
        break;
    case FIELD_DURATION:
        duration(out, f->min > 0, !f->def);
        break;
    case FIELD_PRICE:
        key(out, "type");
        strbuf_puts(out, "[\"number\",\"null\"]");
        range(out, f->min, f->max);
        break;
    case FIELD_COUNT:
        if (f->max < 4294967295.0) {
            text(out, "type", "integer");
            range(out, f->min, f->max);
            break;
        }
        key(out, "anyOf");
        strbuf_printf(out, "[{\"type\":\"integer\",\"minimum\":%.0f,\"maximum\":%.0f},{\"const\":\"unlimited\"}]",
                      f->min, f->max);
        break;
    case FIELD_ENUM:
        names_enum(out, f->names);
        break;
    case FIELD_TEXT:
        key(out, "type");
        strbuf_puts(out, f->def ? "[\"string\",\"number\"]" : "[\"string\",\"number\",\"null\"]");
        break;
    case FIELD_DIST:
        key(out, "type");
        strbuf_puts(out, "[\"string\",\"number\"]");
        break;
    }
}

static void table(struct strbuf *out, const struct field *fields, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        key(out, fields[i].path);
        strbuf_puts(out, "{");
        text(out, "description", fields[i].doc);
        field_type(out, &fields[i]);
        if (fields[i].def) text(out, "x-default", fields[i].def);
        if (fields[i].unit && *fields[i].unit) text(out, "x-unit", fields[i].unit);
        strbuf_puts(out, "}");
    }
}

static void open_object(struct strbuf *out, const char *doc) {
    strbuf_puts(out, "{");
    if (doc) text(out, "description", doc);
    text(out, "type", "object");
    key(out, "additionalProperties");
    strbuf_puts(out, "false");
    key(out, "properties");
    strbuf_puts(out, "{");
}

static void parameter(struct strbuf *out, const struct sp_param *p) {
    key(out, p->name);
    strbuf_puts(out, "{");
    text(out, "description", p->doc);
    switch (p->type) {
    case SP_INT:
        text(out, "type", "integer");
        range(out, p->min, p->max);
        break;
    case SP_BOOL:
        text(out, "type", "boolean");
        break;
    case SP_REAL:
        text(out, "type", "number");
        range(out, p->min, p->max);
        break;
    case SP_DURATION:
        duration(out, p->min > 0, false);
        break;
    case SP_ENUM:
        names_enum(out, p->names);
        break;
    case SP_SERIES:
        text(out, "type", "string");
        break;
    }
    if (p->def) text(out, "x-default", p->def);
    strbuf_puts(out, "}");
}

static void policy(struct strbuf *out, const struct sp_policy *p) {
    open_object(out, p->summary);
    key(out, "name");
    strbuf_puts(out, "{");
    text(out, "const", p->name);
    strbuf_puts(out, "}");
    for (uint32_t i = 0; i < p->n_params; i++) parameter(out, &p->params[i]);
    strbuf_puts(out, "},\"required\":[\"name\"");
    for (uint32_t i = 0; i < p->n_params; i++) {
        if (p->params[i].def) continue;
        strbuf_puts(out, ",");
        strbuf_json_string(out, p->params[i].name);
    }
    strbuf_puts(out, "]}");
}

/* One role: text, one of the policies we know, or a plug-in of another name. */
static void role(struct strbuf *out, const struct policy_registry *registry, enum sp_role which) {
    strbuf_puts(out, "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}");
    for (uint32_t i = 0; i < registry_count(registry); i++) {
        if (registry_at(registry, i)->role != which) continue;
        strbuf_puts(out, ",");
        policy(out, registry_at(registry, i));
    }
    strbuf_puts(out, ",{\"description\":\"a plug-in's policy\",\"type\":\"object\",\"required\":[\"name\"],"
                     "\"properties\":{\"name\":{\"type\":\"string\",\"not\":{\"enum\":[");
    for (uint32_t i = 0; i < registry_count(registry); i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, registry_at(registry, i)->name);
    }
    strbuf_puts(out, "]}}}}]}");
}

static void definitions(struct strbuf *out, const struct policy_registry *registry) {
    key(out, "$defs");
    strbuf_puts(out, "{\"policy\":{\"anyOf\":[{\"type\":\"string\",\"description\":"
                     "\"MIX(key=value,...)+PLACER(key=value,...), with an autoscaler if there is no target\"},");
    open_object(out, "one policy per role; or one that takes all roles");
    for (uint32_t i = 0; policy_roles[i]; i++) {
        key(out, policy_roles[i]);
        role(out, registry, (enum sp_role)(SP_AUTOSCALER + i));
    }
    strbuf_puts(out,
                "}}]},\"target\":{\"description\":\"replicas wanted\",\"type\":[\"integer\",\"null\"],\"minimum\":0,"
                "\"maximum\":1000000},\"texts\":{\"anyOf\":[{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
                "{\"type\":\"string\"},{\"type\":\"null\"}]},\"pool\":");
    open_object(out, "what is true of a pool");
    table(out, pool_fields, pool_fields_n);
    strbuf_puts(out, "}}}");
}

static void fleet(struct strbuf *out) {
    key(out, "fleet");
    open_object(out, "what the controller runs");
    table(out, fleet_fields, fleet_fields_n);
    strbuf_puts(out, ",\"target\":{\"$ref\":\"#/$defs/target\"},\"policy\":{\"$ref\":\"#/$defs/policy\"},"
                     "\"pools\":{\"$ref\":\"#/$defs/texts\"},\"plugins\":{\"$ref\":\"#/$defs/texts\"},"
                     "\"groups\":{\"type\":\"array\",\"items\":");
    open_object(out, "part of the fleet with its own pools");
    strbuf_puts(out,
                "\"name\":{\"type\":\"string\"},\"pools\":{\"$ref\":\"#/$defs/texts\"},"
                "\"target\":{\"$ref\":\"#/$defs/target\"},\"share\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
                "\"policy\":{\"$ref\":\"#/$defs/policy\"}},\"required\":[\"pools\"]}}}}");
}

static void cloud(struct strbuf *out) {
    key(out, "cloud");
    open_object(out, "the simulated clouds");
    key(out, "name");
    strbuf_puts(out, "{\"description\":\"the cloud of every pool, instead of what names say\",\"enum\":[");
    for (uint32_t i = 0; i < cloud_profiles_n; i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, cloud_profiles[i].name);
    }
    strbuf_puts(out, ",null]},\"defaults\":{\"$ref\":\"#/$defs/pool\"},"
                     "\"pools\":{\"description\":\"by pool name or glob, in order\",\"type\":\"object\","
                     "\"additionalProperties\":{\"$ref\":\"#/$defs/pool\"}},\"quotas\":{\"type\":\"array\",\"items\":");
    open_object(out, "instances over all pools of each region that fits");
    strbuf_puts(out, "\"region\":{\"type\":\"string\"},\"market\":{\"enum\":[\"spot\",\"on-demand\"]},"
                     "\"max\":{\"anyOf\":[{\"type\":\"integer\",\"minimum\":0},{\"const\":\"unlimited\"}]}}}}}}");
}

static void other_sections(struct strbuf *out) {
    key(out, "trace");
    open_object(out, "which trace, and how to read it");
    strbuf_puts(out, "\"paths\":{\"$ref\":\"#/$defs/texts\"}");
    table(out, trace_fields, trace_fields_n);
    strbuf_puts(out, "}}");
    fleet(out);
    cloud(out);
    key(out, "control");
    open_object(out, "control lag and decision times");
    table(out, control_fields, control_fields_n);
    strbuf_puts(out, "}}");
    key(out, "study");
    open_object(out, "what a study varies and repeats");
    strbuf_puts(out, "\"vary\":{\"description\":\"path: values, as list or range\",\"type\":\"object\","
                     "\"additionalProperties\":{\"type\":[\"string\",\"number\",\"array\"],"
                     "\"items\":{\"type\":[\"string\",\"number\",\"boolean\"]}}}");
    table(out, study_fields, study_fields_n);
    strbuf_puts(out, "}}");
}

void scenario_schema(const struct policy_registry *registry, struct strbuf *out) {
    struct strbuf flat = {0};
    strbuf_puts(&flat, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"title\":\"spotsim scenario\","
                       "\"type\":\"object\",\"additionalProperties\":false,\"properties\":{");
    table(&flat, top_fields, top_fields_n);
    other_sections(&flat);
    strbuf_puts(&flat, "}");
    definitions(&flat, registry);
    strbuf_puts(&flat, "}");
    if (flat.failed || !flat.data)
        out->failed = true;
    else
        json_text_indent(flat.data, out);
    strbuf_free(&flat);
}
