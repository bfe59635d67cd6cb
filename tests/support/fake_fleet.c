/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/fake_fleet.h"

#include <stdlib.h>
#include <string.h>

static const char *const pool_names[FAKE_POOLS] = {"a", "b", "c", "d", "e", "f", "g", "h",
                                                   "i", "j", "k", "l", "m", "n", "o", "p"};

/* Tests change pools as they like, so all of them may have changed. */
static const uint32_t all_pools[FAKE_POOLS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static void set_pools(struct fake *f, uint32_t n) {
    assert_true(n <= FAKE_POOLS);
    f->n_pools = n;
    for (uint32_t p = 0; p < n; p++)
        f->pools[p] = (struct sp_pool){.name = pool_names[p],
                                       .cloud = "aws",
                                       .region = "r",
                                       .zone = pool_names[p],
                                       .instance_type = "t",
                                       .price_uusd_per_h = {p + 1, 10 * (p + 1)},
                                       .last_denied_ms = {SP_NEVER, SP_NEVER},
                                       .last_granted_ms = {SP_NEVER, SP_NEVER},
                                       .last_preempted_ms = SP_NEVER,
                                       .capacity = SP_UNKNOWN,
                                       .weight = 1};
}

static void push(struct fake *f, struct sp_observation o) {
    assert_true(f->n_obs < FAKE_OBS);
    f->obs[f->n_obs++] = o;
}

struct fake *fake_new_share(const char *policy, uint32_t n_pools, struct composer_share share) {
    struct fake *f = calloc(1, sizeof *f);
    struct error e;
    assert_non_null(f);
    set_pools(f, n_pools);
    f->retry_ms = 30000;
    f->max_actions = FAKE_ACTIONS;
    f->registry = registry_new();
    assert_non_null(f->registry);
    assert_ok(policy_spec_parse(f->registry, policy, &f->spec, &e), &e);
    assert_ok(policy_spec_check(f->registry, &f->spec, "test", &e), &e);
    struct sp_limits limits = {.pools = n_pools, .instances = FAKE_ROWS, .actions = FAKE_ACTIONS};
    size_t size = composer_size(&f->spec, &limits);
    f->memory = aligned_alloc(16, (size + 15) / 16 * 16);
    assert_non_null(f->memory);
    memset(f->memory, 0xa5, size);
    f->composer = composer_init(f->memory, &f->spec, &limits, share, 42);
    push(f, (struct sp_observation){.kind = SP_OBS_START, .slot = SP_NONE, .pool = SP_NONE});
    return f;
}

struct fake *fake_new(const char *policy, uint32_t n_pools) {
    return fake_new_share(policy, n_pools, (struct composer_share){0, 1000000});
}

void fake_free(struct fake *f) {
    if (!f) return;
    policy_spec_free(&f->spec);
    registry_free(f->registry);
    free(f->memory);
    free(f);
}

/* ---- rows ---------------------------------------------------------------- */

uint64_t fake_add(struct fake *f, uint32_t pool, enum sp_market market, enum sp_state state) {
    uint32_t slot = 0;
    while (slot < f->n_slots && f->rows[slot].launch != 0) slot++; /* slots are reused, launch numbers never */
    assert_true(slot < FAKE_ROWS);
    if (slot == f->n_slots) f->n_slots++;
    f->rows[slot] = (struct sp_instance){.launch = ++f->last_launch,
                                         .since_ms = f->now_ms,
                                         .launched_ms = f->now_ms,
                                         .deadline_ms = SP_FOREVER,
                                         .pool = pool,
                                         .market = (uint8_t)market,
                                         .state = (uint8_t)state};
    return f->last_launch;
}

struct sp_instance *fake_row(struct fake *f, uint64_t launch) {
    for (uint32_t i = 0; i < f->n_slots; i++)
        if (f->rows[i].launch == launch) return &f->rows[i];
    return NULL;
}

void fake_flag(struct fake *f, uint64_t launch, uint8_t flags) {
    struct sp_instance *r = fake_row(f, launch);
    assert_non_null(r);
    r->flags |= flags;
}

static void move_on(struct fake *f, struct sp_instance *r, enum sp_observation_kind kind, int64_t at_ms) {
    struct sp_pool *p = &f->pools[r->pool];
    r->since_ms = at_ms;
    switch (kind) {
    case SP_OBS_SENT:
        r->state = SP_PROVISIONING;
        break;
    case SP_OBS_GRANTED:
        r->state = SP_STARTING;
        p->last_granted_ms[r->market] = at_ms;
        break;
    case SP_OBS_READY:
        r->state = SP_READY;
        break;
    case SP_OBS_UNREADY:
        r->state = SP_UNREADY;
        break;
    case SP_OBS_DENIED:
        p->last_denied_ms[r->market] = at_ms;
        r->launch = 0;
        break;
    case SP_OBS_PREEMPTED:
        p->last_preempted_ms = at_ms;
        r->launch = 0;
        break;
    case SP_OBS_FAILED:
    case SP_OBS_TERMINATED:
    case SP_OBS_CLEARED:
        r->launch = 0;
        break;
    case SP_OBS_NOTICE:
        r->flags |= SP_NOTICED;
        break;
    case SP_OBS_REBALANCE:
        r->flags |= SP_REBALANCE;
        break;
    default:
        break;
    }
}

void fake_observe_at(struct fake *f, int64_t at_ms, uint64_t launch, enum sp_observation_kind kind, uint8_t reason) {
    struct sp_instance *r = fake_row(f, launch);
    assert_non_null(r);
    push(f, (struct sp_observation){.at_ms = at_ms,
                                    .launch = launch,
                                    .slot = (uint32_t)(r - f->rows),
                                    .pool = r->pool,
                                    .kind = (uint8_t)kind,
                                    .market = r->market,
                                    .reason = reason,
                                    .state = r->state});
    move_on(f, r, kind, at_ms);
}

void fake_observe(struct fake *f, uint64_t launch, enum sp_observation_kind kind) {
    fake_observe_at(f, f->now_ms, launch, kind, kind == SP_OBS_DENIED ? SP_DENIED_CAPACITY : 0);
}

void fake_observe_pool(struct fake *f, uint32_t pool, enum sp_observation_kind kind, int64_t value) {
    if (kind == SP_OBS_PRICE) f->pools[pool].price_uusd_per_h[SP_SPOT] = value;
    if (kind == SP_OBS_CAPACITY) f->pools[pool].capacity = value;
    push(f, (struct sp_observation){
                .at_ms = f->now_ms, .value = value, .slot = SP_NONE, .pool = pool, .kind = (uint8_t)kind});
}

/* ---- steps --------------------------------------------------------------- */

static struct sp_instance *newest_below(struct fake *f, uint64_t launch) {
    struct sp_instance *best = NULL;
    for (uint32_t i = 0; i < f->n_slots; i++) {
        struct sp_instance *r = &f->rows[i];
        if (r->launch != 0 && r->launch < launch && (!best || r->launch > best->launch)) best = r;
    }
    return best;
}

static void link_row(struct fake *f, struct sp_view *v, struct sp_instance *r) {
    uint32_t slot = (uint32_t)(r - f->rows);
    uint32_t *first = &v->first[r->market][r->state], *last = &v->last[r->market][r->state];
    r->next = *first; /* rows come newest first */
    r->prev = SP_NONE;
    if (*first != SP_NONE)
        f->rows[*first].prev = slot;
    else
        *last = slot;
    *first = slot;
}

void fake_view(const struct fake *cf, struct sp_view *v) {
    struct fake *f = (struct fake *)(uintptr_t)cf; /* counts and links are derived */
    *v = (struct sp_view){.now_ms = f->now_ms,
                          .interval_ms = f->interval_ms,
                          .retry_ms = f->retry_ms,
                          .requests = __builtin_nan(""),
                          .target = f->target,
                          .n_pools = f->n_pools,
                          .n_slots = f->n_slots,
                          .pools = f->pools,
                          .instances = f->rows,
                          .n_changed = f->n_pools,
                          .changed = all_pools};
    memset(v->first, 0xff, sizeof v->first);
    memset(v->last, 0xff, sizeof v->last);
    for (uint32_t p = 0; p < f->n_pools; p++) memset(f->pools[p].count, 0, sizeof f->pools[p].count);
    uint64_t at = UINT64_MAX;
    for (struct sp_instance *r; (r = newest_below(f, at)); at = r->launch) {
        struct sp_pool *p = &f->pools[r->pool];
        link_row(f, v, r);
        p->count[r->market][r->state]++;
        v->units[r->market][r->state] += p->weight;
        if (r->flags & SP_NOTICED)
            v->noticed[r->market][r->state] += p->weight;
        else if (r->flags & SP_REBALANCE)
            v->rebalance[r->market][r->state] += p->weight;
    }
}

static void carry_out(struct fake *f, const struct sp_action *a) {
    if (a->kind == SP_LAUNCH) {
        for (uint32_t i = 0; i < a->count; i++) fake_add(f, a->pool, (enum sp_market)a->market, SP_REQUESTED);
        return;
    }
    assert_true(a->slot < f->n_slots);
    assert_int_equal(f->rows[a->slot].launch, a->launch);
    assert_true(f->rows[a->slot].state < SP_ALIVE_STATES);
    f->rows[a->slot].state = SP_DRAINING;
}

void fake_step(struct fake *f, int64_t now_ms) {
    struct sp_view view;
    bool more = true;
    f->now_ms = now_ms;
    f->n_actions = f->calls = 0;
    while (more) {
        uint32_t room = FAKE_ACTIONS - f->n_actions;
        assert_true(room > 0);
        struct sp_actions out = {.items = f->actions + f->n_actions,
                                 .max = room < f->max_actions ? room : f->max_actions};
        fake_view(f, &view);
        f->wake_ms = composer_step(f->composer, &view, f->obs, f->n_obs, false, &out);
        f->n_obs = 0;
        f->calls++;
        more = out.more;
        for (uint32_t i = 0; i < out.n && !f->keep_hands_off; i++) carry_out(f, &out.items[i]);
        f->n_actions += out.n;
    }
}

/* ---- what was answered --------------------------------------------------- */

uint32_t fake_launches(const struct fake *f, uint32_t pool, enum sp_market market) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_actions; i++) {
        const struct sp_action *a = &f->actions[i];
        if (a->kind == SP_LAUNCH && a->market == market && (pool == SP_NONE || a->pool == pool)) n += a->count;
    }
    return n;
}

uint32_t fake_launches_all(const struct fake *f, enum sp_market market) { return fake_launches(f, SP_NONE, market); }

uint32_t fake_drains(const struct fake *f, enum sp_market market) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->n_actions; i++) n += f->actions[i].kind == SP_DRAIN && f->actions[i].market == market;
    return n;
}

const char *fake_placed(const struct fake *f, char *text, size_t room) {
    size_t n = 0;
    for (uint32_t i = 0; i < f->n_actions; i++) {
        const struct sp_action *a = &f->actions[i];
        if (a->kind != SP_LAUNCH || a->market != SP_SPOT) continue;
        for (uint32_t k = 0; k < a->count && n + 1 < room; k++) text[n++] = *f->pools[a->pool].name;
    }
    text[n] = '\0';
    return text;
}
