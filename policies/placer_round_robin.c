/* SPDX-License-Identifier: Apache-2.0
 * One pool after the other.  The index advances with every launch and never
 * resets. */
#include "policies/builtin.h"

struct state {
    uint32_t next;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)planned;
    (void)wake_ms;
    struct state *s = mem;
    for (uint32_t i = 0; i < view->n_pools; i++) {
        uint32_t p = (uint32_t)(((uint64_t)s->next + i) % view->n_pools);
        if (closed[p]) continue;
        s->next = (p + 1) % view->n_pools;
        return p;
    }
    return SP_NONE;
}

const struct sp_policy placer_round_robin = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "round-robin",
    .summary = "the pools in turn; the turn advances with every launch and never resets",
    .source = "SpotHedge artifact, policies/round_robin.py",
    .state_size = state_size,
    .place = place,
};
