/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <string.h>

#define PRIME1 0x9e3779b185ebca87u
#define PRIME2 0xc2b2ae3d27d4eb4fu
#define PRIME3 0x165667b19e3779f9u
#define PRIME4 0x85ebca77c2b2ae63u
#define PRIME5 0x27d4eb2f165667c5u

static uint64_t rotate(uint64_t x, int by) { return x << by | x >> (64 - by); }

static uint64_t read64(const unsigned char *p) {
    uint64_t x;
    memcpy(&x, p, sizeof x);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(x) : x;
}

static uint32_t read32(const unsigned char *p) {
    uint32_t x;
    memcpy(&x, p, sizeof x);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(x) : x;
}

static uint64_t lane(uint64_t acc, uint64_t input) { return rotate(acc + input * PRIME2, 31) * PRIME1; }

static uint64_t merge(uint64_t h, uint64_t acc) { return (h ^ lane(0, acc)) * PRIME1 + PRIME4; }

/* Whole stripes of 32 bytes; *p is left after them. */
static uint64_t stripes(const unsigned char **p, const unsigned char *end, uint64_t seed) {
    uint64_t a = seed + PRIME1 + PRIME2, b = seed + PRIME2, c = seed, d = seed - PRIME1;
    for (; end - *p >= 32; *p += 32) {
        a = lane(a, read64(*p));
        b = lane(b, read64(*p + 8));
        c = lane(c, read64(*p + 16));
        d = lane(d, read64(*p + 24));
    }
    uint64_t h = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    return merge(merge(merge(merge(h, a), b), c), d);
}

uint64_t hash64(const void *data, size_t size, uint64_t seed) {
    static const unsigned char none[1];
    const unsigned char *p = size ? data : none, *end = p + size;
    uint64_t h = size >= 32 ? stripes(&p, end, seed) : seed + PRIME5;
    h += size;
    for (; end - p >= 8; p += 8) h = rotate(h ^ lane(0, read64(p)), 27) * PRIME1 + PRIME4;
    if (end - p >= 4) {
        h = rotate(h ^ read32(p) * PRIME1, 23) * PRIME2 + PRIME3;
        p += 4;
    }
    for (; p < end; p++) h = rotate(h ^ *p * PRIME5, 11) * PRIME1;
    h = (h ^ h >> 33) * PRIME2;
    h = (h ^ h >> 29) * PRIME3;
    return h ^ h >> 32;
}
