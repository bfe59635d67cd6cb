/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "study/writers.h"

/* Quoted where commas, quotes or line ends are inside (RFC 4180). */
static void put_text(struct strbuf *out, const char *text) {
    if (!strpbrk(text, ",\"\n\r")) {
        strbuf_puts(out, text);
        return;
    }
    strbuf_puts(out, "\"");
    for (; *text; text++) {
        if (*text == '"') strbuf_puts(out, "\"");
        strbuf_add(out, text, 1);
    }
    strbuf_puts(out, "\"");
}

/* Unknown is an empty cell. */
static void put_real(struct strbuf *out, double x) {
    strbuf_puts(out, ",");
    if (!isnan(x)) strbuf_real(out, x);
}

static void put_header(const struct study *s, struct strbuf *out) {
    strbuf_puts(out, "variant");
    for (uint32_t a = 0; a < s->grid.n_axes; a++) {
        strbuf_puts(out, ",");
        put_text(out, s->grid.axes[a].path);
    }
}

static void put_variant(const struct study *s, uint32_t v, struct strbuf *out) {
    strbuf_printf(out, "%" PRIu32, v);
    for (uint32_t a = 0; a < s->grid.n_axes; a++) {
        strbuf_puts(out, ",");
        put_text(out, s->grid.axes[a].values[vary_index(&s->grid, v, a)]);
    }
}

static void put_policy(const struct study *s, uint32_t v, struct strbuf *out) {
    struct strbuf text = {0};
    scenario_policy_text(s->variants[v], &text);
    strbuf_puts(out, ",");
    if (text.failed || !text.data)
        out->failed = true;
    else
        put_text(out, text.data);
    strbuf_free(&text);
}

void study_runs_csv(const struct study *s, struct strbuf *out) {
    put_header(s, out);
    strbuf_puts(out, ",replication,start_s");
    for (int m = 0; m < study_metrics(s); m++) strbuf_printf(out, ",%s", metrics[m].name);
    strbuf_puts(out, ",fingerprint\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        for (uint32_t r = 0; r < s->n_replications; r++) {
            const struct run_record *record = study_record(s, v, r);
            put_variant(s, v, out);
            strbuf_printf(out, ",%" PRIu64, scenario_config(s->variants[v])->replication + r);
            put_real(out, (double)record->window_start_ms / (double)MS_PER_S);
            for (int m = 0; m < study_metrics(s); m++) put_real(out, record->value[m]);
            strbuf_printf(out, ",%016" PRIx64 "\n", record->fingerprint);
        }
    }
}

void study_summary_csv(const struct study *s, struct strbuf *out) {
    put_header(s, out);
    strbuf_puts(out, ",policy,runs");
    for (int m = 0; m < study_metrics(s); m++)
        strbuf_printf(out, ",%s,%s_lo,%s_hi", metrics[m].name, metrics[m].name, metrics[m].name);
    strbuf_puts(out, "\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        put_variant(s, v, out);
        put_policy(s, v, out);
        strbuf_printf(out, ",%" PRIu32, s->n_replications);
        for (int m = 0; m < study_metrics(s); m++) {
            const struct estimate *x = &study_cell(s, v, (enum metric_id)m)->value;
            put_real(out, x->mean);
            put_real(out, x->lo);
            put_real(out, x->hi);
        }
        strbuf_puts(out, "\n");
    }
}

void study_differences_csv(const struct study *s, struct strbuf *out) {
    put_header(s, out);
    strbuf_puts(out, ",metric,pairs,difference,lo,hi,method\n");
    for (uint32_t v = 1; v < s->n_variants; v++) {
        for (int m = 0; m < study_metrics(s); m++) {
            const struct estimate *d = &study_cell(s, v, (enum metric_id)m)->versus_first;
            if (!d->n) continue;
            put_variant(s, v, out);
            strbuf_printf(out, ",%s,%" PRIu32, metrics[m].name, d->n);
            put_real(out, d->mean);
            put_real(out, d->lo);
            put_real(out, d->hi);
            strbuf_printf(out, ",%s\n", stats_method_name(d->method));
        }
    }
}

void study_timeline_csv(const struct study *s, struct strbuf *out) {
    put_header(s, out);
    strbuf_puts(out, ",t_s,ready_spot,ready_on_demand,target,capacity,cost_rate_usd_per_h\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        const struct timeline *t = &s->timelines[v];
        for (uint32_t i = 0; i < t->n; i++) {
            const struct timeline_point *p = &t->points[i];
            put_variant(s, v, out);
            put_real(out, (double)p->at_ms / (double)MS_PER_S);
            strbuf_printf(out, ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, p->ready_spot, p->ready_on_demand, p->target);
            if (p->capacity == UINT32_MAX)
                strbuf_puts(out, ",unlimited");
            else
                strbuf_printf(out, ",%" PRIu32, p->capacity);
            put_real(out, p->cost_rate_uusd_per_h < 0 ? NAN : (double)p->cost_rate_uusd_per_h / 1e6);
            strbuf_puts(out, "\n");
        }
    }
}
