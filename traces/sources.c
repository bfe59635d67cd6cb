/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/sources.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/hash.h"

void sources_start(struct sources *s, bool kept) {
    struct timespec now;
    memset(s, 0, sizeof *s);
    s->kept = kept;
    clock_gettime(CLOCK_REALTIME, &now);
    s->now_ns = now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void sources_free(struct sources *s) {
    for (uint32_t i = 0; i < s->n; i++) free(s->file[i].path);
    free(s->file);
    file_buffer_free(&s->text);
    memset(s, 0, sizeof *s);
}

static uint64_t hash_place(const char *path) {
    char *real = realpath(path, NULL);
    uint64_t h = real ? hash64(real, strlen(real), 0) : 0;
    free(real);
    return h;
}

static enum error_code remember(struct sources *s, const char *path, struct error *e) {
    if (s->n == s->room) {
        uint32_t room = s->room ? s->room * 2 : 16;
        struct source_file *grown = realloc(s->file, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
        s->file = grown;
        s->room = room;
    }
    struct source_file *f = &s->file[s->n];
    f->path = strdup(path);
    if (!f->path) return error_set(e, ERR_FAILED, path, "out of memory");
    f->mark = s->text.mark;
    f->settled = file_mark_settled(&f->mark, s->now_ns);
    f->content = hash64(s->text.data, s->text.size, 0);
    f->place = hash_place(path);
    s->n++;
    return OK;
}

enum error_code sources_read(struct sources *s, const char *path, uint32_t *number, struct error *e) {
    TRY(file_read_again(path, &s->text, e));
    if (!s->kept) return OK;
    if (number && *number != UINT32_MAX) {
        if (hash64(s->text.data, s->text.size, 0) != s->file[*number].content) s->torn = true;
        return OK;
    }
    if (number) *number = s->n;
    return remember(s, path, e);
}

bool sources_same(struct sources *s, struct source_file *f, bool *renewed) {
    struct file_mark now;
    if (!file_mark(f->path, &now)) return false;
    if (f->settled && file_mark_equal(&f->mark, &now)) return true;
    if (now.size != f->mark.size || hash_place(f->path) != f->place) return false;
    if (file_read_again(f->path, &s->text, NULL) != OK) return false;
    if (hash64(s->text.data, s->text.size, 0) != f->content) return false;
    f->mark = s->text.mark;
    f->settled = file_mark_settled(&f->mark, s->now_ns);
    *renewed = true;
    return true;
}
