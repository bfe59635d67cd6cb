/* SPDX-License-Identifier: Apache-2.0
 * Launches: at once, or in turn where a loop sends them or slots are few. */
#include <stdlib.h>

#include "base/pages.h"
#include "sim/replica_private.h"

enum error_code replica_reserve(struct sim *s, uint32_t n) {
    if (n <= s->replicas_room) return OK;
    uint32_t room = s->replicas_room ? s->replicas_room : 64;
    while (room < n) room *= 2;
    TRY(cloud_reserve(&s->cloud, room, s->error));
    TRY(event_queue_grow(&s->queue, s->replica_entity + room, s->error));
    struct replica_signal *signals = realloc(s->signals, room * sizeof *signals);
    if (signals) s->signals = signals;
    struct replica *replicas = pages_alloc(room * sizeof *replicas);
    if (!signals || !replicas) {
        free(replicas);
        return error_set(s->error, ERR_FAILED, NULL, "out of memory");
    }
    if (s->replicas_room) memcpy(replicas, s->replicas, s->replicas_room * sizeof *replicas);
    memset(replicas + s->replicas_room, 0, (room - s->replicas_room) * sizeof *replicas);
    free(s->replicas);
    s->replicas = replicas;
    s->replicas_room = room;
    s->lane.limit = 4 * room;
    return OK;
}

static HOT void send_request(struct sim *s, uint32_t slot, bool plain) {
    struct replica *r = &s->replicas[slot];
    r->phase = PHASE_SENT;
    if (!plain) {
        r->launching = true;
        s->launching++;
    }
    set_timer(s, r, TIMER_PHASE, s->now_ms + s->pools[r->pool].launch_delay_ms, EVENT_LAUNCH);
    fill_leaf(s, slot); /* nothing else is set while it waits for this */
}

static bool direct(const struct sim *s) { return s->control.pickup_ms == 0 && s->control.launch_slots == UINT32_MAX; }

static void enqueue(struct sim *s, uint32_t slot) {
    if (s->waiting_n == s->waiting_room) {
        uint32_t room = s->waiting_room ? s->waiting_room * 2 : 64;
        uint32_t *slots = malloc(room * sizeof *slots);
        uint64_t *launches = malloc(room * sizeof *launches);
        if (!slots || !launches) {
            free(slots);
            free(launches);
            sim_fail(s, error_set(s->error, ERR_FAILED, NULL, "out of memory"));
            return;
        }
        for (uint32_t i = 0; i < s->waiting_n; i++) {
            slots[i] = s->waiting[(s->waiting_first + i) % s->waiting_room];
            launches[i] = s->waiting_launch[(s->waiting_first + i) % s->waiting_room];
        }
        free(s->waiting);
        free(s->waiting_launch);
        s->waiting = slots;
        s->waiting_launch = launches;
        s->waiting_first = 0;
        s->waiting_room = room;
    }
    bool first = s->waiting_n == 0; /* else the round that will send the others is known */
    uint32_t at = (s->waiting_first + s->waiting_n++) % s->waiting_room;
    s->waiting[at] = slot;
    s->waiting_launch[at] = fleet_row(s->fleet, slot)->launch;
    if (first) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->control.pickup_ms, s->now_ms);
        if (at_ms < s->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

void replica_pickup(struct sim *s) {
    event_queue_set(&s->queue, 0, EVENT_NONE);
    while (s->waiting_n > 0) {
        uint32_t slot = s->waiting[s->waiting_first];
        bool stands = fleet_row(s->fleet, slot)->launch == s->waiting_launch[s->waiting_first] &&
                      s->replicas[slot].phase == PHASE_WAITING;
        if (stands && s->launching >= s->control.launch_slots) break;
        s->waiting_first = (s->waiting_first + 1) % s->waiting_room;
        s->waiting_n--;
        if (!stands) continue; /* let go meanwhile */
        replica_observe(s, slot, SP_OBS_SENT, 0, 0);
        send_request(s, slot, false);
    }
    if (s->waiting_n > 0 && s->control.pickup_ms > 0) {
        int64_t at_ms = loop_next(s, LOOP_PICKUP, s->control.pickup_ms, s->now_ms + 1);
        if (at_ms < s->horizon_ms) event_queue_set(&s->queue, 0, event_key(at_ms, EVENT_LAUNCH, 0));
    }
}

HOT void replica_launch(struct sim *s, const struct fleet_order *o, bool only, bool plain) {
    struct replica *r = &s->replicas[o->slot];
    *r = (struct replica){.timer = {EVENT_NONE, EVENT_NONE, EVENT_NONE, EVENT_NONE},
                          .ordinal = cloud_next_launch(&s->cloud, o->pool, (enum sp_market)o->market),
                          .pool = o->pool,
                          .group = (uint16_t)o->group,
                          .market = o->market,
                          .phase = PHASE_WAITING};
    /* drawn before it is wanted, so that it need not be waited for */
    s->drawn_slot = SP_NONE;
    if (plain && o->market == SP_SPOT && s->pools[o->pool].lifetime.kind != DIST_NONE) {
        s->drawn_slot = o->slot;
        s->drawn_life = drawn(s, r, &s->pools[o->pool].lifetime, CLOUD_LIFETIME);
    }
    if (plain && only && s->pools[o->pool].launch_delay_ms == 0) {
        r->phase = PHASE_SENT;
        s->asked_slot = o->slot;
    } else if (plain || direct(s)) {
        send_request(s, o->slot, plain);
    } else {
        update_leaf(s, o->slot);
        enqueue(s, o->slot);
    }
}
