/* SPDX-License-Identifier: Apache-2.0
 * Prices: how often they change, by how much, and how they are drawn back. */
#include <math.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define CHANGES_MIN 5u
#define STEP_MAX 1.0
#define EVERY_MIN_H 1e-3 /* of a model file */

/* The steps' regression on the distance to the middle, with its sign turned. */
struct pull {
    double pull, squares; /* sum of the squared distances */
};
static struct pull pull_of(const struct trace_price *c, uint32_t n, double middle) {
    double up = 0, down = 0;
    for (uint32_t i = 1; i < n; i++) {
        double from = log((double)c->uusd_per_h[i - 1] / 1e6) - middle;
        double step = log((double)c->uusd_per_h[i] / (double)c->uusd_per_h[i - 1]);
        up -= step * from;
        down += from * from;
    }
    double pull = down > 0 ? up / down : 0;
    pull -= (1 + 3 * (1 - pull)) / n; /* short series seem drawn back more than they are (Kendall, 1954) */
    double least = 1.0 / n; /* slower than the trace is long cannot be told; and long traces must not wander off */
    return (struct pull){pull < least ? least : pull > 1 ? 1 : pull, down};
}

/* Changes are a Poisson process; steps are Laplace, so that their size has its
 * mean as standard deviation; the time mean is that of an AR(1). */
static void errors_of(const struct model_price *p, const struct pull *pull, uint32_t changes, double hours,
                      struct fit_pool *out) {
    double n = changes, keep = 1 - p->pull, variance = 2 * p->step * p->step;
    out->every_se = p->every_h / sqrt(n);
    out->step_se = p->step / sqrt(n);
    out->pull_se = pull->squares > 0 ? sqrt(variance / pull->squares) : NAN;
    if (p->pull > 0)
        out->mean_price_se =
            p->mean_usd * sqrt(variance / (1 - keep * keep) * fmin(1, 2 * p->every_h / p->pull / hours));
}

static void fit_steps(const struct trace_price *c, uint32_t n, double middle, double hours, struct model_price *out,
                      struct fit_pool *report) {
    struct pull pull = pull_of(c, n, middle);
    double step = 0;
    for (uint32_t i = 1; i < n; i++) {
        double from = log((double)c->uusd_per_h[i - 1] / 1e6) - middle;
        step += fabs(log((double)c->uusd_per_h[i] / (double)c->uusd_per_h[i - 1]) + pull.pull * from);
    }
    out->every_h = fmax(hours / (n - 1), EVERY_MIN_H);
    out->step = fmin(step / (n - 1), STEP_MAX);
    out->pull = pull.pull;
    errors_of(out, &pull, n - 1, hours, report);
}

void price_fit(const struct trace_pool *p, int64_t span_ms, struct model_pool *out, struct fit_pool *report) {
    const struct trace_price *c = &p->price;
    double hours = (double)span_ms / (double)MS_PER_HOUR, mean = 0, middle = 0;
    bool positive = true;
    uint32_t n = 0;
    report->mean_price_se = report->every_se = report->step_se = report->pull_se = NAN;
    for (; n < c->n && c->at_ms[n] < span_ms; n++) {
        int64_t end = n + 1 < c->n && c->at_ms[n + 1] < span_ms ? c->at_ms[n + 1] : span_ms;
        double length = (double)(end - c->at_ms[n]) / (double)span_ms;
        positive = positive && c->uusd_per_h[n] > 0;
        mean += length * (double)c->uusd_per_h[n] / 1e6;
        if (positive) middle += length * log((double)c->uusd_per_h[n] / 1e6);
    }
    if (!(mean > 0)) return;
    report->price_changes = n - 1;
    out->has_price = true;
    out->price = (struct model_price){.mean_usd = mean, .every_h = hours, .step = 0, .pull = 0};
    if (n > CHANGES_MIN && positive) fit_steps(c, n, middle, hours, &out->price, report);
}
