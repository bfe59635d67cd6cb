/* SPDX-License-Identifier: Apache-2.0
 * A comparison for readers and for machines. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "study/compare.h"

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

/* The real value's interval from its windows: they are all there is. */
static enum error_code real_interval(const struct comparison *c, uint32_t policy, enum compare_quantity q,
                                     struct estimate *out, struct error *e) {
    const double *x = NULL;
    uint64_t key = random_key(random_key_text(0, "compare"), policy);
    memset(out, 0, sizeof *out);
    out->mean = out->sd = out->lo = out->hi = NAN;
    if (c->n_windows < 2) return OK;
    if (q == COMPARE_FULL) x = c->real_window + policy * c->n_windows;
    if (q == COMPARE_COST) x = c->real_window_cost + policy * c->n_windows;
    return x ? stats_estimate(x, c->n_windows, 0, q == COMPARE_FULL ? 1 : INFINITY, key, out, e) : OK;
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
    if (q == COMPARE_COST || q == COMPARE_SPREAD) out->difference /= out->real;
    if (q == COMPARE_FULL) out->within = fabs(out->difference) <= COMPARE_FULL_MAX;
    if (q == COMPARE_COST) out->within = fabs(out->difference) <= COMPARE_COST_MAX;
    /* a spread of less than half a point is none */
    if (q == COMPARE_SPREAD)
        out->within = fabs(out->difference) <= COMPARE_SPREAD_MAX || fabs(out->synth - out->real) <= COMPARE_FULL_MAX / 2;
    return OK;
}

static void put_interval(const struct estimate *x, double scale, int digits, struct strbuf *out) {
    char text[64] = "-";
    if (isfinite(x->lo) && isfinite(x->hi))
        snprintf(text, sizeof text, "%.*f..%.*f", digits, x->lo * scale, digits, x->hi * scale);
    strbuf_printf(out, " %15s", text);
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
        strbuf_printf(out, "%-60s %9.*f", c->policy[i], digits, x.real * scale);
        put_interval(&x.real_interval, q == COMPARE_COST ? (double)c->n_windows : scale, digits, out);
        strbuf_printf(out, " %9.*f", digits, x.synth * scale);
        put_interval(&x.synth_interval, scale, digits, out);
        strbuf_printf(out, " %8.*f %+7.2f%s\n", digits, x.sd * scale, 100 * x.difference, x.within ? "" : " !");
    }
    return OK;
}

/* ---- shapes ------------------------------------------------------------------------------- */

struct shape_row {
    const char *key, *title;
    size_t offset;
};
#define AT(member) offsetof(struct shape, member)
static const struct shape_row shape_rows[] = {
    {"availability", "mean availability of a pool", AT(availability)},
    {"changes_per_day", "changes per pool and day", AT(changes_per_day)},
    {"spread_1d", "spread of a pool's availability, windows of 1 day", AT(spread[0])},
    {"spread_3d", "  of 3 days", AT(spread[1])},
    {"spread_7d", "  of 7 days", AT(spread[2])},
    {"all_down", "all pools down", AT(all_down)},
    {"any_up", "at least one up", AT(any_up)},
    {"half_up", "at least half of them up", AT(half_up)},
    {"correlation_same_region", "state correlation within a region", AT(same_region)},
    {"correlation_across_regions", "state correlation across regions", AT(across_regions)},
    {"hour_range", "range of availability over the hours of a day", AT(hour_range)},
    {"whole_loss", "losses that take everything", AT(whole_loss)},
    {"loss_size", "mean loss, share of the largest capacity", AT(loss_size)},
};
#define SHAPE_ROWS (sizeof shape_rows / sizeof *shape_rows)

static double shape_value(const struct shape *s, size_t offset) {
    double x;
    memcpy(&x, (const char *)s + offset, sizeof x);
    return x;
}

/* Mean and deviation over the synthetic traces. */
static double shape_mean(const struct comparison *c, size_t offset, double *sd) {
    double sum = 0, squares = 0, n = 0;
    for (uint32_t i = 0; i < c->n_traces; i++) {
        double x = shape_value(&c->synth_shape[i], offset);
        if (!isfinite(x)) continue;
        n++;
        sum += x;
        squares += x * x;
    }
    *sd = n > 1 && squares > sum * sum / n ? sqrt((squares - sum * sum / n) / (n - 1)) : n > 1 ? 0 : NAN;
    return n > 0 ? sum / n : NAN;
}

static void shape_report(const struct comparison *c, struct strbuf *out) {
    double sd;
    strbuf_printf(out, "%-52s %10s %10s %8s\n", "Shape", "real", "synthetic", "sd");
    for (size_t i = 0; i < SHAPE_ROWS; i++) {
        double real = shape_value(&c->real_shape, shape_rows[i].offset), made = shape_mean(c, shape_rows[i].offset, &sd);
        if (!isfinite(real) && !isfinite(made)) continue;
        strbuf_printf(out, "%-52s %10.4f %10.4f %8.4f\n", shape_rows[i].title, real, made, sd);
    }
    const struct {
        const char *title;
        size_t offset;
    } runs[] = {{"up-runs", AT(up_h)}, {"down-runs", AT(down_h)}};
    for (size_t r = 0; r < 2; r++) {
        strbuf_printf(out, "Deciles of %s, h\n  real     ", runs[r].title);
        for (size_t i = 0; i < COMPARE_DECILES; i++)
            strbuf_printf(out, " %7.2f", shape_value(&c->real_shape, runs[r].offset + i * sizeof(double)));
        strbuf_puts(out, "\n  synthetic");
        for (size_t i = 0; i < COMPARE_DECILES; i++)
            strbuf_printf(out, " %7.2f", shape_mean(c, runs[r].offset + i * sizeof(double), &sd));
        strbuf_puts(out, "\n");
    }
    strbuf_puts(out, "Availability by hour since the start\n  real     ");
    for (size_t h = 0; h < 24; h += 2) strbuf_printf(out, " %5.2f", c->real_shape.hour[h]);
    strbuf_puts(out, "\n  synthetic");
    for (size_t h = 0; h < 24; h += 2) strbuf_printf(out, " %5.2f", shape_mean(c, AT(hour) + h * sizeof(double), &sd));
    strbuf_puts(out, "\n");
}

