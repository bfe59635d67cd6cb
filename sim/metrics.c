/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hot.h"
#include "base/text.h"

void metrics_start(struct metrics *m, uint32_t nodes) {
    struct outage_log full = m->full_outages, any = m->any_outages;
    memset(m, 0, sizeof *m);
    m->nodes = nodes;
    m->full_outages.lengths_ms = full.lengths_ms;
    m->full_outages.room = full.room;
    m->any_outages.lengths_ms = any.lengths_ms;
    m->any_outages.room = any.room;
}

void metrics_free(struct metrics *m) {
    free(m->full_outages.lengths_ms);
    free(m->any_outages.lengths_ms);
    memset(m, 0, sizeof *m);
}

static void outage_reuse(struct outage_log *o, struct outage_stats *s) {
    if (s->lengths_room > o->room) {
        free(o->lengths_ms);
        o->lengths_ms = s->lengths_ms;
        o->room = s->lengths_room;
    } else {
        free(s->lengths_ms);
    }
    s->lengths_ms = NULL;
    s->n_lengths = s->lengths_room = 0;
}

void metrics_reuse(struct metrics *m, struct sim_result *r) {
    outage_reuse(&m->full_outages, &r->outage_full);
    outage_reuse(&m->any_outages, &r->outage_any);
}

static void outage_end(struct metrics *m, struct outage_log *o, int64_t now_ms) {
    int64_t length = now_ms - o->since_ms;
    o->on = false;
    o->total_ms += length;
    if (length > o->longest_ms) o->longest_ms = length;
    if (o->n == o->room) {
        uint32_t room = o->room ? o->room * 2 : 256;
        int64_t *lengths = realloc(o->lengths_ms, room * sizeof *lengths);
        if (!lengths) {
            m->out_of_memory = true;
            return;
        }
        o->lengths_ms = lengths;
        o->room = room;
    }
    o->lengths_ms[o->n++] = length;
}

/* The condition begins to hold, or not to, with the spell from `from_ms` on. */
static APART void outage_turn(struct metrics *m, struct outage_log *o, bool good, int64_t from_ms) {
    if (good) {
        outage_end(m, o, from_ms);
        o->ended++;
    } else {
        o->on = true;
        o->since_ms = from_ms;
    }
}

static bool outage_changes(const struct outage_log *o, bool good) { return good == o->on; }

static void loss_recover(struct loss_log *l, int64_t at_ms) {
    l->recovery_sum += (money)at_ms * (money)l->open - l->open_since_sum;
    if (at_ms - l->open_first_ms > l->longest_ms) l->longest_ms = at_ms - l->open_first_ms;
    l->recovered += l->open;
    l->open = 0;
    l->open_since_sum = 0;
}

static APART void losses_recover(struct metrics *m, int64_t at_ms) {
    for (int k = 1; m->open_sizes; k++, m->open_sizes >>= 1)
        if (m->open_sizes & 1) loss_recover(&m->losses[k], at_ms);
}

static HOT void losses_open(struct metrics *m, uint32_t replicas, int64_t at_ms) {
    _Static_assert(RECOVERY_K_MAX == 64, "a bit for each size");
    uint32_t k = replicas < RECOVERY_K_MAX ? replicas : RECOVERY_K_MAX;
    struct loss_log *l = &m->losses[k];
    l->count++;
    if (l->open++ == 0) l->open_first_ms = at_ms;
    l->open_since_sum += at_ms;
    m->open_sizes |= UINT64_C(1) << (k - 1);
}

/* All sizes together. */
static struct loss_log losses_sum(const struct metrics *m) {
    struct loss_log all = {0};
    for (int k = 1; k <= RECOVERY_K_MAX; k++) {
        const struct loss_log *l = &m->losses[k];
        all.count += l->count;
        all.recovered += l->recovered;
        all.recovery_sum += l->recovery_sum;
        if (l->longest_ms > all.longest_ms) all.longest_ms = l->longest_ms;
    }
    return all;
}

void metrics_lost(struct metrics *m, uint32_t weight) { m->lost_now += weight; }

HOT void metrics_add_spell(struct metrics *m, int64_t now_ms) {
    int64_t dt = now_ms - m->since_ms;
    uint32_t ready = m->ready[SP_SPOT] + m->ready[SP_ON_DEMAND], target = m->target;
    uint32_t served = ready < target ? ready : target;
    bool full = ready >= target, any = ready >= 1;
    if (full) m->full_ms += dt;
    if (any) m->any_ms += dt;
    if (m->base > 0) {
        m->base_asked_ms += dt;
        if (m->ready[SP_ON_DEMAND] >= m->base) m->base_ms += dt;
    }
    m->served_at_target += (money)served * dt;
    if (ready > target) m->over_ms += (money)(ready - target) * m->nodes * dt;
    if (m->lost_now) {
        losses_open(m, m->lost_now, m->since_ms);
        m->lost_now = 0;
    }
    if (full && m->open_sizes) losses_recover(m, m->since_ms);
    if (outage_changes(&m->full_outages, full)) outage_turn(m, &m->full_outages, full, m->since_ms);
    if (outage_changes(&m->any_outages, any)) outage_turn(m, &m->any_outages, any, m->since_ms);
    m->since_ms = now_ms;
}

