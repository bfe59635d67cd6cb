/* SPDX-License-Identifier: Apache-2.0
 * The placers, which look at changed pools only, against their rules written
 * down here as plain scans of all pools.  Random histories: observations,
 * denials, resets, prices, drains and closed pools that nobody observed,
 * several steps between two launches; every answer compared. */
#include <stdlib.h>
#include <string.h>

#include "policies/builtin.h"
#include "policies/select.h"
#include "tests/support/support.h"

#define OBS_MAX 64
#define KEY 77u

enum rule { CHEAPEST, ROUND_ROBIN, EVEN_SPREAD, LEAST_LOADED, RANDOM, SKYPILOT, SPOTHEDGE, TTL_BENCH };

static const struct {
    const struct sp_policy *policy;
    enum rule rule;
    int64_t param;
} cases[] = {
    {&placer_cheapest, CHEAPEST, 0},       {&placer_round_robin, ROUND_ROBIN, 0},
    {&placer_even_spread, EVEN_SPREAD, 0}, {&placer_least_loaded, LEAST_LOADED, 0},
    {&placer_random, RANDOM, 0},           {&placer_skypilot, SKYPILOT, 0},
    {&placer_spothedge, SPOTHEDGE, 0}, /* reset=paper */
    {&placer_spothedge, SPOTHEDGE, 1}, /* reset=code */
    {&placer_ttl_bench, TTL_BENCH, 0},     {&placer_ttl_bench, TTL_BENCH, 7},
    {&placer_ttl_bench, TTL_BENCH, 300},
};

/* What the rules remember of a pool. */
struct memory {
    int64_t price, lost_ms, until_ms;
    bool benched;
};

struct world {
    uint32_t n;
    uint64_t stream;
    struct sp_view view;
    struct sp_pool *pools;
    uint32_t *planned;
    bool *closed, *said_no;
    uint32_t *changed;
    bool *marked;
    struct sp_observation obs[OBS_MAX];
    uint32_t n_obs;
    /* the placer */
    const struct sp_policy *policy;
    void *state;
    /* the rule */
    enum rule rule;
    int64_t param;
    struct memory *memory;
    uint64_t rule_stream;
    uint32_t next;
};

static uint32_t below(struct world *w, uint32_t n) { return sp_random_below(&w->stream, n); }

/* ---- the rules ---------------------------------------------------------------- */

static bool is_loss(const struct sp_observation *o) {
    return o->market == SP_SPOT &&
           (o->kind == SP_OBS_PREEMPTED || (o->kind == SP_OBS_DENIED && o->reason != SP_DENIED_GUARD));
}

static uint32_t active(const struct world *w) {
    uint32_t n = 0;
    for (uint32_t p = 0; p < w->n; p++) n += !w->memory[p].benched;
    return n;
}

static void bench_none(struct world *w) {
    for (uint32_t p = 0; p < w->n; p++) w->memory[p].benched = false;
}

/* Returns when it wants to be called. */
static int64_t rule_observe(struct world *w) {
    bool comes_back = false;
    for (uint32_t i = 0; i < w->n_obs; i++) {
        const struct sp_observation *o = &w->obs[i];
        if (o->market != SP_SPOT) continue;
        struct memory *m = &w->memory[o->pool];
        if (w->rule == SKYPILOT && o->kind == SP_OBS_GRANTED) m->benched = false;
        if (!is_loss(o)) continue;
        m->benched = true;
        m->lost_ms = w->view.now_ms;
        if (o->at_ms + w->param > m->until_ms) m->until_ms = o->at_ms + w->param;
        if (w->rule == SKYPILOT && active(w) < 2) bench_none(w);
    }
    if (w->rule != SPOTHEDGE) return SP_FOREVER;
    for (uint32_t p = 0; p < w->n; p++) {
        struct memory *m = &w->memory[p];
        const uint32_t *rows = w->pools[p].count[SP_SPOT];
        if (!m->benched || rows[SP_STARTING] + rows[SP_UNREADY] + rows[SP_READY] == 0) continue;
        m->benched = m->lost_ms == w->view.now_ms;
        comes_back |= m->benched;
    }
    if (active(w) < (w->param == 0 || w->n > 3 ? 2 : 1)) {
        bench_none(w);
        comes_back = false;
    }
    return comes_back ? w->view.now_ms + 1 : SP_FOREVER;
}

