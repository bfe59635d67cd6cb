/* SPDX-License-Identifier: Apache-2.0 */
#include "study/stress.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "study/presets.h"
#include "traces/synth.h"

/* Notices and rebalance recommendations look ahead by this much at most
 * (cloud/params.c), so the trace goes on for that long behind the run. */
#define LOOK_AHEAD_MS (7 * MS_PER_DAY)

static enum error_code no_such_stress(const char *name, struct error *e) {
    char **presets = NULL;
    uint32_t n = preset_names(PRESETS_STRESS, &presets);
    const char **names = calloc(n + 2, sizeof *names);
    for (uint32_t i = 0; names && i < n; i++) names[i] = presets[i] + strlen(PRESETS_STRESS) + 1;
    if (names) names[n] = STRESS_NONE;
    const char *near = names ? text_nearest(name, names) : NULL;
    if (near)
        error_set(e, ERR_INPUT, NULL, "no stress scenario \"%.60s\"; did you mean \"%s\"?", name, near);
    else
        error_set(e, ERR_INPUT, NULL,
                  "no stress scenario \"%.60s\": expected a model file, none, or one that `spotsim trace synth --list` "
                  "names (drought, ...)",
                  name);
    free(names);
    preset_names_free(presets, n);
    return ERR_INPUT;
}

enum error_code stress_load(const char *name, struct model **out, struct error *e) {
    char *preset = NULL;
    *out = NULL;
    if (strcmp(name, STRESS_NONE) == 0) return OK;
    if (asprintf(&preset, "%s/%s", PRESETS_STRESS, name) < 0) return error_set(e, ERR_FAILED, NULL, "out of memory");
    enum error_code rc;
    if (preset_there(preset))
        rc = preset_load(preset, out, e);
    else if (access(name, F_OK) == 0 || preset_there(name))
        rc = preset_load(name, out, e);
    else
        rc = no_such_stress(name, e);
    free(preset);
    if (rc == OK && (*out)->n_events == 0) {
        rc = error_set(e, ERR_INPUT, name, "the model has no events: expected a stress scenario");
        model_free(*out);
        *out = NULL;
    }
    return rc;
}

enum error_code stress_all(struct strbuf *out, struct error *e) {
    char **names = NULL;
    uint32_t n = preset_names(PRESETS_STRESS, &names);
    strbuf_puts(out, STRESS_NONE);
    for (uint32_t i = 0; i < n; i++) strbuf_printf(out, ",%s", names[i] + strlen(PRESETS_STRESS) + 1);
    preset_names_free(names, n);
    if (n == 0)
        return error_set(
            e, ERR_INPUT, "--stress",
            "no stress scenarios are found beside the program (SPOTSIM_PRESETS_DIR says where presets are)");
    return out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
}

/* ---- the world under stress --------------------------------------------------- */

/* Of a shortage that is there all the time nothing is to be seen when it begins. */
static bool has_begin(const struct model_event *event) { return event->kind != EVENT_ON_DEMAND || event->for_ms > 0; }

/* The events on the run's clock, and when they begin and end. */
static void place_events(const struct model *m, const struct sim_config *calm, struct model_event *events,
                         struct stressed *out) {
    int64_t first = INT64_MAX, length = calm->horizon_ms - calm->warmup_ms;
    for (uint32_t i = 0; i < m->n_events; i++)
        if (has_begin(&m->events[i]) && m->events[i].at_ms < first) first = m->events[i].at_ms;
    if (first == INT64_MAX) first = 0;
    int64_t later = calm->warmup_ms - (first > length / 2 ? first - length / 4 : 0);
    out->begins_ms = out->ends_ms = first + later;
    for (uint32_t i = 0; i < m->n_events; i++) {
        events[i] = m->events[i];
        if (!has_begin(&events[i])) continue;
        events[i].at_ms += later;
        if (events[i].at_ms + events[i].for_ms > out->ends_ms) out->ends_ms = events[i].at_ms + events[i].for_ms;
    }
    if (out->ends_ms == out->begins_ms) out->ends_ms = calm->horizon_ms; /* shortages of the whole run alone */
}

