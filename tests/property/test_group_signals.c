/* SPDX-License-Identifier: Apache-2.0
 * Notices and rebalance recommendations under one fleet's groups: each group
 * treats them as its own policy says, whatever the others do, and a cloud
 * without notices gains nothing from a policy that would react.  All lags are
 * exact here, so every share of time is, too. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "tests/support/harness.h"

#define GROUPS_MAX 4u
#define POOLS_PER_GROUP 2u

struct grouped {
    struct harness h;
    uint32_t n;
    struct policy_spec spec[GROUPS_MAX];
    struct group_config group[GROUPS_MAX];
    uint32_t pools[GROUPS_MAX][POOLS_PER_GROUP];
};

/* Group g rules the pools 2g and 2g + 1 and one replica of the target. */
static void grouped_start(struct grouped *x, struct trace *t, uint32_t n, const char *const *policies) {
    static const char *const names[GROUPS_MAX] = {"one", "two", "three", "four"};
    struct error e = {0};
    memset(x, 0, sizeof *x);
    x->n = n;
    harness_start(&x->h, t, true, "ideal", policies[0], n);
    for (uint32_t g = 0; g < n; g++) {
        struct policy_part part;
        char text[16];
        snprintf(text, sizeof text, "%u", n);
        assert_ok(policy_spec_parse(x->h.registry, policies[g], &x->spec[g], &e), &e);
        assert_ok(policy_part_init(registry_find(x->h.registry, "constant"), &part, &e), &e);
        assert_ok(policy_part_set(&part, "target", text, NULL, &e), &e);
        assert_ok(policy_spec_add(&x->spec[g], &part, NULL, &e), &e);
        assert_ok(policy_spec_check(x->h.registry, &x->spec[g], NULL, &e), &e);
        for (uint32_t i = 0; i < POOLS_PER_GROUP; i++) x->pools[g][i] = POOLS_PER_GROUP * g + i;
        x->group[g] = (struct group_config){.name = names[g],
                                            .spec = &x->spec[g],
                                            .share = {(g * 1000000 + n - 1) / n, ((g + 1) * 1000000 + n - 1) / n},
                                            .n_pools = POOLS_PER_GROUP,
                                            .pools = x->pools[g]};
    }
    x->h.config.n_groups = n;
    x->h.config.groups = x->group;
}

static void grouped_end(struct grouped *x) {
    for (uint32_t g = 0; g < x->n; g++) policy_spec_free(&x->spec[g]);
    harness_end(&x->h);
}

static void set_seconds(struct grouped *x, uint32_t group, const char *what, int64_t seconds) {
    char path[64], text[32];
    snprintf(text, sizeof text, "%" PRId64 "s", seconds);
    for (uint32_t i = 0; i < POOLS_PER_GROUP; i++) {
        snprintf(path, sizeof path, "cloud.pools.%s.%s", x->h.trace->pools[POOLS_PER_GROUP * group + i].name, what);
        harness_set(&x->h, path, text);
    }
}

static uint64_t lost(const struct grouped *x, uint32_t group) {
    const struct pool_result *p = &x->h.result.pools[POOLS_PER_GROUP * group];
    return p[0].preempted + p[1].preempted;
}

static uint64_t let_go(const struct grouped *x, uint32_t group) {
    const struct pool_result *p = &x->h.result.pools[POOLS_PER_GROUP * group];
    return p[0].terminated + p[1].terminated;
}

/* The two pools of each group hold one replica by turns: every `turn_s`, the
 * one with capacity loses it, the other has gained it `overlap_s` before. */
static struct trace *turns(uint32_t n_groups, int64_t turn_s, int64_t overlap_s, int64_t span_s) {
    static const char *const names[] = {"r1/a", "r1/b", "r2/a", "r2/b", "r3/a", "r3/b", "r4/a", "r4/b"};
    const char *capacity[2 * GROUPS_MAX];
    struct strbuf text[2] = {{0}, {0}};
    strbuf_puts(&text[0], "0:1");
    strbuf_puts(&text[1], "0:0");
    for (int64_t at = turn_s, k = 0; at < span_s; at += turn_s, k++) {
        strbuf_printf(&text[(k + 1) % 2], " %" PRId64 ":1", at - overlap_s);
        strbuf_printf(&text[k % 2], " %" PRId64 ":0", at);
    }
    for (uint32_t i = 0; i < 2 * n_groups; i++) capacity[i] = text[i % 2].data;
    struct trace *t = harness_trace(2 * n_groups, names, capacity, span_s);
    strbuf_free(&text[0]);
    strbuf_free(&text[1]);
    return t;
}

/* Share of time with a replica when each of `losses` costs `gap_s`, after a
 * first cold start.  The last loss is early enough to be over at the end. */
static void check_full(const struct grouped *x, uint32_t group, int64_t cold_s, uint64_t losses, int64_t gap_s) {
    int64_t down_ms = 1000 * (cold_s + (int64_t)losses * gap_s), span_ms = x->h.config.horizon_ms;
    double full = x->h.result.groups[group].full;
    if (fabs(full - (double)(span_ms - down_ms) / (double)span_ms) > 1e-12)
        fail_msg("group %s: full %.9f, expected %" PRId64 " of %" PRId64 " ms down (%" PRIu64 " losses)",
                 x->group[group].name, full, down_ms, span_ms, losses);
}

