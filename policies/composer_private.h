/* SPDX-License-Identifier: Apache-2.0
 * Shared by the files of the composer. */
#ifndef SPOTSIM_POLICIES_COMPOSER_PRIVATE_H
#define SPOTSIM_POLICIES_COMPOSER_PRIVATE_H

#include "policies/composer.h"
#include "policies/composer_pools.h"

enum part_index { AUTOSCALER, MIX, PLACER, WHOLE, PARTS };

struct composer {
    const struct policy_spec *spec;
    struct composer_share share;
    uint32_t n_pools, max_rows;
    int64_t base_asked, overprovision; /* of the mix; 0 where it has no such parameter */
    bool react_notice, react_rebalance;
    bool plain;                            /* see composer_is_plain */
    bool foreign;                          /* a part that is not built in may walk the lists */
    bool steady;                           /* plain, and autoscaler and mix hear nothing: */
    int64_t asked_until_ms;                /* before this, and unless prices change, they say what they said */
    const struct sp_policy *policy[PARTS]; /* NULL: the spec has no such part */
    void *state[PARTS];
    size_t state_size[PARTS];
    struct composer_pools pools;
    /* What decides later steps, besides the parts' states: no pool could be
     * named, so none is looked for before this unless something is observed. */
    int64_t retry_at[SP_MARKETS];
    /* what the last step said, for the host */
    uint32_t target, base, wanted[SP_MARKETS];
    bool clamped;
    /* Nothing was missing and nothing too many: until its wake time a step on unheard
     * observations would change nothing. */
    bool settled;
    uint32_t hears;
};

/* One call of composer_step. */
struct composer_call {
    struct composer *c;
    struct sp_view *view;
    struct sp_actions *out;
    bool told;                                           /* something was observed */
    uint32_t n_obs, n_before;                            /* n_before: actions that were in the buffer already */
    struct sp_counts now;                                /* without those treated as lost */
    uint32_t noticed[SP_MARKETS], rebalance[SP_MARKETS]; /* treated as lost, by why */
    int64_t wake;
};

#define COMPOSER_ALL_PPM 1000000u
/* A group's part of a target, to the nearest: three thirds of 3 are 1 each. */
static inline uint32_t composer_cut(struct composer_share share, uint32_t target) {
    if (share.lo_ppm == 0 && share.hi_ppm == COMPOSER_ALL_PPM) return target;
    uint64_t half = COMPOSER_ALL_PPM / 2, all = target;
    return (uint32_t)((all * share.hi_ppm + half) / COMPOSER_ALL_PPM - (all * share.lo_ppm + half) / COMPOSER_ALL_PPM);
}

/* What seldom happens in a step: composer.c. */
void composer_leave_out_lost(struct composer_call *s);
int64_t composer_retry_time(const struct composer_call *s, enum sp_market m, int64_t placer_wake);
enum sp_reason composer_launch_reason(const struct composer_call *s, enum sp_market m);
/* False: the buffer is full. */
bool composer_drain_surplus(struct composer_call *s, enum sp_market m);
bool composer_drain_replaced(struct composer_call *s);
int64_t composer_ask_whole(struct composer_call *s, const struct sp_observation *obs);

#endif
