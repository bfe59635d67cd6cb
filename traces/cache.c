/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/cache.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/cache_dir.h"
#include "traces/cache_file.h"

/* ---- the key --------------------------------------------------------------------- */

static void key_text(struct strbuf *out, const char *name, const char *text) {
    if (text) strbuf_printf(out, "%s %zu:%s\n", name, strlen(text), text);
}

static bool relative(const char *path) { return path && *path && *path != '/'; }

void cache_key(const struct named_paths *named, const struct trace_options *o, struct strbuf *out) {
    strbuf_printf(out, "polarity %d\nsingle-means %" PRIu32 "\ngap %" PRId64 "\nresolution %" PRId64 "\n",
                  (int)o->polarity, o->single_means, o->gap_ms, o->resolution_ms);
    key_text(out, "align", o->align_path);
    key_text(out, "cloud", o->cloud);
    key_text(out, "product", o->product);
    key_text(out, "epoch", o->epoch);
    bool from_here = relative(o->align_path);
    for (uint32_t i = 0; i < named->n; i++) {
        char kind[] = {(char)named->at[i].kind, '\0'};
        key_text(out, kind, named->at[i].path);
        from_here = from_here || relative(named->at[i].path);
    }
    char *here = from_here ? getcwd(NULL, 0) : NULL;
    if (from_here && !here) out->failed = true;
    key_text(out, "in", here);
    free(here);
}

/* ---- finding --------------------------------------------------------------------- */

static const unsigned char *map_file(int fd, size_t *size) {
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= 0) return NULL;
    *size = (size_t)st.st_size;
    void *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    return map == MAP_FAILED ? NULL : map;
}

static bool copy_notes(const struct trace_notes *from, struct trace_notes *to) {
    for (uint32_t i = 0; i < from->n; i++) trace_note(to, "%s", from->lines[i]);
    return !to || to->n == from->n;
}

/* Every source is what it was; when that took reading, the file is written
 * again with the marks of today. */
static bool sources_hold(const struct trace_cache *cache, struct cache_file *c) {
    bool renewed = false, settled = true;
    for (uint32_t i = 0; i < c->sources.n; i++) {
        if (!sources_same(&c->sources, &c->sources.file[i], &renewed)) return false;
        settled = settled && c->sources.file[i].settled;
    }
    if (!cache_file_trace(c)) return false;
    if (renewed && settled) cache_dir_write(cache, c);
    return true;
}

bool cache_find(const struct trace_cache *cache, const char *key, struct trace **out, struct trace_notes *notes) {
    int fd = cache_dir_open(cache, key);
    if (fd < 0) return false;
    size_t size = 0;
    const unsigned char *map = map_file(fd, &size);
    struct cache_file c = {0};
    bool found = map && cache_file_open(map, size, &c);
    if (found) found = strcmp(c.key, key) == 0 && sources_hold(cache, &c);
    if (found && !copy_notes(&c.notes, notes)) {
        trace_free(c.trace);
        trace_notes_free(notes);
        found = false;
    }
    if (found) {
        cache_dir_used(fd);
        *out = c.trace;
        c.trace->map_bytes = size;
    } else if (map) {
        munmap((void *)(uintptr_t)map, size);
    }
    cache_file_close(&c);
    close(fd);
    return found;
}

void cache_keep(const struct trace_cache *cache, const char *key, const struct sources *sources,
                const struct trace_notes *notes, const struct trace *t) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < sources->n; i++) bytes += (uint64_t)sources->file[i].mark.size;
    if (sources->torn || bytes < cache->min_bytes) return;
    const struct cache_file c = {
        .key = key, .sources = *sources, .notes = *notes, .trace = (struct trace *)(uintptr_t)t};
    cache_dir_write(cache, &c);
}