static void notice_case(uint64_t key) {
    static const char *const policies[] = {"spot(notice=react)+cheapest", "spot(notice=ignore)+cheapest",
                                           "spot(notice=react)+cheapest", "spot(notice=react)+cheapest"};
    const int64_t turn_s = 5000, span_s = 20 * turn_s - 1000;
    int64_t cold_s = 1 + (int64_t)(random_u01(random_key(key, 1)) * 400);
    int64_t lead_s = 1 + (int64_t)(random_u01(random_key(key, 2)) * 400);
    int64_t delay_s = (int64_t)(random_u01(random_key(key, 3)) * (double)lead_s);
    struct grouped x;
    grouped_start(&x, turns(4, turn_s, 1000, span_s), 4, policies);
    for (uint32_t g = 0; g < 4; g++) set_seconds(&x, g, "cold_start", cold_s);
    for (uint32_t g = 0; g < 3; g++) set_seconds(&x, g, "notice", lead_s); /* the fourth cloud gives none */
    set_seconds(&x, 2, "notice_delay", delay_s);
    harness_run(&x.h);
    int64_t seen_s[] = {lead_s, 0, lead_s - delay_s, 0};
    for (uint32_t g = 0; g < 4; g++) {
        assert_int_equal(lost(&x, g), 19);
        assert_int_equal(let_go(&x, g), 0);
        check_full(&x, g, cold_s, 19, cold_s > seen_s[g] ? cold_s - seen_s[g] : 0);
    }
    for (uint32_t p = 0; p < 6; p++) assert_true(x.h.result.pools[p].noticed >= 9);
    assert_int_equal(x.h.result.pools[6].noticed + x.h.result.pools[7].noticed, 0);
    grouped_end(&x);
}

static void test_notices(void **state) {
    (void)state;
    uint64_t n = test_times(100, 2000);
    for (uint64_t i = 1; i <= n; i++) notice_case(i);
    test_count("notices per group: cases", n);
}

/* A recommendation early enough replaces the replica before it is lost: no gap
 * and nothing preempted, but two are paid for meanwhile. */
static void rebalance_case(uint64_t key) {
    static const char *const policies[] = {"spot(rebalance=react)+cheapest", "spot(rebalance=ignore)+cheapest",
                                           "spot(notice=react,rebalance=react)+cheapest"};
    const int64_t turn_s = 5000, span_s = 20 * turn_s - 1500;
    int64_t cold_s = 1 + (int64_t)(random_u01(random_key(key, 1)) * 300);
    /* ready before the notice comes: a replica with its notice is not let go any more */
    int64_t lead_s = cold_s + 121 + (int64_t)(random_u01(random_key(key, 2)) * 600);
    struct grouped x;
    grouped_start(&x, turns(3, turn_s, 1200, span_s), 3, policies);
    for (uint32_t g = 0; g < 3; g++) {
        set_seconds(&x, g, "cold_start", cold_s);
        set_seconds(&x, g, "rebalance", lead_s);
        set_seconds(&x, g, "notice", 120);
    }
    harness_run(&x.h);
    assert_int_equal(lost(&x, 0), 0);
    assert_int_equal(let_go(&x, 0), 19);
    check_full(&x, 0, cold_s, 0, 0);
    assert_int_equal(lost(&x, 1), 19);
    assert_int_equal(let_go(&x, 1), 0);
    check_full(&x, 1, cold_s, 19, cold_s);
    assert_int_equal(lost(&x, 2) + let_go(&x, 2), 19);
    check_full(&x, 2, cold_s, 0, 0);
    /* both are held from the recommendation until the new one is ready */
    double own = x.h.result.pools[0].hours[SP_SPOT] + x.h.result.pools[1].hours[SP_SPOT];
    double expected = (double)(x.h.config.horizon_ms + 19 * cold_s * 1000) / (double)MS_PER_HOUR;
    assert_true(fabs(own - expected) < 1e-9);
    grouped_end(&x);
}

static void test_rebalance(void **state) {
    (void)state;
    uint64_t n = test_times(100, 2000);
    for (uint64_t i = 1; i <= n; i++) rebalance_case(i);
    test_count("rebalance recommendations per group: cases", n);
}

/* What one group does leaves the other's result as it is. */
static void test_apart(void **state) {
    (void)state;
    static const char *const both[] = {"spot(notice=react)+cheapest", "spot()+cheapest"};
    static const char *const same[] = {"spot()+cheapest", "spot()+cheapest"};
    double full[2];
    uint64_t preempted[2];
    for (int k = 0; k < 2; k++) {
        struct grouped x;
        grouped_start(&x, turns(2, 4000, 900, 100000), 2, k ? both : same);
        for (uint32_t g = 0; g < 2; g++) {
            set_seconds(&x, g, "cold_start", 300);
            set_seconds(&x, g, "notice", 120);
        }
        harness_run(&x.h);
        full[k] = x.h.result.groups[1].full;
        preempted[k] = lost(&x, 1);
        if (k) assert_true(x.h.result.groups[0].full > x.h.result.groups[1].full);
        grouped_end(&x);
    }
    assert_true(full[0] == full[1] && preempted[0] == preempted[1]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_notices), cmocka_unit_test(test_rebalance),
                                       cmocka_unit_test(test_apart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
