/* SPDX-License-Identifier: Apache-2.0
 * Models from JSON. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/text.h"
#include "traces/builder.h"
#include "traces/json.h"
#include "traces/model.h"
#include "traces/model_private.h"
#include "traces/readers.h"

#define FORMAT_VERSION 1
#define COUNT(table) (sizeof(table) / sizeof *(table))
#define TIME_MAX ((double)TIME_LIMIT_MS)
#define HOURS_MAX 1e5

static const struct field top_fields[] = {
    {"name", FIELD_TEXT, offsetof(struct model, name), NULL, 0, 0, NULL, "what the model is called", NULL},
    {"about", FIELD_TEXT, offsetof(struct model, about), NULL, 0, 0, NULL, "where it comes from", NULL},
    {"process", FIELD_ENUM, offsetof(struct model, process), NULL, 0, 0, "state", "what drives pools", model_processes},
    {"shares", FIELD_ENUM, offsetof(struct model, shares), NULL, 0, 0, "exact", "how shares hold", model_shares_names},
    {"span", FIELD_DURATION, offsetof(struct model, span_ms), "ms", 1, TIME_MAX, NULL, "of a trace", NULL},
    {"resolution", FIELD_DURATION, offsetof(struct model, resolution_ms), "ms", 0, TIME_MAX, NULL, "probing", NULL},
};
static const struct field pool_fields[] = {
    {"name", FIELD_TEXT, offsetof(struct model_pool, name), NULL, 0, 0, NULL, "of the pool", NULL},
    {"cloud", FIELD_TEXT, offsetof(struct model_pool, cloud), NULL, 0, 0, NULL, "of the pool", NULL},
    {"region", FIELD_TEXT, offsetof(struct model_pool, region), NULL, 0, 0, NULL, "of the pool", NULL},
    {"zone", FIELD_TEXT, offsetof(struct model_pool, zone), NULL, 0, 0, NULL, "of the pool", NULL},
    {"type", FIELD_TEXT, offsetof(struct model_pool, instance_type), NULL, 0, 0, NULL, "of the pool", NULL},
};
/* The model keeps the width as a uint32_t. */
struct runs_numbers {
    int64_t width;
    double whole_loss, refill_h;
};
static const struct field runs_fields[] = {
    {"width", FIELD_INT, offsetof(struct runs_numbers, width), NULL, 1, TRACE_CAPACITY_MAX, NULL, "capacity", NULL},
    {"whole_loss", FIELD_REAL, offsetof(struct runs_numbers, whole_loss), NULL, 0, 1, NULL, "share of losses", NULL},
    {"refill_h", FIELD_REAL, offsetof(struct runs_numbers, refill_h), "h", 0, HOURS_MAX, NULL, "mean", NULL},
};
static const struct field price_fields[] = {
    {"mean_usd", FIELD_REAL, offsetof(struct model_price, mean_usd), "$/h", 1e-6, 1e5, NULL, "over time", NULL},
    {"every_h", FIELD_REAL, offsetof(struct model_price, every_h), "h", 1e-3, HOURS_MAX, NULL, "of changes", NULL},
    {"step", FIELD_REAL, offsetof(struct model_price, step), NULL, 0, 1, NULL, "mean relative step", NULL},
    {"pull", FIELD_REAL, offsetof(struct model_price, pull), NULL, 0, 1, NULL, "back to the middle", NULL},
};
static const struct field wave_fields[] = {
    {"period_h", FIELD_REAL, offsetof(struct model_wave, period_h), "h", 0.5, HOURS_MAX, NULL, "of the swing", NULL},
    {"cos", FIELD_REAL, offsetof(struct model_wave, cosine), NULL, -10, 10, NULL, "amplitude", NULL},
    {"sin", FIELD_REAL, offsetof(struct model_wave, sine), NULL, -10, 10, NULL, "amplitude", NULL},
};
static const struct field event_fields[] = {
    {"kind", FIELD_ENUM, offsetof(struct model_event, kind), NULL, 0, 0, NULL, "what happens", model_event_kinds},
    {"pools", FIELD_TEXT, offsetof(struct model_event, pools), NULL, 0, 0, NULL, "pattern", NULL},
    {"at", FIELD_DURATION, offsetof(struct model_event, at_ms), "ms", 0, TIME_MAX, NULL, "begin", NULL},
    {"for", FIELD_DURATION, offsetof(struct model_event, for_ms), "ms", 1, TIME_MAX, NULL, "length", NULL},
    {"period", FIELD_DURATION, offsetof(struct model_event, period_ms), "ms", 2, TIME_MAX, NULL, "of a flap", NULL},
    {"factor", FIELD_REAL, offsetof(struct model_event, factor), NULL, 0, 1000, NULL, "of price or run length", NULL},
    {"denial", FIELD_REAL, offsetof(struct model_event, denial), NULL, 0, 1, NULL, "probability", NULL},
    {"capacity", FIELD_COUNT, offsetof(struct model_event, capacity), NULL, 0, 0, NULL, "on-demand instances", NULL},
};

