/* SPDX-License-Identifier: Apache-2.0
 * A trace for people: statistics as text or JSON, a picture for the terminal,
 * data for plots.  All append to `out`; check out->failed. */
#ifndef SPOTSIM_TRACES_REPORT_H
#define SPOTSIM_TRACES_REPORT_H

#include "traces/trace.h"

struct strbuf;

/* One line per pool, then what the pools have in common. */
enum error_code trace_report_text(const struct trace *t, struct strbuf *out, struct error *e);
/* The same, complete, as one JSON object; `notes` may be NULL. */
enum error_code trace_report_json(const struct trace *t, const struct trace_notes *notes, struct strbuf *out,
                                  struct error *e);
/* One row of `width` characters per pool: blank down, . : # for rising shares
 * of the pool's largest capacity.  Widths from 20 to 1000. */
void trace_report_picture(const struct trace *t, uint32_t width, struct strbuf *out);
enum trace_quantity { TRACE_CAPACITY, TRACE_PRICE };
/* Columns hour and value: instances (-1: unlimited) or $/h (NaN: unknown); one
 * block per pool, two blank lines between blocks; a row holds until the next
 * one, the last row ends the pool. */
void trace_report_data(const struct trace *t, enum trace_quantity what, struct strbuf *out);

#endif
