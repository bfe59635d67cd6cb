/* SPDX-License-Identifier: Apache-2.0
 * The rows' lists and counts, against a recount from scratch. */
#include "fleet/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/random_run.h"

#define POOLS 3

struct two_groups {
    struct ledger l;
    struct ledger_group groups[2];
    struct sp_pool pools[2][POOLS];
    uint32_t changed[2][POOLS];
    uint64_t marked[2][POOLS];
};

static struct two_groups *new_ledger(void) {
    struct two_groups *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->l.free_head = SP_NONE;
    t->l.n_groups = 2;
    t->l.groups = t->groups;
    for (uint32_t g = 0; g < 2; g++) {
        t->groups[g].pools = t->pools[g];
        t->groups[g].changed = t->changed[g];
        t->groups[g].marked = t->marked[g];
        t->groups[g].round = 1;
        memset(t->groups[g].view.first, 0xff, sizeof t->groups[g].view.first);
        memset(t->groups[g].view.last, 0xff, sizeof t->groups[g].view.last);
        memset(t->groups[g].newest, 0xff, sizeof t->groups[g].newest);
        for (uint32_t p = 0; p < POOLS; p++) t->pools[g][p].weight = p + 1;
    }
    return t;
}

static void end_ledger(struct two_groups *t) {
    free(t->l.rows);
    free(t->l.loose);
    free(t);
}

static void launch_numbers_rise_and_slots_are_reused(void **state) {
    (void)state;
    struct two_groups *t = new_ledger();
    uint32_t a = ledger_add(&t->l, 0, 0, SP_SPOT, SP_REQUESTED, 5);
    uint32_t b = ledger_add(&t->l, 0, 1, SP_SPOT, SP_REQUESTED, 6);
    assert_int_equal(t->l.rows[a].launch, 1);
    assert_int_equal(t->l.rows[b].launch, 2);
    assert_int_equal(t->l.rows[a].launched_ms, 5);
    assert_true(t->l.rows[a].deadline_ms == SP_FOREVER);
    ledger_remove(&t->l, a);
    assert_int_equal(t->l.rows[a].launch, 0);
    assert_int_equal(t->l.in_use, 1);
    uint32_t c = ledger_add(&t->l, 1, 2, SP_ON_DEMAND, SP_PROVISIONING, 7);
    assert_int_equal(c, a);
    assert_int_equal(t->l.rows[c].launch, 3);
    assert_int_equal(ledger_group_of(&t->l, c), 1);
    assert_int_equal(t->l.n_slots, 2);
    end_ledger(t);
}

static void lists_are_ordered_by_launch(void **state) {
    (void)state;
    struct two_groups *t = new_ledger();
    uint32_t s[4];
    for (int i = 0; i < 4; i++) s[i] = ledger_add(&t->l, 0, 0, SP_SPOT, SP_STARTING, 0);
    ledger_move(&t->l, s[3], SP_READY, 10);
    ledger_move(&t->l, s[0], SP_READY, 20);
    ledger_move(&t->l, s[2], SP_READY, 30);
    ledger_order(&t->l);
    const struct sp_view *v = &t->groups[0].view;
    assert_int_equal(v->first[SP_SPOT][SP_READY], s[0]);
    assert_int_equal(t->l.rows[s[0]].next, s[2]);
    assert_int_equal(t->l.rows[s[2]].next, s[3]);
    assert_int_equal(v->last[SP_SPOT][SP_READY], s[3]);
    assert_int_equal(t->l.rows[s[2]].since_ms, 30);
    ledger_remove(&t->l, s[2]);
    assert_int_equal(t->l.rows[s[0]].next, s[3]);
    assert_int_equal(t->l.rows[s[3]].prev, s[0]);
    ledger_move(&t->l, s[1], SP_READY, 40); /* loose: where it was until they are put in order */
    uint32_t fresh = ledger_add(&t->l, 0, 0, SP_SPOT, SP_READY, 50);
    assert_int_equal(fresh, s[2]); /* a slot used again */
    assert_int_equal(t->l.rows[s[0]].next, s[3]);
    ledger_order(&t->l);
    assert_int_equal(t->l.rows[s[0]].next, s[1]);
    assert_int_equal(t->l.rows[s[1]].next, s[3]);
    assert_int_equal(v->last[SP_SPOT][SP_READY], fresh);
    end_ledger(t);
}

