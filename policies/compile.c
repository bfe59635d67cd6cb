/* SPDX-License-Identifier: Apache-2.0
 * Compiling a plug-in that comes as C source. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "policies/abi_text.h"
#include "policies/plugin.h"

#define COMPILER_WORDS 32 /* of $CC */
#define FLAGS 16

extern char **environ;

/* So that "policy.h", "policies/policy.h" and <spotsim/policy.h> all name it. */
static enum error_code lay_out_header(const char *folder, struct error *e) {
    static const char *const folders[] = {"policies", "spotsim"};
    static const char *const files[] = {"policy.h", "policies/policy.h", "spotsim/policy.h"};
    char path[512];
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%.400s/%s", folder, folders[i]);
        if (mkdir(path, 0700) != 0)
            return error_set(e, ERR_FAILED, path, "cannot make the folder: %s", strerror(errno));
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%.400s/%s", folder, files[i]);
        TRY(file_write(path, policy_abi_text, policy_abi_text_size(), e));
    }
    return OK;
}

/* Runs argv with its output in the file `log`; *status as of waitpid. */
static enum error_code run(char *const argv[], const char *log, int *status, struct error *e) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) return error_set(e, ERR_FAILED, NULL, "out of memory");
    int rc = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (rc == 0) rc = posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (rc == 0) rc = posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child = 0;
    if (rc == 0) rc = posix_spawnp(&child, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (rc != 0)
        return error_set(e, ERR_FAILED, NULL, "cannot run the compiler '%.100s': %s; set CC to one that is there",
                         argv[0], strerror(rc));
    while (waitpid(child, status, 0) < 0)
        if (errno != EINTR) return error_set(e, ERR_FAILED, NULL, "cannot wait for the compiler: %s", strerror(errno));
    return OK;
}

/* The compiler's own words: its first error, as much as fits. */
static enum error_code compiler_said(const char *source, const char *log, int status, struct error *e) {
    char *said = NULL;
    size_t size = 0;
    if (file_read(log, &said, &size, NULL) != OK) said = NULL;
    const char *from = said ? strstr(said, "error:") : NULL;
    while (from && from > said && from[-1] != '\n') from--;
    if (said && !from) from = said;
    size_t room = ERROR_TEXT_MAX - 64, n = from ? strcspn(from, "\n") : 0;
    if (n > room) n = room;
    if (WIFEXITED(status))
        error_set(e, ERR_INPUT, source, "does not compile: %.*s", (int)n, n ? from : "");
    else
        error_set(e, ERR_FAILED, source, "the compiler was stopped by signal %d", WTERMSIG(status));
    free(said);
    return WIFEXITED(status) ? ERR_INPUT : ERR_FAILED;
}

enum error_code plugin_compile(const char *source, const char *folder, const char *object, struct error *e) {
    TRY(lay_out_header(folder, e));
    char log[512], include[512], words[1024];
    snprintf(log, sizeof log, "%.400s/log", folder);
    snprintf(include, sizeof include, "-I%.400s", folder);
    const char *cc = getenv("CC");
    snprintf(words, sizeof words, "%s", cc && *cc ? cc : "cc");
    const char *const flags[] = {"-std=c17", "-O2", "-fPIC", "-shared", "-ffp-contract=off",
                                 include,    "-o",  object,  source,    "-lm"};
    char *argv[COMPILER_WORDS + FLAGS] = {NULL};
    size_t n = 0;
    char *rest = NULL;
    for (char *word = strtok_r(words, " \t", &rest); word && n < COMPILER_WORDS; word = strtok_r(NULL, " \t", &rest))
        argv[n++] = word;
    if (n == 0) return error_set(e, ERR_INPUT, "CC", "is blank; expected the name of a C compiler");
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) argv[n++] = (char *)(uintptr_t)flags[i];
    int status = 0;
    TRY(run(argv, log, &status, e));
    return status == 0 ? OK : compiler_said(source, log, status, e);
}
