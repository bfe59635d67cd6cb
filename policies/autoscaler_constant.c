/* SPDX-License-Identifier: Apache-2.0
 * The same number of replicas all the time. */
#include "policies/builtin.h"

static const struct sp_param params[] = {
    {"target", SP_INT, "replicas", 0, 1000000.0, NULL, "replicas wanted", NULL},
};

struct state {
    uint32_t target;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    ((struct state *)mem)->target = (uint32_t)value[0].i;
}

static int64_t demand(const union sp_value *value, int64_t now_ms, uint32_t *target) {
    (void)now_ms;
    *target = (uint32_t)value[0].i;
    return SP_FOREVER;
}

static int64_t target(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      uint32_t *out) {
    (void)view;
    (void)obs;
    (void)n_obs;
    *out = ((const struct state *)mem)->target;
    return SP_FOREVER;
}

const struct sp_policy autoscaler_constant = {
    .abi = SP_ABI_VERSION,
    .role = SP_AUTOSCALER,
    .name = "constant",
    .summary = "the same target all the time",
    .source = "spotsim",
    .params = params,
    .n_params = 1,
    .state_size = state_size,
    .init = init,
    .demand = demand,
    .target = target,
    .hears = SP_HEARS_NONE,
};
