/* SPDX-License-Identifier: ISC */
/*
 * A flow of control with a stack of its own, and the switch between two.
 * Nothing here knows about threads.
 */
#ifndef TU_CONTEXT_H
#define TU_CONTEXT_H

#include <stddef.h>

#if (defined(__x86_64__) || defined(__aarch64__)) && !defined(TU_UCONTEXT)
#define TU_OWN_SWITCH 1
#else
#define TU_OWN_SWITCH 0
#include <ucontext.h>
#endif

struct tu_stack;
struct tu_stacks;

/* What C++ knows of exceptions that have been thrown, or caught and not left
 * yet.  It keeps that for each OS thread. */
struct tu_exceptions {
	void *caught;
	unsigned uncaught;
#if defined(__arm__) && defined(__ARM_EABI__)
	void *propagating;
#endif
};

struct tu_context {
	struct tu_stack *stack; /* NULL: the stack of the OS thread */
	char *line;             /* of the stack, or NULL */
#if TU_OWN_SWITCH
	void *sp; /* where the registers are saved */
#else
	ucontext_t registers;
#endif
	struct tu_exceptions exceptions; /* while it does not run */
#ifdef __SANITIZE_ADDRESS__
	void *fake; /* ASan's own idea of this stack */
	const void *bottom;
	size_t size;
#endif
};

/*
 * Prepares C to run entry(arg) on a stack of its own, of at least SIZE bytes,
 * when first switched to.  ENTRY must not return.  0, or -1 with errno ENOMEM.
 */
int tu_context_make(struct tu_context *c, struct tu_stacks *stacks, size_t size,
    void (*entry)(void *), void *arg);

/* Saves the running context in FROM and goes on with TO.  FROM is NULL where
 * the running one has ended. */
void tu_context_switch(struct tu_context *from, struct tu_context *to);

/* The stack of the running context C is never given back. */
void tu_context_keep(struct tu_context *c);

/* Gives back the stack of C, which is not running. */
void tu_context_free(struct tu_context *c, struct tu_stacks *stacks);

#endif
