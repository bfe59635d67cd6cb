/* SPDX-License-Identifier: Apache-2.0
 * Errors of the library as the command line's own. */
#ifndef SPOTSIM_CLI_API_ERROR_H
#define SPOTSIM_CLI_API_ERROR_H

#include "api/spotsim.h"
#include "base/error.h"

/* `return from_api(spotsim_x(..., &why), &why, e);` */
static inline enum error_code from_api(enum spotsim_code rc, const struct spotsim_error *why, struct error *e) {
    if (rc == SPOTSIM_OK) return OK;
    return error_set(e, rc == SPOTSIM_INPUT ? ERR_INPUT : ERR_FAILED, why->where, "%s", why->message);
}

#endif
