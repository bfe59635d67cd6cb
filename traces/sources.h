/* SPDX-License-Identifier: Apache-2.0
 * The files that a trace was read from, and by what it shows that one of them
 * is no longer the same.  Private to traces/. */
#ifndef SPOTSIM_TRACES_SOURCES_H
#define SPOTSIM_TRACES_SOURCES_H

#include "base/text.h"

struct source_file {
    char *path; /* as opened */
    struct file_mark mark;
    bool settled;     /* an equal mark means an equal file */
    uint64_t content; /* of its bytes: hash64 of block after block, each seeded by the one before */
    uint64_t place;   /* hash64 of its real path: which names are one file decides what is read */
};
struct sources {
    bool kept; /* files are remembered, not only read */
    bool torn; /* one was read twice and had changed */
    uint32_t n, room;
    struct source_file *file;
    struct file_buffer text; /* of the file read last */
    int64_t now_ns;          /* Unix time at the start */
};

void sources_start(struct sources *s, bool kept);
void sources_free(struct sources *s);
/* Reads a file into s->text and remembers it.  *number (may be NULL) is its
 * place in s->file; a file that has one already (not NULL, not UINT32_MAX) is
 * only checked again. */
enum error_code sources_read(struct sources *s, const char *path, uint32_t *number, struct error *e);
/* A file that is read as it is used. */
struct source_stream {
    struct file_blocks blocks;
    bool started; /* the first block has been handed out */
    bool failed;
    struct error error;
    const char *path;
    uint64_t content;
};
/* Opens a file and reads its first block to look at.  False: it is not larger
 * than that, or cannot be read; nothing needs to be closed then. */
bool sources_stream_open(const char *path, struct source_stream *out);
/* A csv_more; the first block once more at first. */
bool sources_stream_more(void *stream, const char **data, size_t *size);
/* Remembers a file that was read to its end, if all went well. */
enum error_code sources_stream_close(struct sources *s, struct source_stream *stream, enum error_code rc,
                                     struct error *e);

/* Whether the file is the one remembered.  Reads it when its mark does not say;
 * then *renewed is set and f has its mark of today. */
bool sources_same(struct sources *s, struct source_file *f, bool *renewed);

#endif
