/* SPDX-License-Identifier: Apache-2.0
 * Shared by the files of this room. */
#ifndef SPOTSIM_FLEET_PRIVATE_H
#define SPOTSIM_FLEET_PRIVATE_H

#include "base/hot.h"
#include "base/random.h"
#include "fleet/digest.h"
#include "fleet/ledger.h"

struct fleet_policy {
    struct composer *composer;
    void *memory;
    size_t memory_size;
    int64_t wake_ms;
    struct sp_observation *obs; /* waiting for the next step */
    uint32_t n_obs, obs_room;
    uint32_t hears; /* SP_HEARS bits; what it does not hear is kept for the journal only */
    bool news;      /* a price or what is observed of a pool has changed since the last step */
    bool unheard;   /* something happened since the last step that it does not hear */
    /* Before this, its wake time, a step on nothing but unheard observations would
     * change nothing; SP_NEVER once something was heard, or while not settled. */
    int64_t quiet_until_ms;
};

struct fleet {
    struct fleet_params params;
    struct ledger ledger;
    struct fleet_policy *policies; /* per group */
    uint32_t groups_room;
    uint32_t *pool_group, *pool_local; /* per pool of params: its group (SP_NONE) and index in it */
    uint32_t pools_room;
    struct fleet_order *orders;
    uint32_t n_orders, orders_room;
    struct sp_action actions[FLEET_ACTIONS_MAX];
    uint32_t instances; /* rows that hold or may hold instances, times nodes */
    bool out_of_memory;
    struct sp_observation lost_observation; /* there was no memory for it */
    bool journaled;                         /* a journal is written or replayed */
    uint64_t told; /* while journaled: digest of all that the journal says, answers and policies' states */
    uint64_t steps;
    FILE *journal, *explain;
};

/* fleet.c */
enum error_code fleet_out_of_memory(struct error *e);
/* Begins or ends to count everything into `told`, for which all is heard. */
void fleet_record(struct fleet *f, bool on);
/* observe.c: appends to the group's waiting observations. */
void fleet_push(struct fleet *f, uint32_t group, struct sp_observation o);
/* journal.c */
enum error_code journal_header(struct fleet *f, FILE *out, struct error *e);
void journal_observation(FILE *out, const struct sp_observation *o, uint32_t group, uint32_t pool);
/* `requests` as the policy saw them; NaN: not known */
enum error_code journal_step(FILE *out, uint32_t group, int64_t now_ms, uint32_t n_orders, uint64_t digest,
                             double requests, struct error *e);
/* explain.c */
void explain_order(FILE *out, const struct fleet *f, const struct fleet_order *o, int64_t now_ms,
                   const struct sp_view *before);

#endif
