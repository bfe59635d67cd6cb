/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

#define BAR_WIDTH 30

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_start(struct progress *p) {
    p->shown = isatty(STDERR_FILENO) == 1;
    p->start_s = now_s();
}

int progress_update(void *arg, uint64_t done, uint64_t total) {
    const struct progress *p = arg;
    if (!p->shown || total == 0) return 0;
    double elapsed = now_s() - p->start_s;
    char bar[BAR_WIDTH + 1], left[32] = "?";
    for (uint64_t i = 0; i < BAR_WIDTH; i++) bar[i] = i < done * BAR_WIDTH / total ? '#' : '.';
    bar[BAR_WIDTH] = '\0';
    if (done > 0) {
        int64_t s = (int64_t)(elapsed * (double)(total - done) / (double)done + 0.5);
        if (s < 120)
            snprintf(left, sizeof left, "%" PRId64 " s", s);
        else
            snprintf(left, sizeof left, "%" PRId64 " min", (s + 30) / 60);
    }
    fprintf(stderr, "\r[%s] %" PRIu64 "/%" PRIu64 " runs, %s left \033[K", bar, done, total, left);
    fflush(stderr);
    return 0;
}

void progress_end(struct progress *p) {
    if (p->shown) fputs("\r\033[K", stderr);
}
