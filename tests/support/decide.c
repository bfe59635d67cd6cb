/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/decide.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "fleet/fleet.h"
#include "policies/spec.h"

#define POOLS_MAX 64
#define NAME_MAX_BYTES 64
#define WORDS_MAX 4

struct decide {
    struct policy_registry *registry;
    struct fleet *fleet;
    struct policy_spec spec;
    bool running; /* the first step was there */
    int64_t interval_ms;
    struct fleet_group group;
    uint32_t n_pools;
    struct fleet_pool pools[POOLS_MAX];
    char names[POOLS_MAX][NAME_MAX_BYTES];
    uint32_t index[POOLS_MAX];
};

struct decide *decide_new(void) {
    struct decide *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->registry = registry_new();
    d->fleet = fleet_new();
    if (d->registry && d->fleet) return d;
    decide_free(d);
    return NULL;
}

void decide_free(struct decide *d) {
    if (!d) return;
    policy_spec_free(&d->spec);
    fleet_free(d->fleet);
    registry_free(d->registry);
    free(d);
}

static enum error_code start(struct decide *d, const char *interval, const char *policy, struct error *e) {
    policy_spec_free(&d->spec);
    d->running = false;
    d->n_pools = 0;
    TRY(text_int(interval, 0, TIME_LIMIT_MS, &d->interval_ms, e));
    TRY(policy_spec_parse(d->registry, policy, &d->spec, e));
    return policy_spec_check(d->registry, &d->spec, NULL, e);
}

static enum error_code add_pool(struct decide *d, const char *name, const char *price, struct error *e) {
    if (d->running || d->n_pools == POOLS_MAX || strlen(name) >= NAME_MAX_BYTES)
        return error_set(e, ERR_INPUT, NULL, "pool %.60s: too late, too many or too long a name", name);
    uint32_t i = d->n_pools++;
    d->index[i] = i;
    snprintf(d->names[i], NAME_MAX_BYTES, "%s", name);
    d->pools[i] = (struct fleet_pool){.name = d->names[i],
                                      .cloud = "c",
                                      .region = "r",
                                      .zone = d->names[i],
                                      .instance_type = "t",
                                      .weight = 1,
                                      .price_uusd_per_h = {0, SP_UNKNOWN},
                                      .capacity = SP_UNKNOWN};
    return text_int(price, 0, INT64_C(1000000000000), &d->pools[i].price_uusd_per_h[SP_SPOT], e);
}

/* The fleet begins with the first line that is about it. */
static enum error_code run(struct decide *d, struct error *e) {
    if (d->running) return OK;
    if (!d->spec.mix.policy) return error_set(e, ERR_INPUT, NULL, "expected a start line first");
    d->group = (struct fleet_group){
        .name = "all", .spec = &d->spec, .share = {0, 1000000}, .n_pools = d->n_pools, .pools = d->index};
    struct fleet_params params = {.n_pools = d->n_pools,
                                  .pools = d->pools,
                                  .n_groups = 1,
                                  .groups = &d->group,
                                  .interval_ms = d->interval_ms,
                                  .retry_ms = d->interval_ms,
                                  .keep_rows = true,
                                  .nodes = 1,
                                  .max_instances = UINT32_MAX,
                                  .key = 1};
    d->running = true;
    return fleet_start(d->fleet, &params, e);
}

static enum error_code find_slot(const struct decide *d, const char *launch, uint32_t *slot, struct error *e) {
    int64_t wanted;
    TRY(text_int(launch, 1, INT64_MAX, &wanted, e));
    for (uint32_t i = 0; i < fleet_slots(d->fleet); i++) {
        if (fleet_row(d->fleet, i)->launch != (uint64_t)wanted) continue;
        *slot = i;
        return OK;
    }
    return error_set(e, ERR_INPUT, NULL, "no replica %" PRId64, wanted);
}

