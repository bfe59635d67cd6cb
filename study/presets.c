/* SPDX-License-Identifier: Apache-2.0 */
#include "study/presets.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SUFFIX ".json"

char *preset_folder(void) {
    static const char *const places[] = {"/../traces/presets", "/../share/spotsim/presets", "/../../../traces/presets"};
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

char *preset_path(const char *name) {
    char *folder = preset_folder(), *path = NULL;
    if (!folder || strstr(name, "..") || name[0] == '/' || asprintf(&path, "%s/%s" SUFFIX, folder, name) < 0) path = NULL;
    free(folder);
    if (path && access(path, R_OK) == 0) return path;
    free(path);
    return NULL;
}

uint32_t preset_names(const char *sub, char ***names) {
    char *folder = preset_folder(), *pattern = NULL;
    uint32_t n = 0;
    glob_t found = {0};
    *names = NULL;
    if (folder && asprintf(&pattern, "%s/%s%s*" SUFFIX, folder, sub, *sub ? "/" : "") < 0) pattern = NULL;
    if (pattern && glob(pattern, 0, NULL, &found) == 0) *names = calloc(found.gl_pathc + 1, sizeof **names);
    for (size_t i = 0; *names && i < found.gl_pathc; i++) {
        const char *base = strrchr(found.gl_pathv[i], '/') + 1;
        int length = (int)(strlen(base) - strlen(SUFFIX));
        if (asprintf(&(*names)[n], "%s%s%.*s", sub, *sub ? "/" : "", length, base) >= 0) n++;
    }
    globfree(&found);
    free(pattern);
    free(folder);
    return n;
}

void preset_names_free(char **names, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) free(names[i]);
    free(names);
}
