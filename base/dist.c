/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dist.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define ARGUMENTS_MAX 100000u
#define ARGUMENT_TEXT_MAX 48

/* How each kind is written: its arguments are durations ('d') or plain
 * numbers ('n') with a range. */
struct kind_row {
    const char *name;
    const char *arguments;
    enum dist_kind kind;
    double min, max; /* of the plain number */
    const char *form;
};

static const struct kind_row kinds[] = {
    {"uniform", "dd", DIST_UNIFORM, 0, 0, "uniform(60s,240s)"},
    {"exponential", "d", DIST_EXPONENTIAL, 0, 0, "exponential(MEAN)"},
    {"weibull", "dn", DIST_WEIBULL, 0.05, 100, "weibull(SCALE,SHAPE)"},
    {"lognormal", "dn", DIST_LOGNORMAL, 0, 10, "lognormal(MEDIAN,SIGMA)"},
    {"gamma", "dn", DIST_GAMMA, 0.05, 10000, "gamma(MEAN,SHAPE)"},
    {"normal", "dd", DIST_NORMAL, 0, 0, "normal(MEAN,SD)"},
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
                     "normal(MEAN,SD) or empirical(60s,75s,...)",
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

static enum error_code read_arguments(const struct kind_row *k, const char *at, const char *end, struct dist *out,
                                      struct error *e) {
    double value[2] = {0, 0};
    size_t n = 0, expected = strlen(k->arguments);
    char argument[ARGUMENT_TEXT_MAX];
    while (next_argument(&at, end, argument)) {
        if (n == expected) return error_set(e, ERR_INPUT, NULL, "%s: too many values; expected %s", k->name, k->form);
        if (k->arguments[n] == 'd') {
            int64_t ms = 0;
            TRY(text_duration_ms(argument, &ms, e));
            value[n] = (double)ms;
        } else {
            TRY(text_real(argument, k->min, k->max, &value[n], e));
        }
        n++;
    }
    if (n < expected) return error_set(e, ERR_INPUT, NULL, "%s: too few values; expected %s", k->name, k->form);
    if (k->kind == DIST_UNIFORM && value[0] > value[1])
        return error_set(e, ERR_INPUT, NULL, "uniform: the lower bound is above the upper one");
    bool needs_positive = k->kind != DIST_UNIFORM && k->kind != DIST_NORMAL;
    if (needs_positive && value[0] <= 0)
        return error_set(e, ERR_INPUT, NULL, "%s: the first value must be longer than 0", k->name);
    out->kind = k->kind;
    out->a = value[0];
    out->b = value[1];
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
            d.a = (double)ms;
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

void dist_to_text(const struct dist *d, struct strbuf *out) {
    if (d->kind == DIST_NONE) {
        strbuf_puts(out, "none");
        return;
    }
    if (d->kind == DIST_CONSTANT) {
        put_duration(out, d->a);
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
        if (d->kind != DIST_EMPIRICAL) put_duration(out, d->a);
        if (k->arguments[1] == 'd' || k->arguments[1] == 'n') strbuf_puts(out, ",");
        if (k->arguments[1] == 'd') put_duration(out, d->b);
        if (k->arguments[1] == 'n') strbuf_real(out, d->b);
        strbuf_puts(out, ")");
    }
}

/* GSL's inverse of the gamma distribution does not always converge (and then
 * aborts), its forward function always does: search the millisecond that the
 * exact quantile rounds to. */
static double gamma_quantile_ms(const struct dist *d, double u) {
    int64_t low = 0, high = TIME_LIMIT_MS;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (gsl_cdf_gamma_P((double)middle + 0.5, d->b, d->a / d->b) < u)
            low = middle + 1;
        else
            high = middle;
    }
    return (double)low;
}

static double quantile(const struct dist *d, double u) {
    switch (d->kind) {
    case DIST_CONSTANT:
        return d->a;
    case DIST_UNIFORM:
        return gsl_cdf_flat_Pinv(u, d->a, d->b);
    case DIST_EXPONENTIAL:
        return gsl_cdf_exponential_Pinv(u, d->a);
    case DIST_WEIBULL:
        return gsl_cdf_weibull_Pinv(u, d->a, d->b);
    case DIST_LOGNORMAL:
        return gsl_cdf_lognormal_Pinv(u, log(d->a), d->b);
    case DIST_GAMMA:
        return gamma_quantile_ms(d, u);
    case DIST_NORMAL:
        return d->a + gsl_cdf_gaussian_Pinv(u, d->b);
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
    if (d->kind == DIST_NONE) return INT64_MAX;
    double ms = quantile(d, u);
    if (!(ms > 0)) return 0;
    return ms < (double)TIME_LIMIT_MS ? (int64_t)rint(ms) : TIME_LIMIT_MS;
}

double dist_mean_ms(const struct dist *d) {
    switch (d->kind) {
    case DIST_CONSTANT:
    case DIST_EXPONENTIAL:
    case DIST_GAMMA:
        return d->a;
    case DIST_UNIFORM:
        return (d->a + d->b) / 2;
    case DIST_WEIBULL:
        return d->a * tgamma(1 + 1 / d->b);
    case DIST_LOGNORMAL:
        return d->a * exp(d->b * d->b / 2);
    case DIST_NORMAL: {
        if (d->b <= 0) return d->a;
        double z = d->a / d->b, density = exp(-z * z / 2) / sqrt(2 * M_PI);
        return d->a * gsl_cdf_ugaussian_P(z) + d->b * density;
    }
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
