/* SPDX-License-Identifier: Apache-2.0
 * Models written out in tests. */
#ifndef SPOTSIM_TESTS_MODEL_TEXT_H
#define SPOTSIM_TESTS_MODEL_TEXT_H

#include <string.h>

#include "tests/support/support.h"
#include "traces/model.h"

static inline struct model *parse(const char *text) {
    struct model *m = NULL;
    struct error e = {0};
    assert_ok(model_parse("m.json", text, strlen(text), &m, &e), &e);
    return m;
}

static inline void refuse_(const char *text, const char *piece, const char *file, int line) {
    struct model *m = NULL;
    struct error e = {0};
    enum error_code rc = model_parse("m.json", text, strlen(text), &m, &e);
    test_error(rc, ERR_INPUT, &e, file, line, "m.json", piece, NULL);
    assert_null(m);
}
#define refuse(text, piece) refuse_((text), (piece), __FILE__, __LINE__)

#endif
