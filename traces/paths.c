/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/paths.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/text.h"

/* ---- what is named -------------------------------------------------------------- */

static enum error_code name_path(struct named_paths *out, const char *path, enum named_kind kind, struct error *e) {
    if (out->n >= TRACE_FILES_MAX)
        return error_set(e, ERR_INPUT, path, "is one file too many; the limit is %u", TRACE_FILES_MAX);
    if (out->n == out->room) {
        uint32_t room = out->room ? out->room * 2 : 16;
        struct named_path *grown = realloc(out->at, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
        out->at = grown;
        out->room = room;
    }
    out->at[out->n].kind = kind;
    out->at[out->n].path = strdup(path);
    return out->at[out->n++].path ? OK : error_set(e, ERR_FAILED, path, "out of memory");
}

static bool is_trace_name(const char *name) {
    const char *dot = strrchr(name, '.');
    return name[0] != '.' && dot && (strcasecmp(dot, ".json") == 0 || strcasecmp(dot, ".csv") == 0);
}

static enum error_code name_entries(struct named_paths *out, const char *path, DIR *dir, struct error *e) {
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
            rc = name_path(out, full.data, NAMED_ENTRY, e);
            n++;
        }
        strbuf_free(&full);
        if (rc != OK) return rc;
    }
    if (n) return OK;
    return error_set(e, ERR_INPUT, path, "holds no trace files (*.json or *.csv); folders inside it are not entered");
}

static enum error_code name_folder(struct named_paths *out, const char *path, struct error *e) {
    struct strbuf manifest = {0};
    struct stat st;
    strbuf_printf(&manifest, "%s/manifest.json", path);
    enum error_code rc;
    if (manifest.failed) {
        rc = error_set(e, ERR_FAILED, path, "out of memory");
    } else if (stat(manifest.data, &st) == 0) {
        rc = name_path(out, manifest.data, NAMED_MANIFEST, e);
    } else {
        DIR *dir = opendir(path);
        rc = dir ? name_entries(out, path, dir, e) : error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
        if (dir) closedir(dir);
    }
    strbuf_free(&manifest);
    return rc;
}

static enum error_code name_any(struct named_paths *out, const char *path, bool may_be_glob, struct error *e);

static enum error_code name_matches(struct named_paths *out, const char *pattern, struct error *e) {
    glob_t found;
    int rc = glob(pattern, 0, NULL, &found);
    if (rc == GLOB_NOMATCH) return error_set(e, ERR_INPUT, pattern, "no file matches this pattern");
    if (rc != 0) return error_set(e, ERR_FAILED, pattern, "cannot expand the pattern");
    enum error_code code = OK;
    for (size_t i = 0; i < found.gl_pathc && code == OK; i++) code = name_any(out, found.gl_pathv[i], false, e);
    globfree(&found);
    return code;
}

static enum error_code name_any(struct named_paths *out, const char *path, bool may_be_glob, struct error *e) {
    struct stat st;
    if (!*path) return error_set(e, ERR_INPUT, NULL, "a trace path is empty");
    if (stat(path, &st) == 0)
        return S_ISDIR(st.st_mode) ? name_folder(out, path, e) : name_path(out, path, NAMED_FILE, e);
    if (may_be_glob && strpbrk(path, "*?[")) return name_matches(out, path, e);
    return error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
}

static int by_path(const void *a, const void *b) {
    const struct named_path *x = a, *y = b;
    int order = strcmp(x->path, y->path);
    return order ? order : (int)x->kind - (int)y->kind;
}

enum error_code named_paths_find(const char *const *paths, uint32_t n, struct named_paths *out, struct error *e) {
    memset(out, 0, sizeof *out);
    if (n == 0) return error_set(e, ERR_INPUT, NULL, "no trace is given");
    for (uint32_t i = 0; i < n; i++) TRY(name_any(out, paths[i], true, e));
    qsort(out->at, out->n, sizeof *out->at, by_path);
    return OK;
}

void named_paths_free(struct named_paths *p) {
    for (uint32_t i = 0; i < p->n; i++) free(p->at[i].path);
    free(p->at);
    memset(p, 0, sizeof *p);
}

/* ---- which files these are --------------------------------------------------------- */

static enum error_code add_file(struct input_files *out, const char *path, const struct file_hints *hints,
                                uint32_t source, struct error *e) {
    if (out->n >= TRACE_FILES_MAX)
        return error_set(e, ERR_INPUT, path, "is one file too many; the limit is %u", TRACE_FILES_MAX);
    if (out->n == out->room) {
        uint32_t room = out->room ? out->room * 2 : 16;
        struct input_file *grown = realloc(out->files, room * sizeof *grown);
        if (!grown) return error_set(e, ERR_FAILED, path, "out of memory");
        out->files = grown;
        out->room = room;
    }
    struct input_file f = {strdup(path), realpath(path, NULL), hints, source};
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
                                         : add_file(out, full.data, &m->files[i].hints, UINT32_MAX, e);
        strbuf_free(&full);
        if (rc != OK) return rc;
    }
    return OK;
}

/* A file that a user names may be a manifest, whatever its name.  Large traces
 * in CSV are not read for that. */
static bool may_be_manifest(const char *path) {
    FILE *f = fopen(path, "re");
    char start[256];
    size_t n = f ? fread(start, 1, sizeof start, f) : 0;
    if (f) fclose(f);
    return n == 0 || manifest_may_start(start, n);
}

static enum error_code add_named(struct input_files *out, const struct named_path *p, struct sources *sources,
                                 struct error *e) {
    uint32_t number = UINT32_MAX;
    struct stat st;
    if (p->kind == NAMED_ENTRY ||
        (p->kind == NAMED_FILE && stat(p->path, &st) == 0 && S_ISREG(st.st_mode) && !may_be_manifest(p->path)))
        return add_file(out, p->path, NULL, number, e);
    TRY(sources_read(sources, p->path, &number, e));
    const struct file_buffer *text = &sources->text;
    bool no_memory = false;
    if (p->kind == NAMED_MANIFEST || manifest_is(text->data, text->size, &no_memory))
        return add_manifest(out, p->path, text->data, text->size, e);
    if (no_memory) return error_set(e, ERR_FAILED, p->path, "out of memory");
    return add_file(out, p->path, NULL, number, e);
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

enum error_code paths_expand(const struct named_paths *named, struct sources *sources, struct input_files *out,
                             struct error *e) {
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < named->n; i++) TRY(add_named(out, &named->at[i], sources, e));
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
