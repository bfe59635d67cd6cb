/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "sim/config.h"

#define AT(member) offsetof(struct control_params, member)
#define HOUR_MS 3600000.0

const struct field control_fields[] = {
    {"interval", FIELD_DURATION, AT(interval_ms), "", 0, 24 * HOUR_MS, "0s",
     "decision interval; 0: decide on observations", NULL},
    {"idle_interval", FIELD_DURATION, AT(idle_interval_ms), "", 0, 24 * HOUR_MS, "0s",
     "decision interval while the target is 0; 0: the same", NULL},
    {"pickup", FIELD_DURATION, AT(pickup_ms), "", 0, HOUR_MS, "0s",
     "period of the loop that sends pending launches; 0: sent at once", NULL},
    {"launch_slots", FIELD_COUNT, AT(launch_slots), "launches", 1, 4294967295.0, "unlimited",
     "launches that may be under way at once", NULL},
    {"reap", FIELD_DURATION, AT(reap_ms), "", 0, HOUR_MS, "0s",
     "period of the loop that sees launch outcomes; 0: seen at once", NULL},
    {"probe", FIELD_DURATION, AT(probe_ms), "", 0, HOUR_MS, "0s", "readiness probe period; 0: seen at once", NULL},
    {"probe_timeout", FIELD_DURATION, AT(probe_timeout_ms), "", 0, HOUR_MS, "0s",
     "the probe of a dead replica takes up to this long, uniformly", NULL},
    {"job_status", FIELD_DURATION, AT(job_status_ms), "", 0, HOUR_MS, "0s",
     "period of a second loop that finds preempted replicas; 0: none", NULL},
    {"lb_sync", FIELD_DURATION, AT(lb_sync_ms), "", 0, HOUR_MS, "0s",
     "load balancer's period: a ready replica serves from its next round on; 0: at once", NULL},
    {"linger", FIELD_DURATION, AT(linger_ms), "", 0, HOUR_MS, "0s",
     "how long the row of a failed or preempted replica stays", NULL},
    {"retry", FIELD_DURATION, AT(retry_ms), "", 1000, 24 * HOUR_MS, "60s",
     "ask again this long after every pool said no", NULL},
    {"random_phases", FIELD_BOOL, AT(random_phases), "", 0, 1, "false",
     "draw the loops' phases anew in each replication; else they all start at 0", NULL},
    {"observe_capacity", FIELD_BOOL, AT(observe_capacity), "", 0, 1, "false", "the policy is told of capacity changes",
     NULL},
    {"drain", FIELD_DURATION, AT(drain_ms), "", 0, 24 * HOUR_MS, "0s",
     "from a scale-down to the end of the instance; billed", NULL},
};
const uint32_t control_fields_n = sizeof control_fields / sizeof control_fields[0];

static const struct setting ideal[] = {
    {"control.observe_capacity", "true"},
    {"cloud.defaults.cold_start", "0s"},
    {"cloud.defaults.notice", "0s"},
};

/* SkyPilot sky/serve: autoscalers.py, replica_managers.py, constants.py; the
 * launch slots are 2 x CPUs of its default controller (4).  It has no cold
 * start of its own: 183 s is the SkyServe paper's Llama-2-7B on AWS with the
 * image pre-pulled (arXiv 2411.01438).  A launch that fails takes its retries'
 * time, about 180 s, and its row goes about 60 s later. */
static const struct setting skypilot[] = {
    {"control.interval", "20s"},
    {"control.idle_interval", "5s"},
    {"control.pickup", "20s"},
    {"control.launch_slots", "8"},
    {"control.reap", "20s"},
    {"control.probe", "10s"},
    {"control.probe_timeout", "15s"},
    {"control.job_status", "30s"},
    {"control.lb_sync", "20s"},
    {"control.linger", "60s"},
    {"control.retry", "20s"},
    {"control.random_phases", "true"},
    {"control.drain", "120s"},
    {"cloud.defaults.cold_start", "183s"},
    {"cloud.defaults.denial_delay", "180s"},
};

/* SpotHedge's simulator (MaoZiming/spothedge_ae): decisions every 30 s on the
 * world as it was, everything else free and immediate. */
static const struct setting spothedge[] = {
    {"control.interval", "30s"},
    {"cloud.defaults.cold_start", "0s"},
    {"cloud.defaults.notice", "0s"},
    {"cloud.defaults.billing", "plain"},
};

/* The live controller: events as they come, the rest found by a listing every
 * 15 s and probes every 10 s. */
static const struct setting live[] = {
    {"control.reap", "15s"},         {"control.probe", "10s"},
    {"control.probe_timeout", "5s"}, {"control.job_status", "15s"},
    {"control.retry", "30s"},        {"control.random_phases", "true"},
    {"control.drain", "120s"},       {"cloud.defaults.cold_start", "183s"},
};

#define N(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
const struct sim_profile sim_profiles[] = {
    {"skypilot", "SkyPilot's loops and constants, phases drawn per replication", skypilot, N(skypilot)},
    {"ideal", "no lag: decides at every event, sees capacity change", ideal, N(ideal)},
    {"spothedge", "SpotHedge's simulator: 30 s ticks, everything else at once", spothedge, N(spothedge)},
    {"live", "what the live controller does: events at once, listing and probes in rounds", live, N(live)},
};
const uint32_t sim_profiles_n = N(sim_profiles);

const struct sim_profile *sim_profile_find(const char *name) {
    for (uint32_t i = 0; i < sim_profiles_n; i++)
        if (strcmp(sim_profiles[i].name, name) == 0) return &sim_profiles[i];
    return NULL;
}

enum error_code sim_config_defaults(struct sim_config *c, struct error *e) {
    memset(c, 0, sizeof *c);
    TRY(field_defaults(control_fields, control_fields_n, &c->control, e));
    c->nodes = 1;
    c->max_instances = UINT32_MAX;
    c->seed = 1;
    return OK;
}
