/* SPDX-License-Identifier: Apache-2.0
 * Everything a trace will do during a run, as one list in order of time. */
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
    uint8_t class, kind; /* enum event_class, enum row_kind */
};

struct row_list {
    uint32_t n, room;
    struct row *rows;
};

/* Rows of the run (0, horizon), sorted by time, class, kind, pool; what holds
 * at time 0 is not among them. */
enum error_code rows_build(struct row_list *list, const struct sim_config *config, struct error *e);
void rows_free(struct row_list *list);

/* What holds at the start of the run. */
uint32_t rows_capacity_at_start(const struct sim_config *config, uint32_t pool);
int64_t rows_price_at_start(const struct sim_config *config, uint32_t pool);

#endif
