/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace_model.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cache.h"
#include "cli/cmd.h"

const struct option trace_reading[] = {
    {"polarity", OPTION_VALUE, "up|preempted", "what 1 means in a series of 0 and 1 (up)", NULL, false},
    {"single-means", OPTION_VALUE, "one|K|unlimited", "the capacity behind the 1 of such a series (as written)", NULL,
     false},
    {"gap", OPTION_VALUE, "DURATION", "sampling step of series without timestamps (as written)", NULL, false},
    {"resolution", OPTION_VALUE, "DURATION", "probing interval behind the samples (as known)", NULL, false},
    {"align", OPTION_VALUE, "FILE", "CSV pool,offset: when each pool's first sample was", NULL, false},
    {"epoch", OPTION_VALUE, "DATE", "date of the first sample of series without dates", NULL, false},
    {"cloud", OPTION_VALUE, "NAME", "the cloud of every pool (inferred from zone names)", NULL, false},
    {"product", OPTION_VALUE, "NAME", "product description to keep of an AWS price history", NULL, false},
    NO_CACHE_OPTION,
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

int trace_action(int argc, char **argv, const struct option *const *tables, const char *usage,
                 enum error_code (*run)(const struct options *o, struct error *e)) {
    struct options o = {0};
    struct error e = {0};
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-o") == 0) argv[i] = "--output";
    enum error_code rc = options_parse(tables, argc, argv, &o, &e);
    if (rc == OK && o.help) {
        fputs(usage, stdout);
        options_help(tables[0], stdout);
        if (tables[1]) fputs("\nHow to read and run:\n", stdout);
        if (tables[1]) options_help(tables[1], stdout);
    } else if (rc == OK) {
        rc = run(&o, &e);
    }
    options_free(&o);
    return rc == OK ? 0 : cli_error(&e);
}

enum error_code trace_put(struct strbuf *out, const char *path, struct error *e) {
    enum error_code rc = out->failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : OK;
    if (rc == OK && path) rc = file_write(path, out->data ? out->data : "", out->size, e);
    if (rc == OK && !path && out->size && fwrite(out->data, 1, out->size, stdout) != out->size)
        rc = error_set(e, ERR_FAILED, "standard output", "cannot write");
    strbuf_free(out);
    return rc;
}

enum error_code trace_read_options(const struct options *o, struct trace_options *out, struct error *e) {
    memset(out, 0, sizeof *out);
    for (const struct option *r = trace_reading; r->name; r++) {
        const char *text = options_get(o, r->name);
        if (text && r->kind == OPTION_VALUE) TRY(trace_option_set(out, r->name, text, e));
    }
    return OK;
}

enum error_code trace_read_notes(const struct options *o, const char *const *paths, uint32_t n, struct trace **out,
                                 struct trace_notes *notes, struct error *e) {
    struct trace_options how;
    struct cache_place place;
    TRY(trace_read_options(o, &how, e));
    TRY(cache_place(o, &place, e));
    const struct trace_cache cache = {place.dir, place.min_bytes, place.max_bytes};
    if (place.dir) how.cache = &cache;
    enum error_code rc = trace_load(paths, n, &how, out, notes, e);
    for (uint32_t i = 0; i < notes->n && rc == OK; i++) cli_say("note", notes->lines[i]);
    cache_place_free(&place);
    return rc;
}

enum error_code trace_read(const struct options *o, const char *const *paths, uint32_t n, struct trace **out,
                           struct error *e) {
    struct trace_notes notes = {0};
    enum error_code rc = trace_read_notes(o, paths, n, out, &notes, e);
    trace_notes_free(&notes);
    return rc;
}