/* ---- one pool ------------------------------------------------------------------ */

static enum error_code levels_room(struct model_pool *p, size_t n, struct error *e) {
    p->levels = calloc(n ? n : 1, sizeof *p->levels);
    return p->levels ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}

static enum error_code read_levels(const cJSON *list, const char *where, struct model_pool *p, struct error *e) {
    uint32_t size = (uint32_t)cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || size == 0 || size > MODEL_LEVELS_MAX)
        return error_set(e, ERR_INPUT, where, "expected a list of 1 to %u pairs [capacity, share]", MODEL_LEVELS_MAX);
    TRY(levels_room(p, size, e));
    for (const cJSON *item = list->child; item; item = item->next) {
        double pair[2];
        uint32_t n;
        TRY(model_read_numbers(item, where, 2, 0, TRACE_CAPACITY_MAX, pair, &n, e));
        if (n != 2 || pair[0] != rint(pair[0]) || pair[1] > 1)
            return error_set(e, ERR_INPUT, where, "expected pairs [capacity, share] with a whole capacity");
        p->levels[p->n_levels++] = (struct model_level){(uint32_t)pair[0], pair[1]};
    }
    return OK;
}

static enum error_code read_availability(const cJSON *v, const char *where, struct model_pool *p, struct error *e) {
    if (!cJSON_IsNumber(v) || !(v->valuedouble >= 0 && v->valuedouble <= 1))
        return error_set(e, ERR_INPUT, where, "expected a share from 0 to 1");
    TRY(levels_room(p, 2, e));
    p->levels[0] = (struct model_level){0, 1 - v->valuedouble};
    p->levels[1] = (struct model_level){1, v->valuedouble};
    p->n_levels = 2;
    return OK;
}

static enum error_code read_loads(struct model *m, const cJSON *v, const char *where, struct model_state *s,
                                  struct error *e) {
    if (!cJSON_IsObject(v))
        return error_set(e, ERR_INPUT, where, "expected an object {\"factor\": load}, got %s", json_value_kind(v));
    s->loads = calloc((size_t)cJSON_GetArraySize(v) + 1, sizeof *s->loads);
    if (!s->loads) return error_set(e, ERR_FAILED, where, "out of memory");
    for (const cJSON *item = v->child; item; item = item->next) {
        struct model_load *load = &s->loads[s->n_loads];
        cJSON *once;
        TRY(trace_json_member(v, item->string, where, &once, e));
        if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= 1))
            return error_set(e, ERR_INPUT, where, "\"%.40s\": expected a load from -1 to 1", item->string);
        if (!*item->string || raw_text_fault(item->string))
            return error_set(e, ERR_INPUT, where, "a factor's name must be plain text");
        enum error_code rc = model_factor(m, item->string, &load->factor, e);
        if (rc != OK) {
            error_in(e, where);
            return rc;
        }
        load->value = item->valuedouble;
        s->n_loads++;
    }
    return OK;
}

