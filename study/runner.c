/* SPDX-License-Identifier: Apache-2.0 */
#include "study/runner.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "base/text.h"
#include "study/stress.h"
#include "study/stress_outcome.h"

#define PROGRESS_PERIOD_NS 100000000L

struct pool_of_work {
    const struct run_plan *plan;
    struct run_record *records;
    uint32_t n_units;
    int64_t span_ms, gap_ms; /* common to all variants, so that they share their windows */
    atomic_uint next, done;
    pthread_mutex_t lock;
    pthread_cond_t finished;
    uint32_t working; /* threads still at it */
    bool canceled;
    uint32_t failed_unit; /* lowest so far; n_units: none */
    struct error failure;
};

uint32_t runner_cores(void) {
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    if (n < 1) return 1;
    return n > (long)RUNNER_THREADS_MAX ? RUNNER_THREADS_MAX : (uint32_t)n;
}

int64_t runner_window_start(uint64_t seed, uint64_t replication, int64_t span_ms, int64_t window_ms, int64_t gap_ms) {
    int64_t step = gap_ms > 0 ? gap_ms : MS_PER_S;
    int64_t places = (span_ms - window_ms) / step + 1;
    uint64_t key = random_key(random_key_text(random_mix(seed), "window"), replication);
    int64_t i = (int64_t)(random_u01(key) * (double)places);
    return (i < places ? i : places - 1) * step;
}

void timeline_add(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                  uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    struct timeline *t = arg;
    if (t->n == t->room) {
        uint32_t room = t->room ? t->room * 2 : 256;
        struct timeline_point *points = realloc(t->points, room * sizeof *points);
        if (!points) {
            t->failed = true;
            return;
        }
        t->points = points;
        t->room = room;
    }
    t->points[t->n++] =
        (struct timeline_point){at_ms, cost_rate_uusd_per_h, ready_spot, ready_on_demand, target, capacity};
}

void timeline_free(struct timeline *t) {
    free(t->points);
    memset(t, 0, sizeof *t);
}

void run_record_free(struct run_record *r) {
    for (int k = 0; k < OUTAGES; k++) free(r->outage_ms[k]);
    memset(r, 0, sizeof *r);
}

static enum error_code keep_outages(const struct outage_stats *from, uint32_t *n, int64_t **lengths, struct error *e) {
    if (!from->n_lengths) return OK;
    *lengths = malloc(from->n_lengths * sizeof **lengths);
    if (!*lengths) return error_set(e, ERR_FAILED, NULL, "out of memory");
    memcpy(*lengths, from->lengths_ms, from->n_lengths * sizeof **lengths);
    *n = from->n_lengths;
    return OK;
}

static enum error_code keep_record(const struct sim_result *result, struct run_record *r, struct error *e) {
    for (int m = 0; m < METRICS; m++) r->value[m] = metric_of(result, (enum metric_id)m);
    r->fingerprint = result->fingerprint;
    r->base_clamped = result->base_clamped;
    r->unknown_price_pools = result->unknown_price_pools;
    TRY(keep_outages(&result->outage_full, &r->n_outages[OUTAGE_FULL], &r->outage_ms[OUTAGE_FULL], e));
    return keep_outages(&result->outage_any, &r->n_outages[OUTAGE_ANY], &r->outage_ms[OUTAGE_ANY], e);
}

static uint32_t unit_variant(const struct run_plan *plan, uint32_t unit) { return unit / (plan->last - plan->first); }
static uint32_t unit_replication(const struct run_plan *plan, uint32_t unit) {
    return plan->first + unit % (plan->last - plan->first);
}

/* What looks on while a unit runs; NULL: not. */
struct onlookers {
    struct timeline *timeline;
    struct course *course;
};

