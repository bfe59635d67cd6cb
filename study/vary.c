/* SPDX-License-Identifier: Apache-2.0 */
#include "study/vary.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "study/json_text.h"
#include "study/stress.h"
#include "study/vary_list.h"

enum error_code vary_split(const char *text, const char *where, char **path, const char **values, struct error *e) {
    const char *equals = strchr(text, '=');
    if (!equals || equals == text || !equals[1])
        return error_set(e, ERR_INPUT, where, "expected path=values such as policy.mix.base=0..4, got \"%.100s\"",
                         text);
    *path = strndup(text, (size_t)(equals - text));
    if (!*path) return error_set(e, ERR_FAILED, where, "out of memory");
    *values = equals + 1;
    return OK;
}

enum error_code vary_values(const char *text, const char *where, char ***values, uint32_t *n, struct error *e) {
    struct value_list list = {0};
    enum error_code rc = value_list_parse(&list, text, where, e);
    if (rc == OK && list.n == 0) rc = error_set(e, ERR_INPUT, where, "expected at least one value");
    if (rc != OK) {
        value_list_free(&list);
        return rc;
    }
    *values = list.items;
    *n = list.n;
    return OK;
}

/* stress=all */
static enum error_code all_stress(const char *where, struct vary_axis *axis, struct error *e) {
    struct strbuf text = {0};
    enum error_code rc = stress_all(&text, e);
    if (rc != OK)
        error_in(e, where);
    else
        rc = vary_values(text.data, where, &axis->values, &axis->n, e);
    strbuf_free(&text);
    return rc;
}

/* An array's elements are values as they are; text is a list or a range. */
static enum error_code axis_values(const cJSON *node, const char *where, struct vary_axis *axis, struct error *e) {
    struct value_list list = {0};
    enum error_code rc = OK;
    if (cJSON_IsString(node) && strcmp(axis->path, "stress") == 0 && strcmp(node->valuestring, STRESS_ALL) == 0)
        return all_stress(where, axis, e);
    if (cJSON_IsString(node)) return vary_values(node->valuestring, where, &axis->values, &axis->n, e);
    const cJSON *item = cJSON_IsArray(node) ? node->child : node;
    for (; item && rc == OK; item = cJSON_IsArray(node) ? item->next : NULL) {
        struct strbuf text = {0};
        if (!json_text_of(item, &text))
            rc = error_set(e, ERR_INPUT, where, "expected numbers and strings, got %s", json_text_kind(item));
        else
            rc = value_list_add(&list, text.data ? text.data : "", where, e);
        strbuf_free(&text);
    }
    if (rc == OK && list.n == 0) rc = error_set(e, ERR_INPUT, where, "expected at least one value");
    if (rc != OK) {
        value_list_free(&list);
        return rc;
    }
    axis->values = list.items;
    axis->n = list.n;
    return OK;
}

static bool read_x(const struct vary_axis *axis, bool duration, double *x) {
    for (uint32_t i = 0; i < axis->n; i++) {
        struct error ignored;
        int64_t ms = 0;
        if (!duration && text_real(axis->values[i], -1e300, 1e300, &x[i], &ignored) != OK) return false;
        if (duration && text_duration_ms(axis->values[i], &ms, &ignored) != OK) return false;
        if (duration) x[i] = (double)ms / (double)MS_PER_S;
    }
    return true;
}

static enum error_code axis_numbers(struct vary_axis *axis, const char *where, struct error *e) {
    axis->x = calloc(axis->n, sizeof *axis->x);
    if (!axis->x) return error_set(e, ERR_FAILED, where, "out of memory");
    if (read_x(axis, false, axis->x))
        axis->numeric = true;
    else if (read_x(axis, true, axis->x))
        axis->numeric = axis->duration = true;
    return OK;
}

