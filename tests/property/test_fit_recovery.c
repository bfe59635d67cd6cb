/* SPDX-License-Identifier: Apache-2.0
 * What a model says is found again in the traces made from it: parameters of
 * run lengths, group loss and lifetimes within their stated errors in 95 % of
 * traces; the state process by what it is fitted to. */
#include "tests/support/support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/fit_private.h"
#include "traces/stat.h"
#include "traces/synth.h"

#define Z 1.959964

static struct model *parse(const char *text) {
    struct model *m = NULL;
    struct error e = {0};
    assert_ok(model_parse("test.json", text, strlen(text), &m, &e), &e);
    return m;
}

static struct trace *make(const struct model *m, uint64_t seed) {
    struct trace *t = NULL;
    struct error e = {0};
    struct synth_options o = {.seed = seed};
    assert_ok(synth_trace(m, &o, &t, &e), &e);
    return t;
}

/* Share of hits that chance explains at 4 standard deviations. */
static void assert_coverage(const char *what, uint32_t hits, uint32_t n) {
    double share = (double)hits / n, slack = 4 * sqrt(0.95 * 0.05 / n) + 0.01;
    if (share < 0.95 - slack || share > 0.95 + slack)
        fail_msg("%s: %u of %u intervals hold the truth; expected 95 %%", what, hits, n);
}

static double free_value(const struct family *f, uint32_t i) {
    double x = f->p[i];
    return families[f->kind].parameter[i].kind == PARAMETER_SHARE ? log(x / (1 - x)) : log(x);
}

/* Intervals on the free scale, where the errors are stated to be normal. */
static void score(const struct family *truth, const struct fit_candidate *c, uint32_t hits[FAMILY_PARAMETERS_MAX]) {
    for (uint32_t i = 0; i < families[truth->kind].n; i++)
        hits[i] += fabs(free_value(&c->family, i) - free_value(truth, i)) <= Z * c->se_free[i];
}

static void recover_family(const char *up, const char *down, const char *span) {
    char text[1024], what[64];
    struct error e = {0};
    uint32_t hits[2][FAMILY_PARAMETERS_MAX] = {{0}}, n = (uint32_t)test_slow_times(10, 40, 600);
    snprintf(text, sizeof text,
             "{\"format\": 1, \"process\": \"runs\", \"span\": \"%s\", \"resolution\": \"600s\", \"pools\": "
             "[{\"name\": \"p\", \"up\": %s, \"down\": %s}]}",
             span, up, down);
    struct model *m = parse(text);
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *t = make(m, seed);
        for (int s = 0; s < 2; s++) {
            const struct family *truth = s ? &m->pools[0].runs.up : &m->pools[0].runs.down;
            struct run_data d = {0};
            struct fit_candidate c;
            assert_ok(runs_collect(&t->pools[0], s == 1, 1.0 / 6, &d, &e), &e);
            assert_ok(family_fit(truth->kind, &d, &c, &e), &e);
            assert_true(c.fitted);
            score(truth, &c, hits[s]);
            run_data_free(&d);
            family_free(&c.family);
        }
        trace_free(t);
    }
    for (int s = 0; s < 2; s++) {
        const struct family *truth = s ? &m->pools[0].runs.up : &m->pools[0].runs.down;
        for (uint32_t i = 0; i < families[truth->kind].n; i++) {
            snprintf(what, sizeof what, "%s %s", families[truth->kind].name, families[truth->kind].parameter[i].name);
            assert_coverage(what, hits[s][i], n);
        }
    }
    test_count("fits of run lengths", 2 * n);
    model_free(m);
}

static void exponential(void **state) {
    (void)state;
    recover_family("{\"family\": \"exponential\", \"mean_h\": 3}", "{\"family\": \"exponential\", \"mean_h\": 0.8}",
                   "60d");
}

static void weibull(void **state) {
    (void)state;
    recover_family("{\"family\": \"weibull\", \"scale_h\": 2.355, \"shape\": 0.46}",
                   "{\"family\": \"weibull\", \"scale_h\": 0.972, \"shape\": 0.542}", "180d");
}

