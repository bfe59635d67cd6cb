/* SPDX-License-Identifier: Apache-2.0
 * Makes the bundled traces: traces/data/demo and traces/data/demo4.
 *
 *   generate DIR      (`make traces-data` does it; DIR/demo and DIR/demo4 must exist)
 *
 * A zone is up while its own renewal process is up and its region's is not in
 * a shock; both have Weibull run lengths.  All processes feel the same hour of
 * day and weekend: in busy hours up-time is used up faster and down-time
 * slower.  traces/data/README.md says where the numbers come from. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "base/text.h"

#define SEED 2026
#define STEP_S 60 /* of the simulation */
#define GAP_S 300 /* of the samples */
#define SLOTS_MAX 4

struct weibull {
    double scale_h, shape;
};

/* An alternating renewal process in operational time. */
struct process {
    struct weibull up, down;
    uint64_t key, draws;
    int is_up;
    double left_h; /* operational hours to the end of the run */
};

struct zone {
    const char *region, *zone;
    struct weibull up, down; /* of the zone alone */
    double price_usd;        /* the price's middle, $/h */
};

struct region {
    const char *name;
    struct weibull up, down; /* between shocks; of a shock */
};

struct campaign {
    const char *folder;
    int days;
    uint32_t slots; /* instances per zone */
    struct weibull slot_up, slot_down;
    const struct zone *zones;
    uint32_t n_zones;
};

static const struct region regions[] = {
    {"us-east-1", {4.8, .65}, {1.3, .60}},
    {"us-east-2", {7.5, .60}, {.85, .60}},
    {"us-west-2", {10, .60}, {.60, .70}},
};
#define N_REGIONS (sizeof regions / sizeof *regions)

/* Shapes and down-times are the presets fitted to real pools; up-times are
 * longer than there, because the regions' shocks add to the losses. */
static const struct zone nine_zones[] = {
    {"us-east-1", "us-east-1a", {1.10, .650}, {1.190, .422}, 1.60},
    {"us-east-1", "us-east-1c", {3.20, .617}, {.419, .448}, 1.29},
    {"us-east-1", "us-east-1f", {2.60, .482}, {.730, .505}, 1.24},
    {"us-east-2", "us-east-2a", {5.00, .460}, {.972, .542}, 0.98},
    {"us-east-2", "us-east-2b", {4.20, .511}, {.133, .451}, 0.96},
    {"us-east-2", "us-east-2c", {3.60, .422}, {.646, .610}, 1.02},
    {"us-west-2", "us-west-2a", {3.90, .422}, {.646, .610}, 0.97},
    {"us-west-2", "us-west-2b", {6.50, .389}, {.807, .722}, 0.95},
    {"us-west-2", "us-west-2c", {5.20, .460}, {.419, .448}, 0.99},
};
static const struct zone three_zones[] = {
    {"us-east-1", "us-east-1f", {2.60, .482}, {2.10, .505}, 1.24},
    {"us-east-2", "us-east-2a", {9.00, .460}, {1.90, .542}, 0.98},
    {"us-west-2", "us-west-2c", {6.50, .460}, {.807, .722}, 0.99},
};
static const struct campaign campaigns[] = {
    {"demo", 30, 1, {0, 0}, {0, 0}, nine_zones, sizeof nine_zones / sizeof *nine_zones},
    {"demo4", 18, 4, {30, .60}, {.7, .60}, three_zones, sizeof three_zones / sizeof *three_zones},
};

/* ---- processes ----------------------------------------------------------------- */

static double draw_h(struct process *p) {
    const struct weibull *w = p->is_up ? &p->up : &p->down;
    double u = random_u01(random_key(p->key, p->draws++));
    double x = w->scale_h * pow(-log(u), 1 / w->shape);
    return x < 240 ? x : 240;
}

static void start(struct process *p, struct weibull up, struct weibull down, uint64_t key) {
    *p = (struct process){up, down, key, 0, 1, 0};
    p->left_h = draw_h(p);
}

/* Spells when the whole cloud has little to give. */
static const struct weibull calm = {45, .80}, tight = {13, .80};

/* How much is asked of the cloud, -1 to 1 and 1.5 more when it is tight: most
 * at 17 UTC on working days. */
static double busy(int64_t second) {
    double hour = (double)(second % 86400) / 3600;
    int64_t day = second / 86400 % 7; /* 0 is a Monday */
    double distance = fabs(hour - 17);
    if (distance > 12) distance = 24 - distance;
    double b = 1 - distance / 6;
    return day >= 5 ? 0.5 * b - 0.5 : b;
}

static void advance(struct process *p, double demand) {
    double rate = p->is_up ? 1 + .75 * demand : 1 - .35 * demand;
    p->left_h -= rate * (STEP_S / 3600.0);
    while (p->left_h <= 0) {
        p->is_up = !p->is_up;
        p->left_h += draw_h(p);
    }
}

/* ---- prices: small steps, about every six hours, drawn to the middle ----------- */

struct price {
    double middle_usd, usd;
    uint64_t key, draws;
    double next_h;
};

static void price_start(struct price *p, double middle_usd, uint64_t key) {
    *p = (struct price){middle_usd, middle_usd, key, 0, 0};
}

