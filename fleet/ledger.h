/* SPDX-License-Identifier: Apache-2.0
 * The rows of all replicas a controller knows of, with the per-group lists
 * and counts that policies read, kept up to date incrementally. */
#ifndef SPOTSIM_FLEET_LEDGER_H
#define SPOTSIM_FLEET_LEDGER_H

#include "base/hot.h"
#include "fleet/fleet.h"

/* One group's part of the ledger. */
struct ledger_group {
    struct sp_view view; /* counts and lists live in here; instances is set before each step */
    struct sp_pool *pools;
    struct ledger *ledger;       /* that it is part of */
    uint32_t newest[SP_MARKETS]; /* last launched of the rows in lists, of any state; SP_NONE */
    uint32_t *changed;           /* view.changed; [pools] */
    uint64_t *marked;            /* per pool: the round in which it was last among them */
    uint64_t round;              /* begins when the policy has taken note of them */
    uint32_t pools_room;
    bool tells_rows; /* that spot rows come, go and change state is of interest in view.changed */
};

/* Something about the pool is not as the policy last saw it. */
static HOT void ledger_mark(struct ledger_group *g, uint32_t pool) {
    if (g->marked[pool] == g->round) return;
    g->marked[pool] = g->round;
    g->changed[g->view.n_changed++] = pool;
}

/* A row came, went or changed its state.  With it may go a recommendation, which
 * is of interest to all. */
static HOT void ledger_mark_row(struct ledger_group *g, const struct sp_instance *r) {
    if (g->tells_rows || r->market != SP_SPOT || r->flags != 0) ledger_mark(g, r->pool);
}

/* A row whose place in the lists is not settled. */
struct loose_row {
    uint64_t launch; /* while they are sorted */
    uint32_t slot;
};

struct ledger {
    uint32_t n_slots, room; /* slots ever used; allocated */
    uint32_t free_head;     /* freed slots, last freed first, linked by next */
    uint32_t in_use;
    uint64_t last_launch;
    struct sp_instance *rows;
    struct loose_row *loose; /* each slot once at most */
    uint32_t n_loose;
    bool walked; /* lists were put in order: rows have neighbours */
    uint32_t n_groups;
    struct ledger_group *groups;
};

/* What the ledger keeps in a row besides what policies see. */
enum row_field {
    ROW_GROUP,
    ROW_OLDER, /* once in a list: the rows launched before and after it in the same group and market, in any */
    ROW_NEWER, /* state; SP_NONE */
    ROW_LISTED /* the state in whose list it is, SP_STATES: none; and ROW_LOOSE */
};
#define ROW_LOOSE 0x100u /* the slot is among ledger.loose, with a row or without */
static inline uint32_t ledger_group_of(const struct ledger *l, uint32_t slot) { return l->rows[slot].host[ROW_GROUP]; }

/* The row has neighbours. */
static inline bool ledger_listed(const struct ledger *l, uint32_t slot) {
    return (l->rows[slot].host[ROW_LISTED] & ~ROW_LOOSE) != SP_STATES;
}

/* A fresh row; returns SP_NONE when memory or FLEET_SLOTS_MAX is exhausted. */
uint32_t ledger_add(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                    int64_t now_ms);
/* Moves a row to another state's counts and, in time, list. */
void ledger_move(struct ledger *l, uint32_t slot, enum sp_state to, int64_t now_ms);
/* Sets flags and, with SP_NOTICED, the deadline. */
void ledger_flag(struct ledger *l, uint32_t slot, uint8_t flag, int64_t deadline_ms);
void ledger_remove(struct ledger *l, uint32_t slot);
/* The same where the row's group is at hand; `plain`, to be a constant: no row has a
 * flag, every pool weighs 1. */
uint32_t ledger_add_as(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                       int64_t now_ms, bool plain);
void ledger_move_in(struct ledger *l, struct ledger_group *g, uint32_t slot, enum sp_state to, int64_t now_ms,
                    bool plain);
void ledger_remove_from(struct ledger *l, struct ledger_group *g, uint32_t slot, bool plain);
/* Brings every group's lists up to date: first, last, next and prev. */
void ledger_order(struct ledger *l);

#endif