static void h2(void **state) {
    (void)state;
    recover_family("{\"family\": \"h2\", \"p_short\": 0.6, \"mean_short_h\": 0.563, \"mean_long_h\": 13.515}",
                   "{\"family\": \"h2\", \"p_short\": 0.61, \"mean_short_h\": 0.3, \"mean_long_h\": 4}", "365d");
}

/* The cap is known here; a fit to a campaign takes its longest run. */
static void lognormal(void **state) {
    (void)state;
    struct error e = {0};
    const uint32_t n = (uint32_t)test_slow_times(10, 60, 600);
    uint32_t hits[FAMILY_PARAMETERS_MAX] = {0};
    struct model *m =
        parse("{\"format\": 1, \"process\": \"runs\", \"span\": \"365d\", \"resolution\": \"600s\", \"pools\": "
              "[{\"name\": \"p\", \"up\": {\"family\": \"lognormal\", \"median_h\": 1, \"sigma\": 1.6, "
              "\"cap_h\": 48}, \"down\": {\"family\": \"exponential\", \"mean_h\": 1}}]}");
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *t = make(m, seed);
        struct run_data d = {0};
        struct fit_candidate c;
        assert_ok(runs_collect(&t->pools[0], true, 1.0 / 6, &d, &e), &e);
        assert_true(d.longest_h <= 48 + 1e-9);
        assert_ok(family_fit(FAMILY_LOGNORMAL, &d, &c, &e), &e);
        score(&m->pools[0].runs.up, &c, hits);
        run_data_free(&d);
        trace_free(t);
    }
    assert_coverage("lognormal median", hits[0], n);
    assert_coverage("lognormal sigma", hits[1], n);
    test_count("fits of run lengths", n);
    model_free(m);
}

/* Batches that a narrow pool cannot lose in full, runs of uneven length, sizes
 * that only a full pool shows. */
static void recover_group_loss(uint32_t width, double whole, const char *resolution) {
    static const double batch[] = {0.6, 0.3, 0.1};
    const uint32_t n = (uint32_t)test_slow_times(15, 60, 400);
    uint32_t hits[4] = {0};
    char text[1024], what[64];
    double refill = 0;
    snprintf(text, sizeof text,
             "{\"format\": 1, \"process\": \"runs\", \"span\": \"60d\", %s \"pools\": [{\"name\": \"p\", \"width\": "
             "%u, \"whole_loss\": %g, \"refill_h\": 2, \"batches\": [0.6, 0.3, 0.1], \"up\": {\"family\": "
             "\"weibull\", \"scale_h\": 6, \"shape\": 0.7}, \"down\": {\"family\": \"exponential\", \"mean_h\": "
             "1}}]}",
             resolution, width, whole);
    struct model *m = parse(text);
    for (uint32_t seed = 0; seed < n; seed++) {
        struct error e = {0};
        struct trace *t = make(m, seed);
        struct run_data d = {0};
        struct fit_candidate c;
        struct fit_pool report = {0};
        double step_h = (double)m->resolution_ms / (double)MS_PER_HOUR;
        assert_ok(runs_collect(&t->pools[0], true, step_h, &d, &e), &e);
        assert_ok(family_fit(FAMILY_WEIBULL, &d, &c, &e), &e);
        struct model_runs runs = {.up = c.family};
        runs_group_loss(&t->pools[0], step_h, &runs, &report);
        assert_int_equal(runs.width, width);
        hits[0] += fabs(runs.whole_loss - whole) <= Z * report.whole_loss_se;
        for (uint32_t i = 0; i < 3; i++) hits[i + 1] += fabs(runs.batch[i] - batch[i]) <= Z * report.batch_se[i];
        refill += runs.refill_h / n;
        run_data_free(&d);
        trace_free(t);
    }
    snprintf(what, sizeof what, "whole loss, %u wide", width);
    assert_coverage(what, hits[0], n);
    for (uint32_t i = 1; i < 4; i++) {
        snprintf(what, sizeof what, "batches of %u, %u wide", i, width);
        assert_coverage(what, hits[i], n);
    }
    assert_true(fabs(refill - 2) < 0.1);
    test_count("fits of group loss", n);
    model_free(m);
}

