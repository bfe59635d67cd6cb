/* SPDX-License-Identifier: Apache-2.0
 * JSON read with cJSON, which does not say why it could not. */
#ifndef SPOTSIM_BASE_JSON_H
#define SPOTSIM_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>

/* The document at the start of `size` bytes; free with cJSON_Delete.  `end`, if
 * given: where it ends, or what is not understood.  `to_nul`: nothing else may come
 * before a NUL, which `size` counts.  NULL: not JSON, or `no_memory`, which is known
 * from the errno that POSIX has malloc set. */
struct cJSON *json_parse(const char *text, size_t size, const char **end, bool to_nul, bool *no_memory);

#endif
