/* SPDX-License-Identifier: Apache-2.0
 * Runs against formulas: what renewal theory, Markov chains and plain sums say
 * a fleet on simple random clouds must show.  Each comparison is of the mean of
 * replications with the exact expectation, within CLOSED_Z_MAX standard errors
 * and with the tolerance stated beside it. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_sf_gamma.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"
#include "tests/support/closed.h"

#define HOUR 3600.0
#define DAYS(n) ((int64_t)(n)*86400)

static uint64_t runs(void) { return test_times(16, 200); }

/* ---- one replica: alternating renewal -------------------------------------- */

/* E[(X - c)+]: what is left of a lifetime after a cold start of c seconds. */
static double left_exponential(double mean, double shape, double c) {
    (void)shape;
    return mean * exp(-c / mean);
}

static double left_weibull(double scale, double shape, double c) {
    return scale / shape * gsl_sf_gamma(1 / shape) * gsl_sf_gamma_inc_Q(1 / shape, pow(c / scale, shape));
}

static double left_lognormal(double median, double sigma, double c) {
    double rest = median * exp(sigma * sigma / 2);
    if (c <= 0) return rest;
    double z = log(median / c) / sigma;
    return rest * gsl_cdf_ugaussian_P(z + sigma) - c * gsl_cdf_ugaussian_P(z);
}

static double left_gamma(double mean, double shape, double c) {
    double scale = mean / shape;
    return mean * gsl_cdf_gamma_Q(c, shape + 1, scale) - c * gsl_cdf_gamma_Q(c, shape, scale);
}

/* Weibull(scale, 0.6) in four of ten cases, else normal(mean, a tenth of it). */
static double left_weibull_normal(double scale, double mean, double c) {
    double sd = mean / 10, z = (mean - c) / sd;
    double normal = (mean - c) * gsl_cdf_ugaussian_P(z) + sd * exp(-z * z / 2) / sqrt(2 * M_PI);
    return 0.4 * left_weibull(scale, 0.6, c) + 0.6 * normal;
}

struct lifetime_case {
    const char *text; /* as in a scenario */
    double (*left)(double a, double b, double c);
    double a, b; /* seconds; shape, or seconds */
};

static const struct lifetime_case lifetimes[] = {
    {"exponential(1h)", left_exponential, HOUR, 0},
    {"weibull(2h,0.6)", left_weibull, 2 * HOUR, 0.6},
    {"weibull(30m,2)", left_weibull, HOUR / 2, 2},
    {"lognormal(40m,1)", left_lognormal, HOUR * 2 / 3, 1},
    {"gamma(1h,3)", left_gamma, HOUR, 3},
    {"weibull-normal(0.4,1h,0.6,5h,30m)", left_weibull_normal, HOUR, 5 * HOUR},
};
#define LIFETIMES (sizeof lifetimes / sizeof lifetimes[0])

/* A replica is gone, another is launched at once: each cycle lasts a launch
 * delay and a lifetime, and serves what the cold start leaves of it. */
static double renewal_share(const struct lifetime_case *l, double delay, double cold) {
    return l->left(l->a, l->b, cold) / (delay + l->left(l->a, l->b, 0));
}

static void test_renewal(void **state) {
    (void)state;
    static const struct {
        const char *delay, *cold;
        double delay_s, cold_s;
    } lags[] = {{"0s", "0s", 0, 0}, {"45s", "183s", 45, 183}, {"5m", "10m", 300, 600}};
    uint64_t n = 0;
    for (size_t i = 0; i < LIFETIMES; i++) {
        for (size_t k = 0; k < sizeof lags / sizeof lags[0]; k++) {
            struct harness h;
            struct moments full = {0};
            closed_start(&h, "spot()+cheapest", 1, DAYS(200), "5d");
            harness_set(&h, "cloud.defaults.lifetime", lifetimes[i].text);
            harness_set(&h, "cloud.defaults.launch_delay", lags[k].delay);
            harness_set(&h, "cloud.defaults.cold_start", lags[k].cold);
            for (uint64_t r = 0; r < runs(); r++, n++) {
                h.config.replication = r;
                harness_run(&h);
                moments_add(&full, h.result.full);
            }
            closed_check(lifetimes[i].text, &full, renewal_share(&lifetimes[i], lags[k].delay_s, lags[k].cold_s), 0.01);
            harness_end(&h);
        }
    }
    test_count("closed forms: renewal, runs", n);
}

