/* SPDX-License-Identifier: Apache-2.0
 * A journal replays bit for bit; a damaged one is an error and nothing worse. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fleet/fleet.h"
#include "tests/support/random_run.h"

struct memory {
    char *data;
    size_t size;
};

/* Runs with a journal into memory; the result stays in r->h.result. */
static struct memory run_journaled(struct random_run *r) {
    struct memory m = {0};
    FILE *out = open_memstream(&m.data, &m.size);
    assert_non_null(out);
    struct sim_outputs outputs = {.journal = out};
    harness_run_out(&r->h, &outputs);
    assert_int_equal(fclose(out), 0);
    return m;
}

static void write_file(const char *path, const char *data, size_t size) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

struct outcome {
    enum error_code rc;
    uint64_t steps;
    bool complete;
    struct error e;
};

static struct outcome replay(const char *path, const char *data, size_t size, struct policy_registry *registry) {
    struct outcome o = {0};
    write_file(path, data, size);
    o.rc = journal_replay(path, registry, NULL, &o.steps, &o.complete, &o.e);
    if (o.rc != OK && (o.e.message[0] == '\0' || o.e.where[0] == '\0')) fail_msg("an error without place or message");
    return o;
}

static void journals_replay(void **state) {
    (void)state;
    uint64_t n = test_times(400, 10000), steps = 0;
    const char *seed = getenv("SPOTSIM_SEED");
    uint64_t i = seed ? strtoull(seed, NULL, 10) : 0, end = seed ? i + 1 : n;
    char *dir = test_temp_dir(), *path = test_path(dir, "journal");
    for (; i < end; i++) {
        struct random_run r;
        random_run_start(&r, i);
        harness_run(&r.h);
        struct sim_result plain = r.h.result;
        memset(&r.h.result, 0, sizeof r.h.result);
        struct memory m = run_journaled(&r);
        const char *what = results_differ(&plain, &r.h.result);
        if (what) fail_msg("seed %" PRIu64 ": %s differs when a journal is written; %s", i, what, r.text);
        struct outcome o = replay(path, m.data, m.size, r.h.registry);
        if (o.rc != OK) fail_msg("seed %" PRIu64 ": %s: %s; %s", i, o.e.where, o.e.message, r.text);
        if (!o.complete || o.steps != r.h.result.steps)
            fail_msg("seed %" PRIu64 ": %" PRIu64 " steps replayed, complete %d; the run had %" PRIu64, i, o.steps,
                     o.complete, r.h.result.steps);
        steps += o.steps;
        sim_result_free(&plain);
        free(m.data);
        random_run_end(&r);
    }
    free(path);
    test_remove_tree(dir);
    test_count("journals replayed", n);
    test_count("  answers compared", steps);
}

/* A short run's journal, so that many places of it can be damaged. */
static struct memory short_journal(struct random_run *r, uint64_t seed) {
    random_run_start(r, seed);
    if (r->h.config.horizon_ms > 900000) r->h.config.horizon_ms = 900000;
    if (r->h.config.warmup_ms >= r->h.config.horizon_ms) r->h.config.warmup_ms = 0;
    return run_journaled(r);
}

static void cut_journals(void **state) {
    (void)state;
    uint64_t n = test_times(40, 400), cuts = 0;
    char *dir = test_temp_dir(), *path = test_path(dir, "journal");
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct memory m = short_journal(&r, i);
        struct luck l = {.key = i};
        for (int k = 0; k < 20; k++, cuts++) {
            size_t at = luck_below(&l, (uint32_t)m.size);
            struct outcome o = replay(path, m.data, at, r.h.registry);
            /* cut while being written: what is there is right, but it is not all */
            if (o.complete) fail_msg("seed %" PRIu64 ": cut at byte %zu it counts as complete", i, at);
            if (o.rc != OK && at > strcspn(m.data, "\n"))
                fail_msg("seed %" PRIu64 ": cut at byte %zu: %s: %s", i, at, o.e.where, o.e.message);
        }
        free(m.data);
        random_run_end(&r);
    }
    free(path);
    test_remove_tree(dir);
    test_count("journals cut short", cuts);
}

static void flipped_journals(void **state) {
    (void)state;
    uint64_t n = test_times(40, 400), flips = 0, silent = 0;
    char *dir = test_temp_dir(), *path = test_path(dir, "journal");
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct memory m = short_journal(&r, i);
        struct luck l = {.key = i + 1000000};
        for (int k = 0; k < 40; k++, flips++) {
            /* half of them in the first line, which is long and has the most to get wrong */
            size_t header = strcspn(m.data, "\n");
            size_t at = luck_below(&l, luck_one_in(&l, 2) ? (uint32_t)header : (uint32_t)m.size);
            char bit = (char)(1u << luck_below(&l, 7));
            m.data[at] ^= bit;
            struct outcome o = replay(path, m.data, m.size, r.h.registry);
            if (o.complete) fail_msg("seed %" PRIu64 ": byte %zu flipped by %d and nobody notices", i, at, bit);
            silent += o.rc == OK;
            m.data[at] ^= bit;
        }
        free(m.data);
        random_run_end(&r);
    }
    free(path);
    test_remove_tree(dir);
    test_count("journals with a flipped bit", flips);
    test_count("  of them taken for unfinished ones", silent);
}

/* Whole fields replaced: numbers out of range, wrong types, lines twice. */
static void edited_journals(void **state) {
    (void)state;
    static const char *const words[] = {"-1", "1e300", "0.5", "null", "\"x\"", "[]", "{}", "4294967296", "true", ""};
    uint64_t n = test_times(40, 400), edits = 0;
    char *dir = test_temp_dir(), *path = test_path(dir, "journal");
    for (uint64_t i = 0; i < n; i++) {
        struct random_run r;
        struct memory m = short_journal(&r, i);
        struct luck l = {.key = i + 2000000};
        char *edited = malloc(m.size + 64);
        assert_non_null(edited);
        for (int k = 0; k < 20; k++, edits++) {
            size_t from = luck_below(&l, (uint32_t)m.size), len = strcspn(m.data + from, ",]\n");
            const char *word = words[luck_below(&l, 10)];
            if (strlen(word) == len && memcmp(word, m.data + from, len) == 0) continue;
            memcpy(edited, m.data, from);
            memcpy(edited + from, word, strlen(word));
            memcpy(edited + from + strlen(word), m.data + from + len, m.size - from - len);
            struct outcome o = replay(path, edited, m.size - len + strlen(word), r.h.registry);
            if (o.rc == OK && o.complete) {
                size_t line = from;
                while (line > 0 && m.data[line - 1] != '\n') line--;
                fail_msg("seed %" PRIu64 ": '%s' at byte %zu of '%.60s' and nobody notices", i, word, from,
                         m.data + line);
            }
        }
        free(edited);
        free(m.data);
        random_run_end(&r);
    }
    free(path);
    test_remove_tree(dir);
    test_count("journals with a field replaced", edits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(journals_replay),
        cmocka_unit_test(cut_journals),
        cmocka_unit_test(flipped_journals),
        cmocka_unit_test(edited_journals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
