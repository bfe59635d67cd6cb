/* SPDX-License-Identifier: Apache-2.0
 * What came out of one run. */
#include "api/result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/metrics.h"

enum spotsim_code spotsim_result_new(struct spotsim_result **out, struct spotsim_error *e) {
    if (!out) return MISUSE(e, "out is NULL");
    *out = calloc(1, sizeof **out);
    return *out ? SPOTSIM_OK : api_out_of_memory(e);
}

void result_clear(struct spotsim_result *r) {
    prepared_release(r->from);
    r->from = NULL;
    sim_result_free(&r->value);
    stressed_free(&r->stressed);
    notes_free(&r->notes);
}

void spotsim_result_free(struct spotsim_result *r) {
    if (!r) return;
    result_clear(r);
    free(r);
}

/* ---- numbers by name ---------------------------------------------------------- */

enum number_type { NUMBER_REAL, NUMBER_U64, NUMBER_U32, NUMBER_MS, NUMBER_FLAG };

struct number {
    const char *name, *unit;
    enum number_type type;
    size_t offset;
};

static double read_number(const void *object, const struct number *n) {
    const char *at = (const char *)object + n->offset;
    switch (n->type) {
    case NUMBER_U64:
        return (double)*(const uint64_t *)(const void *)at;
    case NUMBER_U32:
        return (double)*(const uint32_t *)(const void *)at;
    case NUMBER_MS:
        return (double)*(const int64_t *)(const void *)at / (double)MS_PER_S;
    case NUMBER_FLAG:
        return *(const bool *)(const void *)at ? 1 : 0;
    case NUMBER_REAL:
        break;
    }
    return *(const double *)(const void *)at;
}

#define NAMES_MAX 64

static enum spotsim_code read_by_name(const struct number *table, size_t n, const void *object, const char *name,
                                      double *value, struct spotsim_error *e) {
    const char *names[NAMES_MAX + 1];
    for (size_t i = 0; i < n; i++) {
        names[i] = table[i].name;
        if (strcmp(name, table[i].name) != 0) continue;
        *value = read_number(object, &table[i]);
        return SPOTSIM_OK;
    }
    names[n] = NULL;
    return api_unknown_metric(name, names, e);
}

#define COUNT(TABLE) (sizeof(TABLE) / sizeof(TABLE)[0])

/* Besides the columns that studies tabulate. */
#define AT(member) offsetof(struct sim_result, member)
static const struct number further[] = {
    {"outages_full_ended", "", NUMBER_U64, AT(outage_full.ended)},
    {"outage_full_total_s", "s", NUMBER_MS, AT(outage_full.total_ms)},
    {"outage_full_mttr_s", "s", NUMBER_REAL, AT(outage_full.mttr_s)},
    {"outage_full_mtbf_s", "s", NUMBER_REAL, AT(outage_full.mtbf_s)},
    {"outage_full_last_cut", "", NUMBER_FLAG, AT(outage_full.last_cut)},
    {"outages_any_ended", "", NUMBER_U64, AT(outage_any.ended)},
    {"outage_any_total_s", "s", NUMBER_MS, AT(outage_any.total_ms)},
    {"outage_any_mttr_s", "s", NUMBER_REAL, AT(outage_any.mttr_s)},
    {"outage_any_mtbf_s", "s", NUMBER_REAL, AT(outage_any.mtbf_s)},
    {"outage_any_last_cut", "", NUMBER_FLAG, AT(outage_any.last_cut)},
    {"target_hours", "h", NUMBER_REAL, AT(target_hours)},
    {"base_clamped", "", NUMBER_FLAG, AT(base_clamped)},
    {"unknown_price_pools", "", NUMBER_U64, AT(unknown_price_pools)},
    {"steps", "", NUMBER_U64, AT(steps)},
};
#undef AT
_Static_assert(METRICS + COUNT(further) + 1 <= NAMES_MAX, "names fit");

uint32_t spotsim_metric_count(void) { return (uint32_t)(METRICS + COUNT(further)); }

const char *spotsim_metric_name(uint32_t i) {
    if (i < METRICS) return metrics[i].name;
    return i < spotsim_metric_count() ? further[i - METRICS].name : NULL;
}