/* A zone that is up and down by turns: exponential(mean_s) runs, to the ms. */
static struct trace *alternating_trace(uint64_t key, double up_s, double down_s, int64_t span_s, int64_t *up_ms) {
    struct trace *t = harness_trace(1, (const char *const[]){"a"}, (const char *const[]){"0:1"}, span_s);
    struct trace_capacity *c = &t->pools[0].capacity;
    uint32_t room = 1;
    *up_ms = 0;
    for (int64_t at = 0;;) {
        double mean_ms = 1000 * (c->value[c->n - 1] ? up_s : down_s);
        int64_t run = 1 + (int64_t)(-mean_ms * log(random_u01(random_key(key, c->n))));
        int64_t end = at + run < span_s * 1000 ? at + run : span_s * 1000;
        if (c->value[c->n - 1]) *up_ms += end - at;
        at = end;
        if (at == span_s * 1000) return t;
        if (c->n == room) {
            room = room * 2 + 64;
            c->at_ms = realloc(c->at_ms, room * sizeof *c->at_ms);
            c->value = realloc(c->value, room * sizeof *c->value);
            assert_non_null(c->at_ms);
            assert_non_null(c->value);
        }
        c->at_ms[c->n] = at;
        c->value[c->n] = !c->value[c->n - 1];
        c->n++;
    }
}

static void test_alternating_zone(void **state) {
    (void)state;
    const double up = 2000, down = 700, cold = 183;
    struct moments full = {0}, preempted = {0};
    const int64_t span_s = DAYS(60);
    for (uint64_t r = 0; r < runs(); r++) {
        int64_t up_ms;
        struct harness h;
        struct trace *t = alternating_trace(random_key(77, r), up, down, span_s, &up_ms);
        harness_start(&h, t, true, "ideal", "spot()+cheapest", 1);
        harness_run(&h);
        /* without lag, exactly the time up */
        assert_true(h.result.full == (double)up_ms / (double)h.config.horizon_ms);
        harness_set(&h, "cloud.defaults.cold_start", "183s");
        h.config.warmup_ms = MS_PER_DAY;
        harness_run(&h);
        moments_add(&full, h.result.full);
        moments_add(&preempted, (double)h.result.preempted);
        harness_end(&h);
    }
    closed_check("alternating zone: full", &full, up * exp(-cold / up) / (up + down), 0.01);
    closed_check("alternating zone: preempted", &preempted, (double)(span_s - DAYS(1)) / (up + down), 60);
    test_count("closed forms: alternating zone, runs", 2 * runs());
}

/* States rarer than this are met too seldom to be compared one by one. */
#define RARE 1e-3

/* ---- k of n ------------------------------------------------------------------ */

/* n independent replicas, each ready a share p of the time. */
static void k_of_n(const char *policy, uint32_t target, uint32_t spot, uint32_t on_demand) {
    const struct lifetime_case *life = &lifetimes[1];
    double p = renewal_share(life, 120, 600);
    struct moments share[OCCUPANCY_MAX] = {{0}}, full = {0}, any = {0};
    struct harness h;
    closed_start(&h, policy, target, DAYS(300), "20d");
    harness_set(&h, "cloud.defaults.lifetime", life->text);
    harness_set(&h, "cloud.defaults.launch_delay", "120s");
    harness_set(&h, "cloud.defaults.cold_start", "10m");
    for (uint64_t r = 0; r < runs(); r++) {
        struct occupancy o;
        h.config.replication = r;
        occupancy_run(&h, &o);
        for (uint32_t k = 0; k <= spot; k++) moments_add(&share[k], occupancy_share(&o, OCCUPANCY_SPOT, k));
        assert_true(occupancy_share(&o, OCCUPANCY_ON_DEMAND, on_demand) == 1);
        moments_add(&full, h.result.full);
        moments_add(&any, h.result.any);
    }
    char what[64];
    for (uint32_t k = 0; k <= spot; k++) {
        snprintf(what, sizeof what, "%s: %u spot ready", policy, k);
        if (binomial_is(spot, p, k) > RARE) closed_check(what, &share[k], binomial_is(spot, p, k), 0.01);
    }
    closed_check(policy, &full, binomial_least(spot, p, target - on_demand), 0.01);
    closed_check(policy, &any, on_demand ? 1 : binomial_least(spot, p, 1), 0.01);
    harness_end(&h);
}

