/* SPDX-License-Identifier: Apache-2.0
 * The digest of a step's answer: when it was asked, its orders, and when it wants
 * to be asked again.  Journals and the fingerprints of runs are made of it. */
#ifndef SPOTSIM_FLEET_DIGEST_H
#define SPOTSIM_FLEET_DIGEST_H

#include "base/hot.h"
#include "base/random.h"
#include "fleet/fleet.h"

/* Folds one more part into a digest. */
static HOT void fleet_mix(uint64_t *digest, uint64_t part) { *digest = random_key(*digest, part); }

/* `mixed_group`: random_mix of the group's index. */
static HOT uint64_t fleet_digest_begin(uint64_t mixed_group, int64_t now_ms) {
    return random_mix((uint64_t)now_ms ^ mixed_group);
}
static HOT void fleet_digest_order(uint64_t *digest, const struct fleet_order *o) {
    fleet_mix(digest, o->launch);
    fleet_mix(digest, ((uint64_t)o->slot << 32) | o->pool);
    fleet_mix(digest, ((uint64_t)o->kind << 16) | ((uint64_t)o->market << 8) | o->reason);
}
/* `mixed_wake`: random_mix of the wake time. */
static HOT uint64_t fleet_digest_end(uint64_t digest, uint64_t mixed_wake) { return random_mix(digest ^ mixed_wake); }

#endif
