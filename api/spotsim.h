/* SPDX-License-Identifier: Apache-2.0
 *
 * libspotsim: replay traces of spot capacity and price against replacement
 * policies, in your own process.  The whole public interface is in this header;
 * docs/library.md walks through it, docs/examples/library.c is a program.
 *
 *   env       what scenarios share: policies known, traces loaded (each once)
 *   trace     capacity and price of pools over time, from files or from memory
 *   scenario  one run's settings; every one is set by its path ("policy.mix.base")
 *   sim       runs scenarios, one after the other, and reuses its memory
 *   result    what came out of one run
 *   study     a grid of scenarios, replicated, on several threads
 *
 * Rules, the same everywhere:
 *
 * Errors.  A function that can fail returns an enum spotsim_code and fills
 * *e, which may be NULL; on success *e is left as it was.  What it should have
 * made is NULL then.  The library never exits, aborts, prints, changes the
 * environment or the locale, or handles signals, and keeps no state of its own
 * outside its handles.  Numbers in texts are written as in the C locale, whatever
 * the calling thread's is (callbacks see the C locale).
 *
 * Ownership.  Handles are freed by their _free function, in any order; NULL is
 * fine.  `const char *` results belong to the handle that they came from and live
 * until it is freed or, for a result, run into again.  Texts handed out through a
 * `char **text` are the caller's: spotsim_free.  Arguments are copied unless it
 * says otherwise.
 *
 * Threads.  A handle is used by one thread at a time, but for two: an env may be
 * used by several at once (it locks, for as long as a trace is loaded or a journal
 * replayed), and a prepared scenario may be run by several at once, each with its own
 * sim and result, as long as nobody sets or prepares it or adds a note.  A finished
 * trace is only read.  Different handles are independent.
 *
 * Determinism.  The same scenario gives the same results, bit for bit, whatever
 * thread, order or earlier run.
 *
 * Units.  Times in ms from the start of the trace or run, or seconds where the
 * name ends in _s; prices in dollars per hour.
 *
 * Compatibility.  Names and numbers here keep their meaning within one major
 * version, within one minor version while the major is 0; the shared library's
 * name changes with it.  Structs of this header keep their layout.
 */
#ifndef SPOTSIM_H
#define SPOTSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SPOTSIM_VERSION "0.1.0"
#define SPOTSIM_VERSION_NUMBER 100 /* major * 10000 + minor * 100 + patch */

#ifdef __GNUC__
#define SPOTSIM_API __attribute__((visibility("default")))
#else
#define SPOTSIM_API
#endif

/* Of the library that is linked; compare with the macros of the header that was
 * compiled. */
SPOTSIM_API const char *spotsim_version(void);
SPOTSIM_API int spotsim_version_number(void);

/* ---- errors and texts ------------------------------------------------------- */

enum spotsim_code {
    SPOTSIM_OK = 0,
    SPOTSIM_FAILED = 1,   /* the run failed: out of memory, disk full, a policy broke the rules,
                             a replayed answer differs */
    SPOTSIM_INPUT = 2,    /* what the user gave is wrong */
    SPOTSIM_MISUSE = 3,   /* the call is wrong: NULL, an index past the end, out of order */
    SPOTSIM_CANCELED = 4, /* a progress callback asked to stop */
};

struct spotsim_error {
    int32_t code;      /* enum spotsim_code */
    char where[320];   /* file:line, file at JSON path, setting, function; may be "" */
    char message[700]; /* what was wrong and what was expected; cut when too long */
};

/* "ok", "failed", "input", "misuse", "canceled"; "?" for any other number. */
SPOTSIM_API const char *spotsim_code_name(enum spotsim_code code);
/* Frees a text that the library handed out; NULL is fine. */
SPOTSIM_API void spotsim_free(void *text);

enum spotsim_format { SPOTSIM_TEXT = 1, SPOTSIM_JSON = 2, SPOTSIM_CSV = 3, SPOTSIM_MARKDOWN = 4 };

