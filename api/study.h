/* SPDX-License-Identifier: Apache-2.0
 * A study and where it is written. */
#ifndef SPOTSIM_API_STUDY_H
#define SPOTSIM_API_STUDY_H

#include "api/private.h"
#include "study/folder.h"

enum study_state { STUDY_NEW, STUDY_DONE, STUDY_FAILED };

struct spotsim_study {
    struct spotsim_env *env;
    struct scenario_doc *doc;
    struct study inner;
    struct folder folder;
    enum study_state state;
    bool written; /* or tried to */
};

#endif
