/* SPDX-License-Identifier: Apache-2.0
 * Price histories come in any order, page by page, with repetitions: here they
 * become one rising series per pool. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "traces/builder.h"

static int by_time(const void *a, const void *b) {
    const struct price_point *x = a, *y = b;
    if (x->at_ms != y->at_ms) return x->at_ms < y->at_ms ? -1 : 1;
    if (x->uusd_per_h != y->uusd_per_h) return x->uusd_per_h < y->uusd_per_h ? -1 : 1;
    return 0;
}

static int by_text(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

/* The products of the pool's points, as a list for the user. */
static void list_products(const struct trace_builder *b, const struct raw_pool *p, struct strbuf *list) {
    const char *seen[PRODUCTS_MAX];
    uint32_t n = 0;
    bool have[PRODUCTS_MAX] = {false};
    for (uint32_t i = 0; i < p->n_points; i++) {
        uint32_t id = p->points[i].product;
        if (!have[id]) seen[n++] = builder_product(b, id);
        have[id] = true;
    }
    qsort(seen, n, sizeof *seen, by_text);
    for (uint32_t i = 0; i < n; i++) strbuf_printf(list, "%s'%s'", i ? ", " : "", seen[i]);
}

/* One machine has one price per operating system; mixing them would jump
 * between unrelated prices. */
static enum error_code keep_one_product(const struct trace_builder *b, struct raw_pool *p, struct error *e) {
    const char *wanted = builder_options(b)->product;
    uint32_t kept = 0;
    bool mixed = false;
    for (uint32_t i = 0; i < p->n_points; i++) mixed = mixed || p->points[i].product != p->points[0].product;
    for (uint32_t i = 0; wanted && i < p->n_points; i++)
        if (strcmp(builder_product(b, p->points[i].product), wanted) == 0) kept++;
    if (!mixed && (!wanted || kept)) return OK;
    if (!kept) {
        struct strbuf list = {0};
        list_products(b, p, &list);
        enum error_code rc = error_set(
            e, ERR_INPUT, p->points_path, "pool '%s' has prices for %s; %s%s%s", p->name, list.data ? list.data : "?",
            wanted ? "there is none for '" : "choose with --product", wanted ? wanted : "", wanted ? "'" : "");
        strbuf_free(&list);
        return rc;
    }
    kept = 0;
    for (uint32_t i = 0; i < p->n_points; i++)
        if (strcmp(builder_product(b, p->points[i].product), wanted) == 0) p->points[kept++] = p->points[i];
    p->n_points = kept;
    return OK;
}

static enum error_code drop_duplicates(struct raw_pool *p, struct error *e) {
    qsort(p->points, p->n_points, sizeof *p->points, by_time);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < p->n_points; i++) {
        if (kept && p->points[kept - 1].at_ms == p->points[i].at_ms) {
            if (p->points[kept - 1].uusd_per_h == p->points[i].uusd_per_h) continue;
            char when[32];
            return error_set(e, ERR_INPUT, p->points_path, "pool '%s' has two prices at %s: %.6f and %.6f", p->name,
                             text_format_timestamp(p->points[i].at_ms, when),
                             (double)p->points[kept - 1].uusd_per_h / 1e6, (double)p->points[i].uusd_per_h / 1e6);
        }
        p->points[kept++] = p->points[i];
    }
    p->n_points = kept;
    return OK;
}

static enum error_code points_to_series(struct raw_pool *p, int64_t end_ms, struct error *e) {
    for (uint32_t i = 0; i < p->n_points; i++)
        TRY(raw_series_push(&p->price, p->points[i].at_ms, p->points[i].uusd_per_h, p->points_path, e));
    p->price.samples = p->n_points;
    p->price.dated = true;
    p->price.end_ms = end_ms;
    p->price.path = p->points_path;
    p->points_path = NULL;
    free(p->points);
    p->points = NULL;
    p->n_points = p->room_points = 0;
    return OK;
}

enum error_code builder_settle_points(struct trace_builder *b, struct error *e) {
    /* A price holds until the next one, so the history of every pool reaches
     * to the latest entry of all. */
    int64_t end_ms = INT64_MIN;
    for (uint32_t i = 0; i < builder_n_pools(b); i++) {
        struct raw_pool *p = builder_pool_at(b, i);
        if (!p->n_points) continue;
        TRY(keep_one_product(b, p, e));
        TRY(drop_duplicates(p, e));
        if (p->points[p->n_points - 1].at_ms > end_ms) end_ms = p->points[p->n_points - 1].at_ms;
    }
    for (uint32_t i = 0; i < builder_n_pools(b); i++)
        if (builder_pool_at(b, i)->n_points) TRY(points_to_series(builder_pool_at(b, i), end_ms, e));
    return OK;
}