static enum error_code read_waves(const cJSON *v, const char *where, struct model_state *s, struct error *e) {
    if (!cJSON_IsArray(v))
        return error_set(e, ERR_INPUT, where, "expected a list of {\"period_h\", \"cos\", \"sin\"}, got %s",
                         json_value_kind(v));
    for (const cJSON *item = v->child; item; item = item->next) {
        if (s->n_waves == MODEL_WAVES_MAX) return error_set(e, ERR_INPUT, where, "more than %u waves", MODEL_WAVES_MAX);
        struct model_wave *w = &s->waves[s->n_waves++];
        TRY(model_read_table(item, where, wave_fields, COUNT(wave_fields), NULL, w, e));
        if (!(w->period_h > 0)) return error_set(e, ERR_INPUT, where, "a wave needs \"period_h\"");
    }
    return OK;
}

static enum error_code read_state(struct model *m, const cJSON *v, const char *where, struct model_pool *p,
                                  struct error *e) {
    struct model_place place;
    const cJSON *levels = model_member(v, "levels"), *up = model_member(v, "availability");
    const cJSON *weights = model_member(v, "weights"), *loads = model_member(v, "loads"),
                *waves = model_member(v, "waves");
    if (levels && up) return error_set(e, ERR_INPUT, where, "has both \"levels\" and \"availability\"");
    if (!levels && !up && !weights && !loads && !waves) return OK;
    uint32_t n = 0;
    p->has_state = true;
    if (levels) TRY(read_levels(levels, model_inside(&place, where, "levels"), p, e));
    if (up) TRY(read_availability(up, model_inside(&place, where, "availability"), p, e));
    if (weights)
        TRY(model_read_numbers(weights, model_inside(&place, where, "weights"), MODEL_SCALES_MAX, 0, 1, p->state.weight,
                               &n, e));
    if (n != m->n_scales)
        return error_set(e, ERR_INPUT, model_inside(&place, where, "weights"), "has %u numbers; \"scales_h\" has %u", n,
                         m->n_scales);
    if (loads) TRY(read_loads(m, loads, model_inside(&place, where, "loads"), &p->state, e));
    return waves ? read_waves(waves, model_inside(&place, where, "waves"), &p->state, e) : OK;
}

static enum error_code read_runs(const cJSON *v, const char *where, struct model_pool *p, struct error *e) {
    struct model_place place;
    const cJSON *up = model_member(v, "up"), *down = model_member(v, "down"), *batches = model_member(v, "batches");
    const cJSON *width = model_member(v, "width"), *whole = model_member(v, "whole_loss"),
                *refill = model_member(v, "refill_h");
    if (!up && !down && !batches && !width && !whole && !refill) return OK;
    if (!up || !down) return error_set(e, ERR_INPUT, where, "needs both \"up\" and \"down\"");
    p->has_runs = true;
    struct runs_numbers n = {1, 1, 0};
    if (width) TRY(field_from_json(&runs_fields[0], width, &n, model_inside(&place, where, "width"), e));
    if (whole) TRY(field_from_json(&runs_fields[1], whole, &n, model_inside(&place, where, "whole_loss"), e));
    if (refill) TRY(field_from_json(&runs_fields[2], refill, &n, model_inside(&place, where, "refill_h"), e));
    p->runs.width = (uint32_t)n.width;
    p->runs.whole_loss = n.whole_loss;
    p->runs.refill_h = n.refill_h;
    if (batches)
        TRY(model_read_numbers(batches, model_inside(&place, where, "batches"), MODEL_BATCHES_MAX, 0, 1, p->runs.batch,
                               &p->runs.n_batches, e));
    TRY(family_from_json(up, model_inside(&place, where, "up"), &p->runs.up, e));
    return family_from_json(down, model_inside(&place, where, "down"), &p->runs.down, e);
}

static enum error_code read_price(const cJSON *v, const char *where, struct model_pool *p, struct error *e) {
    p->price = (struct model_price){0, 6, 0, 0};
    p->has_price = true;
    TRY(model_read_table(v, where, price_fields, COUNT(price_fields), NULL, &p->price, e));
    return p->price.mean_usd > 0 ? OK : error_set(e, ERR_INPUT, where, "needs \"mean_usd\"");
}

static enum error_code check_texts(const struct model_pool *p, const char *where, struct error *e) {
    const char *texts[] = {p->name, p->cloud, p->region, p->zone, p->instance_type};
    if (!p->name || !*p->name) return error_set(e, ERR_INPUT, where, "needs a \"name\"");
    for (size_t i = 0; i < COUNT(texts); i++) {
        const char *fault = texts[i] ? raw_text_fault(texts[i]) : NULL;
        if (fault) return error_set(e, ERR_INPUT, where, "a text %s", fault);
    }
    return OK;
}

