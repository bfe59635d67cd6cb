/* SPDX-License-Identifier: Apache-2.0
 * What varies, how it is run and what is written. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "study/writers.h"
#include "tests/support/support.h"

#define assert_close(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

/* ---- lists and grids --------------------------------------------------------- */

static void check_list(const char *text, const char *expected) {
    struct error e = {0};
    struct strbuf joined = {0};
    char **values = NULL;
    uint32_t n = 0;
    assert_ok(vary_values(text, "--vary", &values, &n, &e), &e);
    for (uint32_t i = 0; i < n; i++) {
        strbuf_printf(&joined, "%s%s", i ? "|" : "", values[i]);
        free(values[i]);
    }
    free(values);
    assert_string_equal(joined.data, expected);
    strbuf_free(&joined);
}

static void test_lists(void **state) {
    (void)state;
    check_list("1,2,5", "1|2|5");
    check_list("0..4", "0|1|2|3|4");
    check_list("0..1:0.25", "0|0.25|0.5|0.75|1");
    check_list("0.1..0.5:0.1", "0.1|0.2|0.3|0.4|0.5");
    check_list("60s..3m:60s", "1m|2m|3m");
    check_list("0..2,8, 16", "0|1|2|8|16");
    check_list("skyserve(base=1,dynamic=true)+cheapest,spot()", "skyserve(base=1,dynamic=true)+cheapest|spot()");
    check_list("one,4,unlimited", "one|4|unlimited");
    check_list("3", "3");
    check_list("-2..2:2", "-2|0|2");
    check_list("traces/../other", "traces/../other"); /* no range */
}