static void group_loss(void **state) {
    (void)state;
    recover_group_loss(4, 0.3, "\"resolution\": \"300s\",");
    recover_group_loss(8, 0.4, "\"resolution\": \"300s\",");
    recover_group_loss(16, 0.6, "\"resolution\": \"300s\",");
    recover_group_loss(4, 0.3, "");
}

static void lifetime_mixture(void **state) {
    (void)state;
    const uint32_t n = (uint32_t)test_slow_times(4, 12, 100), lives = 700;
    struct error e = {0};
    uint32_t hits[FAMILY_PARAMETERS_MAX] = {0};
    struct model *m =
        parse("{\"format\": 1, \"lifetime\": {\"family\": \"weibull-normal\", \"weight\": 0.385, \"scale_h\": "
              "3.59, \"shape\": 0.634, \"mean_h\": 24.273, \"sd_h\": 0.233}}");
    for (uint32_t seed = 0; seed < n; seed++) {
        struct strbuf text = {0};
        struct lifetimes l;
        struct fit_side side;
        struct model *found = NULL;
        assert_ok(synth_lifetimes(m, seed, lives, &text, &e), &e);
        assert_true(lifetimes_is(text.data, text.size));
        assert_ok(lifetimes_read("lives.csv", text.data, text.size, &l, &e), &e);
        assert_int_equal(l.n, lives);
        assert_ok(fit_lifetimes(&l, &side, &found, &e), &e);
        assert_int_equal(side.chosen, FAMILY_WEIBULL_NORMAL);
        score(&m->lifetime.family, &side.candidate[FAMILY_WEIBULL_NORMAL], hits);
        fit_side_free(&side);
        lifetimes_free(&l);
        model_free(found);
        strbuf_free(&text);
    }
    for (uint32_t i = 0; i < 5; i++) assert_coverage(families[FAMILY_WEIBULL_NORMAL].parameter[i].name, hits[i], n);
    test_count("fits of lifetimes", n);
    model_free(m);
}

/* Under an availability the means of both runs have its ratio, and the
 * likelihood gives way only a little. */
static void stationary(void **state) {
    (void)state;
    struct error e = {0};
    struct model *m =
        parse("{\"format\": 1, \"process\": \"runs\", \"span\": \"60d\", \"resolution\": \"600s\", \"pools\": "
              "[{\"name\": \"p\", \"up\": {\"family\": \"weibull\", \"scale_h\": 2, \"shape\": 0.5}, \"down\": "
              "{\"family\": \"h2\", \"p_short\": 0.6, \"mean_short_h\": 0.3, \"mean_long_h\": 3}}]}");
    for (uint64_t seed = 0; seed < test_slow_times(1, 6, 6); seed++) {
        struct trace *t = make(m, seed);
        struct fit f;
        struct fit_options plain = {.process = MODEL_RUNS, .family = "weibull", .no_swing = true}, held = plain;
        held.stationary = true;
        struct fit g;
        assert_ok(fit_trace(t, &plain, &f, &e), &e);
        assert_ok(fit_trace(t, &held, &g, &e), &e);
        const struct model_runs *r = &g.model->pools[0].runs;
        double up = family_probed_mean_h(&r->up, 1.0 / 6), down = family_probed_mean_h(&r->down, 1.0 / 6);
        assert_true(fabs(up / (up + down) - g.pools[0].availability) < 1e-4);
        const struct fit_candidate *a = &f.pools[0].up.candidate[FAMILY_WEIBULL],
                                   *b = &g.pools[0].up.candidate[FAMILY_WEIBULL];
        assert_true(b->log_likelihood <= a->log_likelihood + 1e-3);
        assert_true(isfinite(b->se[0]) && b->se[0] > 0);
        fit_free(&f);
        fit_free(&g);
        trace_free(t);
    }
    model_free(m);
}

/* A state model found again: shares to the sample, the rate of changes, and
 * how pools go together. */
