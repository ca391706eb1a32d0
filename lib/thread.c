/* SPDX-License-Identifier: ISC */
/*
 * The public calls for green threads: start, join, detach, yield, sleep,
 * terminate, and waiting for a descriptor of the caller's.
 */
#include <errno.h>
#include <poll.h>

#include "error.h"
#include "options.h"
#include "runtime.h"
#include "waiter.h"
#include "watch.h"

static int publish(struct tu_runtime *, struct tu_thread *);
static struct tu_thread *find(tcp_thread, const char *);
static int fail(enum tu_wake, const struct tu_thread *);
static int busy(const struct tu_thread *);
static void drop(void *);
static void shed(struct tu_thread *);
static void gone(struct tu_thread *);
static int poll_fd(struct tu_runtime *, int, int);
static int wait_end(struct tu_scheduler *, struct tu_thread *);

TU_OPTIONS_END(struct tcp_thread_options, name);

tcp_thread
tcp_thread_start(void *(*thunk)(void *), void *arg)
{
	return tcp_thread_start_with(thunk, arg, NULL);
}

tcp_thread
tcp_thread_start_with(
    void *(*thunk)(void *), void *arg, const struct tcp_thread_options *options)
{
	return tu_thread_start(tu_begin("thread-start"), thunk, arg, options);
}

tcp_thread
tu_thread_start(struct tu_runtime *rt, void *(*thunk)(void *), void *arg,
    const struct tcp_thread_options *options)
{
	struct tcp_thread_options o = {TCPUNIT_THREAD_DEFAULTS};
	struct tu_thread *t;

	if (rt == NULL || tu_options_take(&o, sizeof(o), options) == -1)
		return (tcp_thread){0};
	if (thunk == NULL) {
		tu_refuse(EINVAL, "no thunk");
		return (tcp_thread){0};
	}
	t = tu_thread_new(&rt->scheduler, thunk, arg, shed, &o);
	if (t != NULL) {
		if (publish(rt, t) == 0)
			return (tcp_thread){t->handle};
		tu_thread_vanish(t);
	}
	tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	return (tcp_thread){0};
}

const char *
tcp_thread_name(tcp_thread handle)
{
	struct tu_thread *t = find(handle, "thread-name");

	return t != NULL ? t->name : NULL;
}

bool
tcp_thread_p(tcp_thread t)
{
	return tu_handle_kind(t.bits) == TU_THREAD;
}

bool
tcp_thread_equal(tcp_thread a, tcp_thread b)
{
	return a.bits == b.bits;
}

int
tcp_thread_join(tcp_thread handle, void **result, int timeout)
{
	struct tu_runtime *rt = tu_enter("thread-join");
	struct tu_thread *t = tu_lookup(TU_THREAD, handle.bits);

	if (t == NULL || tu_check_time(timeout) == -1)
		return -1;
	if (t->detached)
		return fail(TU_CLOSED, t);
	if (t->joiner != NULL)
		return busy(t);
	if (t == rt->scheduler.ended) /* the event loop runs on its stack */
		return fail(TU_BUSY, t);
	tu_limit(&rt->scheduler, timeout);
	if (!t->ended && wait_end(&rt->scheduler, t) == -1)
		return -1;
	if (result != NULL)
		*result = t->result;
	tu_handle_release(&rt->handles, t->handle);
	tu_thread_free(t);
	return 0;
}

int
tcp_thread_detach(tcp_thread handle)
{
	struct tu_thread *t = find(handle, "thread-detach");

	if (t == NULL)
		return -1;
	if (t->detached)
		return fail(TU_CLOSED, t);
	if (t->joiner != NULL)
		return busy(t);
	t->detached = true;
	t->after = gone;
	if (t->ended && t != t->scheduler->ended)
		gone(t);
	return 0;
}

void
tcp_thread_yield(void)
{
	struct tu_runtime *rt = tu_runtime();

	if (rt != NULL)
		tu_yield(&rt->scheduler);
}

int
tcp_thread_sleep(int ms)
{
	struct tu_runtime *rt = tu_enter("thread-sleep");
	enum tu_wake woken;
	int64_t until;

	if (rt == NULL || tu_check_time(ms) == -1)
		return -1;
	if (ms == 0) {
		tu_yield(&rt->scheduler);
		return 0;
	}
	until = tu_after(ms);
	do
		woken = tu_park(&rt->scheduler, NULL, until, TU_INSIDE);
	while (woken == TU_READY); /* the thread's deadline has just passed */
	if (woken == TU_ELAPSED)
		return 0;
	return tu_raise_wake(woken, NULL);
}

int
tcp_thread_terminate(tcp_thread handle)
{
	struct tu_thread *t = find(handle, "thread-terminate");

	if (t == NULL)
		return -1;
	if (t->ended)
		return fail(TU_CLOSED, t);
	tu_terminate(t);
	return 0;
}

