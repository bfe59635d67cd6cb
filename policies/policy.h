/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy ABI: the one interface between a replacement policy and whatever
 * runs it (the simulator or the live controller).  A policy is a pure step
 * function: observations in, actions out.  It reads no clock, does no I/O,
 * allocates nothing, and keeps all its state in memory that the host hands it.
 *
 * This header stands alone: a policy file includes it and nothing else of the
 * project.  docs/policy-author.md walks through an example.
 *
 * Units: time is int64 milliseconds since the start of the run; prices are
 * integer micro-dollars per hour; counts are replicas unless said otherwise.
 */
#ifndef SPOTSIM_POLICY_H
#define SPOTSIM_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Raised whenever a struct below changes its layout or a value its meaning;
 * not for fields added at the end of sp_view, which only hosts allocate. */
#define SP_ABI_VERSION 2

#define SP_NONE UINT32_MAX   /* no pool, no slot */
#define SP_NEVER INT64_MIN   /* a past time that has not happened */
#define SP_FOREVER INT64_MAX /* a future time that will not come */
#define SP_UNKNOWN (-1)      /* a price or capacity nobody told us */

enum sp_market { SP_SPOT, SP_ON_DEMAND, SP_MARKETS };

/* What the controller believes of a replica, in SkyServe's scale-down order:
 * the first that applies is let go first. */
enum sp_state {
    SP_REQUESTED,    /* launch asked for, not sent yet (SkyServe: PENDING) */
    SP_PROVISIONING, /* sent to the cloud, no answer known yet */
    SP_STARTING,     /* granted, cold start under way */
    SP_UNREADY,      /* was ready, last probe failed (SkyServe: NOT_READY) */
    SP_READY,
    /* states below do not count as alive: a replacement may be launched */
    SP_DRAINING,  /* we are letting it go (SkyServe: SHUTTING_DOWN) */
    SP_FAILED,    /* launch denied or never became ready; row not cleared yet */
    SP_PREEMPTED, /* taken by the cloud; row not cleared yet */
    SP_STATES
};
#define SP_ALIVE_STATES ((int)SP_DRAINING) /* states [0, this) are alive */

/* sp_instance.flags */
#define SP_NOTICED 1u   /* an interruption notice stands: see deadline_ms */
#define SP_REBALANCE 2u /* a rebalance recommendation stands */

/* One replica's row: num_nodes instances of one pool that live and die
 * together.  Slots are stable and reused; `launch` is never reused. */
struct sp_instance {
    uint64_t launch;     /* 1, 2, 3, ... in launch order; 0: the slot is free */
    int64_t since_ms;    /* entered its present state */
    int64_t launched_ms; /* when the launch was asked for */
    int64_t deadline_ms; /* of the notice; SP_FOREVER without one */
    uint32_t pool;       /* index into sp_view.pools */
    uint32_t next, prev; /* same market and state, ordered by launch; SP_NONE ends */
    uint8_t market, state, flags, reserved;
    uint32_t host[4]; /* the host's own; a row fills a cache line */
};

/* A pool: (cloud, region, zone, instance type).  Pools are ordered by name. */
struct sp_pool {
    const char *name, *cloud, *region, *zone, *instance_type;
    int64_t price_uusd_per_h[SP_MARKETS]; /* now; SP_UNKNOWN if not known */
    int64_t last_denied_ms[SP_MARKETS];   /* SP_NEVER if it has not happened */
    int64_t last_granted_ms[SP_MARKETS];
    int64_t last_preempted_ms;
    int64_t capacity;                      /* spot instances the pool gives now; SP_UNKNOWN except
                                              where capacity is observed (profile ideal) */
    uint32_t rebalance[SP_MARKETS];        /* alive rows with a rebalance recommendation and no notice */
    uint32_t count[SP_MARKETS][SP_STATES]; /* replica rows */
    uint32_t weight;                       /* replicas that one row here counts for; >= 1 */
};

