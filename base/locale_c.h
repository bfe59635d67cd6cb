/* SPDX-License-Identifier: Apache-2.0
 * Numbers are read and written as in the C locale whatever the host program
 * has set.  Private to base/. */
#ifndef SPOTSIM_BASE_LOCALE_C_H
#define SPOTSIM_BASE_LOCALE_C_H

#include <locale.h>
#include <stdlib.h>

/* strtod in the C locale. */
static inline double strtod_c(const char *text, char **end) {
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0); /* glibc hands out a constant: no allocation */
    if (!c) return strtod(text, end);
    double x = strtod_l(text, end, c);
    freelocale(c);
    return x;
}

#endif
