/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/trace_plot.h"

#include <errno.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "study/writers.h"

extern char **environ;

static bool find_script(const char *name, char path[PATH_MAX]) {
    char *folder = plot_scripts();
    if (folder) snprintf(path, PATH_MAX, "%s/%s", folder, name);
    bool found = folder && access(path, R_OK) == 0;
    free(folder);
    return found;
}

/* A gnuplot string constant; bars separate names there. */
static void quote(struct strbuf *out, const char *text, bool name) {
    for (; *text; text++) {
        if (*text == '\'')
            strbuf_puts(out, "''");
        else
            strbuf_add(out, name && *text == '|' ? "/" : text, 1);
    }
}

/* Names of pools as one string. */
static void put_names(const struct trace *t, struct strbuf *out) {
    strbuf_printf(out, "nseries=%u; names='", t->n_pools);
    for (uint32_t i = 0; i < t->n_pools; i++) {
        if (i) strbuf_puts(out, "|");
        quote(out, t->pools[i].name, true);
    }
    strbuf_puts(out, "'");
}

static void put_settings(const char *own, const char *data, const char *picture, const char *format,
                         struct strbuf *out) {
    strbuf_puts(out, "file='");
    quote(out, data, false);
    strbuf_puts(out, "'; out='");
    quote(out, picture, false);
    strbuf_printf(out, "'; fmt='%s'; %s", format, own);
}

/* 127 when there is no gnuplot, else its exit status. */
static int run_gnuplot(char *assignments, char *script) {
    char *argv[] = {"gnuplot", "-e", assignments, script, NULL};
    pid_t pid;
    int status = 0;
    int rc = posix_spawnp(&pid, "gnuplot", NULL, NULL, argv, environ);
    if (rc != 0) return rc == ENOENT ? 127 : 1;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return 1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* gnuplot writes beside the picture; only a complete one gets its name. */
static enum error_code draw(const char *name, const char *own, const char *path, const char *format, const char *data,
                            const char **hint, struct error *e) {
    char script[PATH_MAX];
    if (!find_script(name, script)) {
        *hint =
            "the gnuplot script was not found; set SPOTSIM_PLOT_DIR to the folder of the gnuplot scripts and repeat";
        return OK;
    }
    struct strbuf set = {0}, unfinished = {0};
    strbuf_printf(&unfinished, "%s.tmp", path);
    put_settings(own, data, unfinished.data ? unfinished.data : "", format, &set);
    enum error_code rc = OK;
    if (set.failed || unfinished.failed) {
        rc = error_set(e, ERR_FAILED, NULL, "out of memory");
    } else {
        int status = run_gnuplot(set.data, script);
        if (status == 127)
            *hint = "gnuplot is not installed (Debian: gnuplot-nox); install it and repeat to get the picture";
        else if (status != 0 || rename(unfinished.data, path) != 0) {
            unlink(unfinished.data);
            rc = error_set(e, ERR_FAILED, path, "gnuplot could not draw the picture (status %d)", status);
        }
    }
    strbuf_free(&set);
    strbuf_free(&unfinished);
    return rc;
}

enum error_code picture_check(const char *path, struct error *e) {
    const char *dot = strrchr(path, '.');
    if (dot && (strcmp(dot, ".svg") == 0 || strcmp(dot, ".png") == 0)) return OK;
    return error_set(e, ERR_INPUT, path, "expected a file name that ends in .svg or .png");
}

enum error_code picture_draw(const char *script, const struct strbuf *data, const char *own, const char *path,
                             const char **hint, struct error *e) {
    struct strbuf data_path = {0};
    *hint = NULL;
    TRY(picture_check(path, e));
    const char *dot = strrchr(path, '.');
    strbuf_printf(&data_path, "%.*s.dat", (int)(dot - path), path);
    enum error_code rc = data->failed || data_path.failed ? error_set(e, ERR_FAILED, NULL, "out of memory")
                                                          : file_write(data_path.data, data->data, data->size, e);
    if (rc == OK) rc = draw(script, own, path, dot + 1, data_path.data, hint, e);
    strbuf_free(&data_path);
    return rc;
}

enum error_code trace_plot(const struct trace *t, enum trace_quantity what, const char *path, const char **hint,
                           struct error *e) {
    struct strbuf data = {0}, names = {0};
    *hint = NULL;
    TRY(picture_check(path, e));
    if (t->n_pools > TRACE_PLOT_POOLS_MAX)
        return error_set(e, ERR_INPUT, path, "%u pools do not fit one picture; the limit is %u", t->n_pools,
                         TRACE_PLOT_POOLS_MAX);
    trace_report_data(t, what, &data);
    put_names(t, &names);
    enum error_code rc = names.failed ? error_set(e, ERR_FAILED, NULL, "out of memory")
                                      : picture_draw(what == TRACE_PRICE ? "trace-price.gp" : "trace.gp", &data,
                                                     names.data, path, hint, e);
    strbuf_free(&data);
    strbuf_free(&names);
    return rc;
}
