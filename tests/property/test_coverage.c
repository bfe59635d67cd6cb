/* SPDX-License-Identifier: Apache-2.0
 * Do the 95 % intervals of a study hold the truth 95 % of the time?  A thousand
 * studies of a few runs each, on clouds whose expectation is known exactly.
 * Away from the bound 1 between 93 and 97 % must; near it, where the bound's
 * own interval promises at least 95 %, no fewer than 93 %.  Few studies are
 * allowed what chance does to them. */
#include <inttypes.h>
#include <math.h>

#include "base/random.h"
#include "base/text.h"
#include "study/stats.h"
#include "tests/support/closed.h"

#define RUNS_MAX 32u

/* n spot replicas with exponential lifetimes and cold starts: each is ready a
 * share p of the time, on its own. */
struct fleet {
    const char *policy, *life, *cold;
    double life_s, cold_s;
    uint32_t target, spot, on_demand;
    int64_t hours; /* counted, after 12 of warm-up */
};

static double share_ready(const struct fleet *f) { return f->life_s / (f->life_s + f->cold_s); }

static double value_full(const struct sim_result *r, double hours) {
    (void)hours;
    return r->full;
}
static double truth_full(const struct fleet *f) {
    return binomial_least(f->spot, share_ready(f), f->target - f->on_demand);
}
static double value_any(const struct sim_result *r, double hours) {
    (void)hours;
    return r->any;
}
static double truth_any(const struct fleet *f) { return binomial_least(f->spot, share_ready(f), 1); }
static double value_preempted(const struct sim_result *r, double hours) { return (double)r->preempted / hours; }
static double truth_preempted(const struct fleet *f) { return f->spot * 3600 / f->life_s; }
static double value_wasted(const struct sim_result *r, double hours) { return r->waste_hours_cold / hours; }
static double truth_wasted(const struct fleet *f) { return f->spot * (1 - share_ready(f)); }

struct coverage_case {
    const char *name;
    struct fleet fleet;
    double (*value)(const struct sim_result *r, double hours);
    double (*truth)(const struct fleet *f);
    uint32_t runs; /* of one study */
    bool share;    /* lies in [0, 1] */
    bool near_bound;
};

#define FLEET4                                                                                                         \
    { "spot()+cheapest", "exponential(1h)", "exponential(10m)", 3600, 600, 4, 4, 0, 24 }
#define FLEET_BASE                                                                                                     \
    { "static-base(base=1)+cheapest", "exponential(2h)", "exponential(5m)", 7200, 300, 4, 3, 1, 24 }
#define FLEET_SAFE                                                                                                     \
    { "spot(overprovision=2)+cheapest", "exponential(2h)", "exponential(5m)", 7200, 300, 3, 5, 0, 24 }
#define FLEET_RARE                                                                                                     \
    { "spot()+cheapest", "exponential(6h)", "exponential(3m)", 21600, 180, 3, 3, 0, 24 }
#define FLEET_ONE                                                                                                      \
    { "spot()+cheapest", "exponential(30d)", "exponential(1h)", 2592000, 3600, 1, 1, 0, 24 }

static const struct coverage_case cases[] = {
    {"full, 4 of 4, 16 runs", FLEET4, value_full, truth_full, 16, true, false},
    {"full, 4 of 4, 8 runs", FLEET4, value_full, truth_full, 8, true, false},
    {"full with a base, 16 runs", FLEET_BASE, value_full, truth_full, 16, true, false},
    {"preemptions, 16 runs", FLEET4, value_preempted, truth_preempted, 16, false, false},
    {"cold hours, 16 runs", FLEET4, value_wasted, truth_wasted, 16, false, false},
    {"full near 1, 16 runs", FLEET_SAFE, value_full, truth_full, 16, true, true},
    {"full near 1, 32 runs", FLEET_SAFE, value_full, truth_full, 32, true, true},
    {"any near 1, 16 runs", FLEET_RARE, value_any, truth_any, 16, true, true},
    {"any at 1, 8 runs", FLEET_ONE, value_any, truth_any, 8, true, true},
    {"any at 1, 32 runs", FLEET_ONE, value_any, truth_any, 32, true, true},
};
#define CASES (sizeof cases / sizeof cases[0])

static void start(struct harness *h, const struct fleet *f) {
    closed_start(h, f->policy, f->target, (f->hours + 12) * 3600, "12h");
    harness_set(h, "cloud.defaults.lifetime", f->life);
    harness_set(h, "cloud.defaults.cold_start", f->cold);
}

static void check_case(const struct coverage_case *c, uint64_t seed, uint32_t studies) {
    struct harness h;
    struct error e = {0};
    start(&h, &c->fleet);
    double hours = (double)(h.config.horizon_ms - h.config.warmup_ms) / (double)MS_PER_HOUR;
    double truth = c->truth(&c->fleet);
    uint32_t held = 0;
    h.config.seed = seed;
    for (uint32_t s = 0; s < studies; s++) {
        double x[RUNS_MAX];
        struct estimate est;
        for (uint32_t r = 0; r < c->runs; r++) {
            h.config.replication = (uint64_t)s * c->runs + r;
            harness_run(&h);
            x[r] = c->value(&h.result, hours);
        }
        assert_ok(stats_estimate(x, c->runs, c->share ? 0 : -INFINITY, c->share ? 1 : INFINITY, random_key(seed, s),
                                 &est, &e),
                  &e);
        held += est.lo <= truth && truth <= est.hi;
    }
    double share = (double)held / studies, slack = studies < 250 ? 4 * sqrt(0.95 * 0.05 / studies) : 0.02;
    if (share < 0.95 - slack || share > (c->near_bound ? 1 : 0.95 + slack))
        fail_msg("%s, seed %" PRIu64 ": %.1f %% of %u intervals hold %.6g", c->name, seed, 100 * share, studies, truth);
    harness_end(&h);
}

static void test_coverage(void **state) {
    (void)state;
    uint64_t n = 0;
    for (size_t i = 0; i < CASES; i++) {
        uint32_t studies =
            (uint32_t)(cases[i].near_bound ? test_slow_times(60, 250, 1000) : test_slow_times(60, 1000, 1000));
        for (uint64_t seed = 1; seed <= test_times(1, 3); seed++, n += studies) check_case(&cases[i], seed, studies);
    }
    test_count("interval coverage: studies", n);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_coverage)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
