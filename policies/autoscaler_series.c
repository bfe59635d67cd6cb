/* SPDX-License-Identifier: Apache-2.0
 * A target that follows a table of times and values. */
#include "policies/builtin.h"

static const struct sp_param params[] = {
    {"file", SP_SERIES, "replicas", 0, 1000000.0, NULL,
     "CSV file of seconds,replicas from second 0 on, or a list such as \"0s:4 1h:8\"", NULL},
};

struct state {
    const struct sp_series *series; /* the host's, which outlives the state */
};

/* Index of the entry that holds at now_ms: the last one not after it. */
static uint32_t entry_at(const struct sp_series *s, int64_t now_ms) {
    uint32_t lo = 0, hi = s->n;
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->at_ms[mid] <= now_ms)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static int64_t look_up(const struct sp_series *s, int64_t now_ms, uint32_t *target) {
    uint32_t i = entry_at(s, now_ms);
    *target = (uint32_t)s->value[i];
    return i + 1 < s->n ? s->at_ms[i + 1] : SP_FOREVER;
}

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    ((struct state *)mem)->series = value[0].series;
}

static int64_t demand(const union sp_value *value, int64_t now_ms, uint32_t *target) {
    return look_up(value[0].series, now_ms, target);
}

static int64_t target(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      uint32_t *out) {
    (void)obs;
    (void)n_obs;
    return look_up(((const struct state *)mem)->series, view->now_ms, out);
}

/* The state is one pointer, which says nothing that lasts. */
static uint64_t digest(const void *mem) { return ((const struct state *)mem)->series->n; }

const struct sp_policy autoscaler_series = {
    .abi = SP_ABI_VERSION,
    .role = SP_AUTOSCALER,
    .name = "series",
    .summary = "a target that follows a table of times and values",
    .source = "spotsim",
    .params = params,
    .n_params = 1,
    .state_size = state_size,
    .init = init,
    .demand = demand,
    .target = target,
    .hears = SP_HEARS_NONE,
    .digest = digest,
};
