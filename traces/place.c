/* SPDX-License-Identifier: Apache-2.0
 * Puts all pools on one clock.  Series with dates lie where their dates say;
 * series without dates begin at the clock's zero plus their offset, or at the
 * date the user gives.  Nothing is aligned by guessing. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/assemble.h"
#include "traces/readers.h"

struct clock {
    bool dated;
    const char *dated_pool; /* an example, for errors */
    bool has_epoch;         /* --epoch */
    int64_t epoch_ms;
    bool epoch_used;
};

static enum error_code find_clock(struct trace_builder *b, struct clock *c, struct error *e) {
    const struct trace_options *o = builder_options(b);
    memset(c, 0, sizeof *c);
    if (o->epoch) {
        enum error_code rc = timestamp_from_text(o->epoch, &c->epoch_ms, e);
        if (rc != OK) {
            error_in(e, "--epoch");
            return rc;
        }
        c->has_epoch = c->dated = true;
    }
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        const struct raw_pool *p = builder_pool_at(b, i);
        bool dated = p->capacity.dated || p->price.dated || p->epoch;
        if (dated && !c->dated_pool) c->dated_pool = p->name;
        c->dated = c->dated || dated;
    }
    return OK;
}

/* "90m" or "1462ticks", a tick being the pool's sampling step. */
static enum error_code offset_ms(const struct raw_pool *p, const struct series *s, int64_t *ms, struct error *e) {
    *ms = 0;
    if (!p->offset) return OK;
    size_t digits = strspn(p->offset, "0123456789");
    if (digits == 0 || (strcmp(p->offset + digits, "ticks") != 0 && strcmp(p->offset + digits, "tick") != 0))
        return text_duration_ms(p->offset, ms, e);
    if (s->gap_ms <= 0)
        return error_set(e, ERR_INPUT, NULL, "offset '%s' is in ticks, but the pool has no sampling step", p->offset);
    char number[24];
    if (digits >= sizeof number) return error_set(e, ERR_INPUT, NULL, "offset '%.40s' is too long", p->offset);
    memcpy(number, p->offset, digits);
    number[digits] = '\0';
    int64_t ticks;
    TRY(text_int(number, 0, TIME_LIMIT_MS / s->gap_ms, &ticks, e));
    *ms = ticks * s->gap_ms;
    return OK;
}

static enum error_code series_base(const struct raw_pool *p, const struct series *s, struct clock *c, int64_t *base,
                                   struct error *e) {
    *base = 0;
    if (s->dated) return OK;
    int64_t offset;
    enum error_code rc = offset_ms(p, s, &offset, e);
    if (rc != OK) {
        char where[POOL_NAME_MAX + 32];
        snprintf(where, sizeof where, "offset of pool '%s'", p->name);
        error_in(e, where);
        error_in(e, p->offset_place ? p->offset_place : s->path);
        return rc;
    }
    int64_t epoch = 0;
    if (p->epoch)
        TRY(timestamp_from_text(p->epoch, &epoch, e));
    else if (c->has_epoch) {
        epoch = c->epoch_ms;
        c->epoch_used = true;
    } else if (c->dated)
        return error_set(e, ERR_INPUT, s->path,
                         "pool '%s' has no dates but pool '%s' has; give the date of the first sample with --epoch, or "
                         "as \"epoch\" in a manifest",
                         p->name, c->dated_pool);
    *base = epoch + offset;
    return OK;
}

static enum error_code place_pool(const struct raw_pool *p, struct clock *c, struct placement *out, struct error *e) {
    bool has_capacity = p->capacity.path != NULL, has_price = p->price.path != NULL;
    bool undated = (has_capacity && !p->capacity.dated) || (has_price && !p->price.dated);
    if (!undated && p->offset_place)
        return error_set(e, ERR_INPUT, p->offset_place,
                         "pool '%s' carries its own dates (%s); an offset contradicts them", p->name,
                         has_capacity ? p->capacity.path : p->price.path);
    if (!undated && (p->offset || p->epoch))
        return error_set(e, ERR_INPUT, has_capacity ? p->capacity.path : p->price.path,
                         "pool '%s' carries its own dates; an %s contradicts them", p->name,
                         p->offset ? "alignment offset" : "epoch");
    out->first_ms = INT64_MIN;
    if (has_capacity) {
        TRY(series_base(p, &p->capacity, c, &out->capacity_base_ms, e));
        out->first_ms = out->capacity_base_ms + raw_series_first_ms(&p->capacity);
        out->end_ms = out->capacity_base_ms + raw_series_end_ms(&p->capacity);
    }
    if (has_price) {
        TRY(series_base(p, &p->price, c, &out->price_base_ms, e));
        int64_t first = out->price_base_ms + raw_series_first_ms(&p->price);
        if (first > out->first_ms) out->first_ms = first;
        if (!has_capacity) out->end_ms = out->price_base_ms + raw_series_end_ms(&p->price);
    }
    return OK;
}

