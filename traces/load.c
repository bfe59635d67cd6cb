/* SPDX-License-Identifier: Apache-2.0
 * From paths to a trace. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/align.h"
#include "traces/cache.h"
#include "traces/paths.h"
#include "traces/readers.h"

/* File name without folder and extension. */
static char *stem_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *stem = strdup(slash ? slash + 1 : path);
    char *dot = stem ? strrchr(stem, '.') : NULL;
    if (dot && dot != stem) *dot = '\0';
    return stem;
}

static enum error_code read_data(struct trace_builder *b, const char *path, const struct file_hints *hints,
                                 const char *data, size_t size, struct error *e) {
    char *stem = stem_of(path);
    if (!stem) return error_set(e, ERR_FAILED, path, "out of memory");
    struct source src = {path, stem, hints};
    enum error_code rc = read_any(b, &src, data, size, e);
    free(stem);
    if (rc != OK && e && !e->where[0]) error_in(e, path);
    return rc;
}

/* Large traces in one file are tidy CSV: that is read without holding it. */
static bool read_stream(struct trace_builder *b, const struct input_file *f, struct sources *sources,
                        enum error_code *rc, struct error *e) {
    struct source_stream stream;
    if (!sources_stream_open(f->path, &stream)) return false;
    char *stem = NULL;
    bool tidy = stream.blocks.mark.size <= TRACE_FILE_BYTES_MAX && is_tidy(stream.blocks.data, stream.blocks.size) &&
                (stem = stem_of(f->path));
    if (tidy) {
        struct source src = {f->path, stem, f->hints};
        *rc = read_tidy_blocks(b, &src, sources_stream_more, &stream, e);
        if (*rc != OK && e && !e->where[0]) error_in(e, f->path);
        *rc = sources_stream_close(sources, &stream, *rc, e);
    } else {
        file_blocks_close(&stream.blocks);
    }
    free(stem);
    return tidy;
}

static enum error_code read_input(struct trace_builder *b, struct input_file *f, struct sources *sources,
                                  struct error *e) {
    enum error_code rc;
    if (f->source == UINT32_MAX && read_stream(b, f, sources, &rc, e)) return rc;
    TRY(sources_read(sources, f->path, &f->source, e));
    return read_data(b, f->path, f->hints, sources->text.data, sources->text.size, e);
}

/* `path` stands for the trace where nothing better is known. */
static enum error_code finish(struct trace_builder *b, const char *path, struct trace **out, struct trace_notes *notes,
                              struct error *e) {
    enum error_code rc = builder_finish(b, out, notes, e);
    if (rc != OK && e && !e->where[0]) error_in(e, path);
    return rc;
}

static enum error_code load_files(struct trace_builder *b, struct input_files *files, struct sources *sources,
                                  struct trace **out, struct trace_notes *notes, struct error *e) {
    const char *align = builder_options(b)->align_path;
    const struct file_buffer *text = &sources->text;
    for (uint32_t i = 0; i < files->n; i++) TRY(read_input(b, &files->files[i], sources, e));
    if (align) {
        TRY(sources_read(sources, align, NULL, e));
        TRY(align_parse(b, align, text->data, text->size, e));
    }
    file_buffer_free(&sources->text); /* before the trace is made: memory has its peak there */
    return finish(b, files->files[0].path, out, notes, e);
}

static enum error_code load_named(const struct named_paths *named, const struct trace_options *options,
                                  struct sources *sources, struct trace **out, struct trace_notes *notes,
                                  struct error *e) {
    struct trace_builder *b = builder_new(options);
    if (!b) return error_set(e, ERR_FAILED, NULL, "out of memory");
    struct input_files files;
    enum error_code rc = paths_expand(named, sources, &files, e);
    if (rc == OK) rc = load_files(b, &files, sources, out, notes, e);
    paths_free(&files);
    builder_free(b);
    return rc;
}

static enum error_code load_cached(const struct named_paths *named, const struct trace_options *options,
                                   struct trace **out, struct trace_notes *notes, struct error *e) {
    struct strbuf key = {0};
    struct sources sources;
    enum error_code rc = OK;
    cache_key(named, options, &key);
    if (key.failed || !cache_find(options->cache, key.data, out, notes)) {
        sources_start(&sources, true);
        rc = load_named(named, options, &sources, out, notes, e);
        if (rc == OK && !key.failed) cache_keep(options->cache, key.data, &sources, notes, *out);
        sources_free(&sources);
    }
    strbuf_free(&key);
    return rc;
}

static const struct trace_options as_written;

enum error_code trace_load(const char *const *paths, uint32_t n_paths, const struct trace_options *options,
                           struct trace **out, struct trace_notes *notes, struct error *e) {
    struct trace_notes unseen;
    struct named_paths named;
    struct sources sources;
    if (!options) options = &as_written;
    *out = NULL;
    memset(&unseen, 0, sizeof unseen);
    if (notes) memset(notes, 0, sizeof *notes);
    enum error_code rc = named_paths_find(paths, n_paths, &named, e);
    if (rc == OK && options->cache) {
        rc = load_cached(&named, options, out, notes ? notes : &unseen, e);
    } else if (rc == OK) {
        sources_start(&sources, false);
        rc = load_named(&named, options, &sources, out, notes, e);
        sources_free(&sources);
    }
    trace_notes_free(&unseen);
    named_paths_free(&named);
    return rc;
}

enum error_code trace_load_memory(const char *name, const char *data, size_t size, const struct trace_options *options,
                                  struct trace **out, struct trace_notes *notes, struct error *e) {
    *out = NULL;
    if (notes) memset(notes, 0, sizeof *notes);
    struct trace_builder *b = builder_new(options ? options : &as_written);
    if (!b) return error_set(e, ERR_FAILED, NULL, "out of memory");
    enum error_code rc = read_data(b, name, NULL, data, size, e);
    if (rc == OK) rc = finish(b, name, out, notes, e);
    builder_free(b);
    return rc;
}