static void state_process(void **unused) {
    (void)unused;
    struct error e = {0};
    struct model *m =
        parse("{\"format\": 1, \"process\": \"state\", \"span\": \"60d\", \"resolution\": \"600s\", \"scales_h\": "
              "[0.25, 1, 4, 16, 64], \"common\": [0, 0.5, 1, 1, 1], \"pools\": ["
              "{\"name\": \"us-east-1a\", \"availability\": 0.5, \"weights\": [0.03, 0.19, 0.22, 0.24, 0.32], "
              "\"loads\": {\"cloud\": 0.5, \"east\": 0.7}},"
              "{\"name\": \"us-east-1b\", \"availability\": 0.7, \"weights\": [0.03, 0.19, 0.22, 0.24, 0.32], "
              "\"loads\": {\"cloud\": 0.5, \"east\": 0.7}},"
              "{\"name\": \"us-west-2a\", \"availability\": 0.8, \"weights\": [0.03, 0.19, 0.22, 0.24, 0.32], "
              "\"loads\": {\"cloud\": 0.5, \"west\": 0.7}}]}");
    struct trace *t = make(m, 5);
    struct fit f;
    struct fit_options o = {.process = MODEL_STATE};
    assert_ok(fit_trace(t, &o, &f, &e), &e);
    double same = 0, across = 0, changes = 0, there = 0;
    const uint32_t n = 20;
    for (uint32_t i = 0; i < t->n_pools; i++) there += t->pools[i].capacity.n;
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *again = make(f.model, seed);
        same += trace_stat_correlation(&again->pools[0], &again->pools[1], again->span_ms) / n;
        across += trace_stat_correlation(&again->pools[0], &again->pools[2], again->span_ms) / n;
        for (uint32_t i = 0; i < again->n_pools; i++) changes += (double)again->pools[i].capacity.n / n;
        trace_free(again);
    }
    assert_true(fabs(same - f.same_region) < 0.1);
    assert_true(fabs(across - trace_stat_correlation(&t->pools[0], &t->pools[2], t->span_ms)) < 0.1);
    assert_true(fabs(changes / there - 1) < 0.1);
    assert_true(fabs(f.model->pools[0].levels[1].share - 0.5) < 0.002);
    fit_free(&f);
    trace_free(t);
    model_free(m);
}

/* Pools with nothing in common are found so: each with its own part of every
 * scale, hence as many changes as there are. */
static void independent_pools(void **unused) {
    (void)unused;
    struct error e = {0};
    struct strbuf text = {0};
    strbuf_printf(&text, "{\"format\": 1, \"process\": \"state\", \"shares\": \"expected\", \"span\": \"180d\", "
                         "\"resolution\": \"600s\", \"scales_h\": [0.0583333, 0.25, 1, 4, 16, 64], \"common\": "
                         "[0, 0, 0, 0, 0, 0], \"pools\": [");
    for (uint32_t i = 0; i < 6; i++)
        strbuf_printf(&text, "%s{\"name\": \"p%u\", \"availability\": 0.65, \"weights\": [0, 0, 1, 0, 0, 0]}",
                      i ? ", " : "", i);
    strbuf_printf(&text, "]}");
    struct model *m = parse(text.data);
    struct fit_options o = {.process = MODEL_STATE, .no_swing = true};
    for (uint64_t seed = 5; seed < 5 + test_slow_times(1, 2, 20); seed++) {
        double there = 0, changes = 0, weight = 0;
        struct trace *t = make(m, seed);
        struct fit f;
        assert_ok(fit_trace(t, &o, &f, &e), &e);
        for (uint32_t i = 0; i < t->n_pools; i++) {
            const struct model_state *s = &f.model->pools[i].state;
            there += t->pools[i].capacity.n;
            weight += s->weight[2] / t->n_pools;
            for (uint32_t j = 0; j < s->n_loads; j++) assert_true(fabs(s->loads[j].value) < 0.5);
        }
        struct trace *again = make(f.model, seed);
        for (uint32_t i = 0; i < again->n_pools; i++) changes += again->pools[i].capacity.n;
        print_message("independent pools: weight %.3f of 1, changes %.3f\n", weight, changes / there);
        assert_true(weight > 0.85); /* the rest goes to the scales beside it */
        assert_true(fabs(changes / there - 1) < 0.1);
        trace_free(again);
        trace_free(t);
        fit_free(&f);
    }
    strbuf_free(&text);
    model_free(m);
}

