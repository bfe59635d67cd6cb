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

/* ---- standard errors of the state process ------------------------------------------- */

#define PARAMETERS 24u
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

static const char state_truth[] =
    "{\"format\": 1, \"process\": \"state\", \"shares\": \"expected\", \"span\": \"60d\", \"resolution\": \"600s\", "
    "\"scales_h\": [0.0583333, 0.25, 1, 4, 16, 64], \"common\": [0, 0, 0.8, 1, 1, 1], \"pools\": ["
    "{\"name\": \"us-east-1a\", \"availability\": 0.5, \"weights\": [0.04, 0.08, 0.24, 0.24, 0.16, 0.24], "
    "\"loads\": {\"cloud\": 0.5, \"east\": 0.6}, \"waves\": [{\"period_h\": 24, \"cos\": 0.5, \"sin\": 0.4}]},"
    "{\"name\": \"us-east-1b\", \"availability\": 0.6, \"weights\": [0.04, 0.08, 0.24, 0.24, 0.16, 0.24], "
    "\"loads\": {\"cloud\": 0.5, \"east\": 0.6}, \"waves\": [{\"period_h\": 24, \"cos\": 0.5, \"sin\": 0.4}]},"
    "{\"name\": \"us-west-2a\", \"availability\": 0.7, \"weights\": [0.04, 0.08, 0.24, 0.24, 0.16, 0.24], "
    "\"loads\": {\"cloud\": 0.5}, \"waves\": [{\"period_h\": 24, \"cos\": 0.5, \"sin\": 0.4}]}]}";

static void cover_fit(const struct fit *f, const struct model *truth, struct covered *c) {
    static const char *const weights[] = {"weight 1", "weight 2", "weight 3", "weight 4", "weight 5", "weight 6"};
    const double common = 0.8 * 0.24 + 0.24 + 0.16 + 0.24, pairs[] = {0.61 * common, 0.25 * common, 0.25 * common};
    uint32_t pair = 0;
    for (uint32_t i = 0; i < 3; i++) {
        const struct fit_pool *p = &f->pools[i];
        const struct model_state *s = &f->model->pools[i].state, *t = &truth->pools[i].state;
        cover(c, 0, "availability", p->availability, truth->pools[i].levels[1].share, p->availability_se);
        for (uint32_t k = 0; k < 6; k++) cover(c, 1 + k, weights[k], s->weight[k], t->weight[k], p->weight_se[k]);
        for (uint32_t w = 0; w < s->n_waves; w++) {
            if (s->waves[w].period_h != 24) continue;
            cover(c, 7, "cosine", s->waves[w].cosine, 0.5, p->wave_se[w][0]);
            cover(c, 8, "sine", s->waves[w].sine, 0.4, p->wave_se[w][1]);
        }
        for (uint32_t j = i + 1; j < 3; j++, pair++)
            cover(c, 9, "hidden correlation", f->pair[i * 3 + j], pairs[pair], f->pair_se[i * 3 + j]);
    }
}

/* The hidden state's parameters are within their stated errors. */
static void state_errors_hold(void **unused) {
    (void)unused;
    const uint32_t n = (uint32_t)test_slow_times(1, 8, 200);
    struct error e = {0};
    struct covered c = {.n = {0}};
    struct fit_options o = {.process = MODEL_STATE, .bootstrap = 20};
    struct model *m = parse(state_truth);
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *t = make(m, 1000 + seed);
        struct fit f;
        assert_ok(fit_trace(t, &o, &f, &e), &e);
        assert_int_equal(f.model->n_scales, 6);
        cover_fit(&f, m, &c);
        fit_free(&f);
        trace_free(t);
    }
    uint32_t weights = 0, weight_hits = 0;
    for (uint32_t i = 0; i < PARAMETERS; i++) {
        if (!c.n[i]) continue;
        print_message("%s: %u of %u (%.1f %%)\n", c.what[i], c.hits[i], c.n[i], 100.0 * c.hits[i] / c.n[i]);
        bool weight = i >= 1 && i <= 6;
        weights += weight ? c.n[i] : 0;
        weight_hits += weight ? c.hits[i] : 0;
        if (!weight) assert_coverage(c.what[i], c.hits[i], c.n[i]);
    }
    /* scales next to one another stand in for each other, and 60 days hold few of the slowest: docs/synthetic-traces.md
     */
    double share = (double)weight_hits / weights;
    print_message("weights: %.1f %%\n", 100 * share);
    assert_true(share > 0.83);
    test_count("fits of a hidden state", n);
    model_free(m);
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
        cmocka_unit_test(exponential),       cmocka_unit_test(weibull),           cmocka_unit_test(h2),
        cmocka_unit_test(lognormal),         cmocka_unit_test(group_loss),        cmocka_unit_test(lifetime_mixture),
        cmocka_unit_test(stationary),        cmocka_unit_test(state_process),     cmocka_unit_test(state_errors_hold),
        cmocka_unit_test(price_errors_hold), cmocka_unit_test(independent_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
