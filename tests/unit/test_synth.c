/* SPDX-License-Identifier: Apache-2.0
 * Models and the traces made from them. */
#include "tests/support/support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tests/support/model_text.h"
#include "traces/model_state.h"
#include "traces/stat.h"
#include "traces/synth.h"

#define HEAD "{\"format\": 1, "
#define SCALES "\"scales_h\": [0.5, 4, 32], \"common\": [0, 1, 1], "
#define WEIGHTS "\"weights\": [0.2, 0.4, 0.4]"

static struct trace *make(const struct model *m, uint64_t seed, int64_t span_ms) {
    struct trace *t = NULL;
    struct error e = {0};
    struct synth_options o = {.seed = seed, .span_ms = span_ms};
    assert_ok(synth_trace(m, &o, &t, &e), &e);
    return t;
}

/* ---- families ------------------------------------------------------------------------- */

static const struct family all_families[] = {
    {.kind = FAMILY_EXPONENTIAL, .p = {3}, .cap_h = INFINITY},
    {.kind = FAMILY_WEIBULL, .p = {1.4, .42}, .cap_h = INFINITY},
    {.kind = FAMILY_LOGNORMAL, .p = {1, 2}, .cap_h = 50},
    {.kind = FAMILY_LOGNORMAL, .p = {1, .5}, .cap_h = INFINITY},
    {.kind = FAMILY_H2, .p = {.6, .5, 13}, .cap_h = INFINITY},
    {.kind = FAMILY_WEIBULL_NORMAL, .p = {.385, 3.59, .634, 24.273, .233}, .cap_h = INFINITY},
};
#define N_FAMILIES (sizeof all_families / sizeof *all_families)

/* A family goes into a scenario, to the millisecond, where it has a form there. */
static void families_as_scenario_text(void **state) {
    (void)state;
    static const char *const said[N_FAMILIES] = {"exponential(3h)",
                                                 "weibull(84m,0.42)",
                                                 NULL,
                                                 "lognormal(1h,0.5)",
                                                 NULL,
                                                 "weibull-normal(0.385,12924s,0.634,87382800ms,838800ms)"};
    for (size_t i = 0; i < N_FAMILIES; i++) {
        struct strbuf text = {0};
        assert_int_equal(family_scenario_text(&all_families[i], &text), said[i] != NULL);
        if (said[i]) assert_string_equal(text.data, said[i]);
        assert_true(said[i] || text.size == 0);
        strbuf_free(&text);
    }
    double runs[] = {.25, 1};
    struct strbuf text = {0};
    assert_true(family_scenario_text(&(struct family){.kind = FAMILY_EMPIRICAL, .n = 2, .run_h = runs}, &text));
    assert_string_equal(text.data, "empirical(15m,1h)");
    strbuf_free(&text);
    /* flatter than a scenario takes */
    assert_false(
        family_scenario_text(&(struct family){.kind = FAMILY_WEIBULL, .p = {1, .03}, .cap_h = INFINITY}, &text));
}

/* Draws by inversion follow the survival function, and their mean the mean. */
static void quantiles_follow_survival(void **state) {
    (void)state;
    for (size_t i = 0; i < N_FAMILIES; i++) {
        const struct family *f = &all_families[i];
        const double at[] = {.2, 1, 5, 20};
        const uint32_t n = 200000;
        double sum = 0, probed = 0;
        uint32_t above[4] = {0};
        for (uint32_t k = 0; k < n; k++) {
            double x = family_quantile(f, (k + .5) / n);
            sum += x / n;
            probed += ceil(x * 6) / 6 / n;
            assert_true(x >= 0 && x <= f->cap_h);
            for (int j = 0; j < 4; j++) above[j] += x > at[j];
        }
        for (int j = 0; j < 4; j++) assert_true(fabs((double)above[j] / n - family_survival(f, at[j])) < 2e-3);
        assert_true(fabs(sum / family_mean_h(f) - 1) < .03);
        assert_true(fabs(probed / family_probed_mean_h(f, 1.0 / 6) - 1) < .03);
        assert_true(family_survival(f, -1) == 1);
    }
}

