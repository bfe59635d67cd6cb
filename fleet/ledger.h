/* SPDX-License-Identifier: Apache-2.0
 * The rows of all replicas a controller knows of, with the per-group lists
 * and counts that policies read, kept up to date incrementally. */
#ifndef SPOTSIM_FLEET_LEDGER_H
#define SPOTSIM_FLEET_LEDGER_H

#include "fleet/fleet.h"

/* One group's part of the ledger. */
struct ledger_group {
    struct sp_view view; /* counts and lists live in here; instances is set before each step */
    struct sp_pool *pools;
    uint32_t newest[SP_MARKETS]; /* last launched row, of any state; SP_NONE without rows */
    uint32_t *changed;           /* view.changed; [pools] */
    uint64_t *marked;            /* per pool: the round in which it was last among them */
    uint64_t round;              /* begins when the policy has taken note of them */
    uint32_t pools_room;
};

/* Something about the pool is not as the policy last saw it. */
static inline void ledger_mark(struct ledger_group *g, uint32_t pool) {
    if (g->marked[pool] == g->round) return;
    g->marked[pool] = g->round;
    g->changed[g->view.n_changed++] = pool;
}

struct ledger {
    uint32_t n_slots, room; /* slots ever used; allocated */
    uint32_t free_head;     /* freed slots, last freed first, linked by next */
    uint32_t in_use;
    uint64_t last_launch;
    struct sp_instance *rows;
    uint32_t n_groups;
    struct ledger_group *groups;
};

/* What the ledger keeps in a row besides what policies see. */
enum row_field {
    ROW_GROUP,
    ROW_OLDER, /* the rows launched before and after it in the same group and market, in any state; SP_NONE */
    ROW_NEWER,
};
static inline uint32_t ledger_group_of(const struct ledger *l, uint32_t slot) { return l->rows[slot].host[ROW_GROUP]; }

/* A fresh row; returns SP_NONE when memory or FLEET_SLOTS_MAX is exhausted. */
uint32_t ledger_add(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                    int64_t now_ms);
/* Moves a row to another state's list and counts. */
void ledger_move(struct ledger *l, uint32_t slot, enum sp_state to, int64_t now_ms);
/* Sets flags and, with SP_NOTICED, the deadline. */
void ledger_flag(struct ledger *l, uint32_t slot, uint8_t flag, int64_t deadline_ms);
void ledger_remove(struct ledger *l, uint32_t slot);

#endif