const char *spotsim_metric_unit(uint32_t i) {
    if (i < METRICS) return metrics[i].unit;
    return i < spotsim_metric_count() ? further[i - METRICS].unit : NULL;
}

enum spotsim_code spotsim_result_value(const struct spotsim_result *r, const char *metric, double *value,
                                       struct spotsim_error *e) {
    if (value) *value = NAN;
    if (!r || !metric || !value) return MISUSE(e, "result, metric or value is NULL");
    if (!r->from) return MISUSE(e, EMPTY_RESULT);
    const char *names[NAMES_MAX + 1];
    for (uint32_t i = 0; i < spotsim_metric_count(); i++) {
        names[i] = spotsim_metric_name(i);
        if (strcmp(metric, names[i]) != 0) continue;
        *value = i < METRICS ? metric_of(&r->value, (enum metric_id)i) : read_number(&r->value, &further[i - METRICS]);
        return SPOTSIM_OK;
    }
    names[spotsim_metric_count()] = NULL;
    return api_unknown_metric(metric, names, e);
}

/* ---- pools and groups ---------------------------------------------------------- */

#define AT(member) offsetof(struct pool_result, member)
static const struct number of_pool[] = {
    {"spot_hours", "h", NUMBER_REAL, AT(hours[SP_SPOT])},
    {"on_demand_hours", "h", NUMBER_REAL, AT(hours[SP_ON_DEMAND])},
    {"spot_ready_hours", "h", NUMBER_REAL, AT(ready_hours[SP_SPOT])},
    {"on_demand_ready_hours", "h", NUMBER_REAL, AT(ready_hours[SP_ON_DEMAND])},
    {"spot_cost_usd", "$", NUMBER_REAL, AT(cost_usd[SP_SPOT])},
    {"on_demand_cost_usd", "$", NUMBER_REAL, AT(cost_usd[SP_ON_DEMAND])},
    {"spot_launched", "", NUMBER_U64, AT(launched[SP_SPOT])},
    {"on_demand_launched", "", NUMBER_U64, AT(launched[SP_ON_DEMAND])},
    {"spot_denied", "", NUMBER_U64, AT(denied[SP_SPOT])},
    {"on_demand_denied", "", NUMBER_U64, AT(denied[SP_ON_DEMAND])},
    {"noticed", "", NUMBER_U64, AT(noticed)},
    {"preempted", "", NUMBER_U64, AT(preempted)},
    {"terminated", "", NUMBER_U64, AT(terminated)},
};
#undef AT
#define AT(member) offsetof(struct group_result, member)
static const struct number of_group[] = {
    {"full", "", NUMBER_REAL, AT(full)},     {"any", "", NUMBER_REAL, AT(any)},
    {"base", "", NUMBER_REAL, AT(base)},     {"capacity", "", NUMBER_REAL, AT(capacity)},
    {"served", "", NUMBER_REAL, AT(served)}, {"target_hours", "h", NUMBER_REAL, AT(target_hours)},
};
#undef AT
#define AT(member) offsetof(struct recovery_stats, member)
static const struct number of_recovery[] = {
    {"count", "", NUMBER_U64, AT(count)},
    {"recovered", "", NUMBER_U64, AT(recovered)},
    {"mean_s", "s", NUMBER_REAL, AT(mean_s)},
    {"longest_s", "s", NUMBER_MS, AT(longest_ms)},
};
#undef AT

uint32_t spotsim_result_pool_count(const struct spotsim_result *r) { return r && r->from ? r->value.n_pools : 0; }

const char *spotsim_result_pool_name(const struct spotsim_result *r, uint32_t pool) {
    return pool < spotsim_result_pool_count(r) ? r->config.trace->pools[pool].name : NULL;
}

enum spotsim_code spotsim_result_pool_value(const struct spotsim_result *r, uint32_t pool, const char *metric,
                                            double *value, struct spotsim_error *e) {
    if (value) *value = NAN;
    if (!r || !metric || !value) return MISUSE(e, "result, metric or value is NULL");
    if (!r->from) return MISUSE(e, EMPTY_RESULT);
    if (pool >= r->value.n_pools) return MISUSE(e, "no such pool");
    const struct pool_result *p = &r->value.pools[pool];
    if (strcmp(metric, "cost_usd") == 0)
        *value = p->cost_usd[SP_SPOT] + p->cost_usd[SP_ON_DEMAND];
    else if (strcmp(metric, "denied") == 0)
        *value = (double)(p->denied[SP_SPOT] + p->denied[SP_ON_DEMAND]);
    else
        return read_by_name(of_pool, COUNT(of_pool), p, metric, value, e);
    return SPOTSIM_OK;
}

