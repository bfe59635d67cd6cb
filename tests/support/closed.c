/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/closed.h"

#include <gsl/gsl_randist.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

void moments_add(struct moments *m, double x) {
    m->n++;
    double d = x - m->mean;
    m->mean += d / (double)m->n;
    m->m2 += d * (x - m->mean);
}

double moments_se(const struct moments *m) { return sqrt(m->m2 / ((double)m->n * (double)(m->n - 1))); }

/* What closed_report tells. */
static struct {
    uint64_t n;
    double largest; /* standard errors */
    char what[96];
} seen;

void closed_report(void) {
    test_count("closed forms: comparisons of a mean with its expectation", seen.n);
    printf("# largest difference: %.2f standard errors (%s)\n", seen.largest, seen.what);
}

void closed_check(const char *what, const struct moments *m, double exact, double tolerance) {
    double se = moments_se(m), off = fabs(m->mean - exact);
    seen.n++;
    if (se > 0 && off / se > seen.largest) {
        seen.largest = off / se;
        snprintf(seen.what, sizeof seen.what, "%s", what);
    }
    /* values without spread agree up to what is too rare to be met */
    double allowed = CLOSED_Z_MAX * se + 1e-6 * fabs(exact);
    if (off > allowed)
        fail_msg("%s: mean %.9g of %" PRIu64 " runs, expected %.9g: %.2f standard errors of %.3g", what, m->mean, m->n,
                 exact, off / se, se);
    if (CLOSED_Z_MAX * se > tolerance)
        fail_msg("%s: the standard error %.3g is too wide for a tolerance of %.3g", what, se, tolerance);
}

static void occupancy_add(struct occupancy *o, int64_t to_ms) {
    int64_t from_ms = o->since_ms > o->from_ms ? o->since_ms : o->from_ms;
    if (to_ms > from_ms)
        for (int i = 0; i < OCCUPANCIES; i++) o->ms[i][o->now[i]] += to_ms - from_ms;
    o->since_ms = to_ms;
}

static void occupancy_change(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                             uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    (void)target;
    (void)capacity;
    (void)cost_rate_uusd_per_h;
    struct occupancy *o = arg;
    assert_true(ready_spot + ready_on_demand < OCCUPANCY_MAX);
    occupancy_add(o, at_ms);
    o->now[OCCUPANCY_SPOT] = ready_spot;
    o->now[OCCUPANCY_ON_DEMAND] = ready_on_demand;
    o->now[OCCUPANCY_BOTH] = ready_spot + ready_on_demand;
}

void occupancy_run(struct harness *h, struct occupancy *o) {
    *o = (struct occupancy){.from_ms = h->config.warmup_ms};
    harness_run_out(h, &(struct sim_outputs){.timeline = occupancy_change, .timeline_arg = o});
    occupancy_add(o, h->config.horizon_ms);
}

double occupancy_share(const struct occupancy *o, enum occupancy_of of, uint32_t ready) {
    return (double)o->ms[of][ready] / (double)(o->since_ms - o->from_ms);
}

void closed_start(struct harness *h, const char *policy, uint32_t target, int64_t span_s, const char *warmup) {
    struct error e = {0};
    struct trace *t = harness_trace(1, (const char *const[]){"a"}, (const char *const[]){"0:*"}, span_s);
    harness_start(h, t, true, "ideal", policy, target);
    assert_ok(text_duration_ms(warmup, &h->config.warmup_ms, &e), &e);
}

double binomial_is(uint32_t n, double p, uint32_t k) { return gsl_ran_binomial_pdf(k, p, n); }

double binomial_least(uint32_t n, double p, uint32_t k) {
    double sum = 0;
    for (uint32_t i = k; i <= n; i++) sum += binomial_is(n, p, i);
    return sum;
}
