/* SPDX-License-Identifier: Apache-2.0
 * What a fit found, for people and inside the model's file. */
#include <math.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define JOIN_DIFFERENCE_MAX 0.05 /* more is warned of */

static void put_estimate(double value, double se, const char *unit, struct strbuf *out) {
    strbuf_printf(out, "%.3g", value);
    if (isfinite(se)) strbuf_printf(out, " ± %.2g", se);
    strbuf_puts(out, unit);
}

static void put_candidate(const struct fit_candidate *c, bool chosen, double least, struct strbuf *out) {
    const struct family_info *info = &families[c->family.kind];
    strbuf_printf(out, "    %s %-14s", chosen ? "*" : " ", info->name);
    if (isfinite(c->aic))
        strbuf_printf(out, " AIC %9.1f (%+7.1f)  ", c->aic, c->aic - least);
    else
        strbuf_puts(out, " AIC         -             ");
    for (uint32_t i = 0; i < info->n; i++) {
        strbuf_printf(out, "%s%s ", i ? ", " : "", info->parameter[i].name);
        put_estimate(c->family.p[i], c->se[i], "", out);
    }
    if (c->family.kind == FAMILY_LOGNORMAL && isfinite(c->family.cap_h))
        strbuf_printf(out, ", cap_h %.3g", c->family.cap_h);
    if (c->family.kind == FAMILY_EMPIRICAL) strbuf_printf(out, "%u runs", c->family.n);
    strbuf_puts(out, "\n");
}

void fit_side_report(const char *what, const struct fit_side *side, struct strbuf *out) {
    double least = INFINITY;
    strbuf_printf(out, "  %s: %u complete", what, side->n);
    if (side->censored) strbuf_printf(out, ", %u censored", side->censored);
    strbuf_printf(out, ", mean %.3g h, longest %.3g h\n", side->mean_h, side->longest_h);
    for (size_t i = 0; i < FAMILIES; i++)
        if (side->candidate[i].fitted && side->candidate[i].aic < least) least = side->candidate[i].aic;
    for (size_t i = 0; i < FAMILIES; i++)
        if (side->candidate[i].fitted) put_candidate(&side->candidate[i], (int)i == side->chosen, least, out);
}

/* " (5 to 21)", in per cent or as it is; nothing when it is not known. */
static void put_interval(const struct fit_interval *i, bool percent, struct strbuf *out) {
    if (!isfinite(i->low) || !isfinite(i->high)) return;
    if (percent)
        strbuf_printf(out, " (%.0f to %.0f)", 100 * i->low, 100 * i->high);
    else
        strbuf_printf(out, " (%.2g to %.2g)", i->low, i->high);
}

/* The interval where there is one, else the standard error. */
static void put_error(double se, const struct fit_interval *within, struct strbuf *out) {
    if (isfinite(within->low))
        put_interval(within, false, out);
    else if (isfinite(se))
        strbuf_printf(out, " ± %.2g", se);
}

static void put_state(const struct model *m, const struct model_pool *p, const struct fit_pool *f, struct strbuf *out) {
    strbuf_puts(out, "  state: share of variance by scale");
    for (uint32_t k = 0; k < m->n_scales; k++) {
        strbuf_printf(out, "%s %.3g h %.0f", k ? "," : "", m->scale_h[k], 100 * p->state.weight[k]);
        put_interval(&f->weight_95[k], true, out);
        strbuf_puts(out, " %");
    }
    if (f->thin) strbuf_puts(out, " (too few changes of its own: the other pools' mean)");
    strbuf_puts(out, "\n");
}

