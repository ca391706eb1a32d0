/* SPDX-License-Identifier: ISC */
/*
 * Counts the heap and the mappings of the code under test.  The simulator's own
 * memory is not counted, and is never freed: each run has a process of its own.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>

/* Allocates zeroed memory. */
void *sim_memory(size_t n);

/* Return the blocks of the heap, and the mapped bytes, that are in use now. */
long sim_blocks(void);
long sim_mapped(void);

#endif
