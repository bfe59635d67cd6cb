/* SPDX-License-Identifier: Apache-2.0 */
#include "study/folder.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "study/json_text.h"

/* Everything that a study leaves behind: all that may ever be deleted here. */
static const char *const study_files[] = {"manifest.json", "build.json",      "study.db",     "runs.csv",
                                          "summary.csv",   "differences.csv", "timeline.csv", "report.html"};
static const char *const curve_names[] = {"base", "outages", "stress", "timeline", "availability", "cost", "frontier"};
static const char *const curve_formats[] = {"dat", "svg", "png"};
#define N(a) (sizeof(a) / sizeof((a)[0]))
#define CURVES "curves"

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at) {
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

/* Only for folders that this process made. */
static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

/* An older study, file by file; false when something else is in there, which
 * then stays. */
static bool remove_study(const char *path) {
    struct strbuf file = {0};
    for (size_t i = 0; i < N(study_files); i++) {
        file.size = 0;
        strbuf_printf(&file, "%s/%s", path, study_files[i]);
        if (!file.failed) unlink(file.data);
    }
    for (size_t i = 0; i < N(curve_names) * N(curve_formats); i++) {
        file.size = 0;
        strbuf_printf(&file, "%s/" CURVES "/%s.%s", path, curve_names[i / N(curve_formats)],
                      curve_formats[i % N(curve_formats)]);
        if (!file.failed) unlink(file.data);
    }
    file.size = 0;
    strbuf_printf(&file, "%s/" CURVES, path);
    if (!file.failed) rmdir(file.data);
    strbuf_free(&file);
    return rmdir(path) == 0;
}

static enum error_code make_error(struct error *e, const char *path, int why) {
    enum error_code code = why == ENOSPC || why == EIO || why == EDQUOT ? ERR_FAILED : ERR_INPUT;
    return error_set(e, code, path, "cannot write there: %s", strerror(why));
}

static enum error_code make_parents(const char *path, struct error *e) {
    char *copy = strdup(path);
    if (!copy) return error_set(e, ERR_FAILED, path, "out of memory");
    for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
            enum error_code rc = make_error(e, copy, errno);
            free(copy);
            return rc;
        }
        *p = '/';
    }
    free(copy);
    return OK;
}

static bool is_study_entry(const char *name, mode_t mode) {
    if (strcmp(name, CURVES) == 0) return S_ISDIR(mode);
    for (size_t i = 0; i < N(study_files); i++)
        if (strcmp(name, study_files[i]) == 0) return S_ISREG(mode);
    return false;
}

static bool is_curve_entry(const char *name, mode_t mode) {
    char known[64];
    for (size_t i = 0; i < N(curve_names) * N(curve_formats); i++) {
        snprintf(known, sizeof known, "%s.%s", curve_names[i / N(curve_formats)], curve_formats[i % N(curve_formats)]);
        if (strcmp(name, known) == 0) return S_ISREG(mode);
    }
    return false;
}

/* The first entry by name, other than "." and "..", that is none of ours
 * (`ours` NULL: any); *name is owned by the caller, NULL: there is none. */
