/* SPDX-License-Identifier: Apache-2.0
 * Runs gnuplot, when it is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "study/writers.h"

#define PLOT_NOT_FOUND 127
#define TIMELINE_HOURS_SHOWN 168

char *plot_scripts(void) {
    static const char *const places[] = {"/../scripts/plot", "/../share/spotsim/plot", "/../../../scripts/plot"};
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n <= 0) return NULL;
    exe[n] = '\0';
    char *slash = strrchr(exe, '/');
    if (!slash) return NULL;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s%s", exe, places[i]) < 0) return NULL;
        char *real = realpath(path, NULL);
        free(path);
        if (real) return real;
    }
    return NULL;
}

/* name='value' as gnuplot reads it: a quote inside is written twice. */
static void put_setting(struct strbuf *out, const char *name, const char *value) {
    strbuf_printf(out, "%s='", name);
    for (; value && *value; value++) {
        if (*value == '\'') strbuf_puts(out, "'");
        strbuf_add(out, *value == '\n' ? " " : value, 1);
    }
    strbuf_puts(out, "'; ");
}

/* In the child: gnuplot in the study's folder, its messages into the pipe. */
static void be_gnuplot(const char *folder, const char *settings, const char *script, int messages) {
    if (chdir(folder) != 0 || dup2(messages, STDERR_FILENO) < 0 || dup2(messages, STDOUT_FILENO) < 0) _exit(1);
    setenv("LC_ALL", "C.UTF-8", 1);
    execlp("gnuplot", "gnuplot", "-d", "-e", settings, script, (char *)NULL);
    _exit(errno == ENOENT ? PLOT_NOT_FOUND : 1);
}

static int run_gnuplot(const char *folder, const char *settings, const char *script, struct strbuf *messages) {
    int ends[2];
    if (pipe(ends) != 0) return 1;
    pid_t child = fork();
    if (child < 0) {
        close(ends[0]);
        close(ends[1]);
        return 1;
    }
    if (child == 0) be_gnuplot(folder, settings, script, ends[1]);
    close(ends[1]);
    char chunk[512];
    for (;;) {
        ssize_t n = read(ends[0], chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        if (messages->size < 2000) strbuf_add(messages, chunk, (size_t)n);
    }
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static bool plot_one(const struct folder *f, const struct curves *c, const char *scripts, const char *curve,
                     const char *format, char **why) {
    struct strbuf settings = {0}, script = {0}, messages = {0};
    char out[64];
    bool outages = strcmp(curve, "outages") == 0;
    snprintf(out, sizeof out, "curves/%s.%s", curve, format);
    put_setting(&settings, "dir", ".");
    put_setting(&settings, "out", out);
    put_setting(&settings, "fmt", format);
    put_setting(&settings, "xlab", c->x_label.data);
    put_setting(&settings, "names", outages ? c->outage_names.data : c->names.data);
    strbuf_printf(&settings, "nseries=%u", outages ? c->n_outage_series : c->n_series);
    if (strcmp(curve, "timeline") == 0 && c->timeline_hours > TIMELINE_HOURS_SHOWN)
        strbuf_printf(&settings, "; from=0; to=%d", TIMELINE_HOURS_SHOWN);
    strbuf_printf(&script, "%s/%s.gp", scripts, curve);
    int status = settings.failed || script.failed ? 1 : run_gnuplot(f->temp, settings.data, script.data, &messages);
    if (status == PLOT_NOT_FOUND) {
        if (asprintf(why, "no plots: gnuplot is not installed (Debian: gnuplot-nox); with it, run the study again") < 0)
            *why = NULL;
    } else if (status != 0) {
        if (asprintf(why, "no plots: gnuplot failed on %s.gp: %.300s", curve, messages.data ? messages.data : "") < 0)
            *why = NULL;
    }
    strbuf_free(&settings);
    strbuf_free(&script);
    strbuf_free(&messages);
    return status == 0;
}

bool study_plot(const struct folder *f, const struct curves *c, const char *scripts, char **why) {
    static const char *const curves[] = {"availability", "cost", "frontier", "outages", "timeline"};
    static const char *const formats[] = {"svg", "png"};
    *why = NULL;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(curves[i], "outages") == 0 && c->n_outage_series == 0) continue;
        if (strcmp(curves[i], "timeline") == 0 && !c->timeline) continue;
        for (size_t k = 0; k < 2; k++)
            if (!plot_one(f, c, scripts, curves[i], formats[k], why)) return false;
    }
    return true;
}
