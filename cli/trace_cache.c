/* SPDX-License-Identifier: Apache-2.0
 * spotsim trace cache */
#include <inttypes.h>

#include "cli/cache.h"
#include "cli/trace_model.h"
#include "traces/cache_dir.h"

static const struct option own[] = {
    {"clear", OPTION_FLAG, NULL, "remove all of it", NULL, false},
    {NULL, OPTION_FLAG, NULL, NULL, NULL, false},
};

static enum error_code clear(const char *dir, struct error *e) {
    uint32_t removed;
    TRY(cache_dir_clear(dir, &removed, e));
    printf("%s: %" PRIu32 " removed\n", dir, removed);
    return OK;
}

static enum error_code list(const char *dir, struct error *e) {
    struct strbuf out = {0};
    enum error_code rc = cache_dir_list(dir, &out, e);
    if (rc == OK && !out.failed) printf("%s: last used, bytes, made from\n%s", dir, out.data ? out.data : "");
    if (rc == OK && out.failed) rc = error_set(e, ERR_FAILED, dir, "out of memory");
    strbuf_free(&out);
    return rc;
}

static enum error_code run(const struct options *o, struct error *e) {
    struct cache_place place;
    if (o->n_positional) return error_set(e, ERR_INPUT, o->positional[0], "trace cache takes no paths");
    TRY(cache_place(NULL, &place, e));
    enum error_code rc = OK;
    if (!place.dir)
        rc = error_set(e, ERR_INPUT, "trace cache", "nothing is kept: SPOTSIM_CACHE is empty, or there is no HOME");
    else
        rc = options_get(o, "clear") ? clear(place.dir, e) : list(place.dir, e);
    cache_place_free(&place);
    return rc;
}

int trace_cache_command(int argc, char **argv) {
    static const struct option *const tables[] = {own, NULL};
    return trace_action(argc, argv, tables,
                        "usage: spotsim trace cache [--clear]\n\n"
                        "Lists what is kept of traces between runs, so that they need not be read again.\n"
                        "It is kept in $SPOTSIM_CACHE (empty: nowhere), else $XDG_CACHE_HOME/spotsim, else\n"
                        "~/.cache/spotsim: of 512 KiB of input or more ($SPOTSIM_CACHE_MIN bytes), up to\n"
                        "1 GiB in all ($SPOTSIM_CACHE_MAX bytes).\n\n",
                        run);
}
