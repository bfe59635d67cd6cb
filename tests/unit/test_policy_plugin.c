/* SPDX-License-Identifier: Apache-2.0
 * Policies from files: the examples, what is refused and how it is told; and
 * the purity of the built-in ones. */
#include "tests/support/fake_fleet.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "policies/elf_check.h"
#include "policies/plugin.h"

/* What plug-ins were compiled with: whoever changes one of these raises the version. */
_Static_assert(SP_ABI_VERSION == 2 && sizeof(struct sp_policy) == 128 && sizeof(struct sp_param) == 64 &&
                   sizeof(struct sp_instance) == 64 && sizeof(struct sp_pool) == 184 &&
                   sizeof(struct sp_observation) == 40 && sizeof(struct sp_action) == 24 &&
                   offsetof(struct sp_policy, digest) == 120 && offsetof(struct sp_view, n_changed) == 384,
               "the layout of policy ABI 2");

static const char head[] = "#include \"policy.h\"\n"
                           "static int64_t want(void *s, const struct sp_view *v, const struct sp_counts *c,\n"
                           "    const struct sp_observation *o, uint32_t n, struct sp_want *w) {\n"
                           "    (void)s, (void)c, (void)o, (void)n; w->n[SP_SPOT] = v->target; return SP_FOREVER; }\n";

static const char tail[] = "static const struct sp_policy p = {.abi = SP_ABI_VERSION, .role = SP_MIX,\n"
                           "    .name = \"mine\", .summary = \"s\", .want = want};\nSP_EXPORT_POLICY(p)\n";

static char *dir;

/* Folders that compilations left behind in `dir`, which is TMPDIR meanwhile. */
static int count_left(void) {
    int n = 0;
    DIR *d = opendir(dir);
    assert_non_null(d);
    for (struct dirent *entry; (entry = readdir(d));) n += strncmp(entry->d_name, "spotsim-policy-", 15) == 0;
    closedir(d);
    return n;
}

static int setup(void **state) {
    (void)state;
    dir = test_temp_dir();
    return setenv("TMPDIR", dir, 1);
}

static int teardown(void **state) {
    (void)state;
    unsetenv("TMPDIR");
    unsetenv("CC");
    int left = count_left();
    test_remove_tree(dir);
    return left;
}

static char *source(const char *name, const char *body) {
    struct strbuf b = {0};
    strbuf_puts(&b, head);
    strbuf_puts(&b, body);
    strbuf_puts(&b, tail);
    assert_false(b.failed);
    char *path = test_file(dir, name, b.data);
    strbuf_free(&b);
    return path;
}

static enum error_code load(const char *path, struct error *e) {
    struct policy_registry *r = registry_new();
    const struct sp_policy *p = NULL;
    enum error_code rc = registry_load(r, path, &p, e);
    if (rc == OK) assert_ptr_equal(registry_find(r, p->name), p);
    registry_free(r);
    return rc;
}

static void refuse_source(const char *body, const char *piece, const char *other) {
    struct error e;
    char *path = source("refused.c", body);
    assert_input_error(load(path, &e), &e, "refused.c", piece, other);
    free(path);
    assert_int_equal(count_left(), 0);
}

/* ---- what works ---------------------------------------------------------- */

static void test_cautious_example(void **state) {
    (void)state;
    struct fake *f = fake_new("docs/examples/policy_cautious.c(calm=1m)+cheapest", 2);
    f->target = 2;
    fake_step(f, 0);
    assert_int_equal(fake_launches_all(f, SP_SPOT), 2);
    assert_int_equal(fake_launches_all(f, SP_ON_DEMAND), 0); /* calm: no fallback */
    assert_int_equal(f->wake_ms, SP_FOREVER);
    f->now_ms = 1000;
    fake_observe(f, 1, SP_OBS_PREEMPTED);
    fake_step(f, 1000);
    assert_int_equal(fake_launches_all(f, SP_ON_DEMAND), 2);
    assert_int_equal(f->wake_ms, 61000);
    fake_step(f, 61000);
    assert_int_equal(fake_drains(f, SP_ON_DEMAND), 2);
    fake_free(f);
    assert_int_equal(count_left(), 0);
}

static void test_every_way_to_name_the_header(void **state) {
    (void)state;
    static const char *const includes[] = {"\"policy.h\"", "\"policies/policy.h\"", "<spotsim/policy.h>"};
    for (size_t i = 0; i < 3; i++) {
        struct strbuf b = {0};
        struct error e;
        strbuf_printf(&b, "#include %s\n%s%s", includes[i], head + strlen("#include \"policy.h\"\n"), tail);
        char *path = test_file(dir, "include.c", b.data);
        assert_ok(load(path, &e), &e);
        free(path);
        strbuf_free(&b);
    }
}

