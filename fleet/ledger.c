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
static HOT void count(struct ledger_group *g, const struct sp_instance *r, uint32_t sign) {
    struct sp_pool *p = &g->pools[r->pool];
    p->count[r->market][r->state] += sign;
    g->view.units[r->market][r->state] += p->weight * sign;
    if (r->flags & (SP_NOTICED | SP_REBALANCE)) count_flagged(g, r, p, sign);
}

/* The row of the same group, market and state launched last before this one.
 * Two ways at once: back from the state's newest, and back from this row
 * through rows of any state.  The first is short when rows change state in
 * launch order or few are in that state, the second when many are. */
static HOT uint32_t row_before(const struct ledger *l, const struct ledger_group *g, uint32_t slot) {
    const struct sp_instance *r = &l->rows[slot];
    uint32_t same = g->view.last[r->market][r->state], any = r->host[ROW_OLDER];
    while (same != SP_NONE && l->rows[same].launch > r->launch) {
        if (any == SP_NONE || l->rows[any].state == r->state) return any;
        same = l->rows[same].prev;
        any = l->rows[any].host[ROW_OLDER];
    }
    return same;
}

/* Lists are ordered by launch number. */
static HOT void list_insert(struct ledger *l, struct ledger_group *g, uint32_t slot) {
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
}

static HOT void list_remove(struct ledger *l, struct ledger_group *g, uint32_t slot) {
    struct sp_instance *r = &l->rows[slot];
    if (r->prev == SP_NONE)
        g->view.first[r->market][r->state] = r->next;
    else
        l->rows[r->prev].next = r->next;
    if (r->next == SP_NONE)
        g->view.last[r->market][r->state] = r->prev;
    else
        l->rows[r->next].prev = r->prev;
}

static COLD bool grow(struct ledger *l) {
    uint32_t room = l->room ? l->room * 2 : 64;
    if (room > FLEET_SLOTS_MAX) room = FLEET_SLOTS_MAX;
    if (room <= l->room) return false;
    struct sp_instance *rows = pages_alloc(room * sizeof *rows);
    if (!rows) return false;
    if (l->room) memcpy(rows, l->rows, l->room * sizeof *rows);
    free(l->rows);
    l->rows = rows;
    l->room = room;
    return true;
}

HOT uint32_t ledger_add(struct ledger *l, uint32_t group, uint32_t pool, enum sp_market market, enum sp_state state,
                        int64_t now_ms) {
    uint32_t slot = l->free_head;
    if (slot != SP_NONE) {
        l->free_head = l->rows[slot].next;
    } else {
        if (l->n_slots == l->room && !grow(l)) return SP_NONE;
        slot = l->n_slots++;
    }
    struct sp_instance *r = &l->rows[slot];
    memset(r, 0, sizeof *r);
    r->launch = ++l->last_launch;
    r->since_ms = r->launched_ms = now_ms;
    r->deadline_ms = SP_FOREVER;
    r->pool = pool;
    r->market = (uint8_t)market;
    r->state = (uint8_t)state;
    r->host[ROW_GROUP] = group;
    l->in_use++;
    uint32_t *newest = &l->groups[group].newest[market];
    r->host[ROW_OLDER] = *newest;
    r->host[ROW_NEWER] = SP_NONE;
    if (*newest != SP_NONE) l->rows[*newest].host[ROW_NEWER] = slot;
    *newest = slot;
    list_insert(l, &l->groups[group], slot);
    ledger_mark(&l->groups[group], pool);
    count(&l->groups[group], r, 1);
    return slot;
}

HOT void ledger_move(struct ledger *l, uint32_t slot, enum sp_state to, int64_t now_ms) {
    struct ledger_group *g = &l->groups[ledger_group_of(l, slot)];
    struct sp_instance *r = &l->rows[slot];
    assert(r->launch != 0);
    ledger_mark(g, r->pool);
    list_remove(l, g, slot);
    count(g, r, UINT32_MAX);
    r->state = (uint8_t)to;
    r->since_ms = now_ms;
    list_insert(l, g, slot);
    count(g, r, 1);
}

void ledger_flag(struct ledger *l, uint32_t slot, uint8_t flag, int64_t deadline_ms) {
    struct ledger_group *g = &l->groups[ledger_group_of(l, slot)];
    struct sp_instance *r = &l->rows[slot];
    ledger_mark(g, r->pool);
    count(g, r, UINT32_MAX);
    r->flags |= flag;
    if (flag & SP_NOTICED) r->deadline_ms = deadline_ms;
    count(g, r, 1);
}

HOT void ledger_remove(struct ledger *l, uint32_t slot) {
    struct ledger_group *g = &l->groups[ledger_group_of(l, slot)];
    struct sp_instance *r = &l->rows[slot];
    assert(r->launch != 0);
    ledger_mark(g, r->pool);
    list_remove(l, g, slot);
    count(g, r, UINT32_MAX);
    uint32_t older = r->host[ROW_OLDER], newer = r->host[ROW_NEWER];
    if (older != SP_NONE) l->rows[older].host[ROW_NEWER] = newer;
    if (newer != SP_NONE)
        l->rows[newer].host[ROW_OLDER] = older;
    else
        g->newest[r->market] = older;
    r->launch = 0;
    r->prev = SP_NONE;
    r->next = l->free_head;
    l->free_head = slot;
    l->in_use--;
}
