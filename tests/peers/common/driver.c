/* SPDX-License-Identifier: Apache-2.0
 * Our policies behind a pipe: lines of tests/support/decide.h on stdin, their
 * answers on stdout.  Exit status 2: a line was not understood. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/decide.h"

int main(void) {
    struct decide *d = decide_new();
    if (!d) return 1;
    struct error e = {0};
    enum error_code rc = OK;
    char *line = NULL;
    size_t room = 0;
    unsigned long n = 0;
    while (rc == OK && getline(&line, &room, stdin) >= 0) {
        n++;
        rc = decide_line(d, line, stdout, &e);
        /* whoever asked is waiting for the answer */
        if (rc == OK && strncmp(line, "step", 4) == 0 && fflush(stdout) != 0) rc = ERR_FAILED;
    }
    if (rc != OK) fprintf(stderr, "driver: line %lu: %s\n", n, e.message);
    free(line);
    decide_free(d);
    return (int)rc;
}
