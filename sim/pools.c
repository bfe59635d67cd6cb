/* SPDX-License-Identifier: Apache-2.0
 * What the trace does to a pool. */
#include "sim/sim_private.h"

/* Keeps the sum over the pools in groups. */
static void count_capacity(struct sim *s, uint32_t pool, uint32_t capacity, bool add) {
    if (fleet_pool_group(s->fleet, pool) == SP_NONE) return;
    if (capacity == TRACE_UNLIMITED)
        s->n_unlimited += add ? 1 : UINT32_MAX; /* counts wrap around */
    else
        s->capacity += add ? capacity : 0 - (uint64_t)capacity;
}

void pools_start(struct sim *s) {
    s->capacity = s->n_unlimited = 0;
    for (uint32_t i = 0; i < s->config->trace->n_pools; i++) count_capacity(s, i, s->cloud.pools[i].capacity, true);
}

static void change_capacity(struct sim *s, uint32_t pool, uint32_t capacity) {
    struct cloud_pool *p = &s->cloud.pools[pool];
    count_capacity(s, pool, p->capacity, false);
    count_capacity(s, pool, capacity, true);
    cloud_set_capacity(&s->cloud, pool, capacity);
    if (!s->config->means_launch) {
        uint32_t slot;
        while ((slot = cloud_first_doomed(&s->cloud, pool)) != SP_NONE && cloud_deadline(&s->cloud, slot) <= s->now_ms)
            replica_lost(s, slot);
        while (p->held[SP_SPOT] > capacity) replica_lost(s, cloud_victim(&s->cloud, pool, false));
    }
    if (s->control.observe_capacity) {
        fleet_observe_pool(s->fleet, s->now_ms, SP_OBS_CAPACITY, pool, SP_SPOT, capacity);
        group_notify(s, fleet_pool_group(s->fleet, pool));
    }
}

static void give_notices(struct sim *s, const struct row *r) {
    struct cloud_pool *p = &s->cloud.pools[r->pool];
    while (p->held[SP_SPOT] > p->doomed && p->held[SP_SPOT] - p->doomed > (uint64_t)r->value) {
        uint32_t slot = cloud_victim(&s->cloud, r->pool, true);
        if (slot == SP_NONE) return;
        cloud_doom(&s->cloud, slot, r->due_ms);
        replica_notice(s, slot, r->due_ms);
    }
}

/* Tells those who would go if the reclaim came now. */
static void give_rebalance(struct sim *s, const struct row *r) {
    struct cloud_pool *p = &s->cloud.pools[r->pool];
    bool oldest = s->pools[r->pool].reclaim == RECLAIM_OLDEST;
    uint32_t left = p->held[SP_SPOT] - p->doomed;
    uint32_t slot = oldest ? p->oldest : p->newest;
    while (slot != SP_NONE && left > (uint64_t)r->value) {
        const struct cloud_instance *x = &s->cloud.instances[slot];
        uint32_t next = oldest ? x->newer : x->older;
        if (!x->doomed) {
            left = left > s->nodes ? left - s->nodes : 0;
            replica_rebalance(s, slot);
        }
        slot = next;
    }
}

void pool_row(struct sim *s, const struct row *r) {
    switch ((enum row_kind)r->kind) {
    case ROW_CAPACITY:
        change_capacity(s, r->pool, (uint32_t)r->value);
        break;
    case ROW_PRICE:
        cloud_set_price(&s->cloud, r->pool, SP_SPOT, r->value, s->now_ms);
        fleet_observe_pool(s->fleet, s->now_ms, SP_OBS_PRICE, r->pool, SP_SPOT, r->value);
        group_notify(s, fleet_pool_group(s->fleet, r->pool));
        break;
    case ROW_NOTICE:
        give_notices(s, r);
        break;
    case ROW_REBALANCE:
        give_rebalance(s, r);
        break;
    }
    s->changed = true;
}
