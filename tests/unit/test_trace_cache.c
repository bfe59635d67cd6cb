/* SPDX-License-Identifier: Apache-2.0
 * Traces kept between runs: the same trace, remarks and errors as without, and
 * no trouble with a cache file is ever seen. */
#include "tests/support/support.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/text.h"
#include "traces/cache_dir.h"
#include "traces/cache_file.h"
#include "traces/trace.h"

struct box {
    char *dir, *data, *kept;
    struct trace_cache cache;
};

static int open_box(void **state) {
    struct box *b = calloc(1, sizeof *b);
    b->dir = test_temp_dir();
    b->data = test_path(b->dir, "data");
    b->kept = test_path(b->dir, "home/cache/spotsim");
    assert_int_equal(mkdir(b->data, 0777), 0);
    b->cache = (struct trace_cache){b->kept, 0, 1 << 20};
    *state = b;
    return 0;
}

static int close_box(void **state) {
    struct box *b = *state;
    free(b->data);
    free(b->kept);
    test_remove_tree(b->dir);
    free(b);
    return 0;
}

static char *put(const struct box *b, const char *name, const char *text) { return test_file(b->data, name, text); }

/* What a load comes to, as text; *kept: it came from the cache. */
static char *outcome(const char *const *paths, uint32_t n, struct trace_options o, const struct trace_cache *cache,
                     bool *kept) {
    struct trace *t = NULL;
    struct trace_notes notes;
    struct error e = {0};
    struct strbuf out = {0};
    o.cache = cache;
    enum error_code rc = trace_load(paths, n, &o, &t, &notes, &e);
    if (rc == OK) {
        trace_write_tidy(t, &out);
        strbuf_printf(&out, "digest %016llx\n", (unsigned long long)trace_digest(t));
    } else {
        strbuf_printf(&out, "error %d at %s: %s\n", (int)rc, e.where, e.message);
    }
    for (uint32_t i = 0; i < notes.n; i++) strbuf_printf(&out, "note %s\n", notes.lines[i]);
    if (kept) *kept = t && t->map_bytes > 0;
    trace_free(t);
    trace_notes_free(&notes);
    return out.data;
}

static void check_same(const char *const *paths, uint32_t n, struct trace_options o, const struct trace_cache *cache,
                       bool expect_kept) {
    bool kept;
    char *plain = outcome(paths, n, o, NULL, NULL), *cached = outcome(paths, n, o, cache, &kept);
    assert_string_equal(plain, cached);
    assert_int_equal(kept, expect_kept);
    free(plain);
    free(cached);
}

/* Read, kept, and found: three times the same. */
static void check_three(const char *const *paths, uint32_t n, struct trace_options o, const struct trace_cache *cache) {
    char *plain = outcome(paths, n, o, NULL, NULL);
    bool good = strncmp(plain, "error", 5) != 0;
    free(plain);
    check_same(paths, n, o, cache, false);
    check_same(paths, n, o, cache, good);
    check_same(paths, n, o, cache, good);
}

#define ENTRY(zone, price, time)                                                                                       \
    "{\"AvailabilityZone\": \"" zone                                                                                   \
    "\", \"InstanceType\": \"p3\", \"ProductDescription\": \"Linux/UNIX\", \"SpotPrice\": \"" price                    \
    "\", \"Timestamp\": \"" time "\"}"
#define SAMPLES "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 1, 1, 0], \"prices\": [1, 1.5, 1.5, 2]}"
#define DATED "date,availability\n2023-01-01 00:00:00,1\n2023-01-01 00:01:00,0\n2023-01-01 00:02:00,1\n"

