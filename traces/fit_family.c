/* SPDX-License-Identifier: Apache-2.0
 * Maximum likelihood.  Parameters move on the whole real line (logarithms,
 * logits); standard errors come from the curvature at the maximum. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_linalg.h>
#include <gsl/gsl_multimin.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "traces/fit_private.h"

#define FREE_MAX (2 * FAMILY_PARAMETERS_MAX)
#define ITERATIONS_MAX 4000
#define RESTARTS 3
#define SIZE_DONE 1e-7
#define IMPOSSIBLE 1e300
#define H2_RUNS_MIN 30u

/* ---- likelihood --------------------------------------------------------------------- */

/* Density by a narrow interval: lengths without a probe are given to many
 * digits. */
static double density(const struct family *f, double x) {
    double width = x * 1e-4 + 1e-9;
    return (family_survival(f, x - width / 2) - family_survival(f, x + width / 2)) / width;
}

double family_log_likelihood(const struct family *f, const struct run_data *d) {
    double sum = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        const struct run_bin *b = &d->bin[i];
        double p;
        if (isinf(b->hi_h))
            p = family_survival(f, b->lo_h);
        else if (b->hi_h > b->lo_h)
            p = family_survival(f, b->lo_h) - family_survival(f, b->hi_h);
        else
            p = density(f, b->lo_h);
        if (!(p > 1e-290)) return -IMPOSSIBLE;
        sum += b->count * log(p);
    }
    return sum;
}

/* ---- free parameters ------------------------------------------------------------------ */

static double to_free(const struct family_parameter *p, double x) {
    if (p->kind == PARAMETER_SHARE) return log(x / (1 - x));
    return log(x);
}

static double from_free(const struct family_parameter *p, double x) {
    double y = p->kind == PARAMETER_SHARE ? 1 / (1 + exp(-x)) : exp(x);
    return y < p->min ? p->min : y > p->max ? p->max : y;
}

static void family_from_free(struct family *f, const double *x) {
    for (uint32_t i = 0; i < families[f->kind].n; i++) f->p[i] = from_free(&families[f->kind].parameter[i], x[i]);
}

static void family_to_free(const struct family *f, double *x) {
    for (uint32_t i = 0; i < families[f->kind].n; i++) x[i] = to_free(&families[f->kind].parameter[i], f->p[i]);
}

/* ---- minimiser -------------------------------------------------------------------------- */

typedef double (*objective)(const double *x, void *arg);
struct wrapped {
    objective f;
    void *arg;
};

static double call_wrapped(const gsl_vector *x, void *arg) {
    const struct wrapped *w = arg;
    double y = w->f(x->data, w->arg);
    return isfinite(y) ? y : IMPOSSIBLE;
}

/* Nelder and Mead's simplex, started again where it stops: it may stall. */
static bool minimise(objective f, void *arg, double *x, uint32_t n, double *least) {
    struct wrapped w = {f, arg};
    gsl_multimin_function function = {call_wrapped, n, &w};
    gsl_vector *at = gsl_vector_alloc(n), *step = gsl_vector_alloc(n);
    gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(gsl_multimin_fminimizer_nmsimplex2, n);
    bool ok = at && step && m;
    for (int round = 0; ok && round < RESTARTS; round++) {
        for (uint32_t i = 0; i < n; i++) gsl_vector_set(at, i, x[i]);
        gsl_vector_set_all(step, round ? 0.1 : 0.5);
        ok = gsl_multimin_fminimizer_set(m, &function, at, step) == GSL_SUCCESS;
        for (int i = 0; ok && i < ITERATIONS_MAX; i++) {
            if (gsl_multimin_fminimizer_iterate(m) != GSL_SUCCESS) break;
            if (gsl_multimin_fminimizer_size(m) < SIZE_DONE) break;
        }
        for (uint32_t i = 0; ok && i < n; i++) x[i] = gsl_vector_get(m->x, i);
        *least = m ? m->fval : IMPOSSIBLE;
    }
    gsl_vector_free(at);
    gsl_vector_free(step);
    if (m) gsl_multimin_fminimizer_free(m);
    return ok && *least < IMPOSSIBLE / 2;
}

