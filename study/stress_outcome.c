/* SPDX-License-Identifier: Apache-2.0 */
#include "study/stress_outcome.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void course_see(void *course, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    struct course *c = course;
    const struct course_point point = {at_ms, ready_spot + ready_on_demand, target};
    (void)capacity;
    (void)cost_rate_uusd_per_h;
    if (c->n) {
        struct course_point *last = &c->points[c->n - 1];
        if (last->ready == point.ready && last->target == point.target) return;
        if (at_ms <= c->from_ms) {
            *last = point;
            return;
        }
    }
    if (c->n == c->room) {
        uint32_t room = c->room ? c->room * 2 : 64;
        struct course_point *points = realloc(c->points, room * sizeof *points);
        c->failed |= !points;
        if (!points) return;
        c->points = points;
        c->room = room;
    }
    c->points[c->n++] = point;
}

void course_free(struct course *c) {
    free(c->points);
    memset(c, 0, sizeof *c);
}

/* A course read in order of time; before its first point nothing is ready. */
struct reading {
    const struct course *course;
    uint32_t next;
    uint32_t ready, target;
};

static int64_t next_ms(const struct reading *r) {
    return r->next < r->course->n ? r->course->points[r->next].at_ms : INT64_MAX;
}

static void read_to(struct reading *r, int64_t at_ms) {
    for (; next_ms(r) <= at_ms; r->next++) {
        r->ready = r->course->points[r->next].ready;
        r->target = r->course->points[r->next].target;
    }
}

/* Replicas that the stressed run is short of. */
static uint32_t gap(const struct reading *calm, const struct reading *stressed) {
    uint32_t due = calm->ready < stressed->target ? calm->ready : stressed->target;
    return due > stressed->ready ? due - stressed->ready : 0;
}

void stress_compare(const struct course *calm, const struct course *stressed, int64_t from_ms, int64_t ends_ms,
                    int64_t horizon_ms, struct stress_outcome *out) {
    struct reading a = {.course = calm}, b = {.course = stressed};
    int64_t spell_ms = 0, longest_ms = 0, behind_ms = 0, now_ms = from_ms;
    double lost_ms = 0;
    *out = (struct stress_outcome){.least_ready = UINT32_MAX, .recovered = true};
    while (now_ms < horizon_ms) {
        read_to(&a, now_ms);
        read_to(&b, now_ms);
        uint32_t behind = gap(&a, &b);
        if (!behind) spell_ms = 0;
        if (now_ms >= ends_ms && spell_ms == 0) break; /* what begins later is not their doing */
        int64_t until_ms = next_ms(&a) < next_ms(&b) ? next_ms(&a) : next_ms(&b);
        if (now_ms < ends_ms && until_ms > ends_ms) until_ms = ends_ms;
        if (until_ms > horizon_ms) until_ms = horizon_ms;
        if (b.ready < out->least_ready) out->least_ready = b.ready;
        if (behind) {
            spell_ms += until_ms - now_ms;
            behind_ms += until_ms - now_ms;
            lost_ms += (double)behind * (double)(until_ms - now_ms);
        }
        if (spell_ms > longest_ms) longest_ms = spell_ms;
        now_ms = until_ms;
    }
    out->recovered = now_ms < horizon_ms || spell_ms == 0;
    out->recovery_s = (double)longest_ms / (double)MS_PER_S;
    out->behind_s = (double)behind_ms / (double)MS_PER_S;
    out->lost_replica_h = lost_ms / (double)MS_PER_HOUR;
    if (out->least_ready == UINT32_MAX) out->least_ready = b.ready;
}
