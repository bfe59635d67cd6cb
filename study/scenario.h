/* SPDX-License-Identifier: Apache-2.0
 * From a scenario as written to one run, resolved: trace loaded, policies
 * built, every pool's parameters known.  Precedence: option > scenario >
 * profile > cloud profile. */
#ifndef SPOTSIM_STUDY_SCENARIO_H
#define SPOTSIM_STUDY_SCENARIO_H

#include "sim/config.h"
#include "study/document.h"
#include "study/notes.h"
#include "traces/model.h"

#define SCENARIO_GROUPS_MAX 256u
#define SCENARIO_QUOTAS_MAX 4096u

/* What scenarios resolved in one process share: the policies known and the
 * traces loaded so far (each way of reading a trace once). */
struct scenario_env;
struct scenario_env *scenario_env_new(void);      /* NULL: out of memory */
void scenario_env_free(struct scenario_env *env); /* after every scenario made with it */
struct policy_registry *scenario_env_registry(struct scenario_env *env);
/* Traces loaded from now on are kept there (traces/trace.h); NULL: nowhere, as
 * at first.  Copied. */
enum error_code scenario_env_set_cache(struct scenario_env *env, const struct trace_cache *cache, struct error *e);
/* Scenarios may name this trace as their only path, SCENARIO_MEMORY followed by
 * `name`.  The trace must outlive the environment. */
#define SCENARIO_MEMORY "memory:"
enum error_code scenario_env_add_trace(struct scenario_env *env, const char *name, const struct trace *trace,
                                       const struct trace_notes *notes, struct error *e);

struct scenario;

/* Builds the run.  *out lives until scenario_free and needs env alive.
 * Remarks go to `notes`.  ERR_INPUT names the option or the file and path. */
enum error_code scenario_resolve(const struct scenario_doc *doc, struct scenario_env *env, struct scenario **out,
                                 struct notes *notes, struct error *e);
void scenario_free(struct scenario *s); /* NULL is fine */

/* The run, with the stress scenario in it if there is one. */
const struct sim_config *scenario_config(const struct scenario *s);
/* The same without.  scenario_stress: what happens to it, NULL for nothing; its
 * name as written ("none"). */
const struct sim_config *scenario_calm_config(const struct scenario *s);
const struct model *scenario_stress(const struct scenario *s);
const char *scenario_stress_name(const struct scenario *s);
const char *scenario_name(const struct scenario *s);
const char *scenario_profile(const struct scenario *s);
const char *scenario_single_means(const struct scenario *s);
const char *scenario_polarity(const struct scenario *s);
const char *scenario_question(const struct scenario *s); /* "" when there is none */
bool scenario_timeline(const struct scenario *s);        /* is one asked for? */
int64_t scenario_replications(const struct scenario *s);
int64_t scenario_window_ms(const struct scenario *s); /* 0: none */
double scenario_precision(const struct scenario *s);  /* 0: none */
const char *scenario_precision_of(const struct scenario *s);
int64_t scenario_span_ms(const struct scenario *s);       /* shortest pool used */
int64_t scenario_resolution_ms(const struct scenario *s); /* coarsest of the pools used; 0 when not known */
int64_t scenario_gap_ms(const struct scenario *s);        /* largest of the pools used; 0 when not known */
/* Cloud profile applied to pool i ("" for none) and whether it was read off
 * the pool's name. */
const char *scenario_pool_cloud(const struct scenario *s, uint32_t i, bool *inferred);
/* Canonical text of the fleet's policies, with an autoscaler that has a mind of
 * its own; groups as "name: text; ...". */
void scenario_policy_text(const struct scenario *s, struct strbuf *out);

/* The resolved scenario as JSON on one line; it reads back to the same run. */
void scenario_to_json(const struct scenario *s, struct strbuf *out);

#endif