uint32_t spotsim_result_group_count(const struct spotsim_result *r) { return r && r->from ? r->value.n_groups : 0; }

const char *spotsim_result_group_name(const struct spotsim_result *r, uint32_t group) {
    return group < spotsim_result_group_count(r) ? r->config.groups[group].name : NULL;
}

enum spotsim_code spotsim_result_group_value(const struct spotsim_result *r, uint32_t group, const char *metric,
                                             double *value, struct spotsim_error *e) {
    if (value) *value = NAN;
    if (!r || !metric || !value) return MISUSE(e, "result, metric or value is NULL");
    if (!r->from) return MISUSE(e, EMPTY_RESULT);
    if (group >= r->value.n_groups) return MISUSE(e, "no such group; there are some only where the fleet has several");
    return read_by_name(of_group, COUNT(of_group), &r->value.groups[group], metric, value, e);
}

enum spotsim_code spotsim_result_recovery(const struct spotsim_result *r, uint32_t lost, const char *metric,
                                          double *value, struct spotsim_error *e) {
    if (value) *value = NAN;
    if (!r || !metric || !value) return MISUSE(e, "result, metric or value is NULL");
    if (!r->from) return MISUSE(e, EMPTY_RESULT);
    if (lost > RECOVERY_K_MAX) return MISUSE(e, "lost is 0 to 64");
    return read_by_name(of_recovery, COUNT(of_recovery), &r->value.recovery[lost], metric, value, e);
}
_Static_assert(RECOVERY_K_MAX == 64, "named in the header");

const int64_t *spotsim_result_outages(const struct spotsim_result *r, enum spotsim_outage kind, uint32_t *n) {
    if (n) *n = 0;
    if (!r || !r->from || (kind != SPOTSIM_OUTAGE_FULL && kind != SPOTSIM_OUTAGE_ANY)) return NULL;
    const struct outage_stats *o = kind == SPOTSIM_OUTAGE_FULL ? &r->value.outage_full : &r->value.outage_any;
    if (n) *n = o->n_lengths;
    return o->lengths_ms;
}

uint64_t spotsim_result_fingerprint(const struct spotsim_result *r) { return r && r->from ? r->value.fingerprint : 0; }

/* ---- remarks and texts ---------------------------------------------------------- */

static void collect_notes(struct spotsim_result *r) {
    notes_free(&r->notes);
    notes_add_all(&r->notes, &r->from->notes);
    result_notes(r->from->scenario, &r->value, &r->notes);
}

uint32_t spotsim_result_note_count(struct spotsim_result *r) {
    if (!r || !r->from) return 0;
    collect_notes(r);
    return r->notes.n;
}

const char *spotsim_result_note(struct spotsim_result *r, uint32_t i, bool *warning) {
    if (!r || !r->from) return NULL;
    if (i >= r->notes.n) collect_notes(r);
    if (i >= r->notes.n) return NULL;
    if (warning) *warning = r->notes.warning[i];
    return r->notes.lines[i];
}

enum spotsim_code spotsim_result_text(struct spotsim_result *r, enum spotsim_format format, char **text,
                                      struct spotsim_error *e) {
    API_ENTER;
    struct strbuf out = {0};
    if (text) *text = NULL;
    if (!r || !text) return MISUSE(e, "result or text is NULL");
    if (!r->from) return MISUSE(e, EMPTY_RESULT);
    if (format == SPOTSIM_TEXT) {
        result_to_text(r->from->scenario, &r->config, &r->value, &out);
    } else if (format == SPOTSIM_JSON) {
        collect_notes(r);
        result_to_json(r->from->scenario, &r->config, &r->value, &r->notes, &out);
    } else {
        return MISUSE(e, "expected TEXT or JSON");
    }
    return api_text(&out, text, e);
}
