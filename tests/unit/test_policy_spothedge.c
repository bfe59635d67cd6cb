/* SPDX-License-Identifier: Apache-2.0
 * Our parts against the rules of SpotHedge's simulator, written down here once
 * more as plain loops over ticks and zones.  Random capacities, every tick
 * compared: replicas per zone and on-demand replicas. */
#include "tests/support/fake_fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 30000
#define ZONES 4
#define TICKS 400

enum spread { ROUND_ROBIN, EVEN_SPREAD };
enum fallback { NONE, FAILOVER, SAFETY_NET };

struct world {
    int zones, cold, target, over;
    double slo;
    enum spread spread;
    enum fallback fallback;
    int capacity[TICKS][ZONES];
};

/* ---- the rules ------------------------------------------------------------ */

struct plan {
    int spot[TICKS][ZONES], on_demand[TICKS];
    int met, next_zone, last_t, last_on_demand;
};

static int min_back(const int *counts, int stride, int t, int cold) {
    if (t < cold) return 0;
    int least = counts[t * stride];
    for (int i = t - cold; i < t; i++)
        if (counts[i * stride] < least) least = counts[i * stride];
    return least;
}

static int ready_spot(const struct world *w, const struct plan *p, int t) {
    int n = 0;
    for (int z = 0; z < w->zones && t >= 0; z++) n += min_back(&p->spot[0][z], ZONES, t, w->cold);
    return n;
}

static int on_demand_wanted(const struct world *w, struct plan *p, int t) {
    int provision = w->target + w->over, missing = provision - ready_spot(w, p, t - 1), n = 0;
    if (w->fallback == NONE) return 0;
    if (w->fallback == SAFETY_NET && (double)p->met / (t + 1) <= w->slo) n = w->target;
    if (missing > 0) {
        int cover = missing < w->target ? missing : w->target;
        if (cover > n) n = cover;
        p->last_t = t;
        p->last_on_demand = n;
    } else if (w->fallback == SAFETY_NET && t - p->last_t < w->cold && p->last_on_demand > n) {
        n = p->last_on_demand;
    }
    return n;
}

static void spread(const struct world *w, struct plan *p, int t, int missing) {
    if (w->spread == ROUND_ROBIN) {
        for (; missing > 0; missing--) {
            p->spot[t][p->next_zone]++;
            p->next_zone = (p->next_zone + 1) % w->zones;
        }
        return;
    }
    for (int least = 0; missing > 0; least++)
        for (int z = 0; z < w->zones && missing > 0; z++)
            if (p->spot[t][z] == least) p->spot[t][z]++, missing--;
}

static void plan_tick(const struct world *w, struct plan *p, int t) {
    int held = 0;
    p->on_demand[t] = on_demand_wanted(w, p, t);
    for (int z = 0; z < w->zones; z++) held += p->spot[t][z] = t > 0 ? p->spot[t - 1][z] : 0;
    spread(w, p, t, w->target + w->over - held);
    for (int z = 0; z < w->zones; z++)
        if (p->spot[t][z] > w->capacity[t][z]) p->spot[t][z] = w->capacity[t][z];
    p->met += ready_spot(w, p, t) + min_back(p->on_demand, 1, t, w->cold) >= w->target;
}

/* ---- our parts in the same world ------------------------------------------ */

static void clip_zone(struct fake *f, uint32_t zone, int capacity) {
    for (;;) {
        struct sp_instance *newest = NULL;
        int held = 0;
        for (uint32_t i = 0; i < f->n_slots; i++) {
            struct sp_instance *r = &f->rows[i];
            if (r->launch == 0 || r->pool != zone || r->market != SP_SPOT) continue;
            held++;
            if (!newest || r->launch > newest->launch) newest = r;
        }
        if (held <= capacity) return;
        fake_observe(f, newest->launch, newest->state == SP_REQUESTED ? SP_OBS_DENIED : SP_OBS_PREEMPTED);
    }
}

/* What the simulated cloud does at an instant after the decisions. */
static void pass_tick(const struct world *w, struct fake *f, int t) {
    for (int z = 0; z < w->zones; z++) clip_zone(f, (uint32_t)z, w->capacity[t][z]);
    for (uint32_t i = 0; i < f->n_slots; i++) {
        struct sp_instance *r = &f->rows[i];
        if (r->launch == 0) continue;
        if (r->state == SP_DRAINING) {
            fake_observe(f, r->launch, SP_OBS_TERMINATED);
            continue;
        }
        if (r->state == SP_REQUESTED) fake_observe(f, r->launch, SP_OBS_GRANTED);
        if (r->state == SP_STARTING && f->now_ms - r->launched_ms >= (int64_t)w->cold * TICK_MS)
            fake_observe(f, r->launch, SP_OBS_READY);
    }
}

