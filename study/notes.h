/* SPDX-License-Identifier: Apache-2.0
 * Remarks for the user (inferred values, and warnings of what is likely not
 * meant), collected by library code and printed by the command line. */
#ifndef SPOTSIM_STUDY_NOTES_H
#define SPOTSIM_STUDY_NOTES_H

#include <stdbool.h>
#include <stdint.h>

struct notes { /* zero-initialised is empty */
    uint32_t n, room;
    char **lines;  /* owned; no newline at the end */
    bool *warning; /* [line]; owned */
};

/* Adds one line; the same line twice is kept once.  A line that cannot be
 * stored for want of memory is dropped. */
void notes_add(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Same, as a warning. */
void notes_warn(struct notes *notes, const char *format, ...) __attribute__((format(printf, 2, 3)));
void notes_add_all(struct notes *notes, const struct notes *from);
void notes_free(struct notes *notes);

#endif