static void test_list_errors(void **state) {
    (void)state;
    static const struct {
        const char *text, *what;
    } cases[] = {{"4..0", "lower end"}, {"0..4:0", "step"},         {"0..1000000", "more than"}, {"1,,2", "empty"},
                 {"", "empty"},         {"1s..9s", "needs a step"}, {"0..4:-1", "step"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error e = {0};
        char **values = NULL;
        uint32_t n = 0;
        assert_input_error(vary_values(cases[i].text, "--vary x", &values, &n, &e), &e, "--vary x", cases[i].what);
    }
    char *path = NULL;
    const char *values = NULL;
    struct error e = {0};
    assert_input_error(vary_split("no-equals", "--vary", &path, &values, &e), &e, "--vary", "path=values");
    assert_input_error(vary_split("a=", "--vary", &path, &values, &e), &e, "--vary");
}

static void test_grid(void **state) {
    (void)state;
    static const char json[] = "{\"study\": {\"vary\": {\"policy.mix.base\": \"0..2\", \"policy\": [\"skyserve()\", "
                               "\"static-base()\"], \"cold_start\": \"30s,2m\"}}}";
    struct scenario_doc *doc = NULL;
    struct vary_grid grid;
    struct error e = {0};
    assert_ok(doc_parse(json, sizeof json - 1, "s.json", &doc, &e), &e);
    assert_ok(vary_read(doc, &grid, &e), &e);
    assert_int_equal(grid.n_axes, 3);
    assert_int_equal(grid.n_variants, 12);
    assert_true(grid.axes[0].numeric);
    assert_false(grid.axes[1].numeric);
    assert_true(grid.axes[2].numeric && grid.axes[2].duration);
    assert_close(grid.axes[2].x[1], 120.0, 0);
    assert_int_equal(vary_x_axis(&grid), 0);
    assert_int_equal(vary_index(&grid, 7, 0), 1);
    assert_int_equal(vary_index(&grid, 7, 1), 1);
    assert_int_equal(vary_index(&grid, 7, 2), 1);
    struct strbuf label = {0};
    vary_label(&grid, 7, 1, &label);
    assert_string_equal(label.data, "policy.mix.base=1, cold_start=2m");
    strbuf_free(&label);
    vary_free(&grid);
    doc_free(doc);
}

static void test_grid_errors(void **state) {
    (void)state;
    static const char *const cases[] = {"{\"study\": {\"vary\": []}}", "{\"study\": {\"vary\": {\"a\": {}}}}",
                                        "{\"study\": {\"vary\": {\"a\": [[1]]}}}",
                                        "{\"study\": {\"vary\": {\"a\": []}}}",
                                        "{\"study\": {\"vary\": {\"a\": \"0..9999\", \"b\": \"0..9999\"}}}"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scenario_doc *doc = NULL;
        struct vary_grid grid;
        struct error e = {0};
        assert_ok(doc_parse(cases[i], strlen(cases[i]), "s.json", &doc, &e), &e);
        assert_input_error(vary_read(doc, &grid, &e), &e, "s.json at study.vary");
        doc_free(doc);
    }
}

/* ---- windows ------------------------------------------------------------------ */

static void test_windows(void **state) {
    (void)state;
    int64_t least = INT64_MAX, most = 0;
    for (uint64_t r = 0; r < 2000; r++) {
        int64_t at = runner_window_start(7, r, 1000000, 100000, 300);
        assert_true(at >= 0 && at + 100000 <= 1000000);
        assert_int_equal(at % 300, 0);
        assert_int_equal(at, runner_window_start(7, r, 1000000, 100000, 300));
        least = at < least ? at : least;
        most = at > most ? at : most;
    }
    assert_true(least < 5000 && most > 890000); /* all of the span is used */
    assert_true(runner_window_start(7, 1, 1000000, 100000, 300) != runner_window_start(8, 1, 1000000, 100000, 300));
    assert_int_equal(runner_window_start(7, 1, 100000, 100000, 300), 0);
}

/* ---- a whole study ------------------------------------------------------------- */

#define SAMPLES 288

struct fixture {
    char *dir, *out;
    struct scenario_env *env;
    struct scenario_doc *doc;
};

static void write_trace(const char *dir, const char *name, uint32_t pattern) {
    struct strbuf text = {0};
    strbuf_puts(&text, "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [");
    for (uint32_t i = 0; i < SAMPLES; i++)
        strbuf_printf(&text, "%s%u", i ? "," : "", (i * pattern / 7 + i / pattern) % 3);
    strbuf_puts(&text, "]}");
    free(test_file(dir, name, text.data));
    strbuf_free(&text);
}

static int start(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->dir = test_temp_dir();
    f->out = test_path(f->dir, "deep/er/study");
    f->env = scenario_env_new();
    write_trace(f->dir, "us-east-1a_v100.json", 5);
    write_trace(f->dir, "us-west-2b_v100.json", 11);
    *state = f;
    return 0;
}

static int end(void **state) {
    struct fixture *f = *state;
    doc_free(f->doc);
    scenario_env_free(f->env);
    free(f->out);
    test_remove_tree(f->dir);
    free(f);
    return 0;
}

static void read_text(struct fixture *f, const char *json) {
    struct error e = {0};
    const char *paths[] = {NULL, NULL};
    char *a = test_path(f->dir, "us-east-1a_v100.json"), *b = test_path(f->dir, "us-west-2b_v100.json");
    paths[0] = a;
    paths[1] = b;
    doc_free(f->doc);
    assert_ok(doc_parse(json, strlen(json), "s.json", &f->doc, &e), &e);
    assert_ok(doc_set_list(f->doc, "trace.paths", paths, 2, "--trace", &e), &e);
    free(a);
    free(b);
}

static const char STUDY[] =
    "{\"fleet\": {\"target\": 2, \"policy\": \"skyserve(dynamic=true)+random\"}, "
    "\"cloud\": {\"defaults\": {\"price_spot\": 1, \"price_on_demand\": 3, \"cold_start\": \"uniform(60s,200s)\"}}, "
    "\"study\": {\"vary\": {\"policy.mix.base\": \"0..2\", \"nodes\": \"1,2\"}, \"replications\": 6, \"window\": "
    "\"6h\"}}";

static void run(struct fixture *f, struct study *study, uint32_t threads) {
    struct error e = {0};
    assert_ok(study_prepare(f->doc, f->env, study, &e), &e);
    struct study_options options = {.threads = threads, .timeline = true};
    assert_ok(study_run(study, &options, &e), &e);
}

static void test_threads_change_nothing(void **state) {
    struct fixture *f = *state;
    read_text(f, STUDY);
    void (*const make[])(const struct study *, struct strbuf *) = {
        study_runs_csv,     study_summary_csv,     study_timeline_csv, study_manifest_json,
        study_summary_json, study_differences_csv, study_summary_text};
    struct study one, many;
    run(f, &one, 1);
    run(f, &many, 5);
    assert_int_equal(one.n_variants, 6);
    assert_int_equal(one.independent_windows, 4);
    for (size_t i = 0; i < sizeof make / sizeof make[0]; i++) {
        struct strbuf a = {0}, b = {0};
        make[i](&one, &a);
        make[i](&many, &b);
        assert_true(a.size > 100);
        assert_string_equal(a.data, b.data);
        strbuf_free(&a);
        strbuf_free(&b);
    }
    assert_true(one.notes.n > 0); /* few windows */
    study_free(&one);
    study_free(&many);
}

static void test_same_windows_for_all_variants(void **state) {
    struct fixture *f = *state;
    read_text(f, STUDY);
    struct study study;
    run(f, &study, 2);
    bool moved = false;
    for (uint32_t r = 0; r < study.n_replications; r++) {
        for (uint32_t v = 1; v < study.n_variants; v++)
            assert_int_equal(study_record(&study, v, r)->window_start_ms, study_record(&study, 0, r)->window_start_ms);
        moved |= study_record(&study, 0, r)->window_start_ms != study_record(&study, 0, 0)->window_start_ms;
    }
    assert_true(moved);
    /* the paired difference of the means is the difference of the means */
    const struct study_cell *first = study_cell(&study, 0, METRIC_COST), *last = study_cell(&study, 5, METRIC_COST);
    assert_close(last->versus_first.mean, last->value.mean - first->value.mean, 1e-9);
    assert_int_equal(first->versus_first.method, STATS_NONE);
    study_free(&study);
}

static bool exists(const char *dir, const char *name) {
    char *path = test_path(dir, name);
    struct stat st;
    bool there = stat(path, &st) == 0;
    free(path);
    return there;
}

static void write_study(struct fixture *f, const struct study *study) {
    struct error e = {0};
    struct folder folder;
    char *plot_note = NULL;
    assert_ok(folder_choose(&folder, f->out, &e), &e);
    assert_ok(folder_begin(&folder, &e), &e);
    assert_ok(study_write(study, &folder, &plot_note, &e), &e);
    assert_false(exists(f->out, "report.html") && exists(folder.temp, "none"));
    assert_ok(folder_commit(&folder, &e), &e);
    folder_discard(&folder);
    free(plot_note);
}

static void test_folder(void **state) {
    struct fixture *f = *state;
    static const char *const files[] = {"manifest.json", "build.json",      "study.db",
                                        "runs.csv",      "summary.csv",     "timeline.csv",
                                        "report.html",   "curves/base.dat", "curves/timeline.dat"};
    read_text(f, STUDY);
    struct study study;
    run(f, &study, 2);
    write_study(f, &study);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) assert_true(exists(f->out, files[i]));
    write_study(f, &study); /* an older study is replaced */
    assert_true(exists(f->out, "manifest.json"));
    study_free(&study);

    struct error e = {0};
    struct folder folder;
    char *manifest = test_path(f->out, "manifest.json");
    assert_int_equal(unlink(manifest), 0);
    assert_input_error(folder_choose(&folder, f->out, &e), &e, f->out, "no study of ours");
    free(test_file(f->out, "manifest.json", "{\"name\": \"someone else's\"}"));
    assert_input_error(folder_choose(&folder, f->out, &e), &e, f->out);
    assert_input_error(folder_choose(&folder, manifest, &e), &e, "manifest.json"); /* a file */
    assert_input_error(folder_choose(&folder, "/proc/none/x", &e), &e, "/proc");
    assert_input_error(folder_choose(&folder, "", &e), &e, "--out");
    free(manifest);
}

