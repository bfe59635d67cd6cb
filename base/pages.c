/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LINE ((size_t)64)
#define HUGE_PAGE ((size_t)2 << 20)

void *pages_alloc(size_t size) {
    if (size < 2 * HUGE_PAGE) return aligned_alloc(LINE, size);
    size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *memory = aligned_alloc(HUGE_PAGE, whole);
#ifdef MADV_HUGEPAGE
    if (memory) (void)madvise(memory, whole, MADV_HUGEPAGE); /* a wish: without it all is the same, slower */
#endif
    return memory;
}
