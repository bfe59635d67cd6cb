/* SPDX-License-Identifier: Apache-2.0
 * Where the readers of all formats put what they found.  It keeps raw samples,
 * because prices are joined to capacities by sample index, until
 * builder_finish puts every pool on one clock and keeps change points only.
 * Private to traces/. */
#ifndef SPOTSIM_TRACES_BUILDER_H
#define SPOTSIM_TRACES_BUILDER_H

#include "traces/trace.h"

#define POOL_NAME_MAX 200u
#define PRODUCTS_MAX 32u

/* What a manifest says about one file; strings NULL, numbers 0: nothing. */
struct rename {
    char *from, *to;
};
struct file_hints {
    char *pool, *cloud, *region, *zone, *instance_type;
    char *offset; /* as in an alignment file */
    char *epoch;  /* date and time */
    int64_t gap_ms, resolution_ms;
    uint32_t n_renames;
    struct rename *renames;
};

/* The file that is being read. */
struct source {
    const char *path; /* as errors name it */
    const char *stem; /* file name without folder and extension */
    const struct file_hints *hints;
};

/* One quantity of one pool as points: value[i] holds from point i to the next.
 * Formats with samples keep those where the value changes; at[i] is then the
 * number of the sample (by_sample), and its time is clock[at[i]], or
 * at[i] * gap_ms without a clock.  Other formats give the time itself. */
struct series {
    char *path; /* NULL: there is no such series */
    uint32_t n, room;
    int64_t *at;
    int64_t *value;      /* instances (TRACE_UNLIMITED: no bound) or micro-dollars per hour */
    int64_t *clock;      /* with by_sample: time of every sample; NULL: equal steps */
    bool clock_borrowed; /* from the capacity that the prices belong to */
    bool by_sample;
    int64_t gap_ms;        /* 0: none written */
    int64_t resolution_ms; /* probing interval, 0: not said */
    int64_t end_ms;        /* end of the last sample, unless steps are equal */
    bool dated;            /* times are Unix time */
    bool by_index;         /* a price list: sample i belongs to the capacity's sample i */
    uint32_t samples;      /* in the source; with by_sample the length of the series */
};

struct price_point {
    int64_t at_ms, uusd_per_h;
    uint32_t product;
};

/* One pool while it is being collected. */
struct raw_pool {
    char *name;
    char *cloud, *region, *zone, *instance_type; /* NULL: not said by any source */
    bool cloud_inferred;                         /* as an earlier reading left it in a tidy file */
    bool identity_final;                         /* a tidy file said all there is */
    struct series capacity, price;
    char *offset, *epoch;
    char *offset_place; /* file and line that say the offset; NULL: a manifest */
    uint32_t n_points, room_points;
    struct price_point *points; /* of price histories, in any order */
    char *points_path;
};

struct trace_builder;
/* Borrows `options` until builder_free.  NULL: out of memory. */
struct trace_builder *builder_new(const struct trace_options *options);
void builder_free(struct trace_builder *b);
const struct trace_options *builder_options(const struct trace_builder *b);

/* The pool called `name`, renamed and described as the file's manifest entry
 * says; made on first use.  The builder owns it.  A pool made by a file with
 * one pool (`alone`) takes the entry's pool name. */
enum error_code builder_pool(struct trace_builder *b, const struct source *src, const char *name, bool alone,
                             struct raw_pool **out, struct error *e);

/* Give the pool its capacity or price series.  Both arrays are taken over, on
 * failure too.  Two sources for the same quantity are an error naming both. */
enum error_code builder_add_capacity(struct raw_pool *p, const struct source *src, struct series *s, struct error *e);
enum error_code builder_add_price(struct raw_pool *p, const struct source *src, struct series *s, struct error *e);
/* One entry of a price history. */
enum error_code builder_add_point(struct trace_builder *b, struct raw_pool *p, const struct source *src, int64_t at_ms,
                                  int64_t uusd_per_h, const char *product, struct error *e);
/* One line of an alignment file. */
enum error_code builder_align(struct trace_builder *b, const char *pool, const char *offset, const char *where,
                              struct error *e);

/* Replaces *slot by a copy of text.  ERR_FAILED when out of memory. */
enum error_code raw_text_set(char **slot, const char *text, struct error *e);
/* What is wrong with a text that goes into CSV rows, JSON, file names and
 * terminals, or NULL: too long, control characters, not UTF-8. */
const char *raw_text_fault(const char *text);
/* Whether n samples are a series at all, and not too many. */
enum error_code raw_series_check(size_t n, const char *where, struct error *e);
/* Room for one more point. */
enum error_code raw_series_grow(struct series *s, const char *where, struct error *e);
static inline enum error_code raw_series_push(struct series *s, int64_t at, int64_t value, const char *where,
                                              struct error *e) {
    if (s->n == s->room) TRY(raw_series_grow(s, where, e));
    s->at[s->n] = at;
    s->value[s->n++] = value;
    return OK;
}
void samples_free(struct series *s);
/* Every sample has a time of its own. */
static inline bool raw_series_timed(const struct series *s) { return !s->by_sample || s->clock; }

/* All pools on one clock, compressed.  `notes` may be NULL. */
enum error_code builder_finish(struct trace_builder *b, struct trace **out, struct trace_notes *notes, struct error *e);

void trace_note(struct trace_notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Access for assemble.c. */
uint32_t builder_n_pools(const struct trace_builder *b);
struct raw_pool *builder_pool_at(struct trace_builder *b, uint32_t i); /* rising by name */
const char *builder_product(const struct trace_builder *b, uint32_t product);
/* Sorts price points, drops duplicates, applies --product, makes the series. */
enum error_code builder_settle_points(struct trace_builder *b, struct error *e);

#endif
