/* SPDX-License-Identifier: Apache-2.0
 * Allocations, counted and made to fail: the Makefile links this program with
 * --wrap, so every malloc of the library comes through here; cJSON's through its
 * hooks. */
#include "tests/api/api_test.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <unistd.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t n);
int __real_vasprintf(char **out, const char *format, va_list args);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t n);
int __wrap_vasprintf(char **out, const char *format, va_list args);
int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
void __wrap_free(void *p);

/* ---- the books ----------------------------------------------------------------- */

#define LIVE_MAX (1u << 16)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static void *live[LIVE_MAX]; /* every block handed out and not given back; NULL: free, GONE: was taken */
static uint32_t n_live;
static uint64_t n_allocations, fail_at; /* 1: the next one; 0: none */
static bool fail_on;                    /* and all after it */
static char gone;
#define GONE ((void *)&gone)

static uint32_t slot_of(const void *p) { return (uint32_t)(((uintptr_t)p >> 4) * 2654435761u) % LIVE_MAX; }

static void note_block(void *p) {
    uint32_t i = slot_of(p);
    while (live[i] && live[i] != GONE) i = (i + 1) % LIVE_MAX;
    live[i] = p;
    if (++n_live > LIVE_MAX / 2) abort();
}

/* Blocks of libc's own (realpath, getdelim) are not in the books. */
static void drop_block(const void *p) {
    uint32_t i = slot_of(p);
    for (uint32_t tries = 0; live[i] && tries < LIVE_MAX; tries++, i = (i + 1) % LIVE_MAX) {
        if (live[i] != p) continue;
        live[i] = GONE;
        n_live--;
        return;
    }
}

static bool may_allocate(void) {
    pthread_mutex_lock(&lock);
    n_allocations++;
    bool fails = fail_at && (fail_on ? n_allocations >= fail_at : n_allocations == fail_at);
    pthread_mutex_unlock(&lock);
    if (fails) errno = ENOMEM;
    return !fails;
}

static void *noted(void *p) {
    pthread_mutex_lock(&lock);
    if (p) note_block(p);
    pthread_mutex_unlock(&lock);
    return p;
}

void *__wrap_malloc(size_t size) { return may_allocate() ? noted(__real_malloc(size)) : NULL; }
void *__wrap_calloc(size_t n, size_t size) { return may_allocate() ? noted(__real_calloc(n, size)) : NULL; }
void *__wrap_aligned_alloc(size_t alignment, size_t size) {
    return may_allocate() ? noted(__real_aligned_alloc(alignment, size)) : NULL;
}
char *__wrap_strdup(const char *text) { return may_allocate() ? noted(__real_strdup(text)) : NULL; }
char *__wrap_strndup(const char *text, size_t n) { return may_allocate() ? noted(__real_strndup(text, n)) : NULL; }

void *__wrap_realloc(void *p, size_t size) {
    if (!may_allocate()) return NULL;
    pthread_mutex_lock(&lock);
    if (p) drop_block(p);
    void *grown = __real_realloc(p, size);
    if (grown || p) note_block(grown ? grown : p);
    pthread_mutex_unlock(&lock);
    return grown;
}

int __wrap_vasprintf(char **out, const char *format, va_list args) {
    if (!may_allocate()) return -1;
    int n = __real_vasprintf(out, format, args);
    if (n >= 0) noted(*out);
    return n;
}

int __wrap_asprintf(char **out, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = __wrap_vasprintf(out, format, args);
    va_end(args);
    return n;
}

void __wrap_free(void *p) {
    pthread_mutex_lock(&lock);
    if (p) drop_block(p);
    pthread_mutex_unlock(&lock);
    __real_free(p);
}

static void forget_all(void) {
    memset(live, 0, sizeof live);
    n_live = 0;
    n_allocations = fail_at = 0;
}

/* ---- everything that a program does with the library ------------------------------ */

static char folder[] = "/tmp/spotsim-api-XXXXXX", trace_file[64], journal_file[64];

static void write_trace(void) {
    assert_non_null(mkdtemp(folder));
    snprintf(trace_file, sizeof trace_file, "%s/us-west-2a.json", folder);
    snprintf(journal_file, sizeof journal_file, "%s/journal", folder);
    FILE *f = fopen(trace_file, "w");
    assert_non_null(f);
    fputs("{\"metadata\":{\"gap_seconds\":600},\"data\":[1,1,0,0,1,1,1,0,1,1,1,1],\"prices\":"
          "[1,1,1,1.5,1,1,1,1,1,1,1,1]}",
          f);
    fclose(f);
}

struct outcome {
    enum spotsim_code code;
    struct spotsim_error error;
    uint64_t fingerprint;
    double cost, mean;
};

#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        if ((o->code = (call)) != SPOTSIM_OK) goto end;                                                                \
    } while (0)

