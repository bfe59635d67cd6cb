/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/cloud.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/pages.h"
#include "base/random.h"
#include "base/text.h"

static enum error_code cloud_out_of_memory(struct error *e) { return error_set(e, ERR_FAILED, NULL, "out of memory"); }

static void free_regions(struct cloud *c) {
    for (int m = 0; m < SP_MARKETS; m++) {
        free(c->region_held[m]);
        free(c->region_max[m]);
        c->region_held[m] = c->region_max[m] = NULL;
    }
    c->regions_room = 0;
}

static enum error_code make_regions(struct cloud *c, struct error *e) {
    if (c->n_regions > c->regions_room) {
        free_regions(c);
        for (int m = 0; m < SP_MARKETS; m++) {
            c->region_held[m] = malloc(c->n_regions * sizeof **c->region_held);
            c->region_max[m] = malloc(c->n_regions * sizeof **c->region_max);
            if (!c->region_held[m] || !c->region_max[m]) return cloud_out_of_memory(e);
        }
        c->regions_room = c->n_regions;
    }
    for (int m = 0; m < SP_MARKETS; m++) {
        memset(c->region_held[m], 0, c->n_regions * sizeof **c->region_held);
        memset(c->region_max[m], 0xff, c->n_regions * sizeof **c->region_max);
    }
    return OK;
}

void cloud_free(struct cloud *c) {
    for (uint32_t p = 0; p < c->pools_room; p++) free(c->pools[p].members);
    free(c->pools);
    free(c->instances);
    free(c->dooms);
    free_regions(c);
    memset(c, 0, sizeof *c);
}

/* Regions are numbered in order of first appearance; quotas apply per region. */
static enum error_code start_regions(struct cloud *c, struct error *e) {
    const struct cloud_params *p = &c->params;
    c->n_regions = 0;
    for (uint32_t i = 0; i < p->n_pools; i++) {
        uint32_t same = i;
        for (uint32_t k = 0; p->n_quotas > 0 && k < i && same == i; k++)
            if (strcmp(p->trace_pools[k].region, p->trace_pools[i].region) == 0) same = k;
        c->pools[i].region = p->n_quotas == 0 ? 0 : same == i ? c->n_regions++ : c->pools[same].region;
    }
    if (p->n_quotas == 0) c->n_regions = 1;
    TRY(make_regions(c, e));
    for (uint32_t q = 0; q < p->n_quotas; q++) {
        const struct quota *quota = &p->quotas[q];
        for (uint32_t i = 0; i < p->n_pools; i++) {
            uint32_t *max = &c->region_max[quota->market][c->pools[i].region];
            if (text_glob(quota->region, p->trace_pools[i].region) && quota->max < *max) *max = quota->max;
        }
    }
    return OK;
}

static void reset_pool(struct cloud *c, uint32_t i) {
    struct cloud_pool *p = &c->pools[i];
    uint32_t *members = p->members, room = p->members_room;
    memset(p, 0, sizeof *p);
    p->members = members;
    p->members_room = room;
    p->ordered = c->params.trace_pools[i].capacity.n > 1;
    c->ordered |= p->ordered;
    p->random = p->ordered && c->params.pools[i].reclaim == RECLAIM_RANDOM;
    p->oldest = p->newest = p->spare = p->doomed_first = p->doomed_last = SP_NONE;
    p->capacity = TRACE_UNLIMITED;
    p->key = random_key_text(c->params.key, c->params.trace_pools[i].name);
    for (int m = 0; m < SP_MARKETS; m++) {
        p->meter[m].price_uusd_per_h = SP_UNKNOWN;
        for (int purpose = 0; purpose < CLOUD_PURPOSES; purpose++)
            p->draw_key[m][purpose] = random_key(p->key, ((uint64_t)m << 8) | (uint64_t)purpose);
    }
}

static enum error_code reserve_members(struct cloud *c, uint32_t room, struct error *e) {
    for (uint32_t i = 0; i < c->params.n_pools; i++) {
        struct cloud_pool *p = &c->pools[i];
        if (!p->random || p->members_room >= room) continue;
        uint32_t *members = realloc(p->members, room * sizeof *members);
        if (!members) return cloud_out_of_memory(e);
        p->members = members;
        p->members_room = room;
    }
    return OK;
}

