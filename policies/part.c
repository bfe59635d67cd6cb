/* SPDX-License-Identifier: Apache-2.0
 * One policy with its values, and the parts of a spec. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/builtin.h"
#include "policies/params.h"

void policy_part_free(struct policy_part *part) {
    if (!part) return;
    for (uint32_t i = 0; i < POLICY_PARAMS_MAX; i++) series_free(part->series[i]);
    memset(part, 0, sizeof *part);
}

static enum error_code set_value(struct policy_part *part, uint32_t i, const char *text, struct error *e) {
    struct sp_series *series = NULL;
    TRY(param_parse(&part->policy->params[i], text, &part->value[i], &series, e));
    series_free(part->series[i]);
    part->series[i] = series;
    part->given |= UINT32_C(1) << i;
    return OK;
}

/* "outer: policy.param: " before the error's place. */
static void name_place(struct error *e, const struct policy_part *part, const char *param, const char *where) {
    char place[160];
    if (!e) return;
    snprintf(place, sizeof place, "%.64s.%.64s", part->policy->name, param);
    error_in(e, place);
    if (where && *where) error_in(e, where);
}

enum error_code policy_part_init(const struct sp_policy *p, struct policy_part *part, struct error *e) {
    memset(part, 0, sizeof *part);
    part->policy = p;
    for (uint32_t i = 0; i < p->n_params; i++) {
        if (!p->params[i].def) continue;
        enum error_code rc = set_value(part, i, p->params[i].def, e);
        if (rc == OK) continue;
        name_place(e, part, p->params[i].name, "default");
        policy_part_free(part);
        return rc;
    }
    return OK;
}

static enum error_code unknown_param(const struct sp_policy *p, const char *param, const char *where, struct error *e) {
    const char *names[POLICY_PARAMS_MAX + 1] = {NULL};
    struct strbuf list = {0};
    for (uint32_t i = 0; i < p->n_params; i++) {
        names[i] = p->params[i].name;
        strbuf_printf(&list, "%s%s", i ? ", " : "", names[i]);
    }
    const char *near = text_nearest(param, names);
    if (p->n_params == 0)
        error_set(e, ERR_INPUT, where, "%s takes no parameters, got '%.60s'", p->name, param);
    else if (near)
        error_set(e, ERR_INPUT, where, "%s has no parameter '%.60s'; did you mean '%s'?", p->name, param, near);
    else
        error_set(e, ERR_INPUT, where, "%s has no parameter '%.60s'; expected one of %s", p->name, param,
                  list.data ? list.data : "");
    strbuf_free(&list);
    return ERR_INPUT;
}

enum error_code policy_part_set(struct policy_part *part, const char *param, const char *text, const char *where,
                                struct error *e) {
    for (uint32_t i = 0; i < part->policy->n_params; i++) {
        if (strcmp(part->policy->params[i].name, param) != 0) continue;
        enum error_code rc = set_value(part, i, text, e);
        if (rc != OK) name_place(e, part, param, where);
        return rc;
    }
    return unknown_param(part->policy, param, where, e);
}

/* ---- specs --------------------------------------------------------------- */

static const char *role_name(enum sp_role role) {
    static const char *const names[] = {"", "autoscaler", "mix", "placer", "whole policy"};
    return names[role];
}

static struct policy_part *role_of(struct policy_spec *spec, enum sp_role role) {
    switch (role) {
    case SP_AUTOSCALER:
        return &spec->autoscaler;
    case SP_MIX:
        return &spec->mix;
    case SP_PLACER:
        return &spec->placer;
    default:
        return &spec->whole;
    }
}

enum error_code policy_spec_add(struct policy_spec *spec, struct policy_part *part, const char *where,
                                struct error *e) {
    struct policy_part *place = role_of(spec, part->policy->role);
    if (place->policy)
        return error_set(e, ERR_INPUT, where, "two policies for one role: %s and %s are both a%s %s",
                         place->policy->name, part->policy->name, part->policy->role == SP_AUTOSCALER ? "n" : "",
                         role_name(part->policy->role));
    *place = *part;
    memset(part, 0, sizeof *part);
    return OK;
}

