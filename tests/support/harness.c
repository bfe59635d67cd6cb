/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text) {
    char *c = strdup(text);
    assert_non_null(c);
    return c;
}

static void parse_capacity(struct trace_capacity *c, const char *text) {
    uint32_t room = (uint32_t)strlen(text) + 1;
    c->at_ms = calloc(room, sizeof *c->at_ms);
    c->value = calloc(room, sizeof *c->value);
    assert_non_null(c->at_ms);
    assert_non_null(c->value);
    char *list = copy(text), *save = NULL;
    for (char *item = strtok_r(list, " ", &save); item; item = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(item, ':');
        assert_non_null(colon);
        c->at_ms[c->n] = strtoll(item, NULL, 10) * 1000;
        c->value[c->n++] = colon[1] == '*' ? TRACE_UNLIMITED : (uint32_t)strtoul(colon + 1, NULL, 10);
    }
    free(list);
}

struct trace *harness_trace(uint32_t n, const char *const *names, const char *const *capacity, int64_t span_s) {
    struct trace *t = calloc(1, sizeof *t);
    assert_non_null(t);
    t->n_pools = n;
    t->pools = calloc(n, sizeof *t->pools);
    assert_non_null(t->pools);
    t->epoch_ms = SP_NEVER;
    t->span_ms = span_s * 1000;
    for (uint32_t i = 0; i < n; i++) {
        struct trace_pool *p = &t->pools[i];
        char region[64];
        snprintf(region, sizeof region, "%.*s", (int)strcspn(names[i], "/"), names[i]);
        p->name = copy(names[i]);
        p->cloud = copy("");
        p->region = copy(region);
        p->zone = copy(names[i]);
        p->instance_type = copy("");
        p->has_capacity = true;
        p->span_ms = t->span_ms;
        parse_capacity(&p->capacity, capacity[i]);
    }
    return t;
}

void harness_start(struct harness *h, struct trace *trace, bool own, const char *profile, const char *policy,
                   uint32_t target) {
    struct error e = {0};
    memset(h, 0, sizeof *h);
    h->trace = trace;
    h->own_trace = own;
    h->registry = registry_new();
    assert_non_null(h->registry);
    assert_ok(policy_spec_parse(h->registry, policy, &h->spec, &e), &e);
    if (!h->spec.autoscaler.policy) {
        struct policy_part part;
        char text[16];
        snprintf(text, sizeof text, "%u", target);
        assert_ok(policy_part_init(registry_find(h->registry, "constant"), &part, &e), &e);
        assert_ok(policy_part_set(&part, "target", text, "target", &e), &e);
        assert_ok(policy_spec_add(&h->spec, &part, "target", &e), &e);
    }
    assert_ok(policy_spec_check(h->registry, &h->spec, "policy", &e), &e);
    assert_ok(sim_config_defaults(&h->config, &e), &e);
    h->pools = calloc(trace->n_pools, sizeof *h->pools);
    h->all_pools = calloc(trace->n_pools, sizeof *h->all_pools);
    assert_non_null(h->pools);
    assert_non_null(h->all_pools);
    for (uint32_t i = 0; i < trace->n_pools; i++) {
        h->all_pools[i] = i;
        assert_ok(field_defaults(pool_fields, pool_fields_n, &h->pools[i], &e), &e);
        h->pools[i].price_spot = h->pools[i].price_on_demand = SP_UNKNOWN;
    }
    h->group = (struct group_config){
        .name = "fleet", .spec = &h->spec, .share = {0, 1000000}, .n_pools = trace->n_pools, .pools = h->all_pools};
    h->config.trace = trace;
    h->config.pools = h->pools;
    h->config.n_groups = 1;
    h->config.groups = &h->group;
    h->config.horizon_ms = trace->span_ms;
    const struct sim_profile *p = sim_profile_find(profile);
    assert_non_null(p);
    for (uint32_t i = 0; i < p->n; i++) harness_set(h, p->settings[i].path, p->settings[i].text);
    h->sim = sim_new();
    assert_non_null(h->sim);
}

