/* SPDX-License-Identifier: Apache-2.0
 * study.db: written once, in one transaction, in a fixed order, so its bytes
 * depend on the study and the SQLite library alone. */
#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "study/writers.h"

struct db {
    sqlite3 *handle;
    const char *path;
    struct error *e;
};

static enum error_code fail(const struct db *db) {
    return error_set(db->e, ERR_FAILED, db->path, "cannot write: %s", sqlite3_errmsg(db->handle));
}

static enum error_code exec(const struct db *db, const char *sql) {
    return sqlite3_exec(db->handle, sql, NULL, NULL, NULL) == SQLITE_OK ? OK : fail(db);
}

static enum error_code prepare(const struct db *db, const char *sql, sqlite3_stmt **out) {
    return sqlite3_prepare_v2(db->handle, sql, -1, out, NULL) == SQLITE_OK ? OK : fail(db);
}

static enum error_code step(const struct db *db, sqlite3_stmt *row) {
    if (sqlite3_step(row) != SQLITE_DONE) return fail(db);
    sqlite3_reset(row);
    return OK;
}

/* Unknown is NULL. */
static void bind_real(sqlite3_stmt *row, int i, double x) {
    if (isnan(x))
        sqlite3_bind_null(row, i);
    else
        sqlite3_bind_double(row, i, x);
}

static void bind_text(sqlite3_stmt *row, int i, const struct strbuf *text) {
    sqlite3_bind_text(row, i, text->data ? text->data : "", -1, SQLITE_TRANSIENT);
}

static enum error_code create(const struct db *db, const struct study *s) {
    TRY(exec(db,
             "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA synchronous=FULL; BEGIN;"
             "CREATE TABLE manifest(key TEXT PRIMARY KEY, value TEXT);"
             "CREATE TABLE variants(variant INTEGER PRIMARY KEY, label TEXT, policy TEXT);"
             "CREATE TABLE axes(variant INTEGER, path TEXT, value TEXT, x REAL);"
             "CREATE TABLE summary(variant INTEGER, metric TEXT, unit TEXT, n INTEGER, mean REAL, sd REAL, lo REAL, "
             "hi REAL, method TEXT, difference REAL, difference_lo REAL, difference_hi REAL, difference_method TEXT);"
             "CREATE TABLE outages(variant INTEGER, replication INTEGER, kind TEXT, length_s REAL);"));
    struct strbuf sql = {0};
    strbuf_puts(&sql, "CREATE TABLE runs(variant INTEGER, replication INTEGER, start_s REAL");
    for (int m = 0; m < study_metrics(s); m++)
        strbuf_printf(&sql, ", %s %s", metrics[m].name, metrics[m].whole ? "INTEGER" : "REAL");
    strbuf_puts(&sql, ", fingerprint TEXT)");
    enum error_code rc = sql.failed ? error_set(db->e, ERR_FAILED, NULL, "out of memory") : exec(db, sql.data);
    strbuf_free(&sql);
    return rc;
}

static enum error_code put_manifest(const struct db *db, const struct study *s) {
    sqlite3_stmt *row = NULL;
    TRY(prepare(db, "INSERT INTO manifest VALUES(?1, ?2)", &row));
    struct strbuf text = {0};
    study_manifest_json(s, &text);
    sqlite3_bind_text(row, 1, "manifest.json", -1, SQLITE_STATIC);
    bind_text(row, 2, &text);
    enum error_code rc = step(db, row);
    sqlite3_finalize(row);
    strbuf_free(&text);
    return rc;
}

static enum error_code put_variant(const struct db *db, const struct study *s, uint32_t v, sqlite3_stmt *variant,
                                   sqlite3_stmt *axis) {
    struct strbuf label = {0}, policy = {0};
    vary_label(&s->grid, v, UINT32_MAX, &label);
    scenario_policy_text(s->variants[v], &policy);
    sqlite3_bind_int64(variant, 1, v);
    bind_text(variant, 2, &label);
    bind_text(variant, 3, &policy);
    strbuf_free(&label);
    strbuf_free(&policy);
    TRY(step(db, variant));
    for (uint32_t a = 0; a < s->grid.n_axes; a++) {
        const struct vary_axis *x = &s->grid.axes[a];
        uint32_t i = vary_index(&s->grid, v, a);
        sqlite3_bind_int64(axis, 1, v);
        sqlite3_bind_text(axis, 2, x->path, -1, SQLITE_STATIC);
        sqlite3_bind_text(axis, 3, x->values[i], -1, SQLITE_STATIC);
        bind_real(axis, 4, x->numeric ? x->x[i] : NAN);
        TRY(step(db, axis));
    }
    return OK;
}

static enum error_code put_variants(const struct db *db, const struct study *s) {
    sqlite3_stmt *variant = NULL, *axis = NULL;
    enum error_code rc = prepare(db, "INSERT INTO variants VALUES(?1, ?2, ?3)", &variant);
    if (rc == OK) rc = prepare(db, "INSERT INTO axes VALUES(?1, ?2, ?3, ?4)", &axis);
    for (uint32_t v = 0; v < s->n_variants && rc == OK; v++) rc = put_variant(db, s, v, variant, axis);
    sqlite3_finalize(variant);
    sqlite3_finalize(axis);
    return rc;
}

