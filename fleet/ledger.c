/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/ledger.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/pages.h"

_Static_assert(sizeof(struct sp_instance) == 64, "a row fills a cache line");

static COLD void count_flagged(struct ledger_group *g, const struct sp_instance *r, struct sp_pool *p, uint32_t sign) {
    uint32_t w = p->weight * sign;
    if (r->flags & SP_NOTICED) {
        g->view.noticed[r->market][r->state] += w;
    } else {
        g->view.rebalance[r->market][r->state] += w;
        if (r->state < SP_ALIVE_STATES) p->rebalance[r->market] += sign;
    }
}

/* Adds `sign` rows, 1 or (counts wrap around) UINT32_MAX for one less, to the
 * counts of the row's present state. */
static HOT void count(struct ledger_group *g, const struct sp_instance *r, uint32_t sign, bool plain) {
    struct sp_pool *p = &g->pools[r->pool];
    p->count[r->market][r->state] += sign;
    g->view.units[r->market][r->state] += plain ? sign : p->weight * sign;
    if (!plain && (r->flags & (SP_NOTICED | SP_REBALANCE))) count_flagged(g, r, p, sign);
}

/* ---- lists ------------------------------------------------------------------------
 * Only a policy that ends replicas walks them, so they are put in order when one
 * does (ledger_order): a row that is new or has changed state since then is loose,
 * in no list or in that of an earlier state. */

static uint32_t listed(const struct sp_instance *r) { return r->host[ROW_LISTED] & ~ROW_LOOSE; }

static HOT void loosen(struct ledger *l, struct sp_instance *r, uint32_t slot) {
    if (r->host[ROW_LISTED] & ROW_LOOSE) return;
    r->host[ROW_LISTED] |= ROW_LOOSE;
    l->loose[l->n_loose++].slot = slot;
}

/* The row of the list that this one is to join launched last before it.  Two
 * ways at once: back from the list's newest, and back from this row through rows
 * of any state.  The first is short when rows change state in launch order or few
 * are in that state, the second when many are. */
static uint32_t row_before(const struct ledger *l, const struct ledger_group *g, uint32_t slot) {
    const struct sp_instance *r = &l->rows[slot];
    uint32_t same = g->view.last[r->market][r->state], any = r->host[ROW_OLDER];
    while (same != SP_NONE && l->rows[same].launch > r->launch) {
        if (any == SP_NONE || listed(&l->rows[any]) == r->state) return any;
        same = l->rows[same].prev;
        any = l->rows[any].host[ROW_OLDER];
    }
    return same;
}

/* Lists are ordered by launch number. */
static void list_insert(struct ledger *l, struct ledger_group *g, uint32_t slot) {
    struct sp_instance *r = &l->rows[slot];
    uint32_t *first = &g->view.first[r->market][r->state], *last = &g->view.last[r->market][r->state];
    uint32_t after = row_before(l, g, slot);
    r->prev = after;
    r->next = after == SP_NONE ? *first : l->rows[after].next;
    if (r->next == SP_NONE)
        *last = slot;
    else
        l->rows[r->next].prev = slot;
    if (after == SP_NONE)
        *first = slot;
    else
        l->rows[after].next = slot;
    r->host[ROW_LISTED] = r->state;
}

static void list_remove(struct ledger *l, struct ledger_group *g, uint32_t slot) {
    struct sp_instance *r = &l->rows[slot];
    uint32_t state = listed(r);
    if (r->prev == SP_NONE)
        g->view.first[r->market][state] = r->next;
    else
        l->rows[r->prev].next = r->next;
    if (r->next == SP_NONE)
        g->view.last[r->market][state] = r->prev;
    else
        l->rows[r->next].prev = r->prev;
}

/* The newest of its group and market joins the rows of any state. */
static void join(struct ledger *l, struct ledger_group *g, uint32_t slot) {
    struct sp_instance *r = &l->rows[slot];
    uint32_t *newest = &g->newest[r->market];
    r->host[ROW_OLDER] = *newest;
    r->host[ROW_NEWER] = SP_NONE;
    if (*newest != SP_NONE) l->rows[*newest].host[ROW_NEWER] = slot;
    *newest = slot;
}

static APART void leave(struct ledger *l, struct ledger_group *g, uint32_t slot) {
    const struct sp_instance *r = &l->rows[slot];
    list_remove(l, g, slot);
    uint32_t older = r->host[ROW_OLDER], newer = r->host[ROW_NEWER];
    if (older != SP_NONE) l->rows[older].host[ROW_NEWER] = newer;
    if (newer != SP_NONE)
        l->rows[newer].host[ROW_OLDER] = older;
    else
        g->newest[r->market] = older;
}

static int by_launch_number(const void *a, const void *b) {
    uint64_t x = ((const struct loose_row *)a)->launch, y = ((const struct loose_row *)b)->launch;
    return (x > y) - (x < y);
}