static enum error_code find_other(const char *dir, bool (*ours)(const char *name, mode_t mode), char **name,
                                  struct error *e) {
    *name = NULL;
    DIR *d = opendir(dir);
    if (!d) return errno == ENOENT ? OK : error_set(e, ERR_INPUT, dir, "cannot look into it: %s", strerror(errno));
    enum error_code rc = OK;
    for (struct dirent *entry; rc == OK && (entry = readdir(d));) {
        struct stat st;
        const char *at = entry->d_name;
        if (strcmp(at, ".") == 0 || strcmp(at, "..") == 0 || (*name && strcmp(at, *name) > 0)) continue;
        mode_t mode = fstatat(dirfd(d), at, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode : 0;
        if (ours && ours(at, mode)) continue;
        free(*name);
        *name = strdup(at);
        if (!*name) rc = error_set(e, ERR_FAILED, dir, "out of memory");
    }
    closedir(d);
    return rc;
}

/* A study is replaced only when nothing would be lost by it. */
static enum error_code check_nothing_else(const char *path, struct error *e) {
    char *name = NULL, *curves = NULL;
    TRY(find_other(path, is_study_entry, &name, e));
    const char *below = name ? "" : CURVES "/";
    enum error_code rc = OK;
    if (!name) {
        if (asprintf(&curves, "%s/" CURVES, path) < 0) return error_set(e, ERR_FAILED, path, "out of memory");
        rc = find_other(curves, is_curve_entry, &name, e);
        free(curves);
    }
    if (rc == OK && name)
        rc = error_set(e, ERR_INPUT, path,
                       "holds \"%s%s\", which no study writes and which replacing the study would delete; "
                       "move it away or name another folder",
                       below, name);
    free(name);
    return rc;
}

static bool is_ours(const char *path) {
    char *name = NULL, *text = NULL;
    size_t size = 0;
    struct error ignored;
    if (asprintf(&name, "%s/manifest.json", path) < 0) return false;
    bool ours = false;
    cJSON *root = NULL;
    if (file_read(name, &text, &size, &ignored) == OK && json_text_parse(text, size, name, &root, &ignored) == OK)
        ours = cJSON_GetObjectItemCaseSensitive(root, "manifest") != NULL;
    cJSON_Delete(root);
    free(text);
    free(name);
    return ours;
}

/* "out/" and "out" are the same place. */
static char *clean_path(const char *path) {
    char *copy = strdup(path);
    for (size_t n = copy ? strlen(copy) : 0; n > 1 && copy[n - 1] == '/'; n--) copy[n - 1] = '\0';
    return copy;
}

static bool ends_in_dots(const char *path) {
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    return strcmp(last, ".") == 0 || strcmp(last, "..") == 0;
}

/* The folder that holds `path`; owned. */
static char *parent_of(const char *path) {
    const char *slash = strrchr(path, '/');
    if (!slash) return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* A folder that this process or another stands in cannot be replaced. */
static enum error_code check_not_here(const char *path, struct error *e) {
    char *real = realpath(path, NULL), *here = realpath(".", NULL);
    size_t n = real ? strlen(real) : 0;
    bool inside = real && here && strncmp(here, real, n) == 0 && (n == 1 || here[n] == '\0' || here[n] == '/');
    free(real);
    free(here);
    return inside ? error_set(e, ERR_INPUT, path,
                              "is the current directory or holds it; expected a new folder or an older study")
                  : OK;
}

/* Something is there: the path to it without symbolic link at the end, so that
 * what is replaced is the study and not the link. */
static enum error_code check_existing(char **path, bool link, struct error *e) {
    if (link || ends_in_dots(*path)) {
        char *real = realpath(*path, NULL);
        if (!real) return error_set(e, ERR_INPUT, *path, "the symbolic link leads nowhere: %s", strerror(errno));
        free(*path);
        *path = real;
    }
    TRY(check_not_here(*path, e));
    struct stat st;
    char *any = NULL;
    bool folder = stat(*path, &st) == 0 && S_ISDIR(st.st_mode);
    if (folder) TRY(find_other(*path, NULL, &any, e));
    bool empty = folder && !any;
    free(any);
    if (empty) return OK;
    if (!folder || !is_ours(*path))
        return error_set(e, ERR_INPUT, *path,
                         "is there already and is no study of ours (no manifest.json); "
                         "expected a new folder or an older study");
    return check_nothing_else(*path, e);
}

/* Tries what writing will need, in the nearest folder that exists: access()
 * would not know of disks, quotas and special file systems. */
static enum error_code check_place(const char *path, struct error *e) {
    char *parent = parent_of(path), *probe = NULL;
    struct stat st, own;
    while (parent && stat(parent, &st) != 0 && errno == ENOENT) {
        char *above = parent_of(parent);
        free(parent);
        parent = above;
    }
    const char *slash = strrchr(path, '/');
    if (!parent || asprintf(&probe, "%s/%s.partial-%ld", parent, slash ? slash + 1 : path, (long)getpid()) < 0) {
        free(parent);
        return error_set(e, ERR_FAILED, path, "out of memory");
    }
    enum error_code rc = OK;
    if (mkdir(probe, 0777) != 0)
        rc = make_error(e, parent, errno);
    else
        rmdir(probe);
    if (rc == OK && stat(path, &own) == 0 && stat(parent, &st) == 0 && own.st_dev != st.st_dev)
        rc = error_set(e, ERR_INPUT, path, "is a mount point and cannot be replaced; name a folder inside it");
    free(probe);
    free(parent);
    return rc;
}

enum error_code folder_choose(struct folder *f, const char *path, struct error *e) {
    *f = (struct folder){0};
    struct stat st;
    if (!*path) return error_set(e, ERR_INPUT, "--out", "expected a folder's name");
    f->path = clean_path(path);
    if (!f->path) return error_set(e, ERR_FAILED, path, "out of memory");
    enum error_code rc = OK;
    if (lstat(f->path, &st) == 0)
        rc = check_existing(&f->path, S_ISLNK(st.st_mode), e);
    else if (errno != ENOENT || ends_in_dots(f->path))
        rc = make_error(e, f->path, errno);
    if (rc == OK) rc = check_place(f->path, e);
    if (rc != OK) folder_discard(f);
    return rc;
}

enum error_code folder_begin(struct folder *f, struct error *e) {
    char *temp = NULL;
    if (asprintf(&temp, "%s.partial-%ld", f->path, (long)getpid()) < 0)
        return error_set(e, ERR_FAILED, f->path, "out of memory");
    enum error_code rc = make_parents(f->path, e);
    if (rc == OK && mkdir(temp, 0777) != 0) rc = make_error(e, temp, errno);
    if (rc == OK)
        f->temp = temp;
    else
        free(temp);
    return rc;
}

char *folder_file(const struct folder *f, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", f->temp, name) < 0 ? NULL : path;
}

enum error_code folder_write(const struct folder *f, const char *name, const struct strbuf *text, struct error *e) {
    char *path = folder_file(f, name);
    if (!path || text->failed) {
        free(path);
        return error_set(e, ERR_FAILED, name, "out of memory");
    }
    char *slash = strrchr(path, '/');
    enum error_code rc = OK;
    if (strchr(name, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) != 0 && errno != EEXIST) rc = make_error(e, path, errno);
        *slash = '/';
    }
    if (rc == OK) rc = file_write(path, text->data ? text->data : "", text->size, e);
    free(path);
    return rc;
}

enum error_code folder_commit(struct folder *f, struct error *e) {
    char *old = NULL;
    struct stat st;
    bool replace = lstat(f->path, &st) == 0;
    if (replace && asprintf(&old, "%s.old-%ld", f->path, (long)getpid()) < 0)
        return error_set(e, ERR_FAILED, f->path, "out of memory");
    if (replace && rename(f->path, old) != 0) {
        free(old);
        return error_set(e, ERR_FAILED, f->path, "cannot move the old study away: %s", strerror(errno));
    }
    if (rename(f->temp, f->path) != 0) {
        enum error_code rc = error_set(e, ERR_FAILED, f->path, "cannot put the study there: %s", strerror(errno));
        if (replace && rename(old, f->path) != 0) error_in(e, old); /* the old study stays there */
        free(old);
        return rc;
    }
    free(f->temp);
    f->temp = NULL;
    enum error_code rc = OK;
    if (replace && !remove_study(old)) /* it came while the study ran */
        rc = error_set(e, ERR_FAILED, f->path, "written; what else was in the older study is now in %s", old);
    free(old);
    return rc;
}

void folder_discard(struct folder *f) {
    if (f->temp) remove_tree(f->temp);
    free(f->temp);
    free(f->path);
    *f = (struct folder){0};
}
