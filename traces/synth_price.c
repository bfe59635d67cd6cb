/* SPDX-License-Identifier: Apache-2.0
 * Prices: the logarithm makes Laplace steps after exponential times and each
 * step takes back a share of the distance to the middle. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "traces/synth_private.h"

#define PRICE_TICK_UUSD 100.0 /* clouds quote four decimals */
#define PRICE_MAX_UUSD 1e11

struct price_path {
    uint32_t n, room;
    int64_t *at_ms;
    double *log_price;
};

static bool path_add(struct price_path *p, int64_t at_ms, double log_price) {
    if (p->n == p->room) {
        uint32_t room = p->room ? p->room * 2 : 256;
        int64_t *times = realloc(p->at_ms, room * sizeof *times);
        if (times) p->at_ms = times;
        double *values = realloc(p->log_price, room * sizeof *values);
        if (values) p->log_price = values;
        if (!times || !values) return false;
        p->room = room;
    }
    p->at_ms[p->n] = at_ms;
    p->log_price[p->n++] = log_price;
    return true;
}

static bool walk(const struct synth *s, const struct model_price *model, const char *name, struct price_path *out) {
    uint64_t key = random_key_text(random_key_text(s->key, "price"), name), i = 0;
    double keep = 1 - model->pull, x = 0;
    /* start as after long running: the variance of an AR(1) with Laplace steps */
    if (model->pull > 0 && model->step > 0)
        x = gsl_cdf_gaussian_Pinv(random_u01(random_key(key, i++)), model->step * sqrt(2 / (1 - keep * keep)));
    bool ok = path_add(out, 0, x);
    for (int64_t at = 0; ok && model->step > 0;) {
        double wait_h = gsl_cdf_exponential_Pinv(random_u01(random_key(key, i++)), model->every_h);
        at = probe_after(at + 1 + (int64_t)(wait_h * (double)MS_PER_HOUR), s->model->resolution_ms);
        if (at >= s->span_ms) break;
        x = keep * x + gsl_cdf_laplace_Pinv(random_u01(random_key(key, i++)), model->step);
        ok = path_add(out, at, x);
    }
    return ok;
}

/* Factor that gives this very path the model's mean; the mean over all paths
 * otherwise. */
static double level(const struct synth *s, const struct model_price *model, const struct price_path *p) {
    double keep = 1 - model->pull, sum = 0;
    if (s->model->shares == SHARES_EXPECTED) {
        double variance = model->pull > 0 ? 2 * model->step * model->step / (1 - keep * keep) : 0;
        return model->mean_usd * exp(-variance / 2);
    }
    for (uint32_t i = 0; i < p->n; i++)
        sum += exp(p->log_price[i]) * (double)((i + 1 < p->n ? p->at_ms[i + 1] : s->span_ms) - p->at_ms[i]);
    return model->mean_usd / (sum / (double)s->span_ms);
}

enum error_code synth_price_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e) {
    const struct model_pool *p = &s->model->pools[pool];
    struct price_path path = {0};
    bool ok = walk(s, &p->price, p->name, &path);
    double middle = ok ? level(s, &p->price, &path) : 0;
    for (uint32_t i = 0; ok && i < path.n; i++) {
        double uusd = middle * exp(path.log_price[i]) * 1e6;
        if (!(uusd < PRICE_MAX_UUSD)) uusd = PRICE_MAX_UUSD;
        steps_add(out, path.at_ms[i], (int64_t)(rint(uusd / PRICE_TICK_UUSD) * PRICE_TICK_UUSD));
    }
    free(path.at_ms);
    free(path.log_price);
    return ok && !out->failed ? OK : error_set(e, ERR_FAILED, NULL, "out of memory");
}
