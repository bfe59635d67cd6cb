/* SPDX-License-Identifier: Apache-2.0
 * For the tests of the public library: they see the public headers and nothing
 * else, and link libspotsim.a. */
#ifndef SPOTSIM_TESTS_API_H
#define SPOTSIM_TESTS_API_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "api/spotsim.h"
#include "policies/policy.h"

#define DEMO "traces/data/demo"

/* The call worked; else fails with the error's text. */
#define must(call)                                                                                                     \
    do {                                                                                                               \
        struct spotsim_error must_e = {0};                                                                             \
        enum spotsim_code must_rc = (call);                                                                            \
        if (must_rc != SPOTSIM_OK) fail_msg("%s: %s: %s", #call, must_e.where, must_e.message);                        \
    } while (0)
#define E (&must_e) /* the error argument inside must() and refused() */

/* The call failed with this code, and "where: message" holds every piece. */
#define refused(expected, call, ...)                                                                                   \
    do {                                                                                                               \
        struct spotsim_error must_e = {0};                                                                             \
        enum spotsim_code must_rc = (call);                                                                            \
        check_refusal((expected), must_rc, &must_e, #call, (const char *const[]){__VA_ARGS__, NULL});                  \
    } while (0)

static inline void check_refusal(enum spotsim_code expected, enum spotsim_code rc, const struct spotsim_error *e,
                                 const char *call, const char *const *pieces) {
    char text[1100];
    snprintf(text, sizeof text, "%s: %s", e->where, e->message);
    if (rc != expected || e->code != (int32_t)expected)
        fail_msg("%s: %s (%d), expected %s; %s", call, spotsim_code_name(rc), (int)e->code, spotsim_code_name(expected),
                 text);
    for (; *pieces; pieces++)
        if (!strstr(text, *pieces)) fail_msg("%s: \"%s\" does not hold \"%s\"", call, text, *pieces);
}

/* An env and a scenario of the demo trace: target 4, skyserve(base=1), a price. */
static inline struct spotsim_scenario *demo_scenario(struct spotsim_env **env) {
    struct spotsim_scenario *s = NULL;
    must(spotsim_env_new(env, E));
    must(spotsim_scenario_new(*env, &s, E));
    must(spotsim_scenario_set_list(s, "trace.paths", (const char *const[]){DEMO}, 1, E));
    must(spotsim_scenario_set(s, "target", "4", E));
    must(spotsim_scenario_set(s, "policy", "skyserve(base=1,dynamic=true)+skypilot", E));
    must(spotsim_scenario_set(s, "price_on_demand", "3.06", E));
    return s;
}

static inline double value_of(const struct spotsim_result *r, const char *metric) {
    double value = 0;
    must(spotsim_result_value(r, metric, &value, E));
    return value;
}

#endif
