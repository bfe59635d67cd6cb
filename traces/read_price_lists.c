/* SPDX-License-Identifier: Apache-2.0
 * Spot prices as one list per pool, joined to capacities by sample index. */
#include <cjson/cJSON.h>

#include "traces/json.h"
#include "traces/readers.h"

enum error_code read_price_lists(struct trace_builder *b, const struct source *src, const struct cJSON *doc,
                                 const struct json_lists *lists, struct error *e) {
    uint32_t n = 0;
    bool alone = cJSON_GetArraySize(doc) == 1;
    for (const cJSON *list = doc->child; list; list = list->next, n++) {
        struct raw_pool *p;
        struct series s = {0};
        TRY(builder_pool(b, src, list->string, alone, &p, e));
        TRY(prices_from_json(list, lists, src, list->string, &s, e));
        TRY(builder_add_price(p, src, &s, e));
    }
    return n ? OK : error_set(e, ERR_INPUT, src->path, "holds no pools; expected {\"pool\": [price, ...], ...}");
}
