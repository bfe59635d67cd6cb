/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/paths.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"

static enum error_code add_path(struct input_files *out, const char *path, bool may_be_glob, struct error *e);

static enum error_code add_file(struct input_files *out, const char *path, const struct file_hints *hints,
                                struct error *e) {
    if (out->n >= TRACE_FILES_MAX)
        return error_set(e, ERR_INPUT, path, "is one file too many; the limit is %u", TRACE_FILES_MAX);
    if (out->n == out->room) {
        uint32_t room = out->room ? out->room * 2 : 16;
        struct input_file *grown = realloc(out->files, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
        out->files = grown;
        out->room = room;
    }
    struct input_file f = {strdup(path), realpath(path, NULL), hints};
    if (!f.real) {
        free(f.path);
        return error_set(e, errno == ENOMEM ? ERR_FAILED : ERR_INPUT, path, "cannot open: %s", strerror(errno));
    }
    out->files[out->n++] = f;
    return f.path ? OK : error_set(e, ERR_FAILED, path, "out of memory");
}

/* The manifest's files, relative to its folder. */
static enum error_code add_manifest(struct input_files *out, const char *path, const char *data, size_t size,
                                    struct error *e) {
    struct manifest **grown = realloc(out->manifests, (out->n_manifests + 1) * sizeof *grown);
    if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
    out->manifests = grown;
    struct manifest *m = calloc(1, sizeof *m);
    if (!m) return error_set(e, ERR_FAILED, path, "out of memory");
    out->manifests[out->n_manifests++] = m;
    TRY(manifest_parse(path, data, size, m, e));
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path + 1) : 0;
    for (uint32_t i = 0; i < m->n; i++) {
        const char *name = m->files[i].path;
        struct strbuf full = {0};
        strbuf_printf(&full, "%.*s%s", *name == '/' ? 0 : folder, path, name);
        enum error_code rc = full.failed ? error_set(e, ERR_FAILED, path, "out of memory")
                                         : add_file(out, full.data, &m->files[i].hints, e);
        strbuf_free(&full);
        if (rc != OK) return rc;
    }
    return OK;
}

/* A file that a user names may be a manifest, whatever its name. */
static enum error_code add_named_file(struct input_files *out, const char *path, struct error *e) {
    char *data;
    size_t size;
    TRY(file_read(path, &data, &size, e));
    enum error_code rc =
        manifest_is(data, size) ? add_manifest(out, path, data, size, e) : add_file(out, path, NULL, e);
    free(data);
    return rc;
}

static bool is_trace_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (strcasecmp(dot, ".json") == 0 || strcasecmp(dot, ".csv") == 0);
}

static enum error_code add_entries(struct input_files *out, const char *path, DIR *dir, struct error *e) {
    uint32_t n = 0;
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (!is_trace_name(entry->d_name)) continue;
        struct strbuf full = {0};
        struct stat st;
        strbuf_printf(&full, "%s%s%s", path, slash, entry->d_name);
        enum error_code rc = OK;
        if (full.failed)
            rc = error_set(e, ERR_FAILED, path, "out of memory");
        else if (stat(full.data, &st) == 0 && S_ISREG(st.st_mode)) {
            rc = add_file(out, full.data, NULL, e);
            n++;
        }
        strbuf_free(&full);
        if (rc != OK) return rc;
    }
    if (n) return OK;
    return error_set(e, ERR_INPUT, path, "holds no trace files (*.json or *.csv); folders inside it are not entered");
}

static enum error_code add_directory(struct input_files *out, const char *path, struct error *e) {
    struct strbuf manifest = {0};
    struct stat st;
    strbuf_printf(&manifest, "%s/manifest.json", path);
    enum error_code rc;
    if (manifest.failed) {
        rc = error_set(e, ERR_FAILED, path, "out of memory");
    } else if (stat(manifest.data, &st) == 0) {
        char *data;
        size_t size;
        rc = file_read(manifest.data, &data, &size, e);
        if (rc == OK) {
            rc = add_manifest(out, manifest.data, data, size, e);
            free(data);
        }
    } else {
        DIR *dir = opendir(path);
        rc = dir ? add_entries(out, path, dir, e) : error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
        if (dir) closedir(dir);
    }
    strbuf_free(&manifest);
    return rc;
}

static enum error_code add_glob(struct input_files *out, const char *pattern, struct error *e) {
    glob_t found;
    int rc = glob(pattern, 0, NULL, &found);
    if (rc == GLOB_NOMATCH) return error_set(e, ERR_INPUT, pattern, "no file matches this pattern");
    if (rc != 0) return error_set(e, ERR_FAILED, pattern, "cannot expand the pattern");
    enum error_code code = OK;
    for (size_t i = 0; i < found.gl_pathc && code == OK; i++) code = add_path(out, found.gl_pathv[i], false, e);
    globfree(&found);
    return code;
}

static enum error_code add_path(struct input_files *out, const char *path, bool may_be_glob, struct error *e) {
    struct stat st;
    if (!*path) return error_set(e, ERR_INPUT, NULL, "a trace path is empty");
    if (stat(path, &st) == 0) return S_ISDIR(st.st_mode) ? add_directory(out, path, e) : add_named_file(out, path, e);
    if (may_be_glob && strpbrk(path, "*?[")) return add_glob(out, path, e);
    return error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
}

static int by_real_path(const void *a, const void *b) {
    const struct input_file *x = a, *y = b;
    int order = strcmp(x->real, y->real);
    if (order) return order;
    return (y->hints != NULL) - (x->hints != NULL); /* what a manifest describes comes first */
}

static void input_file_free(struct input_file *f) {
    free(f->path);
    free(f->real);
}

static enum error_code drop_repeated(struct input_files *out, struct error *e) {
    uint32_t kept = 0;
    enum error_code rc = OK;
    for (uint32_t i = 0; i < out->n; i++) {
        struct input_file *f = &out->files[i];
        if (!kept || strcmp(out->files[kept - 1].real, f->real) != 0) {
            out->files[kept++] = *f;
            continue;
        }
        if (rc == OK && f->hints && f->hints != out->files[kept - 1].hints)
            rc = error_set(e, ERR_INPUT, f->path, "is listed twice in manifests");
        input_file_free(f);
    }
    out->n = kept;
    return rc;
}

enum error_code paths_expand(const char *const *paths, uint32_t n, struct input_files *out, struct error *e) {
    memset(out, 0, sizeof *out);
    if (n == 0) return error_set(e, ERR_INPUT, NULL, "no trace is given");
    for (uint32_t i = 0; i < n; i++) TRY(add_path(out, paths[i], true, e));
    qsort(out->files, out->n, sizeof *out->files, by_real_path);
    return drop_repeated(out, e);
}

void paths_free(struct input_files *f) {
    for (uint32_t i = 0; i < f->n; i++) input_file_free(&f->files[i]);
    for (uint32_t i = 0; i < f->n_manifests; i++) {
        manifest_free(f->manifests[i]);
        free(f->manifests[i]);
    }
    free(f->files);
    free(f->manifests);
    memset(f, 0, sizeof *f);
}
