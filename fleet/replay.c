/* SPDX-License-Identifier: Apache-2.0
 * The journal's reading side: every number is checked before it is used, as a
 * journal may come from anywhere. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/random.h"
#include "base/text.h"
#include "fleet/fleet_private.h"

#define REPLAY_POOLS_MAX 65536

struct replay {
    cJSON *header; /* owns the names */
    struct fleet_pool *pools;
    struct fleet_group *groups;
    struct policy_spec *specs;
    uint32_t **group_pools;
    struct fleet_params params;
    struct fleet *fleet;
    int64_t last_ms;
};

static void replay_free(struct replay *r) {
    for (uint32_t g = 0; r->specs && g < r->params.n_groups; g++) {
        policy_spec_free(&r->specs[g]);
        free(r->group_pools[g]);
    }
    free(r->specs);
    free(r->group_pools);
    free(r->groups);
    free(r->pools);
    fleet_free(r->fleet);
    cJSON_Delete(r->header);
}

/* A whole number in [min, max], or false. */
static bool whole(const cJSON *j, double min, double max, int64_t *out) {
    if (!cJSON_IsNumber(j) || !(j->valuedouble >= min && j->valuedouble <= max)) return false;
    if (floor(j->valuedouble) != j->valuedouble) return false;
    *out = (int64_t)j->valuedouble;
    return true;
}

static bool hex64(const cJSON *j, uint64_t *out) {
    if (!cJSON_IsString(j) || strlen(j->valuestring) != 16 || strspn(j->valuestring, "0123456789abcdef") != 16)
        return false;
    *out = strtoull(j->valuestring, NULL, 16);
    return true;
}

static bool read_pool(const cJSON *j, struct fleet_pool *p) {
    if (!cJSON_IsArray(j) || cJSON_GetArraySize(j) != 9) return false;
    const char **names[] = {&p->name, &p->cloud, &p->region, &p->zone, &p->instance_type};
    for (int i = 0; i < 5; i++) {
        const cJSON *s = cJSON_GetArrayItem(j, i);
        if (!cJSON_IsString(s)) return false;
        *names[i] = s->valuestring;
    }
    int64_t weight;
    if (!whole(cJSON_GetArrayItem(j, 5), 1, 1000, &weight)) return false;
    p->weight = (uint32_t)weight;
    return whole(cJSON_GetArrayItem(j, 6), -1, 1e12, &p->price_uusd_per_h[SP_SPOT]) &&
           whole(cJSON_GetArrayItem(j, 7), -1, 1e12, &p->price_uusd_per_h[SP_ON_DEMAND]) &&
           whole(cJSON_GetArrayItem(j, 8), -1, 4294967295.0, &p->capacity);
}

/* A journal names policies; it must not make us load code. */
static bool names_a_file(const char *policy) {
    static const char *const ends[] = {".c", ".so"};
    for (int i = 0; i < 2; i++)
        for (const char *at = strstr(policy, ends[i]); at; at = strstr(at + 1, ends[i]))
            if (strchr("+(\"", at[strlen(ends[i])]) || strchr(" \t\r\n", at[strlen(ends[i])])) return true;
    return false;
}

static enum error_code read_group(struct replay *r, uint32_t g, const cJSON *j, struct policy_registry *registry,
                                  const char *where, struct error *e) {
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(j, "name");
    const cJSON *policy = cJSON_GetObjectItemCaseSensitive(j, "policy");
    const cJSON *share = cJSON_GetObjectItemCaseSensitive(j, "share_ppm");
    const cJSON *pools = cJSON_GetObjectItemCaseSensitive(j, "pools");
    int64_t lo, hi;
    if (!cJSON_IsString(name) || !cJSON_IsString(policy) || !cJSON_IsArray(pools) ||
        !whole(cJSON_GetArrayItem(share, 0), 0, 1e6, &lo) || !whole(cJSON_GetArrayItem(share, 1), 0, 1e6, &hi) ||
        hi < lo)
        return error_set(e, ERR_INPUT, where, "group %u is not {name, policy, share_ppm, pools}", g);
    if (names_a_file(policy->valuestring))
        return error_set(e, ERR_INPUT, where, "group %u: expected names of policies, not files: '%.60s'", g,
                         policy->valuestring);
    TRY(policy_spec_parse(registry, policy->valuestring, &r->specs[g], e));
    TRY(policy_spec_check(registry, &r->specs[g], where, e));
    uint32_t n = (uint32_t)cJSON_GetArraySize(pools);
    r->group_pools[g] = calloc(n ? n : 1, sizeof **r->group_pools);
    if (!r->group_pools[g]) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t i = 0;
    for (const cJSON *p = pools->child; p; p = p->next, i++) {
        int64_t v;
        if (!whole(p, i ? r->group_pools[g][i - 1] + 1.0 : 0, (double)r->params.n_pools - 1, &v))
            return error_set(e, ERR_INPUT, where, "group %u: pools are not rising indices below %u", g,
                             r->params.n_pools);
        r->group_pools[g][i] = (uint32_t)v;
    }
    r->groups[g] = (struct fleet_group){.name = name->valuestring,
                                        .spec = &r->specs[g],
                                        .share = {(uint32_t)lo, (uint32_t)hi},
                                        .n_pools = n,
                                        .pools = r->group_pools[g]};
    return OK;
}

