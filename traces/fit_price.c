/* SPDX-License-Identifier: Apache-2.0
 * Prices: how often they change, by how much, and how they are drawn back. */
#include <math.h>

#include "base/text.h"
#include "traces/fit_private.h"

#define CHANGES_MIN 5u
#define STEP_MAX 1.0

/* Slope of the steps on the distance to the middle, with its sign turned. */
static double pull_of(const struct trace_price *c, double middle) {
    double up = 0, down = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        double from = log((double)c->uusd_per_h[i - 1] / 1e6) - middle;
        double step = log((double)c->uusd_per_h[i] / (double)c->uusd_per_h[i - 1]);
        up -= step * from;
        down += from * from;
    }
    double pull = down > 0 ? up / down : 0;
    return pull < 0 ? 0 : pull > 1 ? 1 : pull;
}

void price_fit(const struct trace_pool *p, struct model_pool *out, struct fit_pool *report) {
    const struct trace_price *c = &p->price;
    double hours = (double)p->span_ms / (double)MS_PER_HOUR, mean = 0, middle = 0, step = 0, pull;
    bool positive = true;
    if (c->n == 0) return;
    for (uint32_t i = 0; i < c->n; i++) {
        double length = (double)((i + 1 < c->n ? c->at_ms[i + 1] : p->span_ms) - c->at_ms[i]) / (double)p->span_ms;
        positive = positive && c->uusd_per_h[i] > 0;
        mean += length * (double)c->uusd_per_h[i] / 1e6;
        if (positive) middle += length * log((double)c->uusd_per_h[i] / 1e6);
    }
    if (!(mean > 0)) return;
    report->price_changes = c->n - 1;
    out->has_price = true;
    out->price = (struct model_price){.mean_usd = mean, .every_h = hours, .step = 0, .pull = 0};
    if (c->n <= CHANGES_MIN || !positive) return;
    pull = pull_of(c, middle);
    for (uint32_t i = 1; i < c->n; i++) {
        double from = log((double)c->uusd_per_h[i - 1] / 1e6) - middle;
        step += fabs(log((double)c->uusd_per_h[i] / (double)c->uusd_per_h[i - 1]) + pull * from);
    }
    out->price.every_h = hours / (c->n - 1);
    out->price.step = fmin(step / (c->n - 1), STEP_MAX);
    out->price.pull = pull;
}