static const struct {
    const char *name, *text;
} formats[] = {
    {"us-east-1a_x.json", SAMPLES},
    {"us-east-1b_x.csv", DATED},
    {"lists.json", "{\"us-east-1a_v\": [1, 1, 2], \"b\": [0.918, 1, 1]}"},
    {"history.json", "{\"SpotPriceHistory\": [" ENTRY("us-east-1b", "1.5", "2020-02-20T22:06:16Z") ", " ENTRY(
                         "us-east-1b", "1.25", "2020-02-21T22:06:16Z") "]}"},
    {"events.csv", "0,add,node1\n60000,add,node2\n480000,remove,node1\n"},
    {"tidy.csv", "# spotsim-trace 1\n# pool {\"name\": \"a\", \"span_ms\": 90000}\ntime,pool,capacity,price\n"
                 "0,a,1,0.5\n1.5,a,unlimited,\n3,a,,0.25\n"},
    {"cut.json", "{\"data\": [0, 1"},
    {"word.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 1, \"x\"]}"},
    {"falls.csv", "date,availability\n2023-01-01 00:01:00,1\n2023-01-01 00:00:00,0\n"},
    {"empty.csv", ""},
    {"what.csv", "time;value\n1;2\n"},
};

static void every_format(void **state) {
    struct box *b = *state;
    struct trace_options options[] = {{0},
                                      {.polarity = TRACE_PREEMPTED},
                                      {.single_means = 4},
                                      {.single_means = TRACE_UNLIMITED, .cloud = "gcp"},
                                      {.gap_ms = 300000},
                                      {.resolution_ms = 7000, .epoch = "2024-01-01T00:00:00Z"},
                                      {.product = "Windows"}};
    uint64_t n = 0;
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *path = put(b, formats[i].name, formats[i].text);
        for (size_t k = 0; k < sizeof options / sizeof *options; k++, n++)
            check_three((const char *const[]){path}, 1, options[k], &b->cache);
        free(path);
    }
    test_count("files and ways of reading them", n);
}

/* Read block by block the first time, and its content compared the second. */
static void large_file(void **state) {
    struct box *b = *state;
    struct strbuf text = {0};
    struct trace_options o = {0};
    struct trace_cache cache = {b->kept, 0, 16 << 20};
    strbuf_puts(&text, "# spotsim-trace 1\ntime,pool,capacity,price\n");
    for (unsigned i = 0; i < 150000; i++) strbuf_printf(&text, "%u,pool-%u,%u,\n", i / 2, i % 2, i % 7);
    assert_true(text.size > 2 * FILE_BLOCK);
    char *path = put(b, "large.csv", text.data);
    check_three((const char *const[]){path}, 1, o, &cache);
    free(path);
    memcpy(text.data + text.size - 3, "9", 1); /* the last capacity */
    path = put(b, "large.csv", text.data);
    check_three((const char *const[]){path}, 1, o, &cache);
    strbuf_free(&text);
    free(path);
}

static void several_files(void **state) {
    struct box *b = *state;
    char *a = put(b, "us-east-1a_x.json", SAMPLES), *c = put(b, "us-east-1c_x.json", SAMPLES);
    char *align = test_file(b->dir, "align.csv", "pool,offset\nus-east-1c_x,1tick\n");
    char *pattern = test_path(b->data, "us-*.json");
    struct trace_options o = {0}, aligned = {.align_path = align};
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    check_three((const char *const[]){b->data}, 1, aligned, &b->cache);
    check_three((const char *const[]){pattern}, 1, o, &b->cache);
    check_three((const char *const[]){a, c, a}, 3, aligned, &b->cache);
    check_same((const char *const[]){c, a, a}, 3, aligned, &b->cache, true); /* the order does not matter */
    /* a file more in the folder, one less */
    char *d = put(b, "us-west-2a_x.json", SAMPLES);
    check_same((const char *const[]){b->data}, 1, o, &b->cache, false);
    check_same((const char *const[]){b->data}, 1, o, &b->cache, true);
    unlink(d);
    check_same((const char *const[]){b->data}, 1, o, &b->cache, true);
    unlink(c);
    check_same((const char *const[]){a, c}, 2, aligned, &b->cache, false);
    /* another alignment */
    free(c);
    c = put(b, "us-east-1c_x.json", SAMPLES);
    check_same((const char *const[]){b->data}, 1, aligned, &b->cache, true);
    free(test_file(b->dir, "align.csv", "pool,offset\nus-east-1c_x,2tick\n"));
    check_same((const char *const[]){b->data}, 1, aligned, &b->cache, false);
    free(a);
    free(c);
    free(d);
    free(align);
    free(pattern);
}

