/* SPDX-License-Identifier: Apache-2.0
 * What a controller knows, and the policies that decide on it.  Both hosts
 * use it the same way: tell it what happened (fleet_observe), ask it what to
 * do (fleet_step), carry the orders out.  It knows nothing of where the
 * observations come from, so a journal of them replays exactly. */
#ifndef SPOTSIM_FLEET_FLEET_H
#define SPOTSIM_FLEET_FLEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "policies/composer.h"

/* Rows at once, over all groups: what the event key has room for. */
#define FLEET_SLOTS_MAX ((1u << 20) - 8192u)
/* Bytes of state that one policy may ask for. */
#define FLEET_STATE_MAX ((size_t)64 << 20)
#define FLEET_ACTIONS_MAX 256u /* in one buffer; a step may fill several */

struct fleet_pool {
    const char *name, *cloud, *region, *zone, *instance_type;
    uint32_t weight;
    int64_t price_uusd_per_h[SP_MARKETS]; /* at the start; SP_UNKNOWN */
    int64_t capacity;                     /* at the start; SP_UNKNOWN unless observed */
};

struct fleet_group {
    const char *name;
    const struct policy_spec *spec;
    struct composer_share share;
    uint32_t n_pools;
    const uint32_t *pools; /* indices into fleet_params.pools, rising */
};

/* Strings and arrays must outlive the fleet's run. */
struct fleet_params {
    uint32_t n_pools;
    const struct fleet_pool *pools;
    uint32_t n_groups;
    const struct fleet_group *groups;
    int64_t interval_ms, retry_ms; /* for the policies' view */
    bool direct_launch;            /* a launch is sent the moment it is decided: rows start PROVISIONING */
    bool tell_all;                 /* test only: policies are told what they do not hear, too */
    bool keep_rows;                /* rows of failed and preempted replicas stay until SP_OBS_CLEARED */
    uint32_t nodes;                /* instances per replica */
    uint32_t max_instances;        /* guard; UINT32_MAX: none */
    uint64_t key;                  /* of the policies' random streams */
    const char *scenario;          /* name, for the journal; may be NULL */
};

enum fleet_order_kind { FLEET_LAUNCH = 1, FLEET_TERMINATE, FLEET_DRAIN };

/* One thing for the host to carry out, already validated and in the ledger. */
struct fleet_order {
    uint64_t launch;
    uint32_t slot, pool, group; /* pool: index into fleet_params.pools */
    uint8_t kind, market, reason;
    uint8_t state; /* the row's state before the order */
};

struct fleet;
struct fleet *fleet_new(void);
void fleet_free(struct fleet *f);

/* Starts over with new parameters: an empty ledger, fresh policy states, and
 * SP_OBS_START waiting for every group.  Memory is reused. */
enum error_code fleet_start(struct fleet *f, const struct fleet_params *params, struct error *e);

/* Writes every observation and a digest of every answer to `out` (NULL ends
 * it), header first.  Call after fleet_start.  The file stays the caller's. */
enum error_code fleet_journal(struct fleet *f, FILE *out, struct error *e);
/* Writes one line per action with its reason and the counts behind it. */
void fleet_explain(struct fleet *f, FILE *out);

/* Something was learned about a replica: SENT, GRANTED, DENIED (reason), READY,
 * UNREADY, FAILED, NOTICE (value: deadline), REBALANCE, PREEMPTED, TERMINATED,
 * CLEARED.  The slot must hold a row. */
void fleet_observe(struct fleet *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot, uint8_t reason,
                   int64_t value);
/* The same for one who knows the row's group.  `plain`, to be a constant: a fleet
 * of one group without journal and explanations, one instance a replica, pools
 * that weigh 1, no notices and recommendations, that keeps no rows of what is gone
 * (fleet_params). */
void fleet_observe_as(struct fleet *f, uint32_t group, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot,
                      uint8_t reason, int64_t value, bool plain);
