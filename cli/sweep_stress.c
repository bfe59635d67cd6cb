/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sweep_stress.h"

#include <stdlib.h>
#include <string.h>

#include "api/inside.h"
#include "base/text.h"
#include "cli/trace_model.h"
#include "study/presets.h"
#include "study/stress.h"
#include "study/study.h"

#define STRESS_MAX 64u

struct stresses {
    uint32_t n;
    struct model *model[STRESS_MAX];
};

static void stresses_free(struct stresses *s) {
    for (uint32_t i = 0; i < s->n; i++) model_free(s->model[i]);
}

static enum error_code load_all(struct stresses *out, struct error *e) {
    char **names = NULL;
    uint32_t n = preset_names("stress", &names);
    enum error_code rc = n ? OK
                           : error_set(e, ERR_INPUT, "--stress",
                                       "the stress scenarios that come with the program are not found beside it; "
                                       "SPOTSIM_PRESETS_DIR says where the presets are");
    for (uint32_t i = 0; rc == OK && i < n && out->n < STRESS_MAX; i++) {
        rc = preset_load(names[i], &out->model[out->n], e);
        if (rc == OK) out->n++;
    }
    preset_names_free(names, n);
    return rc;
}

static void put_variant(bool json, bool first, const char *label, const struct stress_result *results, uint32_t n,
                        struct strbuf *out) {
    if (!json) {
        if (*label) strbuf_printf(out, "%s%s\n", first ? "" : "\n", label);
        stress_report(results, n, out);
        return;
    }
    strbuf_puts(out, first ? "" : ",\n ");
    strbuf_puts(out, "{\"variant\": ");
    strbuf_json_string(out, label);
    strbuf_puts(out, ", \"results\": ");
    stress_json(results, n, out);
    strbuf_puts(out, "}");
}

enum error_code sweep_stress(const struct options *o, const struct spotsim_study *asked, struct error *e) {
    const struct study *study = study_inside(asked);
    struct stresses s = {0};
    struct stress_result results[STRESS_MAX];
    struct strbuf out = {0};
    bool json = options_get(o, "json") != NULL;
    if (options_get(o, "out")) return error_set(e, ERR_INPUT, "--out", "--stress prints and writes no folder");
    enum error_code rc = load_all(&s, e);
    if (json) strbuf_puts(&out, "[");
    for (uint32_t v = 0; rc == OK && v < study->n_variants; v++) {
        struct strbuf label = {0};
        vary_label(&study->grid, v, UINT32_MAX, &label);
        rc = stress_run(study->variants[v], (const struct model *const *)s.model, s.n, results, e);
        if (rc == OK) put_variant(json, v == 0, label.data ? label.data : "", results, s.n, &out);
        stress_free(results, s.n);
        strbuf_free(&label);
    }
    if (json) strbuf_puts(&out, "]\n");
    if (rc == OK) rc = trace_put(&out, NULL, e);
    strbuf_free(&out);
    stresses_free(&s);
    return rc;
}