enum error_code cloud_start(struct cloud *c, const struct cloud_params *params, struct error *e) {
    c->params = *params;
    c->rate_uusd_per_h = 0;
    c->ordered = false;
    if (params->n_pools > c->pools_room) {
        struct cloud_pool *pools = realloc(c->pools, params->n_pools * sizeof *pools);
        if (!pools) return cloud_out_of_memory(e);
        memset(pools + c->pools_room, 0, (params->n_pools - c->pools_room) * sizeof *pools);
        c->pools = pools;
        c->pools_room = params->n_pools;
    }
    for (uint32_t i = 0; i < params->n_pools; i++) reset_pool(c, i);
    for (uint32_t s = 0; s < c->instances_room; s++) c->instances[s].held = false;
    TRY(reserve_members(c, c->instances_room, e));
    return start_regions(c, e);
}

enum error_code cloud_reserve(struct cloud *c, uint32_t n, struct error *e) {
    if (n <= c->instances_room) return OK;
    uint32_t room = c->instances_room ? c->instances_room : 64;
    while (room < n) room *= 2;
    struct cloud_doom_entry *dooms = realloc(c->dooms, room * sizeof *dooms);
    if (!dooms) return cloud_out_of_memory(e);
    c->dooms = dooms;
    struct cloud_instance *instances = pages_alloc(room * sizeof *instances);
    if (!instances) return cloud_out_of_memory(e);
    if (c->instances_room) memcpy(instances, c->instances, c->instances_room * sizeof *instances);
    memset(instances + c->instances_room, 0, (room - c->instances_room) * sizeof *instances);
    free(c->instances);
    c->instances = instances;
    TRY(reserve_members(c, room, e));
    c->instances_room = room;
    return OK;
}

HOT uint64_t cloud_next_launch(struct cloud *c, uint32_t pool, enum sp_market market) {
    return ++c->pools[pool].launches[market];
}

HOT double cloud_draw(const struct cloud *c, uint32_t pool, enum sp_market market, uint64_t ordinal,
                      enum cloud_purpose purpose) {
    return random_u01(random_key(c->pools[pool].draw_key[market][purpose], ordinal));
}

/* ---- the pool's spot instances ------------------------------------------------
 * In order of their grants, where the cloud may take some back. */

static HOT void hold_spot(struct cloud *c, struct cloud_pool *p, uint32_t slot) {
    struct cloud_instance *x = &c->instances[slot];
    x->older = p->newest;
    x->newer = SP_NONE;
    if (p->newest == SP_NONE)
        p->oldest = slot;
    else
        c->instances[p->newest].newer = slot;
    p->newest = slot;
    if (p->spare == SP_NONE || c->params.pools[x->pool].reclaim == RECLAIM_NEWEST) p->spare = slot;
    if (p->random) {
        c->dooms[slot].member = p->n_members;
        p->members[p->n_members++] = slot;
    }
}

static COLD void undoom(struct cloud *c, struct cloud_pool *p, uint32_t slot) {
    const struct cloud_doom_entry *d = &c->dooms[slot];
    if (d->prev == SP_NONE)
        p->doomed_first = d->next;
    else
        c->dooms[d->prev].next = d->next;
    if (d->next == SP_NONE)
        p->doomed_last = d->prev;
    else
        c->dooms[d->next].prev = d->prev;
    p->doomed -= c->params.nodes;
    c->instances[slot].doomed = false;
}

/* Whose turn comes after this one's by the pool's rule. */
static uint32_t next_victim(const struct cloud *c, uint32_t slot) {
    const struct cloud_instance *x = &c->instances[slot];
    return c->params.pools[x->pool].reclaim == RECLAIM_NEWEST ? x->older : x->newer;
}

static HOT void release_spot(struct cloud *c, struct cloud_pool *p, uint32_t slot) {
    const struct cloud_instance *x = &c->instances[slot];
    if (p->spare == slot) p->spare = next_victim(c, slot);
    if (x->older == SP_NONE)
        p->oldest = x->newer;
    else
        c->instances[x->older].newer = x->newer;
    if (x->newer == SP_NONE)
        p->newest = x->older;
    else
        c->instances[x->newer].older = x->older;
    if (p->random) {
        uint32_t last = p->members[--p->n_members];
        p->members[c->dooms[slot].member] = last;
        c->dooms[last].member = c->dooms[slot].member;
    }
    if (x->doomed) undoom(c, p, slot);
}

/* ---- launches -------------------------------------------------------------------- */

/* Micro-dollars per hour of one instance; 0 where the price is not known. */
static int64_t paid(const struct meter *m) { return m->price_uusd_per_h > 0 ? m->price_uusd_per_h : 0; }

static bool fits(uint32_t held, uint32_t more, uint32_t max) {
    return max == UINT32_MAX || (held <= max && more <= max - held);
}

