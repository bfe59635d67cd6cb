/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/params.h"

#include <string.h>

#include "base/text.h"

static const char *const billing_names[] = {"plain", "aws", "gcp", "azure", "runpod", NULL};
static const char *const reclaim_names[] = {"newest", "oldest", "random", NULL};
static const char *const window_names[] = {"refuse", "accept", NULL};

#define AT(member) offsetof(struct pool_params, member)
#define DAY_MS 86400000.0

const struct field pool_fields[] = {
    {"price_spot", FIELD_PRICE, AT(price_spot), "$/h", 0, 1e6, NULL,
     "spot price, in place of the trace's; not set: the trace's, else unknown", NULL},
    {"price_on_demand", FIELD_PRICE, AT(price_on_demand), "$/h", 0, 1e6, NULL, "on-demand price; unknown if not set",
     NULL},
    {"on_demand_capacity", FIELD_COUNT, AT(on_demand_capacity), "instances", 0, 4294967295.0, "unlimited",
     "on-demand instances the pool can give at once", NULL},
    {"on_demand_denial", FIELD_REAL, AT(on_demand_denial), "", 0, 1, "0",
     "probability that an on-demand launch is denied", NULL},
    {"spot_denial", FIELD_REAL, AT(spot_denial), "", 0, 1, "0",
     "probability that a spot launch is denied although there is room", NULL},
    {"notice", FIELD_DURATION, AT(notice_ms), "", 0, 7 * DAY_MS, "0s",
     "lead of the interruption notice that the cloud gives; 0: none", NULL},
    {"notice_delay", FIELD_DURATION, AT(notice_delay_ms), "", 0, 7 * DAY_MS, "0s",
     "how long after the notice the controller learns of it; at or past the lead: never", NULL},
    {"notice_probability", FIELD_REAL, AT(notice_probability), "", 0, 1, "1",
     "probability that a notice arrives at all", NULL},
    {"notice_window", FIELD_ENUM, AT(notice_window), "", 0, 0, "refuse",
     "launches inside the lead that would be taken back at its end: refused, or granted with that deadline",
     window_names},
    {"rebalance", FIELD_DURATION, AT(rebalance_ms), "", 0, 7 * DAY_MS, "0s",
     "lead of the rebalance recommendation; 0: none", NULL},
    {"rebalance_probability", FIELD_REAL, AT(rebalance_probability), "", 0, 1, "1",
     "probability that a rebalance recommendation arrives", NULL},
    {"launch_delay", FIELD_DURATION, AT(launch_delay_ms), "", 0, DAY_MS, "0s",
     "from the request to the grant; capacity is judged at its end", NULL},
    {"denial_delay", FIELD_DURATION, AT(denial_delay_ms), "", 0, DAY_MS, "0s",
     "from the request to the answer that there is no room; never before the launch delay is over", NULL},
    {"cold_start", FIELD_DIST, AT(cold_start), "", 0, 0, "0s", "from the grant to ready", NULL},
    {"start_failure", FIELD_REAL, AT(start_failure), "", 0, 1, "0",
     "probability that a granted replica never becomes ready", NULL},
    {"lifetime", FIELD_DIST, AT(lifetime), "", 0, 0, "none",
     "from a spot grant to its preemption, besides what the trace takes", NULL},
    {"lifetime_cap", FIELD_DURATION, AT(lifetime_cap_ms), "", 0, 365 * DAY_MS, "0s",
     "longest life of a spot instance; 0: no cap", NULL},
    {"billing", FIELD_ENUM, AT(billing), "", 0, 0, "plain",
     "plain: by the millisecond; else the cloud's rule (minimum, rounding, first-hour refund)", billing_names},
    {"reclaim", FIELD_ENUM, AT(reclaim), "", 0, 0, "newest", "which instances go when capacity falls", reclaim_names},
    {"weight", FIELD_COUNT, AT(weight), "replicas", 1, 1000, "1", "replicas that one launch here counts for", NULL},
};
const uint32_t pool_fields_n = sizeof pool_fields / sizeof pool_fields[0];

/* AWS: EC2 user guide, "Spot Instance interruption notices" (two minutes,
 * best effort) and "Billing for interrupted Spot Instances". */
static const struct setting aws[] = {{"notice", "120s"}, {"billing", "aws"}};
/* GCP: Compute Engine docs, "Spot VMs" (30 s, told to the guest only). */
static const struct setting gcp[] = {{"notice", "30s"}, {"notice_delay", "30s"}, {"billing", "gcp"}};
/* Azure: "Use Azure Spot Virtual Machines" (30 s, Scheduled Events in the guest). */
static const struct setting azure[] = {{"notice", "30s"}, {"notice_delay", "30s"}, {"billing", "azure"}};
/* RunPod: docs, "Pods, pricing" (SIGTERM 5 s ahead inside the container only). */
static const struct setting runpod[] = {{"notice", "0s"}, {"billing", "runpod"}};

#define N(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
const struct cloud_profile cloud_profiles[] = {
    {"aws", aws, N(aws), "EC2 user guide: interruption notices; billing for interrupted Spot Instances"},
    {"gcp", gcp, N(gcp), "Compute Engine docs: Spot VMs (30 s in the guest; nothing outside it)"},
    {"azure", azure, N(azure), "Azure docs: Spot Virtual Machines (30 s in the guest; nothing outside it)"},
    {"runpod", runpod, N(runpod), "RunPod docs: spot pods (no notice outside the container)"},
};
const uint32_t cloud_profiles_n = N(cloud_profiles);

const struct cloud_profile *cloud_profile_find(const char *cloud) {
    for (uint32_t i = 0; i < cloud_profiles_n; i++)
        if (strcmp(cloud_profiles[i].name, cloud) == 0) return &cloud_profiles[i];
    return NULL;
}
