/* SPDX-License-Identifier: Apache-2.0
 * What a study varies: axes of values, and their cartesian grid. */
#ifndef SPOTSIM_STUDY_VARY_H
#define SPOTSIM_STUDY_VARY_H

#include <stdbool.h>
#include <stdint.h>

#include "study/document.h"

#define VARY_AXES_MAX 16u
#define VARY_VALUES_MAX 10000u    /* of one axis */
#define VARY_VARIANTS_MAX 100000u /* of the grid */

struct vary_axis {
    char *path; /* as typed: "policy.mix.base" */
    uint32_t n;
    char **values; /* as a user would type them */
    bool numeric;  /* all are numbers, or all durations */
    bool duration; /* x is in seconds */
    double *x;     /* where numeric */
};

struct vary_grid { /* zero-initialised: one variant, no axis */
    uint32_t n_axes, n_variants;
    struct vary_axis axes[VARY_AXES_MAX];
};

/* "a,b,c", "0..4", "0..1:0.25", "60s..300s:60s", mixed; commas inside
 * brackets do not separate. */
enum error_code vary_values(const char *text, const char *where, char ***values, uint32_t *n, struct error *e);
/* Splits "path=values". *path is owned by the caller; *values points into text. */
enum error_code vary_split(const char *text, const char *where, char **path, const char **values, struct error *e);
/* Reads the document's study.vary. */
enum error_code vary_read(const struct scenario_doc *doc, struct vary_grid *grid, struct error *e);
/* Which value of axis a variant v has; the first axis changes slowest. */
uint32_t vary_index(const struct vary_grid *grid, uint32_t v, uint32_t axis);
/* A copy of the document with variant v's values set, shorter paths first (a
 * whole policy before one of its parameters). */
enum error_code vary_apply(const struct vary_grid *grid, uint32_t v, const struct scenario_doc *doc,
                           struct policy_registry *registry, struct scenario_doc **out, struct error *e);
/* "policy.mix.base=1, target=4"; "" without axes.  `skip`: an axis to leave
 * out, or UINT32_MAX. */
void vary_label(const struct vary_grid *grid, uint32_t v, uint32_t skip, struct strbuf *out);
/* The first numeric axis, or UINT32_MAX. */
uint32_t vary_x_axis(const struct vary_grid *grid);
void vary_free(struct vary_grid *grid);

#endif
