/* SPDX-License-Identifier: Apache-2.0
 * One pool after the other.  The index advances with every launch and never
 * resets. */
#include "policies/builtin.h"
#include "policies/pool_set.h"

struct state {
    uint32_t next;
};

/* After the state; follows from the view. */
static struct pool_set *open_pools(struct state *s) { return (struct pool_set *)(void *)(s + 1); }

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + pool_set_size(limits->pools);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)value;
    (void)key;
    pool_set_init(open_pools(mem), limits->pools);
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)planned;
    (void)wake_ms;
    struct state *s = mem;
    struct pool_set *open = open_pools(s);
    for (uint32_t i = 0; i < view->n_changed; i++) pool_set_put(open, view->changed[i], !closed[view->changed[i]]);
    if (pool_set_count(open) == 0) return SP_NONE;
    uint32_t p = pool_set_next(open, s->next);
    if (p == SP_NONE) p = pool_set_next(open, 0);
    s->next = p + 1 < view->n_pools ? p + 1 : 0;
    return p;
}

static uint64_t digest(const void *mem) { return ((const struct state *)mem)->next; }

const struct sp_policy placer_round_robin = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "round-robin",
    .summary = "the pools in turn; the turn advances with every launch and never resets",
    .source = "SpotHedge artifact, policies/round_robin.py",
    .state_size = state_size,
    .init = init,
    .place = place,
    .digest = digest,
    .hears = SP_HEARS_NONE,
};
