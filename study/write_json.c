/* SPDX-License-Identifier: Apache-2.0 */
#include <gsl/gsl_version.h>
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <string.h>

#include "sim/load.h"
#include "study/json_text.h"
#include "study/result.h"
#include "study/version.h"
#include "study/writers.h"

static void put_key(struct strbuf *out, const char *key) {
    char last = out->size ? out->data[out->size - 1] : '{';
    if (last != '{' && last != '[') strbuf_puts(out, ",");
    strbuf_json_string(out, key);
    strbuf_puts(out, ":");
}

static void put_string(struct strbuf *out, const char *key, const char *value) {
    put_key(out, key);
    strbuf_json_string(out, value);
}

static void put_real(struct strbuf *out, const char *key, double x) {
    put_key(out, key);
    strbuf_real(out, x);
}

static void put_count(struct strbuf *out, const char *key, uint64_t n) {
    put_key(out, key);
    strbuf_printf(out, "%" PRIu64, n);
}

static void put_axes(const struct study *s, uint32_t v, struct strbuf *out) {
    put_key(out, "values");
    strbuf_puts(out, "{");
    for (uint32_t a = 0; a < s->grid.n_axes; a++)
        put_string(out, s->grid.axes[a].path, s->grid.axes[a].values[vary_index(&s->grid, v, a)]);
    strbuf_puts(out, "}");
    struct strbuf policy = {0};
    scenario_policy_text(s->variants[v], &policy);
    if (policy.failed || !policy.data)
        out->failed = true;
    else
        put_string(out, "policy", policy.data);
    strbuf_free(&policy);
}

static void put_notes(const struct study *s, const char *key, struct strbuf *out) {
    put_key(out, key);
    strbuf_puts(out, "[");
    for (uint32_t i = 0; i < s->notes.n; i++) {
        if (i) strbuf_puts(out, ",");
        strbuf_json_string(out, s->notes.lines[i]);
    }
    strbuf_puts(out, "]");
}

static void lay_out(struct strbuf *flat, struct strbuf *out) {
    if (flat->failed || !flat->data)
        out->failed = true;
    else
        json_text_indent(flat->data, out);
    strbuf_free(flat);
}

void study_title(const struct study *s, struct strbuf *out) {
    const char *question = scenario_question(s->variants[0]), *name = scenario_name(s->variants[0]);
    if (*question)
        strbuf_puts(out, question);
    else if (*name)
        strbuf_puts(out, name);
    else if (!s->grid.n_axes)
        strbuf_puts(out, "One variant");
    else {
        strbuf_puts(out, "What changes with ");
        for (uint32_t a = 0; a < s->grid.n_axes; a++)
            strbuf_printf(out, "%s%s", a ? " and " : "", s->grid.axes[a].path);
        strbuf_puts(out, "?");
    }
}

void study_manifest_json(const struct study *s, struct strbuf *out) {
    struct strbuf flat = {0};
    strbuf_puts(&flat, "{\"manifest\":1,\"scenario\":");
    json_text_write(doc_root(s->doc), &flat);
    put_key(&flat, "resolved");
    scenario_to_json(s->variants[0], &flat);
    put_count(&flat, "seed", scenario_config(s->variants[0])->seed);
    put_count(&flat, "replications", s->n_replications);
    put_real(&flat, "window_s", s->window_ms ? (double)s->window_ms / (double)MS_PER_S : NAN);
    put_count(&flat, "independent_windows", (uint64_t)s->independent_windows);
    put_key(&flat, "variants");
    strbuf_puts(&flat, "[");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        char digest[24];
        strbuf_puts(&flat, v ? ",{" : "{");
        put_count(&flat, "variant", v);
        put_axes(s, v, &flat);
        snprintf(digest, sizeof digest, "%016" PRIx64, trace_digest(scenario_config(s->variants[v])->trace));
        put_string(&flat, "trace_digest", digest);
        const struct load *load = scenario_config(s->variants[v])->load;
        if (load) {
            snprintf(digest, sizeof digest, "%016" PRIx64, load_digest(load));
            put_string(&flat, "load_digest", digest);
        }
        put_key(&flat, "fingerprints");
        strbuf_puts(&flat, "[");
        for (uint32_t r = 0; r < s->n_replications; r++)
            strbuf_printf(&flat, "%s\"%016" PRIx64 "\"", r ? "," : "", study_record(s, v, r)->fingerprint);
        strbuf_puts(&flat, "]}");
    }
    strbuf_puts(&flat, "]");
    put_notes(s, "warnings", &flat);
    strbuf_puts(&flat, "}");
    lay_out(&flat, out);
}

