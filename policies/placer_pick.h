/* SPDX-License-Identifier: Apache-2.0
 * What placers share that know nothing but the view: their memory is one
 * tournament among the pools, which says nothing of its own.  Header-only, see
 * select.h. */
#ifndef SPOTSIM_POLICIES_PLACER_PICK_H
#define SPOTSIM_POLICIES_PLACER_PICK_H

#include "policies/pick.h"

static inline size_t placer_pick_size(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    return pick_size(limits->pools);
}

static inline void placer_pick_init(void *mem, const union sp_value *value, const struct sp_limits *limits,
                                    uint64_t key) {
    (void)value;
    (void)key;
    pick_init(mem, limits->pools);
}

/* It follows from the view. */
static inline uint64_t placer_pick_digest(const void *mem) {
    (void)mem;
    return 0;
}

#endif
