/* SPDX-License-Identifier: Apache-2.0 */
#include "traces/align.h"

#include <string.h>

#include "base/text.h"
#include "traces/csv.h"

enum error_code align_parse(struct trace_builder *b, const char *path, const char *data, size_t size, struct error *e) {
    struct csv c;
    bool more;
    trace_csv_open(&c, path, data, size);
    TRY(trace_csv_next(&c, &more, e));
    if (!more || c.n != 2 || strcmp(c.field[0], "pool") != 0 || strcmp(c.field[1], "offset") != 0)
        return error_set(e, ERR_INPUT, path, "expected an alignment file with the header pool,offset");
    for (;;) {
        TRY(trace_csv_next(&c, &more, e));
        if (!more) return OK;
        if (c.raw[0] == '#') continue;
        if (c.n != 2)
            return error_set(e, ERR_INPUT, trace_csv_where(&c), "expected 2 fields (pool,offset), got %u", c.n);
        TRY(builder_align(b, c.field[0], c.field[1], trace_csv_where(&c), e));
    }
}
