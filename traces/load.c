/* SPDX-License-Identifier: Apache-2.0
 * From paths to a trace. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/align.h"
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


/* `path` stands for the trace where nothing better is known. */
static enum error_code finish(struct trace_builder *b, const char *path, struct trace **out, struct trace_notes *notes,
                              struct error *e) {
    const char *align = builder_options(b)->align_path;
    if (align) TRY(align_read(b, align, e));
    enum error_code rc = builder_finish(b, out, notes, e);
    if (rc != OK && e && !e->where[0]) error_in(e, path);
    return rc;
}

static enum error_code load_files(struct trace_builder *b, const struct input_files *files, struct trace **out,
                                  struct trace_notes *notes, struct error *e) {
    struct file_buffer text = {0};
    enum error_code rc = OK;
    for (uint32_t i = 0; i < files->n && rc == OK; i++) {
        const struct input_file *f = &files->files[i];
        rc = file_read_again(f->path, &text, e);
        if (rc == OK) rc = read_data(b, f->path, f->hints, text.data, text.size, e);
    }
    file_buffer_free(&text);
    return rc == OK ? finish(b, files->files[0].path, out, notes, e) : rc;
}

static const struct trace_options as_written;

enum error_code trace_load(const char *const *paths, uint32_t n_paths, const struct trace_options *options,
                           struct trace **out, struct trace_notes *notes, struct error *e) {
    *out = NULL;
    if (notes) memset(notes, 0, sizeof *notes);
    struct trace_builder *b = builder_new(options ? options : &as_written);
    if (!b) return error_set(e, ERR_FAILED, NULL, "out of memory");
    struct input_files files;
    enum error_code rc = paths_expand(paths, n_paths, &files, e);
    if (rc == OK) rc = load_files(b, &files, out, notes, e);
    paths_free(&files);
    builder_free(b);
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