/* ---- intervals of the state process --------------------------------------------------- */

enum { WEIGHTS, AVAILABILITY, WAVES, HIDDEN, MEAN, KINDS };
struct held {
    uint32_t n, hits;
    double wide;
};
static const char *const kinds[KINDS] = {"weights", "share of time", "waves", "hidden correlation",
                                         "mean state correlation"};
/* Mean widths that the intervals must stay below over campaigns of all lengths
 * (not where slow builds try the shortest only): that they hold the truth must not
 * be for want of saying anything. */
static const double widest[KINDS] = {0.45, 0.36, 0.5, 0.5, 0.3};

static void hold(struct held *h, const struct fit_interval *i, double truth) {
    if (!isfinite(i->low)) return;
    h->n++;
    h->hits += truth >= i->low && truth <= i->high;
    h->wide += i->high - i->low;
}

/* Of "is up", over all time: what the model says. */
static double true_state_correlation(const struct model *m, uint32_t i, uint32_t j) {
    const struct model_pool *p = &m->pools[i], *q = &m->pools[j];
    double a = p->levels[0].share, b = q->levels[0].share, x[SWING_HOURS], y[SWING_HOURS], both = 0;
    model_swing_week(&p->state, x);
    model_swing_week(&q->state, y);
    double below = model_bound(x, a), other = model_bound(y, b);
    for (int h = 0; h < SWING_HOURS; h++)
        both += normal2_P(below - x[h], other - y[h], hidden_correlation(m, i, j)) / SWING_HOURS;
    return (both - a * b) / sqrt(a * (1 - a) * b * (1 - b));
}

static void hold_pool(const struct fit *f, const struct model *truth, uint32_t i, struct held held[KINDS]) {
    const struct fit_pool *p = &f->pools[i];
    const struct model_state *found = &f->model->pools[i].state, *made = &truth->pools[i].state;
    hold(&held[AVAILABILITY], &p->availability_95, 1 - truth->pools[i].levels[0].share);
    for (uint32_t k = 0; k < truth->n_scales; k++) hold(&held[WEIGHTS], &p->weight_95[k], made->weight[k]);
    for (uint32_t w = 0; w < found->n_waves; w++) {
        if (made->n_waves == 0 || found->waves[w].period_h != made->waves[0].period_h) continue; /* found by chance */
        hold(&held[WAVES], &p->wave_95[w][0], made->waves[0].cosine);
        hold(&held[WAVES], &p->wave_95[w][1], made->waves[0].sine);
    }
}

static void hold_fit(const struct fit *f, const struct model *truth, struct held held[KINDS]) {
    uint32_t n = truth->n_pools;
    double mean = 0;
    for (uint32_t i = 0; i < n; i++) {
        hold_pool(f, truth, i, held);
        for (uint32_t j = i + 1; j < n; j++) {
            hold(&held[HIDDEN], &f->pair_95[i * n + j], hidden_correlation(truth, i, j));
            mean += true_state_correlation(truth, i, j) / (n * (n - 1) / 2);
        }
    }
    hold(&held[MEAN], &f->across_regions_95, mean);
}

