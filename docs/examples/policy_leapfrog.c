/* SPDX-License-Identifier: Apache-2.0
 * A whole policy in one file: it decides on actions itself.  All replicas are
 * spot and in one pool, the home; after a denial or a preemption there, the
 * next pool in order becomes the home, where what is missing is launched.
 *
 *     spotsim run ... --policy docs/examples/policy_leapfrog.c
 */
#include "policy.h"

struct state {
    int64_t wait_until_ms; /* after a denial: until then only an observation counts */
    uint32_t home;         /* pool */
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value, (void)limits;
    return sizeof(struct state);
}

static uint32_t alive(const struct sp_view *view) {
    uint32_t n = 0;
    for (int s = 0; s < SP_ALIVE_STATES; s++) n += view->units[SP_SPOT][s];
    return n;
}

static int64_t step(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                    struct sp_actions *out) {
    struct state *s = mem;
    for (uint32_t i = 0; i < n_obs; i++)
        if (obs[i].pool == s->home && (obs[i].kind == SP_OBS_DENIED || obs[i].kind == SP_OBS_PREEMPTED))
            s->home = (s->home + 1) % view->n_pools;

    uint32_t have = alive(view);
    if (have < view->target) {
        const struct sp_pool *home = &view->pools[s->home];
        if (n_obs > 0 && home->last_denied_ms[SP_SPOT] == view->now_ms) /* it too said no just now */
            s->wait_until_ms = view->now_ms + (view->retry_ms > 0 ? view->retry_ms : 1000);
        if (view->now_ms < s->wait_until_ms) return s->wait_until_ms;
        uint32_t rows = (view->target - have + home->weight - 1) / home->weight;
        sp_emit(out, (struct sp_action){.kind = SP_LAUNCH,
                                        .market = SP_SPOT,
                                        .pool = s->home,
                                        .count = rows,
                                        .slot = SP_NONE,
                                        .reason = SP_WHY_POLICY});
        return SP_FOREVER;
    }
    /* too many: the newest ready ones go */
    for (uint32_t i = view->last[SP_SPOT][SP_READY]; i != SP_NONE; i = view->instances[i].prev) {
        const struct sp_instance *r = &view->instances[i];
        uint32_t weight = view->pools[r->pool].weight;
        if (have < view->target + weight) continue;
        have -= weight;
        if (!sp_emit(out,
                     (struct sp_action){.kind = SP_DRAIN, .launch = r->launch, .slot = i, .reason = SP_WHY_POLICY}))
            break; /* the buffer is full: we are called again at once */
    }
    return SP_FOREVER;
}

static const struct sp_policy leapfrog = {
    .abi = SP_ABI_VERSION,
    .role = SP_WHOLE,
    .name = "leapfrog",
    .summary = "all replicas in one pool, and on to the next pool when it fails",
    .source = "docs/policy-author.md",
    .state_size = state_size,
    .step = step,
};
SP_EXPORT_POLICY(leapfrog)