/* The run that a moment falls into: P(left > x) is the integral of the survival
 * function from x on over the mean. */
static void residuals_follow_the_survival_function(void **state) {
    (void)state;
    double runs[] = {.5, 1, 1, 4, 20};
    struct family empirical = {.kind = FAMILY_EMPIRICAL, .cap_h = INFINITY, .n = 5, .run_h = runs};
    for (size_t i = 0; i <= N_FAMILIES; i++) {
        const struct family *f = i < N_FAMILIES ? &all_families[i] : &empirical;
        const double at[] = {.3, 2, 12};
        const uint32_t n = 600;
        for (int j = 0; j < 3; j++) {
            double integral = 0, above = 0, step = at[j] / 2000;
            for (int k = 0; k < 2000; k++) integral += step * family_survival(f, (k + .5) * step);
            for (uint32_t a = 0; a < n; a++)
                for (uint32_t b = 0; b < n; b++) above += family_residual(f, (a + .5) / n, (b + .5) / n) > at[j];
            double expected = 1 - integral / family_mean_h(f), seen = above / n / n;
            if (fabs(seen - expected) > 5e-3)
                fail_msg("family %zu: P(left > %g) is %g, expected %g", i, at[j], seen, expected);
        }
    }
    struct family heavy = {.kind = FAMILY_LOGNORMAL, .p = {1, 90}, .cap_h = 50};
    assert_true(family_residual(&heavy, .5, .5) == 25);
}

static void empirical_runs_are_resampled(void **state) {
    (void)state;
    struct model *m =
        parse(HEAD "\"process\": \"runs\", \"resolution\": \"1h\", \"span\": \"100d\", \"pools\": [{\"name\": "
                   "\"p\", \"up\": {\"family\": \"empirical\", \"runs_h\": [2, 5]}, \"down\": {\"family\": "
                   "\"empirical\", \"runs_h\": [1]}}]}");
    struct trace *t = make(m, 1, 0);
    const struct trace_capacity *c = &t->pools[0].capacity;
    uint32_t seen[6] = {0};
    for (uint32_t i = 1; i + 1 < c->n; i++) {
        int64_t hours = (c->at_ms[i + 1] - c->at_ms[i]) / MS_PER_HOUR;
        assert_true(c->value[i] ? hours == 2 || hours == 5 : hours == 1);
        seen[hours]++;
    }
    assert_true(seen[2] > 100 && seen[5] > 100);
    assert_true(fabs(family_survival(&m->pools[0].runs.up, 3) - .5) < 1e-12);
    assert_true(family_mean_h(&m->pools[0].runs.up) == 3.5);
    trace_free(t);
    model_free(m);
}

/* ---- models --------------------------------------------------------------------------- */

static const char full_model[] = HEAD
    "\"name\": \"full\", \"about\": \"everything\", \"process\": \"state\", \"shares\": \"expected\", \"span\": "
    "\"3d\", "
    "\"resolution\": \"5m\", \"epoch\": \"2026-01-05T00:00:00Z\", " SCALES
    "\"pools\": [{\"name\": \"us-east-1b_x\", \"levels\": [[0, 0.25], [4, 0.5], [2, 0.25]], " WEIGHTS
    ", \"loads\": {\"a\": 0.6, \"b\": -0.3}, \"waves\": [{\"period_h\": 24, \"cos\": 0.3, \"sin\": 0.1}], "
    "\"price\": {\"mean_usd\": 1.2, \"every_h\": 6, \"step\": 0.01, \"pull\": 0.05}},"
    "{\"name\": \"us-east-1a_x\", \"availability\": 0.5, " WEIGHTS
    ", \"width\": 8, \"whole_loss\": 0.5, \"refill_h\": 1, \"batches\": [0.5, 0.5], \"up\": {\"family\": \"weibull\", "
    "\"scale_h\": 1, \"shape\": 0.5}, \"down\": {\"family\": \"lognormal\", \"median_h\": 1, \"sigma\": 2, \"cap_h\": "
    "9}, "
    "\"fit\": {\"anything\": 1}}], \"events\": [{\"kind\": \"flap\", \"pools\": \"us-*\", \"at\": \"1d\", \"for\": "
    "\"2h\", "
    "\"period\": \"20m\"}, {\"kind\": \"on-demand\", \"denial\": 0.5, \"capacity\": 3}], \"lifetime\": {\"family\": "
    "\"exponential\", \"mean_h\": 24}}";

