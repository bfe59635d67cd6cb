/* SPDX-License-Identifier: Apache-2.0
 * A comparison for machines, and for gnuplot. */
#include <math.h>

#include "base/text.h"
#include "study/compare_private.h"

static void put(const char *name, double x, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
}

static void put_value(double x, size_t i, struct strbuf *out) {
    if (i) strbuf_puts(out, ", ");
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
}

/* {"real": [...], "synthetic": [...], "lo": [...], "hi": [...]} */
static enum error_code put_list(const char *name, const struct comparison *c, size_t offset, size_t n,
                                struct strbuf *out, struct error *e) {
    static const char *const parts[] = {"synthetic", "lo", "hi"};
    strbuf_printf(out, ",\n    \"%s\": {\"real\": [", name);
    for (size_t i = 0; i < n; i++) put_value(shape_value(&c->real_shape, offset + i * sizeof(double)), i, out);
    for (size_t k = 0; k < 3; k++) {
        strbuf_printf(out, "], \"%s\": [", parts[k]);
        for (size_t i = 0; i < n; i++) {
            struct shape_range made;
            TRY(compare_shape(c, offset + i * sizeof(double), &made, e));
            put_value(k == 0 ? made.mean : k == 1 ? made.lo : made.hi, i, out);
        }
    }
    strbuf_puts(out, "]}");
    return OK;
}

static enum error_code policy_json(const struct comparison *c, uint32_t policy, struct strbuf *out, struct error *e) {
    static const char *const names[] = {"full", "any", "cost_usd", "spread"};
    strbuf_puts(out, "    {\"policy\": ");
    strbuf_json_string(out, c->policy[policy]);
    for (int q = 0; q < COMPARE_QUANTITIES; q++) {
        struct compared x;
        TRY(compare_quantity(c, policy, (enum compare_quantity)q, &x, e));
        strbuf_printf(out, ",\n     \"%s\": {", names[q]);
        put("real", x.real, out);
        strbuf_puts(out, ", ");
        put("real_lo", x.real_interval.lo, out);
        strbuf_puts(out, ", ");
        put("real_hi", x.real_interval.hi, out);
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

static enum error_code shape_json(const struct comparison *c, struct strbuf *out, struct error *e) {
    strbuf_puts(out, "\"shape\": {");
    for (const struct shape_row *row = compare_rows; row->key; row++) {
        struct shape_range made;
        TRY(compare_shape(c, row->offset, &made, e));
        strbuf_printf(out, "%s\n    \"%s\": {", row == compare_rows ? "" : ",", row->key);
        put("real", shape_value(&c->real_shape, row->offset), out);
        strbuf_puts(out, ", ");
        put("synthetic", made.mean, out);
        strbuf_puts(out, ", ");
        put("sd", made.sd, out);
        strbuf_puts(out, ", ");
        put("lo", made.lo, out);
        strbuf_puts(out, ", ");
        put("hi", made.hi, out);
        strbuf_puts(out, "}");
    }
    strbuf_printf(out, ",\n    \"hours_are\": \"%s\"", c->utc ? "UTC" : "since the start");
    strbuf_puts(out, ",\n    \"run_quantiles\": [");
    for (size_t i = 0; i < COMPARE_QUANTILES; i++) put_value(compare_quantile[i], i, out);
    strbuf_puts(out, "]");
    TRY(put_list("up_runs_h", c, AT(up_h), COMPARE_QUANTILES, out, e));
    TRY(put_list("down_runs_h", c, AT(down_h), COMPARE_QUANTILES, out, e));
    TRY(put_list("loss_sizes", c, AT(loss_sizes), COMPARE_SIZES, out, e));
    TRY(put_list("availability_by_hour", c, AT(hour), 24, out, e));
    strbuf_puts(out, "}");
    return OK;
}

static enum error_code body_json(const struct comparison *c, struct strbuf *out, struct error *e) {
    TRY(shape_json(c, out, e));
    strbuf_puts(out, ",\n \"policies\": [\n");
    for (uint32_t i = 0; i < c->n_policies; i++) {
        TRY(policy_json(c, i, out, e));
        strbuf_puts(out, i + 1 < c->n_policies ? ",\n" : "]");
    }
    return OK;
}

enum error_code compare_json(const struct comparison *c, const struct comparison *beside, const char *beside_name,
                             struct strbuf *out, struct error *e) {
    strbuf_printf(out, "{\"format\": 1, \"traces\": %u, \"target\": %u, \"window_s\": ", c->n_traces, c->target);
    strbuf_real(out, (double)c->window_ms / (double)MS_PER_S);
    strbuf_puts(out, ",\n ");
    TRY(body_json(c, out, e));
    if (beside) {
        strbuf_puts(out, ",\n \"beside\": {\"model\": ");
        strbuf_json_string(out, beside_name);
        strbuf_puts(out, ",\n ");
        TRY(body_json(beside, out, e));
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "}\n");
    return OK;
}

/* ---- for the picture --------------------------------------------------------------------------- */

static enum error_code plot_list(const char *what, const struct comparison *c, size_t offset, size_t n, bool quantiles,
                                 struct strbuf *out, struct error *e) {
    strbuf_printf(out, "# %s: real synthetic lo hi\n", what);
    for (size_t i = 0; i < n; i++) {
        struct shape_range made;
        size_t at = offset + i * sizeof(double);
        TRY(compare_shape(c, at, &made, e));
        strbuf_printf(out, "%g %g %g %g %g\n", quantiles ? compare_quantile[i] : (double)i,
                      shape_value(&c->real_shape, at), made.mean, made.lo, made.hi);
    }
    strbuf_puts(out, "\n\n");
    return OK;
}

static enum error_code plot_policies(const char *what, const struct comparison *c, enum compare_quantity q,
                                     struct strbuf *out, struct error *e) {
    strbuf_printf(out, "# %s: policy real lo hi synthetic lo hi\n", what);
    for (uint32_t i = 0; i < c->n_policies; i++) {
        struct compared x;
        TRY(compare_quantity(c, i, q, &x, e));
        double made = q == COMPARE_COST ? 1 : 100;
        strbuf_printf(out, "%u %g %g %g %g %g %g\n", i + 1, x.real * made, x.real_interval.lo * made,
                      x.real_interval.hi * made, x.synth * made, (x.synth - x.sd) * made, (x.synth + x.sd) * made);
    }
    strbuf_puts(out, "\n\n");
    return OK;
}

static enum error_code plot_one(const struct comparison *c, struct strbuf *out, struct error *e) {
    TRY(plot_list("up-runs", c, AT(up_h), COMPARE_QUANTILES, true, out, e));
    TRY(plot_list("down-runs", c, AT(down_h), COMPARE_QUANTILES, true, out, e));
    TRY(plot_list("hours", c, AT(hour), 24, false, out, e));
    TRY(plot_policies("full availability", c, COMPARE_FULL, out, e));
    TRY(plot_policies("cost", c, COMPARE_COST, out, e));
    return plot_policies("spread from window to window", c, COMPARE_SPREAD, out, e);
}

enum error_code compare_plot_data(const struct comparison *c, const struct comparison *beside, struct strbuf *out,
                                  struct error *e) {
    TRY(plot_one(c, out, e));
    return beside ? plot_one(beside, out, e) : OK;
}
