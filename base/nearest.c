/* SPDX-License-Identifier: Apache-2.0
 * Name suggestions and glob matching. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define NAME_MAX_COMPARED 64

static unsigned char fold(char c) {
    unsigned char lower = (unsigned char)tolower((unsigned char)c);
    return lower == '_' ? '-' : lower;
}

/* Edit distance with swaps of neighbours counting one (optimal string
 * alignment); both at most NAME_MAX_COMPARED long. */
static size_t edit_distance(const char *a, size_t n, const char *b, size_t m) {
    size_t rows[3][NAME_MAX_COMPARED + 1];
    size_t *two = rows[0], *one = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; j++) one[j] = j;
    for (size_t i = 1; i <= n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = one[j - 1] + (fold(a[i - 1]) != fold(b[j - 1]));
            if (one[j] + 1 < best) best = one[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
            if (swapped && two[j - 2] + 1 < best) best = two[j - 2] + 1;
            now[j] = best;
        }
        size_t *old = two;
        two = one;
        one = now;
        now = old;
    }
    return one[m];
}

static bool starts_with(const char *text, const char *start, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!text[i] || fold(text[i]) != fold(start[i])) return false;
    return true;
}

const char *text_nearest(const char *name, const char *const *names) {
    size_t n = strlen(name);
    if (n == 0 || n > NAME_MAX_COMPARED) return NULL;
    const char *best = NULL;
    size_t best_distance = 1 + n / 3; /* a third of the letters wrong is no longer a typing error */
    for (; *names; names++) {
        size_t m = strlen(*names);
        if (m == 0 || m > NAME_MAX_COMPARED) continue;
        size_t distance = edit_distance(name, n, *names, m);
        if (n >= 3 && distance > 1 && starts_with(*names, name, n)) distance = 1; /* an abbreviation */
        if (distance < best_distance || (distance == best_distance && !best)) {
            best = *names;
            best_distance = distance;
        }
    }
    return best;
}

bool text_glob(const char *pattern, const char *text) {
    const char *star = NULL, *resume = NULL;
    while (*text) {
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star; /* let the last star swallow one more */
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return !*pattern;
}
