/* SPDX-License-Identifier: Apache-2.0
 * A scenario as written: the JSON tree plus what options put over it.  It
 * remembers which option set which path, so that an error names the option
 * and not a line of a file that the user did not touch. */
#ifndef SPOTSIM_STUDY_DOCUMENT_H
#define SPOTSIM_STUDY_DOCUMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/field.h"
#include "policies/spec.h"

struct cJSON;
struct scenario_doc;

#define DOC_WHERE_MAX 320

/* An empty scenario. */
enum error_code doc_new(struct scenario_doc **out, struct error *e);
/* Reads a scenario file, or the scenario inside a study's manifest.json. */
enum error_code doc_read(const char *path, struct scenario_doc **out, struct error *e);
/* Same from memory; `name` stands for the file in errors. */
enum error_code doc_parse(const char *text, size_t size, const char *name, struct scenario_doc **out, struct error *e);
enum error_code doc_copy(const struct scenario_doc *from, struct scenario_doc **out, struct error *e);
void doc_free(struct scenario_doc *doc); /* NULL is fine */

struct cJSON *doc_root(const struct scenario_doc *doc);

/* The full path of what a user typed: "policy.mix.base" is
 * "fleet.policy.mix.base", "single_means" is "trace.single_means". */
void doc_full_path(const char *typed, struct strbuf *out);

/* Sets one value.  `typed`: a path as in doc_full_path, array elements by
 * number; `text`: the value as typed ([...] and {...} are read as JSON, null
 * means the default; only UTF-8).  `label` names the option in errors.  A policy
 * given as text is taken apart when the path goes into it. */
enum error_code doc_set(struct scenario_doc *doc, struct policy_registry *registry, const char *typed, const char *text,
                        const char *label, struct error *e);
/* Sets an array of strings, or one key of study.vary (`key` may hold dots). */
enum error_code doc_set_list(struct scenario_doc *doc, const char *path, const char *const *items, uint32_t n,
                             const char *label, struct error *e);
/* Sorts an array of strings, where the order means nothing. */
void doc_sort_list(struct scenario_doc *doc, const char *section, const char *key);
enum error_code doc_set_vary(struct scenario_doc *doc, const char *key, const char *values, const char *label,
                             struct error *e);
/* cloud.defaults.FIELD from an option: no pool's own setting may stand over it. */
enum error_code doc_set_every_pool(struct scenario_doc *doc, const char *field, const char *text, const char *label,
                                   struct error *e);

/* Names the place of `path` (and `child` under it, unless NULL) for an error:
 * the option that set it, or "FILE at PATH".  Returns buf. */
char *doc_where(const struct scenario_doc *doc, const char *path, const char *child, char buf[DOC_WHERE_MAX]);

/* Reads one section by its table into *out.  `object` may be NULL (nothing to
 * read); keys in `others` are left to the caller; any other key is an error
 * that suggests the nearest.  null leaves a field as it is, but for prices,
 * where it means unknown. */
enum error_code doc_read_table(const struct scenario_doc *doc, const struct cJSON *object, const char *path,
                               const struct field *table, uint32_t n, const char *const *others, void *out,
                               struct error *e);
/* Only the check of the keys. */
enum error_code doc_check_keys(const struct scenario_doc *doc, const struct cJSON *object, const char *path,
                               const char *const *keys, struct error *e);

#endif
