/* SPDX-License-Identifier: Apache-2.0
 * Timers that come in the order in which they are set, as the ends of cold
 * starts do that all take as long: a ring beside the tournament.  Nothing is
 * taken out before it comes to the front, so whoever finds a key there asks its
 * entity whether it still holds. */
#ifndef SPOTSIM_SIM_LANE_H
#define SPOTSIM_SIM_LANE_H

#include "base/hot.h"
#include "sim/event_queue.h"

struct lane {
    uint64_t front, back; /* keys; front EVENT_NONE: empty.  back: the last one set */
    uint64_t *keys;       /* the ring: front and those behind it, then EVENT_NONE */
    uint32_t first, end;  /* both grow without end; the key at i is keys[i & (room - 1)] */
    uint32_t room;        /* a power of two, or 0 */
    uint32_t limit;       /* of it: what no longer holds is not to fill memory */
};

/* Empties it; memory is kept. */
static inline void lane_reset(struct lane *l) {
    l->front = EVENT_NONE;
    l->back = 0;
    l->first = l->end = 0;
}
void lane_free(struct lane *l);
/* Doubles the room; false when there is no memory, or at the limit. */
bool lane_grow(struct lane *l);

/* False: it would not come last, is there already (a replica lost and launched
 * again to the same end), or there is no room for it; it is for the tournament
 * then. */
static HOT bool lane_put(struct lane *l, uint64_t key) {
    if (key <= l->back) return false;
    if (l->end - l->first + 2 > l->room && !lane_grow(l)) return false;
    l->keys[l->end++ & (l->room - 1)] = key;
    l->keys[l->end & (l->room - 1)] = EVENT_NONE;
    l->front = l->keys[l->first & (l->room - 1)];
    l->back = key;
    return true;
}

/* Takes the front out, which there is. */
static HOT void lane_pop(struct lane *l) { l->front = l->keys[++l->first & (l->room - 1)]; }

#endif