/* Notices of an outage come before it. */
static int64_t first_told_ms(const struct sim_config *calm, int64_t begins_ms) {
    int64_t lead = 0;
    for (uint32_t i = 0; i < calm->trace->n_pools; i++) {
        if (calm->pools[i].notice_ms > lead) lead = calm->pools[i].notice_ms;
        if (calm->pools[i].rebalance_ms > lead) lead = calm->pools[i].rebalance_ms;
    }
    return lead < begins_ms ? begins_ms - lead : 0;
}

static uint32_t count_shortages(const struct model *m) {
    uint32_t n = 0;
    for (uint32_t k = 0; k < m->n_events; k++) n += m->events[k].kind == EVENT_ON_DEMAND;
    return n;
}

/* A price given for the whole run stands over the trace's, so a spike goes
 * onto the trace as that price. */
static enum error_code write_prices(struct trace *t, struct pool_params *pools, struct error *e) {
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_price *price = &t->pools[i].price;
        if (pools[i].price_spot < 0) continue;
        free(price->at_ms);
        free(price->uusd_per_h);
        *price = (struct trace_price){1, calloc(1, sizeof *price->at_ms), malloc(sizeof *price->uusd_per_h)};
        if (!price->at_ms || !price->uusd_per_h) {
            price->n = 0;
            return error_set(e, ERR_FAILED, NULL, "out of memory");
        }
        price->uusd_per_h[0] = pools[i].price_spot;
        pools[i].price_spot = -1;
    }
    return OK;
}

/* Each pool's own list, one after another. */
static void short_on_demand(const struct model *placed, const struct trace *t, struct stressed *out) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        const struct trace_pool *p = &t->pools[i];
        uint32_t first = used;
        for (uint32_t k = 0; k < placed->n_events; k++) {
            const struct model_event *event = &placed->events[k];
            if (event->kind != EVENT_ON_DEMAND) continue;
            if (!model_pattern_hits(synth_event_pattern(t, event), p->name, p->region, p->zone)) continue;
            bool always = !has_begin(event);
            out->shortages[used++] = (struct shortage){.from_ms = always ? 0 : event->at_ms,
                                                       .until_ms = always ? INT64_MAX : event->at_ms + event->for_ms,
                                                       .denial = event->denial,
                                                       .capacity = event->capacity};
        }
        out->pools[i].n_shortages = used - first;
        out->pools[i].shortages = out->shortages + first;
    }
}

/* The run's part of the trace, with the events in it.  What "@region" and
 * "@cheapest" mean is decided there too, for spot and on-demand alike. */
static enum error_code stress_trace(const struct model *placed, const struct sim_config *calm, struct stressed *out,
                                    struct error *e) {
    struct trace *part = NULL;
    int64_t rest = calm->trace->span_ms - calm->window_start_ms, length = calm->horizon_ms + LOOK_AHEAD_MS;
    TRY(trace_window(calm->trace, calm->window_start_ms, length < rest ? length : rest, &part, e));
    enum error_code rc = write_prices(part, out->pools, e);
    if (rc == OK) {
        short_on_demand(placed, part, out); /* before events change which region gives most */
        rc = synth_events(part, placed, &out->trace, e);
    }
    trace_free(part);
    return rc;
}

enum error_code stress_apply(const struct model *m, const struct sim_config *calm, struct stressed *out,
                             struct error *e) {
    uint32_t n = calm->trace->n_pools;
    size_t n_shortages = (size_t)count_shortages(m) * n;
    struct model placed = *m;
    memset(out, 0, sizeof *out);
    placed.events = calloc(m->n_events ? m->n_events : 1, sizeof *placed.events);
    out->pools = calloc(n ? n : 1, sizeof *out->pools);
    out->shortages = calloc(n_shortages ? n_shortages : 1, sizeof *out->shortages);
    enum error_code rc = OK;
    if (!placed.events || !out->pools || !out->shortages) rc = error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) {
        if (n) memcpy(out->pools, calm->pools, n * sizeof *out->pools);
        place_events(m, calm, placed.events, out);
        out->told_ms = first_told_ms(calm, out->begins_ms);
        rc = stress_trace(&placed, calm, out, e);
    }
    free(placed.events);
    out->config = *calm;
    out->config.trace = out->trace;
    out->config.pools = out->pools;
    out->config.window_start_ms = 0;
    return rc;
}

void stressed_free(struct stressed *s) {
    trace_free(s->trace);
    free(s->pools);
    free(s->shortages);
    memset(s, 0, sizeof *s);
}
