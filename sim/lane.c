/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/lane.h"

#include <stdlib.h>
#include <string.h>

void lane_free(struct lane *l) {
    free(l->keys);
    memset(l, 0, sizeof *l);
    l->front = EVENT_NONE;
}

COLD bool lane_grow(struct lane *l) {
    uint32_t room = l->room ? l->room * 2 : 64, n = l->end - l->first;
    uint64_t *keys = room > l->room && room <= l->limit ? malloc(room * sizeof *keys) : NULL;
    if (!keys) return false;
    for (uint32_t i = 0; i < n; i++) keys[i] = l->keys[(l->first + i) & (l->room - 1)];
    free(l->keys);
    l->keys = keys;
    l->room = room;
    l->first = 0;
    l->end = n;
    return true;
}