/* The candidate with `skip` others before it. */
static uint32_t nth(const bool *candidate, uint32_t skip) {
    uint32_t p = 0;
    for (; !candidate[p] || skip > 0; p++) skip -= candidate[p];
    return p;
}

static uint32_t drawn(struct world *w, bool skip_benched, bool prefer_unused) {
    uint32_t n = 0, unused = 0, p = SP_NONE;
    bool *candidate = calloc(w->n, sizeof *candidate);
    assert_non_null(candidate);
    for (p = 0; p < w->n; p++) {
        candidate[p] = !w->closed[p] && !(skip_benched && w->memory[p].benched);
        n += candidate[p];
        unused += candidate[p] && w->planned[p] == 0;
    }
    bool only_unused = prefer_unused && unused > 0;
    for (p = 0; p < w->n && only_unused; p++) candidate[p] = candidate[p] && w->planned[p] == 0;
    uint32_t choices = only_unused ? unused : n;
    p = choices > 0 ? nth(candidate, sp_random_below(&w->rule_stream, choices)) : SP_NONE;
    free(candidate);
    return p;
}

static uint32_t in_turn(struct world *w) {
    for (uint32_t i = 0; i < w->n; i++) {
        uint32_t p = (w->next + i) % w->n;
        if (w->closed[p]) continue;
        w->next = (p + 1) % w->n;
        return p;
    }
    return SP_NONE;
}

static int64_t refused_ms(const struct sp_pool *pool) {
    int64_t denied = pool->last_denied_ms[SP_SPOT], last = pool->last_preempted_ms;
    if (denied > last) last = denied;
    return last > pool->last_granted_ms[SP_SPOT] ? last : SP_NEVER;
}

static void offer(struct world *w, uint32_t p, struct select *best, int64_t *wake_ms) {
    const struct sp_pool *pool = &w->pools[p];
    const uint32_t *rows = pool->count[SP_SPOT];
    struct memory *m = &w->memory[p];
    int64_t price = select_price(pool->price_uusd_per_h[SP_SPOT]), planned = w->planned[p];
    if (m->price < 0) m->price = pool->price_uusd_per_h[SP_SPOT];
    bool in_use = planned + rows[SP_DRAINING] + rows[SP_FAILED] + rows[SP_PREEMPTED] > 0;
    if (w->rule == TTL_BENCH && m->until_ms > w->view.now_ms) {
        if (m->until_ms < *wake_ms) *wake_ms = m->until_ms;
        return;
    }
    if (w->closed[p]) return;
    if (w->rule == CHEAPEST) select_offer(best, p, price, 0, 0);
    if (w->rule == EVEN_SPREAD) select_offer(best, p, planned, 0, 0);
    if (w->rule == LEAST_LOADED) select_offer(best, p, refused_ms(pool), planned, price);
    if (w->rule == SKYPILOT && !m->benched) select_offer(best, p, in_use, select_price(m->price), 0);
    if (w->rule == TTL_BENCH) select_offer(best, p, planned > 0, price, 0);
}

static uint32_t rule_place(struct world *w, int64_t *wake_ms) {
    if (w->rule == ROUND_ROBIN) return in_turn(w);
    if (w->rule == RANDOM || w->rule == SPOTHEDGE) return drawn(w, w->rule == SPOTHEDGE, w->rule == SPOTHEDGE);
    struct select best = select_start();
    int64_t first_end = SP_FOREVER;
    for (uint32_t p = 0; p < w->n; p++) offer(w, p, &best, &first_end);
    if (best.best == SP_NONE && w->rule == TTL_BENCH) *wake_ms = first_end;
    return best.best;
}

/* ---- the world ------------------------------------------------------------------ */

static void mark(struct world *w, uint32_t p) {
    if (w->marked[p]) return;
    w->marked[p] = true;
    w->changed[w->view.n_changed++] = p;
}

static void observe(struct world *w, uint32_t p, uint8_t kind, enum sp_market market, uint8_t reason) {
    assert_true(w->n_obs < OBS_MAX);
    w->obs[w->n_obs++] = (struct sp_observation){
        .at_ms = w->view.now_ms - below(w, 2), .pool = p, .kind = kind, .market = (uint8_t)market, .reason = reason};
    mark(w, p);
}