/* What is left of on-demand while it is short. */
static void shorten(const struct pool_params *p, int64_t now_ms, uint32_t *capacity, double *denial) {
    for (uint32_t i = 0; i < p->n_shortages; i++) {
        const struct shortage *x = &p->shortages[i];
        if (now_ms < x->from_ms || now_ms >= x->until_ms) continue;
        if (x->capacity < *capacity) *capacity = x->capacity;
        if (x->denial > *denial) *denial = x->denial;
    }
}

static HOT int judge(struct cloud *c, uint32_t pool, enum sp_market market, uint64_t ordinal, int64_t now_ms,
                     int64_t *breach_ms, bool plain) {
    const struct pool_params *params = &c->params.pools[pool];
    struct cloud_pool *p = &c->pools[pool];
    uint32_t nodes = plain ? 1 : c->params.nodes;
    uint32_t capacity = market == SP_SPOT ? p->capacity : params->on_demand_capacity;
    double denial = market == SP_SPOT ? params->spot_denial : params->on_demand_denial;
    if (market == SP_ON_DEMAND) shorten(params, now_ms, &capacity, &denial);
    if (!fits(p->held[market], nodes, capacity)) return SP_DENIED_CAPACITY;
    if (!plain && c->params.n_quotas > 0 &&
        !fits(c->region_held[market][p->region], nodes, c->region_max[market][p->region]))
        return SP_DENIED_QUOTA;
    if (denial > 0 && cloud_draw(c, pool, market, ordinal, CLOUD_DENIAL) < denial) return SP_DENIED_CAPACITY;
    if (!plain && market == SP_SPOT) {
        *breach_ms = cloud_breach(c, pool, params->notice_ms, now_ms);
        if (*breach_ms != INT64_MAX && params->notice_window == WINDOW_REFUSE) return SP_DENIED_CAPACITY;
    }
    return 0;
}

HOT int cloud_launch_as(struct cloud *c, uint32_t slot, uint32_t pool, enum sp_market market, uint64_t ordinal,
                        int64_t now_ms, bool plain) {
    int64_t breach_ms = INT64_MAX;
    int denial = judge(c, pool, market, ordinal, now_ms, &breach_ms, plain);
    if (denial) return denial;
    struct cloud_pool *p = &c->pools[pool];
    struct cloud_instance *x = &c->instances[slot];
    assert(!x->held);
    x->pool = pool;
    x->market = (uint8_t)market;
    x->held = true;
    x->doomed = false;
    p->held[market] += plain ? 1 : c->params.nodes;
    if (!plain && c->params.rates) c->rate_uusd_per_h += paid(&p->meter[market]) * c->params.nodes;
    if (!plain && c->params.n_quotas > 0) c->region_held[market][p->region] += c->params.nodes;
    if (market == SP_SPOT && p->ordered) hold_spot(c, p, slot);
    if (!plain && breach_ms != INT64_MAX) cloud_doom(c, slot, breach_ms);
    bill_open(&x->bill, &p->meter[market], now_ms);
    return 0;
}

int cloud_launch(struct cloud *c, uint32_t slot, uint32_t pool, enum sp_market market, uint64_t ordinal,
                 int64_t now_ms) {
    return cloud_launch_as(c, slot, pool, market, ordinal, now_ms, false);
}

HOT void cloud_end_as(struct cloud *c, uint32_t slot, bool taken, int64_t now_ms, bool plain) {
    struct cloud_instance *x = &c->instances[slot];
    struct cloud_pool *p = &c->pools[x->pool];
    assert(x->held);
    enum sp_market market = (enum sp_market)x->market;
    bill_close(&x->bill, &p->meter[market], (enum billing_rule)c->params.pools[x->pool].billing, market,
               taken ? BILL_PREEMPTED : BILL_LET_GO, plain ? 1 : c->params.nodes, now_ms);
    if (market == SP_SPOT && p->ordered) release_spot(c, p, slot);
    p->held[market] -= plain ? 1 : c->params.nodes;
    if (!plain && c->params.rates) c->rate_uusd_per_h -= paid(&p->meter[market]) * c->params.nodes;
    if (!plain && c->params.n_quotas > 0) c->region_held[market][p->region] -= c->params.nodes;
    x->held = false;
}

void cloud_end(struct cloud *c, uint32_t slot, bool taken, int64_t now_ms) {
    cloud_end_as(c, slot, taken, now_ms, false);
}

/* ---- reclaims ---------------------------------------------------------------------- */

void cloud_set_capacity(struct cloud *c, uint32_t pool, uint32_t capacity) { c->pools[pool].capacity = capacity; }

void cloud_set_price(struct cloud *c, uint32_t pool, enum sp_market market, int64_t uusd_per_h, int64_t now_ms) {
    struct cloud_pool *p = &c->pools[pool];
    c->rate_uusd_per_h -= paid(&p->meter[market]) * p->held[market];
    meter_set_price(&p->meter[market], uusd_per_h, now_ms);
    c->rate_uusd_per_h += paid(&p->meter[market]) * p->held[market];
}

