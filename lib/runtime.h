/* SPDX-License-Identifier: ISC */
/*
 * The runtime: everything that the library holds for one OS thread, such as the
 * scheduler, the handles and the scratch memory.  It is made at the thread's
 * first call, and found through a thread-local pointer.  When the OS thread
 * ends, another one may get the table of handles.
 */
#ifndef TU_RUNTIME_H
#define TU_RUNTIME_H

#include <limits.h>
#include <stddef.h>

#include "handle.h"
#include "scheduler.h"
#include "tcpunit.h"
#include "wakeup.h"

/* The sizes of a copy's buffers.  Tests also run with buffers of one byte. */
#ifdef TCPUNIT_TINY
enum { TU_COPY_FIRST = 1, TU_COPY_BUFFER = 1 };
#else
enum {
	TU_COPY_FIRST = 16 * 1024, /* the first reads of a copy */
	TU_COPY_BUFFER = 256 * 1024
};
#endif

struct evbuffer;

struct tu_runtime {
	struct tu_scheduler scheduler;
	struct tu_handles handles;
	struct tu_wakeups wakeups; /* from helpers */
	struct tu_bells bells;     /* of its threads */
	struct event *ring;        /* when one was rung; or NULL */
	void *plain;               /* connections made over descriptors */
	struct evbuffer *scratch;  /* to read into; empty between calls */
	void *spare;  /* the first buffer of a copy, for the next; or NULL */
	bool running; /* the scheduler exists */
	struct tu_runtime *next; /* in the list of unused ones */
};

/* The runtime of this OS thread, if there is one; its tu_runtime_make makes it,
 * or after a fork makes it the child's own. */
extern _Thread_local struct tu_runtime *tu_runtime_here;
struct tu_runtime *tu_runtime_make(void);

/* The runtime of this OS thread; NULL with errno if it cannot be made. */
static inline struct tu_runtime *
tu_runtime(void)
{
	struct tu_runtime *rt = tu_runtime_here;

	return rt != NULL && !rt->scheduler.forked ? rt : tu_runtime_make();
}

/* The reason why the last tu_runtime returned NULL; NULL if it did not. */
const struct tcp_error *tu_runtime_error(void);

/* The running green thread, or NULL if there is no runtime. */
struct tu_thread *tu_running(void);

/*
 * As tu_runtime.  Each public call that can fail begins with one of these, and
 * its errors carry NAME.  tu_enter is for calls that may park and for those
 * that ask (see tu_call); tu_begin is for all others, and never lets another
 * thread run.
 */
static inline struct tu_runtime *
tu_begin(const char *name)
{
	struct tu_runtime *rt = tu_runtime();

	if (rt != NULL)
		rt->scheduler.current->call = name;
	return rt;
}

static inline struct tu_runtime *
tu_enter(const char *name)
{
	struct tu_runtime *rt = tu_begin(name);

	if (rt != NULL)
		tu_call(&rt->scheduler);
	return rt;
}

/* Counts a call that closes, as tu_enter does, but makes no runtime only to
 * close nothing. */
void tu_enter_closing(void);

/* The object of a handle.  NULL: tu_lookup raises the reason. */
static inline void *
tu_object(enum tu_kind kind, uint64_t bits)
{
	struct tu_runtime *rt = tu_runtime();

	return rt != NULL ? tu_handle_find(&rt->handles, kind, bits) : NULL;
}

/* Page-aligned memory to read N bytes into, freed with free(3).  NULL with
 * errno. */
void *tu_buffer_new(size_t n);

/* tcp_thread_start_with for the running call, which its errors name; RT may be
 * NULL.  In thread.c. */
tcp_thread tu_thread_start(struct tu_runtime *rt, void *(*thunk)(void *),
    void *arg, const struct tcp_thread_options *options);

/* Whether the handle is that of a closed object; raises nothing. */
bool tu_closed(enum tu_kind kind, uint64_t bits);

#endif
