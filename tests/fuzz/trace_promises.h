/* SPDX-License-Identifier: Apache-2.0
 * What every trace keeps, wherever it comes from. */
#ifndef SPOTSIM_TESTS_FUZZ_TRACE_PROMISES_H
#define SPOTSIM_TESTS_FUZZ_TRACE_PROMISES_H

#include <string.h>

#include "base/text.h"
#include "tests/fuzz/fuzz.h"
#include "traces/trace.h"

static inline void check_pool(const struct trace *t, const struct trace_pool *p) {
    FUZZ_CHECK(*p->name && p->cloud && p->region && p->zone && p->instance_type);
    FUZZ_CHECK(p->span_ms > 0 && p->span_ms <= TIME_LIMIT_MS && t->span_ms <= p->span_ms);
    FUZZ_CHECK(p->capacity.n > 0 && p->capacity.at_ms[0] == 0);
    for (uint32_t i = 0; i < p->capacity.n; i++) {
        FUZZ_CHECK(p->capacity.value[i] <= TRACE_CAPACITY_MAX || p->capacity.value[i] == TRACE_UNLIMITED);
        FUZZ_CHECK(p->capacity.at_ms[i] < p->span_ms);
        if (i) FUZZ_CHECK(p->capacity.at_ms[i] > p->capacity.at_ms[i - 1]);
        if (i) FUZZ_CHECK(p->capacity.value[i] != p->capacity.value[i - 1]);
    }
    FUZZ_CHECK(!p->price.n || p->price.at_ms[0] == 0);
    for (uint32_t i = 0; i < p->price.n; i++) {
        FUZZ_CHECK(p->price.uusd_per_h[i] >= 0 && p->price.at_ms[i] < p->span_ms);
        if (i) FUZZ_CHECK(p->price.at_ms[i] > p->price.at_ms[i - 1]);
        if (i) FUZZ_CHECK(p->price.uusd_per_h[i] != p->price.uusd_per_h[i - 1]);
    }
}

static inline void check_pools(const struct trace *t) {
    FUZZ_CHECK(t->n_pools > 0 && t->n_pools <= TRACE_POOLS_MAX);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        check_pool(t, &t->pools[i]);
        FUZZ_CHECK(!i || strcmp(t->pools[i - 1].name, t->pools[i].name) < 0);
    }
}

#endif
