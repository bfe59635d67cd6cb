/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace synth|fit|compare|cache.  Each gets its own arguments (argv[0] is
 * its name) and returns the exit status. */
#ifndef SPOTSIM_CLI_TRACE_MODEL_H
#define SPOTSIM_CLI_TRACE_MODEL_H

#include "base/error.h"
#include "base/text.h"
#include "cli/options.h"
#include "traces/trace.h"

int trace_synth(int argc, char **argv);
int trace_fit(int argc, char **argv);
int trace_compare(int argc, char **argv);
int trace_cache_command(int argc, char **argv);

/* Options and help with -o for --output; runs `run`, prints its error.
 * `tables` ends with NULL, usage is the help's head. */
int trace_action(int argc, char **argv, const struct option *const *tables, const char *usage,
                 enum error_code (*run)(const struct options *o, struct error *e));
/* A buffer to the file, or to standard output when path is NULL.  Frees it. */
enum error_code trace_put(struct strbuf *out, const char *path, struct error *e);
/* Options that say how to read a trace, and their values. */
extern const struct option trace_reading[];
enum error_code trace_read_options(const struct options *o, struct trace_options *out, struct error *e);
/* Loads, with remarks on standard error.  *notes is to be freed, on failure too. */
enum error_code trace_read_notes(const struct options *o, const char *const *paths, uint32_t n, struct trace **out,
                                 struct trace_notes *notes, struct error *e);
enum error_code trace_read(const struct options *o, const char *const *paths, uint32_t n, struct trace **out,
                           struct error *e);

#endif
