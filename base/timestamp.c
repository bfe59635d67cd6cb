/* SPDX-License-Identifier: Apache-2.0
 * Dates and times, proleptic Gregorian, without the C library's time zones. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"

struct cursor {
    const char *at;
    bool bad;
};

/* Exactly n digits. */
static int take_digits(struct cursor *c, int n) {
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (c->bad || *c->at < '0' || *c->at > '9') {
            c->bad = true;
            return 0;
        }
        value = value * 10 + (*c->at++ - '0');
    }
    return value;
}

static void take(struct cursor *c, const char *one_of) {
    if (c->bad || !*c->at || !strchr(one_of, *c->at))
        c->bad = true;
    else
        c->at++;
}

static bool leap_year(int y) { return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0; }

static int days_in_month(int y, int m) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[m - 1] + (m == 2 && leap_year(y));
}

/* Days since 1970-01-01; y >= 1.  Years counted from March put the leap day
 * at the end (Hinnant, "chrono-compatible low-level date algorithms"). */
static int64_t days_from_civil(int y, int m, int d) {
    int64_t year = y - (m <= 2);
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* ".25" in milliseconds, cut after the third digit. */
static int64_t take_fraction_ms(struct cursor *c) {
    if (c->bad || (*c->at != '.' && *c->at != ',')) return 0;
    c->at++;
    int64_t ms = take_digits(c, 1) * 100;
    for (int scale = 10; !c->bad && *c->at >= '0' && *c->at <= '9'; scale /= 10) ms += (*c->at++ - '0') * scale;
    return ms;
}

/* "Z", "+02:00", "+0200", "+02" or nothing (UTC): minutes east. */
static int take_zone_minutes(struct cursor *c) {
    if (c->bad || !*c->at) return 0;
    if (*c->at == 'Z' || *c->at == 'z') {
        c->at++;
        return 0;
    }
    int sign = *c->at == '-' ? -1 : 1;
    take(c, "+-");
    int hours = take_digits(c, 2), minutes = 0;
    if (!c->bad && *c->at) {
        if (*c->at == ':') c->at++;
        minutes = take_digits(c, 2);
    }
    if (hours > 23 || minutes > 59) c->bad = true;
    return sign * (hours * 60 + minutes);
}

enum error_code text_timestamp_ms(const char *text, int64_t *unix_ms, struct error *e) {
    struct cursor c = {text, false};
    int y = take_digits(&c, 4);
    take(&c, "-");
    int month = take_digits(&c, 2);
    take(&c, "-");
    int day = take_digits(&c, 2);
    take(&c, "Tt ");
    int h = take_digits(&c, 2);
    take(&c, ":");
    int m = take_digits(&c, 2);
    take(&c, ":");
    int s = take_digits(&c, 2);
    int64_t ms = take_fraction_ms(&c);
    int zone = take_zone_minutes(&c);
    if (c.bad || *c.at)
        return error_set(e, ERR_INPUT, NULL,
                         "'%.60s' is not a date and time; expected YYYY-MM-DD HH:MM:SS or RFC 3339, such as "
                         "2023-02-15T08:30:00Z",
                         text);
    if (y < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(y, month) || h > 23 || m > 59 || s > 60)
        return error_set(e, ERR_INPUT, NULL, "'%.60s' is a date or time that does not exist", text);
    int64_t minutes = days_from_civil(y, month, day) * 1440 + h * 60 + m - zone;
    *unix_ms = (minutes * 60 + s) * MS_PER_S + ms;
    return OK;
}

char *text_format_timestamp(int64_t unix_ms, char buf[32]) {
    int64_t days = unix_ms / MS_PER_DAY, ms = unix_ms % MS_PER_DAY;
    if (ms < 0) {
        days--;
        ms += MS_PER_DAY;
    }
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    int64_t day = of_year - (153 * from_march + 2) / 5 + 1;
    int64_t month = from_march < 10 ? from_march + 3 : from_march - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    snprintf(buf, 32, "%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%03dZ", year, (int)month, (int)day,
             (int)(ms / MS_PER_HOUR), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
    return buf;
}
