/* SPDX-License-Identifier: Apache-2.0
 * Any pool, each with the same probability. */
#include "policies/builtin.h"

struct state {
    uint64_t stream;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)value;
    (void)limits;
    ((struct state *)mem)->stream = key;
}

static uint32_t place(void *mem, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms) {
    (void)planned;
    (void)wake_ms;
    uint32_t open = 0;
    for (uint32_t p = 0; p < view->n_pools; p++) open += !closed[p];
    if (open == 0) return SP_NONE;
    uint32_t skip = sp_random_below(&((struct state *)mem)->stream, open);
    uint32_t p = 0;
    for (; closed[p] || skip > 0; p++) skip -= !closed[p];
    return p;
}

const struct sp_policy placer_random = {
    .abi = SP_ABI_VERSION,
    .role = SP_PLACER,
    .name = "random",
    .summary = "a pool drawn at random for every launch",
    .source = "spotsim",
    .state_size = state_size,
    .init = init,
    .place = place,
};