/* Covariance at the minimum of a negative log-likelihood: the inverse of its
 * second derivatives.  False when they are not positive definite. */
static bool covariance(objective f, void *arg, const double *x, uint32_t n, double *out) {
    double point[FREE_MAX], h = 1e-3;
    gsl_matrix *m = gsl_matrix_alloc(n, n);
    if (!m) return false;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double sum = 0;
            for (int k = 0; k < 4; k++) {
                double si = k & 1 ? -h : h, sj = k & 2 ? -h : h;
                memcpy(point, x, n * sizeof *x);
                point[i] += si;
                point[j] += sj;
                sum += (k == 0 || k == 3 ? 1 : -1) * f(point, arg);
            }
            gsl_matrix_set(m, i, j, sum / (4 * h * h));
            gsl_matrix_set(m, j, i, sum / (4 * h * h));
        }
    gsl_error_handler_t *old = gsl_set_error_handler_off();
    bool ok = gsl_linalg_cholesky_decomp1(m) == GSL_SUCCESS && gsl_linalg_cholesky_invert(m) == GSL_SUCCESS;
    gsl_set_error_handler(old);
    for (uint32_t i = 0; ok && i < n; i++)
        for (uint32_t j = 0; j < n; j++) out[i * n + j] = gsl_matrix_get(m, i, j);
    gsl_matrix_free(m);
    return ok;
}

/* ---- one family --------------------------------------------------------------------------- */

struct one {
    struct family family;
    const struct run_data *data;
};

static double one_objective(const double *x, void *arg) {
    struct one *o = arg;
    family_from_free(&o->family, x);
    return -family_log_likelihood(&o->family, o->data);
}

static double mean_of(const struct run_data *d) {
    double sum = 0, n = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        sum += d->bin[i].count * (isinf(d->bin[i].hi_h) ? d->bin[i].lo_h : (d->bin[i].lo_h + d->bin[i].hi_h) / 2);
        n += d->bin[i].count;
    }
    return sum / n;
}

/* The length that `share` of the complete runs do not exceed. */
static double quantile_of(const struct run_data *d, double share) {
    double wanted = share * d->runs, sum = 0;
    for (uint32_t i = 0; i < d->n; i++) {
        if (isinf(d->bin[i].hi_h)) continue;
        sum += d->bin[i].count;
        if (sum >= wanted) return d->bin[i].hi_h;
    }
    return d->longest_h;
}

static void start_values(struct family *f, const struct run_data *d) {
    double mean = mean_of(d), middle = quantile_of(d, 0.5);
    double starts[FAMILIES][FAMILY_PARAMETERS_MAX] = {
        [FAMILY_EXPONENTIAL] = {mean},
        [FAMILY_WEIBULL] = {mean * 0.7, 0.6},
        [FAMILY_LOGNORMAL] = {middle, 1.5},
        [FAMILY_H2] = {0.6, middle * 0.7, mean * 2.5},
        [FAMILY_WEIBULL_NORMAL] = {0.5, middle * 0.7, 0.8, quantile_of(d, 0.8), mean * 0.1},
    };
    memcpy(f->p, starts[f->kind], sizeof f->p);
}

static void set_errors(const struct family *f, const double *variance, uint32_t stride, struct fit_candidate *out) {
    for (uint32_t i = 0; i < families[f->kind].n; i++) {
        double v = variance ? variance[i * stride + i] : NAN, p = f->p[i];
        out->se_free[i] = v > 0 ? sqrt(v) : NAN;
        out->se[i] = out->se_free[i] * (families[f->kind].parameter[i].kind == PARAMETER_SHARE ? p * (1 - p) : p);
    }
}

/* The short phase comes first. */
static void order_phases(struct family *f) {
    if (f->kind != FAMILY_H2 || f->p[1] <= f->p[2]) return;
    double t = f->p[1];
    f->p[0] = 1 - f->p[0];
    f->p[1] = f->p[2];
    f->p[2] = t;
}