static void models_read_back(void **state) {
    (void)state;
    struct model *m = parse(full_model);
    struct strbuf once = {0}, twice = {0};
    model_write(m, NULL, NULL, NULL, &once);
    struct model *back = parse(once.data);
    model_write(back, NULL, NULL, NULL, &twice);
    assert_string_equal(once.data, twice.data);
    assert_string_equal(m->pools[0].name, "us-east-1a_x"); /* rising by name */
    assert_string_equal(m->pools[1].region, "us-east-1");  /* read off the name */
    assert_int_equal(m->pools[1].levels[1].capacity, 2);   /* rising by capacity */
    assert_int_equal(m->n_factors, 2);
    assert_int_equal(m->shares, SHARES_EXPECTED);
    struct trace *a = make(m, 7, 0), *b = make(back, 7, 0);
    assert_true(trace_digest(a) == trace_digest(b));
    trace_free(a);
    trace_free(b);
    model_free(m);
    model_free(back);
    strbuf_free(&once);
    strbuf_free(&twice);
}

static void bad_models_are_refused(void **state) {
    (void)state;
    refuse("{", "JSON ends");
    refuse("[]", "one JSON object");
    refuse("{\"pools\": []}", "format");
    refuse(HEAD "\"pools\": []}", "no pools");
    refuse(HEAD "\"pols\": []}", "did you mean \"pools\"");
    refuse(HEAD "\"process\": \"stat\", \"pools\": []}", "state");
    refuse(HEAD SCALES "\"pools\": [{\"availability\": 0.5, " WEIGHTS "}]}", "needs a \"name\"");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 1.5, " WEIGHTS "}]}", "pools[0].availability");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, \"weights\": [1, 0]}]}", "has 2 numbers");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, \"weights\": [0.5, 0.1, 0]}]}",
           "sum to 0.6");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", " WEIGHTS "}]}", "levels");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"levels\": [[0, 0.5], [0.5, 0.5]], " WEIGHTS "}]}",
           "whole capacity");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"levels\": [[0, 0.5], [0, 0.5]], " WEIGHTS "}]}",
           "capacity 0 twice");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"levels\": [[0, 0.5], [1, 0.4]], " WEIGHTS "}]}", "sum to 0.9");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, " WEIGHTS ", \"loads\": {\"f\": 2}}]}",
           "-1 to 1");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, " WEIGHTS
                       ", \"loads\": {\"f\": 0.9, \"g\": 0.9}}]}",
           "squares");
    refuse(HEAD SCALES "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, " WEIGHTS "}, {\"name\": \"a\", "
                       "\"availability\": 0.5, " WEIGHTS "}]}",
           "twice");
    refuse(HEAD "\"scales_h\": [2, 1], \"pools\": [{\"name\": \"a\", \"availability\": 0.5, \"weights\": [1, 0]}]}",
           "rising");
    refuse(HEAD
           "\"process\": \"runs\", \"pools\": [{\"name\": \"a\", \"up\": {\"family\": \"weibul\"}, \"down\": {}}]}",
           "did you mean 'weibull'");
    refuse(HEAD
           "\"process\": \"runs\", \"pools\": [{\"name\": \"a\", \"up\": {\"family\": \"weibull\", \"scale_h\": 1}, "
           "\"down\": {}}]}",
           "needs \"shape\"");
    refuse(
        HEAD
        "\"process\": \"runs\", \"pools\": [{\"name\": \"a\", \"up\": {\"family\": \"exponential\", \"mean_h\": 1}}]}",
        "needs both");
    refuse(HEAD "\"events\": [{\"at\": \"1h\"}]}", "needs a \"kind\"");
    refuse(HEAD "\"events\": [{\"kind\": \"outage\", \"at\": \"1h\"}]}", "needs \"for\"");
    refuse(HEAD "\"events\": [{\"kind\": \"price\", \"for\": \"1h\"}]}", "needs a \"factor\"");
    refuse(HEAD "\"events\": [{\"kind\": \"flap\", \"for\": \"1h\"}]}", "needs a \"period\"");
    refuse(HEAD "\"lifetime\": {\"family\": \"exponential\", \"mean_h\": -1}}", "lifetime");
}

