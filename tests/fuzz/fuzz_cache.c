/* SPDX-License-Identifier: Apache-2.0
 * Cache files that are not what was written.  The first byte chooses:
 *   0  the rest are the bytes of a file, its hashes made right: either refused,
 *      or a trace that keeps its promises
 *   1  the rest are changes of a good file, its hashes made right: the same
 *   2  changes of a good file, hashes left alone: refused, unless it is as before
 *   3  a good file cut off: refused
 * A change is four bytes: place (two bytes), what to do, with what. */
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/trace_promises.h"
#include "traces/cache_file.h"

#define TIDY                                                                                                           \
    "# spotsim-trace 1\n# epoch 2023-02-15T22:08:16.000Z\n# pool {\"name\": \"us-east-1a_x\", \"span_ms\": 90000}\n"   \
    "time,pool,capacity,price\n0,us-east-1a_x,1,0.5\n1.5,us-east-1a_x,unlimited,\n3,us-east-1a_x,,0.25\n0,b,3,\n"      \
    "5,b,0,\n9,b,1,\n0,c,,1\n60,c,,2\n"

static bool put(void *arg, size_t at, const void *data, size_t size) {
    struct strbuf *b = arg;
    while (b->size < at + size && !b->failed) strbuf_add(b, "", 1);
    if (!b->failed) memcpy(b->data + at, data, size);
    return !b->failed;
}

static struct strbuf good; /* made once; reachable to the end */

static void make_good(void) {
    struct cache_file c = {.key = "polarity 0\n"};
    struct trace_options o = {0};
    struct error e;
    struct source_file files[] = {{(char *)"a.csv", {1, 2, 3, 4, 5}, true, 6, 7},
                                  {(char *)"b.csv", {1, 3, 3, 4, 5}, false, 8, 9}};
    if (good.data) return;
    if (trace_load_memory("a.csv", TIDY, strlen(TIDY), &o, &c.trace, &c.notes, &e) != OK) abort();
    c.sources.n = 2;
    c.sources.file = files;
    if (!cache_file_write(&c, put, &good)) abort();
    trace_free(c.trace);
    trace_notes_free(&c.notes);
}

/* Whether it is taken for a cache file; then all of it is looked at. */
static bool accepted(const unsigned char *map, size_t size) {
    struct cache_file c;
    if (!cache_file_open(map, size, &c)) return false;
    size_t length = strlen(c.key);
    for (uint32_t i = 0; i < c.sources.n; i++) length += strlen(c.sources.file[i].path);
    for (uint32_t i = 0; i < c.notes.n; i++) length += strlen(c.notes.lines[i]);
    bool ok = cache_file_trace(&c);
    if (ok) {
        check_pools(c.trace);
        FUZZ_CHECK(trace_digest(c.trace) + length != 0);
        trace_free(c.trace);
    }
    cache_file_close(&c);
    return ok;
}

static void change(unsigned char *map, size_t size, const uint8_t *how, size_t n) {
    for (; n >= 4; how += 4, n -= 4) {
        size_t at = (how[0] | (size_t)how[1] << 8) % size;
        switch (how[2] % 5) {
        case 0:
            map[at] = how[3];
            break;
        case 1:
            map[at] ^= (unsigned char)(1u << how[3] % 8);
            break;
        case 2:
            map[at] = (unsigned char)(map[at] + (signed char)how[3]);
            break;
        case 3:
            memset(map + at / 8 * 8, how[3], size - at / 8 * 8 < 8 ? size - at / 8 * 8 : 8);
            break;
        case 4:
            memmove(map + at, map + how[3] % size, size - (at > how[3] % size ? at : how[3] % size));
            break;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 5) return 0;
    make_good();
    uint8_t how = bytes[0] % 4;
    size_t n = how == 0 ? size - 1 : how == 3 ? (bytes[1] | (size_t)bytes[2] << 8) % good.size : good.size;
    unsigned char *map = malloc(n ? n : 1); /* malloc aligns for any type */
    if (!map) abort();
    memcpy(map, how == 0 ? (const char *)bytes + 1 : good.data, n);
    if (how == 1 || how == 2) change(map, n, bytes + 1, size - 1);
    if (how == 0 || how == 1) cache_file_seal(map, n);
    bool taken = accepted(map, n);
    if (how == 2) FUZZ_CHECK(taken == (memcmp(map, good.data, n) == 0));
    if (how == 3) FUZZ_CHECK(!taken);
    free(map);
    return 0;
}
