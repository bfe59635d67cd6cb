/* SPDX-License-Identifier: Apache-2.0
 * One controller out of parts: the autoscaler sets the target, the mix splits
 * it over the markets, the placer names pools; the composer turns the
 * difference between what is wanted and what is there into actions.
 *
 * Order of actions, as SkyServe: spot launches, on-demand launches, then scale
 * downs.  Victims: REQUESTED, PROVISIONING, STARTING, UNREADY, READY; newest
 * launch first within a state.  On-demand launches go to the pool with the
 * cheapest on-demand price whose last answer was not a denial, else the one
 * whose denial is oldest; ties by pool name.  A pool that has denied at this
 * instant is not asked again at this instant. */
#ifndef SPOTSIM_POLICIES_COMPOSER_H
#define SPOTSIM_POLICIES_COMPOSER_H

#include "policies/spec.h"

/* A group's part of the fleet's target, cut so that the groups' targets always
 * add up: round(target*hi/1e6) - round(target*lo/1e6). */
struct composer_share {
    uint32_t lo_ppm, hi_ppm; /* 0 and 1000000: all of it */
};

struct composer; /* lives in memory that the host hands over */

size_t composer_size(const struct policy_spec *spec, const struct sp_limits *limits);
/* `spec` must outlive the composer.  `mem` has composer_size bytes, aligned to
 * 16; it is zeroed here. */
struct composer *composer_init(void *mem, const struct policy_spec *spec, const struct sp_limits *limits,
                               struct composer_share share, uint64_t key);
/* One step.  view->target is what is wanted where the spec has no autoscaler;
 * during the step it is the group's own target, afterwards what it was.
 * view->changed grows from step to step until the composer has taken note of
 * it, which it says by n_changed 0.  Returns the next wake time. */
int64_t composer_step(struct composer *c, struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                      bool unheard, struct sp_actions *out);
/* The observations that any part hears (SP_HEARS bits); others are not passed
 * in `obs`, only that there were some (`unheard`). */
uint32_t composer_hears(const struct composer *c);
/* Where no pool's capacity is observed nothing in it depends on how many spot
 * rows a pool has and in which states, so that view->changed need not tell. */
bool composer_ignores_rows(const struct composer *c);
uint32_t composer_target(const struct composer *c);                   /* as of the last step, share applied */
uint32_t composer_final_target(const struct composer *c);             /* the same plus the mix's overprovision */
uint32_t composer_base(const struct composer *c);                     /* as of the last step */
bool composer_base_clamped(const struct composer *c);                 /* base > target + overprovision was seen */
uint32_t composer_wanted(const struct composer *c, enum sp_market m); /* as of the last step */
/* What the demand is at a time by the autoscaler's own table, share applied;
 * false when the autoscaler has none.  *next_ms: when it changes. */
bool composer_demand(const struct policy_spec *spec, struct composer_share share, int64_t now_ms, uint32_t *target,
                     int64_t *next_ms);
uint64_t composer_digest(const struct composer *c);

#endif
