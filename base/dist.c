/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dist.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ARGUMENTS_MAX 100000u
#define ARGUMENT_TEXT_MAX 48

/* How each kind is written: its arguments are durations ('d'; 'D' longer than
 * 0), a share ('s', 0 to 1) or another plain number ('n') with a range. */
struct kind_row {
    const char *name;
    const char *arguments;
    enum dist_kind kind;
    double min, max; /* of 'n' */
    const char *form;
};

static const struct kind_row kinds[] = {
    {"uniform", "dd", DIST_UNIFORM, 0, 0, "uniform(60s,240s)"},
    {"exponential", "D", DIST_EXPONENTIAL, 0, 0, "exponential(MEAN)"},
    {"weibull", "Dn", DIST_WEIBULL, 0.05, 100, "weibull(SCALE,SHAPE)"},
    {"lognormal", "Dn", DIST_LOGNORMAL, 0, 10, "lognormal(MEDIAN,SIGMA)"},
    {"gamma", "Dn", DIST_GAMMA, 0.05, 10000, "gamma(MEAN,SHAPE)"},
    {"normal", "dd", DIST_NORMAL, 0, 0, "normal(MEAN,SD)"},
    {"weibull-normal", "sDndd", DIST_WEIBULL_NORMAL, 0.05, 100, "weibull-normal(WEIGHT,SCALE,SHAPE,MEAN,SD)"},
    {"empirical", "d*", DIST_EMPIRICAL, 0, 0, "empirical(60s,75s,...)"},
};
#define KINDS (sizeof kinds / sizeof *kinds)

