/* SPDX-License-Identifier: Apache-2.0
 * Runs policies on the real trace and on synthetic ones: every run of a policy on
 * a trace is a unit, taken by threads, with a slot of its own for what comes
 * out. */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/text.h"
#include "sim/sim.h"
#include "study/compare_private.h"
#include "study/runner.h"

#define WARMUP_MS MS_PER_DAY /* of a window, at most: what the fleet was before matters no more */

struct work {
    struct scenario *const *scenarios; /* [policy] */
    const struct trace *real, *const *synth;
    struct comparison *out;
    /* The real trace is run as often as there are synthetic ones, each time with
     * the draws (phases of control loops, ...) of one of those: a policy can do
     * much better with some than with others. */
    struct policy_outcome *real_run;                /* [policy * n_traces + run] */
    double *real_run_window, *real_run_window_cost; /* [(policy * n_traces + run) * n_windows + window] */
    atomic_uint next;
    uint32_t units;
    pthread_mutex_t lock;
    uint32_t failed_unit;
    struct error failure;
};

/* Counts [from_ms, to_ms) of the trace; the fleet starts `warmup_ms` before. */
static enum error_code run_once(struct sim *sim, struct sim_config *config, int64_t from_ms, int64_t to_ms,
                                int64_t warmup_ms, double *full, double *any, double *cost, struct error *e) {
    struct sim_result result = {0};
    struct sim_outputs outputs = {0};
    config->window_start_ms = from_ms - warmup_ms;
    config->warmup_ms = warmup_ms;
    config->horizon_ms = to_ms - config->window_start_ms;
    TRY(sim_run(sim, config, &outputs, &result, e));
    *full = result.full;
    *any = result.any;
    *cost = result.cost_total_usd;
    sim_result_free(&result);
    return OK;
}

/* The whole trace, then windows side by side: each begins with the fleet that
 * the time before it leaves, as it is in the whole. */
static enum error_code run_unit(struct work *w, struct sim *sim, uint32_t unit, struct error *e) {
    struct comparison *c = w->out;
    uint32_t policy = unit / 2 / c->n_traces, i = unit / 2 % c->n_traces, at = policy * c->n_traces + i;
    bool real = unit % 2 == 0;
    struct sim_config config = *scenario_config(w->scenarios[policy]);
    struct policy_outcome *o = real ? &w->real_run[at] : &c->synth[at];
    double sum = 0, squares = 0;
    config.trace = real ? w->real : w->synth[i];
    config.replication = i + 1;
    int64_t first_ms = config.warmup_ms, span_ms = config.trace->span_ms;
    TRY(run_once(sim, &config, first_ms, span_ms, first_ms, &o->full, &o->any, &o->cost_usd, e));
    uint32_t windows = (uint32_t)((span_ms - first_ms) / c->window_ms);
    if (windows > c->n_windows) windows = c->n_windows;
    for (uint32_t k = 0; k < windows; k++) {
        double full, any, cost;
        int64_t from_ms = first_ms + k * c->window_ms, warmup_ms = from_ms < WARMUP_MS ? from_ms : WARMUP_MS;
        TRY(run_once(sim, &config, from_ms, from_ms + c->window_ms, k ? warmup_ms : first_ms, &full, &any, &cost, e));
        sum += full;
        squares += full * full;
        if (!real) continue;
        w->real_run_window[(size_t)at * c->n_windows + k] = full;
        w->real_run_window_cost[(size_t)at * c->n_windows + k] = cost;
    }
    o->windows = windows;
    if (windows < 2) return OK;
    double n = windows, v = (squares - sum * sum / n) / (n - 1);
    o->window_mean = sum / n;
    o->window_sd = v > 0 ? sqrt(v) : 0;
    return OK;
}

/* The real trace's outcomes: means over its runs. */
static void sum_up_real(const struct work *w) {
    struct comparison *c = w->out;
    for (uint32_t p = 0; p < c->n_policies; p++) {
        struct policy_outcome *o = &c->real[p];
        for (uint32_t i = 0; i < c->n_traces; i++) {
            const struct policy_outcome *run = &w->real_run[p * c->n_traces + i];
            o->full += run->full / c->n_traces;
            o->any += run->any / c->n_traces;
            o->cost_usd += run->cost_usd / c->n_traces;
            o->window_mean += run->window_mean / c->n_traces;
            o->window_sd += run->window_sd / c->n_traces;
            o->windows = run->windows;
            for (uint32_t k = 0; k < c->n_windows; k++) {
                size_t from = ((size_t)p * c->n_traces + i) * c->n_windows + k;
                c->real_window[p * c->n_windows + k] += w->real_run_window[from] / c->n_traces;
                c->real_window_cost[p * c->n_windows + k] += w->real_run_window_cost[from] / c->n_traces;
            }
        }
    }
}

static void *worker(void *arg) {
    struct work *w = arg;
    struct sim *sim = sim_new();
    for (;;) {
        uint32_t unit = atomic_fetch_add(&w->next, 1);
        if (unit >= w->units) break;
        struct error error = {0};
        enum error_code rc =
            sim ? run_unit(w, sim, unit, &error) : error_set(&error, ERR_FAILED, NULL, "out of memory");
        if (rc == OK) continue;
        pthread_mutex_lock(&w->lock);
        if (unit < w->failed_unit) {
            w->failed_unit = unit;
            w->failure = error;
        }
        pthread_mutex_unlock(&w->lock);
        break;
    }
    sim_free(sim);
    return NULL;
}

static enum error_code run_units(struct work *w, uint32_t threads, struct error *e) {
    pthread_t ids[64];
    uint32_t started = 0;
    if (!threads) threads = runner_cores();
    if (threads > 64) threads = 64;
    w->failed_unit = UINT32_MAX;
    pthread_mutex_init(&w->lock, NULL);
    while (started + 1 < threads && pthread_create(&ids[started], NULL, worker, w) == 0) started++;
    worker(w);
    for (uint32_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    pthread_mutex_destroy(&w->lock);
    if (w->failed_unit == UINT32_MAX) return OK;
    if (e) *e = w->failure;
    return w->failure.code;
}

static enum error_code run_all(struct work *w, uint32_t threads, struct error *e) {
    size_t runs = (size_t)w->out->n_policies * w->out->n_traces, windows = runs * w->out->n_windows;
    w->units = (uint32_t)runs * 2;
    w->real_run = calloc(runs, sizeof *w->real_run);
    w->real_run_window = calloc(windows, sizeof *w->real_run_window);
    w->real_run_window_cost = calloc(windows, sizeof *w->real_run_window_cost);
    enum error_code rc = w->real_run && w->real_run_window && w->real_run_window_cost
                             ? run_units(w, threads, e)
                             : error_set(e, ERR_FAILED, NULL, "out of memory");
    if (rc == OK) sum_up_real(w);
    free(w->real_run);
    free(w->real_run_window);
    free(w->real_run_window_cost);
    return rc;
}

enum error_code compare_runs(struct scenario *const *scenarios, const struct trace *real,
                             const struct trace *const *synth, uint32_t threads, struct comparison *out,
                             struct error *e) {
    struct work w = {.scenarios = scenarios, .real = real, .synth = synth, .out = out};
    return run_all(&w, threads, e);
}
