/* SPDX-License-Identifier: Apache-2.0
 * Shared by the compare_*.c files only. */
#ifndef SPOTSIM_STUDY_COMPARE_PRIVATE_H
#define SPOTSIM_STUDY_COMPARE_PRIVATE_H

#include <stddef.h>

#include "study/compare.h"

#define AT(member) offsetof(struct shape, member)
/* The single numbers of a shape; ends with a NULL key. */
struct shape_row {
    const char *key, *title;
    size_t offset;
};
extern const struct shape_row compare_rows[];

static inline double shape_value(const struct shape *s, size_t offset) {
    return *(const double *)(const void *)((const char *)s + offset);
}
extern const char *const compare_size_titles[COMPARE_SIZES];

/* Runs every policy on the real trace and the out->n_traces synthetic ones and
 * fills in what came of it (compare_run.c); room in `out` is there. */
enum error_code compare_runs(struct scenario *const *scenarios, const struct trace *real,
                             const struct trace *const *synth, uint32_t threads, struct comparison *out,
                             struct error *e);

#endif
