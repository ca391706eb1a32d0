/* SPDX-License-Identifier: ISC */
/*
 * The public calls for event loops: the base of this OS thread, and running
 * inside the loop of another library.
 */
#include <errno.h>

#include "error.h"
#include "runtime.h"
#include "tcpunit-event.h"

static struct tu_runtime *begin(const char *);

struct event_base *
tcp_event_base(void)
{
	struct tu_runtime *rt = begin("event-base");

	return rt != NULL ? rt->scheduler.loop.base : NULL;
}

int
tcp_event_fileno(void)
{
	struct tu_runtime *rt = begin("event-fileno");
	struct tu_scheduler *s;
	int fd;

	if (rt == NULL)
		return -1;
	s = &rt->scheduler;
	fd = tu_loop_fileno(&s->loop);
	if (fd == -1)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
	tu_loop_arm(&s->loop, true);
	return fd;
}

int
tcp_event_run(void)
{
	struct tu_runtime *rt = begin("event-run");

	if (rt == NULL)
		return -1;
	if (tu_in_callback(&rt->scheduler))
		return tu_raise_wake(TU_BUSY, NULL);
	tu_run_ready(&rt->scheduler);
	return 0;
}

/* NULL, with an error raised. */
static struct tu_runtime *
begin(const char *name)
{
	struct tu_runtime *rt = tu_begin(name);

	if (rt == NULL || tu_scheduler_share(&rt->scheduler) == 0)
		return rt;
	tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
	return NULL;
}
