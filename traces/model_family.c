/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/model_family.h"

#include <cjson/cJSON.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/dist.h"
#include "base/text.h"
#include "traces/json.h"

#define HOURS_MIN 1e-7
#define HOURS_MAX 1e6
#define SHAPE_MIN 0.02
#define SHAPE_MAX 100.0

#define HOURS(name)                                                                                                    \
    { name, PARAMETER_POSITIVE, HOURS_MIN, HOURS_MAX, true }
#define SHAPE(name)                                                                                                    \
    { name, PARAMETER_POSITIVE, SHAPE_MIN, SHAPE_MAX, false }
#define SHARE(name)                                                                                                    \
    { name, PARAMETER_SHARE, 0, 1, false }

const struct family_info families[FAMILIES] = {
    [FAMILY_EXPONENTIAL] = {"exponential", 1, {HOURS("mean_h")}},
    [FAMILY_WEIBULL] = {"weibull", 2, {HOURS("scale_h"), SHAPE("shape")}},
    [FAMILY_LOGNORMAL] = {"lognormal", 2, {HOURS("median_h"), SHAPE("sigma")}},
    [FAMILY_H2] = {"h2", 3, {SHARE("p_short"), HOURS("mean_short_h"), HOURS("mean_long_h")}},
    [FAMILY_WEIBULL_NORMAL] = {"weibull-normal",
                               5,
                               {SHARE("weight"), HOURS("scale_h"), SHAPE("shape"), HOURS("mean_h"), HOURS("sd_h")}},
    [FAMILY_EMPIRICAL] = {"empirical", 0, {{0}}},
};

static double lognormal_cap_share(const struct family *f) {
    return isfinite(f->cap_h) ? gsl_cdf_lognormal_P(f->cap_h, log(f->p[0]), f->p[1]) : 1;
}

/* The normal part is cut at 0. */
static double normal_survival(const struct family *f, double x) {
    return gsl_cdf_gaussian_Q(x - f->p[3], f->p[4]) / gsl_cdf_gaussian_Q(-f->p[3], f->p[4]);
}

