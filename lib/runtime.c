/* SPDX-License-Identifier: ISC */
#include "runtime.h"

#include <event2/buffer.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "failure.h"
#include "helpers.h"

_Thread_local struct tu_runtime *tu_runtime_here;

/* The runtime of the OS thread; it stays after tcp_shutdown. */
static _Thread_local struct tu_runtime *own;

/* The reason why no runtime could be made. */
static _Thread_local struct tcp_error no_runtime;

/* The process is prepared once: for freeing the runtime of an OS thread that
 * ends, and for noticing a fork. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error;
static bool handles_forks; /* the handlers have been called */

/* Runtimes of OS threads that have ended.  New OS threads use them again: the
 * generations of their handles go on, so that an old handle never equals a new
 * one. */
static struct {
	pthread_mutex_t lock;
	struct tu_runtime *first;
	uint32_t numbers; /* the number of runtimes ever made */
} unused = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct tu_runtime *runtime_start(void);
static void runtime_stop(struct tu_runtime *);
static struct tu_runtime *runtime_take(void);
static struct tu_runtime *runtime_new(void);
static void runtime_give(void *);
static int after_fork(struct tu_runtime *);
static void forget_ring(struct tu_runtime *);
static void prepare_process(void);
static void lock_unused(void);
static void unlock_unused(void);
static void child_of_fork(void);

struct tu_runtime *
tu_runtime_make(void)
{
	bool forked = tu_runtime_here != NULL;

	no_runtime = tu_error_no_memory;
	no_runtime.code = 0;
	if (!forked)
		tu_runtime_here = runtime_start();
	if (forked ? after_fork(tu_runtime_here) == 0 : tu_runtime_here != NULL)
		return tu_runtime_here;
	no_runtime.code = errno;
	no_runtime.where = forked ? "fork" : "";
	no_runtime.text = strerror(errno);
	no_runtime.reason = no_runtime.text;
	return NULL;
}

const struct tcp_error *
tu_runtime_error(void)
{
	return no_runtime.code != 0 ? &no_runtime : NULL;
}

struct tu_thread *
tu_running(void)
{
	return tu_runtime_here != NULL ? tu_runtime_here->scheduler.current
				       : NULL;
}

void
tu_enter_closing(void)
{
	if (tu_runtime_here != NULL && !tu_runtime_here->scheduler.forked)
		tu_call(&tu_runtime_here->scheduler);
}

bool
tu_closed(enum tu_kind kind, uint64_t bits)
{
	return own != NULL &&
	    tu_handle_object(&own->handles, kind, bits) == NULL &&
	    errno == EBADF;
}

void
tcp_shutdown(void)
{
	struct tu_runtime *rt = tu_runtime_here;

	if (rt == NULL)
		return;
	if (rt->scheduler.forked)
		(void)after_fork(rt); /* if it fails, its events stay */
	if (rt->scheduler.current == rt->scheduler.first)
		runtime_stop(rt);
}

const char *
tcp_version(void)
{
	return TCPUNIT_VERSION;
}

/* A destination that begins a few bytes after the start of a page costs twice
 * the CPU time on AMD, and large blocks from malloc(3) begin there. */
void *
tu_buffer_new(size_t n)
{
	void *memory;
	int error = posix_memalign(&memory, 4096, n);

	if (error == 0)
		return memory;
	errno = error;
	return NULL;
}

static struct tu_runtime *
runtime_start(void)
{
	(void)pthread_once(&once, prepare_process); /* cannot fail on Linux */
	if (key_error != 0) {
		errno = key_error;
		return NULL;
	}
	if (own == NULL)
		own = runtime_take();
	if (own == NULL || tu_scheduler_init(&own->scheduler) == -1)
		return NULL;
	tu_wakeups_init(&own->wakeups, &own->scheduler);
	tu_bells_take(&own->bells);
	own->running = true;
	return own;
}

