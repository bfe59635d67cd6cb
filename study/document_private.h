/* SPDX-License-Identifier: Apache-2.0
 * Shared by document.c and document_set.c only. */
#ifndef SPOTSIM_STUDY_DOCUMENT_PRIVATE_H
#define SPOTSIM_STUDY_DOCUMENT_PRIVATE_H

#include "study/document.h"

struct doc_origin {
    char *path, *label;
};

struct scenario_doc {
    struct cJSON *root;
    char *source; /* file name; NULL when there is none */
    struct doc_origin *origins;
    uint32_t n_origins;
};

enum error_code doc_note_origin(struct scenario_doc *doc, const char *path, const char *label, struct error *e);

#endif