static enum error_code read_pool(struct model *m, const cJSON *v, const char *where, struct model_pool *p,
                                 struct error *e) {
    static const char *const others[] = {"levels",   "availability", "weights", "loads",   "waves",
                                         "up",       "down",         "width",   "batches", "whole_loss",
                                         "refill_h", "price",        "history", "fit",     NULL};
    struct model_place place;
    TRY(model_read_table(v, where, pool_fields, COUNT(pool_fields), others, p, e));
    TRY(check_texts(p, where, e));
    TRY(read_state(m, v, where, p, e));
    TRY(read_runs(v, where, p, e));
    const cJSON *price = model_member(v, "price"), *history = model_member(v, "history");
    if (history) TRY(model_read_history(history, model_inside(&place, where, "history"), &m->blocks, &p->history, e));
    return price ? read_price(price, model_inside(&place, where, "price"), p, e) : OK;
}

/* ---- the model ------------------------------------------------------------------ */

static enum error_code read_pools(struct model *m, const cJSON *list, const char *outer, struct error *e) {
    struct model_place place;
    uint32_t n = (uint32_t)cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || n > MODEL_POOLS_MAX)
        return error_set(e, ERR_INPUT, model_inside(&place, outer, "pools"), "expected a list of at most %u pools",
                         MODEL_POOLS_MAX);
    m->pools = calloc(n ? n : 1, sizeof *m->pools);
    if (!m->pools) return error_set(e, ERR_FAILED, outer, "out of memory");
    for (const cJSON *item = list->child; item; item = item->next) {
        uint32_t i = m->n_pools++;
        TRY(read_pool(m, item, model_at_index(&place, outer, "pools", i), &m->pools[i], e));
    }
    return OK;
}

static enum error_code read_event(const cJSON *v, const char *where, struct model_event *event, struct error *e) {
    *event = (struct model_event){.kind = -1, .factor = -1, .capacity = UINT32_MAX};
    TRY(model_read_table(v, where, event_fields, COUNT(event_fields), NULL, event, e));
    const char *fault = event->pools ? raw_text_fault(event->pools) : NULL;
    if (fault) return error_set(e, ERR_INPUT, where, "\"pools\" %s", fault);
    if (event->kind < 0) return error_set(e, ERR_INPUT, where, "needs a \"kind\"");
    if (event->kind != EVENT_ON_DEMAND && event->for_ms <= 0) return error_set(e, ERR_INPUT, where, "needs \"for\"");
    bool factor = event->kind == EVENT_DROUGHT || event->kind == EVENT_PRICE;
    if (factor && event->factor < 0) return error_set(e, ERR_INPUT, where, "needs a \"factor\"");
    if (event->kind == EVENT_DROUGHT && event->factor > 1)
        return error_set(e, ERR_INPUT, where, "\"factor\" of a drought must be 1 at most");
    if (event->kind == EVENT_FLAP && event->period_ms < 2) return error_set(e, ERR_INPUT, where, "needs a \"period\"");
    return OK;
}

static enum error_code take_events(struct model *m, const cJSON *list, const char *outer, struct error *e) {
    struct model_place place;
    uint32_t n = (uint32_t)cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || n > MODEL_EVENTS_MAX)
        return error_set(e, ERR_INPUT, model_inside(&place, outer, "events"), "expected a list of at most %u events",
                         MODEL_EVENTS_MAX);
    m->events = calloc(n ? n : 1, sizeof *m->events);
    if (!m->events) return error_set(e, ERR_FAILED, outer, "out of memory");
    for (const cJSON *item = list->child; item; item = item->next) {
        uint32_t i = m->n_events++;
        TRY(read_event(item, model_at_index(&place, outer, "events", i), &m->events[i], e));
    }
    return OK;
}