static void compare(const struct fake *f, const struct world *w, const struct plan *p, int t, uint64_t seed) {
    int spot[ZONES] = {0}, on_demand = 0;
    for (uint32_t i = 0; i < f->n_slots; i++) {
        const struct sp_instance *r = &f->rows[i];
        if (r->launch == 0) continue;
        if (r->market == SP_SPOT)
            spot[r->pool]++;
        else
            on_demand++;
    }
    for (int z = 0; z < w->zones; z++)
        if (spot[z] != p->spot[t][z])
            fail_msg("seed %llu tick %d zone %d: %d spot, expected %d", (unsigned long long)seed, t, z, spot[z],
                     p->spot[t][z]);
    if (on_demand != p->on_demand[t])
        fail_msg("seed %llu tick %d: %d on demand, expected %d", (unsigned long long)seed, t, on_demand,
                 p->on_demand[t]);
}

static struct fake *fake_for(const struct world *w) {
    static const char *const placers[] = {"round-robin", "even-spread"};
    char policy[160];
    switch (w->fallback) {
    case NONE:
        snprintf(policy, sizeof policy, "spot(overprovision=%d)+%s", w->over, placers[w->spread]);
        break;
    case FAILOVER:
        snprintf(policy, sizeof policy, "skyserve(base=0,dynamic=true,overprovision=%d)+%s", w->over,
                 placers[w->spread]);
        break;
    case SAFETY_NET:
        snprintf(policy, sizeof policy, "safety-net(overprovision=%d,slo=%.17g,dwell=%ds)+%s", w->over, w->slo,
                 w->cold * TICK_MS / 1000, placers[w->spread]);
        break;
    }
    struct fake *f = fake_new(policy, (uint32_t)w->zones);
    f->interval_ms = f->retry_ms = TICK_MS;
    f->target = (uint32_t)w->target;
    return f;
}

/* Runs the world; skips steps that have nothing to do unless every_tick. */
static uint64_t run(const struct world *w, bool every_tick, uint64_t seed, uint64_t *steps) {
    struct fake *f = fake_for(w);
    struct plan *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->last_t = -1;
    p->last_on_demand = -1;
    for (int t = 0; t < TICKS; t++) {
        f->now_ms = (int64_t)t * TICK_MS;
        if (every_tick || f->n_obs > 0 || f->now_ms >= f->wake_ms) {
            fake_step(f, f->now_ms);
            ++*steps;
        }
        pass_tick(w, f, t);
        plan_tick(w, p, t);
        compare(f, w, p, t, seed);
    }
    uint64_t digest = composer_digest(f->composer);
    free(p);
    fake_free(f);
    return digest;
}

static struct world draw_world(uint64_t seed, enum fallback fallback) {
    struct world w = {.fallback = fallback};
    uint64_t s = seed;
    w.zones = 1 + (int)sp_random_below(&s, ZONES);
    w.cold = (int)sp_random_below(&s, 8);
    w.target = 1 + (int)sp_random_below(&s, 5);
    w.over = (int)sp_random_below(&s, 4);
    w.spread = sp_random_below(&s, 2) ? ROUND_ROBIN : EVEN_SPREAD;
    w.slo = (double)(1 + sp_random_below(&s, 100)) / 100;
    uint32_t stay = 1 + sp_random_below(&s, 60);
    for (int z = 0; z < w.zones; z++) {
        int capacity = 0;
        for (int t = 0; t < TICKS; t++) {
            if (t == 0 || sp_random_below(&s, stay) == 0) capacity = (int)sp_random_below(&s, 6);
            w.capacity[t][z] = capacity;
        }
    }
    return w;
}

static void try_worlds(enum fallback fallback, const char *what) {
    uint64_t times = test_times(60, 5000), all = 0, some = 0;
    for (uint64_t seed = 1; seed <= times; seed++) {
        struct world w = draw_world(seed, fallback);
        uint64_t every = run(&w, true, seed, &all), skipped = run(&w, false, seed, &some);
        if (every != skipped) fail_msg("seed %llu: skipping steps changed the state", (unsigned long long)seed);
    }
    assert_true(some < all); /* there was something to skip */
    test_count(what, times);
}

static void test_spot_alone(void **state) {
    (void)state;
    try_worlds(NONE, "SpotHedge worlds, spot only");
}

static void test_failover(void **state) {
    (void)state;
    try_worlds(FAILOVER, "SpotHedge worlds, on-demand fallback");
}

static void test_safety_net(void **state) {
    (void)state;
    try_worlds(SAFETY_NET, "SpotHedge worlds, safety net and dwell");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spot_alone),
        cmocka_unit_test(test_failover),
        cmocka_unit_test(test_safety_net),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
