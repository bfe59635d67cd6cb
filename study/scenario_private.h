/* SPDX-License-Identifier: Apache-2.0
 * Shared by the scenario_*.c files only. */
#ifndef SPOTSIM_STUDY_SCENARIO_PRIVATE_H
#define SPOTSIM_STUDY_SCENARIO_PRIVATE_H

#include "study/fields.h"
#include "study/scenario.h"
#include "study/stress.h"

struct cJSON;

struct cached_trace {
    char *key; /* options and paths, as JSON */
    struct trace *trace;
    struct notes notes;
};

/* A trace that the caller holds. */
struct named_trace {
    char *name;
    const struct trace *trace;
    struct notes notes;
};

struct scenario_env {
    struct policy_registry *registry;
    struct trace_cache cache; /* dir NULL: none */
    struct named_trace *named;
    uint32_t n_named;
    struct cached_trace *traces;
    uint32_t n_traces;
    char **plugins; /* loaded so far */
    uint32_t n_plugins;
};

struct scenario_group {
    char *name;
    struct policy_spec spec;
    uint32_t *pools;
    bool has_target, has_share; /* as written */
    uint32_t target;
    double share;
};

struct scenario {
    struct scenario_top top;
    struct scenario_trace read;
    struct scenario_fleet fleet;
    struct scenario_study study;
    char *cloud_name; /* forced; NULL */
    char *vary;       /* study.vary as JSON; NULL */
    uint32_t n_paths; /* of the trace */
    char **paths;
    uint32_t n_plugins;
    char **plugins;
    bool groups_given; /* else one unnamed group of all pools */
    bool has_target;   /* fleet.target, not an autoscaler */
    uint32_t target;
    struct load *load; /* NULL: not known */
    struct trace view; /* the pools used; borrows from the cached trace */
    struct pool_params *pools;
    const char **clouds; /* cloud profile of each pool; "" none */
    struct quota *quotas;
    uint32_t n_groups;
    struct scenario_group *groups;
    struct group_config *group_configs;
    struct sim_config config; /* of the run */
    struct model *stress;     /* what happens to it; NULL: nothing */
    struct stressed stressed; /* the run with that in it */
};

/* What resolving needs at every step. */
struct resolver {
    const struct scenario_doc *doc;
    struct scenario_env *env;
    struct scenario *s;
    struct notes *notes;
};

/* Each reads one part; they run in this order. */
enum error_code resolve_trace(struct resolver *r, struct error *e);  /* scenario_trace.c */
enum error_code resolve_groups(struct resolver *r, struct error *e); /* scenario_groups.c; narrows the view */
enum error_code resolve_pools(struct resolver *r, struct error *e);  /* scenario_pools.c */
enum error_code resolve_control(struct resolver *r, struct error *e);
enum error_code resolve_stress(struct resolver *r, struct error *e); /* scenario_stress.c; when the run is whole */
enum error_code resolve_load(struct resolver *r, struct error *e);   /* scenario_load.c; after the groups */

/* A section of the document, or NULL: "fleet", "cloud". */
const struct cJSON *resolver_section(const struct resolver *r, const char *name);
/* Reads an array of strings (or one string); *out is freed with text_list_free. */
enum error_code read_text_list(const struct scenario_doc *doc, const struct cJSON *node, const char *path, char ***out,
                               uint32_t *n, struct error *e);
void text_list_free(char **list, uint32_t n);
/* Keeps the pools whose flag is set. */
enum error_code view_keep(struct scenario *s, const bool *keep, struct error *e);
enum error_code env_load_plugin(struct scenario_env *env, const char *path, const char *where, struct error *e);
/* Remembers the trace for these options; the first time it is loaded. */
enum error_code env_trace(struct scenario_env *env, const struct scenario *s, const struct trace **out,
                          struct notes *notes, struct error *e);

#endif