static void put_swing(const struct model_pool *p, const struct fit_pool *f, struct strbuf *out) {
    strbuf_puts(out, "  swing:");
    for (uint32_t w = 0; w < p->state.n_waves; w++) {
        const struct model_wave *v = &p->state.waves[w];
        double late = atan2(v->sine, v->cosine) / (2 * M_PI) * v->period_h;
        strbuf_printf(out, "%s %.3g h wave of %.3g sd, most at hour %.1f: cosine %.2g", w ? "," : "", v->period_h,
                      hypot(v->cosine, v->sine), late < 0 ? late + v->period_h : late, v->cosine);
        put_interval(&f->wave_95[w][0], false, out);
        strbuf_printf(out, ", sine %.2g", v->sine);
        put_interval(&f->wave_95[w][1], false, out);
    }
    if (isfinite(f->swing_p)) strbuf_printf(out, " (daily by chance: p = %.2g)", f->swing_p);
    strbuf_puts(out, "\n");
}

static void put_price(const struct model_price *p, const struct fit_pool *f, struct strbuf *out) {
    strbuf_puts(out, "  price: mean ");
    put_estimate(p->mean_usd, f->mean_price_se, " $/h", out);
    strbuf_printf(out, ", %u change%s", f->price_changes, f->price_changes == 1 ? "" : "s");
    if (p->step > 0) {
        strbuf_puts(out, ", one every ");
        put_estimate(p->every_h, f->every_se, " h, mean step ", out);
        put_estimate(100 * p->step, 100 * f->step_se, " %, pulled back by ", out);
        put_estimate(p->pull, f->pull_se, "", out);
    }
    strbuf_puts(out, "\n");
}

static void put_pool(const struct fit *f, uint32_t i, struct strbuf *out) {
    const struct model_pool *p = &f->model->pools[i];
    const struct fit_pool *r = &f->pools[i];
    strbuf_printf(out, "%s: available %.4f", p->name, r->availability);
    put_interval(&r->availability_95, false, out);
    strbuf_printf(out, " of the time%s\n", r->stationary ? "; the chosen runs keep that" : "");
    if (p->n_levels == 1)
        strbuf_printf(out, "  always has %u\n", p->levels[0].capacity);
    else if (!p->has_runs)
        strbuf_printf(out, "  %u complete up-runs and %u down-runs: too few for distributions (%u of each)\n", r->up.n,
                      r->down.n, FIT_RUNS_MIN);
    if (p->has_runs) {
        fit_side_report("up-runs", &r->up, out);
        fit_side_report("down-runs", &r->down, out);
    }
    if (p->has_runs && p->runs.width > 1) {
        strbuf_printf(out, "  losses: %u of %u took everything (%.3f ± %.3f while more than one is held)",
                      r->whole_losses, r->losses, p->runs.whole_loss, r->whole_loss_se);
        if (p->runs.n_batches) {
            strbuf_puts(out, "; what a batch took is back after ");
            put_estimate(p->runs.refill_h, r->refill_se, " h", out);
        }
        strbuf_puts(out, "\n");
    }
    if (p->has_state && p->n_levels > 1) put_state(f->model, p, r, out);
    if (p->state.n_waves) put_swing(p, r, out);
    if (p->has_price) put_price(&p->price, r, out);
}

static void put_together(const struct fit *f, struct strbuf *out) {
    const struct model *m = f->model;
    strbuf_puts(out, "\nTogether:");
    if (f->pairs_same) {
        strbuf_printf(out, " state correlation within a region %.3g", f->same_region);
        put_error(f->same_region_se, &f->same_region_95, out);
        strbuf_puts(out, ",");
    }
    if (f->pairs_across) {
        strbuf_printf(out, " across regions %.3g", f->across_regions);
        put_error(f->across_regions_se, &f->across_regions_95, out);
        strbuf_puts(out, ",");
    }
    if (m->process == MODEL_BLOCKS)
        strbuf_puts(out, " kept by blocks of all pools.\n");
    else
        strbuf_puts(out, m->n_scales ? " carried by\n" : " not in this model: its pools are independent.\n");
    for (uint32_t k = 0; k < m->n_scales; k++)
        strbuf_printf(out, "%s%.3g h %.0f %%", k ? ", " : "  ", m->scale_h[k], 100 * m->common[k]);
    if (m->n_scales) strbuf_printf(out, " of each scale, by %u factors.\n", m->n_factors);
}

