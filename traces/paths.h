/* SPDX-License-Identifier: Apache-2.0
 * From what a user names (files, folders, globs, manifests) to the list of
 * files to read.  Private to traces/. */
#ifndef SPOTSIM_TRACES_PATHS_H
#define SPOTSIM_TRACES_PATHS_H

#include "traces/manifest.h"
#include "traces/sources.h"

/* What the user's paths name, before any file is read. */
enum named_kind {
    NAMED_FILE = 'f',     /* a trace or a manifest: its content says which */
    NAMED_MANIFEST = 'm', /* manifest.json of a folder */
    NAMED_ENTRY = 'e',    /* a trace in a folder */
};
struct named_path {
    char *path;
    enum named_kind kind;
};
struct named_paths {
    uint32_t n, room;
    struct named_path *at; /* rising by path */
};
/* Folders and patterns looked up.  Free with named_paths_free, on failure too. */
enum error_code named_paths_find(const char *const *paths, uint32_t n, struct named_paths *out, struct error *e);
void named_paths_free(struct named_paths *p);

struct input_file {
    char *path;                     /* to open, and for messages */
    char *real;                     /* without links and dots: the same file named twice counts once */
    const struct file_hints *hints; /* borrowed from a manifest of the list, or NULL */
    uint32_t source;                /* its number among the sources, UINT32_MAX: not read yet */
};
struct input_files {
    uint32_t n, room;
    struct input_file *files; /* rising by real path */
    uint32_t n_manifests;
    struct manifest **manifests;
};

/* Reads what may be a manifest.  Free with paths_free, on failure too. */
enum error_code paths_expand(const struct named_paths *named, struct sources *sources, struct input_files *out,
                             struct error *e);
void paths_free(struct input_files *f);

#endif