/* The rows among the loose, in launch order; returns how many. */
static uint32_t sort_loose(struct ledger *l) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->n_loose; i++) {
        uint32_t slot = l->loose[i].slot;
        l->rows[slot].host[ROW_LISTED] &= ~ROW_LOOSE;
        if (l->rows[slot].launch != 0) l->loose[n++] = (struct loose_row){l->rows[slot].launch, slot};
    }
    l->n_loose = 0;
    if (n > 1) qsort(l->loose, n, sizeof *l->loose, by_launch_number);
    return n;
}

void ledger_order(struct ledger *l) {
    uint32_t n = sort_loose(l);
    l->walked = true;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = l->loose[i].slot;
        struct ledger_group *g = &l->groups[ledger_group_of(l, slot)];
        /* one in no list is newer than all that are in one */
        if (listed(&l->rows[slot]) == SP_STATES)
            join(l, g, slot);
        else
            list_remove(l, g, slot);
        list_insert(l, g, slot);
    }
}

/* ---- rows -------------------------------------------------------------------------- */

static COLD bool grow(struct ledger *l) {
    uint32_t room = l->room ? l->room * 2 : 64;
    if (room > FLEET_SLOTS_MAX) room = FLEET_SLOTS_MAX;
    if (room <= l->room) return false;
    struct loose_row *loose = realloc(l->loose, room * sizeof *loose);
    if (loose) l->loose = loose;
    struct sp_instance *rows = pages_alloc(room * sizeof *rows);
    if (!loose || !rows) {
        free(rows);
        return false;
    }
    if (l->room) memcpy(rows, l->rows, l->room * sizeof *rows);
    free(l->rows);
    l->rows = rows;
    l->room = room;
    return true;
}

HOT uint32_t ledger_add_as(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                           int64_t now_ms, bool plain) {
    uint32_t slot = l->free_head;
    uint32_t list = SP_STATES;
    if (slot != SP_NONE) {
        l->free_head = l->rows[slot].next;
        list |= l->rows[slot].host[ROW_LISTED] & ROW_LOOSE;
    } else {
        if (l->n_slots == l->room && !grow(l)) return SP_NONE;
        slot = l->n_slots++;
    }
    struct sp_instance *r = &l->rows[slot];
    r->launch = ++l->last_launch;
    r->since_ms = r->launched_ms = now_ms;
    r->deadline_ms = SP_FOREVER;
    r->pool = pool;
    r->market = (uint8_t)market;
    r->state = (uint8_t)state;
    r->flags = r->reserved = 0;
    r->host[ROW_GROUP] = group;
    r->host[ROW_LISTED] = list; /* in none: what it says of neighbours means nothing yet */
    l->in_use++;
    loosen(l, r, slot);
    ledger_mark_row(&l->groups[group], r);
    count(&l->groups[group], r, 1, plain);
    return slot;
}

HOT uint32_t ledger_add(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                        int64_t now_ms) {
    return ledger_add_as(l, group, pool, market, state, now_ms, false);
}

HOT void ledger_move_in(struct ledger *l, struct ledger_group *g, uint32_t slot, enum sp_state to, int64_t now_ms,
                        bool plain) {
    struct sp_instance *r = &l->rows[slot];
    assert(r->launch != 0);
    ledger_mark_row(g, r);
    loosen(l, r, slot);
    bool flagged = !plain && (r->flags & (SP_NOTICED | SP_REBALANCE)) != 0;
    struct sp_pool *p = &g->pools[r->pool];
    uint32_t weight = plain ? 1 : p->weight;
    uint32_t *rows = p->count[r->market], *units = g->view.units[r->market], from = r->state;
    if (flagged) count_flagged(g, r, p, UINT32_MAX);
    rows[from]--;
    rows[to]++;
    units[from] -= weight;
    units[to] += weight;
    r->state = (uint8_t)to;
    r->since_ms = now_ms;
    if (flagged) count_flagged(g, r, p, 1);
}

HOT void ledger_move(struct ledger *l, uint32_t slot, enum sp_state to, int64_t now_ms) {
    ledger_move_in(l, &l->groups[ledger_group_of(l, slot)], slot, to, now_ms, false);
}

void ledger_flag(struct ledger *l, uint32_t slot, uint8_t flag, int64_t deadline_ms) {
    struct ledger_group *g = &l->groups[ledger_group_of(l, slot)];
    struct sp_instance *r = &l->rows[slot];
    ledger_mark(g, r->pool);
    count(g, r, UINT32_MAX, false);
    r->flags |= flag;
    if (flag & SP_NOTICED) r->deadline_ms = deadline_ms;
    count(g, r, 1, false);
}

HOT void ledger_remove_from(struct ledger *l, struct ledger_group *g, uint32_t slot, bool plain) {
    struct sp_instance *r = &l->rows[slot];
    assert(r->launch != 0);
    ledger_mark_row(g, r);
    if (listed(r) != SP_STATES) leave(l, g, slot);
    count(g, r, UINT32_MAX, plain);
    r->launch = 0;
    r->next = l->free_head;
    l->free_head = slot;
    l->in_use--;
}

HOT void ledger_remove(struct ledger *l, uint32_t slot) {
    ledger_remove_from(l, &l->groups[ledger_group_of(l, slot)], slot, false);
}