/* What a user keeps in a study's folder is never deleted. */
static void test_folder_keeps_what_is_not_ours(void **state) {
    struct fixture *f = *state;
    read_text(f, STUDY);
    struct study study;
    run(f, &study, 2);
    write_study(f, &study);
    struct error e = {0};
    struct folder folder;
    static const char *const others[] = {"notes.txt", "curves/mine.svg", "runs.csv.bak"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *path = test_file(f->out, others[i], "precious");
        assert_input_error(folder_choose(&folder, f->out, &e), &e, f->out, others[i]);
        assert_true(exists(f->out, others[i]));
        assert_int_equal(unlink(path), 0);
        free(path);
    }
    /* put there while the study runs: it stays, beside the new study */
    char *plot_note = NULL, *old = NULL;
    assert_ok(folder_choose(&folder, f->out, &e), &e);
    assert_ok(folder_begin(&folder, &e), &e);
    assert_ok(study_write(&study, &folder, &plot_note, &e), &e);
    free(test_file(f->out, "curves/mine.svg", "precious"));
    assert_true(asprintf(&old, "%s.old-%ld", f->out, (long)getpid()) > 0);
    assert_failed_error(folder_commit(&folder, &e), &e, f->out, old);
    assert_true(exists(f->out, "manifest.json") && exists(old, "curves/mine.svg") && !exists(old, "manifest.json"));
    folder_discard(&folder);
    study_free(&study);
    free(plot_note);
    free(old);
}

