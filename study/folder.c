/* SPDX-License-Identifier: Apache-2.0 */
#include "study/folder.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "study/json_text.h"

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at) {
    (void)st;
    (void)flag;
    (void)at;
    return remove(path);
}

static void remove_tree(const char *path) { nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); }

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

static bool is_empty(const char *path) {
    DIR *dir = opendir(path);
    if (!dir) return false;
    unsigned n = 0;
    while (readdir(dir)) n++;
    closedir(dir);
    return n <= 2; /* . and .. */
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

enum error_code folder_open(struct folder *f, const char *path, struct error *e) {
    *f = (struct folder){0};
    struct stat st;
    if (!*path) return error_set(e, ERR_INPUT, "--out", "expected a folder's name");
    if (lstat(path, &st) == 0 && (!S_ISDIR(st.st_mode) || (!is_empty(path) && !is_ours(path))))
        return error_set(e, ERR_INPUT, path,
                         "is there already and is no study of ours (no manifest.json); "
                         "expected a new folder or an older study");
    f->path = clean_path(path);
    if (!f->path || asprintf(&f->temp, "%s.partial-%ld", f->path, (long)getpid()) < 0) {
        f->temp = NULL;
        folder_discard(f);
        return error_set(e, ERR_FAILED, path, "out of memory");
    }
    enum error_code rc = make_parents(f->path, e);
    if (rc == OK && mkdir(f->temp, 0777) != 0) rc = make_error(e, f->temp, errno);
    if (rc != OK) {
        free(f->temp);
        f->temp = NULL;
        folder_discard(f);
    }
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
    if (replace) remove_tree(old);
    free(old);
    free(f->temp);
    f->temp = NULL;
    return OK;
}

void folder_discard(struct folder *f) {
    if (f->temp) remove_tree(f->temp);
    free(f->temp);
    free(f->path);
    *f = (struct folder){0};
}
