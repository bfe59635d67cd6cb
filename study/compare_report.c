/* SPDX-License-Identifier: Apache-2.0
 * A comparison for readers and for machines. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "study/compare_private.h"

/* ---- policies ---------------------------------------------------------------------------- */

static double outcome(const struct policy_outcome *o, enum compare_quantity q) {
    switch (q) {
    case COMPARE_FULL:
        return o->full;
    case COMPARE_ANY:
        return o->any;
    case COMPARE_COST:
        return o->cost_usd;
    case COMPARE_SPREAD:
        return o->windows > 1 ? o->window_sd : NAN;
    case COMPARE_QUANTITIES:
        break;
    }
    return NAN;
}

/* The real value's interval: as wide as its windows differ, they are all there is,
 * around the value of the whole trace, which has the rest after the last one. */
static enum error_code real_interval(const struct comparison *c, uint32_t policy, enum compare_quantity q,
                                     struct estimate *out, struct error *e) {
    const double *x = NULL;
    uint64_t key = random_key(random_key_text(0, "compare"), policy);
    bool share = q == COMPARE_FULL;
    memset(out, 0, sizeof *out);
    out->mean = out->sd = out->lo = out->hi = NAN;
    if (c->n_windows < 2) return OK;
    if (share) x = c->real_window + policy * c->n_windows;
    if (q == COMPARE_COST) x = c->real_window_cost + policy * c->n_windows;
    if (!x) return OK;
    TRY(stats_estimate(x, c->n_windows, share ? 0 : -INFINITY, share ? 1 : INFINITY, key, out, e));
    double scale = share ? 1 : (double)c->counted_ms / (double)c->window_ms;
    if (estimate_is_unanimous(out)) {
        out->lo = out->hi = NAN;
        return OK;
    }
    double real = outcome(&c->real[policy], q), shift = real - out->mean * scale;
    out->mean = real;
    out->sd *= scale;
    out->lo = out->lo * scale + shift;
    out->hi = out->hi * scale + shift;
    out->lo = fmax(out->lo, 0);
    if (share) out->hi = fmin(out->hi, 1);
    return OK;
}

enum error_code compare_quantity(const struct comparison *c, uint32_t policy, enum compare_quantity q,
                                 struct compared *out, struct error *e) {
    double *x = malloc(c->n_traces * sizeof *x);
    if (!x) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < c->n_traces; i++) x[i] = outcome(&c->synth[policy * c->n_traces + i], q);
    uint64_t key = random_key(random_key_text(1, "compare"), policy);
    memset(out, 0, sizeof *out);
    out->real = outcome(&c->real[policy], q);
    enum error_code rc = stats_estimate(x, c->n_traces, q == COMPARE_COST ? -INFINITY : 0,
                                        q == COMPARE_COST ? INFINITY : 1, key, &out->synth_interval, e);
    free(x);
    TRY(rc);
    TRY(real_interval(c, policy, q, &out->real_interval, e));
    out->synth = out->synth_interval.mean;
    out->sd = out->synth_interval.sd;
    out->difference = out->synth - out->real;
    out->within = true;
    if ((q == COMPARE_COST || q == COMPARE_SPREAD) && out->difference != 0) out->difference /= out->real;
    if (q == COMPARE_FULL) out->within = fabs(out->difference) <= COMPARE_FULL_MAX;
    if (q == COMPARE_COST) out->within = fabs(out->difference) <= COMPARE_COST_MAX;
    /* a spread of less than half a point is none */
    if (q == COMPARE_SPREAD)
        out->within =
            fabs(out->difference) <= COMPARE_SPREAD_MAX || fabs(out->synth - out->real) <= COMPARE_FULL_MAX / 2;
    return OK;
}

static void put_interval(const struct estimate *x, double scale, int digits, struct strbuf *out) {
    char text[64] = "-";
    if (isfinite(x->lo) && isfinite(x->hi))
        snprintf(text, sizeof text, "%.*f..%.*f", digits, x->lo * scale, digits, x->hi * scale);
    strbuf_printf(out, " %15s", text);
}

/* A number right-aligned; "-" when there is none. */
static void put_cell(double x, int width, int digits, struct strbuf *out) {
    if (isfinite(x))
        strbuf_printf(out, " %*.*f", width, digits, x);
    else
        strbuf_printf(out, " %*s", width, "-");
}

static void put_range(const struct shape_range *x, int width, int digits, struct strbuf *out) {
    char text[64] = "-";
    if (isfinite(x->lo) && isfinite(x->hi)) snprintf(text, sizeof text, "%.*f..%.*f", digits, x->lo, digits, x->hi);
    strbuf_printf(out, " %*s", width, text);
}