static enum error_code read_lists(struct replay *r, struct policy_registry *registry, const char *where,
                                  struct error *e) {
    const cJSON *pools = cJSON_GetObjectItemCaseSensitive(r->header, "pools");
    const cJSON *groups = cJSON_GetObjectItemCaseSensitive(r->header, "groups");
    int n_pools = cJSON_GetArraySize(pools), n_groups = cJSON_GetArraySize(groups);
    if (!cJSON_IsArray(pools) || !cJSON_IsArray(groups) || n_groups < 1 || n_pools > REPLAY_POOLS_MAX ||
        n_groups > REPLAY_POOLS_MAX)
        return error_set(e, ERR_INPUT, where, "the header lacks its pools or groups");
    r->pools = calloc((size_t)n_pools + 1, sizeof *r->pools);
    r->groups = calloc((size_t)n_groups, sizeof *r->groups);
    r->group_pools = calloc((size_t)n_groups, sizeof *r->group_pools);
    r->specs = calloc((size_t)n_groups, sizeof *r->specs);
    if (!r->pools || !r->groups || !r->group_pools || !r->specs) return error_set(e, ERR_FAILED, NULL, "out of memory");
    r->params.n_pools = (uint32_t)n_pools;
    r->params.n_groups = (uint32_t)n_groups;
    uint32_t i = 0;
    for (const cJSON *p = pools->child; p; p = p->next, i++)
        if (!read_pool(p, &r->pools[i])) return error_set(e, ERR_INPUT, where, "pool %u of the header is malformed", i);
    i = 0;
    for (const cJSON *g = groups->child; g; g = g->next, i++) TRY(read_group(r, i, g, registry, where, e));
    r->params.pools = r->pools;
    r->params.groups = r->groups;
    return OK;
}

static enum error_code read_header(struct replay *r, const char *line, struct policy_registry *registry,
                                   const char *where, struct error *e) {
    bool no_memory;
    r->header = json_parse(line, strlen(line) + 1, NULL, true, &no_memory);
    if (no_memory) return error_set(e, ERR_FAILED, where, "out of memory");
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(r->header, "spotsim_journal");
    if (!cJSON_IsNumber(version))
        return error_set(e, ERR_INPUT, where, "not a journal: expected {\"spotsim_journal\":1,...}");
    const cJSON *abi = cJSON_GetObjectItemCaseSensitive(r->header, "abi");
    if (version->valuedouble != 1 || !cJSON_IsNumber(abi) || abi->valuedouble != SP_ABI_VERSION)
        return error_set(e, ERR_INPUT, where,
                         "journal format %g with policy ABI %g; this program reads format 1 with ABI %d",
                         version->valuedouble, cJSON_IsNumber(abi) ? abi->valuedouble : 0.0, SP_ABI_VERSION);
    int64_t nodes, max;
    const cJSON *h = r->header;
    if (!hex64(cJSON_GetObjectItemCaseSensitive(h, "key"), &r->params.key) ||
        !whole(cJSON_GetObjectItemCaseSensitive(h, "interval_ms"), 0, (double)TIME_LIMIT_MS, &r->params.interval_ms) ||
        !whole(cJSON_GetObjectItemCaseSensitive(h, "retry_ms"), 0, (double)TIME_LIMIT_MS, &r->params.retry_ms) ||
        !whole(cJSON_GetObjectItemCaseSensitive(h, "nodes"), 1, 1e6, &nodes) ||
        !whole(cJSON_GetObjectItemCaseSensitive(h, "max_instances"), 0, 4294967295.0, &max))
        return error_set(e, ERR_INPUT, where,
                         "the header's key, interval_ms, retry_ms, nodes or max_instances is missing or out of range");
    r->params.nodes = (uint32_t)nodes;
    r->params.max_instances = (uint32_t)max;
    r->params.direct_launch = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(h, "direct_launch"));
    r->params.keep_rows = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(h, "keep_rows"));
    TRY(read_lists(r, registry, where, e));
    r->fleet = fleet_new();
    if (!r->fleet) return error_set(e, ERR_FAILED, NULL, "out of memory");
    TRY(fleet_start(r->fleet, &r->params, e));
    fleet_record(r->fleet, true);
    r->fleet->told = random_key_text(0, line);
    return OK;
}

