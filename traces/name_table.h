/* SPDX-License-Identifier: Apache-2.0
 * Names and a number for each, found at the cost of one look at memory: a file
 * with a thousand pools names another one in every row.  Private to traces/. */
#ifndef SPOTSIM_TRACES_NAME_TABLE_H
#define SPOTSIM_TRACES_NAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct name_entry {
    char *text; /* NULL: free */
    uint32_t length, number;
};
struct name_table {   /* zero-initialised is empty */
    uint32_t n, room; /* room: a power of two */
    struct name_entry *at;
};

/* The name's entry, or NULL.  It need not end with a zero byte. */
const struct name_entry *name_table_find(const struct name_table *t, const char *name, size_t length);
/* A name that is not there yet; copied.  False: out of memory. */
bool name_table_add(struct name_table *t, const char *name, uint32_t number);
void name_table_free(struct name_table *t);

#endif
