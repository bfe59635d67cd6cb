/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/sources.h"

#include <errno.h>
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

/* ---- digests of content: the same from memory and block by block ------------------- */

static uint64_t hash_content(const char *data, size_t size) {
    uint64_t h = 0;
    for (size_t at = 0; at < size; at += FILE_BLOCK)
        h = hash64(data + at, size - at < FILE_BLOCK ? size - at : FILE_BLOCK, h);
    return h;
}

static bool hash_file(const char *path, struct file_mark *mark, uint64_t *content) {
    struct file_blocks b;
    *content = 0;
    if (!file_blocks_open(path, &b)) return false;
    bool ok;
    while ((ok = file_blocks_next(&b)) && b.size) *content = hash64(b.data, b.size, *content);
    *mark = b.mark;
    file_blocks_close(&b);
    return ok;
}

/* ---- reading ------------------------------------------------------------------------ */

static enum error_code remember(struct sources *s, const char *path, const struct file_mark *mark, uint64_t content,
                                struct error *e) {
    if (s->n == s->room) {
        uint32_t room = s->room ? s->room * 2 : 16;
        struct source_file *grown = realloc(s->file, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
        s->file = grown;
        s->room = room;
    }
    char *copy = strdup(path);
    if (!copy) return error_set(e, ERR_FAILED, path, "out of memory");
    s->file[s->n++] = (struct source_file){copy, *mark, file_mark_settled(mark, s->now_ns), content, hash_place(path)};
    return OK;
}

enum error_code sources_read(struct sources *s, const char *path, uint32_t *number, struct error *e) {
    TRY(file_read_again(path, &s->text, e));
    if (!s->kept) return OK;
    uint64_t content = hash_content(s->text.data, s->text.size);
    if (number && *number != UINT32_MAX) {
        if (content != s->file[*number].content) s->torn = true;
        return OK;
    }
    if (number) *number = s->n;
    return remember(s, path, &s->text.mark, content, e);
}

static bool stream_next(struct source_stream *st) {
    st->failed = !file_blocks_next(&st->blocks);
    if (st->failed) error_set(&st->error, ERR_FAILED, st->path, "cannot read: %s", strerror(errno));
    if (st->failed || !st->blocks.size) return false;
    st->content = hash64(st->blocks.data, st->blocks.size, st->content);
    return true;
}

bool sources_stream_open(const char *path, struct source_stream *out) {
    memset(out, 0, sizeof *out);
    out->path = path;
    if (!file_blocks_open(path, &out->blocks)) return false;
    if (out->blocks.mark.size > (int64_t)FILE_BLOCK && stream_next(out)) return true;
    file_blocks_close(&out->blocks);
    return false;
}

bool sources_stream_more(void *stream, const char **data, size_t *size) {
    struct source_stream *st = stream;
    if (st->started && !stream_next(st)) return false;
    st->started = true;
    *data = st->blocks.data;
    *size = st->blocks.size;
    return true;
}

enum error_code sources_stream_close(struct sources *s, struct source_stream *stream, enum error_code rc,
                                     struct error *e) {
    file_blocks_close(&stream->blocks);
    if (stream->failed) { /* stands over what the reader made of a part */
        if (e) *e = stream->error;
        return stream->error.code;
    }
    return rc == OK && s->kept ? remember(s, stream->path, &stream->blocks.mark, stream->content, e) : rc;
}

/* ---- looking again ------------------------------------------------------------------ */

bool sources_same(struct sources *s, struct source_file *f, bool *renewed) {
    struct file_mark now;
    uint64_t content;
    if (!file_mark(f->path, &now)) return false;
    if (f->settled && file_mark_equal(&f->mark, &now)) return true;
    if (now.size != f->mark.size || hash_place(f->path) != f->place) return false;
    if (!hash_file(f->path, &now, &content) || content != f->content) return false;
    f->mark = now;
    f->settled = file_mark_settled(&f->mark, s->now_ns);
    *renewed = true;
    return true;
}