/* What the policy may look at.  Read-only; valid during the call. */
struct sp_view {
    int64_t now_ms;
    int64_t interval_ms; /* decision interval; 0: called on observations */
    int64_t retry_ms;    /* when to ask again after every pool said no */
    double requests;     /* requests in the last 60 s; NaN if not known */
    uint32_t target;     /* replicas wanted now; set before mix and placer run */
    uint32_t n_pools, n_slots;
    const struct sp_pool *pools;
    const struct sp_instance *instances; /* [n_slots], with holes */
    /* lists per market and state, ordered by launch number, oldest first */
    uint32_t first[SP_MARKETS][SP_STATES], last[SP_MARKETS][SP_STATES];
    /* weighted replicas per market and state: all, and of those the noticed,
     * and the ones with only a rebalance recommendation */
    uint32_t units[SP_MARKETS][SP_STATES];
    uint32_t noticed[SP_MARKETS][SP_STATES];
    uint32_t rebalance[SP_MARKETS][SP_STATES];
    /* Pools of which something may have changed, each once, in no order; at
     * first all of them.  In place(): since the placer was last asked to place,
     * in anything that the pool's entry, `planned` or `closed` say; a pool that
     * an observation named meanwhile is among them.  In step(): since the last
     * step.  What it kept of the others still holds.  A host may name more. */
    uint32_t n_changed;
    const uint32_t *changed;
    /* For the built-in parts, of which few walk the lists: brings them up to
     * date, NULL: they are.  Other policies find them up to date. */
    void (*order)(struct sp_view *view);
};

enum sp_observation_kind {
    SP_OBS_START = 1, /* first call of the run */
    SP_OBS_SENT,      /* launch request went out */
    SP_OBS_GRANTED,   /* the cloud gave it */
    SP_OBS_DENIED,    /* reason: enum sp_denial */
    SP_OBS_READY,
    SP_OBS_UNREADY,
    SP_OBS_FAILED, /* never became ready */
    SP_OBS_NOTICE, /* value: deadline, ms */
    SP_OBS_REBALANCE,
    SP_OBS_PREEMPTED,
    SP_OBS_TERMINATED, /* a drain ended, the instance is gone */
    SP_OBS_CLEARED,    /* the row of a failed or preempted replica is gone */
    SP_OBS_TARGET,     /* value: the target given from outside */
    SP_OBS_PRICE,      /* value: micro-dollars per hour */
    SP_OBS_CAPACITY,   /* value: instances; only where capacity is observed */
    SP_OBS_KINDS
};

enum sp_denial { SP_DENIED_CAPACITY = 1, SP_DENIED_QUOTA, SP_DENIED_PRICE, SP_DENIED_GUARD, SP_DENIED_OTHER };

struct sp_observation {
    int64_t at_ms;   /* when the controller learned it */
    int64_t value;   /* by kind, see above */
    uint64_t launch; /* of the replica; 0 if it is about a pool or the fleet */
    uint32_t slot;   /* SP_NONE if it is about a pool or the fleet */
    uint32_t pool;   /* SP_NONE if it is about the fleet */
    uint8_t kind, market, reason;
    uint8_t state; /* the replica's state before this observation */
    uint32_t reserved;
};

enum sp_action_kind { SP_LAUNCH = 1, SP_TERMINATE, SP_DRAIN };

/* Why an action was taken, for --explain. */
enum sp_reason {
    SP_WHY_SPOT_WANTED = 1, /* fewer spot replicas than the mix wants */
    SP_WHY_BASE,            /* on-demand below the base */
    SP_WHY_FALLBACK,        /* on-demand in place of spot that is not ready */
    SP_WHY_SURPLUS_SPOT,    /* more spot replicas than the mix wants */
    SP_WHY_SURPLUS_ON_DEMAND,
    SP_WHY_NOTICE,    /* replaces a replica that has its notice */
    SP_WHY_REBALANCE, /* replaces one with a rebalance recommendation */
    SP_WHY_POLICY,    /* the policy's own reason */
    SP_WHYS
};

struct sp_action {
    uint64_t launch; /* terminate, drain: which replica; must match the slot */
    uint32_t slot;   /* terminate, drain */
    uint32_t pool;   /* launch */
    uint32_t count;  /* launch: how many replicas */
    uint8_t kind, market, reason, reserved;
};

/* The host's buffer.  When it is full set `more` and return: the host carries
 * out what is there and calls again at the same time, without observations. */
struct sp_actions {
    struct sp_action *items;
    uint32_t n, max;
    bool more;
};

/* ---- parameters --------------------------------------------------------- */

enum sp_param_type { SP_INT = 1, SP_BOOL, SP_REAL, SP_DURATION, SP_ENUM, SP_SERIES };

struct sp_series { /* step function: value[i] holds from at_ms[i] on */
    uint32_t n;
    const int64_t *at_ms;
    const int64_t *value;
};

union sp_value {
    int64_t i; /* SP_INT, SP_BOOL (0|1), SP_DURATION (ms), SP_ENUM (index) */
    double d;  /* SP_REAL */
    const struct sp_series *series;
};

/* Everything a user sees of a parameter comes from this table. */
struct sp_param {
    const char *name;
    enum sp_param_type type;
    const char *unit;         /* "replicas", "%", ... or "" */
    double min, max;          /* inclusive; durations in ms */
    const char *def;          /* as a user would write it; NULL: required */
    const char *doc;          /* one line */
    const char *const *names; /* SP_ENUM: the values, NULL-terminated */
};

