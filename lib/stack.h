/* SPDX-License-Identifier: ISC */
/*
 * Memory for stacks: 256 KiB of address space each, with a guard page below.
 */
#ifndef TU_STACK_H
#define TU_STACK_H

#include <stdbool.h>
#include <stddef.h>

enum { TU_STACK_SIZE = 256 * 1024 };

/* Lies at the top of its stack, which is below. */
struct tu_stack {
	struct tu_stack *next;
	unsigned valgrind_id;
	void (*entry)(void *); /* what is to run there */
	void *arg;
	bool kept; /* for ever: see tu_context_keep */
};

/* Those that have been given back, kept for the next ones. */
struct tu_stacks {
	struct tu_stack *spare;
	unsigned n;
};

/* NULL with errno ENOMEM. */
struct tu_stack *tu_stack_take(struct tu_stacks *stacks);
void tu_stack_give(struct tu_stacks *stacks, struct tu_stack *s);

void tu_stacks_free(struct tu_stacks *stacks);

/* The lowest address. */
static inline char *
tu_stack_bottom(struct tu_stack *s)
{
	return (char *)(s + 1) - TU_STACK_SIZE;
}

#endif
