/* SPDX-License-Identifier: Apache-2.0
 * What a controller knows, driven by hand: policies that do as they are told,
 * observations one by one. */
#include "fleet/fleet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "policies/spec.h"
#include "tests/support/support.h"

/* ---- a policy that answers what a test has written down ------------------------- */

#define SCRIPT_MAX 2000
struct script {
    uint32_t n, next;
    struct sp_action actions[SCRIPT_MAX];
    int64_t wake_ms;
    bool endless;
    uint32_t calls, n_obs;
    struct sp_observation obs[64]; /* of the last call that had some */
    double requests;
};
static struct script script; /* a policy has no other way to reach the test */

static int64_t step(void *state, const struct sp_view *view, const struct sp_observation *obs, uint32_t n_obs,
                    struct sp_actions *out) {
    (void)state;
    script.calls++;
    script.requests = view->requests;
    if (n_obs) {
        script.n_obs = n_obs;
        memcpy(script.obs, obs, (n_obs < 64 ? n_obs : 64) * sizeof *obs);
    }
    if (script.endless) out->more = true;
    while (script.next < script.n)
        if (sp_emit(out, script.actions[script.next]))
            script.next++;
        else
            break;
    return script.wake_ms;
}

static const struct sp_policy scripted = {
    .abi = SP_ABI_VERSION, .role = SP_WHOLE, .name = "scripted", .summary = "as told", .source = "test", .step = step};

static void say(struct sp_action a) { script.actions[script.n++] = a; }
static void say_launch(uint32_t pool, enum sp_market market, uint32_t count) {
    say((struct sp_action){
        .kind = SP_LAUNCH, .pool = pool, .market = (uint8_t)market, .count = count, .reason = SP_WHY_POLICY});
}
static void say_end(enum sp_action_kind kind, uint32_t slot, uint64_t launch) {
    say((struct sp_action){.kind = (uint8_t)kind, .slot = slot, .launch = launch, .reason = SP_WHY_POLICY});
}

/* ---- a fleet of two pools --------------------------------------------------------- */

struct fixture {
    struct fleet *fleet;
    struct policy_spec spec;
    struct fleet_pool pools[2];
    struct fleet_group group;
    struct fleet_params params;
    const struct fleet_order *orders;
    uint32_t n_orders;
    struct error e;
};
static const uint32_t both[] = {0, 1};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    memset(&script, 0, sizeof script);
    script.wake_ms = SP_FOREVER;
    f->fleet = fleet_new();
    assert_non_null(f->fleet);
    f->spec.whole.policy = &scripted;
    for (int i = 0; i < 2; i++)
        f->pools[i] = (struct fleet_pool){.name = i ? "b" : "a",
                                          .cloud = "",
                                          .region = "r",
                                          .zone = "z",
                                          .instance_type = "",
                                          .weight = 1,
                                          .price_uusd_per_h = {100, 300},
                                          .capacity = SP_UNKNOWN};
    f->group = (struct fleet_group){.name = "g", .spec = &f->spec, .share = {0, 1000000}, .n_pools = 2, .pools = both};
    f->params = (struct fleet_params){.n_pools = 2,
                                      .pools = f->pools,
                                      .n_groups = 1,
                                      .groups = &f->group,
                                      .direct_launch = true,
                                      .nodes = 1,
                                      .max_instances = UINT32_MAX};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fleet_free(f->fleet);
    free(f);
    return 0;
}

static void begin(struct fixture *f) { assert_ok(fleet_start(f->fleet, &f->params, &f->e), &f->e); }
static enum error_code try_step(struct fixture *f, int64_t now_ms) {
    return fleet_step(f->fleet, 0, now_ms, &f->orders, &f->n_orders, &f->e);
}
static void take_step(struct fixture *f, int64_t now_ms) { assert_ok(try_step(f, now_ms), &f->e); }
static enum sp_state state_of(struct fixture *f, uint32_t slot) {
    return (enum sp_state)fleet_row(f->fleet, slot)->state;
}
static void observe(struct fixture *f, int64_t at_ms, enum sp_observation_kind kind, uint32_t slot, int64_t value) {
    fleet_observe(f->fleet, at_ms, kind, slot, kind == SP_OBS_DENIED ? SP_DENIED_CAPACITY : 0, value);
}

/* ---- steps ---------------------------------------------------------------------------- */

