/* SPDX-License-Identifier: Apache-2.0
 * Requests to the service. */
#include "policies/builtin.h"
#include "sim/load.h"
#include "study/scenario_private.h"

/* An autoscaler that counts requests needs some to count. */
static enum error_code check_needed(const struct resolver *r, struct error *e) {
    char where[DOC_WHERE_MAX];
    for (uint32_t i = 0; i < r->s->n_groups; i++) {
        if (r->s->groups[i].spec.autoscaler.policy != &autoscaler_request_rate) continue;
        return error_set(e, ERR_INPUT, doc_where(r->doc, "load", NULL, where),
                         "the autoscaler \"request-rate\" needs a load: expected a CSV file of "
                         "seconds,requests_per_second, or a list such as 0s:1.5 1h:20");
    }
    return OK;
}

enum error_code resolve_load(struct resolver *r, struct error *e) {
    struct scenario *s = r->s;
    if (!s->top.load) return check_needed(r, e);
    enum error_code rc = load_read(s->top.load, &s->load, e);
    char where[DOC_WHERE_MAX];
    if (rc != OK) error_in(e, doc_where(r->doc, "load", NULL, where));
    return rc;
}
