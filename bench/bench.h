/* SPDX-License-Identifier: Apache-2.0
 * One measurement is one JSON line. */
#ifndef SPOTSIM_BENCH_H
#define SPOTSIM_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline int bench_by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median; sorts in place. */
static inline double bench_median(double *v, size_t n) {
    qsort(v, n, sizeof *v, bench_by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* peer NULL: nothing to compare with. */
static inline void bench_print(const char *name, double value, const char *unit, double n, const char *peer,
                               double peer_value) {
    printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"n\":%.0f,", name, value, unit, n);
    if (peer)
        printf("\"peer\":\"%s\",\"peer_value\":%.4g,\"ratio\":%.3g}\n", peer, peer_value, peer_value / value);
    else
        printf("\"peer\":null,\"peer_value\":null,\"ratio\":null}\n");
    fflush(stdout);
}

#endif