static void first_step_sees_the_start(void **state) {
    struct fixture *f = *state;
    begin(f);
    assert_true(fleet_pending(f->fleet, 0));
    assert_true(fleet_wake(f->fleet, 0) == SP_FOREVER);
    say_launch(1, SP_SPOT, 2);
    say_launch(0, SP_ON_DEMAND, 1);
    take_step(f, 0);
    assert_int_equal(script.n_obs, 1);
    assert_int_equal(script.obs[0].kind, SP_OBS_START);
    assert_false(fleet_pending(f->fleet, 0));
    assert_int_equal(f->n_orders, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(f->orders[i].kind, FLEET_LAUNCH);
        assert_int_equal(f->orders[i].launch, i + 1);
        assert_int_equal(f->orders[i].pool, i < 2 ? 1 : 0);
        assert_int_equal(f->orders[i].market, i < 2 ? SP_SPOT : SP_ON_DEMAND);
        assert_int_equal(state_of(f, f->orders[i].slot), SP_PROVISIONING);
    }
    assert_int_equal(fleet_slots(f->fleet), 3);
    assert_int_equal(fleet_row_pool(f->fleet, 0), 1);
    assert_int_equal(fleet_row_group(f->fleet, 0), 0);
    assert_int_equal(fleet_pool_group(f->fleet, 1), 0);
    take_step(f, 5);
    assert_int_equal(f->n_orders, 0);
}

static void a_full_buffer_is_emptied_and_asked_again(void **state) {
    struct fixture *f = *state;
    begin(f);
    for (int i = 0; i < 700; i++) say_launch((uint32_t)i % 2, SP_SPOT, 1);
    take_step(f, 0);
    assert_int_equal(f->n_orders, 700);
    assert_int_equal(script.calls, 3);
    for (uint32_t i = 0; i < 700; i++) assert_int_equal(f->orders[i].pool, i % 2);
}

static void an_idle_call_keeps_the_wake_time(void **state) {
    struct fixture *f = *state;
    begin(f);
    script.wake_ms = 1000;
    take_step(f, 0);
    script.wake_ms = 5000;
    take_step(f, 500); /* nothing had happened: it still wants to be called at 1000 */
    assert_true(fleet_wake(f->fleet, 0) == 1000);
    take_step(f, 1000);
    assert_true(fleet_wake(f->fleet, 0) == 5000);
}

static void rows_that_wait_to_be_sent(void **state) {
    struct fixture *f = *state;
    f->params.direct_launch = false;
    begin(f);
    say_launch(0, SP_SPOT, 1);
    take_step(f, 0);
    assert_int_equal(state_of(f, 0), SP_REQUESTED);
    observe(f, 10, SP_OBS_SENT, 0, 0);
    assert_int_equal(state_of(f, 0), SP_PROVISIONING);
}

static void a_life(void **state) {
    struct fixture *f = *state;
    begin(f);
    say_launch(1, SP_SPOT, 1);
    take_step(f, 0);
    observe(f, 10, SP_OBS_GRANTED, 0, 0);
    assert_int_equal(state_of(f, 0), SP_STARTING);
    observe(f, 20, SP_OBS_READY, 0, 0);
    assert_int_equal(state_of(f, 0), SP_READY);
    observe(f, 30, SP_OBS_UNREADY, 0, 0);
    assert_int_equal(state_of(f, 0), SP_UNREADY);
    observe(f, 40, SP_OBS_READY, 0, 0);
    observe(f, 50, SP_OBS_REBALANCE, 0, 0);
    observe(f, 60, SP_OBS_NOTICE, 0, 160);
    assert_int_equal(fleet_row(f->fleet, 0)->flags, SP_REBALANCE | SP_NOTICED);
    assert_int_equal(fleet_row(f->fleet, 0)->deadline_ms, 160);
    say_end(SP_DRAIN, 0, 1);
    take_step(f, 70);
    assert_int_equal(script.n_obs, 6);
    assert_int_equal(script.obs[1].kind, SP_OBS_READY);
    assert_int_equal(script.obs[1].state, SP_STARTING); /* before it */
    assert_int_equal(script.obs[1].at_ms, 20);
    assert_int_equal(script.obs[1].pool, 1);
    assert_int_equal(script.obs[5].value, 160);
    assert_int_equal(f->n_orders, 1);
    assert_int_equal(f->orders[0].kind, FLEET_DRAIN);
    assert_int_equal(f->orders[0].state, SP_READY);
    assert_int_equal(state_of(f, 0), SP_DRAINING);
    say_end(SP_TERMINATE, 0, 1); /* a drain may be cut short */
    take_step(f, 80);
    assert_int_equal(f->orders[0].kind, FLEET_TERMINATE);
    observe(f, 90, SP_OBS_TERMINATED, 0, 0);
    assert_int_equal(fleet_row(f->fleet, 0)->launch, 0);
}