/* A trace from a file, its run journalled and replayed. */
static enum spotsim_code use_files(struct spotsim_env *env, struct spotsim_sim *sim, struct spotsim_result *r,
                                   struct outcome *o) {
    struct spotsim_scenario *s = NULL;
    const char *path = trace_file;
    FILE *journal = NULL;
    uint64_t answers = 0;
    TRY(spotsim_scenario_new(env, &s, &o->error));
    TRY(spotsim_scenario_set_list(s, "trace.paths", &path, 1, &o->error));
    TRY(spotsim_scenario_set(s, "policy", "constant(target=1)+skyserve(dynamic=true)+skypilot", &o->error));
    TRY(spotsim_scenario_set(s, "policy.mix.base", "0", &o->error));
    TRY(spotsim_scenario_prepare(s, &o->error));
    journal = fopen(journal_file, "w");
    if (!journal) abort();
    TRY(spotsim_sim_set_journal(sim, journal));
    TRY(spotsim_sim_run(sim, s, r, &o->error));
    fclose(journal);
    journal = NULL;
    TRY(spotsim_env_replay(env, journal_file, NULL, &answers, NULL, &o->error));
    o->fingerprint ^= spotsim_result_fingerprint(r) ^ answers;
end:
    if (journal) fclose(journal);
    spotsim_scenario_free(s);
    return o->code;
}

static void use(struct outcome *o) {
    static const int64_t at[] = {0, 3600000, 20 * 3600000, 30 * 3600000};
    static const uint32_t capacity[] = {4, 0, 2, 4};
    static const uint32_t samples[] = {0, 1, 3, 3, 0, 2};
    static const double price[] = {1, 1.1, 0.9, 1};
    static const char json[] =
        "{\"trace\":{\"paths\":[\"memory:mine\"]},\"fleet\":{\"target\":3,\"policy\":\"skyserve(base=1)+skypilot\","
        "\"groups\":[{\"name\":\"a\",\"pools\":[\"us-*\"],\"share\":0.7},{\"name\":\"b\",\"pools\":[\"eu*\"],"
        "\"share\":0.3,\"policy\":\"spot+random\"}]},"
        "\"cloud\":{\"defaults\":{\"price_on_demand\":3,\"price_spot\":0.9,\"cold_start\":\"uniform(60s,4m)\"},"
        "\"quotas\":[{\"region\":\"us-*\",\"market\":\"spot\",\"max\":5}]},"
        "\"study\":{\"vary\":{\"cold_start\":\"60s,2m\"},\"replications\":3}}";
    struct spotsim_env *env = NULL;
    struct spotsim_trace *t = NULL, *parsed = NULL;
    struct spotsim_scenario *s = NULL, *copy = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    struct spotsim_study *study = NULL;
    struct spotsim_error *e = &o->error;
    struct spotsim_estimate estimate = {0};
    char *text = NULL;
    *o = (struct outcome){0};
    TRY(spotsim_env_new(&env, e));
    TRY(spotsim_trace_new(&t, e));
    TRY(spotsim_trace_capacity(t, "us-east-1a", 4, at, capacity, 40 * 3600000, e));
    TRY(spotsim_trace_price(t, "us-east-1a", 4, at, price, 40 * 3600000, e));
    TRY(spotsim_trace_capacity_samples(t, "us-east-1b", 6, samples, 7 * 3600000, e));
    TRY(spotsim_trace_capacity_samples(t, "eu", 6, samples, 7 * 3600000, e));
    TRY(spotsim_trace_place(t, "eu", "gcp", "eu-west1", NULL, NULL, e));
    TRY(spotsim_trace_finish(t, e));
    TRY(spotsim_trace_text(t, SPOTSIM_CSV, &text, e));
    TRY(spotsim_trace_parse(text, strlen(text), "mine.csv", NULL, &parsed, e));
    spotsim_free(text);
    text = NULL;
    TRY(spotsim_env_add_trace(env, "mine", parsed, e));
    TRY(spotsim_scenario_parse(env, json, sizeof json - 1, "here", &s, e));
    TRY(spotsim_scenario_set_origin(s, "option", e));
    TRY(spotsim_scenario_set(s, "policy.mix.base", "1", e));
    TRY(spotsim_scenario_set(s, "groups.0.policy.mix.base", "2", e));
    TRY(spotsim_scenario_set(s, "notice", "30s", e));
    TRY(spotsim_scenario_copy(s, &copy, e));
    TRY(spotsim_scenario_prepare(copy, e));
    TRY(spotsim_scenario_text(copy, SPOTSIM_JSON, &text, e));
    spotsim_free(text);
    text = NULL;
    TRY(spotsim_sim_new(&sim, e));
    TRY(spotsim_result_new(&r, e));
    TRY(spotsim_sim_run(sim, copy, r, e));
    TRY(spotsim_sim_run(sim, copy, r, e));
    TRY(spotsim_result_text(r, SPOTSIM_JSON, &text, e));
    o->fingerprint = spotsim_result_fingerprint(r);
    TRY(spotsim_result_value(r, "cost_usd", &o->cost, e));
    TRY(spotsim_study_new(s, &study, e));
    TRY(spotsim_study_run(study, 1, NULL, NULL, e));
    TRY(spotsim_study_estimate(study, 1, "cost_usd", &estimate, e));
    o->mean = estimate.mean;
    spotsim_free(text);
    text = NULL;
    TRY(spotsim_study_text(study, SPOTSIM_JSON, &text, e));
    spotsim_free(text);
    text = NULL;
    TRY(spotsim_env_policies_text(env, SPOTSIM_JSON, &text, e));
    TRY(use_files(env, sim, r, o));
end:
    spotsim_free(text);
    spotsim_study_free(study);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(copy);
    spotsim_scenario_free(s);
    spotsim_trace_free(parsed);
    spotsim_trace_free(t);
    spotsim_env_free(env);
}