static void price_advance(struct price *p, int64_t second) {
    if ((double)second / 3600 < p->next_h) return;
    double wait = -6 * log(random_u01(random_key(p->key, p->draws++)));
    double step = (random_u01(random_key(p->key, p->draws++)) - .5) * .012;
    p->next_h = (double)second / 3600 + wait;
    p->usd *= 1 + step + .004 * (p->middle_usd - p->usd) / p->middle_usd;
}

/* ---- one campaign ----------------------------------------------------------------- */

struct zone_state {
    struct process own, slot[SLOTS_MAX];
    struct price price;
    uint32_t region;
};

static uint32_t region_of(const char *name) {
    for (uint32_t i = 0; i < N_REGIONS; i++)
        if (strcmp(regions[i].name, name) == 0) return i;
    return 0;
}

static void start_all(const struct campaign *c, struct process *cloud, struct process *shock,
                      struct zone_state *zones) {
    uint64_t seed = random_key_text(SEED, c->folder);
    start(cloud, calm, tight, random_key(seed, 0));
    for (uint32_t r = 0; r < N_REGIONS; r++)
        start(&shock[r], regions[r].up, regions[r].down, random_key_text(random_key(seed, 1), regions[r].name));
    for (uint32_t z = 0; z < c->n_zones; z++) {
        uint64_t key = random_key_text(random_key(seed, 2), c->zones[z].zone);
        zones[z].region = region_of(c->zones[z].region);
        start(&zones[z].own, c->zones[z].up, c->zones[z].down, key);
        for (uint32_t s = 0; c->slots > 1 && s < c->slots; s++)
            start(&zones[z].slot[s], c->slot_up, c->slot_down, random_key(key, 10 + s));
        price_start(&zones[z].price, c->zones[z].price_usd, random_key(key, 3));
    }
}

static void advance_all(const struct campaign *c, struct process *cloud, struct process *shock,
                        struct zone_state *zones, int64_t second) {
    double demand = busy(second) + (cloud->is_up ? 0 : 1.5);
    advance(cloud, 0);
    for (uint32_t r = 0; r < N_REGIONS; r++) advance(&shock[r], demand);
    for (uint32_t z = 0; z < c->n_zones; z++) {
        advance(&zones[z].own, demand);
        for (uint32_t s = 0; c->slots > 1 && s < c->slots; s++) advance(&zones[z].slot[s], demand);
        price_advance(&zones[z].price, second);
    }
}

static uint32_t capacity(const struct campaign *c, const struct process *shock, const struct zone_state *z) {
    uint32_t n = 0;
    if (!shock[z->region].is_up || !z->own.is_up) return 0;
    if (c->slots == 1) return 1;
    for (uint32_t s = 0; s < c->slots; s++) n += z->slot[s].is_up ? 1 : 0;
    return n;
}

static int write_zone(const char *folder, const struct campaign *c, uint32_t z, struct strbuf *data,
                      struct strbuf *prices) {
    struct strbuf file = {0}, path = {0};
    struct error e = {0};
    strbuf_printf(&path, "%s/%s/%s_v100_1.json", folder, c->folder, c->zones[z].zone);
    strbuf_printf(&file, "{\"metadata\": {\"gap_seconds\": %d}, \"data\": [%s], \"prices\": [%s]}\n", GAP_S, data->data,
                  prices->data);
    enum error_code rc = file.failed || path.failed ? ERR_FAILED : file_write(path.data, file.data, file.size, &e);
    if (rc != OK) fprintf(stderr, "generate: %s: %s\n", e.where, e.message);
    strbuf_free(&file);
    strbuf_free(&path);
    return rc == OK ? 0 : 1;
}

static int run_campaign(const char *folder, const struct campaign *c) {
    struct process cloud, shock[N_REGIONS];
    struct zone_state *zones = calloc(c->n_zones, sizeof *zones);
    struct strbuf *data = calloc(c->n_zones, sizeof *data), *prices = calloc(c->n_zones, sizeof *prices);
    int status = !zones || !data || !prices;
    if (!status) start_all(c, &cloud, shock, zones);
    for (int64_t second = 0; !status && second < c->days * INT64_C(86400); second += STEP_S) {
        for (uint32_t z = 0; z < c->n_zones && second % GAP_S == 0; z++) {
            const char *comma = second ? "," : "";
            strbuf_printf(&data[z], "%s%u", comma, capacity(c, shock, &zones[z]));
            strbuf_printf(&prices[z], "%s%.4f", comma, zones[z].price.usd);
        }
        advance_all(c, &cloud, shock, zones, second);
    }
    for (uint32_t z = 0; !status && z < c->n_zones; z++) status = write_zone(folder, c, z, &data[z], &prices[z]);
    for (uint32_t z = 0; z < c->n_zones; z++) {
        if (data) strbuf_free(&data[z]);
        if (prices) strbuf_free(&prices[z]);
    }
    free(zones);
    free(data);
    free(prices);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fputs("usage: generate DIR\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < sizeof campaigns / sizeof *campaigns; i++)
        if (run_campaign(argv[1], &campaigns[i])) return 1;
    return 0;
}