/* What was asked and the share of it that was served, one division per target. */
static void flush_capacity(struct metrics *m) {
    int64_t ms_at_target = m->since_ms - m->target_since_ms;
    m->target_since_ms = m->since_ms;
    m->demand += (money)m->target * ms_at_target;
    if (m->target > 0)
        m->capacity_ms += (double)m->served_at_target / m->target;
    else
        m->capacity_ms += (double)ms_at_target;
    m->served += m->served_at_target;
    m->served_at_target = 0;
}

void metrics_set_target(struct metrics *m, uint32_t target) {
    if (target == m->target) return;
    flush_capacity(m);
    m->target = target;
}

/* An outage that is on begins anew with the next spell that it is still on
 * in: it may end at this very instant. */
static void outage_restart(struct outage_log *o) {
    o->on = false;
    o->n = 0;
    o->ended = 0;
    o->total_ms = o->longest_ms = 0;
}

static void gauge_restart(struct gauge *g, int64_t now_ms) { g->minus_change_x_ms = -(money)g->now * now_ms; }

static money gauge_total(const struct gauge *g, int64_t now_ms) {
    return g->minus_change_x_ms + (money)g->now * now_ms;
}

void metrics_begin_counting(struct metrics *m, int64_t now_ms) {
    m->since_ms = m->counted_from_ms = m->target_since_ms = now_ms;
    m->full_ms = m->any_ms = m->base_ms = m->base_asked_ms = 0;
    m->served = m->demand = m->served_at_target = 0;
    m->over_ms = 0;
    gauge_restart(&m->booting, now_ms);
    gauge_restart(&m->draining, now_ms);
    m->capacity_ms = 0;
    outage_restart(&m->full_outages);
    outage_restart(&m->any_outages);
    m->lost_now = 0;
    memset(m->losses, 0, sizeof m->losses);
    m->open_sizes = 0;
}

static struct outage_stats outage_result(struct metrics *m, struct outage_log *o, int64_t counted_ms) {
    bool cut = o->on;
    if (cut) outage_end(m, o, m->since_ms);
    struct outage_stats s = {.count = o->n,
                             .ended = o->ended,
                             .longest_ms = o->longest_ms,
                             .total_ms = o->total_ms,
                             .n_lengths = o->n,
                             .lengths_ms = o->lengths_ms,
                             .lengths_room = o->room,
                             .last_cut = cut};
    /* an outage cut by the horizon has not been repaired: its time counts, it
     * does not (the exponential's censored maximum likelihood) */
    s.mean_s = o->n ? (double)o->total_ms / 1000.0 / (double)o->n : NAN;
    s.mttr_s = o->ended ? (double)o->total_ms / 1000.0 / (double)o->ended : NAN;
    s.mtbf_s = o->n ? (double)(counted_ms - o->total_ms) / 1000.0 / (double)o->n : NAN;
    o->lengths_ms = NULL;
    o->n = o->room = 0;
    return s;
}

static double share(money part, money whole) {
    if (whole == 0) return NAN;
    return (double)part / (double)whole;
}

void metrics_group_result(struct metrics *m, struct group_result *r) {
    flush_capacity(m);
    int64_t counted = m->since_ms - m->counted_from_ms;
    r->full = share(m->full_ms, counted);
    r->any = share(m->any_ms, counted);
    r->base = share(m->base_ms, m->base_asked_ms);
    r->capacity = counted ? m->capacity_ms / (double)counted : NAN;
    r->served = share(m->served, m->demand);
    r->target_hours = (double)m->demand / (double)MS_PER_HOUR * m->nodes;
}

static double hours(money ms) { return (double)ms / (double)MS_PER_HOUR; }

void metrics_finish(struct metrics *m, struct sim_result *r) {
    struct group_result g;
    metrics_group_result(m, &g);
    r->full = g.full;
    r->any = g.any;
    r->base = g.base;
    r->capacity = g.capacity;
    r->served = g.served;
    r->target_hours = g.target_hours;
    int64_t counted = m->since_ms - m->counted_from_ms;
    r->outage_full = outage_result(m, &m->full_outages, counted);
    r->outage_any = outage_result(m, &m->any_outages, counted);
    for (int k = 0; k <= RECOVERY_K_MAX; k++) {
        const struct loss_log one = k ? m->losses[k] : losses_sum(m), *l = &one;
        r->recovery[k] = (struct recovery_stats){
            .count = l->count,
            .recovered = l->recovered,
            .mean_s = l->recovered ? (double)l->recovery_sum / 1000.0 / (double)l->recovered : NAN,
            .longest_ms = l->longest_ms};
    }
    r->waste_hours_cold = hours(gauge_total(&m->booting, m->since_ms));
    r->waste_hours_drain = hours(gauge_total(&m->draining, m->since_ms));
    r->waste_hours_overprovision = hours(m->over_ms);
}