static void test_folder_places(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    struct folder folder;
    char *dir = test_path(f->dir, "real"), *link = test_path(f->dir, "link"), *none = test_path(f->dir, "dangling"),
         *deep = test_path(f->dir, "no/such/study/"), *dots = test_path(f->dir, "real/."), *before = getcwd(NULL, 0),
         *real = NULL, *long_name = NULL;
    assert_int_equal(mkdir(dir, 0777), 0);
    assert_int_equal(symlink("real", link), 0);
    assert_int_equal(symlink("nowhere", none), 0);
    real = realpath(dir, NULL);
    assert_ok(folder_choose(&folder, link, &e), &e); /* the study behind the link, not the link */
    assert_string_equal(folder.path, real);
    folder_discard(&folder);
    assert_ok(folder_choose(&folder, dots, &e), &e);
    assert_string_equal(folder.path, real);
    folder_discard(&folder);
    assert_input_error(folder_choose(&folder, none, &e), &e, none, "leads nowhere");
    assert_int_equal(chdir(dir), 0);
    assert_input_error(folder_choose(&folder, ".", &e), &e, "current directory");
    assert_input_error(folder_choose(&folder, real, &e), &e, "current directory");
    assert_input_error(folder_choose(&folder, "..", &e), &e, "current directory");
    assert_int_equal(chdir(before), 0);
    assert_ok(folder_choose(&folder, deep, &e), &e);
    assert_false(exists(f->dir, "no")); /* missing parents are made when writing begins */
    assert_ok(folder_begin(&folder, &e), &e);
    assert_ok(folder_commit(&folder, &e), &e);
    assert_true(exists(f->dir, "no/such/study"));
    folder_discard(&folder);
    assert_true(asprintf(&long_name, "%s/%0250d", f->dir, 1) > 0); /* no room for the temporary name */
    assert_input_error(folder_choose(&folder, long_name, &e), &e, f->dir, "too long");
    char *const texts[] = {dir, link, none, deep, dots, before, real, long_name};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) free(texts[i]);
}

static void test_discarded_folder_leaves_nothing(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    struct folder folder;
    struct strbuf text = {0};
    strbuf_puts(&text, "x");
    assert_ok(folder_choose(&folder, f->out, &e), &e);
    assert_null(folder.temp); /* nothing is made before there is something to write */
    assert_ok(folder_begin(&folder, &e), &e);
    char *temp = strdup(folder.temp);
    assert_ok(folder_write(&folder, "curves/a.dat", &text, &e), &e);
    folder_discard(&folder);
    assert_int_equal(access(temp, F_OK), -1);
    assert_int_equal(access(f->out, F_OK), -1);
    free(temp);
    strbuf_free(&text);
}

static void test_manifest_repeats_the_study(void **state) {
    struct fixture *f = *state;
    struct strbuf first = {0}, second = {0};
    read_text(f, STUDY);
    struct study study;
    struct error e = {0};
    run(f, &study, 2);
    study_manifest_json(&study, &first);
    study_free(&study);
    doc_free(f->doc);
    f->doc = NULL;
    assert_ok(doc_parse(first.data, first.size, "manifest.json", &f->doc, &e), &e);
    run(f, &study, 1);
    study_manifest_json(&study, &second);
    assert_string_equal(first.data, second.data);
    study_free(&study);
    strbuf_free(&first);
    strbuf_free(&second);
}

