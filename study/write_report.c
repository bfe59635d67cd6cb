/* SPDX-License-Identifier: Apache-2.0
 * report.html: one page that needs nothing else. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "study/result.h"
#include "study/writers.h"

static const char style[] =
    "body{font:16px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;color:#222}"
    "table{border-collapse:collapse;font-size:.8rem;line-height:1.35;font-variant-numeric:tabular-nums;width:100%}"
    "th,td{padding:.25rem .4rem;border-bottom:1px solid #ddd;text-align:right;vertical-align:top}"
    "th{border-bottom:2px solid #888;vertical-align:bottom}th.varied,td.varied{text-align:left;overflow-wrap:anywhere}"
    "td small{color:#555;white-space:nowrap}figure{margin:1.5rem 0}figcaption{max-width:56rem;color:#444}"
    "svg{max-width:100%;height:auto}pre{overflow-x:auto;background:#f6f6f6;padding:.6rem}"
    ".warning{border-left:4px solid #c60;padding:.2rem .8rem;background:#fff6ea}";

static void put_text(struct strbuf *out, const char *text) {
    for (; *text; text++) {
        if (*text == '&')
            strbuf_puts(out, "&amp;");
        else if (*text == '<')
            strbuf_puts(out, "&lt;");
        else if (*text == '>')
            strbuf_puts(out, "&gt;");
        else if (*text == '"')
            strbuf_puts(out, "&quot;");
        else
            strbuf_add(out, text, 1);
    }
}

/* A varied field's path may break after its dots. */
static void put_path(struct strbuf *out, const char *path) {
    for (; *path; path++) {
        strbuf_add(out, path, 1);
        if (*path == '.' || *path == '_') strbuf_puts(out, "<wbr>");
    }
}

static void put_element(struct strbuf *out, const char *tag, const char *text) {
    strbuf_printf(out, "<%s>", tag);
    put_text(out, text);
    strbuf_printf(out, "</%s>", tag);
}

struct report_column {
    enum metric_id metric;
    const char *title;
    double scale;
    int decimals;
};
static const struct report_column columns[] = {
    {METRIC_FULL, "ready &ge; target, %", 100, 3},
    {METRIC_ANY, "ready &ge; 1, %", 100, 3},
    {METRIC_CAPACITY, "capacity, %", 100, 3},
    {METRIC_COST, "cost, $", 1, 2},
    {METRIC_RELATIVE, "of on-demand, %", 100, 2},
    {METRIC_PREEMPTED, "preempted", 1, 1},
    {METRIC_OUTAGES_FULL, "outages", 1, 1},
    {METRIC_OUTAGES_FULL_LONGEST, "longest outage, h", 1.0 / 3600, 2},
    {METRIC_LAUNCHED_ON_DEMAND, "on-demand launches", 1, 1},
    {METRIC_STRESS_RECOVERY, "recovery, min", 1.0 / 60, 1},
    {METRIC_STRESS_BEHIND, "behind, min", 1.0 / 60, 1},
    {METRIC_STRESS_LOST, "lost, replica-h", 1, 2},
    {METRIC_STRESS_LEAST, "least ready", 1, 1},
};
#define N_COLUMNS (sizeof columns / sizeof columns[0])

static bool is_shown(const struct study *s, const struct report_column *c) { return (int)c->metric < study_metrics(s); }

static void put_cell(struct strbuf *out, const struct estimate *x, const struct report_column *c) {
    if (isnan(x->mean)) {
        strbuf_puts(out, "<td>unknown</td>");
        return;
    }
    strbuf_printf(out, "<td>%.*f", c->decimals, x->mean * c->scale);
    if (!isnan(x->lo) && x->hi > x->lo && !estimate_is_unanimous(x))
        strbuf_printf(out, "<br><small>%.*f&ndash;%.*f</small>", c->decimals, x->lo * c->scale, c->decimals,
                      x->hi * c->scale);
    strbuf_puts(out, "</td>");
}

static void put_table(const struct study *s, struct strbuf *out) {
    strbuf_puts(out, "<table><thead><tr>");
    for (uint32_t a = 0; a < s->grid.n_axes; a++) {
        strbuf_puts(out, "<th class=\"varied\">");
        put_path(out, s->grid.axes[a].path);
        strbuf_puts(out, "</th>");
    }
    for (size_t c = 0; c < N_COLUMNS; c++)
        if (is_shown(s, &columns[c])) strbuf_printf(out, "<th>%s</th>", columns[c].title);
    strbuf_puts(out, "</tr></thead>\n<tbody>\n");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        strbuf_puts(out, "<tr>");
        for (uint32_t a = 0; a < s->grid.n_axes; a++) {
            strbuf_puts(out, "<td class=\"varied\">");
            put_text(out, s->grid.axes[a].values[vary_index(&s->grid, v, a)]);
            strbuf_puts(out, "</td>");
        }
        for (size_t c = 0; c < N_COLUMNS; c++)
            if (is_shown(s, &columns[c])) put_cell(out, &study_cell(s, v, columns[c].metric)->value, &columns[c]);
        strbuf_puts(out, "</tr>\n");
    }
    strbuf_puts(out, "</tbody></table>\n");
    bool one = s->independent_windows == 1;
    strbuf_printf(
        out, "<p>%" PRIu32 " run%s per row%s; %lld independent %s of the trace behind them.</p>\n", s->n_replications,
        s->n_replications == 1 ? "" : "s", s->n_replications > 1 ? ", small print: 95 % interval of the mean" : "",
        (long long)s->independent_windows, s->window_ms ? (one ? "window" : "windows") : (one ? "pass" : "passes"));
}