static enum error_code fit_empirical(const struct run_data *d, struct fit_candidate *out, struct error *e) {
    struct family *f = &out->family;
    f->run_h = calloc(d->runs ? d->runs : 1, sizeof *f->run_h);
    if (!f->run_h) return error_set(e, ERR_FAILED, NULL, "out of memory");
    for (uint32_t i = 0; i < d->n && f->n < d->runs; i++)
        for (double k = 0; !isinf(d->bin[i].hi_h) && k < d->bin[i].count && f->n < FAMILY_EMPIRICAL_MAX; k++)
            f->run_h[f->n++] = d->bin[i].hi_h;
    out->fitted = f->n > 0;
    out->log_likelihood = out->aic = NAN;
    return OK;
}

uint32_t family_runs_min(const char *name) {
    return strcmp(name, families[FAMILY_H2].name) == 0 ? H2_RUNS_MIN : FIT_RUNS_MIN;
}

enum error_code family_fit(enum family_kind kind, const struct run_data *d, struct fit_candidate *out,
                           struct error *e) {
    uint32_t n = families[kind].n, cap = kind == FAMILY_LOGNORMAL;
    double x[FREE_MAX], variance[FREE_MAX * FREE_MAX], least = 0;
    *out = (struct fit_candidate){.family = {.kind = kind, .cap_h = cap ? d->longest_h : INFINITY}};
    if (kind == FAMILY_EMPIRICAL) return fit_empirical(d, out, e);
    if ((kind == FAMILY_H2 || kind == FAMILY_WEIBULL_NORMAL) && d->runs < H2_RUNS_MIN) return OK;
    struct one one = {out->family, d};
    start_values(&one.family, d);
    family_to_free(&one.family, x);
    if (!minimise(one_objective, &one, x, n, &least)) return OK;
    family_from_free(&one.family, x);
    order_phases(&one.family);
    family_to_free(&one.family, x);
    memcpy(out->family.p, one.family.p, sizeof out->family.p);
    bool curved = covariance(one_objective, &one, x, n, variance);
    set_errors(&out->family, curved ? variance : NULL, n, out);
    out->fitted = true;
    out->log_likelihood = -least;
    out->aic = 2 * (double)(n + cap) + 2 * least;
    return OK;
}

enum error_code side_fit(const struct run_data *d, const enum family_kind *kinds, struct fit_side *out,
                         struct error *e) {
    double best = INFINITY;
    out->n = d->runs;
    out->longest_h = d->longest_h;
    out->mean_h = d->n ? mean_of(d) : NAN;
    out->chosen = FAMILIES;
    for (uint32_t i = 0; i < d->n; i++) out->censored += isinf(d->bin[i].hi_h) ? (uint32_t)d->bin[i].count : 0;
    for (; *kinds != FAMILIES; kinds++) {
        struct fit_candidate *c = &out->candidate[*kinds];
        TRY(family_fit(*kinds, d, c, e));
        if (!c->fitted || !(c->aic < best)) continue;
        best = c->aic;
        out->chosen = (int)*kinds;
    }
    return OK;
}

/* ---- both kinds of run under the trace's availability ---------------------------------------- */

struct both {
    struct family up, down;
    const struct run_data *up_data, *down_data;
    double ratio; /* mean down over mean up, as probed */
};

static void stretch(struct family *f, double factor) {
    for (uint32_t i = 0; i < families[f->kind].n; i++)
        if (families[f->kind].parameter[i].time) f->p[i] *= factor;
}

/* Down-runs as x says, then stretched until their mean fits. */
static bool both_from_free(struct both *b, const double *x) {
    family_from_free(&b->up, x);
    family_from_free(&b->down, x + families[b->up.kind].n);
    double wanted = family_probed_mean_h(&b->up, b->up_data->step_h) * b->ratio;
    double lo = -12, hi = 12;
    struct family plain = b->down;
    if (!(wanted > b->down_data->step_h)) return false;
    for (int i = 0; i < 60; i++) {
        double mid = (lo + hi) / 2;
        b->down = plain;
        stretch(&b->down, exp(mid));
        if (family_probed_mean_h(&b->down, b->down_data->step_h) < wanted)
            lo = mid;
        else
            hi = mid;
    }
    return true;
}

