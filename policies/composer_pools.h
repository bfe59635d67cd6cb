/* SPDX-License-Identifier: Apache-2.0
 * What the composer keeps of the pools from step to step: how many spot
 * replicas each has, which are not to be asked now, and the best one for an
 * on-demand launch.  Only what has changed is looked at. */
#ifndef SPOTSIM_POLICIES_COMPOSER_POOLS_H
#define SPOTSIM_POLICIES_COMPOSER_POOLS_H

#include "policies/pick.h"

/* Of one market. */
struct pools_asked {
    uint32_t n_changed, n_denied;
    uint32_t *changed; /* pools not looked at since, each once */
    uint32_t *denied;  /* pools that said no at denied_ms, the instant last looked at */
    uint64_t *marked;  /* per pool: the round in which it was last among the changed */
    uint64_t round;    /* begins when the changed pools have been seen */
    bool *listed;      /* per pool: among the denied */
    bool *closed;      /* per pool: not to be asked now */
    int64_t denied_ms;
};

struct composer_pools {
    uint32_t n;
    bool avoid_rebalance; /* a pool with spot replicas about to go gets no launches */
    uint32_t *planned;    /* per pool: alive spot rows plus what this step has asked for */
    bool *spare;          /* per pool: by its observed capacity, or unknown, there is room for another */
    uint32_t n_spare;
    struct pools_asked market[SP_MARKETS];
    struct pick *on_demand;
};

size_t composer_pools_size(uint32_t n);
/* `mem`: zeroed, composer_pools_size bytes, aligned to 16.  Every pool counts as changed. */
void composer_pools_init(struct composer_pools *c, void *mem, uint32_t n, bool avoid_rebalance);
/* Notes view->changed for both markets and empties it. */
void composer_pools_note(struct composer_pools *c, struct sp_view *view);
/* Brings planned, closed and the on-demand choice up to date for launches in
 * market m.  market[m].changed then holds the pools that were looked at; the
 * caller sets n_changed to 0 with composer_pools_seen. */
void composer_pools_look(struct composer_pools *c, const struct sp_view *view, enum sp_market m);
void composer_pools_seen(struct composer_pools *c, enum sp_market m);
/* One more is launched there in this step: for spot, the pool has changed again. */
void composer_pools_launched(struct composer_pools *c, const struct sp_view *view, enum sp_market m, uint32_t pool);

#endif
