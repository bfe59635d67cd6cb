/* SPDX-License-Identifier: Apache-2.0
 * SkyServe's RequestRateAutoscaler: the target follows the requests of the
 * last minute, but only after enough decisions in a row have asked for it.
 *
 * A decision is a tick: with a decision interval the host's own ticks; without
 * one every 20 s, every 5 s while the target is 0.  The delays become numbers
 * of ticks by the 20 s, as there, whatever the real distance of the ticks. */
#include "policies/builtin.h"

#define TICK_MS 20000
#define IDLE_TICK_MS 5000
#define WINDOW_S 60.0
#define REPLICAS_MAX 1000000.0
#define DELAY_MAX_MS 1e12

enum { MIN, MAX, QPS, UP, DOWN };

static const struct sp_param params[] = {
    [MIN] = {"min", SP_INT, "replicas", 0, REPLICAS_MAX, "1", "target at the start and never below; 0 scales to zero",
             NULL},
    [MAX] = {"max", SP_INT, "replicas", 0, REPLICAS_MAX, NULL, "target never above; below min it counts as min", NULL},
    [QPS] = {"qps", SP_REAL, "requests/s", 1e-6, 1e9, NULL, "requests per second that one replica is meant to serve",
             NULL},
    [UP] = {"upscale_delay", SP_DURATION, "", 0, DELAY_MAX_MS, "300s",
            "more replicas must be asked for this long before the target rises; in ticks of 20 s, rounded down", NULL},
    [DOWN] = {"downscale_delay", SP_DURATION, "", 0, DELAY_MAX_MS, "1200s",
              "fewer replicas must be asked for this long before the target falls; in ticks of 20 s, rounded down",
              NULL},
};

struct state {
    double qps;
    int64_t up_threshold, down_threshold; /* ticks */
    int64_t up_ticks, down_ticks;         /* in a row that asked for more, for fewer */
    int64_t last_ms, next_ms;             /* tick; next_ms only where the host has none */
    uint32_t min, max, target, reserved;
};

static size_t state_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return sizeof(struct state);
}

static void init(void *mem, const union sp_value *value, const struct sp_limits *limits, uint64_t key) {
    (void)limits;
    (void)key;
    struct state *s = mem;
    s->qps = value[QPS].d;
    s->up_threshold = value[UP].i / TICK_MS;
    s->down_threshold = value[DOWN].i / TICK_MS;
    s->last_ms = SP_NEVER;
    s->next_ms = SP_NEVER;
    s->min = s->target = (uint32_t)value[MIN].i;
    s->max = (uint32_t)value[MAX].i;
}

/* Replicas that the load asks for.  The two divisions are SkyServe's. */
static uint32_t candidate(const struct state *s, double requests) {
    double replicas = requests / WINDOW_S / s->qps;
    uint32_t n = s->max;
    if (replicas < (double)s->max) {
        n = (uint32_t)replicas;
        n += (double)n < replicas; /* rounded up */
    }
    return n > s->min ? n : s->min;
}

/* One contrary tick takes back what the other side has gathered; the target
 * jumps to what is asked for now.  From 0 it rises at once. */
static void tick(struct state *s, uint32_t wanted) {
    if (s->target == 0) {
        s->target = wanted;
    } else if (wanted > s->target) {
        s->down_ticks = 0;
        if (++s->up_ticks < s->up_threshold) return;
        s->up_ticks = 0;
        s->target = wanted;
    } else if (wanted < s->target) {
        s->up_ticks = 0;
        if (++s->down_ticks < s->down_threshold) return;
        s->down_ticks = 0;
        s->target = wanted;
    } else {
        s->up_ticks = s->down_ticks = 0;
    }
}

static int64_t target(void *mem, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      uint32_t *out) {
    (void)obs;
    (void)n_obs;
    struct state *s = mem;
    bool own_ticks = view->interval_ms == 0;
    /* called again at the same instant, as after a full buffer, it is the same tick */
    bool due = own_ticks ? view->now_ms >= s->next_ms : view->now_ms != s->last_ms;
    if (due) {
        /* an unknown load is not a load of zero: nothing changes */
        if (view->requests >= 0) tick(s, candidate(s, view->requests));
        s->last_ms = view->now_ms;
        if (own_ticks) s->next_ms = view->now_ms + (s->target == 0 ? IDLE_TICK_MS : TICK_MS);
    }
    *out = s->target;
    return own_ticks ? s->next_ms : view->now_ms + 1; /* the host's next tick, whenever it comes */
}

const struct sp_policy autoscaler_request_rate = {
    .abi = SP_ABI_VERSION,
    .role = SP_AUTOSCALER,
    .name = "request-rate",
    .summary = "SkyServe's autoscaler: replicas for the requests of the last minute, with delays",
    .source = "SkyPilot sky/serve/autoscalers.py, RequestRateAutoscaler",
    .params = params,
    .n_params = sizeof params / sizeof params[0],
    .state_size = state_size,
    .init = init,
    .target = target,
};