static void set_pool(struct harness *h, uint32_t pool, const char *path, const char *text) {
    struct error e = {0};
    const struct field *f = field_find(pool_fields, pool_fields_n, path);
    assert_non_null(f);
    assert_ok(field_from_text(f, text, &h->pools[pool], path, &e), &e);
}

void harness_set(struct harness *h, const char *path, const char *text) {
    struct error e = {0};
    if (strncmp(path, "control.", 8) == 0) {
        const struct field *f = field_find(control_fields, control_fields_n, path + 8);
        assert_non_null(f);
        assert_ok(field_from_text(f, text, &h->config.control, path, &e), &e);
        return;
    }
    const char *leaf = strrchr(path, '.') + 1;
    bool all = strncmp(path, "cloud.defaults.", 15) == 0;
    for (uint32_t i = 0; i < h->trace->n_pools; i++) {
        const char *name = h->trace->pools[i].name;
        bool named = !all && strncmp(path + 12, name, strlen(name)) == 0 && path + 12 + strlen(name) + 1 == leaf;
        if (all || named) set_pool(h, i, leaf, text);
    }
}

void harness_run_out(struct harness *h, const struct sim_outputs *outputs) {
    struct error e = {0};
    sim_result_free(&h->result);
    assert_ok(sim_run(h->sim, &h->config, outputs, &h->result, &e), &e);
}

void harness_run(struct harness *h) { harness_run_out(h, NULL); }

struct ready_log {
    char text[4000];
    size_t size;
    uint32_t spot, on_demand;
    bool any;
};

static void log_ready(void *arg, int64_t at_ms, uint32_t spot, uint32_t on_demand, uint32_t target, uint32_t capacity,
                      int64_t cost_rate_uusd_per_h) {
    struct ready_log *log = arg;
    (void)target;
    (void)capacity;
    (void)cost_rate_uusd_per_h;
    if (log->any && spot == log->spot && on_demand == log->on_demand) return;
    size_t room = sizeof log->text - log->size;
    int n = at_ms % 1000 ? snprintf(log->text + log->size, room, "%s%.3f:%u+%u", log->any ? " " : "",
                                    (double)at_ms / 1000, spot, on_demand)
                         : snprintf(log->text + log->size, room, "%s%ld:%u+%u", log->any ? " " : "",
                                    (long)(at_ms / 1000), spot, on_demand);
    assert_true(n > 0 && (size_t)n < room);
    log->size += (size_t)n;
    log->spot = spot;
    log->on_demand = on_demand;
    log->any = true;
}

void harness_ready(struct harness *h, const char *expected) {
    struct ready_log log = {.size = 0};
    struct sim_outputs outputs = {.timeline = log_ready, .timeline_arg = &log};
    harness_run_out(h, &outputs);
    assert_string_equal(log.text, expected);
}

void harness_explains(struct harness *h, const char *expected) {
    char *text = NULL, *lines = copy(expected), *save = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    struct sim_outputs outputs = {.explain = out};
    harness_run_out(h, &outputs);
    assert_int_equal(fclose(out), 0);
    const char *at = text;
    for (char *line = strtok_r(lines, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        const char *found = strstr(at, line);
        if (!found) fail_msg("'%s' is not explained, or not in this order; explained:\n%s", line, text);
        at = found + strlen(line);
    }
    free(lines);
    free(text);
}

void harness_end(struct harness *h) {
    sim_result_free(&h->result);
    sim_free(h->sim);
    policy_spec_free(&h->spec);
    registry_free(h->registry);
    for (uint32_t i = 0; i < h->trace->n_pools; i++) field_free_all(pool_fields, pool_fields_n, &h->pools[i]);
    free(h->pools);
    free(h->all_pools);
    if (h->own_trace) trace_free(h->trace);
    memset(h, 0, sizeof *h);
}
