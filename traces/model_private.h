/* SPDX-License-Identifier: Apache-2.0
 * Shared by the model_*.c files only: reading a model's JSON. */
#ifndef SPOTSIM_TRACES_MODEL_PRIVATE_H
#define SPOTSIM_TRACES_MODEL_PRIVATE_H

#include "base/field.h"
#include "traces/model.h"

struct cJSON;

/* A place inside the file: "model.json: pools[3].levels".  `outer` ends with a
 * colon when it is the file itself. */
struct model_place {
    char text[320];
};
const char *model_inside(struct model_place *p, const char *outer, const char *member);
const char *model_at_index(struct model_place *p, const char *outer, const char *member, uint32_t i);
/* The same place, the file's without the colon that members follow. */
const char *model_itself(struct model_place *p, const char *outer);

/* The members of an object that a table knows; `others` (ends with NULL, may be
 * NULL) are left alone, any further one is an error. */
enum error_code model_read_table(const struct cJSON *object, const char *where, const struct field *table, size_t n,
                                 const char *const *others, void *out, struct error *e);
/* NULL: not there. */
const struct cJSON *model_member(const struct cJSON *object, const char *name);
/* A list of `most` numbers at most, each in [min, max]. */
enum error_code model_read_numbers(const struct cJSON *list, const char *where, uint32_t most, double min, double max,
                                   double *out, uint32_t *n, struct error *e);

/* "blocks" of the model, which comes first, and "history" of a pool. */
enum error_code model_read_blocks(const struct cJSON *v, const char *where, struct model_blocks *out, struct error *e);
enum error_code model_read_history(const struct cJSON *v, const char *where, const struct model_blocks *blocks,
                                   struct model_history *out, struct error *e);
void model_write_blocks(const struct model_blocks *b, struct strbuf *out);
void model_write_history(const struct model_history *h, const struct model_blocks *blocks, struct strbuf *out);
void model_history_free(struct model_history *h);

#endif
