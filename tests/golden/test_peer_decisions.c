/* SPDX-License-Identifier: Apache-2.0
 * Decisions that SkyPilot's and SpotHedge's own classes agreed with, frozen:
 * they are checked where those cannot be had, too. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/decide.h"
#include "tests/support/support.h"

struct answer {
    const char *file;
    char *text, *at;
    size_t size;
};

/* The next line of the answer, cut off at its end; NULL: no more. */
static char *next_line(struct answer *a) {
    if (!a->at || !*a->at) return NULL;
    char *line = a->at;
    char *end = strchr(line, '\n');
    *end = '\0';
    a->at = end + 1;
    return line;
}

static void expect(struct answer *a, char *line, unsigned number) {
    char *ours = next_line(a);
    line[strcspn(line, "\n")] = '\0';
    if (!ours || strcmp(ours, line) != 0)
        fail_msg("%s:%u: decided was '%s', now '%s'", a->file, number, line, ours ? ours : "nothing more");
}

static void say(struct decide *d, const char *line, struct answer *a, unsigned number) {
    struct error e = {0};
    char *left = next_line(a);
    if (left) fail_msg("%s:%u: '%s' is decided besides", a->file, number, left);
    free(a->text);
    FILE *out = open_memstream(&a->text, &a->size);
    assert_non_null(out);
    assert_ok(decide_line(d, line, out, &e), &e);
    assert_int_equal(fclose(out), 0);
    a->at = a->text;
}

static uint64_t replay(const char *path) {
    FILE *in = fopen(path, "r");
    if (!in) fail_msg("no %s; tests run in the repository's folder", path);
    struct decide *d = decide_new();
    assert_non_null(d);
    struct answer answer = {path, NULL, NULL, 0};
    char line[2000];
    uint64_t steps = 0;
    for (unsigned number = 1; fgets(line, sizeof line, in); number++) {
        if (line[0] == '#') continue;
        if (strncmp(line, "> ", 2) == 0) {
            say(d, line + 2, &answer, number);
            steps += strncmp(line, "> step ", 7) == 0;
        } else {
            expect(&answer, line, number);
        }
    }
    fclose(in);
    free(answer.text);
    decide_free(d);
    return steps;
}

static void skypilot(void **state) {
    (void)state;
    uint64_t steps = replay("tests/golden/skyserve_decisions.txt");
    assert_true(steps >= 1000);
    test_count("frozen decisions of SkyPilot", steps);
}

static void spothedge(void **state) {
    (void)state;
    uint64_t steps = replay("tests/golden/spothedge_decisions.txt");
    assert_true(steps >= 500);
    test_count("frozen decisions of SpotHedge", steps);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(skypilot), cmocka_unit_test(spothedge)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