/* Uniform among the candidates, by rejection: at worst a few tries, as victims
 * are asked for only while some candidate is left. */
static uint32_t random_victim(struct cloud *c, struct cloud_pool *p, bool spare_doomed) {
    uint32_t candidates = p->n_members - (spare_doomed ? p->doomed / c->params.nodes : 0);
    if (candidates == 0) return SP_NONE;
    uint64_t key = random_key(p->key, CLOUD_RECLAIM);
    for (;;) {
        double u = random_u01(random_key(key, ++p->reclaims));
        uint32_t slot = p->members[(uint32_t)(u * p->n_members)];
        if (!spare_doomed || !c->instances[slot].doomed) return slot;
    }
}

uint32_t cloud_victim(struct cloud *c, uint32_t pool, bool spare_doomed) {
    struct cloud_pool *p = &c->pools[pool];
    int rule = c->params.pools[pool].reclaim;
    if (rule == RECLAIM_RANDOM) return random_victim(c, p, spare_doomed);
    if (!spare_doomed) return rule == RECLAIM_NEWEST ? p->newest : p->oldest;
    while (p->spare != SP_NONE && c->instances[p->spare].doomed) p->spare = next_victim(c, p->spare);
    return p->spare;
}

void cloud_doom(struct cloud *c, uint32_t slot, int64_t deadline_ms) {
    struct cloud_instance *x = &c->instances[slot];
    struct cloud_doom_entry *d = &c->dooms[slot];
    struct cloud_pool *p = &c->pools[x->pool];
    assert(x->held && x->market == SP_SPOT);
    if (x->doomed) undoom(c, p, slot);
    d->deadline_ms = deadline_ms;
    uint32_t after = p->doomed_last;
    while (after != SP_NONE && c->dooms[after].deadline_ms > deadline_ms) after = c->dooms[after].prev;
    d->prev = after;
    d->next = after == SP_NONE ? p->doomed_first : c->dooms[after].next;
    if (d->next == SP_NONE)
        p->doomed_last = slot;
    else
        c->dooms[d->next].prev = slot;
    if (after == SP_NONE)
        p->doomed_first = slot;
    else
        c->dooms[after].next = slot;
    p->doomed += c->params.nodes;
    x->doomed = true;
}

uint32_t cloud_first_doomed(const struct cloud *c, uint32_t pool) { return c->pools[pool].doomed_first; }

int64_t cloud_breach_within(struct cloud *c, uint32_t pool, int64_t lead_ms, int64_t now_ms) {
    struct cloud_pool *p = &c->pools[pool];
    const struct trace_capacity *t = &c->params.trace_pools[pool].capacity;
    int64_t shift = c->params.window_start_ms;
    while (p->look < t->n && t->at_ms[p->look] - shift <= now_ms) p->look++;
    uint32_t gone = 0; /* doomed up to the change looked at */
    uint32_t d = p->doomed_first;
    for (uint32_t i = p->look; i < t->n; i++) {
        int64_t at = t->at_ms[i] - shift;
        if (at - now_ms > lead_ms) break;
        for (; d != SP_NONE && c->dooms[d].deadline_ms <= at; d = c->dooms[d].next) gone += c->params.nodes;
        if (!fits(p->held[SP_SPOT] - gone, c->params.nodes, t->value[i])) return at;
    }
    return INT64_MAX;
}

/* ---- counting ------------------------------------------------------------------------ */

void cloud_begin_counting(struct cloud *c, int64_t now_ms) {
    for (uint32_t i = 0; i < c->params.n_pools; i++)
        for (int m = 0; m < SP_MARKETS; m++) {
            struct meter *meter = &c->pools[i].meter[m];
            meter->spent = 0;
            meter->used_ms = 0;
            meter->unknown_used = false;
        }
    for (uint32_t s = 0; s < c->instances_room; s++) {
        struct cloud_instance *x = &c->instances[s];
        if (x->held) bill_begin_counting(&x->bill, &c->pools[x->pool].meter[x->market], now_ms);
    }
}

void cloud_finish(struct cloud *c, int64_t now_ms) {
    for (uint32_t s = 0; s < c->instances_room; s++) {
        struct cloud_instance *x = &c->instances[s];
        if (!x->held) continue;
        bill_close(&x->bill, &c->pools[x->pool].meter[x->market], (enum billing_rule)c->params.pools[x->pool].billing,
                   (enum sp_market)x->market, BILL_RUNNING, c->params.nodes, now_ms);
    }
}
