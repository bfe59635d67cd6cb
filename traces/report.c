/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/report.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "traces/stat.h"

static double days(int64_t ms) { return (double)ms / (double)MS_PER_DAY; }
static double seconds(int64_t ms) { return (double)ms / (double)MS_PER_S; }

/* ---- text ------------------------------------------------------------------ */

/* A number in a column of that width, "-" when it is not known. */
static void cell(struct strbuf *out, int width, int decimals, double x) {
    if (isnan(x))
        strbuf_printf(out, " %*s", width, "-");
    else
        strbuf_printf(out, " %*.*f", width, decimals, x);
}

static void count_cell(struct strbuf *out, int width, bool known, uint32_t n) {
    cell(out, width, 0, known ? (double)n : (double)NAN);
}

static void text_row(const struct trace_pool *p, const struct trace_pool_stat *s, int name_width, struct strbuf *out) {
    bool c = p->has_capacity;
    strbuf_printf(out, "%-*s", name_width, p->name);
    uint32_t samples = p->samples ? p->samples : p->price_samples;
    count_cell(out, 7, samples > 0, samples);
    cell(out, 6, p->gap_ms % MS_PER_S ? 3 : 0, p->gap_ms ? seconds(p->gap_ms) : (double)NAN);
    cell(out, 8, 3, days(p->span_ms));
    if (s->max == TRACE_UNLIMITED)
        strbuf_printf(out, " %9s", "unlimited");
    else
        cell(out, 9, 0, s->max);
    cell(out, 8, 6, c ? s->availability : (double)NAN);
    cell(out, 8, 6, c ? s->mean_fraction : (double)NAN);
    count_cell(out, 6, c, s->transitions);
    count_cell(out, 7, c, s->value_changes);
    count_cell(out, 5, c, s->up.n);
    cell(out, 8, 4, s->up.mean_h);
    cell(out, 8, 4, s->up.median_h);
    count_cell(out, 5, c, s->down.n);
    cell(out, 8, 4, s->down.mean_h);
    cell(out, 8, 4, s->down.median_h);
    cell(out, 9, 4, s->price_min);
    cell(out, 9, 4, s->price_max);
    strbuf_puts(out, "\n");
}

static void text_joint(const struct trace *t, const struct trace_joint_stat *j, struct strbuf *out) {
    strbuf_printf(out, "\n%u pools over their common %.3f days\n", j->pools, days(t->span_ms));
    strbuf_printf(out, "  all down          %.6f of the time (%.6f if they were independent)\n", j->all_down,
                  j->all_down_if_independent);
    strbuf_printf(out, "  at least one up   %.6f of the time\n", j->any_up);
    const struct {
        const char *where;
        uint32_t pairs;
        double mean;
    } rows[] = {{"within a region", j->pairs_same_region, j->correlation_same_region},
                {"across regions ", j->pairs_across_regions, j->correlation_across_regions}};
    for (size_t i = 0; i < 2; i++)
        if (rows[i].pairs)
            strbuf_printf(out, "  state correlation %s %+.3f (mean of %u pairs)\n", rows[i].where, rows[i].mean,
                          rows[i].pairs);
}

enum error_code trace_report_text(const struct trace *t, struct strbuf *out, struct error *e) {
    int width = 4;
    uint32_t with_capacity = 0;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        int n = (int)strlen(t->pools[i].name);
        if (n > width) width = n;
        with_capacity += t->pools[i].has_capacity;
    }
    strbuf_printf(out, "%-*s %7s %6s %8s %9s %8s %8s %6s %7s %5s %8s %8s %5s %8s %8s %9s %9s\n", width, "pool",
                  "samples", "step s", "days", "max", "up", "mean", "flips", "changes", "ups", "mean h", "median h",
                  "downs", "mean h", "median h", "$/h min", "$/h max");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        struct trace_pool_stat s;
        TRY(trace_stat_pool(&t->pools[i], &s, e));
        text_row(&t->pools[i], &s, width, out);
    }
    if (with_capacity < 2 || with_capacity > TRACE_JOINT_POOLS_MAX) return OK;
    struct trace_joint_stat j;
    TRY(trace_stat_joint(t, &j, e));
    text_joint(t, &j, out);
    return OK;
}

/* ---- JSON ------------------------------------------------------------------- */

static void member(struct strbuf *out, const char *name, double x) {
    strbuf_printf(out, ", \"%s\": ", name);
    strbuf_real(out, x);
}

static void text_member(struct strbuf *out, const char *name, const char *text) {
    strbuf_printf(out, ", \"%s\": ", name);
    strbuf_json_string(out, text);
}