static void test_precision(void **state) {
    struct fixture *f = *state;
    struct study study;
    struct error e = {0};
    static const char format[] =
        "{\"fleet\": {\"target\": 2, \"policy\": \"skyserve()+random\"}, \"study\": {\"replications\": 100, "
        "\"window\": \"3h\", \"precision\": %s, \"precision_of\": \"%s\"}}";
    static const struct {
        const char *precision, *of;
        uint32_t least, most;
    } cases[] = {
        {"1", "availability_full", 8, 8}, {"1e-9", "availability_full", 100, 100}, {"0.04", "capacity", 9, 99}};
    for (size_t i = 0; i < 3; i++) {
        char json[400];
        snprintf(json, sizeof json, format, cases[i].precision, cases[i].of);
        read_text(f, json);
        run(f, &study, 2);
        assert_in_range(study.n_replications, cases[i].least, cases[i].most);
        bool told = false;
        for (uint32_t k = 0; k < study.notes.n; k++) told |= strstr(study.notes.lines[k], "not reached") != NULL;
        assert_true(told == (i == 1));
        struct strbuf runs = {0};
        study_runs_csv(&study, &runs);
        uint32_t lines = 0;
        for (const char *p = runs.data; *p; p++) lines += *p == '\n';
        assert_int_equal(lines, study.n_replications + 1);
        strbuf_free(&runs);
        study_free(&study);
    }
    read_text(f, "{\"study\": {\"precision_of\": \"availability_ful\"}}");
    assert_input_error(study_prepare(f->doc, f->env, &study, &e), &e, "study.precision_of", "availability_full");
    study_free(&study);
}

static void test_vary_by_path(void **state) {
    struct fixture *f = *state;
    struct study study;
    struct error e = {0};
    read_text(f, "{\"fleet\": {\"target\": 2, \"policy\": \"skyserve()\"}}");
    assert_ok(doc_set(f->doc, scenario_env_registry(f->env), "study.vary.policy.mix.base", "0..2", "--set", &e), &e);
    assert_ok(doc_set_vary(f->doc, "cloud.pools.us-e*.notice", "0s,30s", "--vary", &e), &e);
    assert_ok(study_prepare(f->doc, f->env, &study, &e), &e);
    assert_int_equal(study.n_variants, 6);
    assert_int_equal(scenario_config(study.variants[5])->pools[0].notice_ms, 30000);
    assert_int_equal(scenario_config(study.variants[5])->groups[0].spec->mix.value[0].i, 2);
    study_free(&study);
}

static void test_failing_variant_is_named(void **state) {
    struct fixture *f = *state;
    struct error e = {0};
    struct study study;
    read_text(
        f, "{\"fleet\": {\"target\": 2, \"policy\": \"spot()\"}, \"study\": {\"vary\": {\"policy.mix.base\": \"0\"}}}");
    assert_input_error(study_prepare(f->doc, f->env, &study, &e), &e, "vary policy.mix.base");
    study_free(&study);
    read_text(
        f, "{\"fleet\": {\"target\": 2, \"policy\": \"spot()\"}, \"study\": {\"vary\": {\"replications\": \"1,2\"}}}");
    assert_input_error(study_prepare(f->doc, f->env, &study, &e), &e, "cannot vary");
    study_free(&study);
}

static void test_base_is_clamped(void **state) {
    struct fixture *f = *state;
    struct study study;
    read_text(f, "{\"profile\": \"ideal\", \"fleet\": {\"target\": 2, \"policy\": \"skyserve(base=9)\"}}");
    run(f, &study, 1);
    assert_true(study_record(&study, 0, 0)->base_clamped);
    bool told = false;
    for (uint32_t i = 0; i < study.notes.n; i++) told |= strstr(study.notes.lines[i], "clamped") != NULL;
    assert_true(told);
    study_free(&study);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, start, end)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_list_errors),
        cmocka_unit_test(test_grid),
        cmocka_unit_test(test_grid_errors),
        cmocka_unit_test(test_windows),
        T(test_threads_change_nothing),
        T(test_same_windows_for_all_variants),
        T(test_folder),
        T(test_folder_keeps_what_is_not_ours),
        T(test_folder_places),
        T(test_discarded_folder_leaves_nothing),
        T(test_manifest_repeats_the_study),
        T(test_precision),
        T(test_vary_by_path),
        T(test_failing_variant_is_named),
        T(test_base_is_clamped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
