/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/load.h"

#include <stdlib.h>

#include "base/random.h"
#include "policies/params.h"

#define UREQ_PER_REQ 1e6 /* rates are whole micro-requests/s */
/* micro-requests/s times milliseconds: what one request is in the integral */
#define UNITS_PER_REQ INT64_C(1000000000)

__extension__ typedef __int128 units;

struct load {
    struct sp_series *rate; /* micro-requests/s */
    units before[];         /* integral of the rate up to entry i */
};

enum error_code load_read(const char *text, struct load **out, struct error *e) {
    struct sp_series *rate;
    TRY(series_parse_scaled(text, 0, LOAD_RATE_MAX, UREQ_PER_REQ, &rate, e));
    struct load *l = malloc(sizeof *l + rate->n * sizeof l->before[0]);
    if (!l) {
        series_free(rate);
        return error_set(e, ERR_FAILED, NULL, "out of memory");
    }
    l->rate = rate;
    l->before[0] = 0;
    for (uint32_t i = 1; i < rate->n; i++)
        l->before[i] = l->before[i - 1] + (units)rate->value[i - 1] * (rate->at_ms[i] - rate->at_ms[i - 1]);
    *out = l;
    return OK;
}

void load_free(struct load *l) {
    if (!l) return;
    series_free(l->rate);
    free(l);
}

uint64_t load_digest(const struct load *l) {
    uint64_t digest = 0;
    for (uint32_t i = 0; i < l->rate->n; i++) {
        digest = random_key(digest, (uint64_t)l->rate->at_ms[i]);
        digest = random_key(digest, (uint64_t)l->rate->value[i]);
    }
    return digest;
}

int64_t load_arrived(const struct load *l, int64_t at_ms) {
    if (at_ms <= 0) return 0;
    const struct sp_series *rate = l->rate;
    uint32_t lo = 0, hi = rate->n; /* the last entry not after at_ms */
    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (rate->at_ms[mid] <= at_ms)
            lo = mid;
        else
            hi = mid;
    }
    units integral = l->before[lo] + (units)rate->value[lo] * (at_ms - rate->at_ms[lo]);
    return (int64_t)(integral / UNITS_PER_REQ);
}

int64_t load_window(const struct load *l, int64_t at_ms) {
    return load_arrived(l, at_ms) - load_arrived(l, at_ms - LOAD_WINDOW_MS);
}
