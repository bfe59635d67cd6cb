/* SPDX-License-Identifier: Apache-2.0
 * What the built-in mixes share: the parameters that every mix takes, and the
 * small arithmetic on counts.  Header-only, see select.h. */
#ifndef SPOTSIM_POLICIES_MIX_H
#define SPOTSIM_POLICIES_MIX_H

#include "policies/policy.h"

#define MIX_REPLICAS_MAX 1000000.0

static const char *const mix_loss_names[] = {"ignore", "react", NULL};

#define MIX_PARAM_BASE(DEFAULT)                                                                                        \
    {                                                                                                                  \
        "base", SP_INT, "replicas", 0, MIX_REPLICAS_MAX, DEFAULT, "on-demand replicas always kept, out of the target", \
            NULL                                                                                                       \
    }
#define MIX_PARAM_OVERPROVISION                                                                                        \
    { "overprovision", SP_INT, "replicas", 0, MIX_REPLICAS_MAX, "0", "spot replicas beyond the target", NULL }

/* The composer reads these two by name. */
#define MIX_PARAMS_LOSS                                                                                                \
    {"notice",                                                                                                         \
     SP_ENUM,                                                                                                          \
     "",                                                                                                               \
     0,                                                                                                                \
     0,                                                                                                                \
     "ignore",                                                                                                         \
     "react: a replica with an interruption notice counts as lost at once; ignore: when it is gone",                   \
     mix_loss_names},                                                                                                  \
    {                                                                                                                  \
        "rebalance", SP_ENUM, "", 0, 0, "ignore",                                                                      \
            "react: a replica with a rebalance recommendation is replaced, then let go; ignore: it is kept",           \
            mix_loss_names                                                                                             \
    }

#define MIX_COUNT(TABLE) ((uint32_t)(sizeof(TABLE) / sizeof((TABLE)[0])))

static inline uint32_t mix_min(uint64_t a, uint64_t b) { return (uint32_t)(a < b ? a : b); }

static inline uint32_t mix_less(uint64_t a, uint64_t b) { /* a - b, not below 0 */
    return (uint32_t)(a > b ? a - b : 0);
}

#endif
