/* SPDX-License-Identifier: Apache-2.0
 * Measurements.  One is a series of repeated runs; the median is its value, the
 * lowest and the highest say how much the machine swayed.  A peer is measured
 * in turn with ours, run by run, so that both see the same machine. */
#ifndef SPOTSIM_BENCH_BENCH_H
#define SPOTSIM_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

#define BENCH_SERIES_MAX 64

struct bench_series {
    uint32_t n;
    double value[BENCH_SERIES_MAX];
};

enum bench_better { BENCH_LESS, BENCH_MORE };

/* Keeps the calling process, and what it starts, on one core: the last that it may
 * use. */
void bench_pin(void);

/* CPU time of this process, which other programs on the machine disturb less than
 * the clock on the wall: for what computes and does not wait.  Peers measure
 * theirs the same way. */
double bench_cpu_s(void);
double bench_now_s(void); /* the clock on the wall */
void bench_add(struct bench_series *s, double value);
double bench_median(const struct bench_series *s);

/* Prints one JSON line: {"bench","value","unit","n","peer","peer_value",
 * "ratio"}, then "low", "high" and "runs" of ours and "peer_low", "peer_high".
 * n: how many units of work one run did.  ratio: how many times better ours is.
 * peer NULL: nothing to compare with. */
void bench_line(const char *name, const struct bench_series *own, const char *unit, double n, enum bench_better better,
                const char *peer, const struct bench_series *theirs);

/* Why a measurement or its peer is missing, to stderr, where it cannot be
 * overlooked. */
void bench_missing(const char *what, const char *why);
/* Prints the line of a measurement that could not be taken: all null. */
void bench_absent(const char *name, const char *unit);

/* Ends the program when rc is not OK. */
void bench_check(enum error_code rc, const struct error *e);
_Noreturn void bench_fail(const char *what);

struct cJSON;
/* Runs a shell command and reads one JSON object from its output; the caller
 * frees it with cJSON_Delete.  Ends the program when the command fails. */
struct cJSON *bench_ask(const char *command);
/* A number of that object; null is NaN.  Ends the program when it is not there. */
double bench_number(const struct cJSON *object, const char *name);

struct bench_use { /* of a process that has ended */
    double seconds;
    int64_t peak_bytes; /* largest resident set */
};
/* Runs a program to its end; what it prints is thrown away. */
struct bench_use bench_process(char *const *argv);
/* Runs work(arg) in a process of its own. */
struct bench_use bench_apart(void (*work)(void *arg), void *arg);

#endif