enum error_code compare_report(const struct comparison *c, struct strbuf *out, struct error *e) {
    uint32_t within = 0, asked = 0;
    char window[32];
    strbuf_printf(out, "%u synthetic trace%s; target %u, windows of %s\n\n", c->n_traces, c->n_traces > 1 ? "s" : "",
                  c->target, text_format_duration(c->window_ms, window));
    shape_report(c, out);
    for (int q = 0; q < COMPARE_QUANTITIES; q++) {
        TRY(policy_rows(c, (enum compare_quantity)q, out, e));
        for (uint32_t i = 0; q != COMPARE_ANY && i < c->n_policies; i++) {
            struct compared x;
            TRY(compare_quantity(c, i, (enum compare_quantity)q, &x, e));
            asked++;
            within += x.within;
        }
    }
    strbuf_printf(out,
                  "\n%u of %u within: full availability 1 point, cost 5 %%, spread 20 %% (or half a point); ! is not.\n"
                  "Intervals: real from its %u windows, synthetic from the traces; sd: from trace to trace.\n",
                  within, asked, c->n_windows);
    return OK;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put(const char *name, double x, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
}

static void put_list(const char *name, const struct comparison *c, size_t offset, size_t n, struct strbuf *out) {
    double sd;
    strbuf_printf(out, "\"%s\": {\"real\": [", name);
    for (size_t i = 0; i < n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_real(out, shape_value(&c->real_shape, offset + i * sizeof(double)));
    }
    strbuf_puts(out, "], \"synthetic\": [");
    for (size_t i = 0; i < n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_real(out, shape_mean(c, offset + i * sizeof(double), &sd));
    }
    strbuf_puts(out, "]}");
}

static enum error_code policy_json(const struct comparison *c, uint32_t policy, struct strbuf *out, struct error *e) {
    static const char *const names[] = {"full", "any", "cost_usd", "spread"};
    strbuf_puts(out, "    {\"policy\": ");
    strbuf_json_string(out, c->policy[policy]);
    for (int q = 0; q < COMPARE_QUANTITIES; q++) {
        struct compared x;
        TRY(compare_quantity(c, policy, (enum compare_quantity)q, &x, e));
        double scale = q == COMPARE_COST ? (double)c->n_windows : 1;
        strbuf_printf(out, ",\n     \"%s\": {", names[q]);
        put("real", x.real, out);
        strbuf_puts(out, ", ");
        put("real_lo", x.real_interval.lo * scale, out);
        strbuf_puts(out, ", ");
        put("real_hi", x.real_interval.hi * scale, out);
        strbuf_puts(out, ", ");
        put("synthetic", x.synth, out);
        strbuf_puts(out, ", ");
        put("synthetic_lo", x.synth_interval.lo, out);
        strbuf_puts(out, ", ");
        put("synthetic_hi", x.synth_interval.hi, out);
        strbuf_puts(out, ", ");
        put("sd", x.sd, out);
        strbuf_puts(out, ", ");
        put("difference", x.difference, out);
        strbuf_printf(out, ", \"within\": %s}", x.within ? "true" : "false");
    }
    strbuf_puts(out, "}");
    return OK;
}

enum error_code compare_json(const struct comparison *c, struct strbuf *out, struct error *e) {
    strbuf_printf(out, "{\"format\": 1, \"traces\": %u, \"target\": %u, \"window_s\": ", c->n_traces, c->target);
    strbuf_real(out, (double)c->window_ms / (double)MS_PER_S);
    strbuf_puts(out, ",\n \"shape\": {");
    for (size_t i = 0; i < SHAPE_ROWS; i++) {
        double sd, made = shape_mean(c, shape_rows[i].offset, &sd);
        strbuf_printf(out, "%s\n    \"%s\": {", i ? "," : "", shape_rows[i].key);
        put("real", shape_value(&c->real_shape, shape_rows[i].offset), out);
        strbuf_puts(out, ", ");
        put("synthetic", made, out);
        strbuf_puts(out, ", ");
        put("sd", sd, out);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, ",\n    ");
    put_list("up_run_deciles_h", c, AT(up_h), COMPARE_DECILES, out);
    strbuf_puts(out, ",\n    ");
    put_list("down_run_deciles_h", c, AT(down_h), COMPARE_DECILES, out);
    strbuf_puts(out, ",\n    ");
    put_list("availability_by_hour", c, AT(hour), 24, out);
    strbuf_puts(out, "},\n \"policies\": [\n");
    for (uint32_t i = 0; i < c->n_policies; i++) {
        TRY(policy_json(c, i, out, e));
        strbuf_puts(out, i + 1 < c->n_policies ? ",\n" : "]}\n");
    }
    return OK;
}
