/* SPDX-License-Identifier: Apache-2.0
 * Alignment files: CSV pool,offset; an offset is a duration or "1462ticks".
 * The pool's first sample lies that much after the common clock's zero.
 * Private to traces/. */
#ifndef SPOTSIM_TRACES_ALIGN_H
#define SPOTSIM_TRACES_ALIGN_H

#include "traces/builder.h"

enum error_code align_parse(struct trace_builder *b, const char *path, const char *data, size_t size, struct error *e);

#endif
