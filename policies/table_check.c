/* SPDX-License-Identifier: Apache-2.0
 * Is the table that a policy exports fit for use? */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "policies/params.h"
#include "policies/plugin.h"

static bool good_name(const char *name) {
    if (!name || !(*name >= 'a' && *name <= 'z') || strlen(name) > 40) return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_")] == '\0';
}

static enum error_code check_param(const struct sp_policy *p, uint32_t i, const char *where, struct error *e) {
    const struct sp_param *param = &p->params[i];
    if (!good_name(param->name))
        return error_set(e, ERR_INPUT, where, "parameter %u has no usable name; expected a-z, 0-9, - and _", i + 1);
    for (uint32_t k = 0; k < i; k++)
        if (strcmp(p->params[k].name, param->name) == 0)
            return error_set(e, ERR_INPUT, where, "two parameters are called '%s'", param->name);
    if (param->type < SP_INT || param->type > SP_SERIES || !param->unit || !param->doc)
        return error_set(e, ERR_INPUT, where, "parameter '%s' needs a type, a unit (\"\" for none) and a doc line",
                         param->name);
    if (param->type == SP_ENUM && (!param->names || !param->names[0]))
        return error_set(e, ERR_INPUT, where, "parameter '%s' is an enum without names", param->name);
    bool ranged = param->type != SP_ENUM && param->type != SP_BOOL;
    if (ranged && !(isfinite(param->min) && isfinite(param->max) && param->min <= param->max))
        return error_set(e, ERR_INPUT, where, "parameter '%s' has no range; expected finite min <= max", param->name);
    bool whole = ranged && param->type != SP_REAL;
    if (whole && !(param->min >= -9e15 && param->max <= 9e15))
        return error_set(e, ERR_INPUT, where, "parameter '%s' has a range beyond 9e15", param->name);
    return OK;
}

static enum error_code check_functions(const struct sp_policy *p, const char *where, struct error *e) {
    static const char *const needs[] = {"", "target()", "want()", "place()", "step()"};
    const bool there[] = {false, p->target != NULL, p->want != NULL, p->place != NULL, p->step != NULL};
    if (p->role < SP_AUTOSCALER || p->role > SP_WHOLE)
        return error_set(e, ERR_INPUT, where, "role %d is not known", (int)p->role);
    if (!there[p->role])
        return error_set(e, ERR_INPUT, where, "'%s' lacks %s, which its role needs", p->name, needs[p->role]);
    if (p->init && !p->state_size)
        return error_set(e, ERR_INPUT, where, "'%s' has init() but no state_size()", p->name);
    return OK;
}

enum error_code policy_check_table(const struct sp_policy *p, const char *where, struct error *e) {
    if (p->abi != SP_ABI_VERSION)
        return error_set(e, ERR_INPUT, where, "was built for policy ABI %u; this program has %d", p->abi,
                         SP_ABI_VERSION);
    if (!good_name(p->name) || !p->summary)
        return error_set(e, ERR_INPUT, where, "the policy needs a name (a-z, 0-9, - and _) and a summary");
    if (p->n_params > POLICY_PARAMS_MAX || (p->n_params > 0 && !p->params))
        return error_set(e, ERR_INPUT, where, "'%s' has %u parameters without a table, or more than %d", p->name,
                         p->n_params, POLICY_PARAMS_MAX);
    for (uint32_t i = 0; i < p->n_params; i++) TRY(check_param(p, i, where, e));
    TRY(check_functions(p, where, e));
    struct policy_part part; /* do the defaults parse? */
    enum error_code rc = policy_part_init(p, &part, e);
    if (rc != OK) {
        if (e) error_in(e, where);
        return rc;
    }
    policy_part_free(&part);
    return OK;
}