static enum error_code step(struct decide *d, const char *now, const char *requests, FILE *out, struct error *e) {
    int64_t now_ms;
    double known = __builtin_nan("");
    TRY(text_int(now, 0, TIME_LIMIT_MS, &now_ms, e));
    if (strcmp(requests, "nan") != 0) TRY(text_real(requests, 0, 1e15, &known, e));
    fleet_set_requests(d->fleet, known);
    const struct fleet_order *orders;
    uint32_t n;
    TRY(fleet_step(d->fleet, 0, now_ms, &orders, &n, e));
    for (uint32_t i = 0; i < n; i++) {
        const struct fleet_order *o = &orders[i];
        if (o->kind != FLEET_LAUNCH)
            fprintf(out, "drain %" PRIu64 "\n", o->launch);
        else if (o->market == SP_ON_DEMAND)
            fprintf(out, "launch %" PRIu64 " on-demand\n", o->launch);
        else
            fprintf(out, "launch %" PRIu64 " spot %s\n", o->launch, d->names[o->pool]);
    }
    fprintf(out, "target %" PRIu32 " final %" PRIu32 "%s\n", fleet_target(d->fleet, 0), fleet_final_target(d->fleet, 0),
            fleet_base_clamped(d->fleet) ? " clamped" : "");
    return OK;
}

static enum error_code set_price(struct decide *d, const char *pool, const char *at, const char *price,
                                 struct error *e) {
    int64_t index, at_ms, value;
    TRY(text_int(pool, 0, (int64_t)d->n_pools - 1, &index, e));
    TRY(text_int(at, 0, TIME_LIMIT_MS, &at_ms, e));
    TRY(text_int(price, 0, INT64_C(1000000000000), &value, e));
    fleet_observe_pool(d->fleet, at_ms, SP_OBS_PRICE, (uint32_t)index, SP_SPOT, value);
    return OK;
}

static enum error_code observe(struct decide *d, const char *kind, const char *launch, const char *at,
                               struct error *e) {
    uint8_t k = SP_OBS_SENT;
    while (k < SP_OBS_KINDS && strcmp(fleet_observation_name(k), kind) != 0) k++;
    if (k > SP_OBS_CLEARED) return error_set(e, ERR_INPUT, NULL, "unknown line '%.30s'", kind);
    uint32_t slot = SP_NONE;
    int64_t at_ms;
    TRY(find_slot(d, launch, &slot, e));
    TRY(text_int(at, 0, TIME_LIMIT_MS, &at_ms, e));
    uint8_t reason = k == SP_OBS_DENIED ? SP_DENIED_CAPACITY : 0;
    fleet_observe(d->fleet, at_ms, (enum sp_observation_kind)k, slot, reason, 0);
    return OK;
}

static enum error_code dispatch(struct decide *d, char *word[WORDS_MAX], int n, FILE *out, struct error *e) {
    if (strcmp(word[0], "pool") == 0 && n == 3) return add_pool(d, word[1], word[2], e);
    TRY(run(d, e));
    if (strcmp(word[0], "step") == 0 && n == 3) return step(d, word[1], word[2], out, e);
    if (strcmp(word[0], "price") == 0 && n == 4) return set_price(d, word[1], word[2], word[3], e);
    if (n == 3) return observe(d, word[0], word[1], word[2], e);
    return error_set(e, ERR_INPUT, NULL, "unknown line '%.30s' of %d words", word[0], n);
}

enum error_code decide_line(struct decide *d, const char *line, FILE *out, struct error *e) {
    char copy[2000];
    if (strlen(line) >= sizeof copy) return error_set(e, ERR_INPUT, NULL, "line too long");
    strcpy(copy, line);
    char *save = NULL, *word[WORDS_MAX + 1];
    int n = 0;
    for (char *w = strtok_r(copy, " \n", &save); w; w = strtok_r(NULL, " \n", &save)) {
        if (n == WORDS_MAX) return error_set(e, ERR_INPUT, NULL, "too many words: '%.60s'", line);
        word[n++] = w;
        if (n == 2 && strcmp(word[0], "start") == 0) { /* the rest is the policy */
            const char *policy = strtok_r(NULL, "\n", &save);
            return start(d, word[1], policy ? policy : "", e);
        }
    }
    if (n == 0 || word[0][0] == '#') return OK;
    return dispatch(d, word, n, out, e);
}
