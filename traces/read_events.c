/* SPDX-License-Identifier: Apache-2.0
 * Events of named instances: ms,add|remove,node.  The capacity is the number
 * of nodes present, 0 until the first event; the trace ends with the last. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/csv.h"
#include "traces/readers.h"

#define NODE_NAME_MAX 200u

/* The nodes present, as an open-addressing hash set of names. */
struct node_set {
    uint32_t n, used, room; /* used counts removed slots too; room is a power of two */
    char **slot;
};
/* Marks a slot whose name was removed: searches must go on past it. */
static const char removed_mark;
#define REMOVED ((char *)(uintptr_t)&removed_mark)

static uint64_t hash_text(const char *s) {
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s; s++) h = (h ^ (unsigned char)*s) * 0x100000001b3u;
    return h;
}

static uint32_t find_slot(const struct node_set *set, const char *name) {
    uint32_t mask = set->room - 1, i = (uint32_t)hash_text(name) & mask;
    while (set->slot[i] && (set->slot[i] == REMOVED || strcmp(set->slot[i], name) != 0)) i = (i + 1) & mask;
    return i;
}

static bool grow_set(struct node_set *set) {
    struct node_set bigger = {set->n, set->n, set->room ? set->room * 2 : 64, NULL};
    bigger.slot = calloc(bigger.room, sizeof *bigger.slot);
    if (!bigger.slot) return false;
    for (uint32_t i = 0; i < set->room; i++)
        if (set->slot[i] && set->slot[i] != REMOVED) bigger.slot[find_slot(&bigger, set->slot[i])] = set->slot[i];
    free(set->slot);
    *set = bigger;
    return true;
}

static void free_set(struct node_set *set) {
    for (uint32_t i = 0; i < set->room; i++)
        if (set->slot[i] != REMOVED) free(set->slot[i]);
    free(set->slot);
}

static enum error_code apply_event(struct csv *c, struct node_set *set, struct error *e) {
    const char *verb = c->field[1], *node = c->field[2];
    bool add = strcmp(verb, "add") == 0;
    if (!add && strcmp(verb, "remove") != 0)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "expected 'add' or 'remove', got '%.40s'", verb);
    if (!*node || strlen(node) > NODE_NAME_MAX)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "expected a node name of 1 to %u bytes", NODE_NAME_MAX);
    if (2 * set->used >= set->room && !grow_set(set))
        return error_set(e, ERR_FAILED, trace_csv_where(c), "out of memory");
    uint32_t i = find_slot(set, node);
    if (add == (set->slot[i] != NULL))
        return error_set(e, ERR_INPUT, trace_csv_where(c), "node '%s' %s", node,
                         add ? "is added but present already" : "is removed but not present");
    if (add) {
        set->slot[i] = strdup(node);
        if (!set->slot[i]) return error_set(e, ERR_FAILED, trace_csv_where(c), "out of memory");
        set->n++;
        set->used++;
    } else {
        free(set->slot[i]);
        set->slot[i] = REMOVED;
        set->n--;
    }
    return OK;
}

static enum error_code event_row(struct csv *c, struct series *s, struct node_set *set, struct error *e) {
    int64_t at_ms, last_ms = s->at[s->n - 1];
    if (c->n != 3)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "expected 3 fields (ms,add|remove,node), got %u", c->n);
    enum error_code rc = text_int(c->field[0], 0, TIME_LIMIT_MS, &at_ms, e);
    if (rc != OK) return trace_csv_fail(c, rc, e);
    if (at_ms < last_ms)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "time %s is before the one above; times must not fall",
                         c->field[0]);
    TRY(apply_event(c, set, e));
    if (set->n > TRACE_CAPACITY_MAX)
        return error_set(e, ERR_INPUT, trace_csv_where(c), "more than %u nodes present", TRACE_CAPACITY_MAX);
    if (at_ms > last_ms) TRY(raw_series_push(s, at_ms, 0, c->path, e));
    s->value[s->n - 1] = set->n;
    return OK;
}

static enum error_code event_rows(const struct source *src, struct csv *c, struct series *s, struct node_set *set,
                                  struct error *e) {
    TRY(raw_series_push(s, 0, 0, src->path, e));
    for (;;) {
        bool more;
        TRY(trace_csv_next(c, &more, e));
        if (!more) break;
        TRY(event_row(c, s, set, e));
    }
    s->end_ms = s->at[s->n - 1];
    if (s->end_ms == 0)
        return error_set(e, ERR_INPUT, src->path, "all events are at time 0; expected a trace that covers some time");
    return OK;
}

enum error_code read_events(struct trace_builder *b, const struct source *src, const char *data, size_t size,
                            struct error *e) {
    struct raw_pool *p;
    struct series s = {0};
    struct node_set set = {0};
    struct csv c;
    TRY(builder_pool(b, src, src->stem, true, &p, e));
    trace_csv_open(&c, src->path, data, size);
    enum error_code rc = event_rows(src, &c, &s, &set, e);
    free_set(&set);
    if (rc == OK) return builder_add_capacity(p, src, &s, e);
    samples_free(&s);
    return rc;
}
