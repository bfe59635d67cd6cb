/* SPDX-License-Identifier: Apache-2.0
 * What must hold for every run, on runs drawn from seeds. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cloud/billing.h"
#include "tests/support/random_run.h"

static uint64_t first_seed(uint64_t *n) {
    const char *seed = getenv("SPOTSIM_SEED");
    if (!seed) return 0;
    *n = 1;
    return strtoull(seed, NULL, 10);
}

/* ---- skipped ticks and observations, reruns --------------------------------------------------------- */

static void what_is_skipped_changes_nothing(void **state) {
    (void)state;
    uint64_t n = test_times(1000, 20000), ticks = 0, events = 0;
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        harness_run(&r.h);
        struct sim_result skipped = r.h.result;
        memset(&r.h.result, 0, sizeof r.h.result);
        r.h.config.every_tick = true;
        harness_run(&r.h);
        const char *what = results_differ(&skipped, &r.h.result);
        if (what)
            fail_msg("seed %" PRIu64 ": %s differs when every tick is called and all is told; %s", i, what, r.text);
        sim_result_free(&skipped);
        if (r.h.config.control.interval_ms > 0)
            ticks++;
        else
            events++;
        random_run_end(&r);
    }
    test_count("runs with ticks skipped against every tick", ticks);
    test_count("runs on observations, told what is heard against told all", events);
}

static void reruns_are_equal(void **state) {
    (void)state;
    uint64_t n = test_times(300, 5000);
    struct sim *used = sim_new(); /* has run everything before */
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        struct error e = {0};
        random_run_start(&r, i);
        harness_run(&r.h);
        struct sim_result again;
        for (int k = 0; k < 2; k++) {
            assert_ok(sim_run(used, &r.h.config, NULL, &again, &e), &e);
            const char *what = results_differ(&r.h.result, &again);
            if (what) fail_msg("seed %" PRIu64 ": %s differs when a used simulator runs it; %s", i, what, r.text);
            sim_result_free(&again);
        }
        random_run_end(&r);
    }
    sim_free(used);
    test_count("runs repeated", n);
}

/* A shorter horizon sees the same world: its journal is the beginning of the
 * longer run's. */
static char *journal_of(struct random_run *r, int64_t horizon_ms) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct sim_outputs outputs = {.journal = out};
    r->h.config.horizon_ms = horizon_ms;
    harness_run_out(&r->h, &outputs);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void horizon_only_cuts(void **state) {
    (void)state;
    uint64_t n = test_times(400, 10000), bytes = 0;
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        struct luck l = {.key = i};
        int64_t whole = r.h.config.horizon_ms, cut = 1 + luck_below(&l, (uint32_t)whole);
        r.h.config.warmup_ms = 0;
        char *shorter = journal_of(&r, cut), *longer = journal_of(&r, whole);
        size_t same = (size_t)(strstr(shorter, "[\"end\"") - shorter);
        if (strncmp(shorter, longer, same) != 0)
            fail_msg("seed %" PRIu64 ": what happens before %" PRId64 " ms depends on the horizon; %s", i, cut, r.text);
        bytes += same;
        free(shorter);
        free(longer);
        random_run_end(&r);
    }
    test_count("runs cut short", n);
    test_count("  bytes of their journals compared", bytes);
}

/* ---- invariants ------------------------------------------------------------------------ */

struct watch {
    uint64_t seed, calls;
    int64_t at_ms;
    int64_t rate, since_ms; /* cost rate in force */
    int64_t warmup_ms;
    int64_t full_ms, any_ms;
    uint32_t spot, on_demand, target;
    money spent;
};

static void add_spell(struct watch *w, int64_t to_ms) {
    int64_t from = w->since_ms > w->warmup_ms ? w->since_ms : w->warmup_ms;
    if (to_ms <= from) return;
    w->spent += (money)w->rate * (to_ms - from);
    if (w->spot + w->on_demand >= w->target) w->full_ms += to_ms - from;
    if (w->spot + w->on_demand >= 1) w->any_ms += to_ms - from;
}

static void see(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                uint32_t capacity, int64_t rate) {
    struct watch *w = arg;
    (void)capacity;
    if (w->calls++ > 0 && at_ms <= w->at_ms) fail_msg("seed %" PRIu64 ": timeline goes back", w->seed);
    if (rate < 0) fail_msg("seed %" PRIu64 ": negative cost rate", w->seed);
    add_spell(w, at_ms);
    w->at_ms = w->since_ms = at_ms;
    w->rate = rate;
    w->spot = ready_spot;
    w->on_demand = ready_on_demand;
    w->target = target;
}