static enum error_code read_axis(const struct scenario_doc *doc, const cJSON *node, struct vary_grid *grid,
                                 struct error *e) {
    char where[DOC_WHERE_MAX];
    doc_where(doc, "study.vary", node->string, where);
    if (grid->n_axes == VARY_AXES_MAX) return error_set(e, ERR_INPUT, where, "more than %u things vary", VARY_AXES_MAX);
    struct vary_axis *axis = &grid->axes[grid->n_axes++];
    axis->path = strdup(node->string);
    if (!axis->path) return error_set(e, ERR_FAILED, where, "out of memory");
    TRY(axis_values(node, where, axis, e));
    TRY(axis_numbers(axis, where, e));
    if ((uint64_t)grid->n_variants * axis->n > VARY_VARIANTS_MAX)
        return error_set(e, ERR_INPUT, where, "the grid has more than %u variants", VARY_VARIANTS_MAX);
    grid->n_variants *= axis->n;
    return OK;
}

enum error_code vary_read(const struct scenario_doc *doc, struct vary_grid *grid, struct error *e) {
    memset(grid, 0, sizeof *grid);
    grid->n_variants = 1;
    const cJSON *study = cJSON_GetObjectItemCaseSensitive(doc_root(doc), "study");
    const cJSON *vary = cJSON_GetObjectItemCaseSensitive(study, "vary");
    if (!vary || cJSON_IsNull(vary)) return OK;
    char where[DOC_WHERE_MAX];
    if (!cJSON_IsObject(vary))
        return error_set(e, ERR_INPUT, doc_where(doc, "study.vary", NULL, where),
                         "expected an object {\"path\": \"values\"}, got %s", json_text_kind(vary));
    for (const cJSON *node = vary->child; node; node = node->next) {
        enum error_code rc = read_axis(doc, node, grid, e);
        if (rc == OK) continue;
        vary_free(grid);
        return rc;
    }
    return OK;
}

uint32_t vary_index(const struct vary_grid *grid, uint32_t v, uint32_t axis) {
    for (uint32_t a = grid->n_axes; a-- > axis + 1;) v /= grid->axes[a].n;
    return v % grid->axes[axis].n;
}

static uint32_t depth(const char *path) {
    struct strbuf full = {0};
    uint32_t n = 0;
    doc_full_path(path, &full);
    for (const char *p = full.data; p && *p; p++) n += *p == '.';
    strbuf_free(&full);
    return n;
}

enum error_code vary_apply(const struct vary_grid *grid, uint32_t v, const struct scenario_doc *doc,
                           struct policy_registry *registry, struct scenario_doc **out, struct error *e) {
    TRY(doc_copy(doc, out, e));
    bool done[VARY_AXES_MAX] = {false};
    for (uint32_t round = 0; round < grid->n_axes; round++) {
        uint32_t next = UINT32_MAX;
        for (uint32_t a = 0; a < grid->n_axes; a++)
            if (!done[a] && (next == UINT32_MAX || depth(grid->axes[a].path) < depth(grid->axes[next].path))) next = a;
        done[next] = true;
        const struct vary_axis *axis = &grid->axes[next];
        char label[200];
        snprintf(label, sizeof label, "vary %.180s", axis->path);
        enum error_code rc = doc_set(*out, registry, axis->path, axis->values[vary_index(grid, v, next)], label, e);
        if (rc == OK) continue;
        doc_free(*out);
        *out = NULL;
        return rc;
    }
    return OK;
}

void vary_label(const struct vary_grid *grid, uint32_t v, uint32_t skip, struct strbuf *out) {
    bool first = true;
    for (uint32_t a = 0; a < grid->n_axes; a++) {
        if (a == skip) continue;
        strbuf_printf(out, "%s%s=%s", first ? "" : ", ", grid->axes[a].path,
                      grid->axes[a].values[vary_index(grid, v, a)]);
        first = false;
    }
    strbuf_puts(out, "");
}

uint32_t vary_x_axis(const struct vary_grid *grid) {
    for (uint32_t a = 0; a < grid->n_axes; a++)
        if (grid->axes[a].numeric) return a;
    return UINT32_MAX;
}

void vary_free(struct vary_grid *grid) {
    for (uint32_t a = 0; a < grid->n_axes; a++) {
        struct value_list list = {.items = grid->axes[a].values, .n = grid->axes[a].n};
        value_list_free(&list);
        free(grid->axes[a].path);
        free(grid->axes[a].x);
    }
    memset(grid, 0, sizeof *grid);
}