static void test_k_of_n(void **state) {
    (void)state;
    k_of_n("spot()+cheapest", 4, 4, 0);
    k_of_n("spot(overprovision=2)+cheapest", 4, 6, 0);
    k_of_n("static-base(base=2)+cheapest", 5, 3, 2);
    k_of_n("base-percent(base=1,percent=50)+cheapest", 4, 1, 3); /* half of three rounds up */
    test_count("closed forms: k of n, runs", 4 * runs());
}

/* ---- a Markov chain: spot with on-demand fallback ------------------------------- */

/* n spot replicas with exponential lifetimes (rate l) and cold starts (rate m)
 * under skyserve(dynamic=true): on-demand fills up with the same cold start,
 * and goes, starting ones first, when spot is ready.  State: s spot ready, b
 * on-demand booting of the n - s held. */
#define CHAIN_N 5u
#define CHAIN_STATES ((CHAIN_N + 1) * (CHAIN_N + 2) / 2)

static uint32_t chain_at(uint32_t s, uint32_t b) {
    uint32_t before = 0;
    for (uint32_t i = 0; i < s; i++) before += CHAIN_N - i + 1;
    return before + b;
}

static void chain_rate(gsl_matrix *q, uint32_t from, uint32_t to, double rate) {
    gsl_matrix_set(q, to, from, gsl_matrix_get(q, to, from) + rate);
    gsl_matrix_set(q, from, from, gsl_matrix_get(q, from, from) - rate);
}

/* The stationary distribution: Q' pi = 0 with one row replaced by sum pi = 1. */
static gsl_vector *chain_solve(double l, double m) {
    gsl_matrix *q = gsl_matrix_calloc(CHAIN_STATES, CHAIN_STATES);
    for (uint32_t s = 0; s <= CHAIN_N; s++) {
        for (uint32_t b = 0; b <= CHAIN_N - s; b++) {
            uint32_t here = chain_at(s, b);
            if (s < CHAIN_N) chain_rate(q, here, chain_at(s + 1, b > 0 ? b - 1 : 0), (CHAIN_N - s) * m);
            if (s > 0) chain_rate(q, here, chain_at(s - 1, b + 1), s * l);
            if (b > 0) chain_rate(q, here, chain_at(s, b - 1), b * m);
        }
    }
    gsl_vector *pi = gsl_vector_calloc(CHAIN_STATES), *right = gsl_vector_calloc(CHAIN_STATES);
    gsl_permutation *p = gsl_permutation_alloc(CHAIN_STATES);
    for (uint32_t i = 0; i < CHAIN_STATES; i++) gsl_matrix_set(q, 0, i, 1);
    gsl_vector_set(right, 0, 1);
    int sign;
    gsl_linalg_LU_decomp(q, p, &sign);
    gsl_linalg_LU_solve(q, p, right, pi);
    gsl_permutation_free(p);
    gsl_vector_free(right);
    gsl_matrix_free(q);
    return pi;
}

struct chain_result {
    double spot[CHAIN_N + 1], both[CHAIN_N + 1], capacity, on_demand; /* mean on-demand held */
};