/* Pools of one cloud without regions, weights in hundredths. */
struct truth {
    const char *what;
    uint32_t n_pools;
    double share[3]; /* of time at 0 */
    int weight[3][6];
    double load;
    bool wave, wide; /* wide: up to 16 at once */
    uint32_t fits[4], fits_full[4];
};
static const uint32_t campaign_days[4] = {14, 30, 60, 180};
static const struct truth truths[] = {
    {"independent",
     3,
     {0.6, 0.4, 0.2},
     {{5, 15, 30, 20, 20, 10}, {5, 15, 30, 20, 20, 10}, {2, 4, 29, 28, 5, 32}},
     0,
     false,
     false,
     {5, 2, 2, 0},
     {100, 60, 60, 30}},
    {"one factor",
     3,
     {0.5, 0.4, 0.3},
     {{5, 15, 30, 20, 20, 10}, {4, 8, 24, 24, 16, 24}, {10, 10, 15, 5, 30, 30}},
     0.7,
     false,
     false,
     {4, 2, 3, 0},
     {100, 60, 60, 30}},
    {"daily wave",
     3,
     {0.5, 0.4, 0.3},
     {{4, 8, 24, 24, 16, 24}, {4, 8, 24, 24, 16, 24}, {15, 25, 40, 5, 10, 5}},
     0.5,
     true,
     false,
     {2, 3, 2, 0},
     {100, 60, 60, 30}},
    {"one scale",
     2,
     {0.35, 0.5},
     {{0, 0, 100, 0, 0, 0}, {0, 0, 0, 100, 0, 0}},
     0,
     false,
     false,
     {3, 2, 1, 0},
     {100, 60, 60, 30}},
    {"slow",
     2,
     {0.5, 0.3},
     {{2, 4, 10, 10, 14, 60}, {1, 14, 5, 4, 66, 10}},
     0,
     false,
     false,
     {3, 1, 2, 1},
     {100, 60, 60, 30}},
    {"16 wide",
     2,
     {0.25, 0.1},
     {{5, 15, 30, 20, 20, 10}, {3, 10, 20, 30, 17, 20}},
     0.6,
     false,
     true,
     {3, 2, 1, 0},
     {100, 60, 60, 30}},
};

static struct model *make_truth(const struct truth *t, uint32_t days) {
    struct strbuf s = {0};
    strbuf_printf(&s,
                  "{\"format\": 1, \"process\": \"state\", \"shares\": \"expected\", \"span\": \"%ud\", "
                  "\"resolution\": \"600s\", \"scales_h\": [0.0583333, 0.25, 1, 4, 16, 64], \"common\": [0, 0, 0.8, "
                  "1, 1, 1], \"pools\": [",
                  days);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        strbuf_printf(&s, "%s{\"name\": \"p%u\", \"weights\": [", i ? ", " : "", i);
        for (uint32_t k = 0; k < 6; k++) strbuf_printf(&s, "%s%g", k ? ", " : "", t->weight[i][k] / 100.0);
        strbuf_printf(&s, "], \"levels\": [[0, %g]", t->share[i]);
        double left = 1 - t->share[i];
        for (uint32_t c = 1; t->wide && c < 16; c++) strbuf_printf(&s, ", [%u, %.6f]", c, left / 30);
        strbuf_printf(&s, ", [%d, %.6f]]", t->wide ? 16 : 1, t->wide ? left / 2 : left);
        if (t->load > 0) strbuf_printf(&s, ", \"loads\": {\"cloud\": %g}", t->load);
        if (t->wave) strbuf_puts(&s, ", \"waves\": [{\"period_h\": 24, \"cos\": 0.5, \"sin\": 0.4}]");
        strbuf_puts(&s, "}");
    }
    strbuf_puts(&s, "]}");
    struct model *m = parse(s.data);
    strbuf_free(&s);
    return m;
}

static uint32_t hold_truth(const struct truth *t, uint32_t days, uint32_t n, struct held all[KINDS]) {
    const struct fit_options o = {.process = MODEL_STATE, .bootstrap = FIT_BOOTSTRAP};
    struct held here[KINDS] = {{0}};
    struct error e = {0};
    struct model *m = make_truth(t, days);
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *made = make(m, 1000 + seed);
        struct fit f;
        assert_ok(fit_trace(made, &o, &f, &e), &e);
        assert_int_equal(f.model->n_scales, m->n_scales);
        hold_fit(&f, m, here);
        fit_free(&f);
        trace_free(made);
    }
    print_message("%-11s %3u d, %3u fits:", t->what, days, n);
    for (uint32_t k = 0; k < KINDS; k++) {
        if (here[k].n)
            print_message("  %s %u of %u, %.2f wide", kinds[k], here[k].hits, here[k].n, here[k].wide / here[k].n);
        all[k].n += here[k].n;
        all[k].hits += here[k].hits;
        all[k].wide += here[k].wide;
    }
    print_message("\n");
    model_free(m);
    return n;
}