static uint8_t kind_by_name(const char *name) {
    for (uint8_t k = 1; k < SP_OBS_KINDS; k++)
        if (strcmp(fleet_observation_name(k), name) == 0) return k;
    return 0;
}

/* Which states of a row an observation about it can follow. */
static bool fits(uint8_t kind, uint8_t state) {
    bool alive = state < SP_ALIVE_STATES;
    switch (kind) {
    case SP_OBS_SENT:
        return state == SP_REQUESTED;
    case SP_OBS_GRANTED:
    case SP_OBS_DENIED:
        return alive;
    case SP_OBS_READY:
    case SP_OBS_UNREADY:
        return alive;
    case SP_OBS_FAILED:
    case SP_OBS_PREEMPTED:
        return alive || state == SP_DRAINING;
    case SP_OBS_NOTICE:
    case SP_OBS_REBALANCE:
        return alive || state == SP_DRAINING;
    case SP_OBS_TERMINATED:
        return state == SP_DRAINING;
    case SP_OBS_CLEARED:
        return state == SP_FAILED || state == SP_PREEMPTED;
    default:
        return false;
    }
}

static enum error_code replay_replica(struct replay *r, const cJSON *line, const char *where, struct error *e) {
    int64_t at, slot, launch, reason, value;
    const cJSON *name = cJSON_GetArrayItem(line, 1);
    uint8_t kind = cJSON_IsString(name) ? kind_by_name(name->valuestring) : 0;
    if (cJSON_GetArraySize(line) != 7 || kind == 0 ||
        !whole(cJSON_GetArrayItem(line, 2), (double)r->last_ms, (double)TIME_LIMIT_MS, &at) ||
        !whole(cJSON_GetArrayItem(line, 3), 0, FLEET_SLOTS_MAX, &slot) ||
        !whole(cJSON_GetArrayItem(line, 4), 1, 9e15, &launch) || !whole(cJSON_GetArrayItem(line, 5), 0, 255, &reason) ||
        !whole(cJSON_GetArrayItem(line, 6), -9e15, 9e15, &value))
        return error_set(e, ERR_INPUT, where, "expected [\"r\", kind, ms (not falling), slot, launch, reason, value]");
    r->last_ms = at;
    const struct sp_instance *row = slot < fleet_slots(r->fleet) ? fleet_row(r->fleet, (uint32_t)slot) : NULL;
    if (!row || row->launch != (uint64_t)launch || !fits(kind, row->state))
        return error_set(e, ERR_FAILED, where,
                         "replica %" PRId64 " in slot %" PRId64 " is not there, or cannot be %s now", launch, slot,
                         name->valuestring);
    fleet_observe(r->fleet, at, (enum sp_observation_kind)kind, (uint32_t)slot, (uint8_t)reason, value);
    return OK;
}

static enum error_code replay_pool(struct replay *r, const cJSON *line, const char *where, struct error *e) {
    int64_t at, pool, market, value;
    const cJSON *name = cJSON_GetArrayItem(line, 1);
    uint8_t kind = cJSON_IsString(name) ? kind_by_name(name->valuestring) : 0;
    if (cJSON_GetArraySize(line) != 6 || (kind != SP_OBS_PRICE && kind != SP_OBS_CAPACITY) ||
        !whole(cJSON_GetArrayItem(line, 2), (double)r->last_ms, (double)TIME_LIMIT_MS, &at) ||
        !whole(cJSON_GetArrayItem(line, 3), 0, (double)r->params.n_pools - 1, &pool) ||
        !whole(cJSON_GetArrayItem(line, 4), 0, SP_MARKETS - 1, &market) ||
        !whole(cJSON_GetArrayItem(line, 5), -9e15, 9e15, &value))
        return error_set(e, ERR_INPUT, where,
                         "expected [\"p\", \"price\"|\"capacity\", ms (not falling), pool, market, value]");
    r->last_ms = at;
    fleet_observe_pool(r->fleet, at, (enum sp_observation_kind)kind, (uint32_t)pool, (enum sp_market)market, value);
    return OK;
}

