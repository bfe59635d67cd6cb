/* SPDX-License-Identifier: Apache-2.0
 * Runs gnuplot, when it is there. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/beside.h"
#include "study/writers.h"

#define PLOT_NOT_FOUND (-2)
#define COULD_NOT_RUN (-1)
#define MESSAGE_SHOWN 200

char *plot_scripts(void) { return beside_program("SPOTSIM_PLOT_DIR", "plot", "scripts/plot"); }

/* name='value' as gnuplot reads it: a quote inside is written twice.  It knows
 * no escape for a new line between such quotes: '|' parts lines and names. */
static void put_setting(struct strbuf *out, const char *name, const char *value) {
    strbuf_printf(out, "%s='", name);
    for (; value && *value; value++) {
        if (*value == '\'') strbuf_puts(out, "'");
        strbuf_add(out, *value == '\n' ? "|" : value, 1);
    }
    strbuf_puts(out, "'; ");
}

extern char **environ;

/* Our environment with LC_ALL as the scripts want it; the strings are shared.
 * NULL: out of memory. */
static char **plot_environment(void) {
    static const char locale[] = "LC_ALL=C.UTF-8";
    size_t n = 0, kept = 0;
    while (environ[n]) n++;
    char **out = calloc(n + 2, sizeof *out);
    if (!out) return NULL;
    for (size_t i = 0; i < n; i++)
        if (strncmp(environ[i], "LC_ALL=", strlen("LC_ALL=")) != 0) out[kept++] = environ[i];
    out[kept] = (char *)(uintptr_t)locale;
    return out;
}

/* gnuplot in the study's folder, its messages into `messages`.  0 or an errno. */
static int start_gnuplot(const char *folder, const char *settings, const char *script, int messages, pid_t *child) {
    char *const argv[] = {(char[]){"gnuplot"},
                          (char[]){"-d"},
                          (char[]){"-e"},
                          (char *)(uintptr_t)settings,
                          (char *)(uintptr_t)script,
                          NULL};
    posix_spawn_file_actions_t actions;
    char **environment = plot_environment();
    if (!environment) return ENOMEM;
    int rc = posix_spawn_file_actions_init(&actions);
    if (rc == 0) {
        rc = posix_spawn_file_actions_addchdir_np(&actions, folder);
        if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
        if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, messages, STDOUT_FILENO);
        if (rc == 0) rc = posix_spawnp(child, argv[0], &actions, NULL, argv, environment);
        posix_spawn_file_actions_destroy(&actions);
    }
    free(environment);
    return rc;
}

/* What waitpid says, or COULD_NOT_RUN, or PLOT_NOT_FOUND. */
static int run_gnuplot(const char *folder, const char *settings, const char *script, struct strbuf *messages) {
    int ends[2];
    pid_t child = 0;
    if (pipe2(ends, O_CLOEXEC) != 0) return COULD_NOT_RUN;
    int rc = start_gnuplot(folder, settings, script, ends[1], &child);
    close(ends[1]);
    if (rc != 0) {
        close(ends[0]);
        return rc == ENOENT ? PLOT_NOT_FOUND : COULD_NOT_RUN;
    }
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
    return status;
}

/* The end of what gnuplot said, in one line: its complaint comes last. */
static void put_message(const struct strbuf *messages, struct strbuf *out) {
    size_t from = messages->size > MESSAGE_SHOWN ? messages->size - MESSAGE_SHOWN : 0;
    bool blank = true;
    for (size_t i = from; i < messages->size; i++) {
        bool space = (unsigned char)messages->data[i] <= ' ';
        if (!space || !blank) strbuf_add(out, space ? " " : &messages->data[i], 1);
        blank = space;
    }
    while (out->size && out->data[out->size - 1] == ' ') out->data[--out->size] = '\0';
}

static void put_failure(struct strbuf *why, const char *picture, int status, const struct strbuf *messages) {
    strbuf_printf(why, "%s%s: ", why->size ? "; " : "these plots are missing, as gnuplot failed on them: ", picture);
    if (status == COULD_NOT_RUN)
        strbuf_puts(why, "it could not be started");
    else if (WIFSIGNALED(status))
        strbuf_printf(why, "it crashed (signal %d, %s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else {
        strbuf_printf(why, "exit status %d: ", WEXITSTATUS(status));
        put_message(messages, why);
    }
}

static void put_settings(const struct curves *c, const char *curve, const char *picture, const char *format,
                         struct strbuf *out) {
    bool outages = strcmp(curve, "outages") == 0, timeline = strcmp(curve, "timeline") == 0;
    bool stress = strcmp(curve, "stress") == 0;
    put_setting(out, "dir", ".");
    put_setting(out, "out", picture);
    put_setting(out, "fmt", format);
    put_setting(out, "xlab", c->x_label.data);
    put_setting(out, "names", outages ? c->outage_names.data : stress ? c->stress_names.data : c->names.data);
    if (stress) put_setting(out, "scenarios", c->scenarios.data);
    if (outages) put_setting(out, "note", c->outage_note.data);
    if (timeline) put_setting(out, "what", c->timeline_name.data);
    strbuf_printf(out, "nseries=%u", outages ? c->n_outage_series : stress ? c->n_stress_series : c->n_series);
    if (timeline && c->timeline_hours > CURVES_TIMELINE_HOURS_MAX)
        strbuf_printf(out, "; from=0; to=%d", CURVES_TIMELINE_HOURS_MAX);
}

/* False: no gnuplot here. */
static bool plot_one(const struct folder *f, const struct curves *c, const char *scripts, const char *curve,
                     const char *format, struct strbuf *why) {
    struct strbuf settings = {0}, script = {0}, messages = {0};
    char picture[64];
    snprintf(picture, sizeof picture, "curves/%s.%s", curve, format);
    put_settings(c, curve, picture, format, &settings);
    strbuf_printf(&script, "%s/%s.gp", scripts, curve);
    int status = COULD_NOT_RUN;
    if (!settings.failed && !script.failed) status = run_gnuplot(f->temp, settings.data, script.data, &messages);
    bool found = status != PLOT_NOT_FOUND;
    if (status != 0) { /* a picture begun is none */
        char *path = folder_file(f, picture);
        if (path) unlink(path);
        free(path);
        if (found) put_failure(why, picture, status, &messages);
    }
    strbuf_free(&settings);
    strbuf_free(&script);
    strbuf_free(&messages);
    return found;
}

bool study_plot(const struct folder *f, const struct curves *c, const char *scripts, char **why) {
    static const char *const curves[] = {"availability", "cost", "frontier", "outages", "stress", "timeline"};
    static const char *const formats[] = {"svg", "png"};
    struct strbuf failures = {0};
    bool found = true;
    for (size_t i = 0; i < sizeof curves / sizeof curves[0] && found; i++) {
        if (strcmp(curves[i], "outages") == 0 && c->n_outage_series == 0) continue;
        if (strcmp(curves[i], "stress") == 0 && c->n_stress_series == 0) continue;
        if (strcmp(curves[i], "timeline") == 0 && !c->timeline) continue;
        for (size_t k = 0; k < 2 && found; k++) found = plot_one(f, c, scripts, curves[i], formats[k], &failures);
    }
    if (!found)
        *why = strdup("no plots: gnuplot is not installed (Debian: gnuplot-nox); with it, run the study again");
    else
        *why = failures.size ? strdup(failures.data) : NULL;
    bool drawn = found && failures.size == 0;
    strbuf_free(&failures);
    return drawn;
}
