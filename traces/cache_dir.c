/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/cache_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"
#include "traces/cache_file.h"

#define SUFFIX ".trace"
#define TEMP_SUFFIX ".tmp"
#define NAME_LENGTH (16 + sizeof SUFFIX - 1)
#define TEMP_TRIES 100
#define DAY_S 86400
#define HOUR_S 3600

static char *path_of(const char *dir, const char *key) {
    char *path;
    uint64_t name = hash64(key, strlen(key), 0);
    return asprintf(&path, "%s/%016" PRIx64 SUFFIX, dir, name) < 0 ? NULL : path;
}

int cache_dir_open(const struct trace_cache *cache, const char *key) {
    char *path = path_of(cache->dir, key);
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    free(path);
    return fd;
}

void cache_dir_used(int fd) {
    struct stat st;
    if (fstat(fd, &st) == 0 && time(NULL) - st.st_mtim.tv_sec > DAY_S) futimens(fd, NULL);
}

/* ---- what is there --------------------------------------------------------------- */

struct entry {
    char name[NAME_LENGTH + 1];
    time_t used_s;
    uint64_t size;
};
struct entries {
    uint32_t n, room;
    struct entry *at; /* used longest ago first */
};

static bool is_ours(const char *name) {
    return strspn(name, "0123456789abcdef") == 16 && strcmp(name + 16, SUFFIX) == 0;
}

/* Left behind by a process that was killed. */
static bool is_leftover(const char *name, const struct stat *st) {
    size_t n = strlen(name);
    return n > NAME_LENGTH && strspn(name, "0123456789abcdef") == 16 &&
           strncmp(name + 16, SUFFIX, sizeof SUFFIX - 1) == 0 && strcmp(name + n - 4, TEMP_SUFFIX) == 0 &&
           time(NULL) - st->st_mtim.tv_sec > HOUR_S;
}

