/* SPDX-License-Identifier: Apache-2.0
 * Long lists of numbers are most of a trace in JSON.  They are read straight
 * from the text, repeated values counted, and the parser sees a stand-in for
 * each: a list with one number, the list's place here.  Lists with anything but
 * numbers stay in the text for the parser to judge, and so does the whole text
 * when it holds a number that is not in JSON's own notation (or else a list of
 * one such number would look like a stand-in).  Private to traces/. */
#ifndef SPOTSIM_TRACES_JSON_LISTS_H
#define SPOTSIM_TRACES_JSON_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct strbuf;
struct cJSON;

/* Equal numbers one after another. */
struct json_run {
    double value;
    uint32_t first; /* index of its first number in the list */
};
struct json_list {
    uint32_t n; /* numbers */
    uint32_t first_run, n_runs;
};
struct json_lists {
    uint32_t n, room;
    struct json_list *list;
    uint32_t n_runs, room_runs;
    struct json_run *run;
};

/* Takes the lists out of `data`.  When there are any (n > 0), `text` is what remains.
 * False: out of memory. */
bool json_lists_take(const char *data, size_t size, struct json_lists *out, struct strbuf *text);
void json_lists_free(struct json_lists *l);

/* A JSON list as runs, wherever it was read. */
struct json_numbers {
    uint32_t n; /* leading numbers */
    uint32_t n_runs;
    const struct json_run *run;
    const struct cJSON *other; /* the first element that is no number, NULL: none */
    struct json_run *own;
};
/* `array` is a list of a document whose lists are `l`.  False: out of memory.
 * Free with json_numbers_free; `l` and `array` must outlive it. */
bool json_numbers_of(const struct json_lists *l, const struct cJSON *array, struct json_numbers *out);
void json_numbers_free(struct json_numbers *n);

#endif
