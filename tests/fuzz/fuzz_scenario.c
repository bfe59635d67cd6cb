/* SPDX-License-Identifier: Apache-2.0
 * Scenarios on arbitrary text: whatever is accepted is written back as JSON
 * that reads back to itself; whatever is refused says why. */
#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "study/scenario.h"
#include "study/vary.h"
#include "tests/fuzz/fuzz.h"

static const char trace[] = "{\"metadata\": {\"gap_seconds\": 300}, \"data\": [1, 0, 1, 1, 0, 1], "
                            "\"prices\": [1, 1, 2, 2, 2, 1]}";

/* No plug-in is compiled, no file of the machine read. */
static bool names_a_file(const char *text) {
    return strchr(text, '/') || strstr(text, ".c") || strstr(text, ".so") || strstr(text, "align");
}

/* The one trace that every scenario gets. */
static const char *trace_path(void) {
    static char path[64];
    struct error e;
    if (!path[0]) {
        snprintf(path, sizeof path, "/tmp/spotsim-fuzz-%ld.json", (long)getpid());
        FUZZ_CHECK(file_write(path, trace, sizeof trace - 1, &e) == OK);
    }
    return path;
}

static enum error_code resolve(struct scenario_doc *doc, struct scenario_env *env, struct strbuf *json,
                               struct error *e) {
    const char *paths[] = {trace_path()};
    struct scenario *s = NULL;
    struct notes notes = {0};
    enum error_code rc = doc_set_list(doc, "trace.paths", paths, 1, "fuzz", e);
    if (rc == OK) rc = scenario_resolve(doc, env, &s, &notes, e);
    if (rc == OK) scenario_to_json(s, json);
    scenario_free(s);
    notes_free(&notes);
    return rc;
}

static void check_text(const char *text, size_t size, struct scenario_env *env) {
    struct scenario_doc *doc = NULL, *again = NULL;
    struct strbuf first = {0}, second = {0};
    struct vary_grid grid = {0};
    struct error e = {0};
    if (doc_parse(text, size, "fuzz", &doc, &e) == OK && resolve(doc, env, &first, &e) == OK) {
        FUZZ_CHECK(doc_parse(first.data, first.size, "again", &again, &e) == OK);
        FUZZ_CHECK(resolve(again, env, &second, &e) == OK);
        FUZZ_CHECK(strcmp(first.data, second.data) == 0);
    } else {
        FUZZ_CHECK(e.message[0] != '\0');
    }
    if (doc && vary_read(doc, &grid, &e) == OK) vary_free(&grid);
    strbuf_free(&first);
    strbuf_free(&second);
    doc_free(again);
    doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    if (!names_a_file(text)) {
        struct scenario_env *env = scenario_env_new();
        if (!env) abort();
        check_text(text, strlen(text), env);
        scenario_env_free(env);
    }
    free(text);
    return 0;
}
