/* SPDX-License-Identifier: Apache-2.0
 * The policies that come with spotsim.  To add one: write its file, then add
 * one line here. */
#ifndef SPOTSIM_POLICIES_BUILTIN_H
#define SPOTSIM_POLICIES_BUILTIN_H

#include "policies/policy.h"

/* The composer knows of these what it does not take from others: none of them walks
 * the view's lists, a placer that hears nothing (SP_HEARS_NONE) looks neither at
 * `planned` nor at rows, and an autoscaler or mix that hears nothing says the same
 * until its wake time, unless a price changes.
 *
 * In the order in which help lists them. */
#define POLICY_BUILTINS(X)                                                                                             \
    X(autoscaler_constant)                                                                                             \
    X(autoscaler_series)                                                                                               \
    X(autoscaler_request_rate)                                                                                         \
    X(mix_on_demand)                                                                                                   \
    X(mix_spot)                                                                                                        \
    X(mix_static_base)                                                                                                 \
    X(mix_base_percent)                                                                                                \
    X(mix_skyserve)                                                                                                    \
    X(mix_safety_net)                                                                                                  \
    X(placer_cheapest)                                                                                                 \
    X(placer_round_robin)                                                                                              \
    X(placer_even_spread)                                                                                              \
    X(placer_least_loaded)                                                                                             \
    X(placer_random)                                                                                                   \
    X(placer_skypilot)                                                                                                 \
    X(placer_spothedge)                                                                                                \
    X(placer_ttl_bench)

#define POLICY_DECLARE(NAME) extern const struct sp_policy NAME;
POLICY_BUILTINS(POLICY_DECLARE)
#undef POLICY_DECLARE

#endif
