/* SPDX-License-Identifier: ISC */
/*
 * The heap and the mappings of what is tested are counted.  What the simulator
 * needs is not, and is never given back: each run has a process of its own.
 */
#ifndef SIM_MEMORY_H
#define SIM_MEMORY_H

#include <stddef.h>

/* Zeroed. */
void *sim_memory(size_t n);

/* Blocks of the heap, and bytes that are mapped, at this moment. */
long sim_blocks(void);
long sim_mapped(void);

#endif
