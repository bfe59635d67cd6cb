/* SPDX-License-Identifier: Apache-2.0
 * A trace as a picture for the terminal and as data for plots. */
#include <inttypes.h>
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

static void data_row(const struct trace_pool *p, int64_t at_ms, uint32_t capacity, int64_t price, struct strbuf *out) {
    strbuf_real(out, (double)at_ms / (double)MS_PER_HOUR);
    if (capacity == TRACE_UNLIMITED)
        strbuf_puts(out, " -1");
    else
        strbuf_printf(out, " %" PRIu32, capacity);
    if (p->price.n)
        strbuf_printf(out, " %.6f\n", (double)price / 1e6);
    else
        strbuf_puts(out, " NaN\n");
}

void trace_report_data(const struct trace *t, struct strbuf *out) {
    strbuf_puts(out, "# hour capacity price_usd_per_h\n");
    for (uint32_t k = 0; k < t->n_pools; k++) {
        const struct trace_pool *p = &t->pools[k];
        if (k) strbuf_puts(out, "\n\n");
        strbuf_printf(out, "# %s\n", p->name);
        uint32_t i = 0, j = 0;
        int64_t now = 0;
        while (now < p->span_ms) {
            data_row(p, now, p->capacity.value[i], p->price.n ? p->price.uusd_per_h[j] : 0, out);
            int64_t next_capacity = i + 1 < p->capacity.n ? p->capacity.at_ms[i + 1] : p->span_ms;
            int64_t next_price = j + 1 < p->price.n ? p->price.at_ms[j + 1] : p->span_ms;
            now = next_capacity < next_price ? next_capacity : next_price;
            if (now < p->span_ms && now == next_capacity) i++;
            if (now < p->span_ms && now == next_price) j++;
        }
        data_row(p, p->span_ms, p->capacity.value[i], p->price.n ? p->price.uusd_per_h[j] : 0, out);
    }
}
