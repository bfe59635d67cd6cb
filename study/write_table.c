/* SPDX-License-Identifier: Apache-2.0
 * The summary table, for a terminal. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "study/result.h"
#include "study/writers.h"

enum column_kind { COLUMN_NUMBER, COLUMN_TIME, COLUMN_RECOVERY };
struct table_column {
    enum metric_id metric;
    const char *title;
    double scale;
    int decimals;
    enum column_kind kind;
};
struct table {
    const struct table_column *columns;
    size_t n;
};

static const struct table_column usual[] = {
    {METRIC_FULL, "full %", 100, 3, COLUMN_NUMBER},
    {METRIC_ANY, "any %", 100, 3, COLUMN_NUMBER},
    {METRIC_CAPACITY, "capacity %", 100, 3, COLUMN_NUMBER},
    {METRIC_COST, "cost $", 1, 2, COLUMN_NUMBER},
    {METRIC_RELATIVE, "of on-demand %", 100, 2, COLUMN_NUMBER},
    {METRIC_PREEMPTED, "preempted", 1, 1, COLUMN_NUMBER},
    {METRIC_OUTAGES_FULL_LONGEST, "longest outage h", 1.0 / 3600, 2, COLUMN_NUMBER},
};
static const struct table_column under_stress[] = {
    {METRIC_FULL, "full %", 100, 2, COLUMN_NUMBER},
    {METRIC_COST, "cost $", 1, 2, COLUMN_NUMBER},
    {METRIC_STRESS_RECOVERY, "recovery", 1, 0, COLUMN_RECOVERY},
    {METRIC_STRESS_BEHIND, "behind", 1, 0, COLUMN_TIME},
    {METRIC_STRESS_LOST, "lost replica-h", 1, 2, COLUMN_NUMBER},
    {METRIC_STRESS_LEAST, "least ready", 1, 1, COLUMN_NUMBER},
};
#define COLUMNS(of) (sizeof(of) / sizeof *(of))
#define COLUMNS_MAX COLUMNS(usual)
_Static_assert(COLUMNS(under_stress) <= COLUMNS_MAX, "room for the widths of both");

static struct table table_of(const struct study *s) {
    if (s->stressed) return (struct table){under_stress, COLUMNS(under_stress)};
    return (struct table){usual, COLUMNS(usual)};
}

/* "99.12 +-0.05", or "99.12 -0.60 +0.05" where the sides differ by much. */
static void number_text(const struct estimate *x, double scale, int decimals, char out[64]) {
    double down = (x->mean - x->lo) * scale, up = (x->hi - x->mean) * scale;
    if (isnan(x->mean))
        snprintf(out, 64, "-");
    else if (isnan(x->lo) || x->hi <= x->lo || estimate_is_unanimous(x))
        snprintf(out, 64, "%.*f", decimals, x->mean * scale);
    else if (fmax(down, up) < 1.25 * fmin(down, up))
        snprintf(out, 64, "%.*f +-%.*f", decimals, x->mean * scale, decimals, fmax(down, up));
    else
        snprintf(out, 64, "%.*f -%.*f +%.*f", decimals, x->mean * scale, decimals, down, decimals, up);
}

/* "40 +-3 s", "> 5.1 h" where some runs had not recovered at their end. */
static void time_text(const struct estimate *x, bool at_least, char out[64]) {
    char number[64];
    const char *unit = x->mean < 600 ? "s" : x->mean < 7200 ? "min" : "h";
    double scale = x->mean < 600 ? 1 : x->mean < 7200 ? 1.0 / 60 : 1.0 / 3600;
    number_text(x, scale, x->mean < 600 ? 0 : 1, number);
    bool known = !isnan(x->mean);
    snprintf(out, 64, "%s%.50s%s%s", known && at_least ? "> " : "", number, known ? " " : "", known ? unit : "");
}

static void cell_text(const struct study *s, uint32_t v, const struct table_column *c, char out[64]) {
    const struct estimate *x = &study_cell(s, v, c->metric)->value;
    if (c->kind == COLUMN_NUMBER)
        number_text(x, c->scale, c->decimals, out);
    else
        time_text(x, c->kind == COLUMN_RECOVERY && study_cell(s, v, METRIC_STRESS_RECOVERED)->value.mean < 1, out);
}

