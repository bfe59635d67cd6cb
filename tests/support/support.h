/* SPDX-License-Identifier: Apache-2.0
 * Helpers for every test program.  Includes cmocka in the order it needs. */
#ifndef SPOTSIM_TESTS_SUPPORT_H
#define SPOTSIM_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/error.h"

/* How many cases to try: `bounded` in the default check, `full` when
 * SPOTSIM_FULL=1. */
uint64_t test_times(uint64_t bounded, uint64_t full);
/* The same for slow tests: `few` when SPOTSIM_FEW=1, which is set where every test
 * runs once more in a slower build (docs/validation.md). */
uint64_t test_slow_times(uint64_t few, uint64_t bounded, uint64_t full);
/* Reports how many cases a test tried; the runner shows these lines. */
void test_count(const char *what, uint64_t n);

/* A fresh empty folder; remove it with test_remove_tree (which frees it). */
char *test_temp_dir(void);
void test_remove_tree(char *dir);
/* "dir/name", freshly allocated. */
char *test_path(const char *dir, const char *name);
/* Writes a small file dir/name and returns its path, freshly allocated. */
char *test_file(const char *dir, const char *name, const char *text);

/* The folder of real traces: $SPOTSIM_TRACES, else ../shared/traces.  NULL
 * when absent, after saying so; the caller then calls skip(). */
const char *test_real_traces(void);

/* The call worked; otherwise fails with the error's text. */
void test_ok(enum error_code rc, const struct error *e, const char *file, int line);
#define assert_ok(rc, e) test_ok((rc), (e), __FILE__, __LINE__)
/* The call failed with `code`, and "where: message" contains every one of the
 * given pieces (NULL-terminated). */
void test_error(enum error_code rc, enum error_code code, const struct error *e, const char *file, int line, ...)
    __attribute__((sentinel));
#define assert_input_error(rc, e, ...) test_error((rc), ERR_INPUT, (e), __FILE__, __LINE__, __VA_ARGS__, NULL)
#define assert_failed_error(rc, e, ...) test_error((rc), ERR_FAILED, (e), __FILE__, __LINE__, __VA_ARGS__, NULL)

#endif