static void test_arithmetic_is_allowed(void **state) {
    (void)state;
    struct error e;
    char *path = source("math.c", "#include <math.h>\n#include <string.h>\n"
                                  "double f(double x); double f(double x) { return sqrt(x) + log(x) + exp(x); }\n"
                                  "void g(void *a, const void *b, size_t n);\n"
                                  "void g(void *a, const void *b, size_t n) { memcpy(a, b, n); }\n"
                                  "unsigned __int128 h(unsigned __int128 a, unsigned __int128 b);\n"
                                  "unsigned __int128 h(unsigned __int128 a, unsigned __int128 b) { return a / b; }\n");
    assert_ok(load(path, &e), &e);
    free(path);
}

static void test_shared_object_and_second_mention(void **state) {
    (void)state;
    struct error e;
    struct policy_registry *r = registry_new();
    const struct sp_policy *p = NULL, *q = NULL;
    char *path = source("mine.c", ""), *object = test_path(dir, "mine.so");
    char *folder = test_path(dir, "inc");
    struct policy_spec spec;
    char text[600];
    assert_int_equal(mkdtemp(strcat(strcpy(text, dir), "/incXXXXXX")) != NULL, 1);
    assert_ok(plugin_compile(path, text, object, &e), &e);
    assert_ok(registry_load(r, object, &p, &e), &e);
    assert_string_equal(p->name, "mine");
    assert_ok(registry_load(r, object, &q, &e), &e);
    assert_ptr_equal(p, q);
    assert_input_error(registry_load(r, path, &q, &e), &e, "mine.c", "'mine' is there already");
    assert_ok(policy_spec_parse(r, "mine+random", &spec, &e), &e); /* known by its name from now on */
    policy_spec_free(&spec);
    registry_free(r);
    registry_free(NULL);
    plugin_close(NULL);
    free(path);
    free(object);
    free(folder);
}

/* ---- what is refused ------------------------------------------------------ */

static void test_compiler_errors_are_shown(void **state) {
    (void)state;
    refuse_source("int broken(void) { return undeclared_thing; }\n", "does not compile", "undeclared_thing");
}

static void test_forbidden_symbols(void **state) {
    (void)state;
    refuse_source("#include <time.h>\nlong f(void); long f(void) { return (long)time(NULL); }\n", "uses 'time'",
                  "clock");
    refuse_source("#include <stdlib.h>\nvoid *f(void); void *f(void) { return malloc(7); }\n", "uses 'malloc'",
                  "allocation");
    refuse_source("#include <stdio.h>\nvoid f(void); void f(void) { puts(\"x\"); }\n", "uses 'puts'", "output");
}

static void test_mutable_variables(void **state) {
    (void)state;
    refuse_source("static int calls; int f(void); int f(void) { return ++calls; }\n", "variable 'calls'", "const");
    refuse_source("int calls = 3;\n", "variable 'calls'", "const");
}

static void test_bad_files(void **state) {
    (void)state;
    struct error e;
    assert_input_error(load("nowhere.c", &e), &e, "nowhere.c", "cannot open");
    assert_input_error(load("README.md", &e), &e, "README.md", ".c or .so");
    assert_input_error(load(".c", &e), &e, ".c or .so");
    char *path = test_file(dir, "text.so", "not an object, only a text that is somewhat longer than an ELF header is");
    assert_input_error(load(path, &e), &e, "text.so", "not a 64-bit ELF object");
    free(path);
    path = test_file(dir, "nothing.c", "int nothing(void); int nothing(void) { return 1; }\n");
    assert_input_error(load(path, &e), &e, "nothing.c", "exports no policy", "SP_EXPORT_POLICY");
    free(path);
    path = test_file(dir, "null.c",
                     "const void *spotsim_policy(void);\n"
                     "const void *spotsim_policy(void) { return 0; }\n");
    assert_input_error(load(path, &e), &e, "null.c", "exports no policy");
    free(path);
    path = test_file(dir, "old.c",
                     "#include \"policy.h\"\nstatic const struct sp_policy p = {.abi = 77};\n"
                     "SP_EXPORT_POLICY(p)\n");
    assert_input_error(load(path, &e), &e, "old.c", "ABI 77");
    free(path);
    path = test_file(dir, "first.c",
                     "#include \"policy.h\"\nstatic const struct sp_policy p = {.abi = 1};\n"
                     "SP_EXPORT_POLICY(p)\n");
    assert_input_error(load(path, &e), &e, "first.c", "built for policy ABI 1");
    free(path);
}

