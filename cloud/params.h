/* SPDX-License-Identifier: Apache-2.0
 * What is true of a pool in the simulated cloud, and the defaults per cloud. */
#ifndef SPOTSIM_CLOUD_PARAMS_H
#define SPOTSIM_CLOUD_PARAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/dist.h"
#include "base/field.h"
#include "policies/policy.h"

enum billing_rule { BILLING_PLAIN, BILLING_AWS, BILLING_GCP, BILLING_AZURE, BILLING_RUNPOD };
enum reclaim_rule { RECLAIM_NEWEST, RECLAIM_OLDEST, RECLAIM_RANDOM };
enum notice_window { WINDOW_REFUSE, WINDOW_ACCEPT };

/* On-demand launches are short for a while: judged at the grant, nothing that
 * is held is taken back. */
struct shortage {
    int64_t from_ms, until_ms; /* on the run's clock */
    double denial;             /* probability that a launch is denied */
    uint32_t capacity;         /* instances at once; UINT32_MAX: no bound */
};

struct pool_params {
    int64_t price_spot;          /* uusd/h, in place of the trace's; -1: the trace's, else unknown */
    int64_t price_on_demand;     /* uusd/h; -1 unknown */
    uint32_t on_demand_capacity; /* instances; UINT32_MAX unlimited */
    double on_demand_denial;     /* probability that an on-demand launch is denied */
    double spot_denial;          /* probability that a spot launch is denied though there is room */
    int64_t notice_ms;           /* lead the cloud gives before a reclaim; 0: none */
    int64_t notice_delay_ms;     /* how long after that the controller learns it; at or past the lead: never */
    double notice_probability;   /* that the notice arrives */
    int notice_window;           /* enum notice_window: launches granted inside the lead */
    int64_t rebalance_ms;        /* lead of the rebalance recommendation; 0: none */
    double rebalance_probability;
    int64_t launch_delay_ms; /* request to grant */
    int64_t denial_delay_ms; /* request to denial; at least the launch delay */
    struct dist cold_start;  /* grant to ready */
    double start_failure;    /* probability that a granted replica never becomes ready */
    struct dist lifetime;    /* spot, grant to preemption; DIST_NONE: the trace decides alone */
    int64_t lifetime_cap_ms; /* 0: none */
    int billing;             /* enum billing_rule */
    int reclaim;             /* enum reclaim_rule */
    uint32_t weight;         /* replicas that one launch here counts for */
    uint32_t n_shortages;    /* of on-demand, besides the above; no setting of a scenario: study/stress.h */
    const struct shortage *shortages;
};
extern const struct field pool_fields[];
extern const uint32_t pool_fields_n;

/* Per-cloud defaults: field path and text, applied under the profile.  NULL
 * when the cloud is not one we know. */
struct setting {
    const char *path, *text;
};
struct cloud_profile {
    const char *name; /* aws | gcp | azure | runpod */
    const struct setting *settings;
    uint32_t n;
    const char *source;
};
const struct cloud_profile *cloud_profile_find(const char *cloud);
extern const struct cloud_profile cloud_profiles[];
extern const uint32_t cloud_profiles_n;

struct quota {
    char *region; /* glob over the region; "*" all */
    int market;   /* enum sp_market */
    uint32_t max; /* instances over all pools of each matching region */
};

#endif
