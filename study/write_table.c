/* SPDX-License-Identifier: Apache-2.0
 * The summary table, for a terminal. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "study/result.h"
#include "study/writers.h"

struct table_column {
    enum metric_id metric;
    const char *title;
    double scale;
    int decimals;
};

static const struct table_column columns[] = {
    {METRIC_FULL, "full %", 100, 3},
    {METRIC_ANY, "any %", 100, 3},
    {METRIC_CAPACITY, "capacity %", 100, 3},
    {METRIC_COST, "cost $", 1, 2},
    {METRIC_RELATIVE, "of on-demand %", 100, 2},
    {METRIC_PREEMPTED, "preempted", 1, 1},
    {METRIC_OUTAGES_FULL_LONGEST, "longest outage h", 1.0 / 3600, 2},
};
#define N_COLUMNS (sizeof columns / sizeof columns[0])

/* "99.12 +-0.05", or "99.12 -0.60 +0.05" where the sides differ by much. */
static void cell_text(const struct estimate *x, const struct table_column *c, char out[64]) {
    double down = (x->mean - x->lo) * c->scale, up = (x->hi - x->mean) * c->scale;
    if (isnan(x->mean))
        snprintf(out, 64, "-");
    else if (isnan(x->lo) || x->hi <= x->lo || estimate_is_unanimous(x))
        snprintf(out, 64, "%.*f", c->decimals, x->mean * c->scale);
    else if (fmax(down, up) < 1.25 * fmin(down, up))
        snprintf(out, 64, "%.*f +-%.*f", c->decimals, x->mean * c->scale, c->decimals, fmax(down, up));
    else
        snprintf(out, 64, "%.*f -%.*f +%.*f", c->decimals, x->mean * c->scale, c->decimals, down, c->decimals, up);
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

void study_summary_text(const struct study *s, struct strbuf *out) {
    int width[N_COLUMNS];
    char cell[64];
    for (size_t c = 0; c < N_COLUMNS; c++) {
        width[c] = (int)strlen(columns[c].title);
        for (uint32_t v = 0; v < s->n_variants; v++) {
            cell_text(&study_cell(s, v, columns[c].metric)->value, &columns[c], cell);
            if ((int)strlen(cell) > width[c]) width[c] = (int)strlen(cell);
        }
    }
    for (uint32_t a = 0; a < s->grid.n_axes; a++) strbuf_printf(out, "%-*s  ", label_width(s, a), s->grid.axes[a].path);
    for (size_t c = 0; c < N_COLUMNS; c++)
        strbuf_printf(out, "%*s%s", width[c], columns[c].title, c + 1 < N_COLUMNS ? "  " : "\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        for (uint32_t a = 0; a < s->grid.n_axes; a++)
            strbuf_printf(out, "%-*s  ", label_width(s, a), s->grid.axes[a].values[vary_index(&s->grid, v, a)]);
        for (size_t c = 0; c < N_COLUMNS; c++) {
            cell_text(&study_cell(s, v, columns[c].metric)->value, &columns[c], cell);
            strbuf_printf(out, "%*s%s", width[c], cell, c + 1 < N_COLUMNS ? "  " : "\n");
        }
    }
    strbuf_printf(out, "%" PRIu32 " run%s per row%s; %lld independent %s of the trace behind them\n", s->n_replications,
                  s->n_replications == 1 ? "" : "s",
                  s->n_replications > 1 ? "; +-, or - and +, reach to the ends of the 95 % interval of the mean" : "",
                  (long long)s->independent_windows, s->window_ms ? "windows" : "passes");
    study_assumptions(s, out);
}