/* The SVG as it is, without its XML head; nothing when there is no plot. */
static void put_curve(const struct folder *f, const char *name, const char *caption, struct strbuf *out) {
    char file[64];
    snprintf(file, sizeof file, "curves/%s.svg", name);
    char *path = folder_file(f, file), *svg = NULL;
    size_t size = 0;
    struct error ignored;
    if (path && file_read(path, &svg, &size, &ignored) == OK) {
        const char *start = strstr(svg, "<svg");
        if (start) {
            strbuf_puts(out, "<figure>\n");
            strbuf_puts(out, start);
            strbuf_puts(out, "\n");
            put_element(out, "figcaption", caption);
            strbuf_puts(out, "</figure>\n");
        }
    }
    free(svg);
    free(path);
}

#define LEFT_OUT_NAMED 12u

/* The variants with outages that the plot does not show, by name. */
static void put_left_out(const struct study *s, struct strbuf *out) {
    uint32_t picked[CURVES_OUTAGE_SERIES_MAX], m = 0;
    uint32_t n = curves_outage_variants(s, picked, &m), named = 0;
    for (uint32_t v = 0, k = 0; v < s->n_variants && n < m && named < LEFT_OUT_NAMED; v++) {
        if (k < n && picked[k] == v) {
            k++;
            continue;
        }
        if (!curves_has_outage(s, v)) continue;
        strbuf_puts(out, named++ ? "; " : " Left out: ");
        vary_label(&s->grid, v, UINT32_MAX, out);
    }
    if (n + named < m) strbuf_printf(out, " and %" PRIu32 " more", m - n - named);
    if (named) strbuf_puts(out, ".");
}

static void outage_caption(const struct study *s, struct strbuf *out) {
    struct strbuf note = {0};
    strbuf_puts(out, "Share of outages (ready < target) longer than a time, all replications together.");
    curves_outage_note(s, &note);
    for (char *line = note.data; line && *line;) {
        size_t n = strcspn(line, "\n");
        strbuf_printf(out, " %c%.*s.", line[0] >= 'a' && line[0] <= 'z' ? line[0] - 'a' + 'A' : line[0], (int)n - 1,
                      line + 1);
        line += n + (line[n] == '\n');
    }
    put_left_out(s, out);
    out->failed |= note.failed;
    strbuf_free(&note);
}

static void timeline_caption(const struct study *s, struct strbuf *out) {
    strbuf_puts(out, "The fleet over time: ");
    curves_timeline_name(s, out);
    strbuf_puts(out, s->n_variants > 1 ? "; timeline.csv has the other variants'." : ".");
}

static void put_curves(const struct study *s, const struct folder *f, struct strbuf *out) {
    struct strbuf outages = {0}, timeline = {0};
    outage_caption(s, &outages);
    timeline_caption(s, &timeline);
    put_curve(
        f, "stress",
        "Under each stress scenario: the longest time with fewer replicas ready than the target and than without the "
        "events (an open mark: in some runs it was not over at the end), and availability of the whole run.",
        out);
    put_curve(f, "availability", "Share of time with ready >= target, and with at least one replica ready.", out);
    put_curve(f, "cost", "Cost of the run, and relative to the same target on-demand.", out);
    put_curve(f, "frontier", "What availability costs; each point is one row of the table.", out);
    put_curve(f, "outages", outages.data ? outages.data : "", out);
    put_curve(f, "timeline", timeline.data ? timeline.data : "", out);
    out->failed |= outages.failed || timeline.failed;
    strbuf_free(&outages);
    strbuf_free(&timeline);
}

enum error_code study_write_report(const struct study *s, const struct folder *f, struct error *e) {
    struct strbuf out = {0}, title = {0}, text = {0};
    study_title(s, &title);
    strbuf_puts(&out, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">");
    put_element(&out, "title", title.data ? title.data : "");
    strbuf_printf(&out, "<style>%s</style></head>\n<body>\n", style);
    put_element(&out, "h1", title.data ? title.data : "");
    strbuf_puts(&out, "\n");
    for (uint32_t i = 0; i < s->notes.n; i++) {
        strbuf_puts(&out, "<p class=\"warning\">");
        put_text(&out, s->notes.lines[i]);
        strbuf_puts(&out, "</p>\n");
    }
    put_table(s, &out);
    put_curves(s, f, &out);
    strbuf_puts(&out, "<h2>Assumptions</h2>\n<p>Of the first row; what varies is in the table.</p>\n<pre>");
    study_assumptions(s, &text);
    put_text(&out, text.data ? text.data : "");
    strbuf_puts(&out, "</pre>\n<p>First variant's policy: <code>");
    strbuf_free(&text);
    scenario_policy_text(s->variants[0], &text);
    put_text(&out, text.data ? text.data : "");
    strbuf_puts(&out, "</code>. The whole scenario is in manifest.json; <code>spotsim sweep manifest.json --out DIR"
                      "</code> runs the study again.</p>\n</body></html>\n");
    enum error_code rc = title.failed || text.failed ? error_set(e, ERR_FAILED, NULL, "out of memory")
                                                     : folder_write(f, "report.html", &out, e);
    strbuf_free(&out);
    strbuf_free(&title);
    strbuf_free(&text);
    return rc;
}