static struct chain_result chain_expect(double l, double m) {
    struct chain_result x = {.capacity = 0};
    gsl_vector *pi = chain_solve(l, m);
    for (uint32_t s = 0; s <= CHAIN_N; s++) {
        for (uint32_t b = 0; b <= CHAIN_N - s; b++) {
            double p = gsl_vector_get(pi, chain_at(s, b));
            x.spot[s] += p;
            x.both[CHAIN_N - b] += p;
            x.capacity += p * (CHAIN_N - b) / CHAIN_N;
            x.on_demand += p * (CHAIN_N - s);
        }
    }
    gsl_vector_free(pi);
    return x;
}

static void chain_case(const char *life, const char *cold, double life_s, double cold_s) {
    const double price_spot = 0.9, price_on_demand = 3.06;
    struct chain_result x = chain_expect(1 / life_s, 1 / cold_s);
    struct moments spot[CHAIN_N + 1] = {{0}}, both[CHAIN_N + 1] = {{0}}, full = {0}, capacity = {0}, cost = {0};
    struct harness h;
    closed_start(&h, "skyserve(dynamic=true)+cheapest", CHAIN_N, DAYS(150), "2d");
    harness_set(&h, "cloud.defaults.lifetime", life);
    harness_set(&h, "cloud.defaults.cold_start", cold);
    harness_set(&h, "cloud.defaults.price_spot", "0.9");
    harness_set(&h, "cloud.defaults.price_on_demand", "3.06");
    double hours = (double)(h.config.horizon_ms - h.config.warmup_ms) / (double)MS_PER_HOUR;
    for (uint64_t r = 0; r < runs(); r++) {
        struct occupancy o;
        h.config.replication = r;
        occupancy_run(&h, &o);
        for (uint32_t k = 0; k <= CHAIN_N; k++) {
            moments_add(&spot[k], occupancy_share(&o, OCCUPANCY_SPOT, k));
            moments_add(&both[k], occupancy_share(&o, OCCUPANCY_BOTH, k));
        }
        moments_add(&full, h.result.full);
        moments_add(&capacity, h.result.capacity);
        moments_add(&cost, h.result.cost_total_usd / hours);
    }
    char what[64];
    for (uint32_t k = 0; k <= CHAIN_N; k++) {
        /* the chain of spot alone is the birth-death chain of n machines */
        assert_true(fabs(x.spot[k] - binomial_is(CHAIN_N, life_s / (life_s + cold_s), k)) < 1e-12);
        snprintf(what, sizeof what, "life %s: %u spot ready", life, k);
        if (x.spot[k] > RARE) closed_check(what, &spot[k], x.spot[k], 0.005);
        snprintf(what, sizeof what, "life %s: %u ready in all", life, k);
        if (x.both[k] > RARE) closed_check(what, &both[k], x.both[k], 0.005);
    }
    closed_check("chain: full", &full, x.both[CHAIN_N], 0.005);
    closed_check("chain: capacity", &capacity, x.capacity, 0.002);
    closed_check("chain: cost per hour", &cost, CHAIN_N * price_spot + x.on_demand * price_on_demand, 0.03);
    harness_end(&h);
}

static void test_chain(void **state) {
    (void)state;
    chain_case("exponential(1h)", "exponential(10m)", HOUR, 600);
    chain_case("exponential(2h)", "exponential(3m)", 2 * HOUR, 180);
    chain_case("exponential(20m)", "exponential(20m)", HOUR / 3, HOUR / 3);
    test_count("closed forms: Markov chain, runs", 3 * runs());
}

/* ---- preemptions of a spread -------------------------------------------------------- */

/* SpotHedge's first-principles check: zones with preemption rates l_i, n
 * replicas over m zones for a time T.  A static spread meets n T mean(l_i)
 * preemptions; taking zones in turn, n T m / sum(1/l_i): each launch lives
 * 1/l_i, so n T is shared among as many launches in every zone. */
