/* SPDX-License-Identifier: Apache-2.0
 * Shared by sim.c and result*.c of api/. */
#ifndef SPOTSIM_API_RESULT_H
#define SPOTSIM_API_RESULT_H

#include "api/private.h"
#include "study/stress.h"

struct spotsim_result {
    struct prepared *from;    /* NULL: empty */
    struct sim_config config; /* what was run of it */
    struct stressed stressed; /* what that points into, when a window of it was run under stress */
    struct sim_result value;
    struct notes notes; /* the scenario's and the result's own, as last asked for */
};

void result_clear(struct spotsim_result *r);

#endif
