/* SPDX-License-Identifier: Apache-2.0
 * Numbers, durations and prices as users type them.  Only plain decimal
 * notation: no hexadecimal, no "inf" or "nan", no surrounding blanks. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/locale_c.h"
#include "base/text.h"

#define PRICE_LIMIT_USD 1e6

static const char *digits_end(const char *s) {
    while (*s >= '0' && *s <= '9') s++;
    return s;
}

/* The end of the decimal number that `s` starts with, or NULL. */
static const char *number_end(const char *s) {
    if (*s == '-') s++;
    const char *whole = digits_end(s);
    const char *end = whole;
    bool any = whole > s;
    if (*end == '.') {
        const char *fraction = digits_end(end + 1);
        any = any || fraction > end + 1;
        end = fraction;
    }
    if (!any) return NULL;
    if (*end == 'e' || *end == 'E') {
        const char *exponent = end + 1;
        if (*exponent == '+' || *exponent == '-') exponent++;
        if (digits_end(exponent) > exponent) end = digits_end(exponent);
    }
    return end;
}

struct unit {
    const char *name;
    double ms;
};

static const struct unit units[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3}, {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}};

enum error_code text_duration_ms(const char *text, int64_t *ms, struct error *e) {
    const char *end = number_end(text);
    const struct unit *unit = NULL;
    for (size_t i = 0; end && i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) unit = &units[i];
    if (!unit)
        return error_set(e, ERR_INPUT, NULL,
                         "'%.60s' is not a duration; expected a number with unit ms, s, m, h or d, such as 120s, 3m, "
                         "1.5h, or a plain number of seconds",
                         text);
    double value = strtod_c(text, NULL) * unit->ms;
    if (value < 0) return error_set(e, ERR_INPUT, NULL, "duration '%.60s' is negative; expected 0 or more", text);
    if (!(value <= (double)TIME_LIMIT_MS))
        return error_set(e, ERR_INPUT, NULL, "duration '%.60s' is too long; the limit is %" PRId64 "d", text,
                         (int64_t)(TIME_LIMIT_MS / MS_PER_DAY));
    double rounded = rint(value);
    if (rounded == 0 && value > 0)
        return error_set(
            e, ERR_INPUT, NULL,
            "duration '%.60s' is too short: times are kept in whole milliseconds; expected 0 or at least 1ms", text);
    *ms = (int64_t)rounded;
    return OK;
}

char *text_format_duration(int64_t ms, char buf[32]) {
    static const struct {
        int64_t ms;
        const char *name;
    } exact[] = {{MS_PER_DAY, "d"}, {MS_PER_HOUR, "h"}, {60 * MS_PER_S, "m"}, {MS_PER_S, "s"}};
    for (size_t i = 0; ms != 0 && i < sizeof exact / sizeof *exact; i++) {
        if (ms % exact[i].ms) continue;
        snprintf(buf, 32, "%" PRId64 "%s", ms / exact[i].ms, exact[i].name);
        return buf;
    }
    snprintf(buf, 32, ms ? "%" PRId64 "ms" : "%" PRId64 "s", ms);
    return buf;
}

enum error_code price_from_usd(double usd, const char *where, int64_t *uusd, struct error *e) {
    if (!isfinite(usd))
        return error_set(e, ERR_INPUT, where, "price is not a finite number; expected dollars per hour");
    if (usd < 0)
        return error_set(e, ERR_INPUT, where, "price %g is negative; expected dollars per hour, 0 or more", usd);
    if (usd > PRICE_LIMIT_USD)
        return error_set(e, ERR_INPUT, where, "price %g is too high; the limit is %.0f dollars per hour", usd,
                         PRICE_LIMIT_USD);
    *uusd = (int64_t)rint(usd * 1e6);
    return OK;
}

enum error_code text_price_uusd(const char *text, int64_t *uusd, struct error *e) {
    const char *end = number_end(text);
    if (!end || *end)
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is not a price; expected dollars per hour, such as 0.918", text);
    return price_from_usd(strtod_c(text, NULL), NULL, uusd, e);
}

enum error_code text_int(const char *text, int64_t min, int64_t max, int64_t *value, struct error *e) {
    const char *start = *text == '-' ? text + 1 : text;
    const char *end = digits_end(start);
    char range[80];
    snprintf(range, sizeof range, min == max ? "%" PRId64 : "a whole number from %" PRId64 " to %" PRId64, min, max);
    if (end == start || *end) {
        const char *real_end = number_end(text);
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is not %s number; expected %s", text,
                         real_end && !*real_end ? "a whole" : "a", range);
    }
    errno = 0;
    long long x = strtoll(text, NULL, 10);
    if (errno == ERANGE || x < min || x > max)
        return error_set(e, ERR_INPUT, NULL, "%.60s is out of range; expected %s", text, range);
    *value = x;
    return OK;
}

double text_strtod(const char *text) { return strtod_c(text, NULL); }

enum error_code text_real(const char *text, double min, double max, double *value, struct error *e) {
    const char *end = number_end(text);
    if (!end || *end)
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is not a number; expected a number from %g to %g", text, min,
                         max);
    double x = strtod_c(text, NULL);
    if (!isfinite(x) || x < min || x > max)
        return error_set(e, ERR_INPUT, NULL, "%.60s is out of range; expected a number from %g to %g", text, min, max);
    *value = x;
    return OK;
}
