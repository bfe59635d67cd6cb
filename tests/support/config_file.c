/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/config_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/support.h"

/* Every setting is written: nothing is left to a profile or to a cloud. */
static void put_table(struct strbuf *out, const struct field *table, uint32_t n, const void *object) {
    for (uint32_t i = 0; i < n; i++) {
        strbuf_printf(out, "%s\n    \"%s\": ", i ? "," : "", table[i].path);
        field_to_json(&table[i], object, out);
    }
}

static void put_policy(struct strbuf *out, const struct policy_spec *spec, bool with_autoscaler) {
    struct strbuf text = {0};
    if (with_autoscaler && spec->autoscaler.policy) {
        policy_part_format(&spec->autoscaler, &text);
        strbuf_puts(&text, "+");
    }
    policy_spec_format(spec, &text);
    assert_false(text.failed);
    strbuf_puts(out, "\"policy\": ");
    strbuf_json_string(out, text.data);
    strbuf_free(&text);
}

static bool has_target(const struct sim_config *c, const struct group_config *group) {
    const struct sp_policy *autoscaler = group->spec->autoscaler.policy;
    bool whole = group->share.lo_ppm == 0 && group->share.hi_ppm == 1000000;
    return c->n_groups > 1 && whole && autoscaler && strcmp(autoscaler->name, "constant") == 0;
}

static void put_wanted(struct strbuf *out, const struct group_config *group, bool own) {
    uint32_t ppm = group->share.hi_ppm - group->share.lo_ppm, target = 0;
    int64_t next_ms;
    if (own) {
        assert_true(composer_demand(group->spec, group->share, 0, &target, &next_ms));
        strbuf_printf(out, "\"target\": %u", target);
    } else {
        strbuf_printf(out, "\"share\": %u.%06u", ppm / 1000000, ppm % 1000000);
    }
}

static void put_group(struct strbuf *out, const struct sim_config *c, uint32_t g) {
    const struct group_config *group = &c->groups[g];
    strbuf_puts(out, "{\"name\": ");
    strbuf_json_string(out, group->name);
    bool own = has_target(c, group);
    strbuf_puts(out, ", ");
    put_wanted(out, group, own);
    strbuf_puts(out, ", \"pools\": [");
    for (uint32_t i = 0; i < group->n_pools; i++) {
        if (i) strbuf_puts(out, ", ");
        strbuf_json_string(out, c->trace->pools[group->pools[i]].name);
    }
    strbuf_puts(out, "],\n      ");
    put_policy(out, group->spec, !own);
    strbuf_puts(out, "}");
}

static void put_fleet(struct strbuf *out, const struct sim_config *c) {
    strbuf_printf(out, "  \"fleet\": {\"nodes\": %u, \"max_instances\": ", c->nodes);
    if (c->max_instances == UINT32_MAX)
        strbuf_puts(out, "\"unlimited\"");
    else
        strbuf_printf(out, "%u", c->max_instances);
    strbuf_puts(out, ", \"groups\": [");
    uint32_t end = 0, sharing = 0;
    for (uint32_t g = 0; g < c->n_groups; g++) {
        if (!has_target(c, &c->groups[g])) {
            assert_int_equal(c->groups[g].share.lo_ppm, end);
            end = c->groups[g].share.hi_ppm;
            sharing++;
        }
        strbuf_puts(out, g ? ",\n    " : "\n    ");
        put_group(out, c, g);
    }
    if (sharing > 0) assert_int_equal(end, 1000000);
    strbuf_puts(out, "]},\n");
}

static void put_cloud(struct strbuf *out, const struct sim_config *c) {
    strbuf_puts(out, "  \"cloud\": {\"pools\": {");
    for (uint32_t p = 0; p < c->trace->n_pools; p++) {
        strbuf_puts(out, p ? ",\n   " : "\n   ");
        strbuf_json_string(out, c->trace->pools[p].name);
        strbuf_puts(out, ": {");
        put_table(out, pool_fields, pool_fields_n, &c->pools[p]);
        strbuf_puts(out, "}");
    }
    strbuf_puts(out, "},\n   \"quotas\": [");
    for (uint32_t i = 0; i < c->n_quotas; i++) {
        strbuf_puts(out, i ? ", {\"region\": " : "{\"region\": ");
        strbuf_json_string(out, c->quotas[i].region);
        strbuf_printf(out, ", \"market\": \"%s\", \"max\": %u}", c->quotas[i].market == SP_SPOT ? "spot" : "on-demand",
                      c->quotas[i].max);
    }
    strbuf_puts(out, "]},\n");
}

void config_to_json(const struct sim_config *c, const char *trace_path, struct strbuf *out) {
    strbuf_printf(out,
                  "{\n  \"profile\": \"ideal\", \"seed\": %" PRIu64 ", \"replication\": %" PRIu64
                  ",\n  \"start\": \"%" PRId64 "ms\", \"warmup\": \"%" PRId64 "ms\", \"horizon\": \"%" PRId64
                  "ms\",\n  \"trace\": {\"means\": \"%s\", \"paths\": [",
                  c->seed, c->replication, c->window_start_ms, c->warmup_ms, c->horizon_ms,
                  c->means_launch ? "launch" : "held");
    strbuf_json_string(out, trace_path);
    strbuf_puts(out, "]},\n");
    put_fleet(out, c);
    put_cloud(out, c);
    strbuf_puts(out, "  \"control\": {");
    put_table(out, control_fields, control_fields_n, &c->control);
    strbuf_puts(out, "}\n}\n");
}

char *config_write(const struct sim_config *config, const char *dir, const char *name) {
    struct strbuf trace = {0}, scenario = {0};
    char file[80];
    trace_write_tidy(config->trace, &trace);
    assert_false(trace.failed);
    snprintf(file, sizeof file, "%s.csv", name);
    char *path = test_file(dir, file, trace.data);
    config_to_json(config, path, &scenario);
    assert_false(scenario.failed);
    free(path);
    snprintf(file, sizeof file, "%s.json", name);
    path = test_file(dir, file, scenario.data);
    strbuf_free(&trace);
    strbuf_free(&scenario);
    return path;
}