/* The hidden state's parameters are within their intervals in 95 % of
 * campaigns; what a trace says of several parameters goes together, so that n
 * of them count as a third as many. */
static void state_intervals_hold(void **unused) {
    (void)unused;
    struct held held[KINDS] = {{0}};
    uint32_t fits = 0;
    bool all_lengths = test_slow_times(0, 1, 1) > 0;
    for (size_t t = 0; t < sizeof truths / sizeof *truths; t++)
        for (uint32_t d = 0; d < 4; d++) {
            uint32_t n = (uint32_t)test_slow_times(d == 0, truths[t].fits[d], truths[t].fits_full[d]);
            if (n) fits += hold_truth(&truths[t], campaign_days[d], n, held);
        }
    for (uint32_t k = 0; k < KINDS; k++) {
        double n = held[k].n, share = held[k].hits / n, wide = held[k].wide / n;
        double slack = 3 * sqrt(0.95 * 0.05 / (k == MEAN ? n : n / 3)) + 0.01;
        print_message("%s: %u of %u (%.1f %%), %.2f wide\n", kinds[k], held[k].hits, held[k].n, 100 * share, wide);
        if (share < 0.95 - slack) fail_msg("%s: %.1f %% held, expected 95 %%", kinds[k], 100 * share);
        if (all_lengths && wide > widest[k])
            fail_msg("%s: intervals %.2f wide, expected at most %.2f", kinds[k], wide, widest[k]);
    }
    test_count("fits of a hidden state", fits);
}

#define PARAMETERS 4u
struct covered {
    uint32_t hits[PARAMETERS], n[PARAMETERS];
    const char *what[PARAMETERS];
};

static void cover(struct covered *c, uint32_t i, const char *what, double found, double truth, double se) {
    if (!isfinite(se)) return;
    c->what[i] = what;
    c->n[i]++;
    c->hits[i] += fabs(found - truth) <= Z * se;
}

/* Prices: changes, steps, how they are drawn back, their mean. */
static void price_errors_hold(void **unused) {
    (void)unused;
    const uint32_t n = (uint32_t)test_times(400, 2000);
    struct covered c = {.n = {0}};
    struct model *m =
        parse("{\"format\": 1, \"process\": \"runs\", \"shares\": \"expected\", \"span\": \"60d\", \"pools\": "
              "[{\"name\": \"p\", \"up\": {\"family\": \"exponential\", \"mean_h\": 4}, \"down\": {\"family\": "
              "\"exponential\", \"mean_h\": 1}, \"price\": {\"mean_usd\": 2, \"every_h\": 4, \"step\": 0.01, "
              "\"pull\": 0.1}}]}");
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *t = make(m, seed);
        struct model_pool found = {.name = NULL};
        struct fit_pool r = {.thin = false};
        price_fit(&t->pools[0], t->span_ms, &found, &r);
        cover(&c, 0, "mean price", found.price.mean_usd, 2, r.mean_price_se);
        cover(&c, 1, "every", found.price.every_h, 4, r.every_se);
        cover(&c, 2, "step", found.price.step, 0.01, r.step_se);
        cover(&c, 3, "pull", found.price.pull, 0.1, r.pull_se);
        trace_free(t);
    }
    for (uint32_t i = 0; i < 4; i++) {
        print_message("%s: %u of %u (%.1f %%)\n", c.what[i], c.hits[i], c.n[i], 100.0 * c.hits[i] / c.n[i]);
        assert_int_equal(c.n[i], n);
        assert_coverage(c.what[i], c.hits[i], c.n[i]);
    }
    test_count("fits of prices", n);
    model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponential),
        cmocka_unit_test(weibull),
        cmocka_unit_test(h2),
        cmocka_unit_test(lognormal),
        cmocka_unit_test(group_loss),
        cmocka_unit_test(lifetime_mixture),
        cmocka_unit_test(stationary),
        cmocka_unit_test(state_process),
        cmocka_unit_test(state_intervals_hold),
        cmocka_unit_test(price_errors_hold),
        cmocka_unit_test(independent_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
