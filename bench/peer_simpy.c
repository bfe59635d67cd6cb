/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/peer_simpy.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"

const char *simpy_python(const char *what) {
    const char *python = getenv("SPOTSIM_BENCH_SIMPY");
    if (python && *python) return python;
    bench_missing(what, "SPOTSIM_BENCH_SIMPY names no Python that has it; scripts/bench-peers installs one");
    return NULL;
}

double simpy_hold(const char *python, uint32_t n, uint64_t ops) {
    char command[1024];
    snprintf(command, sizeof command, "'%s' bench/peers/simpy_hold.py --timers %u --operations %" PRIu64, python, n,
             ops);
    struct cJSON *answer = bench_ask(command);
    double ns = bench_number(answer, "seconds") / bench_number(answer, "operations") * 1e9;
    cJSON_Delete(answer);
    return ns;
}

static bool same(const struct cJSON *theirs, const char *name, double ours, double tolerance) {
    double value = bench_number(theirs, name);
    if ((isnan(value) && isnan(ours)) || fabs(value - ours) <= tolerance * fabs(ours)) return true;
    fprintf(stderr, "bench: SimPy's %s is %.17g, ours %.17g\n", name, value, ours);
    return false;
}

static bool same_outages(const struct cJSON *theirs, const char *name, const struct outage_stats *ours) {
    const struct cJSON *o = cJSON_GetObjectItemCaseSensitive(theirs, name);
    return same(o, "count", (double)ours->count, 0) && same(o, "total_ms", (double)ours->total_ms, 0) &&
           same(o, "longest_ms", (double)ours->longest_ms, 0);
}

static bool same_pools(const struct cJSON *theirs, const struct sim_result *ours) {
    const struct cJSON *pools = cJSON_GetObjectItemCaseSensitive(theirs, "pools"), *p;
    if (cJSON_GetArraySize(pools) != (int)ours->n_pools) return false;
    const struct pool_result *o = ours->pools;
    bool ok = true;
    cJSON_ArrayForEach(p, pools) {
        ok = ok && same(p, "launched", (double)o->launched[SP_SPOT], 0) &&
             same(p, "preempted", (double)o->preempted, 0) && same(p, "hours", o->hours[SP_SPOT], 0) &&
             same(p, "ready_hours", o->ready_hours[SP_SPOT], 0) && same(p, "cost_usd", o->cost_usd[SP_SPOT], 1e-12);
        o++;
    }
    return ok;
}

/* What happened to replicas, one by one: our events less the decisions. */
static bool same_events(const struct cJSON *theirs, const struct sim_result *ours) {
    double happened = bench_number(theirs, "granted") + bench_number(theirs, "readied") + bench_number(theirs, "lost");
    double own = (double)(ours->events - ours->steps);
    if (happened == own) return true;
    fprintf(stderr, "bench: SimPy has %.0f events of replicas, ours %.0f\n", happened, own);
    return false;
}

static bool same_results(const struct cJSON *theirs, const struct sim_result *ours) {
    const struct recovery_stats *recovery = &ours->recovery[0];
    return same(theirs, "full", ours->full, 0) && same(theirs, "any", ours->any, 0) &&
           same(theirs, "served", ours->served, 0) && same(theirs, "booting_hours", ours->waste_hours_cold, 0) &&
           same(theirs, "losses", (double)recovery->count, 0) &&
           same(theirs, "recovered", (double)recovery->recovered, 0) &&
           same(theirs, "recovery_mean_s", recovery->mean_s, 1e-12) &&
           same_outages(theirs, "outage_full", &ours->outage_full) &&
           same_outages(theirs, "outage_any", &ours->outage_any) && same_pools(theirs, ours) &&
           same_events(theirs, ours);
}

double simpy_churn(const char *python, const struct churn_params *p, bool woken_by_all, const struct sim_result *ours) {
    char command[1024];
    snprintf(command, sizeof command,
             "'%s' bench/peers/simpy_churn.py --target %u --pools %u --horizon-ms %" PRId64 " --mean-life-ms %" PRId64
             " --cold-start-ms %" PRId64 " --launch-delay-ms %" PRId64 " --seed %" PRIu64 " --woken-by %s",
             python, p->target, p->pools, p->horizon_ms, p->mean_life_ms, p->cold_start_ms, p->launch_delay_ms, p->seed,
             woken_by_all ? "all" : "losses");
    struct cJSON *answer = bench_ask(command);
    if (!same_results(answer, ours)) {
        fprintf(stderr, "bench: not the same as: %s\n", command);
        exit(1);
    }
    double seconds = bench_number(answer, "seconds");
    cJSON_Delete(answer);
    return seconds;
}
