/* SPDX-License-Identifier: Apache-2.0
 * A controller driven line by line: what happened goes in, what the policies
 * answer comes out.  The peer tests speak it over a pipe, golden files hold
 * recorded conversations.
 *
 * In (times in ms, prices in micro-dollars per hour):
 *   start INTERVAL POLICY           a fresh fleet; POLICY with its autoscaler
 *   pool NAME PRICE                 in name order, before the first step
 *   sent|granted|denied|ready|unready|failed|preempted|terminated|cleared
 *        LAUNCH AT                  something was learned about a replica
 *   price POOL AT PRICE             spot price of pool number POOL
 *   step NOW REQUESTS               decide; REQUESTS in the last 60 s, or "nan"
 * Out, for each step:
 *   launch N spot POOL | launch N on-demand | drain N     in order
 *   target T final F [clamped]
 * Empty lines and lines that begin with # are passed over. */
#ifndef SPOTSIM_TESTS_DECIDE_H
#define SPOTSIM_TESTS_DECIDE_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"

struct decide;
struct decide *decide_new(void); /* NULL: out of memory */
void decide_free(struct decide *d);
/* Takes one line in; a step's answer goes to `out`.  ERR_INPUT: not a line of
 * the above. */
enum error_code decide_line(struct decide *d, const char *line, FILE *out, struct error *e);

#endif