static int label_width(const struct study *s, uint32_t axis) {
    size_t width = strlen(s->grid.axes[axis].path);
    for (uint32_t i = 0; i < s->grid.axes[axis].n; i++)
        if (strlen(s->grid.axes[axis].values[i]) > width) width = strlen(s->grid.axes[axis].values[i]);
    return (int)width;
}

void study_assumptions(const struct study *s, struct strbuf *out) {
    assumptions_to_text(s->variants[0], out);
    for (uint32_t a = 0; a < s->grid.n_axes; a++)
        strbuf_printf(out, "%s%s", a ? ", " : "  the above is the first row's; varied: ", s->grid.axes[a].path);
    if (s->grid.n_axes) strbuf_puts(out, "\n");
}

/* The axis of stress scenarios first: policies side by side under each. */
static uint32_t axis_at(const struct study *s, uint32_t place) {
    uint32_t stress = study_stress_axis(s);
    if (stress == UINT32_MAX || place > stress) return place;
    return place == 0 ? stress : place - 1;
}

static void put_row(const struct study *s, uint32_t v, const struct table *t, const int *width, struct strbuf *out) {
    char cell[64];
    for (uint32_t i = 0; i < s->grid.n_axes; i++) {
        uint32_t a = axis_at(s, i);
        strbuf_printf(out, "%-*s  ", label_width(s, a), s->grid.axes[a].values[vary_index(&s->grid, v, a)]);
    }
    for (size_t c = 0; c < t->n; c++) {
        cell_text(s, v, &t->columns[c], cell);
        strbuf_printf(out, "%*s%s", width[c], cell, c + 1 < t->n ? "  " : "\n");
    }
}

/* In groups of one stress scenario each, where those vary. */
static void put_rows(const struct study *s, const struct table *t, const int *width, struct strbuf *out) {
    uint32_t stress = study_stress_axis(s), n = stress == UINT32_MAX ? 1 : s->grid.axes[stress].n;
    for (uint32_t i = 0; i < n; i++) {
        if (i && s->n_variants > n) strbuf_puts(out, "\n");
        for (uint32_t v = 0; v < s->n_variants; v++)
            if (stress == UINT32_MAX || vary_index(&s->grid, v, stress) == i) put_row(s, v, t, width, out);
    }
}

void study_summary_text(const struct study *s, struct strbuf *out) {
    const struct table t = table_of(s);
    int width[COLUMNS_MAX];
    char cell[64];
    for (size_t c = 0; c < t.n; c++) {
        width[c] = (int)strlen(t.columns[c].title);
        for (uint32_t v = 0; v < s->n_variants; v++) {
            cell_text(s, v, &t.columns[c], cell);
            if ((int)strlen(cell) > width[c]) width[c] = (int)strlen(cell);
        }
    }
    for (uint32_t i = 0; i < s->grid.n_axes; i++)
        strbuf_printf(out, "%-*s  ", label_width(s, axis_at(s, i)), s->grid.axes[axis_at(s, i)].path);
    for (size_t c = 0; c < t.n; c++)
        strbuf_printf(out, "%*s%s", width[c], t.columns[c].title, c + 1 < t.n ? "  " : "\n");
    put_rows(s, &t, width, out);
    if (s->stressed)
        strbuf_puts(out,
                    "behind: time with fewer ready than the target and than in the same run without the events, in\n"
                    "spells that begin during them; recovery: the longest (>: in some runs not over at the end)\n");
    strbuf_printf(out, "%" PRIu32 " run%s per row%s; %lld independent %s of the trace behind them\n", s->n_replications,
                  s->n_replications == 1 ? "" : "s",
                  s->n_replications > 1 ? "; +-, or - and +, reach to the ends of the 95 % interval of the mean" : "",
                  (long long)s->independent_windows, s->window_ms ? "windows" : "passes");
    study_assumptions(s, out);
}
