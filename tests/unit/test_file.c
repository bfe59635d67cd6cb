/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/support/support.h"

static int entries(const char *dir) {
    DIR *d = opendir(dir);
    assert_non_null(d);
    int n = 0;
    for (struct dirent *entry; (entry = readdir(d));) n += entry->d_name[0] != '.';
    closedir(d);
    return n;
}

static int make_dir(void **state) {
    *state = test_temp_dir();
    return 0;
}

static int remove_dir(void **state) {
    test_remove_tree(*state);
    return 0;
}

static void what_is_written_is_read(void **state) {
    char *path = test_path(*state, "x");
    struct error e;
    char *data = NULL;
    size_t size = 99;
    assert_ok(file_write(path, "one\0two", 7, &e), &e);
    assert_ok(file_read(path, &data, &size, &e), &e);
    assert_int_equal(size, 7);
    assert_memory_equal(data, "one\0two", 8); /* with the end mark */
    free(data);
    assert_ok(file_write(path, "short", 5, &e), &e);
    assert_ok(file_read(path, &data, &size, &e), &e);
    assert_string_equal(data, "short");
    free(data);
    assert_ok(file_write(path, "", 0, &e), &e);
    assert_ok(file_read(path, &data, &size, &e), &e);
    assert_int_equal(size, 0);
    assert_string_equal(data, "");
    free(data);
    assert_int_equal(entries(*state), 1); /* no temporary file is left */
    free(path);
}

static void large_files(void **state) {
    char *path = test_path(*state, "big");
    size_t size = 3 * 1000 * 1000 + 17, back_size;
    char *data = malloc(size), *back;
    assert_non_null(data);
    for (size_t i = 0; i < size; i++) data[i] = (char)(i * 31);
    struct error e;
    assert_ok(file_write(path, data, size, &e), &e);
    assert_ok(file_read(path, &back, &back_size, &e), &e);
    assert_int_equal(back_size, size);
    assert_memory_equal(back, data, size);
    free(back);
    free(data);
    free(path);
}

static void unreadable_is_the_users_error(void **state) {
    char *missing = test_path(*state, "missing"), *huge = test_path(*state, "huge");
    struct error e;
    char *data = NULL;
    size_t size = 0;
    assert_input_error(file_read(missing, &data, &size, &e), &e, missing, "No such file");
    assert_input_error(file_read(*state, &data, &size, &e), &e, *state, "directory");
    free(test_file(*state, "huge", ""));
    assert_int_equal(truncate(huge, (1 << 30) + 1), 0); /* sparse */
    assert_input_error(file_read(huge, &data, &size, &e), &e, huge, "1 GiB");
    assert_input_error(file_read("/dev/zero", &data, &size, &e), &e, "/dev/zero", "1 GiB");
    assert_null(data);
    free(missing);
    free(huge);
}

static void unwritable_places(void **state) {
    char *path = test_path(*state, "no/such/dir/x");
    struct error e;
    assert_input_error(file_write(path, "x", 1, &e), &e, path, "cannot write");
    assert_input_error(file_write(*state, "x", 1, &e), &e, *state, "directory");
    char name[400];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char *too_long = test_path(*state, name);
    assert_input_error(file_write(too_long, "x", 1, &e), &e, "too long");
    assert_int_equal(entries(*state), 0);
    free(too_long);
    free(path);
}

static void full_disk_is_a_failure(void **state) {
    (void)state;
    struct error e;
    struct stat st;
    if (stat("/dev/full", &st) != 0) skip();
    assert_failed_error(file_write("/dev/full", "x", 1, &e), &e, "/dev/full", "No space");
    assert_int_equal(stat("/dev/full", &st), 0);
    assert_true(S_ISCHR(st.st_mode)); /* not replaced by a file */
    assert_ok(file_write("/dev/null", "x", 1, &e), &e);
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_written_is_read, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(large_files, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(unreadable_is_the_users_error, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(unwritable_places, make_dir, remove_dir),
        cmocka_unit_test(full_disk_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
