/* SPDX-License-Identifier: Apache-2.0
 * The mathematics of the state process that making and fitting share. */
#ifndef SPOTSIM_TRACES_MODEL_STATE_H
#define SPOTSIM_TRACES_MODEL_STATE_H

#include "traces/model.h"

/* Hours over which the swing with the clock is averaged: whole weeks. */
#define SWING_HOURS 168

/* How much the clock adds to U at a time in hours from the trace's start. */
double model_swing(const struct model_state *s, double at_h);
/* The swing at the middle of each of SWING_HOURS hours. */
void model_swing_week(const struct model_state *s, double out[SWING_HOURS]);
/* The bound b with P(U < b) = share on average over the hours; -INFINITY at
 * share 0, INFINITY at share 1. */
double model_bound(const double swing[SWING_HOURS], double share);
/* Bounds between a pool's levels, [n_levels - 1], so that its shares hold on
 * average over traces. */
void model_bounds(const struct model_pool *p, double *out);

#endif
