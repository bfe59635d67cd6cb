/* SPDX-License-Identifier: Apache-2.0
 * Policy notation on arbitrary text: whatever is accepted has a canonical form
 * that reads back to itself, and can be set up and stepped. */
#include <stdbool.h>

#include "base/text.h"
#include "policies/composer.h"
#include "tests/fuzz/fuzz.h"

/* Paths are left alone: no plug-in is compiled, no file of the machine read. */
static bool names_a_file(const char *text) { return strchr(text, '/') || strstr(text, ".c") || strstr(text, ".so"); }

static void step_once(const struct policy_spec *spec) {
    struct sp_pool pools[2] = {{.name = "a", .weight = 1, .capacity = SP_UNKNOWN},
                               {.name = "b", .weight = 3, .capacity = SP_UNKNOWN}};
    struct sp_limits limits = {.pools = 2, .instances = 64, .actions = 16};
    struct sp_action items[16];
    struct sp_actions out = {.items = items, .max = 16};
    struct sp_observation start = {.kind = SP_OBS_START, .slot = SP_NONE, .pool = SP_NONE};
    struct sp_view view = {.target = 3, .n_pools = 2, .pools = pools, .retry_ms = 1000};
    memset(view.first, 0xff, sizeof view.first);
    memset(view.last, 0xff, sizeof view.last);
    size_t size = (composer_size(spec, &limits) + 15) / 16 * 16;
    void *memory = aligned_alloc(16, size);
    if (!memory) abort();
    struct composer *c = composer_init(memory, spec, &limits, (struct composer_share){0, 1000000}, 1);
    FUZZ_CHECK(composer_step(c, &view, &start, 1, false, &out) >= 0);
    FUZZ_CHECK(out.n <= out.max);
    (void)composer_digest(c);
    free(memory);
}

static void check_accepted(struct policy_registry *r, struct policy_spec *spec) {
    struct strbuf written = {0}, again = {0};
    struct policy_spec back, copy;
    struct error e;
    policy_spec_format(spec, &written);
    FUZZ_CHECK(policy_spec_parse(r, written.data, &back, &e) == OK);
    policy_spec_format(&back, &again);
    FUZZ_CHECK(strcmp(written.data, again.data) == 0);
    FUZZ_CHECK(policy_spec_copy(spec, &copy, &e) == OK);
    step_once(&copy);
    policy_spec_free(&copy);
    policy_spec_free(&back);
    strbuf_free(&written);
    strbuf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    struct policy_registry *r = registry_new();
    if (!r) abort();
    struct policy_spec spec;
    struct error e = {0};
    if (!names_a_file(text)) {
        enum error_code rc = policy_spec_parse(r, text, &spec, &e);
        if (rc == OK) rc = policy_spec_check(r, &spec, "fuzz", &e);
        if (rc == OK)
            check_accepted(r, &spec);
        else
            FUZZ_CHECK(e.message[0] != '\0');
        policy_spec_free(&spec);
    }
    registry_free(r);
    free(text);
    return 0;
}
