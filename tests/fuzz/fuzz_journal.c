/* SPDX-License-Identifier: Apache-2.0
 * Replay of arbitrary journals.  A digest cannot be guessed, so where an answer
 * differs the one that replay names is put in and it goes on from there: that
 * way the whole ledger is reached, not only the first step. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fleet/fleet.h"
#include "policies/spec.h"
#include "tests/fuzz/fuzz.h"

#define CORRECTIONS_MAX 12

/* The line that `where` names by "path:line" with its last two fields replaced
 * by those in the message; NULL when it says something else.  Frees `text`. */
static char *corrected(char *text, const struct error *e) {
    unsigned actions, line;
    char digest[17];
    const char *colon = strrchr(e->where, ':');
    bool differs =
        sscanf(e->message, "the policy answers differently now: %u actions, digest %16[0-9a-f]", &actions, digest) == 2;
    if (!differs || !colon || sscanf(colon, ":%u", &line) != 1) {
        free(text);
        return NULL;
    }
    char *at = text;
    for (unsigned n = 1; n < line; n++) at = strchr(at, '\n') + 1;
    long ms, group;
    char *end = strchr(at, '\n');
    bool step = sscanf(at, " [ \"s\" , %ld , %ld", &ms, &group) == 2;
    char *next = NULL;
    if (!step || asprintf(&next, "%.*s[\"s\",%ld,%ld,%u,\"%s\"]%s", (int)(at - text), text, ms, group, actions, digest,
                          end ? end : "\n") < 0)
        next = NULL;
    free(text);
    return next;
}

static enum error_code replay(const char *text, struct policy_registry *registry, struct error *e) {
    int fd = memfd_create("journal", 0);
    if (fd < 0) abort();
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    size_t size = strlen(text);
    FUZZ_CHECK(write(fd, text, size) == (ssize_t)size);
    uint64_t steps;
    bool complete;
    enum error_code rc = journal_replay(path, registry, NULL, &steps, &complete, e);
    FUZZ_CHECK(rc == OK || (e->code == rc && e->where[0] && e->message[0]));
    FUZZ_CHECK(rc == OK || !complete);
    close(fd);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = fuzz_text(data, size);
    struct policy_registry *registry = registry_new();
    if (!registry) abort();
    for (int i = 0; text && i < CORRECTIONS_MAX; i++) {
        struct error e = {0};
        if (replay(text, registry, &e) != ERR_FAILED) break;
        text = corrected(text, &e);
    }
    free(text);
    registry_free(registry);
    return 0;
}
