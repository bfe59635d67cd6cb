/* SPDX-License-Identifier: Apache-2.0
 * Everything one run needs, resolved: plain data, read-only during the run,
 * shared by threads.  study/scenario builds it from JSON, profiles and
 * options; tests may fill it by hand (sim_config_defaults first). */
#ifndef SPOTSIM_SIM_CONFIG_H
#define SPOTSIM_SIM_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/field.h"
#include "cloud/params.h"
#include "policies/composer.h"
#include "traces/trace.h"

/* ---- control lag (sim/) --------------------------------------------------- */

struct control_params {
    int64_t interval_ms;      /* decision interval; 0: on observations */
    int64_t idle_interval_ms; /* while the target is 0; 0: same as interval */
    int64_t pickup_ms;        /* period of the loop that sends pending launches; 0: at once */
    uint32_t launch_slots;    /* launches under way at once; UINT32_MAX unlimited */
    int64_t reap_ms;          /* period of the loop that sees launch outcomes; 0: at once */
    int64_t probe_ms;         /* readiness probe period; 0: seen at once */
    int64_t probe_timeout_ms; /* a dead replica's probe takes up to this long (uniform) */
    int64_t job_status_ms;    /* period of the second preemption detector; 0: none */
    int64_t lb_sync_ms;       /* ready to serving traffic: load balancer's period; 0: at once */
    int64_t linger_ms;        /* how long the row of a failed or preempted replica stays */
    int64_t retry_ms;         /* ask again after every pool said no; see sp_view.retry_ms */
    bool random_phases;       /* draw the loops' phases per replication; else all 0 */
    bool observe_capacity;    /* capacity changes are observations */
    int64_t drain_ms;         /* scale-down to gone; billed */
};
extern const struct field control_fields[];
extern const uint32_t control_fields_n;

/* Profiles: settings under "control." and "cloud.defaults." */
struct sim_profile {
    const char *name, *summary; /* ideal | skypilot | spothedge | live */
    const struct setting *settings;
    uint32_t n;
};
const struct sim_profile *sim_profile_find(const char *name);
extern const struct sim_profile sim_profiles[];
extern const uint32_t sim_profiles_n;

/* ---- the run --------------------------------------------------------------- */

struct load; /* sim/load.h */

struct group_config {
    const char *name;
    const struct policy_spec *spec;
    struct composer_share share;
    uint32_t n_pools;
    const uint32_t *pools; /* indices into the trace's pools, rising; a pool is in at most one group */
};

struct sim_config {
    const struct trace *trace;
    const struct pool_params *pools; /* [trace->n_pools] */
    uint32_t n_groups;
    const struct group_config *groups;
    const struct load *load; /* requests to the service over the run's time; NULL: not known */
    uint32_t n_quotas;
    const struct quota *quotas;
    struct control_params control;
    bool means_launch;       /* a trace value only limits launches */
    uint32_t nodes;          /* instances per replica (num_nodes) */
    uint32_t max_instances;  /* guard: instances at once, all markets; UINT32_MAX none */
    int64_t window_start_ms; /* the run replays the trace from here (time 0 of the run) */
    int64_t warmup_ms;       /* counters start here */
    int64_t horizon_ms;      /* the run ends here; window_start + horizon <= span */
    uint64_t seed;
    uint64_t replication;
    const char *scenario_name; /* for the journal's header; may be NULL */
    bool every_tick;           /* test only: call the policy at every tick, also when nothing happened, and tell
                                  it what it does not hear */
};

/* Zero, then every field table's default; one instance per replica, no
 * guard, trace-wide horizon must still be set. */
enum error_code sim_config_defaults(struct sim_config *c, struct error *e);

#endif
