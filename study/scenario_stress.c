/* SPDX-License-Identifier: Apache-2.0
 * Stress scenarios by name. */
#include "base/text.h"
#include "study/scenario_private.h"
#include "traces/synth.h"

enum error_code resolve_stress(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    char where[DOC_WHERE_MAX];
    enum error_code rc = stress_load(s->top.stress, &s->stress, e);
    if (rc != OK) {
        error_in(e, doc_where(r->doc, "stress", NULL, where));
        return rc;
    }
    if (!s->stress) return OK;
    rc = synth_events_check(s->config.trace, s->stress, e);
    if (rc == OK) rc = stress_apply(s->stress, &s->config, &s->stressed, e);
    if (rc == ERR_INPUT) error_in(e, s->top.stress);
    return rc;
}

const struct sim_config *scenario_config(const struct scenario *s) {
    return s->stressed.trace ? &s->stressed.config : &s->config;
}

const struct sim_config *scenario_calm_config(const struct scenario *s) { return &s->config; }
const struct model *scenario_stress(const struct scenario *s) { return s->stress; }
const char *scenario_stress_name(const struct scenario *s) { return s->top.stress; }