static enum error_code put_run(const struct db *db, const struct study *s, uint32_t v, uint32_t r, sqlite3_stmt *run,
                               sqlite3_stmt *outage) {
    static const char *const kinds[OUTAGES] = {"full", "any"};
    const struct run_record *record = study_record(s, v, r);
    char fingerprint[24];
    sqlite3_bind_int64(run, 1, v);
    sqlite3_bind_int64(run, 2, r);
    bind_real(run, 3, (double)record->window_start_ms / (double)MS_PER_S);
    for (int m = 0; m < study_metrics(s); m++) bind_real(run, 4 + m, record->value[m]);
    snprintf(fingerprint, sizeof fingerprint, "%016" PRIx64, record->fingerprint);
    sqlite3_bind_text(run, 4 + study_metrics(s), fingerprint, -1, SQLITE_TRANSIENT);
    TRY(step(db, run));
    for (int k = 0; k < OUTAGES; k++) {
        for (uint32_t i = 0; i < record->n_outages[k]; i++) {
            sqlite3_bind_int64(outage, 1, v);
            sqlite3_bind_int64(outage, 2, r);
            sqlite3_bind_text(outage, 3, kinds[k], -1, SQLITE_STATIC);
            sqlite3_bind_double(outage, 4, (double)record->outage_ms[k][i] / (double)MS_PER_S);
            TRY(step(db, outage));
        }
    }
    return OK;
}

static enum error_code put_runs(const struct db *db, const struct study *s) {
    struct strbuf sql = {0};
    sqlite3_stmt *run = NULL, *outage = NULL;
    strbuf_puts(&sql, "INSERT INTO runs VALUES(?");
    for (int i = 0; i < study_metrics(s) + 3; i++) strbuf_puts(&sql, ",?");
    strbuf_puts(&sql, ")");
    enum error_code rc = sql.failed ? error_set(db->e, ERR_FAILED, NULL, "out of memory") : prepare(db, sql.data, &run);
    strbuf_free(&sql);
    if (rc == OK) rc = prepare(db, "INSERT INTO outages VALUES(?1, ?2, ?3, ?4)", &outage);
    for (uint32_t v = 0; v < s->n_variants && rc == OK; v++)
        for (uint32_t r = 0; r < s->n_replications && rc == OK; r++) rc = put_run(db, s, v, r, run, outage);
    sqlite3_finalize(run);
    sqlite3_finalize(outage);
    return rc;
}

static enum error_code put_cell(const struct db *db, const struct study *s, uint32_t v, int m, sqlite3_stmt *row) {
    const struct study_cell *c = study_cell(s, v, (enum metric_id)m);
    sqlite3_bind_int64(row, 1, v);
    sqlite3_bind_text(row, 2, metrics[m].name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, metrics[m].unit, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 4, c->value.n);
    bind_real(row, 5, c->value.mean);
    bind_real(row, 6, c->value.sd);
    bind_real(row, 7, c->value.lo);
    bind_real(row, 8, c->value.hi);
    sqlite3_bind_text(row, 9, stats_method_name(c->value.method), -1, SQLITE_STATIC);
    bind_real(row, 10, c->versus_first.mean);
    bind_real(row, 11, c->versus_first.lo);
    bind_real(row, 12, c->versus_first.hi);
    sqlite3_bind_text(row, 13, stats_method_name(c->versus_first.method), -1, SQLITE_STATIC);
    return step(db, row);
}

static enum error_code put_summary(const struct db *db, const struct study *s) {
    sqlite3_stmt *row = NULL;
    enum error_code rc =
        prepare(db, "INSERT INTO summary VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)", &row);
    for (uint32_t v = 0; v < s->n_variants && rc == OK; v++)
        for (int m = 0; m < study_metrics(s) && rc == OK; m++) rc = put_cell(db, s, v, m, row);
    sqlite3_finalize(row);
    return rc;
}

enum error_code study_write_db(const struct study *s, const struct folder *f, struct error *e) {
    char *path = folder_file(f, "study.db");
    if (!path) return error_set(e, ERR_FAILED, "study.db", "out of memory");
    struct db db = {NULL, path, e};
    enum error_code rc = sqlite3_open(path, &db.handle) == SQLITE_OK ? OK : fail(&db);
    if (rc == OK) rc = create(&db, s);
    if (rc == OK) rc = put_manifest(&db, s);
    if (rc == OK) rc = put_variants(&db, s);
    if (rc == OK) rc = put_runs(&db, s);
    if (rc == OK) rc = put_summary(&db, s);
    if (rc == OK) rc = exec(&db, "COMMIT");
    if (sqlite3_close(db.handle) != SQLITE_OK && rc == OK) rc = fail(&db);
    free(path);
    return rc;
}
