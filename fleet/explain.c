/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/text.h"
#include "fleet/fleet_private.h"

static uint32_t alive(const struct sp_view *v, enum sp_market m) {
    uint32_t n = 0;
    for (int s = 0; s < SP_ALIVE_STATES; s++) n += v->units[m][s];
    return n;
}

void explain_order(FILE *out, const struct fleet *f, const struct fleet_order *o, int64_t now_ms,
                   const struct sp_view *before) {
    static const char *const verbs[] = {
        [FLEET_LAUNCH] = "launch", [FLEET_TERMINATE] = "terminate", [FLEET_DRAIN] = "drain"};
    const struct composer *c = f->policies[o->group].composer;
    fprintf(out, "%" PRId64 ".%03" PRId64 "s ", now_ms / 1000, now_ms % 1000);
    if (f->params.n_groups > 1) fprintf(out, "[%s] ", f->params.groups[o->group].name);
    fprintf(out, "%s %s replica %" PRIu64 " in %s", verbs[o->kind], fleet_market_name(o->market), o->launch,
            f->params.pools[o->pool].name);
    if (o->kind != FLEET_LAUNCH) fprintf(out, " (%s)", fleet_state_name(o->state));
    fprintf(out,
            ": %s; target %" PRIu32 ", spot %" PRIu32 " of %" PRIu32 " alive, %" PRIu32 " ready; on-demand %" PRIu32
            " of %" PRIu32 " alive, %" PRIu32 " ready\n",
            fleet_reason_name(o->reason), composer_target(c), alive(before, SP_SPOT), composer_wanted(c, SP_SPOT),
            before->units[SP_SPOT][SP_READY], alive(before, SP_ON_DEMAND), composer_wanted(c, SP_ON_DEMAND),
            before->units[SP_ON_DEMAND][SP_READY]);
}
