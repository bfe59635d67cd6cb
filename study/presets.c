/* SPDX-License-Identifier: Apache-2.0 */
#include "study/presets.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beside.h"
#include "base/text.h"

#define SUFFIX ".json"
#define LOSSES "losses-N-a-day"
#define LOSSES_MIN 0.01
#define LOSSES_MAX 1000.0

char *preset_folder(void) { return beside_program("SPOTSIM_PRESETS_DIR", "presets", "traces/presets"); }

/* The file of a preset, owned; NULL when there is none of that name. */
static char *preset_path(const char *name) {
    char *folder = preset_folder(), *path = NULL;
    if (!folder || strstr(name, "..") || asprintf(&path, "%s/%s" SUFFIX, folder, name) < 0) path = NULL;
    free(folder);
    if (path && access(path, F_OK) == 0) return path;
    free(path);
    return NULL;
}

static int is_preset(const struct dirent *entry) {
    size_t n = strlen(entry->d_name);
    return n >= sizeof SUFFIX && strcmp(entry->d_name + n - (sizeof SUFFIX - 1), SUFFIX) == 0;
}

uint32_t preset_names(const char *sub, char ***names) {
    char *folder = preset_folder(), *path = NULL;
    struct dirent **found = NULL;
    int n_found = -1;
    uint32_t n = 0;
    *names = NULL;
    if (folder && asprintf(&path, "%s/%s", folder, sub) < 0) path = NULL;
    if (path) n_found = scandir(path, &found, is_preset, alphasort);
    if (n_found > 0) *names = calloc((size_t)n_found, sizeof **names);
    for (int i = 0; i < n_found; i++) {
        int length = (int)(strlen(found[i]->d_name) - (sizeof SUFFIX - 1));
        if (*names && asprintf(&(*names)[n], "%s%s%.*s", sub, *sub ? "/" : "", length, found[i]->d_name) >= 0) n++;
        free(found[i]);
    }
    free(found);
    free(path);
    free(folder);
    return n;
}

void preset_names_free(char **names, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) free(names[i]);
    free(names);
}

bool preset_there(const char *name) {
    char *path = preset_path(name);
    free(path);
    return path != NULL;
}

static enum error_code no_such_preset(const char *name, struct error *e) {
    char **top = NULL, **stress = NULL;
    uint32_t n_top = preset_names("", &top), n_stress = preset_names(PRESETS_STRESS, &stress), n = 0;
    const char **all = calloc(n_top + n_stress + 2, sizeof *all);
    for (uint32_t i = 0; all && i < n_top; i++) all[n++] = top[i];
    for (uint32_t i = 0; all && i < n_stress; i++) all[n++] = stress[i];
    if (n) all[n++] = LOSSES;
    const char *near = n ? text_nearest(name, all) : NULL;
    if (n == 0)
        error_set(e, ERR_INPUT, name,
                  "no such file, and no presets are found beside the program "
                  "(SPOTSIM_PRESETS_DIR says where they are)");
    else if (near)
        error_set(e, ERR_INPUT, name, "neither a file nor a preset; did you mean '%s'?", near);
    else
        error_set(e, ERR_INPUT, name, "neither a file nor a preset; `spotsim trace synth --list` names those");
    free(all);
    preset_names_free(top, n_top);
    preset_names_free(stress, n_stress);
    return ERR_INPUT;
}

/* "losses-N-a-day": three pools that are each lost N times a day on average, at
 * random moments, and are back after a sixteenth of the time between two losses,
 * half an hour at most. */
static bool losses_of(const char *name, double *n) {
    char number[24], rest[16];
    struct error ignored;
    return sscanf(name, "losses-%23[0-9.]%15s", number, rest) == 2 && strcmp(rest, "-a-day") == 0 &&
           text_real(number, LOSSES_MIN, LOSSES_MAX, n, &ignored) == OK;
}

static enum error_code losses_load(const char *name, double n, struct model **out, struct error *e) {
    struct strbuf text = {0};
    double period_h = 24 / n, down_h = fmin(period_h / 16, 0.5);
    strbuf_puts(&text, "{\"format\": 1, \"name\": ");
    strbuf_json_string(&text, name);
    strbuf_puts(&text, ", \"process\": \"runs\", \"shares\": \"expected\", \"span\": \"30d\", \"pools\": [");
    for (char pool = 'a'; pool <= 'c'; pool++) {
        strbuf_printf(&text, "%s{\"name\": \"pool-%c\", \"region\": \"region\", \"zone\": \"pool-%c\", ",
                      pool > 'a' ? ", " : "", pool, pool);
        strbuf_puts(&text, "\"up\": {\"family\": \"exponential\", \"mean_h\": ");
        strbuf_real(&text, period_h - down_h);
        strbuf_puts(&text, "}, \"down\": {\"family\": \"exponential\", \"mean_h\": ");
        strbuf_real(&text, down_h);
        strbuf_puts(&text, "}}");
    }
    strbuf_puts(&text, "]}");
    enum error_code rc =
        text.failed ? error_set(e, ERR_FAILED, NULL, "out of memory") : model_parse(name, text.data, text.size, out, e);
    strbuf_free(&text);
    return rc;
}

enum error_code preset_load(const char *name, struct model **out, struct error *e) {
    struct stat s;
    *out = NULL;
    bool there = stat(name, &s) == 0;
    if (there && !S_ISDIR(s.st_mode)) return model_load(name, out, e);
    double losses;
    char *path = preset_path(name);
    if (!path && losses_of(name, &losses)) return losses_load(name, losses, out, e);
    if (!path) return there ? model_load(name, out, e) /* for its error */ : no_such_preset(name, e);
    enum error_code rc = model_load(path, out, e);
    free(path);
    return rc;
}

enum error_code preset_list(struct strbuf *out, struct error *e) {
    static const char *const folders[] = {"", PRESETS_STRESS};
    enum error_code rc = OK;
    uint32_t listed = 0;
    struct error first = {0};
    for (size_t k = 0; k < sizeof folders / sizeof *folders; k++) {
        char **names = NULL;
        uint32_t n = preset_names(folders[k], &names);
        for (uint32_t i = 0; i < n; i++, listed++) {
            struct model *m = NULL;
            struct error why = {0};
            enum error_code loaded = preset_load(names[i], &m, &why);
            if (loaded == OK)
                strbuf_printf(out, "%-26s  %s\n", names[i], m->about);
            else
                strbuf_printf(out, "%-26s  cannot be read: %s: %s\n", names[i], why.where, why.message);
            if (loaded != OK && rc == OK) {
                rc = loaded;
                first = why;
            }
            model_free(m);
        }
        if (n && k == 0)
            strbuf_printf(out, "%-26s  three pools, each lost N times a day at random moments (N: %g to %g)\n", LOSSES,
                          LOSSES_MIN, LOSSES_MAX);
        preset_names_free(names, n);
    }
    if (rc != OK && e) *e = first;
    if (listed == 0)
        rc = error_set(e, ERR_INPUT, "presets",
                       "none are found beside the program (SPOTSIM_PRESETS_DIR says where they are)");
    return rc;
}
