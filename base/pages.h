/* SPDX-License-Identifier: Apache-2.0
 * Memory for arrays with one cache line an element. */
#ifndef SPOTSIM_BASE_PAGES_H
#define SPOTSIM_BASE_PAGES_H

#include <stddef.h>

/* `size` bytes, a multiple of 64, aligned to 64; not zeroed, freed with free.
 * A large array is asked to lie in huge pages: elements are looked at in no
 * order, and with small pages every look would also be a walk through the page
 * table.  NULL: out of memory. */
void *pages_alloc(size_t size);

#endif