static void test_compiler_that_is_not_there(void **state) {
    (void)state;
    struct error e;
    char *path = source("mine.c", "");
    setenv("CC", "no-such-compiler -m64", 1);
    assert_failed_error(load(path, &e), &e, "no-such-compiler", "CC");
    setenv("CC", " ", 1);
    assert_input_error(load(path, &e), &e, "CC", "blank");
    setenv("CC", "sh -c exit;kill", 1);
    assert_int_not_equal(load(path, &e), OK);
    unsetenv("CC");
    setenv("TMPDIR", "/nonexistent-folder", 1);
    assert_failed_error(load(path, &e), &e, "/nonexistent-folder", "temporary folder");
    setenv("TMPDIR", dir, 1);
    free(path);
}

/* ---- ELF ------------------------------------------------------------------ */

/* Every cut and many flips of an object: an answer, never a crash. */
static void test_damaged_objects(void **state) {
    (void)state;
    struct error e;
    char text[600], *data = NULL;
    size_t size = 0;
    char *path = source("whole.c", ""), *object = test_path(dir, "whole.so"), *bad = test_path(dir, "bad.so");
    assert_non_null(mkdtemp(strcat(strcpy(text, dir), "/cutXXXXXX")));
    assert_ok(plugin_compile(path, text, object, &e), &e);
    assert_ok(elf_check_pure(object, NULL, &e), &e);
    assert_ok(file_read(object, &data, &size, &e), &e);
    uint64_t tried = 0;
    for (size_t n = 0; n < size; n += 1 + size / 97, tried++) {
        assert_ok(file_write(bad, data, n, &e), &e);
        assert_input_error(elf_check_pure(bad, NULL, &e), &e, "bad.so");
    }
    uint64_t stream = 7, times = test_times(300, 20000);
    for (uint64_t i = 0; i < times; i++, tried++) {
        uint32_t at = sp_random_below(&stream, i % 2 ? 64 : (uint32_t)size);
        char old = data[at];
        data[at] = (char)sp_random_below(&stream, 256);
        assert_ok(file_write(bad, data, size, &e), &e);
        (void)elf_check_pure(bad, NULL, &e);
        data[at] = old;
    }
    test_count("damaged objects", tried);
    free(data);
    free(path);
    free(object);
    free(bad);
}

static bool implements_policies(const char *name) {
    size_t n = strlen(name);
    if (n < 3 || strcmp(name + n - 2, ".o") != 0) return false;
    return strncmp(name, "autoscaler_", 11) == 0 || strncmp(name, "mix_", 4) == 0 || strncmp(name, "placer_", 7) == 0;
}

/* The objects this very program was linked from. */
static void test_builtin_objects_are_pure(void **state) {
    (void)state;
    /* what sanitizers and coverage put into an object */
    static const char *const instruments[] = {"__asan_",  "__ubsan_",   "__gcov", "__sanitizer_", "__tsan_",
                                              "__llvm_",  "__prof",     ".L",     "__unnamed_",   "Lubsan",
                                              "*.Lubsan", "__odr_asan", NULL};
    char folder[512];
    ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 64);
    assert_true(n > 0);
    folder[n] = '\0';
    for (int up = 0; up < 3; up++) *strrchr(folder, '/') = '\0'; /* BUILD/tests/unit/this */
    strcat(folder, "/obj/policies");
    DIR *d = opendir(folder);
    if (!d) {
        print_message("no objects in %s\n", folder);
        skip();
    }
    uint64_t tried = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        if (!implements_policies(entry->d_name)) continue;
        struct error e;
        char *path = test_path(folder, entry->d_name);
        assert_ok(elf_check_pure(path, instruments, &e), &e);
        free(path);
        tried++;
    }
    closedir(d);
    assert_true(tried >= 15);
    test_count("pure policy objects", tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cautious_example),           cmocka_unit_test(test_every_way_to_name_the_header),
        cmocka_unit_test(test_arithmetic_is_allowed),      cmocka_unit_test(test_shared_object_and_second_mention),
        cmocka_unit_test(test_compiler_errors_are_shown),  cmocka_unit_test(test_forbidden_symbols),
        cmocka_unit_test(test_mutable_variables),          cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_compiler_that_is_not_there), cmocka_unit_test(test_damaged_objects),
        cmocka_unit_test(test_builtin_objects_are_pure),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
