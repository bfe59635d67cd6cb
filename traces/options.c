/* SPDX-License-Identifier: Apache-2.0
 * Reading options from the text a user gives. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "traces/readers.h"

static const char *const names[] = {"polarity", "single-means", "gap",   "resolution", "align",
                                    "cloud",    "product",      "epoch", NULL};

static enum error_code set_polarity(struct trace_options *o, const char *text, struct error *e) {
    if (strcmp(text, "up") == 0)
        o->polarity = TRACE_UP;
    else if (strcmp(text, "preempted") == 0)
        o->polarity = TRACE_PREEMPTED;
    else
        return error_set(e, ERR_INPUT, NULL,
                         "expected 'up' (1 = available) or 'preempted' (1 = preempted), got '%.40s'", text);
    return OK;
}

static enum error_code set_single(struct trace_options *o, const char *text, struct error *e) {
    int64_t n = 1;
    if (strcmp(text, "unlimited") == 0)
        n = TRACE_UNLIMITED;
    else if (strcmp(text, "as written") == 0 || strcmp(text, "as-written") == 0)
        n = 0;
    else if (strcmp(text, "one") != 0)
        if (text_int(text, 1, TRACE_CAPACITY_MAX, &n, NULL) != OK)
            return error_set(e, ERR_INPUT, NULL,
                             "expected 'one', a whole number from 1 to %u, 'unlimited' or 'as-written', got '%.40s'",
                             TRACE_CAPACITY_MAX, text);
    o->single_means = (uint32_t)n;
    return OK;
}

static enum error_code set_step(const char *text, int64_t *ms, struct error *e) {
    TRY(text_duration_ms(text, ms, e));
    return *ms > 0 ? OK : error_set(e, ERR_INPUT, NULL, "expected more than 0, got '%.40s'", text);
}

static enum error_code set_text(const char *text, const char **slot, struct error *e) {
    *slot = text;
    return *text ? OK : error_set(e, ERR_INPUT, NULL, "expected some text, got nothing");
}

static enum error_code set_epoch(struct trace_options *o, const char *text, struct error *e) {
    int64_t ignored;
    o->epoch = text;
    return timestamp_from_text(text, &ignored, e);
}

static enum error_code set_named(struct trace_options *o, const char *name, const char *text, struct error *e) {
    if (strcmp(name, "polarity") == 0) return set_polarity(o, text, e);
    if (strcmp(name, "single-means") == 0) return set_single(o, text, e);
    if (strcmp(name, "gap") == 0) return set_step(text, &o->gap_ms, e);
    if (strcmp(name, "resolution") == 0) return set_step(text, &o->resolution_ms, e);
    if (strcmp(name, "align") == 0) return set_text(text, &o->align_path, e);
    if (strcmp(name, "cloud") == 0) return set_text(text, &o->cloud, e);
    if (strcmp(name, "product") == 0) return set_text(text, &o->product, e);
    if (strcmp(name, "epoch") == 0) return set_epoch(o, text, e);
    const char *near = text_nearest(name, names);
    return error_set(e, ERR_INPUT, NULL, "no such option%s%s%s", near ? "; did you mean --" : "", near ? near : "",
                     near ? "?" : "");
}

enum error_code trace_option_set(struct trace_options *o, const char *name, const char *text, struct error *e) {
    enum error_code rc = set_named(o, name, text, e);
    char where[48];
    snprintf(where, sizeof where, "--%.40s", name);
    if (rc != OK) error_in(e, where);
    return rc;
}
