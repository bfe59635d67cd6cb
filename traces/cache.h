/* SPDX-License-Identifier: Apache-2.0
 * Traces kept between runs.  A cache never changes what is read, and no trouble
 * with it is an error: then the sources are read.  Private to traces/. */
#ifndef SPOTSIM_TRACES_CACHE_H
#define SPOTSIM_TRACES_CACHE_H

#include "traces/paths.h"
#include "traces/sources.h"

struct strbuf;

/* Everything that decides what is read, but for the files' content. */
void cache_key(const struct named_paths *named, const struct trace_options *o, struct strbuf *out);

/* The trace kept for `key`, if its sources are what they were. */
bool cache_find(const struct trace_cache *cache, const char *key, struct trace **out, struct trace_notes *notes);
/* Keeps a trace that was read from `sources`. */
void cache_keep(const struct trace_cache *cache, const char *key, const struct sources *sources,
                const struct trace_notes *notes, const struct trace *t);

#endif