static enum error_code policy_rows(const struct comparison *c, enum compare_quantity q, struct strbuf *out,
                                   struct error *e) {
    static const char *const titles[] = {
        [COMPARE_FULL] = "Full availability, %, (difference in points)",
        [COMPARE_ANY] = "At least one replica, % (difference in points)",
        [COMPARE_COST] = "Cost, $ (difference in %)",
        [COMPARE_SPREAD] = "Spread of full availability from window to window, points (difference in %)",
    };
    double scale = q == COMPARE_COST ? 1 : 100;
    int digits = q == COMPARE_COST ? 0 : 2;
    strbuf_printf(out, "\n%s\n%-60s %9s %15s %9s %15s %8s %7s\n", titles[q], "", "real", "95 %", "synthetic", "95 %",
                  "sd", "differ");
    for (uint32_t i = 0; i < c->n_policies; i++) {
        struct compared x;
        TRY(compare_quantity(c, i, q, &x, e));
        strbuf_printf(out, "%-60s", c->policy[i]);
        put_cell(x.real * scale, 9, digits, out);
        put_interval(&x.real_interval, scale, digits, out);
        put_cell(x.synth * scale, 9, digits, out);
        put_interval(&x.synth_interval, scale, digits, out);
        put_cell(x.sd * scale, 8, digits, out);
        if (isfinite(x.difference))
            strbuf_printf(out, " %+7.2f%s\n", 100 * x.difference, x.within ? "" : " !");
        else
            strbuf_printf(out, " %7s\n", "-");
    }
    return OK;
}

/* ---- shapes ------------------------------------------------------------------------------- */

static enum error_code number_rows(const struct comparison *c, struct strbuf *out, struct error *e) {
    strbuf_printf(out, "%-52s %10s %10s %8s %21s\n", "Shape", "real", "synthetic", "sd", "90 % of traces");
    for (const struct shape_row *row = compare_rows; row->key; row++) {
        struct shape_range made;
        double real = shape_value(&c->real_shape, row->offset);
        TRY(compare_shape(c, row->offset, &made, e));
        if (!isfinite(real) && !isfinite(made.mean)) continue;
        strbuf_printf(out, "%-52s", row->title);
        put_cell(real, 10, 4, out);
        put_cell(made.mean, 10, 4, out);
        put_cell(made.sd, 8, 4, out);
        put_range(&made, 21, 4, out);
        strbuf_puts(out, "\n");
    }
    return OK;
}

/* Quantile against quantile. */
static enum error_code run_rows(const struct comparison *c, struct strbuf *out, struct error *e) {
    static const size_t sides[] = {AT(up_h), AT(down_h)};
    strbuf_printf(out, "\nRun lengths, quantile against quantile, h\n%7s %9s %9s %17s   %9s %9s %17s\n", "", "up: real",
                  "synthetic", "90 % of traces", "down: real", "synthetic", "90 % of traces");
    for (size_t i = 0; i < COMPARE_QUANTILES; i++) {
        strbuf_printf(out, "%5.0f %% ", 100 * compare_quantile[i]);
        for (size_t s = 0; s < 2; s++) {
            struct shape_range made;
            size_t at = sides[s] + i * sizeof(double);
            TRY(compare_shape(c, at, &made, e));
            if (s) strbuf_puts(out, "  ");
            put_cell(shape_value(&c->real_shape, at), 9, 2, out);
            put_cell(made.mean, 9, 2, out);
            put_range(&made, 17, 2, out);
        }
        strbuf_puts(out, "\n");
    }
    return OK;
}

static enum error_code loss_rows(const struct comparison *c, struct strbuf *out, struct error *e) {
    if (!c->real_shape.wide) return OK;
    strbuf_puts(out, "\nLosses by size, share of the pool's largest capacity\n           ");
    for (size_t i = 0; i < COMPARE_SIZES; i++) strbuf_printf(out, " %9s", compare_size_titles[i]);
    strbuf_puts(out, "\n  real     ");
    for (size_t i = 0; i < COMPARE_SIZES; i++) put_cell(c->real_shape.loss_sizes[i], 9, 3, out);
    strbuf_puts(out, "\n  synthetic");
    for (size_t i = 0; i < COMPARE_SIZES; i++) {
        struct shape_range made;
        TRY(compare_shape(c, AT(loss_sizes) + i * sizeof(double), &made, e));
        put_cell(made.mean, 9, 3, out);
    }
    strbuf_puts(out, "\n");
    return OK;
}

