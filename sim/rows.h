/* SPDX-License-Identifier: Apache-2.0
 * Everything a trace will do during a run, one row after the other in order of
 * time.  The trace stays where it is, shared by all runs: each pool has a
 * place in its prices, capacities, notices and recommendations, and a
 * tournament among these says whose turn it is. */
#ifndef SPOTSIM_SIM_ROWS_H
#define SPOTSIM_SIM_ROWS_H

#include "sim/config.h"
#include "sim/event_queue.h"

enum row_kind { ROW_PRICE, ROW_CAPACITY, ROW_NOTICE, ROW_REBALANCE };

struct row {
    int64_t at_ms;
    int64_t value;  /* price, or capacity; of a notice: the capacity it is about */
    int64_t due_ms; /* notice, rebalance: when the capacity falls */
    uint32_t pool;
    uint8_t kind; /* enum row_kind */
};

struct rows {
    const struct sim_config *config;
    struct event_queue next; /* entity: kind x number of pools + pool */
    uint32_t *at;            /* per entity: index of its next row's change point */
    uint32_t room;
};

/* Rows of the run (0, horizon) in order of time, class, kind, pool; what holds
 * at time 0 is not among them.  Starts over; memory is reused.  `config` must
 * outlive the run. */
enum error_code rows_start(struct rows *r, const struct sim_config *config, struct error *e);
void rows_free(struct rows *r);
/* Time and class of the next row as a timer's key with entity 0; EVENT_NONE:
 * there is none. */
static inline uint64_t rows_key(const struct rows *r) {
    uint64_t first = event_queue_first(&r->next);
    return first == EVENT_NONE ? EVENT_NONE : first >> EVENT_ENTITY_BITS << EVENT_ENTITY_BITS;
}
/* The next row, which must be there. */
struct row rows_take(struct rows *r);

/* What holds at the start of the run. */
uint32_t rows_capacity_at_start(const struct sim_config *config, uint32_t pool);
int64_t rows_price_at_start(const struct sim_config *config, uint32_t pool);

#endif