/* ---- traces ----------------------------------------------------------------------------- */

static struct model *state_model(const char *shares, const char *extra) {
    char text[2048];
    snprintf(
        text, sizeof text,
        HEAD
        "\"shares\": \"%s\", \"span\": \"60d\", \"resolution\": \"10m\", " SCALES "\"pools\": ["
        "{\"name\": \"us-east-1a\", \"levels\": [[0, 0.3], [3, 0.2], [5, 0.5]], " WEIGHTS
        ", \"loads\": {\"cloud\": 0.5, \"east\": 0.7}, \"price\": {\"mean_usd\": 1.2, \"step\": 0.02, \"pull\": 0.1}}, "
        "{\"name\": \"us-east-1b\", \"availability\": 0.6, " WEIGHTS
        ", \"loads\": {\"cloud\": 0.5, \"east\": 0.7}}%s]}",
        shares, extra);
    return parse(text);
}

/* A pool more changes no other, nor do threads, span or other seeds' order. */
static void pools_have_their_own_streams(void **state) {
    (void)state;
    struct error e = {0};
    struct model *two = state_model("expected", "");
    struct model *three = state_model("expected", ", {\"name\": \"us-east-1aa\", \"availability\": 0.2, " WEIGHTS
                                                  ", \"loads\": {\"cloud\": 0.9}}");
    struct trace *a = make(two, 3, 0), *b = make(three, 3, 0), *other = make(two, 4, 0),
                 *longer = make(two, 3, 90 * MS_PER_DAY);
    for (uint32_t i = 0; i < 2; i++) {
        const struct trace_pool *x = &a->pools[i], *y = &b->pools[trace_find_pool(b, x->name)], *z = &longer->pools[i];
        assert_int_equal(x->capacity.n, y->capacity.n);
        assert_memory_equal(x->capacity.at_ms, y->capacity.at_ms, x->capacity.n * sizeof(int64_t));
        assert_memory_equal(x->capacity.value, y->capacity.value, x->capacity.n * sizeof(uint32_t));
        assert_memory_equal(x->capacity.at_ms, z->capacity.at_ms, x->capacity.n * sizeof(int64_t));
    }
    assert_true(trace_digest(a) != trace_digest(other));
    struct synth_options many = {.seed = 3, .threads = 7};
    struct trace *threaded = NULL;
    assert_ok(synth_trace(two, &many, &threaded, &e), &e);
    assert_true(trace_digest(a) == trace_digest(threaded));
    struct trace *all[] = {a, b, other, longer, threaded};
    for (size_t i = 0; i < 5; i++) trace_free(all[i]);
    model_free(two);
    model_free(three);
}

static double share_at_least(const struct trace_pool *p, uint32_t value) {
    int64_t up = 0;
    for (uint32_t i = 0; i < p->capacity.n; i++) {
        int64_t end = i + 1 < p->capacity.n ? p->capacity.at_ms[i + 1] : p->span_ms;
        if (p->capacity.value[i] >= value) up += end - p->capacity.at_ms[i];
    }
    return (double)up / (double)p->span_ms;
}