/* Every pool must cover some time after the common start. */
static enum error_code check_overlap(struct trace_builder *b, const struct placed *placed, uint32_t last,
                                     struct error *e) {
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        const struct raw_pool *p = builder_pool_at(b, i);
        const struct placement *at = &placed->pools[i];
        const char *path = p->capacity.path ? p->capacity.path : p->price.path;
        const struct raw_pool *late = builder_pool_at(b, last);
        if (at->end_ms <= placed->start_ms)
            return error_set(e, ERR_INPUT, late->offset_place ? late->offset_place : path,
                             "pool '%s' covers no time: it ends %" PRId64 " s before the common start, the first "
                             "sample of pool '%s'",
                             p->name, (placed->start_ms - at->end_ms) / MS_PER_S, late->name);
        if (at->end_ms - placed->start_ms > TIME_LIMIT_MS)
            return error_set(e, ERR_INPUT, path, "pool '%s' is longer than the limit of %" PRId64 " days", p->name,
                             (int64_t)(TIME_LIMIT_MS / MS_PER_DAY));
        if (p->capacity.path && p->price.path && at->price_base_ms + raw_series_end_ms(&p->price) < placed->start_ms)
            return error_set(e, ERR_INPUT, p->price.path, "prices of pool '%s' end before its capacity (%s) starts",
                             p->name, p->capacity.path);
    }
    return OK;
}

static void note_prices_held(struct trace_builder *b, const struct placed *placed, struct trace_notes *notes) {
    uint32_t n = 0;
    const char *example = "";
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        const struct raw_pool *p = builder_pool_at(b, i);
        if (!p->price.path || placed->pools[i].price_base_ms + raw_series_end_ms(&p->price) >= placed->pools[i].end_ms)
            continue;
        if (n++ == 0) example = p->name;
    }
    if (n)
        trace_note(notes, "prices of %u pool%s (%s%s) end before the capacity: the last price is held", n,
                   n > 1 ? "s" : "", example, n > 1 ? ", ..." : "");
}

enum error_code assemble_place(struct trace_builder *b, struct placed *out, struct trace_notes *notes,
                               struct error *e) {
    struct clock c;
    uint32_t n = builder_n_pools(b), last = 0;
    TRY(find_clock(b, &c, e));
    out->pools = calloc(n, sizeof *out->pools);
    if (!out->pools) return error_set(e, ERR_FAILED, NULL, "out of memory");
    int64_t earliest = INT64_MAX;
    out->dated = c.dated;
    out->start_ms = INT64_MIN;
    for (uint32_t i = 0; i < n; i++) {
        TRY(place_pool(builder_pool_at(b, i), &c, &out->pools[i], e));
        if (out->pools[i].first_ms > out->start_ms) {
            out->start_ms = out->pools[i].first_ms;
            last = i;
        }
        if (out->pools[i].first_ms < earliest) earliest = out->pools[i].first_ms;
    }
    if (out->dated && out->start_ms > TRACE_DATE_MAX_MS)
        return error_set(e, ERR_INPUT, NULL, "the trace starts after the year 2999");
    if (c.has_epoch && !c.epoch_used) return error_set(e, ERR_INPUT, "--epoch", "every series carries its own dates");
    TRY(check_overlap(b, out, last, e));
    char buf[32];
    if (earliest < out->start_ms)
        trace_note(notes, "the trace starts with pool '%s', the last to begin; up to %s of others is cut off",
                   builder_pool_at(b, last)->name, text_format_duration(out->start_ms - earliest, buf));
    note_prices_held(b, out, notes);
    return OK;
}
