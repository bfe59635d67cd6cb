/* SPDX-License-Identifier: Apache-2.0
 * Data files for the plots: blank-separated columns, one block per series. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cloud/params.h"
#include "study/fields.h"
#include "study/writers.h"

#define MS_TO_HOURS(ms) ((double)(ms) / (double)MS_PER_HOUR)

void curves_put(struct strbuf *out, double x) {
    strbuf_puts(out, out->size && out->data[out->size - 1] != '\n' ? " " : "");
    if (isnan(x))
        strbuf_puts(out, "NaN");
    else
        strbuf_real(out, x);
}

static void put_estimate(struct strbuf *out, const struct estimate *x) {
    curves_put(out, x->mean);
    bool shown = !isnan(x->lo) && !estimate_is_unanimous(x);
    curves_put(out, shown ? x->lo : x->mean);
    curves_put(out, shown ? x->hi : x->mean);
}

static void put_row(const struct study *s, uint32_t v, double x, struct strbuf *out) {
    curves_put(out, x);
    put_estimate(out, &study_cell(s, v, METRIC_FULL)->value);
    put_estimate(out, &study_cell(s, v, METRIC_ANY)->value);
    put_estimate(out, &study_cell(s, v, METRIC_COST)->value);
    put_estimate(out, &study_cell(s, v, METRIC_RELATIVE)->value);
    strbuf_puts(out, "\n");
}

/* '|' separates names in the plots' interface. */
void curves_put_name(struct strbuf *names, const char *name, bool first) {
    if (!first) strbuf_puts(names, "|");
    for (; *name; name++) strbuf_add(names, *name == '|' || *name == '\n' ? "/" : name, 1);
}

static void open_block(struct strbuf *out, struct strbuf *names, const char *name, bool first) {
    strbuf_printf(out, "%s# series %s\n", first ? "" : "\n\n", name);
    curves_put_name(names, name, first);
}

struct point {
    double x;
    uint32_t variant;
};

static int compare_points(const void *a, const void *b) {
    const struct point *p = a, *q = b;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->variant < q->variant ? -1 : p->variant > q->variant;
}

/* The variant with every other axis as in `v` and the x axis at value 0: what
 * two variants of one series have in common. */
static uint32_t series_of(const struct vary_grid *grid, uint32_t v, uint32_t x_axis) {
    uint32_t stride = 1;
    for (uint32_t a = x_axis + 1; a < grid->n_axes; a++) stride *= grid->axes[a].n;
    return v - vary_index(grid, v, x_axis) * stride;
}

static void put_series(const struct study *s, uint32_t first, uint32_t x_axis, struct point *points,
                       struct strbuf *out) {
    uint32_t n = 0;
    for (uint32_t v = first; v < s->n_variants; v++) {
        if (x_axis == UINT32_MAX ? v != first : series_of(&s->grid, v, x_axis) != first) continue;
        double x = x_axis == UINT32_MAX ? v : s->grid.axes[x_axis].x[vary_index(&s->grid, v, x_axis)];
        points[n++] = (struct point){x, v};
    }
    qsort(points, n, sizeof *points, compare_points);
    for (uint32_t i = 0; i < n; i++) put_row(s, points[i].variant, points[i].x, out);
}

static enum error_code put_base(const struct study *s, struct curves *c, struct strbuf *out, struct error *e) {
    uint32_t x_axis = vary_x_axis(&s->grid);
    struct point *points = calloc(s->n_variants, sizeof *points);
    if (!points) return error_set(e, ERR_FAILED, NULL, "out of memory");
    strbuf_puts(out, "# x full full_lo full_hi any any_lo any_hi cost cost_lo cost_hi rel rel_lo rel_hi\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        if (x_axis != UINT32_MAX && series_of(&s->grid, v, x_axis) != v) continue;
        struct strbuf name = {0};
        vary_label(&s->grid, v, x_axis, &name);
        open_block(out, &c->names, name.data ? name.data : "", c->n_series == 0);
        strbuf_free(&name);
        put_series(s, v, x_axis, points, out);
        c->n_series++;
    }
    free(points);
    return OK;
}

/* ---- what the x axis is called ---------------------------------------------- */

