/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "study/writers.h"

static enum error_code write_one(const struct study *s, const struct folder *f, const char *name,
                                 void (*make)(const struct study *, struct strbuf *), struct error *e) {
    struct strbuf text = {0};
    make(s, &text);
    enum error_code rc = folder_write(f, name, &text, e);
    strbuf_free(&text);
    return rc;
}

/* "gnuplot 5.4 patchlevel 4", or "" without it. */
static void gnuplot_version(char out[64]) {
    out[0] = '\0';
    FILE *p = popen("gnuplot --version 2>/dev/null", "r");
    if (!p) return;
    if (!fgets(out, 64, p)) out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    pclose(p);
}

static enum error_code write_plots(const struct study *s, const struct folder *f, char **plot_note, struct error *e) {
    struct curves curves;
    enum error_code rc = study_write_curves(s, f, &curves, e);
    char *scripts = plot_scripts();
    if (rc == OK && !scripts)
        *plot_note = strdup("no plots: the gnuplot scripts (scripts/plot) are not beside the program");
    else if (rc == OK)
        study_plot(f, &curves, scripts, plot_note);
    free(scripts);
    curves_free(&curves);
    return rc;
}

enum error_code study_write(const struct study *s, const struct folder *f, char **plot_note, struct error *e) {
    struct strbuf build = {0};
    char gnuplot[64];
    *plot_note = NULL;
    gnuplot_version(gnuplot);
    TRY(write_one(s, f, "runs.csv", study_runs_csv, e));
    TRY(write_one(s, f, "summary.csv", study_summary_csv, e));
    TRY(write_one(s, f, "differences.csv", study_differences_csv, e));
    if (s->timelines) TRY(write_one(s, f, "timeline.csv", study_timeline_csv, e));
    TRY(study_write_db(s, f, e));
    TRY(write_plots(s, f, plot_note, e));
    TRY(study_write_report(s, f, e));
    study_build_json(s, gnuplot, &build);
    enum error_code rc = folder_write(f, "build.json", &build, e);
    strbuf_free(&build);
    TRY(rc);
    return write_one(s, f, "manifest.json", study_manifest_json, e); /* last: what marks a whole study */
}
