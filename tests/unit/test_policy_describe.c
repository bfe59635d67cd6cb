/* SPDX-License-Identifier: Apache-2.0
 * What users are shown of policies; docs/policies.md says the same. */
#include "tests/support/support.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/describe.h"

static struct policy_registry *registry;

static int setup(void **state) {
    (void)state;
    registry = registry_new();
    return registry ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    registry_free(registry);
    return 0;
}

static void test_detail(void **state) {
    (void)state;
    struct strbuf b = {0};
    policy_describe(registry_find(registry, "safety-net"), &b);
    static const char *const pieces[] = {
        "safety-net: ", "(mix)",           "safety-net(base=0,overprovision=0,slo=0.99",
        "0 to 1",       "default 120s",    "ignore or react",
        "replicas",     "spot_failover.py"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
        if (!strstr(b.data, pieces[i])) fail_msg("'%s' not in:\n%s", pieces[i], b.data);
    strbuf_free(&b);
    policy_describe(registry_find(registry, "constant"), &b);
    assert_non_null(strstr(b.data, "constant(target=<int>)"));
    assert_non_null(strstr(b.data, "required"));
    strbuf_free(&b);
    policy_describe(registry_find(registry, "skyserve"), &b);
    assert_non_null(strstr(b.data, "true or false"));
    strbuf_free(&b);
}

static void test_list_has_all(void **state) {
    (void)state;
    struct strbuf b = {0};
    policy_list(registry, &b);
    for (uint32_t i = 0; i < registry_count(registry); i++) {
        const struct sp_policy *p = registry_at(registry, i);
        assert_non_null(strstr(b.data, p->name));
        assert_non_null(strstr(b.data, p->summary));
    }
    assert_null(strstr(b.data, "Whole policies")); /* none is built in */
    strbuf_free(&b);
}

static void test_json(void **state) {
    (void)state;
    struct strbuf b = {0};
    policy_list_json(registry, &b);
    cJSON *list = cJSON_Parse(b.data);
    assert_non_null(list);
    assert_int_equal(cJSON_GetArraySize(list), registry_count(registry));
    for (uint32_t i = 0; i < registry_count(registry); i++) {
        const cJSON *p = cJSON_GetArrayItem(list, (int)i);
        assert_string_equal(cJSON_GetObjectItem(p, "name")->valuestring, registry_at(registry, i)->name);
        assert_string_equal(cJSON_GetObjectItem(p, "role")->valuestring,
                            policy_role_name(registry_at(registry, i)->role));
        assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(p, "parameters")), registry_at(registry, i)->n_params);
    }
    cJSON_Delete(list);
    strbuf_free(&b);
    assert_string_equal(policy_role_name(SP_AUTOSCALER), "autoscaler");
    assert_string_equal(policy_role_name(SP_WHOLE), "whole");
    assert_string_equal(policy_role_name((enum sp_role)0), "?");
}

/* The reference part of the page stands between two marks. */
static void test_page_is_up_to_date(void **state) {
    (void)state;
    struct strbuf b = {0};
    struct error e;
    char *page = NULL;
    size_t size = 0;
    if (file_read("docs/policies.md", &page, &size, &e) != OK) {
        print_message("no docs/policies.md here: run from the top of the source tree\n");
        skip();
    }
    const char *mark = "<!-- generated: policies -->\n", *end_mark = "<!-- end of generated part -->";
    char *start = strstr(page, mark), *end = strstr(page, end_mark);
    assert_true(start && end && start < end);
    *end = '\0';
    policy_list_markdown(registry, &b);
    if (strcmp(start + strlen(mark), b.data) != 0)
        fail_msg("docs/policies.md is out of date; put this between its marks:\n%s", b.data);
    strbuf_free(&b);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_detail),
        cmocka_unit_test(test_list_has_all),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_page_is_up_to_date),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