static void put_blocks(const struct fit *f, struct strbuf *out) {
    const struct model_blocks *b = &f->model->blocks;
    uint32_t most = 0;
    for (uint32_t i = 0; i < f->model->n_pools; i++)
        if (f->pools[i].runs_seen > most) most = f->pools[i].runs_seen;
    strbuf_printf(out,
                  "\nBlocks: the record of %.3g d, in blocks of %.3g d on average%s;\n"
                  "%u joins of three moments, between which pools differ by %.1f %% of their capacity on average.\n",
                  (double)b->span_ms / (double)MS_PER_DAY, (double)b->mean_ms / (double)MS_PER_DAY,
                  b->same_hour ? " that keep the hour of the day" : "", b->n_joins, 100 * f->join_difference);
    if (f->join_difference > JOIN_DIFFERENCE_MAX)
        strbuf_puts(out,
                    "That is much: where a trace has many pools lose capacity at one instant, a join may have made it\n"
                    "and not the record.  --process state, or fewer pools, serves better.\n");
    if (most < FIT_RUNS_MIN)
        strbuf_printf(out,
                      "No pool has more than %u complete runs of a kind: a trace made of so few is hardly more than\n"
                      "this record begun elsewhere.\n",
                      most);
}

void fit_report(const struct fit *f, struct strbuf *out) {
    const struct model *m = f->model;
    char probe[32];
    strbuf_printf(out,
                  "Run lengths as a probe every %s saw them (K = ceil(X / interval); the first run is dropped,\n"
                  "the last one censored).  * has the least AIC or was asked for.\n\n",
                  text_format_duration(m->resolution_ms, probe));
    for (uint32_t i = 0; i < m->n_pools; i++) put_pool(f, i, out);
    if (m->n_pools > 1) put_together(f, out);
    if (m->process == MODEL_BLOCKS) put_blocks(f, out);
    for (uint32_t i = 0; i < f->n_skipped; i++)
        strbuf_printf(out, "%s: left out, too few runs (fewer than %u)\n", f->skipped[i], f->runs_needed);
}

/* ---- members of the model's file ----------------------------------------------------------- */

static void put_number(const char *name, double x, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
}

static double rounded(double x) { return isfinite(x) ? rint(x * 1e6) / 1e6 : (double)NAN; }

static void put_list(const char *name, const double *x, uint32_t n, struct strbuf *out) {
    strbuf_printf(out, ", \"%s\": [", name);
    for (uint32_t i = 0; i < n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_real(out, rounded(x[i]));
    }
    strbuf_puts(out, "]");
}

/* [low, high], or null. */
static void put_bounds(const struct fit_interval *i, struct strbuf *out) {
    if (!isfinite(i->low) || !isfinite(i->high)) {
        strbuf_puts(out, "null");
        return;
    }
    strbuf_puts(out, "[");
    strbuf_real(out, rounded(i->low));
    strbuf_puts(out, ", ");
    strbuf_real(out, rounded(i->high));
    strbuf_puts(out, "]");
}

/* NAME_95 for a parameter of the hidden state, NAME_se for what a trace shows. */
static void put_uncertainty(const char *name, double se, const struct fit_interval *within, bool state,
                            struct strbuf *out) {
    strbuf_printf(out, ", \"%s_%s\": ", name, state ? "95" : "se");
    if (state)
        put_bounds(within, out);
    else
        strbuf_real(out, isfinite(se) ? se : (double)NAN);
}

static void put_bounds_list(const char *name, const struct fit_interval *i, uint32_t n, struct strbuf *out) {
    strbuf_printf(out, ", \"%s\": [", name);
    for (uint32_t k = 0; k < n; k++) {
        if (k) strbuf_puts(out, ", ");
        put_bounds(&i[k], out);
    }
    strbuf_puts(out, "]");
}

