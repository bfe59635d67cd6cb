/* SPDX-License-Identifier: Apache-2.0
 * Models to JSON. */
#include <string.h>

#include "base/text.h"
#include "traces/model_private.h"

static void put_text(const char *name, const char *value, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_json_string(out, value);
}

static void put_real(const char *name, double value, struct strbuf *out) {
    strbuf_printf(out, ", \"%s\": ", name);
    strbuf_real(out, value);
}

static void put_duration(const char *name, int64_t ms, struct strbuf *out) {
    char text[32];
    strbuf_printf(out, ", \"%s\": ", name);
    strbuf_json_string(out, text_format_duration(ms, text));
}

static void put_reals(const char *name, const double *x, uint32_t n, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": [", name);
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_real(out, x[i]);
    }
    strbuf_puts(out, "]");
}

static void put_levels(const struct model_pool *p, struct strbuf *out) {
    strbuf_puts(out, ",\n     \"levels\": [");
    for (uint32_t i = 0; i < p->n_levels; i++) {
        strbuf_printf(out, "%s[%u, ", i ? ", " : "", p->levels[i].capacity);
        strbuf_real(out, p->levels[i].share);
        strbuf_puts(out, "]");
    }
    strbuf_puts(out, "]");
}

static void put_state(const struct model *m, const struct model_pool *p, struct strbuf *out) {
    const struct model_state *s = &p->state;
    put_levels(p, out);
    strbuf_puts(out, ",\n     ");
    put_reals("weights", s->weight, m->n_scales, out);
    if (s->n_loads) strbuf_puts(out, ",\n     \"loads\": {");
    for (uint32_t i = 0; i < s->n_loads; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_json_string(out, m->factors[s->loads[i].factor]);
        strbuf_puts(out, ": ");
        strbuf_real(out, s->loads[i].value);
    }
    if (s->n_loads) strbuf_puts(out, "}");
    if (s->n_waves) strbuf_puts(out, ",\n     \"waves\": [");
    for (uint32_t i = 0; i < s->n_waves; i++) {
        strbuf_printf(out, "%s{\"period_h\": ", i ? ", " : "");
        strbuf_real(out, s->waves[i].period_h);
        put_real("cos", s->waves[i].cosine, out);
        put_real("sin", s->waves[i].sine, out);
        strbuf_puts(out, "}");
    }
    if (s->n_waves) strbuf_puts(out, "]");
}

static void put_runs(const struct model_runs *r, struct strbuf *out) {
    strbuf_puts(out, ",\n     \"up\": ");
    family_to_json(&r->up, out);
    strbuf_puts(out, ",\n     \"down\": ");
    family_to_json(&r->down, out);
    if (r->width == 1) return;
    strbuf_printf(out, ",\n     \"width\": %u", r->width);
    put_real("whole_loss", r->whole_loss, out);
    put_real("refill_h", r->refill_h, out);
    strbuf_puts(out, ", ");
    put_reals("batches", r->batch, r->n_batches, out);
}

static void put_price(const struct model_price *p, struct strbuf *out) {
    strbuf_puts(out, ",\n     \"price\": {\"mean_usd\": ");
    strbuf_real(out, p->mean_usd);
    put_real("every_h", p->every_h, out);
    put_real("step", p->step, out);
    put_real("pull", p->pull, out);
    strbuf_puts(out, "}");
}

static void put_pool(const struct model *m, const struct model_pool *p, struct strbuf *out) {
    strbuf_puts(out, "    {");
    put_text("name", p->name, out);
    const char *names[] = {"cloud", "region", "zone", "type"};
    const char *values[] = {p->cloud, p->region, p->zone, p->instance_type};
    for (size_t i = 0; i < 4; i++) {
        strbuf_puts(out, ", ");
        put_text(names[i], values[i], out);
    }
    if (p->has_state) put_state(m, p, out);
    if (p->has_runs) put_runs(&p->runs, out);
    if (p->has_price) put_price(&p->price, out);
    if (p->history.capacity.n) model_write_history(&p->history, &m->blocks, out);
}

static void put_event(const struct model_event *event, struct strbuf *out) {
    strbuf_printf(out, "    {\"kind\": \"%s\"", model_event_kinds[event->kind]);
    if (event->pools) {
        strbuf_puts(out, ", ");
        put_text("pools", event->pools, out);
    }
    if (event->at_ms) put_duration("at", event->at_ms, out);
    if (event->for_ms) put_duration("for", event->for_ms, out);
    if (event->period_ms) put_duration("period", event->period_ms, out);
    if (event->factor >= 0) put_real("factor", event->factor, out);
    if (event->denial > 0) put_real("denial", event->denial, out);
    if (event->capacity != UINT32_MAX) strbuf_printf(out, ", \"capacity\": %u", event->capacity);
    strbuf_puts(out, "}");
}

static void put_head(const struct model *m, struct strbuf *out) {
    strbuf_puts(out, "{\n  \"format\": 1,\n  ");
    put_text("name", m->name, out);
    strbuf_puts(out, ",\n  ");
    put_text("about", m->about, out);
    strbuf_puts(out, ",\n  ");
    put_text("process", model_processes[m->process], out);
    strbuf_puts(out, ", ");
    put_text("shares", model_shares_names[m->shares], out);
    if (m->span_ms) put_duration("span", m->span_ms, out);
    if (m->resolution_ms) put_duration("resolution", m->resolution_ms, out);
    if (m->epoch_ms != INT64_MIN) {
        char when[32];
        strbuf_puts(out, ", ");
        put_text("epoch", text_format_timestamp(m->epoch_ms, when), out);
    }
    if (m->blocks.span_ms) model_write_blocks(&m->blocks, out);
    if (m->n_scales == 0) return;
    strbuf_puts(out, ",\n  ");
    put_reals("scales_h", m->scale_h, m->n_scales, out);
    strbuf_puts(out, ",\n  ");
    put_reals("common", m->common, m->n_scales, out);
}

void model_write(const struct model *m, void (*pool_note)(void *arg, uint32_t pool, struct strbuf *out),
                 void (*model_note)(void *arg, struct strbuf *out), void *arg, struct strbuf *out) {
    put_head(m, out);
    if (m->n_pools) strbuf_puts(out, ",\n  \"pools\": [\n");
    for (uint32_t i = 0; i < m->n_pools; i++) {
        put_pool(m, &m->pools[i], out);
        if (pool_note) pool_note(arg, i, out);
        strbuf_puts(out, i + 1 < m->n_pools ? "},\n" : "}\n  ]");
    }
    if (m->n_events) strbuf_puts(out, ",\n  \"events\": [\n");
    for (uint32_t i = 0; i < m->n_events; i++) {
        put_event(&m->events[i], out);
        strbuf_puts(out, i + 1 < m->n_events ? ",\n" : "\n  ]");
    }
    if (m->lifetime.known) {
        strbuf_puts(out, ",\n  \"lifetime\": ");
        family_to_json(&m->lifetime.family, out);
    }
    if (model_note) model_note(arg, out);
    strbuf_puts(out, "\n}\n");
}
