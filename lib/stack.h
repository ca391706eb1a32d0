/* SPDX-License-Identifier: ISC */
/*
 * Memory for stacks.  Below each is a guard of 1 MiB of address space, so that
 * a call whose frame is larger than a page does not step over it.
 */
#ifndef TU_STACK_H
#define TU_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* Lies at the top of its stack, which is below. */
struct tu_stack {
	struct tu_stack *next;
	size_t size; /* without the guard */
	char *line;  /* few threads use the stack below it */
	bool deep;   /* one was seen there */
	bool kept;   /* for ever: see tu_context_keep */
	unsigned valgrind_id;
	void (*entry)(void *); /* what is to run there */
	void *arg;
};

/* Those that have been given back, kept for the next ones. */
struct tu_stacks {
	struct tu_stack *spare;
	unsigned n;
};

/* One of at least SIZE bytes, and of TCPUNIT_STACK_SIZE.  NULL with errno
 * ENOMEM. */
struct tu_stack *tu_stack_take(struct tu_stacks *stacks, size_t size);
void tu_stack_give(struct tu_stacks *stacks, struct tu_stack *s);

void tu_stacks_free(struct tu_stacks *stacks);

/* The lowest address. */
static inline char *
tu_stack_bottom(struct tu_stack *s)
{
	return (char *)(s + 1) - s->size;
}

#endif
