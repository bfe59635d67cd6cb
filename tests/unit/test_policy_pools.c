/* SPDX-License-Identifier: Apache-2.0
 * What the composer keeps of the pools, against full scans of the same pools:
 * random histories with denials, instants that pass, rebalance recommendations
 * that come and go, drains, steps that end before a placer is asked. */
#include <stdlib.h>
#include <string.h>

#include "policies/composer_pools.h"
#include "policies/select.h"
#include "tests/support/support.h"

struct world {
    uint32_t n;
    bool avoid;
    uint64_t stream;
    struct sp_view view;
    struct sp_pool *pools;
    uint32_t *changed; /* the view's */
    bool *marked;
    struct composer_pools c;
    void *memory;
    /* as the placer last saw them */
    uint32_t *planned_then;
    bool *closed_then;
};

static uint32_t below(struct world *w, uint32_t n) { return sp_random_below(&w->stream, n); }

static void mark(struct world *w, uint32_t p) {
    if (w->marked[p]) return;
    w->marked[p] = true;
    w->changed[w->view.n_changed++] = p;
}

static void *zeroed(size_t n, size_t size) {
    void *p = calloc(n, size);
    assert_non_null(p);
    return p;
}

static void start(struct world *w, uint32_t n, uint64_t seed) {
    memset(w, 0, sizeof *w);
    w->n = n;
    w->stream = seed;
    w->avoid = seed % 2;
    w->pools = zeroed(n, sizeof *w->pools);
    w->changed = zeroed(n, sizeof *w->changed);
    w->marked = zeroed(n, sizeof *w->marked);
    w->planned_then = zeroed(n, sizeof *w->planned_then);
    w->closed_then = zeroed(n, sizeof *w->closed_then);
    w->view = (struct sp_view){.n_pools = n, .pools = w->pools, .changed = w->changed};
    for (uint32_t p = 0; p < n; p++) {
        struct sp_pool *pool = &w->pools[p];
        pool->last_preempted_ms = SP_NEVER;
        pool->capacity = seed % 3 ? SP_UNKNOWN : (int64_t)below(w, 3);
        for (int m = 0; m < SP_MARKETS; m++) {
            pool->price_uusd_per_h[m] = (int64_t)below(w, 5) - 1;
            pool->last_denied_ms[m] = pool->last_granted_ms[m] = SP_NEVER;
        }
        mark(w, p);
    }
    size_t size = (composer_pools_size(n) + 15) / 16 * 16;
    w->memory = aligned_alloc(16, size);
    assert_non_null(w->memory);
    memset(w->memory, 0, size);
    composer_pools_init(&w->c, w->memory, n, w->avoid);
}

static void end(struct world *w) {
    free(w->pools);
    free(w->changed);
    free(w->marked);
    free(w->planned_then);
    free(w->closed_then);
    free(w->memory);
}

/* Something that a ledger would tell of. */
static void happen(struct world *w, uint32_t p) {
    struct sp_pool *pool = &w->pools[p];
    enum sp_market m = (enum sp_market)below(w, SP_MARKETS);
    uint32_t *rows = &pool->count[m][below(w, SP_STATES)];
    mark(w, p);
    switch (below(w, 7)) {
    case 0:
    case 1:
        pool->last_denied_ms[m] = w->view.now_ms;
        break;
    case 2:
        pool->last_granted_ms[m] = w->view.now_ms;
        break;
    case 3:
        pool->rebalance[m] = pool->rebalance[m] > 0 ? 0 : 1 + below(w, 2);
        break;
    case 4:
        pool->price_uusd_per_h[m] = (int64_t)below(w, 5) - 1;
        break;
    case 5:
        if (pool->capacity != SP_UNKNOWN) pool->capacity = below(w, 5);
        break;
    default:
        *rows = *rows > 0 && below(w, 2) ? *rows - 1 : *rows + 1;
        break;
    }
}

/* ---- the same by scans ------------------------------------------------------ */

static uint32_t alive(const struct sp_pool *pool) {
    uint32_t n = 0;
    for (int s = 0; s < SP_ALIVE_STATES; s++) n += pool->count[SP_SPOT][s];
    return n;
}

static bool closed(const struct world *w, uint32_t p, enum sp_market m) {
    const struct sp_pool *pool = &w->pools[p];
    return pool->last_denied_ms[m] == w->view.now_ms || (m == SP_SPOT && w->avoid && pool->rebalance[SP_SPOT] > 0);
}

static uint32_t best_on_demand(const struct world *w) {
    struct select best = select_start();
    for (uint32_t p = 0; p < w->n; p++) {
        const struct sp_pool *pool = &w->pools[p];
        int64_t denied_ms = pool->last_denied_ms[SP_ON_DEMAND];
        bool denied = denied_ms != SP_NEVER && denied_ms >= pool->last_granted_ms[SP_ON_DEMAND];
        if (closed(w, p, SP_ON_DEMAND)) continue;
        select_offer(&best, p, denied, denied ? denied_ms : select_price(pool->price_uusd_per_h[SP_ON_DEMAND]), 0);
    }
    return best.best;
}