static enum error_code replay_step(struct replay *r, const cJSON *line, const char *where, struct error *e) {
    int64_t at, group, n;
    uint64_t digest;
    const cJSON *requests = cJSON_GetArrayItem(line, 5);
    bool known = cJSON_IsNumber(requests) && requests->valuedouble >= 0 && !isinf(requests->valuedouble);
    if (cJSON_GetArraySize(line) != (known ? 6 : 5) ||
        !whole(cJSON_GetArrayItem(line, 1), (double)r->last_ms, (double)TIME_LIMIT_MS, &at) ||
        !whole(cJSON_GetArrayItem(line, 2), 0, (double)r->params.n_groups - 1, &group) ||
        !whole(cJSON_GetArrayItem(line, 3), 0, 4294967295.0, &n) || !hex64(cJSON_GetArrayItem(line, 4), &digest))
        return error_set(e, ERR_INPUT, where,
                         "expected [\"s\", ms (not falling), group, actions, digest] or with the requests of the last "
                         "60 s after it");
    r->last_ms = at;
    fleet_set_requests(r->fleet, known ? requests->valuedouble : NAN);
    const struct fleet_order *orders;
    uint32_t n_orders;
    TRY(fleet_step(r->fleet, (uint32_t)group, at, &orders, &n_orders, e));
    if (n_orders != (uint64_t)n || r->fleet->told != digest)
        return error_set(e, ERR_FAILED, where,
                         "the policy answers differently now: %" PRIu32 " actions, digest %016" PRIx64 "; then %" PRId64
                         ", %016" PRIx64,
                         n_orders, r->fleet->told, n, digest);
    return OK;
}

static enum error_code replay_end(struct replay *r, const cJSON *line, const char *where, uint64_t steps,
                                  struct error *e) {
    int64_t n;
    uint64_t digest;
    if (cJSON_GetArraySize(line) != 3 || !whole(cJSON_GetArrayItem(line, 1), 0, 9e15, &n) ||
        !hex64(cJSON_GetArrayItem(line, 2), &digest))
        return error_set(e, ERR_INPUT, where, "expected [\"end\", steps, digest]");
    if ((uint64_t)n != steps)
        return error_set(e, ERR_INPUT, where, "the journal says that it has %" PRId64 " steps; it has %" PRIu64, n,
                         steps);
    if (digest != r->fleet->told)
        return error_set(e, ERR_INPUT, where, "an observation after the last step is not what was written");
    return OK;
}

static enum error_code replay_line(struct replay *r, const char *text, const char *where, uint64_t *steps,
                                   bool *complete, struct error *e) {
    bool no_memory;
    cJSON *line = json_parse(text, strlen(text) + 1, NULL, true, &no_memory);
    if (no_memory) return error_set(e, ERR_FAILED, where, "out of memory");
    const cJSON *tag = cJSON_IsArray(line) ? cJSON_GetArrayItem(line, 0) : NULL;
    enum error_code rc;
    if (!cJSON_IsString(tag)) {
        rc = error_set(e, ERR_INPUT, where, "expected a JSON array that begins with \"r\", \"p\", \"s\" or \"end\"");
    } else if (strcmp(tag->valuestring, "r") == 0) {
        rc = replay_replica(r, line, where, e);
    } else if (strcmp(tag->valuestring, "p") == 0) {
        rc = replay_pool(r, line, where, e);
    } else if (strcmp(tag->valuestring, "s") == 0) {
        rc = replay_step(r, line, where, e);
        if (rc == OK) ++*steps;
    } else if (strcmp(tag->valuestring, "end") == 0) {
        rc = replay_end(r, line, where, *steps, e);
        *complete = rc == OK;
    } else {
        rc = error_set(e, ERR_INPUT, where, "unknown record \"%.20s\"", tag->valuestring);
    }
    cJSON_Delete(line);
    return rc;
}

enum error_code journal_replay(const char *path, struct policy_registry *registry, FILE *explain, uint64_t *steps,
                               bool *complete, struct error *e) {
    *steps = 0;
    *complete = false;
    FILE *in = fopen(path, "r");
    if (!in) return error_set(e, ERR_INPUT, path, "cannot read: %s", strerror(errno));
    struct replay r = {0};
    char *line = NULL;
    size_t room = 0;
    uint64_t n = 0;
    enum error_code rc = OK;
    ssize_t size;
    while (rc == OK && !*complete && (size = getline(&line, &room, in)) >= 0) {
        char where[300];
        snprintf(where, sizeof where, "%s:%" PRIu64, path, ++n);
        if (n == 1) {
            rc = read_header(&r, line, registry, where, e);
            if (rc == OK) fleet_explain(r.fleet, explain);
        } else if (size > 0 && line[size - 1] == '\n') {
            rc = replay_line(&r, line, where, steps, complete, e);
        } /* a last line without its end was cut off while being written */
    }
    if (rc == OK && ferror(in)) rc = error_set(e, ERR_INPUT, path, "cannot read: %s", strerror(errno));
    if (rc == OK && n == 0) rc = error_set(e, ERR_INPUT, path, "empty file; expected a journal");
    free(line);
    fclose(in);
    replay_free(&r);
    return rc;
}