/* ---- env -------------------------------------------------------------------- */

struct spotsim_env;
struct spotsim_trace;
struct spotsim_scenario;
struct sp_policy; /* <spotsim/policy.h>: the table of a policy, its parameters and their bounds */

SPOTSIM_API enum spotsim_code spotsim_env_new(struct spotsim_env **out, struct spotsim_error *e);
SPOTSIM_API void spotsim_env_free(struct spotsim_env *env);

/* Keeps traces that scenarios load from files in a folder, in a form that needs
 * no reading the next time (docs/trace-cache.md); results do not depend on it.
 * Less than `min_bytes` of input is not kept, all files together have at most
 * `max_bytes`.  NULL or "": nothing is kept, as in a new env. */
#define SPOTSIM_CACHE_MIN_BYTES (UINT64_C(512) << 10)
#define SPOTSIM_CACHE_MAX_BYTES (UINT64_C(1) << 30)
SPOTSIM_API enum spotsim_code spotsim_env_set_trace_cache(struct spotsim_env *env, const char *dir, uint64_t min_bytes,
                                                          uint64_t max_bytes, struct spotsim_error *e);

/* Makes a finished trace known as "memory:NAME" to the scenarios of this env
 * (trace.paths).  The trace is shared, not copied; the caller may free its
 * handle.  INPUT: the name is empty or taken. */
SPOTSIM_API enum spotsim_code spotsim_env_add_trace(struct spotsim_env *env, const char *name,
                                                    const struct spotsim_trace *trace, struct spotsim_error *e);

/* Makes a policy of the caller's own program known by its name.  The table is
 * not copied and must outlive the env; its functions may be called from several
 * threads at once.  INPUT: the table contradicts itself, or the name is taken. */
SPOTSIM_API enum spotsim_code spotsim_env_add_policy(struct spotsim_env *env, const struct sp_policy *policy,
                                                     struct spotsim_error *e);
/* Loads a policy from a .so, or compiles a .c with $CC (default cc) and loads it.
 * Loaded twice, it is the same.  `out` may be NULL. */
SPOTSIM_API enum spotsim_code spotsim_env_load_policy(struct spotsim_env *env, const char *path,
                                                      const struct sp_policy **out, struct spotsim_error *e);
/* The policies known: built-ins first, then in the order added.  A table holds
 * name, role, summary and every parameter with type, bounds and default.  NULL
 * past the end.  Tables live as long as the env. */
SPOTSIM_API uint32_t spotsim_env_policy_count(struct spotsim_env *env);
SPOTSIM_API const struct sp_policy *spotsim_env_policy(struct spotsim_env *env, uint32_t i);
/* INPUT: none of that name; the message suggests the nearest. */
SPOTSIM_API enum spotsim_code spotsim_env_find_policy(struct spotsim_env *env, const char *name,
                                                      const struct sp_policy **out, struct spotsim_error *e);