static void manifests(void **state) {
    struct box *b = *state;
    char *inner = test_file(b->dir, "far.json", SAMPLES);
    char *m = put(b, "manifest.json", "{\"files\": [{\"file\": \"../far.json\", \"pool\": \"p\"}]}");
    struct trace_options o = {0};
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    check_three((const char *const[]){m}, 1, o, &b->cache);
    free(m);
    m = put(b, "manifest.json", "{\"files\": [{\"file\": \"../far.json\", \"pool\": \"q\"}]}");
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    free(inner);
    inner = test_file(b->dir, "far.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [1, 0]}");
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    check_three((const char *const[]){m}, 1, o, &b->cache);
    free(inner);
    free(m);
}

/* Two names of one file count once, so it matters which names are one. */
static void links(void **state) {
    struct box *b = *state;
    char *a = put(b, "a.json", SAMPLES), *c = put(b, "c.json", SAMPLES);
    struct trace_options o = {0};
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    unlink(c);
    assert_int_equal(symlink("a.json", c), 0);
    check_three((const char *const[]){b->data}, 1, o, &b->cache);
    free(a);
    free(c);
}

/* ---- what is stale ---------------------------------------------------------------- */

static char *only_file(const struct box *b) {
    DIR *d = opendir(b->kept);
    char *path = NULL;
    for (struct dirent *entry; d && (entry = readdir(d));) {
        if (entry->d_name[0] == '.') continue;
        assert_null(path);
        path = test_path(b->kept, entry->d_name);
    }
    if (d) closedir(d);
    return path;
}

static void read_all(const char *path, char **data, size_t *size) {
    struct error e;
    assert_ok(file_read(path, data, size, &e), &e);
}

static void write_all(const char *path, const void *data, size_t size) {
    struct error e;
    assert_ok(file_write(path, data, size, &e), &e);
}

/* The offset of a source's row: see cache_file.c. */
#define HEAD_BYTES 88
#define MARK_BYTES 40
#define SETTLED_AT (HEAD_BYTES + MARK_BYTES + 16 + 4)

/* As if the source had last changed long ago. */
static void settle(const struct box *b, const char *source) {
    char *path = only_file(b), *data;
    size_t size;
    struct file_mark mark;
    uint32_t yes = 1;
    read_all(path, &data, &size);
    assert_true(file_mark(source, &mark));
    memcpy(data + HEAD_BYTES, &mark, sizeof mark);
    memcpy(data + SETTLED_AT, &yes, sizeof yes);
    cache_file_seal((unsigned char *)data, size);
    write_all(path, data, size);
    free(data);
    free(path);
}

static void same_size_same_time(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES);
    struct trace_options o = {0};
    struct stat st;
    check_three((const char *const[]){path}, 1, o, &b->cache);
    settle(b, path);
    check_same((const char *const[]){path}, 1, o, &b->cache, true);
    /* written again with the same length, and its time put back: the inode's is not */
    assert_int_equal(stat(path, &st), 0);
    free(path);
    path =
        put(b, "a.json", "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 0, 0, 1], \"prices\": [1, 1.5, 1.5, 3]}");
    struct timespec times[2] = {st.st_atim, st.st_mtim};
    usleep(20000); /* the file system's clock moves on */
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    free(path);
}

/* A mark that says nothing: the content decides, also with the same mark. */
static void changed_within_the_clock(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES), *kept, *data;
    size_t size;
    struct trace_options o = {0};
    struct file_mark mark;
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    FILE *f = fopen(path, "r+");
    assert_non_null(f);
    fputs("{\"metadata\": {\"gap_seconds\": 61}", f);
    fclose(f);
    kept = only_file(b);
    read_all(kept, &data, &size);
    assert_true(file_mark(path, &mark));
    memcpy(data + HEAD_BYTES, &mark, sizeof mark);
    cache_file_seal((unsigned char *)data, size);
    write_all(kept, data, size);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    free(path);
    free(kept);
    free(data);
}

