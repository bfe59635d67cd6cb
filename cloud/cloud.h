/* SPDX-License-Identifier: Apache-2.0
 * The simulated cloud: the truth about pools and instances.  It judges
 * launches, chooses whom to take back, and bills.  It has no clock: callers
 * say what time it is and never go back. */
#ifndef SPOTSIM_CLOUD_CLOUD_H
#define SPOTSIM_CLOUD_CLOUD_H

#include "cloud/billing.h"
#include "cloud/params.h"
#include "traces/trace.h"

struct cloud_params {
    uint32_t n_pools;
    const struct trace_pool *trace_pools; /* names, regions, capacity steps for the look-ahead */
    const struct pool_params *pools;
    uint32_t n_quotas;
    const struct quota *quotas;
    uint32_t nodes;          /* instances per replica */
    bool means_launch;       /* capacity only limits launches */
    bool rates;              /* cloud.rate_uusd_per_h is wanted */
    int64_t window_start_ms; /* trace time of time 0 */
    uint64_t key;            /* of seed and replication */
};

/* A granted replica, by the slot its owner gave it: one cache line. */
struct cloud_instance {
    struct bill bill;
    uint32_t older, newer; /* of the pool's spot instances, by grant */
    uint32_t pool;
    uint8_t market;
    bool held;
    bool doomed; /* has a deadline, see cloud_doom_entry */
};
_Static_assert(sizeof(struct cloud_instance) == 64, "one cache line");

/* What only reclaims by notice or at random need of it. */
struct cloud_doom_entry {
    int64_t deadline_ms; /* when the cloud will take it */
    uint32_t prev, next; /* of the pool's doomed, earliest deadline first */
    uint32_t member;     /* place in the pool's members */
};

/* What randomness a draw is for; part of its key. */
enum cloud_purpose {
    CLOUD_DENIAL = 1,
    CLOUD_COLD_START,
    CLOUD_START_FAILURE,
    CLOUD_LIFETIME,
    CLOUD_NOTICE,
    CLOUD_REBALANCE,
    CLOUD_RECLAIM,
    CLOUD_PROBE,
    CLOUD_PURPOSES
};

struct cloud_pool {
    uint32_t capacity;         /* spot instances now */
    uint32_t held[SP_MARKETS]; /* instances */
    uint32_t doomed;           /* of the spot ones, with a deadline on the doomed list */
    uint32_t oldest, newest;   /* spot, by grant */
    uint32_t spare;            /* by the rule, none before it is without a deadline; for newest and oldest */
    uint32_t doomed_first, doomed_last;
    uint32_t *members; /* spot slots in no order; kept only for the random choice */
    uint32_t n_members, members_room;
    bool ordered;                  /* its capacity changes: the spot instances are kept in order */
    bool random;                   /* and RECLAIM_RANDOM */
    uint32_t region;               /* index */
    uint32_t look;                 /* first change point of the trace after now */
    uint64_t launches[SP_MARKETS]; /* ordinals of the keyed draws */
    uint64_t reclaims;
    uint64_t key, draw_key[SP_MARKETS][CLOUD_PURPOSES];
    struct meter meter[SP_MARKETS];
};

struct cloud {
    struct cloud_params params;
    struct cloud_pool *pools;
    uint32_t pools_room;
    struct cloud_instance *instances;
    struct cloud_doom_entry *dooms; /* by slot, as instances */
    uint32_t instances_room;
    uint32_t *region_held[SP_MARKETS], *region_max[SP_MARKETS]; /* per region */
    uint32_t n_regions, regions_room;
    bool ordered;            /* some pool is */
    int64_t rate_uusd_per_h; /* with params.rates: what is held costs now, where prices are known */
};

enum error_code cloud_start(struct cloud *c, const struct cloud_params *params, struct error *e);
void cloud_free(struct cloud *c);
/* Makes room for slots below n. */
enum error_code cloud_reserve(struct cloud *c, uint32_t n, struct error *e);

/* Ordinal of a new launch request in this pool and market: 1, 2, ... */
uint64_t cloud_next_launch(struct cloud *c, uint32_t pool, enum sp_market market);
/* Uniform in (0,1), keyed by pool, market, launch ordinal and purpose: the
 * same under every policy. */
double cloud_draw(const struct cloud *c, uint32_t pool, enum sp_market market, uint64_t ordinal,
                  enum cloud_purpose purpose);

/* Judges a launch now.  0: granted, the slot holds a replica; otherwise an
 * enum sp_denial. */
int cloud_launch(struct cloud *c, uint32_t slot, uint32_t pool, enum sp_market market, uint64_t ordinal,
                 int64_t now_ms);
/* Ends a held replica: taken by the cloud, or let go by us; closes its bill. */
void cloud_end(struct cloud *c, uint32_t slot, bool taken, int64_t now_ms);

/* The same two; `plain`, to be a constant: one instance a replica, no quotas, no
 * rates, and no notices in any pool. */
int cloud_launch_as(struct cloud *c, uint32_t slot, uint32_t pool, enum sp_market market, uint64_t ordinal,
                    int64_t now_ms, bool plain);
void cloud_end_as(struct cloud *c, uint32_t slot, bool taken, int64_t now_ms, bool plain);

void cloud_set_capacity(struct cloud *c, uint32_t pool, uint32_t capacity);
void cloud_set_price(struct cloud *c, uint32_t pool, enum sp_market market, int64_t uusd_per_h, int64_t now_ms);

/* Whom the cloud takes next from this pool by its reclaim rule; with
 * `spare_doomed` only among those without a deadline.  SP_NONE: nobody. */
uint32_t cloud_victim(struct cloud *c, uint32_t pool, bool spare_doomed);
/* Decides that a held replica will be taken at `deadline_ms`. */
void cloud_doom(struct cloud *c, uint32_t slot, int64_t deadline_ms);
/* The doomed replica of the pool with the earliest deadline, SP_NONE if none. */
uint32_t cloud_first_doomed(const struct cloud *c, uint32_t pool);
/* When the cloud will take a held replica, if it has decided so; INT64_MAX. */
static inline int64_t cloud_deadline(const struct cloud *c, uint32_t slot) {
    return c->instances[slot].doomed ? c->dooms[slot].deadline_ms : INT64_MAX;
}
/* When a replica granted now would be taken back within `lead_ms` because
 * capacity falls; INT64_MAX if it would not. */
int64_t cloud_breach_within(struct cloud *c, uint32_t pool, int64_t lead_ms, int64_t now_ms);
static inline int64_t cloud_breach(struct cloud *c, uint32_t pool, int64_t lead_ms, int64_t now_ms) {
    return lead_ms == 0 || c->params.means_launch ? INT64_MAX : cloud_breach_within(c, pool, lead_ms, now_ms);
}

/* Counters start now: what was used before is not counted. */
void cloud_begin_counting(struct cloud *c, int64_t now_ms);
/* Bills everything still held up to now (the horizon), without closing. */
void cloud_finish(struct cloud *c, int64_t now_ms);

#endif