/* The 1st, 2nd, 3rd, ... allocation fails, alone or with all after it, until it
 * goes well: an error code each time or the right answer, and nothing lost. */
static void fail_each(bool and_all_after, uint64_t step) {
    struct outcome well, now;
    uint64_t errors = 0, tried = 0, n;
    forget_all();
    use(&well);
    assert_int_equal(well.code, SPOTSIM_OK);
    assert_int_equal(n_live, 0);
    uint64_t all = n_allocations;
    assert_true(all > 500 && well.cost > 0 && well.mean > 0);
    for (n = 1; n <= all + step; n += step) {
        forget_all();
        fail_at = n;
        tried++;
        fail_on = and_all_after;
        use(&now);
        if (now.code == SPOTSIM_OK) {
            assert_true(now.fingerprint == well.fingerprint && now.cost == well.cost && now.mean == well.mean);
        } else {
            errors++;
            bool told = now.code == SPOTSIM_FAILED && strstr(now.error.message, "memory");
            if (!told)
                fail_msg("allocation %u: %s: %s: %s", (unsigned)n, spotsim_code_name(now.code), now.error.where,
                         now.error.message);
        }
        if (n_live) fail_msg("allocation %u fails: %u blocks are lost", (unsigned)n, n_live);
    }
    assert_int_equal(now.code, SPOTSIM_OK); /* the last one did not happen */
    assert_true(errors > tried / 2);
    printf("# count: allocations made to fail: %u of %u, told: %u\n", (unsigned)tried, (unsigned)all, (unsigned)errors);
    fail_at = 0;
}

static void test_one_fails(void **state) {
    (void)state;
    fail_each(false, 1);
}

static void test_all_fail(void **state) {
    (void)state;
    const char *full = getenv("SPOTSIM_FULL"), *few = getenv("SPOTSIM_FEW");
    fail_each(true, full && strcmp(full, "1") == 0 ? 1 : few && strcmp(few, "1") == 0 ? 35 : 7);
}

/* After the first few, a run allocates nothing. */
/* Runs of different length and with different numbers of outages. */
static void run_replications(struct spotsim_sim *sim, const struct spotsim_scenario *s, struct spotsim_result *r) {
    for (uint64_t i = 0; i < 20; i++) {
        must(spotsim_sim_set_replication(sim, i));
        must(spotsim_sim_run(sim, s, r, E));
    }
}

static void test_runs_reuse_memory(void **state) {
    (void)state;
    static const char *const policies[] = {"skyserve(base=1,dynamic=true)+skypilot", "static-base(base=1)+round-robin",
                                           "skyserve(base=1)+spothedge"};
    forget_all();
    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        struct spotsim_env *env = NULL;
        struct spotsim_scenario *s = demo_scenario(&env);
        struct spotsim_sim *sim = NULL;
        struct spotsim_result *r = NULL;
        must(spotsim_scenario_set(s, "policy", policies[p], E));
        must(spotsim_scenario_prepare(s, E));
        must(spotsim_sim_new(&sim, E));
        must(spotsim_result_new(&r, E));
        must(spotsim_sim_run(sim, s, r, E));
        run_replications(sim, s, r);
        uint64_t before = n_allocations;
        uint32_t blocks = n_live;
        run_replications(sim, s, r);
        printf("# count: allocations in 20 runs again: %u\n", (unsigned)(n_allocations - before));
        assert_int_equal(n_live, blocks);
        assert_int_equal(n_allocations - before, 0);
        spotsim_result_free(r);
        spotsim_sim_free(sim);
        spotsim_scenario_free(s);
        spotsim_env_free(env);
    }
}

int main(void) {
    write_trace();
    cJSON_InitHooks(&(cJSON_Hooks){__wrap_malloc, __wrap_free});
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_fails),
        cmocka_unit_test(test_all_fail),
        cmocka_unit_test(test_runs_reuse_memory),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    remove(trace_file);
    remove(journal_file);
    rmdir(folder);
    return failed;
}
