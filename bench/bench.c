/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- time ------------------------------------------------------------------------ */

void bench_pin(void) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) bench_fail("sched_getaffinity");
    size_t last = 0;
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &allowed)) last = i;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) bench_fail("sched_setaffinity");
}

static double clock_s(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_cpu_s(void) { return clock_s(CLOCK_PROCESS_CPUTIME_ID); }
double bench_now_s(void) { return clock_s(CLOCK_MONOTONIC); }

/* ---- series ---------------------------------------------------------------------- */

void bench_add(struct bench_series *s, double value) {
    if (s->n == BENCH_SERIES_MAX) bench_fail("too many runs");
    s->value[s->n++] = value;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct range {
    double low, median, high;
};

static struct range range_of(const struct bench_series *s) {
    if (s->n == 0) bench_fail("a measurement without runs");
    double v[BENCH_SERIES_MAX];
    memcpy(v, s->value, s->n * sizeof *v);
    qsort(v, s->n, sizeof *v, by_value);
    double median = s->n % 2 ? v[s->n / 2] : (v[s->n / 2 - 1] + v[s->n / 2]) / 2;
    return (struct range){v[0], median, v[s->n - 1]};
}

double bench_median(const struct bench_series *s) { return range_of(s).median; }

void bench_line(const char *name, const struct bench_series *own, const char *unit, double n, enum bench_better better,
                const char *peer, const struct bench_series *theirs) {
    struct range o = range_of(own);
    printf("{\"bench\":\"%s\",\"value\":%.4g,\"unit\":\"%s\",\"n\":%.0f,", name, o.median, unit, n);
    if (peer) {
        struct range p = range_of(theirs);
        double ratio = better == BENCH_LESS ? p.median / o.median : o.median / p.median;
        printf("\"peer\":\"%s\",\"peer_value\":%.4g,\"ratio\":%.3g,", peer, p.median, ratio);
        printf("\"low\":%.4g,\"high\":%.4g,\"runs\":%u,\"peer_low\":%.4g,\"peer_high\":%.4g}\n", o.low, o.high, own->n,
               p.low, p.high);
    } else {
        printf("\"peer\":null,\"peer_value\":null,\"ratio\":null,");
        printf("\"low\":%.4g,\"high\":%.4g,\"runs\":%u}\n", o.low, o.high, own->n);
    }
    fflush(stdout);
}

void bench_missing(const char *what, const char *why) { fprintf(stderr, "bench: NOT MEASURED: %s: %s\n", what, why); }

void bench_absent(const char *name, const char *unit) {
    printf("{\"bench\":\"%s\",\"value\":null,\"unit\":\"%s\",\"n\":0,\"peer\":null,\"peer_value\":null,\"ratio\":null,"
           "\"low\":null,\"high\":null,\"runs\":0}\n",
           name, unit);
    fflush(stdout);
}

/* ---- failures -------------------------------------------------------------------- */

void bench_check(enum error_code rc, const struct error *e) {
    if (rc == OK) return;
    fprintf(stderr, "bench: %s: %s\n", e->where, e->message);
    exit(1);
}

void bench_fail(const char *what) {
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* ---- other programs -------------------------------------------------------------- */

struct cJSON *bench_ask(const char *command) {
    FILE *f = popen(command, "r");
    if (!f) bench_fail(command);
    size_t size = 0, room = 1u << 16;
    char *text = malloc(room);
    if (!text) bench_fail("out of memory");
    for (size_t got; (got = fread(text + size, 1, room - size - 1, f)) > 0;) {
        size += got;
        if (size + 1 == room && !(text = realloc(text, room *= 2))) bench_fail("out of memory");
    }
    text[size] = '\0';
    int status = pclose(f);
    struct cJSON *object = status == 0 ? cJSON_Parse(text) : NULL;
    free(text);
    if (!object) {
        fprintf(stderr, "bench: exit status %d, or no JSON: %s\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
                command);
        exit(1);
    }
    return object;
}

double bench_number(const struct cJSON *object, const char *name) {
    const struct cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (cJSON_IsNull(item)) return NAN;
    if (!cJSON_IsNumber(item)) {
        fprintf(stderr, "bench: the peer's answer has no number '%s'\n", name);
        exit(1);
    }
    return item->valuedouble;
}

static struct bench_use wait_for(pid_t child, double start, const char *what) {
    if (child < 0) bench_fail("cannot start a process");
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) != child) bench_fail("wait4");
    struct bench_use use = {bench_now_s() - start, usage.ru_maxrss * INT64_C(1024)};
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench: %s ended with status %d\n", what, status);
        exit(1);
    }
    return use;
}

struct bench_use bench_process(char *const *argv) {
    double start = bench_now_s();
    pid_t child = vfork();
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY);
        if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0) dup2(null, STDERR_FILENO);
        execv(argv[0], argv);
        _exit(127);
    }
    return wait_for(child, start, argv[0]);
}

struct bench_use bench_apart(void (*work)(void *arg), void *arg) {
    fflush(NULL);
    double start = bench_now_s();
    pid_t child = fork();
    if (child == 0) {
        work(arg);
        _exit(0);
    }
    return wait_for(child, start, "a part of the measurement");
}
