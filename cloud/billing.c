/* SPDX-License-Identifier: Apache-2.0 */
#include "cloud/billing.h"

#include "base/hot.h"
#include "base/text.h"

static money gcd(money a, money b) {
    while (b) {
        money r = a % b;
        a = b;
        b = r;
    }
    return a < 0 ? -a : a;
}

double money_usd(money m) {
    if (m == 0) return 0;
    /* in lowest terms most amounts fit a double exactly, and one division
     * then rounds once */
    money g = gcd(m, MONEY_PER_USD);
    money num = m / g, den = MONEY_PER_USD / g;
    const money exact = (money)1 << 53;
    if (num < exact && num > -exact) return (double)num / (double)den;
    money whole = num / den, rest = num % den;
    return (double)whole + (double)rest / (double)den;
}

void meter_set_price(struct meter *m, int64_t price_uusd_per_h, int64_t now_ms) {
    if (m->price_uusd_per_h >= 0)
        m->integral += (money)m->price_uusd_per_h * (now_ms - m->since_ms);
    else
        m->unknown_ms += now_ms - m->since_ms;
    m->since_ms = now_ms;
    m->price_uusd_per_h = price_uusd_per_h;
}

static HOT money integral_at(const struct meter *m, int64_t now_ms) {
    return m->integral + (m->price_uusd_per_h >= 0 ? (money)m->price_uusd_per_h * (now_ms - m->since_ms) : 0);
}

static HOT int64_t unknown_at(const struct meter *m, int64_t now_ms) {
    return m->unknown_ms + (m->price_uusd_per_h < 0 ? now_ms - m->since_ms : 0);
}

HOT void bill_open(struct bill *b, const struct meter *m, int64_t now_ms) {
    b->start_ms = now_ms;
    bill_begin_counting(b, m, now_ms);
}

HOT void bill_begin_counting(struct bill *b, const struct meter *m, int64_t now_ms) {
    b->counted_ms = now_ms;
    b->integral_at_start = integral_at(m, now_ms);
    b->unknown_at_start_ms = unknown_at(m, now_ms);
}

/* Time charged beyond the lease itself. */
static int64_t extra_ms(enum billing_rule rule, int64_t lease_ms) {
    if (rule == BILLING_PLAIN) return 0;
    int64_t charged = (lease_ms + MS_PER_S - 1) / MS_PER_S * MS_PER_S;
    bool minimum = rule == BILLING_AWS || rule == BILLING_GCP;
    if (minimum && charged < 60 * MS_PER_S) charged = 60 * MS_PER_S;
    return charged - lease_ms;
}

HOT void bill_close(const struct bill *b, struct meter *m, enum billing_rule rule, enum sp_market market,
                    enum bill_end end, uint32_t nodes, int64_t now_ms) {
    int64_t lease_ms = now_ms - b->start_ms;
    m->used_ms += (now_ms - b->counted_ms) * nodes;
    bool refunded = rule == BILLING_AWS && market == SP_SPOT && end == BILL_PREEMPTED && lease_ms < MS_PER_HOUR;
    if (refunded) return;
    int64_t extra = end == BILL_RUNNING ? 0 : extra_ms(rule, lease_ms);
    bool known = m->price_uusd_per_h >= 0;
    money cost = m->integral - b->integral_at_start;
    if (known) cost += (money)m->price_uusd_per_h * (now_ms - m->since_ms + extra);
    int64_t unknown_ms = m->unknown_ms + (known ? 0 : now_ms - m->since_ms);
    if (unknown_ms > b->unknown_at_start_ms || (!known && extra > 0)) m->unknown_used = true;
    m->spent += nodes == 1 ? cost : cost * nodes;
}
