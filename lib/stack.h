/* SPDX-License-Identifier: ISC */
/*
 * Memory for stacks: mapping, guarding and keeping them.  A new stack costs 600
 * times as much as a kept one.  Below each stack is a guard of 1 MiB of address
 * space, so that a call with a frame larger than a page does not step over it.
 * Valgrind and the sanitizers learn about each stack.
 */
#ifndef TU_STACK_H
#define TU_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* Lies at the top of its own stack. */
struct tu_stack {
	struct tu_stack *next;
	void *top;   /* frames lie below it */
	size_t size; /* without the guard */
	char *line;  /* few threads use the memory below it */
	bool deep;   /* a thread was below the line */
	bool kept;   /* never freed: see tu_context_keep */
	unsigned valgrind_id;
	void (*entry)(void *); /* the function to run on it */
	void *arg;
};

/* Stacks that have been given back, kept for the next threads; and how many
 * stacks there are in all. */
struct tu_stacks {
	struct tu_stack *spare;
	unsigned n;
	unsigned mapped;
};

/* A stack of at least SIZE bytes, and at least TCPUNIT_STACK_SIZE.  NULL with
 * errno ENOMEM. */
struct tu_stack *tu_stack_take(struct tu_stacks *stacks, size_t size);
void tu_stack_give(struct tu_stacks *stacks, struct tu_stack *s);

/* Takes N bytes from the top of a stack that nothing runs on.  They are 0, and
 * begin a line of the cache. */
void *tu_stack_reserve(struct tu_stack *s, size_t n);

void tu_stacks_free(struct tu_stacks *stacks);

/* The lowest address of the stack. */
static inline char *
tu_stack_bottom(struct tu_stack *s)
{
	return (char *)(s + 1) - s->size;
}

#endif