static void shares_hold(void **state) {
    (void)state;
    struct model *exact = state_model("exact", ""), *expected = state_model("expected", "");
    double mean[3] = {0, 0, 0}, price = 0;
    const uint32_t n = 40;
    for (uint32_t seed = 0; seed < n; seed++) {
        struct trace *t = make(exact, seed, 0);
        assert_true(fabs(share_at_least(&t->pools[0], 1) - .7) < .01);
        assert_true(fabs(share_at_least(&t->pools[0], 5) - .5) < .01);
        assert_true(fabs(share_at_least(&t->pools[1], 1) - .6) < .01);
        struct trace_pool_stat s;
        struct error e = {0};
        assert_ok(trace_stat_pool(&t->pools[0], &s, &e), &e);
        assert_true(fabs(s.price_mean - 1.2) < 1e-3 && s.price_max > s.price_min);
        for (uint32_t i = 0; i < t->pools[0].capacity.n; i++) assert_true(t->pools[0].capacity.at_ms[i] % 600000 == 0);
        trace_free(t);
        t = make(expected, seed, 0);
        mean[0] += share_at_least(&t->pools[0], 1) / n;
        mean[1] += share_at_least(&t->pools[0], 5) / n;
        mean[2] += share_at_least(&t->pools[1], 1) / n;
        assert_ok(trace_stat_pool(&t->pools[0], &s, &e), &e);
        price += s.price_mean / n;
        trace_free(t);
    }
    assert_true(fabs(mean[0] - .7) < .04 && fabs(mean[1] - .5) < .04 && fabs(mean[2] - .6) < .04);
    assert_true(fabs(price - 1.2) < .02);
    model_free(exact);
    model_free(expected);
}

/* Bounds with a swing still give the share on average over the hours; pools
 * that are always or never up stay so. */
static void bounds_and_swing(void **state) {
    (void)state;
    struct model_state s = {.n_waves = 1, .waves = {{24, .8, 0}}};
    double swing[SWING_HOURS], sum = 0, noon = 0, midnight = 0;
    model_swing_week(&s, swing);
    assert_true(fabs(model_swing(&s, 0) - .8) < 1e-12 && fabs(model_swing(&s, 12) + .8) < 1e-12);
    double b = model_bound(swing, .3);
    for (int h = 0; h < SWING_HOURS; h++) sum += .5 * erfc(-(b - swing[h]) / sqrt(2)) / SWING_HOURS;
    assert_true(fabs(sum - .3) < 1e-6);
    assert_true(isinf(model_bound(swing, 0)) && isinf(model_bound(swing, 1)));
    struct model *m =
        parse(HEAD "\"shares\": \"expected\", \"span\": \"400d\", \"resolution\": \"10m\", " SCALES
                   "\"pools\": [{\"name\": \"a\", \"availability\": 0.5, " WEIGHTS
                   ", \"waves\": [{\"period_h\": 24, \"cos\": 0.8, \"sin\": 0}, {\"period_h\": 100, \"cos\": 0.1}]}, "
                   "{\"name\": \"b\", \"availability\": 1, " WEIGHTS
                   "}, {\"name\": \"c\", \"availability\": 0, " WEIGHTS "}]}");
    struct trace *t = make(m, 1, 0);
    assert_int_equal(t->pools[1].capacity.n, 1);
    assert_int_equal(t->pools[1].capacity.value[0], 1);
    assert_int_equal(t->pools[2].capacity.value[0], 0);
    const struct trace_capacity *c = &t->pools[0].capacity;
    for (uint32_t i = 0; i + 1 < c->n; i++)
        for (int64_t at = c->at_ms[i]; c->value[i] && at < c->at_ms[i + 1]; at += 600000) {
            int64_t hour = at / MS_PER_HOUR % 24;
            midnight += hour == 0;
            noon += hour == 12;
        }
    assert_true(midnight > 1.8 * noon);
    trace_free(t);
    model_free(m);
}