static void see_all(void *arg, int64_t at_ms, uint32_t ready_spot, uint32_t ready_on_demand, uint32_t target,
                    uint32_t capacity, int64_t cost_rate_uusd_per_h) {
    const struct onlookers *o = arg;
    if (o->timeline)
        timeline_add(o->timeline, at_ms, ready_spot, ready_on_demand, target, capacity, cost_rate_uusd_per_h);
    if (o->course) course_see(o->course, at_ms, ready_spot, ready_on_demand, target, capacity, cost_rate_uusd_per_h);
}

/* record: NULL when only the onlookers want to know. */
static enum error_code run_config(struct sim *sim, const struct sim_config *config, struct onlookers *onlookers,
                                  struct run_record *record, struct error *e) {
    bool seen = onlookers->timeline || onlookers->course;
    struct sim_outputs outputs = {.timeline = seen ? see_all : NULL, .timeline_arg = onlookers};
    struct sim_result result = {0};
    TRY(sim_run(sim, config, &outputs, &result, e));
    enum error_code rc = record ? keep_record(&result, record, e) : OK;
    bool failed =
        (onlookers->timeline && onlookers->timeline->failed) || (onlookers->course && onlookers->course->failed);
    if (rc == OK && failed) rc = error_set(e, ERR_FAILED, NULL, "out of memory");
    sim_reuse(sim, &result);
    return rc;
}

/* The run under stress, and beside it the same without. */
static enum error_code run_stressed(struct sim *sim, const struct sim_config *calm_config, const struct model *stress,
                                    struct timeline *timeline, struct run_record *record, struct error *e) {
    struct stressed stressed = {0};
    enum error_code rc = stress_apply(stress, calm_config, &stressed, e);
    struct course calm = {.from_ms = stressed.told_ms}, under = {.from_ms = stressed.told_ms};
    struct onlookers of_calm = {NULL, &calm}, of_stressed = {timeline, &under};
    if (rc == OK) rc = run_config(sim, calm_config, &of_calm, NULL, e);
    if (rc == OK) rc = run_config(sim, &stressed.config, &of_stressed, record, e);
    if (rc == OK) {
        struct stress_outcome outcome;
        stress_compare(&calm, &under, stressed.told_ms, stressed.ends_ms, calm_config->horizon_ms, &outcome);
        metrics_of_stress(&outcome, record->value);
    }
    course_free(&calm);
    course_free(&under);
    stressed_free(&stressed);
    return rc;
}

static enum error_code run_unit(const struct pool_of_work *w, struct sim *sim, uint32_t unit, struct error *e) {
    const struct run_plan *plan = w->plan;
    uint32_t variant = unit_variant(plan, unit), replication = unit_replication(plan, unit);
    const struct scenario *scenario = plan->variants[variant];
    struct sim_config config = *scenario_calm_config(scenario);
    struct run_record *record = &w->records[(size_t)variant * plan->stride + replication];
    config.replication += replication;
    if (plan->window_ms) {
        config.window_start_ms +=
            runner_window_start(config.seed, config.replication, w->span_ms, plan->window_ms, w->gap_ms);
        config.horizon_ms = plan->window_ms;
    }
    record->window_start_ms = config.window_start_ms;
    struct timeline *timeline = plan->timelines && replication == 0 ? &plan->timelines[variant] : NULL;
    if (scenario_stress(scenario)) return run_stressed(sim, &config, scenario_stress(scenario), timeline, record, e);
    return run_config(sim, &config, &(struct onlookers){timeline, NULL}, record, e);
}

/* Units are taken in order, so every unit before a failed one has been taken
 * too, and the lowest failure is the same at any number of threads. */
