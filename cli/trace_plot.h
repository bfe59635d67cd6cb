/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace plot: data beside the picture, drawn by gnuplot. */
#ifndef SPOTSIM_CLI_TRACE_PLOT_H
#define SPOTSIM_CLI_TRACE_PLOT_H

#include "traces/report.h"

#define TRACE_PLOT_POOLS_MAX 64u

/* Writes `path` without its extension plus ".dat", then `path` (.svg or .png)
 * with gnuplot and scripts/plot/trace.gp or trace-price.gp.  Without gnuplot or the script the
 * data stays, *hint says how to get the picture (static text) and the call
 * succeeds; otherwise *hint is NULL. */
enum error_code trace_plot(const struct trace *t, enum trace_quantity what, const char *path, const char **hint,
                           struct error *e);

/* Writes `data` to `path` without its extension plus ".dat", then draws `path`
 * (.svg or .png) with a script of scripts/plot; `settings` are further gnuplot
 * assignments.  Without gnuplot or the script as above. */
enum error_code picture_draw(const char *script, const struct strbuf *data, const char *settings, const char *path,
                             const char **hint, struct error *e);
/* ERR_INPUT unless it ends in .svg or .png. */
enum error_code picture_check(const char *path, struct error *e);

#endif