/* The stretch makes one direction of the down-runs' parameters idle; a weak
 * spring holds it, which moves nothing else. */
#define SPRING 1e-3

static double both_objective(const double *x, void *arg) {
    struct both *b = arg;
    if (!both_from_free(b, x)) return IMPOSSIBLE;
    double stretched[FREE_MAX], idle = 0;
    family_to_free(&b->down, stretched);
    for (uint32_t i = 0; i < families[b->down.kind].n; i++) {
        double move = x[families[b->up.kind].n + i] - stretched[i];
        idle += move * move;
    }
    return -family_log_likelihood(&b->up, b->up_data) - family_log_likelihood(&b->down, b->down_data) + SPRING * idle;
}

static void both_point(struct both *b, const double *x, double *out) {
    if (!both_from_free(b, x)) return;
    family_to_free(&b->up, out);
    family_to_free(&b->down, out + families[b->up.kind].n);
}

/* Variances of the parameters after the stretch: J V J'. */
static void carry_variance(struct both *b, const double *x, uint32_t n, const double *variance, double *out) {
    double jacobian[FREE_MAX][FREE_MAX], here[FREE_MAX] = {0}, there[FREE_MAX] = {0}, point[FREE_MAX], h = 1e-4;
    both_point(b, x, here);
    for (uint32_t j = 0; j < n; j++) {
        memcpy(point, x, n * sizeof *x);
        point[j] += h;
        both_point(b, point, there);
        for (uint32_t i = 0; i < n; i++) jacobian[i][j] = (there[i] - here[i]) / h;
    }
    for (uint32_t i = 0; i < n; i++) {
        double v = 0;
        for (uint32_t j = 0; j < n; j++)
            for (uint32_t k = 0; k < n; k++) v += jacobian[i][j] * variance[j * n + k] * jacobian[i][k];
        out[i * n + i] = v;
    }
}

enum error_code family_fit_stationary(const struct run_data *up, const struct run_data *down, double availability,
                                      struct fit_candidate *u, struct fit_candidate *d, struct error *e) {
    struct both b = {u->family, d->family, up, down, (1 - availability) / availability};
    uint32_t nu = families[u->family.kind].n, n = nu + families[d->family.kind].n;
    double x[FREE_MAX], variance[FREE_MAX * FREE_MAX], carried[FREE_MAX * FREE_MAX] = {0}, least = 0;
    if (u->family.kind == FAMILY_EMPIRICAL || d->family.kind == FAMILY_EMPIRICAL)
        return error_set(e, ERR_INPUT, NULL, "resampled runs cannot be fitted under an availability");
    family_to_free(&u->family, x);
    family_to_free(&d->family, x + nu);
    if (!minimise(both_objective, &b, x, n, &least) || !both_from_free(&b, x))
        return error_set(e, ERR_INPUT, NULL, "no runs of these families have availability %g", availability);
    bool curved = covariance(both_objective, &b, x, n, variance);
    both_from_free(&b, x);
    struct family up_found = b.up, down_found = b.down;
    if (curved) carry_variance(&b, x, n, variance, carried);
    memcpy(u->family.p, up_found.p, sizeof u->family.p);
    memcpy(d->family.p, down_found.p, sizeof d->family.p);
    set_errors(&u->family, curved ? carried : NULL, n, u);
    set_errors(&d->family, curved ? carried + nu * n + nu : NULL, n, d);
    u->log_likelihood = family_log_likelihood(&u->family, up);
    d->log_likelihood = family_log_likelihood(&d->family, down);
    u->aic = 2 * (double)nu - 2 * u->log_likelihood;
    d->aic = 2 * (double)(n - nu) - 2 * d->log_likelihood - 2; /* the constraint takes one parameter */
    return OK;
}