/* Zones of a region go together more than zones of two. */
static void factors_tie_pools(void **state) {
    (void)state;
    struct model *m = state_model("exact", ", {\"name\": \"us-west-2a\", \"availability\": 0.6, " WEIGHTS
                                           ", \"loads\": {\"cloud\": 0.5, \"west\": 0.7}}");
    double same = 0, across = 0;
    for (uint32_t seed = 0; seed < 30; seed++) {
        struct trace *t = make(m, seed, 0);
        same += trace_stat_correlation(&t->pools[0], &t->pools[1], t->span_ms) / 30;
        across += trace_stat_correlation(&t->pools[0], &t->pools[2], t->span_ms) / 30;
        trace_free(t);
    }
    /* hidden correlations .8 x .74 and .8 x .25 (only two of three scales are shared) */
    assert_true(same > .3 && same < .5);
    assert_true(across > .06 && across < .22);
    model_free(m);
}

static void group_losses(void **state) {
    (void)state;
    struct model *m =
        parse(HEAD "\"process\": \"runs\", \"span\": \"400d\", \"pools\": [{\"name\": \"p\", \"width\": 16, "
                   "\"whole_loss\": 0.25, \"refill_h\": 0.5, \"batches\": [0.5, 0, 0.5], \"up\": {\"family\": "
                   "\"h2\", \"p_short\": 0.5, \"mean_short_h\": 1, \"mean_long_h\": 9}, \"down\": {\"family\": "
                   "\"exponential\", \"mean_h\": 1}}]}");
    struct trace *t = make(m, 1, 0);
    const struct trace_capacity *c = &t->pools[0].capacity;
    double losses = 0, whole = 0;
    for (uint32_t i = 1; i < c->n; i++) {
        assert_true(c->value[i] <= 16);
        if (c->value[i] >= c->value[i - 1]) continue;
        losses++;
        whole += c->value[i] == 0;
    }
    assert_true(losses > 1000 && fabs(whole / losses - .25) < .04);
    assert_true(fabs(share_at_least(&t->pools[0], 1) - 5.0 / 6) < .04);
    trace_free(t);
    model_free(m);
}

/* ---- events -------------------------------------------------------------------------------- */

static uint32_t capacity_at(const struct trace_pool *p, int64_t at_ms) {
    uint32_t i = 0;
    while (i + 1 < p->capacity.n && p->capacity.at_ms[i + 1] <= at_ms) i++;
    return p->capacity.value[i];
}

static struct trace *with_events(const char *events) {
    char text[2048];
    struct error e = {0};
    static const char tidy[] =
        "# spotsim-trace 1\n"
        "# pool {\"name\": \"us-east-1a\", \"cloud\": \"aws\", \"region\": \"us-east-1\", \"zone\": "
        "\"us-east-1a\", \"type\": \"\", \"cloud_inferred\": false, \"gap_ms\": 0, \"resolution_ms\": 0, "
        "\"span_ms\": 360000000, \"samples\": 0, \"price_samples\": 0}\n"
        "# pool {\"name\": \"us-west-2a\", \"cloud\": \"aws\", \"region\": \"us-west-2\", \"zone\": "
        "\"us-west-2a\", \"type\": \"\", \"cloud_inferred\": false, \"gap_ms\": 0, \"resolution_ms\": 0, "
        "\"span_ms\": 360000000, \"samples\": 0, \"price_samples\": 0}\n"
        "time,pool,capacity,price\n0,us-east-1a,4,2\n0,us-west-2a,8,1\n18000,us-east-1a,0,\n"
        "36000,us-east-1a,3,\n72000,us-east-1a,5,3\n";
    struct trace *t = NULL, *out = NULL;
    snprintf(text, sizeof text, HEAD "\"events\": [%s]}", events);
    struct model *m = parse(text);
    assert_ok(trace_load_memory("t.csv", tidy, strlen(tidy), NULL, &t, NULL, &e), &e);
    assert_ok(synth_events(t, m, &out, &e), &e);
    trace_free(t);
    model_free(m);
    return out;
}
#define HOUR(x) ((int64_t)((x)*3600000.0))

