/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/support.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool is_set(const char *variable) {
    const char *set = getenv(variable);
    return set && strcmp(set, "1") == 0;
}

uint64_t test_times(uint64_t bounded, uint64_t full) { return is_set("SPOTSIM_FULL") ? full : bounded; }

uint64_t test_slow_times(uint64_t few, uint64_t bounded, uint64_t full) {
    return is_set("SPOTSIM_FEW") ? few : test_times(bounded, full);
}

void test_count(const char *what, uint64_t n) {
    printf("# count: %s: %" PRIu64 "\n", what, n);
    fflush(stdout);
}

char *test_temp_dir(void) {
    const char *base = getenv("TMPDIR");
    char *dir = test_path(base && *base ? base : "/tmp", "spotsim-test-XXXXXX");
    if (!mkdtemp(dir)) fail_msg("cannot make a temporary folder: %s", dir);
    return dir;
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at) {
    (void)st;
    (void)kind;
    (void)at;
    return remove(path);
}

void test_remove_tree(char *dir) {
    if (!dir) return;
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(dir);
}

char *test_path(const char *dir, const char *name) {
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = malloc(size);
    assert_non_null(path);
    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

char *test_file(const char *dir, const char *name, const char *text) {
    char *path = test_path(dir, name);
    FILE *f = fopen(path, "wb");
    if (!f) fail_msg("cannot write %s", path);
    size_t size = strlen(text);
    assert_int_equal(fwrite(text, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    return path;
}

const char *test_real_traces(void) {
    const char *set = getenv("SPOTSIM_TRACES");
    const char *dir = set && *set ? set : "../shared/traces";
    struct stat st;
    if (stat(dir, &st) == 0 && S_ISDIR(st.st_mode)) return dir;
    printf("# skipped: no real traces at %s (set SPOTSIM_TRACES)\n", dir);
    fflush(stdout);
    return NULL;
}

void test_ok(enum error_code rc, const struct error *e, const char *file, int line) {
    if (rc == OK) return;
    print_error("%s:%d: failed with code %d: %s: %s\n", file, line, (int)rc, e ? e->where : "", e ? e->message : "");
    _fail(file, line);
}

void test_error(enum error_code rc, enum error_code code, const struct error *e, const char *file, int line, ...) {
    char text[sizeof e->where + sizeof e->message + 3];
    snprintf(text, sizeof text, "%s: %s", e->where, e->message);
    bool good = rc == code && e->code == code;
    if (!good) print_error("%s:%d: expected error code %d, got %d (%s)\n", file, line, (int)code, (int)rc, text);
    va_list pieces;
    va_start(pieces, line);
    for (const char *piece; good && (piece = va_arg(pieces, const char *));) {
        good = strstr(text, piece) != NULL;
        if (!good) print_error("%s:%d: '%s' is not in the error '%s'\n", file, line, piece, text);
    }
    va_end(pieces);
    if (!good) _fail(file, line);
}
