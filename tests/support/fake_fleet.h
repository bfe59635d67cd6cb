/* SPDX-License-Identifier: Apache-2.0
 * A small host for policies under test: pools and replicas set by hand, views
 * built afresh for every step, actions kept for inspection. */
#ifndef SPOTSIM_TESTS_FAKE_FLEET_H
#define SPOTSIM_TESTS_FAKE_FLEET_H

#include "policies/composer.h"
#include "tests/support/support.h"

#define FAKE_ROWS 512
#define FAKE_POOLS 16
#define FAKE_OBS 2048
#define FAKE_ACTIONS 512

struct fake {
    struct policy_registry *registry;
    struct policy_spec spec;
    struct composer *composer;
    void *memory;
    /* free to set before a step */
    int64_t now_ms, interval_ms, retry_ms;
    uint32_t target;      /* for specs without an autoscaler */
    uint32_t max_actions; /* of one buffer */
    bool keep_hands_off;  /* do not carry actions out */
    uint32_t n_pools;
    struct sp_pool pools[FAKE_POOLS];
    /* rows, by slot */
    uint32_t n_slots;
    struct sp_instance rows[FAKE_ROWS];
    uint64_t last_launch;
    uint32_t n_obs;
    struct sp_observation obs[FAKE_OBS]; /* waiting for the next step */
    /* what the last step said */
    int64_t wake_ms;
    uint32_t n_actions, calls;
    struct sp_action actions[FAKE_ACTIONS];
};

/* Pools "a", "b", ... at spot prices 1, 2, ... and on-demand prices 10, 20,
 * ... micro-dollars per hour; one SP_OBS_START waits. */
struct fake *fake_new(const char *policy, uint32_t n_pools);
/* The same with an autoscaler or share; fails the test on a bad spec. */
struct fake *fake_new_share(const char *policy, uint32_t n_pools, struct composer_share share);
void fake_free(struct fake *f);

/* A new replica in a state; returns its launch number.  No observation. */
uint64_t fake_add(struct fake *f, uint32_t pool, enum sp_market market, enum sp_state state);
struct sp_instance *fake_row(struct fake *f, uint64_t launch); /* NULL: gone */
void fake_flag(struct fake *f, uint64_t launch, uint8_t flags);
/* Something is observed about a replica now; the row moves on as it would in a
 * real ledger (denied, failed and preempted rows go at once). */
void fake_observe(struct fake *f, uint64_t launch, enum sp_observation_kind kind);
void fake_observe_at(struct fake *f, int64_t at_ms, uint64_t launch, enum sp_observation_kind kind, uint8_t reason);
void fake_observe_pool(struct fake *f, uint32_t pool, enum sp_observation_kind kind, int64_t value);

/* One step at now_ms; carries the actions out: launches become REQUESTED rows,
 * drains DRAINING ones. */
void fake_step(struct fake *f, int64_t now_ms);
void fake_view(const struct fake *f, struct sp_view *view);

/* Of the last step: launches in a pool and market; drains of a market. */
uint32_t fake_launches(const struct fake *f, uint32_t pool, enum sp_market market);
uint32_t fake_launches_all(const struct fake *f, enum sp_market market);
uint32_t fake_drains(const struct fake *f, enum sp_market market);
/* The pools of the last step's spot launches in order, as "aab". */
const char *fake_placed(const struct fake *f, char *text, size_t room);

#endif
