/* SPDX-License-Identifier: Apache-2.0
 * A model of a campaign: what `spotsim trace fit` writes and `spotsim trace
 * synth` makes traces from.  docs/synthetic-traces.md has the mathematics and
 * the JSON.
 *
 * Three processes can drive a pool:
 *  - "blocks": the campaign's own record, all pools together, cut into blocks
 *    that are put into another order;
 *  - "runs": up- and down-runs alternate, each with a distribution of its own;
 *    pools are independent;
 *  - "state": the capacity follows a hidden standard normal variable Z(t), a
 *    sum of parts that each keep their value for an exponential time (their
 *    scale) and then draw a new one.  Parts are the pool's own or shared with
 *    other pools (factors), which is how zones fail together. */
#ifndef SPOTSIM_TRACES_MODEL_H
#define SPOTSIM_TRACES_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "traces/model_family.h"
#include "traces/trace.h"

#define MODEL_SCALES_MAX 10u
#define MODEL_FACTORS_MAX 64u
#define MODEL_LEVELS_MAX 1024u
#define MODEL_WAVES_MAX 8u
#define MODEL_EVENTS_MAX 1024u
#define MODEL_POOLS_MAX 4096u
#define MODEL_BATCHES_MAX 64u
#define MODEL_JOINS_MAX 4096u

enum model_process { MODEL_STATE, MODEL_RUNS, MODEL_BLOCKS };
/* Whether a pool's shares of time at each capacity hold in every trace, or
 * only on average over traces. */
enum model_shares { SHARES_EXACT, SHARES_EXPECTED };

/* One capacity and the share of time it has. */
struct model_level {
    uint32_t capacity;
    double share;
};
/* Part of the swing with the clock: the pool has more to give by
 * cosine cos(2 pi t / period) + sine sin(2 pi t / period), in units of Z's
 * standard deviation; t from the trace's start. */
struct model_wave {
    double period_h, cosine, sine;
};
struct model_load {
    uint32_t factor; /* index into the model's factors */
    double value;    /* -1 to 1; the squares of a pool's loads sum to 1 at most */
};
struct model_state {
    uint32_t n_loads, n_waves;
    double weight[MODEL_SCALES_MAX]; /* share of Z's variance at each scale; sums to 1 */
    struct model_load *loads;
    struct model_wave waves[MODEL_WAVES_MAX];
};
/* Capacity of a pool that is up (width more than 1).  Everything is lost at the
 * end of an up-run.  Batches are lost at a constant rate, while more than one is
 * held: a loss then takes everything with probability `whole_loss`, so they are
 * (1 - whole_loss) / whole_loss to a mean up-run.  A batch leaves one at least;
 * it comes back after `refill_h` on average. */
struct model_runs {
    struct family up, down;
    uint32_t width;
    double whole_loss; /* P(a loss takes everything), more than one held; 1: every one */
    double refill_h;
    uint32_t n_batches;
    double batch[MODEL_BATCHES_MAX]; /* share of batches of 1, 2, 3, ..., before what must be left cuts them */
};
/* The logarithm of the price moves by small steps and is drawn back. */
struct model_price {
    double mean_usd; /* $/h, over time */
    double every_h;  /* mean time between changes, exponential */
    double step;     /* mean absolute step of the logarithm (Laplace); 0: constant */
    double pull;     /* share of the distance to the middle that one step takes back, 0 to 1 */
};
/* What the pool's record says; without a price when price.n is 0, without
 * anything when capacity.n is 0. */
struct model_history {
    struct trace_capacity capacity;
    struct trace_price price;
};
struct model_pool {
    char *name;                                  /* unique */
    char *cloud, *region, *zone, *instance_type; /* "" unknown */
    bool has_state, has_runs, has_price;
    uint32_t n_levels;
    struct model_level *levels; /* rising by capacity; shares sum to 1; MODEL_STATE */
    struct model_state state;
    struct model_runs runs;
    struct model_price price;
    struct model_history history; /* MODEL_BLOCKS; its price goes before `price` */
};

