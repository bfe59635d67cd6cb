/* SPDX-License-Identifier: Apache-2.0
 * A study's output folder: written under another name beside its place and
 * renamed when it is whole, so a folder that looks complete is. */
#ifndef SPOTSIM_STUDY_FOLDER_H
#define SPOTSIM_STUDY_FOLDER_H

#include "base/error.h"
#include "base/text.h"

struct folder { /* zero-initialised: none */
    char *path; /* where it will be; owned */
    char *temp; /* where it is being written; owned; NULL before folder_begin and after folder_commit */
};

/* Decides where it will be and checks everything that can be known before
 * hours of runs: an existing `path` (a symbolic link is followed) is refused
 * unless it is empty or an older study with nothing in it that a study does not
 * write; so are the current directory, mount points and places where no folder
 * can be made.  Leaves nothing behind.  ERR_INPUT names what is in the way. */
enum error_code folder_choose(struct folder *f, const char *path, struct error *e);
/* Creates the temporary folder (and missing parents). */
enum error_code folder_begin(struct folder *f, struct error *e);
/* Writes one file into it; `name` may have one folder part, such as
 * "curves/base.dat". */
enum error_code folder_write(const struct folder *f, const char *name, const struct strbuf *text, struct error *e);
/* Path of a file inside, owned by the caller; NULL: out of memory. */
char *folder_file(const struct folder *f, const char *name);
/* Moves the folder to its place; of an old study there, the files that a study
 * writes are deleted, and nothing else is. */
enum error_code folder_commit(struct folder *f, struct error *e);
/* Removes what is not committed; frees. */
void folder_discard(struct folder *f);

#endif
