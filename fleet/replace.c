/* SPDX-License-Identifier: Apache-2.0
 * The step that most often comes where replicas are lost one at a time, taken
 * straight through: one is missing, one is launched. */
#include <assert.h>

#include "base/hot.h"
#include "fleet/fleet_private.h"
#include "policies/composer_step.h"

/* Observations wait, and a row is at hand that was used before. */
static HOT bool replaces_one(const struct fleet *f, int64_t now_ms) {
    const struct fleet_policy *p = &f->policies[0];
    return p->n_obs > 0 && !p->news && !f->out_of_memory && f->ledger.free_head != SP_NONE &&
           f->instances < f->params.max_instances && composer_lacks_one(p->composer, &f->ledger.groups[0].view, now_ms);
}

HOT bool fleet_replace_one(struct fleet *f, int64_t now_ms, struct fleet_order *order) {
    if (!replaces_one(f, now_ms)) return false;
    struct fleet_policy *p = &f->policies[0];
    struct ledger_group *g = &f->ledger.groups[0];
    struct sp_view *view = &g->view;
    uint32_t pool;
    view->now_ms = now_ms;
    view->n_slots = f->ledger.n_slots;
    view->instances = f->ledger.rows;
    p->n_obs = 0;
    p->unheard = false;
    p->wake_ms = composer_replace_one(p->composer, view, &pool);
    g->round++; /* all that had changed was looked at */
    f->steps++;
    order->slot = SP_NONE;
    p->quiet_until_ms = SP_NEVER;
    if (pool == SP_NONE) return true;
    p->quiet_until_ms = p->wake_ms;
    enum sp_state state = f->params.direct_launch ? SP_PROVISIONING : SP_REQUESTED;
    uint32_t slot = ledger_add_as(&f->ledger, 0, pool, SP_SPOT, state, now_ms, true);
    f->instances++;
    order->launch = f->ledger.last_launch;
    order->slot = slot;
    order->pool = f->params.groups[0].pools[pool];
    order->group = 0;
    order->kind = FLEET_LAUNCH;
    order->market = SP_SPOT;
    order->reason = SP_WHY_SPOT_WANTED;
    order->state = SP_STATES;
    return true;
}