static bool moves(uint32_t *rows, enum sp_state from, enum sp_state to) {
    if (rows[from] == 0) return false;
    rows[from]--;
    if (to < SP_STATES) rows[to]++;
    return true;
}

/* An answer of the cloud: granted, denied, or refused by our own guard. */
static void answer(struct world *w, uint32_t p) {
    struct sp_pool *pool = &w->pools[p];
    bool granted = below(w, 2), guard = below(w, 5) == 0;
    if (!moves(pool->count[SP_SPOT], SP_PROVISIONING, granted ? SP_STARTING : below(w, 2) ? SP_FAILED : SP_STATES))
        return;
    observe(w, p, granted ? SP_OBS_GRANTED : SP_OBS_DENIED, SP_SPOT, guard ? SP_DENIED_GUARD : SP_DENIED_CAPACITY);
    if (granted) {
        pool->last_granted_ms[SP_SPOT] = w->view.now_ms;
    } else {
        pool->last_denied_ms[SP_SPOT] = w->view.now_ms;
        w->closed[p] = w->said_no[p] = true;
    }
}

static void lose(struct world *w, uint32_t p) {
    uint32_t *rows = w->pools[p].count[SP_SPOT];
    enum sp_state to = below(w, 2) ? SP_PREEMPTED : SP_STATES;
    if (!moves(rows, SP_READY, to) && !moves(rows, SP_STARTING, to)) return;
    w->pools[p].last_preempted_ms = w->view.now_ms;
    observe(w, p, SP_OBS_PREEMPTED, SP_SPOT, 0);
}

static void happen(struct world *w, uint32_t p) {
    struct sp_pool *pool = &w->pools[p];
    uint32_t *rows = pool->count[SP_SPOT];
    switch (below(w, 12)) {
    case 0:
    case 1:
    case 2:
        answer(w, p);
        break;
    case 3:
        lose(w, p);
        break;
    case 4:
        if (moves(rows, SP_STARTING, SP_READY)) observe(w, p, SP_OBS_READY, SP_SPOT, 0);
        break;
    case 5:
        if (moves(rows, SP_READY, SP_UNREADY)) observe(w, p, SP_OBS_UNREADY, SP_SPOT, 0);
        break;
    case 6: /* drained by the composer: nobody observes it */
        if (moves(rows, SP_READY, SP_DRAINING) || moves(rows, SP_UNREADY, SP_DRAINING)) mark(w, p);
        break;
    case 7:
        if (moves(rows, SP_DRAINING, SP_STATES)) observe(w, p, SP_OBS_TERMINATED, SP_SPOT, 0);
        break;
    case 8:
        if (moves(rows, SP_FAILED, SP_STATES) || moves(rows, SP_PREEMPTED, SP_STATES))
            observe(w, p, SP_OBS_CLEARED, SP_SPOT, 0);
        break;
    case 9:
        pool->price_uusd_per_h[SP_SPOT] = (int64_t)below(w, 6) - 1;
        observe(w, p, SP_OBS_PRICE, SP_SPOT, 0);
        break;
    case 10: /* closed because what is there is about to go, or open again: the composer's doing */
        if (!w->said_no[p]) w->closed[p] = !w->closed[p];
        mark(w, p);
        break;
    default: /* says nothing about spot */
        pool->last_denied_ms[SP_ON_DEMAND] = w->view.now_ms;
        observe(w, p, SP_OBS_DENIED, SP_ON_DEMAND, SP_DENIED_CAPACITY);
        break;
    }
}

static void pass_time(struct world *w) {
    if (below(w, 3) == 0) return;
    w->view.now_ms += 1 + (below(w, 4) == 0 ? below(w, 40) : 0);
    for (uint32_t p = 0; p < w->n; p++) { /* what said no at an earlier instant is open again */
        if (!w->said_no[p]) continue;
        w->said_no[p] = w->closed[p] = false;
        mark(w, p);
    }
}

static void count_planned(struct world *w) {
    for (uint32_t p = 0; p < w->n; p++) {
        w->planned[p] = 0;
        for (int s = 0; s < SP_ALIVE_STATES; s++) w->planned[p] += w->pools[p].count[SP_SPOT][s];
    }
}