static void outages_and_prices(void **state) {
    (void)state;
    struct trace *t =
        with_events("{\"kind\": \"outage\", \"pools\": \"us-east-1\", \"at\": \"15h\", \"for\": \"10h\"}, "
                    "{\"kind\": \"price\", \"at\": \"19h\", \"for\": \"2h\", \"factor\": 5}, "
                    "{\"kind\": \"outage\", \"at\": \"99h\", \"for\": \"9h\"}, {\"kind\": \"outage\", \"at\": "
                    "\"200h\", \"for\": \"9h\"}");
    const struct trace_pool *a = &t->pools[0], *b = &t->pools[1];
    assert_int_equal(capacity_at(a, HOUR(14.9)), 3);
    assert_int_equal(capacity_at(a, HOUR(15)), 0);
    assert_int_equal(capacity_at(a, HOUR(24.9)), 0);
    assert_int_equal(capacity_at(a, HOUR(25)), 5);
    assert_int_equal(capacity_at(b, HOUR(20)), 8);
    assert_int_equal(capacity_at(b, HOUR(99.5)), 0);
    assert_int_equal(a->price.n, 4);
    assert_int_equal(a->price.uusd_per_h[1], 10000000);
    assert_int_equal(a->price.at_ms[1], HOUR(19));
    assert_int_equal(a->price.uusd_per_h[2], 15000000);
    assert_int_equal(a->price.uusd_per_h[3], 3000000);
    trace_free(t);
}

static void droughts_and_flapping(void **state) {
    (void)state;
    struct trace *t =
        with_events("{\"kind\": \"drought\", \"pools\": \"us-east-1a\", \"at\": \"0s\", \"for\": \"30h\", \"factor\": "
                    "0.5}, {\"kind\": \"flap\", \"pools\": \"us-west*\", \"at\": \"10h\", \"for\": \"3h\", \"period\": "
                    "\"1h\"}");
    const struct trace_pool *a = &t->pools[0], *b = &t->pools[1];
    assert_int_equal(capacity_at(a, HOUR(2.4)), 4);
    assert_int_equal(capacity_at(a, HOUR(2.6)), 0);  /* half of five hours */
    assert_int_equal(capacity_at(a, HOUR(19.9)), 3); /* the spell from 10 h is cut at 30 h: dry from 20 h */
    assert_int_equal(capacity_at(a, HOUR(20.1)), 0);
    assert_int_equal(capacity_at(a, HOUR(29.9)), 0);
    assert_int_equal(capacity_at(a, HOUR(30)), 5);
    for (int h = 10; h < 13; h++) {
        assert_int_equal(capacity_at(b, HOUR(h + .25)), 8);
        assert_int_equal(capacity_at(b, HOUR(h + .75)), 0);
    }
    assert_int_equal(capacity_at(b, HOUR(13)), 8);
    trace_free(t);
}

static void events_choose_pools(void **state) {
    (void)state;
    struct trace *t = with_events(
        "{\"kind\": \"outage\", \"pools\": \"@region\", \"at\": \"50h\", \"for\": \"1h\"}, {\"kind\": "
        "\"flap\", \"pools\": \"@cheapest\", \"at\": \"60h\", \"for\": \"1h\", \"period\": \"1h\"}, {\"kind\": "
        "\"on-demand\", \"denial\": 1}");
    assert_int_equal(capacity_at(&t->pools[0], HOUR(50.5)), 5); /* the west gives more and is cheaper */
    assert_int_equal(capacity_at(&t->pools[1], HOUR(50.5)), 0);
    assert_int_equal(capacity_at(&t->pools[0], HOUR(60.7)), 5);
    assert_int_equal(capacity_at(&t->pools[1], HOUR(60.7)), 0);
    trace_free(t);
}

