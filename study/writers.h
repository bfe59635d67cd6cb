/* SPDX-License-Identifier: Apache-2.0
 * What a study leaves behind.  All but build.json depend on the scenario
 * alone: same bytes at any number of threads and on rerun. */
#ifndef SPOTSIM_STUDY_WRITERS_H
#define SPOTSIM_STUDY_WRITERS_H

#include "study/folder.h"
#include "study/study.h"

/* ---- text made from a study ---- */
void study_runs_csv(const struct study *s, struct strbuf *out);
void study_summary_csv(const struct study *s, struct strbuf *out);     /* one row per variant */
void study_differences_csv(const struct study *s, struct strbuf *out); /* paired, against the first variant */
void study_timeline_csv(const struct study *s, struct strbuf *out);    /* replication 0 of each variant */
void study_manifest_json(const struct study *s, struct strbuf *out);
void study_build_json(const struct study *s, const char *gnuplot, struct strbuf *out);
void study_summary_json(const struct study *s, struct strbuf *out); /* for --json */
void study_summary_text(const struct study *s, struct strbuf *out); /* for a terminal */
/* What the first variant rests on, and which settings vary. */
void study_assumptions(const struct study *s, struct strbuf *out);
/* Title: the question, or what varies. */
void study_title(const struct study *s, struct strbuf *out);

/* ---- curves ---- */
#define CURVES_OUTAGE_SERIES_MAX 6u
#define CURVES_TIMELINE_HOURS_MAX 168
struct curves {               /* how the data files are laid out, for the plots */
    uint32_t n_series;        /* of base.dat */
    struct strbuf names;      /* "a|b|c" */
    uint32_t n_outage_series; /* of outages.dat; 0: no outage at all */
    struct strbuf outage_names;
    struct strbuf outage_note; /* of curves_outage_note */
    struct strbuf x_label;
    uint32_t n_stress_series; /* of stress.dat; 0: no stress scenarios are varied */
    struct strbuf stress_names, scenarios;
    bool timeline;
    struct strbuf timeline_name; /* of curves_timeline_name */
    double timeline_hours;       /* a plot shows the first CURVES_TIMELINE_HOURS_MAX */
};
/* Writes curves/base.dat, outages.dat and, where there is such a thing,
 * timeline.dat and stress.dat. */
enum error_code study_write_curves(const struct study *s, const struct folder *f, struct curves *c, struct error *e);
void curves_free(struct curves *c);
/* Recovery, time behind and availability under each stress scenario, a block for
 * each variant of the rest; fills what `c` says of it. */
void study_stress_curve(const struct study *s, struct curves *c, struct strbuf *out);
/* For data files and plots: a number or NaN; "a|b|c". */
void curves_put(struct strbuf *out, double x);
void curves_put_name(struct strbuf *names, const char *name, bool first);
/* Which variants the outage plot shows: of those that have an outage the first,
 * the last and evenly between.  Returns how many; *with_outages: of how many. */
uint32_t curves_outage_variants(const struct study *s, uint32_t picked[CURVES_OUTAGE_SERIES_MAX],
                                uint32_t *with_outages);
/* Whether any replication of the variant has an outage of full availability. */
bool curves_has_outage(const struct study *s, uint32_t v);
/* What the outage plot leaves out and counts, at most two lines; "" when there
 * is nothing to say. */
void curves_outage_note(const struct study *s, struct strbuf *out);
/* Whose timeline is drawn: "policy.mix.base=0, replication 0". */
void curves_timeline_name(const struct study *s, struct strbuf *out);
/* Runs gnuplot on each curve.  `scripts`: folder of the .gp files.  One that
 * fails leaves no picture and does not stop the others.  Returns false and says
 * in *why (one line, owned by the caller; else NULL) which are missing and why. */
bool study_plot(const struct folder *f, const struct curves *c, const char *scripts, char **why);
/* Where the scripts are: $SPOTSIM_PLOT_DIR or beside the program; owned; NULL:
 * nowhere. */
char *plot_scripts(void);

/* ---- whole files ---- */
enum error_code study_write_db(const struct study *s, const struct folder *f, struct error *e);
enum error_code study_write_report(const struct study *s, const struct folder *f, struct error *e);

/* All of it.  *plot_note: one line for the user when there are no plots, or
 * NULL; owned by the caller. */
enum error_code study_write(const struct study *s, const struct folder *f, char **plot_note, struct error *e);

#endif