/* Of each pool with those behind it: values, or else intervals. */
static void put_triangle(const char *name, const struct fit *f, const double *value, const struct fit_interval *within,
                         struct strbuf *out) {
    uint32_t n = f->model->n_pools;
    strbuf_printf(out, ",\n    \"%s\": {", name);
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_json_string(out, f->model->pools[i].name);
        strbuf_puts(out, ": [");
        for (uint32_t j = i + 1; j < n; j++) {
            size_t pair = (size_t)i * n + j;
            if (j > i + 1) strbuf_puts(out, ", ");
            if (value)
                strbuf_real(out, rounded(value[pair]));
            else
                put_bounds(&within[pair], out);
        }
        strbuf_puts(out, "]");
    }
    strbuf_puts(out, "}");
}

static void side_json(const char *name, const struct fit_side *s, struct strbuf *out) {
    const struct fit_candidate *chosen = &s->candidate[s->chosen];
    const struct family_info *info = &families[s->chosen];
    strbuf_printf(out, "\"%s\": {\"runs\": %u, \"aic\": {", name, s->n);
    bool first = true;
    for (size_t i = 0; i < FAMILIES; i++) {
        if (!s->candidate[i].fitted || !isfinite(s->candidate[i].aic)) continue;
        if (!first) strbuf_puts(out, ", ");
        put_number(families[i].name, rint(s->candidate[i].aic * 100) / 100, out);
        first = false;
    }
    strbuf_puts(out, "}, \"se\": {");
    for (uint32_t i = 0; i < info->n; i++) {
        if (i) strbuf_puts(out, ", ");
        put_number(info->parameter[i].name, chosen->se[i], out);
    }
    strbuf_puts(out, "}}");
}

static void pool_note(void *arg, uint32_t pool, struct strbuf *out) {
    const struct fit *f = arg;
    const struct fit_pool *r = &f->pools[pool];
    const struct model *m = f->model;
    const struct model_pool *p = &m->pools[pool];
    strbuf_puts(out, ",\n     \"fit\": {");
    put_number("availability", r->availability, out);
    put_uncertainty("availability", r->availability_se, &r->availability_95, p->has_state, out);
    if (p->has_runs) {
        strbuf_puts(out, ", ");
        side_json("up", &r->up, out);
        strbuf_puts(out, ", ");
        side_json("down", &r->down, out);
    }
    if (p->has_runs && p->runs.width > 1) {
        strbuf_printf(out, ", \"losses\": %u, \"whole\": %u, ", r->losses, r->whole_losses);
        put_number("whole_loss_se", r->whole_loss_se, out);
        strbuf_puts(out, ", ");
        put_number("refill_h_se", r->refill_se, out);
        put_list("batches_se", r->batch_se, p->runs.n_batches, out);
    }
    if (p->has_state && !r->thin) put_bounds_list("weights_95", r->weight_95, m->n_scales, out);
    if (p->has_state && p->state.n_waves) put_bounds_list("waves_95", r->wave_95[0], 2 * p->state.n_waves, out);
    if (p->has_price) {
        double errors[] = {r->mean_price_se, r->every_se, r->step_se, r->pull_se};
        put_list("price_se", errors, 4, out);
    }
    strbuf_puts(out, "}");
}

static void model_note(void *arg, struct strbuf *out) {
    const struct fit *f = arg;
    strbuf_puts(out, ",\n  \"fit\": {");
    bool state = f->model->process == MODEL_STATE;
    put_number("correlation_same_region", f->same_region, out);
    put_uncertainty("correlation_same_region", f->same_region_se, &f->same_region_95, state, out);
    strbuf_puts(out, ", ");
    put_number("correlation_across_regions", f->across_regions, out);
    put_uncertainty("correlation_across_regions", f->across_regions_se, &f->across_regions_95, state, out);
    if (f->pair) put_triangle("hidden_correlation", f, f->pair, NULL, out);
    if (f->pair) put_triangle("hidden_correlation_95", f, NULL, f->pair_95, out);
    strbuf_puts(out, "}");
}

void fit_write(const struct fit *f, struct strbuf *out) {
    /* model_write hands the argument back unchanged */
    union {
        const struct fit *in;
        void *out;
    } arg = {.in = f};
    model_write(f->model, pool_note, model_note, arg.out, out);
}
