/* SPDX-License-Identifier: Apache-2.0
 * A trace in memory: for each pool its spot capacity and spot price as step
 * functions of time, change points only.  Built once, then immutable and
 * shared by every thread. */
#ifndef SPOTSIM_TRACES_TRACE_H
#define SPOTSIM_TRACES_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define TRACE_UNLIMITED UINT32_MAX  /* a capacity without bound */
#define TRACE_CAPACITY_MAX 1000000u /* largest bounded capacity accepted */
#define TRACE_POOLS_MAX 4096u
#define TRACE_SAMPLES_MAX 20000000u       /* of one pool in one file, before compression */
#define TRACE_FILE_BYTES_MAX (256u << 20) /* of one input file */
#define TRACE_FILES_MAX 16384u            /* input files of one trace */

/* Change points: value[i] holds on [at_ms[i], at_ms[i+1]), the last one to the
 * end of the pool's span.  at_ms[0] == 0, strictly rising; neighbours differ. */
struct trace_capacity {
    uint32_t n;
    int64_t *at_ms;
    uint32_t *value;
};
struct trace_price {
    uint32_t n; /* 0: no price known */
    int64_t *at_ms;
    int64_t *uusd_per_h;
};

struct trace_pool {
    char *name;                                  /* unique in the trace */
    char *cloud, *region, *zone, *instance_type; /* "" when not known */
    bool cloud_inferred;                         /* the cloud was read off the zone's name */
    bool has_capacity;                           /* false: only prices were given; capacity is unlimited */
    int64_t span_ms;                             /* time covered, from the trace's common start */
    int64_t gap_ms;                              /* sampling step (median when irregular); 0 if the source has none */
    int64_t resolution_ms;                       /* probing interval behind the samples; gap_ms when not known better */
    uint32_t samples;                            /* in the source, before compression; 0 if it has none */
    uint32_t price_samples;                      /* prices in the source, before compression; 0 if it has none */
    struct trace_capacity capacity;
    struct trace_price price;
};

struct trace {
    uint32_t n_pools; /* sorted by name (bytes) */
    struct trace_pool *pools;
    int64_t epoch_ms; /* Unix time of time 0, or SP_NEVER (INT64_MIN) when the sources carry no dates */
    int64_t span_ms;  /* shortest pool */
    /* Not NULL: the pools' texts and columns lie in this read-only memory; they
     * are not freed one by one, and map_bytes of it are unmapped (0: borrowed). */
    const void *map;
    size_t map_bytes;
};

/* Where traces are kept in a form that needs no reading
 * (docs/trace-cache.md).  Only what it costs in time depends on it. */
struct trace_cache {
    const char *dir;    /* made when needed */
    uint64_t min_bytes; /* less input than this is not kept */
    uint64_t max_bytes; /* of all files kept; those not used for longest go */
};
#define TRACE_CACHE_MIN_BYTES (UINT64_C(512) << 10)
#define TRACE_CACHE_MAX_BYTES (UINT64_C(1) << 30)

/* How to read.  Zero-initialised means: as written, polarity up. */
enum trace_polarity { TRACE_UP, TRACE_PREEMPTED };
struct trace_options {
    enum trace_polarity polarity;    /* TRACE_PREEMPTED: a 0/1 series with 1 = preempted is inverted */
    uint32_t single_means;           /* the 1 of a 0/1 series: 0 = as written, 1, K, or TRACE_UNLIMITED */
    int64_t gap_ms;                  /* sampling step of series without timestamps; 0 = as written */
    int64_t resolution_ms;           /* overrides the probing interval; 0 = as known */
    const char *align_path;          /* per-pool offsets file, or NULL */
    const char *cloud;               /* sets every pool's cloud, or NULL to infer */
    const char *product;             /* ProductDescription to keep of an AWS price history, or NULL */
    const char *epoch;               /* date of the first sample of series without dates, or NULL */
    const struct trace_cache *cache; /* of trace_load; NULL: none */
};

/* Sets one option from text, by its command-line name without dashes:
 * polarity, single-means, gap, resolution, align, cloud, product, epoch.  The
 * text is borrowed, not copied.  ERR_INPUT for an unknown name or value. */
enum error_code trace_option_set(struct trace_options *o, const char *name, const char *text, struct error *e);

/* One-line remarks that the user should see (cloud inferred, dates dropped). */
struct trace_notes {
    uint32_t n;
    char **lines;
};

/* Loads files, directories and globs as one multi-pool trace.  The format is
 * found by content.  On success *out owns the trace (trace_free).  The order
 * of `paths` does not change the result.  Errors name file and line or JSON
 * path.  `notes` may be NULL; free with trace_notes_free. */
enum error_code trace_load(const char *const *paths, uint32_t n_paths, const struct trace_options *options,
                           struct trace **out, struct trace_notes *notes, struct error *e);
/* Same for one file's bytes already in memory; `name` stands for its path. */
enum error_code trace_load_memory(const char *name, const char *data, size_t size, const struct trace_options *options,
                                  struct trace **out, struct trace_notes *notes, struct error *e);
void trace_free(struct trace *t); /* NULL is fine */
void trace_notes_free(struct trace_notes *n);

/* A new trace: time [start_ms, start_ms + length_ms) of `t`, every pool cut or
 * NULL on error.  Needs start_ms + length_ms <= t->span_ms. */
enum error_code trace_window(const struct trace *t, int64_t start_ms, int64_t length_ms, struct trace **out,
                             struct error *e);

/* Digest over everything that can change a result; same on every machine. */
uint64_t trace_digest(const struct trace *t);

/* Writes our tidy CSV (docs/trace-formats.md), which trace_load reads back to
 * an identical trace. */
struct strbuf;
void trace_write_tidy(const struct trace *t, struct strbuf *out);

/* Index of the pool, or -1. */
int64_t trace_find_pool(const struct trace *t, const char *name);

#endif
