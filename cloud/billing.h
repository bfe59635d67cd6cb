/* SPDX-License-Identifier: Apache-2.0
 * What an instance costs.  Money is exact: micro-dollars per hour times
 * milliseconds, in 128-bit integers; one division at the very end. */
#ifndef SPOTSIM_CLOUD_BILLING_H
#define SPOTSIM_CLOUD_BILLING_H

#include <stdbool.h>
#include <stdint.h>

#include "cloud/params.h"

__extension__ typedef __int128 money; /* uusd/h x ms; 3.6e12 of it are one dollar */
#define MONEY_PER_USD INT64_C(3600000000000)

/* Nearest double to the exact amount in dollars. */
double money_usd(money m);

/* One pool's price in one market over time, and what was spent there. */
struct meter {
    int64_t price_uusd_per_h; /* now; SP_UNKNOWN */
    int64_t since_ms;         /* of this price */
    money integral;           /* of price x time up to since_ms, known prices only */
    int64_t unknown_ms;       /* time up to since_ms without a known price */
    money spent;
    bool unknown_used; /* somebody was billed while the price was unknown */
    int64_t used_ms;   /* instance-milliseconds */
};
void meter_set_price(struct meter *m, int64_t price_uusd_per_h, int64_t now_ms);

/* One replica's open bill. */
struct bill {
    money integral_at_start;
    int64_t unknown_at_start_ms;
    int64_t start_ms;   /* of the lease: rounding, minimum and refund go by it */
    int64_t counted_ms; /* billing counts from here: the lease's start or the end of warm-up */
};
void bill_open(struct bill *b, const struct meter *m, int64_t now_ms);
/* Forgets what came before: the end of warm-up. */
void bill_begin_counting(struct bill *b, const struct meter *m, int64_t now_ms);

enum bill_end {
    BILL_RUNNING,   /* the horizon: billed up to now, no rounding, no refund */
    BILL_LET_GO,    /* we ended it */
    BILL_PREEMPTED, /* the cloud took it */
};
/* Charges the meter for `nodes` instances.
 * Rules: AWS per second, 60 s minimum, a spot instance that EC2 interrupts
 * within its first hour is free (EC2 user guide, "Billing for interrupted
 * Spot Instances"); GCP per second, 60 s minimum (Compute Engine pricing);
 * Azure and RunPod per second; plain: by the millisecond. */
void bill_close(const struct bill *b, struct meter *m, enum billing_rule rule, enum sp_market market, enum bill_end end,
                uint32_t nodes, int64_t now_ms);

#endif