static void spread(const char *placer, bool in_turn) {
    static const char *const names[] = {"a", "b", "c"};
    static const char *const lives[] = {"exponential(30m)", "exponential(2h)", "exponential(6h)"};
    static const double life_h[] = {0.5, 2, 6};
    const uint32_t m = 3, n = 6;
    const int64_t days = 60;
    struct harness h;
    struct moments preempted = {0};
    char policy[64], path[64];
    snprintf(policy, sizeof policy, "spot()+%s", placer);
    struct trace *t = harness_trace(m, names, (const char *const[]){"0:*", "0:*", "0:*"}, DAYS(days));
    harness_start(&h, t, true, "ideal", policy, n);
    double rates = 0, lives_h = 0;
    for (uint32_t i = 0; i < m; i++) {
        snprintf(path, sizeof path, "cloud.pools.%s.lifetime", names[i]);
        harness_set(&h, path, lives[i]);
        rates += 1 / life_h[i];
        lives_h += life_h[i];
    }
    h.config.warmup_ms = 10 * MS_PER_DAY;
    double hours = (double)(days - 10) * 24;
    double expected = in_turn ? n * hours * m / lives_h : n * hours * rates / m;
    for (uint64_t r = 0; r < runs(); r++) {
        h.config.replication = r;
        harness_run(&h);
        assert_true(h.result.full == 1); /* a replacement is there at once */
        moments_add(&preempted, (double)h.result.preempted);
    }
    closed_check(placer, &preempted, expected, 0.03 * expected);
    harness_end(&h);
}

static void test_spread(void **state) {
    (void)state;
    spread("even-spread", false);
    spread("round-robin", true);
    test_count("closed forms: preemptions of a spread, runs", 2 * runs());
}

/* ---- what a notice saves ---------------------------------------------------------------- */

/* Every life is longer than a lead and a cold start, so each preemption costs
 * max(0, cold start - lead seen) exactly. */
static void notice_case(uint64_t key) {
    int64_t lead_s = (int64_t)(random_u01(random_key(key, 1)) * 400);
    int64_t delay_s = (int64_t)(random_u01(random_key(key, 2)) * 150);
    int64_t cold_s = (int64_t)(random_u01(random_key(key, 3)) * 400);
    bool react = random_key(key, 4) % 4 != 0;
    int64_t seen_s = !react || delay_s >= lead_s ? 0 : lead_s - delay_s;
    int64_t gap_s = cold_s > seen_s ? cold_s - seen_s : 0;
    char text[64];
    struct harness h;
    closed_start(&h, react ? "spot(notice=react)+cheapest" : "spot(notice=ignore)+cheapest", 1, DAYS(20), "1h");
    harness_set(&h, "cloud.defaults.lifetime", "uniform(2000s,9000s)");
    snprintf(text, sizeof text, "%" PRId64 "s", lead_s);
    harness_set(&h, "cloud.defaults.notice", text);
    snprintf(text, sizeof text, "%" PRId64 "s", delay_s);
    harness_set(&h, "cloud.defaults.notice_delay", text);
    snprintf(text, sizeof text, "%" PRId64 "s", cold_s);
    harness_set(&h, "cloud.defaults.cold_start", text);
    h.config.seed = key;
    harness_run(&h);
    const struct outage_stats *o = &h.result.outage_any;
    assert_true(h.result.preempted > 100);
    if (gap_s == 0) assert_int_equal(o->count, 0);
    /* the last one's gap may lie past the end; the one before the end of the warm-up may reach into it */
    if (gap_s > 0 && (h.result.preempted > o->count + 1 || o->count > h.result.preempted + 1))
        fail_msg("case %" PRIu64 ": %" PRIu64 " preemptions, %" PRIu64 " gaps", key, h.result.preempted, o->count);
    for (uint32_t i = 0; i < o->n_lengths; i++) {
        bool cut = (i == 0 && o->lengths_ms[0] < gap_s * 1000) || (i + 1 == o->n_lengths && o->last_cut);
        if (!cut) assert_int_equal(o->lengths_ms[i], gap_s * 1000);
    }
    harness_end(&h);
}

