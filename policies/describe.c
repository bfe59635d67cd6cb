/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/describe.h"

#include <ctype.h>
#include <inttypes.h>

#include "base/text.h"
#include "policies/params.h"

const char *policy_role_name(enum sp_role role) {
    switch (role) {
    case SP_AUTOSCALER:
        return "autoscaler";
    case SP_MIX:
        return "mix";
    case SP_PLACER:
        return "placer";
    case SP_WHOLE:
        return "whole";
    }
    return "?";
}

static bool is_whole_number(enum sp_param_type type) { return type == SP_INT || type == SP_SERIES; }

/* "0 to 100 %", "true or false", "ignore or react". */
static void range_text(const struct sp_param *p, struct strbuf *out) {
    char min[32], max[32];
    if (p->type == SP_BOOL) {
        strbuf_puts(out, "true or false");
    } else if (p->type == SP_ENUM) {
        for (uint32_t i = 0; p->names[i]; i++) strbuf_printf(out, "%s%s", i ? " or " : "", p->names[i]);
    } else if (p->type == SP_DURATION) {
        strbuf_printf(out, "%s to %s", text_format_duration((int64_t)p->min, min),
                      text_format_duration((int64_t)p->max, max));
    } else {
        if (is_whole_number(p->type))
            strbuf_printf(out, "%" PRId64 " to %" PRId64, (int64_t)p->min, (int64_t)p->max);
        else {
            strbuf_real(out, p->min);
            strbuf_puts(out, " to ");
            strbuf_real(out, p->max);
        }
        if (*p->unit) strbuf_printf(out, " %s", p->unit);
    }
}

static const char *source_of(const struct sp_policy *p) { return p->source ? p->source : ""; }

/* "skyserve(base=0,dynamic=false)", required values as PARAM=TYPE. */
static void usage_text(const struct sp_policy *p, struct strbuf *out) {
    strbuf_puts(out, p->name);
    for (uint32_t i = 0; i < p->n_params; i++) {
        const struct sp_param *param = &p->params[i];
        strbuf_printf(out, "%s%s=", i ? "," : "(", param->name);
        if (param->def)
            strbuf_puts(out, param->def);
        else
            strbuf_printf(out, "<%s>", param_type_name(param->type));
    }
    if (p->n_params > 0) strbuf_puts(out, ")");
}

void policy_describe(const struct sp_policy *p, struct strbuf *out) {
    strbuf_printf(out, "%s: %s (%s)\n  from:  %s\n  write: ", p->name, p->summary, policy_role_name(p->role),
                  source_of(p));
    usage_text(p, out);
    strbuf_puts(out, "\n");
    for (uint32_t i = 0; i < p->n_params; i++) {
        const struct sp_param *param = &p->params[i];
        strbuf_printf(out, "\n  %s\n      %s\n      %s, ", param->name, param->doc, param_type_name(param->type));
        range_text(param, out);
        if (param->def)
            strbuf_printf(out, "; default %s\n", param->def);
        else
            strbuf_puts(out, "; required\n");
    }
}

static const enum sp_role roles[] = {SP_AUTOSCALER, SP_MIX, SP_PLACER, SP_WHOLE};

void policy_list(const struct policy_registry *r, struct strbuf *out) {
    static const char *const titles[] = {"Autoscalers (how many replicas)", "Mixes (how many of them on demand)",
                                         "Placers (in which pool a spot replica is launched)",
                                         "Whole policies (all of it)"};
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++) {
        bool any = false;
        for (uint32_t i = 0; i < registry_count(r); i++) {
            const struct sp_policy *p = registry_at(r, i);
            if (p->role != roles[k]) continue;
            if (!any) strbuf_printf(out, "%s%s\n", k ? "\n" : "", titles[k]);
            any = true;
            strbuf_printf(out, "  %-13s %s\n", p->name, p->summary);
        }
    }
}

static void param_json(const struct sp_param *p, struct strbuf *out) {
    strbuf_puts(out, "{\"name\": ");
    strbuf_json_string(out, p->name);
    strbuf_printf(out, ", \"type\": \"%s\", \"unit\": ", param_type_name(p->type));
    strbuf_json_string(out, p->unit);
    if (p->type == SP_ENUM) {
        strbuf_puts(out, ", \"values\": [");
        for (uint32_t i = 0; p->names[i]; i++) {
            strbuf_puts(out, i ? ", " : "");
            strbuf_json_string(out, p->names[i]);
        }
        strbuf_puts(out, "]");
    } else if (p->type != SP_BOOL) {
        double scale = p->type == SP_DURATION ? 1.0 / (double)MS_PER_S : 1.0; /* JSON carries seconds */
        strbuf_puts(out, ", \"min\": ");
        strbuf_real(out, p->min * scale);
        strbuf_puts(out, ", \"max\": ");
        strbuf_real(out, p->max * scale);
    }
    strbuf_puts(out, ", \"default\": ");
    if (p->def)
        strbuf_json_string(out, p->def);
    else
        strbuf_puts(out, "null");
    strbuf_puts(out, ", \"doc\": ");
    strbuf_json_string(out, p->doc);
    strbuf_puts(out, "}");
}

void policy_describe_json(const struct sp_policy *p, struct strbuf *out) {
    strbuf_puts(out, "{\"name\": ");
    strbuf_json_string(out, p->name);
    strbuf_printf(out, ", \"role\": \"%s\", \"summary\": ", policy_role_name(p->role));
    strbuf_json_string(out, p->summary);
    strbuf_puts(out, ", \"source\": ");
    strbuf_json_string(out, source_of(p));
    strbuf_puts(out, ", \"parameters\": [");
    for (uint32_t i = 0; i < p->n_params; i++) {
        strbuf_puts(out, i ? ", " : "");
        param_json(&p->params[i], out);
    }
    strbuf_puts(out, "]}");
}

void policy_list_json(const struct policy_registry *r, struct strbuf *out) {
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < registry_count(r); i++) {
        strbuf_puts(out, i ? ",\n " : "");
        policy_describe_json(registry_at(r, i), out);
    }
    strbuf_puts(out, "]");
}

static void policy_markdown(const struct sp_policy *p, struct strbuf *out) {
    const char *summary = p->summary;
    strbuf_printf(out, "### `%s`\n\n%c%s. From: %s.\n\n", p->name, toupper((unsigned char)*summary),
                  *summary ? summary + 1 : "", source_of(p));
    if (p->n_params == 0) {
        strbuf_puts(out, "No parameters.\n\n");
        return;
    }
    strbuf_puts(out, "| parameter | type | range | default | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (uint32_t i = 0; i < p->n_params; i++) {
        const struct sp_param *param = &p->params[i];
        strbuf_printf(out, "| `%s` | %s | ", param->name, param_type_name(param->type));
        range_text(param, out);
        strbuf_printf(out, " | %s | %s |\n", param->def ? param->def : "required", param->doc);
    }
    strbuf_puts(out, "\n");
}

void policy_list_markdown(const struct policy_registry *r, struct strbuf *out) {
    static const char *const titles[] = {"Autoscalers", "Mixes", "Placers", "Whole policies"};
    for (size_t k = 0; k < sizeof roles / sizeof *roles; k++) {
        bool any = false;
        for (uint32_t i = 0; i < registry_count(r); i++) {
            const struct sp_policy *p = registry_at(r, i);
            if (p->role != roles[k]) continue;
            if (!any) strbuf_printf(out, "## %s\n\n", titles[k]);
            any = true;
            policy_markdown(p, out);
        }
    }
}