/* Something was learned about a pool: PRICE or CAPACITY (value). */
void fleet_observe_pool(struct fleet *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t pool,
                        enum sp_market market, int64_t value);

/* The requests of the last 60 s as known from now on, for the view of every
 * group's policy; NaN: not known, as at the start.  No observation: it wakes
 * nobody.  Not negative, finite. */
void fleet_set_requests(struct fleet *f, double requests);

/* Is an observation waiting for this group's next step? */
bool fleet_pending(const struct fleet *f, uint32_t group);
/* When the group's policy wants to be called without one. */
int64_t fleet_wake(const struct fleet *f, uint32_t group);

/* A step on nothing but observations that the policy does not hear, before its
 * wake time and with nothing to change: it need not be called, and is not.
 * False, and nothing done: call fleet_step. */
bool fleet_step_unheard(struct fleet *f, uint32_t group, int64_t now_ms);
/* Calls the group's policy.  *orders points into the fleet's memory until the
 * next call.  ERR_FAILED: the policy broke the rules (named in *e), or the
 * journal could not be written. */
enum error_code fleet_step(struct fleet *f, uint32_t group, int64_t now_ms, const struct fleet_order **orders,
                           uint32_t *n_orders, struct error *e);

/* The same, `plain` as in fleet_observe_as. */
enum error_code fleet_step_as(struct fleet *f, uint32_t group, int64_t now_ms, const struct fleet_order **orders,
                              uint32_t *n_orders, struct error *e, bool plain);

/* The same for a plain fleet where the step only launches one spot replica: the
 * order; its slot is SP_NONE if no pool could be named.  False, and nothing done:
 * call fleet_step_as. */
bool fleet_replace_one(struct fleet *f, int64_t now_ms, struct fleet_order *order);

const struct sp_instance *fleet_row(const struct fleet *f, uint32_t slot); /* launch 0: no row there */
/* Nothing but hints, for fleets that no cache holds: the row is about to be
 * looked at; it is being looked at, so its neighbours come next. */
void fleet_fetch_row(const struct fleet *f, uint32_t slot);
void fleet_fetch_neighbours(const struct fleet *f, uint32_t slot);
uint32_t fleet_slots(const struct fleet *f);                   /* slots in use or used before */
uint32_t fleet_row_pool(const struct fleet *f, uint32_t slot); /* index into fleet_params.pools */
uint32_t fleet_row_group(const struct fleet *f, uint32_t slot);
uint32_t fleet_pool_group(const struct fleet *f, uint32_t pool);    /* SP_NONE: no group uses the pool */
uint32_t fleet_target(const struct fleet *f, uint32_t group);       /* as of the last step */
uint32_t fleet_final_target(const struct fleet *f, uint32_t group); /* the same plus the mix's overprovision */
uint32_t fleet_base(const struct fleet *f, uint32_t group);
bool fleet_base_clamped(const struct fleet *f);

/* The journal's last line: it is complete.  ERR_FAILED when the file could not
 * be written. */
enum error_code fleet_journal_end(struct fleet *f, struct error *e);

/* Replays a journal: rebuilds the ledger and compares every answer with the
 * digest written then.  Policies are found in `registry` by name.  `explain`
 * may be NULL.  *steps: answers compared; *complete: the journal has its last
 * line.  ERR_INPUT: not a journal; ERR_FAILED: an answer differs (line named). */
struct policy_registry;
enum error_code journal_replay(const char *path, struct policy_registry *registry, FILE *explain, uint64_t *steps,
                               bool *complete, struct error *e);

/* Names as journal, --explain and docs write them. */
const char *fleet_observation_name(uint8_t kind);
const char *fleet_reason_name(uint8_t reason);
const char *fleet_denial_name(uint8_t denial);
const char *fleet_state_name(uint8_t state);
const char *fleet_market_name(uint8_t market);

#endif
