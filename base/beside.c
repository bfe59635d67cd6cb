/* SPDX-License-Identifier: Apache-2.0 */
#include "base/beside.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM_MAX 4096

/* `program` without its last part; false: nothing is left. */
static bool go_up(char *program) {
    char *slash = strrchr(program, '/');
    if (!slash) return false;
    *slash = '\0';
    return true;
}

static char *folder_in(const char *outer, const char *inner) {
    char *path = NULL;
    if (asprintf(&path, "%s/%s", outer, inner) < 0) return NULL;
    char *real = realpath(path, NULL);
    free(path);
    return real;
}

char *beside_program(const char *variable, const char *shared, const char *in_source) {
    /* build/spotsim, build/tests/unit/test_x; BUILD may be one folder deeper */
    enum { LEVELS = 4 };
    char program[PROGRAM_MAX], installed[PROGRAM_MAX];
    const char *said = getenv(variable);
    if (said && *said) {
        char *real = realpath(said, NULL);
        return real ? real : strdup(said);
    }
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    if (n <= 0) return NULL;
    program[n] = '\0';
    if (!go_up(program)) return NULL;
    snprintf(installed, sizeof installed, "../share/spotsim/%s", shared);
    char *found = folder_in(program, installed);
    for (int i = 0; !found && i < LEVELS && go_up(program); i++) found = folder_in(program, in_source);
    return found;
}
