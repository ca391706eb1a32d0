/* SPDX-License-Identifier: ISC */
#include "green.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "scheduler.h"
#include "waiter.h"

static void begin(void *);
static int init(struct tu_thread *, struct tu_scheduler *, const char *);
static void run_endings(struct tu_thread *);
static void strip(struct tu_thread *);

struct tu_thread *
tu_thread_new(struct tu_scheduler *s, void *(*thunk)(void *), void *arg,
    void (*after)(struct tu_thread *), const struct tcp_thread_options *options)
{
	struct tu_stack *stack = tu_stack_take(&s->stacks, options->stack_size);
	struct tu_thread *t;

	if (stack == NULL)
		return NULL;
	t = tu_stack_reserve(stack, sizeof(*t));
	if (init(t, s, options->name) == -1) {
		tu_stack_give(&s->stacks, stack);
		return NULL;
	}
	t->within = true;
	t->thunk = thunk;
	t->argument = arg;
	t->after = after;
	tu_context_make(&t->context, stack, begin, t);
	tu_make_ready(t);
	return t;
}

struct tu_thread *
tu_thread_alloc(struct tu_scheduler *s, const char *name)
{
	struct tu_thread *t = calloc(1, sizeof(*t));

	if (t == NULL || init(t, s, name) == 0)
		return t;
	free(t);
	return NULL;
}

/* 0, or -1 with errno ENOMEM. */
static int
init(struct tu_thread *t, struct tu_scheduler *s, const char *name)
{
	t->scheduler = s;
	t->deadline = TU_NEVER;
	t->call = "";
	t->name = name != NULL && *name != '\0' ? strdup(name) : "";
	return t->name != NULL ? 0 : -1;
}

struct tu_thread *
tu_thread_move(struct tu_thread *t)
{
	struct tu_thread *moved = malloc(sizeof(*moved));

	if (moved == NULL)
		return NULL;
	*moved = *t;
	moved->within = false;
	moved->context.stack = NULL;
	tu_context_free(&t->context, &t->scheduler->stacks);
	return moved;
}

void
tu_thread_free(struct tu_thread *t)
{
	strip(t);
	if (*t->name != '\0')
		free((void *)t->name);
	if (t->within)
		tu_context_free(&t->context, &t->scheduler->stacks);
	else
		free(t);
}

void
tu_thread_vanish(struct tu_thread *t)
{
	struct tu_cleanup *c, *next;

	if (t->queue != NULL)
		TAILQ_REMOVE(t->queue, t, link);
	else if (!t->parked && !t->ended)
		tu_leave_ready(t);
	tu_waiters_leave(t);
	run_endings(t);
	if (t->timer.thread != NULL)
		tu_loop_unset(&t->scheduler->loop, &t->timer);
	for (c = t->cleanups; c != NULL; c = next) {
		next = c->next; /* c may lie in memory that f frees */
		c->f(c->argument);
	}
	tu_thread_free(t);
}

/* The first frame of every thread but the primordial one.  If the thread called
 * fork(2), the child has no other thread to switch to when it returns, and
 * tcp_shutdown may have freed this one. */
static void
begin(void *arg)
{
	struct tu_thread *self = arg;
	struct tu_scheduler *s = self->scheduler;
	struct tu_stack *stack = self->context.stack;
	void *result;

	tu_thread_reap(s);
	result = self->thunk(self->argument);
	if (s->forked || stack->kept)
		exit(0);
	self->result = result;
	self->ended = true;
	run_endings(self);
	if (self->joiner != NULL)
		tu_wake(self->joiner, TU_READY);
	s->ended = self;
	tu_run_next(s);
	assert(!"an ended thread runs again");
}

static void
run_endings(struct tu_thread *t)
{
	struct tu_ending *e;

	while ((e = LIST_FIRST(&t->endings)) != NULL) {
		LIST_REMOVE(e, link);
		e->f(e, t);
	}
}

/* Frees what a thread that has ended does not need, now that another one
 * runs. */
void
tu_thread_reap(struct tu_scheduler *s)
{
	struct tu_thread *t = s->ended;

	s->ended = NULL;
	if (t == NULL)
		return;
	strip(t);
	t->after(t);
}

/* Frees everything but the stack, the name and the result. */
static void
strip(struct tu_thread *t)
{
	tu_error_free(t->error);
	t->error = NULL;
	if (t->bell != NULL)
		tu_bell_close(t->bell);
	t->bell = NULL;
}
