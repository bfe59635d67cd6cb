/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/fleet.h"

static const char *const observations[SP_OBS_KINDS] = {
    [SP_OBS_START] = "start",           [SP_OBS_SENT] = "sent",
    [SP_OBS_GRANTED] = "granted",       [SP_OBS_DENIED] = "denied",
    [SP_OBS_READY] = "ready",           [SP_OBS_UNREADY] = "unready",
    [SP_OBS_FAILED] = "failed",         [SP_OBS_NOTICE] = "notice",
    [SP_OBS_REBALANCE] = "rebalance",   [SP_OBS_PREEMPTED] = "preempted",
    [SP_OBS_TERMINATED] = "terminated", [SP_OBS_CLEARED] = "cleared",
    [SP_OBS_TARGET] = "target",         [SP_OBS_PRICE] = "price",
    [SP_OBS_CAPACITY] = "capacity",
};

static const char *const reasons[SP_WHYS] = {
    [SP_WHY_SPOT_WANTED] = "spot-wanted",
    [SP_WHY_BASE] = "base",
    [SP_WHY_FALLBACK] = "fallback",
    [SP_WHY_SURPLUS_SPOT] = "surplus-spot",
    [SP_WHY_SURPLUS_ON_DEMAND] = "surplus-on-demand",
    [SP_WHY_NOTICE] = "notice",
    [SP_WHY_REBALANCE] = "rebalance",
    [SP_WHY_POLICY] = "policy",
};

static const char *const states[SP_STATES] = {"requested", "provisioning", "starting", "unready",
                                              "ready",     "draining",     "failed",   "preempted"};

static const char *const denials[] = {"", "capacity", "quota", "price", "guard", "other"};

const char *fleet_observation_name(uint8_t kind) {
    return kind < SP_OBS_KINDS && observations[kind] ? observations[kind] : "?";
}
const char *fleet_reason_name(uint8_t reason) { return reason < SP_WHYS && reasons[reason] ? reasons[reason] : "?"; }
const char *fleet_denial_name(uint8_t denial) {
    return denial < sizeof denials / sizeof denials[0] ? denials[denial] : "?";
}
const char *fleet_state_name(uint8_t state) { return state < SP_STATES ? states[state] : "?"; }
const char *fleet_market_name(uint8_t market) { return market == SP_SPOT ? "spot" : "on-demand"; }