static enum error_code unknown_form(const char *text, struct error *e) {
    const char *names[KINDS + 2];
    for (size_t i = 0; i < KINDS; i++) names[i] = kinds[i].name;
    names[KINDS] = "none";
    names[KINDS + 1] = NULL;
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(strcspn(text, "(") < 31 ? strcspn(text, "(") : 31), text);
    const char *near = text_nearest(name, names);
    return error_set(e, ERR_INPUT, NULL,
                     "'%.60s' is not a duration or distribution%s%s%s; expected 120s, none, uniform(60s,240s), "
                     "exponential(MEAN), weibull(SCALE,SHAPE), lognormal(MEDIAN,SIGMA), gamma(MEAN,SHAPE), "
                     "normal(MEAN,SD), weibull-normal(WEIGHT,SCALE,SHAPE,MEAN,SD) or empirical(60s,75s,...)",
                     text, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

/* Next comma-separated argument without blanks around it; false at the end. */
static bool next_argument(const char **at, const char *end, char out[ARGUMENT_TEXT_MAX]) {
    if (*at > end) return false;
    const char *stop = memchr(*at, ',', (size_t)(end - *at));
    if (!stop) stop = end;
    const char *from = *at, *to = stop;
    while (from < to && *from == ' ') from++;
    while (to > from && to[-1] == ' ') to--;
    snprintf(out, ARGUMENT_TEXT_MAX, "%.*s", (int)(to - from < 1000 ? to - from : 1000), from);
    *at = stop + 1;
    return true;
}

static int compare_reals(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum error_code read_empirical(const char *at, const char *end, struct dist *out, struct error *e) {
    size_t room = 1;
    for (const char *s = at; s < end; s++) room += *s == ',';
    if (room > ARGUMENTS_MAX) return error_set(e, ERR_INPUT, NULL, "empirical: more than %u values", ARGUMENTS_MAX);
    double *values = malloc(room * sizeof *values);
    if (!values) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t n = 0;
    char argument[ARGUMENT_TEXT_MAX];
    while (next_argument(&at, end, argument)) {
        int64_t ms;
        enum error_code rc = text_duration_ms(argument, &ms, e);
        if (rc != OK) {
            free(values);
            return rc;
        }
        values[n++] = (double)ms;
    }
    qsort(values, n, sizeof *values, compare_reals);
    out->kind = DIST_EMPIRICAL;
    out->n = n;
    out->values = values;
    return OK;
}

static enum error_code read_argument(const struct kind_row *k, char sort, const char *text, double *value,
                                     struct error *e) {
    int64_t ms = 0;
    if (sort == 's') return text_real(text, 0, 1, value, e);
    if (sort == 'n') return text_real(text, k->min, k->max, value, e);
    TRY(text_duration_ms(text, &ms, e));
    *value = (double)ms;
    if (sort == 'D' && ms == 0)
        return error_set(e, ERR_INPUT, NULL, "%s: '%s' must be longer than 0; expected %s", k->name, text, k->form);
    return OK;
}

static enum error_code read_arguments(const struct kind_row *k, const char *at, const char *end, struct dist *out,
                                      struct error *e) {
    size_t n = 0, expected = strlen(k->arguments);
    char argument[ARGUMENT_TEXT_MAX];
    while (next_argument(&at, end, argument)) {
        if (n == expected) return error_set(e, ERR_INPUT, NULL, "%s: too many values; expected %s", k->name, k->form);
        TRY(read_argument(k, k->arguments[n], argument, &out->p[n], e));
        n++;
    }
    if (n < expected) return error_set(e, ERR_INPUT, NULL, "%s: too few values; expected %s", k->name, k->form);
    if (k->kind == DIST_UNIFORM && out->p[0] > out->p[1])
        return error_set(e, ERR_INPUT, NULL, "uniform: the lower bound is above the upper one");
    out->kind = k->kind;
    return OK;
}

enum error_code dist_from_text(const char *text, struct dist *out, struct error *e) {
    struct dist d = {.kind = DIST_NONE};
    size_t size = strlen(text), name = strcspn(text, "(");
    if (name == size) {
        if (strcmp(text, "none") != 0) {
            int64_t ms = 0;
            bool number = (*text >= '0' && *text <= '9') || *text == '-' || *text == '.';
            if (!number) return unknown_form(text, e);
            TRY(text_duration_ms(text, &ms, e));
            d.kind = DIST_CONSTANT;
            d.p[0] = (double)ms;
        }
        *out = d;
        return OK;
    }
    const struct kind_row *k = NULL;
    for (size_t i = 0; i < KINDS; i++)
        if (strlen(kinds[i].name) == name && strncmp(kinds[i].name, text, name) == 0) k = &kinds[i];
    if (!k) return unknown_form(text, e);
    if (text[size - 1] != ')') return error_set(e, ERR_INPUT, NULL, "'%.60s': ')' is missing at the end", text);
    const char *from = text + name + 1, *end = text + size - 1;
    enum error_code rc =
        k->kind == DIST_EMPIRICAL ? read_empirical(from, end, &d, e) : read_arguments(k, from, end, &d, e);
    if (rc != OK) {
        char where[80];
        snprintf(where, sizeof where, "%.60s", text);
        error_in(e, where);
        return rc;
    }
    *out = d;
    return OK;
}

static void put_duration(struct strbuf *out, double ms) {
    char buf[32];
    strbuf_puts(out, text_format_duration((int64_t)rint(ms), buf));
}

static void put_arguments(const struct dist *d, const char *sorts, struct strbuf *out) {
    for (uint32_t i = 0; sorts[i]; i++) {
        if (i) strbuf_puts(out, ",");
        if (sorts[i] == 'n' || sorts[i] == 's')
            strbuf_real(out, d->p[i]);
        else
            put_duration(out, d->p[i]);
    }
}

void dist_to_text(const struct dist *d, struct strbuf *out) {
    if (d->kind == DIST_NONE) {
        strbuf_puts(out, "none");
        return;
    }
    if (d->kind == DIST_CONSTANT) {
        put_duration(out, d->p[0]);
        return;
    }
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind_row *k = &kinds[i];
        if (k->kind != d->kind) continue;
        strbuf_printf(out, "%s(", k->name);
        for (uint32_t v = 0; d->kind == DIST_EMPIRICAL && v < d->n; v++) {
            if (v) strbuf_puts(out, ",");
            put_duration(out, d->values[v]);
        }
        if (d->kind != DIST_EMPIRICAL) put_arguments(d, k->arguments, out);
        strbuf_puts(out, ")");
    }
}

/* The least whole ms in [low, high] with P(X <= ms + 1/2) >= u: what the exact
 * quantile rounds to, whatever steps the distribution function makes. */
static double search_ms(double (*at_most)(const struct dist *d, double ms), const struct dist *d, double u, int64_t low,
                        int64_t high) {
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (at_most(d, (double)middle + 0.5) < u)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}

/* GSL's inverse of the gamma distribution does not always converge (and then
 * aborts), its forward function always does. */
static double gamma_at_most(const struct dist *d, double ms) { return gsl_cdf_gamma_P(ms, d->p[1], d->p[0] / d->p[1]); }

static double normal_at_most(double mean, double sd, double x) {
    return sd > 0 ? gsl_cdf_gaussian_P(x - mean, sd) : x >= mean;
}

static double weibull_normal_at_most(const struct dist *d, double ms) {
    double weight = d->p[0];
    return weight * gsl_cdf_weibull_P(ms, d->p[1], d->p[2]) + (1 - weight) * normal_at_most(d->p[3], d->p[4], ms);
}

/* The quantile of a mixture lies between those of its parts. */
static double weibull_normal_quantile_ms(const struct dist *d, double u) {
    if (d->p[0] >= 1) return gsl_cdf_weibull_Pinv(u, d->p[1], d->p[2]);
    int64_t normal = dist_whole_ms(d->p[3] + gsl_cdf_gaussian_Pinv(u, d->p[4]));
    if (d->p[0] <= 0) return (double)normal;
    int64_t weibull = dist_whole_ms(gsl_cdf_weibull_Pinv(u, d->p[1], d->p[2]));
    return weibull < normal ? search_ms(weibull_normal_at_most, d, u, weibull, normal)
                            : search_ms(weibull_normal_at_most, d, u, normal, weibull);
}

static double quantile(const struct dist *d, double u) {
    switch (d->kind) {
    case DIST_CONSTANT:
        return d->p[0];
    case DIST_UNIFORM:
        return gsl_cdf_flat_Pinv(u, d->p[0], d->p[1]);
    case DIST_EXPONENTIAL:
        return gsl_cdf_exponential_Pinv(u, d->p[0]);
    case DIST_WEIBULL:
        return gsl_cdf_weibull_Pinv(u, d->p[0], d->p[1]);
    case DIST_LOGNORMAL:
        return gsl_cdf_lognormal_Pinv(u, log(d->p[0]), d->p[1]);
    case DIST_GAMMA:
        return search_ms(gamma_at_most, d, u, 0, TIME_LIMIT_MS);
    case DIST_WEIBULL_NORMAL:
        return weibull_normal_quantile_ms(d, u);
    case DIST_NORMAL:
        return d->p[0] + gsl_cdf_gaussian_Pinv(u, d->p[1]);
    case DIST_EMPIRICAL: {
        double i = floor(u * (double)d->n);
        return d->values[i < (double)d->n ? (uint32_t)i : d->n - 1];
    }
    case DIST_NONE:
        break;
    }
    return INFINITY;
}

int64_t dist_quantile_ms(const struct dist *d, double u) {
    if (d->kind == DIST_EXPONENTIAL) return dist_exponential_ms(d, u);
    return d->kind == DIST_NONE ? INT64_MAX : dist_whole_ms(quantile(d, u));
}

/* Of a normal cut at 0. */
static double normal_mean(double mean, double sd) {
    if (sd <= 0) return mean;
    double z = mean / sd, density = exp(-z * z / 2) / sqrt(2 * M_PI);
    return mean * gsl_cdf_ugaussian_P(z) + sd * density;
}

double dist_mean_ms(const struct dist *d) {
    switch (d->kind) {
    case DIST_CONSTANT:
    case DIST_EXPONENTIAL:
    case DIST_GAMMA:
        return d->p[0];
    case DIST_UNIFORM:
        return (d->p[0] + d->p[1]) / 2;
    case DIST_WEIBULL:
        return d->p[0] * tgamma(1 + 1 / d->p[1]);
    case DIST_LOGNORMAL:
        return d->p[0] * exp(d->p[1] * d->p[1] / 2);
    case DIST_NORMAL:
        return normal_mean(d->p[0], d->p[1]);
    case DIST_WEIBULL_NORMAL:
        return d->p[0] * d->p[1] * tgamma(1 + 1 / d->p[2]) + (1 - d->p[0]) * normal_mean(d->p[3], d->p[4]);
    case DIST_EMPIRICAL: {
        double sum = 0;
        for (uint32_t i = 0; i < d->n; i++) sum += d->values[i];
        return d->n ? sum / d->n : 0;
    }
    case DIST_NONE:
        break;
    }
    return INFINITY;
}

void dist_free(struct dist *d) {
    free(d->values);
    *d = (struct dist){.kind = DIST_NONE};
}