static const char *param_unit(const struct policy_part *part, const char *name) {
    for (uint32_t i = 0; part->policy && i < part->policy->n_params; i++)
        if (strcmp(part->policy->params[i].name, name) == 0) return part->policy->params[i].unit;
    return NULL;
}

static const char *unit_of(const struct study *s, const char *name) {
    const struct policy_spec *spec = scenario_config(s->variants[0])->groups[0].spec;
    const struct policy_part *parts[] = {&spec->mix, &spec->placer, &spec->whole, &spec->autoscaler};
    for (uint32_t i = 0; i < 4; i++) {
        const char *unit = param_unit(parts[i], name);
        if (unit) return unit;
    }
    for (uint32_t i = 0; i < scenario_sections_n; i++) {
        const struct field *f = field_find(scenario_sections[i].fields, *scenario_sections[i].n, name);
        if (f) return f->unit;
    }
    return strcmp(name, "target") == 0 ? "replicas" : "";
}

static void put_x_label(const struct study *s, struct strbuf *out) {
    uint32_t a = vary_x_axis(&s->grid);
    if (a == UINT32_MAX) {
        strbuf_puts(out, "variant");
        return;
    }
    const char *dot = strrchr(s->grid.axes[a].path, '.');
    const char *name = dot ? dot + 1 : s->grid.axes[a].path;
    const char *unit = s->grid.axes[a].duration ? "s" : unit_of(s, name);
    strbuf_puts(out, name);
    if (unit && *unit) strbuf_printf(out, " (%s)", unit);
}

/* ---- outages and timeline ---------------------------------------------------- */

static int compare_ms(const void *a, const void *b) {
    int64_t p = *(const int64_t *)a, q = *(const int64_t *)b;
    return p < q ? -1 : p > q;
}

/* Share of outages longer than each length, all replications together. */
static enum error_code put_survival(const struct study *s, uint32_t v, struct strbuf *out, struct error *e) {
    size_t n = 0, at = 0;
    for (uint32_t r = 0; r < s->n_replications; r++) n += study_record(s, v, r)->n_outages[OUTAGE_FULL];
    int64_t *all = malloc(n * sizeof *all);
    if (!all) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t r = 0; r < s->n_replications; r++) {
        const struct run_record *record = study_record(s, v, r);
        for (uint32_t i = 0; i < record->n_outages[OUTAGE_FULL]; i++) all[at++] = record->outage_ms[OUTAGE_FULL][i];
    }
    qsort(all, n, sizeof *all, compare_ms);
    strbuf_puts(out, all[0] > MS_PER_S ? "1 1\n" : "");
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && all[i + 1] == all[i]) continue;
        curves_put(out, (double)all[i] / (double)MS_PER_S);
        curves_put(out, (double)(n - i - 1) / (double)n);
        strbuf_puts(out, "\n");
    }
    free(all);
    return OK;
}

bool curves_has_outage(const struct study *s, uint32_t v) {
    for (uint32_t r = 0; r < s->n_replications; r++)
        if (study_record(s, v, r)->n_outages[OUTAGE_FULL]) return true;
    return false;
}

uint32_t curves_outage_variants(const struct study *s, uint32_t picked[CURVES_OUTAGE_SERIES_MAX],
                                uint32_t *with_outages) {
    uint32_t m = 0, seen = 0, n = 0;
    for (uint32_t v = 0; v < s->n_variants; v++) m += curves_has_outage(s, v);
    uint32_t shown = m < CURVES_OUTAGE_SERIES_MAX ? m : CURVES_OUTAGE_SERIES_MAX;
    for (uint32_t v = 0; v < s->n_variants && n < shown; v++) {
        if (!curves_has_outage(s, v)) continue;
        uint64_t next = shown > 1 ? ((uint64_t)n * (m - 1) + (shown - 1) / 2) / (shown - 1) : 0;
        if (seen++ == next) picked[n++] = v;
    }
    *with_outages = m;
    return n;
}

