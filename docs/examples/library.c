/* SPDX-License-Identifier: Apache-2.0
 * How many on-demand replicas does a fleet of four need to have at least one
 * replica ready 99.9 % of the time, and all four 90 %?  Asked of a trace made in
 * memory and of one from files.
 *
 *   cc library.c $(pkg-config --cflags --libs spotsim) -o library
 *   ./library traces/data/demo
 */
#include <spotsim.h>
#include <stdio.h>

#define TARGET 4
#define HOUR INT64_C(3600000)

static int fail(const struct spotsim_error *e) {
    fprintf(stderr, "library: %s%s%s\n", e->where, *e->where ? ": " : "", e->message);
    return e->code == SPOTSIM_INPUT ? 2 : 1;
}

/* Two zones over three weeks: one gives two instances and none for the last
 * third of each day, the other four and none on every fifth day. */
static enum spotsim_code add_own_trace(struct spotsim_env *env, struct spotsim_error *e) {
    int64_t at[42], fifths[10];
    uint32_t day_night[42], most_days[10], n = 0;
    struct spotsim_trace *t = NULL;
    for (uint32_t day = 0; day < 21; day++) {
        at[2 * day] = day * 24 * HOUR;
        at[2 * day + 1] = (day * 24 + 16) * HOUR;
        day_night[2 * day] = 2;
        day_night[2 * day + 1] = 0;
        if (day % 5 == 0 || day % 5 == 4) {
            fifths[n] = day * 24 * HOUR;
            most_days[n++] = day % 5 == 4 ? 0 : 4;
        }
    }
    enum spotsim_code rc = spotsim_trace_new(&t, e);
    if (rc == SPOTSIM_OK) rc = spotsim_trace_capacity(t, "us-east-1a", 42, at, day_night, 21 * 24 * HOUR, e);
    if (rc == SPOTSIM_OK) rc = spotsim_trace_capacity(t, "us-east-1b", n, fifths, most_days, 21 * 24 * HOUR, e);
    if (rc == SPOTSIM_OK) rc = spotsim_trace_finish(t, e);
    if (rc == SPOTSIM_OK) rc = spotsim_env_add_trace(env, "own", t, e);
    spotsim_trace_free(t); /* the env keeps what it needs */
    return rc;
}

/* Raises the base until the fleet is good enough; the scenario, the simulator and
 * the result are used again and again. */
static enum spotsim_code size_base(struct spotsim_scenario *s, struct spotsim_sim *sim, struct spotsim_result *r,
                                   struct spotsim_error *e) {
    for (uint32_t base = 0; base <= TARGET; base++) {
        char text[16];
        double full = 0, any = 0, relative = 0;
        enum spotsim_code rc;
        snprintf(text, sizeof text, "%u", (unsigned)base);
        if ((rc = spotsim_scenario_set(s, "policy.mix.base", text, e)) != SPOTSIM_OK ||
            (rc = spotsim_scenario_prepare(s, e)) != SPOTSIM_OK || (rc = spotsim_sim_run(sim, s, r, e)) != SPOTSIM_OK ||
            (rc = spotsim_result_value(r, "availability_full", &full, e)) != SPOTSIM_OK ||
            (rc = spotsim_result_value(r, "availability_any", &any, e)) != SPOTSIM_OK ||
            (rc = spotsim_result_value(r, "cost_relative_to_on_demand", &relative, e)) != SPOTSIM_OK)
            return rc;
        bool enough = any >= 0.999 && full >= 0.90;
        printf("  base %u: full %6.2f %%, any %6.2f %%, cost %5.1f %% of on-demand%s\n", (unsigned)base, 100 * full,
               100 * any, 100 * relative, enough ? "  <- enough" : "");
        if (enough) break;
    }
    return SPOTSIM_OK;
}

static enum spotsim_code size_on(struct spotsim_env *env, const char *trace, struct spotsim_error *e) {
    static const char *const settings[][2] = {{"target", "4"},
                                              {"policy", "skyserve(dynamic=false)+skypilot"},
                                              {"price_on_demand", "3.06"},
                                              {"price_spot", "0.92"}};
    struct spotsim_scenario *s = NULL;
    struct spotsim_sim *sim = NULL;
    struct spotsim_result *r = NULL;
    printf("%s\n", trace);
    enum spotsim_code rc = spotsim_scenario_new(env, &s, e);
    if (rc == SPOTSIM_OK) rc = spotsim_scenario_set_list(s, "trace.paths", &trace, 1, e);
    for (size_t i = 0; i < sizeof settings / sizeof settings[0] && rc == SPOTSIM_OK; i++)
        rc = spotsim_scenario_set(s, settings[i][0], settings[i][1], e);
    if (rc == SPOTSIM_OK) rc = spotsim_sim_new(&sim, e);
    if (rc == SPOTSIM_OK) rc = spotsim_result_new(&r, e);
    if (rc == SPOTSIM_OK) rc = size_base(s, sim, r, e);
    spotsim_result_free(r);
    spotsim_sim_free(sim);
    spotsim_scenario_free(s);
    return rc;
}

int main(int argc, char **argv) {
    struct spotsim_env *env = NULL;
    struct spotsim_error e;
    enum spotsim_code rc = spotsim_env_new(&env, &e);
    if (rc == SPOTSIM_OK) rc = add_own_trace(env, &e);
    if (rc == SPOTSIM_OK) rc = size_on(env, "memory:own", &e);
    for (int i = 1; i < argc && rc == SPOTSIM_OK; i++) rc = size_on(env, argv[i], &e);
    spotsim_env_free(env);
    return rc == SPOTSIM_OK ? 0 : fail(&e);
}
