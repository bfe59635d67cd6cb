/* SPDX-License-Identifier: Apache-2.0
 * The promise that lets hosts skip steps: without observations and before the
 * wake time a call changes nothing.  Two hosts live through one random history;
 * one calls at every tick, the other only when it must; all answers, rows and
 * states stay equal. */
#include "tests/support/fake_fleet.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS 1000
#define TICKS 300

static const char *const mixes[] = {"on-demand",
                                    "spot(overprovision=2,notice=react,rebalance=react)",
                                    "static-base(base=2,notice=react)",
                                    "base-percent(base=1,percent=40,rebalance=react)",
                                    "skyserve(base=1,dynamic=true,overprovision=1,notice=react)",
                                    "skyserve(dynamic=true)",
                                    "safety-net(base=1,slo=0.7,dwell=25s,notice=react,rebalance=react)",
                                    "safety-net(overprovision=1,slo=0.3,dwell=3s)",
                                    "docs/examples/policy_cautious.c(calm=40s)"};
static const char *const placers[] = {"cheapest", "round-robin",        "even-spread", "least-loaded",         "random",
                                      "skypilot", "ttl-bench(ttl=17s)", "spothedge",   "spothedge(reset=code)"};

struct pair {
    struct fake *every, *skip;
    uint64_t stream, seed, skipped;
};

static struct fake *make(const char *mix, const char *placer, uint64_t seed) {
    char policy[256];
    snprintf(policy, sizeof policy, "series(file=0s:3 50s:6 90s:0 120s:4 200s:1)+%s+%s", mix, placer);
    struct fake *f = fake_new(policy, 4);
    f->interval_ms = seed % 2 ? TICK_MS : 0;
    f->retry_ms = 1 + 500 * (int64_t)(seed % 7);
    f->max_actions = 1 + (uint32_t)(seed % 5) * 7;
    if (seed % 3 == 0) f->pools[2].weight = 3;
    if (seed % 11 == 0)
        for (uint32_t p = 0; p < 4; p++) f->pools[p].capacity = 2;
    return f;
}

/* What happens to one replica, if anything: a kind to observe, or 0. */
static enum sp_observation_kind draw_event(uint64_t *stream, const struct sp_instance *r) {
    uint32_t x = sp_random_below(stream, 100);
    switch (r->state) {
    case SP_REQUESTED:
        return x < 50 ? SP_OBS_SENT : 0;
    case SP_PROVISIONING:
        return x < 30 ? SP_OBS_GRANTED : x < 55 ? SP_OBS_DENIED : 0;
    case SP_STARTING:
        return x < 20 ? SP_OBS_READY : x < 22 ? SP_OBS_FAILED : x < 24 ? SP_OBS_PREEMPTED : 0;
    case SP_UNREADY:
        return x < 40 ? SP_OBS_READY : x < 45 ? SP_OBS_FAILED : 0;
    case SP_READY:
        if (r->market == SP_ON_DEMAND) return x < 3 ? SP_OBS_UNREADY : 0;
        return x < 2 ? SP_OBS_PREEMPTED : x < 4 ? SP_OBS_NOTICE : x < 6 ? SP_OBS_REBALANCE : x < 8 ? SP_OBS_UNREADY : 0;
    case SP_DRAINING:
        return x < 30 ? SP_OBS_TERMINATED : 0;
    default:
        return 0;
    }
}

static void happen(struct pair *p, int64_t at_ms) {
    for (uint32_t i = 0; i < p->every->n_slots; i++) {
        const struct sp_instance *r = &p->every->rows[i];
        if (r->launch == 0) continue;
        enum sp_observation_kind kind = draw_event(&p->stream, r);
        if (kind == 0) continue;
        uint64_t launch = r->launch;
        uint8_t reason = kind == SP_OBS_DENIED ? SP_DENIED_CAPACITY : 0;
        fake_observe_at(p->every, at_ms, launch, kind, reason);
        fake_observe_at(p->skip, at_ms, launch, kind, reason);
    }
    if (sp_random_below(&p->stream, 40) == 0) {
        uint32_t pool = sp_random_below(&p->stream, 4);
        int64_t price = (int64_t)sp_random_below(&p->stream, 9) - 1;
        fake_observe_pool(p->every, pool, SP_OBS_PRICE, price);
        fake_observe_pool(p->skip, pool, SP_OBS_PRICE, price);
    }
}

#define SAME(x, y, what)                                                                                               \
    if ((x) != (y)) fail_msg("seed %llu, %lld ms: %s differs", (unsigned long long)p->seed, (long long)now_ms, what)

static void compare(const struct pair *p, int64_t now_ms) {
    SAME(p->every->n_slots, p->skip->n_slots, "number of rows");
    for (uint32_t i = 0; i < p->every->n_slots; i++) {
        const struct sp_instance *a = &p->every->rows[i], *b = &p->skip->rows[i];
        SAME(a->launch, b->launch, "a row's launch number");
        SAME(a->launch ? a->pool : 0, b->launch ? b->pool : 0, "a row's pool");
        SAME(a->launch ? a->state : 0, b->launch ? b->state : 0, "a row's state");
    }
    SAME(composer_digest(p->every->composer), composer_digest(p->skip->composer), "the state");
}

static void tick(struct pair *p, int64_t now_ms) {
    bool idle = p->skip->n_obs == 0 && now_ms < p->skip->wake_ms;
    uint64_t before = composer_digest(p->every->composer);
    fake_step(p->every, now_ms);
    if (idle) {
        SAME(p->every->n_actions, 0u, "the answer of a step that could be skipped");
        SAME(composer_digest(p->every->composer), before, "the state after a step that could be skipped");
        p->skipped++;
    } else {
        fake_step(p->skip, now_ms);
        SAME(p->every->n_actions, p->skip->n_actions, "the number of actions");
    }
    compare(p, now_ms);
}

static uint64_t live(const char *mix, const char *placer, uint64_t seed) {
    struct pair p = {make(mix, placer, seed), make(mix, placer, seed), seed, seed, 0};
    bool at_ticks = seed % 4 == 0; /* what happens is learned exactly at a tick */
    for (int64_t t = 0; t < TICKS; t++) {
        tick(&p, t * TICK_MS);
        bool calm = sp_random_below(&p.stream, 3) > 0;
        p.every->now_ms = p.skip->now_ms = t * TICK_MS + (at_ticks ? TICK_MS : 1 + sp_random_below(&p.stream, 998));
        if (!calm) happen(&p, p.every->now_ms);
    }
    fake_free(p.every);
    fake_free(p.skip);
    return p.skipped;
}

static void test_steps_without_news_change_nothing(void **state) {
    (void)state;
    uint64_t histories = 0, skipped = 0, times = test_times(8, 200);
    for (size_t m = 0; m < sizeof mixes / sizeof *mixes; m++)
        for (size_t k = 0; k < sizeof placers / sizeof *placers; k++)
            for (uint64_t i = 0; i < (m == 8 ? 1 : times); i++, histories++)
                skipped += live(mixes[m], placers[k], 1000 * (m * 10 + k) + i);
    assert_true(skipped > histories * TICKS / 4);
    test_count("random histories lived twice", histories);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps_without_news_change_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