/* All policies, or one in full; TEXT or JSON, all of them also MARKDOWN. */
SPOTSIM_API enum spotsim_code spotsim_env_policies_text(struct spotsim_env *env, enum spotsim_format format,
                                                        char **text, struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_policy_text(const struct sp_policy *policy, enum spotsim_format format,
                                                  char **text, struct spotsim_error *e);

/* What a scenario may hold: a JSON Schema (JSON) or docs/scenario.md (MARKDOWN). */
SPOTSIM_API enum spotsim_code spotsim_env_settings_text(struct spotsim_env *env, enum spotsim_format format,
                                                        char **text, struct spotsim_error *e);

/* Feeds a journal's observations to the policies it names and compares every
 * answer with the one written then.  `explain` gets every action with its reason
 * unless NULL.  *answers: how many were the same; *complete: the journal has its
 * last line; both may be NULL.  INPUT: no journal, or a policy that the env does
 * not have; FAILED: an answer differs (the line is named). */
SPOTSIM_API enum spotsim_code spotsim_env_replay(struct spotsim_env *env, const char *path, FILE *explain,
                                                 uint64_t *answers, bool *complete, struct spotsim_error *e);

/* ---- trace ------------------------------------------------------------------ */

#define SPOTSIM_UNLIMITED UINT32_MAX /* a capacity without bound */

/* Reads files, folders and globs as one trace (docs/trace-formats.md).
 * `options`, NULL-terminated or NULL: "polarity=preempted", "single-means=2",
 * "gap=60s", "resolution=", "align=", "cloud=", "product=", "epoch=", as the
 * command line's. */
SPOTSIM_API enum spotsim_code spotsim_trace_load(const char *const *paths, uint32_t n_paths, const char *const *options,
                                                 struct spotsim_trace **out, struct spotsim_error *e);
/* Same for the bytes of one file; `name` stands for its path. */
SPOTSIM_API enum spotsim_code spotsim_trace_parse(const char *data, size_t size, const char *name,
                                                  const char *const *options, struct spotsim_trace **out,
                                                  struct spotsim_error *e);

/* An empty trace to fill from memory.  A pool is made when it is first named;
 * a name that reads like a zone ("us-east-1a", "us-east-1a_p3.2xlarge") says
 * cloud and region too, unless spotsim_trace_place does. */
SPOTSIM_API enum spotsim_code spotsim_trace_new(struct spotsim_trace **out, struct spotsim_error *e);
/* Spot instances that the pool gives (0 to 1000000, or SPOTSIM_UNLIMITED), as
 * changes: capacity[i] holds from at_ms[i] on.  at_ms[0] is 0, times rise, the
 * last one is before end_ms, where the pool ends.  A pool with prices only has
 * unlimited capacity. */
SPOTSIM_API enum spotsim_code spotsim_trace_capacity(struct spotsim_trace *t, const char *pool, uint32_t n,
                                                     const int64_t *at_ms, const uint32_t *capacity, int64_t end_ms,
                                                     struct spotsim_error *e);
/* Same as samples: capacity[i] holds from i * gap_ms on, the last to n * gap_ms. */
SPOTSIM_API enum spotsim_code spotsim_trace_capacity_samples(struct spotsim_trace *t, const char *pool, uint32_t n,
                                                             const uint32_t *capacity, int64_t gap_ms,
                                                             struct spotsim_error *e);
/* The spot price, $/h, as changes or samples.  The last price holds to the end of
 * the pool's capacity. */
SPOTSIM_API enum spotsim_code spotsim_trace_price(struct spotsim_trace *t, const char *pool, uint32_t n,
                                                  const int64_t *at_ms, const double *usd_per_h, int64_t end_ms,
                                                  struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_trace_price_samples(struct spotsim_trace *t, const char *pool, uint32_t n,
                                                          const double *usd_per_h, int64_t gap_ms,
                                                          struct spotsim_error *e);
/* Where the pool is; NULL: not said. */
SPOTSIM_API enum spotsim_code spotsim_trace_place(struct spotsim_trace *t, const char *pool, const char *cloud,
                                                  const char *region, const char *zone, const char *instance_type,
                                                  struct spotsim_error *e);
/* The trace is complete: from now on it can be used and no longer be filled.
 * Traces that were loaded are finished.  After an error only free it. */
SPOTSIM_API enum spotsim_code spotsim_trace_finish(struct spotsim_trace *t, struct spotsim_error *e);
SPOTSIM_API void spotsim_trace_free(struct spotsim_trace *t);

/* Of a finished trace; 0 or NULL before, and past the end.  Pools are ordered by
 * name.  Arrays hold changes only. */
SPOTSIM_API uint32_t spotsim_trace_pool_count(const struct spotsim_trace *t);
SPOTSIM_API const char *spotsim_trace_pool_name(const struct spotsim_trace *t, uint32_t pool);
SPOTSIM_API int64_t spotsim_trace_pool_span_ms(const struct spotsim_trace *t, uint32_t pool);
SPOTSIM_API int64_t spotsim_trace_span_ms(const struct spotsim_trace *t); /* of the shortest pool */
/* How many changes; *at_ms and *capacity point into the trace. */
SPOTSIM_API uint32_t spotsim_trace_pool_capacity(const struct spotsim_trace *t, uint32_t pool, const int64_t **at_ms,
                                                 const uint32_t **capacity);
/* Same, in millionths of a dollar per hour; 0: no price is known. */
SPOTSIM_API uint32_t spotsim_trace_pool_price(const struct spotsim_trace *t, uint32_t pool, const int64_t **at_ms,
                                              const int64_t **micro_usd_per_h);
/* Of all that can change a result; the same on every machine. */
SPOTSIM_API uint64_t spotsim_trace_digest(const struct spotsim_trace *t);
/* Remarks on how it was read: one line each. */
SPOTSIM_API uint32_t spotsim_trace_note_count(const struct spotsim_trace *t);
SPOTSIM_API const char *spotsim_trace_note(const struct spotsim_trace *t, uint32_t i);
/* As tidy CSV (CSV), which reads back to the same trace. */
SPOTSIM_API enum spotsim_code spotsim_trace_text(const struct spotsim_trace *t, enum spotsim_format format, char **text,
                                                 struct spotsim_error *e);

/* ---- scenario --------------------------------------------------------------- */

/* An empty scenario, a scenario file (or a study's manifest.json), the same from
 * memory (`name` stands for the file), a copy.  A scenario keeps its env alive. */
SPOTSIM_API enum spotsim_code spotsim_scenario_new(struct spotsim_env *env, struct spotsim_scenario **out,
                                                   struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_scenario_read(struct spotsim_env *env, const char *path,
                                                    struct spotsim_scenario **out, struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_scenario_parse(struct spotsim_env *env, const char *json, size_t size,
                                                     const char *name, struct spotsim_scenario **out,
                                                     struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_scenario_copy(const struct spotsim_scenario *s, struct spotsim_scenario **out,
                                                    struct spotsim_error *e);
SPOTSIM_API void spotsim_scenario_free(struct spotsim_scenario *s);

/* Sets one value, by its path in docs/scenario.md; the section may be left out
 * ("policy.mix.base", "cold_start", "groups.0.target").  `value` as on the command
 * line: "2", "120s", "skyserve(base=1)+cheapest", JSON in brackets, "null" for the
 * default.  Sets take effect at the next spotsim_scenario_prepare, which also tells
 * what is unknown or out of range; what can be told from the path alone (a misspelt
 * first word, nothing below a number) is told here. */
SPOTSIM_API enum spotsim_code spotsim_scenario_set(struct spotsim_scenario *s, const char *path, const char *value,
                                                   struct spotsim_error *e);
/* Sets an array of strings: "trace.paths", "fleet.pools". */
SPOTSIM_API enum spotsim_code spotsim_scenario_set_list(struct spotsim_scenario *s, const char *path,
                                                        const char *const *items, uint32_t n, struct spotsim_error *e);
/* Sets a field of cloud.defaults that stands over what single pools say. */
SPOTSIM_API enum spotsim_code spotsim_scenario_set_every_pool(struct spotsim_scenario *s, const char *field,
                                                              const char *value, struct spotsim_error *e);
/* One more axis of a study: "a,b,c", "0..4", "60s..300s:60s". */
SPOTSIM_API enum spotsim_code spotsim_scenario_vary(struct spotsim_scenario *s, const char *path, const char *values,
                                                    struct spotsim_error *e);
/* What errors call the place that the settings made from now on come from, such as
 * "--target"; NULL, as at the start: their own path. */
SPOTSIM_API enum spotsim_code spotsim_scenario_set_origin(struct spotsim_scenario *s, const char *origin,
                                                          struct spotsim_error *e);
/* The full path of a setting as typed: "fleet.policy.mix.base". */
SPOTSIM_API enum spotsim_code spotsim_setting_path(const char *typed, char **text, struct spotsim_error *e);

/* Resolves it: the trace is loaded (once in an env), policies are built, every
 * setting gets its value from scenario, profile and cloud.  Needed before a run and
 * again after a set.  Results of runs before stay as they are. */
SPOTSIM_API enum spotsim_code spotsim_scenario_prepare(struct spotsim_scenario *s, struct spotsim_error *e);

/* Remarks for the user (what was inferred, what is likely not meant), one line
 * each, of the last prepare and of spotsim_scenario_add_note since; results of runs
 * since carry them too.  *warning may be NULL. */
SPOTSIM_API uint32_t spotsim_scenario_note_count(const struct spotsim_scenario *s);
SPOTSIM_API const char *spotsim_scenario_note(const struct spotsim_scenario *s, uint32_t i, bool *warning);
SPOTSIM_API enum spotsim_code spotsim_scenario_add_note(struct spotsim_scenario *s, const char *text,
                                                        struct spotsim_error *e);

/* Of a prepared scenario; 0 or NULL before.  Pools that the fleet uses, by name; the
 * length of a run, warm-up included. */
SPOTSIM_API uint32_t spotsim_scenario_pool_count(const struct spotsim_scenario *s);
SPOTSIM_API const char *spotsim_scenario_pool_name(const struct spotsim_scenario *s, uint32_t pool);
SPOTSIM_API int64_t spotsim_scenario_horizon_ms(const struct spotsim_scenario *s);
/* Every setting resolved (JSON), or the policies with all parameters (TEXT). */
SPOTSIM_API enum spotsim_code spotsim_scenario_text(const struct spotsim_scenario *s, enum spotsim_format format,
                                                    char **text, struct spotsim_error *e);

/* ---- sim -------------------------------------------------------------------- */

struct spotsim_sim;
struct spotsim_result;

SPOTSIM_API enum spotsim_code spotsim_sim_new(struct spotsim_sim **out, struct spotsim_error *e);
SPOTSIM_API void spotsim_sim_free(struct spotsim_sim *sim);

/* What runs from now on do besides what the scenario says; each returns MISUSE for
 * a sim of NULL or a negative time. */
/* Added to the scenario's replication: other random streams of the same seed. */
SPOTSIM_API enum spotsim_code spotsim_sim_set_replication(struct spotsim_sim *sim, uint64_t replication);
/* Only this part of the scenario's time, warm-up included; a length of 0: all. */
SPOTSIM_API enum spotsim_code spotsim_sim_set_window(struct spotsim_sim *sim, int64_t start_ms, int64_t length_ms);
/* A journal (docs/journal.md), and every action with its reason; the files stay the
 * caller's.  NULL: none. */
SPOTSIM_API enum spotsim_code spotsim_sim_set_journal(struct spotsim_sim *sim, FILE *journal);
SPOTSIM_API enum spotsim_code spotsim_sim_set_explain(struct spotsim_sim *sim, FILE *explain);
/* Called at each instant at which one of these changed, with what holds from then
 * on.  NULL: none. */
struct spotsim_point {
    int64_t at_ms;
    int64_t micro_usd_per_h; /* what is held costs that */
    uint32_t ready_spot, ready_on_demand, target;
    uint32_t capacity; /* of all pools used; SPOTSIM_UNLIMITED when one is */
};
typedef void (*spotsim_timeline_fn)(void *arg, const struct spotsim_point *point);
SPOTSIM_API enum spotsim_code spotsim_sim_set_timeline(struct spotsim_sim *sim, spotsim_timeline_fn fn, void *arg);

/* Runs a prepared scenario and puts what came out in *result, in place of what was
 * there.  After an error *result is empty.  MISUSE: not prepared. */
SPOTSIM_API enum spotsim_code spotsim_sim_run(struct spotsim_sim *sim, const struct spotsim_scenario *s,
                                              struct spotsim_result *result, struct spotsim_error *e);

/* ---- result ----------------------------------------------------------------- */

SPOTSIM_API enum spotsim_code spotsim_result_new(struct spotsim_result **out, struct spotsim_error *e);
SPOTSIM_API void spotsim_result_free(struct spotsim_result *r);

/* The numbers of a run, by name: "availability_full", "cost_usd", ...  Counts are
 * exact to 2^53.  NULL past the end. */
SPOTSIM_API uint32_t spotsim_metric_count(void);
SPOTSIM_API const char *spotsim_metric_name(uint32_t i);
SPOTSIM_API const char *spotsim_metric_unit(uint32_t i); /* "", "s", "h", "$" */
/* *value is NaN where there is none: no base, no price known, nothing to divide by,
 * and the stress_... of single runs, which only a study compares with a calm one.
 * INPUT: no such metric (the nearest is suggested); MISUSE: an empty result. */
SPOTSIM_API enum spotsim_code spotsim_result_value(const struct spotsim_result *r, const char *metric, double *value,
                                                   struct spotsim_error *e);
/* The same of one pool: spot_hours, on_demand_hours, spot_ready_hours,
 * on_demand_ready_hours, cost_usd, spot_cost_usd, on_demand_cost_usd, spot_launched,
 * on_demand_launched, denied, spot_denied, on_demand_denied, noticed, preempted,
 * terminated. */
SPOTSIM_API uint32_t spotsim_result_pool_count(const struct spotsim_result *r);
SPOTSIM_API const char *spotsim_result_pool_name(const struct spotsim_result *r, uint32_t pool);
SPOTSIM_API enum spotsim_code spotsim_result_pool_value(const struct spotsim_result *r, uint32_t pool,
                                                        const char *metric, double *value, struct spotsim_error *e);
/* Of one group against its own target, where there are several: full, any, base,
 * capacity, served, target_hours. */
SPOTSIM_API uint32_t spotsim_result_group_count(const struct spotsim_result *r);
SPOTSIM_API const char *spotsim_result_group_name(const struct spotsim_result *r, uint32_t group);
SPOTSIM_API enum spotsim_code spotsim_result_group_value(const struct spotsim_result *r, uint32_t group,
                                                         const char *metric, double *value, struct spotsim_error *e);
/* After the loss of `lost` ready replicas at one instant (0: of any number, 64: of
 * that many or more): count, recovered, mean_s, longest_s. */
SPOTSIM_API enum spotsim_code spotsim_result_recovery(const struct spotsim_result *r, uint32_t lost, const char *metric,
                                                      double *value, struct spotsim_error *e);
/* The lengths in ms of all outages, in order of time. */
enum spotsim_outage { SPOTSIM_OUTAGE_FULL, SPOTSIM_OUTAGE_ANY };
SPOTSIM_API const int64_t *spotsim_result_outages(const struct spotsim_result *r, enum spotsim_outage kind,
                                                  uint32_t *n);
/* A hash of the sequence of events; 0 for an empty result. */
SPOTSIM_API uint64_t spotsim_result_fingerprint(const struct spotsim_result *r);
/* Remarks of the scenario and on the result. */
SPOTSIM_API uint32_t spotsim_result_note_count(struct spotsim_result *r);
SPOTSIM_API const char *spotsim_result_note(struct spotsim_result *r, uint32_t i, bool *warning);
/* As `spotsim run` prints it (TEXT), as with --json (JSON). */
SPOTSIM_API enum spotsim_code spotsim_result_text(struct spotsim_result *r, enum spotsim_format format, char **text,
                                                  struct spotsim_error *e);

/* ---- study ------------------------------------------------------------------ */

struct spotsim_study;

#define SPOTSIM_THREADS_MAX 1024

/* Every combination of what the scenario's study.vary names (one variant when it
 * names nothing), each prepared.  The scenario is copied. */
SPOTSIM_API enum spotsim_code spotsim_study_new(const struct spotsim_scenario *s, struct spotsim_study **out,
                                                struct spotsim_error *e);
SPOTSIM_API void spotsim_study_free(struct spotsim_study *study);

/* Checks now what can be known before the runs about the folder that
 * spotsim_study_write will make: an existing one is refused unless it is empty or
 * an older study. */
SPOTSIM_API enum spotsim_code spotsim_study_set_folder(struct spotsim_study *study, const char *path,
                                                       struct spotsim_error *e);

/* Called now and then, from the thread that called spotsim_study_run.  Not 0: no
 * further run is begun, and spotsim_study_run returns CANCELED. */
typedef int (*spotsim_progress_fn)(void *arg, uint64_t done, uint64_t total);
/* Runs all replications of all variants, once; on `threads` threads, 0: all cores.
 * The same results on any number of them.  `progress` may be NULL. */
SPOTSIM_API enum spotsim_code spotsim_study_run(struct spotsim_study *study, uint32_t threads,
                                                spotsim_progress_fn progress, void *arg, struct spotsim_error *e);
/* Writes the folder, once: tables, database, curves, report; whole or not at all.
 * *note, if `note` is not NULL: one line when there are no pictures, else NULL. */
SPOTSIM_API enum spotsim_code spotsim_study_write(struct spotsim_study *study, char **note, struct spotsim_error *e);
/* Where the folder is, or NULL. */
SPOTSIM_API const char *spotsim_study_folder(const struct spotsim_study *study);

SPOTSIM_API uint32_t spotsim_study_note_count(const struct spotsim_study *study);
SPOTSIM_API const char *spotsim_study_note(const struct spotsim_study *study, uint32_t i, bool *warning);

/* The grid.  The last axis changes fastest.  NULL past the end. */
SPOTSIM_API uint32_t spotsim_study_variant_count(const struct spotsim_study *study);
SPOTSIM_API uint32_t spotsim_study_axis_count(const struct spotsim_study *study);
SPOTSIM_API const char *spotsim_study_axis_path(const struct spotsim_study *study, uint32_t axis);
SPOTSIM_API const char *spotsim_study_axis_value(const struct spotsim_study *study, uint32_t variant, uint32_t axis);
/* Run; fewer than asked for when a precision was reached before. */
SPOTSIM_API uint32_t spotsim_study_replication_count(const struct spotsim_study *study);

/* Of a study that has run; MISUSE before.  Metrics: the columns of summary.csv. */
struct spotsim_estimate {
    uint32_t n; /* replications with a value */
    uint32_t reserved;
    double mean, sd;  /* NaN where there is none */
    double low, high; /* 95 % interval of the mean */
    double more[3];   /* 0 */
};
SPOTSIM_API enum spotsim_code spotsim_study_value(const struct spotsim_study *study, uint32_t variant,
                                                  uint32_t replication, const char *metric, double *value,
                                                  struct spotsim_error *e);
SPOTSIM_API enum spotsim_code spotsim_study_estimate(const struct spotsim_study *study, uint32_t variant,
                                                     const char *metric, struct spotsim_estimate *out,
                                                     struct spotsim_error *e);
/* Paired difference against variant 0, replication by replication. */
SPOTSIM_API enum spotsim_code spotsim_study_difference(const struct spotsim_study *study, uint32_t variant,
                                                       const char *metric, struct spotsim_estimate *out,
                                                       struct spotsim_error *e);
/* The summary: TEXT, JSON or CSV. */
SPOTSIM_API enum spotsim_code spotsim_study_text(const struct spotsim_study *study, enum spotsim_format format,
                                                 char **text, struct spotsim_error *e);

#ifdef __cplusplus
}
#endif

#endif
