/* SPDX-License-Identifier: Apache-2.0
 * Any pool, each with the same probability. */
#include "policies/builtin.h"
#include "policies/pool_set.h"

struct state {
    uint64_t stream;
};

/* After the state; follows from the view. */
static struct pool_set *open_pools(struct state *s) { return (struct pool_set *)(void *)(s + 1); }

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return sizeof(struct state) + pool_set_size(limits->pools);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)value;
    struct state *s = mem;
    s->stream = key;
    pool_set_init(open_pools(s), limits->pools);
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)planned;
    (void)wake_ms;
    struct state *s = mem;
    struct pool_set *open = open_pools(s);
    for (uint32_t i = 0; i < view->n_changed; i++) pool_set_put(open, view->changed[i], !closed[view->changed[i]]);
    uint32_t n = pool_set_count(open);
    return n > 0 ? pool_set_nth(open, sp_random_below(&s->stream, n)) : SP_NONE;
}

static uint64_t digest(const void *mem) { return ((const struct state *)mem)->stream; }

const struct sp_policy placer_random = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "random",
    .summary = "a pool drawn at random for every launch",
    .source = "spotsim",
    .state_size = state_size,
    .init = init,
    .place = place,
    .digest = digest,
    .hears = SP_HEARS_NONE,
};
