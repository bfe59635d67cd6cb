/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <errno.h>

struct cJSON *json_parse(const char *text, size_t size, const char **end, bool to_nul, bool *no_memory) {
    errno = 0;
    cJSON *document = cJSON_ParseWithLengthOpts(text, size, end, to_nul);
    *no_memory = !document && errno == ENOMEM;
    return document;
}