static enum error_code check_part(const struct policy_part *part, const char *where, struct error *e) {
    if (!part->policy) return OK;
    for (uint32_t i = 0; i < part->policy->n_params; i++) {
        const struct sp_param *p = &part->policy->params[i];
        if (part->given & (UINT32_C(1) << i)) continue;
        return error_set(e, ERR_INPUT, where, "%s needs a value for '%s' (%s): %s", part->policy->name, p->name,
                         param_type_name(p->type), p->doc);
    }
    return OK;
}

enum error_code policy_spec_check(struct policy_registry *r, struct policy_spec *spec, const char *where,
                                  struct error *e) {
    if (spec->whole.policy && (spec->mix.policy || spec->placer.policy))
        return error_set(e, ERR_INPUT, where, "%s takes all roles; expected no %s beside it", spec->whole.policy->name,
                         spec->mix.policy ? spec->mix.policy->name : spec->placer.policy->name);
    if (!spec->whole.policy && !spec->mix.policy)
        return error_set(e, ERR_INPUT, where, "no mix; expected MIX+PLACER, such as spot+cheapest%s%s",
                         spec->placer.policy ? " or skyserve+" : "",
                         spec->placer.policy ? spec->placer.policy->name : "");
    if (spec->mix.policy && !spec->placer.policy && spec->mix.policy != &mix_on_demand) {
        const struct sp_policy *cheapest = r ? registry_find(r, "cheapest") : &placer_cheapest;
        TRY(policy_part_init(cheapest, &spec->placer, e));
    }
    TRY(check_part(&spec->autoscaler, where, e));
    TRY(check_part(&spec->mix, where, e));
    TRY(check_part(&spec->placer, where, e));
    return check_part(&spec->whole, where, e);
}

void policy_spec_free(struct policy_spec *spec) {
    if (!spec) return;
    policy_part_free(&spec->autoscaler);
    policy_part_free(&spec->mix);
    policy_part_free(&spec->placer);
    policy_part_free(&spec->whole);
}

static enum error_code copy_part(const struct policy_part *from, struct policy_part *to, struct error *e) {
    *to = *from;
    memset(to->series, 0, sizeof to->series);
    for (uint32_t i = 0; i < POLICY_PARAMS_MAX; i++) {
        if (!from->series[i]) continue;
        TRY(series_copy(from->series[i], &to->series[i], e));
        to->value[i].series = to->series[i];
    }
    return OK;
}

enum error_code policy_spec_copy(const struct policy_spec *from, struct policy_spec *to, struct error *e) {
    memset(to, 0, sizeof *to);
    enum error_code rc = copy_part(&from->autoscaler, &to->autoscaler, e);
    if (rc == OK) rc = copy_part(&from->mix, &to->mix, e);
    if (rc == OK) rc = copy_part(&from->placer, &to->placer, e);
    if (rc == OK) rc = copy_part(&from->whole, &to->whole, e);
    if (rc != OK) policy_spec_free(to);
    return rc;
}

/* ---- canonical text ------------------------------------------------------ */

void policy_part_format(const struct policy_part *part, struct strbuf *out) {
    const struct sp_policy *p = part->policy;
    strbuf_puts(out, p->name);
    const char *before = "(";
    for (uint32_t i = 0; i < p->n_params; i++) {
        if (!(part->given & (UINT32_C(1) << i))) continue;
        strbuf_printf(out, "%s%s=", before, p->params[i].name);
        param_format(&p->params[i], part->value[i], out);
        before = ",";
    }
    if (*before == ',') strbuf_puts(out, ")");
}

void policy_spec_format(const struct policy_spec *spec, struct strbuf *out) {
    const struct policy_part *parts[] = {&spec->mix, &spec->placer, &spec->whole};
    const char *before = "";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (!parts[i]->policy) continue;
        strbuf_puts(out, before);
        policy_part_format(parts[i], out);
        before = "+";
    }
}