/* `launched`: by pool, what this step has launched so far. */
static void check_spot(const struct world *w, const uint32_t *launched, struct pools_list changed) {
    uint32_t spare = 0;
    bool *named = zeroed(w->n, sizeof *named);
    const struct pools_asked *a = &w->c.market[SP_SPOT];
    for (uint32_t i = 0; i < changed.n; i++) {
        assert_false(named[changed.pools[i]]); /* each once */
        named[changed.pools[i]] = true;
    }
    for (uint32_t p = 0; p < w->n; p++) {
        const struct sp_pool *pool = &w->pools[p];
        uint32_t planned = alive(pool) + launched[p];
        assert_int_equal(w->c.planned[p], planned);
        assert_int_equal(a->closed[p], closed(w, p, SP_SPOT));
        spare += pool->capacity == SP_UNKNOWN || pool->capacity > (int64_t)planned + pool->count[SP_SPOT][SP_DRAINING];
        /* what is not as the placer last saw it is named */
        if (planned != w->planned_then[p] || a->closed[p] != w->closed_then[p]) assert_true(named[p]);
    }
    assert_int_equal(w->c.n_spare, spare);
    free(named);
}

static void placer_sees(struct world *w) {
    memcpy(w->planned_then, w->c.planned, w->n * sizeof *w->planned_then);
    memcpy(w->closed_then, w->c.market[SP_SPOT].closed, w->n * sizeof *w->closed_then);
}

/* As the host: what was taken note of is marked anew when it changes again. */
static struct pools_list look(struct world *w, enum sp_market m) {
    for (uint32_t i = 0; i < w->view.n_changed; i++) w->marked[w->changed[i]] = false;
    struct pools_list list = composer_pools_look(&w->c, &w->view, m);
    assert_int_equal(w->view.n_changed, 0);
    return list;
}

static void launch_spot(struct world *w) {
    uint32_t *launched = zeroed(w->n, sizeof *launched), n = below(w, 4);
    struct pools_list list = look(w, SP_SPOT);
    check_spot(w, launched, list);
    if (n == 0) composer_pools_unseen(&w->c, SP_SPOT, list); /* the buffer was full */
    for (uint32_t i = 0; i < n; i++) {
        placer_sees(w);
        uint32_t p = below(w, w->n);
        composer_pools_launched(&w->c, &w->view, p);
        launched[p]++;
        check_spot(w, launched, (struct pools_list){&p, 1});
    }
    for (uint32_t p = 0; p < w->n; p++) {
        w->pools[p].count[SP_SPOT][SP_REQUESTED] += launched[p]; /* carried out, and in the ledger */
        if (launched[p] > 0) mark(w, p);
    }
    free(launched);
}

static void launch_on_demand(struct world *w) {
    look(w, SP_ON_DEMAND);
    assert_int_equal(pick_best(w->c.on_demand), best_on_demand(w));
    for (uint32_t p = 0; p < w->n; p++)
        assert_int_equal(w->c.market[SP_ON_DEMAND].closed[p], closed(w, p, SP_ON_DEMAND));
}

static void live(uint32_t n, uint64_t seed, uint32_t steps) {
    struct world w;
    start(&w, n, seed);
    for (uint32_t i = 0; i < steps; i++) {
        w.view.now_ms += below(&w, 3) == 0;
        for (uint32_t k = below(&w, 5); k > 0; k--) happen(&w, below(&w, n));
        if (below(&w, 3) > 0) launch_spot(&w);
        if (below(&w, 3) == 0) launch_on_demand(&w);
    }
    end(&w);
}

static void pools_are_as_a_scan_finds_them(void **state) {
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 9, 17, 100, 1000};
    uint64_t times = test_times(12, 200), histories = 0;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
        for (uint64_t i = 0; i < times; i++, histories++) live(sizes[k], 100 * k + i, sizes[k] < 100 ? 2000 : 200);
    test_count("histories of pools against scans", histories);
}

/* Closed by a recommendation, then by a denial; the recommendation ends at the
 * instant of the denial: at the next one nothing closes it. */
static void closed_twice_opens_again(void **state) {
    (void)state;
    struct world w;
    uint32_t none[2] = {0, 0};
    start(&w, 2, 1);
    w.pools[0].rebalance[SP_SPOT] = 1;
    check_spot(&w, none, look(&w, SP_SPOT));
    placer_sees(&w);
    w.pools[0].last_denied_ms[SP_SPOT] = w.view.now_ms = 5;
    mark(&w, 0);
    check_spot(&w, none, look(&w, SP_SPOT));
    placer_sees(&w);
    w.pools[0].rebalance[SP_SPOT] = 0;
    mark(&w, 0);
    look(&w, SP_SPOT);
    assert_true(w.c.market[SP_SPOT].closed[0]);
    placer_sees(&w);
    w.view.now_ms = 6;
    struct pools_list list = look(&w, SP_SPOT);
    assert_false(w.c.market[SP_SPOT].closed[0]);
    check_spot(&w, none, list);
    end(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_are_as_a_scan_finds_them),
        cmocka_unit_test(closed_twice_opens_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