struct sp_limits {
    uint32_t pools, instances, actions;
};

/* ---- the policy --------------------------------------------------------- */

enum sp_role {
    SP_AUTOSCALER = 1, /* says how many replicas are wanted */
    SP_MIX,            /* says how many of them spot and on-demand */
    SP_PLACER,         /* names the pool of each spot launch */
    SP_WHOLE           /* takes all roles: answers with actions itself */
};

/* What a mix sees besides the view: counts in which a replica that the mix
 * treats as lost (notice=react, rebalance=react) is already gone. */
struct sp_counts {
    uint32_t alive[SP_MARKETS];
    uint32_t ready[SP_MARKETS];
};

struct sp_want {
    uint32_t n[SP_MARKETS]; /* replicas wanted per market */
    uint32_t base;          /* of the on-demand ones, always kept */
};

struct sp_policy {
    uint32_t abi; /* SP_ABI_VERSION */
    enum sp_role role;
    const char *name;
    const char *summary; /* one line */
    const char *source;  /* where the rule comes from: system, paper, file */
    const struct sp_param *params;
    uint32_t n_params;

    /* Bytes of state; multiple of 16 not needed, the host aligns to 16. */
    size_t (*state_size)(const union sp_value *params, const struct sp_limits *limits);
    /* Fills zeroed state.  `key` seeds the policy's own random stream. */
    void (*init)(void *state, const union sp_value *params, const struct sp_limits *limits, uint64_t key);

    /* Autoscalers whose target does not depend on what happens (constant,
     * series) say here what it is at a time, and return when it next changes
     * (SP_FOREVER: never).  The simulator measures availability against it.
     * NULL: the target is what target() last said. */
    int64_t (*demand)(const union sp_value *params, int64_t now_ms, uint32_t *target);

    /* Each returns when it next wants to be called (SP_FOREVER: only on
     * observations).  Without observations and before that time a call must
     * change nothing, so hosts skip it. */
    int64_t (*target)(void *state, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      uint32_t *target);
    int64_t (*want)(void *state, const struct sp_view *view, const struct sp_counts *counts,
                    const struct sp_observation *obs, uint32_t n_obs, struct sp_want *want);
    /* placer: learns first, then is asked once per launch.  `planned` holds
     * each pool's spot rows plus what this step has already asked for;
     * `closed[p]` is true for pools not to be asked now. place() returns a
     * pool or SP_NONE (then *wake_ms says when to ask again). */
    int64_t (*observe)(void *state, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs);
    uint32_t (*place)(void *state, const struct sp_view *view, const uint32_t *planned, const bool *closed,
                      int64_t *wake_ms);
    /* SP_WHOLE */
    int64_t (*step)(void *state, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                    struct sp_actions *out);

    /* Which observations can change its answer, its wake time or its state, as
     * SP_HEARS(kind) | ...; 0: all of them; SP_HEARS_NONE: it goes by the view's
     * target, prices and time only.  It may not be told of others, nor be called
     * for them while nothing is missing and nothing too many. */
    uint32_t hears;

    /* Optional: a digest of the state, compared when a journal is replayed.
     * NULL: the host hashes the state's bytes. */
    uint64_t (*digest)(const void *state);
};

#define SP_HEARS(KIND) (UINT32_C(1) << (KIND))
#define SP_HEARS_NONE UINT32_C(1)
#define SP_HEARS_ALL UINT32_MAX

/* A plug-in (.so or .c) exports this symbol. */
#define SP_PLUGIN_SYMBOL "spotsim_policy"
#define SP_EXPORT_POLICY(P)                                                                                            \
    __attribute__((visibility("default"))) const struct sp_policy *spotsim_policy(void);                               \
    const struct sp_policy *spotsim_policy(void) { return &(P); }

/* ---- small helpers, free to use ------------------------------------------ */

/* Appends an action; false when the buffer is full (then return from step). */
static inline bool sp_emit(struct sp_actions *out, struct sp_action a) {
    if (out->n == out->max) {
        out->more = true;
        return false;
    }
    out->items[out->n++] = a;
    return true;
}

/* SplitMix64's finaliser (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t sp_mix64(uint64_t x) {
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

/* Uniform integer in [0, n), n > 0, from a stream kept in the policy's state. */
static inline uint32_t sp_random_below(uint64_t *stream, uint32_t n) {
    *stream += 0x9e3779b97f4a7c15u;
    return (uint32_t)(((sp_mix64(*stream) >> 32) * n) >> 32);
}

#endif