static int by_use(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    if (x->used_s != y->used_s) return x->used_s < y->used_s ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool add_entry(struct entries *e, const char *name, const struct stat *st) {
    if (e->n == e->room) {
        uint32_t room = e->room ? e->room * 2 : 64;
        struct entry *grown = realloc(e->at, room * sizeof *grown);
        if (!grown) return false;
        e->at = grown;
        e->room = room;
    }
    struct entry *to = &e->at[e->n++];
    memcpy(to->name, name, sizeof to->name);
    to->used_s = st->st_mtim.tv_sec;
    to->size = (uint64_t)st->st_size;
    return true;
}

static bool look(const char *dir, struct entries *out) {
    memset(out, 0, sizeof *out);
    DIR *d = opendir(dir);
    if (!d) return errno == ENOENT;
    bool ok = true;
    for (struct dirent *entry; ok && (entry = readdir(d));) {
        struct stat st;
        if (fstatat(dirfd(d), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) continue;
        if (is_ours(entry->d_name)) ok = add_entry(out, entry->d_name, &st);
        if (is_leftover(entry->d_name, &st)) unlinkat(dirfd(d), entry->d_name, 0);
    }
    closedir(d);
    if (out->n) qsort(out->at, out->n, sizeof *out->at, by_use);
    return ok;
}

static bool remove_entry(const char *dir, const char *name) {
    char *path;
    if (asprintf(&path, "%s/%s", dir, name) < 0) return false;
    bool ok = unlink(path) == 0 || errno == ENOENT;
    free(path);
    return ok;
}

static void make_room(const struct trace_cache *cache, const char *newest) {
    struct entries found;
    uint64_t sum = 0;
    if (look(cache->dir, &found)) {
        for (uint32_t i = 0; i < found.n; i++) sum += found.at[i].size;
        for (uint32_t i = 0; i < found.n && sum > cache->max_bytes; i++) {
            if (strcmp(found.at[i].name, newest) == 0) continue;
            if (remove_entry(cache->dir, found.at[i].name)) sum -= found.at[i].size;
        }
    }
    free(found.at);
}

/* ---- writing --------------------------------------------------------------------- */

static bool make_dirs(const char *dir) {
    if (mkdir(dir, 0700) == 0 || errno == EEXIST) return true;
    char *copy = strdup(dir);
    bool ok = copy != NULL;
    for (char *p = ok ? strchr(copy + 1, '/') : NULL; p && ok; p = strchr(p + 1, '/')) {
        *p = '\0';
        ok = mkdir(copy, 0700) == 0 || errno == EEXIST;
        *p = '/';
    }
    free(copy);
    return ok && (mkdir(dir, 0700) == 0 || errno == EEXIST);
}

static bool put_at(void *arg, size_t at, const void *data, size_t size) {
    const char *p = data;
    while (size) {
        ssize_t n = pwrite(*(int *)arg, p, size, (off_t)at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        p += n;
        at += (size_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* A name that no other process uses. */
static int open_temp(const char *path, char **temp) {
    for (int i = 0; i < TEMP_TRIES; i++) {
        if (asprintf(temp, "%s.%ld-%d" TEMP_SUFFIX, path, (long)getpid(), i) < 0) break;
        int fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0) return fd;
        free(*temp);
        if (errno != EEXIST) break;
    }
    *temp = NULL;
    return -1;
}

void cache_dir_write(const struct trace_cache *cache, const struct cache_file *c) {
    if (cache_file_bytes(c->trace) > cache->max_bytes || !make_dirs(cache->dir)) return;
    char *path = path_of(cache->dir, c->key), *temp = NULL;
    int fd = path ? open_temp(path, &temp) : -1;
    if (fd >= 0) {
        /* no fsync: a file cut by a crash fails its checks and is made again */
        bool ok = cache_file_write(c, put_at, &fd);
        if (close(fd) != 0) ok = false;
        if (!ok || rename(temp, path) != 0)
            unlink(temp);
        else
            make_room(cache, strrchr(path, '/') + 1);
    }
    free(temp);
    free(path);
}

/* ---- for the user ---------------------------------------------------------------- */

static void describe(const char *dir, const struct entry *entry, struct strbuf *out) {
    struct file_buffer text = {0};
    struct cache_file c;
    char *path, when[32];
    if (asprintf(&path, "%s/%s", dir, entry->name) < 0) {
        out->failed = true;
        return;
    }
    text_format_timestamp((int64_t)entry->used_s * MS_PER_S, when);
    strbuf_printf(out, "%.19sZ %10" PRIu64 "  ", when, entry->size);
    if (file_read_again(path, &text, NULL) == OK && cache_file_open((void *)text.data, text.size, &c)) {
        strbuf_line(out, c.sources.n ? c.sources.file[0].path : "");
        if (c.sources.n > 1) strbuf_printf(out, " and %" PRIu32 " more", c.sources.n - 1);
        cache_file_close(&c);
    } else {
        strbuf_puts(out, "(of another version, or damaged)");
    }
    strbuf_puts(out, "\n");
    file_buffer_free(&text);
    free(path);
}

enum error_code cache_dir_list(const char *dir, struct strbuf *out, struct error *e) {
    struct entries found;
    bool ok = look(dir, &found);
    for (uint32_t i = 0; i < found.n && ok; i++) describe(dir, &found.at[i], out);
    free(found.at);
    return ok ? OK : error_set(e, ERR_FAILED, dir, "cannot look into it: %s", strerror(errno));
}

enum error_code cache_dir_clear(const char *dir, uint32_t *removed, struct error *e) {
    struct entries found;
    bool ok = look(dir, &found);
    *removed = 0;
    for (uint32_t i = 0; i < found.n && ok; i++) {
        ok = remove_entry(dir, found.at[i].name);
        *removed += ok;
    }
    int why = errno;
    free(found.at);
    return ok ? OK : error_set(e, ERR_FAILED, dir, "cannot remove a file in it: %s", strerror(why));
}