static void test_notice(void **state) {
    (void)state;
    uint64_t n = test_times(300, 5000);
    for (uint64_t i = 0; i < n; i++) notice_case(i + 1);
    test_count("closed forms: gap per preemption, cases", n);
}

/* ---- bills ------------------------------------------------------------------------------- */

struct bill_case {
    double rate_s;                    /* preemptions per second */
    double (*charged)(double life_s); /* seconds charged to a preempted lease */
    double horizon_s;
};

static double charged_aws(double life_s) { return life_s < HOUR ? 0 : ceil(life_s); }
static double charged_gcp(double life_s) { return life_s < 60 ? 60 : ceil(life_s); }
static double charged_azure(double life_s) { return ceil(life_s); }

/* Mean charge of a lease whose length is the sum of `stages` exponential
 * times: the sum over whole seconds.  Lengths are rounded to milliseconds
 * first, hence the half of one. */
static double charged_mean(const struct bill_case *c, double stages) {
    double sum = 0, before = 0;
    for (double k = 1; before < 1 - 1e-14; k++) {
        double upto = gsl_cdf_gamma_P(k + 0.0005, stages, 1 / c->rate_s);
        sum += c->charged(k - 0.5) * (upto - before);
        before = upto;
    }
    return sum;
}

/* Leases one after the other for a time T, the last one charged so far.  By
 * Wald's identity the leases up to the one running at T are rate T + 1 in the
 * mean; that one is age and rest, two exponential stages, and its age replaces
 * its charge. */
static double charged_in_horizon(const struct bill_case *c) {
    return (c->rate_s * c->horizon_s + 1) * charged_mean(c, 1) - charged_mean(c, 2) + 1 / c->rate_s;
}

static void bill(const char *rule, const char *life, struct bill_case c, double tolerance) {
    struct harness h;
    struct moments paid = {0};
    char what[64];
    closed_start(&h, "spot()+cheapest", 20, (int64_t)c.horizon_s, "0s");
    harness_set(&h, "cloud.defaults.lifetime", life);
    harness_set(&h, "cloud.defaults.billing", rule);
    harness_set(&h, "cloud.defaults.price_spot", "1");
    for (uint64_t r = 0; r < 2 * runs(); r++) {
        h.config.replication = r;
        harness_run(&h);
        moments_add(&paid, h.result.cost_total_usd * HOUR / 20);
    }
    snprintf(what, sizeof what, "billing %s, lives %s", rule, life);
    closed_check(what, &paid, charged_in_horizon(&c), tolerance * c.horizon_s);
    harness_end(&h);
}

static void test_bills(void **state) {
    (void)state;
    /* the first-hour refund by hand: e^-1 (1 h + the mean of a life rounded up) */
    struct bill_case hour = {1 / HOUR, charged_aws, 864000};
    assert_true(fabs(charged_mean(&hour, 1) - exp(-1) * (HOUR + 1 / (1 - exp(-1 / HOUR)))) < 0.01);
    bill("aws", "exponential(1h)", (struct bill_case){1 / HOUR, charged_aws, 864000}, 0.01);
    bill("aws", "exponential(20m)", (struct bill_case){3 / HOUR, charged_aws, 864000}, 0.01);
    bill("gcp", "exponential(1m)", (struct bill_case){1 / 60.0, charged_gcp, 43200}, 0.01);
    bill("azure", "exponential(30s)", (struct bill_case){1 / 30.0, charged_azure, 43200}, 0.01);
    test_count("closed forms: bills, runs", 4 * 2 * runs());
}

static int report(void **state) {
    (void)state;
    closed_report();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_renewal), cmocka_unit_test(test_alternating_zone), cmocka_unit_test(test_k_of_n),
        cmocka_unit_test(test_chain),   cmocka_unit_test(test_spread),           cmocka_unit_test(test_notice),
        cmocka_unit_test(test_bills),
    };
    return cmocka_run_group_tests(tests, NULL, report);
}