static void totals_add_up(const struct sim_result *r, uint64_t seed) {
    uint64_t launched[SP_MARKETS] = {0, 0}, denied = 0, noticed = 0, preempted = 0, terminated = 0;
    double hours[SP_MARKETS] = {0, 0}, cost[SP_MARKETS] = {0, 0};
    for (uint32_t p = 0; p < r->n_pools; p++) {
        const struct pool_result *x = &r->pools[p];
        for (int m = 0; m < SP_MARKETS; m++) {
            launched[m] += x->launched[m];
            denied += x->denied[m];
            hours[m] += x->hours[m];
            cost[m] += x->cost_usd[m];
            if (x->ready_hours[m] > x->hours[m] + 1e-9) fail_msg("seed %" PRIu64 ": more ready than held", seed);
        }
        noticed += x->noticed;
        preempted += x->preempted;
        terminated += x->terminated;
    }
    bool good =
        denied == r->denied && noticed == r->noticed && preempted == r->preempted && terminated == r->terminated;
    for (int m = 0; m < SP_MARKETS; m++) {
        good &= launched[m] == r->launched[m] && fabs(hours[m] - r->hours[m]) <= 1e-9 * (1 + hours[m]);
        good &= isnan(cost[m]) == isnan(r->cost_usd[m]);
        if (!isnan(cost[m])) good &= fabs(cost[m] - r->cost_usd[m]) <= 1e-9 * (1 + cost[m]);
    }
    if (!good) fail_msg("seed %" PRIu64 ": the pools do not add up to the total", seed);
    bool shares =
        r->full >= 0 && r->full <= 1 && r->any >= 0 && r->any <= 1 && r->capacity >= 0 && r->capacity <= 1 + 1e-12;
    if (!shares) fail_msg("seed %" PRIu64 ": a share is outside [0,1]", seed);
}

static bool all_plain(const struct harness *h) {
    for (uint32_t p = 0; p < h->trace->n_pools; p++)
        if (h->pools[p].billing != BILLING_PLAIN) return false;
    return true;
}

static void timeline_is_the_result(void **state) {
    (void)state;
    uint64_t n = test_times(500, 10000), seen = 0;
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        if (i % 2)
            for (uint32_t p = 0; p < r.h.trace->n_pools; p++) r.h.pools[p].billing = BILLING_PLAIN;
        struct watch w = {.seed = i, .warmup_ms = r.h.config.warmup_ms};
        struct sim_outputs out = {.timeline = see, .timeline_arg = &w};
        harness_run_out(&r.h, &out);
        const struct sim_result *x = &r.h.result;
        totals_add_up(x, i);
        add_spell(&w, r.h.config.horizon_ms);
        double counted = (double)(r.h.config.horizon_ms - r.h.config.warmup_ms);
        if ((double)w.full_ms / counted != x->full || (double)w.any_ms / counted != x->any)
            fail_msg("seed %" PRIu64 ": the timeline has other shares than the result; %s", i, r.text);
        if (all_plain(&r.h) && !isnan(x->cost_total_usd) && money_usd(w.spent) != x->cost_total_usd)
            fail_msg("seed %" PRIu64 ": the timeline costs %.17g, the result %.17g; %s", i, money_usd(w.spent),
                     x->cost_total_usd, r.text);
        seen += w.calls;
        random_run_end(&r);
    }
    test_count("runs integrated again from the timeline", n);
    test_count("  changes in them", seen);
}

/* hours x price == cost, and any never below full, where that must be. */
static void constant_price_times_hours(void **state) {
    (void)state;
    uint64_t n = test_times(300, 5000);
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        for (uint32_t p = 0; p < r.h.trace->n_pools; p++) {
            r.h.pools[p].billing = BILLING_PLAIN;
            r.h.pools[p].price_spot = 1000000;
            r.h.pools[p].price_on_demand = 3000000;
        }
        harness_run(&r.h);
        const struct sim_result *x = &r.h.result;
        double usd = x->hours[SP_SPOT] + 3 * x->hours[SP_ON_DEMAND];
        if (fabs(usd - x->cost_total_usd) > 1e-12 * (1 + usd))
            fail_msg("seed %" PRIu64 ": %.17g hours x price, cost %.17g; %s", i, usd, x->cost_total_usd, r.text);
        bool idle = x->outage_full.total_ms == 0 && x->target_hours == 0;
        bool always_asked =
            strstr(r.text, "target=0") == NULL && strstr(r.text, "series") == NULL && r.h.config.n_groups == 1;
        if (always_asked && !idle && x->full > x->any) fail_msg("seed %" PRIu64 ": full above any; %s", i, r.text);
        random_run_end(&r);
    }
    test_count("runs at constant prices", n);
}

/* ---- held never exceeds capacity ------------------------------------------------------- */

struct held {
    uint64_t seed, calls;
};

/* Spot costs 1 $/h and on-demand nothing, so the cost rate is what is held. */
static void see_held(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                     uint32_t capacity, int64_t rate) {
    struct held *h = arg;
    (void)ready_spot;
    (void)ready_on_demand;
    (void)target;
    h->calls++;
    if (rate / 1000000 > (int64_t)capacity)
        fail_msg("seed %" PRIu64 ": %" PRId64 " held at %" PRId64 " ms, capacity %u", h->seed, rate / 1000000, at_ms,
                 capacity);
}

static void held_within_capacity(void **state) {
    (void)state;
    uint64_t n = test_times(500, 10000), seen = 0;
    for (uint64_t i = first_seed(&n), end = i + n; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        r.h.config.means_launch = false;
        for (uint32_t p = 0; p < r.h.trace->n_pools; p++) {
            r.h.pools[p].price_spot = 1000000;
            r.h.pools[p].price_on_demand = 0;
        }
        struct held h = {.seed = i};
        struct sim_outputs out = {.timeline = see_held, .timeline_arg = &h};
        harness_run_out(&r.h, &out);
        seen += h.calls;
        random_run_end(&r);
    }
    test_count("instants with what is held within capacity", seen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_skipped_changes_nothing),
        cmocka_unit_test(reruns_are_equal),
        cmocka_unit_test(horizon_only_cuts),
        cmocka_unit_test(timeline_is_the_result),
        cmocka_unit_test(constant_price_times_hours),
        cmocka_unit_test(held_within_capacity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
