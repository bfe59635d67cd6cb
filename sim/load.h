/* SPDX-License-Identifier: Apache-2.0
 * The load on a service: a request rate that changes at given times.
 *
 * Requests come evenly: the k-th arrives when the integral of the rate reaches
 * k.  Counting is exact, in integers, so a rate of 2.5 requests/s brings 150
 * in every minute and a count never depends on how time was cut up. */
#ifndef SPOTSIM_SIM_LOAD_H
#define SPOTSIM_SIM_LOAD_H

#include <stdint.h>

#include "base/error.h"

#define LOAD_WINDOW_MS 60000 /* what an autoscaler counts: SkyServe's QPS window */
#define LOAD_RATE_MAX 1e9    /* requests/s */

struct load;

/* From text: a list "0s:1.5 1h:20" of times and requests/s, or the path of a
 * CSV file of `seconds,requests_per_second` lines with an optional header and
 * # comments.  The first time is 0, the start of the run; times rise; rates
 * are in [0, LOAD_RATE_MAX], kept to the nearest millionth.  *out is the
 * caller's, free it with load_free. */
enum error_code load_read(const char *text, struct load **out, struct error *e);
void load_free(struct load *l); /* NULL is allowed */

/* The same for loads with the same entries, whatever they were read from. */
uint64_t load_digest(const struct load *l);

/* Requests that have arrived in (0, at_ms]; 0 for at_ms <= 0. */
int64_t load_arrived(const struct load *l, int64_t at_ms);
/* Requests that have arrived in the LOAD_WINDOW_MS up to and with at_ms. */
int64_t load_window(const struct load *l, int64_t at_ms);

#endif
