/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "policies/elf_check.h"
#include "policies/params.h"

/* Whatever may stand in the temporary folder, deepest first. */
static const char *const leftovers[] = {"policies/policy.h", "spotsim/policy.h", "policy.h", "log", "policy.so"};
static const char *const leftover_folders[] = {"policies", "spotsim", ""};

static void remove_folder(const char *folder) {
    char path[512];
    for (size_t i = 0; i < sizeof leftovers / sizeof *leftovers; i++) {
        snprintf(path, sizeof path, "%.400s/%s", folder, leftovers[i]);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof leftover_folders / sizeof *leftover_folders; i++) {
        snprintf(path, sizeof path, "%.400s/%s", folder, leftover_folders[i]);
        rmdir(path);
    }
}

static enum error_code make_folder(char *folder, size_t room, struct error *e) {
    const char *base = getenv("TMPDIR");
    if (!base || !*base || strlen(base) > 300) base = "/tmp";
    snprintf(folder, room, "%s/spotsim-policy-XXXXXX", base);
    if (!mkdtemp(folder)) return error_set(e, ERR_FAILED, base, "cannot make a temporary folder: %s", strerror(errno));
    return OK;
}

/* Opens a checked shared object; `path` is what the user named. */
static enum error_code open_object(const char *object, const char *path, void **handle, const struct sp_policy **policy,
                                   struct error *e) {
    void *h = dlopen(object, RTLD_NOW | RTLD_LOCAL);
    if (!h) return error_set(e, ERR_INPUT, path, "cannot be loaded: %.300s", dlerror());
    const struct sp_policy *(*get)(void) = NULL;
    void *symbol = dlsym(h, SP_PLUGIN_SYMBOL);
    memcpy(&get, &symbol, sizeof get); /* an object pointer, by POSIX good for a function */
    const struct sp_policy *p = get ? get() : NULL;
    enum error_code rc = p ? policy_check_table(p, path, e)
                           : error_set(e, ERR_INPUT, path, "exports no policy; expected SP_EXPORT_POLICY(...) in it");
    if (rc != OK) {
        dlclose(h);
        return rc;
    }
    *handle = h;
    *policy = p;
    return OK;
}

/* The check reads the file's symbols; its errors name what the user named. */
static enum error_code check_and_open(const char *object, const char *path, void **handle,
                                      const struct sp_policy **policy, struct error *e) {
    enum error_code rc = elf_check_pure(object, NULL, e);
    if (rc != OK) {
        if (e) snprintf(e->where, sizeof e->where, "%.300s", path);
        return rc;
    }
    return open_object(object, path, handle, policy, e);
}

static enum error_code open_source(const char *path, const char *full, void **handle, const struct sp_policy **policy,
                                   struct error *e) {
    char folder[400], object[450];
    TRY(make_folder(folder, sizeof folder, e));
    snprintf(object, sizeof object, "%s/policy.so", folder);
    enum error_code rc = plugin_compile(full, folder, object, e);
    if (rc == OK) rc = check_and_open(object, path, handle, policy, e);
    remove_folder(folder); /* the loaded object stays mapped */
    return rc;
}

enum error_code plugin_open(const char *path, void **handle, const struct sp_policy **policy, struct error *e) {
    size_t n = strlen(path);
    bool source = n > 2 && strcmp(path + n - 2, ".c") == 0;
    if (!source && !(n > 3 && strcmp(path + n - 3, ".so") == 0))
        return error_set(e, ERR_INPUT, path, "is not a policy file; expected a name that ends in .c or .so");
    char *full = realpath(path, NULL);
    if (!full) return error_set(e, ERR_INPUT, path, "cannot open: %s", strerror(errno));
    enum error_code rc =
        source ? open_source(path, full, handle, policy, e) : check_and_open(full, path, handle, policy, e);
    free(full);
    return rc;
}

void plugin_close(void *handle) {
    if (handle) dlclose(handle);
}