/* Something that happens to pools whatever the process says. */
enum model_event_kind {
    EVENT_OUTAGE,    /* capacity 0 */
    EVENT_DROUGHT,   /* every run of capacity lasts only `factor` of its length */
    EVENT_PRICE,     /* spot price times `factor` */
    EVENT_FLAP,      /* capacity 0 in the second half of every `period` */
    EVENT_ON_DEMAND, /* on-demand launches are denied with probability `denial`, and where `capacity` is held; without
                      * `for_ms` the whole run */
};
struct model_event {
    int kind;    /* enum model_event_kind */
    char *pools; /* pattern over pool, region and zone names; "@region": the region that gives most;
                  * "@cheapest": the pool with the least mean price; NULL: all */
    int64_t at_ms, for_ms, period_ms;
    double factor;
    double denial;
    uint32_t capacity; /* UINT32_MAX: no bound */
};
extern const char *const model_event_kinds[]; /* NULL-terminated */
extern const char *const model_processes[];
extern const char *const model_shares_names[];

/* Three moments at which the pools were much alike: what follows one of them may
 * as well follow another. */
#define MODEL_JOIN 3
struct model_join {
    int64_t at_ms[MODEL_JOIN]; /* rising */
};
/* How records are cut up. */
struct model_blocks {
    int64_t span_ms; /* of the records; 0: there are none */
    int64_t tick_ms; /* all times in records and joins are whole numbers of it */
    int64_t mean_ms; /* length of a block */
    bool same_hour;  /* joins keep the hour of the day */
    uint32_t n_joins;
    struct model_join *joins;
};

/* How long an instance lives, apart from its pool's capacity. */
struct model_lifetime {
    bool known;
    struct family family;
};

struct model {
    char *name, *about;    /* "" none */
    int process;           /* enum model_process */
    int shares;            /* enum model_shares */
    int64_t span_ms;       /* of a trace when nothing else is asked; 0: not said */
    int64_t resolution_ms; /* probing interval; 0: none, changes at any moment */
    int64_t epoch_ms;      /* Unix time of time 0; INT64_MIN: none */
    uint32_t n_scales;
    double scale_h[MODEL_SCALES_MAX]; /* rising */
    double common[MODEL_SCALES_MAX];  /* how much of each scale the loads apply to, 0 to 1 */
    uint32_t n_factors;
    char **factors;
    uint32_t n_pools; /* rising by name */
    struct model_pool *pools;
    uint32_t n_events;
    struct model_event *events;
    struct model_lifetime lifetime;
    struct model_blocks blocks;
};

/* Reads a model; *out is owned by the caller (model_free).  Errors name file
 * and JSON path. */
enum error_code model_load(const char *path, struct model **out, struct error *e);
/* Same from memory; `name` stands for the path. */
enum error_code model_parse(const char *name, const char *data, size_t size, struct model **out, struct error *e);
/* What the parser and the fit both end with: names unique, shares and weights
 * sum to 1 (they are scaled when within 1e-3 of it), factors exist, the chosen
 * process is there for every pool. */
enum error_code model_check(struct model *m, const char *where, struct error *e);
void model_free(struct model *m); /* NULL is fine */

/* A new empty model.  NULL: out of memory. */
struct model *model_new(void);
/* Leaves only the pools whose name, region or zone matches the pattern; the
 * others' traces stay as they were.  ERR_INPUT: none does. */
enum error_code model_keep_pools(struct model *m, const char *pattern, struct error *e);
/* Index of the factor, added if new; ERR_INPUT past MODEL_FACTORS_MAX. */
enum error_code model_factor(struct model *m, const char *name, uint32_t *index, struct error *e);
/* Replaces *slot by a copy. */
enum error_code model_text(char **slot, const char *text, struct error *e);

struct strbuf;
/* JSON over lines; model_parse reads it back to the same model.  Per pool,
 * pool_note(arg, i) may append further members (", \"fit\": {...}"), and
 * model_note members at the top; NULL: nothing. */
void model_write(const struct model *m, void (*pool_note)(void *arg, uint32_t pool, struct strbuf *out),
                 void (*model_note)(void *arg, struct strbuf *out), void *arg, struct strbuf *out);

/* Whether a pattern means this pool: it matches its name, its region or its zone. */
bool model_pattern_hits(const char *pattern, const char *pool, const char *region, const char *zone);

#endif