static void limits_are_named(void **state) {
    (void)state;
    struct error e = {0};
    struct trace *t = NULL;
    struct model *none = parse(HEAD "\"lifetime\": {\"family\": \"exponential\", \"mean_h\": 1}}");
    struct synth_options o = {.seed = 1};
    assert_input_error(synth_trace(none, &o, &t, &e), &e, "no pools");
    struct model *m = state_model("exact", "");
    struct strbuf out = {0};
    o.span_ms = TIME_LIMIT_MS + 1;
    assert_input_error(synth_trace(m, &o, &t, &e), &e, "days");
    assert_input_error(synth_lifetimes(m, 1, 5, &out, &e), &e, "no lifetime");
    model_free(none);
    model_free(m);
    m = parse(
        HEAD
        "\"scales_h\": [0.0001, 1], \"pools\": [{\"name\": \"p\", \"availability\": 0.5, \"weights\": [0.5, 0.5]}]}");
    o.span_ms = 2000 * MS_PER_DAY;
    assert_input_error(synth_trace(m, &o, &t, &e), &e, "would change");
    model_free(m);
}

/* Loads of 0 change nothing, but make the sum per step look cheaper than the
 * list of changes: both give the same trace. */
static void both_ways_to_add_up_agree(void **state) {
    (void)state;
    struct trace *t[2];
    for (int way = 0; way < 2; way++) {
        struct strbuf text = {0};
        strbuf_puts(&text,
                    HEAD "\"span\": \"90d\", \"resolution\": \"60s\", \"scales_h\": [1, 8], \"common\": [0.5, 1], "
                         "\"pools\": [{\"name\": \"p\", \"levels\": [[0, 0.4], [2, 0.3], [5, 0.3]], \"weights\": [0.5, "
                         "0.5], \"waves\": [{\"period_h\": 24, \"cos\": 0.3, \"sin\": 0}], \"loads\": {\"a\": 0.5");
        for (int i = 0; way && i < 40; i++) strbuf_printf(&text, ", \"none-%d\": 0", i);
        strbuf_puts(&text, "}}]}");
        struct model *m = parse(text.data);
        t[way] = make(m, 3, 0);
        model_free(m);
        strbuf_free(&text);
    }
    const struct trace_capacity *a = &t[0]->pools[0].capacity, *b = &t[1]->pools[0].capacity;
    assert_int_equal(a->n, b->n);
    assert_true(a->n > 500);
    assert_memory_equal(a->at_ms, b->at_ms, a->n * sizeof *a->at_ms);
    assert_memory_equal(a->value, b->value, a->n * sizeof *a->value);
    trace_free(t[0]);
    trace_free(t[1]);
}

static void skypilot_format_reads_back(void **state) {
    (void)state;
    struct error e = {0};
    struct model *m = state_model("exact", "");
    struct trace *t = make(m, 2, 0), *back = NULL;
    struct strbuf out = {0};
    synth_write_skypilot(&t->pools[0], 600000, &out);
    assert_ok(trace_load_memory("us-east-1a.json", out.data, out.size, NULL, &back, NULL, &e), &e);
    assert_int_equal(back->pools[0].capacity.n, t->pools[0].capacity.n);
    assert_memory_equal(back->pools[0].capacity.at_ms, t->pools[0].capacity.at_ms,
                        back->pools[0].capacity.n * sizeof(int64_t));
    assert_int_equal(back->pools[0].price.n, t->pools[0].price.n);
    strbuf_free(&out);
    trace_free(t);
    trace_free(back);
    model_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_as_scenario_text),
        cmocka_unit_test(quantiles_follow_survival),
        cmocka_unit_test(residuals_follow_the_survival_function),
        cmocka_unit_test(empirical_runs_are_resampled),
        cmocka_unit_test(models_read_back),
        cmocka_unit_test(bad_models_are_refused),
        cmocka_unit_test(pools_have_their_own_streams),
        cmocka_unit_test(shares_hold),
        cmocka_unit_test(bounds_and_swing),
        cmocka_unit_test(factors_tie_pools),
        cmocka_unit_test(group_losses),
        cmocka_unit_test(outages_and_prices),
        cmocka_unit_test(droughts_and_flapping),
        cmocka_unit_test(events_choose_pools),
        cmocka_unit_test(limits_are_named),
        cmocka_unit_test(both_ways_to_add_up_agree),
        cmocka_unit_test(skypilot_format_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
