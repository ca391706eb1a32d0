/* SPDX-License-Identifier: ISC */
/*
 * A flow of control with its own stack, and the switch between two of them.
 * Nothing here knows about threads.  swapcontext(3) works everywhere, but makes
 * a system call; so x86-64 and arm64 have a switch of their own.
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

/* The exceptions of one context that have been thrown, or that are still being
 * handled.  The C++ runtime keeps this record for each OS thread. */
struct tu_exceptions {
	void *caught;
	unsigned uncaught;
#if defined(__arm__) && defined(__ARM_EABI__)
	void *propagating;
#endif
};

struct tu_context {
	struct tu_stack *stack; /* NULL: the stack of the OS thread */
	char *line;             /* the stack's line, or NULL */
#if TU_OWN_SWITCH
	void *sp; /* the saved registers lie here */
#else
	ucontext_t registers;
#endif
	struct tu_exceptions exceptions; /* saved while it does not run */
#ifdef __SANITIZE_ADDRESS__
	void *fake; /* ASan's fake stack for this one */
	const void *bottom;
	size_t size;
#endif
#ifdef __SANITIZE_THREAD__
	void *fiber; /* TSan's name for it */
#endif
};

/* Prepares C to run entry(arg) on STACK, which it then owns, at the first
 * switch to it.  ENTRY must not return. */
void tu_context_make(struct tu_context *c, struct tu_stack *stack,
    void (*entry)(void *), void *arg);

/* Saves the running context in FROM and continues TO.  FROM is NULL if the
 * running context has ended. */
void tu_context_switch(struct tu_context *from, struct tu_context *to);

/* Marks the stack of C, the running context, as never to be freed. */
void tu_context_keep(struct tu_context *c);

/* Frees the stack of C, which is not running, and which may lie there. */
void tu_context_free(struct tu_context *c, struct tu_stacks *stacks);

#endif
