/* SPDX-License-Identifier: Apache-2.0
 * A study's output folder: written under another name beside its place and
 * renamed when it is whole, so a folder that looks complete is. */
#ifndef SPOTSIM_STUDY_FOLDER_H
#define SPOTSIM_STUDY_FOLDER_H

#include "base/error.h"
#include "base/text.h"

struct folder { /* zero-initialised: none */
    char *path; /* where it will be; owned */
    char *temp; /* where it is being written; owned */
};

/* Creates the temporary folder (and missing parents).  An existing `path` is
 * refused unless it is empty or holds a study of ours (its manifest.json). */
enum error_code folder_open(struct folder *f, const char *path, struct error *e);
/* Writes one file into it; `name` may have one folder part, such as
 * "curves/base.dat". */
enum error_code folder_write(const struct folder *f, const char *name, const struct strbuf *text, struct error *e);
/* Path of a file inside, owned by the caller; NULL: out of memory. */
char *folder_file(const struct folder *f, const char *name);
/* Moves the folder to its place; an old study there is replaced. */
enum error_code folder_commit(struct folder *f, struct error *e);
/* Removes what is not committed; frees. */
void folder_discard(struct folder *f);

#endif