static enum error_code read_scales(struct model *m, const cJSON *doc, const char *outer, struct error *e) {
    struct model_place place;
    const cJSON *scales = model_member(doc, "scales_h"), *common = model_member(doc, "common");
    uint32_t n = 0;
    if (scales)
        TRY(model_read_numbers(scales, model_inside(&place, outer, "scales_h"), MODEL_SCALES_MAX, 1e-7, HOURS_MAX,
                               m->scale_h, &m->n_scales, e));
    for (uint32_t k = 0; k < m->n_scales; k++) m->common[k] = 1;
    if (common)
        TRY(model_read_numbers(common, model_inside(&place, outer, "common"), MODEL_SCALES_MAX, 0, 1, m->common, &n,
                               e));
    if (common && n != m->n_scales)
        return error_set(e, ERR_INPUT, model_inside(&place, outer, "common"), "has %u numbers; \"scales_h\" has %u", n,
                         m->n_scales);
    return OK;
}

static enum error_code read_epoch(struct model *m, const cJSON *v, const char *where, struct error *e) {
    if (!cJSON_IsString(v)) return error_set(e, ERR_INPUT, where, "expected a date, got %s", json_value_kind(v));
    enum error_code rc = timestamp_from_text(v->valuestring, &m->epoch_ms, e);
    if (rc != OK) error_in(e, where);
    return rc;
}

static enum error_code read_model(struct model *m, const cJSON *doc, const char *outer, struct error *e) {
    static const char *const others[] = {"format", "epoch",    "scales_h", "common", "pools",
                                         "events", "lifetime", "blocks",   "fit",    NULL};
    struct model_place place;
    const cJSON *format = model_member(doc, "format"), *epoch = model_member(doc, "epoch"),
                *pools = model_member(doc, "pools");
    const cJSON *events = model_member(doc, "events"), *lifetime = model_member(doc, "lifetime");
    const cJSON *blocks = model_member(doc, "blocks");
    TRY(model_read_table(doc, outer, top_fields, COUNT(top_fields), others, m, e));
    if (!cJSON_IsNumber(format) || format->valuedouble != FORMAT_VERSION)
        return error_set(e, ERR_INPUT, model_inside(&place, outer, "format"), "expected %d; is this a model?",
                         FORMAT_VERSION);
    const char *texts[] = {m->name, m->about};
    for (size_t i = 0; i < COUNT(texts); i++)
        if (texts[i] && raw_text_fault(texts[i]))
            return error_set(e, ERR_INPUT, model_inside(&place, outer, i ? "about" : "name"), "%s",
                             raw_text_fault(texts[i]));
    if (epoch) TRY(read_epoch(m, epoch, model_inside(&place, outer, "epoch"), e));
    TRY(read_scales(m, doc, outer, e));
    if (blocks) TRY(model_read_blocks(blocks, model_inside(&place, outer, "blocks"), &m->blocks, e));
    if (pools) TRY(read_pools(m, pools, outer, e));
    if (events) TRY(take_events(m, events, outer, e));
    m->lifetime.known = lifetime != NULL;
    return lifetime ? family_from_json(lifetime, model_inside(&place, outer, "lifetime"), &m->lifetime.family, e) : OK;
}

enum error_code model_parse(const char *name, const char *data, size_t size, struct model **out, struct error *e) {
    struct json_documents docs;
    struct model_place outer;
    *out = NULL;
    snprintf(outer.text, sizeof outer.text, "%.200s:", name);
    enum error_code rc = documents_parse(name, data, size, &docs, e);
    struct model *m = rc == OK ? model_new() : NULL;
    if (rc == OK && !m) rc = error_set(e, ERR_FAILED, name, "out of memory");
    if (rc == OK && (docs.n != 1 || !cJSON_IsObject(docs.document[0])))
        rc = error_set(e, ERR_INPUT, name, "expected one JSON object, a model");
    if (rc == OK) rc = read_model(m, docs.document[0], outer.text, e);
    if (rc == OK) rc = model_check(m, name, e);
    documents_free(&docs);
    if (rc != OK) {
        model_free(m);
        return rc;
    }
    *out = m;
    return OK;
}

enum error_code model_load(const char *path, struct model **out, struct error *e) {
    char *data;
    size_t size;
    TRY(file_read(path, &data, &size, e));
    enum error_code rc = model_parse(path, data, size, out, e);
    free(data);
    return rc;
}