static enum error_code hour_rows(const struct comparison *c, struct strbuf *out, struct error *e) {
    strbuf_printf(out, "\nAvailability by hour %s\n           ", c->utc ? "of the day (UTC)" : "since the start");
    for (int h = 0; h < 24; h += 2) strbuf_printf(out, "    %02d", h);
    strbuf_puts(out, "\n  real     ");
    for (size_t h = 0; h < 24; h += 2) put_cell(c->real_shape.hour[h], 5, 2, out);
    strbuf_puts(out, "\n  synthetic");
    for (size_t h = 0; h < 24; h += 2) {
        struct shape_range made;
        TRY(compare_shape(c, AT(hour) + h * sizeof(double), &made, e));
        put_cell(made.mean, 5, 2, out);
    }
    strbuf_puts(out, "\n");
    return OK;
}

static enum error_code shape_report(const struct comparison *c, struct strbuf *out, struct error *e) {
    TRY(number_rows(c, out, e));
    TRY(run_rows(c, out, e));
    TRY(loss_rows(c, out, e));
    return hour_rows(c, out, e);
}

/* ---- another model beside it ----------------------------------------------------------------- */

static enum error_code count_within(const struct comparison *c, uint32_t *within, uint32_t *asked, struct error *e) {
    *within = *asked = 0;
    for (int q = 0; q < COMPARE_QUANTITIES; q++)
        for (uint32_t i = 0; q != COMPARE_ANY && i < c->n_policies; i++) {
            struct compared x;
            TRY(compare_quantity(c, i, (enum compare_quantity)q, &x, e));
            ++*asked;
            *within += x.within;
        }
    return OK;
}

static enum error_code beside_policies(const struct comparison *c, const struct comparison *b, struct strbuf *out,
                                       struct error *e) {
    static const struct {
        const char *title;
        enum compare_quantity q;
    } parts[] = {{"full availability, points", COMPARE_FULL}, {"cost, %", COMPARE_COST}, {"spread, %", COMPARE_SPREAD}};
    strbuf_printf(out, "%-60s", "Differs from the real trace by: model, other");
    for (size_t k = 0; k < 3; k++) strbuf_printf(out, " %26s", parts[k].title);
    strbuf_puts(out, "\n");
    for (uint32_t i = 0; i < c->n_policies; i++) {
        strbuf_printf(out, "%-60s", c->policy[i]);
        for (size_t k = 0; k < 3; k++) {
            struct compared x, y;
            TRY(compare_quantity(c, i, parts[k].q, &x, e));
            TRY(compare_quantity(b, i, parts[k].q, &y, e));
            strbuf_printf(out, " %+10.2f%s %+11.2f%s ", 100 * x.difference, x.within ? " " : "!", 100 * y.difference,
                          y.within ? " " : "!");
        }
        strbuf_puts(out, "\n");
    }
    return OK;
}

static enum error_code beside_report(const struct comparison *c, const struct comparison *b, const char *name,
                                     struct strbuf *out, struct error *e) {
    uint32_t within, asked, other;
    strbuf_printf(out, "\nBeside it: %s\n%-52s %10s %10s %10s\n", name, "", "real", "model", "other");
    for (const struct shape_row *row = compare_rows; row->key; row++) {
        struct shape_range x, y;
        double real = shape_value(&c->real_shape, row->offset);
        TRY(compare_shape(c, row->offset, &x, e));
        TRY(compare_shape(b, row->offset, &y, e));
        if (!isfinite(real)) continue;
        strbuf_printf(out, "%-52s", row->title);
        put_cell(real, 10, 4, out);
        put_cell(x.mean, 10, 4, out);
        put_cell(y.mean, 10, 4, out);
        strbuf_puts(out, "\n");
    }
    TRY(beside_policies(c, b, out, e));
    TRY(count_within(c, &within, &asked, e));
    TRY(count_within(b, &other, &asked, e));
    strbuf_printf(out, "Within: model %u, other %u of %u\n", within, other, asked);
    return OK;
}

enum error_code compare_report(const struct comparison *c, const struct comparison *beside, const char *beside_name,
                               struct strbuf *out, struct error *e) {
    uint32_t within, asked;
    char window[32];
    strbuf_printf(out, "%u synthetic trace%s; target %u, windows of %s\n\n", c->n_traces, c->n_traces > 1 ? "s" : "",
                  c->target, text_format_duration(c->window_ms, window));
    TRY(shape_report(c, out, e));
    for (int q = 0; q < COMPARE_QUANTITIES; q++) TRY(policy_rows(c, (enum compare_quantity)q, out, e));
    TRY(count_within(c, &within, &asked, e));
    if (beside) TRY(beside_report(c, beside, beside_name, out, e));
    strbuf_printf(
        out,
        "\n%u of %u within: full availability 1 point, cost 5 %%, spread 20 %% (or half a point); ! is not.\n"
        "Intervals: real as wide as its %u windows differ, synthetic from the traces; sd: from trace to trace.\n"
        "Real: mean of as many runs as there are traces, which differ by their draws.\n",
        within, asked, c->n_windows);
    return OK;
}