static void rows_go_at_once_or_stay(void **state) {
    struct fixture *f = *state;
    for (int keep = 0; keep < 2; keep++) {
        f->params.keep_rows = keep;
        begin(f);
        script.n = script.next = 0;
        say_launch(0, SP_SPOT, 3);
        take_step(f, 0);
        observe(f, 10, SP_OBS_DENIED, 0, 0);
        observe(f, 20, SP_OBS_PREEMPTED, 1, 0);
        observe(f, 30, SP_OBS_FAILED, 2, 0);
        for (uint32_t i = 0; i < 3; i++) assert_int_equal(fleet_row(f->fleet, i)->launch != 0, keep);
        if (!keep) continue;
        assert_int_equal(state_of(f, 0), SP_FAILED);
        assert_int_equal(state_of(f, 1), SP_PREEMPTED);
        assert_int_equal(state_of(f, 2), SP_FAILED);
        observe(f, 90, SP_OBS_CLEARED, 1, 0);
        assert_int_equal(fleet_row(f->fleet, 1)->launch, 0);
    }
}

static void pools_are_kept_up_to_date(void **state) {
    struct fixture *f = *state;
    begin(f);
    take_step(f, 0);
    fleet_observe_pool(f->fleet, 7, SP_OBS_PRICE, 1, SP_SPOT, 555);
    fleet_observe_pool(f->fleet, 8, SP_OBS_CAPACITY, 0, SP_SPOT, 4);
    assert_true(fleet_pending(f->fleet, 0));
    take_step(f, 10);
    assert_int_equal(script.n_obs, 2);
    assert_int_equal(script.obs[0].value, 555);
    assert_int_equal(script.obs[0].slot, SP_NONE);
    assert_int_equal(script.obs[1].pool, 0);
    assert_true(isnan(script.requests));
    fleet_set_requests(f->fleet, 120);
    assert_false(fleet_pending(f->fleet, 0));
    take_step(f, 20);
    assert_true(script.requests == 120);
}

/* ---- the guard ---------------------------------------------------------------------------- */

static void the_guard_counts_everything_in_flight(void **state) {
    struct fixture *f = *state;
    f->params.nodes = 2;
    f->params.max_instances = 5;
    begin(f);
    say_launch(0, SP_SPOT, 4);
    take_step(f, 0);
    assert_int_equal(f->n_orders, 2); /* 4 instances; 6 would be too many */
    assert_true(fleet_pending(f->fleet, 0));
    take_step(f, 1);
    assert_int_equal(script.n_obs, 1);
    assert_int_equal(script.obs[0].kind, SP_OBS_DENIED);
    assert_int_equal(script.obs[0].reason, SP_DENIED_GUARD);
    assert_int_equal(script.obs[0].launch, 0);
    say_end(SP_DRAIN, 0, 1);
    say_launch(1, SP_ON_DEMAND, 1);
    take_step(f, 2);
    assert_int_equal(f->n_orders, 1); /* draining still counts */
    observe(f, 3, SP_OBS_TERMINATED, 0, 0);
    say_launch(1, SP_ON_DEMAND, 1);
    take_step(f, 4);
    assert_int_equal(f->n_orders, 1);
    assert_int_equal(f->orders[0].kind, FLEET_LAUNCH);
}

/* ---- policies that break the rules --------------------------------------------------------- */

static void expect_refused(struct fixture *f, const char *piece) {
    assert_failed_error(try_step(f, 10), &f->e, "g", piece);
}

static void wrong_answers_are_named(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < 11; i++) {
        script.n = script.next = 0;
        script.endless = false;
        begin(f);
        say_launch(0, SP_SPOT, 2);
        take_step(f, 0);
        switch (i) {
        case 0:
            say_launch(2, SP_SPOT, 1);
            break;
        case 1:
            say_launch(0, (enum sp_market)2, 1);
            break;
        case 2:
            say_launch(0, SP_SPOT, 0);
            break;
        case 3:
            say_end(SP_DRAIN, 7, 1);
            break;
        case 4:
            say_end(SP_TERMINATE, 0, 2);
            break; /* another replica's number */
        case 5:
            say((struct sp_action){.kind = 9, .reason = SP_WHY_POLICY});
            break;
        case 6:
            say_end(SP_DRAIN, 0, 1);
            say_end(SP_DRAIN, 0, 1);
            break;
        case 7:
            script.endless = true;
            break;
        case 8:
            say((struct sp_action){.kind = SP_LAUNCH, .count = 1, .reason = SP_WHYS});
            break;
        case 9:
            say((struct sp_action){.kind = SP_DRAIN, .launch = 1});
            break;
        default:
            say_launch(0, SP_SPOT, FLEET_SLOTS_MAX);
            break;
        }
        static const char *const pieces[] = {"pools are 0..1",   "on market 2",     "launched 0 replicas",
                                             "not there",        "not there",       "unknown action 9",
                                             "not alive",        "does not end",    "unknown reason 9",
                                             "unknown reason 0", "replicas at once"};
        expect_refused(f, pieces[i]);
    }
}

static size_t state_asked; /* by the policy below */
static size_t huge_state(const union sp_value *value, const struct sp_limits *limits) {
    (void)value;
    (void)limits;
    return state_asked;
}