static void marks_are_renewed(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES);
    struct trace_options o = {0};
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    char *kept = only_file(b), *before, *after;
    size_t size, same;
    read_all(kept, &before, &size);
    sleep(2);
    usleep(100000);
    check_same((const char *const[]){path}, 1, o, &b->cache, true);
    read_all(kept, &after, &same);
    assert_int_equal(size, same);
    uint32_t settled[2];
    memcpy(&settled[0], before + SETTLED_AT, 4);
    memcpy(&settled[1], after + SETTLED_AT, 4);
    assert_int_equal(settled[0], 0);
    assert_int_equal(settled[1], 1);
    /* touched, or copied over: other marks, the same content */
    assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
    check_same((const char *const[]){path}, 1, o, &b->cache, true);
    free(path);
    free(kept);
    free(before);
    free(after);
}

static void relative_paths(void **state) {
    struct box *b = *state;
    char *here = getcwd(NULL, 0), *other = test_path(b->dir, "other");
    assert_int_equal(mkdir(other, 0777), 0);
    free(put(b, "a.json", SAMPLES));
    free(test_file(other, "a.json",
                   "{\"metadata\": {\"gap_seconds\": 60}, \"data\": [0, 1, 0, 0], \"prices\": [1, 1.5, 1.5, 2]}"));
    struct trace_options o = {0};
    assert_int_equal(chdir(b->data), 0);
    check_three((const char *const[]){"a.json"}, 1, o, &b->cache);
    assert_int_equal(chdir(other), 0);
    check_three((const char *const[]){"a.json"}, 1, o, &b->cache);
    assert_int_equal(chdir(here), 0);
    free(here);
    free(other);
}

/* ---- damage ----------------------------------------------------------------------- */

static void every_bit(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES), *data, *kept;
    size_t size;
    struct trace_options o = {0};
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    kept = only_file(b);
    read_all(kept, &data, &size);
    struct cache_file c;
    assert_true(cache_file_open((unsigned char *)data, size, &c));
    assert_true(cache_file_trace(&c));
    trace_free(c.trace);
    cache_file_close(&c);
    for (size_t i = 0; i < size * 8; i++) {
        data[i / 8] ^= (char)(1 << i % 8);
        bool open = cache_file_open((unsigned char *)data, size, &c);
        assert_false(open && cache_file_trace(&c));
        if (open) cache_file_close(&c);
        data[i / 8] ^= (char)(1 << i % 8);
    }
    for (size_t n = 0; n < size; n++) assert_false(cache_file_open((unsigned char *)data, n, &c));
    test_count("bits flipped and lengths cut", size * 9);
    /* and as the program meets it: read again, and repaired */
    const size_t places[] = {0, 8, 16, 20, 24, 40, 60, HEAD_BYTES + 3, size / 2, size - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        data[places[i]] ^= 4;
        write_all(kept, data, size);
        data[places[i]] ^= 4;
        check_same((const char *const[]){path}, 1, o, &b->cache, false);
        check_same((const char *const[]){path}, 1, o, &b->cache, true);
    }
    write_all(kept, data, size / 2);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    write_all(kept, data, 0);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    unlink(kept);
    assert_int_equal(mkdir(kept, 0777), 0); /* in the way for good */
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    free(path);
    free(data);
    free(kept);
}

/* A file of another program, found under our name and with the right key. */
static void other_key(void **state) {
    struct box *b = *state;
    char *a = put(b, "a.json", SAMPLES), *kept, *data;
    size_t size;
    struct trace_options o = {0}, twice = {.gap_ms = 120000};
    check_same((const char *const[]){a}, 1, o, &b->cache, false);
    kept = only_file(b);
    read_all(kept, &data, &size);
    unlink(kept);
    free(kept);
    check_same((const char *const[]){a}, 1, twice, &b->cache, false);
    kept = only_file(b);
    write_all(kept, data, size); /* as if the names' hashes had met */
    check_same((const char *const[]){a}, 1, twice, &b->cache, false);
    check_same((const char *const[]){a}, 1, twice, &b->cache, true);
    free(a);
    free(kept);
    free(data);
}

static void no_room(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES);
    struct trace_options o = {0};
    char *below = test_path(path, "cache"); /* below a file */
    struct trace_cache nowhere = {below, 0, 1 << 20}, tiny = {b->kept, 0, 10}, large = {b->kept, 1 << 20, 1 << 20};
    const struct trace_cache *caches[] = {&nowhere, &tiny, &large};
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        check_same((const char *const[]){path}, 1, o, caches[i], false);
        check_same((const char *const[]){path}, 1, o, caches[i], false);
    }
    free(below);
    free(path);
}