static void ask(struct world *w) {
    int64_t wake_ms = 123, rule_wake_ms = 123;
    uint32_t expected = rule_place(w, &rule_wake_ms);
    uint32_t got = w->policy->place(w->state, &w->view, w->planned, w->closed, &wake_ms);
    assert_int_equal(got, expected);
    assert_int_equal(wake_ms, rule_wake_ms);
    for (uint32_t i = 0; i < w->view.n_changed; i++) w->marked[w->changed[i]] = false;
    w->view.n_changed = 0;
    if (got == SP_NONE) return;
    w->planned[got]++;
    mark(w, got);
}

static void launch(struct world *w) {
    uint32_t *before = malloc(w->n * sizeof *before);
    assert_non_null(before);
    memcpy(before, w->planned, w->n * sizeof *before);
    for (uint32_t k = 1 + below(w, w->n < 10 ? 3 : 12); k > 0; k--) ask(w);
    for (uint32_t p = 0; p < w->n; p++) { /* carried out, and in the ledger */
        w->pools[p].count[SP_SPOT][SP_PROVISIONING] += w->planned[p] - before[p];
        if (w->planned[p] != before[p]) mark(w, p);
    }
    free(before);
}

static void step(struct world *w) {
    pass_time(w);
    for (uint32_t k = below(w, w->n < 10 ? 4 : 40); k > 0; k--) happen(w, below(w, w->n));
    count_planned(w);
    int64_t rule_wake_ms = rule_observe(w);
    if (w->policy->observe) assert_int_equal(w->policy->observe(w->state, &w->view, w->obs, w->n_obs), rule_wake_ms);
    w->n_obs = 0;
    if (below(w, 3) > 0) launch(w);
    /* hosts may name all of them at every call */
    for (uint32_t p = 0; p < w->n && w->param % 2 == 1; p++) mark(w, p);
}

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n, size);
    assert_non_null(p);
    return p;
}

static void start(struct world *w, size_t which, uint32_t n, uint64_t seed) {
    memset(w, 0, sizeof *w);
    w->n = n;
    w->stream = seed;
    w->rule = cases[which].rule;
    w->policy = cases[which].policy;
    w->param = cases[which].param;
    w->pools = zeroed(n, sizeof *w->pools);
    w->planned = zeroed(n, sizeof *w->planned);
    w->closed = zeroed(n, sizeof *w->closed);
    w->said_no = zeroed(n, sizeof *w->said_no);
    w->changed = zeroed(n, sizeof *w->changed);
    w->marked = zeroed(n, sizeof *w->marked);
    w->memory = zeroed(n, sizeof *w->memory);
    w->rule_stream = KEY;
    w->view = (struct sp_view){.n_pools = n, .pools = w->pools, .changed = w->changed};
    for (uint32_t p = 0; p < n; p++) {
        struct sp_pool *pool = &w->pools[p];
        pool->last_preempted_ms = SP_NEVER;
        pool->weight = 1;
        for (int m = 0; m < SP_MARKETS; m++) {
            pool->price_uusd_per_h[m] = (int64_t)below(w, 6) - 1;
            pool->last_denied_ms[m] = pool->last_granted_ms[m] = SP_NEVER;
        }
        w->memory[p] = (struct memory){.price = SP_UNKNOWN, .lost_ms = SP_NEVER, .until_ms = SP_NEVER};
        mark(w, p);
    }
    struct sp_limits limits = {.pools = n, .instances = 1000, .actions = 100};
    union sp_value value = {.i = w->param};
    w->state = zeroed(1, w->policy->state_size(&value, &limits));
    w->policy->init(w->state, &value, &limits, KEY);
}

static void end(struct world *w) {
    void *const all[] = {w->pools, w->planned, w->closed, w->said_no, w->changed, w->marked, w->memory, w->state};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void placers_do_what_a_scan_does(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 4, 9, 16, 17, 100, 1000};
    uint64_t times = test_times(5, 100), histories = 0;
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            for (uint64_t i = 0; i < times; i++, histories++) {
                struct world w;
                start(&w, c, sizes[k], 1000 * (10 * c + k) + i);
                for (uint32_t s = sizes[k] < 50 ? 1500 : 300; s > 0; s--) step(&w);
                end(&w);
            }
        }
    }
    test_count("histories of placers against scans", histories);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(placers_do_what_a_scan_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