static void flags_move_with_the_row(void **state) {
    (void)state;
    struct two_groups *t = new_ledger();
    struct sp_view *v = &t->groups[0].view;
    uint32_t s = ledger_add(&t->l, 0, 2, SP_SPOT, SP_STARTING, 0); /* weight 3 */
    ledger_flag(&t->l, s, SP_REBALANCE, 0);
    assert_int_equal(v->rebalance[SP_SPOT][SP_STARTING], 3);
    ledger_move(&t->l, s, SP_READY, 1);
    assert_int_equal(v->rebalance[SP_SPOT][SP_STARTING], 0);
    assert_int_equal(v->rebalance[SP_SPOT][SP_READY], 3);
    ledger_flag(&t->l, s, SP_NOTICED, 99); /* the stronger word: counted there only */
    assert_int_equal(v->rebalance[SP_SPOT][SP_READY], 0);
    assert_int_equal(v->noticed[SP_SPOT][SP_READY], 3);
    assert_int_equal(t->l.rows[s].deadline_ms, 99);
    ledger_remove(&t->l, s);
    assert_int_equal(v->noticed[SP_SPOT][SP_READY], 0);
    assert_int_equal(v->units[SP_SPOT][SP_READY], 0);
    end_ledger(t);
}

/* Everything a view says about a group, counted anew. */
static void recount(struct two_groups *t, uint32_t g) {
    ledger_order(&t->l);
    const struct sp_view *v = &t->groups[g].view;
    for (int m = 0; m < SP_MARKETS; m++)
        for (int st = 0; st < SP_STATES; st++) {
            uint32_t units = 0, noticed = 0, rebalance = 0, rows = 0, per_pool[POOLS] = {0};
            for (uint32_t s = 0; s < t->l.n_slots; s++) {
                const struct sp_instance *r = &t->l.rows[s];
                if (r->launch == 0 || ledger_group_of(&t->l, s) != g || r->market != m || r->state != st) continue;
                uint32_t w = r->pool + 1;
                rows++;
                per_pool[r->pool]++;
                units += w;
                noticed += r->flags & SP_NOTICED ? w : 0;
                rebalance += (r->flags & SP_REBALANCE) && !(r->flags & SP_NOTICED) ? w : 0;
            }
            assert_int_equal(v->units[m][st], units);
            assert_int_equal(v->noticed[m][st], noticed);
            assert_int_equal(v->rebalance[m][st], rebalance);
            for (uint32_t p = 0; p < POOLS; p++) assert_int_equal(t->pools[g][p].count[m][st], per_pool[p]);
            uint64_t before = 0;
            uint32_t prev = SP_NONE;
            for (uint32_t s = v->first[m][st]; s != SP_NONE; s = t->l.rows[s].next, rows--) {
                assert_true(t->l.rows[s].launch > before);
                assert_int_equal(t->l.rows[s].prev, prev);
                before = t->l.rows[s].launch;
                prev = s;
            }
            assert_int_equal(rows, 0);
            assert_int_equal(v->last[m][st], prev);
        }
}

static void counts_equal_a_recount(void **state) {
    (void)state;
    uint64_t n = test_times(20000, 500000);
    struct two_groups *t = new_ledger();
    struct luck l = {.key = 4};
    for (uint64_t i = 0; i < n; i++) {
        uint32_t slot = t->l.n_slots ? luck_below(&l, t->l.n_slots) : 0;
        bool row = t->l.n_slots > 0 && t->l.rows[slot].launch != 0;
        switch (luck_below(&l, 5)) {
        case 0:
            if (t->l.in_use < 200) {
                uint32_t group = luck_below(&l, 2), pool = luck_below(&l, POOLS);
                enum sp_market market = (enum sp_market)luck_below(&l, 2);
                ledger_add(&t->l, group, pool, market, (enum sp_state)luck_below(&l, 2), (int64_t)i);
            }
            break;
        case 1:
        case 2:
            if (row) ledger_move(&t->l, slot, (enum sp_state)luck_below(&l, SP_STATES), (int64_t)i);
            break;
        case 3:
            if (row) ledger_flag(&t->l, slot, luck_one_in(&l, 2) ? SP_NOTICED : SP_REBALANCE, (int64_t)i);
            break;
        default:
            if (row && luck_one_in(&l, 2)) ledger_remove(&t->l, slot);
            break;
        }
        if (luck_one_in(&l, 10)) {
            recount(t, 0);
            recount(t, 1);
        }
    }
    end_ledger(t);
    test_count("ledger operations with recounts", n);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(launch_numbers_rise_and_slots_are_reused),
        cmocka_unit_test(lists_are_ordered_by_launch),
        cmocka_unit_test(flags_move_with_the_row),
        cmocka_unit_test(counts_equal_a_recount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