static uint32_t count_files(const struct box *b) {
    uint32_t n = 0;
    DIR *d = opendir(b->kept);
    for (struct dirent *entry; d && (entry = readdir(d));) n += entry->d_name[0] != '.';
    if (d) closedir(d);
    return n;
}

static void oldest_go_first(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES), *kept;
    struct trace_options o = {0};
    struct stat st;
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    kept = only_file(b);
    assert_int_equal(stat(kept, &st), 0);
    free(test_file(b->kept, "notes.txt", "the user's own"));
    free(test_file(b->kept, "0123456789abcdef.trace.17-0.tmp", "left behind"));
    struct trace_cache two = {b->kept, 0, (uint64_t)st.st_size * 5 / 2};
    struct timespec old[2] = {{1000, 0}, {1000, 0}};
    assert_int_equal(utimensat(AT_FDCWD, kept, old, 0), 0);
    for (int64_t gap = 1; gap <= 5; gap++) {
        struct trace_options other = {.gap_ms = gap * 1000};
        check_same((const char *const[]){path}, 1, other, &two, false);
        check_same((const char *const[]){path}, 1, other, &two, true);
        assert_int_equal(count_files(b), 2 + 2); /* two kept, and two that are none of ours */
    }
    assert_int_not_equal(stat(kept, &st), 0); /* the one used longest ago */
    uint32_t removed;
    struct error e;
    struct strbuf list = {0};
    assert_ok(cache_dir_list(b->kept, &list, &e), &e);
    assert_non_null(strstr(list.data, "a.json"));
    strbuf_free(&list);
    assert_ok(cache_dir_clear(b->kept, &removed, &e), &e);
    assert_int_equal(removed, 2);
    assert_int_equal(count_files(b), 2);
    free(path);
    free(kept);
}

static void many_at_once(void **state) {
    struct box *b = *state;
    char *path = put(b, "a.json", SAMPLES);
    struct trace_options o = {0};
    char *plain = outcome((const char *const[]){path}, 1, o, NULL, NULL);
    check_same((const char *const[]){path}, 1, o, &b->cache, false);
    char *kept = only_file(b);
    pid_t child[8];
    for (int i = 0; i < 8; i++) {
        child[i] = fork();
        if (child[i] != 0) continue;
        int bad = 0;
        for (int k = 0; k < 200; k++) {
            if (k % 20 == i) unlink(kept);
            char *got = outcome((const char *const[]){path}, 1, o, &b->cache, NULL);
            bad += strcmp(got, plain) != 0;
            free(got);
        }
        _exit(bad ? 1 : 0);
    }
    for (int i = 0; i < 8; i++) {
        int status;
        assert_int_equal(waitpid(child[i], &status, 0), child[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_true(count_files(b) <= 1); /* and nothing half written */
    free(kept);
    free(plain);
    free(path);
}

static void hash_is_xxh64(void **state) {
    (void)state;
    /* made with xxhsum -H1 */
    assert_true(hash64("", 0, 0) == 0xef46db3751d8e999u);
    assert_true(hash64("a", 1, 0) == 0xd24ec4f1a98c6e5bu);
    assert_true(hash64("abc", 3, 0) == 0x44bc2cf5ad770999u);
    assert_true(hash64("Nobody inspects the spammish repetition", 39, 0) == 0xfbcea83c8a378bf1u);
    assert_true(hash64("The quick brown fox jumps over the lazy dog", 43, 0) == 0x0b242d361fda71bcu);
}

#define T(test) cmocka_unit_test_setup_teardown(test, open_box, close_box)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(every_format),
        T(large_file),
        T(several_files),
        T(manifests),
        T(links),
        T(same_size_same_time),
        T(changed_within_the_clock),
        T(marks_are_renewed),
        T(relative_paths),
        T(every_bit),
        T(other_key),
        T(no_room),
        T(oldest_go_first),
        T(many_at_once),
        cmocka_unit_test(hash_is_xxh64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
