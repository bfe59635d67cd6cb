/* SPDX-License-Identifier: Apache-2.0
 * A trace as a picture for the terminal and as data for plots. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "traces/report.h"

/* Mean capacity over [from, to), for to > from within the span. */
static double mean_capacity(const struct trace_pool *p, int64_t from, int64_t to, uint32_t *at) {
    const struct trace_capacity *c = &p->capacity;
    double weighted = 0;
    while (*at + 1 < c->n && c->at_ms[*at + 1] <= from) ++*at;
    uint32_t i = *at;
    for (int64_t now = from; now < to; i++) {
        int64_t end = i + 1 < c->n && c->at_ms[i + 1] < to ? c->at_ms[i + 1] : to;
        weighted += (double)c->value[i] * (double)(end - now);
        now = end;
    }
    return weighted / (double)(to - from);
}

static void picture_row(const struct trace_pool *p, int64_t longest_ms, uint32_t width, struct strbuf *out) {
    static const char levels[] = " .:#";
    uint32_t most = 0, at = 0;
    for (uint32_t i = 0; i < p->capacity.n; i++)
        if (p->capacity.value[i] > most) most = p->capacity.value[i];
    for (uint32_t x = 0; x < width; x++) {
        int64_t from = longest_ms / width * x + longest_ms % width * x / width;
        int64_t to = longest_ms / width * (x + 1) + longest_ms % width * (x + 1) / width;
        if (to > p->span_ms) to = p->span_ms;
        if (from >= to) break;
        double share = most ? mean_capacity(p, from, to, &at) / most : 0;
        int level = share <= 0 ? 0 : share <= 1.0 / 3 ? 1 : share <= 2.0 / 3 ? 2 : 3;
        strbuf_add(out, &levels[level], 1);
    }
}

void trace_report_picture(const struct trace *t, uint32_t width, struct strbuf *out) {
    int64_t longest_ms = 0;
    int name_width = 0;
    if (width < 20) width = 20;
    if (width > 1000) width = 1000;
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (t->pools[i].span_ms > longest_ms) longest_ms = t->pools[i].span_ms;
        int n = (int)strlen(t->pools[i].name);
        if (n > name_width) name_width = n;
    }
    for (uint32_t i = 0; i < t->n_pools; i++) {
        strbuf_printf(out, "%*s |", name_width, t->pools[i].name);
        picture_row(&t->pools[i], longest_ms, width, out);
        strbuf_puts(out, "|\n");
    }
    double hours = (double)longest_ms / (double)MS_PER_HOUR;
    char end[32];
    snprintf(end, sizeof end, hours > 96 ? "%.1f days" : "%.2f hours", hours > 96 ? hours / 24 : hours);
    strbuf_printf(out, "%*s  0%*s\n", name_width, "", (int)width - 1, end);
    strbuf_printf(out, "%*s  blank: down; . : # rising share of the pool's largest capacity\n", name_width, "");
}

static void data_row(int64_t at_ms, double value, struct strbuf *out) {
    strbuf_real(out, (double)at_ms / (double)MS_PER_HOUR);
    if (isnan(value)) {
        strbuf_puts(out, " NaN\n");
        return;
    }
    strbuf_puts(out, " ");
    strbuf_real(out, value);
    strbuf_puts(out, "\n");
}

static double capacity_value(const struct trace_pool *p, uint32_t i) {
    return p->capacity.value[i] == TRACE_UNLIMITED ? -1 : (double)p->capacity.value[i];
}

static void capacity_data(const struct trace_pool *p, struct strbuf *out) {
    for (uint32_t i = 0; i < p->capacity.n; i++) data_row(p->capacity.at_ms[i], capacity_value(p, i), out);
    data_row(p->span_ms, capacity_value(p, p->capacity.n - 1), out);
}

static void price_data(const struct trace_pool *p, struct strbuf *out) {
    double last = NAN;
    if (p->price.n == 0) data_row(0, NAN, out);
    for (uint32_t i = 0; i < p->price.n; i++) {
        last = (double)p->price.uusd_per_h[i] / 1e6;
        data_row(p->price.at_ms[i], last, out);
    }
    data_row(p->span_ms, last, out);
}

void trace_report_data(const struct trace *t, enum trace_quantity what, struct strbuf *out) {
    strbuf_puts(out, what == TRACE_PRICE ? "# hour price_usd_per_h\n" : "# hour capacity\n");
    for (uint32_t k = 0; k < t->n_pools; k++) {
        if (k) strbuf_puts(out, "\n\n");
        strbuf_printf(out, "# %s\n", t->pools[k].name);
        if (what == TRACE_PRICE)
            price_data(&t->pools[k], out);
        else
            capacity_data(&t->pools[k], out);
    }
}
