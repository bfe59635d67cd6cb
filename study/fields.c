/* SPDX-License-Identifier: Apache-2.0 */
#include "study/fields.h"

#include "base/text.h"
#include "cloud/params.h"
#include "sim/config.h"
#include "study/stress.h"

#define N(a) ((uint32_t)(sizeof(a) / sizeof((a)[0])))
#define TIME_MAX ((double)TIME_LIMIT_MS)

static const char *const polarity_names[] = {"up", "preempted", NULL};
static const char *const means_names[] = {"held", "launch", NULL};

#define AT(member) offsetof(struct scenario_top, member)
const struct field top_fields[] = {
    {"format", FIELD_INT, AT(format), "", 1, SCENARIO_FORMAT, "1", "version of this layout", NULL},
    {"name", FIELD_TEXT, AT(name), "", 0, 0, "", "what results call this scenario", NULL},
    {"profile", FIELD_TEXT, AT(profile), "", 0, 0, "skypilot",
     "control lag and decision times: skypilot, ideal, spothedge or live", NULL},
    {"seed", FIELD_INT, AT(seed), "", 0, 999999999999999.0, "1", "key of all random draws", NULL},
    {"replication", FIELD_INT, AT(replication), "", 0, 999999999999999.0, "0",
     "which of the seed's random streams a single run uses", NULL},
    {"start", FIELD_DURATION, AT(start_ms), "", 0, TIME_MAX, "0s", "the run replays the trace from here", NULL},
    {"warmup", FIELD_DURATION, AT(warmup_ms), "", 0, TIME_MAX, "0s", "counters start this long after the start", NULL},
    {"horizon", FIELD_DURATION, AT(horizon_ms), "", 1, TIME_MAX, NULL,
     "length of the run, warm-up included; null: to the end of the trace's shortest pool", NULL},
    {"load", FIELD_TEXT, AT(load), "requests/s", 0, 0, NULL,
     "requests to the service from the start of the run on: CSV file of seconds,requests_per_second, or a list such "
     "as 0s:1.5 1h:20; null: not known",
     NULL},
    {"stress", FIELD_TEXT, AT(stress), "", 0, 0, STRESS_NONE,
     "what happens to the cloud besides: drought, price-spike, ... (`spotsim trace synth --list`), or a model file "
     "with events",
     NULL},
};
#undef AT
#define AT(member) offsetof(struct scenario_trace, member)
const struct field trace_fields[] = {
    {"polarity", FIELD_ENUM, AT(polarity), "", 0, 0, "up", "what the 1 of a 0/1 series stands for", polarity_names},
    {"means", FIELD_ENUM, AT(means), "", 0, 0, "held",
     "held: a value below what is held takes the excess; launch: it only limits new launches", means_names},
    {"single_means", FIELD_TEXT, AT(single_means), "instances", 0, 0, "as written",
     "capacity that the 1 of a 0/1 series stands for: as written, one, a number, unlimited", NULL},
    {"gap", FIELD_DURATION, AT(gap_ms), "", 1, TIME_MAX, NULL, "step between samples; null: as the trace says", NULL},
    {"resolution", FIELD_DURATION, AT(resolution_ms), "", 1, TIME_MAX, NULL,
     "probing interval behind the samples; null: as the trace says", NULL},
    {"align", FIELD_TEXT, AT(align), "", 0, 0, NULL, "file with per-pool offsets", NULL},
    {"cloud", FIELD_TEXT, AT(cloud), "", 0, 0, NULL, "the pools' cloud; null: inferred from their names", NULL},
    {"product", FIELD_TEXT, AT(product), "", 0, 0, NULL, "ProductDescription to keep of an AWS price history", NULL},
    {"epoch", FIELD_TEXT, AT(epoch), "", 0, 0, NULL, "date of the first sample of series without dates", NULL},
};
#undef AT
#define AT(member) offsetof(struct scenario_fleet, member)
const struct field fleet_fields[] = {
    {"nodes", FIELD_COUNT, AT(nodes), "instances", 1, 10000, "1", "instances of one pool that make one replica", NULL},
    {"max_instances", FIELD_COUNT, AT(max_instances), "instances", 1, 4294967295.0, "unlimited",
     "guard: instances at once over all pools and markets", NULL},
};
#undef AT
#define AT(member) offsetof(struct scenario_study, member)
const struct field study_fields[] = {
    {"replications", FIELD_INT, AT(replications), "runs", 1, 1000000, "1",
     "runs per variant; with a precision: at most", NULL},
    {"window", FIELD_DURATION, AT(window_ms), "", 1, TIME_MAX, NULL,
     "each replication replays a window of this length out of the run, drawn from seed and replication; null: all of "
     "it",
     NULL},
    {"precision", FIELD_REAL, AT(precision), "", 0, 1e12, "0",
     "stop after 8, 16, 32, ... replications once every variant's 95 % interval is at most this much to either side; "
     "0: run them all",
     NULL},
    {"precision_of", FIELD_TEXT, AT(precision_of), "", 0, 0, "availability_full",
     "the column of summary.csv that the precision is about", NULL},
    {"question", FIELD_TEXT, AT(question), "", 0, 0, NULL, "printed at the top of the report", NULL},
    {"timeline", FIELD_BOOL, AT(timeline), "", 0, 0, "false",
     "write what replication 0 of each variant does over time: timeline.csv and its curve", NULL},
};
#undef AT
const uint32_t top_fields_n = N(top_fields), trace_fields_n = N(trace_fields), fleet_fields_n = N(fleet_fields),
               study_fields_n = N(study_fields);

const char *const top_sections[] = {"trace", "fleet", "cloud", "control", "study", NULL};
const char *const trace_sections[] = {"paths", NULL};
const char *const fleet_sections[] = {"target", "policy", "pools", "groups", "plugins", NULL};
const char *const group_keys[] = {"name", "pools", "target", "share", "policy", NULL};
const char *const cloud_sections[] = {"name", "defaults", "pools", "quotas", NULL};
const char *const study_sections[] = {"vary", NULL};
const char *const policy_roles[] = {"autoscaler", "mix", "placer", "whole", NULL};

const struct section scenario_sections[] = {
    {"", "One run", top_fields, &top_fields_n},
    {"trace", "Which trace, and how to read it", trace_fields, &trace_fields_n},
    {"fleet", "What the controller runs", fleet_fields, &fleet_fields_n},
    {"cloud.defaults", "What is true of every pool; `cloud.pools` takes the same keys per pool name or glob",
     pool_fields, &pool_fields_n},
    {"control", "Control lag and decision times; the profile sets them all", control_fields, &control_fields_n},
    {"study", "What a study varies and repeats", study_fields, &study_fields_n},
};
const uint32_t scenario_sections_n = N(scenario_sections);