void curves_outage_note(const struct study *s, struct strbuf *out) {
    uint32_t picked[CURVES_OUTAGE_SERIES_MAX], m = 0;
    uint32_t n = curves_outage_variants(s, picked, &m), none = s->n_variants - m;
    bool cold = false;
    for (uint32_t k = 0; k < n; k++) cold |= scenario_config(s->variants[picked[k]])->warmup_ms == 0;
    if (n < m)
        strbuf_printf(out, "%" PRIu32 " of the %" PRIu32 " variants with outages: the first, the last, evenly between",
                      n, m);
    if (none)
        strbuf_printf(out, "%s%" PRIu32 " variant%s without any", n < m ? "; " : "not shown: ", none,
                      none == 1 ? "" : "s");
    if (cold) strbuf_printf(out, "%sno warm-up: a start below target counts as an outage", n < m || none ? "\n" : "");
}

/* At most a few series, so that the plot can be read. */
static enum error_code put_outages(const struct study *s, struct curves *c, struct strbuf *out, struct error *e) {
    uint32_t picked[CURVES_OUTAGE_SERIES_MAX], ignored;
    c->n_outage_series = curves_outage_variants(s, picked, &ignored);
    curves_outage_note(s, &c->outage_note);
    strbuf_puts(out, "# length_s share_of_outages_longer\n");
    for (uint32_t k = 0; k < c->n_outage_series; k++) {
        struct strbuf name = {0};
        vary_label(&s->grid, picked[k], UINT32_MAX, &name);
        open_block(out, &c->outage_names, name.data ? name.data : "", k == 0);
        strbuf_free(&name);
        TRY(put_survival(s, picked[k], out, e));
    }
    return OK;
}

void curves_timeline_name(const struct study *s, struct strbuf *out) {
    vary_label(&s->grid, 0, UINT32_MAX, out);
    strbuf_printf(out, "%sreplication 0", out->size ? ", " : "");
}

static int64_t run_length_ms(const struct study *s) {
    return s->window_ms ? s->window_ms : scenario_config(s->variants[0])->horizon_ms;
}

static void put_timeline(const struct study *s, struct strbuf *out) {
    const struct timeline *t = &s->timelines[0];
    strbuf_puts(out, "# t_hours ready_spot ready_on_demand target capacity\n");
    for (uint32_t i = 0; i <= t->n; i++) { /* the last state once more, at the end of the run */
        const struct timeline_point *p = &t->points[i < t->n ? i : t->n - 1];
        curves_put(out, MS_TO_HOURS(i < t->n ? p->at_ms : run_length_ms(s)));
        strbuf_printf(out, " %" PRIu32 " %" PRIu32 " %" PRIu32, p->ready_spot, p->ready_on_demand, p->target);
        if (p->capacity == UINT32_MAX)
            strbuf_puts(out, " -1\n");
        else
            strbuf_printf(out, " %" PRIu32 "\n", p->capacity);
    }
}

enum error_code study_write_curves(const struct study *s, const struct folder *f, struct curves *c, struct error *e) {
    memset(c, 0, sizeof *c);
    struct strbuf base = {0}, outages = {0}, stress = {0}, timeline = {0};
    put_x_label(s, &c->x_label);
    enum error_code rc = put_base(s, c, &base, e);
    if (rc == OK) rc = folder_write(f, "curves/base.dat", &base, e);
    if (rc == OK) rc = put_outages(s, c, &outages, e);
    if (rc == OK) rc = folder_write(f, "curves/outages.dat", &outages, e);
    c->timeline = s->timelines && s->timelines[0].n > 0;
    if (rc == OK && c->timeline) {
        c->timeline_hours = MS_TO_HOURS(run_length_ms(s));
        curves_timeline_name(s, &c->timeline_name);
        put_timeline(s, &timeline);
        rc = folder_write(f, "curves/timeline.dat", &timeline, e);
    }
    if (rc == OK && study_stress_axis(s) != UINT32_MAX) {
        study_stress_curve(s, c, &stress);
        rc = folder_write(f, "curves/stress.dat", &stress, e);
    }
    strbuf_free(&base);
    strbuf_free(&outages);
    strbuf_free(&stress);
    strbuf_free(&timeline);
    return rc;
}

void curves_free(struct curves *c) {
    strbuf_free(&c->names);
    strbuf_free(&c->outage_names);
    strbuf_free(&c->outage_note);
    strbuf_free(&c->timeline_name);
    strbuf_free(&c->x_label);
    strbuf_free(&c->stress_names);
    strbuf_free(&c->scenarios);
    memset(c, 0, sizeof *c);
}
