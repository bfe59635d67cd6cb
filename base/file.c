/* SPDX-License-Identifier: Apache-2.0
 * Whole files in, whole files out. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define FILE_LIMIT ((size_t)1 << 30)
#define TEMP_TRIES 100

/* Mistakes of the user against failures of the machine. */
static enum error_code code_of_errno(int err) {
    switch (err) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
        return ERR_INPUT;
    default:
        return ERR_FAILED;
    }
}

static void mark_of(const struct stat *st, struct file_mark *mark) {
    *mark = (struct file_mark){st->st_dev, st->st_ino, st->st_size,
                               st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec,
                               st->st_ctim.tv_sec * INT64_C(1000000000) + st->st_ctim.tv_nsec};
}

bool file_mark(const char *path, struct file_mark *mark) {
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) return false;
    mark_of(&st, mark);
    return true;
}

bool file_mark_equal(const struct file_mark *a, const struct file_mark *b) {
    return a->device == b->device && a->inode == b->inode && a->size == b->size && a->modified_ns == b->modified_ns &&
           a->changed_ns == b->changed_ns;
}

bool file_mark_settled(const struct file_mark *mark, int64_t now_ns) {
    int64_t last = mark->modified_ns > mark->changed_ns ? mark->modified_ns : mark->changed_ns;
    return now_ns - last >= INT64_C(2000000000);
}

/* Room for `need` bytes and the end mark. */
static bool file_room(struct file_buffer *b, size_t need) {
    if (need < b->room) return true;
    char *data = realloc(b->data, need + 1);
    if (!data) return false;
    b->data = data;
    b->room = need + 1;
    return true;
}

/* A file may be longer than it said, a pipe says nothing: read to the end. */
static enum error_code read_all(int fd, const char *path, size_t expected, struct file_buffer *b, struct error *e) {
    b->size = 0;
    if (!file_room(b, expected)) return error_set(e, ERR_FAILED, path, "out of memory");
    for (;;) {
        ssize_t n;
        if (b->size < b->room - 1) {
            n = read(fd, b->data + b->size, b->room - 1 - b->size);
        } else {
            char more; /* most files end here: look before asking for memory */
            n = read(fd, &more, 1);
            if (n == 1 && !file_room(b, b->room + b->room / 2 + 65536))
                return error_set(e, ERR_FAILED, path, "out of memory");
            if (n == 1) b->data[b->size] = more;
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return error_set(e, code_of_errno(errno), path, "cannot read: %s", strerror(errno));
        if (n == 0) break;
        b->size += (size_t)n;
        if (b->size > FILE_LIMIT) return error_set(e, ERR_INPUT, path, "larger than 1 GiB");
    }
    b->data[b->size] = '\0';
    return OK;
}

enum error_code file_read_again(const char *path, struct file_buffer *b, struct error *e) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
    struct stat st = {0};
    enum error_code rc = OK;
    if (fstat(fd, &st) != 0)
        rc = error_set(e, ERR_FAILED, path, "cannot read: %s", strerror(errno));
    else if (S_ISDIR(st.st_mode))
        rc = error_set(e, ERR_INPUT, path, "is a directory; expected a file");
    else if (st.st_size > (off_t)FILE_LIMIT)
        rc = error_set(e, ERR_INPUT, path, "larger than 1 GiB");
    else
        rc = read_all(fd, path, S_ISREG(st.st_mode) ? (size_t)st.st_size : 65536, b, e);
    close(fd);
    mark_of(&st, &b->mark);
    return rc;
}

void file_buffer_free(struct file_buffer *b) {
    free(b->data);
    *b = (struct file_buffer){0};
}

enum error_code file_read(const char *path, char **data, size_t *size, struct error *e) {
    struct file_buffer b = {0};
    enum error_code rc = file_read_again(path, &b, e);
    if (rc != OK) {
        file_buffer_free(&b);
        return rc;
    }
    *data = b.data;
    *size = b.size;
    return OK;
}

bool file_blocks_open(const char *path, struct file_blocks *b) {
    struct stat st;
    memset(b, 0, sizeof *b);
    b->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (b->fd < 0) return false;
    b->data = malloc(FILE_BLOCK);
    if (b->data && fstat(b->fd, &st) == 0 && S_ISREG(st.st_mode)) {
        mark_of(&st, &b->mark);
        return true;
    }
    file_blocks_close(b);
    return false;
}

bool file_blocks_next(struct file_blocks *b) {
    b->size = 0;
    while (b->size < FILE_BLOCK) {
        ssize_t n = read(b->fd, b->data + b->size, FILE_BLOCK - b->size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        if (n == 0) break;
        b->size += (size_t)n;
    }
    return true;
}

void file_blocks_close(struct file_blocks *b) {
    close(b->fd);
    free(b->data);
    b->data = NULL;
}

static int write_all(int fd, const char *data, size_t size) {
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

static enum error_code write_error(struct error *e, const char *path, int err) {
    return error_set(e, code_of_errno(err), path, "cannot write: %s", strerror(err));
}

/* Devices and pipes are written in place: renaming over them would replace
 * them by a file. */
static enum error_code write_special(const char *path, const void *data, size_t size, struct error *e) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return write_error(e, path, errno);
    int err = write_all(fd, data, size);
    if (close(fd) != 0 && !err) err = errno;
    return err ? error_set(e, ERR_FAILED, path, "cannot write: %s", strerror(err)) : OK;
}

/* A new file beside `path`; its name goes to *temp (free it). */
static enum error_code open_temp(const char *path, char **temp, int *fd, struct error *e) {
    size_t room = strlen(path) + 48;
    *temp = malloc(room);
    if (!*temp) return error_set(e, ERR_FAILED, path, "out of memory");
    for (int i = 0; i < TEMP_TRIES; i++) {
        snprintf(*temp, room, "%s.%ld-%d.tmp", path, (long)getpid(), i);
        *fd = open(*temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (*fd >= 0) return OK;
        if (errno != EEXIST) break;
    }
    return write_error(e, path, errno);
}

enum error_code file_write(const char *path, const void *data, size_t size, struct error *e) {
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return error_set(e, ERR_INPUT, path, "cannot write: is a directory");
        if (!S_ISREG(st.st_mode)) return write_special(path, data, size, e);
    }
    char *temp = NULL;
    int fd = -1;
    enum error_code rc = open_temp(path, &temp, &fd, e);
    if (rc != OK) {
        free(temp);
        return rc;
    }
    int err = write_all(fd, data, size);
    if (!err && fsync(fd) != 0) err = errno;
    if (close(fd) != 0 && !err) err = errno;
    if (!err && rename(temp, path) != 0) err = errno;
    if (err) {
        unlink(temp);
        rc = error_set(e, ERR_FAILED, path, "cannot write: %s", strerror(err));
    }
    free(temp);
    return rc;
}
