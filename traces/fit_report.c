/* SPDX-License-Identifier: Apache-2.0
 * What a fit found, for people and inside the model's file. */
#include <math.h>

#include "base/text.h"
#include "traces/fit_private.h"

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
    if (c->family.kind == FAMILY_LOGNORMAL && isfinite(c->family.cap_h)) strbuf_printf(out, ", cap_h %.3g", c->family.cap_h);
    if (c->family.kind == FAMILY_EMPIRICAL) strbuf_printf(out, "%u runs", c->family.n);
    strbuf_puts(out, "\n");
}

void fit_side_report(const char *what, const struct fit_side *side, struct strbuf *out) {
    double least = INFINITY;
    strbuf_printf(out, "  %s: %u complete%s, mean %.3g h, longest %.3g h\n", what, side->n,
                  side->censored ? " and censored ones" : "", side->mean_h, side->longest_h);
    for (size_t i = 0; i < FAMILIES; i++)
        if (side->candidate[i].fitted && side->candidate[i].aic < least) least = side->candidate[i].aic;
    for (size_t i = 0; i < FAMILIES; i++)
        if (side->candidate[i].fitted) put_candidate(&side->candidate[i], (int)i == side->chosen, least, out);
}

static void put_state(const struct model *m, const struct model_pool *p, const struct fit_pool *f, struct strbuf *out) {
    strbuf_puts(out, "  state: share of variance by scale");
    for (uint32_t k = 0; k < m->n_scales; k++)
        strbuf_printf(out, "%s %.3g h %.0f %%", k ? "," : "", m->scale_h[k], 100 * p->state.weight[k]);
    if (p->state.n_waves) strbuf_puts(out, "\n  swing:");
    for (uint32_t w = 0; w < p->state.n_waves; w++) {
        const struct model_wave *v = &p->state.waves[w];
        double late = atan2(v->sine, v->cosine) / (2 * M_PI) * v->period_h;
        strbuf_printf(out, "%s %.3g h wave of %.2f sd, most at hour %.1f", w ? "," : "", v->period_h,
                      sqrt(v->cosine * v->cosine + v->sine * v->sine), late < 0 ? late + v->period_h : late);
    }
    if (p->state.n_waves && isfinite(f->swing_p)) strbuf_printf(out, " (daily by chance: p = %.2g)", f->swing_p);
    strbuf_puts(out, "\n");
}

static void put_pool(const struct fit *f, uint32_t i, struct strbuf *out) {
    const struct model_pool *p = &f->model->pools[i];
    const struct fit_pool *r = &f->pools[i];
    strbuf_printf(out, "%s: available %.4f of the time%s\n", p->name, r->availability,
                  r->stationary ? "; the chosen runs keep that" : "");
    fit_side_report("up-runs", &r->up, out);
    fit_side_report("down-runs", &r->down, out);
    if (p->runs.width > 1)
        strbuf_printf(out, "  losses: %u of %u took everything (%.3f ± %.3f); what a batch took is back after %.2g h\n",
                      r->whole_losses, r->losses, p->runs.whole_loss, r->whole_loss_se, p->runs.refill_h);
    if (p->has_state) put_state(f->model, p, r, out);
    if (p->has_price)
        strbuf_printf(out, "  price: mean %.4f $/h, %u changes, one every %.2g h, mean step %.2g %%, pulled back by %.2g\n",
                      p->price.mean_usd, r->price_changes, p->price.every_h, 100 * p->price.step, p->price.pull);
}

void fit_report(const struct fit *f, struct strbuf *out) {
    const struct model *m = f->model;
    char probe[32];
    strbuf_printf(out, "Run lengths as a probe every %s saw them (K = ceil(X / interval); the first run is dropped,\n"
                       "the last one censored).  * has the least AIC or was asked for.\n\n",
                  text_format_duration(m->resolution_ms, probe));
    for (uint32_t i = 0; i < m->n_pools; i++) put_pool(f, i, out);
    if (m->n_pools > 1) {
        strbuf_puts(out, "\nTogether:");
        if (f->pairs_same) {
            strbuf_puts(out, " state correlation within a region ");
            put_estimate(f->same_region, f->same_region_se, ",", out);
        }
        if (f->pairs_across) {
            strbuf_puts(out, " across regions ");
            put_estimate(f->across_regions, f->across_regions_se, ",", out);
        }
        strbuf_puts(out, m->n_scales ? " carried by\n" : " not in this model: its pools are independent.\n");
        for (uint32_t k = 0; k < m->n_scales; k++)
            strbuf_printf(out, "%s%.3g h %.0f %%", k ? ", " : "  ", m->scale_h[k], 100 * m->common[k]);
        if (m->n_scales) strbuf_printf(out, " of each scale, by %u factors.\n", m->n_factors);
    }
    for (uint32_t i = 0; i < f->n_skipped; i++)
        strbuf_printf(out, "%s: left out, too few runs (fewer than %u)\n", f->skipped[i], FIT_RUNS_MIN);
}

/* ---- members of the model's file ----------------------------------------------------------- */

static void put_number(const char *name, double x, struct strbuf *out) {
    strbuf_printf(out, "\"%s\": ", name);
    strbuf_real(out, isfinite(x) ? x : (double)NAN);
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
    strbuf_puts(out, ",\n     \"fit\": {");
    put_number("availability", r->availability, out);
    strbuf_puts(out, ", ");
    side_json("up", &r->up, out);
    strbuf_puts(out, ", ");
    side_json("down", &r->down, out);
    if (f->model->pools[pool].runs.width > 1) {
        strbuf_printf(out, ", \"losses\": %u, \"whole\": %u, ", r->losses, r->whole_losses);
        put_number("whole_loss_se", r->whole_loss_se, out);
    }
    strbuf_puts(out, "}");
}

static void model_note(void *arg, struct strbuf *out) {
    const struct fit *f = arg;
    strbuf_puts(out, ",\n  \"fit\": {");
    put_number("correlation_same_region", f->same_region, out);
    strbuf_puts(out, ", ");
    put_number("correlation_same_region_se", f->same_region_se, out);
    strbuf_puts(out, ", ");
    put_number("correlation_across_regions", f->across_regions, out);
    strbuf_puts(out, ", ");
    put_number("correlation_across_regions_se", f->across_regions_se, out);
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
