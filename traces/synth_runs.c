/* SPDX-License-Identifier: Apache-2.0
 * Alternating renewal: up-runs and down-runs in turn, each drawn afresh.  In a
 * pool wider than one, batches are lost and come back while it is up; the end
 * of an up-run is the loss of everything. */
#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/text.h"
#include "traces/synth_private.h"

#define PENDING_MAX 256u
#define DRAWS_MAX 20000000u

struct renewal {
    const struct model_runs *runs;
    int64_t resolution_ms;
    uint64_t key, drawn;
};

static double draw_u01(struct renewal *r) { return random_u01(random_key(r->key, r->drawn++)); }

/* A length as the probe sees it: K = ceil(X / step). */
static int64_t length_ms(const struct renewal *r, double hours) {
    double ms = hours * (double)MS_PER_HOUR;
    if (!(ms > 1)) ms = 1;
    if (ms > (double)TIME_LIMIT_MS) ms = (double)TIME_LIMIT_MS;
    return probe_after((int64_t)ceil(ms), r->resolution_ms);
}

static uint32_t draw_batch(struct renewal *r) {
    double u = draw_u01(r);
    for (uint32_t i = 0; i + 1 < r->runs->n_batches; i++) {
        u -= r->runs->batch[i];
        if (u < 0) return i + 1;
    }
    return r->runs->n_batches ? r->runs->n_batches : 1;
}

/* What is out of a pool that is up, and when it comes back. */
struct pending {
    uint32_t n;
    int64_t at_ms[PENDING_MAX];
    uint32_t count[PENDING_MAX];
};

static uint32_t earliest(const struct pending *p) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < p->n; i++)
        if (p->at_ms[i] < p->at_ms[first]) first = i;
    return first;
}

/* Capacity during one up-run [from, to). */
static void up_run(struct renewal *r, int64_t from, int64_t to, struct steps *out) {
    const struct model_runs *runs = r->runs;
    int64_t capacity = runs->width;
    steps_add(out, from, capacity);
    if (runs->whole_loss >= 1) return;
    double gap_h = family_mean_h(&runs->up) * runs->whole_loss / (1 - runs->whole_loss);
    struct pending away = {0};
    int64_t loss_ms = from + length_ms(r, gsl_cdf_exponential_Pinv(draw_u01(r), gap_h));
    while (r->drawn < DRAWS_MAX) {
        uint32_t back = earliest(&away);
        bool returns = away.n && away.at_ms[back] <= loss_ms;
        int64_t at = returns ? away.at_ms[back] : loss_ms;
        if (at >= to) break;
        if (returns) {
            capacity += away.count[back];
            away.n--;
            away.at_ms[back] = away.at_ms[away.n];
            away.count[back] = away.count[away.n];
        } else {
            uint32_t lost = draw_batch(r);
            if (lost >= capacity) lost = (uint32_t)capacity - 1; /* the last one goes with the run */
            int64_t back_ms = at + length_ms(r, gsl_cdf_exponential_Pinv(draw_u01(r), runs->refill_h));
            loss_ms = at + length_ms(r, gsl_cdf_exponential_Pinv(draw_u01(r), gap_h));
            if (lost == 0 || away.n == PENDING_MAX) continue;
            capacity -= lost;
            away.at_ms[away.n] = back_ms;
            away.count[away.n++] = lost;
        }
        steps_add(out, at, capacity);
    }
}

enum error_code synth_runs_pool(const struct synth *s, uint32_t pool, struct steps *out, struct error *e) {
    const struct model_pool *p = &s->model->pools[pool];
    const struct model_runs *runs = &p->runs;
    struct renewal r = {runs, s->model->resolution_ms, random_key_text(random_key_text(s->key, "runs"), p->name), 0};
    double up_h = family_mean_h(&runs->up), down_h = family_mean_h(&runs->down);
    bool up = draw_u01(&r) * (up_h + down_h) < up_h;
    double u = draw_u01(&r), v = random_u01(random_key(r.key, UINT64_MAX));
    int64_t at = 0, end = length_ms(&r, family_residual(up ? &runs->up : &runs->down, u, v));
    struct family_sampler sampler[] = {family_sampler(&runs->down), family_sampler(&runs->up)};
    while (at < s->span_ms && !out->failed && r.drawn < DRAWS_MAX) {
        if (end > s->span_ms) end = s->span_ms;
        if (up)
            up_run(&r, at, end, out);
        else
            steps_add(out, at, 0);
        up = !up;
        at = end;
        end = at + length_ms(&r, family_draw(&sampler[up], draw_u01(&r)));
    }
    if (r.drawn >= DRAWS_MAX)
        return error_set(e, ERR_INPUT, p->name,
                         "changes more than %u times in this span (means, \"whole_loss\" or "
                         "\"refill_h\" too small)",
                         DRAWS_MAX);
    return out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
}
