/* SPDX-License-Identifier: Apache-2.0
 * The folder of cache files: names, whole files or none, a bound on all of
 * them together. */
#ifndef SPOTSIM_TRACES_CACHE_DIR_H
#define SPOTSIM_TRACES_CACHE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct trace_cache;
struct cache_file;
struct strbuf;

/* The file for `key`, to be read; -1: there is none. */
int cache_dir_open(const struct trace_cache *cache, const char *key);
/* Notes that the file was of use, at most once a day. */
void cache_dir_used(int fd);
/* Writes the file of c->key under another name and puts it in place; then the
 * files used longest ago go until the rest fits.  Gives up silently. */
void cache_dir_write(const struct trace_cache *cache, const struct cache_file *c);

/* One line per file, oldest first: when used, size, what of.  A folder that is
 * not there is empty. */
enum error_code cache_dir_list(const char *dir, struct strbuf *out, struct error *e);
/* Removes all of them, and nothing else. */
enum error_code cache_dir_clear(const char *dir, uint32_t *removed, struct error *e);

#endif
