/* SPDX-License-Identifier: Apache-2.0
 * A bar with the time left, on standard error, only where that is a terminal. */
#ifndef SPOTSIM_CLI_PROGRESS_H
#define SPOTSIM_CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    double start_s;
};

void progress_start(struct progress *p);
/* Fits spotsim_study_run; arg is a struct progress. */
int progress_update(void *arg, uint64_t done, uint64_t total);
void progress_end(struct progress *p); /* clears the line */

#endif