static void *worker(void *arg) {
    struct pool_of_work *w = arg;
    struct sim *sim = sim_new();
    for (;;) {
        uint32_t unit = atomic_fetch_add(&w->next, 1);
        if (unit >= w->n_units) break;
        struct error error = {0};
        enum error_code rc =
            sim ? run_unit(w, sim, unit, &error) : error_set(&error, ERR_FAILED, NULL, "out of memory");
        atomic_fetch_add(&w->done, 1);
        if (rc == OK) continue;
        error.code = rc;
        pthread_mutex_lock(&w->lock);
        if (unit < w->failed_unit) {
            w->failed_unit = unit;
            w->failure = error;
        }
        pthread_mutex_unlock(&w->lock);
        break;
    }
    sim_free(sim);
    pthread_mutex_lock(&w->lock);
    if (w->failed_unit < w->n_units) atomic_store(&w->next, w->n_units);
    w->working--;
    pthread_cond_signal(&w->finished);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

static void wait_for_all(struct pool_of_work *w) {
    const struct run_plan *plan = w->plan;
    pthread_mutex_lock(&w->lock);
    while (w->working > 0) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += PROGRESS_PERIOD_NS;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&w->finished, &w->lock, &until);
        if (!plan->progress || w->canceled) continue;
        w->canceled = plan->progress(plan->progress_arg, atomic_load(&w->done), w->n_units) != 0;
        if (w->canceled) atomic_store(&w->next, w->n_units);
    }
    pthread_mutex_unlock(&w->lock);
}

static enum error_code start_and_wait(struct pool_of_work *w, uint32_t threads, struct error *e) {
    pthread_t *ids = calloc(threads, sizeof *ids);
    if (!ids) return error_set(e, ERR_FAILED, NULL, "out of memory");
    uint32_t started = 0;
    pthread_mutex_lock(&w->lock);
    while (started < threads && pthread_create(&ids[started], NULL, worker, w) == 0) started++;
    w->working = started;
    pthread_mutex_unlock(&w->lock);
    if (started > 0) wait_for_all(w);
    for (uint32_t i = 0; i < started; i++) pthread_join(ids[i], NULL);
    free(ids);
    return started > 0 ? OK : error_set(e, ERR_FAILED, NULL, "cannot start a thread");
}

static void common_windows(struct pool_of_work *w) {
    w->span_ms = INT64_MAX;
    for (uint32_t v = 0; v < w->plan->n_variants; v++) {
        int64_t span = scenario_config(w->plan->variants[v])->horizon_ms, gap = scenario_gap_ms(w->plan->variants[v]);
        if (span < w->span_ms) w->span_ms = span;
        if (gap > w->gap_ms) w->gap_ms = gap;
    }
}

enum error_code runner_run(const struct run_plan *plan, struct run_record *records, struct error *e) {
    uint64_t units = (uint64_t)plan->n_variants * (plan->last - plan->first);
    if (units == 0 || units > RUNNER_UNITS_MAX)
        return error_set(e, ERR_INPUT, "study", "%llu runs; expected 1 to %u", (unsigned long long)units,
                         RUNNER_UNITS_MAX);
    uint32_t threads = plan->threads ? plan->threads : runner_cores();
    if (threads > RUNNER_THREADS_MAX) threads = RUNNER_THREADS_MAX;
    if (threads > units) threads = (uint32_t)units;
    struct pool_of_work w = {
        .plan = plan, .records = records, .n_units = (uint32_t)units, .failed_unit = (uint32_t)units};
    common_windows(&w);
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.finished, NULL);
    enum error_code rc = start_and_wait(&w, threads, e);
    pthread_cond_destroy(&w.finished);
    pthread_mutex_destroy(&w.lock);
    if (rc == OK && w.failed_unit == w.n_units && w.canceled && w.done < w.n_units)
        rc = error_set(e, ERR_CANCELED, "study", "stopped after %u of %u runs", w.done, w.n_units);
    if (rc != OK || w.failed_unit == w.n_units) return rc;
    if (e) *e = w.failure;
    char outer[96];
    snprintf(outer, sizeof outer, "variant %u, replication %u", unit_variant(plan, w.failed_unit),
             unit_replication(plan, w.failed_unit));
    error_in(e, outer);
    return w.failure.code;
}
