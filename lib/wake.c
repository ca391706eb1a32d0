/* SPDX-License-Identifier: ISC */
/*
 * Waking a green thread from another OS thread or a signal handler.
 */
#include <errno.h>

#include "bell.h"
#include "error.h"
#include "runtime.h"

static int listen_to(struct tu_runtime *);
static enum tu_wake wait_for(struct tu_scheduler *);
static void rung(evutil_socket_t, short, void *);
static void wake(void *);

/* Nothing here may touch what is not atomic, or the thread's errno. */
bool
tcp_wake(tcp_thread t)
{
	return tu_bell_ring(t.bits);
}

int
tcp_wait_wake(int timeout)
{
	tcp_thread self = tcp_current_thread();
	struct tu_runtime *rt = tu_enter("wait-wake");
	enum tu_wake woken;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	if (tu_in_callback(&rt->scheduler))
		return tu_raise_wake(TU_BUSY, NULL);
	if (!tcp_thread_p(self) || listen_to(rt) == -1)
		return tu_raise(TCPUNIT_ERROR_SYSTEM, errno, NULL);
	tu_limit(&rt->scheduler, timeout);
	woken = wait_for(&rt->scheduler);
	return woken == TU_READY ? 0 : tu_raise_wake(woken, NULL);
}

/* Adds the event for bells, which stays: 0, or -1 with errno. */
static int
listen_to(struct tu_runtime *rt)
{
	int fd, error;

	if (rt->ring != NULL)
		return 0;
	fd = tu_bells_fileno(&rt->bells);
	if (fd == -1)
		return -1;
	errno = ENOMEM;
	rt->ring = event_new(rt->scheduler.loop.base, fd, EV_READ | EV_PERSIST,
	    rung, &rt->bells);
	if (rt->ring != NULL && event_add(rt->ring, NULL) == 0)
		return 0;
	error = errno;
	if (rt->ring != NULL)
		event_free(rt->ring);
	rt->ring = NULL;
	errno = error;
	return -1;
}

static enum tu_wake
wait_for(struct tu_scheduler *s)
{
	struct tu_thread *self = s->current;
	enum tu_wake woken = TU_READY;

	self->bell->sleeper = self;
	while (woken == TU_READY && !tu_bell_heard(self->bell))
		woken = tu_park(s, NULL, TU_NEVER, TU_OUTSIDE);
	self->bell->sleeper = NULL;
	return woken;
}

/* Called by the event loop. */
static void
rung(evutil_socket_t fd, short what, void *bells)
{
	(void)fd;
	(void)what;
	tu_bells_answer(bells, wake);
}

static void
wake(void *sleeper)
{
	tu_wake(sleeper, TU_READY);
}