static void
runtime_stop(struct tu_runtime *rt)
{
	enum tu_kind kind;

	for (kind = TU_LISTENER; kind < TU_KINDS; kind++)
		tu_handles_drop(&rt->handles, kind, NULL);
	forget_ring(rt);
	tu_scheduler_free(&rt->scheduler);
	if (rt->scratch != NULL)
		evbuffer_free(rt->scratch);
	rt->scratch = NULL;
	free(rt->spare);
	rt->spare = NULL;
	rt->running = false;
	tu_runtime_here = NULL;
}

/* A runtime for this OS thread, used before or new; NULL with errno. */
static struct tu_runtime *
runtime_take(void)
{
	struct tu_runtime *rt;
	int error;

	lock_unused();
	rt = unused.first;
	if (rt != NULL)
		unused.first = rt->next;
	else
		rt = runtime_new();
	unlock_unused();
	if (rt == NULL)
		return NULL;
	error = pthread_setspecific(key, rt);
	if (error == 0)
		return rt;
	runtime_give(rt);
	errno = error;
	return NULL;
}

static struct tu_runtime *
runtime_new(void)
{
	struct tu_runtime *rt;

	if (unused.numbers + 1 == 1U << TU_RUNTIME_BITS) {
		errno = EAGAIN; /* as pthread_create(3) reports it */
		return NULL;
	}
	rt = calloc(1, sizeof(*rt));
	if (rt == NULL)
		return NULL;
	tu_handles_init(&rt->handles, ++unused.numbers);
	tu_bells_init(&rt->bells, unused.numbers);
	return rt;
}

/* Called when an OS thread ends, which may have lost its thread-local pointers
 * by then. */
static void
runtime_give(void *arg)
{
	struct tu_runtime *rt = arg;

	if (rt->running) {
		tu_runtime_here = own = rt;
		if (rt->scheduler.forked)
			(void)after_fork(rt); /* as in tcp_shutdown */
		runtime_stop(rt);
	}
	lock_unused();
	rt->next = unused.first;
	unused.first = rt;
	unlock_unused();
	own = NULL;
}

/* Until it makes its own, the child shares the parent's epoll set. */
static int
after_fork(struct tu_runtime *rt)
{
	if (tu_scheduler_claim(&rt->scheduler) == -1)
		return -1;
	forget_ring(rt);
	tu_bells_disinherit(&rt->bells);
	tu_handles_drop(&rt->handles, TU_THREAD, rt->scheduler.first);
	return 0;
}

/* Also for a child, whose eventfd for bells is another one. */
static void
forget_ring(struct tu_runtime *rt)
{
	if (rt->ring != NULL && !rt->scheduler.forked)
		event_free(rt->ring);
	rt->ring = NULL;
}

/* Drops libevent's messages: the calls report the same failures as errors. */
static void
be_silent(int severity, const char *message)
{
	(void)severity;
	(void)message;
}

/* If another OS thread forks meanwhile, glibc calls this again in the child.
 * Handlers that have been called there are not registered twice. */
static void
prepare_process(void)
{
	event_set_log_callback(be_silent);
	key_error = pthread_key_create(&key, runtime_give);
	if (key_error == 0 && !handles_forks)
		key_error =
		    pthread_atfork(lock_unused, unlock_unused, child_of_fork);
	if (key_error == 0)
		key_error = tu_helpers_prepare();
}

/* Also called around fork(2): otherwise the lock could stay locked in the
 * child, by an OS thread that does not exist there. */
static void
lock_unused(void)
{
	(void)pthread_mutex_lock(&unused.lock); /* it is initialised */
}

static void
unlock_unused(void)
{
	(void)pthread_mutex_unlock(&unused.lock); /* was locked above */
}

static void
child_of_fork(void)
{
	handles_forks = true;
	unlock_unused();
	tu_bells_fork(tu_runtime_here != NULL ? &tu_runtime_here->bells : NULL);
	if (tu_runtime_here != NULL)
		tu_runtime_here->scheduler.forked = true;
}
