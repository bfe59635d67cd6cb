/* SPDX-License-Identifier: Apache-2.0 */
#include "study/notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the line over. */
static void add_line(struct notes *notes, char *line, bool warning) {
    for (uint32_t i = 0; i < notes->n; i++) {
        if (strcmp(notes->lines[i], line) == 0) {
            notes->warning[i] |= warning;
            free(line);
            return;
        }
    }
    if (notes->n == notes->room) {
        uint32_t room = notes->room ? notes->room * 2 : 8;
        char **lines = realloc(notes->lines, room * sizeof *lines);
        if (lines) notes->lines = lines;
        bool *warnings = lines ? realloc(notes->warning, room * sizeof *warnings) : NULL;
        if (!warnings) {
            free(line);
            return;
        }
        notes->warning = warnings;
        notes->room = room;
    }
    notes->warning[notes->n] = warning;
    notes->lines[notes->n++] = line;
}

void notes_add(struct notes *notes, const char *format, ...) {
    va_list args;
    char *line = NULL;
    va_start(args, format);
    int length = vasprintf(&line, format, args);
    va_end(args);
    if (length >= 0) add_line(notes, line, false);
}

void notes_warn(struct notes *notes, const char *format, ...) {
    va_list args;
    char *line = NULL;
    va_start(args, format);
    int length = vasprintf(&line, format, args);
    va_end(args);
    if (length >= 0) add_line(notes, line, true);
}

void notes_add_all(struct notes *notes, const struct notes *from) {
    for (uint32_t i = 0; i < from->n; i++) {
        char *line = strdup(from->lines[i]);
        if (line) add_line(notes, line, from->warning[i]);
    }
}

void notes_free(struct notes *notes) {
    for (uint32_t i = 0; i < notes->n; i++) free(notes->lines[i]);
    free(notes->lines);
    free(notes->warning);
    memset(notes, 0, sizeof *notes);
}
