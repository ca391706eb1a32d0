/* SPDX-License-Identifier: ISC */
/*
 * Tasks.
 */
#include "task.h"

#include "clock.h"
#include "invariant.h"
#include "memory.h"
#include "socket.h"
#include "verdict.h"

static struct sim_task *tasks[SIM_MAX_TASKS];
static unsigned n_tasks, alive;
static struct sim_task *self;

enum {
	STACK = 64 * 1024, /* more than a call uses */
	LEAST = 64 * 1024
};

static bool is_on(const struct sim_task *, uintptr_t);
static void note_time(void);
static const void *maker(void);
static void *run(void *);

void
sim_tasks_start(void)
{
	self = sim_memory(sizeof(*self));
	self->begun = true;
	tasks[n_tasks++] = self;
	sim_maker = maker;
	sim_clock_asked = note_time;
	alive = 1;
}

static void
note_time(void)
{
	struct sim_task *t = sim_task_self();

	if (t->call != NULL)
		t->call->asked = sim_now();
}

static const void *
maker(void)
{
	return sim_task_self();
}

struct sim_task *
sim_task_new(void (*f)(void *), void *arg)
{
	return sim_task_in((tcp_group){0}, f, arg);
}

struct sim_task *
sim_task_in(tcp_group g, void (*f)(void *), void *arg)
{
	struct sim_task *t = sim_memory(sizeof(*t));

	if (n_tasks == SIM_MAX_TASKS)
		sim_fail("the program has too many threads");
	t->number = n_tasks;
	t->f = f;
	t->arg = arg;
	t->ready_at = sim_step();
	t->thread = tcp_group_p(g) ? tcp_group_start(g, run, t, NULL)
				   : tcp_thread_start(run, t);
	t->detached = t->grouped = tcp_group_p(g);
	if (!tcp_thread_p(t->thread))
		sim_fail("no thread: %s", tcp_last_error()->text);
	tasks[n_tasks++] = t;
	alive++;
	return t;
}

/* The task is found by its stack, because threads change within the library. */
struct sim_task *
sim_task_self(void)
{
	char here;
	uintptr_t at = (uintptr_t)&here;
	unsigned i;

	if (self != tasks[0] && is_on(self, at))
		return self;
	for (i = 1; i < n_tasks; i++)
		if (!tasks[i]->ended && is_on(tasks[i], at))
			break;
	self = tasks[i < n_tasks ? i : 0];
	return self;
}

static bool
is_on(const struct sim_task *t, uintptr_t at)
{
	return at < t->base && t->base - at < STACK;
}

char *
sim_task_memory(size_t n)
{
	struct sim_task *t = sim_task_self();

	if (t->memory == NULL || t->room < n) {
		t->room = n < LEAST ? LEAST : n;
		t->memory = sim_memory(t->room);
	}
	return t->memory;
}

struct sim_task *
sim_task_at(unsigned i)
{
	return i < n_tasks ? tasks[i] : NULL;
}

unsigned
sim_tasks_alive(void)
{
	return alive;
}

void
sim_tasks_vanish(void)
{
	unsigned i;

	for (i = 1; i < n_tasks; i++)
		tasks[i]->ended = true;
	n_tasks = alive = 1;
}

void
sim_compute(int64_t ns)
{
	sim_say("%u computes for %.3f ms", sim_task_self()->number,
	    (double)ns / SIM_MS);
	sim_spend(ns);
}

static void *
run(void *task)
{
	struct sim_task *t = task;

	self = t;
	t->base = (uintptr_t)&t;
	t->begun = true;
	sim_say("%u begins", t->number);
	sim_step_taken();
	t->f(t->arg);
	sim_say("%u ends", t->number);
	t->ended = true;
	t->ended_at = sim_now();
	alive--;
	return t;
}