static double empirical_survival(const struct family *f, double x) {
    uint32_t lo = 0, hi = f->n;
    while (lo < hi) { /* how many are at most x */
        uint32_t mid = lo + (hi - lo) / 2;
        if (f->run_h[mid] <= x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return f->n ? 1 - (double)lo / f->n : 0;
}

double family_survival(const struct family *f, double x) {
    if (x <= 0) return 1;
    switch (f->kind) {
    case FAMILY_EXPONENTIAL:
        return gsl_cdf_exponential_Q(x, f->p[0]);
    case FAMILY_WEIBULL:
        return gsl_cdf_weibull_Q(x, f->p[0], f->p[1]);
    case FAMILY_LOGNORMAL: {
        if (x >= f->cap_h) return 0;
        double top = lognormal_cap_share(f);
        double tail = gsl_cdf_lognormal_Q(x, log(f->p[0]), f->p[1]) - (1 - top);
        return top > 0 && tail > 0 ? tail / top : 0;
    }
    case FAMILY_H2:
        return f->p[0] * gsl_cdf_exponential_Q(x, f->p[1]) + (1 - f->p[0]) * gsl_cdf_exponential_Q(x, f->p[2]);
    case FAMILY_WEIBULL_NORMAL:
        return f->p[0] * gsl_cdf_weibull_Q(x, f->p[1], f->p[2]) + (1 - f->p[0]) * normal_survival(f, x);
    case FAMILY_EMPIRICAL:
        return empirical_survival(f, x);
    case FAMILIES:
        break;
    }
    return 0;
}

struct family_sampler family_sampler(const struct family *f) {
    return (struct family_sampler){f, f->kind == FAMILY_LOGNORMAL ? lognormal_cap_share(f) : 1};
}

double family_draw(const struct family_sampler *s, double u) {
    const struct family *f = s->family;
    switch (f->kind) {
    case FAMILY_EXPONENTIAL:
        return gsl_cdf_exponential_Pinv(u, f->p[0]);
    case FAMILY_WEIBULL:
        return gsl_cdf_weibull_Pinv(u, f->p[0], f->p[1]);
    case FAMILY_LOGNORMAL:
        return gsl_cdf_lognormal_Pinv(u * s->cap_share, log(f->p[0]), f->p[1]);
    case FAMILY_H2: /* which phase, then where in it: one uniform does both */
        if (u < f->p[0]) return gsl_cdf_exponential_Pinv(u / f->p[0], f->p[1]);
        return gsl_cdf_exponential_Pinv((u - f->p[0]) / (1 - f->p[0]), f->p[2]);
    case FAMILY_WEIBULL_NORMAL:
        if (u < f->p[0]) return gsl_cdf_weibull_Pinv(u / f->p[0], f->p[1], f->p[2]);
        u = (u - f->p[0]) / (1 - f->p[0]);
        return f->p[3] - gsl_cdf_gaussian_Qinv(1 - (1 - u) * gsl_cdf_gaussian_Q(-f->p[3], f->p[4]), f->p[4]);
    case FAMILY_EMPIRICAL: {
        double i = floor(u * f->n);
        return f->n ? f->run_h[i < f->n ? (uint32_t)i : f->n - 1] : 0;
    }
    case FAMILIES:
        break;
    }
    return 0;
}

double family_quantile(const struct family *f, double u) {
    struct family_sampler s = family_sampler(f);
    return family_draw(&s, u);
}

/* ---- runs that a moment falls into ---------------------------------------------- */

/* Distributions whose density has been multiplied by x and scaled to 1. */
static double exponential_by_length(double mean_h, double u) { return mean_h * gsl_cdf_gamma_Pinv(u, 2, 1); }
static double weibull_by_length(double scale_h, double shape, double u) {
    return scale_h * pow(gsl_cdf_gamma_Pinv(u, 1 + 1 / shape, 1), 1 / shape);
}
static double lognormal_by_length(const struct family *f, double u) {
    double middle = log(f->p[0]) + f->p[1] * f->p[1];
    double top = isfinite(f->cap_h) ? gsl_cdf_lognormal_P(f->cap_h, middle, f->p[1]) : 1;
    if (!(top > 0)) return f->cap_h; /* the tail is so long that the longest runs have all the time */
    double x = gsl_cdf_lognormal_Pinv(u * top, middle, f->p[1]);
    return x < f->cap_h ? x : f->cap_h;
}
static double empirical_by_length(const struct family *f, double u) {
    double wanted = u * f->n * family_mean_h(f);
    for (uint32_t i = 0; i < f->n; i++) {
        wanted -= f->run_h[i];
        if (wanted <= 0) return f->run_h[i];
    }
    return f->n ? f->run_h[f->n - 1] : 0;
}

/* Of the parts of a mixture the one that the moment falls into; *u becomes a
 * uniform within it. */
static bool first_part(double share, double mean, double other_mean, double *u) {
    double first = share * mean / (share * mean + (1 - share) * other_mean);
    bool is = *u < first;
    *u = is ? *u / first : (*u - first) / (1 - first);
    return is;
}

double family_residual(const struct family *f, double u, double v) {
    switch (f->kind) {
    case FAMILY_EXPONENTIAL:
        return v * exponential_by_length(f->p[0], u);
    case FAMILY_WEIBULL:
        return v * weibull_by_length(f->p[0], f->p[1], u);
    case FAMILY_LOGNORMAL:
        return v * lognormal_by_length(f, u);
    case FAMILY_H2: {
        double mean_h = first_part(f->p[0], f->p[1], f->p[2], &u) ? f->p[1] : f->p[2];
        return v * exponential_by_length(mean_h, u);
    }
    case FAMILY_WEIBULL_NORMAL: /* the normal part is so narrow that its runs count as equally long */
        if (first_part(f->p[0], f->p[1] * tgamma(1 + 1 / f->p[2]), f->p[3], &u))
            return v * weibull_by_length(f->p[1], f->p[2], u);
        return v * fmax(0, f->p[3] + gsl_cdf_gaussian_Pinv(u, f->p[4]));
    case FAMILY_EMPIRICAL:
        return v * empirical_by_length(f, u);
    case FAMILIES:
        break;
    }
    return 0;
}

/* Integral of the survival function, on a logarithmic grid. */
static double mean_by_integral(const struct family *f) {
    double sum = 0, x = 0, s = 1;
    for (double next = 1e-6; next < HOURS_MAX * 10; next *= 1.01) {
        double below = family_survival(f, next);
        sum += (next - x) * (s + below) / 2;
        x = next;
        s = below;
        if (s <= 1e-14) break;
    }
    return sum;
}

double family_mean_h(const struct family *f) {
    switch (f->kind) {
    case FAMILY_EXPONENTIAL:
        return f->p[0];
    case FAMILY_WEIBULL:
        return f->p[0] * tgamma(1 + 1 / f->p[1]);
    case FAMILY_H2:
        return f->p[0] * f->p[1] + (1 - f->p[0]) * f->p[2];
    case FAMILY_EMPIRICAL: {
        double sum = 0;
        for (uint32_t i = 0; i < f->n; i++) sum += f->run_h[i];
        return f->n ? sum / f->n : 0;
    }
    case FAMILY_LOGNORMAL:
    case FAMILY_WEIBULL_NORMAL:
    case FAMILIES:
        break;
    }
    return mean_by_integral(f);
}

/* The sum over k of P(X > k step): term by term, then in blocks that grow. */
double family_probed_mean_h(const struct family *f, double step_h) {
    if (step_h <= 0) return family_mean_h(f);
    double sum = 0, k = 0;
    for (; k < 64; k++) sum += family_survival(f, k * step_h);
    double s = family_survival(f, k * step_h);
    while (s > 1e-12 && k * step_h < HOURS_MAX * 10) {
        double next = k + ceil(k * 0.02), below = family_survival(f, next * step_h);
        sum += (next - k) * (s + below) / 2 + (s - below) / 2; /* trapezium over whole numbers [k, next) */
        k = next;
        s = below;
    }
    return sum * step_h;
}

/* ---- JSON ---------------------------------------------------------------------- */

static enum error_code read_number(const cJSON *v, const struct family_parameter *p, const char *where, double *out,
                                   struct error *e) {
    if (!cJSON_IsNumber(v))
        return error_set(e, ERR_INPUT, where, "\"%s\": expected a number, got %s", p->name, json_value_kind(v));
    if (!(v->valuedouble >= p->min && v->valuedouble <= p->max))
        return error_set(e, ERR_INPUT, where, "\"%s\" is %g; expected %g to %g", p->name, v->valuedouble, p->min,
                         p->max);
    *out = v->valuedouble;
    return OK;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum error_code read_empirical(const cJSON *v, const char *where, struct family *out, struct error *e) {
    static const struct family_parameter run = HOURS("runs_h");
    int n = cJSON_GetArraySize(v);
    if (!cJSON_IsArray(v) || n < 1 || (uint32_t)n > FAMILY_EMPIRICAL_MAX)
        return error_set(e, ERR_INPUT, where, "\"runs_h\": expected a list of 1 to %u run lengths",
                         FAMILY_EMPIRICAL_MAX);
    out->run_h = calloc((size_t)n, sizeof *out->run_h);
    if (!out->run_h) return error_set(e, ERR_FAILED, where, "out of memory");
    for (const cJSON *item = v->child; item; item = item->next)
        TRY(read_number(item, &run, where, &out->run_h[out->n++], e));
    qsort(out->run_h, out->n, sizeof *out->run_h, by_value);
    return OK;
}

static enum error_code find_kind(const cJSON *v, const char *where, enum family_kind *kind, struct error *e) {
    const char *names[FAMILIES + 1] = {NULL};
    for (size_t i = 0; i < FAMILIES; i++) names[i] = families[i].name;
    if (!cJSON_IsString(v))
        return error_set(e, ERR_INPUT, where, "expected \"family\": \"weibull\" or another, got %s",
                         json_value_kind(v));
    for (size_t i = 0; i < FAMILIES; i++)
        if (strcmp(v->valuestring, names[i]) == 0) {
            *kind = (enum family_kind)i;
            return OK;
        }
    const char *near = text_nearest(v->valuestring, names);
    return error_set(
        e, ERR_INPUT, where,
        "no family '%.40s'%s%s%s; expected exponential, weibull, lognormal, h2, weibull-normal or empirical",
        v->valuestring, near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static enum error_code read_members(const cJSON *v, const char *where, struct family *out, struct error *e) {
    const struct family_info *info = &families[out->kind];
    bool seen[FAMILY_PARAMETERS_MAX] = {false};
    for (const cJSON *item = v->child; item; item = item->next) {
        uint32_t i = 0;
        if (strcmp(item->string, "family") == 0) continue;
        while (i < info->n && strcmp(item->string, info->parameter[i].name) != 0) i++;
        if (i < info->n) {
            if (seen[i]) return error_set(e, ERR_INPUT, where, "has \"%s\" twice", item->string);
            seen[i] = true;
            TRY(read_number(item, &info->parameter[i], where, &out->p[i], e));
        } else if (out->kind == FAMILY_LOGNORMAL && strcmp(item->string, "cap_h") == 0) {
            static const struct family_parameter cap = HOURS("cap_h");
            TRY(read_number(item, &cap, where, &out->cap_h, e));
        } else if (out->kind == FAMILY_EMPIRICAL && strcmp(item->string, "runs_h") == 0 && !out->run_h) {
            TRY(read_empirical(item, where, out, e));
        } else {
            return error_set(e, ERR_INPUT, where, "\"%.40s\" is not known for family %s", item->string, info->name);
        }
    }
    for (uint32_t i = 0; i < info->n; i++)
        if (!seen[i])
            return error_set(e, ERR_INPUT, where, "family %s needs \"%s\"", info->name, info->parameter[i].name);
    if (out->kind == FAMILY_EMPIRICAL && !out->n)
        return error_set(e, ERR_INPUT, where, "family empirical needs \"runs_h\"");
    return OK;
}

enum error_code family_from_json(const cJSON *v, const char *where, struct family *out, struct error *e) {
    *out = (struct family){.cap_h = INFINITY};
    if (!cJSON_IsObject(v))
        return error_set(e, ERR_INPUT, where, "expected an object {\"family\": ...}, got %s", json_value_kind(v));
    TRY(find_kind(cJSON_GetObjectItemCaseSensitive(v, "family"), where, &out->kind, e));
    enum error_code rc = read_members(v, where, out, e);
    if (rc != OK) family_free(out);
    return rc;
}

void family_to_json(const struct family *f, struct strbuf *out) {
    const struct family_info *info = &families[f->kind];
    strbuf_printf(out, "{\"family\": \"%s\"", info->name);
    for (uint32_t i = 0; i < info->n; i++) {
        strbuf_printf(out, ", \"%s\": ", info->parameter[i].name);
        strbuf_real(out, f->p[i]);
    }
    if (f->kind == FAMILY_LOGNORMAL && isfinite(f->cap_h)) {
        strbuf_puts(out, ", \"cap_h\": ");
        strbuf_real(out, f->cap_h);
    }
    if (f->kind == FAMILY_EMPIRICAL) {
        strbuf_puts(out, ", \"runs_h\": [");
        for (uint32_t i = 0; i < f->n; i++) {
            if (i) strbuf_puts(out, ", ");
            strbuf_real(out, f->run_h[i]);
        }
        strbuf_puts(out, "]");
    }
    strbuf_puts(out, "}");
}

void family_to_text(const struct family *f, struct strbuf *out) {
    const struct family_info *info = &families[f->kind];
    strbuf_printf(out, "%s(", info->name);
    for (uint32_t i = 0; i < info->n; i++)
        strbuf_printf(out, "%s%.3g%s", i ? ", " : "", f->p[i], info->parameter[i].time ? " h" : "");
    if (f->kind == FAMILY_LOGNORMAL && isfinite(f->cap_h)) strbuf_printf(out, ", cap %.3g h", f->cap_h);
    if (f->kind == FAMILY_EMPIRICAL) strbuf_printf(out, "%u runs", f->n);
    strbuf_puts(out, ")");
}

static void put_hours(double hours, struct strbuf *out) {
    char text[32];
    double ms = rint(hours * (double)MS_PER_HOUR);
    strbuf_puts(out, text_format_duration(ms < (double)TIME_LIMIT_MS ? (int64_t)ms : TIME_LIMIT_MS, text));
}

bool family_scenario_text(const struct family *f, struct strbuf *out) {
    const struct family_info *info = &families[f->kind];
    struct strbuf text = {0};
    struct dist d;
    struct error ignored;
    if (f->kind == FAMILY_LOGNORMAL && isfinite(f->cap_h)) return false;
    strbuf_printf(&text, "%s(", info->name);
    for (uint32_t i = 0; i < info->n + f->n; i++) {
        if (i) strbuf_puts(&text, ",");
        if (i >= info->n)
            put_hours(f->run_h[i - info->n], &text);
        else if (info->parameter[i].time)
            put_hours(f->p[i], &text);
        else
            strbuf_real(&text, f->p[i]);
    }
    strbuf_puts(&text, ")");
    bool known = !text.failed && dist_from_text(text.data, &d, &ignored) == OK;
    if (known) {
        strbuf_puts(out, text.data);
        dist_free(&d);
    }
    strbuf_free(&text);
    return known;
}

enum error_code family_copy(const struct family *from, struct family *to, struct error *e) {
    *to = *from;
    if (!from->n) return OK;
    to->run_h = malloc(from->n * sizeof *to->run_h);
    if (!to->run_h) {
        to->n = 0;
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    memcpy(to->run_h, from->run_h, from->n * sizeof *to->run_h);
    return OK;
}

void family_free(struct family *f) {
    free(f->run_h);
    f->run_h = NULL;
    f->n = 0;
}
