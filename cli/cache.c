/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/spotsim.h"

static enum error_code bytes_of(const char *name, uint64_t otherwise, uint64_t *out, struct error *e) {
    const char *text = getenv(name);
    *out = otherwise;
    if (!text || !*text) return OK;
    if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 18)
        return error_set(e, ERR_INPUT, name, "expected a number of bytes, got '%.40s'", text);
    *out = strtoull(text, NULL, 10);
    return OK;
}

static char *dir_of_user(void) {
    const char *own = getenv("SPOTSIM_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *dir = NULL;
    if (own) return *own ? strdup(own) : NULL;
    if (xdg && *xdg == '/') return asprintf(&dir, "%s/spotsim", xdg) < 0 ? NULL : dir;
    if (home && *home == '/') return asprintf(&dir, "%s/.cache/spotsim", home) < 0 ? NULL : dir;
    return NULL;
}

enum error_code cache_place(const struct options *o, struct cache_place *out, struct error *e) {
    memset(out, 0, sizeof *out);
    TRY(bytes_of("SPOTSIM_CACHE_MIN", SPOTSIM_CACHE_MIN_BYTES, &out->min_bytes, e));
    TRY(bytes_of("SPOTSIM_CACHE_MAX", SPOTSIM_CACHE_MAX_BYTES, &out->max_bytes, e));
    if (!o || !options_get(o, "no-cache")) out->dir = dir_of_user();
    return OK;
}

void cache_place_free(struct cache_place *p) {
    free(p->dir);
    p->dir = NULL;
}