void study_build_json(const struct study *s, const char *gnuplot, struct strbuf *out) {
    struct strbuf flat = {0};
    double events = 0;
    for (uint32_t v = 0; v < s->n_variants; v++)
        for (uint32_t r = 0; r < s->n_replications; r++) events += study_record(s, v, r)->value[METRIC_EVENTS];
    strbuf_puts(&flat, "{");
    put_string(&flat, "spotsim", SPOTSIM_VERSION);
    put_string(&flat, "compiler", __VERSION__);
    put_string(&flat, "gsl", gsl_version);
    put_string(&flat, "sqlite", sqlite3_libversion());
    put_string(&flat, "gnuplot", gnuplot);
    put_count(&flat, "threads", s->threads);
    put_real(&flat, "wall_s", s->wall_s);
    put_real(&flat, "events_per_s", s->wall_s > 0 ? events / s->wall_s : NAN);
    strbuf_puts(&flat, "}");
    lay_out(&flat, out);
}

static void put_estimate(struct strbuf *out, const char *key, const struct estimate *x) {
    put_key(out, key);
    strbuf_puts(out, "{");
    put_real(out, "mean", x->mean);
    put_real(out, "lo", x->lo);
    put_real(out, "hi", x->hi);
    put_count(out, "n", x->n);
    put_string(out, "method", stats_method_name(x->method));
    strbuf_puts(out, "}");
}

void study_summary_json(const struct study *s, struct strbuf *out) {
    struct strbuf flat = {0}, title = {0};
    study_title(s, &title);
    strbuf_puts(&flat, "{\"format\":1");
    put_string(&flat, "study", title.data ? title.data : "");
    strbuf_free(&title);
    put_count(&flat, "seed", scenario_config(s->variants[0])->seed);
    put_count(&flat, "replications", s->n_replications);
    put_real(&flat, "window_s", s->window_ms ? (double)s->window_ms / (double)MS_PER_S : NAN);
    put_count(&flat, "independent_windows", (uint64_t)s->independent_windows);
    put_key(&flat, "variants");
    strbuf_puts(&flat, "[");
    for (uint32_t v = 0; v < s->n_variants; v++) {
        strbuf_puts(&flat, v ? ",{" : "{");
        put_count(&flat, "variant", v);
        put_axes(s, v, &flat);
        put_key(&flat, "metrics");
        strbuf_puts(&flat, "{");
        for (int m = 0; m < study_metrics(s); m++)
            put_estimate(&flat, metrics[m].name, &study_cell(s, v, (enum metric_id)m)->value);
        strbuf_puts(&flat, "}");
        put_key(&flat, "versus_first");
        strbuf_puts(&flat, "{");
        for (int m = 0; m < study_metrics(s) && v != study_reference(s, v); m++)
            put_estimate(&flat, metrics[m].name, &study_cell(s, v, (enum metric_id)m)->versus_first);
        strbuf_puts(&flat, "}}");
    }
    strbuf_puts(&flat, "]");
    put_key(&flat, "assumptions");
    assumptions_to_json(s->variants[0], &flat);
    put_notes(s, "warnings", &flat);
    strbuf_puts(&flat, "}");
    lay_out(&flat, out);
}
