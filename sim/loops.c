/* SPDX-License-Identifier: Apache-2.0
 * The controller's periodic loops.  They need no events of their own: when a
 * loop next comes round follows from its period and phase. */
#include "base/hot.h"
#include "base/random.h"
#include "sim/sim_private.h"

HOT int64_t loop_next(const struct sim *s, enum loop loop, int64_t period_ms, int64_t at_ms) {
    if (period_ms == 0) return at_ms;
    int64_t phase = s->phase_ms[loop];
    if (at_ms <= phase) return phase;
    return phase + (at_ms - phase + period_ms - 1) / period_ms * period_ms;
}

int64_t loop_last(const struct sim *s, enum loop loop, int64_t period_ms, int64_t at_ms) {
    if (period_ms == 0) return at_ms;
    int64_t since = at_ms - 1 - s->phase_ms[loop];
    return since < 0 ? -1 : s->phase_ms[loop] + since / period_ms * period_ms;
}

void loops_start(struct sim *s, uint64_t key) {
    const struct control_params *c = &s->control;
    const int64_t period[LOOPS] = {
        [LOOP_TICK] = c->interval_ms, [LOOP_PICKUP] = c->pickup_ms,         [LOOP_REAP] = c->reap_ms,
        [LOOP_PROBE] = c->probe_ms,   [LOOP_JOB_STATUS] = c->job_status_ms, [LOOP_LB] = c->lb_sync_ms,
    };
    uint64_t phases = random_key_text(key, "loop phases");
    for (int i = 0; i < LOOPS; i++) {
        double u = random_u01(random_key(phases, (uint64_t)i));
        s->phase_ms[i] = c->random_phases ? (int64_t)(u * (double)period[i]) : 0;
    }
}
