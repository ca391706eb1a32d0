/* SPDX-License-Identifier: ISC */
/*
 * Counts green threads.
 */
#include "started.h"

#include "memory.h"

struct start {
	void *(*f)(void *);
	void *arg;
};

static int started;

static void *
run(void *start)
{
	const struct start *s = start;
	void *result = s->f(s->arg);

	started--;
	return result;
}

tcp_thread
__wrap_tcp_thread_start(void *(*f)(void *), void *arg)
{
	struct start *s = sim_memory(sizeof(*s));
	tcp_thread t;

	*s = (struct start){f, arg};
	t = __real_tcp_thread_start(run, s);
	started += tcp_thread_p(t);
	return t;
}

int
sim_started(void)
{
	return started;
}