static void json_runs(struct strbuf *out, const char *name, const struct trace_runs *r) {
    strbuf_printf(out, ", \"%s\": {\"runs\": %" PRIu32, name, r->n);
    member(out, "mean_h", r->mean_h);
    member(out, "median_h", r->median_h);
    strbuf_puts(out, "}");
}

static void json_capacity(const struct trace_pool *p, const struct trace_pool_stat *s, struct strbuf *out) {
    if (!p->has_capacity) {
        strbuf_puts(out, ", \"capacity\": null");
        return;
    }
    strbuf_puts(out, ", \"capacity\": {\"max\": ");
    if (s->max == TRACE_UNLIMITED)
        strbuf_puts(out, "\"unlimited\"");
    else
        strbuf_printf(out, "%" PRIu32, s->max);
    member(out, "availability", s->availability);
    member(out, "mean_fraction", s->mean_fraction);
    strbuf_printf(out, ", \"transitions\": %" PRIu32 ", \"value_changes\": %" PRIu32, s->transitions, s->value_changes);
    json_runs(out, "up", &s->up);
    json_runs(out, "down", &s->down);
    strbuf_puts(out, "}");
}

static void json_price(const struct trace_pool *p, const struct trace_pool_stat *s, struct strbuf *out) {
    if (p->price.n == 0) {
        strbuf_puts(out, ", \"price\": null");
        return;
    }
    strbuf_printf(out, ", \"price\": {\"samples\": %" PRIu32 ", \"changes\": %" PRIu32, p->price_samples,
                  s->price_changes);
    member(out, "min_usd_per_h", s->price_min);
    member(out, "max_usd_per_h", s->price_max);
    member(out, "mean_usd_per_h", s->price_mean);
    strbuf_puts(out, "}");
}

static enum error_code json_pool(const struct trace_pool *p, struct strbuf *out, struct error *e) {
    struct trace_pool_stat s;
    TRY(trace_stat_pool(p, &s, e));
    strbuf_puts(out, "{\"pool\": ");
    strbuf_json_string(out, p->name);
    text_member(out, "cloud", p->cloud);
    text_member(out, "region", p->region);
    text_member(out, "zone", p->zone);
    text_member(out, "instance_type", p->instance_type);
    strbuf_printf(out, ", \"samples\": %" PRIu32, p->samples);
    member(out, "gap_s", p->gap_ms ? seconds(p->gap_ms) : (double)NAN);
    member(out, "resolution_s", p->resolution_ms ? seconds(p->resolution_ms) : (double)NAN);
    member(out, "span_days", days(p->span_ms));
    json_capacity(p, &s, out);
    json_price(p, &s, out);
    strbuf_puts(out, "}");
    return OK;
}

static enum error_code json_joint(const struct trace *t, struct strbuf *out, struct error *e) {
    struct trace_joint_stat j;
    TRY(trace_stat_joint(t, &j, e));
    strbuf_printf(out, ", \"joint\": {\"pools\": %" PRIu32, j.pools);
    member(out, "all_down", j.all_down);
    member(out, "any_up", j.any_up);
    member(out, "all_down_if_independent", j.all_down_if_independent);
    strbuf_printf(out, ", \"correlation\": {\"same_region_pairs\": %" PRIu32, j.pairs_same_region);
    member(out, "same_region", j.correlation_same_region);
    strbuf_printf(out, ", \"across_regions_pairs\": %" PRIu32, j.pairs_across_regions);
    member(out, "across_regions", j.correlation_across_regions);
    strbuf_puts(out, "}}");
    return OK;
}

enum error_code trace_report_json(const struct trace *t, const struct trace_notes *notes, struct strbuf *out,
                                  struct error *e) {
    uint32_t with_capacity = 0;
    char when[32];
    strbuf_printf(out, "{\"format\": 1, \"digest\": \"%016" PRIx64 "\", \"epoch\": ", trace_digest(t));
    if (t->epoch_ms == INT64_MIN)
        strbuf_puts(out, "null");
    else
        strbuf_json_string(out, text_format_timestamp(t->epoch_ms, when));
    member(out, "span_days", days(t->span_ms));
    strbuf_puts(out, ", \"pools\": [");
    for (uint32_t i = 0; i < t->n_pools; i++) {
        strbuf_puts(out, i ? ",\n  " : "\n  ");
        TRY(json_pool(&t->pools[i], out, e));
        with_capacity += t->pools[i].has_capacity;
    }
    strbuf_puts(out, "]");
    if (with_capacity > 0 && with_capacity <= TRACE_JOINT_POOLS_MAX) TRY(json_joint(t, out, e));
    strbuf_puts(out, ", \"notes\": [");
    for (uint32_t i = 0; notes && i < notes->n; i++) {
        strbuf_puts(out, i ? ", " : "");
        strbuf_json_string(out, notes->lines[i]);
    }
    strbuf_puts(out, "]}\n");
    return OK;
}
