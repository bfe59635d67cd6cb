/* SPDX-License-Identifier: Apache-2.0
 * From what a user names (files, folders, globs, manifests) to the list of
 * files to read.  Private to traces/. */
#ifndef SPOTSIM_TRACES_PATHS_H
#define SPOTSIM_TRACES_PATHS_H

#include "traces/manifest.h"

struct input_file {
    char *path;                     /* to open, and for messages */
    char *real;                     /* without links and dots: the same file named twice counts once */
    const struct file_hints *hints; /* borrowed from a manifest of the list, or NULL */
};
struct input_files {
    uint32_t n, room;
    struct input_file *files; /* rising by real path */
    uint32_t n_manifests;
    struct manifest **manifests;
};

/* Free with paths_free, on failure too. */
enum error_code paths_expand(const char *const *paths, uint32_t n, struct input_files *out, struct error *e);
void paths_free(struct input_files *f);

#endif
