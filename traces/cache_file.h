/* SPDX-License-Identifier: Apache-2.0
 * One loaded trace as one file: what it was made from, what was remarked, the
 * pools, and their change points as columns that are used where they lie.
 * docs/trace-cache.md has the layout.  Private to traces/. */
#ifndef SPOTSIM_TRACES_CACHE_FILE_H
#define SPOTSIM_TRACES_CACHE_FILE_H

#include "traces/sources.h"
#include "traces/trace.h"

/* What a cache file says.  After cache_file_open all texts and the trace's
 * columns lie in `map`. */
struct cache_file {
    const char *key; /* the way of reading: options and paths, see cache.c */
    struct sources sources;
    struct trace_notes notes;
    struct trace *trace;
    const unsigned char *map;
    size_t size;
};

/* Takes a piece of the file that belongs `at` bytes from its start; false:
 * could not be written. */
typedef bool cache_put(void *arg, size_t at, const void *data, size_t size);
/* Writes `key`, `sources`, `notes` and `trace`, the head of the file last. */
bool cache_file_write(const struct cache_file *c, cache_put *put, void *arg);
/* Size of its file, within a few names. */
size_t cache_file_bytes(const struct trace *t);

/* The head of a cache file: everything but the trace.  False: this is no cache
 * file of this program, or not a whole one; nothing then needs to be closed.
 * `map` must be aligned to 8 bytes and outlive *out. */
bool cache_file_open(const unsigned char *map, size_t size, struct cache_file *out);
/* Then the trace, every promise of trace.h checked.  Texts and columns lie in
 * `map`. */
bool cache_file_trace(struct cache_file *c);
void cache_file_close(struct cache_file *c); /* all but the map and the trace */

/* Makes the hashes of a file's bytes right, and the program's mark: how tests
 * get past them to the checks behind. */
void cache_file_seal(unsigned char *map, size_t size);

#endif
