/* SPDX-License-Identifier: Apache-2.0
 * Distributions of run lengths and lifetimes, in hours.  Distribution
 * functions are GSL's. */
#ifndef SPOTSIM_TRACES_MODEL_FAMILY_H
#define SPOTSIM_TRACES_MODEL_FAMILY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct cJSON;
struct strbuf;

#define FAMILY_PARAMETERS_MAX 5u
#define FAMILY_EMPIRICAL_MAX 100000u

enum family_kind {
    FAMILY_EXPONENTIAL,    /* mean_h */
    FAMILY_WEIBULL,        /* scale_h, shape */
    FAMILY_LOGNORMAL,      /* median_h, sigma; truncated at cap_h */
    FAMILY_H2,             /* p_short, mean_short_h, mean_long_h: exponential with one of two means */
    FAMILY_WEIBULL_NORMAL, /* weight, scale_h, shape, mean_h, sd_h: Weibull, or (1 - weight) normal */
    FAMILY_EMPIRICAL,      /* runs_h, resampled */
    FAMILIES
};

/* How a parameter is moved to the whole real line for fitting. */
enum parameter_kind { PARAMETER_POSITIVE, PARAMETER_SHARE };
struct family_parameter {
    const char *name;
    enum parameter_kind kind;
    double min, max;
    bool time; /* scales with the unit of time */
};
struct family_info {
    const char *name;
    uint32_t n; /* parameters */
    struct family_parameter parameter[FAMILY_PARAMETERS_MAX];
};
extern const struct family_info families[FAMILIES];

struct family { /* zero-initialised: exponential with mean 0, to be filled */
    enum family_kind kind;
    double p[FAMILY_PARAMETERS_MAX];
    double cap_h;  /* FAMILY_LOGNORMAL: no run is longer; INFINITY: none */
    uint32_t n;    /* FAMILY_EMPIRICAL */
    double *run_h; /* rising, owned */
};

/* P(X > x), x in hours. */
double family_survival(const struct family *f, double x_h);
/* The x with P(X <= x) = u, u in (0, 1). */
double family_quantile(const struct family *f, double u);
double family_mean_h(const struct family *f);
/* What is left of the run that a moment falls into, which is longer than most:
 * a share v of a run drawn with a chance proportional to its length (u). */
double family_residual(const struct family *f, double u, double v);
/* Draws of one family, with what they share worked out once. */
struct family_sampler {
    const struct family *family;
    double cap_share; /* FAMILY_LOGNORMAL: of the whole distribution up to cap_h */
};
struct family_sampler family_sampler(const struct family *f);
double family_draw(const struct family_sampler *s, double u); /* family_quantile */
/* E ceil(X / step) * step: mean as seen by a probe. */
double family_probed_mean_h(const struct family *f, double step_h);
/* {"family": "weibull", "scale_h": 1.4, "shape": 0.4}; `where` names the place. */
enum error_code family_from_json(const struct cJSON *v, const char *where, struct family *out, struct error *e);
void family_to_json(const struct family *f, struct strbuf *out);
/* "weibull(1.393 h, 0.422)" for tables. */
void family_to_text(const struct family *f, struct strbuf *out);
/* As a scenario writes a distribution, to the millisecond:
 * "weibull-normal(0.385,12924s,...)".  false, nothing written: it has no such
 * form (H2, a lognormal with a cap, numbers out of range there). */
bool family_scenario_text(const struct family *f, struct strbuf *out);
enum error_code family_copy(const struct family *from, struct family *to, struct error *e);
void family_free(struct family *f);

#endif