static void huge_state_is_refused(void **state) {
    struct fixture *f = *state;
    struct sp_policy greedy = scripted;
    greedy.name = "greedy";
    greedy.state_size = huge_state;
    f->spec.whole.policy = &greedy;
    state_asked = FLEET_STATE_MAX;
    begin(f);
    static const size_t sizes[] = {FLEET_STATE_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        state_asked = sizes[i];
        assert_failed_error(fleet_start(f->fleet, &f->params, &f->e), &f->e, "g", "greedy", "the limit is 67108864");
    }
}

static void groups_share_no_pool(void **state) {
    struct fixture *f = *state;
    struct fleet_group groups[2] = {f->group, f->group};
    static const uint32_t first[] = {0}, outside[] = {5};
    f->params.n_groups = 2;
    f->params.groups = groups;
    assert_input_error(fleet_start(f->fleet, &f->params, &f->e), &f->e, "g", "named twice");
    groups[0].n_pools = groups[1].n_pools = 1;
    groups[0].pools = first;
    groups[1].pools = outside;
    assert_input_error(fleet_start(f->fleet, &f->params, &f->e), &f->e, "does not exist");
    groups[1].n_pools = 0;
    begin(f);
    assert_int_equal(fleet_pool_group(f->fleet, 1), SP_NONE);
    fleet_observe_pool(f->fleet, 1, SP_OBS_PRICE, 1, SP_SPOT, 5); /* nobody's: nothing happens */
    assert_int_equal(fleet_pool_group(f->fleet, 0), 0);
}

/* ---- outputs ---------------------------------------------------------------------------------- */

static void reasons_are_explained(void **state) {
    struct fixture *f = *state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    begin(f);
    fleet_explain(f->fleet, out);
    say_launch(1, SP_ON_DEMAND, 1);
    take_step(f, 12345);
    say_end(SP_DRAIN, 0, 1);
    take_step(f, 20000);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "12.345s launch on-demand replica 1 in b: policy"));
    assert_non_null(strstr(text, "20.000s drain on-demand replica 1 in b (provisioning): policy"));
    free(text);
}

static void a_full_disk_is_an_error(void **state) {
    struct fixture *f = *state;
    FILE *out = fopen("/dev/full", "w");
    if (!out) skip();
    setvbuf(out, NULL, _IONBF, 0);
    begin(f);
    assert_failed_error(fleet_journal(f->fleet, out, &f->e), &f->e, "journal", "No space left");
    fclose(out);
    out = fopen("/dev/full", "w"); /* buffered: noticed at a step or at the end */
    begin(f);
    assert_ok(fleet_journal(f->fleet, out, &f->e), &f->e);
    assert_failed_error(fleet_journal_end(f->fleet, &f->e), &f->e, "journal", "No space left");
    for (int64_t t = 0; try_step(f, t) == OK; t++) assert_true(t < 100000);
    assert_int_equal(f->e.code, ERR_FAILED);
    fclose(out);
    begin(f);
    assert_ok(fleet_journal_end(f->fleet, &f->e), &f->e); /* none being written */
}

static void everything_has_a_name(void **state) {
    (void)state;
    for (uint8_t k = 1; k < SP_OBS_KINDS; k++) assert_string_not_equal(fleet_observation_name(k), "?");
    for (uint8_t k = 1; k < SP_WHYS; k++) assert_string_not_equal(fleet_reason_name(k), "?");
    for (uint8_t k = 1; k <= SP_DENIED_OTHER; k++) assert_string_not_equal(fleet_denial_name(k), "?");
    for (uint8_t k = 0; k < SP_STATES; k++) assert_string_not_equal(fleet_state_name(k), "?");
    assert_string_equal(fleet_observation_name(SP_OBS_KINDS), "?");
    assert_string_equal(fleet_observation_name(0), "?");
    assert_string_equal(fleet_reason_name(200), "?");
    assert_string_equal(fleet_denial_name(200), "?");
    assert_string_equal(fleet_state_name(200), "?");
    assert_string_equal(fleet_market_name(SP_SPOT), "spot");
    assert_string_equal(fleet_market_name(SP_ON_DEMAND), "on-demand");
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(first_step_sees_the_start),
        CASE(a_full_buffer_is_emptied_and_asked_again),
        CASE(an_idle_call_keeps_the_wake_time),
        CASE(rows_that_wait_to_be_sent),
        CASE(a_life),
        CASE(rows_go_at_once_or_stay),
        CASE(pools_are_kept_up_to_date),
        CASE(the_guard_counts_everything_in_flight),
        CASE(wrong_answers_are_named),
        CASE(huge_state_is_refused),
        CASE(groups_share_no_pool),
        CASE(reasons_are_explained),
        CASE(a_full_disk_is_an_error),
        CASE(everything_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
