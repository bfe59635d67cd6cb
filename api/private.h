/* SPDX-License-Identifier: Apache-2.0
 * What the files of api/ share. */
#ifndef SPOTSIM_API_PRIVATE_H
#define SPOTSIM_API_PRIVATE_H

#include <locale.h>
#include <pthread.h>
#include <stdatomic.h>

#include "api/spotsim.h"
#include "base/text.h"
#include "study/result.h"
#include "study/scenario.h"
#include "study/study.h"
#include "traces/memory.h"

struct spotsim_trace {
    atomic_uint refs;
    struct trace_memory *filling; /* NULL once finished */
    struct trace *trace;          /* NULL until then */
    struct trace_notes notes;
};

/* Lives as long as anything made with it. */
struct spotsim_env {
    atomic_uint refs;
    pthread_mutex_t lock; /* over all below */
    struct scenario_env *inner;
    const struct spotsim_trace **traces; /* named; kept */
    uint32_t n_traces;
};

/* A scenario resolved, shared by the scenario and by results.  Only its notes
 * ever change. */
struct prepared {
    atomic_uint refs;
    struct spotsim_env *env;
    struct scenario *scenario;
    struct notes notes;
};

struct spotsim_scenario {
    struct spotsim_env *env;
    struct scenario_doc *doc;
    char *origin;              /* NULL: the path */
    struct prepared *prepared; /* NULL: not since the last set */
};

void env_keep(struct spotsim_env *env);
void env_release(struct spotsim_env *env); /* NULL is fine */
void prepared_keep(struct prepared *p);
void prepared_release(struct prepared *p); /* NULL is fine */
const struct spotsim_trace *trace_keep(const struct spotsim_trace *t);

/* ---- errors and texts ---- */

/* The code of a call into the rooms below, its error copied out. */
enum spotsim_code api_result(enum error_code rc, const struct error *inner, struct spotsim_error *e);
enum spotsim_code api_fail(struct spotsim_error *e, enum spotsim_code code, const char *where, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
enum spotsim_code api_out_of_memory(struct spotsim_error *e);
/* "FUNCTION: WHAT". */
enum spotsim_code api_misuse(struct spotsim_error *e, const char *function, const char *what);
#define MISUSE(e, what) api_misuse((e), __func__, (what))
#define NOT_PREPARED "the scenario is not prepared; call spotsim_scenario_prepare first"
#define NOT_FINISHED "the trace is not finished; call spotsim_trace_finish first"
#define EMPTY_RESULT "the result is empty; spotsim_sim_run fills it"
/* Hands the buffer over as the caller's text, or frees it. */
enum spotsim_code api_text(struct strbuf *b, char **text, struct spotsim_error *e);
/* INPUT with the nearest of the names (NULL-terminated). */
enum spotsim_code api_unknown_metric(const char *name, const char *const *names, struct spotsim_error *e);

/* Texts are made in the C locale until the block ends, whatever the calling
 * thread has set. */
struct api_locale {
    locale_t before, c;
};
struct api_locale api_enter(void);
void api_leave(struct api_locale *l);
#define API_ENTER __attribute__((cleanup(api_leave), unused)) struct api_locale api_locale = api_enter()

#endif