/* The primordial thread gets a handle when it first asks for one. */
tcp_thread
tcp_current_thread(void)
{
	struct tu_runtime *rt = tu_begin("current-thread");
	struct tu_thread *self;

	if (rt == NULL)
		return (tcp_thread){0};
	self = rt->scheduler.current;
	if (tu_in_callback(&rt->scheduler)) {
		tu_refuse(EINVAL, "a callback of the event loop is no thread");
		return (tcp_thread){0};
	}
	if (self->handle == 0 && publish(rt, self) == -1)
		tu_raise(TCPUNIT_ERROR_SYSTEM, ENOMEM, NULL);
	return (tcp_thread){self->handle};
}

int
tcp_wait_fd(int fd, int events, int timeout)
{
	struct tu_runtime *rt = tu_enter("wait-fd");
	struct tu_wait wait;
	enum tu_wake woken;
	int ready;

	if (rt == NULL || tu_check_time(timeout) == -1)
		return -1;
	tu_limit(&rt->scheduler, timeout);
	ready = poll_fd(rt, fd, events);
	if (ready != 0)
		return ready;
	tu_wait_begin(&wait, &rt->scheduler, fd,
	    (events & TCPUNIT_READABLE ? EV_READ : 0) |
		(events & TCPUNIT_WRITABLE ? EV_WRITE : 0),
	    NULL);
	do {
		woken = tu_watch_wait(&wait.watch);
		ready = woken == TU_READY ? poll_fd(rt, fd, events) : -1;
	} while (ready == 0);
	tu_wait_end(&wait);
	if (woken != TU_READY)
		return tu_raise_wake(woken, NULL);
	return ready;
}

/* Makes the thread's handle and its bell.  0, or -1. */
static int
publish(struct tu_runtime *rt, struct tu_thread *t)
{
	uint64_t handle = tu_handle_make(&rt->handles, TU_THREAD, t, drop);

	if (handle == 0)
		return -1;
	t->bell = tu_bell_open(&rt->bells, handle);
	if (t->bell != NULL)
		t->handle = handle;
	else
		tu_handle_release(&rt->handles, handle);
	return t->bell != NULL ? 0 : -1;
}

static struct tu_thread *
find(tcp_thread handle, const char *name)
{
	tu_begin(name);
	return tu_lookup(TU_THREAD, handle.bits);
}

/* The thread as messages name it. */
static const char *
describe(const struct tu_thread *t)
{
	return *t->name != '\0' ? t->name : NULL;
}

static int
fail(enum tu_wake woken, const struct tu_thread *t)
{
	return tu_raise_wake(woken, describe(t));
}

static int
busy(const struct tu_thread *t)
{
	return tu_raise(TCPUNIT_ERROR_BUSY, EBUSY, describe(t));
}

/* The events of EVENTS that FD is ready for.  An error or a hang-up counts as
 * all of them. */
static int
poll_fd(struct tu_runtime *rt, int fd, int events)
{
	struct pollfd p = {.fd = fd};

	if (events & TCPUNIT_READABLE)
		p.events |= POLLIN;
	if (events & TCPUNIT_WRITABLE)
		p.events |= POLLOUT;
	if (p.events == 0 || events & ~(TCPUNIT_READABLE | TCPUNIT_WRITABLE))
		return tu_refuse(EINVAL, "no such event");
	if (poll(&p, 1, 0) == -1)
		p.revents = 0; /* a signal came: the caller asks again */
	tu_charge(&rt->scheduler, 0);
	if (fd < 0 || p.revents & POLLNVAL)
		return tu_raise(TCPUNIT_ERROR_ARGUMENT, EBADF, NULL);
	if (p.revents & (POLLERR | POLLHUP))
		return events;
	return (p.revents & POLLIN ? TCPUNIT_READABLE : 0) |
	    (p.revents & POLLOUT ? TCPUNIT_WRITABLE : 0);
}

/* Called at the end of the runtime.  The scheduler frees the primordial
 * thread. */
static void
drop(void *object)
{
	struct tu_thread *t = object;

	if (t != t->scheduler->first)
		tu_thread_vanish(t);
}

/* Called when a thread has ended that may be joined: its stack is freed at
 * once, if there is memory for its result, or else with the result.  A thread
 * that joins it takes the result. */
static void
shed(struct tu_thread *t)
{
	struct tu_thread *moved = t->joiner == NULL ? tu_thread_move(t) : NULL;

	if (moved != NULL)
		tu_handle_move(&tu_runtime()->handles, moved->handle, moved);
}

/* Called when a detached thread has ended. */
static void
gone(struct tu_thread *t)
{
	tu_handle_release(&tu_runtime()->handles, t->handle);
	tu_thread_free(t);
}

static int
wait_end(struct tu_scheduler *s, struct tu_thread *t)
{
	struct tu_thread *self = s->current;
	enum tu_wake woken = TU_READY;

	if (tu_waits_for(t, self))
		return fail(TU_DEADLOCK, t);
	t->joiner = self;
	self->awaits = &t;
	while (woken == TU_READY && !t->ended)
		woken = tu_park(s, NULL, TU_NEVER, TU_INSIDE);
	self->awaits = NULL;
	t->joiner = NULL;
	if (woken == TU_READY)
		return 0;
	(void)fail(woken, t); /* is -1 */
	if (t->ended && t != s->ended)
		shed(t);
	return -1;
}
